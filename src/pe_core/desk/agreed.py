"""What is agreed takes effect: a member list that enough coordinators, or the root, signed."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from pe_core.desk.desk import Desk
from pe_core.desk.epochs import AT_ONCE, open_grants
from pe_core.desk.leaving import end_sessions_of, leaving_changes, role_changes, unclaim
from pe_core.desk.roster import move_roster
from pe_core.desk.sealed_invites import read_lists
from pe_core.desk.sessions import Session
from pe_core.desk.trail import appending
from pe_core.errors import Conflict, MembersInvalid, NotAllowed
from pe_core.model import Box
from pe_core.model.struct import Model
from pe_core.model.trail import Act
from pe_core.store import Change, Delete, EpochRow, GrantRow, Insert, MemberListRow
from pe_core.vault import RECOVERY_BOX, MemberList, read_list, regrant, verify_chain

Kind = Literal["leave", "role", "return", "recovery"]

ACTS = {"leave": Act.LEFT, "role": Act.ROLE_CHANGED, "recovery": Act.CONFIRMED}


class Proposal(Model):
    """What one coordinator proposed; ``box`` is whom it is about, ``HOST`` for nobody.

    ``signed`` is the next member list with the first signature. A return has no list yet: its
    invite, found by ``locator``, carries the signatures.
    """

    kind: Kind
    box: Box
    by: Box
    at: datetime
    role: str = ""
    signed: bytes = b""
    locator: bytes = b""


async def is_enough(desk: Desk, signed: bytes) -> bool:
    """Return whether a next member list has the signatures that it needs."""
    try:
        verify_chain([*await read_lists(desk), signed], desk.identity.root)
    except MembersInvalid:
        return False
    return True


async def carry_out(
    desk: Desk, session: Session, by: Box, proposal: Proposal, more: Sequence[Change] = ()
) -> None:
    """Put a member list into force, with all that follows and the trail's entry at once.

    ``session`` opens what has to be sealed anew; ``by`` is who acts. The sessions of whom it
    is about end first. Raises NotAllowed if another list came first, and MembersInvalid if the
    signatures are not enough: then nothing is written.
    """
    # Whoever leaves may be the one who confirms it: their session ends, this copy works on.
    opener = Session(box=session.box, handle=session.handle, keys=session.keys)
    await open_grants(desk, session)
    opener.epochs.update(session.epochs)
    what = "recovery" if proposal.kind == "recovery" else str(proposal.box)
    async with appending(desk, by, ACTS[proposal.kind], what) as entry, desk.epoch_lock:
        lists = await read_lists(desk)
        before = verify_chain(lists, desk.identity.root)
        listed = verify_chain([*lists, proposal.signed], desk.identity.root)
        row = MemberListRow(serial=listed.serial, body=proposal.signed)
        changes = await _changes(desk, opener, proposal, before, listed)
        if proposal.kind != "recovery":
            end_sessions_of(desk, proposal.box)
        try:
            await desk.store.write([Insert(row), *changes, *more, *entry])
        except Conflict:
            raise NotAllowed("staff.proposals.moved_on") from None
        desk.epochs_now.clear()
        if proposal.kind != "recovery":
            end_sessions_of(desk, proposal.box)
    await move_roster(desk, opener)
    await desk.store.shred()
    if proposal.kind == "leave" or (proposal.kind == "role" and not _reads(listed, proposal.box)):
        await unclaim(desk, opener)


def recovery_of(signed: bytes) -> bytes:
    """Return the public recovery key that a signed list names."""
    return read_list(signed).recovery


async def _changes(
    desk: Desk, opener: Session, proposal: Proposal, before: MemberList, listed: MemberList
) -> list[Change]:
    if proposal.kind == "leave":
        return await leaving_changes(desk, listed, proposal.box)
    if proposal.kind == "role":
        return await role_changes(desk, before, listed, proposal.box)
    return await _recovery_changes(desk, opener, listed.recovery)


async def _recovery_changes(desk: Desk, opener: Session, public: bytes) -> list[Change]:
    """Return the changes that seal every epoch open to us to the new recovery key as well."""
    changes: list[Change] = []
    living = [epoch for (epoch,) in await desk.store.pick(EpochRow, ("id",))]
    for number, epoch in enumerate(epoch for epoch in living if epoch in opener.epochs):
        if number % AT_ONCE == AT_ONCE - 1:
            await asyncio.sleep(0)
        body = regrant(opener.epochs[epoch], epoch, desk.embassy.code, public)
        changes.append(Delete(GrantRow, {"epoch": epoch, "box": RECOVERY_BOX}))
        changes.append(Insert(GrantRow(epoch=epoch, box=RECOVERY_BOX, body=body)))
    return changes


def _reads(listed: MemberList, box: Box) -> bool:
    return any(m.box == box and "intake" in m.compartments for m in listed.members)
