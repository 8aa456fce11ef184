"""Reminders of shifts: whoever has a place is rung once, on the day before.

Ways to ring people are sealed, so it happens when a coordinator is at work.
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from enum import StrEnum

from pe_core.desk.brief_keys import TAKEN
from pe_core.desk.desk import Desk, today_of
from pe_core.desk.epochs import open_grants
from pe_core.desk.ringing import ring_volunteer
from pe_core.desk.sessions import Session
from pe_core.desk.shifts import KEEP_AFTER, ShiftView, open_shifts
from pe_core.desk.volunteers import read_volunteer
from pe_core.errors import NotFound
from pe_core.model import Box
from pe_core.model.week import week_of
from pe_core.store import In, ShiftRow

DAY = timedelta(days=1)


class Bell(StrEnum):
    """What becomes of somebody's reminder."""

    RUNG = "rung"
    WAITS = "waits"
    NO_WAY = "no_way"


async def remind(desk: Desk, session: Session) -> int:
    """Ring once whoever has a place in a shift of tomorrow; returns how many were rung.

    Ways to ring people are sealed, so it happens when a coordinator is at work. If nobody was
    on the day before, it happens on the day, until the shift begins.
    """
    await open_grants(desk, session)
    today = today_of(desk)
    days = (today, today + DAY)
    # Only what is kept as long as those days' shifts are is opened: it is asked for often.
    kept = In(tuple({week_of(day) + KEEP_AFTER for day in days}))
    rung = 0
    for view in await open_shifts(
        desk, session, await desk.store.select(ShiftRow, {"keep_until": kept})
    ):
        if view.body.over or view.body.day not in days or view.start <= desk.now():
            continue
        waiting = [box for box in view.boxes(*TAKEN) if view.states[box][0] not in desk.reminded]
        desk.reminded.update(view.states[box][0] for box in waiting)
        rung += await ring_people(desk, session, waiting)
    return rung


async def bells_of(desk: Desk, session: Session, view: ShiftView) -> dict[Box, Bell]:
    """Return what becomes of the reminder of each who has a place."""
    bells = {}
    for box in view.boxes(*TAKEN):
        try:
            ways = (await read_volunteer(desk, session, box)).profile.ways
        except NotFound:
            ways = ()
        rung = view.states[box][0] in desk.reminded
        bells[box] = Bell.NO_WAY if not ways else Bell.RUNG if rung else Bell.WAITS
    return bells


async def ring_people(desk: Desk, session: Session, boxes: Sequence[Box]) -> int:
    """Ring whoever of these is still here and chose a way; returns how many."""
    rung = 0
    for box in boxes:
        with suppress(NotFound):  # nobody can be rung whose record is gone
            profile = (await read_volunteer(desk, session, box)).profile
            ring_volunteer(desk, profile)
            rung += bool(profile.ways)
    return rung
