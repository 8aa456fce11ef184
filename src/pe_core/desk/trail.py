"""The trail: a chain over ciphertexts that shows what was done, and that nothing was cut out.

It detects, it does not prevent. Each entry is sealed to the trail's epoch; its link is the
SHA-256 of the link before and the body. Each unlock seals the last link it saw to the account
and compares at the next one. Upkeep cuts what is older than 90 days; the first entry that
stays has the link of what was cut. Design: vault, "Trail".
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager

import msgspec

from pe_core.desk.desk import Desk
from pe_core.desk.epochs import current_epoch
from pe_core.desk.sessions import Session
from pe_core.errors import EnvelopeRefused
from pe_core.model import Box
from pe_core.model.struct import Model
from pe_core.model.trail import Act, Entry
from pe_core.model.week import Week, week_of
from pe_core.rules.retention import KEEP_TRAIL
from pe_core.store import Change, EpochRow, Insert, MetaRow, TrailRow, Update
from pe_core.vault import open_envelope, seal

HEAD = "trail"
START = bytes(32)
AT_ONCE = 3
"""Entries that are opened without a pause: about a millisecond."""


class Head(Model):
    """The end of the chain: the number of the last entry, and the link after it."""

    number: int = 0
    link: bytes = START


async def record(
    desk: Desk, box: Box, act: Act, what: str = "", changes: Sequence[Change] = ()
) -> None:
    """Write ``changes`` and the entry that tells of them in one transaction.

    Raises NothingToSealTo, and writes nothing, before anybody has joined.
    """
    await record_each(desk, box, act, [what], changes)


async def record_each(
    desk: Desk, box: Box, act: Act, each: Sequence[str], changes: Sequence[Change]
) -> None:
    """Write ``changes`` and an entry for each thing that was done, as ``record`` writes one."""
    async with appending(desk, box, act, *each) as entries:
        await desk.store.write([*changes, *entries])


@asynccontextmanager
async def appending(desk: Desk, box: Box, act: Act, *each: str) -> AsyncIterator[Sequence[Change]]:
    """Hold the trail and yield the changes that append an entry, or one for each thing named.

    The caller writes them. Never enter it while ``desk.epoch_lock`` is held: the trail may have
    to begin an epoch.
    """
    async with desk.trail_lock:
        epoch = await current_epoch(desk, "trail")
        head = before = await read_head(desk)
        rows: list[Change] = []
        for what in each or ("",):
            number = before.number + 1
            entry = Entry(at=desk.now(), box=box, act=act, what=what, number=number)
            row = _row(desk, epoch, before, entry)
            before = Head(number=row.number, link=link_after(row))
            rows.append(Insert(row))
        yield (*rows, _move_head(head, before))


async def read_head(desk: Desk) -> Head:
    """Return the end of the chain as the store has it."""
    row = await desk.store.get(MetaRow, HEAD)
    return msgspec.msgpack.decode(row.value, type=Head) if row is not None else Head()


def link_after(row: TrailRow) -> bytes:
    """Return the chain's link behind an entry."""
    return hashlib.sha256(row.before + hashlib.sha256(row.body).digest()).digest()


def link_through(rows: Iterable[TrailRow], start: Head) -> Head | None:
    """Return the end of the chain that rows in order make from ``start``, None if one is off."""
    end = start
    for row in rows:
        if row.number != end.number + 1 or row.before != end.link:
            return None
        end = Head(number=row.number, link=link_after(row))
    return end


def read_entry(desk: Desk, session: Session, row: TrailRow) -> Entry | None:
    """Return an entry, or None for a row that this session's open grants do not open.

    Whoever has the disk can seal anything to the trail's public key, so nonsense is None too.
    """
    keys = session.epochs.get(row.epoch)
    if keys is None:
        return None
    try:
        opened = open_envelope(row.body, keys, desk.context("trail", str(row.number)))
        return msgspec.msgpack.decode(opened, type=Entry)
    except (EnvelopeRefused, ValueError, RecursionError):
        return None


async def read_entries(
    desk: Desk, session: Session, rows: Iterable[TrailRow]
) -> list[Entry | None]:
    """Return the entries of many rows; others have their turn between a few openings.

    Not in a thread: what opens holds the interpreter, so that the loop would wait longer.
    """
    entries = []
    for place, row in enumerate(rows):
        if place % AT_ONCE == 0:
            await asyncio.sleep(0)
        entries.append(read_entry(desk, session, row))
    return entries


def _row(desk: Desk, epoch: EpochRow, before: Head, entry: Entry) -> TrailRow:
    context = desk.context("trail", str(entry.number))
    return TrailRow(
        number=entry.number,
        keep_until=Week(week_of(desk.now().date()) + KEEP_TRAIL),
        epoch=epoch.id,
        before=before.link,
        body=seal(msgspec.msgpack.encode(entry), to=[epoch.public], context=context),
    )


def _move_head(before: Head, after: Head) -> Change:
    value = msgspec.msgpack.encode(after)
    if before.number == 0:
        return Insert(MetaRow(key=HEAD, value=value))
    expect = {"value": msgspec.msgpack.encode(before)}
    return Update(MetaRow, (HEAD,), {"value": value}, expect=expect)
