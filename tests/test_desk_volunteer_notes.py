"""What volunteers and coordinators write to each other: who reads it, whose word it is."""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest

from pe_core.desk import invites, screening, volunteer_notes
from pe_core.desk.cards import catch_up_cards
from pe_core.desk.desk import Desk
from pe_core.desk.epochs import current_epoch
from pe_core.desk.leaving_volunteer import end_own_work
from pe_core.desk.own_ways import set_ways
from pe_core.desk.sessions import Session
from pe_core.desk.volunteer_list import Sought, seek, waits
from pe_core.desk.volunteer_notes import ALONE_LIMIT, note_answered, read_notes, write_note
from pe_core.desk.volunteers import read_own, read_volunteer
from pe_core.errors import Conflict, NotAllowed, TooMany
from pe_core.model import Box, VolunteerNote, VolunteerState, Way
from pe_core.store import Insert, TrailRow, Update, VolunteerNoteRow, VolunteerRow
from pe_core.toolkit.invented import (
    Clock,
    active_volunteer,
    offer_help,
    open_account,
    unlock_account,
)
from pe_core.vault import Keys, keys_of, new_seed, seal, sign_body
from pe_core.vault.vouches import NOTE

Run = Callable[[Awaitable[Any]], Any]


class Two:
    """A volunteer and a coordinator."""

    def __init__(self, desk: Desk, clock: Clock, run: Run, staff: Session) -> None:
        self.desk, self.clock, self.run, self.staff = desk, clock, run, staff
        self.wouk = self.volunteer("wouk")

    def volunteer(self, handle: str) -> Session:
        account = self.run(offer_help(self.desk, self.clock, handle))
        session: Session = self.run(unlock_account(self.desk, self.clock, account))
        return session

    def write(self, by: Session, text: str, box: Box | None = None) -> Any:
        known = self.known(by, box)
        return self.run(write_note(self.desk, by, known, text, "en"))

    def known(self, by: Session, box: Box | None = None) -> Any:
        if by.is_volunteer:
            return self.run(read_own(self.desk, by))
        return self.run(read_volunteer(self.desk, by, box or self.wouk.box))

    def read(self, by: Session) -> list[tuple[bool, str]]:
        notes = self.run(read_notes(self.desk, by, self.known(by)))
        return [(written.team, written.note.text) for written in notes]

    def asks(self, by: Session | None = None) -> dict[str, int]:
        """Return who waits for an answer by their card, and since how many days."""
        cards = self.run(catch_up_cards(self.desk, by or self.staff))
        today = self.clock.now().date().toordinal()
        return {card.handle: today - card.asks for card in cards.values() if waits(card)}

    def forge(self, keys: Keys, number: int = 1, text: str = "Pay me.") -> None:
        """Write an entry as whoever holds the disk could, signed with some keys."""
        note = VolunteerNote(by=self.staff.box, at=self.desk.now(), text=text, language="en")
        about = (self.desk.embassy.code, self.wouk.box, number)
        raw = sign_body(NOTE, msgspec.msgpack.encode(note), keys, about)
        epoch = self.run(current_epoch(self.desk, "roster"))
        context = self.desk.context("volunteer_note", "forged")
        body = seal(raw, to=[epoch.public, self.wouk.keys.public], context=context)
        row = VolunteerNoteRow(
            id="forged", box=self.wouk.box, number=number, epoch=epoch.id, bucket=0, body=body
        )
        self.run(self.desk.store.write([Insert(row)]))


@pytest.fixture
def two(pe_desk: Desk, pe_clock: Clock, pe_run: Run, pe_staff: Session) -> Two:
    return Two(pe_desk, pe_clock, pe_run, pe_staff)


def test_both_read_both_in_order(two: Two) -> None:
    two.write(two.wouk, "When?")
    two.write(two.staff, "On Thursday.")
    two.write(two.wouk, "Good.")
    both = [(False, "When?"), (True, "On Thursday."), (False, "Good.")]

    assert both == two.read(two.wouk) == two.read(two.staff)


def test_another_volunteer_reads_nothing_of_it(two: Two) -> None:
    two.write(two.wouk, "When?")
    other = two.volunteer("zubr")

    assert [] == two.read(other)
    assert [] == list(two.run(read_notes(two.desk, other, two.known(two.staff))))


def test_an_entry_that_nobody_signed_who_might_is_not_there(two: Two) -> None:
    two.forge(keys_of(new_seed()))

    assert [] == two.read(two.wouk) == two.read(two.staff)


def test_an_entry_signed_by_another_volunteer_is_not_there(two: Two) -> None:
    two.forge(two.volunteer("zubr").keys)

    assert [] == two.read(two.wouk)


def test_an_entry_moved_to_another_place_is_not_there(two: Two) -> None:
    two.write(two.staff, "On Thursday.")
    (row,) = two.run(two.desk.store.select(VolunteerNoteRow))
    two.run(two.desk.store.write([Update(VolunteerNoteRow, (row.id,), {"number": 9})]))

    assert [] == two.read(two.wouk)


def test_what_was_written_moves_to_the_keys_of_who_joins_later(two: Two) -> None:
    two.write(two.wouk, "When?")
    code = two.run(invites.make_invite(two.desk, two.staff))
    account = two.run(open_account(two.desk, two.clock, code, "busla"))
    newcomer = two.run(unlock_account(two.desk, two.clock, account))
    two.read(two.wouk)  # whoever reads moves it on
    (row,) = two.run(two.desk.store.select(VolunteerNoteRow))
    epoch = two.run(current_epoch(two.desk, "roster"))

    assert epoch.id == row.epoch
    assert epoch.id in newcomer.epochs


def test_what_a_coordinator_writes_is_in_the_trail_and_a_volunteer_s_word_is_not(
    two: Two,
) -> None:
    before = two.run(two.desk.store.count(TrailRow))
    two.write(two.wouk, "When?")
    between = two.run(two.desk.store.count(TrailRow))
    two.write(two.staff, "On Thursday.")

    assert (before, before + 1) == (between, two.run(two.desk.store.count(TrailRow)))


def test_who_wrote_waits_for_an_answer_until_there_is_one(two: Two) -> None:
    before = two.asks()
    two.write(two.wouk, "When?")
    wrote = two.asks()
    two.clock.move(minutes=1)
    two.write(two.staff, "On Thursday.")
    answered = two.asks()
    two.clock.move(minutes=1)
    two.write(two.wouk, "Good.")

    assert ({}, {"wouk": 0}, {}, {"wouk": 0}) == (before, wrote, answered, two.asks())


def test_they_wait_since_the_first_word_that_nobody_answered(two: Two) -> None:
    two.write(two.wouk, "When?")
    two.clock.move(days=2)
    account = two.run(offer_help(two.desk, two.clock, "zubr"))
    zubr = two.run(unlock_account(two.desk, two.clock, account))
    two.write(zubr, "Hello.")
    two.clock.move(days=1)
    two.write(two.wouk, "Are you there?")
    cards = two.run(catch_up_cards(two.desk, two.staff)).values()

    assert {"wouk": 3, "zubr": 1} == two.asks()
    assert ["wouk", "zubr"] == [card.handle for card in seek(two.desk, cards, Sought())]


def test_what_needs_no_answer_waits_for_none(two: Two) -> None:
    two.write(two.wouk, "Thank you!")
    two.run(note_answered(two.desk, two.staff, two.known(two.staff)))

    assert {} == two.asks()
    assert [(False, "Thank you!")] == two.read(two.wouk)
    with pytest.raises(NotAllowed):
        two.run(note_answered(two.desk, two.staff, two.known(two.staff)))


@pytest.mark.parametrize("act", ["answer", "none needed"])
def test_words_that_came_since_the_page_was_read_are_not_taken_for_answered(
    two: Two, act: str
) -> None:
    two.write(two.wouk, "Thank you!")
    read = two.known(two.staff)
    two.write(two.wouk, "But where?")

    with pytest.raises(Conflict):
        if act == "answer":
            two.run(write_note(two.desk, two.staff, read, "Gladly.", "en"))
        else:
            two.run(note_answered(two.desk, two.staff, read))
    assert {"wouk": 0} == two.asks()


def test_an_active_volunteer_who_writes_waits_too(two: Two) -> None:
    _, lis = two.run(active_volunteer(two.desk, two.clock, [two.staff], "lis"))
    quiet = two.asks()
    two.write(lis, "I have a question.")

    assert ({}, {"lis": 0}) == (quiet, two.asks())


def test_who_left_or_was_refused_waits_for_nothing_and_is_kept_no_longer(two: Two) -> None:
    two.write(two.wouk, "I go.")
    two.run(end_own_work(two.desk, two.wouk))
    _, lis = two.run(active_volunteer(two.desk, two.clock, [two.staff], "lis"))
    two.write(lis, "Why?")
    known = two.known(two.staff, lis.box)
    two.run(screening.turn_away(two.desk, two.staff, known, VolunteerState.BLOCKED, "Harm."))
    gone = two.asks()
    kept = two.run(two.desk.store.pick(VolunteerRow, ("box", "keep_until", "revision")))
    two.clock.move(weeks=2)
    two.write(two.wouk, "One more word.")
    two.write(lis, "And of mine.")

    assert ({}, {}) == (gone, two.asks())
    assert kept == two.run(two.desk.store.pick(VolunteerRow, ("box", "keep_until", "revision")))


def test_the_list_opens_no_entry(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    two.write(two.wouk, "When?")
    opened: list[str] = []
    real = volunteer_notes._open_note
    monkeypatch.setattr(
        volunteer_notes,
        "_open_note",
        lambda *given: opened.append("opened") or real(*given),
    )
    waiting = two.asks()
    listed = list(opened)
    two.read(two.staff)

    assert ({"wouk": 0}, [], ["opened"]) == (waiting, listed, opened)


def test_who_joins_later_sees_who_waits_for_an_answer(two: Two) -> None:
    two.write(two.wouk, "When?")
    code = two.run(invites.make_invite(two.desk, two.staff))
    account = two.run(open_account(two.desk, two.clock, code, "busla"))
    newcomer = two.run(unlock_account(two.desk, two.clock, account))
    two.asks()  # whoever looks moves the records on

    assert {"wouk": 0} == two.asks(newcomer)


def test_nothing_in_clear_says_whose_word_was_the_last(two: Two) -> None:
    two.write(two.wouk, "When?")
    sealed = {"body", "standing", "card"}
    before = two.run(two.desk.store.get(VolunteerRow, two.wouk.box))
    two.run(note_answered(two.desk, two.staff, two.known(two.staff)))
    after = two.run(two.desk.store.get(VolunteerRow, two.wouk.box))
    changed = {
        name
        for name in VolunteerRow.__struct_fields__
        if getattr(before, name) != getattr(after, name)
    }

    assert {*sealed, "revision"} >= changed
    assert before.revision + 1 == after.revision
    assert (len(before.body), len(before.standing)) == (len(after.body), len(after.standing))


def test_whose_words_need_no_answer_may_go_on_writing(two: Two) -> None:
    for number in range(ALONE_LIMIT):
        two.write(two.wouk, f"Thanks {number}.")
    with pytest.raises(TooMany):
        two.write(two.wouk, "One more.")

    two.run(note_answered(two.desk, two.staff, two.known(two.staff)))
    two.clock.move(minutes=1)
    for number in range(ALONE_LIMIT):
        two.write(two.wouk, f"Again {number}.")

    with pytest.raises(TooMany):
        two.write(two.wouk, "One more.")


def test_a_volunteer_is_rung_for_what_coordinators_write_and_nobody_for_what_they_write(
    two: Two,
) -> None:
    rung: list[tuple[str, str]] = []
    two.desk.ring = lambda notifier, address, *_: rung.append((notifier, address))
    way = Way(notifier="zz.desk", address="7")
    two.run(set_ways(two.desk, two.wouk, [way]))

    two.write(two.wouk, "When?")
    asked = list(rung)
    two.write(two.staff, "On Thursday.")
    answered = list(rung)
    two.run(end_own_work(two.desk, two.wouk))
    two.write(two.staff, "Thank you for all of it.")

    assert ([], [("zz.desk", "7")]) == (asked, answered)
    assert answered == rung, "who has left is not rung"
