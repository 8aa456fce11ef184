"""Pace: opening unusually many requests is told to all, and ends for an hour."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from pe_core.desk import watching
from pe_core.desk.desk import Desk
from pe_core.desk.pace import MANY, MOST, note_roster, pace
from pe_core.desk.sessions import Session
from pe_core.desk.tracing import read_trail
from pe_core.errors import TooMany
from pe_core.model import Box, RequestId
from pe_core.model.trail import Act
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.toolkit.invented import Clock, unlock_account

Run = Callable[[Awaitable[Any]], Any]


def open_many(desk: Desk, session: Session, run: Run, number: int, named: str = "r") -> None:
    for one in range(number):
        request = RequestId(f"{named}{one}")
        run(pace(desk, session, request))
        session.opened[request] = desk.now()


def told(desk: Desk, session: Session, run: Run) -> list[str]:
    lines = run(read_trail(desk, session, act=Act.MANY_OPENED)).lines
    return [trace.entry.what for trace in lines]


def test_the_sixtieth_in_an_hour_is_told_once(
    pe_desk: Desk, pe_staff: Session, pe_run: Run
) -> None:
    open_many(pe_desk, pe_staff, pe_run, MANY - 1)
    before = told(pe_desk, pe_staff, pe_run)
    open_many(pe_desk, pe_staff, pe_run, 2, "more")

    assert [] == before
    assert [str(pe_staff.box)] == told(pe_desk, pe_staff, pe_run)


def test_more_than_120_in_an_hour_are_refused_until_it_has_passed(
    pe_desk: Desk, pe_staff: Session, pe_run: Run, pe_clock: Clock
) -> None:
    open_many(pe_desk, pe_staff, pe_run, MOST)

    with pytest.raises(TooMany) as refused:
        pe_run(pace(pe_desk, pe_staff, RequestId("one more")))
    pe_clock.move(minutes=59)
    with pytest.raises(TooMany):
        pe_run(pace(pe_desk, pe_staff, RequestId("one more")))
    pe_clock.move(minutes=1)
    pe_run(pace(pe_desk, pe_staff, RequestId("one more")))

    assert "staff.pace.too_many" == refused.value.key
    assert 1 == len(told(pe_desk, pe_staff, pe_run))


def test_a_new_hour_of_many_is_told_again(
    pe_desk: Desk, pe_staff: Session, pe_run: Run, pe_clock: Clock
) -> None:
    open_many(pe_desk, pe_staff, pe_run, MANY)
    pe_clock.move(hours=1)
    open_many(pe_desk, pe_staff, pe_run, MANY, "later")

    assert 2 == len(told(pe_desk, pe_staff, pe_run))


def test_looking_at_the_same_request_again_is_not_counted(
    pe_desk: Desk, pe_staff: Session, pe_run: Run
) -> None:
    for _ in range(5):
        open_many(pe_desk, pe_staff, pe_run, 40)

    assert [] == told(pe_desk, pe_staff, pe_run)


def test_locking_and_unlocking_does_not_begin_a_new_hour(
    pe_desk: Desk, pe_embassy: TestEmbassy, pe_staff: Session, pe_run: Run, pe_clock: Clock
) -> None:
    open_many(pe_desk, pe_staff, pe_run, MOST)
    again = pe_run(unlock_account(pe_desk, pe_clock, pe_embassy.account))

    with pytest.raises(TooMany):
        pe_run(pace(pe_desk, again, RequestId("one more")))


def test_one_colleagues_pace_is_not_anothers(pe_desk: Desk, pe_staff: Session, pe_run: Run) -> None:
    open_many(pe_desk, pe_staff, pe_run, MOST)
    other = Session(box=Box(77), handle="zubr", keys=pe_staff.keys)

    pe_run(pace(pe_desk, other, RequestId("theirs")))

    assert 1 == len(pe_desk.paces[Box(77)])


def test_colleagues_are_alerted(pe_desk: Desk, pe_staff: Session, pe_run: Run) -> None:
    other = Session(box=Box(77), handle="zubr", keys=pe_staff.keys)
    pe_run(watching.refresh_alerts(pe_desk, pe_staff))
    open_many(pe_desk, other, pe_run, MANY)

    pe_run(watching.refresh_alerts(pe_desk, pe_staff))

    alerts = [(entry.act, entry.box) for entry in pe_staff.alerts]
    assert [(Act.MANY_OPENED, Box(77))] == alerts


def test_reading_the_names_is_one_entry_a_session(
    pe_desk: Desk, pe_staff: Session, pe_run: Run
) -> None:
    pe_run(note_roster(pe_desk, pe_staff))
    pe_run(note_roster(pe_desk, pe_staff))

    lines = pe_run(read_trail(pe_desk, pe_staff, act=Act.ROSTER_READ)).lines
    assert 1 == len(lines)
