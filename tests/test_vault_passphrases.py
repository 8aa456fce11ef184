"""Passphrases are strong, forgiving to type, slow to guess and cannot jam the door."""

import asyncio
import hashlib
import os
import sys
import threading
from collections.abc import Iterator
from importlib import resources

import pytest
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from hypothesis import given
from hypothesis import strategies as st

from pe_core.errors import TooMany
from pe_core.vault import passphrases
from pe_core.vault.passphrases import Passphrases, generate_passphrase, normalise_passphrase

WORDS = resources.files("pe_core.vault").joinpath("words.txt").read_text("ascii").splitlines()
SALT = b"s" * 32
PHRASE = "abacus zoom felt-tip yo-yo amber calm dial"


@pytest.fixture
def pool() -> Iterator[Passphrases]:
    """Return a pool that hashes with 8 MiB."""
    pool = Passphrases(memory_mib=8)
    yield pool
    pool.close()


def test_the_list_has_7776_different_words() -> None:
    assert (7776, 7776) == (len(WORDS), len(set(WORDS)))
    assert ("abacus", "zoom") == (WORDS[0], WORDS[-1])
    assert all(word.replace("-", "").isalpha() and word == word.lower() for word in WORDS)


def test_a_passphrase_is_seven_words_of_the_list() -> None:
    phrases = [generate_passphrase() for _ in range(50)]

    assert {7} == {len(phrase.split(" ")) for phrase in phrases}
    assert set(WORDS) >= {word for phrase in phrases for word in phrase.split(" ")}
    assert 50 == len(set(phrases))


def test_a_generated_passphrase_is_already_normal() -> None:
    phrase = generate_passphrase()

    assert phrase == normalise_passphrase(phrase)


@pytest.mark.parametrize(
    "typed",
    [
        PHRASE.upper(),
        f"  {PHRASE}\n",
        PHRASE.replace(" ", "   "),
        PHRASE.replace(" ", "\u00a0"),
        PHRASE.replace(" ", "\t"),
        PHRASE.replace("-", "\u2011"),
        PHRASE.replace("-", "\u2010"),
        PHRASE.replace("-", "\u2013"),
        PHRASE.replace("-", "\u2212"),
        PHRASE.replace("a", "\uff41"),
    ],
)
def test_what_was_meant_is_read_whatever_the_keyboard_did(typed: str) -> None:
    assert PHRASE == normalise_passphrase(typed)


@given(st.text(max_size=2000))
def test_any_typed_text_is_normalised_to_single_spaces(typed: str) -> None:
    normal = normalise_passphrase(typed)

    assert " ".join(normal.split()) == normal


def test_a_derivation_is_argon2id_over_the_passphrase_and_the_handle(pool: Passphrases) -> None:
    argon2id = Argon2id(
        salt=hashlib.sha256(SALT + b"anna").digest()[:16],
        length=64,
        iterations=3,
        lanes=1,
        memory_cost=8 * 1024,
    )

    expected = argon2id.derive(PHRASE.encode())
    assert expected == asyncio.run(pool.derive(f" {PHRASE.upper()}", " Anna ", SALT))


def test_a_derivation_is_of_one_passphrase_handle_and_salt(pool: Passphrases) -> None:
    async def derive_all() -> list[bytes]:
        return [
            await pool.derive("one", "anna", SALT),
            await pool.derive("two", "anna", SALT),
            await pool.derive("one", "bela", SALT),
            await pool.derive("one", "anna", b"t" * 32),
        ]

    assert 4 == len(set(asyncio.run(derive_all())))


def test_input_is_capped_before_it_is_hashed(pool: Passphrases) -> None:
    async def derive_pair() -> tuple[bytes, bytes]:
        return (
            await pool.derive("x" * 256, "h" * 256, SALT),
            await pool.derive("x" * 1_000_000, "h" * 1_000_000, SALT),
        )

    capped, long = asyncio.run(derive_pair())
    assert capped == long


def test_what_no_keyboard_types_is_hashed_all_the_same(pool: Passphrases) -> None:
    assert 64 == len(asyncio.run(pool.derive("\ud800", "\udfff", SALT)))


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Replace the hash by work that lasts until the gate is opened."""
    gate = threading.Event()

    def wait_at_gate(memory_kib: int, passphrase: str, handle: str, salt: bytes) -> bytes:
        gate.wait()
        return passphrase.encode()

    monkeypatch.setattr(passphrases, "_argon2id", wait_at_gate)
    yield gate
    gate.set()


async def start(pool: Passphrases, count: int) -> list[asyncio.Task[bytes]]:
    """Start so many derivations and let each take its place."""
    tasks = [asyncio.create_task(pool.derive(f"p{n}", "anna", SALT)) for n in range(count)]
    await asyncio.sleep(0)
    return tasks


def test_a_full_queue_says_so_and_has_room_again_afterwards(gate: threading.Event) -> None:
    async def fill() -> list[bytes]:
        pool = Passphrases(memory_mib=8, queue=1)
        tasks = await start(pool, 3)
        with pytest.raises(TooMany, match=r"^staff\.busy$"):
            await pool.derive("one more", "anna", SALT)
        gate.set()
        done = [*await asyncio.gather(*tasks), await pool.derive("later", "anna", SALT)]
        pool.close()
        return done

    assert [b"p0", b"p1", b"p2", b"later"] == asyncio.run(fill())


def test_whoever_goes_away_gives_the_place_back(gate: threading.Event) -> None:
    async def leave() -> bytes:
        pool = Passphrases(memory_mib=8, queue=1)
        tasks = await start(pool, 3)
        tasks[2].cancel()
        await asyncio.sleep(0)
        late = asyncio.create_task(pool.derive("late", "anna", SALT))
        await asyncio.sleep(0)
        gate.set()
        await asyncio.gather(*tasks[:2])
        result = await late
        pool.close()
        return result

    assert b"late" == asyncio.run(leave())


@pytest.mark.skipif(sys.platform != "linux", reason="threads have a priority of their own on Linux")
def test_the_hashing_threads_stand_back_behind_the_loop(
    pool: Passphrases, monkeypatch: pytest.MonkeyPatch
) -> None:
    def priority(memory_kib: int, passphrase: str, handle: str, salt: bytes) -> bytes:
        return bytes([os.getpriority(os.PRIO_PROCESS, threading.get_native_id())])

    monkeypatch.setattr(passphrases, "_argon2id", priority)
    own = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    (theirs,) = asyncio.run(pool.derive("one", "anna", SALT))
    assert max(own, 10) == theirs
    assert own == os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
