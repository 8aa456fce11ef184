"""The coordinator's side, acting: claim, answer, sort, move, keep, hand over."""

from collections.abc import Awaitable
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import multiple, rule

from pe_core.desk import claims, duplicates, entering, handing, requests, sorting
from pe_core.errors import Conflict, NotAllowed, NotFound
from pe_core.model import (
    Author,
    Channel,
    ClosingFellDue,
    MessageKind,
    Outcome,
    ReplySent,
    Sensitivity,
    State,
    StateChanged,
    Urgency,
    WaitingOn,
)
from pe_core.model.trail import Act
from pe_core.rules.lifecycle import may_move
from pe_core.toolkit.invented import ASKED, Asked
from stateful.model import OVER, Entry, Person, Request, Told
from stateful.reading import Reading
from stateful.world import asked, people

FOR_EVER = 1_000_000


class Working(Reading):
    """An unlocked coordinator who does something about requests."""

    def wrote(
        self, request: Request, kind: MessageKind, text: str = "", state: State | None = None
    ) -> None:
        """Note an entry of the team's in a thread."""
        model = self.model
        epoch = model.current("intake")
        request.add(Entry(Author.STAFF, kind, model.now, epoch, text, state))

    @rule(person=people, request=asked)
    def claim(self, person: Person, request: Request) -> None:
        session = self.at_work(person)
        claiming = claims.claim(self.desk, session, request.id) if session else None
        if claiming is not None:
            self.take(person, request, claiming, None)

    @rule(person=people, request=asked)
    def take_over(self, person: Person, request: Request) -> None:
        session = self.at_work(person)
        if session is not None and request.claimed_by is not None:
            holder = request.claimed_by
            taking = claims.take_over(self.desk, session, request.id, holder)
            self.take(person, request, taking, holder)

    def take(
        self, person: Person, request: Request, taking: Awaitable[None], holder: int | None
    ) -> None:
        if self.unreachable(person, request, taking):
            return
        if request.state in OVER:
            self.refused(taking, NotAllowed, "staff.claim.closed")
        elif request.claimed_by not in (person.box, holder):
            self.refused(taking, Conflict)
        else:
            self.run(taking)
            if request.claimed_by != person.box:
                request.claimed_by = person.box
                self.wrote(request, MessageKind.CLAIMED)
                if request.state is State.NEW:
                    self.moved(request, State.TRIAGE)
                self.model.trace(person.box, Act.CLAIMED, request.id)

    @rule(person=people, request=asked)
    def release(self, person: Person, request: Request) -> None:
        session = self.at_work(person)
        releasing = claims.release(self.desk, session, request.id) if session else None
        if releasing is None or self.unreachable(person, request, releasing):
            return
        if request.claimed_by != person.box:
            self.refused(releasing, Conflict)
            return
        self.run(releasing)
        request.claimed_by = None
        self.wrote(request, MessageKind.RELEASED)
        self.model.trace(person.box, Act.CHANGED, request.id)

    @rule(person=people, request=asked)
    def reply(self, person: Person, request: Request) -> None:
        session = self.at_work(person)
        text = f"Our answer, {self.next_word()}."
        replying = requests.reply(self.desk, session, request.id, text, "en") if session else None
        if replying is None or self.unreachable(person, request, replying):
            return
        if request.state in OVER:
            self.refused(replying, NotAllowed, "staff.request.closed")
            return
        self.run(replying)
        self.wrote(request, MessageKind.MESSAGE, text)
        request.replies.append(Told(MessageKind.MESSAGE, text))
        self.model.tell(ReplySent(request=request.id))
        if request.state is State.NEW:
            self.moved(request, State.TRIAGE)
        self.model.trace(person.box, Act.REPLIED, request.id)

    @rule(person=people, request=asked)
    def note(self, person: Person, request: Request) -> None:
        session = self.at_work(person)
        noting = sorting.add_note(self.desk, session, request.id, "Ours.") if session else None
        if noting is None or self.unreachable(person, request, noting):
            return
        self.run(noting)
        self.wrote(request, MessageKind.NOTE, "Ours.")
        self.model.trace(person.box, Act.NOTED, request.id)

    def move_on(self, person: Person, request: Request, keep_until: int) -> bool:
        """Move what ends before ``keep_until`` to the current epoch; False if it is not open."""
        model = self.model

        def ends_too_early(name: str) -> bool:
            return name in model.epochs and model.epochs[name].ends < keep_until

        early = {name for name in request.epochs() if ends_too_early(name)}
        if not model.opens(person.box, *early):
            return False
        target = model.current("intake")
        if request.epoch in early:
            request.epoch = target
        for entry in request.thread:
            entry.epoch = target if entry.epoch in early else entry.epoch
        for name, epoch in request.files.items():
            request.files[name] = target if epoch in early else epoch
        return True

    @rule(
        person=people,
        request=asked,
        to=st.sampled_from([s for s in State if s is not State.ERASED]),
        whole=st.booleans(),
        text=st.sampled_from(["", "So it is."]),
    )
    def move(self, person: Person, request: Request, to: State, whole: bool, text: str) -> None:
        session = self.at_work(person)
        if session is None:
            return
        ends = to in (State.RESOLVED, State.CLOSED)
        waits = to is State.WAITING
        moving = requests.Moving(
            to=to,
            outcome=Outcome.HELPED if whole and ends else None,
            waiting_on=WaitingOn.ASKER if whole and waits else None,
            wake=self.model.today + timedelta(days=5) if whole and waits else None,
            text=text,
            language="en",
        )
        act = requests.move(self.desk, session, request.id, moving)
        if self.unreachable(person, request, act):
            return
        if not may_move(request.state, to, Author.STAFF):
            self.refused(act, NotAllowed, "staff.request.no_such_move")
        elif not whole and (ends or waits):
            fields = {problem.field for problem in self.run(act)}

            assert fields == ({"outcome"} if ends else {"waiting_on", "wake"})
        else:
            self.carry_out_move(person, request, moving, act)

    def carry_out_move(
        self, person: Person, request: Request, moving: requests.Moving, act: Awaitable[Any]
    ) -> None:
        model, before, to = self.model, request.state, moving.to
        keep_until = request.keep_until
        if to is State.CLOSED:
            keep_until = model.week + request.keep_weeks
        elif before is State.CLOSED:
            keep_until = model.week + 26
        resets = State.CLOSED in (before, to)
        if resets and not self.move_on(person, request, keep_until):
            self.refused(act, NotAllowed, "staff.request.not_all_yours")
            return

        assert self.run(act) == ()
        request.keep_until = keep_until
        request.outcome, request.waiting_on = moving.outcome, moving.waiting_on
        request.wake = moving.wake
        self.wrote(request, MessageKind.STATE, moving.text, to)
        request.replies.append(
            Told(MessageKind.STATE, moving.text, to, moving.outcome, moving.waiting_on)
        )
        request.state = to
        model.tell(StateChanged(request=request.id, state=to))
        if to is State.RESOLVED:
            due = (model.now + timedelta(days=14)).date()
            model.tell(ClosingFellDue(request=request.id), due)
        model.trace(person.box, Act.MOVED, request.id)

    @rule(person=people, request=asked, last=st.integers(1, 3))
    def work_through(self, person: Person, request: Request, last: int) -> None:
        """Several moves in one step: most days go straight on."""
        for to in (State.TRIAGE, State.ACTIVE, State.RESOLVED)[:last]:
            self.move(person=person, request=request, to=to, whole=True, text="")

    @rule(
        person=people,
        request=asked,
        topic=st.sampled_from(["", "zz.paper", "zz.bed", "zz.nothing"]),
        urgency=st.sampled_from(Urgency),
        sensitivity=st.sampled_from(Sensitivity),
    )
    def sort(
        self,
        person: Person,
        request: Request,
        topic: str,
        urgency: Urgency,
        sensitivity: Sensitivity,
    ) -> None:
        session = self.at_work(person)
        wanted = sorting.Sorting(topic=topic, urgency=urgency, sensitivity=sensitivity)
        act = sorting.sort_request(self.desk, session, request.id, wanted) if session else None
        if act is None or self.unreachable(person, request, act):
            return
        if topic == "zz.nothing":
            self.refused(act, NotAllowed, "staff.sort.no_such_topic")
            return
        self.run(act)
        after = ("" if topic == request.form else topic, urgency, sensitivity)
        if after != (request.topic, request.urgency, request.sensitivity):
            request.topic, request.urgency, request.sensitivity = after
            self.wrote(request, MessageKind.SORTED)
            self.model.trace(person.box, Act.CHANGED, request.id)

    @rule(person=people, request=asked, other=st.one_of(st.none(), asked))
    def mark_duplicate(self, person: Person, request: Request, other: Request | None) -> None:
        session = self.at_work(person)
        if session is None:
            return
        name = other.id if other else None
        act = duplicates.mark_duplicate(self.desk, session, request.id, name)
        if self.unreachable(person, request, act):
            return
        if name != request.duplicate_of and other is not None:
            if self.unreachable(person, other, act):
                return
            if other is request or other.duplicate_of == request.id:
                self.refused(act, NotAllowed, "staff.duplicate.circle")
                return
        self.run(act)
        if name != request.duplicate_of:
            request.duplicate_of = name
            self.wrote(request, MessageKind.DUPLICATE)
            self.model.trace(person.box, Act.CHANGED, request.id)

    @rule(person=people, request=asked)
    def suggest_duplicates(self, person: Person, request: Request) -> None:
        session = self.at_work(person)
        if session is None:
            return
        found = self.run(duplicates.suggest_duplicates(self.desk, session, request.id))
        openable = {r.id for r in self.model.requests if self.can_open(person, r)}

        assert {name for name, _ in found} <= openable - {request.id}

    @rule(person=people, request=asked, weeks=st.sampled_from([4, 12, 26]))
    def extend(self, person: Person, request: Request, weeks: int) -> None:
        session = self.at_work(person)
        act = sorting.extend(self.desk, session, request.id, weeks) if session else None
        if act is None or self.unreachable(person, request, act):
            return
        keep_until = self.model.week + weeks
        if keep_until <= request.keep_until:
            self.refused(act, NotAllowed, "staff.extend.not_longer")
        elif not self.move_on(person, request, keep_until):
            self.refused(act, NotAllowed, "staff.request.not_all_yours")
        else:
            assert keep_until == self.run(act)
            request.keep_until = keep_until
            self.wrote(request, MessageKind.EXTENDED)
            self.model.trace(person.box, Act.EXTENDED, request.id)

    @rule(person=people, request=asked, to=people)
    def hand_over(self, person: Person, request: Request, to: Person) -> None:
        session = self.at_work(person)
        act = handing.give(self.desk, session, request.id, to.box) if session else None
        if act is None or self.unreachable(person, request, act):
            return
        model = self.model
        if request.state in OVER:
            self.refused(act, NotAllowed, "staff.claim.closed")
        elif request.claimed_by == to.box:
            self.run(act)
        elif to is person or not model.listed(to.box):
            self.refused(act, NotFound, "staff.members.not_found")
        elif not model.opens(to.box, model.current("intake")):
            self.refused(act, NotAllowed, "staff.handing.no_keys")
        elif not model.opens(to.box, *request.epochs()) and not self.move_on(
            person, request, FOR_EVER
        ):
            self.refused(act, NotAllowed, "staff.request.not_all_yours")
        else:
            self.run(act)
            request.claimed_by = to.box
            self.wrote(request, MessageKind.GIVEN)
            model.trace(person.box, Act.GIVEN, request.id)

    @rule(target=asked, person=people, which=st.sampled_from(ASKED))
    def enter_by_phone(self, person: Person, which: Asked) -> object:
        session = self.at_work(person)
        if session is None:
            return multiple()
        beginning = entering.Beginning(
            topic=which.form, language=which.language, where=which.where, channel=Channel.PHONE
        )
        (problem,) = entering.begin_entry(self.desk, session, beginning)
        agreed = entering.Beginning(
            topic=which.form,
            language=which.language,
            where=which.where,
            channel=Channel.PHONE,
            agreed=True,
        )

        assert problem.field == "agreed"
        assert entering.begin_entry(self.desk, session, agreed) == ()
        word = self.type_answers(entering.entry_of(session), which)
        receipt = self.run(entering.submit_entry(self.desk, session))
        entering.drop_entry(session)
        request = self.acknowledged(receipt, which, word)
        self.model.trace(person.box, Act.ENTERED, request.id)
        return request
