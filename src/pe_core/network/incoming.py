"""Look at what came from peers: each letter once, and only what their desk signed moves anything.

A server takes packets without opening them; this is done when a coordinator looks. A letter that
cannot be read, or that says what is not its turn, changes nothing.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date
from enum import Enum
from typing import NamedTuple

import msgspec

from pe_core.desk.desk import Desk
from pe_core.desk.epochs import open_grants
from pe_core.desk.sessions import Session
from pe_core.errors import Conflict
from pe_core.model.peer import OPENING, PeerCode, ThreadId
from pe_core.model.referral import FilePart
from pe_core.model.struct import Model
from pe_core.network.bodies import decode_body
from pe_core.network.following import MOST, begin_theirs, go_on
from pe_core.network.gathering import Piece, note_pieces
from pe_core.network.threads import ReferralView, open_incoming, open_referral
from pe_core.network.wire import Letter
from pe_core.store import IncomingRow, ReferralRow

TRIES = 3
"""Times that a letter is taken in anew because its conversation changed in between."""


class Unread(Model):
    """A letter that cannot be read, or that nobody believes: who is said to have sent it, when."""

    peer: PeerCode
    day: date


class Looked(Model):
    """What a look found: how many letters moved something, and what cannot be read.

    ``waiting`` are letters that a colleague has to look at, who can open their request.
    """

    came: int = 0
    waiting: int = 0
    unread: tuple[Unread, ...] = ()


class Seen(Enum):
    """What became of a letter that was opened.

    ``WAITS`` is for a colleague who can open its request, ``LATER`` for the next look, ``OLD``
    moved nothing.
    """

    CAME = 1
    OLD = 2
    WAITS = 3
    LATER = 4


class _Came(NamedTuple):
    """A row of a letter that came, without what it says."""

    peer: str
    id: str
    thread: str
    number: int
    epoch: str
    day: int

    @property
    def key(self) -> tuple[str, str]:
        return (self.peer, self.id)


async def look_at_incoming(desk: Desk, session: Session) -> Looked:
    """Take in the letters that nobody looked at yet, in the order of each conversation.

    What was looked at is not opened again, and its body not read: a conversation names the
    letters that were taken in, and the session remembers what it opened itself.
    """
    await open_grants(desk, session)
    came = await _rows(desk)
    seen: list[Seen] = []
    for thread, letters in _by_thread(came).items():
        new = [
            one
            for one in letters
            if one.epoch in session.epochs and one.key not in session.letters.done
        ]
        if new:
            seen += await _look_at_thread(desk, session, thread, new)
    return Looked(
        came=seen.count(Seen.CAME),
        waiting=seen.count(Seen.WAITS),
        unread=await _unread(desk, session, came),
    )


async def count_new(desk: Desk, session: Session) -> int:
    """Return how many conversations of peers nobody has looked at yet.

    What was taken back, or what this session looked at and could not take in, is none of them.
    """
    memory = session.letters
    seen = memory.done | memory.unread.keys() | memory.unplaced
    seen |= set(await desk.store.pick(IncomingRow, ("peer", "id"), {"body": None}))
    known = {thread for (thread,) in await desk.store.pick(ReferralRow, ("id",))}
    return len({one.thread for one in await _rows(desk) if one.key not in seen} - known)


async def _rows(desk: Desk) -> list[_Came]:
    """Return all letters that came, by their numbers, without what they say."""
    columns = ("peer", "id", "thread", "number", "epoch", "day")
    rows = [_Came(*row) for row in await desk.store.pick(IncomingRow, columns)]
    return sorted((row for row in rows if row.number), key=lambda row: row.number)


def _by_thread(rows: Sequence[_Came]) -> Mapping[ThreadId, list[_Came]]:
    found: dict[ThreadId, list[_Came]] = {}
    for row in rows:
        found.setdefault(ThreadId(row.thread), []).append(row)
    return found


async def _unread(desk: Desk, session: Session, came: Sequence[_Came]) -> tuple[Unread, ...]:
    """Return what this session could not read, as far as it is still there."""
    known = session.letters.unread
    if not known:
        return ()
    gone = set(await desk.store.pick(IncomingRow, ("peer", "id"), {"body": None}))
    return tuple(
        Unread(peer=PeerCode(one.peer), day=date.fromordinal(known[one.key]))
        for one in came
        if one.key in known and one.key not in gone
    )


async def _look_at_thread(
    desk: Desk, session: Session, thread: ThreadId, letters: Sequence[_Came]
) -> list[Seen]:
    """Take in the letters of one conversation; return what became of each that was opened."""
    row = await desk.store.get(ReferralRow, thread)
    view = open_referral(desk, session, row) if row is not None else None
    if row is not None and view is None:
        return [Seen.WAITS]
    seen: list[Seen] = []
    pieces: list[tuple[_Came, FilePart]] = []
    for one in letters:
        if _is_known(session, view, one):
            continue
        letter = await _open(desk, session, one)
        if letter is None:
            continue
        body = decode_body(letter.kind, letter.body)
        if isinstance(body, FilePart):
            pieces.append((one, msgspec.structs.replace(body, data=b"")))
            continue
        seen.append(await _look_at(desk, session, letter, one))
        if seen[-1] in (Seen.WAITS, Seen.LATER):
            break
    return [*seen, *await _take_pieces(desk, session, thread, pieces)]


def _is_known(session: Session, view: ReferralView | None, one: _Came) -> bool:
    """Return whether a letter needs no look; what a colleague took in is remembered too."""
    memory = session.letters
    if one.key in memory.unread:
        return True
    if view is None:
        return one.key in memory.unplaced
    pieces = (number for number, _, _, _ in view.body.parts)
    taken = view.body.taken_in
    # A letter that was forgotten as taken in would move the conversation once more.
    is_open = view.peer == one.peer and len(taken) < MOST
    if is_open and one.id not in taken and one.number not in pieces:
        return False
    memory.done.add(one.key)
    return True


async def _open(desk: Desk, session: Session, one: _Came) -> Letter | None:
    """Return a letter, None where it is gone, or cannot be read or believed.

    Others are served in between: a peer can send us any number of what nobody can read.
    """
    await asyncio.sleep(0)
    row = await desk.store.get(IncomingRow, one.peer, one.id)
    if row is None or row.body is None:
        session.letters.done.add(one.key)
        return None
    letter = await open_incoming(desk, session, row)
    if letter is None:
        session.letters.unread[one.key] = one.day
    return letter


async def _look_at(desk: Desk, session: Session, letter: Letter, one: _Came) -> Seen:
    """Take in one letter; what changed in between is looked at anew, a few times."""
    for _ in range(TRIES):
        row = await desk.store.get(ReferralRow, letter.thread)
        view = open_referral(desk, session, row) if row is not None else None
        if row is not None and view is None:
            return Seen.WAITS
        if view is not None and _is_known(session, view, one):
            return Seen.OLD
        try:
            seen = await _take_in(desk, session, view, letter)
        except Conflict:
            continue
        if seen is Seen.CAME:
            session.letters.done.add(one.key)
        elif seen is Seen.OLD:
            session.letters.unplaced.add(one.key)
        return seen
    return Seen.LATER


async def _take_in(desk: Desk, session: Session, view: ReferralView | None, letter: Letter) -> Seen:
    if view is not None:
        return Seen.CAME if await go_on(desk, session, view, letter) else Seen.WAITS
    if letter.kind in OPENING:
        await begin_theirs(desk, session, letter)
        return Seen.CAME
    return Seen.OLD


async def _take_pieces(
    desk: Desk, session: Session, thread: ThreadId, pieces: Sequence[tuple[_Came, FilePart]]
) -> list[Seen]:
    """Note the pieces of files that came, all at once; what nobody may read is erased."""
    for _ in range(TRIES if pieces else 0):
        row = await desk.store.get(ReferralRow, thread)
        view = open_referral(desk, session, row) if row is not None else None
        if view is None:
            session.letters.unplaced.update(one.key for one, _ in pieces if row is None)
            return []
        new = [
            Piece(number=one.number, packet=one.id, body=body)
            for one, body in pieces
            if not _is_known(session, view, one)
        ]
        try:
            if new:
                await note_pieces(desk, session, view, new)
        except Conflict:
            continue
        session.letters.done.update(one.key for one, _ in pieces)
        return [Seen.CAME for _ in new]
    return []
