"""Going on with a need that was stopped, choosing among people, and names for the pages."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from looking_for import Office
from pe_core.desk import briefs, cards, needs, offering, requests, seeking, suggesting
from pe_core.desk.needs import NeedView
from pe_core.desk.sessions import Session
from pe_core.errors import NotAllowed
from pe_core.model import Box, NeedState, Outcome, Report, State
from pe_core.store import CallRow
from pe_core.toolkit.browser import Browser
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.toolkit.invented import unlock_account

Run = Callable[[Awaitable[Any]], Any]
Open = Callable[[], Browser]


@pytest.fixture
def office(pe_embassy: TestEmbassy, pe_run: Run, pe_browser: Open) -> Office:
    found = Office(pe_embassy, pe_run, pe_browser)
    found.team()
    return found


def unlock(office: Office) -> Session:
    """Return a session that has opened nothing yet."""
    account = office.embassy.account
    session: Session = office.run(unlock_account(office.desk, office.embassy.clock, account))
    return session


def stop(office: Office, view: NeedView) -> None:
    office.run(offering.drop_need(office.desk, office.session, view.id))


def look_again(office: Office, view: NeedView) -> None:
    office.run(seeking.look_again(office.desk, office.session, view.id))


def places(office: Office) -> tuple[int, int]:
    (row,) = office.run(office.desk.store.select(CallRow))
    return row.places, row.taken


def test_a_place_that_somebody_held_when_it_was_stopped_is_free_again(office: Office) -> None:
    view = office.need(places="2")
    office.offer("dzik", "lasica")
    office.accept("dzik")
    office.accept("lasica")
    office.run(
        briefs.report_done(office.desk, office.people["dzik"], office.brief("dzik"), Report())
    )
    stop(office, view)
    look_again(office, view)

    assert (2, 1) == places(office), "what is done stays done"
    assert NeedState.OPEN is office.needs()[0].state


def test_nothing_is_looked_for_again_when_all_of_it_is_done(office: Office) -> None:
    view = office.need()
    office.offer("dzik")
    office.accept("dzik")
    office.run(
        briefs.report_done(office.desk, office.people["dzik"], office.brief("dzik"), Report())
    )
    stop(office, view)

    with pytest.raises(NotAllowed):
        look_again(office, view)


def test_nothing_is_looked_for_again_once_the_request_is_solved(office: Office) -> None:
    view = office.need()
    stop(office, view)
    for to, outcome in ((State.ACTIVE, None), (State.RESOLVED, Outcome.HELPED)):
        moving = requests.Moving(to=to, outcome=outcome)
        office.run(requests.move(office.desk, office.session, office.request, moving))

    with pytest.raises(NotAllowed):
        look_again(office, view)


def test_an_open_need_stays_as_it_is_when_it_is_looked_for_again(office: Office) -> None:
    view = office.need()
    look_again(office, view)

    assert [view] == office.needs()


def test_whoever_is_chosen_comes_with_all_their_reasons(office: Office) -> None:
    view = office.need()
    desk, session = office.desk, office.session
    (first, *_) = office.run(suggesting.suggest_people(desk, session, view))
    chosen = office.run(suggesting.choose(desk, session, view, [first.box]))

    assert {first.box: first.reasons} == chosen


def test_nobody_is_chosen_when_one_of_them_is_shut_out_or_a_stranger(office: Office) -> None:
    view = office.need()
    dzik, wouk = office.people["dzik"].box, office.people["wouk"].box
    for boxes in ([dzik, wouk], [dzik, Box(12345)]):
        with pytest.raises(NotAllowed):
            office.run(suggesting.choose(office.desk, office.session, view, boxes))


def test_only_the_cards_that_are_asked_for_are_opened(office: Office) -> None:
    session = unlock(office)
    dzik = office.people["dzik"].box
    asked = [dzik, dzik, session.box, Box(12345)]
    handles = office.run(cards.read_handles(office.desk, session, asked))

    assert {dzik: "dzik"} == handles
    assert {dzik} == set(session.cards)
    assert {} == office.run(cards.read_handles(office.desk, session, ()))


def test_suggestions_are_whole_after_a_name_was_read(office: Office) -> None:
    view = office.need()
    session = unlock(office)
    dzik, lasica = (office.people[handle].box for handle in ("dzik", "lasica"))
    office.run(cards.read_handles(office.desk, session, [lasica]))
    view = office.run(needs.read_need(office.desk, session, view.id))
    found = office.run(suggesting.suggest_people(office.desk, session, view))

    assert [dzik, lasica] == [one.box for one in found]
