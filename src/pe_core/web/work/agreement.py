"""The agreement between a volunteer and the embassy: read, signed, and read again."""

from typing import Any

from litestar import Response
from litestar.handlers import HTTPRouteHandler

from pe_core.desk.own_record import sign_agreement, words_of_agreement
from pe_core.desk.volunteers import read_own
from pe_core.errors import Conflict
from pe_core.rules.agreement import PROMISES, agreement_digest
from pe_core.rules.volunteering import AGREEMENT
from pe_core.web.guards.caller import fields_of, session_of
from pe_core.web.guards.routes import get_page, post_page
from pe_core.web.pages import redirect, render
from pe_core.web.portal import PageRequest, desk_of, language_of
from pe_core.web.staff.words import say, show_day

PATH = "/{language:str}/work/agreement"


@get_page(PATH, guard="volunteer")
async def show_agreement(request: PageRequest) -> Response[str]:
    """Show the agreement, and when it was signed."""
    return await _page(request)


@post_page(PATH, guard="volunteer")
async def take_agreement(request: PageRequest) -> Response[Any]:
    """Sign the words that were shown, if they are still the same."""
    fields = fields_of(request)
    if fields.one("agreed") != "yes":
        return await _page(request, [("agreed", say(request, "work.agreement.required"))])
    try:
        seen = bytes.fromhex(fields.one("text"))
    except ValueError:
        seen = b""
    try:
        await sign_agreement(desk_of(request), session_of(request), language_of(request), seen)
    except Conflict:
        return await _page(request, [("", say(request, "work.agreement.changed"))], status=409)
    return redirect(f"/{language_of(request)}/work?done=signed")


async def _page(
    request: PageRequest, problems: list[tuple[str, str]] | None = None, status: int = 422
) -> Response[str]:
    desk = desk_of(request)
    known = await read_own(desk, session_of(request))
    words = words_of_agreement(desk, language_of(request))
    signed = known.profile.agreement
    is_current = signed is not None and signed.version == AGREEMENT
    promises_end = 1 + len(PROMISES)
    return render(
        request,
        "work/agreement.html",
        status=status if problems else 200,
        here="home",
        lead=words[0],
        promises=words[1:promises_end],
        returns=words[promises_end:],
        digest=agreement_digest(words).hex(),
        signed=show_day(request, signed.at) if signed is not None and is_current else "",
        renewed=signed is not None and not is_current,
        problems=problems or [],
    )


ROUTES: tuple[HTTPRouteHandler, ...] = (show_agreement, take_agreement)
