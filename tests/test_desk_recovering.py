"""Recovery: it begins with a desk at work, and ends with what must and must not open."""

import base64
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from pe_core.desk import invites, listing, recovering, requests, shares
from pe_core.desk.desk import Desk
from pe_core.desk.epochs import read_members
from pe_core.desk.locking import lock_account
from pe_core.desk.proposals import confirm, list_proposals
from pe_core.desk.roster import list_members
from pe_core.desk.sessions import Session
from pe_core.desk.trail import read_entry
from pe_core.errors import MembersInvalid, NotAllowed, NotFound, SharesRefused
from pe_core.model.trail import Act
from pe_core.store import (
    AccountRow,
    Delete,
    EpochRow,
    GrantRow,
    InviteRow,
    MemberListRow,
    ProposalRow,
    RequestRow,
    RosterRow,
    ShareRow,
    TrailRow,
    Update,
)
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.toolkit.invented import ASKED, Account, ask, open_account, unlock_account
from pe_core.vault import RECOVERY_BOX

Run = Callable[[Awaitable[Any]], Any]


class Before:
    """A desk at work: two coordinators, two requests, an open invite, the papers of `pe init`."""

    def __init__(self, embassy: TestEmbassy, run: Run) -> None:
        self.embassy, self.run = embassy, run
        self.desk: Desk = embassy.desk
        run(ask(self.desk, ASKED[0]))
        first = self.unlock(embassy.account)
        code = run(invites.make_invite(self.desk, first))
        self.second: Account = run(open_account(self.desk, embassy.clock, code, "zubr"))
        run(ask(self.desk, ASKED[2]))
        self.open_code = run(invites.make_invite(self.desk, first))
        self.papers = list(embassy.opening.recovery_shares)
        self.root = embassy.opening.root_words

    def unlock(self, account: Account) -> Session:
        session: Session = self.run(unlock_account(self.desk, self.embassy.clock, account))
        return session

    def recover(self, papers: list[str], handle: str = "bocian") -> tuple[Account, Any]:
        """Do all of `pe keys recover`, and return the new account and what came of it."""
        recovery = self.run(recovering.check_shares(self.desk, papers))
        root = recovering.check_root(self.desk, self.root)
        begun = recovering.begin_recovery(recovery, root, handle)
        secret = base64.b32encode(begun.totp_secret).decode().rstrip("=")
        account = Account(handle=handle, passphrase=begun.passphrase, totp_secret=secret)
        step = recovering.check_code(self.desk, begun, account.code(self.desk.now()))
        assert step is not None
        return account, self.run(recovering.recover(self.desk, begun, step))

    def make_new_shares(self) -> list[str]:
        """Have both make, sign and write down a new set."""
        first = self.unlock(self.embassy.account)
        second = self.unlock(self.second)
        holders = [first.box, second.box]
        self.run(shares.make_shares(self.desk, first, holders))
        for view in self.run(list_proposals(self.desk, second)):
            if view.kind == "recovery":
                self.run(confirm(self.desk, second, view.id))
        self.unlock(self.embassy.account)
        made = []
        for session in self.desk.sessions.items():
            share = self.run(shares.open_share(self.desk, session))
            words = share.words.split()
            typed = (words[share.asked[0] - 1], words[share.asked[1] - 1])
            self.run(shares.confirm_share(self.desk, session, typed))
            made.append(share.words)
        return made


@pytest.fixture
def before(pe_embassy: TestEmbassy, pe_run: Run) -> Before:
    return Before(pe_embassy, pe_run)


def test_the_new_coordinator_opens_everything_that_lives(before: Before) -> None:
    account, done = before.recover(before.papers[:2])
    session = before.unlock(account)
    entries = before.run(listing.list_requests(before.desk, session))
    opened = [before.run(requests.open_request(before.desk, session, e.id)) for e in entries]

    assert () == done.lost
    assert 2 == len(opened)
    assert {ASKED[0].form, ASKED[2].form} == {request.original.form for request in opened}
    assert session.box == done.box
    assert ["bocian"] == [v.handle for v in before.run(list_members(before.desk, session))]


def test_nobody_of_old_opens_anything(before: Before) -> None:
    old = before.unlock(before.embassy.account)
    known = dict(old.epochs)
    before.recover(before.papers[1:])
    before.run(ask(before.desk, ASKED[4]))
    newest = max(before.run(before.desk.store.select(RequestRow)), key=lambda row: row.epoch)

    for account in (before.embassy.account, before.second):
        with pytest.raises(NotAllowed):
            before.unlock(account)
    with pytest.raises(NotFound):
        before.run(invites.open_invite(before.desk, before.open_code))
    boxes = {box for (box,) in before.run(before.desk.store.pick(GrantRow, ("box",)))}
    (member,) = before.run(read_members(before.desk)).members
    assert {RECOVERY_BOX, member.box} == boxes
    assert [member.box] == [row.box for row in before.run(before.desk.store.select(AccountRow))]
    assert [member.box] == [row.box for row in before.run(before.desk.store.select(RosterRow))]
    for table in (InviteRow, ProposalRow, ShareRow):
        assert 0 == before.run(before.desk.store.count(table))
    assert [] == list(before.desk.sessions.items())
    assert known
    assert newest.epoch not in known


def test_the_embassy_goes_on_afterwards(before: Before) -> None:
    account, _ = before.recover(before.papers[:2])
    session = before.unlock(account)
    before.run(ask(before.desk, ASKED[4]))
    code = before.run(invites.make_invite(before.desk, session))
    joined = before.unlock(
        before.run(open_account(before.desk, before.embassy.clock, code, "wouk"))
    )

    assert 3 == len(before.run(listing.list_requests(before.desk, session)))
    assert "wouk" == joined.handle
    assert 2 == len(before.run(read_members(before.desk)).members)
    epochs = before.run(before.desk.store.select(EpochRow))
    for epoch in epochs:
        assert before.run(before.desk.store.get(GrantRow, epoch.id, RECOVERY_BOX)) is not None


def test_the_trail_says_that_the_host_did_it(before: Before) -> None:
    account, _ = before.recover(before.papers[:2])
    session = before.unlock(account)
    rows = before.run(before.desk.store.select(TrailRow, order="number"))
    entries = [entry for row in rows if (entry := read_entry(before.desk, session, row))]

    assert [0] == [entry.box for entry in entries if entry.act is Act.RECOVERED]
    assert not session.trail_broken


def test_a_recovery_can_be_recovered_from(before: Before) -> None:
    first, _ = before.recover(before.papers[:2])
    second, done = before.recover(before.papers[:2], "wouk")

    with pytest.raises(NotAllowed):
        before.unlock(first)
    assert "wouk" == before.unlock(second).handle
    assert () == done.lost


@pytest.mark.parametrize("number", [0, 1])
def test_too_few_shares_are_refused_and_change_nothing(before: Before, number: int) -> None:
    lists = before.run(before.desk.store.count(MemberListRow))

    with pytest.raises(SharesRefused):
        before.run(recovering.check_shares(before.desk, before.papers[:number]))

    assert lists == before.run(before.desk.store.count(MemberListRow))


def test_shares_of_another_embassy_are_refused(before: Before) -> None:
    from pe_core.vault import new_seed, split_secret

    strangers = split_secret(new_seed(), 2, 3)

    with pytest.raises(SharesRefused):
        before.run(recovering.check_shares(before.desk, strangers[:2]))
    with pytest.raises(SharesRefused):
        before.run(recovering.check_shares(before.desk, [strangers[0], before.papers[0]]))


def test_shares_of_an_older_set_are_refused_and_the_new_ones_open_everything(
    before: Before,
) -> None:
    new = before.make_new_shares()

    with pytest.raises(SharesRefused):
        before.run(recovering.check_shares(before.desk, before.papers[:2]))
    account, done = before.recover(new)

    assert () == done.lost
    assert 2 == len(
        [
            entry
            for entry in before.run(listing.list_requests(before.desk, before.unlock(account)))
            if entry.summary is not None
        ]
    )
    assert "invite_first" == before.run(shares.read_shares_state(before.desk))


@pytest.mark.parametrize("words", ["", "not words of ours", "papers"])
def test_wrong_root_words_are_refused(before: Before, words: str) -> None:
    typed = before.papers[0] if words == "papers" else words

    with pytest.raises(SharesRefused):
        recovering.check_root(before.desk, typed)


def test_recovery_key_and_root_key_cannot_stand_for_each_other(before: Before) -> None:
    with pytest.raises(SharesRefused):
        before.run(recovering.check_shares(before.desk, [before.root]))


def test_a_freeze_does_not_keep_the_new_coordinator_out(before: Before) -> None:
    session = before.unlock(before.embassy.account)
    before.run(lock_account(before.desk, session.box))
    with pytest.raises(NotAllowed):
        before.unlock(before.second)

    account, done = before.recover(before.papers[:2])

    assert "bocian" == before.unlock(account).handle
    assert () == done.lost


def test_an_epoch_whose_recovery_grant_is_gone_is_named_and_the_rest_opens(
    before: Before,
) -> None:
    epochs = sorted(e.id for e in before.run(before.desk.store.select(EpochRow)))
    gone = Delete(GrantRow, {"epoch": epochs[0], "box": RECOVERY_BOX})
    before.run(before.desk.store.write([gone]))

    _, done = before.recover(before.papers[:2])

    assert (epochs[0],) == done.lost
    assert len(epochs) - 1 == done.opened


def test_a_database_that_somebody_changed_is_not_recovered_into(before: Before) -> None:
    body = before.run(before.desk.store.get(MemberListRow, 1)).body
    forged = Update(MemberListRow, (2,), {"body": body})
    before.run(before.desk.store.write([forged]))

    with pytest.raises(MembersInvalid):
        before.run(recovering.check_shares(before.desk, before.papers[:2]))


@pytest.mark.parametrize("handle", ["", "a b", "-", "x" * 41])
def test_a_handle_that_is_none_is_refused(before: Before, handle: str) -> None:
    recovery = before.run(recovering.check_shares(before.desk, before.papers[:2]))
    root = recovering.check_root(before.desk, before.root)

    with pytest.raises(NotAllowed):
        recovering.begin_recovery(recovery, root, handle)
