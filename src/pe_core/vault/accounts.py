"""Accounts: two equal slots for each person, of which one opens the account.

From one Argon2id run come two slot keys, *unlock* and *lock*. Both slots of an account are
symmetric envelopes of the same length under the same context; the one that nobody uses is
sealed under a key that was thrown away. Which is which shows nowhere. Design: vault, "Duress".

Two bytes beside each slot, its *tag*, let most wrong passphrases be refused without the slow
hash; an unused slot has random ones (docs/decisions/0007).
"""

import hmac
from collections.abc import Collection, Iterable
from typing import Literal

import msgspec

from pe_core.errors import EnvelopeRefused, VaultError
from pe_core.model.struct import Model
from pe_core.vault.envelope import Context, open_symmetric, seal_symmetric
from pe_core.vault.keys import Seed, derive_key, new_seed, random_bytes
from pe_core.vault.passphrases import normalise_passphrase

Kind = Literal["unlock", "lock"]
"""What the passphrase of a slot does: open the account, or shut it in need."""

TAG_SIZE = 2
"""Bytes; more would cost a guesser who has the disk less."""


class Slots(Model):
    """The two envelopes of an account, in an order that tells nothing, and their tags so."""

    first: bytes
    second: bytes
    tags: bytes | None = None


class Tags(Model):
    """What a passphrase would be tagged with, as one that opens and as one that locks."""

    unlock: bytes
    lock: bytes


class OpenedSlot(Model):
    """What a passphrase opened; a ``lock`` slot has a seed that opens nothing."""

    box: int
    seed: Seed
    kind: Kind

    def __repr__(self) -> str:
        """Show no seed."""
        return f"<OpenedSlot {self.kind}>"


def make_tags(salt: bytes, handle: str, passphrase: str) -> Tags:
    """Return the tags of a passphrase: the first bytes of an HMAC (RFC 2104) under the salt.

    ``handle`` is the folded one; the passphrase is normalised here.
    """
    named = (handle, normalise_passphrase(passphrase))
    unlock, lock = (_tag(salt, *named, kind) for kind in ("unlock", "lock"))
    return Tags(unlock=unlock, lock=lock)


def may_open(tags: bytes | None, typed: Tags) -> bool:
    """Return whether this account is worth the slow hash; one without tags always is."""
    if tags is None:
        return True
    places: Collection[bytes] = (tags[:TAG_SIZE], tags[TAG_SIZE:])
    return any(hmac.compare_digest(tag, at) for tag in (typed.unlock, typed.lock) for at in places)


def make_slots(
    seed: Seed,
    derived: bytes,
    box: int,
    embassy: str,
    *,
    tags: Tags | None = None,
    lock: bytes | None = None,
    lock_tags: Tags | None = None,
) -> Slots:
    """Seal an account's seed under what its passphrase derived; ``lock`` is the duress one's.

    The lock slot holds a fresh seed instead of the account's, so that whoever forces it out of
    somebody, and has a copy of the disk, opens nothing with it. Without ``tags`` the account
    has none.
    """
    unlocking = _seal_slot(seed, _slot_key(derived, "unlock"), box, embassy)
    other_key = random_bytes(32) if lock is None else _slot_key(lock, "lock")
    other = _seal_slot(new_seed(), other_key, box, embassy)
    other_tag = random_bytes(TAG_SIZE) if lock_tags is None else lock_tags.lock
    if random_bytes(1)[0] & 1:
        return _slots(unlocking, other, tags.unlock + other_tag if tags else None)
    return _slots(other, unlocking, other_tag + tags.unlock if tags else None)


def replace_unlock(
    slots: Slots,
    seed: Seed,
    old: bytes,
    new: bytes,
    box: int,
    embassy: str,
    *,
    tags: Tags | None = None,
) -> Slots:
    """Seal the seed under a new derivation; the other slot stays as it is, whatever it does.

    Raises VaultError if ``old`` opens neither slot.
    """
    key = _slot_key(old, "unlock")
    fresh = _seal_slot(seed, _slot_key(new, "unlock"), box, embassy)
    # An account that had no tags had no second passphrase either, so random ones do for it.
    before = slots.tags or random_bytes(2 * TAG_SIZE)
    if _open_slot(slots.first, key, box, embassy) == seed:
        return _slots(fresh, slots.second, tags.unlock + before[TAG_SIZE:] if tags else None)
    if _open_slot(slots.second, key, box, embassy) == seed:
        return _slots(slots.first, fresh, before[:TAG_SIZE] + tags.unlock if tags else None)
    raise VaultError("this passphrase does not open the account that is to be changed")


def open_slots(
    accounts: Iterable[tuple[int, bytes, bytes]], derived: bytes, embassy: str
) -> OpenedSlot | None:
    """Find the slot that this derivation opens among all (box, first, second); None if none.

    Every slot is tried with both keys and nothing stops early, so that a right, a wrong and a
    duress passphrase, and a handle that nobody has, cost the same.
    """
    keys: tuple[tuple[Kind, bytes], ...] = (
        ("unlock", _slot_key(derived, "unlock")),
        ("lock", _slot_key(derived, "lock")),
    )
    found: OpenedSlot | None = None
    for box, first, second in accounts:
        for slot in (first, second):
            for kind, key in keys:
                seed = _open_slot(slot, key, box, embassy)
                if seed is not None and found is None:
                    found = OpenedSlot(box=box, seed=seed, kind=kind)
    return found


def _slots(first: bytes, second: bytes, tags: bytes | None) -> Slots:
    return Slots(first=first, second=second, tags=tags)


def _tag(salt: bytes, handle: str, passphrase: str, kind: str) -> bytes:
    named = msgspec.msgpack.encode(
        tuple(part.encode(errors="surrogatepass") for part in (handle, passphrase, kind))
    )
    return hmac.digest(salt, b"pe-vault-v1 slot tag" + named, "sha256")[:TAG_SIZE]


def _slot_key(derived: bytes, kind: Kind) -> bytes:
    return derive_key(derived, f"slot {kind}")


def _context(box: int, embassy: str) -> Context:
    return ("slot", embassy, str(box))


def _seal_slot(seed: Seed, key: bytes, box: int, embassy: str) -> bytes:
    return seal_symmetric(seed, key=key, context=_context(box, embassy))


def _open_slot(slot: bytes, key: bytes, box: int, embassy: str) -> Seed | None:
    try:
        return Seed(open_symmetric(slot, key=key, context=_context(box, embassy)))
    except EnvelopeRefused:
        return None
