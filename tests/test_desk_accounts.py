"""Accounts: inviting, joining, unlocking, and what a newcomer sees."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from pe_core.desk import accounts, invites, listing, proving, requests, roster
from pe_core.desk.desk import Desk
from pe_core.desk.sessions import Session
from pe_core.errors import MembersInvalid, NotAllowed, NotFound
from pe_core.rules.receipts import make_receipt, show_receipt
from pe_core.store import AccountRow, EpochRow, GrantRow, InviteRow, MemberListRow, Update
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.toolkit.invented import ASKED, Account, Clock, ask, open_account, unlock_account

Run = Callable[[Awaitable[Any]], Any]


@pytest.fixture
def second(pe_desk: Desk, pe_staff: Session, pe_run: Run, pe_clock: Clock) -> Account:
    """A second coordinator, invited by the first."""
    code = pe_run(invites.make_invite(pe_desk, pe_staff))
    account: Account = pe_run(open_account(pe_desk, pe_clock, code, "zubr"))
    return account


def test_an_invite_opens_one_account_and_then_nothing(
    pe_desk: Desk, pe_staff: Session, pe_run: Run, pe_clock: Clock
) -> None:
    code = pe_run(invites.make_invite(pe_desk, pe_staff))

    account = pe_run(open_account(pe_desk, pe_clock, show_receipt(code), "zubr"))
    session = pe_run(unlock_account(pe_desk, pe_clock, account))

    assert "zubr" == session.handle
    assert 0 == pe_run(pe_desk.store.count(InviteRow))
    with pytest.raises(NotFound):
        pe_run(invites.open_invite(pe_desk, code))


def test_two_people_with_one_invite_get_one_account(
    pe_desk: Desk, pe_staff: Session, pe_run: Run, pe_clock: Clock
) -> None:
    code = pe_run(invites.make_invite(pe_desk, pe_staff))
    _, first = pe_run(invites.open_invite(pe_desk, code))
    _, other = pe_run(invites.open_invite(pe_desk, code))
    import base64

    def join(joining: Any, handle: str) -> Any:
        secret = base64.b32encode(joining.totp_secret).decode().rstrip("=")
        account = Account(handle=handle, passphrase=joining.passphrase, totp_secret=secret)
        return pe_run(
            invites.join(pe_desk, joining, handle, joining.passphrase, account.code(pe_clock.now()))
        )

    assert () == join(first, "zubr")
    with pytest.raises((NotFound, MembersInvalid)):
        join(other, "wouk")
    assert 2 == pe_run(pe_desk.store.count(AccountRow))


def test_an_invite_ends_after_a_day(
    pe_desk: Desk, pe_staff: Session, pe_run: Run, pe_clock: Clock
) -> None:
    code = pe_run(invites.make_invite(pe_desk, pe_staff))
    pe_clock.move(hours=24)

    with pytest.raises(NotFound) as late:
        pe_run(invites.open_invite(pe_desk, code))
    with pytest.raises(NotFound) as unknown:
        pe_run(invites.open_invite(pe_desk, make_receipt(bytes(32))))
    assert late.value.key == unknown.value.key


def test_what_is_typed_back_wrongly_is_named_and_opens_nothing(
    pe_desk: Desk, pe_staff: Session, pe_run: Run
) -> None:
    code = pe_run(invites.make_invite(pe_desk, pe_staff))
    _, joining = pe_run(invites.open_invite(pe_desk, code))

    problems = pe_run(invites.join(pe_desk, joining, "a b", "seven other words", "000000"))

    assert [("handle", "handle"), ("passphrase", "not_the_same"), ("code", "code")] == [
        (problem.field, problem.code) for problem in problems
    ]
    assert 1 == pe_run(pe_desk.store.count(AccountRow))


def test_a_newcomer_sees_what_comes_and_nothing_older(
    pe_desk: Desk, pe_staff: Session, pe_run: Run, pe_clock: Clock
) -> None:
    pe_run(ask(pe_desk, ASKED[0]))
    code = pe_run(invites.make_invite(pe_desk, pe_staff))
    account = pe_run(open_account(pe_desk, pe_clock, code, "zubr"))
    pe_run(ask(pe_desk, ASKED[2]))
    newcomer = pe_run(unlock_account(pe_desk, pe_clock, account))

    seen = pe_run(listing.list_requests(pe_desk, newcomer))
    old = next(entry for entry in seen if entry.summary is None)

    assert [True, False] == sorted((entry.summary is None for entry in seen), reverse=True)
    with pytest.raises(NotFound):
        pe_run(requests.open_request(pe_desk, newcomer, old.id))
    assert all(
        entry.summary is not None for entry in pe_run(listing.list_requests(pe_desk, pe_staff))
    )


def test_colleagues_learn_of_each_other(
    pe_desk: Desk, pe_embassy: TestEmbassy, second: Account, pe_run: Run, pe_clock: Clock
) -> None:
    newcomer = pe_run(unlock_account(pe_desk, pe_clock, second))
    before = {view.handle for view in pe_run(roster.list_members(pe_desk, newcomer))}
    first = pe_run(unlock_account(pe_desk, pe_clock, pe_embassy.account))

    after = {view.handle for view in pe_run(roster.list_members(pe_desk, newcomer))}

    assert {"zubr", ""} == before
    assert (newcomer.box,) == first.joined_since
    assert {"zubr", "busel"} == after


def test_where_there_are_two_coordinators_two_sign_an_invite(
    pe_desk: Desk, pe_embassy: TestEmbassy, second: Account, pe_run: Run, pe_clock: Clock
) -> None:
    first = pe_run(unlock_account(pe_desk, pe_clock, pe_embassy.account))
    code = pe_run(invites.make_invite(pe_desk, first))
    with pytest.raises(NotAllowed) as early:
        pe_run(invites.open_invite(pe_desk, code))
    other = pe_run(unlock_account(pe_desk, pe_clock, second))
    (view,) = pe_run(invites.list_invites(pe_desk, other))

    pe_run(invites.sign_invite(pe_desk, other, view.locator))
    account = pe_run(open_account(pe_desk, pe_clock, code, "wouk"))

    assert "staff.join.not_signed" == early.value.key
    assert (False, False, first.box) == (view.ready, view.mine, view.by)
    assert "wouk" == pe_run(unlock_account(pe_desk, pe_clock, account)).handle


def test_signing_ones_own_invite_twice_is_not_two_signatures(
    pe_desk: Desk, pe_embassy: TestEmbassy, second: Account, pe_run: Run, pe_clock: Clock
) -> None:
    first = pe_run(unlock_account(pe_desk, pe_clock, pe_embassy.account))
    code = pe_run(invites.make_invite(pe_desk, first))
    (view,) = pe_run(invites.list_invites(pe_desk, first))

    pe_run(invites.sign_invite(pe_desk, first, view.locator))

    with pytest.raises(NotAllowed):
        pe_run(invites.open_invite(pe_desk, code))


def test_an_invite_can_be_taken_back(pe_desk: Desk, pe_staff: Session, pe_run: Run) -> None:
    code = pe_run(invites.make_invite(pe_desk, pe_staff))
    (view,) = pe_run(invites.list_invites(pe_desk, pe_staff))

    pe_run(invites.drop_invite(pe_desk, pe_staff, view.locator))

    with pytest.raises(NotFound):
        pe_run(invites.open_invite(pe_desk, code))


WRONG = [
    ("nobody", "right", "right", 0),
    ("busel", "wrong", "right", 0),
    ("busel", "right", "wrong", 1),
    ("", "", "", 0),
    ("busel" * 100, "x" * 10_000, "9" * 1000, 0),
]


@pytest.mark.parametrize(("handle", "passphrase", "code", "slow"), WRONG)
def test_any_wrong_part_gives_one_answer_at_one_time(
    pe_embassy: TestEmbassy,
    pe_run: Run,
    pe_clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    handle: str,
    passphrase: str,
    code: str,
    slow: int,
) -> None:
    account = pe_embassy.account
    desk = pe_embassy.desk
    hashes: list[str] = []
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    desk.pause = pause
    real = desk.passphrases.derive

    async def derive(*args: Any) -> bytes:
        hashes.append("slow")
        return await real(*args)

    monkeypatch.setattr(desk.passphrases, "derive", derive)
    pe_clock.move(minutes=2)
    given_passphrase = account.passphrase if passphrase == "right" else passphrase
    given_code = account.code(pe_clock.now()) if code == "right" else "000000"

    with pytest.raises(NotAllowed) as refused:
        pe_run(accounts.unlock(desk, handle, given_passphrase, given_code))

    assert "staff.unlock.wrong" == refused.value.key
    assert ["slow"] * slow == hashes
    assert 1 == len(pauses)
    assert 1.0 < pauses[0] <= proving.LEAST
    assert 0 == len(desk.sessions)


def test_a_code_is_good_once(pe_embassy: TestEmbassy, pe_run: Run, pe_clock: Clock) -> None:
    account, desk = pe_embassy.account, pe_embassy.desk
    pe_clock.move(minutes=2)
    code = account.code(pe_clock.now())
    pe_run(accounts.unlock(desk, account.handle, account.passphrase, code))

    with pytest.raises(NotAllowed):
        pe_run(accounts.unlock(desk, account.handle, account.passphrase, code))


def test_handles_and_passphrases_bear_how_people_type(
    pe_embassy: TestEmbassy, pe_run: Run, pe_clock: Clock
) -> None:
    account, desk = pe_embassy.account, pe_embassy.desk
    pe_clock.move(minutes=2)
    typed = "  " + account.passphrase.upper().replace(" ", "   ") + " "

    _, session = pe_run(accounts.unlock(desk, " Busel ", typed, account.code(pe_clock.now())))

    assert "busel" == session.handle


def test_a_person_has_one_session(
    pe_desk: Desk, pe_embassy: TestEmbassy, pe_run: Run, pe_clock: Clock
) -> None:
    first = pe_run(unlock_account(pe_desk, pe_clock, pe_embassy.account))
    pe_run(unlock_account(pe_desk, pe_clock, pe_embassy.account))

    assert 1 == len(pe_desk.sessions)
    assert {} == first.epochs


def test_a_code_counts_by_when_it_came_however_long_the_line_was(
    pe_embassy: TestEmbassy, pe_run: Run, pe_clock: Clock
) -> None:
    desk, account = pe_embassy.desk, pe_embassy.account
    with pytest.raises(NotAllowed):
        pe_run(accounts.unlock(desk, account.handle, "wrong", "000000"))

    async def pause(_: float) -> None:
        pe_clock.move(minutes=3)

    desk.pause = pause
    pe_clock.move(minutes=5)
    code = account.code(pe_clock.now())
    _, session = pe_run(accounts.unlock(desk, account.handle, account.passphrase, code))
    with pytest.raises(NotAllowed):
        pe_run(accounts.unlock(desk, account.handle, account.passphrase, code))

    assert session.handle == account.handle


def test_wrong_tries_slow_a_name_down_and_lock_nobody_out(
    pe_embassy: TestEmbassy, pe_run: Run, pe_clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, account = pe_embassy.desk, pe_embassy.account
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        if seconds != evened:
            pauses.append(seconds)

    desk.pause = pause
    monkeypatch.setattr(proving, "LEAST", -1.0)
    evened = 0.0
    for _ in range(8):
        with pytest.raises(NotAllowed):
            pe_run(accounts.unlock(desk, "busel", "wrong", "000000"))

    session = pe_run(unlock_account(desk, pe_clock, account))
    again = pe_run(unlock_account(desk, pe_clock, account))

    assert [0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0, 8.0] == pauses
    assert session.box == again.box


def test_a_member_added_by_the_host_is_shown_and_refused(
    pe_embassy: TestEmbassy, pe_run: Run, pe_clock: Clock
) -> None:
    desk = pe_embassy.desk
    row = pe_run(desk.store.get(MemberListRow, 1))
    forged = bytearray(row.body)
    forged[200] ^= 1
    pe_run(desk.store.write([Update(MemberListRow, (1,), {"body": bytes(forged)})]))

    with pytest.raises(MembersInvalid):
        pe_run(unlock_account(desk, pe_clock, pe_embassy.account))
    assert 0 == len(desk.sessions)


def test_a_shorter_list_than_the_account_saw_is_refused(
    pe_embassy: TestEmbassy, second: Account, pe_run: Run, pe_clock: Clock
) -> None:
    from pe_core.store import Delete

    desk = pe_embassy.desk
    pe_run(unlock_account(desk, pe_clock, second))
    pe_run(desk.store.write([Delete(MemberListRow, {"serial": 2})]))

    with pytest.raises(NotAllowed) as refused:
        pe_run(unlock_account(desk, pe_clock, second))
    assert "staff.unlock.members_changed" == refused.value.key


def test_no_handle_is_on_disk_in_any_form_of_its_own(pe_embassy: TestEmbassy, pe_run: Run) -> None:
    import hashlib

    everything = b"".join(
        path.read_bytes() for path in pe_embassy.folder.rglob("*") if path.is_file()
    )

    assert b"busel" not in everything
    for name in (b"busel", pe_embassy.desk.identity.salt + b"busel"):
        assert hashlib.sha256(name).digest() not in everything


def test_every_epoch_is_granted_to_its_members_and_to_recovery(
    pe_embassy: TestEmbassy, second: Account, pe_run: Run
) -> None:
    desk = pe_embassy.desk
    epochs = pe_run(desk.store.select(EpochRow))
    grants = pe_run(desk.store.select(GrantRow))

    counted = {epoch.id: sum(1 for grant in grants if grant.epoch == epoch.id) for epoch in epochs}
    assert {2, 3} == set(counted.values())
    assert all(any(g.box == 0 for g in grants if g.epoch == epoch.id) for epoch in epochs)


def test_the_recovery_shares_open_every_living_epoch(pe_embassy: TestEmbassy, pe_run: Run) -> None:
    from pe_core.vault import Seed, join_shares, keys_of, open_grant

    desk = pe_embassy.desk
    recovery = keys_of(Seed(join_shares(pe_embassy.opening.recovery_shares[:2])))
    for epoch in pe_run(desk.store.select(EpochRow)):
        grant = pe_run(desk.store.get(GrantRow, epoch.id, 0))

        opened = open_grant(grant.body, epoch.id, "zz", recovery, epoch.public)

        assert opened.public == epoch.public


def test_the_first_invite_is_made_again_only_by_the_root_key_and_before_anybody_joined(
    pe_embassy: TestEmbassy, pe_run: Run
) -> None:
    from pe_core.desk.opening import invite_first_again

    with pytest.raises(NotAllowed):
        pe_run(invite_first_again(pe_embassy.desk, pe_embassy.opening.root_words))
