"""The coordinator's side, reading: the list, its figures, the search, a request, a file."""

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import rule

from pe_core.desk import listing, requests
from pe_core.desk.sessions import Session
from pe_core.desk.shelf import Entry as ListedEntry
from pe_core.desk.shelf import Figure
from pe_core.model import (
    State,
)
from pe_core.model.trail import Act
from stateful.asking import Asking
from stateful.model import OPEN, Person, Request
from stateful.world import asked, people


class Reading(Asking):
    """An unlocked coordinator who looks at requests."""

    @rule(person=people)
    def list_requests(self, person: Person) -> None:
        session = self.at_work(person)
        if session is None:
            return
        entries = self.run(listing.list_requests(self.desk, session))
        self.note_listed(person)
        living = {r.id: r for r in self.model.requests if not r.erased}

        assert set(living) == {entry.id for entry in entries}
        assert sorted(-e.week for e in entries) == [-e.week for e in entries]
        for entry in entries:
            self.check_entry(person, living[entry.id], entry)
        if all(self.reads_whole(person, r) for r in living.values() if self.can_open(person, r)):
            self.check_figures(person, session)

    def note_listed(self, person: Person) -> None:
        unlocked = self.model.sessions[person.box]
        if not unlocked.listed:
            self.model.trace(person.box, Act.LISTED)
        unlocked.listed = True

    def reads_whole(self, person: Person, request: Request) -> bool:
        """Return whether nothing of a thread is closed to this person."""
        return self.model.opens(person.box, *(entry.epoch for entry in request.thread))

    def check_entry(self, person: Person, request: Request, entry: ListedEntry) -> None:
        assert (request.state, request.week, request.keep_until) == (
            entry.state,
            entry.week,
            entry.keep_until,
        )
        assert self.can_open(person, request) == (entry.summary is not None)
        if entry.summary is None:
            return
        summary = entry.summary
        for name in ("claimed_by", "topic", "urgency", "sensitivity", "duplicate_of"):
            assert getattr(request, name) == getattr(summary, name), name
        for name in ("waiting_on", "wake", "outcome", "form", "submitted"):
            assert getattr(request, name) == getattr(summary, name), name
        assert entry.fresh == (len(request.thread) > request.seen)
        if self.reads_whole(person, request):
            assert request.awaiting() == summary.awaiting

    def check_figures(self, person: Person, session: Session) -> None:
        mine = [r for r in self.model.requests if self.can_open(person, r)]
        open_ones = [r for r in mine if r.state in OPEN]
        ours = [r for r in open_ones if r.state is not State.WAITING and r.awaiting() is not None]
        today = self.model.today
        waking = [r for r in mine if r.state is State.WAITING and r.wake and r.wake <= today]
        overdue = [
            r for r in ours if self.model.now - (r.awaiting() or self.model.now) > timedelta(days=3)
        ]

        assert {
            Figure.UNCLAIMED: sum(r.claimed_by is None for r in open_ones),
            Figure.LATE: len(overdue) + sum(r.wake != today for r in waking),
            Figure.OURS: len(ours),
            Figure.WAKING: len(waking),
            Figure.MINE: sum(r.claimed_by == person.box for r in open_ones),
        } == dict(session.shelf.figures())

    @rule(person=people, request=asked)
    def search(self, person: Person, request: Request) -> None:
        session = self.at_work(person)
        if session is None:
            return
        found = self.run(listing.search(self.desk, session, request.word))
        self.model.trace(person.box, Act.SEARCHED)
        self.note_listed(person)

        expected = [request.id] if self.can_open(person, request) else []
        assert expected == [entry.id for entry in found]

    def note_opening(self, person: Person, request: Request) -> None:
        """Note that a request was opened, in the trail once an hour."""
        opened = self.model.sessions[person.box].opened
        known = opened.get(request.id)
        if known is None or self.model.now - known >= timedelta(hours=1):
            self.model.trace(person.box, Act.OPENED, request.id)
            opened[request.id] = self.model.now
        request.seen = len(request.thread)

    @rule(person=people, request=asked)
    def open(self, person: Person, request: Request) -> None:
        session = self.at_work(person)
        opening = requests.open_request(self.desk, session, request.id) if session else None
        if opening is None or self.unreachable(person, request, opening):
            return
        opened = self.run(opening)
        self.note_opening(person, request)
        readable = [e for e in request.thread if self.model.opens(person.box, e.epoch)]

        assert (request.state, request.keep_until) == (opened.state, opened.keep_until)
        assert [(e.author, e.kind, e.text) for e in readable] == [
            (message.author, message.kind, message.text) for _, message in opened.thread
        ]
        assert request.withdrawal == opened.withdrawal_due

    @rule(person=people, request=asked, which=st.integers(0, 2))
    def open_file(self, person: Person, request: Request, which: int) -> None:
        session = self.at_work(person)
        names = sorted(request.files)
        if session is None or which >= len(names):
            return
        opening = requests.open_file(self.desk, session, request.id, names[which])
        if self.unreachable(person, request, opening):
            return
        # Which entry brought the file is not in the model; all of it lies in that one's epoch.
        if self.model.opens(person.box, request.files[names[which]]) and self.reads_whole(
            person, request
        ):
            note, data = self.run(opening)
            self.note_opening(person, request)
            self.model.trace(person.box, Act.FILE_OPENED, request.id)

            assert (note.id, note.size) == (names[which], len(data))
        else:
            opening.close()
