"""The published test vectors of everything that the vault is arranged from."""

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.bindings._rust import openssl
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from pyhpke import AEADId, CipherSuite, KDFId, KEMId, KEMKey
from shamir_mnemonic import combine_mnemonics

from pe_core.errors import SharesRefused
from pe_core.vault.envelope import open_envelope, seal
from pe_core.vault.keys import derive_key, expand_hpke_seed, keys_of, new_seed
from pe_core.vault.shares import _recover, join_shares

VECTORS = json.loads((Path(__file__).parent / "fixtures/vault_vectors.json").read_text())
HYBRID, CURVE = 0x647A, 0x0020
SLIP39 = VECTORS["slip39"]["vectors"]


def hpke_vector(kem: int) -> dict[str, Any]:
    """Return the vector of a KEM with its hex values as bytes."""
    (vector,) = [each for each in VECTORS["hpke"]["vectors"] if each["kem_id"] == kem]
    return {
        name: bytes.fromhex(value) if isinstance(value, str) else value
        for name, value in vector.items()
    }


def test_hpke_opens_the_vector_of_the_hybrid_kem() -> None:
    """draft-ietf-hpke-pq, KEM 0x647A, HKDF-SHA256, ChaCha20-Poly1305: the suite of envelopes."""
    vector = hpke_vector(HYBRID)
    private, public = expand_hpke_seed(vector["skRm"])
    suite = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
    opened = openssl.hpke._decrypt_with_aad(
        suite, vector["enc"] + vector["ct"], private, vector["info"], vector["aad"]
    )

    assert vector["pkRm"] == public
    assert vector["pt"] == opened


def test_hpke_opens_the_vector_of_rfc_9180() -> None:
    vector = hpke_vector(CURVE)
    private = X25519PrivateKey.from_private_bytes(vector["skRm"])
    suite = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
    opened = openssl.hpke._decrypt_with_aad(
        suite, vector["enc"] + vector["ct"], private, vector["info"], vector["aad"]
    )

    assert vector["pt"] == opened


def test_hpke_and_a_second_implementation_open_each_other() -> None:
    private = X25519PrivateKey.generate()
    ours = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
    theirs = CipherSuite.new(
        KEMId.DHKEM_X25519_HKDF_SHA256, KDFId.HKDF_SHA256, AEADId.CHACHA20_POLY1305
    )
    from_us = ours.encrypt(b"hello", private.public_key(), info=b"info")
    enc, sender = theirs.create_sender_context(
        KEMKey.from_pyca_cryptography_key(private.public_key()), info=b"info"
    )
    recipient = theirs.create_recipient_context(
        from_us[:32], KEMKey.from_pyca_cryptography_key(private), info=b"info"
    )

    assert b"hello" == recipient.open(from_us[32:])
    assert b"hello" == ours.decrypt(enc + sender.seal(b"hello"), private, info=b"info")


def test_a_second_reading_of_the_hybrid_kem_opens_our_wraps() -> None:
    """The KEM and the key schedule written out, so that wraps are HPKE and nothing like it."""
    seed, context = new_seed(), ("request", "zz", "r1")
    envelope = seal(b"hello", to=[keys_of(seed).public], context=context)
    header, wrap = envelope[:8], envelope[40:1208]
    info = b"pe-vault-v1 envelope wrap " + header + b"\x93\xa7request\xa2zz\xa2r1"
    key, nonce = hybrid_key_schedule(derive_key(seed, "hpke"), wrap[:1120], info)
    content_key = ChaCha20Poly1305(key).decrypt(nonce, wrap[1120:], b"")

    assert 32 == len(content_key)
    assert b"hello" == open_envelope(envelope, keys_of(seed), context)


def test_the_second_reading_agrees_with_the_vector() -> None:
    vector = hpke_vector(HYBRID)
    key, nonce = hybrid_key_schedule(vector["skRm"], vector["enc"], vector["info"])

    assert vector["pt"] == ChaCha20Poly1305(key).decrypt(nonce, vector["ct"], vector["aad"])


def hybrid_key_schedule(seed: bytes, enc: bytes, info: bytes) -> tuple[bytes, bytes]:
    """Decapsulate (ML-KEM-768 + X25519, SHA3-256) and run RFC 9180's key schedule, base mode."""
    expanded = hashlib.shake_256(seed).digest(96)
    curve = X25519PrivateKey.from_private_bytes(expanded[64:])
    lattice_secret = MLKEM768PrivateKey.from_seed_bytes(expanded[:64]).decapsulate(enc[:1088])
    curve_secret = curve.exchange(X25519PublicKey.from_public_bytes(enc[1088:]))
    shared = hashlib.sha3_256(
        lattice_secret
        + curve_secret
        + enc[1088:]
        + curve.public_key().public_bytes_raw()
        + b"\\.//^\\"
    ).digest()
    suite = b"HPKE" + bytes.fromhex("647a00010003")

    def extract(salt: bytes, label: bytes, secret: bytes) -> bytes:
        return hmac.digest(salt, b"HPKE-v1" + suite + label + secret, "sha256")

    def expand(secret: bytes, label: bytes, about: bytes, length: int) -> bytes:
        about = length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + about
        return hmac.digest(secret, about + b"\x01", "sha256")[:length]

    about = b"\0" + extract(b"", b"psk_id_hash", b"") + extract(b"", b"info_hash", info)
    secret = extract(shared, b"secret", b"")
    return expand(secret, b"key", about, 32), expand(secret, b"base_nonce", about, 12)


@pytest.mark.parametrize(
    ("seed", "public", "message", "signature"),
    [
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bac"
            "c61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        ),
        (
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e"
            "458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        ),
    ],
)
def test_ed25519_gives_the_vectors_of_rfc_8032(
    seed: str, public: str, message: str, signature: str
) -> None:
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(seed))

    assert public == key.public_key().public_bytes_raw().hex()
    assert signature == key.sign(bytes.fromhex(message)).hex()


def test_argon2id_gives_the_vector_of_rfc_9106() -> None:
    argon2id = Argon2id(
        salt=b"\x02" * 16,
        length=32,
        iterations=3,
        lanes=4,
        memory_cost=32,
        ad=b"\x04" * 12,
        secret=b"\x03" * 8,
    )

    expected = "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659"
    assert expected == argon2id.derive(b"\x01" * 32).hex()


@pytest.mark.parametrize(
    "vector", [each for each in SLIP39 if each["secret"]], ids=lambda vector: vector["name"]
)
def test_slip_39_joins_the_shares_of_its_vectors(vector: dict[str, Any]) -> None:
    expected = bytes.fromhex(vector["secret"])

    assert expected == combine_mnemonics(vector["shares"], b"TREZOR")
    assert expected == _recover(vector["shares"]).decrypt(b"TREZOR")


@pytest.mark.parametrize(
    "vector", [each for each in SLIP39 if not each["secret"]], ids=lambda vector: vector["name"]
)
def test_slip_39_refuses_the_wrong_shares_of_its_vectors(vector: dict[str, Any]) -> None:
    with pytest.raises(SharesRefused):
        join_shares(vector["shares"])
