"""Handing over: one request, or all of one's own, to a colleague who then can read it all."""

import msgspec

from pe_core.desk.desk import Desk
from pe_core.desk.epochs import current_epoch, read_members
from pe_core.desk.leaving import find_member
from pe_core.desk.listing import catch_up
from pe_core.desk.moving import move_parts, move_request
from pe_core.desk.owed import granted, read_owed
from pe_core.desk.sealing import seal_message
from pe_core.desk.sessions import Session
from pe_core.desk.summaries import change_summary
from pe_core.desk.trail import record
from pe_core.desk.working import OVER, Work, past, take_up
from pe_core.errors import NotAllowed, NotFound
from pe_core.model import Author, Box, Message, MessageKind, RequestId
from pe_core.model.trail import Act
from pe_core.model.week import Week
from pe_core.store import Change, FileRow, Insert, MessageRow, NeedRow, RequestRow, Update

ALL = Week(1_000_000)
"""Later than any epoch ends: what has to outlive it is moved whole."""


async def give(desk: Desk, session: Session, request: RequestId, to: Box) -> None:
    """Hand a request to a colleague; what they could not open is sealed to them anew.

    It moves to the current epoch whole, so all who hold that can read it. Raises NotFound for
    no such request or colleague, NotAllowed for one that is over, for one who cannot open
    even the current epoch, and where a part is not open to this account; Conflict when a
    colleague was faster.
    """
    work = await take_up(desk, session, request)
    if work.state in OVER:
        raise NotAllowed("staff.claim.closed")
    if work.summary.claimed_by == to:
        return
    epoch = await current_epoch(desk, "intake")
    opens = await _opened_by(desk, session, to)
    if epoch.id not in opens:
        raise NotAllowed("staff.handing.no_keys")
    message = Message(
        at=desk.now(),
        author=Author.STAFF,
        kind=MessageKind.GIVEN,
        box=session.box,
        given_to=to,
    )
    entry = await seal_message(desk, request, epoch, message)
    changes = await _changes(desk, session, work, to, opens, entry.number)
    await record(desk, session.box, Act.GIVEN, request, [*changes, Insert(entry)])


async def give_all(desk: Desk, session: Session, to: Box) -> int:
    """Hand all that one has claimed and that is not over to a colleague; returns how many."""
    shelf = await catch_up(desk, session)
    mine = [
        entry.id
        for entry in shelf.all()
        if entry.summary and entry.summary.claimed_by == session.box and entry.state not in OVER
    ]
    for request in mine:
        await give(desk, session, request, to)
    return len(mine)


async def list_receivers(desk: Desk, session: Session) -> list[Box]:
    """Return the colleagues who may be given requests."""
    listed = await read_members(desk)
    return [
        Box(member.box)
        for member in listed.members
        if "intake" in member.compartments and member.box != session.box
    ]


async def _opened_by(desk: Desk, session: Session, to: Box) -> set[str]:
    member = find_member(await read_members(desk), to)
    if to == session.box or "intake" not in member.compartments:
        raise NotFound("staff.members.not_found")
    return set(await granted(desk, to)) - set(await read_owed(desk, to))


async def _changes(
    desk: Desk, session: Session, work: Work, to: Box, opens: set[str], number: int
) -> list[Change]:
    summary = past(msgspec.structs.replace(work.summary, claimed_by=to), number)
    if await _epochs_of(desk, work.row) <= opens:
        return [change_summary(desk, session, work.row, summary)]
    parts = await move_parts(desk, session, work.row, ALL, Week(work.row.keep_until))
    columns = await move_request(desk, session, work.row, summary, ALL)
    if columns is None:
        raise NotFound("staff.request.not_found")  # its epoch ended in this moment
    expect = {"revision": work.row.revision, "epoch": work.row.epoch}
    return [*parts, Update(RequestRow, (work.row.id,), columns, expect=expect)]


async def _epochs_of(desk: Desk, row: RequestRow) -> set[str]:
    epochs = {row.epoch}
    for table in (MessageRow, FileRow, NeedRow):
        epochs |= {
            epoch for (epoch,) in await desk.store.pick(table, ("epoch",), {"request": row.id})
        }
    return epochs
