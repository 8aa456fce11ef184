"""The emergency lock through the pages: pressing it, the freeze, and lifting it."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from pe_core.desk import invites
from pe_core.store import GrantRow
from pe_core.toolkit.browser import Browser, Page
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.toolkit.invented import Account, open_account

Run = Callable[[Awaitable[Any]], Any]
Open = Callable[[], Browser]


class Team:
    """Two coordinators before an embassy that one of them is about to lock."""

    def __init__(self, embassy: TestEmbassy, run: Run, open_browser: Open) -> None:
        self.embassy = embassy
        self.open_browser = open_browser
        self.busel = open_browser()
        self.send(self.busel, embassy.account)
        session = embassy.desk.sessions.items()[0]
        self.box = session.box
        code = run(invites.make_invite(embassy.desk, session))
        self.second: Account = run(open_account(embassy.desk, embassy.clock, code, "zubr"))
        self.zubr = open_browser()
        self.send(self.zubr, self.second)

    def send(self, browser: Browser, account: Account, path: str = "unlock", **other: str) -> Page:
        self.embassy.clock.move(minutes=1)
        browser.go(f"/en/staff/{path}")
        right = {
            "name": account.handle,
            "passphrase": account.passphrase,
            "code": account.code(self.embassy.clock.now()),
        }
        return browser.send({**right, **other}, form=f"/{path}")

    def lock(self, browser: Browser) -> Page:
        browser.go("/en/staff/emergency")
        browser.send({"act": "ask"}, form="/emergency")
        return browser.send({"act": "lock"}, form="/emergency")


@pytest.fixture
def team(pe_embassy: TestEmbassy, pe_run: Run, pe_browser: Open) -> Team:
    return Team(pe_embassy, pe_run, pe_browser)


def test_two_presses_lock_and_one_does_not(team: Team, pe_embassy: TestEmbassy) -> None:
    page = team.busel.go("/en/staff/emergency")
    asked = team.busel.send({"act": "ask"}, form="/emergency")
    before = len(pe_embassy.desk.sessions)
    locked = team.busel.send({"act": "lock"}, form="/emergency")

    for said in ("For 24 hours nobody can unlock", "It destroys your own keys", "cannot undo"):
        assert said in page.words
    assert [] == page.tree.xpath("//input[@type='password']")
    assert ("Lock now?", 2) == (asked.tree.xpath("//h1/text()")[0], before)
    assert "/en/staff/locked" == locked.path
    assert "Everything is locked" in locked.words
    assert 0 == len(pe_embassy.desk.sessions)
    assert "/en/staff/unlock" == team.zubr.go("/en/staff").path


def test_only_who_has_all_three_right_sees_that_it_is_frozen(team: Team) -> None:
    team.lock(team.busel)
    right = team.send(team.open_browser(), team.second)
    wrong = team.send(team.open_browser(), team.second, code="000000")
    unknown = team.send(team.open_browser(), team.second, name="nobody")

    assert (403, "/en/staff/unlock") == (right.status, right.path)
    assert re.search(r"Nobody can unlock until .*25.*2026", right.words)
    assert ["/en/staff/lift"] == right.tree.xpath("//main//a[contains(@class, 'button')]/@href")
    for page in (wrong, unknown):
        assert "Name, passphrase or code is wrong" in page.words
        assert "Locked for everybody" not in page.words


def test_another_coordinator_lifts_it_and_everybody_unlocks(team: Team) -> None:
    team.lock(team.busel)
    own = team.send(team.open_browser(), team.embassy.account, "lift")
    wrong = team.send(team.open_browser(), team.second, "lift", passphrase="one two")
    browser = team.open_browser()
    lifted = team.send(browser, team.second, "lift")

    assert (403, 403) == (own.status, wrong.status)
    assert "You cannot lift this lock" in own.words
    assert "Name, passphrase or code is wrong" in wrong.words
    assert "/en/staff/unlock" == lifted.path
    assert "The lock is lifted" in lifted.words
    assert "/en/staff" == team.send(browser, team.second).path
    assert "/en/staff" == team.send(team.open_browser(), team.embassy.account).path


def test_where_nothing_is_frozen_lifting_says_so(team: Team) -> None:
    assert "Nothing is locked" in team.send(team.open_browser(), team.second, "lift").words


def test_a_second_lock_within_the_week_says_that_it_froze_nothing(team: Team, pe_run: Run) -> None:
    team.lock(team.busel)
    team.embassy.clock.move(hours=25)
    team.send(team.busel, team.embassy.account)
    page = team.lock(team.busel)
    grants = pe_run(team.embassy.desk.store.select(GrantRow, {"box": team.box}))

    assert "Sessions are ended, nothing is frozen" in page.words
    assert [] == grants
    assert "/en/staff" == team.send(team.open_browser(), team.second).path


def test_a_newcomer_is_told_that_nobody_joins_now(team: Team, pe_run: Run) -> None:
    team.lock(team.busel)
    browser = team.open_browser()
    browser.go("/en/staff/join")
    page = browser.send({"code": "0" * 24})

    assert 422 == page.status
    assert "Nobody can join at the moment" in page.words


def test_the_public_form_stays_open(team: Team) -> None:
    team.lock(team.busel)

    assert 200 == team.open_browser().go("/en/ask").status
