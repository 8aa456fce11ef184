"""When somebody is rung: hours of the week on their own clocks, in every zone and every night."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pe_core.model.volunteer import NEVER, Hours
from pe_core.rules.ring_times import is_struck, next_moment

MINSK = ZoneInfo("Europe/Minsk")
BERLIN = ZoneInfo("Europe/Berlin")
KATHMANDU = ZoneInfo("Asia/Kathmandu")
EVENINGS: Hours = (0b11 << 18,) * 5 + (0, 0)
"""Monday to Friday, from six to eight in the evening."""
SUNDAY_AT_TWO: Hours = (0, 0, 0, 0, 0, 0, 1 << 2)
ZONES = ("Etc/UTC", "Europe/Minsk", "Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe")
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("now", "zone", "then"),
    [
        ((2026, 11, 24, 15, 30), MINSK, (2026, 11, 24, 15, 30)),
        ((2026, 11, 24, 14, 59), MINSK, (2026, 11, 24, 15, 0)),
        ((2026, 11, 24, 16, 59, 59), MINSK, (2026, 11, 24, 16, 59, 59)),
        ((2026, 11, 24, 17, 0), MINSK, (2026, 11, 25, 15, 0)),
        ((2026, 11, 27, 17, 0), MINSK, (2026, 11, 30, 15, 0)),
        ((2026, 11, 24, 12, 0), KATHMANDU, (2026, 11, 24, 12, 15)),
        ((2026, 11, 24, 12, 20), KATHMANDU, (2026, 11, 24, 12, 20)),
    ],
)
def test_somebody_is_rung_in_their_hours_on_their_clocks(
    now: tuple[int, ...], zone: ZoneInfo, then: tuple[int, ...]
) -> None:
    moment, expected = (datetime(*parts, tzinfo=UTC) for parts in (now, then))  # type: ignore[misc,arg-type]

    assert expected == next_moment(moment, EVENINGS, zone)


def test_whoever_chose_no_hour_is_rung_at_once() -> None:
    moment = datetime(2026, 11, 24, 3, 33, tzinfo=UTC)

    assert moment == next_moment(moment, NEVER, MINSK)


def test_an_hour_that_the_clocks_leave_out_is_there_a_week_later() -> None:
    saturday = datetime(2026, 3, 28, 12, 0, tzinfo=UTC)

    then = next_moment(saturday, SUNDAY_AT_TWO, BERLIN)

    assert datetime(2026, 4, 5, 0, 0, tzinfo=UTC) == then


def test_an_hour_that_comes_twice_is_taken_the_first_time() -> None:
    saturday = datetime(2026, 10, 24, 12, 0, tzinfo=UTC)

    assert datetime(2026, 10, 25, 0, 0, tzinfo=UTC) == next_moment(saturday, SUNDAY_AT_TWO, BERLIN)


@given(MOMENTS, st.tuples(*[st.integers(0, (1 << 24) - 1)] * 7), st.sampled_from(ZONES))
def test_the_moment_is_never_before_now_and_always_in_an_hour_of_theirs(
    moment: datetime, hours: Hours, name: str
) -> None:
    zone = ZoneInfo(name)

    then = next_moment(moment, hours, zone)

    local = then.astimezone(zone)
    assert moment <= then
    assert hours == NEVER or hours[local.weekday()] >> local.hour & 1
    assert then == next_moment(then, hours, zone)


@pytest.mark.parametrize(
    ("since", "until", "struck"),
    [
        ((7, 59), (8, 0), True),
        ((8, 0), (8, 1), False),
        ((7, 0), (7, 59), False),
        ((7, 0), (23, 0), True),
        ((8, 1), (7, 0), False),
    ],
)
def test_a_fixed_time_is_struck_once(
    since: tuple[int, int], until: tuple[int, int], struck: bool
) -> None:
    first, last = (datetime(2026, 11, 24, *at, tzinfo=UTC) for at in (since, until))

    assert struck == is_struck(first, last, [time(9, 0)], BERLIN)


def test_every_day_has_its_fixed_time_also_when_the_clocks_change() -> None:
    for zone in map(ZoneInfo, ZONES):
        moment, struck = datetime(2026, 1, 1, tzinfo=UTC), 0
        for _ in range(365 * 24):
            later = moment + timedelta(hours=1)
            struck += is_struck(moment, later, [time(2, 30)], zone)
            moment = later

        assert 365 == struck, zone
