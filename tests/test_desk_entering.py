"""A coordinator enters a request for somebody who called."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pe_core.desk import entering, intake, listing, requests, visits
from pe_core.desk.desk import Desk
from pe_core.desk.entering import Beginning, begin_entry
from pe_core.desk.sessions import Session
from pe_core.desk.tracing import read_trail
from pe_core.errors import NotAllowed, NotFound
from pe_core.model import Channel, State, Where
from pe_core.model.trail import Act
from pe_core.store import RequestRow, TrailRow
from pe_core.toolkit.invented import Clock

Run = Callable[[Awaitable[Any]], Any]
CALLED = Beginning(
    topic="zz.bed", language="ru", where=Where.ABROAD, channel=Channel.PHONE, agreed=True
)
TYPED = {"people": ["2"], "nights": ["3"], "story": ["zubraniatka"], "name": ["Busel"]}


def enter(desk: Desk, session: Session, run: Run, beginning: Beginning = CALLED) -> str:
    """Enter a request for somebody and return the receipt that is read out to them."""
    assert () == begin_entry(desk, session, beginning)
    assert {} == intake.give_answers(entering.entry_of(session), TYPED)
    receipt: str = run(entering.submit_entry(desk, session))
    return receipt


def newest(desk: Desk, session: Session, run: Run) -> requests.HelpRequest:
    entry = run(listing.list_requests(desk, session))[0]
    found: requests.HelpRequest = run(requests.open_request(desk, session, entry.id))
    return found


def test_the_request_says_how_it_came_and_who_wrote_it_down(
    pe_desk: Desk, pe_staff: Session, pe_run: Run
) -> None:
    enter(pe_desk, pe_staff, pe_run)

    found = newest(pe_desk, pe_staff, pe_run)

    assert (Channel.PHONE, pe_staff.box) == (found.original.channel, found.original.entered_by)
    assert ("ru", State.NEW, ()) == (found.original.language, found.state, found.thread)
    assert "zubraniatka" in {answer.value for answer in found.original.answers}


def test_a_request_from_the_portal_was_entered_by_nobody(
    pe_desk: Desk, pe_staff: Session, pe_run: Run
) -> None:
    _, draft = intake.begin(pe_desk, "zz.bed", "en")
    intake.set_where(draft, Where.ABROAD)
    intake.give_answers(draft, TYPED)
    pe_run(intake.submit(pe_desk, draft))

    original = newest(pe_desk, pe_staff, pe_run).original

    assert (Channel.PORTAL, None) == (original.channel, original.entered_by)
    assert () == pe_run(read_trail(pe_desk, pe_staff, act=Act.ENTERED)).lines


def test_the_receipt_that_is_read_out_opens_the_request(
    pe_desk: Desk, pe_staff: Session, pe_run: Run
) -> None:
    receipt = enter(pe_desk, pe_staff, pe_run)
    found = newest(pe_desk, pe_staff, pe_run)
    pe_run(requests.reply(pe_desk, pe_staff, found.id, "Two beds.", "ru"))

    _, visit = pe_run(visits.come_back(pe_desk, receipt))
    view = pe_run(visits.look(pe_desk, visit))

    assert found.id == visit.request
    assert ["Two beds."] == [shown.reply.text for shown in view.replies]


def test_entering_is_in_the_trail_with_the_request_and_nothing_of_it(
    pe_desk: Desk, pe_staff: Session, pe_run: Run
) -> None:
    enter(pe_desk, pe_staff, pe_run)
    found = newest(pe_desk, pe_staff, pe_run)

    lines = pe_run(read_trail(pe_desk, pe_staff, act=Act.ENTERED)).lines

    assert [(pe_staff.box, found.id)] == [(line.entry.box, line.entry.what) for line in lines]


@pytest.mark.parametrize(
    ("missing", "field"),
    [
        ({"agreed": False}, "agreed"),
        ({"topic": "zz.none"}, "topic"),
        ({"language": "xx"}, "language"),
        ({"where": None}, "where"),
        ({"channel": None}, "channel"),
        ({"channel": Channel.PORTAL}, "channel"),
    ],
)
def test_nothing_is_begun_without_their_word_and_all_that_must_be_known(
    pe_desk: Desk, pe_staff: Session, missing: dict[str, Any], field: str
) -> None:
    beginning = msgspec.structs.replace(CALLED, **missing)

    problems = begin_entry(pe_desk, pe_staff, beginning)

    assert [(field, "required")] == [(problem.field, problem.code) for problem in problems]
    assert pe_staff.entering is None


def test_an_unfinished_one_is_not_accepted(pe_desk: Desk, pe_staff: Session, pe_run: Run) -> None:
    begin_entry(pe_desk, pe_staff, CALLED)
    before = pe_run(pe_desk.store.count(TrailRow))

    with pytest.raises(NotAllowed):
        pe_run(entering.submit_entry(pe_desk, pe_staff))

    assert 0 == pe_run(pe_desk.store.count(RequestRow))
    assert before == pe_run(pe_desk.store.count(TrailRow))


def test_sent_twice_it_is_one_request(pe_desk: Desk, pe_staff: Session, pe_run: Run) -> None:
    first = enter(pe_desk, pe_staff, pe_run)

    assert first == pe_run(entering.submit_entry(pe_desk, pe_staff))
    assert 1 == pe_run(pe_desk.store.count(RequestRow))


def test_in_the_limited_mode_nothing_personal_is_taken(
    pe_desk: Desk, pe_staff: Session, pe_run: Run
) -> None:
    inside = msgspec.structs.replace(CALLED, where=Where.INSIDE)
    enter(pe_desk, pe_staff, pe_run, inside)

    found = newest(pe_desk, pe_staff, pe_run)

    assert {"people", "nights", "story"} == {answer.field for answer in found.original.answers}


def test_what_was_not_sent_is_on_no_disk_and_goes_with_the_session(
    pe_desk: Desk, pe_staff: Session, pe_run: Run, tmp_path: Path
) -> None:
    begin_entry(pe_desk, pe_staff, CALLED)
    draft = entering.entry_of(pe_staff)
    intake.give_answers(draft, TYPED)
    pe_run(pe_desk.store.shred())
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    found = [path for path in files if b"zubraniatka" in path.read_bytes()]

    pe_desk.sessions.drop_where(lambda session: session is pe_staff)

    assert files
    assert [] == found
    assert {} == draft.answers
    assert pe_staff.entering is None


def test_a_session_that_is_over_takes_what_was_being_entered_with_it(
    pe_desk: Desk, pe_staff: Session, pe_clock: Clock
) -> None:
    begin_entry(pe_desk, pe_staff, CALLED)
    draft = entering.entry_of(pe_staff)
    intake.give_answers(draft, TYPED)
    pe_clock.move(minutes=15)

    pe_desk.sweep()

    assert {} == draft.answers


def test_beginning_another_one_wipes_the_first(pe_desk: Desk, pe_staff: Session) -> None:
    begin_entry(pe_desk, pe_staff, CALLED)
    first = entering.entry_of(pe_staff)
    intake.give_answers(first, TYPED)

    begin_entry(pe_desk, pe_staff, msgspec.structs.replace(CALLED, topic="zz.other"))

    assert {} == first.answers
    assert "zz.other" == entering.entry_of(pe_staff).form.name


def test_the_receipt_is_shown_for_15_minutes_or_until_it_was_read_out(
    pe_desk: Desk, pe_staff: Session, pe_run: Run, pe_clock: Clock
) -> None:
    receipt = enter(pe_desk, pe_staff, pe_run)
    pe_clock.move(minutes=14)
    shown = entering.entered(pe_desk, pe_staff)
    pe_clock.move(minutes=1)
    late = entering.entered(pe_desk, pe_staff)
    enter(pe_desk, pe_staff, pe_run)
    entering.drop_entry(pe_staff)

    assert shown is not None
    assert receipt == shown[1]
    assert late is None
    assert entering.entered(pe_desk, pe_staff) is None
    with pytest.raises(NotFound):
        entering.entry_of(pe_staff)
