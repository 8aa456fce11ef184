"""Pace: how many requests and volunteers an account opens in an hour, and what if it is many.

Kept in memory for each box: a count on disk would tell the host who works when. It slows a
coordinator who was turned, or a session left open; it does not stop a copy of the disk.
"""

from collections.abc import Iterable
from datetime import timedelta

from pe_core.desk.desk import Desk
from pe_core.desk.sessions import Session
from pe_core.desk.trail import record
from pe_core.errors import TooMany
from pe_core.model import Box, RequestId
from pe_core.model.trail import Act

HOUR = timedelta(hours=1)
MANY = 60
"""Openings in an hour of which colleagues are told: one a minute is reading, not answering."""
MOST = 120
"""Openings in an hour after which no more follow: twice the alert, so that nobody who clears a
backlog is stopped unawares, and few against the thousands that a thief would want."""


async def pace(desk: Desk, session: Session, request: RequestId) -> None:
    """Count one opening of a request; TooMany once an hour has had 120 openings.

    What this session opened within the hour is not counted again. The sixtieth is written to
    the trail, once in an hour, where every colleague is told of it.
    """
    known = session.opened.get(request)
    if known is None or abs(desk.now() - known) >= HOUR:
        await _count(desk, session)


async def note_volunteer(desk: Desk, session: Session, box: Box) -> None:
    """Write to the trail that this session opens a volunteer's record, once an hour.

    Called before anything is shown, and counted as the opening of a request is; TooMany alike.
    """
    if not _is_new(desk, session, box):
        return
    await _count(desk, session)
    await record(desk, session.box, Act.VOLUNTEER_OPENED, str(box))
    session.looked[box] = desk.now()


async def note_volunteers(desk: Desk, session: Session, boxes: Iterable[Box]) -> None:
    """Count one page of the list of volunteers as one opening; TooMany as for ``pace``.

    The same page within the hour is not counted again. The first one of a session is in the
    trail.
    """
    shown = frozenset(boxes)
    if not session.read_volunteers:
        await record(desk, session.box, Act.VOLUNTEERS_LISTED)
        session.read_volunteers = True
    if shown and _is_new(desk, session, shown):
        await _count(desk, session)
        session.looked[shown] = desk.now()


def _is_new(desk: Desk, session: Session, shown: Box | frozenset[Box]) -> bool:
    known = session.looked.get(shown)
    return known is None or abs(desk.now() - known) >= HOUR


async def _count(desk: Desk, session: Session) -> None:
    now = desk.now()
    recent = [at for at in desk.paces.get(session.box, ()) if abs(now - at) < HOUR]
    desk.paces[session.box] = recent
    if len(recent) >= MOST:
        raise TooMany("staff.pace.too_many")
    recent.append(now)
    told = desk.paces_told.get(session.box)
    if len(recent) >= MANY and (told is None or abs(now - told) >= HOUR):
        desk.paces_told[session.box] = now
        await record(desk, session.box, Act.MANY_OPENED, str(session.box))


async def note_roster(desk: Desk, session: Session) -> None:
    """Write to the trail that this session read everybody's names, the first time it does."""
    if not session.read_roster:
        session.read_roster = True
        await record(desk, session.box, Act.ROSTER_READ)
