"""Handing over: a request from its own page, and all of one's work from a colleague's."""

from typing import Any

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from pe_core.desk.handing import give, give_all, list_receivers
from pe_core.desk.working import OVER
from pe_core.errors import Conflict, NotAllowed, NotFound
from pe_core.model import Box, HelpRequest, RequestId
from pe_core.web.guards.caller import fields_of, session_of
from pe_core.web.guards.refusals import refusal
from pe_core.web.guards.routes import get_page, post_page
from pe_core.web.pages import redirect, render
from pe_core.web.portal import PageRequest, desk_of, language_of
from pe_core.web.staff.address import address
from pe_core.web.staff.members import back_to_members
from pe_core.web.staff.members_acts import find_colleague
from pe_core.web.staff.words import name_of, read_names, say

GIVE = "/{language:str}/staff/requests/{request_id:str}/give"
GIVE_ALL = "/{language:str}/staff/members/{box:int}/work"


@post_page(GIVE, guard="coordinator")
async def take_give(request: PageRequest, request_id: FromPath[str]) -> Response[Any]:
    """Hand a request to the colleague that was chosen."""
    desk, session = desk_of(request), session_of(request)
    at = f"/{language_of(request)}/staff/requests/{request_id}"
    wanted = RequestId(request_id)
    to = await _receiver(request, fields_of(request).one("to"))
    if to is None:
        return _refused(request, at, say(request, "staff.problem.to_required"))
    try:
        await give(desk, session, wanted, to)
    except NotAllowed as error:
        return _refused(request, at, say(request, error.key))
    except Conflict:
        raise refusal("changed") from None
    return redirect(address(at, done="given"))


@get_page(GIVE_ALL, guard="coordinator")
async def show_give_all(request: PageRequest, box: FromPath[int]) -> Response[str]:
    """Say what it means to hand all of one's work over."""
    return await _all_page(request, box)


@post_page(GIVE_ALL, guard="coordinator")
async def take_give_all(request: PageRequest, box: FromPath[int]) -> Response[Any]:
    """Hand it over, request by request; what was done before a refusal stays done."""
    desk, session = desk_of(request), session_of(request)
    try:
        await give_all(desk, session, Box(box))
    except NotAllowed as error:
        return await _all_page(request, box, say(request, error.key))
    except Conflict:
        raise refusal("changed") from None
    return back_to_members(request, "work_given")


async def handover_offer(request: PageRequest, help_request: HelpRequest) -> dict[str, Any]:
    """Return what ``staff/handover_block.html`` shows: the colleagues, or none if it is over."""
    if help_request.state in OVER:
        return {"receivers": []}
    names = await read_names(request)
    holder = help_request.summary.claimed_by
    boxes = await list_receivers(desk_of(request), session_of(request))
    return {
        "receivers": sorted(
            ((str(box), name_of(request, names, box)) for box in boxes if box != holder),
            key=lambda receiver: receiver[1],
        )
    }


async def _receiver(request: PageRequest, typed: str) -> Box | None:
    boxes = await list_receivers(desk_of(request), session_of(request))
    return next((box for box in boxes if str(box) == typed), None)


def _refused(request: PageRequest, at: str, words: str) -> Response[str]:
    return render(
        request,
        "staff/handover.html",
        status=422,
        here="requests",
        at=at,
        problems=[("", words)],
    )


async def _all_page(request: PageRequest, box: int, refused: str = "") -> Response[str]:
    member, _ = await find_colleague(request, box)
    if member.is_me or member.role != "coordinator":
        raise NotFound("staff.members.not_found")
    return render(
        request,
        "staff/member_work.html",
        status=422 if refused else 200,
        here="members",
        name=member.handle or say(request, "staff.box", number=box),
        problems=[("", refused)] if refused else [],
    )


ROUTES: tuple[HTTPRouteHandler, ...] = (take_give, show_give_all, take_give_all)
