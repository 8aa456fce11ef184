"""A shift: who is invited and what they said, whom else to invite, and how many came."""

from collections.abc import Awaitable
from typing import Any

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from pe_core.desk.reminding import ring_for_swap
from pe_core.desk.shift_places import (
    INVITED_AT_ONCE,
    MOST_COUNTED,
    call_off,
    count_attended,
    invite,
    uninvite,
)
from pe_core.desk.shifts import ShiftView, read_shift
from pe_core.desk.suggesting import choose_for_shift, suggest_for_shift
from pe_core.errors import Conflict, NotAllowed
from pe_core.model import Box, Problem, ShiftId
from pe_core.web.guards.caller import fields_of, session_of
from pe_core.web.guards.routes import get_page, post_page
from pe_core.web.pages import redirect, render
from pe_core.web.portal import PageRequest, desk_of
from pe_core.web.staff.address import address, query_of
from pe_core.web.staff.need import read_boxes
from pe_core.web.staff.need_words import known_checklist, need_facts, people_of
from pe_core.web.staff.shift_words import (
    Stage,
    bell_lines,
    day_before,
    guests_of,
    shift_address,
    shift_line,
    stage_of,
    swap_step,
)
from pe_core.web.staff.words import explain, say

PATH = "/{language:str}/staff/shifts/{shift_id:str}"
DONE = ("made", "invited", "taken_back", "off", "counted", "swap_rung", "swap_no_way")
OPEN = (Stage.AHEAD, Stage.FULL)
_DIGITS = 6


@get_page(PATH, guard="coordinator")
async def show_shift(request: PageRequest, shift_id: FromPath[str]) -> Response[str]:
    """Show a shift with everybody who is invited, and fifty who could be."""
    return await _page(request, await _read(request, shift_id))


@post_page(PATH, guard="coordinator")
async def take_shift_act(request: PageRequest, shift_id: FromPath[str]) -> Response[Any]:
    """Invite, take an invitation back, ring for a swap, or note how many came."""
    view, fields = await _read(request, shift_id), fields_of(request)
    boxes, chosen = read_boxes(fields.all("who")), fields.one("act")
    if chosen == "count":
        return await _count(request, view, fields.one("attended").strip())
    if chosen == "ring":
        return await _ring(request, view)
    if chosen not in ("invite", "take_back"):
        return await _page(request, view)
    if not 1 <= len(boxes) <= INVITED_AT_ONCE:
        code = "too_many" if boxes else "required"
        problem = Problem(field="who", code=code, limits={"most": INVITED_AT_ONCE})
        return await _page(request, view, problems=(problem,))
    if chosen == "invite":
        return await _do(request, view, _invite(request, view, boxes), "invited")
    taking = uninvite(desk_of(request), session_of(request), view.id, boxes[0])
    return await _do(request, view, taking, "taken_back")


@get_page(f"{PATH}/off", guard="coordinator")
async def show_call_off(request: PageRequest, shift_id: FromPath[str]) -> Response[Any]:
    """Ask once more whether it shall be called off."""
    view = await _read(request, shift_id)
    if view.body.over:
        return redirect(shift_address(request, view.id))
    line = shift_line(request, view)
    return render(request, "staff/shift_off.html", here="shifts", line=line)


@post_page(f"{PATH}/off", guard="coordinator")
async def take_call_off(request: PageRequest, shift_id: FromPath[str]) -> Response[Any]:
    """Call it off."""
    view = await _read(request, shift_id)
    act = call_off(desk_of(request), session_of(request), view.id)
    return await _do(request, view, act, "off")


async def _read(request: PageRequest, shift_id: str) -> ShiftView:
    return await read_shift(desk_of(request), session_of(request), ShiftId(shift_id))


async def _invite(request: PageRequest, view: ShiftView, boxes: list[Box]) -> None:
    desk, session = desk_of(request), session_of(request)
    await invite(desk, session, view.id, await choose_for_shift(desk, session, view, boxes))


async def _ring(request: PageRequest, view: ShiftView) -> Response[Any]:
    try:
        rung = await ring_for_swap(desk_of(request), session_of(request), view.id)
    except NotAllowed as error:
        return await _page(request, view, refused=say(request, error.key))
    done = "swap_rung" if rung else "swap_no_way"
    return redirect(address(shift_address(request, view.id), done=done))


async def _count(request: PageRequest, view: ShiftView, typed: str) -> Response[Any]:
    is_number = typed.isascii() and typed.isdecimal() and len(typed) <= _DIGITS
    if not is_number or int(typed) > MOST_COUNTED:
        problem = Problem(field="attended", code="number", limits={"most": MOST_COUNTED})
        return await _page(request, view, problems=(problem,), attended=typed)
    counting = count_attended(desk_of(request), session_of(request), view.id, int(typed))
    return await _do(request, view, counting, "counted")


async def _do(
    request: PageRequest, view: ShiftView, act: Awaitable[object], done: str
) -> Response[Any]:
    try:
        await act
    except (Conflict, NotAllowed) as error:
        now = await _read(request, view.id)
        if isinstance(error, Conflict):
            return await _page(request, now, changed=True)
        return await _page(request, now, refused=say(request, error.key))
    return redirect(address(shift_address(request, view.id), done=done))


async def _page(
    request: PageRequest,
    view: ShiftView,
    *,
    problems: tuple[Problem, ...] = (),
    changed: bool = False,
    refused: str = "",
    attended: str = "",
) -> Response[str]:
    desk, session = desk_of(request), session_of(request)
    stage, query = stage_of(request, view), query_of(request)
    suggested = await suggest_for_shift(desk, session, view) if stage in OPEN else ()
    done = query.get("done", "")
    return render(
        request,
        "staff/shift.html",
        status=409 if changed else 403 if refused else 422 if problems else 200,
        here="shifts",
        changed=changed,
        refused=refused,
        problems=explain(request, problems),
        done=say(request, f"staff.shift.done_{done}") if done in DONE else "",
        line=shift_line(request, view),
        at=shift_address(request, view.id),
        is_open=stage in OPEN,
        detail=view.body.detail,
        checklist=known_checklist(request, view.body.checklist),
        facts=need_facts(request, view.body.need),
        guests=await guests_of(request, view),
        people=await people_of(request, suggested),
        all_ticked=query.get("tick") == "all",
        swap=swap_step(request, view),
        bells=await bell_lines(request, view),
        rung_on=day_before(request, view),
        attended=attended,
    )


ROUTES: tuple[HTTPRouteHandler, ...] = (show_shift, take_shift_act, show_call_off, take_call_off)
