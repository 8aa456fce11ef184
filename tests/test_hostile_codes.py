"""A code is good once: not twice, at once, backwards, after a restart, or for another act."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from hostile import Run
from pe_core.desk import accounts, invites, lifting, locking
from pe_core.desk.desk import Desk
from pe_core.desk.sessions import Session
from pe_core.errors import DeskError
from pe_core.running import CONFIG, gather
from pe_core.store import open_store
from pe_core.toolkit.embassy import TestEmbassy, close_embassy, open_test_embassy
from pe_core.toolkit.invented import Account, Clock, open_account
from pe_core.vault import Passphrases, totp_at


@pytest.fixture
def colleague(pe_embassy: TestEmbassy, pe_staff: Session, pe_run: Run) -> Account:
    """A second coordinator; everybody's codes up to now are used up."""
    desk, clock = pe_embassy.desk, pe_embassy.clock
    account: Account = pe_run(
        open_account(desk, clock, pe_run(invites.make_invite(desk, pe_staff)), "zubr")
    )
    clock.move(minutes=2)
    return account


async def tried(desk: Desk, account: Account, code: str) -> str:
    """Return how an unlock with this code ended."""
    try:
        await accounts.unlock(desk, account.handle, account.passphrase, code)
    except DeskError as error:
        return error.key
    return "opened"


def codes_around(account: Account, clock: Clock) -> tuple[str, str, str]:
    """Return the codes of the step before, of this one, and of the next."""
    now = clock.now().timestamp()
    before, this, after = (
        account.code(datetime.fromtimestamp(now + seconds, UTC)) for seconds in (-30, 0, 30)
    )
    return before, this, after


MANY = 6


def test_of_many_with_one_code_in_one_moment_one_gets_in(
    pe_embassy: TestEmbassy, pe_run: Run, pe_clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, account = pe_embassy.desk, pe_embassy.account
    pe_clock.move(minutes=2)
    code = account.code(pe_clock.now())
    real, arrived = accounts.prove, list[str]()

    async def prove(*given: Any) -> Any:
        """Wait until everybody has proved their passphrase and holds the account as it was."""
        proved = await real(*given)
        arrived.append(given[1])
        while len(arrived) < MANY:
            await asyncio.sleep(0)
        return proved

    async def all_at_once() -> list[str]:
        return list(await asyncio.gather(*(tried(desk, account, code) for _ in range(MANY))))

    monkeypatch.setattr(accounts, "prove", prove)

    answers = pe_run(all_at_once())

    assert ["opened"] == [answer for answer in answers if answer == "opened"]
    assert {"opened", "staff.unlock.wrong"} == set(answers)
    assert 1 == len(desk.sessions.items())


def test_codes_do_not_go_backwards(pe_embassy: TestEmbassy, pe_run: Run, pe_clock: Clock) -> None:
    desk, account = pe_embassy.desk, pe_embassy.account
    pe_clock.move(minutes=2)
    before, this, after = codes_around(account, pe_clock)

    answers = [pe_run(tried(desk, account, code)) for code in (this, before, this, after, after)]
    pe_clock.move(seconds=30)
    answers += [pe_run(tried(desk, account, code)) for code in (this, after)]

    wrong = "staff.unlock.wrong"
    assert ["opened", wrong, wrong, "opened", wrong, wrong, wrong] == answers


def test_a_code_is_used_up_by_a_wrong_turn_of_the_clock_too(
    pe_embassy: TestEmbassy, pe_run: Run, pe_clock: Clock
) -> None:
    desk, account = pe_embassy.desk, pe_embassy.account
    pe_clock.move(minutes=2)
    code = account.code(pe_clock.now())
    first = pe_run(tried(desk, account, code))
    pe_clock.move(days=-1)
    yesterday = account.code(pe_clock.now())
    pe_clock.move(hours=1)

    assert "opened" == first
    assert "staff.unlock.wrong" == pe_run(tried(desk, account, yesterday))
    assert "staff.unlock.wrong" == pe_run(tried(desk, account, account.code(pe_clock.now())))


@pytest.fixture
def restarted(tmp_path: Path, pe_clock: Clock, pe_run: Run) -> Iterator[tuple[Desk, Account, str]]:
    """A desk in a new process' place, whose coordinator unlocked a moment before the restart."""
    embassy = pe_run(open_test_embassy(tmp_path / "instance", pe_clock))
    pe_clock.move(minutes=2)
    code = embassy.account.code(pe_clock.now())
    first = pe_run(tried(embassy.desk, embassy.account, code))
    assert "opened" == first
    pe_run(close_embassy(embassy))
    passphrases = Passphrases(memory_mib=1)

    async def open_again() -> Any:
        return await gather(
            embassy.settings,
            embassy.folder,
            embassy.plugins,
            await open_store(embassy.folder),
            now=pe_clock.now,
            passphrases=passphrases,
            config=tmp_path / "instance" / CONFIG,
        )

    desk = pe_run(open_again()).desk
    desk.pause = embassy.desk.pause
    yield desk, embassy.account, code
    passphrases.close()
    pe_run(desk.store.close())


def test_a_code_of_before_a_restart_is_not_good_after_it(
    restarted: tuple[Desk, Account, str], pe_run: Run, pe_clock: Clock
) -> None:
    desk, account, code = restarted
    _, _, after = codes_around(account, pe_clock)

    assert "staff.unlock.wrong" == pe_run(tried(desk, account, code))
    assert "opened" == pe_run(tried(desk, account, after))


def test_the_code_typed_at_joining_does_not_unlock(
    pe_embassy: TestEmbassy, pe_staff: Session, pe_run: Run, pe_clock: Clock
) -> None:
    desk = pe_embassy.desk
    _, joining = pe_run(invites.open_invite(desk, pe_run(invites.make_invite(desk, pe_staff))))
    code = totp_at(joining.totp_secret, pe_clock.now())
    wrong = pe_run(invites.join(desk, joining, "zubr", joining.passphrase, "000000"))
    right = pe_run(invites.join(desk, joining, "zubr", joining.passphrase, code))
    account = Account(handle="zubr", passphrase=joining.passphrase, totp_secret="")

    assert ["code"] == [problem.field for problem in wrong]
    assert () == right
    assert "staff.unlock.wrong" == pe_run(tried(desk, account, code))
    pe_clock.move(seconds=30)
    assert "staff.unlock.wrong" == pe_run(tried(desk, account, code))
    assert "opened" == pe_run(tried(desk, account, totp_at(joining.totp_secret, pe_clock.now())))


def test_a_code_that_lifted_a_freeze_does_not_unlock_and_the_other_way_round(
    pe_embassy: TestEmbassy, pe_staff: Session, colleague: Account, pe_run: Run, pe_clock: Clock
) -> None:
    desk = pe_embassy.desk
    used = colleague.code(pe_clock.now())
    opened = pe_run(tried(desk, colleague, used))
    pe_run(locking.lock_account(desk, pe_staff.box))
    with pytest.raises(DeskError) as refused:
        pe_run(lifting.lift(desk, colleague.handle, colleague.passphrase, used))
    pe_clock.move(minutes=1)
    fresh = colleague.code(pe_clock.now())
    pe_run(lifting.lift(desk, colleague.handle, colleague.passphrase, fresh))

    assert "opened" == opened
    assert "staff.unlock.wrong" == refused.value.key
    assert "staff.unlock.wrong" == pe_run(tried(desk, colleague, fresh))
    _, _, after = codes_around(colleague, pe_clock)
    assert "opened" == pe_run(tried(desk, colleague, after))


def test_a_code_in_place_of_the_passphrase_proves_nothing_again(
    pe_embassy: TestEmbassy, pe_staff: Session, pe_run: Run, pe_clock: Clock
) -> None:
    pe_clock.move(minutes=2)
    account = pe_embassy.account
    for typed in (account.code(pe_clock.now()), account.totp_secret, "", account.handle):
        with pytest.raises(DeskError) as refused:
            pe_run(accounts.confirm_passphrase(pe_embassy.desk, pe_staff, typed))

        assert "staff.step_up.wrong" == refused.value.key


@pytest.mark.parametrize(
    "code", ["", "000000 ", "12345", "1234567", "٠٠٠٠٠٠", "０００００0", "1e5", "-00001", "0" * 99]
)
def test_no_other_code_opens(pe_embassy: TestEmbassy, pe_run: Run, code: str) -> None:
    assert "staff.unlock.wrong" == pe_run(tried(pe_embassy.desk, pe_embassy.account, code))
