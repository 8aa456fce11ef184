"""What must hold after every step: the rows on disk against the model, with every key tried."""

from collections import Counter
from itertools import pairwise

import msgspec
from hypothesis.stateful import invariant

from pe_core.courier.courier import AnyEvent
from pe_core.desk.desk import Desk
from pe_core.desk.trail import link_through, read_head
from pe_core.desk.watching import verify_trail
from pe_core.errors import EnvelopeRefused
from pe_core.model import Author, Message, MessageKind, Original, Reply, State
from pe_core.model.trail import Entry
from pe_core.rules.lifecycle import may_move
from pe_core.store import (
    AccountRow,
    CountRow,
    EpochRow,
    FileRow,
    GrantRow,
    InviteRow,
    MessageRow,
    OutboxRow,
    ProposalRow,
    ReplyRow,
    RequestRow,
    RosterRow,
    ShareRow,
    TrailRow,
)
from pe_core.vault import RECOVERY_BOX, Keys, open_envelope, open_grant, receipt_keys
from stateful.model import Request
from stateful.world import World


class Checks(World):
    """The invariants; each is a sentence of docs/security.md or of the design."""

    @invariant()
    def everything_holds(self) -> None:
        """Keys come first: the others open what they find with them."""
        self.grants_are_exactly_those_that_should_be()
        self.every_acknowledged_request_is_there_in_its_state()
        self.states_follow_the_lifecycle()
        self.threads_and_files_lie_in_the_epochs_that_they_should()
        self.every_request_opens_with_its_epoch_and_says_what_was_asked()
        self.every_entry_of_a_thread_is_the_one_that_was_made()
        self.every_receipt_shows_exactly_what_is_unread()
        self.counts_per_week_agree()
        self.the_trail_is_one_chain_with_an_entry_for_each_act()
        self.the_outbox_holds_what_was_not_told_yet()
        self.sessions_are_exactly_those_that_are_not_over()
        self.accounts_and_names_are_those_of_whoever_has_one()
        self.what_waits_for_a_second_person_is_there_and_nothing_else()

    def rows(self, table: type) -> list:
        return self.run(self.desk.store.select(table))

    def every_acknowledged_request_is_there_in_its_state(self) -> None:
        living = [request for request in self.model.requests if not request.erased]
        expected = {(r.id, r.state.value, r.week, r.keep_until, r.epoch) for r in living}
        found = {
            (row.id, row.state, row.week, row.keep_until, row.epoch)
            for row in self.rows(RequestRow)
        }

        assert expected == found

    def states_follow_the_lifecycle(self) -> None:
        for request in self.model.requests:
            for before, after in pairwise(request.states):
                assert any(may_move(before, after, by) for by in Author)

    def threads_and_files_lie_in_the_epochs_that_they_should(self) -> None:
        living = [request for request in self.model.requests if not request.erased]
        expected = Counter(
            (r.id, number, entry.epoch)
            for r in living
            for number, entry in enumerate(r.thread, start=1)
        )
        files = {(r.id, *item) for r in living for item in r.files.items()}
        found = Counter((row.request, row.number, row.epoch) for row in self.rows(MessageRow))

        assert expected == found
        assert files == {(row.request, row.id, row.epoch) for row in self.rows(FileRow)}

    def grants_are_exactly_those_that_should_be(self) -> None:
        model = self.model
        epochs = self.rows(EpochRow)
        for row in sorted(epochs, key=lambda row: (row.compartment, row.week, len(row.id), row.id)):
            if row.id not in model.epochs:
                # Begun by whatever needed it first: it must be the one that is due.
                assert row.id == model.current(row.compartment)
        for row in epochs:
            known = model.epochs[row.id]
            assert (known.compartment, known.week, known.ends) == (
                row.compartment,
                row.week,
                row.ends,
            )
        grants = {(row.epoch, row.box): row for row in self.rows(GrantRow)}
        expected = {*model.grants, *((epoch, RECOVERY_BOX) for epoch in model.epochs)}

        assert {row.id for row in epochs} == set(model.epochs)
        assert expected == set(grants)
        publics = {row.id: row.public for row in epochs}
        for (epoch, box), row in grants.items():
            self.try_grant(epoch, box, row.body, publics[epoch])

    def try_grant(self, epoch: str, box: int, body: bytes, public: bytes) -> None:
        """Try every account's keys there ever were: only whose grant it is opens it."""
        for person in self.model.people:
            for version, keys in enumerate(person.keys):
                should = person.box == box and self.model.grants.get((epoch, box)) == version
                known = self.opened.get((body, keys.public))
                if known is None:
                    known = self.opens_grant(epoch, body, public, keys)
                    self.opened[body, keys.public] = known

                assert should == known
        if box == RECOVERY_BOX and epoch not in self.epoch_keys:
            # Whoever locks destroys their grant of the epoch in which the trail says so.
            any(self.opens_grant(epoch, body, public, keys) for keys in self.recoveries)

    def opens_grant(self, epoch: str, body: bytes, public: bytes, keys: Keys) -> bool:
        try:
            opened = open_grant(body, epoch, self.desk.embassy.code, keys, public)
        except EnvelopeRefused:
            return False
        self.epoch_keys[epoch] = opened
        return True

    def every_request_opens_with_its_epoch_and_says_what_was_asked(self) -> None:
        for row in self.rows(RequestRow):
            request = self.request(row.id)
            original = self.open_once(row.body, row.epoch, "request", row.id, Original)
            if original is not None:
                shown = " ".join(answer.shown for answer in original.answers)

                assert request.word in shown
                assert request.form == original.form

    def open_once(self, body: bytes, epoch: str, purpose: str, name: str, kind: type) -> object:
        """Open an envelope the first time that it is seen; None ever after, or without a key."""
        if (body, b"") in self.opened or epoch not in self.epoch_keys:
            return None
        self.opened[body, b""] = True
        context = self.desk.context(purpose, name)
        return msgspec.msgpack.decode(
            open_envelope(body, self.epoch_keys[epoch], context), type=kind
        )

    def every_entry_of_a_thread_is_the_one_that_was_made(self) -> None:
        for row in self.rows(MessageRow):
            expected = self.request(row.request).thread[row.number - 1]
            message = self.open_once(row.body, row.epoch, "message", row.id, Message)
            if message is not None:
                assert isinstance(message, Message)
                assert (expected.author, expected.kind, expected.at, expected.text) == (
                    message.author,
                    message.kind,
                    message.at,
                    message.text,
                )

    def every_receipt_shows_exactly_what_is_unread(self) -> None:
        rows: dict[str, list[ReplyRow]] = {}
        for row in sorted(self.rows(ReplyRow), key=lambda row: row.number):
            rows.setdefault(row.request, []).append(row)
        for request in self.model.requests:
            if request.erased:
                assert request.id not in rows
                continue
            keys = receipt_keys(request.receipt, self.desk.identity.salt)
            found = [read_reply(self.desk, keys, row) for row in rows.get(request.id, [])]
            expected = [(told.kind, told.text, told.state, told.opened) for told in request.replies]

            assert expected == found

    def counts_per_week_agree(self) -> None:
        assert dict(self.model.counts) == {row.week: row.number for row in self.rows(CountRow)}

    def the_trail_is_one_chain_with_an_entry_for_each_act(self) -> None:
        rows = sorted(self.rows(TrailRow), key=lambda row: row.number)
        first = rows[0].number if rows else len(self.model.trail) + 1
        for number, row in enumerate(rows, start=first):
            expected = self.model.trail[number - 1]
            entry = self.open_once(row.body, row.epoch, "trail", str(row.number), Entry)

            assert (number, expected.epoch, expected.keep_until) == (
                row.number,
                row.epoch,
                row.keep_until,
            )
            if isinstance(entry, Entry):
                assert (expected.box, expected.act, expected.what) == (
                    entry.box,
                    entry.act,
                    entry.what,
                )
        gone = self.model.trail[: first - 1]
        head = self.run(read_head(self.desk))

        assert len(self.model.trail) == first - 1 + len(rows) == head.number
        assert all(trace.keep_until < (self.model.upkeep_week or 0) for trace in gone)
        if rows:
            start = msgspec.structs.replace(head, number=first - 1, link=rows[0].before)
            assert head == link_through(rows, start)
            assert self.run(verify_trail(self.desk)).unbroken

    def the_outbox_holds_what_was_not_told_yet(self) -> None:
        rows = sorted(self.rows(OutboxRow), key=lambda row: row.id)
        found = [(msgspec.msgpack.decode(row.event, type=AnyEvent), row.due) for row in rows]

        assert self.model.outbox == found

    def sessions_are_exactly_those_that_are_not_over(self) -> None:
        expected = [box for box in self.model.sessions if self.model.unlocked(box) is not None]

        assert sorted(expected) == sorted(s.box for s in self.desk.sessions.items())

    def accounts_and_names_are_those_of_whoever_has_one(self) -> None:
        model = self.model
        accounts = {person.box for person in model.people if person.has_account}

        assert accounts == {row.box for row in self.rows(AccountRow)}
        assert model.roster == {row.box: row.epoch for row in self.rows(RosterRow)}

    def what_waits_for_a_second_person_is_there_and_nothing_else(self) -> None:
        model = self.model
        shares = model.shares.waiting if model.shares else {}

        assert sum(not each.gone for each in model.invites) == len(self.rows(InviteRow))
        assert {p.id for p in model.proposals if not p.gone} == {
            row.id for row in self.rows(ProposalRow)
        }
        assert set(shares) == {row.box for row in self.rows(ShareRow)}

    def request(self, name: str) -> Request:
        return next(request for request in self.model.requests if request.id == name)


def read_reply(
    desk: Desk, keys: Keys, row: ReplyRow
) -> tuple[MessageKind, str, State | None, int | None]:
    """Open a reply with a receipt's keys."""
    body = open_envelope(row.body, keys, desk.context("reply", row.id))
    reply = msgspec.msgpack.decode(body, type=Reply)
    return reply.kind, reply.text, reply.state, row.opened
