"""Recovery shares: one holder, one share, once."""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest

from pe_core.desk import invites, shares
from pe_core.desk.desk import Desk
from pe_core.desk.epochs import read_members
from pe_core.desk.proposals import confirm, list_proposals
from pe_core.desk.recovering import check_shares
from pe_core.desk.resealing import read_outstanding
from pe_core.desk.sessions import Session
from pe_core.doctor import list_keys, look_at_store
from pe_core.errors import EnvelopeRefused, NotAllowed, NotFound, SharesRefused
from pe_core.model.finding import Finding, Health
from pe_core.store import EpochRow, GrantRow, Insert, MetaRow, ShareRow, Update
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.toolkit.invented import Account, open_account, unlock_account
from pe_core.vault import RECOVERY_BOX, Seed, join_shares, keys_of, open_grant, seal

Run = Callable[[Awaitable[Any]], Any]


class Team:
    """Two coordinators with their accounts and sessions."""

    def __init__(self, embassy: TestEmbassy, first: Session, run: Run) -> None:
        self.embassy = embassy
        self.desk: Desk = embassy.desk
        self.run = run
        code = run(invites.make_invite(self.desk, first))
        self.account: Account = run(open_account(self.desk, embassy.clock, code, "zubr"))
        self.first = first
        self.second: Session = self.unlock(self.account)

    def unlock(self, account: Account) -> Session:
        session: Session = self.run(unlock_account(self.desk, self.embassy.clock, account))
        return session

    def make(self, *, sign: bool = True) -> None:
        self.run(shares.make_shares(self.desk, self.first, [self.first.box, self.second.box]))
        if sign:
            self.sign()

    def sign(self) -> None:
        for view in self.run(list_proposals(self.desk, self.second)):
            self.run(confirm(self.desk, self.second, view.id))

    def write_down(self, session: Session) -> str:
        """Open a share and confirm it; return its words."""
        share = self.run(shares.open_share(self.desk, session))
        words = share.words.split()
        typed = (words[share.asked[0] - 1], words[share.asked[1] - 1].upper() + " ")
        assert () == self.run(shares.confirm_share(self.desk, session, typed))
        text: str = share.words
        return text


@pytest.fixture
def team(pe_embassy: TestEmbassy, pe_staff: Session, pe_run: Run) -> Team:
    return Team(pe_embassy, pe_staff, pe_run)


def test_each_holder_opens_their_own_share_and_both_together_are_the_key(team: Team) -> None:
    team.make()

    first, second = team.write_down(team.first), team.write_down(team.second)
    public = keys_of(Seed(join_shares([first, second]))).public

    assert first != second
    assert public == team.run(read_members(team.desk)).recovery
    assert public != team.desk.identity.recovery
    with pytest.raises(SharesRefused):
        join_shares([first])
    assert "" == team.run(shares.read_shares_state(team.desk))


def test_a_confirmed_share_is_gone(team: Team) -> None:
    team.make()
    words = team.write_down(team.first)

    with pytest.raises(NotFound):
        team.run(shares.open_share(team.desk, team.first))
    assert 1 == team.run(team.desk.store.count(ShareRow))
    assert not team.run(shares.waiting_share(team.desk, team.first))
    disk = b"".join(p.read_bytes() for p in team.embassy.folder.rglob("*") if p.is_file())
    assert words.encode() not in disk


def test_another_holder_s_share_does_not_open_even_from_one_s_own_row(team: Team) -> None:
    team.make()
    theirs = team.run(team.desk.store.get(ShareRow, team.second.box))
    moved = Update(ShareRow, (team.first.box,), {"body": theirs.body})
    team.run(team.desk.store.write([moved]))

    with pytest.raises(NotFound) as refused:
        team.run(shares.open_share(team.desk, team.first))

    assert "staff.shares.damaged" == refused.value.key


def test_a_share_that_no_member_signed_is_refused(team: Team) -> None:
    team.make()
    real = team.run(shares.open_share(team.desk, team.first))
    stranger = keys_of(Seed(bytes(32)))
    body = msgspec.msgpack.encode(real)
    forged = shares.SealedShare(
        body=body, by=team.second.box, signature=stranger.sign("share", body)
    )
    context = team.desk.context("share", str(team.first.box))
    sealed = seal(msgspec.msgpack.encode(forged), to=[team.first.keys.public], context=context)
    team.run(team.desk.store.write([Update(ShareRow, (team.first.box,), {"body": sealed})]))

    with pytest.raises(NotFound) as refused:
        team.run(shares.open_share(team.desk, team.first))

    assert "staff.shares.damaged" == refused.value.key


@pytest.mark.parametrize("inside", [b"", b"nonsense", msgspec.msgpack.encode({"body": 1})])
def test_what_the_host_seals_to_an_account_is_no_share(team: Team, inside: bytes) -> None:
    team.make()
    context = team.desk.context("share", str(team.first.box))
    sealed = seal(inside, to=[team.first.keys.public], context=context)
    team.run(team.desk.store.write([Update(ShareRow, (team.first.box,), {"body": sealed})]))

    with pytest.raises(NotFound) as refused:
        team.run(shares.open_share(team.desk, team.first))

    assert "staff.shares.damaged" == refused.value.key


def test_wrong_words_are_named_and_erase_nothing(team: Team) -> None:
    team.make()
    share = team.run(shares.open_share(team.desk, team.first))
    right = share.words.split()[share.asked[0] - 1]

    both = team.run(shares.confirm_share(team.desk, team.first, ("", "x" * 9000)))
    one = team.run(shares.confirm_share(team.desk, team.first, (right, "no")))

    assert ["first", "second"] == [problem.field for problem in both]
    assert ["second"] == [problem.field for problem in one]
    assert team.run(shares.waiting_share(team.desk, team.first))


def test_a_share_waits_for_the_second_coordinator_s_signature(team: Team) -> None:
    team.make(sign=False)

    with pytest.raises(NotFound):
        team.run(shares.open_share(team.desk, team.first))
    assert "unsigned" == team.run(shares.read_shares_state(team.desk))
    team.sign()
    assert team.run(shares.open_share(team.desk, team.first)).number == 1


def test_a_share_is_not_shown_after_seven_days(team: Team) -> None:
    team.make()
    team.embassy.clock.move(days=7)
    on_the_last_day = team.run(shares.waiting_share(team.desk, team.first))
    team.embassy.clock.move(days=1)

    assert on_the_last_day
    with pytest.raises(NotFound):
        team.run(shares.open_share(team.desk, team.first))


def test_making_shares_anew_ends_those_before(team: Team) -> None:
    team.make()
    old = [team.write_down(team.first), team.write_down(team.second)]
    team.make(sign=False)
    team.make(sign=False)
    open_proposals = [v.kind for v in team.run(list_proposals(team.desk, team.second))]
    still = team.run(check_shares(team.desk, old))
    team.sign()
    new = [team.write_down(team.first), team.write_down(team.second)]

    assert ["recovery"] == open_proposals
    assert still.public != team.run(check_shares(team.desk, new)).public
    with pytest.raises(SharesRefused):
        team.run(check_shares(team.desk, old))


@pytest.mark.parametrize(
    ("who", "key"),
    [
        ([], "how_many"),
        (["first"], "how_many"),
        (["first", "first"], "how_many"),
        (["first", "stranger"], "no_member"),
    ],
)
def test_holders_are_two_to_seven_different_members(team: Team, who: list[str], key: str) -> None:
    boxes = {"first": team.first.box, "stranger": 77}

    with pytest.raises(NotAllowed) as refused:
        team.run(shares.make_shares(team.desk, team.first, [boxes[name] for name in who]))

    assert f"staff.shares.{key}" == refused.value.key
    assert team.run(shares.read_shares(team.desk)) is None


def test_one_alone_is_told_to_invite_first(pe_desk: Desk, pe_staff: Session, pe_run: Run) -> None:
    with pytest.raises(NotAllowed) as refused:
        pe_run(shares.make_shares(pe_desk, pe_staff, [pe_staff.box]))

    assert "staff.shares.invite_first" == refused.value.key
    assert "invite_first" == pe_run(shares.read_shares_state(pe_desk))


def keys_finding(team: Team) -> Finding:
    """Return what the doctor says of the keys."""
    findings = team.run(look_at_store(team.desk.store, team.desk.identity, team.desk.now()))
    return next(finding for finding in findings if finding.name == "keys")


def opened_by(team: Team, words: list[str]) -> set[str]:
    """Return the epochs that these shares open."""
    recovery = keys_of(Seed(join_shares(words)))
    opened = set()
    for epoch in team.run(team.desk.store.select(EpochRow)):
        row = team.run(team.desk.store.get(GrantRow, epoch.id, RECOVERY_BOX))
        try:
            open_grant(row.body, epoch.id, "zz", recovery, epoch.public)
        except EnvelopeRefused:
            continue
        opened.add(epoch.id)
    return opened


def test_what_the_second_coordinator_cannot_open_is_given_at_the_first_one_s_next_unlock(
    team: Team,
) -> None:
    team.make()
    living = {epoch.id for epoch in team.run(team.desk.store.select(EpochRow))}
    before = set(team.run(read_outstanding(team.desk.store)))
    warned = keys_finding(team)
    listed = team.run(list_keys(team.desk.store))
    words = [team.write_down(team.second)]
    team.first = team.unlock(team.embassy.account)
    words.append(team.write_down(team.first))

    assert before
    assert before == {key["epoch"] for key in listed if not key["recovery"]}
    assert Health.WARNING is warned.health
    assert "earlier recovery shares" in warned.found
    assert Health.OK is keys_finding(team).health
    assert [] == team.run(read_outstanding(team.desk.store))
    assert living <= opened_by(team, words)


def test_a_note_of_another_time_says_nothing_about_this_key(team: Team) -> None:
    team.run(
        team.desk.store.write(
            [
                Insert(
                    MetaRow(
                        key="resealed",
                        value=msgspec.msgpack.encode({"key": bytes(32), "epochs": ["intake/x"]}),
                    )
                )
            ]
        )
    )
    team.make()
    team.first = team.unlock(team.embassy.account)

    assert [] == team.run(read_outstanding(team.desk.store))
