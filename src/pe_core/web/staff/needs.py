"""Looking for somebody: the form of a new need, and what a request's page says of its needs."""

from typing import Any

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from pe_core.desk.needs import read_needs, vocabulary_codes
from pe_core.desk.seeking import seek
from pe_core.errors import Conflict, NotAllowed
from pe_core.model import HelpRequest, OpenNeed, Problem
from pe_core.rules.needs import need_problems
from pe_core.web.guards.caller import fields_of, session_of
from pe_core.web.guards.routes import get_page, post_page
from pe_core.web.pages import redirect, render
from pe_core.web.portal import PageRequest, desk_of
from pe_core.web.staff.address import address
from pe_core.web.staff.facts import headlines
from pe_core.web.staff.need_form import (
    TypedNeed,
    blank_need,
    compose_need,
    need_offer,
    read_need_form,
)
from pe_core.web.staff.need_words import may_seek, need_address
from pe_core.web.staff.request import read_request
from pe_core.web.staff.words import explain, say

PATH = "/{language:str}/staff/requests/{request_id:str}/needs/new"
ORDER = ("title", "detail", "skills", "places", "city", "day", "start", "end")
"""The fields that can be wrong, as they stand on the page."""


@get_page(PATH, guard="coordinator")
async def show_new_need(request: PageRequest, request_id: FromPath[str]) -> Response[str]:
    """Show the form."""
    help_request = await read_request(request, request_id)
    refused = say(request, "staff.needs.closed") if not may_seek(help_request) else ""
    return await _form(request, help_request, blank_need(request, help_request), refused=refused)


@post_page(PATH, guard="coordinator")
async def take_new_need(request: PageRequest, request_id: FromPath[str]) -> Response[Any]:
    """Add the need, or say all that is wrong with it at once."""
    desk = desk_of(request)
    help_request = await read_request(request, request_id)
    typed = read_need_form(fields_of(request))
    body, unread = compose_need(request, help_request, typed)
    cities = (city.name for city in desk.jurisdiction.cities)
    wrong = (*unread, *need_problems(body, desk.now(), vocabulary_codes(desk), cities))
    if wrong:
        in_order = sorted(wrong, key=lambda problem: ORDER.index(problem.field))
        return await _form(request, help_request, typed, tuple(in_order))
    return await _seek(request, help_request, typed, body)


async def _seek(
    request: PageRequest, help_request: HelpRequest, typed: TypedNeed, body: OpenNeed
) -> Response[Any]:
    desk, session = desk_of(request), session_of(request)
    try:
        await seek(desk, session, help_request.id, body)
    except Conflict:
        return await _form(request, help_request, typed, changed=True)
    except NotAllowed as error:
        return await _form(request, help_request, typed, refused=say(request, error.key))
    mine = [
        view
        for view in await read_needs(desk, session, help_request.id)
        if view.body.by == session.box
    ]
    return redirect(address(need_address(request, mine[-1]), done="added"))


async def _form(
    request: PageRequest,
    help_request: HelpRequest,
    typed: TypedNeed,
    problems: tuple[Problem, ...] = (),
    *,
    changed: bool = False,
    refused: str = "",
) -> Response[str]:
    return render(
        request,
        "staff/need_new.html",
        status=409 if changed else 403 if refused else 422 if problems else 200,
        here="requests",
        changed=changed,
        refused=refused,
        problems=explain(request, problems),
        **headlines(request, help_request),
        **await need_offer(request, help_request, typed),
    )


ROUTES: tuple[HTTPRouteHandler, ...] = (show_new_need, take_new_need)
