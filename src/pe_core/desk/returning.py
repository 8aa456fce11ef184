"""Coming back: a member who lost passphrase or authenticator gets new keys under the old name.

Two coordinators agree, having checked by voice or meeting that it is they. The member list then
names new keys for the same box; old passphrase and old grants open nothing. What was theirs to
read before, a colleague who can open it seals to the new keys (``give_back``).
"""

import asyncio
from datetime import timedelta

import msgspec

from pe_core.desk.accounts import Private, note_members, seal_private
from pe_core.desk.desk import Desk
from pe_core.desk.epochs import AT_ONCE, begin_epochs, current_epoch, open_grants, read_members
from pe_core.desk.leaving import find_member
from pe_core.desk.owed import granted, note_owed, noted, read_owed
from pe_core.desk.roster import RosterEntry, name_proof, open_entry, roster_row
from pe_core.desk.sealed_invites import Invite, open_as_member, read_lists, seal_invite
from pe_core.desk.sessions import Joining, Session
from pe_core.desk.trail import appending
from pe_core.errors import NotAllowed, NotFound
from pe_core.model import Box
from pe_core.model.trail import Act
from pe_core.rules.receipts import make_receipt
from pe_core.store import (
    AccountRow,
    Change,
    Delete,
    EpochRow,
    GrantRow,
    Insert,
    InviteRow,
    MemberListRow,
    RosterRow,
)
from pe_core.vault import (
    Member,
    MemberList,
    admit,
    certify_invite,
    keys_of,
    locator_hash,
    make_slots,
    make_tags,
    random_bytes,
    receipt_keys,
    regrant,
    verify_chain,
)

RETURN_LASTS = timedelta(hours=24)


async def make_return(desk: Desk, session: Session, box: Box) -> tuple[str, InviteRow, Invite]:
    """Return a code for a member to come back with, its row, and what is sealed in it.

    Raises NotFound if there is no such member, and NotAllowed if this account cannot open their
    name: it has to stay what it was.
    """
    listed = await read_members(desk)
    member = find_member(listed, box)
    row = await desk.store.get(RosterRow, box)
    entry = open_entry(desk, session, row) if row is not None else None
    if entry is None or name_proof(entry.salt, entry.handle) != member.name_proof:
        raise NotAllowed("staff.return.name_unknown")
    code = make_receipt(random_bytes(32))
    keys = receipt_keys(code, desk.identity.salt, "invite")
    until = desk.now() + RETURN_LASTS
    certificate = certify_invite(
        [session.keys],
        invite_key=keys.verify_key,
        compartments=member.compartments,
        after=listed.serial,
        until=int(until.timestamp()),
        replaces=box,
    )
    invite = Invite(
        certificate=certificate,
        public=keys.public,
        by=session.box,
        handle=entry.handle,
        salt=entry.salt,
    )
    locator = locator_hash(code, desk.identity.salt, "invite")
    roster = await current_epoch(desk, "roster")
    body = seal_invite(desk.embassy.code, locator, invite, [keys.public, roster.public])
    day = until.date().toordinal()
    return code, InviteRow(locator=locator, body=body, day=day), invite


async def find_return(
    desk: Desk, session: Session, locator: bytes, box: Box
) -> tuple[InviteRow, Invite] | None:
    """Return the invite of a proposed return if it is what it says: this member, these rights."""
    row = await desk.store.get(InviteRow, locator)
    invite = open_as_member(desk, session, row)
    if row is None or invite is None or invite.certificate.until <= desk.now().timestamp():
        return None
    member = next((m for m in (await read_members(desk)).members if m.box == box), None)
    certificate = invite.certificate
    if (
        member is None
        or certificate.replaces != box
        or certificate.until > (desk.now() + RETURN_LASTS).timestamp()
        or certificate.compartments != member.compartments
        or name_proof(invite.salt, invite.handle) != member.name_proof
    ):
        return None
    return row, invite


async def return_changes(
    desk: Desk, joining: Joining, invite: Invite, derived: bytes, step: int
) -> tuple[Box, list[Change]]:
    """Return whose box it is and the changes that give it new keys, slots and epochs.

    The grants that its old keys opened stay noted until a colleague gives them back. The caller
    holds ``desk.epoch_lock``.
    """
    lists = await read_lists(desk)
    before = verify_chain(lists, desk.identity.root)
    old = find_member(before, Box(joining.certificate.replaces or 0))
    box, keys = Box(old.box), keys_of(joining.seed)
    comer = msgspec.structs.replace(old, public=keys.public, verify_key=keys.verify_key)
    now = int(desk.now().timestamp())
    signed = admit(lists[-1], comer, joining.certificate, joining.invite, now)
    listed = verify_chain([*lists, signed], desk.identity.root)
    private = note_members(
        Private(totp_secret=joining.totp_secret, last_step=step), listed.serial, signed
    )
    account = new_account(desk, joining, invite.handle, box, derived, private)
    return box, [
        Insert(MemberListRow(serial=listed.serial, body=signed)),
        Delete(AccountRow, {"box": box}),
        Insert(account),
        *await note_owed(desk, box, await granted(desk, box)),
        *await _fresh_epochs(desk, listed, comer, invite),
        Delete(InviteRow, {"locator": joining.locator}, expect={"locator": joining.locator}),
    ]


def new_account(
    desk: Desk, joining: Joining, handle: str, box: Box, derived: bytes, private: Private
) -> AccountRow:
    """Return the row of an account that was just joined: its slots, and its notes of itself."""
    tags = make_tags(desk.identity.salt, handle, joining.passphrase)
    slots = make_slots(joining.seed, derived, box, desk.embassy.code, tags=tags)
    sealed = seal_private(desk, box, keys_of(joining.seed).symmetric, private)
    return AccountRow(
        box=box, first=slots.first, second=slots.second, private=sealed, tags=slots.tags
    )


async def can_give_back(desk: Desk, session: Session, box: Box) -> bool:
    """Return whether this session opens anything that a member who came back still lacks."""
    return box != session.box and any(
        epoch in session.epochs for epoch in await read_owed(desk, box)
    )


async def give_back(desk: Desk, session: Session, box: Box) -> int:
    """Seal to a member's new keys what they could read before, as far as this session opens it.

    Returns how many epochs; NotFound if nothing of it is ours to give.
    """
    await open_grants(desk, session)
    async with appending(desk, session.box, Act.GRANTED, str(box)) as entry:
        owed = await read_owed(desk, box)
        mine = [epoch for epoch in owed if epoch in session.epochs]
        if not mine or box == session.box:
            raise NotFound("staff.keys.nothing")
        public = find_member(await read_members(desk), box).public
        changes: list[Change] = []
        for number, epoch in enumerate(mine):
            if number % AT_ONCE == AT_ONCE - 1:
                await asyncio.sleep(0)
            body = regrant(session.epochs[epoch], epoch, desk.embassy.code, public)
            changes.append(Delete(GrantRow, {"epoch": epoch, "box": box}))
            changes.append(Insert(GrantRow(epoch=epoch, box=box, body=body)))
        left = noted(box, [epoch for epoch in owed if epoch not in mine])
        await desk.store.write([*changes, *left, *entry])
    for other in desk.sessions.items():
        if other.box == box:
            other.refused_epochs.difference_update(mine)
    return len(mine)


async def _fresh_epochs(
    desk: Desk, listed: MemberList, comer: Member, invite: Invite
) -> list[Change]:
    """Return new epochs of what the member holds, with their name sealed to the roster's."""
    epochs = await begin_epochs(desk, listed, {*comer.compartments, "roster"})
    rows = [change.row for change in epochs if isinstance(change, Insert)]
    roster = next(r for r in rows if isinstance(r, EpochRow) and r.compartment == "roster")
    entry = RosterEntry(box=Box(comer.box), handle=invite.handle, salt=invite.salt)
    return [
        *epochs,
        Delete(RosterRow, {"box": comer.box}),
        Insert(roster_row(desk, roster, entry)),
    ]
