"""What is on its way to other embassies, for people to look at: days and sizes, no content."""

from collections.abc import Sequence
from datetime import UTC, date
from enum import StrEnum
from typing import NamedTuple

import msgspec

from pe_core.desk.desk import Desk
from pe_core.desk.sessions import Session
from pe_core.desk.trail import record
from pe_core.errors import Conflict, NotAllowed, NotFound
from pe_core.model.peer import OutState, PacketId
from pe_core.model.struct import Model
from pe_core.model.trail import Act
from pe_core.network.threads import change_referral, read_referral
from pe_core.store import Change, Delete, OutgoingRow, OutgoingThreadRow, Update

DEAD = {"state": OutState.DEAD.value}
"""How a row must still stand when somebody decides about it."""


class PacketKind(StrEnum):
    """What a packet is, as far as its row says."""

    LETTER = "letter"
    HELLO = "hello"
    ERASE = "erase"


class Dead(Model):
    """A packet that could not be delivered, or all such letters of one conversation as one thing.

    ``id`` is that of the first of ``number`` packets, ``day`` when the earliest was given, ``size``
    what all weigh, in bytes. ``may_go`` says whether another try can help: their time is not
    over, and nothing later of their conversation has arrived.
    """

    id: str
    kind: PacketKind
    number: int
    day: date
    size: int
    may_go: bool


class Waiting(Model):
    """What waits for one peer: how many packets since which day, and the dead letters.

    ``away`` are the seconds until the next try of a peer that does not answer, else None.
    """

    peer: str
    number: int
    since: date | None
    size: int
    away: float | None
    dead: tuple[Dead, ...]


class _Row(NamedTuple):
    """A row of the outbox without its packet."""

    id: str
    peer: str
    thread: str
    number: int
    state: str
    day: int
    until: int
    size: int


class _Group(NamedTuple):
    """Dead packets that people decide about as one, in the order in which they go."""

    rows: tuple[_Row, ...]
    may_go: bool


async def read_waiting(desk: Desk) -> list[Waiting]:
    """Return what is on its way, for each peer that something waits for, by its code.

    No packet is read for it, however many wait.
    """
    by_peer: dict[str, list[_Row]] = {}
    for found in await desk.store.pick(OutgoingRow, _Row._fields, order="peer"):
        row = _Row(*found)
        by_peer.setdefault(row.peer, []).append(row)
    return [await _waiting(desk, peer, rows) for peer, rows in by_peer.items()]


async def read_dead(desk: Desk, packet: str) -> tuple[str, Dead]:
    """Return what this dead packet is part of, and the peer that it was for.

    Raises NotFound if there is none.
    """
    group = await _find(desk, packet)
    return group.rows[0].peer, _dead(group)


async def try_again(desk: Desk, session: Session, packet: str, number: int) -> None:
    """Let dead packets be tried for another seven days, all or none; NotFound if there are none.

    ``number`` is how many the page showed. Raises NotAllowed if they are others by now, or if
    another try cannot help.
    """
    group = await _find_all(desk, packet, number)
    if not group.may_go:
        raise NotAllowed("staff.on_the_way.too_late")
    values = {"state": OutState.WAITING.value, "day": _today(desk), "tries": 0}
    again = [Update(OutgoingRow, (row.id,), values, expect=DEAD) for row in group.rows]
    await _write(desk, session, Act.PACKET_AGAIN, group, again)


async def drop(desk: Desk, session: Session, packet: str, number: int) -> None:
    """Give dead packets up, and take them out of the files, all or none.

    A letter's conversation says from then on that it did not arrive. Raises as ``try_again`` does.
    """
    group = await _find_all(desk, packet, number)
    gone: list[Change] = [Delete(OutgoingRow, {"id": row.id}, expect=DEAD) for row in group.rows]
    letters = [PacketId(row.id) for row in group.rows if row.number]
    noted = await note_dropped(desk, session, group.rows[0].thread, letters)
    await _write(desk, session, Act.PACKET_DROPPED, group, [*gone, *noted])
    await desk.store.shred()


async def note_dropped(
    desk: Desk, session: Session, thread: str, letters: Sequence[PacketId]
) -> list[Change]:
    """Return the change that notes in their conversation which letters were given up."""
    if not letters:
        return []
    try:
        view = await read_referral(desk, session, thread)
    except NotFound:
        return []  # erased, or another's: nobody will read there what became of them
    body = msgspec.structs.replace(view.body, dropped=(*view.body.dropped, *letters))
    return [await change_referral(desk, view, body, view.state, due=view.row.due)]


async def _write(
    desk: Desk, session: Session, act: Act, group: _Group, changes: Sequence[Change]
) -> None:
    try:
        await record(desk, session.box, act, group.rows[0].peer, changes)
    except Conflict:
        raise NotFound("staff.on_the_way.not_there") from None


async def _waiting(desk: Desk, peer: str, rows: Sequence[_Row]) -> Waiting:
    waits = [row for row in rows if row.state == OutState.WAITING]
    return Waiting(
        peer=peer,
        number=len(waits),
        since=date.fromordinal(min(row.day for row in waits)) if waits else None,
        size=sum(row.size for row in waits),
        away=desk.peer_away(peer),
        dead=tuple(_dead(group) for group in await _groups(desk, rows)),
    )


def _dead(group: _Group) -> Dead:
    first = group.rows[0]
    return Dead(
        id=first.id,
        kind=_kind(first),
        number=len(group.rows),
        day=date.fromordinal(_given(group)),
        size=sum(row.size for row in group.rows),
        may_go=group.may_go,
    )


def _kind(row: _Row) -> PacketKind:
    if row.number:
        return PacketKind.LETTER
    return PacketKind.ERASE if row.thread else PacketKind.HELLO


def _given(group: _Group) -> int:
    return min(row.day for row in group.rows)


def _place(group: _Group) -> tuple[int, str, int, str]:
    first = group.rows[0]
    return _given(group), first.thread, first.number, first.id


async def _find(desk: Desk, packet: str) -> _Group:
    row = await desk.store.get(OutgoingRow, packet)
    where = {"peer": row.peer, "thread": row.thread} if row is not None else {"id": packet}
    found = await desk.store.pick(OutgoingRow, _Row._fields, where)
    for group in await _groups(desk, [_Row(*each) for each in found]):
        if packet in [row.id for row in group.rows]:
            return group
    raise NotFound("staff.on_the_way.not_there")


async def _find_all(desk: Desk, packet: str, number: int) -> _Group:
    group = await _find(desk, packet)
    if len(group.rows) != number:
        raise NotAllowed("staff.referrals.changed")
    return group


async def _groups(desk: Desk, rows: Sequence[_Row]) -> list[_Group]:
    """Return the dead packets among all of a peer, or of a conversation, the earliest first.

    What can go again and what cannot is never in one group.
    """
    dead = sorted(
        (row for row in rows if row.state == OutState.DEAD),
        key=lambda row: (row.number, row.id),
    )
    first = {row.thread: await _first_to_go(desk, row, rows) for row in dead if row.number}
    found: dict[tuple[PacketKind, str, bool], list[_Row]] = {}
    for row in dead:
        may_go = row.until >= _today(desk) and (not row.number or row.number >= first[row.thread])
        found.setdefault((_kind(row), row.thread or row.id, may_go), []).append(row)
    groups = [_Group(tuple(rows), may_go) for (_, _, may_go), rows in found.items()]
    return sorted(groups, key=_place)


async def _first_to_go(desk: Desk, dead: _Row, rows: Sequence[_Row]) -> int:
    """Return the lowest number of a conversation that a peer would still take.

    It takes no lower number after a higher one, so all that are higher must still be here.
    """
    last = await desk.store.get(OutgoingThreadRow, dead.peer, dead.thread)
    here = {row.number for row in rows if row.thread == dead.thread}
    first = (last.number if last is not None else max(here)) + 1
    while last is not None and first - 1 in here and first > 1:
        first -= 1
    return first


def _today(desk: Desk) -> int:
    return desk.now().astimezone(UTC).date().toordinal()
