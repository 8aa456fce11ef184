"""What is on its way to other embassies, and what could not be delivered."""

import math
from collections.abc import Awaitable
from typing import Any

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from pe_core.errors import DeskError
from pe_core.model.struct import Model
from pe_core.network.waiting import Dead, Waiting, drop, read_dead, read_waiting, try_again
from pe_core.rules.texts import show_date
from pe_core.web.guards.body import Fields
from pe_core.web.guards.caller import fields_of, session_of
from pe_core.web.guards.refusals import refusal
from pe_core.web.guards.routes import get_page, post_page
from pe_core.web.pages import redirect, render
from pe_core.web.portal import PageRequest, desk_of, language_of
from pe_core.web.staff.address import address, query_of
from pe_core.web.staff.peers import PEERS
from pe_core.web.staff.words import count, say

ON_THE_WAY = f"{PEERS}/on-the-way"
DROP = f"{ON_THE_WAY}/{{packet_id:str}}/drop"
DONE = ("again", "drop")
KIB = 1024


class DeadLine(Model):
    """What could not be delivered, in words: a packet, or ``number`` letters of a conversation."""

    id: str
    number: int
    title: str
    about: str
    may_go: bool


class WayLine(Model):
    """What waits for one peer, in words; ``away`` is '' while it answers."""

    peer: str
    waits: str
    oldest: str
    away: str
    dead: tuple[DeadLine, ...]


@get_page(ON_THE_WAY, guard="coordinator")
async def show_on_the_way(request: PageRequest) -> Response[str]:
    """Show what waits for which peer, and the dead letters."""
    done = query_of(request).get("done", "")
    return await _page(request, done if done in DONE else "")


@post_page(ON_THE_WAY, guard="coordinator")
async def take_on_the_way(request: PageRequest) -> Response[Any]:
    """Try a dead letter again, or all of its conversation."""
    fields = fields_of(request)
    if fields.one("act") != "again":
        raise refusal("bad_request")
    desk, session = desk_of(request), session_of(request)
    again = try_again(desk, session, fields.one("packet"), _shown(fields))
    return await _do(request, again, "again")


@get_page(DROP, guard="coordinator")
async def show_drop(request: PageRequest, packet_id: FromPath[str]) -> Response[str]:
    """Say what is lost with dead letters that are given up, and ask once more."""
    peer, dead = await read_dead(desk_of(request), packet_id)
    return render(
        request,
        "staff/on_the_way_drop.html",
        here="peers",
        at=_at(request),
        peer=peer,
        lost=say(request, f"staff.on_the_way.drop_{_what(dead)}"),
        dead=_dead(request, dead),
    )


@post_page(DROP, guard="coordinator")
async def take_drop(request: PageRequest, packet_id: FromPath[str]) -> Response[Any]:
    """Give a dead letter up, or all of its conversation."""
    number = _shown(fields_of(request))
    gone = drop(desk_of(request), session_of(request), packet_id, number)
    return await _do(request, gone, "drop")


def _shown(fields: Fields) -> int:
    """Return how many packets the page showed."""
    typed = fields.one("number")
    return int(typed) if typed.isdecimal() and len(typed) < 10 else 0


async def _do(request: PageRequest, act: Awaitable[None], done: str) -> Response[Any]:
    try:
        await act
    except DeskError as error:
        return await _page(request, "", say(request, error.key))
    return redirect(address(_at(request), done=done))


def _at(request: PageRequest) -> str:
    return f"/{language_of(request)}/staff/peers/on-the-way"


async def _page(request: PageRequest, done: str, problem: str = "") -> Response[str]:
    return render(
        request,
        "staff/on_the_way.html",
        status=422 if problem else 200,
        here="peers",
        at=_at(request),
        ways=[_line(request, way) for way in await read_waiting(desk_of(request))],
        done=done,
        problems=[("", problem)] if problem else [],
    )


def _line(request: PageRequest, way: Waiting) -> WayLine:
    waits = oldest = away = ""
    if way.since is not None:
        day = show_date(way.since, language_of(request))
        waits = count(request, "staff.on_the_way.waits", way.number)
        oldest = say(request, "staff.on_the_way.oldest", day=day, size=_size(way.size))
    if way.away is not None:
        away = count(request, "staff.on_the_way.away", max(1, math.ceil(way.away / 60)))
    dead = tuple(_dead(request, each) for each in way.dead)
    return WayLine(peer=way.peer, waits=waits, oldest=oldest, away=away, dead=dead)


def _dead(request: PageRequest, dead: Dead) -> DeadLine:
    day, what = show_date(dead.day, language_of(request)), _what(dead)
    title, given = say(request, f"staff.on_the_way.kind.{dead.kind.value}"), "given"
    if dead.number > 1:
        title, given = count(request, f"staff.on_the_way.{what}", dead.number), "given_all"
    return DeadLine(
        id=dead.id,
        number=dead.number,
        title=title,
        about=say(request, f"staff.on_the_way.{given}", day=day, size=_size(dead.size)),
        may_go=dead.may_go,
    )


def _what(dead: Dead) -> str:
    """Return what texts call it: letter, hello, erase; letters and erases where it is several."""
    return f"{dead.kind.value}s" if dead.number > 1 else dead.kind.value


def _size(size: int) -> int:
    """Return kibibytes, rounded up: nothing weighs nought."""
    return math.ceil(size / KIB)


ROUTES: tuple[HTTPRouteHandler, ...] = (show_on_the_way, take_on_the_way, show_drop, take_drop)
