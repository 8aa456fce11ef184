"""The trail through the pages: who did what, and whether it is whole."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from pe_core.desk import listing, trail
from pe_core.desk.tracing import PAGE
from pe_core.model import Box
from pe_core.model.trail import Act
from pe_core.store import Delete, RequestRow, TrailRow
from pe_core.toolkit.browser import Browser, Page
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.toolkit.invented import ASKED, ask

Run = Callable[[Awaitable[Any]], Any]
Open = Callable[[], Browser]
COLLEAGUE = Box(77)


class Reader:
    """A coordinator in a browser who reads the trail."""

    def __init__(self, embassy: TestEmbassy, run: Run, browser: Browser) -> None:
        self.desk = embassy.desk
        self.run = run
        self.browser = browser
        embassy.clock.move(minutes=1)
        browser.go("/en/staff/unlock")
        account = embassy.account
        code = account.code(embassy.clock.now())
        browser.send({"name": account.handle, "passphrase": account.passphrase, "code": code})

    def done(self, act: Act, what: str = "", box: Box = COLLEAGUE) -> None:
        self.run(trail.record(self.desk, box, act, what))

    def rows(self, query: str = "") -> list[list[str]]:
        """Return what stands in each line, without its number and time."""
        page = self.browser.go(f"/en/staff/trail{query}")
        lines = page.tree.xpath("//tbody/tr")
        return [
            [" ".join(cell.text_content().split()) for cell in line.xpath("td")[2:]]
            for line in lines
        ]

    def page(self) -> Page:
        return self.browser.go("/en/staff/trail")


@pytest.fixture
def reader(pe_embassy: TestEmbassy, pe_run: Run, pe_browser: Open) -> Reader:
    return Reader(pe_embassy, pe_run, pe_browser())


def test_a_line_says_who_did_what_to_what(reader: Reader) -> None:
    me = reader.desk.sessions.items()[0].box
    reader.done(Act.SETUP, "shares", Box(0))
    reader.done(Act.SESSION_ENDED, str(me))

    rows = reader.rows()

    assert ["box 77", "Ended a colleague's session", "busel"] == rows[0]
    assert ["the server's command line", "Changed the set-up", "shares"] == rows[1]
    assert ["busel", "Unlocked", ""] == next(row for row in rows if row[1] == "Unlocked")


def test_who_looks_at_the_names_of_all_members_is_noted_once_a_session(reader: Reader) -> None:
    for _ in range(2):
        reader.browser.go("/en/staff/members")

    assert 1 == sum(row[1] == "Read the names of all members" for row in reader.rows())


def test_a_number_of_things_is_not_taken_for_somebodys_box(reader: Reader) -> None:
    for act in (Act.SHARES_MADE, Act.SHARE_CONFIRMED, Act.VOLUNTEER_ADDED, Act.VOLUNTEER_LOCKED):
        reader.done(act, "3")

    assert ["3"] * 4 == [row[-1] for row in reader.rows()[:4]]


def test_a_request_is_a_link_while_it_is_there(reader: Reader) -> None:
    reader.run(ask(reader.desk, ASKED[2]))
    session = reader.desk.sessions.items()[0]
    request = reader.run(listing.list_requests(reader.desk, session))[0].id
    reader.done(Act.OPENED, request)
    there = reader.page().tree.xpath("//tbody//a/@href")
    reader.run(reader.desk.store.write([Delete(RequestRow, {"id": request})]))

    gone = reader.page()

    assert f"/en/staff/requests/{request}" in there
    assert [] == gone.tree.xpath("//tbody//a/@href")
    assert f"request {request[:6]}, which is erased" in gone.words


def test_it_says_whether_the_trail_is_whole(reader: Reader) -> None:
    for _ in range(3):
        reader.done(Act.LISTED)
    whole = reader.page().words
    numbers = sorted(row.number for row in reader.run(reader.desk.store.select(TrailRow)))
    reader.run(reader.desk.store.write([Delete(TrailRow, {"number": numbers[-2]})]))

    (again,) = reader.page().tree.xpath("//main//a[contains(@href, 'whole')]/@href")
    cut = reader.browser.go(again).words

    assert "The trail is unbroken since the week of" in whole
    assert "does not fit together" not in whole
    assert "The trail does not fit together" in cut
    assert "unbroken" not in cut


def test_it_says_what_the_trail_cannot_do(reader: Reader) -> None:
    assert "It shows, it does not prevent." in reader.page().words


def test_filters_are_in_the_address_and_hold_on_the_next_page(reader: Reader) -> None:
    for _ in range(PAGE + 1):
        reader.done(Act.LISTED)
        reader.done(Act.REPLIED)

    first = reader.rows("?by=77&act=listed")
    older = reader.browser.page.tree.xpath("//a[@rel='next']/@href")[0]
    second = reader.rows(older.removeprefix("/en/staff/trail"))

    assert PAGE == len(first)
    assert {"Looked at the list of requests"} == {row[1] for row in first}
    assert "by=77&act=listed&until=" in older
    assert 1 == len(second)


def test_paging_goes_through_all_of_it_once(reader: Reader) -> None:
    for number in range(2 * PAGE):
        reader.done(Act.SETUP, f"step{number}")
    seen = []
    query = ""
    while True:
        seen += [row[2] for row in reader.rows(query) if row[2].startswith("step")]
        more = reader.browser.page.tree.xpath("//a[@rel='next']/@href")
        if not more:
            break
        query = more[0].removeprefix("/en/staff/trail")

    assert [f"step{number}" for number in reversed(range(2 * PAGE))] == seen


@pytest.mark.parametrize("query", ["?by=x", "?act=none", "?until=-1", "?until=" + "9" * 30])
def test_an_address_that_makes_no_sense_shows_the_whole(reader: Reader, query: str) -> None:
    plain = reader.rows()

    assert plain == reader.rows(query)


def test_a_filter_that_finds_nothing_says_so(reader: Reader) -> None:
    page = reader.browser.go("/en/staff/trail?act=burnt")

    assert "There is no such entry." in page.words


@pytest.mark.parametrize("language", ["be", "ru", "en", "he"])
def test_every_act_has_its_words(reader: Reader, language: str) -> None:
    for act in Act:
        reader.done(act)
    page = reader.browser.go(f"/{language}/staff/trail")

    assert 200 == page.status
    assert "staff.trail" not in page.words


def test_alerts_stand_above_the_list(reader: Reader) -> None:
    before = reader.browser.go("/en/staff").words
    reader.done(Act.MANY_OPENED, "77")
    page = reader.browser.go("/en/staff")

    assert "What your colleagues should know" not in before
    assert "box 77: Opened unusually many requests within an hour" in page.words
    assert page.tree.xpath("//main//a[@href='/en/staff/trail']")


def test_without_an_unlocked_account_there_is_no_trail(reader: Reader, pe_browser: Open) -> None:
    assert "/en/staff/unlock" == pe_browser().go("/en/staff/trail").path
