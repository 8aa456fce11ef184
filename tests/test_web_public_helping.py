"""Offering help: from the public page to an account that unlocks."""

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from pe_core.store import AccountRow, VolunteerRow
from pe_core.toolkit.browser import Browser, Page
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.toolkit.invented import Account
from pe_core.web.public.helping import BEGINS

Run = Callable[[Awaitable[Any]], Any]
Open = Callable[[], Browser]


class Offering:
    """Somebody with a browser who offers help."""

    def __init__(self, embassy: TestEmbassy, browser: Browser, language: str = "en") -> None:
        self.embassy = embassy
        self.browser = browser
        self.at = f"/{language}"

    def begin(self) -> Page:
        self.browser.go(f"{self.at}/help")
        self.embassy.clock.move(seconds=6)
        return self.browser.send()

    def account(self, handle: str = "wouk") -> Account:
        """Return what the page shows, as somebody writes it down."""
        tree = self.browser.page.tree
        (uri,) = tree.xpath("//a[starts-with(@href, 'otpauth:')]/@href")
        (secret,) = parse_qs(urlsplit(uri).query)["secret"]
        words = " ".join(tree.xpath("//ol[@class='seven']/li/text()"))
        return Account(handle=handle, passphrase=words, totp_secret=secret)

    def typed(self, account: Account) -> dict[str, str]:
        code = account.code(self.embassy.clock.now())
        return {"handle": account.handle, "passphrase": account.passphrase, "code": code}

    def unlock(self, account: Account) -> Page:
        self.embassy.clock.move(minutes=1)
        self.browser.go(f"{self.at}/staff/unlock")
        typed = self.typed(account)
        return self.browser.send({"name": typed.pop("handle"), **typed})


@pytest.fixture
def offering(pe_embassy: TestEmbassy, pe_browser: Open) -> Offering:
    return Offering(pe_embassy, pe_browser())


def volunteers(embassy: TestEmbassy, run: Run) -> int:
    found: int = run(embassy.desk.store.count(VolunteerRow))
    return found


@pytest.mark.parametrize("language", ["en", "be", "he"])
def test_the_page_says_what_it_asks_and_what_it_never_does(pe_browser: Open, language: str) -> None:
    page = pe_browser().go(f"/{language}/help")

    assert 200 == page.status
    assert [f"/{language}/help"] == [form.action for form in page.forms()]
    assert 5 <= len(page.tree.xpath("//h2"))
    assert [] == page.tree.xpath("//script")


@pytest.mark.parametrize("live", [True, False])
def test_who_helps_already_finds_the_way_in(offering: Offering, live: bool) -> None:
    offering.embassy.desk.is_live = live
    page = offering.browser.go("/en/help")
    (link,) = page.tree.xpath("//main//a[@href='/en/staff/unlock']")

    assert "I help here already and have an account" == link.text_content()


def test_from_the_page_to_the_account_and_in(
    offering: Offering, pe_embassy: TestEmbassy, pe_run: Run
) -> None:
    page = offering.begin()
    account = offering.account()

    assert ("/en/help/account", 200) == (page.path, page.status)
    assert 7 == len(account.passphrase.split())

    page = offering.browser.send(offering.typed(account))

    assert "/en/staff/unlock" == page.path
    assert "Your account is open" in page.words
    assert 1 == volunteers(pe_embassy, pe_run)

    page = offering.unlock(account)

    assert ("/en/work", 200) == (page.path, page.status)


def test_what_was_typed_wrong_is_said_all_at_once_and_kept(
    offering: Offering, pe_embassy: TestEmbassy, pe_run: Run
) -> None:
    offering.begin()
    wrong = {"handle": "-", "passphrase": "one two", "code": "1"}
    page = offering.browser.send(wrong)
    links = page.tree.xpath("//div[@id='error-summary']//a/@href")
    kept = page.tree.xpath("//input[@id='field-handle' or @id='field-passphrase']/@value")

    assert (422, "Error: Portal") == (page.status, page.title)
    assert ["#field-handle", "#field-passphrase", "#field-code"] == links
    assert ["-", "one two"] == kept
    assert 0 == volunteers(pe_embassy, pe_run)


def test_the_words_stay_the_same_until_they_are_typed_back(offering: Offering) -> None:
    offering.begin()
    first = offering.account()
    offering.browser.send({"handle": "-"})
    again = offering.browser.go("/en/help/account")

    assert first == offering.account()
    assert first.passphrase.split()[0] in again.words


def test_beginning_again_forgets_the_words_of_before(
    offering: Offering, pe_embassy: TestEmbassy
) -> None:
    offering.begin()
    first = offering.account()
    offering.begin()

    assert first != offering.account()
    assert 1 == len(pe_embassy.desk.applicants)


def test_a_browser_without_cookies_is_told_so(offering: Offering) -> None:
    offering.begin()
    offering.browser.client.cookies.clear()
    page = offering.browser.go("/en/help/begin")

    assert "Your browser did not keep our cookie" in page.words
    assert ["/en/help"] == page.tree.xpath("//a[@class='button']/@href")


def test_words_that_lay_too_long_are_forgotten_and_the_page_says_where_to_begin(
    offering: Offering, pe_embassy: TestEmbassy
) -> None:
    offering.begin()
    pe_embassy.clock.move(minutes=31)
    page = offering.browser.go("/en/help/account")

    assert 403 == page.status
    assert ["/en/help"] == page.tree.xpath("//a[@class='button']/@href")


def test_the_account_opens_once_however_often_the_form_is_sent(
    offering: Offering, pe_embassy: TestEmbassy, pe_run: Run
) -> None:
    offering.begin()
    cookie = offering.browser.client.cookies["pe_apply"]
    account = offering.account()
    token = str(offering.browser.page.tree.xpath("//input[@name='token']/@value")[0])
    fields = [("token", token), *offering.typed(account).items()]
    accounts = pe_run(pe_embassy.desk.store.count(AccountRow))
    pages = []
    for _ in range(2):
        offering.browser.client.cookies.clear()
        offering.browser.client.cookies.set("pe_apply", cookie)
        pages.append(offering.browser.post("/en/help/account", fields))

    assert ["/en/staff/unlock"] * 2 == [page.path for page in pages]
    assert accounts + 1 == pe_run(pe_embassy.desk.store.count(AccountRow))


def test_the_form_is_refused_without_its_token_from_elsewhere_and_from_a_machine(
    offering: Offering,
) -> None:
    page = offering.browser.go("/en/help")
    token = str(page.tree.xpath("//input[@name='token']/@value")[0])
    offering.embassy.clock.move(seconds=6)
    answers = [
        offering.browser.post("/en/help", []),
        offering.browser.post("/en/help", [("token", token)], Origin="https://elsewhere.example"),
        offering.browser.post("/en/help", [("token", token), ("website", "x")]),
        offering.browser.post("/en/help/account", [("token", token)]),
    ]

    assert [403] * 4 == [answer.status for answer in answers]
    assert 0 == len(offering.embassy.desk.applicants)


def test_a_flood_of_beginnings_is_stopped_for_an_hour(offering: Offering) -> None:
    for _ in range(BEGINS):
        assert 200 == offering.begin().status

    assert 429 == offering.begin().status

    offering.embassy.clock.move(minutes=61)

    assert 200 == offering.begin().status


def test_before_the_embassy_is_open_nobody_begins_and_the_page_says_why(
    offering: Offering, pe_embassy: TestEmbassy
) -> None:
    offering.begin()
    page = offering.browser.go("/en/help")
    token = str(page.tree.xpath("//input[@name='token']/@value")[0])
    pe_embassy.clock.move(seconds=6)
    pe_embassy.desk.is_live = False
    page = offering.browser.go("/en/help")

    assert (200, []) == (page.status, page.forms())
    assert "This embassy is not open yet" in page.words
    assert 503 == offering.browser.post("/en/help", [("token", token)]).status
    assert 503 == offering.browser.go("/en/help/begin").status
    assert 503 == offering.browser.go("/en/help/account").status
