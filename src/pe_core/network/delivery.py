"""One try to deliver one packet, and what it says about the packet and about the peer."""

import logging
from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Protocol

import msgspec

from pe_core.desk.desk import Desk
from pe_core.desk.trail import record
from pe_core.errors import (
    AnswerRefused,
    Conflict,
    DoorError,
    KeysetRefused,
    NothingToSealTo,
    PacketRefused,
)
from pe_core.model.peer import OutState, PeerState, ThreadId
from pe_core.model.struct import Model
from pe_core.model.trail import HOST, Act
from pe_core.network.erasing import note_erased
from pe_core.network.identity import Own, read_own
from pe_core.network.receipts import ERASED, KEPT, OUT_OF_TIME, digest_of, read_receipt
from pe_core.network.signing import sign_request
from pe_core.network.wire import INBOX, LASTS, AnyPacket, Erase, Hello, Outcome, Sealed
from pe_core.store import Change, Delete, OutgoingRow, PeerKeysetRow, PeerRow, Update
from pe_core.vault import Keyset, read_keyset, read_referral_key

FOR_EVER = frozenset((400, 403, 404, 410, 413, 415, 421, 422))
"""Answers that another try does not change."""
NOT_YET = frozenset((401, 403))
"""How a peer answers a hello while nobody there has typed our words: that may still come."""
BUSY = frozenset((429, 503))
"""Answers of a peer that is there, and asks to be left alone for as long as it says."""
UNTIL_CHANGED = 3600.0
"""Seconds after which it is looked again whether a peer may be sent letters."""
DAYS = LASTS // (24 * 3600)

log = logging.getLogger("pe.peers")


class Fetcher(Protocol):
    """The way out, as ``pe_core.door.Door`` is one."""

    async def fetch(self, url: str, *, body: bytes, headers: Mapping[str, str]) -> bytes:
        """POST ``body`` and return the answer's body; DoorError for anything but a 2xx."""
        ...


class Result(Model):
    """What came of a try.

    ``is_over`` if nothing waits any more, ``was_taken`` if the peer has it. ``tried`` if the
    peer was spoken to, ``answered`` if it did answer like a peer, ``failed`` if not. ``held`` are
    the seconds for which it wants no letters, ``later`` those until the next try where they are
    known; else they come from ``tries``.
    """

    is_over: bool = False
    was_taken: bool = False
    tried: bool = False
    answered: bool = False
    failed: bool = False
    held: float | None = None
    later: float | None = None
    tries: int = 0


GONE = Result(is_over=True)


class _Leaving(Model):
    """A packet on its way: its row, who it is for, and both sides' keys."""

    row: OutgoingRow
    packet: AnyPacket
    peer: PeerRow
    keyset: Keyset
    own: Own


async def deliver(desk: Desk, door: Fetcher, name: str, nonce: str) -> Result:
    """Try to deliver the packet of this id once; write down what came of it.

    StoreError only: whatever the peer does is a Result.
    """
    row = await desk.store.get(OutgoingRow, name)
    if row is None or row.state != OutState.WAITING:
        return GONE
    today = desk.now().astimezone(UTC).date().toordinal()
    if today > row.until or today - row.day > DAYS:
        await give_up(desk, [row])
        return GONE
    leaving = await _prepare(desk, row)
    if leaving is None:
        return Result(later=UNTIL_CHANGED)
    try:
        return await _send(desk, door, leaving, nonce)
    except AnswerRefused as error:
        return await _refused(desk, leaving, error)
    except (DoorError, PacketRefused) as error:
        log.info("a packet for peer %s waits: %s", row.peer, error)
        return await _failed(desk, leaving)


async def give_up(desk: Desk, rows: Sequence[OutgoingRow]) -> None:
    """Make dead letters of rows of one peer, and tell every coordinator."""
    if not rows:
        return
    dead: list[Change] = [
        Update(
            OutgoingRow,
            (row.id,),
            {"state": OutState.DEAD.value},
            expect={"state": OutState.WAITING.value},
        )
        for row in rows
    ]
    log.warning("%d packets for peer %s could not be delivered", len(rows), rows[0].peer)
    try:
        await record(desk, HOST, Act.PACKET_DEAD, rows[0].peer, dead)
    except NothingToSealTo:
        # Before anybody has joined there is no trail, and nobody to tell.
        await desk.store.write(dead)
    except Conflict:
        # One of them was taken back or taken in this very moment.
        for row in rows if len(rows) > 1 else ():
            await give_up(desk, [row])


async def _prepare(desk: Desk, row: OutgoingRow) -> _Leaving | None:
    """Return what is needed to send a packet, None while such a packet may not go out.

    A letter goes to an active peer alone that has not paused us. A hello goes to any peer, and
    what is taken back to any but whom nobody compared words with: it may have taken the name of
    an embassy that was forgotten, and would confirm what it cannot know.
    """
    own = await read_own(desk)
    peer = await desk.store.get(PeerRow, row.peer)
    if own is None or peer is None:
        return None
    packet: AnyPacket = msgspec.json.decode(row.packet, type=AnyPacket)
    is_open = peer.state == PeerState.ACTIVE and peer.ours and peer.theirs and not peer.away
    if isinstance(packet, Sealed) and not is_open:
        return None
    if isinstance(packet, Erase) and peer.state == PeerState.PROPOSED and not peer.ours:
        return None
    keys = await desk.store.get(PeerKeysetRow, peer.code, peer.serial)
    if keys is None:
        return None
    try:
        keyset = read_keyset(keys.body)
    except KeysetRefused:
        log.error("the keyset of peer %s does not verify; see `pe doctor`", row.peer)
        return None
    return _Leaving(row=row, packet=packet, peer=peer, keyset=keyset, own=own)


async def _send(desk: Desk, door: Fetcher, leaving: _Leaving, nonce: str) -> Result:
    row, url = leaving.row, leaving.peer.address + INBOX
    headers = sign_request(
        leaving.own.peer,
        desk.embassy.code,
        url,
        row.packet,
        now=int(desk.now().timestamp()),
        nonce=nonce,
    )
    answer = await door.fetch(url, body=row.packet, headers=headers)
    outcome = _read(desk, leaving, answer)
    if outcome.done == OUT_OF_TIME:
        await give_up(desk, [row])
        return Result(is_over=True, tried=True, answered=True)
    erased = await note_erased(desk, ThreadId(row.thread)) if _is_erase(leaving) else []
    await desk.store.write([Delete(OutgoingRow, {"id": row.id}), *erased])
    await _note_key(desk, leaving, outcome.referral)
    return Result(is_over=True, was_taken=True, tried=True, answered=True)


def _is_erase(leaving: _Leaving) -> bool:
    return isinstance(leaving.packet, Erase)


def _read(desk: Desk, leaving: _Leaving, answer: bytes) -> Outcome:
    """Return what the receipt says; PacketRefused if it is none for exactly what was sent."""
    outcome = read_receipt(answer, leaving.keyset.peer)
    row, packet = leaving.row, leaving.packet
    named = (row.id, row.peer, desk.embassy.code, digest_of(row.packet))
    match packet:
        case Hello():
            fits = outcome.done not in (KEPT, ERASED, OUT_OF_TIME)
        case Erase():
            fits = outcome.done == ERASED
        case Sealed():
            fits = outcome.done in (KEPT, ERASED, OUT_OF_TIME)
    if not fits or named != (outcome.id, outcome.sender, outcome.to, outcome.digest):
        raise PacketRefused("bad_receipt")
    return outcome


async def _note_key(desk: Desk, leaving: _Leaving, offered: bytes | None) -> None:
    """Keep the peer's newer dated key, so that the next letter is sealed to it."""
    if offered is None or offered == leaving.peer.referral:
        return
    try:
        newer = read_referral_key(offered, leaving.keyset).made
        held = leaving.peer.referral
        if held is not None and read_referral_key(held, leaving.keyset).made >= newer:
            return
    except KeysetRefused:
        log.warning("the dated key in a receipt of peer %s does not verify", leaving.peer.code)
        return
    expect = {"referral": leaving.peer.referral, "serial": leaving.peer.serial}
    key = (leaving.peer.code,)
    try:
        await desk.store.write([Update(PeerRow, key, {"referral": offered}, expect=expect)])
    except Conflict:
        # A hello or another receipt has brought one in this moment; the next receipt tells.
        log.info("the dated key of peer %s was renewed by another packet", leaving.peer.code)


async def _refused(desk: Desk, leaving: _Leaving, error: AnswerRefused) -> Result:
    is_early = error.status in NOT_YET and isinstance(leaving.packet, Hello)
    if error.status in FOR_EVER and not is_early:
        await give_up(desk, [leaving.row])
        return Result(is_over=True, tried=True, answered=True)
    log.info("a packet for peer %s waits: it answered with %d", leaving.row.peer, error.status)
    result = await _failed(desk, leaving)
    if is_early:
        return msgspec.structs.replace(result, failed=False)
    if error.status in BUSY and error.after is not None:
        held = error.after if isinstance(leaving.packet, Sealed) else None
        return msgspec.structs.replace(
            result, failed=False, answered=True, held=held, later=error.after
        )
    return result


async def _failed(desk: Desk, leaving: _Leaving) -> Result:
    """Count a try; the number is on disk, so that a restart does not begin with short waits."""
    row = leaving.row
    try:
        await desk.store.write([Update(OutgoingRow, (row.id,), {"tries": row.tries + 1})])
    except Conflict:
        # It was taken back meanwhile.
        return Result(is_over=True, tried=True, failed=True)
    return Result(tried=True, failed=True, tries=row.tries)
