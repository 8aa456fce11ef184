"""One's own account through the pages: renewing, the second passphrase, burning."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from pe_core.store import AccountRow
from pe_core.toolkit.browser import Browser, Page
from pe_core.toolkit.embassy import TestEmbassy

Run = Callable[[Awaitable[Any]], Any]
Open = Callable[[], Browser]


def unlock(browser: Browser, embassy: TestEmbassy, passphrase: str = "") -> Page:
    account = embassy.account
    embassy.clock.move(minutes=1)
    browser.go("/en/staff/unlock")
    return browser.send(
        {
            "name": account.handle,
            "passphrase": passphrase or account.passphrase,
            "code": account.code(embassy.clock.now()),
        }
    )


@pytest.fixture
def browser(pe_embassy: TestEmbassy, pe_browser: Open) -> Browser:
    browser = pe_browser()
    unlock(browser, pe_embassy)
    return browser


def words_on(page: Page) -> str:
    return " ".join(page.tree.xpath("//ol[@class='seven']/li/text()"))


def rows(embassy: TestEmbassy, run: Run) -> list[AccountRow]:
    found: list[AccountRow] = run(embassy.desk.store.select(AccountRow))
    return found


def test_the_page_shows_who_one_is_and_leads_on(browser: Browser, pe_embassy: TestEmbassy) -> None:
    page = browser.go("/en/staff/me")
    links = page.tree.xpath("//ul[@class='acts']//a/@href")

    assert 200 == page.status
    for words in ("busel", "Coordinator", str(pe_embassy.desk.sessions.items()[0].box)):
        assert words in page.words
    assert ["/en/staff/me"] == page.tree.xpath("//nav[@class='menu']/a[@aria-current]/@href")
    assert {"/en/staff/me/passphrase", "/en/staff/me/second", "/en/staff/me/burn"} <= set(links)
    assert "/en/staff/emergency" in links
    assert page.title.startswith("Portal"), "titles name nobody"


def test_who_is_no_coordinator_has_their_account_and_nothing_of_the_desk(
    browser: Browser, pe_embassy: TestEmbassy
) -> None:
    pe_embassy.desk.sessions.items()[0].compartments = frozenset()
    page = browser.go("/en/staff")

    assert ("/en/staff/me", 200) == (page.path, page.status)
    assert "A role of its own" in page.words
    assert ["/en/staff/me"] == page.tree.xpath("//nav[@class='menu']/a/@href")
    assert ["/en/staff/emergency"] == page.tree.xpath("//div[@class='ends']/a/@href")
    assert 403 == browser.go("/en/staff/members").status


def test_a_new_passphrase_is_shown_typed_back_and_opens(
    browser: Browser, pe_embassy: TestEmbassy, pe_browser: Open
) -> None:
    page = browser.go("/en/staff/me/passphrase")
    shown = browser.send({"passphrase": pe_embassy.account.passphrase}, form="/passphrase")
    words = words_on(shown)
    again = browser.go("/en/staff/me/passphrase/new")
    done = browser.send({"words": words, "act": "keep"}, form="/new")

    assert "Backups that were made before still open with your old passphrase" in page.words
    assert "/en/staff/me/passphrase/new" == shown.path
    assert (7, words) == (len(words.split()), words_on(again))
    assert "Your passphrase is changed" in done.words
    assert words not in done.text
    assert 403 == unlock(pe_browser(), pe_embassy).status
    assert "/en/staff" == unlock(pe_browser(), pe_embassy, words).path


def test_wrong_words_of_any_kind_change_nothing_and_are_named(
    browser: Browser, pe_embassy: TestEmbassy, pe_run: Run
) -> None:
    before = rows(pe_embassy, pe_run)
    browser.go("/en/staff/me/passphrase")
    refused = browser.send({"passphrase": "one two"}, form="/passphrase")
    browser.send({"passphrase": pe_embassy.account.passphrase}, form="/passphrase")
    slip = browser.send({"words": "one two", "act": "keep"}, form="/new")
    links = [p.tree.xpath("//*[@id='error-summary']//a/@href") for p in (refused, slip)]

    assert [422, 422] == [refused.status, slip.status]
    assert [["#field-passphrase"], ["#field-words"]] == links
    assert "This is not the passphrase of your account" in refused.words
    assert "one two" not in refused.text
    assert before == rows(pe_embassy, pe_run)


def test_who_stops_has_their_old_passphrase_and_sees_no_words_again(
    browser: Browser, pe_embassy: TestEmbassy, pe_run: Run
) -> None:
    before = rows(pe_embassy, pe_run)
    browser.go("/en/staff/me/passphrase")
    browser.send({"passphrase": pe_embassy.account.passphrase}, form="/passphrase")
    stopped = browser.send({"act": "stop"}, form="/new")
    later = browser.go("/en/staff/me/passphrase/new")

    assert "/en/staff/me" == stopped.path
    assert "/en/staff/me/passphrase" == later.path
    assert before == rows(pe_embassy, pe_run)


def test_a_second_passphrase_locks_and_looks_like_a_wrong_one(
    browser: Browser, pe_embassy: TestEmbassy, pe_browser: Open
) -> None:
    def shape(page: Page) -> tuple[int, int, str]:
        text = re.sub(r'name="token" value="[^"]+"', "", page.text)
        return page.status, len(page.content), text

    page = browser.go("/en/staff/me/second")
    shown = browser.send(
        {"passphrase": pe_embassy.account.passphrase, "act": "set"}, form="/second"
    )
    words = words_on(shown)
    done = browser.send({"words": words, "act": "keep"}, form="/new")
    wrong = unlock(pe_browser(), pe_embassy, "one two three four five six seven")
    forced = unlock(pe_browser(), pe_embassy, words)

    assert "It does not help against a copy of the disk" in page.words
    assert "Your account has a new second passphrase" in done.words
    assert shape(wrong) == shape(forced)
    assert "/en/staff/unlock" == browser.go("/en/staff/me").path
    assert "Locked for everybody" in unlock(pe_browser(), pe_embassy).words


def test_having_no_second_passphrase_is_the_same_form(
    browser: Browser, pe_embassy: TestEmbassy
) -> None:
    browser.go("/en/staff/me/second")
    wrong = browser.send({"passphrase": "no", "act": "drop"}, form="/second")
    right = {"passphrase": pe_embassy.account.passphrase, "act": "drop"}
    done = browser.send(right, form="/second")

    assert 422 == wrong.status
    assert "Your account has no second passphrase" in done.words


def test_burning_says_beforehand_what_it_does_and_asks_for_the_passphrase(
    browser: Browser, pe_embassy: TestEmbassy, pe_browser: Open, pe_run: Run
) -> None:
    page = browser.go("/en/staff/me/burn")
    wrong = browser.send({"passphrase": "one two"}, form="/burn")
    kept = len(rows(pe_embassy, pe_run))
    burnt = browser.send({"passphrase": pe_embassy.account.passphrase}, form="/burn")

    assert "stays on the list of members until your colleagues take it off" in page.words
    assert "This cannot be undone" in page.words
    assert (422, 1) == (wrong.status, kept)
    assert "/en/staff/locked" == burnt.path
    assert "Your account is burnt" in burnt.words
    assert [] == rows(pe_embassy, pe_run)
    assert 403 == unlock(pe_browser(), pe_embassy).status


def test_an_unknown_word_in_the_address_says_nothing(browser: Browser) -> None:
    page = browser.go("/en/staff/me?done=%3Cb%3Eburnt")

    assert [] == page.tree.xpath("//div[@role='status']")
    assert "<b>burnt" not in page.text


def test_every_page_is_there_in_every_language(browser: Browser) -> None:
    parts = ("me", "me/passphrase", "me/second", "me/burn", "emergency")
    pages = [browser.go(f"/{tag}/staff/{part}") for tag in ("be", "ru", "en") for part in parts]

    assert {200} == {page.status for page in pages}
    assert len(pages) == len({page.words for page in pages})
