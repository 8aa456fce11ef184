"""A need: who could meet it and why, who was asked, and what they said. Only people decide."""

from collections.abc import Awaitable
from typing import Any

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from pe_core.desk.needs import NeedView, has_begun, read_need
from pe_core.desk.offering import OFFERS_AT_ONCE, drop_need, note_no_show, offer, take_back
from pe_core.desk.seeking import look_again
from pe_core.desk.suggesting import choose, hurdles_of, suggest_people, why_not
from pe_core.errors import Conflict, NotAllowed, NotFound
from pe_core.model import (
    Box,
    BriefId,
    BriefState,
    HelpRequest,
    NeedId,
    NeedState,
    Problem,
    Suggestion,
    Verdict,
)
from pe_core.rules.hurdles import Hurdle
from pe_core.web.guards.caller import fields_of, session_of
from pe_core.web.guards.routes import get_page, post_page
from pe_core.web.pages import redirect, render
from pe_core.web.portal import PageRequest, desk_of
from pe_core.web.staff.address import address, query_of
from pe_core.web.staff.facts import headlines
from pe_core.web.staff.need_words import (
    ENDED,
    NeedLine,
    Person,
    known_checklist,
    may_seek,
    need_address,
    need_facts,
    need_line,
    people_of,
)
from pe_core.web.staff.request import read_request
from pe_core.web.staff.volunteer_words import code_words
from pe_core.web.staff.words import count, explain, say

PATH = "/{language:str}/staff/requests/{request_id:str}/needs/{need_id:str}"
HANDLE_LIMIT = 40
DONE = ("added", "offered", "taken_back", "no_show", "stopped", "again")
_BOX_DIGITS = 15
S = BriefState


@get_page(PATH, guard="coordinator")
async def show_need(
    request: PageRequest, request_id: FromPath[str], need_id: FromPath[str]
) -> Response[str]:
    """Show a need with five people for it, and what became of its offers."""
    return await _page(request, *await _find(request, request_id, need_id))


@post_page(f"{PATH}/offer", guard="coordinator")
async def take_offer(
    request: PageRequest, request_id: FromPath[str], need_id: FromPath[str]
) -> Response[Any]:
    """Offer it to whoever was chosen, each with the reasons that hold now."""
    help_request, view = await _find(request, request_id, need_id)
    boxes = read_boxes(fields_of(request).all("who"))
    if not 1 <= len(boxes) <= OFFERS_AT_ONCE:
        code = "too_many" if boxes else "required"
        problem = Problem(field="who", code=code, limits={"most": OFFERS_AT_ONCE})
        return await _page(request, help_request, view, problems=(problem,))
    return await _do(request, help_request, view, offer_to(request, view, boxes), "offered")


@post_page(f"{PATH}/why", guard="coordinator")
async def take_why(
    request: PageRequest, request_id: FromPath[str], need_id: FromPath[str]
) -> Response[str]:
    """Say everything that speaks for and against whoever has a pseudonym."""
    help_request, view = await _find(request, request_id, need_id)
    handle = " ".join(fields_of(request).one("handle").split())[:HANDLE_LIMIT]
    if not handle:
        problem = Problem(field="handle", code="required")
        return await _page(request, help_request, view, problems=(problem,))
    found = await why_not(desk_of(request), session_of(request), view, handle)
    asked = [Suggestion(box=card.box, reasons=reasons) for card, reasons in found]
    if not asked:
        problem = Problem(field="handle", code="nobody")
        return await _page(request, help_request, view, problems=(problem,), handle=handle)
    people = await people_of(request, asked)
    return await _page(request, help_request, view, handle=handle, answers=people)


@post_page(f"{PATH}/act", guard="coordinator")
async def take_need_act(
    request: PageRequest, request_id: FromPath[str], need_id: FromPath[str]
) -> Response[Any]:
    """Take an offer back, note that somebody did not come, stop looking, or go on with it."""
    desk, session, fields = desk_of(request), session_of(request), fields_of(request)
    help_request, view = await _find(request, request_id, need_id)
    brief, chosen = BriefId(fields.one("brief")), fields.one("act")
    acts = {
        "take_back": lambda: take_back(desk, session, view.id, brief),
        "no_show": lambda: note_no_show(desk, session, view.id, brief),
        "stopped": lambda: drop_need(desk, session, view.id),
        "again": lambda: look_again(desk, session, view.id),
    }
    if chosen not in acts:
        return await _page(request, help_request, view)
    done = "taken_back" if chosen == "take_back" else chosen
    return await _do(request, help_request, view, acts[chosen](), done)


def read_boxes(typed: list[str]) -> list[Box]:
    """Return the box numbers that a form names, each once; what is no number is left out."""
    numbers = (one for one in typed if one.isascii() and one.isdecimal())
    return list(dict.fromkeys(Box(int(one[:_BOX_DIGITS])) for one in numbers))


async def offer_to(request: PageRequest, view: NeedView, boxes: list[Box]) -> None:
    """Offer a need to these people; NotAllowed as ``choose`` and ``offer`` say."""
    desk, session = desk_of(request), session_of(request)
    chosen = await choose(desk, session, view, boxes)
    await offer(desk, session, view.id, chosen)


async def _find(
    request: PageRequest, request_id: str, need_id: str
) -> tuple[HelpRequest, NeedView]:
    """Return a need of this request; NotFound for another one's, and without a grant."""
    help_request = await read_request(request, request_id)
    view = await read_need(desk_of(request), session_of(request), NeedId(need_id))
    if view.request != help_request.id:
        raise NotFound("staff.needs.not_found")
    return help_request, view


async def _do(
    request: PageRequest,
    help_request: HelpRequest,
    view: NeedView,
    act: Awaitable[None],
    done: str,
) -> Response[Any]:
    try:
        await act
    except (Conflict, NotAllowed) as error:
        now = await read_need(desk_of(request), session_of(request), view.id)
        if isinstance(error, Conflict):
            return await _page(request, help_request, now, changed=True)
        return await _page(request, help_request, now, refused=say(request, error.key))
    return redirect(address(need_address(request, view), done=done))


async def _page(
    request: PageRequest,
    help_request: HelpRequest,
    view: NeedView,
    *,
    problems: tuple[Problem, ...] = (),
    changed: bool = False,
    refused: str = "",
    handle: str = "",
    answers: list[Person] | None = None,
) -> Response[str]:
    line = await need_line(request, view)
    is_sought = view.state is NeedState.OPEN and may_seek(help_request)
    is_too_late = is_sought and has_begun(desk_of(request), view.body)
    is_open = is_sought and not is_too_late
    people, hurdles = await _suggested(request, view) if is_open else ([], [])
    done = query_of(request).get("done", "")
    return render(
        request,
        "staff/need.html",
        status=409 if changed else 403 if refused else 422 if problems else 200,
        here="requests",
        changed=changed,
        refused=refused,
        problems=explain(request, problems),
        done=say(request, f"staff.need.done_{done}") if done in DONE else "",
        line=line,
        need_id=view.id,
        facts=need_facts(request, view.body.need),
        detail=view.body.detail,
        checklist=known_checklist(request, view.body.checklist),
        is_open=is_open,
        is_too_late=is_too_late,
        may_go_on=may_seek(help_request),
        people=people,
        hurdles=hurdles,
        next_person=_next_person(line, people),
        again=_who_can_be_asked_again(line) if is_open else (),
        handle=handle,
        answers=[(one, _may_be_asked(line, one)) for one in answers or ()],
        **headlines(request, help_request),
    )


async def _suggested(
    request: PageRequest, view: NeedView
) -> tuple[list[Person], list[tuple[str, str]]]:
    """Return who is suggested, or what shuts most people out when nobody is."""
    desk, session = desk_of(request), session_of(request)
    people = await people_of(request, await suggest_people(desk, session, view))
    hurdles = [] if people else await hurdles_of(desk, session, view)
    return people, [_hurdle_words(request, one) for one in hurdles]


def _hurdle_words(request: PageRequest, hurdle: Hurdle) -> tuple[str, str]:
    what = {"what": code_words(request, hurdle.what)} if hurdle.what else {}
    words = say(request, f"staff.hurdle.{hurdle.kind}", **what)
    return words, count(request, "staff.need.hurdle_people", hurdle.people)


def _next_person(line: NeedLine, people: list[Person]) -> Person | None:
    """Return who is asked with one press, once somebody said no or nothing."""
    turned = any(one.state in (S.DECLINED, S.EXPIRED, S.NO_SHOW) for one in line.offers)
    return people[0] if people and turned else None


def _who_can_be_asked_again(line: NeedLine) -> frozenset[Box]:
    """Return those whose last offer ended without a yes."""
    last = {one.box: one.state for one in line.offers}
    return frozenset(box for box, state in last.items() if state in ENDED)


def _may_be_asked(line: NeedLine, person: Person) -> bool:
    """Return whether nothing shuts somebody out who has no offer that is open."""
    last = {one.box: one.state for one in line.offers}
    barred = any(points.verdict is Verdict.BARS for points in person.points)
    return not barred and last.get(person.box) not in (S.OFFERED, S.ACCEPTED, S.SWAPPING)


ROUTES: tuple[HTTPRouteHandler, ...] = (show_need, take_offer, take_why, take_need_act)
