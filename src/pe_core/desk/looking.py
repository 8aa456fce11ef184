"""Looking at a request: that it is in the trail before it opens, and who else has it open."""

from datetime import timedelta

import msgspec

from pe_core.desk.desk import Desk
from pe_core.desk.epochs import open_grants
from pe_core.desk.pace import HOUR, pace
from pe_core.desk.sessions import Session
from pe_core.desk.trail import record
from pe_core.errors import NotFound
from pe_core.model import Box, Message, RequestId
from pe_core.model.trail import Act
from pe_core.store import MessageRow, RequestRow
from pe_core.vault import open_envelope

PRESENT_FOR = timedelta(minutes=10)
"""How long after a look somebody is said to have a request open."""


async def find_request(desk: Desk, session: Session, request: RequestId) -> RequestRow:
    """Return a request's row; NotFound also when this account has no grant to it."""
    await open_grants(desk, session)
    row = await desk.store.get(RequestRow, request)
    if row is None or row.epoch not in session.epochs:
        raise NotFound("staff.request.not_found")
    return row


def open_message(desk: Desk, session: Session, row: MessageRow) -> Message:
    """Return an entry of a thread, whose epoch this session must hold."""
    keys = session.epochs[row.epoch]
    body = open_envelope(row.body, keys, desk.context("message", row.id))
    return msgspec.msgpack.decode(body, type=Message)


async def note_opening(desk: Desk, session: Session, request: RequestId) -> None:
    """Write to the trail that this session opens a request, once an hour.

    Called before anything is decrypted: what cannot be written down is not shown. Raises
    TooMany when this account opens too many in an hour.
    """
    known = session.opened.get(request)
    if known is not None and abs(desk.now() - known) < HOUR:
        return
    await pace(desk, session, request)
    await record(desk, session.box, Act.OPENED, request)
    session.opened[request] = desk.now()


def note_look(desk: Desk, session: Session, request: RequestId) -> None:
    """Remember, in memory only, that this account looks at a request now."""
    _prune(desk)
    desk.looking.setdefault(request, {})[session.box] = desk.now()


def who_looks(desk: Desk, session: Session, request: RequestId) -> tuple[Box, ...]:
    """Return the colleagues, unlocked now, who looked at a request in the last ten minutes."""
    _prune(desk)
    unlocked = {other.box for other in desk.sessions.items()} - {session.box}
    return tuple(box for box in desk.looking.get(request, ()) if box in unlocked)


def _prune(desk: Desk) -> None:
    oldest = desk.now() - PRESENT_FOR
    for request, boxes in list(desk.looking.items()):
        kept = {box: at for box, at in boxes.items() if at > oldest}
        if kept:
            desk.looking[request] = kept
        else:
            del desk.looking[request]
