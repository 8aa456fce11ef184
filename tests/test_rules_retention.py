"""Retention: the numbers of the vault's design page, and nothing beyond them."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from pe_core.model.week import Week, week_of
from pe_core.rules.retention import (
    DEFAULT_KEEP,
    LONGEST_KEEP,
    ROLES,
    SHORTEST_KEEP,
    WEEKLY,
    YEARLY,
    epoch_end,
    epoch_id,
    keep_at_closing,
    keep_at_submit,
    withdrawal_day,
)

NOW = week_of(date(2026, 11, 24))


def test_an_open_request_is_kept_half_a_year() -> None:
    assert NOW + 26 == keep_at_submit(NOW)


@pytest.mark.parametrize("weeks", [SHORTEST_KEEP, DEFAULT_KEEP, LONGEST_KEEP])
def test_a_closed_request_is_kept_as_its_form_says(weeks: int) -> None:
    assert NOW + weeks == keep_at_closing(NOW, weeks)


@pytest.mark.parametrize("weeks", [-1, 0, 3, 27])
def test_no_form_keeps_a_closed_request_shorter_or_longer(weeks: int) -> None:
    with pytest.raises(ValueError, match="4 to 26 weeks"):
        keep_at_closing(NOW, weeks)


def test_the_limits_are_those_of_the_design() -> None:
    assert (4, 12, 26) == (SHORTEST_KEEP, DEFAULT_KEEP, LONGEST_KEEP)


@pytest.mark.parametrize(
    ("compartment", "weeks"), [("intake", 30), ("referral", 30), ("trail", 30), ("roster", 82)]
)
def test_an_epoch_ends_at_a_fixed_week(compartment: str, weeks: int) -> None:
    assert NOW + weeks == epoch_end(NOW, compartment)


def test_an_epoch_outlives_what_is_submitted_in_it() -> None:
    assert keep_at_submit(NOW) < epoch_end(NOW)


@pytest.mark.parametrize(
    ("compartment", "week", "number", "name"),
    [
        ("intake", NOW, 1, "intake/2026-W48.1"),
        ("trail", NOW, 12, "trail/2026-W48.12"),
        ("roster", NOW, 1, "roster/2026.1"),
        ("intake", week_of(date(2027, 1, 1)), 1, "intake/2026-W53.1"),
        ("roster", week_of(date(2027, 1, 4)), 2, "roster/2027.2"),
    ],
)
def test_an_epoch_is_named_after_its_week_or_year(
    compartment: str, week: Week, number: int, name: str
) -> None:
    assert name == epoch_id(compartment, week, number)


@pytest.mark.parametrize(("compartment", "number"), [("letters", 1), ("intake", 0)])
def test_no_other_epochs_exist(compartment: str, number: int) -> None:
    with pytest.raises(ValueError, match=r"compartment|numbered"):
        epoch_id(compartment, NOW, number)


def test_a_coordinator_holds_all_compartments_and_a_volunteer_has_no_role() -> None:
    assert {*WEEKLY, *YEARLY} == set(ROLES["coordinator"])
    assert {"coordinator", "editor"} == set(ROLES)
    assert {"outreach", "drafts"} == set(ROLES["editor"])


@pytest.mark.parametrize(
    ("asked", "day"),
    [
        (datetime(2026, 11, 24, 0, 0, tzinfo=UTC), date(2026, 11, 27)),
        (datetime(2026, 11, 24, 23, 59, tzinfo=UTC), date(2026, 11, 27)),
        (datetime(2026, 12, 30, 10, 0, tzinfo=UTC), date(2027, 1, 2)),
    ],
)
def test_a_withdrawal_takes_effect_on_the_first_day_after_48_hours(
    asked: datetime, day: date
) -> None:
    begins = datetime.combine(day, time(), tzinfo=UTC)

    assert day == withdrawal_day(asked)
    assert timedelta(hours=48) < begins - asked <= timedelta(hours=72)
