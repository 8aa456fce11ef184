"""The calendar feed's page and address, as its owner, a calendar and a stranger come to them."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pe_core.desk import briefs, offering
from pe_core.desk.feeds import Entry
from pe_core.store import FeedRow
from pe_core.toolkit.browser import Browser, Page
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.web.work.calendar import evening_before, write_calendar
from teamwork import Team

Run = Callable[[Awaitable[Any]], Any]
Open = Callable[[], Browser]
NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
ZONES = (
    "Europe/Vilnius",
    "Europe/Minsk",
    "America/New_York",
    "Australia/Lord_Howe",
    "Pacific/Kiritimati",
    "Asia/Kathmandu",
    "America/St_Johns",
    "Africa/Casablanca",
)
moments = st.integers(0, 3 * 365 * 24 * 60).map(lambda minutes: NOW + timedelta(minutes=minutes))


@pytest.fixture
def team(pe_embassy: TestEmbassy, pe_run: Run) -> Team:
    """The team and everybody before it."""
    return Team(pe_embassy, pe_run)


@pytest.fixture
def dzik(team: Team, pe_browser: Open) -> Browser:
    """A volunteer's browser, unlocked, before the page of the feed."""
    browser, account = pe_browser(), team.accounts["dzik"]
    team.clock.move(minutes=1)
    browser.go("/en/staff/unlock")
    code = account.code(team.clock.now())
    browser.send({"name": "dzik", "passphrase": account.passphrase, "code": code})
    browser.go("/en/work/calendar")
    return browser


def make(browser: Browser, act: str = "make") -> Page:
    browser.go("/en/work/calendar")
    return browser.send({"act": act}, form="/calendar")


def address(page: Page) -> str:
    """Return the feed's path, as its owner copies it."""
    (shown,) = page.tree.xpath("//p[@class='mono address']")
    whole = str(shown.text_content())
    assert whole.startswith("http://127.0.0.1:8000/feed/")
    return whole.removeprefix("http://127.0.0.1:8000")


def promise(team: Team, start: datetime) -> Any:
    view = team.need(start=start, end=start + timedelta(hours=1))
    team.offer(view, "dzik")
    team.accept("dzik")
    return view


def events(page: Page) -> list[Any]:
    return icalendar.Calendar.from_ical(page.content).walk("VEVENT")


def test_before_there_is_one_the_page_says_who_would_see_what(dzik: Browser) -> None:
    words = dzik.page.words

    for said in ("Whoever has the address", "Seized and switched off", "Google", "unlock"):
        assert said in words
    assert "/feed/" not in dzik.page.text


def test_a_calendar_reads_times_and_no_more(team: Team, dzik: Browser, pe_browser: Open) -> None:
    path = address(make(dzik))
    start = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
    promise(team, start)
    read = pe_browser().go(path)
    (event,) = events(read)

    assert ("text/calendar; charset=utf-8", "no-store") == (
        read.headers["content-type"],
        read.headers["cache-control"],
    )
    assert "set-cookie" not in read.headers
    assert ("Portal", start, start + timedelta(hours=1)) == (
        event["SUMMARY"],
        event["DTSTART"].dt,
        event["DTEND"].dt,
    )
    assert {"SUMMARY", "DTSTART", "DTEND", "DTSTAMP", "UID", "CLASS"} == set(event)
    assert [] == event.walk("VALARM")
    assert team.brief("dzik") not in read.text


@pytest.mark.parametrize(
    "name",
    ["", ".ics", "x.ics", "A" * 43 + ".ics", "A" * 42 + "!.ics", "A" * 900, "%C3%A9.ics"],
)
def test_every_address_that_is_none_gives_one_and_the_same_answer(
    dzik: Browser, pe_browser: Open, name: str
) -> None:
    path = address(make(dzik))
    first = path[len("/feed/")]
    mistyped = path.replace(f"/feed/{first}", f"/feed/{'B' if first == 'A' else 'A'}")
    stranger = pe_browser()
    answers = {
        (page.status, page.text.replace(other, "/feed/x"), tuple(sorted(page.headers)))
        for other in (f"/feed/{name}", path.removesuffix(".ics"), mistyped)
        for page in (stranger.go(other),)
    }

    assert 1 == len({status for status, *_ in answers})
    assert {404} == {status for status, *_ in answers}
    assert 1 == len({headers for *_, headers in answers})


def test_a_renewed_and_a_stopped_feed_leave_the_old_address_leading_nowhere(
    dzik: Browser, pe_browser: Open
) -> None:
    calendar = pe_browser()
    first = make(dzik)
    old = address(first)
    renewed = make(dzik)
    new = address(renewed)
    before = [calendar.go(path).status for path in (old, new)]
    stopped = make(dzik, "stop")

    assert "The address is made." in first.words
    assert "The old one leads nowhere now." in renewed.words
    assert [404, 200] == before
    assert "Remove it from your calendar as well." in stopped.words
    assert 404 == calendar.go(new).status


def test_a_button_that_is_none_changes_nothing(team: Team, dzik: Browser) -> None:
    path = address(make(dzik))
    page = dzik.send({"act": "x"}, form="/calendar")

    assert path == address(page)
    assert 1 == team.run(team.desk.store.count(FeedRow))


def test_the_first_page_puts_right_what_a_coordinator_took_back(
    team: Team, dzik: Browser, pe_browser: Open
) -> None:
    path, calendar = address(make(dzik)), pe_browser()
    view = promise(team, datetime(2026, 12, 1, 9, 0, tzinfo=UTC))
    team.run(offering.take_back(team.desk, team.busel, view.id, team.brief("dzik")))
    stale = len(events(calendar.go(path)))
    dzik.go("/en/work")

    assert (1, 0) == (stale, len(events(calendar.go(path))))


def test_who_leaves_takes_the_feed_along(team: Team, dzik: Browser, pe_browser: Open) -> None:
    path = address(make(dzik))
    team.run(briefs.end_own_work(team.desk, team.people["dzik"]))

    assert 404 == pe_browser().go(path).status


@given(start=moments, zone=st.sampled_from(ZONES))
def test_an_evening_before_is_six_oclock_on_the_day_before_there(
    start: datetime, zone: str
) -> None:
    evening = evening_before(start, zone)
    there = evening.astimezone(ZoneInfo(zone))

    assert (18, 0) == (there.hour, there.minute)
    assert start.astimezone(ZoneInfo(zone)).date() - there.date() == timedelta(days=1)
    assert evening < start


@given(spans=st.lists(st.tuples(moments, st.integers(1, 10_000)), max_size=5))
def test_what_is_written_is_read_back_to_the_second(
    spans: list[tuple[datetime, int]],
) -> None:
    whole = [(start, minutes) for start, minutes in spans]
    entries = [
        Entry(id=f"{n:032x}", start=start, end=start + timedelta(minutes=minutes))
        for n, (start, minutes) in enumerate(whole)
    ]
    local = [
        Entry(id=e.id, start=e.start.astimezone(ZoneInfo("America/New_York")), end=e.end)
        for e in entries
    ]
    read = icalendar.Calendar.from_ical(write_calendar(local, NOW)).walk("VEVENT")

    assert [(e.id, e.start, e.end) for e in entries] == [
        (str(event["UID"]), event["DTSTART"].dt, event["DTEND"].dt) for event in read
    ]


@pytest.mark.parametrize(
    ("start", "evening"),
    [
        # The clocks go back on 25 October 2026 and forward on 28 March 2027, at 04:00 and 03:00.
        (datetime(2026, 10, 25, 10, tzinfo=UTC), datetime(2026, 10, 24, 15, tzinfo=UTC)),
        (datetime(2026, 10, 26, 10, tzinfo=UTC), datetime(2026, 10, 25, 16, tzinfo=UTC)),
        (datetime(2027, 3, 28, 10, tzinfo=UTC), datetime(2027, 3, 27, 16, tzinfo=UTC)),
        (datetime(2027, 3, 29, 10, tzinfo=UTC), datetime(2027, 3, 28, 15, tzinfo=UTC)),
    ],
)
def test_evenings_follow_the_clocks_when_they_change(start: datetime, evening: datetime) -> None:
    assert evening == evening_before(start, "Europe/Vilnius")
