"""What an asker says about other embassies: which answers may go there, and taking it back."""

from typing import Any

from litestar import Response
from litestar.handlers import HTTPRouteHandler

from pe_core.errors import NotAllowed, NotFound, NothingToSealTo
from pe_core.network.consenting import answer_wish, take_back_consent
from pe_core.web.guards.caller import fields_of, visit_of
from pe_core.web.guards.routes import get_page, post_page
from pe_core.web.pages import redirect
from pe_core.web.portal import PageRequest, desk_of, language_of
from pe_core.web.public.comeback import Wrong, mine_page

_ACTS = ("share", "unshare")


@get_page([f"/{{language:str}}/mine/{act}" for act in _ACTS], guard="visit")
async def show_mine_after(request: PageRequest) -> Response[Any]:
    """Go back to the request: a reload or another language after an act lands here."""
    return redirect(f"/{language_of(request)}/mine")


@post_page("/{language:str}/mine/share", guard="visit")
async def take_share(request: PageRequest) -> Response[Any]:
    """Let the ticked answers go to another embassy, or none of them."""
    fields = fields_of(request)
    chosen = fields.all("field") if fields.one("act") == "yes" else []
    if fields.one("act") == "yes" and not chosen:
        wrong = Wrong(field="share", key="core.mine.share_none", typed=fields.one("wish"))
        return await mine_page(request, wrong=wrong)
    try:
        await answer_wish(desk_of(request), visit_of(request), fields.one("wish"), chosen)
    except NotFound as error:
        if chosen:
            return redirect(f"/{language_of(request)}/mine")
        # A "no" that came too late must not look as if it had been heard.
        return await mine_page(request, wrong=Wrong(field="share", key=error.key))
    except NotAllowed as error:
        return await mine_page(request, wrong=Wrong(field="share", key=error.key, status=403))
    except NothingToSealTo:
        wrong = Wrong(field="share", key="core.mine.not_now", status=503)
        return await mine_page(request, wrong=wrong)
    done = "shared" if chosen else "not_shared"
    return redirect(f"/{language_of(request)}/mine/done/{done}")


@post_page("/{language:str}/mine/unshare", guard="visit")
async def take_unshare(request: PageRequest) -> Response[Any]:
    """Take consent back in one press; what was sent is erased at once."""
    try:
        await take_back_consent(
            desk_of(request), visit_of(request), fields_of(request).one("given")
        )
    except NotFound:
        return redirect(f"/{language_of(request)}/mine")
    return redirect(f"/{language_of(request)}/mine/done/unshared")


ROUTES: tuple[HTTPRouteHandler, ...] = (show_mine_after, take_share, take_unshare)
