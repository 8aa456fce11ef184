"""Keys come from seeds, always the same, and show nothing of themselves."""

import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pe_core.errors import VaultError
from pe_core.vault.keys import Seed, keys_of, new_seed, random_bytes, verify

FIXTURE = json.loads((Path(__file__).parent / "fixtures/vault_v1.json").read_text())
SEED = Seed(bytes(range(32)))
KEYS = keys_of(SEED)


def test_the_keys_of_a_seed_of_version_1_are_the_same_for_ever() -> None:
    people = [keys_of(Seed(bytes.fromhex(seed))) for seed in FIXTURE["seeds"]]

    assert FIXTURE["verify_keys"] == [keys.verify_key.hex() for keys in people]
    assert FIXTURE["public_sha256"] == [hashlib.sha256(keys.public).hexdigest() for keys in people]


def test_a_signature_of_version_1_verifies_for_ever() -> None:
    body, signature = FIXTURE["plaintext"].encode(), bytes.fromhex(FIXTURE["signature"])

    assert verify(bytes.fromhex(FIXTURE["verify_keys"][0]), "note", body, signature)


def test_keys_have_the_lengths_that_others_count_on() -> None:
    assert (1216, 32, 32) == (len(KEYS.public), len(KEYS.verify_key), len(KEYS.symmetric))


def test_a_seed_gives_the_same_keys_and_another_seed_gives_others() -> None:
    again, other = keys_of(SEED), keys_of(new_seed())

    assert (KEYS.public, KEYS.verify_key, KEYS.symmetric) == (
        again.public,
        again.verify_key,
        again.symmetric,
    )
    assert KEYS.public != other.public
    assert KEYS.symmetric != other.symmetric


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_seed_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(VaultError, match=r"^a seed has 32 bytes$"):
        keys_of(Seed(bytes(length)))


def test_keys_do_not_show_their_secrets() -> None:
    shown = f"{KEYS!r} {KEYS} {[KEYS]}"

    assert f"<Keys {KEYS.verify_key.hex()[:8]}>" == repr(KEYS)
    for secret in (SEED, KEYS.symmetric):
        assert secret.hex() not in shown
        assert repr(secret) not in shown


@settings(deadline=None)
@given(st.text(), st.binary())
def test_what_was_signed_verifies(purpose: str, body: bytes) -> None:
    assert verify(KEYS.verify_key, purpose, body, KEYS.sign(purpose, body))


def test_a_signature_is_good_for_one_purpose_body_and_key() -> None:
    signature = KEYS.sign("members", b"body")
    other = keys_of(new_seed())

    assert verify(KEYS.verify_key, "members", b"body", signature)
    assert not verify(KEYS.verify_key, "invite", b"body", signature)
    assert not verify(KEYS.verify_key, "membersb", b"ody", signature)
    assert not verify(KEYS.verify_key, "members", b"bodY", signature)
    assert not verify(other.verify_key, "members", b"body", signature)
    assert not verify(KEYS.verify_key, "members", b"body", signature[:-1])
    assert not verify(KEYS.verify_key, "members", b"body", b"")
    assert not verify(b"short", "members", b"body", signature)


def test_random_bytes_are_not_repeated() -> None:
    assert 100 == len({random_bytes(16) for _ in range(100)})
    assert [0, 1, 32] == [len(random_bytes(n)) for n in (0, 1, 32)]
