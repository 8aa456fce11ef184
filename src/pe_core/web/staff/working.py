"""The small acts on a request: claim, sort, note, keep longer, mark as a duplicate."""

import re
from collections.abc import Awaitable
from enum import StrEnum
from typing import Any, TypeVar

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from pe_core.desk.claims import claim, release, take_over
from pe_core.desk.duplicates import mark_duplicate
from pe_core.desk.sorting import Sorting, add_note, extend, sort_request
from pe_core.errors import Conflict, NotAllowed, NotFound
from pe_core.model import Box, HelpRequest, Problem, RequestId, Sensitivity, Urgency
from pe_core.web.guards.caller import fields_of, session_of
from pe_core.web.guards.routes import post_page
from pe_core.web.pages import redirect
from pe_core.web.portal import PageRequest, desk_of
from pe_core.web.staff.address import address
from pe_core.web.staff.facts import request_address
from pe_core.web.staff.offers import LONGER, TEXT_LIMIT
from pe_core.web.staff.request import read_request, request_page
from pe_core.web.staff.words import say

PATH = "/{language:str}/staff/requests/{request_id:str}"
E = TypeVar("E", bound=StrEnum)
_ID = re.compile(r"([a-z2-7]{26})/?")
_BOX_DIGITS = 20


@post_page(f"{PATH}/claim", guard="coordinator")
async def take_claim(request: PageRequest, request_id: FromPath[str]) -> Response[Any]:
    """Claim a request, take it over from whom the page named, or give it up."""
    desk, session, fields = desk_of(request), session_of(request), fields_of(request)
    wanted = RequestId(request_id)
    if fields.one("act") == "release":
        return await _do(request, wanted, release(desk, session, wanted), "released", claims=True)
    holder = fields.one("holder")
    if holder.isascii() and holder.isdecimal() and 0 < int(holder[:_BOX_DIGITS]):
        taking = take_over(desk, session, wanted, Box(int(holder[:_BOX_DIGITS])))
        return await _do(request, wanted, taking, "claimed", claims=True)
    return await _do(request, wanted, claim(desk, session, wanted), "claimed", claims=True)


@post_page(f"{PATH}/sort", guard="coordinator")
async def take_sorting(request: PageRequest, request_id: FromPath[str]) -> Response[Any]:
    """Set topic, urgency and sensitivity, all in one."""
    desk, session, fields = desk_of(request), session_of(request), fields_of(request)
    help_request = await read_request(request, request_id)
    topic = fields.one("topic")
    urgency = _member(Urgency, fields.one("urgency"))
    sensitivity = _member(Sensitivity, fields.one("sensitivity"))
    known = {help_request.original.form, *desk.forms}
    chosen = {"topic": topic in known, "urgency": urgency, "sensitivity": sensitivity}
    if urgency is None or sensitivity is None or topic not in known:
        missing = (field for field, value in chosen.items() if not value)
        problems = tuple(Problem(field=field, code="required") for field in missing)
        return await request_page(request, help_request, problems)
    sorting = Sorting(topic=topic, urgency=urgency, sensitivity=sensitivity)
    act = sort_request(desk, session, help_request.id, sorting)
    return await _do(request, help_request.id, act, "sorted")


@post_page(f"{PATH}/note", guard="coordinator")
async def take_note(request: PageRequest, request_id: FromPath[str]) -> Response[Any]:
    """Add a note for the team."""
    desk, session = desk_of(request), session_of(request)
    text = fields_of(request).one("note").replace("\r\n", "\n").strip()
    if not text or len(text) > TEXT_LIMIT:
        limits: dict[str, int | str] = {"most": TEXT_LIMIT} if text else {}
        code = "too_long" if text else "required"
        help_request = await read_request(request, request_id)
        problem = Problem(field="note", code=code, limits=limits)
        return await request_page(request, help_request, (problem,), note=text)
    wanted = RequestId(request_id)
    return await _do(request, wanted, add_note(desk, session, wanted, text), "noted", note=text)


@post_page(f"{PATH}/extend", guard="coordinator")
async def take_extension(request: PageRequest, request_id: FromPath[str]) -> Response[Any]:
    """Keep a request longer."""
    desk, session = desk_of(request), session_of(request)
    typed = fields_of(request).one("weeks")
    weeks = next((weeks for weeks in LONGER if str(weeks) == typed), None)
    if weeks is None:
        problem = Problem(field="weeks", code="required")
        return await request_page(request, await read_request(request, request_id), (problem,))
    wanted = RequestId(request_id)
    return await _do(request, wanted, extend(desk, session, wanted, weeks), "extended")


@post_page(f"{PATH}/duplicate", guard="coordinator")
async def take_duplicate(request: PageRequest, request_id: FromPath[str]) -> Response[Any]:
    """Mark a request as the duplicate of the one chosen, of the one whose address was typed, or
    of none.
    """
    desk, session, fields = desk_of(request), session_of(request), fields_of(request)
    help_request = await read_request(request, request_id)
    act = fields.one("act")
    other = None if act == "none" else _read_id(fields.one("other") if act == "typed" else act)
    if act != "none" and other is None:
        return await _no_other(request, help_request)
    done = "duplicate" if other is not None else "no_duplicate"
    try:
        marking = mark_duplicate(desk, session, help_request.id, other)
        return await _do(request, help_request.id, marking, done)
    except NotFound:
        return await _no_other(request, help_request)


async def _do(
    request: PageRequest,
    wanted: RequestId,
    act: Awaitable[object],
    done: str,
    *,
    note: str = "",
    claims: bool = False,
) -> Response[Any]:
    """Wait for an act and show that it is done, who was faster, or why it cannot be."""
    try:
        await act
    except Conflict:
        now = await read_request(request, wanted)
        return await request_page(request, now, changed=True, claims=claims, note=note)
    except NotAllowed as error:
        now = await read_request(request, wanted)
        return await request_page(request, now, refused=say(request, error.key), note=note)
    return redirect(address(request_address(request, wanted), done=done))


async def _no_other(request: PageRequest, help_request: HelpRequest) -> Response[str]:
    problem = Problem(field="other", code="not_found")
    return await request_page(request, help_request, (problem,))


def _read_id(typed: str) -> RequestId | None:
    """Return the id at the end of an address, or the id that was typed alone."""
    found = _ID.fullmatch(typed.strip().rpartition("/requests/")[2])
    return RequestId(found[1]) if found else None


def _member(kind: type[E], value: str) -> E | None:
    return next((member for member in kind if member.value == value), None)


ROUTES: tuple[HTTPRouteHandler, ...] = (
    take_claim,
    take_sorting,
    take_note,
    take_extension,
    take_duplicate,
)
