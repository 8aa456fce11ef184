"""What a letter carries, as bytes: written once, shown as they are, and sent as they were shown."""

import hashlib

import msgspec

from pe_core.errors import EnvelopeRefused
from pe_core.model.peer import Kind
from pe_core.model.referral import BODIES, Body


def encode_body(body: Body) -> bytes:
    """Return the bytes that a letter carries; what is shown before sending is made from them."""
    return msgspec.msgpack.encode(body)


def decode_body(kind: Kind, raw: bytes) -> Body:
    """Return what a letter of this kind carries; EnvelopeRefused if it is no such body."""
    try:
        body: Body = msgspec.msgpack.decode(raw, type=BODIES[kind])
    except (ValueError, RecursionError):
        raise EnvelopeRefused("a letter does not carry what its kind says") from None
    return body


def digest(raw: bytes) -> str:
    """Return the SHA-256 of a body in hex digits: what was shown is what is sent."""
    return hashlib.sha256(raw).hexdigest()
