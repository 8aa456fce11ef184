"""Invites that a coordinator made by hand: nobody signs what the page could not show."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from pe_core.desk import invites, proposals
from pe_core.desk.agreed import Proposal
from pe_core.desk.desk import Desk
from pe_core.desk.epochs import current_epoch, read_members
from pe_core.desk.sealed_invites import Invite, open_as_member, seal_invite
from pe_core.desk.sessions import Session
from pe_core.errors import NotAllowed, NotFound
from pe_core.rules.retention import ROLES
from pe_core.store import Insert, InviteRow, ProposalRow, Update
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.toolkit.invented import Clock, open_account, unlock_account
from pe_core.vault import certify_invite, keys_of, new_seed, seal

Run = Callable[[Awaitable[Any]], Any]


class Two:
    """Two coordinators, of whom ``busel`` is up to no good."""

    def __init__(self, embassy: TestEmbassy, run: Run, clock: Clock) -> None:
        self.desk: Desk = embassy.desk
        self.run = run
        busel: Session = run(unlock_account(self.desk, clock, embassy.account))
        account = run(
            open_account(self.desk, clock, run(invites.make_invite(self.desk, busel)), "zubr")
        )
        self.zubr: Session = run(unlock_account(self.desk, clock, account))
        self.busel: Session = run(unlock_account(self.desk, clock, embassy.account))

    def forge(self, row: InviteRow, **changed: Any) -> None:
        """Seal an invite anew with another certificate, signed by busel as a true one is."""
        invite = open_as_member(self.desk, self.busel, row)
        assert invite is not None
        old = invite.certificate
        fields = {
            "invite_key": old.invite_key,
            "compartments": old.compartments,
            "after": old.after,
            "until": old.until,
            "replaces": old.replaces,
        }
        certificate = certify_invite([self.busel.keys], **{**fields, **changed})
        self.store(row, msgspec.structs.replace(invite, certificate=certificate))

    def store(self, row: InviteRow, invite: Invite) -> None:
        roster = self.run(current_epoch(self.desk, "roster"))
        body = seal_invite(
            self.desk.embassy.code, row.locator, invite, [invite.public, roster.public]
        )
        self.run(self.desk.store.write([Update(InviteRow, (row.locator,), {"body": body})]))

    def row(self) -> InviteRow:
        (found,) = self.run(self.desk.store.select(InviteRow))
        row: InviteRow = found
        return row


@pytest.fixture
def two(pe_embassy: TestEmbassy, pe_run: Run, pe_clock: Clock) -> Two:
    return Two(pe_embassy, pe_run, pe_clock)


@pytest.mark.parametrize("what", ["late", "odd"])
def test_an_invite_that_lasts_longer_or_gives_no_role_is_not_signed(two: Two, what: str) -> None:
    two.run(invites.make_invite(two.desk, two.busel, "editor"))
    row = two.row()
    late = int((two.desk.now() + timedelta(days=365)).timestamp())
    two.forge(row, **({"until": late} if what == "late" else {"compartments": ("intake",)}))

    with pytest.raises(NotFound):
        two.run(invites.sign_invite(two.desk, two.zubr, row.locator.hex()))


def test_an_invite_of_no_such_role_is_not_made(two: Two) -> None:
    with pytest.raises(NotFound):
        two.run(invites.make_invite(two.desk, two.busel, "queen"))
    assert 0 == two.run(two.desk.store.count(InviteRow))


WRONG_RETURNS = {
    "late": {"until": 4_000_000_000},
    "rights": {"compartments": ROLES["editor"]},
    "newcomer": {"replaces": None},
}


@pytest.mark.parametrize("what", [*WRONG_RETURNS, "name", "other"])
def test_a_return_that_is_not_what_it_says_is_not_confirmed(two: Two, what: str) -> None:
    desk, run = two.desk, two.run
    lost = two.zubr.box
    run(proposals.propose_return(desk, two.busel, lost))
    row = two.row()
    if what == "name":
        invite = open_as_member(desk, two.busel, row)
        assert invite is not None
        two.store(row, msgspec.structs.replace(invite, handle="wouk"))
    elif what == "other":
        two.forge(row, replaces=two.busel.box)
    else:
        two.forge(row, **WRONG_RETURNS[what])
    (view,) = run(proposals.list_proposals(desk, two.zubr))

    with pytest.raises(NotAllowed) as refused:
        run(proposals.confirm(desk, two.zubr, view.id))

    assert not view.fitting
    assert "staff.proposals.moved_on" == refused.value.key
    assert 0 == run(desk.store.count(ProposalRow)) == run(desk.store.count(InviteRow))


def test_a_return_is_not_signed_as_if_it_were_an_invite(two: Two) -> None:
    two.run(proposals.propose_return(two.desk, two.busel, two.zubr.box))
    locator = two.row().locator.hex()

    assert [] == two.run(invites.list_invites(two.desk, two.zubr))
    with pytest.raises(NotFound):
        two.run(invites.sign_invite(two.desk, two.zubr, locator))


def test_a_recovery_key_is_changed_by_nothing_else(two: Two) -> None:
    from pe_core.desk.sealed_invites import read_lists
    from pe_core.vault import sign_list

    desk, run = two.desk, two.run
    listed = run(read_members(desk))
    stolen = keys_of(new_seed()).public
    members = [
        msgspec.structs.replace(m, compartments=ROLES["editor"]) if m.box == two.zubr.box else m
        for m in listed.members
    ]
    signed = sign_list(run(read_lists(desk))[-1], members, [two.busel.keys], recovery=stolen)
    forged = Proposal(
        kind="role",
        box=two.zubr.box,
        role="editor",
        by=two.busel.box,
        at=desk.now(),
        signed=signed,
    )
    epoch = run(current_epoch(desk, "roster"))
    body = seal(
        msgspec.msgpack.encode(forged), to=[epoch.public], context=desk.context("proposal", "x")
    )
    day = desk.now().date().toordinal()
    run(desk.store.write([Insert(ProposalRow(id="x", epoch=epoch.id, body=body, day=day))]))

    with pytest.raises(NotAllowed):
        run(proposals.confirm(desk, two.zubr, "x"))
    assert listed == run(read_members(desk))
