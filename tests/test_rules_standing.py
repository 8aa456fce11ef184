"""Whose turn it is, and what is late, as a table."""

from datetime import UTC, date, datetime, timedelta

import pytest

from pe_core.model import Box, State, Summary, Where
from pe_core.rules.standing import (
    ANSWERED_WITHIN,
    is_late,
    is_open,
    is_unclaimed,
    waits_on_us,
    wakes,
)

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
TODAY = NOW.date()
OPEN = (State.NEW, State.TRIAGE, State.MATCHING, State.ACTIVE, State.WAITING)
SECOND = timedelta(seconds=1)


def summary(
    *, waits: timedelta | None = None, wake: date | None = None, claimed: bool = False
) -> Summary:
    return Summary(
        revision=1,
        form="zz.bed",
        title="A bed",
        language="be",
        where=Where.ABROAD,
        submitted=NOW - timedelta(days=30),
        awaiting=None if waits is None else NOW - waits,
        wake=wake,
        claimed_by=Box(7) if claimed else None,
    )


@pytest.mark.parametrize("state", State)
def test_only_what_is_open_can_be_unclaimed_or_wait_on_us(state: State) -> None:
    waiting = summary(waits=timedelta(days=1))

    assert (state in OPEN) == is_open(state)
    assert (state in OPEN) == is_unclaimed(state, waiting)
    assert not is_unclaimed(state, summary(claimed=True))
    assert (state in OPEN and state is not State.WAITING) == waits_on_us(state, waiting)
    assert not waits_on_us(state, summary())


@pytest.mark.parametrize(
    ("state", "wake", "due"),
    [
        (State.WAITING, TODAY - timedelta(days=1), True),
        (State.WAITING, TODAY, True),
        (State.WAITING, TODAY + timedelta(days=1), False),
        (State.WAITING, None, False),
        (State.ACTIVE, TODAY, False),
        (State.CLOSED, TODAY - timedelta(days=1), False),
    ],
)
def test_only_what_waits_wakes_on_its_day_and_after(
    state: State, wake: date | None, due: bool
) -> None:
    assert due == wakes(state, summary(wake=wake), TODAY)


@pytest.mark.parametrize(
    ("state", "waits", "wake", "late"),
    [
        (State.NEW, ANSWERED_WITHIN, None, False),
        (State.NEW, ANSWERED_WITHIN + SECOND, None, True),
        (State.ACTIVE, ANSWERED_WITHIN + SECOND, None, True),
        (State.ACTIVE, None, None, False),
        (State.ACTIVE, None, TODAY - timedelta(days=1), False),
        (State.RESOLVED, ANSWERED_WITHIN + SECOND, None, False),
        (State.CLOSED, ANSWERED_WITHIN + SECOND, None, False),
        (State.WAITING, ANSWERED_WITHIN + SECOND, None, False),
        (State.WAITING, ANSWERED_WITHIN + SECOND, TODAY, False),
        (State.WAITING, None, TODAY, False),
        (State.WAITING, None, TODAY - timedelta(days=1), True),
    ],
)
def test_late_is_an_asker_who_waits_too_long_or_a_wake_date_that_is_past(
    state: State, waits: timedelta | None, wake: date | None, late: bool
) -> None:
    assert late == is_late(state, summary(waits=waits, wake=wake), NOW, TODAY)
