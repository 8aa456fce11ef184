"""A look at *Requests*: what it makes up for, and that no spoilt row keeps anybody from it."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from pe_core.desk import briefs, shift_places, shifts
from pe_core.desk.first_look import look_at_requests
from pe_core.model import CallId, Need, Shift
from pe_core.store import BriefRow, NeedRow, ShiftRow, Update, VolunteerRow
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.toolkit.invented import unlock_account
from teamwork import Team

Run = Callable[[Awaitable[Any]], Any]
SPOILT = b"\x00 nothing that one of ours wrote"


@pytest.fixture
def team(pe_embassy: TestEmbassy, pe_run: Run) -> Team:
    return Team(pe_embassy, pe_run)


def take_shift_of_tomorrow(team: Team, handle: str) -> None:
    start = team.clock.now() + timedelta(days=1)
    made = Shift(
        title="A stall at the fair",
        detail="Meet at the gate.",
        language="en",
        need=Need(start=start, end=start + timedelta(hours=1)),
        call=CallId(""),
        by=team.busel.box,
        at=team.clock.now(),
        day=start.date(),
    )
    problems, shift = team.run(shifts.make_shift(team.desk, team.busel, made))
    assert () == problems
    team.run(shift_places.invite(team.desk, team.busel, shift, {team.box(handle): ()}))
    view = team.run(shifts.read_shift(team.desk, team.busel, shift))
    brief, _ = view.states[team.box(handle)]
    team.run(briefs.accept(team.desk, team.people[handle], brief))


@pytest.mark.parametrize(
    ("table", "column"),
    [(ShiftRow, "body"), (NeedRow, "body"), (BriefRow, "stub"), (VolunteerRow, "body")],
)
def test_a_row_that_somebody_spoilt_keeps_no_coordinator_from_the_list(
    team: Team, table: Any, column: str
) -> None:
    team.offer(team.need(), "dzik")
    team.accept("dzik")
    take_shift_of_tomorrow(team, "lasica")
    keys = ("box",) if table is VolunteerRow else ("id",)
    rows = team.run(team.desk.store.pick(table, keys))
    spoilt = [Update(table, (key,), {column: SPOILT}) for (key,) in rows]
    team.run(team.desk.store.write(spoilt))
    again = team.run(unlock_account(team.desk, team.clock, team.account))
    shelf = team.run(look_at_requests(team.desk, again))

    assert spoilt
    assert [team.request] == [entry.id for entry in shelf.all()]
