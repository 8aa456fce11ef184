"""An embassy's keys towards other embassies, each signed by the one above it.

The root key, which is on paper only, signs a keyset: the peer key that the server speaks with,
and the desk key that coordinators sign messages with. The desk key signs the dated public key
that others seal to. A new keyset names the hash of the one before, so that a server alone can
neither speak for the embassy for ever nor offer a key of its own to be sealed to.
Design: network, "Private layer"; vault, "Keys".
"""

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from typing import TypeVar

import msgspec

from pe_core.errors import KeysetRefused
from pe_core.model.struct import Model
from pe_core.vault.keys import PUBLIC_SIZE, Keys, is_public_key, verify

KEYSET, REFERRAL_KEY = "keyset", "referral-key"
"""What a signature is for."""
KEYSET_LASTS = 366 * 24 * 3600
"""Seconds that a keyset is good for; the root's paper is fetched once a year."""
FURTHEST_AHEAD = 300
"""Seconds that another embassy's clock may be ahead of ours."""
MOST_BYTES = 4096
"""Of anything signed here; what is longer is not read."""

_KEY_SIZE = 32
M = TypeVar("M", bound=msgspec.Struct)


class Keyset(Model, forbid_unknown_fields=True):
    """Which keys speak for an embassy; ``made`` and ``until`` in Unix seconds.

    ``root``, ``peer`` and ``desk`` are Ed25519 verify keys (32 bytes); ``previous`` is the
    SHA-256 of the signed keyset before, empty in the first, whose serial is 1.
    """

    embassy: str
    root: bytes
    serial: int
    previous: bytes
    peer: bytes
    desk: bytes
    made: int
    until: int


class ReferralKey(Model, forbid_unknown_fields=True):
    """The dated key of an embassy's referral compartment, to be sealed to until ``until``."""

    embassy: str
    epoch: str
    public: bytes
    made: int
    until: int


class Signed(Model, forbid_unknown_fields=True):
    """The exact bytes of one of these in msgpack, and the signature over them."""

    body: bytes
    signature: bytes


def key_id(verify_key: bytes) -> str:
    """Return the name of a key: it comes from the key, so a new key has a new one."""
    return hashlib.sha256(b"pe-key-id " + verify_key).hexdigest()[:16]


def sign_keyset(
    root: Keys, embassy: str, *, peer: bytes, desk: bytes, now: int, previous: bytes | None = None
) -> bytes:
    """Return a signed keyset of these verify keys; ``previous`` is the signed one in force."""
    before = read_keyset(previous) if previous is not None else None
    keyset = Keyset(
        embassy=embassy,
        root=root.verify_key,
        serial=before.serial + 1 if before is not None else 1,
        previous=hash_signed(previous) if previous is not None else b"",
        peer=peer,
        desk=desk,
        made=now,
        until=now + KEYSET_LASTS,
    )
    return _sign(keyset, root, KEYSET)


@lru_cache(maxsize=128)
def read_keyset(raw: bytes) -> Keyset:
    """Return a keyset whose root key signed it; KeysetRefused if it is none.

    Whether it is the right root, and whether it is still good, is for the caller to ask. What
    was signed does not change, so it is verified once; every packet asks for its sender's.
    """
    signed, keyset = _read(raw, Keyset)
    keys = (keyset.root, keyset.peer, keyset.desk)
    if any(len(key) != _KEY_SIZE for key in keys) or len(set(keys)) != len(keys):
        raise KeysetRefused("a keyset names the same key twice, or one of a wrong length")
    if not 0 < keyset.until - keyset.made <= KEYSET_LASTS or keyset.serial < 1:
        raise KeysetRefused("a keyset's dates or number are not possible")
    if (keyset.serial == 1) != (keyset.previous == b""):
        raise KeysetRefused("a keyset's number and its forerunner do not fit")
    if not verify(keyset.root, KEYSET, signed.body, signed.signature):
        raise KeysetRefused("a keyset is not signed by its root key")
    return keyset


def check_keyset(keyset: Keyset, embassy: str, now: int) -> None:
    """Raise KeysetRefused unless the keyset is of this embassy and good at ``now``."""
    if keyset.embassy != embassy:
        raise KeysetRefused("a keyset is of another embassy")
    if not keyset.made - FURTHEST_AHEAD <= now <= keyset.until:
        raise KeysetRefused("a keyset is over, or from the future")


def follow_keyset(held: bytes, offered: bytes) -> Keyset:
    """Return what a signed keyset says that follows the one we hold; KeysetRefused if not.

    It must be of the same embassy and root, have the next number, and name the one we hold:
    an embassy whose server was brought back from an old copy cannot go back to old keys.
    """
    before, after = read_keyset(held), read_keyset(offered)
    if (before.embassy, before.root) != (after.embassy, after.root):
        raise KeysetRefused("a keyset is of another embassy or root key")
    if after.serial != before.serial + 1 or after.previous != hash_signed(held):
        raise KeysetRefused("a keyset does not follow the one that is known")
    return after


def follow_keysets(held: bytes, offered: Sequence[bytes]) -> Keyset:
    """Return the last of some signed keysets, each of which follows the one before it.

    They begin with one that follows the keyset we hold, or before it: those up to ours are
    passed over. Raises KeysetRefused as ``follow_keyset``, and if there is none.
    """
    known = [place for place, one in enumerate(offered) if one == held]
    following = offered[known[-1] + 1 :] if known else offered
    keyset = None
    for one in following:
        keyset, held = follow_keyset(held, one), one
    if keyset is None:
        raise KeysetRefused("no keyset follows the one that is known")
    return keyset


def sign_referral_key(
    desk: Keys, embassy: str, epoch: str, public: bytes, *, made: int, until: int
) -> bytes:
    """Return the dated key that others seal to, signed by the desk key."""
    dated = ReferralKey(embassy=embassy, epoch=epoch, public=public, made=made, until=until)
    return _sign(dated, desk, REFERRAL_KEY)


def read_referral_key(raw: bytes, keyset: Keyset) -> ReferralKey:
    """Return a dated key that this keyset's desk key signed; KeysetRefused if it is none."""
    signed, dated = _read(raw, ReferralKey)
    if dated.embassy != keyset.embassy:
        raise KeysetRefused("a referral key is of another embassy")
    if not verify(keyset.desk, REFERRAL_KEY, signed.body, signed.signature):
        raise KeysetRefused("a referral key is not signed by the embassy's desk")
    if len(dated.public) != PUBLIC_SIZE or not is_public_key(dated.public):
        raise KeysetRefused("nothing can be sealed to a referral key")
    if dated.until <= dated.made:
        raise KeysetRefused("a referral key's dates are not possible")
    return dated


def fingerprint(root: bytes, embassy: str) -> bytes:
    """Return the 16 bytes that people compare: they name a root key and its embassy."""
    named = msgspec.msgpack.encode(("pe-fingerprint-v1", embassy, root))
    return hashlib.sha256(named).digest()[:16]


def hash_signed(raw: bytes) -> bytes:
    """Return the SHA-256 of something signed, by which its follower names it."""
    return hashlib.sha256(raw).digest()


def _sign(what: msgspec.Struct, keys: Keys, purpose: str) -> bytes:
    body = msgspec.msgpack.encode(what)
    return msgspec.msgpack.encode(Signed(body=body, signature=keys.sign(purpose, body)))


def _read(raw: bytes, into: type[M]) -> tuple[Signed, M]:
    if len(raw) > MOST_BYTES:
        raise KeysetRefused("too long for a keyset or a referral key")
    try:
        signed = msgspec.msgpack.decode(raw, type=Signed)
        what = msgspec.msgpack.decode(signed.body, type=into)
    except (ValueError, RecursionError):
        raise KeysetRefused("this is no keyset and no referral key") from None
    # One keyset, one hash: its follower would not follow it in another wrapping.
    if msgspec.msgpack.encode(signed) != raw:
        raise KeysetRefused("this is no keyset and no referral key")
    return signed, what
