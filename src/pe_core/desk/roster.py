"""The roster: which handle a box belongs to, sealed to the members and proven by their list."""

import asyncio
import hashlib
import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime

import msgspec

from pe_core.desk.desk import Desk
from pe_core.desk.epochs import AT_ONCE, current_epoch, open_grants, read_members
from pe_core.desk.sessions import Session
from pe_core.errors import Conflict, EnvelopeRefused
from pe_core.model import Box
from pe_core.model.struct import Model
from pe_core.rules.retention import ROLES
from pe_core.store import Change, EpochRow, RosterRow, Update
from pe_core.vault import open_envelope, seal

HANDLE = re.compile(r"[^\W_](?:[\w.-]{0,38}[^\W_])?")


class RosterEntry(Model):
    """Which handle a box belongs to; ``salt`` proves it against the signed member list."""

    box: Box
    handle: str
    salt: bytes


class MemberView(Model):
    """A colleague as the members page shows them; no handle yet means: ask them in person.

    ``role`` is '' for compartments that are no role's; ``unlocked`` is since when.
    """

    box: Box
    handle: str
    is_me: bool
    role: str = ""
    unlocked: datetime | None = None


async def list_members(desk: Desk, session: Session) -> list[MemberView]:
    """Return the colleagues, with the handles that this account can open and prove."""
    await open_grants(desk, session)
    listed = await read_members(desk)
    proofs = {member.box: member.name_proof for member in listed.members}
    names: dict[int, str] = {}
    for row in await desk.store.select(RosterRow):
        entry = open_entry(desk, session, row) if row.box in proofs else None
        if entry is not None and name_proof(entry.salt, entry.handle) == proofs[row.box]:
            names[row.box] = entry.handle
    unlocked = {other.box: other.began for other in desk.sessions.items()}
    return [
        MemberView(
            box=Box(member.box),
            handle=names.get(member.box, ""),
            is_me=member.box == session.box,
            role=role_of(member.compartments),
            unlocked=unlocked.get(Box(member.box)),
        )
        for member in listed.members
    ]


def role_of(compartments: Sequence[str]) -> str:
    """Return the role that has exactly these compartments, '' if none has."""
    held = set(compartments)
    return next((role for role, named in ROLES.items() if set(named) == held), "")


async def move_roster(desk: Desk, session: Session) -> None:
    """Re-seal the names that this account can open to the roster's current epoch.

    So a newcomer learns their colleagues' handles when a colleague unlocks, not before.
    """
    target = await current_epoch(desk, "roster")
    await open_grants(desk, session)
    changes: list[Change] = []
    for number, row in enumerate(await desk.store.select(RosterRow)):
        if number % AT_ONCE == AT_ONCE - 1:
            await asyncio.sleep(0)
        entry = open_entry(desk, session, row) if row.epoch != target.id else None
        if entry is None:
            continue
        moved = {"epoch": target.id, "body": roster_row(desk, target, entry).body}
        changes.append(Update(RosterRow, (row.box,), moved, expect={"epoch": row.epoch}))
    try:
        await desk.store.write(changes)
    except Conflict:
        # A colleague who unlocks in this moment moves the same names.
        return


def open_entry(desk: Desk, session: Session, row: RosterRow) -> RosterEntry | None:
    """Return whose a box is, or None without a grant or for a row that does not open."""
    keys = session.epochs.get(row.epoch)
    if keys is None:
        return None
    try:
        body = open_envelope(row.body, keys, desk.context("roster", str(row.box)))
    except EnvelopeRefused:
        return None  # a row that was damaged or moved names nobody; the box number stands
    return msgspec.msgpack.decode(body, type=RosterEntry)


def roster_row(desk: Desk, epoch: EpochRow, entry: RosterEntry) -> RosterRow:
    """Return the row of a name, sealed to an epoch of the roster."""
    context = desk.context("roster", str(entry.box))
    body = seal(msgspec.msgpack.encode(entry), to=[epoch.public], context=context)
    return RosterRow(box=entry.box, epoch=epoch.id, body=body)


def fold_handle(typed: str) -> str:
    """Return a handle as it is compared: without spaces around, in one case and one form."""
    return unicodedata.normalize("NFKC", typed[:200]).strip().casefold()


def is_handle(handle: str) -> bool:
    """Return whether a folded handle is 1 to 40 letters, digits, dots, dashes or underlines."""
    return HANDLE.fullmatch(handle) is not None


def name_proof(salt: bytes, handle: str) -> bytes:
    """Return what the signed member list says about a handle without showing it."""
    return hashlib.sha256(salt + handle.encode()).digest()
