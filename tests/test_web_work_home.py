"""The first page of a volunteer, and what of the team's pages is theirs."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from pe_core.toolkit.browser import Browser, Page
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.toolkit.invented import Account, offer_help
from teamwork import Team

Run = Callable[[Awaitable[Any]], Any]
Open = Callable[[], Browser]
MENU = ["/en/work", "/en/work/me", "/en/work/messages", "/en/staff/me"]


@pytest.fixture
def wouk(pe_embassy: TestEmbassy, pe_run: Run, pe_browser: Open) -> Browser:
    """The browser of somebody who has just offered help, unlocked."""
    account = pe_run(offer_help(pe_embassy.desk, pe_embassy.clock, "wouk"))
    browser = pe_browser()
    pe_embassy.clock.move(minutes=1)
    browser.go("/en/staff/unlock")
    code = account.code(pe_embassy.clock.now())
    browser.send({"name": "wouk", "passphrase": account.passphrase, "code": code})
    return browser


def enter(browser: Browser, team: Team, words: str, account: Account | None = None) -> Page:
    """Type somebody's name, these words and a code; dzik's, unless it is said whose."""
    account = account or team.accounts["dzik"]
    team.clock.move(minutes=1)
    browser.go("/en/staff/unlock")
    code = account.code(team.clock.now())
    return browser.send({"name": account.handle, "passphrase": words, "code": code})


def menu(page: Page) -> list[str]:
    return [str(link) for link in page.tree.xpath("//nav[@class='menu']/a/@href")]


def test_unlocking_leads_to_what_is_still_needed(wouk: Browser) -> None:
    page = wouk.page

    assert ("/en/work", 200) == (page.path, page.status)
    assert 4 == page.words.count("Not yet")
    assert MENU == menu(page)


def test_the_way_in_is_for_volunteers_too_and_says_what_they_do_without_their_words(
    pe_embassy: TestEmbassy, pe_browser: Open
) -> None:
    page = pe_browser().go("/en/staff/unlock?offered=1")

    assert "For the team and the volunteers of this embassy." in page.words
    assert "offer your help again with a new account" in page.words
    assert page.tree.xpath("//main//a[@href='/en/help']")


def test_a_second_passphrase_of_a_volunteer_does_what_its_page_says(
    pe_embassy: TestEmbassy, pe_run: Run, pe_browser: Open
) -> None:
    team = Team(pe_embassy, pe_run)
    team.offer(team.need(), "dzik")
    team.accept("dzik")
    dzik = pe_browser()
    enter(dzik, team, team.accounts["dzik"].passphrase)
    page = dzik.go("/en/staff/me/second")
    shown = dzik.send(
        {"passphrase": team.accounts["dzik"].passphrase, "act": "set"}, form="/second"
    )
    second = " ".join(shown.tree.xpath("//ol[@class='seven']/li/text()"))
    dzik.send({"words": second, "act": "keep"}, form="/new")
    forced = enter(pe_browser(), team, second)
    again = enter(pe_browser(), team, team.accounts["dzik"].passphrase)
    coordinator = pe_browser()
    colleague = enter(coordinator, team, pe_embassy.account.passphrase, pe_embassy.account)

    assert "They end your session, and nobody else's." in page.words
    assert "They shut nothing for a day" in page.words
    assert "24 hours" not in page.words and "everybody else's" not in page.words
    assert 403 == forced.status
    assert ("/en/work", 200) == (again.path, again.status)
    assert "Translate a page" not in again.words
    assert ("/en/staff", 200) == (colleague.path, colleague.status)


@pytest.mark.parametrize("path", ["me", "me/passphrase", "me/second"])
def test_the_pages_of_every_account_have_the_menu_of_volunteers(wouk: Browser, path: str) -> None:
    page = wouk.go(f"/en/staff/{path}")

    assert 200 == page.status
    assert MENU == menu(page)
    assert "/en/staff/leave" == page.forms()[0].action


def test_what_only_the_team_can_do_is_not_offered_and_refused(wouk: Browser) -> None:
    page = wouk.go("/en/staff/me")
    links = page.tree.xpath("//main//a/@href")

    assert ["/en/staff/me/passphrase", "/en/staff/me/second"] == links
    for path in ("me/burn", "emergency", "shares", "members", "trail"):
        assert 403 == wouk.go(f"/en/staff/{path}").status, path
