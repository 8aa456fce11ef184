"""A flood of wrong passphrases keeps no coordinator out, and the answers' time tells nothing."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from pe_core.desk import accounts, invites, proving
from pe_core.desk.desk import Desk
from pe_core.desk.sessions import Session
from pe_core.errors import DeskError, NotAllowed
from pe_core.store import AccountRow, Update
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.toolkit.invented import Clock, open_account, unlock_account
from pe_core.vault import generate_passphrase

Run = Callable[[Awaitable[Any]], Any]
FLOOD = 2_000


@pytest.fixture
def hashes(pe_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The handle of every run of the slow hash."""
    runs: list[str] = []
    real = pe_desk.passphrases.derive

    async def derive(passphrase: str, handle: str, salt: bytes) -> bytes:
        runs.append(handle)
        return await real(passphrase, handle, salt)

    monkeypatch.setattr(pe_desk.passphrases, "derive", derive)
    return runs


async def flood(desk: Desk, name: Callable[[int], str]) -> list[str]:
    """Try so many wrong passphrases at once; returns what they were answered."""

    async def try_one(number: int) -> str:
        try:
            await accounts.unlock(desk, name(number), generate_passphrase(), "000000")
        except DeskError as error:
            return error.key
        return "opened"

    return list(await asyncio.gather(*(try_one(number) for number in range(FLOOD))))


@pytest.mark.parametrize("name", ["somebody {}", "busel"], ids=["any name", "the own name"])
def test_a_coordinator_gets_in_through_a_flood(
    pe_embassy: TestEmbassy, pe_run: Run, pe_clock: Clock, hashes: list[str], name: str
) -> None:
    desk = pe_embassy.desk

    async def both() -> tuple[list[str], Any]:
        wrong = asyncio.create_task(flood(desk, name.format))
        await asyncio.sleep(0)
        session = await unlock_account(desk, pe_clock, pe_embassy.account)
        return await wrong, session

    answers, session = pe_run(both())

    assert "busel" == session.handle
    assert {"staff.unlock.wrong"} == set(answers)
    # Of 2,000 guesses one in 16,384 has a tag that fits: eight are beyond all chance.
    assert len(hashes) <= 1 + 8


def test_who_has_a_passphrase_but_no_code_keeps_no_other_coordinator_out(
    pe_embassy: TestEmbassy,
    pe_staff: Session,
    pe_run: Run,
    pe_clock: Clock,
    hashes: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    desk = pe_embassy.desk
    invite = pe_run(invites.make_invite(desk, pe_staff))
    stolen = pe_run(open_account(desk, pe_clock, invite, "zubr"))
    hashes.clear()
    noted, go_on, answers = desk.passphrases.derive, asyncio.Event(), list[str]()

    async def derive(passphrase: str, handle: str, salt: bytes) -> bytes:
        derived = await noted(passphrase, handle, salt)
        if handle == stolen.handle:
            await go_on.wait()
        return derived

    async def try_one() -> None:
        try:
            await accounts.unlock(desk, stolen.handle, stolen.passphrase, "000000")
        except DeskError as error:
            answers.append(error.key)

    async def both() -> Session:
        async with asyncio.timeout(60), asyncio.TaskGroup() as tries:
            for _ in range(FLOOD // 10):
                tries.create_task(try_one())
            session = await unlock_account(desk, pe_clock, pe_embassy.account)
            while len(answers) < FLOOD // 10 - proving.WAITING_LIMIT:
                await asyncio.sleep(0)
            go_on.set()
        return session

    monkeypatch.setattr(desk.passphrases, "derive", derive)
    session = pe_run(both())

    assert "busel" == session.handle
    assert {"staff.unlock.wrong": 8, "staff.busy": FLOOD // 10 - 8} == Counter(answers)
    assert {"busel": 1, "zubr": 8} == Counter(hashes)
    assert {} == desk.turns


def test_no_refusal_comes_early_whatever_is_wrong(
    pe_embassy: TestEmbassy, pe_run: Run, pe_clock: Clock
) -> None:
    desk, account = pe_embassy.desk, pe_embassy.account
    pe_clock.move(minutes=2)
    tries = {
        "tag": (account.handle, generate_passphrase(), account.code(pe_clock.now())),
        "name": ("nobody", account.passphrase, account.code(pe_clock.now())),
        "code": (account.handle, account.passphrase, "000000"),
    }
    held: list[float] = []

    async def pause(seconds: float) -> None:
        held.append(seconds)

    async def at(typed: tuple[str, str, str]) -> float:
        desk.wrong_tries.clear()
        held.clear()
        begun = asyncio.get_running_loop().time()
        with pytest.raises(NotAllowed):
            await accounts.unlock(desk, *typed)
        return asyncio.get_running_loop().time() - begun + sum(held)

    desk.pause = pause
    times = {part: pe_run(at(typed)) for part, typed in tries.items()}

    assert all(proving.LEAST <= took < proving.LEAST + 0.2 for took in times.values()), times


def test_an_account_from_before_there_were_tags_unlocks_and_gets_them(
    pe_embassy: TestEmbassy, pe_run: Run, pe_clock: Clock, hashes: list[str]
) -> None:
    desk, account = pe_embassy.desk, pe_embassy.account
    (row,) = pe_run(desk.store.select(AccountRow))
    pe_run(desk.store.write([Update(AccountRow, (row.box,), {"tags": None})]))
    with pytest.raises(NotAllowed):
        pe_run(accounts.unlock(desk, account.handle, generate_passphrase(), "000000"))
    slow = len(hashes)

    first = pe_run(unlock_account(desk, pe_clock, account))
    (after,) = pe_run(desk.store.select(AccountRow))
    with pytest.raises(NotAllowed):
        pe_run(accounts.unlock(desk, account.handle, generate_passphrase(), "000000"))
    again = pe_run(unlock_account(desk, pe_clock, account))

    assert 1 == slow, "without tags nothing is known before the slow hash"
    assert 4 == len(after.tags)
    assert first.box == again.box
    assert 3 == len(hashes)


def test_too_many_names_push_out_the_one_tried_longest_ago(
    pe_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proving, "NAMES_LIMIT", 3)
    for name in (b"a", b"b", b"c", b"a", b"d"):
        proving.note_wrong(pe_desk, name)

    assert {b"c": 1, b"a": 2, b"d": 1} == pe_desk.wrong_tries
