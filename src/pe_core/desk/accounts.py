"""Accounts: unlock one, and end what was unlocked."""

import hashlib

import msgspec

from pe_core.desk.desk import Desk
from pe_core.desk.epochs import open_grants
from pe_core.desk.roster import fold_handle, move_roster
from pe_core.desk.sessions import Session
from pe_core.errors import Conflict, NotAllowed
from pe_core.model import Box
from pe_core.model.struct import Model
from pe_core.store import AccountRow, MemberListRow, Update
from pe_core.vault import (
    check_totp,
    keys_of,
    normalise_passphrase,
    open_slots,
    open_symmetric,
    seal_symmetric,
    verify_chain,
)

LONGEST_PAUSE = 8.0
"""Seconds; a wrong passphrase slows the next try for that name, it never locks anybody out."""


class Private(Model):
    """What an account keeps about itself, sealed under its own key.

    ``serial`` and ``members`` are the last member list it saw: the next unlock shows who came
    since, and a list that was swapped does not verify.
    """

    totp_secret: bytes
    last_step: int
    serial: int = 0
    members: bytes = b""


async def unlock(desk: Desk, handle: str, passphrase: str, code: str) -> tuple[bytes, Session]:
    """Unlock an account and return the session's cookie.

    Any wrong part gives the same NotAllowed after the same work: one Argon2id run, and both
    slots of every account. An account has one session; an earlier one ends.
    """
    handle = fold_handle(handle)
    name = hashlib.sha256(desk.identity.salt + handle.encode()).digest()
    await _wait_after_wrong(desk, name)
    derived = await desk.passphrases.derive(
        normalise_passphrase(passphrase), handle, desk.identity.salt
    )
    rows = {row.box: row for row in await desk.store.select(AccountRow)}
    slot = open_slots(
        [(row.box, row.first, row.second) for row in rows.values()], derived, desk.embassy.code
    )
    if slot is None or slot.kind != "unlock":
        raise _wrong(desk, name)
    session = Session(box=Box(slot.box), handle=handle, keys=keys_of(slot.seed))
    session.began = desk.now()
    row = rows[slot.box]
    private = _open_private(desk, session, row)
    step = check_totp(private.totp_secret, code, desk.now(), private.last_step)
    if step is None:
        raise _wrong(desk, name)
    await _verify_members(desk, session, row, msgspec.structs.replace(private, last_step=step))
    await open_grants(desk, session)
    await move_roster(desk, session)
    desk.wrong_tries.pop(name, None)
    desk.sessions.drop_where(lambda other: other.box == session.box)
    return desk.sessions.add(session), session


def end(desk: Desk, cookie: bytes) -> None:
    """End a session: its keys are forgotten."""
    desk.sessions.drop(cookie)


def note_members(private: Private, serial: int, signed: bytes) -> Private:
    """Return an account's notes with the member list that it has now seen."""
    return msgspec.structs.replace(private, serial=serial, members=hashlib.sha256(signed).digest())


def seal_private(desk: Desk, box: Box, key: bytes, private: Private) -> bytes:
    """Return an account's own notes, sealed under its own key."""
    context = desk.context("account", str(box))
    return seal_symmetric(msgspec.msgpack.encode(private), key=key, context=context)


def _open_private(desk: Desk, session: Session, row: AccountRow) -> Private:
    context = desk.context("account", str(session.box))
    opened = open_symmetric(row.private, key=session.keys.symmetric, context=context)
    return msgspec.msgpack.decode(opened, type=Private)


async def _verify_members(desk: Desk, session: Session, row: AccountRow, private: Private) -> None:
    """Verify the chain of member lists, note who came since, and use up the code."""
    lists = [item.body for item in await desk.store.select(MemberListRow, order="serial")]
    listed = verify_chain(lists, desk.identity.root)
    seen = lists[: private.serial + 1]
    if len(seen) <= private.serial or hashlib.sha256(seen[-1]).digest() != private.members:
        raise NotAllowed("staff.unlock.members_changed")
    if session.keys.public not in {member.public for member in listed.members}:
        raise NotAllowed("staff.unlock.not_a_member")
    mine = next(m for m in listed.members if m.public == session.keys.public)
    session.compartments = frozenset(mine.compartments)
    known = {member.box for member in verify_chain(seen, desk.identity.root).members}
    session.joined_since = tuple(Box(m.box) for m in listed.members if m.box not in known)
    noted = note_members(private, listed.serial, lists[-1])
    sealed = seal_private(desk, session.box, session.keys.symmetric, noted)
    used = Update(AccountRow, (row.box,), {"private": sealed}, expect={"private": row.private})
    try:
        await desk.store.write([used])
    except Conflict:
        # The same code in the same moment: only the first is taken.
        raise NotAllowed("staff.unlock.wrong") from None


async def _wait_after_wrong(desk: Desk, name: bytes) -> None:
    tries = desk.wrong_tries.get(name, 0)
    if tries:
        await desk.pause(min(0.25 * 2.0 ** min(tries, 10), LONGEST_PAUSE))


def _wrong(desk: Desk, name: bytes) -> NotAllowed:
    if len(desk.wrong_tries) >= 10_000:
        desk.wrong_tries.clear()
    desk.wrong_tries[name] = desk.wrong_tries.get(name, 0) + 1
    return NotAllowed("staff.unlock.wrong")
