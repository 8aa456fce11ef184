"""What two coordinators agree on: leaving, coming back, recovery shares."""

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import multiple, rule

from pe_core.desk import proposals, returning, shares
from pe_core.desk.sessions import Session
from pe_core.errors import NotAllowed, NotFound
from pe_core.model import Box
from pe_core.model.trail import HOST, Act
from pe_core.store import ProposalRow
from pe_core.vault import Seed, join_shares, keys_of
from stateful.members import Members
from stateful.model import Invite, Person, Proposal, Shares
from stateful.world import codes, people, proposed


class Agreeing(Members):
    """What one coordinator proposes and another confirms."""

    def put_forward(self, person: Person, kind: str, box: int, what: object) -> Proposal:
        """Note a proposal, whose id only the desk knows."""
        model = self.model
        made = Proposal(
            id="",
            kind=kind,
            box=box,
            by=person.signer,
            serial=model.serial,
            day=(model.now + timedelta(days=7)).date().toordinal(),
            epoch=model.current("roster"),
        )
        model.proposals.append(made)
        model.trace(person.box, Act.PROPOSED, what)
        return made

    @rule(target=proposed, person=people, who=people)
    def propose_leaving(self, person: Person, who: Person) -> object:
        session = self.at_work(person)
        if session is None:
            return multiple()
        proposing = proposals.propose(self.desk, session, "leave", who.box)
        if not self.model.listed(who.box):
            self.refused(proposing, NotFound, "staff.members.not_found")
        elif len(self.model.members) == 1:
            self.refused(proposing, NotAllowed, "staff.proposals.last_coordinator")
        else:
            name = self.run(proposing)
            made = self.put_forward(person, "leave", who.box, who.box)
            made.id = name
            return made
        return multiple()

    @rule(target=proposed, person=people, who=people)
    def propose_return(self, person: Person, who: Person) -> object:
        session = self.at_work(person)
        if session is None:
            return multiple()
        model = self.model
        proposing = proposals.propose_return(self.desk, session, who.box)
        if who is person:
            self.refused(proposing, NotAllowed, "staff.return.yourself")
        elif not model.listed(who.box):
            self.refused(proposing, NotFound, "staff.members.not_found")
        elif not model.opens(person.box, model.roster[who.box]):
            self.refused(proposing, NotAllowed, "staff.return.name_unknown")
        else:
            return self.note_return(person, who, *self.run(proposing))
        return multiple()

    def note_return(self, person: Person, who: Person, code: str, works: bool) -> Proposal:
        assert not works, "one coordinator alone brings nobody back"
        model = self.model
        made = self.put_forward(person, "return", who.box, who.box)
        made.id = self.newest_proposal()
        made.invite = Invite(
            code=code,
            by=person.box,
            signers={person.signer},
            after=model.serial,
            until=model.now + returning.RETURN_LASTS,
            epoch=model.current("roster"),
            returns=who,
        )
        model.invites.append(made.invite)
        return made

    def newest_proposal(self) -> str:
        """Return the one that is new on disk: whoever locked cannot read even their own."""
        known = {made.id for made in self.model.proposals}
        rows = self.run(self.desk.store.pick(ProposalRow, ("id",)))
        (found,) = (name for (name,) in rows if name not in known)
        return found

    @rule(target=codes, person=people, made=proposed)
    def confirm(self, person: Person, made: Proposal) -> object:
        session = self.at_work(person)
        if session is None:
            return multiple()
        model = self.model
        confirming = proposals.confirm(self.desk, session, made.id)
        if not self.finds(person, made):
            self.refused(confirming, NotFound, "staff.proposals.not_found")
        elif not model.is_fitting(made):
            self.refused(confirming, NotAllowed, "staff.proposals.moved_on")
            self.take_away(person, made)
        elif made.by == person.signer:
            self.refused(confirming, NotAllowed, "staff.proposals.own")
        else:
            self.run(confirming)
            made.gone = True
            self.take_effect(person, made)
            if made.invite is not None:
                return made.invite
        return multiple()

    def finds(self, person: Person, made: Proposal) -> bool:
        in_time = made.day >= self.model.today.toordinal()
        return not made.gone and in_time and self.model.opens(person.box, made.epoch)

    def take_away(self, person: Person, made: Proposal) -> None:
        made.gone = True
        if made.invite is not None:
            made.invite.gone = True
        what = "recovery" if made.kind == "recovery" else made.box
        self.model.trace(person.box, Act.REFUSED, what)

    def take_effect(self, person: Person, made: Proposal) -> None:
        model = self.model
        if made.kind == "recovery":
            model.change_members(model.members, begin=False)
            model.recovery = made.public
            model.trace(person.box, Act.CONFIRMED, "recovery")
            self.move_roster(person.box)
        elif made.invite is not None:
            made.invite.signers.add(person.signer)
            made.invite.epoch = model.current("roster")
            model.trace(person.box, Act.CONFIRMED, made.box)
        else:
            self.leave(person, model.person(made.box))

    def leave(self, person: Person, who: Person) -> None:
        """Let somebody leave, whom ``person`` agreed to let go; it may be the same one."""
        model, box = self.model, who.box
        opened = [r for r in model.requests if self.can_open(person, r)]
        names = [b for b, epoch in model.roster.items() if model.opens(person.box, epoch)]
        model.trace(person.box, Act.LEFT, box)
        model.change_members(member for member in model.members if member[0] != box)
        self.drop_grants(box)
        who.has_account = False
        model.owed.pop(box, None)
        model.sessions.pop(box, None)
        if model.shares:
            model.shares.waiting.pop(box, None)
        model.roster |= {b: model.current("roster") for b in names}
        model.roster.pop(box)
        for request in opened:
            if request.claimed_by == box:
                request.claimed_by = None

    @rule(person=people, made=proposed)
    def withdraw_proposal(self, person: Person, made: Proposal) -> None:
        session = self.at_work(person)
        if session is None:
            return
        withdrawing = proposals.withdraw(self.desk, session, made.id)
        if self.finds(person, made):
            self.run(withdrawing)
            self.take_away(person, made)
        else:
            self.refused(withdrawing, NotFound, "staff.proposals.not_found")

    @rule(target=proposed, person=people)
    def make_shares(self, person: Person) -> object:
        session = self.at_work(person)
        if session is None:
            return multiple()
        model = self.model
        holders = tuple(Box(box) for box, _ in model.members)
        making = shares.make_shares(self.desk, session, holders)
        if len(holders) < 2:
            self.refused(making, NotAllowed, "staff.shares.invite_first")
            return multiple()
        earlier = [p for p in model.proposals if p.kind == "recovery" and self.finds(person, p)]
        self.run(making)
        for proposal in earlier:
            self.take_away(person, proposal)
        made = self.put_forward(person, "recovery", HOST, "recovery")
        made.id = self.newest_proposal()
        model.trace(person.box, Act.SHARES_MADE, len(holders))
        noted = self.run(shares.read_shares(self.desk))

        assert noted is not None
        made.public = noted.public
        waiting = dict.fromkeys(holders)
        model.shares = Shares(
            public=noted.public,
            by=person.signer,
            holders=holders,
            day=made.day,
            waiting={box: model.person(box).signer for box in waiting},
        )
        return made

    @rule(person=people, slip=st.booleans())
    def confirm_share(self, person: Person, slip: bool) -> None:
        session = self.at_work(person)
        if session is None:
            return
        model, made = self.model, self.model.shares
        opening = shares.open_share(self.desk, session)
        if (
            made is None
            or person.box not in made.waiting
            or made.day < model.today.toordinal()
            or made.public != model.recovery
        ):
            self.refused(opening, NotFound, "staff.shares.none")
        elif made.waiting[person.box] != person.signer or made.by not in model.members:
            self.refused(opening, NotFound, "staff.shares.damaged")
        else:
            self.write_down(person, session, made, self.run(opening), slip)

    def write_down(
        self, person: Person, session: Session, made: Shares, share: shares.Share, slip: bool
    ) -> None:
        words = share.words.split()
        first, second = (words[place - 1] for place in share.asked)
        if slip:
            wrong = self.run(shares.confirm_share(self.desk, session, (first, "slip")))

            assert [problem.field for problem in wrong] == ["second"]
        assert self.run(shares.confirm_share(self.desk, session, (first, second))) == ()
        made.words[person.box] = share.words
        del made.waiting[person.box]
        self.model.trace(person.box, Act.SHARE_CONFIRMED, share.number)
        if len(made.words) == 2:
            recovery = keys_of(Seed(join_shares(list(made.words.values()))))

            assert self.model.recovery == recovery.public
            self.recoveries.append(recovery)

    # What two do together in one step: by steps that are drawn one by one it seldom comes about

    def second_to(self, person: Person) -> Person:
        """Return a colleague who can sign, or the same one if there is none."""
        others = [other for other in self.usable() if other is not person]
        return others[0] if others else person

    @rule(person=people, who=people)
    def let_go(self, person: Person, who: Person) -> None:
        made = self.propose_leaving(person=person, who=who)
        if isinstance(made, Proposal):
            self.confirm(person=self.second_to(person), made=made)

    @rule(person=people, who=people)
    def bring_back(self, person: Person, who: Person) -> None:
        made = self.propose_return(person=person, who=who)
        if isinstance(made, Proposal) and made.invite is not None:
            self.confirm(person=self.second_to(person), made=made)
            self.join(made=made.invite, slip=False)
            self.give_back(person=person, to=who)

    @rule(person=people)
    def share_anew(self, person: Person) -> None:
        made = self.make_shares(person=person)
        if isinstance(made, Proposal):
            second = self.second_to(person)
            self.confirm(person=second, made=made)
            for holder in (person, second):
                self.confirm_share(person=holder, slip=False)

    @rule(target=people, person=people)
    def welcome(self, person: Person) -> object:
        made = self.invite(person=person)
        if not isinstance(made, Invite):
            return multiple()
        self.sign_invite(person=self.second_to(person), made=made)
        return self.join(made=made, slip=False)

    @rule(person=people)
    def lock_and_lift(self, person: Person) -> None:
        self.lock_in_need(person=person, host=False)
        second = self.second_to(person)
        self.lift(person=second)
        self.give_back(person=second, to=person)
