"""Moving a request to another state, with what goes with it."""

from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from typing import Any, TypeVar

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from pe_core.desk.desk import today_of
from pe_core.desk.requests import Moving, move
from pe_core.errors import Conflict, NotAllowed
from pe_core.model import HelpRequest, Outcome, Problem, State, WaitingOn
from pe_core.rules.lifecycle import Move, move_problems
from pe_core.web.guards.caller import fields_of, session_of
from pe_core.web.guards.routes import get_page, post_page
from pe_core.web.pages import redirect, render
from pe_core.web.portal import PageRequest, desk_of
from pe_core.web.staff.address import address
from pe_core.web.staff.answering import text_problems
from pe_core.web.staff.facts import headlines, request_address
from pe_core.web.staff.offers import Typed, move_offer, moves_of, pick_language, read_typed
from pe_core.web.staff.request import read_request
from pe_core.web.staff.words import explain, say

PATH = "/{language:str}/staff/requests/{request_id:str}/move"
E = TypeVar("E", bound=StrEnum)


@get_page(PATH, guard="coordinator")
async def show_move(request: PageRequest, request_id: FromPath[str]) -> Response[str]:
    """Show the form alone."""
    return _form(request, await read_request(request, request_id))


@post_page(PATH, guard="coordinator")
async def take_move(request: PageRequest, request_id: FromPath[str]) -> Response[Any]:
    """Move the request, or say what is missing."""
    typed = read_typed(fields_of(request))
    help_request = await read_request(request, request_id)
    if typed.was != help_request.state.value:
        return _form(request, help_request, typed, changed=True)
    chosen = next((m for m in moves_of(help_request.state) if m.to.value == typed.state), None)
    if chosen is None:
        missing = (Problem(field="state", code="required"),)
        return _form(request, help_request, typed, missing)
    moving = _read_moving(request, help_request, chosen, typed)
    problems = tuple(_problems(request, help_request.state, moving, typed))
    if problems:
        return _form(request, help_request, typed, problems)
    return await _move(request, help_request, moving, typed)


def read_date(parts: tuple[str, str, str]) -> date | None:
    """Return the day typed as day, month and year, or None if there is no such day."""
    if not all(part.isascii() and part.isdecimal() and len(part) <= 4 for part in parts):
        return None
    day, month, year = (int(part) for part in parts)
    try:
        return date(year, month, day)
    except ValueError:
        return None


async def _move(
    request: PageRequest, help_request: HelpRequest, moving: Moving, typed: Typed
) -> Response[Any]:
    desk, session = desk_of(request), session_of(request)
    try:
        problems = await move(desk, session, help_request.id, moving)
    except Conflict:
        now = await read_request(request, help_request.id)
        return _form(request, now, typed, changed=True)
    except NotAllowed as error:
        return _form(request, help_request, typed, refused=say(request, error.key))
    if problems:
        return _form(request, help_request, typed, problems)
    at = request_address(request, help_request.id)
    return redirect(address(at, was=help_request.state.value))


def _read_moving(
    request: PageRequest, help_request: HelpRequest, chosen: Move, typed: Typed
) -> Moving:
    """Return the move; what its state does not ask for is left out, whatever was filled in."""
    waits = chosen.needs_waiting
    return Moving(
        to=chosen.to,
        outcome=_member(Outcome, typed.outcome) if chosen.needs_outcome else None,
        waiting_on=_member(WaitingOn, typed.waiting_on) if waits else None,
        wake=read_date(typed.wake) if waits else None,
        text=typed.word,
        language=pick_language(request, help_request, typed.word_language) if typed.word else "",
    )


def _problems(request: PageRequest, now: State, moving: Moving, typed: Typed) -> Iterable[Problem]:
    for problem in move_problems(
        now, moving.to, outcome=moving.outcome, waiting_on=moving.waiting_on, wake=moving.wake
    ):
        if problem.field == "wake" and any(typed.wake):
            yield Problem(field="wake", code="no_such_day")
        else:
            yield problem
    if moving.wake is not None and moving.wake <= today_of(desk_of(request)):
        yield Problem(field="wake", code="past")
    yield from text_problems("word", moving.text, required=False)


def _member(kind: type[E], value: str) -> E | None:
    return next((member for member in kind if member.value == value), None)


def _form(
    request: PageRequest,
    help_request: HelpRequest,
    typed: Typed | None = None,
    problems: tuple[Problem, ...] = (),
    *,
    changed: bool = False,
    refused: str = "",
) -> Response[str]:
    status = 409 if changed else 403 if refused else 422 if problems else 200
    return render(
        request,
        "staff/move.html",
        status=status,
        here="requests",
        changed=changed,
        refused=refused,
        problems=explain(request, problems),
        **headlines(request, help_request),
        **move_offer(request, help_request, typed),
    )


ROUTES: tuple[HTTPRouteHandler, ...] = (show_move, take_move)
