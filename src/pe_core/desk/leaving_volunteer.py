"""What ends when a volunteer leaves."""

import msgspec

from pe_core.desk.briefs import end_own_work as end_tasks
from pe_core.desk.desk import Desk
from pe_core.desk.ringing import forget_rings
from pe_core.desk.sessions import Session
from pe_core.desk.volunteers import read_own, write_own


async def end_own_work(desk: Desk, session: Session) -> None:
    """Give back all tasks, write that the volunteer has left, and end their sessions.

    Where they were rung is forgotten at once, in memory too; what they said of themselves dies
    with the record.
    """
    await end_tasks(desk, session)
    known = await read_own(desk, session)
    profile = msgspec.structs.replace(known.profile, left=desk.now(), ways=())
    await write_own(desk, session, known, profile)
    forget_rings(desk, known.profile.ways)
    desk.sessions.drop_where(lambda other: other.box == session.box)
