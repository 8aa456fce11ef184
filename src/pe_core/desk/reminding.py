"""Rings about shifts: a reminder on the day before, and a place that somebody would give away.

Ways to ring people are sealed, so it happens when a coordinator is at work. Whom it rang is
kept in memory, as rings are.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

import msgspec

from pe_core.desk.brief_keys import TAKEN
from pe_core.desk.desk import Desk, today_of
from pe_core.desk.epochs import open_grants
from pe_core.desk.ringing import ring_volunteer, rings_at
from pe_core.desk.sessions import Session
from pe_core.desk.shifts import ShiftView, last_week, list_shifts, open_shifts, read_shift
from pe_core.desk.volunteers import read_volunteer
from pe_core.errors import NotAllowed, NotFound
from pe_core.model import Box, BriefId, BriefState, ShiftId
from pe_core.store import BriefRow, In, ShiftRow

S = BriefState
DAY = timedelta(days=1)


class Bell(StrEnum):
    """What becomes of somebody's reminder."""

    RUNG = "rung"
    WAITS = "waits"
    LATE = "late"
    NO_WAY = "no_way"


BELLS: Mapping[bool | None, Bell] = MappingProxyType(
    {True: Bell.RUNG, False: Bell.LATE, None: Bell.WAITS}
)


async def remind(desk: Desk, session: Session) -> int:
    """Ring once whoever has a place in a shift of tomorrow; returns how many were rung.

    Ways to ring people are sealed, so it happens when a coordinator is at work. If nobody was
    on the day before, it happens on the day, until the shift begins. Whose own hours come only
    after that is not rung: it would be of no use, and a colleague sees their name.
    """
    await open_grants(desk, session)
    today = today_of(desk)
    days = (today, today + DAY)
    # Only what is kept as long as those days' shifts are is opened: it is asked for often.
    kept = In(tuple({last_week(day) for day in days}))
    rung = 0
    for view in await open_shifts(
        desk, session, await desk.store.select(ShiftRow, {"keep_until": kept})
    ):
        if view.body.over or view.body.day not in days or view.start <= desk.now():
            continue
        for box in view.boxes(*TAKEN):
            brief = view.states[box][0]
            if brief not in desk.reminded:
                desk.reminded[brief] = False  # at once, for a colleague who looks in this moment
                desk.reminded[brief] = await _ring_before(desk, session, box, view.start)
                rung += desk.reminded[brief]
    return rung


async def bells_of(desk: Desk, session: Session, view: ShiftView) -> dict[Box, Bell]:
    """Return what becomes of the reminder of each who has a place."""
    bells = {}
    for box in view.boxes(*TAKEN):
        try:
            ways = (await read_volunteer(desk, session, box)).profile.ways
        except NotFound:
            ways = ()
        rung = desk.reminded.get(view.states[box][0])
        bells[box] = Bell.NO_WAY if not ways else BELLS[rung]
    return bells


async def count_swaps(desk: Desk, session: Session) -> int:
    """Return how many would give away their place in a shift that is to come."""
    if not await desk.store.count(BriefRow, {"state": S.SWAPPING.value}):
        return 0  # mostly so, and no shift has to be opened for it
    views = await list_shifts(desk, session)
    ahead = (view for view in views if not view.body.over and view.start > desk.now())
    return sum(len(view.boxes(S.SWAPPING)) for view in ahead)


def unrung_swaps(desk: Desk, view: ShiftView) -> list[BriefId]:
    """Return the places that are to be swapped and of which the others were not rung yet."""
    swaps = (view.states[box][0] for box in view.boxes(S.SWAPPING))
    return [brief for brief in swaps if brief not in desk.swaps_rung]


async def ring_for_swap(desk: Desk, session: Session, shift: ShiftId) -> int:
    """Ring whoever is invited and has not answered, since somebody would give a place away.

    Returns how many were rung. Once for each place: NotAllowed if there is nothing to ring for,
    or nobody.
    """
    view = await read_shift(desk, session, shift)
    swaps, others = unrung_swaps(desk, view), view.boxes(S.OFFERED)
    if view.body.over or view.start <= desk.now() or not swaps or not others:
        raise NotAllowed("staff.shifts.no_swap")
    desk.swaps_rung.update(swaps)
    return await ring_people(desk, session, others)


async def _ring_before(desk: Desk, session: Session, box: Box, start: datetime) -> bool:
    """Ring somebody by the ways that ring before a shift begins; returns whether one does."""
    try:
        profile = (await read_volunteer(desk, session, box)).profile
    except NotFound:
        return False  # nobody can be rung whose record is gone
    ways = tuple(way for way in profile.ways if rings_at(desk, profile, way) < start)
    ring_volunteer(desk, msgspec.structs.replace(profile, ways=ways))
    return bool(ways)


async def ring_people(desk: Desk, session: Session, boxes: Sequence[Box]) -> int:
    """Ring whoever of these is still here and chose a way; returns how many."""
    rung = 0
    for box in boxes:
        with suppress(NotFound):  # nobody can be rung whose record is gone
            profile = (await read_volunteer(desk, session, box)).profile
            ring_volunteer(desk, profile)
            rung += bool(profile.ways)
    return rung
