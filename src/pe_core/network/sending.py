"""Give packets to the courier: rows that an act writes in its own transaction.

What is written with the act goes out even if the process ends in between, and what the act does
not write never does.
"""

from datetime import UTC, date, datetime

from pe_core.desk.desk import Desk
from pe_core.model.peer import OutState, PeerCode, ThreadId
from pe_core.model.week import Week, week_of
from pe_core.network.wire import LASTS, AnyPacket, Erase, Sealed, encode_packet
from pe_core.store import Change, Insert, OutgoingRow, OutgoingThreadRow, Update

STILL_TRIED = 2 * LASTS
"""Seconds after its making for which a packet is taken: once by itself, once because a person
said *try again* to a dead letter."""
KEPT_LONGER = 6
"""Weeks that a thread's number outlives its last packet: longer than the receiver keeps it."""


def queue(packet: AnyPacket, today: date) -> list[Change]:
    """Return the changes that give a packet to the courier.

    Conflict is raised when they are written if a sealed packet's number is not the one that
    ``next_number`` would give: somebody else was faster in this thread.
    """
    encoded = encode_packet(packet)
    changes: list[Change] = [
        Insert(
            OutgoingRow(
                id=packet.id,
                peer=packet.to,
                thread="" if not isinstance(packet, Sealed | Erase) else packet.thread,
                number=packet.number if isinstance(packet, Sealed) else 0,
                state=OutState.WAITING.value,
                day=today.toordinal(),
                until=last_day(packet).toordinal(),
                tries=0,
                size=len(encoded),
                packet=encoded,
            )
        )
    ]
    if isinstance(packet, Sealed):
        changes.append(_count(packet))
    return changes


async def next_number(desk: Desk, peer: PeerCode, thread: ThreadId) -> int:
    """Return the number of the next sealed packet of a thread, from 1 on."""
    row = await desk.store.get(OutgoingThreadRow, peer, thread)
    return row.number + 1 if row is not None else 1


def last_day(packet: AnyPacket) -> date:
    """Return the last day, in UTC, on which the receiver would still take a packet."""
    end = packet.created + STILL_TRIED
    if isinstance(packet, Sealed):
        end = min(end, packet.until)
    return _day(end)


def _day(seconds: int) -> date:
    return datetime.fromtimestamp(seconds, UTC).date()


def _count(packet: Sealed) -> Change:
    last = max(packet.until, packet.created + STILL_TRIED)
    keep_until = Week(week_of(_day(last)) + KEPT_LONGER)
    if packet.number == 1:
        return Insert(
            OutgoingThreadRow(peer=packet.to, thread=packet.thread, number=1, keep_until=keep_until)
        )
    return Update(
        OutgoingThreadRow,
        (packet.to, packet.thread),
        {"number": packet.number, "keep_until": keep_until},
        expect={"number": packet.number - 1},
    )
