"""Claims: who works on a request, so that two people do not answer it at once."""

import msgspec

from pe_core.desk.desk import Desk
from pe_core.desk.sealing import change_state
from pe_core.desk.sessions import Session
from pe_core.desk.working import OVER, Work, note_work, take_up
from pe_core.errors import Conflict, NotAllowed
from pe_core.model import Author, Box, Message, MessageKind, RequestId, State
from pe_core.model.trail import Act


async def claim(desk: Desk, session: Session, request: RequestId) -> None:
    """Claim a request that nobody has; a new one goes to triage.

    Raises Conflict when a colleague was faster, NotAllowed for one that is over.
    """
    await _take(desk, session, await take_up(desk, session, request), None)


async def take_over(desk: Desk, session: Session, request: RequestId, holder: Box) -> None:
    """Take a request over from ``holder``; Conflict if it is not theirs any more."""
    await _take(desk, session, await take_up(desk, session, request), holder)


async def release(desk: Desk, session: Session, request: RequestId) -> None:
    """Give up one's own claim; Conflict if a colleague has taken it over."""
    work = await take_up(desk, session, request)
    if work.summary.claimed_by != session.box:
        raise Conflict("this claim is not this account's any more")
    summary = msgspec.structs.replace(work.summary, claimed_by=None)
    message = _entry(desk, session, MessageKind.RELEASED)
    await note_work(desk, session, work, message, Act.CHANGED, summary=summary)


async def _take(desk: Desk, session: Session, work: Work, holder: Box | None) -> None:
    if work.state in OVER:
        raise NotAllowed("staff.claim.closed")
    if work.summary.claimed_by == session.box:
        return
    if work.summary.claimed_by != holder:
        raise Conflict("a colleague has claimed this request meanwhile")
    summary = msgspec.structs.replace(work.summary, claimed_by=session.box)
    changes = change_state(work.row, State.TRIAGE) if work.state is State.NEW else ()
    message = _entry(desk, session, MessageKind.CLAIMED)
    await note_work(desk, session, work, message, Act.CLAIMED, summary=summary, changes=changes)


def _entry(desk: Desk, session: Session, kind: MessageKind) -> Message:
    return Message(at=desk.now(), author=Author.STAFF, kind=kind, box=session.box)
