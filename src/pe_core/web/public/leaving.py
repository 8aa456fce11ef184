"""*Exit this page*: a plain link that ends everything, and an empty page behind it."""

from litestar import Response

from pe_core.web.guards.cookies import clear_cookie, clear_site, read_cookie
from pe_core.web.guards.refusals import refusal
from pe_core.web.guards.routes import get_page
from pe_core.web.pages import redirect, render
from pe_core.web.portal import PageRequest, desk_of, language_of

_OWN_SITES = ("same-origin", "none", "")
"""What Sec-Fetch-Site says of our own links and of typed addresses; old browsers say nothing."""


@get_page("/{language:str}/exit", guard="public")
async def leave_page(request: PageRequest) -> Response[None]:
    """Drop what was begun, have the browser forget us, and go to the neutral page.

    It acts on a GET because it must work as a plain link; a foreign page that names this
    address must not end anybody's draft, so then nothing is dropped. What a browser fetches
    beforehand, because somebody might go there, is refused, so that it asks again if they do.
    """
    if "prefetch" in request.headers.get("sec-purpose", "").lower():
        raise refusal("forbidden")
    response = redirect(f"/{language_of(request)}/bye")
    if request.headers.get("sec-fetch-site", "").lower() not in _OWN_SITES:
        return response
    desk = desk_of(request)
    draft, visit = read_cookie(request, "pe_ask"), read_cookie(request, "pe_visit")
    applicant = read_cookie(request, "pe_apply")
    if draft is not None:
        desk.drafts.drop(draft)
    if visit is not None:
        desk.visits.drop(visit)
    if applicant is not None:
        desk.applicants.drop(applicant)
    return clear_site(clear_cookie(request, response, "pe_ask", "pe_visit", "pe_apply"))


@get_page("/{language:str}/bye", guard="public")
async def show_bye(request: PageRequest) -> Response[str]:
    """Show a page that tells a passer-by nothing."""
    return render(request, "public/bye.html")


@get_page("/{language:str}/exit-help", guard="public")
async def show_exit_help(request: PageRequest) -> Response[str]:
    """Say what leaving erases and what it does not."""
    return render(request, "public/exit_help.html")
