"""*I was given a code*: a record that the embassy brought in becomes somebody's own account."""

from typing import Any

from litestar import Response

from pe_core.desk.applying import begin_applying
from pe_core.desk.claiming import find_claim
from pe_core.errors import NotFound
from pe_core.web.guards.caller import fields_of
from pe_core.web.guards.cookies import read_cookie, set_cookie
from pe_core.web.guards.routes import get_page, post_page
from pe_core.web.pages import redirect, render
from pe_core.web.portal import PageRequest, desk_of, form_token, language_of

TYPED_LIMIT = 64
"""Longer than any code, however it is typed; no more is shown again."""


@get_page("/{language:str}/help/code", guard="public")
async def show_claim(request: PageRequest) -> Response[str]:
    """Ask for the code that a coordinator gave."""
    return _claim_page(request)


@post_page("/{language:str}/help/code", guard="public", form="claim")
async def take_claim_code(request: PageRequest) -> Response[Any]:
    """Go on to the account; unknown, used and outdated codes get one and the same page."""
    desk, typed = desk_of(request), fields_of(request).one("code")
    try:
        claim = await find_claim(desk, typed)
    except NotFound as error:
        return _claim_page(request, typed, error.key)
    old = read_cookie(request, "pe_apply")
    if old is not None:
        desk.applicants.drop(old)
    cookie, _ = begin_applying(desk, language_of(request), claim)
    response = redirect(f"/{language_of(request)}/help/begin")
    return set_cookie(request, response, "pe_apply", cookie)


def _claim_page(request: PageRequest, typed: str = "", key: str = "") -> Response[str]:
    words = desk_of(request).texts.text(language_of(request), key) if key else ""
    return render(
        request,
        "public/claim.html",
        status=422 if key else 200,
        typed=typed[:TYPED_LIMIT],
        problems=[("code", words)] if words else [],
        wrong=words,
        token=form_token(request, "claim"),
    )
