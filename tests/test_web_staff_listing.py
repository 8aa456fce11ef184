"""The day's figures and the search on the page: links and forms only, no word in an address."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from pe_core.desk import claims, intake, invites, listing, proposals, requests, summaries
from pe_core.desk.sessions import Session
from pe_core.model import (
    Box,
    Outcome,
    RequestId,
    Sensitivity,
    State,
    Urgency,
    WaitingOn,
    Where,
)
from pe_core.store import RequestRow
from pe_core.toolkit.browser import Browser, Page
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.toolkit.invented import Account, open_account, unlock_account
from pe_core.web.staff import requests as list_module

Run = Callable[[Awaitable[Any]], Any]
Open = Callable[[], Browser]
STORY = "Сястра Вольга шукае ложак у Гродне"


class Office:
    """A coordinator in a browser before the list."""

    def __init__(self, embassy: TestEmbassy, run: Run, open_browser: Open) -> None:
        self.embassy = embassy
        self.desk = embassy.desk
        self.run = run
        self.open_browser = open_browser
        self.browser = open_browser()
        self.unlock(self.browser, embassy.account)

    def unlock(self, browser: Browser, account: Account) -> Page:
        self.embassy.clock.move(minutes=1)
        browser.go("/en/staff/unlock")
        code = account.code(self.embassy.clock.now())
        fields = {"name": account.handle, "passphrase": account.passphrase, "code": code}
        return browser.send(fields)

    def session(self) -> Session:
        return self.desk.sessions.items()[-1]

    def ask(self, story: str = STORY) -> RequestId:
        before = {row.id for row in self.run(self.desk.store.select(RequestRow))}
        _, draft = intake.begin(self.desk, "zz.other", "be")
        intake.set_where(draft, Where.ABROAD)
        assert intake.give_answer(draft, "story", [story]) is None
        self.run(intake.submit(self.desk, draft))
        after = {row.id for row in self.run(self.desk.store.select(RequestRow))}
        return RequestId((after - before).pop())

    def change(self, request: RequestId, **values: Any) -> None:
        self.run(listing.list_requests(self.desk, self.session()))
        row = self.run(self.desk.store.get(RequestRow, request))
        known = self.session().summaries[request]
        changed = msgspec.structs.replace(known, **values)
        change = summaries.change_summary(self.desk, self.session(), row, changed)
        self.run(self.desk.store.write([change]))

    def move(self, request: RequestId, *states: State) -> None:
        for to in states:
            waiting = to is State.WAITING
            moving = requests.Moving(
                to=to,
                outcome=Outcome.HELPED if to is State.CLOSED else None,
                waiting_on=WaitingOn.ASKER if waiting else None,
                wake=(self.desk.now() + timedelta(days=7)).date() if waiting else None,
            )
            assert () == self.run(requests.move(self.desk, self.session(), request, moving))

    def look(self, query: str = "") -> Page:
        return self.browser.go(f"/en/staff{query}")

    def search(self, query: str) -> Page:
        self.look()
        return self.browser.send({"query": query}, form="/staff/search")


@pytest.fixture
def office(pe_embassy: TestEmbassy, pe_run: Run, pe_browser: Open) -> Office:
    return Office(pe_embassy, pe_run, pe_browser)


def rows(page: Page) -> list[str]:
    return [" ".join(row.text_content().split()) for row in page.tree.xpath("//tbody/tr")]


def links(page: Page) -> list[str]:
    return [str(link) for link in page.tree.xpath("//tbody//td[2]/a/@href")]


def figures(page: Page) -> dict[str, tuple[str, str]]:
    return {
        " ".join(link.xpath("string(text())").split()): (link.xpath("string(b)"), link.get("href"))
        for link in page.tree.xpath("//ul[@class='figures']//a[starts-with(@href, '/en/staff?')]")
    }


def test_every_figure_is_a_link_to_the_requests_behind_it(office: Office) -> None:
    """Of four requests one is late, one wakes, one is mine and one is over."""
    late, waking, mine, over = (office.ask() for _ in range(4))
    office.change(mine, claimed_by=office.session().box)
    office.move(waking, State.TRIAGE, State.ACTIVE, State.WAITING)
    office.move(over, State.CLOSED)
    office.embassy.clock.move(days=7)
    office.unlock(office.browser, office.embassy.account)
    office.change(mine, awaiting=office.desk.now())
    found = figures(office.look())
    behind = {
        words: {link.rpartition("/")[2] for link in links(office.browser.go(address))}
        for words, (_, address) in found.items()
    }

    assert {
        "Unclaimed": ("2", "/en/staff?show=unclaimed"),
        "Late": ("1", "/en/staff?show=late"),
        "Waiting for us": ("2", "/en/staff?show=ours"),
        "To look at today": ("1", "/en/staff?show=waking"),
        "Mine": ("1", "/en/staff?show=mine"),
    } == found
    assert {
        "Unclaimed": {late, waking},
        "Late": {late},
        "Waiting for us": {late, mine},
        "To look at today": {waking},
        "Mine": {mine},
    } == behind


def test_the_figure_that_is_looked_at_is_marked_and_kept_by_the_other_filters(
    office: Office,
) -> None:
    office.ask()
    page = office.look("?show=unclaimed")
    current = page.tree.xpath("//ul[@class='figures']//a[@aria-current='true']/@href")
    states = page.tree.xpath("//ul[@class='states']//a/@href")
    (form,) = page.tree.xpath("//form[@method='get']")

    assert ["/en/staff?show=unclaimed"] == current
    assert ["/en/staff?show=unclaimed", "/en/staff?state=new&show=unclaimed"] == states
    assert "unclaimed" == form.fields["show"]


@pytest.mark.parametrize(
    ("show", "words"),
    [
        ("unclaimed", "Everything is claimed"),
        ("late", "Nothing is late"),
        ("ours", "Nobody waits for us"),
        ("waking", "Nothing to look at again today"),
        ("mine", "You have no requests"),
    ],
)
def test_a_figure_of_none_says_what_would_be_counted(office: Office, show: str, words: str) -> None:
    office.change(office.ask(), claimed_by=Box(5), awaiting=None)
    page = office.look(f"?show={show}")

    assert [] == rows(page)
    assert words in page.words
    assert "Show all requests" in page.words


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("?urgency=urgent", 1),
        ("?urgency=normal", 1),
        ("?urgency=soon", 0),
        ("?urgency=nonsense", 2),
        ("?show=nonsense", 2),
        ("?topic=zz.bed", 1),
        ("?topic=zz.other", 1),
        ("?topic=zz.bed&urgency=urgent&show=unclaimed&state=new", 1),
        ("?topic=zz.bed&show=mine", 0),
    ],
)
def test_topic_and_urgency_as_a_coordinator_set_them_narrow_the_list(
    office: Office, query: str, count: int
) -> None:
    office.change(office.ask(), urgency=Urgency.URGENT, topic="zz.bed")
    office.ask()

    assert count == len(rows(office.look(query)))


def test_a_line_says_topic_urgency_and_who_has_it(office: Office) -> None:
    office.change(office.ask(), urgency=Urgency.SOON, topic="zz.bed")
    office.change(office.ask(), claimed_by=office.session().box, urgency=Urgency.URGENT)
    office.change(office.ask(), claimed_by=Box(12345))
    page = office.look()
    lines = dict(zip(links(page), rows(page), strict=True))
    text = " | ".join(lines.values())

    assert "A bed for the night" in text
    assert ["Soon", "Urgent"] == sorted(word for word in ("Soon", "Urgent") if word in text)
    assert 1 == sum("Claimed by You" in line for line in lines.values())
    assert 1 == sum("Claimed by box 12345" in line for line in lines.values())
    assert 1 == sum("Claimed by Nobody" in line for line in lines.values())


def test_a_colleague_s_name_stands_by_what_they_claimed(office: Office) -> None:
    code = office.run(invites.make_invite(office.desk, office.session()))
    account = office.run(open_account(office.desk, office.embassy.clock, code, "zubr"))
    browser = office.open_browser()
    request = office.ask()
    office.unlock(browser, account)
    boxes = {session.handle: session.box for session in office.desk.sessions.items()}
    office.change(request, claimed_by=boxes["zubr"])

    assert "Claimed by zubr" in rows(office.look())[0]
    assert "Claimed by You" in rows(browser.go("/en/staff"))[0]


def test_a_sensitive_request_shows_none_of_its_words_in_any_list(office: Office) -> None:
    office.change(office.ask(), sensitivity=Sensitivity.SENSITIVE)
    pages = (office.look(), office.search("ложак"))

    for page in pages:
        assert 1 == len(rows(page))
        assert "Sensitive" in rows(page)[0]
        assert "Сястра" not in page.words


def test_who_waits_for_us_too_long_is_marked_late(office: Office) -> None:
    office.ask()
    (before,) = rows(office.look())
    office.embassy.clock.move(days=3, minutes=1)
    office.unlock(office.browser, office.embassy.account)
    (after,) = rows(office.look())

    assert "Waiting for Us Today" in before
    assert "late" not in before
    assert "Waiting for Us 3 days ago (late)" in after


@pytest.mark.parametrize("query", ["ложак", "ЛОЖ hrodn", "  lozak  ", "siastra Volha"])
def test_search_shows_what_it_finds_and_the_words_that_were_typed(
    office: Office, query: str
) -> None:
    request = office.ask()
    office.ask("Пашпарт скончыўся")
    page = office.search(query.replace("lozak", "łožak"))
    field = page.tree.xpath("//input[@name='query']")[0]

    assert 200 == page.status
    assert "/en/staff/search" == page.path
    assert [f"/en/staff/requests/{request}"] == links(page)
    assert "1 request found." in page.words
    assert " ".join(query.replace("lozak", "łožak").split()) == field.get("value")
    assert ["/en/staff"] == page.tree.xpath("//*[@class='found']/a/@href")


def test_what_is_typed_is_text_and_stands_in_no_address_and_no_title(office: Office) -> None:
    office.ask()
    typed = """"><b>ложак</b>"""
    page = office.search(typed)

    assert typed == page.tree.xpath("//input[@name='query']")[0].get("value")
    assert [] == page.tree.xpath("//main//form//b")
    assert "ложак" not in page.title
    assert [] == [link for link in page.tree.xpath("//@href | //@action") if "%" in link]


def test_a_search_that_finds_nothing_teaches(office: Office) -> None:
    office.ask()
    page = office.search("нікога")

    assert 200 == page.status
    assert [] == rows(page)
    assert "0 requests found." in page.words
    assert "only the beginning of one" in page.words


def test_a_search_for_nothing_and_an_address_typed_by_hand_lead_to_the_list(
    office: Office,
) -> None:
    office.ask()
    empty = office.search("   ")
    typed = office.browser.go("/en/staff/search")

    assert "/en/staff" == empty.path == typed.path
    assert 1 == len(rows(typed))


def test_only_the_newest_hundred_of_a_search_are_shown(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_module, "PAGE", 2)
    for _ in range(3):
        office.ask()
    page = office.search("ложак")

    assert 2 == len(rows(page))
    assert "3 requests found." in page.words
    assert "Only the newest hundred are shown" in page.words


def test_the_list_can_be_searched_and_read_without_a_mouse(office: Office) -> None:
    """Everything that acts is a link with an address, a labelled field or a button."""
    office.ask()
    page = office.look()
    labelled = set(page.tree.xpath("//main//label/@for"))
    fields = page.tree.xpath("//main//form//*[self::input or self::select][not(@type='hidden')]")
    loose = [
        field.get("name")
        for field in fields
        if field.get("id") not in labelled and field.getparent().tag != "label"
    ]

    assert [] == loose
    assert [] == page.tree.xpath("//main//a[not(@href)] | //main//*[@tabindex > 0]")


def test_whoever_holds_no_roster_sees_neither_list_nor_search(office: Office) -> None:
    office.ask()
    office.look()
    token = office.browser.page.tree.xpath("//input[@name='token']/@value")[0]
    office.session().compartments = frozenset({"outreach"})
    office.session().epochs.clear()
    found = office.browser.post("/en/staff/search", [("token", token), ("query", "ложак")])

    assert 403 == found.status
    assert "ложак" not in found.words
    assert "/en/staff/me" == office.browser.go("/en/staff").path


def test_what_somebody_had_who_left_is_unclaimed_though_who_confirmed_could_not_open_it(
    office: Office,
) -> None:
    run, desk, clock, busel = office.run, office.desk, office.embassy.clock, office.session()
    code = run(invites.make_invite(desk, busel))
    zubr = run(unlock_account(desk, clock, run(open_account(desk, clock, code, "zubr"))))
    request = office.ask()
    run(claims.claim(desk, zubr, request))
    code = run(invites.make_invite(desk, busel))
    (view,) = run(invites.list_invites(desk, zubr))
    run(invites.sign_invite(desk, zubr, view.locator))
    wouk = run(unlock_account(desk, clock, run(open_account(desk, clock, code, "wouk"))))
    proposed = run(proposals.propose(desk, busel, "leave", zubr.box))
    run(proposals.confirm(desk, wouk, proposed))
    office.browser.client.cookies.clear()
    office.unlock(office.browser, office.embassy.account)
    page = office.look("?show=unclaimed")

    assert f"/en/staff/requests/{request}" in page.tree.xpath("//table//a/@href")
