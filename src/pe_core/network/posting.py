"""Post a letter: number it, seal it to the peer's dated key, queue it, and keep our own copy.

The copy is the letter itself, sealed to our referral compartment, so that the team sees what it
sent as it was sent. Its row has the packet's id, which needs no key: what has to be taken back
is found while nobody is unlocked.
"""

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from pe_core.desk.desk import Desk, today_of
from pe_core.desk.epochs import current_epoch
from pe_core.desk.sealing import new_id
from pe_core.desk.sessions import Session
from pe_core.errors import EnvelopeRefused, KeysetRefused, NotAllowed, PeerClosed
from pe_core.model.peer import Kind, PacketId, PeerCode, PeerState, ThreadId
from pe_core.network.bodies import encode_body
from pe_core.network.enclosing import parts_of
from pe_core.network.identity import desk_keys
from pe_core.network.knowing import Known, Listed, read_peer
from pe_core.network.letters import MOST_BODY, seal_letter
from pe_core.network.sending import next_number, queue
from pe_core.network.wire import Letter, Sealed
from pe_core.store import Change, EpochRow, Insert, ReferralNoteRow
from pe_core.vault import Keys, bucket_of, check_keyset, read_referral_key, seal
from pe_core.vault.keysets import ReferralKey

WEEK = 7 * 24 * 3600
CASE_LASTS = 12 * WEEK
"""Seconds for which a letter about somebody's request is worth something."""
TALK_LASTS = 4 * WEEK
"""The same of all other letters."""
OLDEST_KEY = 8 * WEEK
"""Seconds since a peer's dated key was made: nobody has unlocked there for as long."""


async def post(
    desk: Desk,
    session: Session,
    peer: PeerCode,
    kind: Kind,
    thread: ThreadId,
    body: bytes,
    *,
    answers: str = "",
    about_case: bool = False,
) -> list[Change]:
    """Return the changes that post a letter in a thread, and keep a copy of it.

    ``body`` is what ``encode_body`` made. Raises PeerClosed unless letters pass between us and
    the peer, and where its dated key is too old; NotAllowed where the letter is too long. A
    colleague who posts in the same thread at the same moment makes the writing raise Conflict.
    """
    way = await _way(desk, session, peer, about_case=about_case)
    number = await next_number(desk, peer, thread)
    letter = _letter(desk, way, kind, thread, number, body, answers=answers)
    return _changes(desk, way, letter, letter)


async def post_parts(
    desk: Desk, session: Session, peer: PeerCode, thread: ThreadId, files: Sequence[bytes]
) -> list[Change]:
    """Return the changes that post files behind the letter with which a case begins.

    Of each piece our own copy is kept without its bytes: they are in the request, and what has
    to be taken back is found by the copy's id. Raises NotAllowed as ``post`` does.
    """
    if not files:
        return []
    way = await _way(desk, session, peer, about_case=True)
    changes: list[Change] = []
    for number, part in enumerate(parts_of(files), 2):
        await asyncio.sleep(0)
        letter = _letter(desk, way, Kind.FILE, thread, number, encode_body(part))
        bare = encode_body(msgspec.structs.replace(part, data=b""))
        changes += _changes(desk, way, letter, msgspec.structs.replace(letter, body=bare))
    return changes


def may_post(known: Listed, now: int) -> str:
    """Return '' if a letter can go to a peer now, else the key of the text that says why not."""
    try:
        _dated_key(known, now, now)
    except NotAllowed as error:
        return error.key
    return ""


def _dated_key(known: Listed, now: int, until: int) -> ReferralKey:
    row = known.row
    if row.state != PeerState.ACTIVE or not (row.ours and row.theirs) or row.away:
        raise PeerClosed("staff.referrals.peer_not_active", row.code)
    if not isinstance(known, Known):
        raise PeerClosed("staff.referrals.peer_no_key", row.code)
    try:
        check_keyset(known.keyset, row.code, now)
        dated = read_referral_key(row.referral or b"", known.keyset)
    except KeysetRefused:
        raise PeerClosed("staff.referrals.peer_no_key", row.code) from None
    if now > dated.made + OLDEST_KEY or until > dated.until:
        raise PeerClosed("staff.referrals.peer_no_key", row.code)
    return dated


class _Way(NamedTuple):
    """What letters to one peer need now: keys, the epoch of our copies, and two moments."""

    peer: PeerCode
    keys: Keys
    dated: ReferralKey
    epoch: EpochRow
    now: int
    until: int


async def _way(desk: Desk, session: Session, peer: PeerCode, *, about_case: bool) -> _Way:
    known = await read_peer(desk, peer)
    now = int(desk.now().timestamp())
    until = now + (CASE_LASTS if about_case else TALK_LASTS)
    dated = _dated_key(known, now, until)
    epoch = await current_epoch(desk, "referral")
    return _Way(peer, await desk_keys(desk, session), dated, epoch, now, until)


def _letter(
    desk: Desk,
    way: _Way,
    kind: Kind,
    thread: ThreadId,
    number: int,
    body: bytes,
    *,
    answers: str = "",
) -> Letter:
    if len(body) > MOST_BODY:
        raise NotAllowed("staff.referrals.too_long")
    return Letter(
        id=PacketId(new_id()),
        sender=PeerCode(desk.embassy.code),
        to=way.peer,
        thread=thread,
        number=number,
        kind=kind,
        created=way.now,
        until=way.until,
        body=body,
        answers=answers,
    )


def _changes(desk: Desk, way: _Way, letter: Letter, copy: Letter) -> list[Change]:
    """Return the changes that send a letter, and keep ``copy`` as what we said."""
    packet = Sealed(
        id=letter.id,
        sender=letter.sender,
        to=letter.to,
        created=letter.created,
        thread=letter.thread,
        number=letter.number,
        epoch=way.dated.epoch,
        until=letter.until,
        sealed=_seal(letter, way.keys, way.dated),
    )
    return [*queue(packet, today_of(desk)), Insert(_copy(desk, way.epoch, copy))]


def _seal(letter: Letter, keys: Keys, dated: ReferralKey) -> bytes:
    try:
        return seal_letter(letter, keys, dated)
    except EnvelopeRefused:
        raise NotAllowed("staff.referrals.too_long") from None


def _copy(desk: Desk, epoch: EpochRow, letter: Letter) -> ReferralNoteRow:
    context = desk.context("referral-note", letter.id)
    body = seal(msgspec.msgpack.encode(letter), to=[epoch.public], context=context)
    return ReferralNoteRow(
        id=letter.id,
        referral=letter.thread,
        number=letter.number,
        epoch=epoch.id,
        bucket=bucket_of(body),
        body=body,
    )
