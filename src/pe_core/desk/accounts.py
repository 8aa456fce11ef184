"""Accounts: unlock one, and end what was unlocked."""

import asyncio
import hashlib
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec

from pe_core.desk.desk import Desk
from pe_core.desk.epochs import open_grants
from pe_core.desk.locking import read_frozen
from pe_core.desk.proving import (
    Proved,
    in_even_time,
    name_of,
    note_wrong,
    prove,
    prove_again,
    wait_after_wrong,
)
from pe_core.desk.resealing import reseal_recovery
from pe_core.desk.roster import fold_handle, move_roster
from pe_core.desk.sessions import Session
from pe_core.desk.trail import record
from pe_core.desk.volunteers import is_volunteer, keep_own, read_own
from pe_core.desk.watching import Seen, look_at_trail
from pe_core.errors import Conflict, NotAllowed
from pe_core.model import Box
from pe_core.model.struct import Model
from pe_core.model.trail import Act
from pe_core.store import AccountRow, Change, MemberListRow, Update
from pe_core.vault import (
    Slots,
    check_totp,
    keys_of,
    open_symmetric,
    replace_unlock,
    seal_symmetric,
    verify_chain,
)

log = logging.getLogger("pe_core.desk")


class Private(Model):
    """What an account keeps about itself, sealed under its own key.

    ``serial`` and ``members`` are the last member list it saw: the next unlock shows who came
    since, and a list that was swapped does not verify. ``trail`` is what it saw of the trail,
    ``feed`` what the address of its calendar feed ends in, b"" without one.
    """

    totp_secret: bytes
    last_step: int
    serial: int = 0
    members: bytes = b""
    trail: Seen = Seen()
    feed: bytes = b""


async def unlock(desk: Desk, handle: str, passphrase: str, code: str) -> tuple[bytes, Session]:
    """Unlock an account and return the session's cookie.

    Any wrong part gives the same NotAllowed at the same time; right ones while the embassy is
    frozen give NotAllowed("staff.unlock.frozen"). An account has one session; an earlier one
    ends.
    """
    locked_times = desk.locked_times
    async with unlocking(desk, handle, passphrase, code) as (session, proved, private):
        if await read_frozen(desk) is not None:
            raise NotAllowed("staff.unlock.frozen")
        if await is_volunteer(desk, session.box):
            await _enter_volunteer(desk, session, proved, private)
        else:
            await _enter_member(desk, session, proved, private)
        if desk.locked_times != locked_times:
            raise NotAllowed("staff.unlock.wrong")
        desk.sessions.drop_where(lambda other: other.box == session.box)
        cookie = desk.sessions.add(session)
    if not session.is_volunteer:
        await _do_at_unlock(desk, session)
    return cookie, session


@asynccontextmanager
async def unlocking(
    desk: Desk, handle: str, passphrase: str, code: str
) -> AsyncIterator[tuple[Session, Proved, Private]]:
    """Give the account that all three parts open, with its code used up in its notes.

    Who is given them writes the notes, and adds the session or throws it away. Every refusal,
    in the block too, comes in even time. The code is judged by the moment at which it came:
    behind the slow hash others may stand in line.
    """
    arrived = desk.now()
    handle = fold_handle(handle)
    name = name_of(desk, handle)
    await wait_after_wrong(desk, name)
    async with in_even_time(desk):
        proved = await prove(desk, handle, passphrase)
        if proved is None:
            raise _wrong(desk, name)
        session = Session(box=Box(proved.row.box), handle=handle, keys=keys_of(proved.seed))
        session.began = desk.now()
        private = open_private(desk, session, proved.row)
        step = check_totp(private.totp_secret, code, arrived, private.last_step)
        if step is None:
            raise _wrong(desk, name)
        desk.wrong_tries.pop(name, None)
        yield session, proved, msgspec.structs.replace(private, last_step=step)


async def confirm_passphrase(desk: Desk, session: Session, typed: str) -> None:
    """Let an unlocked person prove once more that it is they: the step-up of dangerous acts.

    Raises NotAllowed("staff.step_up.wrong") for anything but this account's own passphrase.
    """
    await prove_again(desk, session, typed)


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


def open_private(desk: Desk, session: Session, row: AccountRow) -> Private:
    """Return an account's own notes, opened with its own key."""
    context = desk.context("account", str(session.box))
    opened = open_symmetric(row.private, key=session.keys.symmetric, context=context)
    return msgspec.msgpack.decode(opened, type=Private)


def use_code(desk: Desk, session: Session, proved: Proved, private: Private) -> Change:
    """Return the change that keeps an account's notes, so that its code is used up.

    An account from before there were tags gets them now; Conflict if the code is used twice.
    """
    row = proved.row
    changes = {"private": seal_private(desk, session.box, session.keys.symmetric, private)}
    if row.tags is None:
        slots = replace_unlock(
            Slots(first=row.first, second=row.second),
            proved.seed,
            proved.derived,
            proved.derived,
            row.box,
            desk.embassy.code,
            tags=proved.tags,
        )
        changes |= msgspec.structs.asdict(slots)
    return Update(AccountRow, (row.box,), changes, expect={"private": row.private})


async def _do_at_unlock(desk: Desk, session: Session) -> None:
    for act in desk.at_unlock:
        try:
            await act(session)
        except Exception as error:  # whatever it is, nobody stays outside for it
            log.error("what follows an unlocking failed (%s)", type(error).__name__)


async def _enter_member(desk: Desk, session: Session, proved: Proved, private: Private) -> None:
    await _verify_members(desk, session, proved, private)
    await open_grants(desk, session)
    await move_roster(desk, session)
    await reseal_recovery(desk, session)
    await record(desk, session.box, Act.UNLOCKED)


async def _enter_volunteer(desk: Desk, session: Session, proved: Proved, private: Private) -> None:
    """Let a volunteer in: no compartment is theirs, and when they come is nobody's business."""
    session.is_volunteer = True
    known = await read_own(desk, session)
    try:
        await desk.store.write([use_code(desk, session, proved, private), keep_own(desk, known)])
    except Conflict:
        # The same code in the same moment: only the first is taken.
        raise NotAllowed("staff.unlock.wrong") from None


async def _verify_members(desk: Desk, session: Session, proved: Proved, private: Private) -> None:
    """Verify the chain of member lists and the trail, note who came, and use up the code."""
    lists = [item.body for item in await desk.store.select(MemberListRow, order="serial")]
    # Off the loop: in a large team with a long history hashing them alone takes milliseconds.
    listed = await asyncio.to_thread(verify_chain, lists, desk.identity.root)
    seen = lists[: private.serial + 1]
    if len(seen) <= private.serial or hashlib.sha256(seen[-1]).digest() != private.members:
        raise NotAllowed("staff.unlock.members_changed")
    if session.keys.public not in {member.public for member in listed.members}:
        raise NotAllowed("staff.unlock.not_a_member")
    mine = next(m for m in listed.members if m.public == session.keys.public)
    session.compartments = frozenset(mine.compartments)
    before = await asyncio.to_thread(verify_chain, seen, desk.identity.root)
    known = {member.box for member in before.members}
    session.joined_since = tuple(Box(m.box) for m in listed.members if m.box not in known)
    noted = note_members(private, listed.serial, lists[-1])
    if "trail" in session.compartments:
        trail = await look_at_trail(desk, session, private.trail)
        noted = msgspec.structs.replace(noted, trail=trail)
    try:
        await desk.store.write([use_code(desk, session, proved, noted)])
    except Conflict:
        # The same code in the same moment: only the first is taken.
        raise NotAllowed("staff.unlock.wrong") from None


def _wrong(desk: Desk, name: bytes) -> NotAllowed:
    note_wrong(desk, name)
    return NotAllowed("staff.unlock.wrong")
