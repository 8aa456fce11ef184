"""What is on its way to other embassies, for people to look at: days and sizes, no content."""

from collections.abc import Sequence
from datetime import UTC, date
from enum import StrEnum
from typing import NamedTuple

from pe_core.desk.desk import Desk
from pe_core.desk.sessions import Session
from pe_core.desk.trail import record
from pe_core.errors import Conflict, NotAllowed, NotFound
from pe_core.model.peer import OutState
from pe_core.model.struct import Model
from pe_core.model.trail import Act
from pe_core.store import Delete, OutgoingRow, OutgoingThreadRow, Update


class PacketKind(StrEnum):
    """What a packet is, as far as its row says."""

    LETTER = "letter"
    HELLO = "hello"
    ERASE = "erase"


class Dead(Model):
    """A packet that could not be delivered; ``day`` is when it was given, ``size`` in bytes.

    ``may_go`` says whether another try can help: its time is not over, and nothing later of its
    conversation has arrived.
    """

    id: str
    kind: PacketKind
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
    """Return a dead letter with the peer that it was for; NotFound if there is none."""
    row = await _find(desk, packet)
    return row.peer, await _dead(desk, row)


async def try_again(desk: Desk, session: Session, packet: str) -> None:
    """Let a dead letter be tried for another seven days; NotFound if there is none.

    Raises NotAllowed if another try cannot help.
    """
    row = await _find(desk, packet)
    if not await _may_go(desk, row):
        raise NotAllowed("staff.on_the_way.too_late")
    values = {"state": OutState.WAITING.value, "day": _today(desk), "tries": 0}
    again = Update(OutgoingRow, (row.id,), values, expect={"state": OutState.DEAD.value})
    try:
        await record(desk, session.box, Act.PACKET_AGAIN, row.peer, [again])
    except Conflict:
        raise NotFound("staff.on_the_way.not_there") from None


async def drop(desk: Desk, session: Session, packet: str) -> None:
    """Give a dead letter up, and take it out of the files; NotFound if there is none."""
    row = await _find(desk, packet)
    gone = Delete(OutgoingRow, {"id": row.id}, expect={"state": OutState.DEAD.value})
    try:
        await record(desk, session.box, Act.PACKET_DROPPED, row.peer, [gone])
    except Conflict:
        raise NotFound("staff.on_the_way.not_there") from None
    await desk.store.shred()


async def _waiting(desk: Desk, peer: str, rows: Sequence[_Row]) -> Waiting:
    waits = [row for row in rows if row.state == OutState.WAITING]
    dead = [row for row in rows if row.state == OutState.DEAD]
    dead.sort(key=lambda row: (row.day, row.thread, row.number, row.id))
    return Waiting(
        peer=peer,
        number=len(waits),
        since=date.fromordinal(min(row.day for row in waits)) if waits else None,
        size=sum(row.size for row in waits),
        away=desk.peer_away(peer),
        dead=tuple([await _dead(desk, row) for row in dead]),
    )


async def _dead(desk: Desk, row: _Row | OutgoingRow) -> Dead:
    return Dead(
        id=row.id,
        kind=_kind(row),
        day=date.fromordinal(row.day),
        size=row.size,
        may_go=await _may_go(desk, row),
    )


def _kind(row: _Row | OutgoingRow) -> PacketKind:
    if row.number:
        return PacketKind.LETTER
    return PacketKind.ERASE if row.thread else PacketKind.HELLO


async def _find(desk: Desk, packet: str) -> OutgoingRow:
    row = await desk.store.get(OutgoingRow, packet)
    if row is None or row.state != OutState.DEAD:
        raise NotFound("staff.on_the_way.not_there")
    return row


async def _may_go(desk: Desk, row: _Row | OutgoingRow) -> bool:
    """Return whether the peer could still take it: it takes no lower number after a higher one."""
    if row.until < _today(desk):
        return False
    if not row.number:
        return True
    last = await desk.store.get(OutgoingThreadRow, row.peer, row.thread)
    numbers = await desk.store.pick(
        OutgoingRow, ("number",), {"peer": row.peer, "thread": row.thread}
    )
    later = sum(1 for (number,) in numbers if number > row.number)
    return last is not None and later == last.number - row.number


def _today(desk: Desk) -> int:
    return desk.now().astimezone(UTC).date().toordinal()
