"""Weekly hours on the person's own clocks: 24 zones, midnight, and the nights clocks jump."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchmaking import NEARNESS, NOW, ZONES, one, windows
from pe_core.model import Need, Verdict
from pe_core.model.volunteer import Hours
from pe_core.rules.crowd import Crowd
from pe_core.rules.matching import judge
from pe_core.rules.week_hours import DAY, Window, touched, zone_of

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def hours_of(zone: str, start: datetime, minutes: int) -> dict[str, list[int]]:
    """Return the days and hours that a window touches, readably."""
    days = touched(start, start + timedelta(minutes=minutes), ZoneInfo(zone))
    return {
        date.fromordinal(day).isoformat(): [hour for hour in range(24) if mask >> hour & 1]
        for day, mask in days.items()
    }


def week(**days: tuple[int, int]) -> Hours:
    """Return a week that is open on these days between two hours."""
    opens = {name: (1 << last) - (1 << first) for name, (first, last) in days.items()}
    return tuple(opens.get(name, 0) for name in WEEKDAYS)  # type: ignore[return-value]


def free(zone: str, hours: Hours, start: datetime, minutes: int) -> Verdict:
    """Return whether somebody is free, as the rule and the crowd both say."""
    need = Need(start=start, end=start + timedelta(minutes=minutes))
    person = one(zone=zone, hours=hours)
    crowd = Crowd(NEARNESS)
    crowd.put(person.card)
    (verdict,) = (
        reason.verdict for reason in judge(need, person, NEARNESS, NOW) if reason.code == "hours"
    )
    found = crowd.suggest(need, load={}, asked={}, busy={}, now=NOW)

    assert (verdict is not Verdict.BARS) is bool(found)
    return verdict


# Tuesday 1 December 2026, 17:00 in UTC: what each clock shows.
AT_FIVE = {
    "Etc/UTC": ("Tuesday", 17, 0),
    "Europe/Warsaw": ("Tuesday", 18, 0),
    "Europe/Berlin": ("Tuesday", 18, 0),
    "Europe/Vilnius": ("Tuesday", 19, 0),
    "Europe/London": ("Tuesday", 17, 0),
    "Asia/Jerusalem": ("Tuesday", 19, 0),
    "Asia/Tbilisi": ("Tuesday", 21, 0),
    "Asia/Kolkata": ("Tuesday", 22, 30),
    "Asia/Kathmandu": ("Tuesday", 22, 45),
    "Asia/Tehran": ("Tuesday", 20, 30),
    "Asia/Kabul": ("Tuesday", 21, 30),
    "Asia/Yangon": ("Tuesday", 23, 30),
    "Asia/Tokyo": ("Wednesday", 2, 0),
    "Australia/Adelaide": ("Wednesday", 3, 30),
    "Australia/Lord_Howe": ("Wednesday", 4, 0),
    "Pacific/Chatham": ("Wednesday", 6, 45),
    "Pacific/Kiritimati": ("Wednesday", 7, 0),
    "Pacific/Pago_Pago": ("Tuesday", 6, 0),
    "America/New_York": ("Tuesday", 12, 0),
    "America/Los_Angeles": ("Tuesday", 9, 0),
    "America/St_Johns": ("Tuesday", 13, 30),
    "America/Sao_Paulo": ("Tuesday", 14, 0),
    "Africa/Casablanca": ("Tuesday", 18, 0),
    "Africa/Cairo": ("Tuesday", 19, 0),
}


def test_there_are_24_zones_and_the_rule_knows_them() -> None:
    assert 24 == len(set(ZONES))
    assert set(ZONES) == set(AT_FIVE)
    assert all(zone_of(zone) for zone in ZONES)


@pytest.mark.parametrize("zone", AT_FIVE)
def test_weekly_hours_are_on_the_persons_own_clocks(zone: str) -> None:
    day, hour, minute = AT_FIVE[zone]
    start = datetime(2026, 12, 1, 17, tzinfo=UTC)
    left = 60 - minute

    assert free(zone, week(**{day: (hour, hour + 1)}), start, left) is Verdict.FOR
    assert free(zone, week(**{day: (hour, hour + 1)}), start, left + 1) is Verdict.BARS
    assert free(zone, week(**{day: (0, hour)}), start, left) is Verdict.BARS
    assert free(zone, week(**{"Sunday": (0, 24)}), start, left) is Verdict.BARS


MIDNIGHT = [
    (
        "Europe/Warsaw",
        datetime(2026, 12, 1, 22, 30, tzinfo=UTC),
        90,
        {"2026-12-01": [23], "2026-12-02": [0]},
    ),
    ("Europe/Warsaw", datetime(2026, 12, 1, 22, 0, tzinfo=UTC), 60, {"2026-12-01": [23]}),
    ("Europe/Warsaw", datetime(2026, 12, 1, 23, 0, tzinfo=UTC), 60, {"2026-12-02": [0]}),
    ("Asia/Kathmandu", datetime(2026, 12, 1, 9, 0, tzinfo=UTC), 60, {"2026-12-01": [14, 15]}),
    ("Asia/Kathmandu", datetime(2026, 12, 1, 9, 15, tzinfo=UTC), 60, {"2026-12-01": [15]}),
    ("Etc/UTC", datetime(2026, 12, 1, 9, 59, tzinfo=UTC), 2, {"2026-12-01": [9, 10]}),
    ("Etc/UTC", datetime(2026, 12, 1, 9, 59, tzinfo=UTC), 0, {"2026-12-01": [9]}),
]
SPRING = [
    # 02:00 becomes 03:00 at 01:00 UTC: there is no hour 2.
    (
        "Europe/Warsaw",
        datetime(2027, 3, 28, 0, 0, tzinfo=UTC),
        180,
        {"2027-03-28": [1, 3, 4]},
    ),
    # 02:45 becomes 03:45 at 14:00 UTC the day before; hour 3 is a quarter long.
    (
        "Pacific/Chatham",
        datetime(2026, 9, 26, 13, 45, tzinfo=UTC),
        45,
        {"2026-09-27": [2, 3, 4]},
    ),
    # 02:00 becomes 02:30 at 15:30 UTC the day before.
    (
        "Australia/Lord_Howe",
        datetime(2026, 10, 3, 15, 0, tzinfo=UTC),
        60,
        {"2026-10-04": [1, 2]},
    ),
    # Midnight becomes 01:00: the day has no hour 0.
    (
        "Africa/Cairo",
        datetime(2026, 4, 23, 21, 0, tzinfo=UTC),
        120,
        {"2026-04-23": [23], "2026-04-24": [1]},
    ),
]
AUTUMN = [
    # 03:00 becomes 02:00 at 01:00 UTC: hour 2 comes twice.
    (
        "Europe/Warsaw",
        datetime(2026, 10, 25, 0, 0, tzinfo=UTC),
        120,
        {"2026-10-25": [2]},
    ),
    (
        "Europe/Warsaw",
        datetime(2026, 10, 24, 23, 0, tzinfo=UTC),
        240,
        {"2026-10-25": [1, 2, 3]},
    ),
    # 02:00 becomes 01:30 at 15:00 UTC the day before.
    (
        "Australia/Lord_Howe",
        datetime(2027, 4, 3, 14, 30, tzinfo=UTC),
        90,
        {"2027-04-04": [1, 2]},
    ),
    # 01:00 of the first of November comes twice.
    (
        "America/New_York",
        datetime(2026, 11, 1, 4, 30, tzinfo=UTC),
        120,
        {"2026-11-01": [0, 1]},
    ),
]


@pytest.mark.parametrize(("zone", "start", "minutes", "expected"), MIDNIGHT + SPRING + AUTUMN)
def test_a_window_touches_the_hours_that_the_clocks_show(
    zone: str, start: datetime, minutes: int, expected: dict[str, list[int]]
) -> None:
    window = Window(start, start + timedelta(minutes=minutes))

    assert expected == hours_of(zone, start, minutes)
    assert window.touched(ZoneInfo(zone)) == touched(window.start, window.end, ZoneInfo(zone))


def test_who_is_free_until_two_and_from_three_is_free_on_the_night_without_an_hour_two() -> None:
    start = datetime(2027, 3, 28, 0, 30, tzinfo=UTC)
    all_but_two = (*[DAY] * 6, DAY ^ 1 << 2)

    assert free("Europe/Warsaw", all_but_two, start, 60) is Verdict.FOR
    assert free("Europe/Warsaw", all_but_two, start + timedelta(days=7), 60) is Verdict.BARS


def test_the_hour_that_comes_twice_is_free_both_times_or_never() -> None:
    only_two = week(Sunday=(2, 3))
    first = datetime(2026, 10, 25, 0, 0, tzinfo=UTC)

    assert free("Europe/Warsaw", only_two, first, 120) is Verdict.FOR
    assert free("Europe/Warsaw", only_two, first + timedelta(hours=1), 60) is Verdict.FOR
    assert free("Europe/Warsaw", only_two, first + timedelta(hours=1), 61) is Verdict.BARS
    assert free("Europe/Warsaw", only_two, first - timedelta(minutes=1), 60) is Verdict.BARS


def test_a_window_across_midnight_needs_both_days() -> None:
    start = datetime(2026, 12, 6, 22, 0, tzinfo=UTC)
    late, early = {"Sunday": (22, 24)}, {"Monday": (0, 3)}

    assert free("Europe/Warsaw", week(**late, **early), start, 180) is Verdict.FOR
    assert free("Europe/Warsaw", week(**late), start, 180) is Verdict.BARS
    assert free("Europe/Warsaw", week(**early), start, 180) is Verdict.BARS
    assert free("Europe/Warsaw", week(**late), start, 60) is Verdict.FOR


@given(windows, st.sampled_from(ZONES))
def test_a_window_touches_what_each_of_its_minutes_shows(
    window: tuple[datetime, datetime], zone: str
) -> None:
    start, end = (moment.astimezone(UTC) for moment in window)
    every = range(0, max(1, int((end - start).total_seconds())), 60)
    shown = {(start + timedelta(seconds=after)).astimezone(ZoneInfo(zone)) for after in every}
    expected = {(moment.toordinal(), moment.hour) for moment in shown}
    found = touched(*window, ZoneInfo(zone))

    assert expected == {(day, h) for day, mask in found.items() for h in range(24) if mask >> h & 1}
    assert found == Window(*window).touched(ZoneInfo(zone))


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.integers(0, 60 * 24 * 8),
    st.sampled_from(ZONES),
)
def test_many_zones_at_once_give_the_same_hours_all_the_year(
    start: datetime, minutes: int, zone: str
) -> None:
    end = start + timedelta(minutes=minutes)

    assert touched(start, end, ZoneInfo(zone)) == Window(start, end).touched(ZoneInfo(zone))


@pytest.mark.parametrize("zone", ["Europe/Warsaw", "Africa/Casablanca", "Australia/Lord_Howe"])
def test_a_window_in_which_clocks_jump_forth_and_back_again_is_gone_through(zone: str) -> None:
    start = datetime(2026, 1, 15, 10, 30, tzinfo=UTC)
    end = start + timedelta(days=330)

    assert touched(start, end, ZoneInfo(zone)) == Window(start, end).touched(ZoneInfo(zone))


@pytest.mark.parametrize("name", ["", "Nowhere/At_All", "../../etc/passwd", "/etc", "Europe", "\0"])
def test_what_is_no_zone_is_none(name: str) -> None:
    assert zone_of(name) is None
