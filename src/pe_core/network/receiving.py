"""Take in what another embassy sends, once, and answer with a receipt.

The row and its receipt are one transaction, so a crash leaves both or neither. The same packet
again gets the same receipt. Nothing is opened here: a sealed packet waits for a coordinator.
Design: network, "Courier"; docs/decisions/0016.
"""

import asyncio
from datetime import UTC, datetime
from typing import NamedTuple

from pe_core.desk.desk import Desk
from pe_core.errors import Conflict, EnvelopeRefused, PacketRefused
from pe_core.model.peer import PeerCode, PeerState, ThreadId
from pe_core.model.week import Week, week_of
from pe_core.network.erasing import is_taken_back, taken_back
from pe_core.network.identity import Own, read_own
from pe_core.network.pairing import hear_hello
from pe_core.network.receipts import ERASED, KEPT, OUT_OF_TIME, digest_in, digest_of, sign_receipt
from pe_core.network.sending import STILL_TRIED
from pe_core.network.strict import read_packet
from pe_core.network.wire import WINDOW, AnyPacket, Erase, Hello, Outcome, Sealed
from pe_core.rules.retention import LONGEST_KEEP
from pe_core.store import Change, EpochRow, IncomingRow, Insert, PeerRow, Update
from pe_core.vault import bucket_of

KEPT_LONGER = 5
"""Weeks that a packet outlives the end that its sender gave it."""
LONGEST_USE = LONGEST_KEEP * 7 * 24 * 3600
"""Seconds that a letter may be worth something: no peer fills the disk for ever."""
PAUSED_FOR = 3600
"""Seconds that a peer is asked to wait while we pause; a hello tells it when we resume."""
WRITES = 4
"""Times that a packet is looked at anew because another one came in between."""


class Taken(NamedTuple):
    """What a packet changes, and the answer to it; ``shred`` if something was erased."""

    changes: list[Change]
    receipt: bytes
    shred: bool = False


class _Coming(NamedTuple):
    """A packet that may come in, as it came, with what it is held against."""

    body: bytes
    peer: PeerRow | None
    own: Own
    now: int


async def take_in(
    desk: Desk, body: bytes, sender: str, now: int, packet: AnyPacket | None = None
) -> bytes:
    """Take in a packet whose HTTP signature is ``sender``'s; return the receipt, in JSON.

    ``now`` is in Unix seconds; ``packet`` is what ``body`` says, if it was read. Raises
    PacketRefused with the word and the status that the sender is told; nothing is written then.
    """
    packet = packet or read_packet(body)
    own = await read_own(desk)
    if own is None or packet.to != desk.embassy.code:
        raise PacketRefused("not_here", 421)
    if packet.sender != sender:
        raise PacketRefused("not_yours", 403)
    _check_age(packet, now)
    coming = _Coming(body, await _may_send(desk, packet), own, now)
    turn = desk.thread_turns.setdefault((packet.sender, _thread(packet)), asyncio.Lock())
    async with turn:
        for _ in range(WRITES):
            taken = await _take(desk, packet, coming)
            try:
                await desk.store.write(taken.changes)
            except Conflict:
                # Another packet came in between, such as an erase that names this one.
                continue
            if taken.shred:
                await desk.store.shred()
            return taken.receipt
    raise PacketRefused("busy", 503, after=1)


def _check_age(packet: AnyPacket, now: int) -> None:
    """Refuse a packet that is no packet of these days.

    The HTTP signature is fresh at each try; the packet itself is as old as its first one.
    """
    if packet.created > now + WINDOW:
        raise PacketRefused("from_the_future", 409)
    if packet.created < now - STILL_TRIED - WINDOW:
        raise PacketRefused("too_old")
    if isinstance(packet, Sealed) and not 0 < packet.until - packet.created <= LONGEST_USE:
        raise PacketRefused("not_a_packet")


async def _may_send(desk: Desk, packet: AnyPacket) -> PeerRow | None:
    """Return the peer that sent it; PacketRefused if it may not send such a packet now.

    While we pause, letters wait at the sender; what is taken back does not wait, and is heard
    too from whoever has blocked us since. Only a hello comes from somebody not known yet.
    """
    peer = await desk.store.get(PeerRow, packet.sender)
    is_known = peer is not None and peer.state != PeerState.BLOCKED
    if isinstance(packet, Hello) and (peer is None or is_known):
        return peer
    if peer is None or not is_known:
        raise PacketRefused("not_known", 403)
    is_paired = peer.state != PeerState.PROPOSED and peer.theirs
    if not peer.ours or (isinstance(packet, Sealed) and not is_paired):
        raise PacketRefused("not_paired", 403)
    if peer.state == PeerState.PAUSED and isinstance(packet, Sealed):
        raise PacketRefused("paused", 503, after=PAUSED_FOR)
    return peer


async def _take(desk: Desk, packet: AnyPacket, coming: _Coming) -> Taken:
    before = await desk.store.get(IncomingRow, packet.sender, packet.id)
    if before is not None and before.receipt:
        if digest_in(before.receipt) != digest_of(coming.body):
            raise PacketRefused("changed", 422)
        return Taken([], before.receipt)
    match packet:
        case Hello():
            return await _hear(desk, packet, coming)
        case Erase():
            return await _erase(desk, packet, coming)
        case Sealed():
            return await _keep(desk, packet, coming, before)


async def _hear(desk: Desk, hello: Hello, coming: _Coming) -> Taken:
    changes, done = await hear_hello(desk, hello, coming.now)
    row = _row(desk, hello, coming, done)
    # Of those whose words nobody here has typed nothing more is kept: strangers fill no disk.
    is_kept = coming.peer is not None and coming.peer.ours
    return Taken([*changes, Insert(row)] if is_kept else changes, row.receipt)


async def _keep(desk: Desk, packet: Sealed, coming: _Coming, before: IncomingRow | None) -> Taken:
    if packet.until < coming.now:
        return Taken([], _receipt(desk, packet, coming, OUT_OF_TIME))
    await _check_sealed(desk, packet)
    if before is not None:
        # It was taken back before it came.
        row = _row(desk, packet, coming, ERASED)
        told = {"receipt": row.receipt, "number": row.number, "keep_until": row.keep_until}
        expect = {"receipt": before.receipt}
        return Taken([Update(IncomingRow, (row.peer, row.id), told, expect=expect)], row.receipt)
    where = {"peer": packet.sender, "thread": packet.thread}
    highest = await desk.store.pick(IncomingRow, ("number",), where, order="-number", limit=1)
    if highest and packet.number <= highest[0][0]:
        raise PacketRefused("out_of_order", 422)
    if await is_taken_back(desk, packet.sender, ThreadId(packet.thread)):
        # Said before its sender heard of it: nobody has to unlock for it to be gone.
        row = _row(desk, packet, coming, ERASED)
    else:
        row = _row(desk, packet, coming, KEPT, packet.sealed)
    return Taken([Insert(row)], row.receipt)


async def _check_sealed(desk: Desk, packet: Sealed) -> None:
    """Refuse what nobody here could open; whether it opens, a coordinator finds out."""
    epoch = await desk.store.get(EpochRow, packet.epoch)
    if epoch is None or epoch.ends < week_of(desk.now().date()):
        raise PacketRefused("no_such_key", 422)
    try:
        bucket_of(packet.sealed)
    except EnvelopeRefused:
        raise PacketRefused("no_envelope") from None


async def _erase(desk: Desk, erase: Erase, coming: _Coming) -> Taken:
    """Erase bodies at once; ids that have not come yet are kept, so that they find nobody."""
    changes: list[Change] = []
    shred = False
    for wanted in dict.fromkeys(erase.packets):
        row = await desk.store.get(IncomingRow, erase.sender, wanted)
        if row is None:
            changes.append(Insert(_stub(desk, erase, coming, wanted)))
        elif row.body is not None:
            shred = True
            changes.append(
                Update(IncomingRow, (row.peer, row.id), {"body": None}, expect={"body": row.body})
            )
    done = _row(desk, erase, coming, ERASED)
    more = await taken_back(desk, erase.sender, ThreadId(erase.thread))
    return Taken([*changes, *more, Insert(done)], done.receipt, shred or bool(more))


def _row(
    desk: Desk, packet: AnyPacket, coming: _Coming, done: str, body: bytes | None = None
) -> IncomingRow:
    return IncomingRow(
        peer=packet.sender,
        id=packet.id,
        thread=_thread(packet),
        number=packet.number if isinstance(packet, Sealed) else 0,
        day=_day(coming.now),
        keep_until=_keep_until(packet),
        serial=coming.peer.serial if coming.peer is not None else 0,
        epoch=packet.epoch if isinstance(packet, Sealed) else "",
        receipt=_receipt(desk, packet, coming, done),
        body=body,
    )


def _stub(desk: Desk, erase: Erase, coming: _Coming, wanted: str) -> IncomingRow:
    """Return what stands for a packet that was taken back before it came."""
    return IncomingRow(
        peer=erase.sender,
        id=wanted,
        thread=erase.thread,
        number=0,
        day=_day(coming.now),
        keep_until=_keep_until(erase),
        serial=coming.peer.serial if coming.peer is not None else 0,
        epoch="",
        receipt=b"",
        body=None,
    )


def _receipt(desk: Desk, packet: AnyPacket, coming: _Coming, done: str) -> bytes:
    outcome = Outcome(
        id=packet.id,
        sender=PeerCode(desk.embassy.code),
        to=packet.sender,
        digest=digest_of(coming.body),
        done=done,
        referral=coming.own.referral,
    )
    return sign_receipt(coming.own.peer, outcome)


def _keep_until(packet: AnyPacket) -> Week:
    """Return the last week of a packet's row: a copy of it must still find it."""
    still = _week(packet.created + STILL_TRIED + WINDOW) + 1
    if isinstance(packet, Sealed):
        still = max(still, _week(packet.until) + KEPT_LONGER)
    return Week(still)


def _thread(packet: AnyPacket) -> str:
    return "" if isinstance(packet, Hello) else packet.thread


def _week(seconds: int) -> int:
    return week_of(datetime.fromtimestamp(seconds, UTC).date())


def _day(seconds: int) -> int:
    return datetime.fromtimestamp(seconds, UTC).date().toordinal()
