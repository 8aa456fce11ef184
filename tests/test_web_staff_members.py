"""Colleagues and invites through the pages."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from pe_core.desk import invites
from pe_core.rules.receipts import read_receipt
from pe_core.store import InviteRow, RosterRow
from pe_core.toolkit.browser import Browser, Page
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.toolkit.invented import Account, open_account

Run = Callable[[Awaitable[Any]], Any]
Open = Callable[[], Browser]


class Team:
    """Two coordinators, each in a browser of their own."""

    def __init__(self, embassy: TestEmbassy, run: Run, open_browser: Open) -> None:
        self.embassy = embassy
        self.run = run
        self.open_browser = open_browser
        self.busel = self.unlock(embassy.account)
        session = embassy.desk.sessions.items()[0]
        code = run(invites.make_invite(embassy.desk, session))
        self.zubr = self.unlock(run(open_account(embassy.desk, embassy.clock, code, "zubr")))

    def unlock(self, account: Account) -> Browser:
        self.embassy.clock.move(minutes=1)
        browser = self.open_browser()
        browser.go("/en/staff/unlock")
        code = account.code(self.embassy.clock.now())
        browser.send({"name": account.handle, "passphrase": account.passphrase, "code": code})
        return browser

    def invites(self) -> list[InviteRow]:
        found: list[InviteRow] = self.run(self.embassy.desk.store.select(InviteRow))
        return found


@pytest.fixture
def team(pe_embassy: TestEmbassy, pe_run: Run, pe_browser: Open) -> Team:
    return Team(pe_embassy, pe_run, pe_browser)


def act(browser: Browser, act: str, **fields: str) -> Page:
    browser.go("/en/staff/members")
    return browser.send({**fields, "act": act}, form="/members")


def code_on(page: Page) -> str:
    return "".join(
        str(text) for text in page.tree.xpath("//ol[@class='receipt']/li/text()")
    ).strip()


def test_the_team_is_listed_with_oneself_first(team: Team) -> None:
    # Names are proven to a newcomer when a colleague unlocks.
    team.unlock(team.embassy.account)
    page = team.zubr.go("/en/staff/members")
    people = [
        " ".join(item.text_content().split())
        for item in page.tree.xpath("//ul[@class='people']/li")
    ]

    assert ["zubr You", "busel"] == people


def test_a_colleague_whose_name_is_not_known_is_a_box(team: Team) -> None:
    rows = team.run(team.embassy.desk.store.select(RosterRow))
    older = min(rows, key=lambda row: str(row.epoch))
    page = team.zubr.go("/en/staff/members")

    assert f"box {older.box}" in page.words
    assert "Name not known to you yet" in page.words


def test_who_is_alone_is_told_what_that_means(
    pe_embassy: TestEmbassy, pe_run: Run, pe_browser: Open
) -> None:
    pe_embassy.clock.move(minutes=1)
    browser = pe_browser()
    browser.go("/en/staff/unlock")
    account = pe_embassy.account
    code = account.code(pe_embassy.clock.now())
    browser.send({"name": account.handle, "passphrase": account.passphrase, "code": code})
    page = browser.go("/en/staff/members")
    invite = browser.send({"act": "invite"}, form="/members")

    assert "You are alone" in page.words
    assert "A second coordinator signs it" not in page.words
    assert "It does not work yet" not in invite.words


def test_an_invite_shows_its_code_once_with_what_to_tell(team: Team) -> None:
    page = act(team.busel, "invite")
    code = code_on(page)

    assert 200 == page.status
    assert code == read_receipt(code)
    assert 6 == len(page.tree.xpath("//ol[@class='receipt']/li"))
    assert "Never by a messenger, mail or chat" in page.words
    assert "once and for 24 hours" in page.words
    assert code[:4] not in team.busel.go("/en/staff/members").words
    assert code not in str(page.path)


def test_with_two_coordinators_an_invite_needs_the_second_signature(team: Team) -> None:
    code = code_on(act(team.busel, "invite"))
    newcomer = team.open_browser()
    newcomer.go("/en/staff/join")
    early = newcomer.send({"code": code})
    mine = team.busel.go("/en/staff/members")
    theirs = team.zubr.go("/en/staff/members")
    signed = team.zubr.send({"act": "sign"}, form="/members")
    newcomer.go("/en/staff/join")
    late = newcomer.send({"code": code})

    assert 422 == early.status
    assert "A second coordinator still has to sign" in early.words
    assert ["take_back", "invite"] == mine.tree.xpath("//main//button/@value")
    assert ["sign", "take_back", "invite"] == theirs.tree.xpath("//main//button/@value")
    assert "Waits for a second signature" in theirs.words
    assert "Signed. The invitation works now" in signed.words
    assert "Ready" in signed.words
    assert ["take_back", "invite"] == signed.tree.xpath("//main//button/@value")
    assert "/en/staff/join/account" == late.path


def test_signing_one_s_own_invite_again_gives_it_no_second_signature(team: Team) -> None:
    code = code_on(act(team.busel, "invite"))
    (row,) = team.invites()
    act(team.busel, "sign", invite=row.locator.hex())
    newcomer = team.open_browser()
    newcomer.go("/en/staff/join")

    assert 422 == newcomer.send({"code": code}).status
    assert "Waits for a second signature" in team.zubr.go("/en/staff/members").words


@pytest.mark.parametrize("who", ["busel", "zubr"])
def test_an_invite_can_be_taken_back(team: Team, who: str) -> None:
    act(team.busel, "invite")
    browser: Browser = getattr(team, who)
    browser.go("/en/staff/members")
    page = browser.send({"act": "take_back"}, form="/members")

    assert "Taken back" in page.words
    assert "None. An invitation that is used" in page.words
    assert [] == team.invites()


@pytest.mark.parametrize("act_name", ["sign", "take_back"])
@pytest.mark.parametrize("locator", ["", "00" * 32, "zz", "0" * 63, "../x", "<b>"])
def test_an_invite_that_is_not_there_is_not_found(team: Team, act_name: str, locator: str) -> None:
    page = act(team.busel, act_name, invite=locator)

    assert 404 == page.status
    assert "There is no such invitation any more" in page.words


def test_an_act_that_does_not_exist_is_refused(team: Team) -> None:
    assert 400 == act(team.busel, "promote").status
    assert [] == team.invites()


def test_an_invite_that_ran_out_is_not_listed(team: Team) -> None:
    act(team.busel, "invite")
    team.embassy.clock.move(hours=24)
    browser = team.unlock(team.embassy.account)

    assert "None. An invitation that is used" in browser.go("/en/staff/members").words
