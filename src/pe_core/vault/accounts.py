"""Accounts: two equal slots for each person, of which one opens the account.

From one Argon2id run come two slot keys, *unlock* and *lock*. Both slots of an account are
symmetric envelopes of the same length under the same context; the one that nobody uses is
sealed under a key that was thrown away. Which is which shows nowhere. Design: vault, "Duress".
"""

from collections.abc import Iterable
from typing import Literal

from pe_core.errors import EnvelopeRefused
from pe_core.model.struct import Model
from pe_core.vault.envelope import Context, open_symmetric, seal_symmetric
from pe_core.vault.keys import Seed, derive_key, new_seed, random_bytes

Kind = Literal["unlock", "lock"]
"""What the passphrase of a slot does: open the account, or shut it in need."""


class Slots(Model):
    """The two envelopes of an account, in an order that tells nothing."""

    first: bytes
    second: bytes


class OpenedSlot(Model):
    """What a passphrase opened; a ``lock`` slot has a seed that opens nothing."""

    box: int
    seed: Seed
    kind: Kind

    def __repr__(self) -> str:
        """Show no seed."""
        return f"<OpenedSlot {self.kind}>"


def make_slots(
    seed: Seed, derived: bytes, box: int, embassy: str, *, lock: bytes | None = None
) -> Slots:
    """Seal an account's seed under what its passphrase derived; ``lock`` is the duress one's.

    The lock slot holds a fresh seed instead of the account's, so that whoever forces it out of
    somebody, and has a copy of the disk, opens nothing with it.
    """
    unlocking = _seal_slot(seed, _slot_key(derived, "unlock"), box, embassy)
    other_key = random_bytes(32) if lock is None else _slot_key(lock, "lock")
    other = _seal_slot(new_seed(), other_key, box, embassy)
    if random_bytes(1)[0] & 1:
        return Slots(first=unlocking, second=other)
    return Slots(first=other, second=unlocking)


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
