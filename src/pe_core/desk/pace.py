"""Pace: how many requests an account opens in an hour, and what happens when it is many.

Kept in memory for each box: a count on disk would tell the host who works when. It slows a
coordinator who was turned, or a session left open; it does not stop a copy of the disk.
"""

from datetime import timedelta

from pe_core.desk.desk import Desk
from pe_core.desk.sessions import Session
from pe_core.desk.trail import record
from pe_core.errors import TooMany
from pe_core.model import RequestId
from pe_core.model.trail import Act

HOUR = timedelta(hours=1)
MANY = 60
"""Openings in an hour of which colleagues are told: one a minute is reading, not answering."""
MOST = 120
"""Openings in an hour after which no more follow: twice the alert, so that nobody who clears a
backlog is stopped unawares, and few against the thousands that a thief would want."""


async def pace(desk: Desk, session: Session, request: RequestId) -> None:
    """Count one opening of a request; TooMany once an hour has had 120 of them.

    What this session opened within the hour is not counted again. The sixtieth is written to
    the trail, once in an hour, where every colleague is told of it.
    """
    now = desk.now()
    known = session.opened.get(request)
    if known is not None and abs(now - known) < HOUR:
        return
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
