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
        PHRASE.replace("-", "\u2012"),
        PHRASE.replace("-", "\u2013"),
        PHRASE.replace("-", "\u2014"),
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
    async def derive_all() -> list[bytes]:
        sizes = [(256, 256), (1_000_000, 1_000_000), (255, 256), (256, 255)]
        return [await pool.derive("x" * x, "h" * h, SALT) for x, h in sizes]

    capped, long, *shorter = asyncio.run(derive_all())
    assert capped == long
    assert capped not in shorter


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
        *tasks, one_more = await start(pool, 3 + 1)
        gate.set()
        with pytest.raises(TooMany, match=r"^staff\.busy$"):
            await one_more
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


def test_a_pool_hashes_with_128_mib_and_lets_64_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    opened, used = threading.Event(), set()

    def wait(memory_kib: int, passphrase: str, handle: str, salt: bytes) -> bytes:
        opened.wait()
        used.add(memory_kib)
        return b""

    monkeypatch.setattr(passphrases, "_argon2id", wait)

    async def fill() -> None:
        pool = Passphrases()
        tasks = await start(pool, 2 + 64 + 1)
        opened.set()
        *hashed, refused = await asyncio.gather(*tasks, return_exceptions=True)
        pool.close()
        assert [b""] * 66 == hashed
        assert isinstance(refused, TooMany)

    asyncio.run(fill())
    assert {128 * 1024} == used


def test_closing_ends_what_runs_and_drops_what_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, closed, was_closed = threading.Semaphore(0), threading.Event(), []

    def work(memory_kib: int, passphrase: str, handle: str, salt: bytes) -> bytes:
        begun.release()
        was_closed.append(closed.wait(0.05))
        return b"done"

    monkeypatch.setattr(passphrases, "_argon2id", work)

    async def close() -> list[bytes | BaseException]:
        pool = Passphrases(memory_mib=8, queue=2)
        tasks = await start(pool, 4)
        begun.acquire()
        begun.acquire()
        pool.close()
        closed.set()
        return await asyncio.gather(*tasks, return_exceptions=True)

    first, second, *dropped = asyncio.run(close())
    assert (b"done", b"done") == (first, second)
    assert [asyncio.CancelledError] * 2 == [type(each) for each in dropped]
    assert [False, False] == was_closed


@pytest.fixture
def asked(pool: Passphrases, monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int, int]]:
    """What the hashing threads ask of the system, which does nothing of it."""
    asked: list[tuple[int, int, int]] = []

    def work(memory_kib: int, passphrase: str, handle: str, salt: bytes) -> bytes:
        return f"{threading.current_thread().name} {threading.get_native_id()}".encode()

    monkeypatch.setattr(os, "setpriority", lambda *given: asked.append(given))
    monkeypatch.setattr(passphrases, "_argon2id", work)
    return asked


@pytest.mark.parametrize(("own", "theirs"), [(0, 10), (-5, 10), (10, 10), (15, 15)])
def test_on_linux_a_hashing_thread_stands_back_behind_the_loop(
    own: int,
    theirs: int,
    pool: Passphrases,
    asked: list[tuple[int, int, int]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(os, "getpriority", lambda which, who: own)
    name, number = asyncio.run(pool.derive("one", "anna", SALT)).decode().split()

    assert name.startswith("passphrase_")
    assert [(os.PRIO_PROCESS, int(number), theirs)] == asked


@pytest.mark.parametrize("platform", ["darwin", "freebsd14"])
def test_elsewhere_no_priority_is_changed(
    platform: str,
    pool: Passphrases,
    asked: list[tuple[int, int, int]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "platform", platform)

    assert asyncio.run(pool.derive("one", "anna", SALT)).startswith(b"passphrase_")
    assert [] == asked


def test_where_a_sandbox_forbids_standing_back_hashing_goes_on(
    pool: Passphrases, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbid(*_: int) -> None:
        raise PermissionError

    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(os, "setpriority", forbid)

    assert 64 == len(asyncio.run(pool.derive("one", "anna", SALT)))


@pytest.mark.skipif(sys.platform != "linux", reason="threads have a priority of their own on Linux")
def test_the_loop_keeps_its_own_priority(
    pool: Passphrases, monkeypatch: pytest.MonkeyPatch
) -> None:
    def priority(memory_kib: int, passphrase: str, handle: str, salt: bytes) -> bytes:
        return bytes([os.getpriority(os.PRIO_PROCESS, threading.get_native_id())])

    monkeypatch.setattr(passphrases, "_argon2id", priority)
    own = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    (theirs,) = asyncio.run(pool.derive("one", "anna", SALT))
    assert max(own, 10) == theirs
    assert own == os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
