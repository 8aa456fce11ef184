"""Sorting requests: topic, urgency, sensitivity; notes for the team; keeping one longer."""

import msgspec

from pe_core.desk.desk import Desk
from pe_core.desk.epochs import current_epoch
from pe_core.desk.moving import keep_changes
from pe_core.desk.sealing import seal_message
from pe_core.desk.sessions import Session
from pe_core.desk.trail import record
from pe_core.desk.working import note_work, past, take_up
from pe_core.errors import NotAllowed
from pe_core.model import Author, Message, MessageKind, RequestId, Sensitivity, Urgency
from pe_core.model.struct import Model
from pe_core.model.trail import Act
from pe_core.model.week import Week, week_of
from pe_core.rules.retention import keep_at_closing
from pe_core.store import Insert


class Sorting(Model):
    """What a coordinator sorts a request as; topic '' is the one that the asker chose."""

    topic: str = ""
    urgency: Urgency = Urgency.NORMAL
    sensitivity: Sensitivity = Sensitivity.NORMAL


async def sort_request(desk: Desk, session: Session, request: RequestId, sorting: Sorting) -> None:
    """Sort a request; the thread says what it became. What stays as it was writes nothing.

    Raises NotAllowed for a topic that is no form of this embassy, Conflict when a colleague
    was faster.
    """
    work = await take_up(desk, session, request)
    topic = "" if sorting.topic == work.original.form else sorting.topic
    if topic and topic not in desk.forms:
        raise NotAllowed("staff.sort.no_such_topic")
    before = work.summary
    after = msgspec.structs.replace(
        before, topic=topic, urgency=sorting.urgency, sensitivity=sorting.sensitivity
    )
    if after == before:
        return
    message = Message(
        at=desk.now(),
        author=Author.STAFF,
        kind=MessageKind.SORTED,
        box=session.box,
        topic=(topic or work.original.form) if topic != before.topic else "",
        urgency=after.urgency if after.urgency is not before.urgency else None,
        sensitivity=after.sensitivity if after.sensitivity is not before.sensitivity else None,
    )
    await note_work(desk, session, work, message, Act.CHANGED, summary=after)


async def add_note(desk: Desk, session: Session, request: RequestId, text: str) -> None:
    """Add a note that only the team reads: no reply is sealed to the asker for it."""
    work = await take_up(desk, session, request)
    message = Message(
        at=desk.now(), author=Author.STAFF, kind=MessageKind.NOTE, text=text, box=session.box
    )
    await note_work(desk, session, work, message, Act.NOTED)


async def extend(desk: Desk, session: Session, request: RequestId, weeks: int) -> Week:
    """Keep a request for 4 to 26 weeks from now and return its new last week.

    What lies in epochs that end before is re-sealed to the current one. Raises NotAllowed if
    it is kept as long already, or if a part of it is not open to this account; ValueError
    outside 4 to 26 weeks; Conflict when a colleague was faster.
    """
    work = await take_up(desk, session, request)
    keep_until = keep_at_closing(week_of(desk.now().date()), weeks)
    if keep_until <= work.row.keep_until:
        raise NotAllowed("staff.extend.not_longer")
    message = Message(
        at=desk.now(),
        author=Author.STAFF,
        kind=MessageKind.EXTENDED,
        box=session.box,
        keep_until=keep_until,
    )
    entry = await seal_message(desk, request, await current_epoch(desk, "intake"), message)
    summary = past(work.summary, entry.number)
    changes = await keep_changes(desk, session, work.row, summary, keep_until)
    await record(desk, session.box, Act.EXTENDED, request, [*changes, Insert(entry)])
    return keep_until
