"""A new passphrase, and a second one that locks."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from pe_core.desk import accounts, renewing
from pe_core.desk.desk import Desk
from pe_core.desk.sessions import Session
from pe_core.desk.trail import read_entry
from pe_core.errors import NotAllowed, NotFound
from pe_core.model.trail import Act
from pe_core.store import AccountRow, TrailRow
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.toolkit.invented import Account, Clock, unlock_account

Run = Callable[[Awaitable[Any]], Any]


def renew(desk: Desk, run: Run, session: Session, kind: Any, typed: str) -> str:
    """Change a passphrase as a person does, and return the new words."""
    run(renewing.begin_renewing(desk, session, kind, typed))
    words = renewing.read_renewing(desk, session, kind).words
    problems = run(renewing.finish_renewing(desk, session, kind, f" {words.upper()} "))

    assert () == problems
    return words


def with_words(account: Account, words: str) -> Account:
    return Account(handle=account.handle, passphrase=words, totp_secret=account.totp_secret)


def opens(desk: Desk, run: Run, clock: Clock, account: Account) -> bool:
    try:
        run(unlock_account(desk, clock, account))
    except NotAllowed as error:
        assert "staff.unlock.wrong" == error.key
        return False
    return True


def entries(desk: Desk, run: Run, session: Session) -> list[tuple[Act, str]]:
    rows = run(desk.store.select(TrailRow, order="number"))
    opened = [read_entry(desk, session, row) for row in rows]
    return [(entry.act, entry.what) for entry in opened if entry is not None]


def test_the_new_words_open_and_the_old_ones_open_nothing(
    pe_embassy: TestEmbassy, pe_staff: Session, pe_run: Run, pe_clock: Clock
) -> None:
    desk, account = pe_embassy.desk, pe_embassy.account
    before = pe_run(desk.store.get(AccountRow, pe_staff.box))

    words = renew(desk, pe_run, pe_staff, "unlock", account.passphrase)
    after = pe_run(desk.store.get(AccountRow, pe_staff.box))
    files = b"".join(p.read_bytes() for p in pe_embassy.folder.glob("*.sqlite*"))
    old = next(s for s in (before.first, before.second) if s not in (after.first, after.second))

    assert words != account.passphrase
    assert 1 == len({before.first, before.second} & {after.first, after.second})
    assert old[-64:] not in files
    assert not opens(desk, pe_run, pe_clock, account)
    assert opens(desk, pe_run, pe_clock, with_words(account, words))
    assert (Act.PASSPHRASE_CHANGED, "") in entries(desk, pe_run, desk.sessions.items()[0])


def test_a_second_passphrase_outlives_a_change_of_the_first(
    pe_embassy: TestEmbassy, pe_staff: Session, pe_run: Run, pe_clock: Clock
) -> None:
    desk, account = pe_embassy.desk, pe_embassy.account
    second = renew(desk, pe_run, pe_staff, "lock", account.passphrase)
    words = renew(desk, pe_run, pe_staff, "unlock", account.passphrase)

    assert opens(desk, pe_run, pe_clock, with_words(account, words))
    assert not opens(desk, pe_run, pe_clock, with_words(account, second))
    assert 0 == len(desk.sessions), "it locked"


def test_a_second_passphrase_that_was_taken_away_is_a_wrong_one(
    pe_embassy: TestEmbassy, pe_staff: Session, pe_run: Run, pe_clock: Clock
) -> None:
    desk, account = pe_embassy.desk, pe_embassy.account
    second = renew(desk, pe_run, pe_staff, "lock", account.passphrase)
    pe_run(renewing.drop_second(desk, pe_staff, account.passphrase))

    assert not opens(desk, pe_run, pe_clock, with_words(account, second))
    assert 1 == len(desk.sessions), "nothing locked"
    assert opens(desk, pe_run, pe_clock, account)


def test_neither_the_rows_nor_the_trail_tell_who_has_a_second_passphrase(
    pe_embassy: TestEmbassy, pe_staff: Session, pe_run: Run
) -> None:
    desk, account = pe_embassy.desk, pe_embassy.account
    before = pe_run(desk.store.get(AccountRow, pe_staff.box))
    renew(desk, pe_run, pe_staff, "lock", account.passphrase)
    with_one = pe_run(desk.store.get(AccountRow, pe_staff.box))
    pe_run(renewing.drop_second(desk, pe_staff, account.passphrase))
    without = pe_run(desk.store.get(AccountRow, pe_staff.box))
    told = [entry for entry in entries(desk, pe_run, pe_staff) if entry[0] != Act.UNLOCKED]

    shapes = {
        (len(row.first), len(row.second), len(row.tags or b""))
        for row in (before, with_one, without)
    }
    assert 1 == len(shapes)
    assert [(Act.SECOND_PASSPHRASE, "changed")] * 2 == told[-2:]


@pytest.mark.parametrize("kind", ["unlock", "lock"])
def test_nothing_changes_before_the_words_are_typed_back(
    pe_embassy: TestEmbassy, pe_staff: Session, pe_run: Run, pe_clock: Clock, kind: Any
) -> None:
    desk, account = pe_embassy.desk, pe_embassy.account
    before = pe_run(desk.store.get(AccountRow, pe_staff.box))
    with pytest.raises(NotAllowed):
        pe_run(renewing.begin_renewing(desk, pe_staff, kind, "one two three"))
    with pytest.raises(NotFound):
        renewing.read_renewing(desk, pe_staff, kind)

    pe_run(renewing.begin_renewing(desk, pe_staff, kind, account.passphrase))
    (problem,) = pe_run(renewing.finish_renewing(desk, pe_staff, kind, account.passphrase))
    words = renewing.read_renewing(desk, pe_staff, kind).words
    pe_clock.move(minutes=15)
    with pytest.raises(NotFound):
        pe_run(renewing.finish_renewing(desk, pe_staff, kind, words))

    assert ("words", "not_the_same") == (problem.field, problem.code)
    assert before == pe_run(desk.store.get(AccountRow, pe_staff.box))


def test_words_of_one_kind_do_not_serve_as_the_other(
    pe_embassy: TestEmbassy, pe_staff: Session, pe_run: Run
) -> None:
    desk = pe_embassy.desk
    pe_run(renewing.begin_renewing(desk, pe_staff, "lock", pe_embassy.account.passphrase))

    with pytest.raises(NotFound):
        renewing.read_renewing(desk, pe_staff, "unlock")
    assert renewing.read_renewing(desk, pe_staff, "lock").words


def test_new_words_are_forgotten_with_the_session_and_when_one_stops(
    pe_embassy: TestEmbassy, pe_staff: Session, pe_run: Run, pe_clock: Clock
) -> None:
    desk, account = pe_embassy.desk, pe_embassy.account
    pe_run(renewing.begin_renewing(desk, pe_staff, "unlock", account.passphrase))
    pe_run(unlock_account(desk, pe_clock, account))
    ended = pe_staff.renewing
    session = desk.sessions.items()[0]
    pe_run(renewing.begin_renewing(desk, session, "unlock", account.passphrase))
    renewing.stop_renewing(session)

    assert (None, None) == (ended, session.renewing)
    assert pe_run(accounts.confirm_passphrase(desk, session, account.passphrase)) is None
