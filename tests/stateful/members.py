"""Members: joining, coming back, locking, burning."""

import base64
from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import multiple, rule

from pe_core.desk import accounts, invites, lifting, locking, returning
from pe_core.desk.epochs import read_members
from pe_core.desk.sessions import Joining
from pe_core.errors import NotAllowed, NotFound
from pe_core.model import Box, MemberJoined
from pe_core.model.trail import HOST, Act
from pe_core.toolkit.invented import Account
from pe_core.vault import keys_of, locator_hash
from stateful.model import Freeze, Invite, Person
from stateful.working import Working
from stateful.world import codes, people

MOST_PEOPLE = 4


class Members(Working):
    """Who is a member, and with which keys."""

    @rule(person=people, right=st.booleans())
    def unlock_or_fail(self, person: Person, right: bool) -> None:
        if right:
            self.unlock(person)
            return
        self.clock.move(minutes=1)
        wrong = Account(
            handle=person.account.handle,
            passphrase="seven words that were never anybody's passphrase here",
            totp_secret=person.account.totp_secret,
        )
        self.refused(self.unlocking(wrong), NotAllowed, "staff.unlock.wrong")

    @rule(person=people)
    def use_a_code_twice(self, person: Person) -> None:
        if self.at_work(person) is not None and self.unlock(person) is not None:
            self.refused(self.unlocking(person.account), NotAllowed, "staff.unlock.wrong")

    @rule(person=people)
    def lock_now(self, person: Person) -> None:
        known = self.model.sessions.pop(person.box, None)
        if known is not None:
            accounts.end(self.desk, known.cookie)

    @rule(target=codes, person=people)
    def invite(self, person: Person) -> object:
        session = self.at_work(person)
        if session is None:
            return multiple()
        model = self.model
        code = self.run(invites.make_invite(self.desk, session))
        made = Invite(
            code=code,
            by=person.box,
            signers={person.signer},
            after=model.serial,
            until=model.now + invites.INVITE_LASTS,
            epoch=model.current("roster"),
        )
        model.invites.append(made)
        model.trace(person.box, Act.INVITED, "coordinator")
        return made

    def locator(self, made: Invite) -> bytes:
        return locator_hash(made.code, self.desk.identity.salt, "invite")

    @rule(person=people, made=codes)
    def sign_invite(self, person: Person, made: Invite) -> None:
        session = self.at_work(person)
        if session is None:
            return
        signing = invites.sign_invite(self.desk, session, self.locator(made).hex())
        known = not made.gone and self.model.opens(person.box, made.epoch)
        if made.returns is not None or not known:
            self.refused(signing, NotFound, "staff.invites.not_found")
        elif person.signer not in self.model.lists[made.after]:
            self.refused(signing, NotAllowed, "staff.proposals.moved_on")
        else:
            self.run(signing)
            made.signers.add(person.signer)
            made.epoch = self.model.current("roster")
            self.model.trace(person.box, Act.INVITE_SIGNED, "coordinator")

    def invite_second(self) -> Person:
        """Begin with two coordinators, as an embassy that is live has them."""
        made = self.invite(person=self.first)
        assert isinstance(made, Invite)
        joining = self.run(invites.open_invite(self.desk, made.code))[1]
        return self.enter(made, joining, slip=False)

    @rule(target=people, made=codes, slip=st.booleans())
    def join(self, made: Invite, slip: bool) -> object:
        model = self.model
        opening = invites.open_invite(self.desk, made.code)
        if model.frozen():
            self.refused(opening, NotAllowed, "staff.join.frozen")
        elif made.gone or model.now >= made.until:
            self.refused(opening, NotFound, "staff.join.unknown")
        elif not model.is_ready(made):
            self.refused(opening, NotAllowed, "staff.join.not_signed")
        elif made.returns is not None:
            self.come_back(made.returns, made, self.run(opening)[1], slip)
        elif len(model.people) < MOST_PEOPLE:
            return self.enter(made, self.run(opening)[1], slip)
        else:
            opening.close()
        return multiple()

    def type_back(self, joining: Joining, handle: str, slip: bool) -> Account:
        """Type everything back, after a slip if there is one."""
        secret = base64.b32encode(joining.totp_secret).decode().rstrip("=")
        account = Account(handle=handle, passphrase=joining.passphrase, totp_secret=secret)
        code = account.code(self.clock.now())
        if slip:
            typed = ("not the words", code)
            (problem,) = self.run(invites.join(self.desk, joining, handle, *typed))

            assert problem.field == "passphrase"
        typed = (joining.passphrase, code)
        assert self.run(invites.join(self.desk, joining, handle, *typed)) == ()
        return account

    def enter(self, made: Invite, joining: Joining, slip: bool) -> Person:
        model = self.model
        account = self.type_back(joining, f"bird{len(model.people)}", slip)
        known = {person.box for person in model.people}
        listed = self.run(read_members(self.desk)).members
        (box,) = (Box(member.box) for member in listed if member.box not in known)
        person = Person(account=account, box=box, keys=[keys_of(joining.seed)])
        made.gone = True
        model.people.append(person)
        model.change_members([*model.members, person.signer])
        model.roster[box] = model.current("roster")
        model.tell(MemberJoined(box=box))
        model.trace(box, Act.JOINED, box)
        return person

    def come_back(self, person: Person, made: Invite, joining: Joining, slip: bool) -> None:
        """Return with new keys: what the old ones opened is owed."""
        model = self.model
        under = dict(model.lists[made.after])
        if under.get(person.box) != len(person.keys) - 1:
            handle = person.account.handle
            code = Account(
                handle=handle,
                passphrase=joining.passphrase,
                totp_secret=base64.b32encode(joining.totp_secret).decode(),
            ).code(self.clock.now())
            joins = invites.join(self.desk, joining, handle, joining.passphrase, code)
            self.refused(joins, NotFound, "staff.join.unknown")
            return
        account = self.type_back(joining, person.account.handle, slip)
        granted = {epoch for epoch, box in model.grants if box == person.box}
        model.owed[person.box] = model.owed.get(person.box, set()) | granted
        person.account, person.has_account, person.trail_seen = account, True, None
        person.keys.append(keys_of(joining.seed))
        made.gone = True
        model.sessions.pop(person.box, None)
        model.change_members(
            person.signer if box == person.box else (box, version) for box, version in model.members
        )
        model.roster[person.box] = model.current("roster")
        model.trace(person.box, Act.RETURNED, person.box)

    @rule(person=people, to=people)
    def give_back(self, person: Person, to: Person) -> None:
        session = self.at_work(person)
        if session is None:
            return
        model = self.model
        giving = returning.give_back(self.desk, session, to.box)
        mine = {epoch for epoch in model.lacks(to.box) if model.opens(person.box, epoch)}
        if not mine or to is person:
            self.refused(giving, NotFound, "staff.keys.nothing")
            return

        assert len(mine) == self.run(giving)
        model.owed[to.box] = model.lacks(to.box) - mine
        model.grants |= {(epoch, to.box): len(to.keys) - 1 for epoch in mine}
        model.trace(person.box, Act.GRANTED, to.box)

    def usable(self) -> list[Person]:
        return [p for p in self.model.people if p.has_account and self.model.listed(p.box)]

    @rule(person=people)
    def burn(self, person: Person) -> None:
        session = self.at_work(person) if len(self.usable()) > 2 else None
        if session is None:
            return
        self.run(locking.burn_account(self.desk, session))
        model = self.model
        person.has_account = False
        self.drop_grants(person.box)
        model.sessions.pop(person.box, None)
        if model.shares:
            model.shares.waiting.pop(person.box, None)
        model.trace(person.box, Act.BURNT)

    def drop_grants(self, box: int) -> None:
        kept = {key: version for key, version in self.model.grants.items() if key[1] != box}
        self.model.grants = kept

    @rule(person=people, host=st.booleans())
    def lock_in_need(self, person: Person, host: bool) -> None:
        if host:
            self.lock(HOST)
            return
        if self.at_work(person) is None:
            return
        granted = {epoch for epoch, box in self.model.grants if box == person.box}
        owed = self.model.owed
        owed[person.box] = owed.get(person.box, set()) | granted
        self.drop_grants(person.box)
        self.lock(person.box)

    def lock(self, box: Box) -> None:
        model, freeze = self.model, self.model.freeze
        recent = {w: at for w, at in freeze.last.items() if model.now - at < timedelta(days=7)}
        froze = self.run(locking.lock_account(self.desk, box))
        model.sessions.clear()
        model.trace(box, Act.LOCKED)

        assert froze == (box not in recent)
        if froze:
            last = recent if box == HOST else {**recent, box: model.now}
            model.freeze = Freeze(until=model.now + locking.LASTS, by=box, last=last)

    @rule(person=people)
    def lift(self, person: Person) -> None:
        self.clock.move(minutes=1)
        model, account = self.model, person.account
        code = account.code(self.clock.now())
        lifts = lifting.lift(self.desk, account.handle, account.passphrase, code)
        if not person.has_account:
            self.refused(lifts, NotAllowed, "staff.unlock.wrong")
        elif not model.frozen():
            self.refused(lifts, NotAllowed, "staff.lift.not_frozen")
        elif model.freeze.by == person.box:
            self.refused(lifts, NotAllowed, "staff.lift.not_you")
        else:
            self.run(lifts)
            model.freeze.until = None
            model.trace(person.box, Act.FREEZE_LIFTED)
