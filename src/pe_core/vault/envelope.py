"""Envelopes: the one construct that everything sealed goes through, format version 1.

====================  =====================================================================
magic ``PE``          2 bytes
version               1 byte, 1
suite                 1 byte, 1: HPKE base mode (RFC 9180) with ML-KEM-768 + X25519
                      (KEM 0x647A), HKDF-SHA256, ChaCha20-Poly1305 (RFC 8439)
lane                  1 byte, 0 public, 1 symmetric
size bucket           1 byte, log2 of the padded size: 10, 12, 14, 16, then 17 to 25
recipient count       2 bytes, big-endian; 0 in the symmetric lane
commitment            32 bytes
wraps, or nonce       1168 bytes for each recipient; or 12 random bytes
body                  the padded plaintext and a tag of 16 bytes
====================  =====================================================================

A wrap is the 32-byte content key, sealed by one-shot HPKE with ``info`` = label, the first 8
bytes and the context. Body key and commitment come from the content key by HKDF with the same
bytes under another label; the commitment is compared before anything is opened, because
ChaCha20-Poly1305 alone commits to no key. The body's associated data is the header with the
commitment, and the context. The padded plaintext is its length in 4 bytes, itself, and zeros.
In the symmetric lane the content key is HKDF(key, object id). Design: vault, "One construct".
"""

import hmac
import struct
from collections.abc import Sequence
from typing import NamedTuple

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from pe_core.errors import EnvelopeRefused, NothingToSealTo
from pe_core.vault.keys import Keys, random_bytes, read_public_key

Context = tuple[str, str, str]
"""What the envelope is for: purpose, embassy code, object id. It opens in no other context."""

_MAGIC, _VERSION, _SUITE_ID = b"PE", 1, 1
_PUBLIC, _SYMMETRIC = 0, 1
_BUCKETS: tuple[int, ...] = (10, 12, 14, 16, *range(17, 26))
_MOST_RECIPIENTS = 0xFFFF
_HEADER = struct.Struct(">2sBBBBH")
_LENGTH = struct.Struct(">I")
_KEY, _NONCE, _TAG, _COMMITMENT = 32, 12, 16, 32
_WRAP = KEM.MLKEM768_X25519.enc_length() + _KEY + _TAG
_START = _HEADER.size + _COMMITMENT
# Each public content key is fresh and seals one body, so its nonce need not differ.
_ZERO_NONCE = bytes(_NONCE)
_WRAP_LABEL, _BODY_LABEL, _OBJECT_LABEL = (
    b"pe-vault-v1 envelope " + word for word in (b"wrap ", b"body ", b"object ")
)
_SUITE = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
_SHA256 = hashes.SHA256()


class _Parts(NamedTuple):
    """An envelope taken apart, its lengths already checked."""

    header: bytes
    commitment: bytes
    middle: bytes
    body: bytes


def seal(plaintext: bytes, *, to: Sequence[bytes], context: Context) -> bytes:
    """Seal to raw public keys of 1216 bytes each, so that any one of them opens it alone.

    Raises NothingToSealTo if there is no key or one is not valid, and EnvelopeRefused if the
    plaintext (32 MiB less 4 bytes), the recipients (65,535) or the context go beyond the format.
    """
    if not to:
        raise NothingToSealTo("no recipient was given")
    if len(to) > _MOST_RECIPIENTS:
        raise EnvelopeRefused("too many recipients for one envelope")
    packed = _pack(context)
    bucket = _bucket_for(len(plaintext))
    header = _HEADER.pack(_MAGIC, _VERSION, _SUITE_ID, _PUBLIC, bucket, len(to))
    content_key = random_bytes(_KEY)
    # Wraps are pseudorandom, so their own order is a shuffle: it tells nothing about `to`.
    wraps = sorted(_wrap(content_key, public, header, packed) for public in to)
    return _seal_body(plaintext, content_key, header, b"".join(wraps), _ZERO_NONCE, packed)


def open_envelope(envelope: bytes, keys: Keys, context: Context) -> bytes:
    """Open an envelope of the public lane; raises EnvelopeRefused, whatever is wrong."""
    packed = _pack(context)
    parts = _take_apart(envelope, _PUBLIC)
    info = _WRAP_LABEL + parts.header + packed
    for start in range(0, len(parts.middle), _WRAP):
        try:
            content_key = _SUITE.decrypt(
                parts.middle[start : start + _WRAP], keys.private, info=info
            )
        except (InvalidTag, ValueError):
            continue  # Envelopes name no recipients: this wrap is somebody else's.
        return _open_body(parts, content_key, _ZERO_NONCE, packed)
    raise EnvelopeRefused("the envelope does not open with this key in this context")


def seal_symmetric(plaintext: bytes, *, key: bytes, context: Context) -> bytes:
    """Seal under the symmetric key (32 bytes) of an epoch or account; any holder can forge it.

    Raises NothingToSealTo if the key has another length, and EnvelopeRefused as ``seal`` does.
    """
    if len(key) != _KEY:
        raise NothingToSealTo(f"a symmetric key has {_KEY} bytes")
    packed = _pack(context)
    bucket = _bucket_for(len(plaintext))
    header = _HEADER.pack(_MAGIC, _VERSION, _SUITE_ID, _SYMMETRIC, bucket, 0)
    nonce = random_bytes(_NONCE)
    return _seal_body(plaintext, _object_key(key, context), header, nonce, nonce, packed)


def open_symmetric(envelope: bytes, *, key: bytes, context: Context) -> bytes:
    """Open an envelope of the symmetric lane; raises EnvelopeRefused, whatever is wrong."""
    packed = _pack(context)
    parts = _take_apart(envelope, _SYMMETRIC)
    return _open_body(parts, _object_key(key, context), parts.middle, packed)


def bucket_of(envelope: bytes) -> int:
    """Return the padded size in bytes, which anybody may see; raises EnvelopeRefused."""
    return len(_take_apart(envelope, None).body) - _TAG


def _pack(context: Context) -> bytes:
    # A string of three letters is a sequence of three strings too, so the type is looked at.
    if not isinstance(context, tuple) or len(context) != 3:
        raise EnvelopeRefused("a context is three strings")
    if not all(isinstance(part, str) for part in context):
        raise EnvelopeRefused("a context is three strings")
    try:
        return msgspec.msgpack.encode(context)
    except ValueError:
        raise EnvelopeRefused("a context is three strings of valid text") from None


def _bucket_for(length: int) -> int:
    for bucket in _BUCKETS:
        if _LENGTH.size + length <= 1 << bucket:
            return bucket
    raise EnvelopeRefused("the plaintext is larger than the largest bucket")


def _wrap(content_key: bytes, public: bytes, header: bytes, packed: bytes) -> bytes:
    return _SUITE.encrypt(
        content_key, read_public_key(bytes(public)), info=_WRAP_LABEL + header + packed
    )


def _object_key(key: bytes, context: Context) -> bytes:
    return HKDF(_SHA256, _KEY, None, _OBJECT_LABEL + context[2].encode()).derive(key)


def _body_keys(content_key: bytes, header: bytes, packed: bytes) -> tuple[bytes, bytes]:
    info = _BODY_LABEL + header + packed
    both = HKDF(_SHA256, _KEY + _COMMITMENT, None, info).derive(content_key)
    return both[:_KEY], both[_KEY:]


def _seal_body(
    plaintext: bytes, content_key: bytes, header: bytes, middle: bytes, nonce: bytes, packed: bytes
) -> bytes:
    body_key, commitment = _body_keys(content_key, header, packed)
    padded = (_LENGTH.pack(len(plaintext)) + plaintext).ljust(1 << header[5], b"\0")
    head = header + commitment
    return head + middle + ChaCha20Poly1305(body_key).encrypt(nonce, padded, head + packed)


def _take_apart(envelope: bytes, wanted_lane: int | None) -> _Parts:
    if len(envelope) < _START:
        raise EnvelopeRefused("too short for an envelope")
    header = envelope[: _HEADER.size]
    magic, version, suite, lane, bucket, count = _HEADER.unpack(header)
    if magic != _MAGIC or version != _VERSION or suite != _SUITE_ID:
        raise EnvelopeRefused("not an envelope of a version and suite that we know")
    if bucket not in _BUCKETS or lane not in (_PUBLIC, _SYMMETRIC):
        raise EnvelopeRefused("the envelope's header is not valid")
    if (lane == _PUBLIC) != (count > 0) or wanted_lane not in (None, lane):
        raise EnvelopeRefused("the envelope is not of this lane")
    body = _START + (count * _WRAP if lane == _PUBLIC else _NONCE)
    if len(envelope) != body + (1 << bucket) + _TAG:
        raise EnvelopeRefused("the envelope's length is not what its header says")
    return _Parts(header, envelope[_HEADER.size : _START], envelope[_START:body], envelope[body:])


def _open_body(parts: _Parts, content_key: bytes, nonce: bytes, packed: bytes) -> bytes:
    header, commitment, _, body = parts
    body_key, expected = _body_keys(content_key, header, packed)
    if not hmac.compare_digest(commitment, expected):
        raise EnvelopeRefused("the envelope does not open with this key in this context")
    try:
        padded = ChaCha20Poly1305(body_key).decrypt(nonce, body, header + commitment + packed)
    except InvalidTag:
        raise EnvelopeRefused("the envelope was changed") from None
    (length,) = _LENGTH.unpack_from(padded)
    end = _LENGTH.size + length
    if end > len(padded) or padded.count(0, end) != len(padded) - end:
        raise EnvelopeRefused("the envelope's padding is not valid")
    return padded[_LENGTH.size : end]
