"""The emergency lock, what it destroys and freezes, lifting it, and burning one's own account."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from pe_core.desk import (
    accounts,
    invites,
    lifting,
    listing,
    locking,
    proving,
    renewing,
    returning,
)
from pe_core.desk.desk import Desk
from pe_core.desk.epochs import current_epoch
from pe_core.desk.sessions import Session
from pe_core.desk.trail import read_entry
from pe_core.errors import NotAllowed
from pe_core.model import Box
from pe_core.model.trail import Act
from pe_core.store import (
    AccountRow,
    Delete,
    EpochRow,
    GrantRow,
    Insert,
    MemberListRow,
    ShareRow,
    TrailRow,
)
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.toolkit.invented import ASKED, Account, Clock, ask, open_account, unlock_account

Run = Callable[[Awaitable[Any]], Any]


@pytest.fixture
def second(pe_desk: Desk, pe_staff: Session, pe_run: Run, pe_clock: Clock) -> Account:
    """A second coordinator, invited by the first."""
    code = pe_run(invites.make_invite(pe_desk, pe_staff))
    account: Account = pe_run(open_account(pe_desk, pe_clock, code, "zubr"))
    return account


def second_words(desk: Desk, run: Run, session: Session, passphrase: str) -> str:
    """Give an account a second passphrase and return it."""
    run(renewing.begin_renewing(desk, session, "lock", passphrase))
    words = renewing.read_renewing(desk, session, "lock").words
    assert () == run(renewing.finish_renewing(desk, session, "lock", words))
    return words


def grants(desk: Desk, run: Run, box: int) -> int:
    return len(run(desk.store.select(GrantRow, {"box": box})))


def acts(desk: Desk, run: Run, session: Session) -> list[tuple[Act, int, str]]:
    rows = run(desk.store.select(TrailRow, order="number"))
    entries = [read_entry(desk, session, row) for row in rows]
    return [(entry.act, entry.box, entry.what) for entry in entries if entry is not None]


def refused(run: Run, act: Awaitable[Any]) -> str:
    with pytest.raises(NotAllowed) as error:
        run(act)
    return error.value.key


def test_a_lock_ends_everybody_and_destroys_ones_own_grants_only(
    pe_embassy: TestEmbassy, second: Account, pe_run: Run, pe_clock: Clock
) -> None:
    desk = pe_embassy.desk
    pe_run(ask(desk, ASKED[0]))
    mine = pe_run(unlock_account(desk, pe_clock, pe_embassy.account))
    theirs = pe_run(unlock_account(desk, pe_clock, second))
    before = grants(desk, pe_run, theirs.box)

    froze = pe_run(locking.lock_account(desk, mine.box))

    assert froze
    assert 0 == len(desk.sessions)
    assert 0 == grants(desk, pe_run, mine.box)
    assert before == grants(desk, pe_run, theirs.box) > 0
    assert 0 < grants(desk, pe_run, 0), "recovery keeps its own"
    assert ({}, {}) == (mine.epochs, theirs.epochs)


def test_what_was_locked_opens_again_a_day_later_but_for_the_own_older_requests(
    pe_embassy: TestEmbassy, second: Account, pe_run: Run, pe_clock: Clock
) -> None:
    desk = pe_embassy.desk
    pe_run(ask(desk, ASKED[0]))
    mine = pe_run(unlock_account(desk, pe_clock, pe_embassy.account))
    pe_run(locking.lock_account(desk, mine.box))
    right = (pe_embassy.account.handle, pe_embassy.account.passphrase)

    pe_clock.move(hours=23, minutes=59)
    code = pe_embassy.account.code(pe_clock.now())
    frozen = refused(pe_run, accounts.unlock(desk, *right, code))
    wrong = refused(pe_run, accounts.unlock(desk, *right, "000000"))
    pe_clock.move(minutes=1)
    back = pe_run(unlock_account(desk, pe_clock, pe_embassy.account))
    other = pe_run(unlock_account(desk, pe_clock, second))

    assert ("staff.unlock.frozen", "staff.unlock.wrong") == (frozen, wrong)
    assert all(entry.summary is None for entry in pe_run(listing.list_requests(desk, back)))
    assert any(entry.summary is not None for entry in pe_run(listing.list_requests(desk, other)))


def test_a_colleague_gives_the_destroyed_keys_back_once_all_is_well(
    pe_embassy: TestEmbassy, second: Account, pe_run: Run, pe_clock: Clock
) -> None:
    desk = pe_embassy.desk
    pe_run(ask(desk, ASKED[0]))
    mine = pe_run(unlock_account(desk, pe_clock, pe_embassy.account))
    pe_run(locking.lock_account(desk, mine.box))
    pe_clock.move(hours=24)
    other = pe_run(unlock_account(desk, pe_clock, second))

    given = pe_run(returning.give_back(desk, other, mine.box))
    back = pe_run(unlock_account(desk, pe_clock, pe_embassy.account))

    assert given > 0
    assert any(entry.summary is not None for entry in pe_run(listing.list_requests(desk, back)))


def test_people_can_ask_while_it_is_frozen_and_epochs_still_begin(
    pe_desk: Desk, pe_staff: Session, pe_run: Run, pe_clock: Clock
) -> None:
    before = pe_run(current_epoch(pe_desk, "intake"))
    pe_run(locking.lock_account(pe_desk, pe_staff.box))
    pe_clock.move(hours=23)
    pe_run(ask(pe_desk, ASKED[2]))
    pe_clock.move(weeks=1)

    assert before.id != pe_run(current_epoch(pe_desk, "intake")).id


def test_nobody_joins_while_it_is_frozen(
    pe_desk: Desk, pe_staff: Session, pe_run: Run, pe_clock: Clock
) -> None:
    code = pe_run(invites.make_invite(pe_desk, pe_staff))
    _, joining = pe_run(invites.open_invite(pe_desk, code))
    pe_run(locking.lock_account(pe_desk, pe_staff.box))

    assert 0 == len(pe_desk.joinings)
    assert "staff.join.frozen" == refused(pe_run, invites.open_invite(pe_desk, code))
    joins = invites.join(pe_desk, joining, "zubr", joining.passphrase, "000000")
    assert "staff.join.frozen" == refused(pe_run, joins)


def test_one_person_freezes_once_a_week_and_another_can_still(
    pe_embassy: TestEmbassy, second: Account, pe_run: Run, pe_clock: Clock
) -> None:
    desk = pe_embassy.desk
    mine = pe_run(unlock_account(desk, pe_clock, pe_embassy.account))
    theirs = pe_run(unlock_account(desk, pe_clock, second))
    locked = [pe_run(locking.lock_account(desk, mine.box))]
    pe_clock.move(hours=25)
    pe_run(unlock_account(desk, pe_clock, second))
    locked.append(pe_run(locking.lock_account(desk, mine.box)))
    ended = len(desk.sessions)
    open_still = pe_run(locking.read_frozen(desk))
    locked.append(pe_run(locking.lock_account(desk, theirs.box)))
    pe_clock.move(days=6)
    locked.append(pe_run(locking.lock_account(desk, mine.box)))

    assert [True, False, True, True] == locked
    assert (0, None) == (ended, open_still)


def test_the_host_freezes_and_destroys_nothing(
    pe_desk: Desk, pe_staff: Session, pe_run: Run, pe_clock: Clock
) -> None:
    before = pe_run(pe_desk.store.count(GrantRow))

    froze = [pe_run(locking.lock_account(pe_desk)) for _ in range(2)]

    assert [True, True] == froze
    assert before == pe_run(pe_desk.store.count(GrantRow))
    assert pe_clock.now() + timedelta(hours=24) == pe_run(locking.read_frozen(pe_desk)).until


def test_another_coordinator_lifts_the_freeze_and_the_one_who_locked_does_not(
    pe_embassy: TestEmbassy, second: Account, pe_run: Run, pe_clock: Clock
) -> None:
    desk, first = pe_embassy.desk, pe_embassy.account
    mine = pe_run(unlock_account(desk, pe_clock, first))
    pe_run(locking.lock_account(desk, mine.box))
    pe_clock.move(minutes=1)

    def lift(account: Account, code: str = "") -> Awaitable[None]:
        typed = code or account.code(pe_clock.now())
        return lifting.lift(desk, account.handle, account.passphrase, typed)

    assert "staff.lift.not_you" == refused(pe_run, lift(first))
    assert "staff.unlock.wrong" == refused(pe_run, lift(second, "000000"))
    assert pe_run(locking.read_frozen(desk)) is not None
    pe_run(lift(second))
    used = second.code(pe_clock.now())
    reused = refused(pe_run, accounts.unlock(desk, second.handle, second.passphrase, used))
    theirs = pe_run(unlock_account(desk, pe_clock, second))

    assert "staff.unlock.wrong" == reused, "lifting uses the code up"
    assert pe_run(locking.read_frozen(desk)) is None
    assert [(Act.LOCKED, mine.box, ""), (Act.FREEZE_LIFTED, theirs.box, "")] == [
        entry for entry in acts(desk, pe_run, theirs) if entry[0] in (Act.LOCKED, Act.FREEZE_LIFTED)
    ]
    pe_clock.move(minutes=1)
    assert "staff.lift.not_frozen" == refused(pe_run, lift(second))


def test_the_second_passphrase_locks_and_answers_like_a_wrong_one(
    pe_embassy: TestEmbassy, second: Account, pe_run: Run, pe_clock: Clock
) -> None:
    desk, first = pe_embassy.desk, pe_embassy.account
    mine = pe_run(unlock_account(desk, pe_clock, first))
    words = second_words(desk, pe_run, mine, first.passphrase)
    theirs = pe_run(unlock_account(desk, pe_clock, second))
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    desk.pause = pause
    answer = refused(pe_run, accounts.unlock(desk, first.handle, words, "000000"))

    assert "staff.unlock.wrong" == answer
    assert 1 == len(pauses)
    assert 0.0 < pauses[0] < proving.LEAST
    assert 0 == len(desk.sessions)
    assert 0 == grants(desk, pe_run, mine.box) < grants(desk, pe_run, theirs.box)
    assert mine.box == pe_run(locking.read_frozen(desk)).by


def test_the_second_passphrase_locks_at_a_step_up_too(
    pe_embassy: TestEmbassy, pe_run: Run, pe_clock: Clock
) -> None:
    desk, first = pe_embassy.desk, pe_embassy.account
    mine = pe_run(unlock_account(desk, pe_clock, first))
    words = second_words(desk, pe_run, mine, first.passphrase)

    assert "staff.step_up.wrong" == refused(pe_run, accounts.confirm_passphrase(desk, mine, "no"))
    assert 1 == len(desk.sessions)
    assert "staff.step_up.wrong" == refused(pe_run, accounts.confirm_passphrase(desk, mine, words))
    assert (0, 0) == (len(desk.sessions), grants(desk, pe_run, mine.box))


def test_who_was_unlocking_while_somebody_locked_is_not_let_in(
    pe_embassy: TestEmbassy,
    second: Account,
    pe_run: Run,
    pe_clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    desk = pe_embassy.desk
    real = accounts.move_roster

    async def meanwhile(*args: Any) -> None:
        await locking.lock_account(desk, Box(4711))
        await real(*args)

    monkeypatch.setattr(accounts, "move_roster", meanwhile)

    assert "staff.unlock.wrong" == refused(pe_run, unlock_account(desk, pe_clock, second))
    assert 0 == len(desk.sessions)


def test_a_member_list_that_does_not_verify_keeps_nobody_from_locking(
    pe_desk: Desk, pe_staff: Session, pe_run: Run, pe_clock: Clock
) -> None:
    pe_run(pe_desk.store.write([Delete(MemberListRow, {"serial": 0})]))
    pe_desk.epochs_now.clear()
    pe_clock.move(weeks=1)

    assert pe_run(locking.lock_account(pe_desk, pe_staff.box))
    assert (0, 0) == (len(pe_desk.sessions), grants(pe_desk, pe_run, pe_staff.box))


def test_burning_destroys_ones_own_account_and_nothing_of_the_others(
    pe_embassy: TestEmbassy, second: Account, pe_run: Run, pe_clock: Clock
) -> None:
    desk, first = pe_embassy.desk, pe_embassy.account
    pe_run(ask(desk, ASKED[0]))
    theirs = pe_run(unlock_account(desk, pe_clock, second))
    mine = pe_run(unlock_account(desk, pe_clock, first))
    pe_run(desk.store.write([Insert(ShareRow(box=mine.box, body=b"share", day=999_999))]))
    row = pe_run(desk.store.get(AccountRow, mine.box))
    listed = pe_run(desk.store.count(MemberListRow))

    pe_run(locking.burn_account(desk, mine))
    files = b"".join(p.read_bytes() for p in pe_embassy.folder.glob("*.sqlite*"))

    assert [theirs.box] == [row.box for row in pe_run(desk.store.select(AccountRow))]
    assert 0 == grants(desk, pe_run, mine.box) < grants(desk, pe_run, theirs.box)
    assert 0 == pe_run(desk.store.count(ShareRow))
    assert [theirs.box] == [session.box for session in desk.sessions.items()]
    assert row.first[-64:] not in files
    assert row.second[-64:] not in files
    assert "staff.unlock.wrong" == refused(pe_run, unlock_account(desk, pe_clock, first))
    assert listed == pe_run(desk.store.count(MemberListRow)), "colleagues take them off"
    assert (Act.BURNT, mine.box, "") in acts(desk, pe_run, theirs)
    assert 0 < pe_run(desk.store.count(EpochRow))
