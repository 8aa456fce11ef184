"""The week as a grid: what is ticked comes back, the night goes on, zones are known."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pe_core.model.volunteer import NEVER
from pe_core.rules.week_grid import DAYS, PARTS, cells_of, hours_of, is_zone, read_cell, zones

CELLS = st.frozensets(st.tuples(st.sampled_from(DAYS), st.integers(0, len(PARTS) - 1)))


@given(cells=CELLS)
def test_what_was_ticked_comes_back(cells: frozenset[tuple[int, int]]) -> None:
    assert cells == cells_of(hours_of(cells))


def test_the_whole_grid_is_the_whole_week_and_each_hour_is_in_one_part() -> None:
    whole = hours_of((day, part) for day in DAYS for part in range(len(PARTS)))

    assert ((1 << 24) - 1,) * 7 == whole
    assert 24 == sum(end - first for first, end in PARTS)


def test_the_night_of_sunday_ends_on_monday() -> None:
    hours = hours_of([(6, 3)])

    assert (0b111111, 0b11 << 22) == (hours[0], hours[6])
    assert NEVER[1:6] == hours[1:6]


def test_hours_of_a_part_are_shown_as_that_part_and_stay_what_they_were() -> None:
    evening, night = (0, 2), (6, 3)
    before = (1 << 19 | 1 << 20 | 1 << 3, 0, 0, 0, 0, 0, 0)

    assert {evening, night} == cells_of(before)
    assert before == hours_of([evening, night], before)
    assert (1 << 19 | 1 << 20, *NEVER[1:]) == hours_of([evening], before)
    assert hours_of([(0, 1)]) == hours_of([(0, 1)], before)


@pytest.mark.parametrize("typed", ["", "7-0", "0-4", "0", "0-", "-1-0", "00-0", "a-b", "²-0"])
def test_what_names_no_cell_is_none(typed: str) -> None:
    assert read_cell(typed) is None


def test_zones_are_those_of_people() -> None:
    assert {"Europe/Minsk", "Asia/Jerusalem", "America/New_York"} < set(zones())
    assert is_zone("Etc/UTC") and is_zone("Europe/Vilnius")
    assert not any(is_zone(name) for name in ("", "Mars/Base", "US/Eastern", "../etc/passwd"))
