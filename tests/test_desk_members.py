"""Members: leaving, roles, coming back; each ends with what must and must not open."""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest

from pe_core.desk import claims, invites, listing, owed, proposals, requests, returning, roster
from pe_core.desk.agreed import Proposal
from pe_core.desk.desk import Desk
from pe_core.desk.epochs import current_epoch, read_members
from pe_core.desk.sessions import Session
from pe_core.desk.tracing import read_trail
from pe_core.errors import NotAllowed, NotFound
from pe_core.model import Box, RequestId
from pe_core.model.trail import Act
from pe_core.store import (
    AccountRow,
    EpochRow,
    GrantRow,
    Insert,
    InviteRow,
    MemberListRow,
    ProposalRow,
    RosterRow,
    Update,
)
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.toolkit.invented import ASKED, Account, Clock, ask, open_account, unlock_account
from pe_core.vault import RECOVERY_BOX, keys_of, new_seed, open_grant, seal, sign_list

Run = Callable[[Awaitable[Any]], Any]


class Team:
    """A working desk: two coordinators, an editor, a request of each day, one of them claimed."""

    def __init__(self, embassy: TestEmbassy, run: Run, clock: Clock) -> None:
        self.embassy, self.desk, self.run, self.clock = embassy, embassy.desk, run, clock
        self.accounts = {"busel": embassy.account}
        busel = self.unlock("busel")
        code = run(invites.make_invite(self.desk, busel, "coordinator"))
        self.accounts["zubr"] = run(open_account(self.desk, clock, code, "zubr"))
        zubr = self.unlock("zubr")
        busel = self.unlock("busel")
        code = run(invites.make_invite(self.desk, busel, "editor"))
        (view,) = run(invites.list_invites(self.desk, zubr))
        run(invites.sign_invite(self.desk, zubr, view.locator))
        self.accounts["wouk"] = run(open_account(self.desk, clock, code, "wouk"))
        run(ask(self.desk, ASKED[0]))
        self.busel, self.zubr, self.wouk = (self.unlock(n) for n in ("busel", "zubr", "wouk"))
        self.request: RequestId = run(listing.list_requests(self.desk, self.busel))[0].id

    def unlock(self, name: str) -> Session:
        session: Session = self.run(unlock_account(self.desk, self.clock, self.accounts[name]))
        return session

    def granted(self, box: Box) -> set[str]:
        return set(self.run(owed.granted(self.desk, box)))

    def leave(self, box: Box, by: Session) -> str:
        found: str = self.run(proposals.propose(self.desk, by, "leave", box))
        return found

    def boxes(self) -> set[int]:
        return {member.box for member in self.run(read_members(self.desk)).members}

    def opens(self, session: Session, request: RequestId) -> bool:
        try:
            self.run(requests.open_request(self.desk, session, request))
        except NotFound:
            return False
        return True

    def bring_back(self, name: str, by: Session, second: Session | None) -> Account:
        box = next(s.box for s in (self.busel, self.zubr, self.wouk) if s.handle == name)
        code, works = self.run(proposals.propose_return(self.desk, by, box))
        assert works is (second is None)
        if second is not None:
            (view,) = self.run(proposals.list_proposals(self.desk, second))
            self.run(proposals.confirm(self.desk, second, view.id))
        account: Account = self.run(open_account(self.desk, self.clock, code, name))
        self.accounts[name] = account
        return account

    def unlock_third(self) -> Session:
        """Make the editor a coordinator, so that one can be lost and two still agree."""
        box = self.wouk.box
        proposed = self.run(proposals.propose(self.desk, self.busel, "role", box, "coordinator"))
        self.run(proposals.confirm(self.desk, self.zubr, proposed))
        self.wouk = self.unlock("wouk")
        return self.wouk


@pytest.fixture
def team(pe_embassy: TestEmbassy, pe_run: Run, pe_clock: Clock) -> Team:
    return Team(pe_embassy, pe_run, pe_clock)


def test_who_left_opens_nothing_and_what_was_theirs_is_unclaimed(team: Team) -> None:
    desk, run, gone = team.desk, team.run, team.zubr.box
    run(claims.claim(desk, team.zubr, team.request))
    before = {epoch.id for epoch in run(desk.store.select(EpochRow))}
    proposed = team.leave(gone, team.busel)
    still = team.opens(team.zubr, team.request)
    run(proposals.confirm(desk, team.zubr, proposed))

    after = {epoch.id for epoch in run(desk.store.select(EpochRow))} - before
    entries = run(listing.list_requests(desk, team.busel))

    assert still
    assert gone not in team.boxes()
    assert gone not in {session.box for session in desk.sessions.items()}
    assert {} == team.zubr.epochs
    assert set() == team.granted(gone), "neither new epochs nor old ones are on disk for them"
    assert {"intake", "roster", "trail"} <= {name.partition("/")[0] for name in after}
    assert run(desk.store.get(AccountRow, gone)) is None
    assert run(desk.store.get(RosterRow, gone)) is None
    assert [None] == [entry.summary.claimed_by for entry in entries]
    with pytest.raises(NotAllowed):
        team.unlock("zubr")
    assert team.opens(team.unlock("busel"), team.request)


def test_names_move_to_keys_that_who_left_never_had(team: Team) -> None:
    team.run(proposals.confirm(team.desk, team.zubr, team.leave(team.wouk.box, team.busel)))

    now = team.run(current_epoch(team.desk, "roster")).id
    rows = team.run(team.desk.store.select(RosterRow))
    names = {view.handle for view in team.run(roster.list_members(team.desk, team.busel))}

    assert {now} == {row.epoch for row in rows}
    assert {"busel", "zubr"} == names


def test_one_of_two_coordinators_cannot_do_it_alone(team: Team) -> None:
    proposed = team.leave(team.wouk.box, team.busel)

    with pytest.raises(NotAllowed) as own:
        team.run(proposals.confirm(team.desk, team.busel, proposed))

    assert "staff.proposals.own" == own.value.key
    assert team.wouk.box in team.boxes()
    assert 1 == team.run(team.desk.store.count(ProposalRow))


def test_the_only_coordinator_acts_at_once_and_cannot_leave(
    pe_desk: Desk, pe_staff: Session, pe_run: Run, pe_clock: Clock
) -> None:
    code = pe_run(invites.make_invite(pe_desk, pe_staff, "editor"))
    account = pe_run(open_account(pe_desk, pe_clock, code, "wouk"))
    wouk = pe_run(unlock_account(pe_desk, pe_clock, account))

    done = pe_run(proposals.propose(pe_desk, pe_staff, "leave", wouk.box))

    assert "" == done
    assert {pe_staff.box} == {member.box for member in pe_run(read_members(pe_desk)).members}
    with pytest.raises(NotAllowed) as last:
        pe_run(proposals.propose(pe_desk, pe_staff, "leave", pe_staff.box))
    assert "staff.proposals.last_coordinator" == last.value.key
    with pytest.raises(NotAllowed):
        pe_run(proposals.propose(pe_desk, pe_staff, "role", pe_staff.box, "editor"))


def test_a_role_that_is_taken_away_takes_its_keys(team: Team) -> None:
    desk, run, box = team.desk, team.run, team.zubr.box
    run(claims.claim(desk, team.zubr, team.request))
    proposed = run(proposals.propose(desk, team.busel, "role", box, "editor"))
    run(proposals.confirm(desk, team.zubr, proposed))
    later = run(ask(desk, ASKED[2]))
    zubr = team.unlock("zubr")

    held = {name.partition("/")[0] for name in team.granted(box)}
    entries = run(listing.list_requests(desk, team.busel))

    assert later
    assert held <= {"outreach", "drafts"}
    assert frozenset(("outreach", "drafts")) == zubr.compartments
    assert not any(team.opens(zubr, entry.id) for entry in entries)
    assert {None} == {entry.summary.claimed_by for entry in entries}


def test_a_role_that_is_given_opens_what_comes_and_nothing_older(team: Team) -> None:
    desk, run = team.desk, team.run
    proposed = run(proposals.propose(desk, team.busel, "role", team.wouk.box, "coordinator"))
    run(proposals.confirm(desk, team.zubr, proposed))
    run(ask(desk, ASKED[2]))
    wouk = team.unlock("wouk")
    entries = run(listing.list_requests(desk, team.busel))

    opened = {entry.id: team.opens(wouk, entry.id) for entry in entries}

    assert False is opened.pop(team.request)
    assert [True] == list(opened.values())


def test_who_comes_back_has_new_keys_and_the_old_passphrase_opens_nothing(team: Team) -> None:
    desk, run, box = team.desk, team.run, team.zubr.box
    old = team.accounts["zubr"]
    team.bring_back("zubr", team.busel, team.unlock_third())
    ended = box not in {session.box for session in desk.sessions.items()}
    run(ask(desk, ASKED[2]))
    zubr = team.unlock("zubr")
    entries = run(listing.list_requests(desk, team.busel))
    before = {entry.id: team.opens(zubr, entry.id) for entry in entries}
    offered = run(returning.can_give_back(desk, team.busel, box))
    run(returning.give_back(desk, team.busel, box))

    after = {entry.id: team.opens(zubr, entry.id) for entry in entries}

    assert ended
    assert box == zubr.box, "their name and what they claimed stay theirs"
    with pytest.raises(NotAllowed):
        run(unlock_account(desk, team.clock, old))
    assert {team.request} == {name for name, opens in before.items() if not opens}
    assert offered
    assert {True} == set(after.values())
    assert not run(returning.can_give_back(desk, team.busel, box))
    with pytest.raises(NotFound):
        run(returning.give_back(desk, team.busel, box))


def test_an_editor_who_comes_back_gets_no_intake(team: Team) -> None:
    desk, run, box = team.desk, team.run, team.wouk.box
    team.bring_back("wouk", team.busel, team.zubr)
    intake = run(current_epoch(desk, "intake")).id
    stolen = run(owed.note_owed(desk, box, [intake]))
    run(desk.store.write(stolen))

    wouk = team.unlock("wouk")

    assert [] == run(owed.read_owed(desk, box)), "whatever somebody wrote there"
    assert not any(name.startswith(("intake/", "roster/")) for name in team.granted(box))
    assert not team.opens(wouk, team.request)


def test_a_return_is_refused_under_another_name(team: Team) -> None:
    code, _ = team.run(proposals.propose_return(team.desk, team.busel, team.wouk.box))
    with pytest.raises(NotAllowed) as early:
        team.run(invites.open_invite(team.desk, code))
    (view,) = team.run(proposals.list_proposals(team.desk, team.zubr))
    team.run(proposals.confirm(team.desk, team.zubr, view.id))
    _, joining = team.run(invites.open_invite(team.desk, code))
    import base64

    secret = base64.b32encode(joining.totp_secret).decode().rstrip("=")
    shown = Account(handle="x", passphrase=joining.passphrase, totp_secret=secret)
    typed = (joining.passphrase, shown.code(team.clock.now()))
    (problem,) = team.run(invites.join(team.desk, joining, "busel", *typed))

    assert "staff.join.not_signed" == early.value.key
    assert ("handle", "known") == (problem.field, problem.code)
    assert () == team.run(invites.join(team.desk, joining, " Wouk ", *typed))


def test_a_withdrawn_return_leaves_a_code_that_is_worth_nothing(team: Team) -> None:
    code, _ = team.run(proposals.propose_return(team.desk, team.busel, team.wouk.box))
    (view,) = team.run(proposals.list_proposals(team.desk, team.zubr))

    team.run(proposals.withdraw(team.desk, team.zubr, view.id))

    with pytest.raises(NotFound):
        team.run(invites.open_invite(team.desk, code))
    assert 0 == team.run(team.desk.store.count(InviteRow))
    assert "wouk" == team.unlock("wouk").handle


def test_the_root_stands_in_where_one_of_two_coordinators_is_lost(team: Team) -> None:
    desk, run, box = team.desk, team.run, team.zubr.box
    words = team.embassy.opening.root_words
    desk.sessions.drop_where(lambda session: session.box == box)
    code, works = run(proposals.propose_return(desk, team.busel, box))
    (view,) = run(proposals.list_proposals(desk, team.busel))
    run(proposals.confirm_with_root(desk, words, view.id))
    old = team.accounts["zubr"]
    team.accounts["zubr"] = run(open_account(desk, team.clock, code, "zubr"))

    assert not works
    assert box == team.unlock("zubr").box
    with pytest.raises(NotAllowed):
        run(unlock_account(desk, team.clock, old))


def test_wrong_root_words_confirm_nothing(team: Team) -> None:
    proposed = team.leave(team.wouk.box, team.busel)
    share = team.embassy.opening.recovery_shares[0]

    for words in (share, "not words at all", ""):
        with pytest.raises(NotAllowed) as refused:
            team.run(proposals.confirm_with_root(team.desk, words, proposed))
        assert "staff.proposals.not_the_root" == refused.value.key
    assert team.wouk.box in team.boxes()


def test_the_root_confirms_only_while_a_coordinator_is_unlocked(team: Team) -> None:
    proposed = team.leave(team.wouk.box, team.busel)
    words = team.embassy.opening.root_words
    team.desk.sessions.drop_where(lambda session: "roster" in session.compartments)

    with pytest.raises(NotAllowed) as nobody:
        team.run(proposals.confirm_with_root(team.desk, words, proposed))
    assert "staff.proposals.nobody_unlocked" == nobody.value.key
    busel = team.unlock("busel")
    team.run(proposals.confirm_with_root(team.desk, words, proposed))
    assert team.wouk.box not in team.boxes()
    assert busel.box in team.boxes()


def test_a_proposal_row_that_was_altered_is_nobodys(team: Team) -> None:
    proposed = team.leave(team.wouk.box, team.busel)
    row = team.run(team.desk.store.get(ProposalRow, proposed))
    body = row.body[:-1] + bytes([row.body[-1] ^ 1])
    team.run(team.desk.store.write([Update(ProposalRow, (proposed,), {"body": body})]))

    assert [] == team.run(proposals.list_proposals(team.desk, team.zubr))
    with pytest.raises(NotFound):
        team.run(proposals.confirm(team.desk, team.zubr, proposed))
    assert team.wouk.box in team.boxes()


@pytest.mark.parametrize("wrong", ["list", "who", "by"])
def test_nobody_is_led_to_sign_what_a_proposal_does_not_say(team: Team, wrong: str) -> None:
    desk, run = team.desk, team.run
    listed = run(read_members(desk))
    latest = run(desk.store.select(MemberListRow, order="serial"))[-1].body
    kept = [member for member in listed.members if member.box != team.wouk.box]
    if wrong == "list":
        kept = [
            msgspec.structs.replace(member, compartments=("drafts",))
            if member.box == team.zubr.box
            else member
            for member in kept
        ]
    box = team.busel.box if wrong == "who" else team.wouk.box
    forged = Proposal(
        kind="leave",
        box=box,
        by=team.zubr.box if wrong == "by" else team.busel.box,
        at=desk.now(),
        signed=sign_list(latest, kept, [team.busel.keys]),
    )
    epoch = run(current_epoch(desk, "roster"))
    context = desk.context("proposal", "forged")
    body = seal(msgspec.msgpack.encode(forged), to=[epoch.public], context=context)
    row = ProposalRow(id="forged", epoch=epoch.id, body=body, day=desk.now().date().toordinal())
    run(desk.store.write([Insert(row)]))
    (view,) = run(proposals.list_proposals(desk, team.zubr))

    with pytest.raises(NotAllowed) as refused:
        run(proposals.confirm(desk, team.zubr, "forged"))

    assert not view.fitting
    assert "staff.proposals.moved_on" == refused.value.key
    assert 0 == run(desk.store.count(ProposalRow)), "and it is dropped"
    assert listed == run(read_members(desk))


def test_a_proposal_that_the_members_have_overtaken_is_dropped(team: Team) -> None:
    first = team.leave(team.wouk.box, team.busel)
    second = team.run(
        proposals.propose(team.desk, team.busel, "role", team.wouk.box, "coordinator")
    )
    team.run(proposals.confirm(team.desk, team.zubr, second))

    with pytest.raises(NotAllowed) as late:
        team.run(proposals.confirm(team.desk, team.zubr, first))

    assert "staff.proposals.moved_on" == late.value.key
    assert 0 == team.run(team.desk.store.count(ProposalRow))
    assert team.wouk.box in team.boxes()


def test_a_proposal_lasts_a_week(team: Team) -> None:
    proposed = team.leave(team.wouk.box, team.busel)
    team.clock.move(days=8)
    zubr = team.unlock("zubr")

    assert [] == team.run(proposals.list_proposals(team.desk, zubr))
    with pytest.raises(NotFound):
        team.run(proposals.confirm(team.desk, zubr, proposed))


def test_an_editor_reads_and_confirms_no_proposal(team: Team) -> None:
    proposed = team.leave(team.zubr.box, team.busel)

    assert [] == team.run(proposals.list_proposals(team.desk, team.wouk))
    with pytest.raises(NotFound):
        team.run(proposals.confirm(team.desk, team.wouk, proposed))


def test_a_new_recovery_key_opens_all_that_the_second_coordinator_opens(team: Team) -> None:
    desk, run = team.desk, team.run
    keys = keys_of(new_seed())
    proposed = run(proposals.propose_recovery(desk, team.busel, keys.public))
    waiting = run(read_members(desk)).recovery
    run(proposals.confirm(desk, team.zubr, proposed))
    epochs = {epoch.id: epoch for epoch in run(desk.store.select(EpochRow))}
    opened = set()
    for row in run(desk.store.select(GrantRow, {"box": RECOVERY_BOX})):
        if row.epoch in team.zubr.epochs:
            open_grant(row.body, row.epoch, desk.embassy.code, keys, epochs[row.epoch].public)
            opened.add(row.epoch)

    assert waiting != keys.public
    assert keys.public == run(read_members(desk)).recovery
    assert opened == set(team.zubr.epochs)
    assert run(current_epoch(desk, "intake")).id in opened


def test_the_trail_tells_of_all_of_it(team: Team) -> None:
    run, desk = team.run, team.desk
    team.bring_back("wouk", team.busel, team.zubr)
    run(proposals.confirm(desk, team.zubr, team.leave(team.wouk.box, team.busel)))
    lines = run(read_trail(desk, team.busel)).lines
    acts = [line.entry.act for line in lines if line.entry is not None]

    assert {
        Act.INVITED,
        Act.INVITE_SIGNED,
        Act.JOINED,
        Act.PROPOSED,
        Act.CONFIRMED,
        Act.RETURNED,
        Act.LEFT,
    } <= set(acts)


def test_an_unlock_that_was_under_way_when_somebody_left_comes_too_late(team: Team) -> None:
    import asyncio

    desk, account = team.desk, team.accounts["wouk"]
    proposed = team.leave(team.wouk.box, team.busel)
    team.clock.move(minutes=2)
    real, waits, goes_on = desk.store.write, asyncio.Event(), asyncio.Event()

    async def slow(changes: Any) -> None:
        await real(changes)
        if any(getattr(change, "table", None) is AccountRow for change in changes):
            waits.set()
            await goes_on.wait()

    async def race() -> str:
        desk.store.write = slow  # type: ignore[method-assign]
        unlocking = asyncio.create_task(unlock_account(desk, team.clock, account))
        await waits.wait()
        desk.store.write = real  # type: ignore[method-assign]
        await proposals.confirm(desk, team.zubr, proposed)
        goes_on.set()
        try:
            await unlocking
        except NotAllowed as refused:
            return refused.key
        return ""

    assert "staff.unlock.wrong" == team.run(race())
    assert team.wouk.box not in {session.box for session in desk.sessions.items()}


def test_nothing_of_who_left_is_in_the_files_any_more(team: Team) -> None:
    desk, run, gone = team.desk, team.run, team.zubr.box
    account = run(desk.store.get(AccountRow, gone))
    grants = [row.body for row in run(desk.store.select(GrantRow, {"box": gone}))]
    run(proposals.confirm(desk, team.zubr, team.leave(gone, team.busel)))
    on_disk = b"".join(p.read_bytes() for p in team.embassy.folder.rglob("*") if p.is_file())

    assert len(grants) > 0
    for sealed in (account.first, account.second, account.private, *grants):
        assert sealed not in on_disk
