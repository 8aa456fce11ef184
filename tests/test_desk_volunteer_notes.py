"""What volunteers and coordinators write to each other: who reads it, whose word it is."""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest

from pe_core.desk import invites
from pe_core.desk.desk import Desk
from pe_core.desk.epochs import current_epoch
from pe_core.desk.sessions import Session
from pe_core.desk.volunteer_notes import read_notes, write_note
from pe_core.desk.volunteers import read_own, read_volunteer
from pe_core.model import Box, VolunteerNote
from pe_core.store import Insert, TrailRow, Update, VolunteerNoteRow
from pe_core.toolkit.invented import Clock, offer_help, open_account, unlock_account
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
