"""Shifts in words: a line of the list, who is invited, and what becomes of the reminder."""

from collections.abc import Iterable
from enum import StrEnum
from zoneinfo import ZoneInfo

from pe_core.desk.brief_keys import locked_tasks
from pe_core.desk.cards import read_handles
from pe_core.desk.reminding import DAY, Bell, bells_of, unrung_swaps
from pe_core.desk.shift_places import is_away
from pe_core.desk.shifts import ShiftView
from pe_core.model import Box, BriefState
from pe_core.model.struct import Model
from pe_core.rules.texts import direction, show_clock, show_date, show_number
from pe_core.web.guards.caller import session_of
from pe_core.web.portal import PageRequest, desk_of, language_of
from pe_core.web.staff.words import count, name_of, say, show_moment

S = BriefState
ORDER = (S.ACCEPTED, S.SWAPPING, S.DONE, S.OFFERED, S.DECLINED, S.EXPIRED, S.WITHDRAWN)
"""Who is invited, those with a place first."""
HELD = (S.ACCEPTED, S.SWAPPING, S.OFFERED)
"""What can be taken back."""


class Stage(StrEnum):
    """Where a shift stands."""

    AHEAD = "ahead"
    FULL = "full"
    TO_COUNT = "to_count"
    COUNTED = "counted"
    OFF = "off"


class ShiftLine(Model):
    """A shift as the list and its own page head it; ``swaps`` is '' if nobody would swap."""

    address: str
    title: str
    language: str
    dir: str
    stage: Stage
    when: str
    where: str
    places: str
    swaps: str
    came: str


class Guest(Model):
    """Somebody who was invited; ``away`` is that they cannot come that day, by what is known.

    ``locked`` is that they cannot open the invitation since an emergency lock.
    """

    box: Box
    name: str
    state: BriefState
    away: bool
    held: bool
    locked: bool


def shift_line(request: PageRequest, view: ShiftView) -> ShiftLine:
    """Return a shift in words."""
    body, language = view.body, language_of(request)
    swaps, came = len(view.boxes(S.SWAPPING)), body.attended
    return ShiftLine(
        address=shift_address(request, view.id),
        title=body.title,
        language=body.language,
        dir=direction(body.language),
        stage=stage_of(request, view),
        when=when_words(request, view),
        where=body.need.city or say(request, "staff.need.place_afar"),
        places=say(
            request,
            "staff.shifts.taken",
            taken=show_number(view.taken, language),
            places=show_number(body.need.places, language),
        ),
        swaps=count(request, "staff.shifts.swaps", swaps) if swaps else "",
        came=count(request, "staff.shifts.came", came) if came is not None else "",
    )


def shift_address(request: PageRequest, shift: str) -> str:
    """Return the address of a shift's page."""
    return f"/{language_of(request)}/staff/shifts/{shift}"


def stage_of(request: PageRequest, view: ShiftView) -> Stage:
    """Return where a shift stands now."""
    if view.body.over:
        return Stage.OFF if view.is_off else Stage.COUNTED
    if view.start <= desk_of(request).now():
        return Stage.TO_COUNT
    return Stage.FULL if view.taken >= view.body.need.places else Stage.AHEAD


def when_words(request: PageRequest, view: ShiftView) -> str:
    """Return from when to when a shift is, on the embassy's clocks."""
    need, language = view.body.need, language_of(request)
    zone = desk_of(request).embassy.zone
    end = need.end or view.start
    same_day = end.astimezone(ZoneInfo(zone)).date() == view.body.day
    last = show_clock(end, zone, language) if same_day else show_moment(request, end)
    return say(request, "staff.shifts.span", start=show_moment(request, view.start), end=last)


async def guests_of(request: PageRequest, view: ShiftView) -> list[Guest]:
    """Return who is invited, by pseudonym, those with a place first."""
    desk, session = desk_of(request), session_of(request)
    names = await _names(request, view.states)
    locked = await locked_tasks(desk, view.states)
    guests = [
        Guest(
            box=box,
            name=name_of(request, names, box),
            state=state,
            away=is_away(desk, session.cards.get(box), view.body.day),
            held=state in HELD and not view.body.over,
            locked=brief in locked,
        )
        for box, (brief, state) in view.states.items()
    ]
    return sorted(guests, key=lambda guest: (ORDER.index(guest.state), guest.name.casefold()))


def swap_step(request: PageRequest, view: ShiftView) -> str:
    """Return what can be done for a place that is to be swapped, '' if there is none."""
    if not view.boxes(S.SWAPPING):
        return ""
    if not view.boxes(S.OFFERED):
        return "nobody"
    return "ring" if unrung_swaps(desk_of(request), view) else "rung"


async def bell_lines(request: PageRequest, view: ShiftView) -> list[tuple[Bell, list[str]]]:
    """Return who has a place, by what becomes of their reminder."""
    bells = await bells_of(desk_of(request), session_of(request), view)
    names = await _names(request, bells)
    found: dict[Bell, list[str]] = {}
    for box, bell in bells.items():
        found.setdefault(bell, []).append(name_of(request, names, box))
    return [(bell, sorted(found[bell])) for bell in Bell if bell in found]


def day_before(request: PageRequest, view: ShiftView) -> str:
    """Return the day on which whoever has a place is rung."""
    return show_date(view.body.day - DAY, language_of(request))


async def _names(request: PageRequest, boxes: Iterable[Box]) -> dict[int, str]:
    known = await read_handles(desk_of(request), session_of(request), boxes)
    return {int(box): handle for box, handle in known.items()}
