"""Letters: what a coordinator of one embassy says to a coordinator of another, and nobody else.

A letter is signed by the desk key over its exact bytes (DSSE, pre-authentication encoding) and
then sealed to the receiver's dated key, for one packet alone. Neither server can open it, and
neither can put it around another packet. Design: network, "Message"; docs/decisions/0016.
"""

from typing import TypeVar

import msgspec

from pe_core.errors import EnvelopeRefused
from pe_core.model.peer import PacketId, PeerCode
from pe_core.network.wire import Letter, Sealed, SignedLetter
from pe_core.vault import Context, Keys, open_envelope, seal
from pe_core.vault.keys import verify_exact
from pe_core.vault.keysets import Keyset, ReferralKey, key_id

LETTER_TYPE = "application/vnd.pe.letter.v1+msgpack"
MOST_PLAIN = 2**17 - 4
"""Bytes of a signed letter: the largest envelope that is a packet of less than 256 KiB as JSON."""
MOST_BODY = MOST_PLAIN - 1024
"""Bytes of a letter's ``body``; the rest is for its other fields and the signature."""

_REPEATED = ("id", "sender", "to", "thread", "number", "created", "until")
T = TypeVar("T", bound=msgspec.Struct)


def seal_letter(letter: Letter, desk_keys: Keys, to: ReferralKey) -> bytes:
    """Return a letter, signed and sealed to the receiver's dated key, for a packet of its id.

    Raises EnvelopeRefused if the key is another embassy's or the letter is too large, and
    NothingToSealTo if nobody could open it.
    """
    if letter.to != to.embassy:
        raise EnvelopeRefused("a letter is sealed to the key of whom it is for")
    payload = msgspec.msgpack.encode(letter)
    signed = SignedLetter(
        type=LETTER_TYPE,
        payload=payload,
        key=key_id(desk_keys.verify_key),
        signature=desk_keys.sign_exact(to_sign(LETTER_TYPE, payload)),
    )
    plain = msgspec.msgpack.encode(signed)
    if len(plain) > MOST_PLAIN:
        raise EnvelopeRefused("a letter is larger than what passes between embassies")
    return seal(plain, to=[to.public], context=_context(letter.to, letter.id))


def open_letter(packet: Sealed, epoch: Keys, keyset: Keyset) -> Letter:
    """Return the letter in a packet that came to us; ``keyset`` is its sender's.

    Raises EnvelopeRefused unless it opens, the sender's desk key signed it, and it says of
    itself what the packet around it says.
    """
    if packet.sender != keyset.embassy:
        raise EnvelopeRefused("a letter is not from the embassy whose keys it is held against")
    letter = open_kept(packet.sealed, PacketId(packet.id), packet.to, epoch, keyset)
    if any(getattr(letter, name) != getattr(packet, name) for name in _REPEATED):
        raise EnvelopeRefused("a letter says something else than the packet around it")
    return letter


def open_kept(sealed: bytes, packet: PacketId, to: PeerCode, epoch: Keys, keyset: Keyset) -> Letter:
    """Return a letter of which only the envelope was kept; EnvelopeRefused as ``open_letter``.

    It is from ``keyset``'s embassy, for ``to``, and of this packet; the rest is for the caller
    to hold against what it knows.
    """
    signed = _read(open_envelope(sealed, epoch, _context(to, packet)), SignedLetter)
    if signed.type != LETTER_TYPE or signed.key != key_id(keyset.desk):
        raise EnvelopeRefused("this is no letter, or another desk signed it")
    if not verify_exact(keyset.desk, to_sign(signed.type, signed.payload), signed.signature):
        raise EnvelopeRefused("the embassy's desk did not sign this letter")
    letter = _read(signed.payload, Letter)
    if (letter.id, letter.sender, letter.to) != (packet, keyset.embassy, to):
        raise EnvelopeRefused("a letter says something else than the packet around it")
    return letter


def to_sign(kind: str, payload: bytes) -> bytes:
    """Return the bytes that DSSE signs: type and payload with their lengths (PAE, DSSE v1)."""
    named = kind.encode()
    return b"DSSEv1 %d %b %d %b" % (len(named), named, len(payload), payload)


def _context(receiver: str, packet: str) -> Context:
    return ("peer", receiver, packet)


def _read(raw: bytes, into: type[T]) -> T:
    try:
        return msgspec.msgpack.decode(raw, type=into)
    except (ValueError, RecursionError):
        raise EnvelopeRefused("what was sealed is no letter") from None
