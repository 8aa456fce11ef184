"""A volunteer's calendar feed: when they have promised to be somewhere, and not a word more.

A calendar cannot type a passphrase, so its address is the key: 32 random bytes from which come
the locator that finds the row and the key that opens it. On disk lies what neither opens; the
address itself is only in its owner's notes, under their own key, and wherever they put it.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime

import msgspec

from pe_core.desk.accounts import Private, open_private, seal_private
from pe_core.desk.desk import Desk
from pe_core.desk.sessions import Session
from pe_core.errors import EnvelopeRefused, NotFound
from pe_core.model import BriefId
from pe_core.model.struct import Model
from pe_core.store import AccountRow, Change, Delete, FeedRow, Insert, Update
from pe_core.vault import open_symmetric, random_bytes, seal_symmetric
from pe_core.vault.keys import derive_key

TOKEN_SIZE = 32


class Entry(Model, array_like=True):
    """A time that is promised; ``id`` is always the same for one task, and says nothing of it."""

    id: str
    start: datetime
    end: datetime


def entry_id(session: Session, brief: BriefId) -> str:
    """Return the id of a task in calendars.

    It comes from the account's seed: nobody who has a phone and the disk can tell from the two
    that they belong together.
    """
    return derive_key(session.keys.seed, f"calendar {brief}", length=16).hex()


async def feed_token(desk: Desk, session: Session) -> bytes:
    """Return what the address of somebody's feed ends in, b"" without one."""
    return (await _read_notes(desk, session))[1].feed


async def make_feed(desk: Desk, session: Session, entries: Sequence[Entry]) -> bytes:
    """Begin a feed under a new address; an earlier address leads nowhere from then on."""
    token = random_bytes(TOKEN_SIZE)
    noted = await _note(desk, session, token)
    await desk.store.write([noted, *_rewritten(desk, session, token, entries)])
    return token


async def stop_feed(desk: Desk, session: Session) -> None:
    """End a feed: its address leads nowhere any more."""
    if await feed_token(desk, session):
        noted = await _note(desk, session, b"")
        await desk.store.write([noted, Delete(FeedRow, {"box": session.box})])
        await desk.store.shred()


async def feed_changes(desk: Desk, session: Session, entries: Sequence[Entry]) -> list[Change]:
    """Return the changes that put these times into somebody's feed, if they have one."""
    token = await feed_token(desk, session)
    return _rewritten(desk, session, token, entries) if token else []


async def correct_feed(desk: Desk, session: Session, entries: Sequence[Entry]) -> None:
    """Put right what a feed says, if it is not so any more.

    What a coordinator takes back, and what an asker ends, no session of the feed's owner
    writes: they find it at their next visit.
    """
    token = await feed_token(desk, session)
    if token and await read_feed(desk, token) != tuple(entries):
        await desk.store.write(_rewritten(desk, session, token, entries))


async def read_feed(desk: Desk, token: bytes) -> tuple[Entry, ...] | None:
    """Return what the feed of an address says; None for what is no address of a feed."""
    found = await desk.store.select(FeedRow, {"locator": _locator(token)}, limit=1)
    if not found:
        return None
    try:
        opened = open_symmetric(
            found[0].body, key=_key(token), context=_context(desk, found[0].box)
        )
        return msgspec.msgpack.decode(opened, type=tuple[Entry, ...])
    except (EnvelopeRefused, ValueError, RecursionError):
        return None


def _rewritten(
    desk: Desk, session: Session, token: bytes, entries: Sequence[Entry]
) -> list[Change]:
    body = seal_symmetric(
        msgspec.msgpack.encode(tuple(entries)),
        key=_key(token),
        context=_context(desk, session.box),
    )
    row = FeedRow(box=session.box, locator=_locator(token), body=body)
    return [Delete(FeedRow, {"box": session.box}), Insert(row)]


async def _note(desk: Desk, session: Session, token: bytes) -> Change:
    """Return the change that keeps a feed's token in the account's notes, or forgets it."""
    row, private = await _read_notes(desk, session)
    noted = msgspec.structs.replace(private, feed=token)
    sealed = seal_private(desk, session.box, session.keys.symmetric, noted)
    return Update(AccountRow, (row.box,), {"private": sealed}, expect={"private": row.private})


async def _read_notes(desk: Desk, session: Session) -> tuple[AccountRow, Private]:
    row = await desk.store.get(AccountRow, session.box)
    if row is None:
        raise NotFound("work.gone")
    return row, open_private(desk, session, row)


def _key(token: bytes) -> bytes:
    return derive_key(token, "feed key")


def _locator(token: bytes) -> bytes:
    return hashlib.sha256(derive_key(token, "feed locator")).digest()


def _context(desk: Desk, box: int) -> tuple[str, str, str]:
    return desk.context("feed", str(box))
