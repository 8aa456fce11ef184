"""Keys from seeds: what a person, an epoch, a request or an invite opens and signs with.

Seeds are kept, not keys, because the library does not export these private keys. One seed
gives three things, by HKDF-SHA256 (RFC 5869) with a label each (design: vault, "One construct"):

* ``hpke``: expanded by SHAKE256 to 64 bytes for ML-KEM-768 (FIPS 203) and 32 for X25519
  (RFC 7748), as the hybrid KEM 0x647A of HPKE does;
* ``sign``: Ed25519 (RFC 8032);
* ``sym``: the key of the symmetric lane.
"""

import hashlib
import os
from functools import cached_property, lru_cache
from typing import NewType

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import MLKEM768X25519PrivateKey, MLKEM768X25519PublicKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from pe_core.errors import NothingToSealTo, VaultError

Seed = NewType("Seed", bytes)
"""32 random bytes that all keys of one owner come from."""

PUBLIC_SIZE = 1216
"""Bytes of a public key: 1184 of ML-KEM-768, then 32 of X25519."""

_MLKEM_SIZE = 1184
_SEED_SIZE = 32
_LABEL = b"pe-vault-v1 "
_SHA256 = hashes.SHA256()


class Keys:
    """The keys of one seed; made by ``keys_of``, never printed, never written down.

    ``public`` (1216 bytes) is what others seal to, ``verify_key`` (32 bytes) checks what
    ``sign`` signed, ``symmetric`` (32 bytes) is the key of the symmetric lane. The last two
    are derived when first asked for: most keys, such as a requester's, never sign.
    """

    def __init__(self, seed: Seed) -> None:
        """Derive what is sealed to and opens; raises VaultError if the seed has not 32 bytes."""
        if len(seed) != _SEED_SIZE:
            raise VaultError(f"a seed has {_SEED_SIZE} bytes")
        self.seed = seed
        self.private, self.public = expand_hpke_seed(derive_key(seed, "hpke"))

    @cached_property
    def verify_key(self) -> bytes:
        """The public key that checks this owner's signatures."""
        return self._signer.public_key().public_bytes_raw()

    @cached_property
    def symmetric(self) -> bytes:
        """The key of the symmetric lane."""
        return derive_key(self.seed, "sym")

    @cached_property
    def _signer(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(derive_key(self.seed, "sign"))

    def __repr__(self) -> str:
        """Show which key this is and nothing secret."""
        return f"<Keys {self.verify_key.hex()[:8]}>"

    def sign(self, purpose: str, body: bytes) -> bytes:
        """Sign these exact bytes for one purpose; 64 bytes, Ed25519."""
        return self._signer.sign(_to_sign(purpose, body))

    def sign_exact(self, body: bytes) -> bytes:
        """Sign these bytes as they are: for RFC 9421 and DSSE, whose bytes say what they are for.

        Neither begins as ``sign`` does, so a signature of one kind is none of the other.
        """
        return self._signer.sign(body)


def random_bytes(n: int) -> bytes:
    """Return ``n`` random bytes of the operating system, the one source of the house."""
    return os.urandom(n)


def new_seed() -> Seed:
    """Return a fresh seed."""
    return Seed(random_bytes(_SEED_SIZE))


def keys_of(seed: Seed) -> Keys:
    """Derive the keys of a seed; raises VaultError if it has not 32 bytes."""
    return Keys(seed)


def verify(verify_key: bytes, purpose: str, body: bytes, signature: bytes) -> bool:
    """Say whether this key signed exactly these bytes for this purpose."""
    return verify_exact(verify_key, _to_sign(purpose, body), signature)


def verify_exact(verify_key: bytes, body: bytes, signature: bytes) -> bool:
    """Say whether this key signed exactly these bytes, by ``sign_exact`` or as a standard says."""
    try:
        Ed25519PublicKey.from_public_bytes(verify_key).verify(signature, body)
    except (InvalidSignature, ValueError):
        return False
    return True


def derive_key(secret: bytes, label: str, *, salt: bytes | None = None, length: int = 32) -> bytes:
    """Derive a key for one use from a secret by HKDF-SHA256 (RFC 5869)."""
    return HKDF(_SHA256, length, salt, _LABEL + label.encode()).derive(secret)


def expand_hpke_seed(seed: bytes) -> tuple[MLKEM768X25519PrivateKey, bytes]:
    """Expand 32 bytes to the hybrid private key and its raw public key of 1216 bytes."""
    expanded = hashlib.shake_256(seed).digest(96)
    lattice = MLKEM768PrivateKey.from_seed_bytes(expanded[:64])
    curve = X25519PrivateKey.from_private_bytes(expanded[64:])
    public = lattice.public_key().public_bytes_raw() + curve.public_key().public_bytes_raw()
    return MLKEM768X25519PrivateKey(lattice, curve), public


@lru_cache(maxsize=256)
def read_public_key(public: bytes) -> MLKEM768X25519PublicKey:
    """Parse a raw public key; raises NothingToSealTo if nobody could open what is sealed to it.

    Remembered, because the members and the epoch are sealed to again and again.
    """
    if len(public) != PUBLIC_SIZE:
        raise NothingToSealTo(f"a public key has {PUBLIC_SIZE} bytes")
    try:
        lattice = MLKEM768PublicKey.from_public_bytes(public[:_MLKEM_SIZE])
        curve = X25519PublicKey.from_public_bytes(public[_MLKEM_SIZE:])
        # A point of low order parses, but every exchange with it fails: found here, one bad
        # key of one member cannot stop a whole epoch later.
        X25519PrivateKey.from_private_bytes(bytes(32)).exchange(curve)
    except ValueError:
        raise NothingToSealTo("this public key is not valid") from None
    return MLKEM768X25519PublicKey(lattice, curve)


def is_public_key(public: bytes) -> bool:
    """Return whether these bytes are a public key that can be sealed to."""
    try:
        read_public_key(public)
    except NothingToSealTo:
        return False
    return True


def _to_sign(purpose: str, body: bytes) -> bytes:
    # An array, never a joined string: what was signed for one purpose says nothing in another.
    return _LABEL + msgspec.msgpack.encode(("sign", purpose, body))
