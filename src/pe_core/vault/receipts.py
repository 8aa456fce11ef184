"""What a receipt gives: where its request lies, and the keys that open the replies.

A receipt carries 115 bits, so one HKDF is enough and no slow hash stands before asking.
The instance's salt lives with the rows and never changes. Design: vault, "Receipt".
"""

import hashlib

from pe_core.vault.keys import Keys, Seed, derive_key, keys_of


def locator_hash(receipt: str, salt: bytes, purpose: str = "receipt") -> bytes:
    """Return the 32 bytes under which the store has what this receipt is for.

    ``receipt`` is the 24 normalised characters; ``purpose`` keeps invites apart from requests.
    """
    return hashlib.sha256(derive_key(receipt.encode(), f"{purpose} locator", salt=salt)).digest()


def receipt_keys(receipt: str, salt: bytes, purpose: str = "receipt") -> Keys:
    """Return the keys that live nowhere but in this receipt."""
    return keys_of(Seed(derive_key(receipt.encode(), f"{purpose} seed", salt=salt)))
