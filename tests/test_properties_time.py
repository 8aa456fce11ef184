"""Laws of weeks, epochs, keeping, moves and codes: whatever day it is."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pe_core.model import Author, State
from pe_core.model.week import Week, week_name, week_of, week_start
from pe_core.rules.lifecycle import TABLE, may_move, move_problems
from pe_core.rules.retention import (
    KEEP_TRAIL,
    LONGEST_KEEP,
    SHORTEST_KEEP,
    WEEKLY,
    YEARLY,
    epoch_end,
    epoch_id,
    keep_at_closing,
    keep_at_submit,
    withdrawal_day,
)
from pe_core.vault import check_totp, totp_at

days = st.dates(date(1970, 1, 5), date(2400, 12, 31))
year_ends = st.builds(
    lambda year, more: date(year, 12, 28) + timedelta(days=more),
    st.integers(1970, 2399),
    st.integers(0, 10),
)
weeks = (days | year_ends).map(week_of)
moments = st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
LONG_YEARS = [year for year in range(1970, 2400) if date(year, 12, 28).isocalendar().week == 53]


@given(days | year_ends)
def test_a_week_holds_its_seven_days_and_has_their_iso_name(day: date) -> None:
    week = week_of(day)
    year, number, _ = day.isocalendar()

    assert timedelta(0) <= day - week_start(week) < timedelta(days=7)
    assert 1 == week_start(week).isoweekday()
    assert f"{year}-W{number:02d}" == week_name(week)
    assert week == week_of(date.fromisocalendar(year, number, 7))


@given(weeks, st.integers(0, 2000))
def test_weeks_are_counted_without_a_gap_over_the_ends_of_years(week: Week, more: int) -> None:
    later = Week(week + more)

    assert timedelta(weeks=more) == week_start(later) - week_start(week)
    assert (week_name(week) < week_name(later)) is (more > 0)


@pytest.mark.parametrize("year", LONG_YEARS[::7])
def test_a_year_of_53_weeks_has_a_53rd_and_the_next_begins_with_its_first(year: int) -> None:
    last = week_of(date(year, 12, 28))

    assert f"{year}-W53" == week_name(last)
    assert f"{year + 1}-W01" == week_name(Week(last + 1))
    assert f"intake/{year}-W53.1" == epoch_id("intake", last, 1)
    assert f"roster/{year}.1" == epoch_id("roster", last, 1)


@given(weeks, weeks, st.sampled_from([*WEEKLY, *YEARLY]), st.integers(1, 9), st.integers(1, 9))
def test_two_epochs_have_one_name_only_if_they_are_one(
    week: Week, other: Week, compartment: str, number: int, another: int
) -> None:
    same = number == another and (
        week_name(week)[:4] == week_name(other)[:4] if compartment in YEARLY else week == other
    )

    assert same is (epoch_id(compartment, week, number) == epoch_id(compartment, other, another))


@given(weeks, st.integers(0, LONGEST_KEEP), st.integers(SHORTEST_KEEP, LONGEST_KEEP))
def test_nothing_is_kept_beyond_the_epoch_that_it_could_be_sealed_to_on_that_day(
    submitted: Week, waited: int, keep_weeks: int
) -> None:
    closed = Week(submitted + waited)

    assert submitted < keep_at_submit(submitted) < epoch_end(submitted)
    assert closed + SHORTEST_KEEP <= keep_at_closing(closed, keep_weeks) < epoch_end(closed)
    assert submitted + KEEP_TRAIL < epoch_end(submitted, "trail")


@given(weeks, st.integers(0, LONGEST_KEEP), st.integers(SHORTEST_KEEP, LONGEST_KEEP))
def test_what_is_closed_later_is_never_kept_shorter(
    closed: Week, later: int, keep_weeks: int
) -> None:
    assert later == keep_at_closing(Week(closed + later), keep_weeks) - keep_at_closing(
        closed, keep_weeks
    )
    assert keep_at_closing(closed, keep_weeks) <= keep_at_submit(closed)


@given(moments, st.integers(-14, 14))
def test_a_withdrawal_waits_48_hours_and_less_than_72_wherever_the_clock_stands(
    asked: datetime, hours: int
) -> None:
    begins = datetime.combine(withdrawal_day(asked), datetime.min.time(), tzinfo=UTC)

    assert timedelta(hours=48) < begins - asked <= timedelta(hours=72)


@given(st.lists(st.tuples(st.sampled_from(State), st.sampled_from(Author)), max_size=40))
def test_whatever_is_tried_a_request_stands_where_the_table_leads_and_erased_is_for_ever(
    tries: list[tuple[State, Author]],
) -> None:
    rows = {(move.now, move.to, author) for move in TABLE for author in move.by}
    state = State.NEW
    for to, by in tries:
        refused = "state" in {problem.field for problem in move_problems(state, to, by)}
        assert refused is ((state, to, by) not in rows) is not may_move(state, to, by)
        assert state is not State.ERASED or refused
        state = state if refused else to

    assert state in {State.NEW, *(move.to for move in TABLE)}


@given(st.binary(min_size=20, max_size=20), moments, st.integers(-120, 120), st.integers(-4, 4))
def test_a_code_is_good_in_its_window_and_only_above_the_last_step(
    secret: bytes, now: datetime, off: int, behind: int
) -> None:
    step = int(now.timestamp()) // 30
    made = int((now + timedelta(seconds=off)).timestamp()) // 30
    code, last = totp_at(secret, now + timedelta(seconds=off)), step + behind
    window = [totp_at(secret, now + timedelta(seconds=30 * near)) for near in (-1, 0, 1)]
    taken = check_totp(secret, code, now, last)

    assert (code in window and made > last) <= (taken is not None)
    assert taken is None or (taken > last and window[taken - step + 1] == code)
    if made in (step - 1, step, step + 1) and made > last:
        assert taken is not None and taken >= made


@given(st.binary(min_size=20, max_size=20), st.lists(st.integers(0, 200), max_size=12))
def test_every_step_is_used_once_however_often_its_code_is_typed(
    secret: bytes, tries: list[int]
) -> None:
    now, last = datetime(2026, 11, 24, 12, tzinfo=UTC), 0
    used = []
    for seconds in tries:
        step = check_totp(secret, totp_at(secret, now + timedelta(seconds=seconds)), now, last)
        if step is not None:
            used.append(step)
            last = step

    assert used == sorted(set(used))
