"""Colleagues and invites through the pages."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from pe_core.desk import claims, invites, listing
from pe_core.rules.receipts import read_receipt
from pe_core.store import InviteRow, ProposalRow, RosterRow
from pe_core.toolkit.browser import Browser, Page
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.toolkit.invented import ASKED, Account, ask, open_account

Run = Callable[[Awaitable[Any]], Any]
Open = Callable[[], Browser]


class Team:
    """Two coordinators, each in a browser of their own."""

    def __init__(self, embassy: TestEmbassy, run: Run, open_browser: Open) -> None:
        self.embassy = embassy
        self.run = run
        self.open_browser = open_browser
        self.accounts = {"busel": embassy.account}
        self.busel = self.unlock(embassy.account)
        session = embassy.desk.sessions.items()[0]
        code = run(invites.make_invite(embassy.desk, session))
        self.accounts["zubr"] = run(open_account(embassy.desk, embassy.clock, code, "zubr"))
        self.zubr = self.unlock(self.accounts["zubr"])

    def unlock(self, account: Account) -> Browser:
        self.embassy.clock.move(minutes=1)
        browser = self.open_browser()
        browser.go("/en/staff/unlock")
        code = account.code(self.embassy.clock.now())
        browser.send({"name": account.handle, "passphrase": account.passphrase, "code": code})
        return browser

    def words(self, who: str) -> str:
        return self.accounts[who].passphrase

    def box(self, who: str) -> int:
        sessions = self.embassy.desk.sessions.items()
        return next(session.box for session in sessions if session.handle == who)

    def box_after(self, account: Account) -> int:
        """Unlock an account and return its box."""
        self.unlock(account)
        return self.box(account.handle)

    def send(self, who: str, path: str, **fields: str) -> Page:
        """Open a page of the members and send its form with the passphrase of ``who``."""
        browser: Browser = getattr(self, who)
        browser.go(f"/en/staff/members/{path}")
        typed = {"passphrase": self.words(who), **fields}
        return browser.send(typed, form=f"/{path}")

    def confirm(self, who: str) -> Page:
        browser: Browser = getattr(self, who)
        page = browser.go("/en/staff/members")
        (path,) = page.tree.xpath("//a[contains(@href, '/proposals/')]/@href")
        return self.send(who, path.partition("/members/")[2])

    def invites(self) -> list[InviteRow]:
        found: list[InviteRow] = self.run(self.embassy.desk.store.select(InviteRow))
        return found


@pytest.fixture
def team(pe_embassy: TestEmbassy, pe_run: Run, pe_browser: Open) -> Team:
    return Team(pe_embassy, pe_run, pe_browser)


def act(browser: Browser, act: str, **fields: str) -> Page:
    browser.go("/en/staff/members")
    token = browser.page.tree.xpath("//input[@name='token']/@value")[0]
    return browser.post("/en/staff/members", [("token", token), ("act", act), *fields.items()])


def invite(team: Team, who: str, role: str = "coordinator", passphrase: str = "") -> Page:
    browser: Browser = getattr(team, who)
    browser.go("/en/staff/members/invite")
    typed = passphrase or team.words(who)
    return browser.send({"role": role, "passphrase": typed}, form="/invite")


def code_on(page: Page) -> str:
    return "".join(
        str(text) for text in page.tree.xpath("//ol[@class='receipt']/li/text()")
    ).strip()


def test_the_team_is_listed_with_oneself_first(team: Team) -> None:
    # Names are proven to a newcomer when a colleague unlocks.
    team.unlock(team.embassy.account)
    page = team.zubr.go("/en/staff/members")
    people = [
        " ".join(" ".join(item.xpath("b//text() | span[@class='badge']//text()")).split())
        for item in page.tree.xpath("//ul[@class='people team']/li")
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
    form = browser.go("/en/staff/members/invite")
    typed = {"role": "coordinator", "passphrase": account.passphrase}
    made = browser.send(typed, form="/invite")

    assert "You are alone" in page.words
    assert "A second coordinator signs it" not in form.words
    assert "It does not work yet" not in made.words


def test_an_invite_shows_its_code_once_with_what_to_tell(team: Team) -> None:
    page = invite(team, "busel")
    code = code_on(page)

    assert 200 == page.status
    assert code == read_receipt(code)
    assert 6 == len(page.tree.xpath("//ol[@class='receipt']/li"))
    assert "Never by a messenger, mail or chat" in page.words
    assert "once and for 24 hours" in page.words
    assert code[:4] not in team.busel.go("/en/staff/members").words
    assert code not in str(page.path)


def test_with_two_coordinators_an_invite_needs_the_second_signature(team: Team) -> None:
    code = code_on(invite(team, "busel"))
    newcomer = team.open_browser()
    newcomer.go("/en/staff/join")
    early = newcomer.send({"code": code})
    mine = team.busel.go("/en/staff/members")
    theirs = team.zubr.go("/en/staff/members")
    (to_sign,) = theirs.tree.xpath("//a[contains(@href, '/invites/')]/@href")
    wrong = team.send("zubr", to_sign.partition("/members/")[2], passphrase="x")
    signed = team.send("zubr", to_sign.partition("/members/")[2])
    newcomer.go("/en/staff/join")
    late = newcomer.send({"code": code})

    assert 422 == early.status
    assert "A second coordinator still has to sign" in early.words
    assert [] == mine.tree.xpath("//a[contains(@href, '/invites/')]")
    assert "Waits for a second signature" in theirs.words
    assert 422 == wrong.status
    assert "This is not the passphrase of your account" in wrong.words
    assert "Signed. The invitation works now" in signed.words
    assert "Ready" in signed.words
    assert "/en/staff/join/account" == late.path


def test_signing_one_s_own_invite_again_gives_it_no_second_signature(team: Team) -> None:
    code = code_on(invite(team, "busel"))
    (row,) = team.invites()
    own = team.busel.go(f"/en/staff/members/invites/{row.locator.hex()}")
    newcomer = team.open_browser()
    newcomer.go("/en/staff/join")

    assert 404 == own.status
    assert 422 == newcomer.send({"code": code}).status
    assert "Waits for a second signature" in team.zubr.go("/en/staff/members").words


@pytest.mark.parametrize("who", ["busel", "zubr"])
def test_an_invite_can_be_taken_back(team: Team, who: str) -> None:
    invite(team, "busel")
    browser: Browser = getattr(team, who)
    browser.go("/en/staff/members")
    (row,) = team.invites()
    page = act(browser, "take_back", invite=row.locator.hex())

    assert "Taken back" in page.words
    assert "None. An invitation that is used" in page.words
    assert [] == team.invites()


@pytest.mark.parametrize("locator", ["", "00" * 32, "zz", "0" * 63, "../x", "<b>"])
def test_an_invite_that_is_not_there_is_not_found(team: Team, locator: str) -> None:
    page = act(team.busel, "take_back", invite=locator)
    to_sign = team.busel.go(f"/en/staff/members/invites/{locator or 'none'}")

    assert 404 == page.status
    assert "There is no such invitation any more" in page.words
    assert 404 == to_sign.status


def test_an_act_that_does_not_exist_is_refused(team: Team) -> None:
    assert 400 == act(team.busel, "promote").status
    assert [] == team.invites()


def test_an_invite_that_ran_out_is_not_listed(team: Team) -> None:
    invite(team, "busel")
    team.embassy.clock.move(hours=24)
    browser = team.unlock(team.embassy.account)

    assert "None. An invitation that is used" in browser.go("/en/staff/members").words


def test_an_invite_names_its_role_and_asks_for_the_passphrase(team: Team) -> None:
    wrong = invite(team, "busel", "queen", "x")
    none = team.invites()
    right = invite(team, "busel", "editor")

    assert 422 == wrong.status
    assert {"#field-role", "#field-passphrase"} == set(
        wrong.tree.xpath("//div[@id='error-summary']//a/@href")
    )
    assert [] == none
    assert 200 == right.status
    assert "Editor" in team.zubr.go("/en/staff/members").words


def test_leaving_says_beforehand_what_it_does_and_needs_two(team: Team) -> None:
    box = team.box("zubr")
    before = team.busel.go(f"/en/staff/members/{box}/leave")
    proposed = team.send("busel", f"{box}/leave")
    still = team.zubr.go("/en/staff/members")
    done = team.confirm("zubr")

    for words in ("What they have read, they have read", "What this does", "within a week"):
        assert words in before.words
    assert "Proposed. It happens once" in proposed.words
    assert "zubr leaves the team" in proposed.words
    assert [] == proposed.tree.xpath("//a[contains(@href, '/proposals/')]"), "not by oneself"
    assert 200 == still.status
    assert "/en/staff/unlock" == done.path, "the one who confirmed it was the one who left"
    assert "zubr" not in team.busel.go("/en/staff/members").words


def test_a_wrong_passphrase_proposes_nothing(team: Team) -> None:
    box = team.box("zubr")
    page = team.send("busel", f"{box}/leave", passphrase="seven other words")

    assert 422 == page.status
    assert "This is not the passphrase of your account" in page.words
    assert "leaves the team Proposed" not in team.busel.go("/en/staff/members").words
    assert 0 == team.run(team.embassy.desk.store.count(ProposalRow))


def test_a_proposal_can_be_withdrawn(team: Team) -> None:
    team.send("busel", f"{team.box('zubr')}/role", role="editor")
    (row,) = team.run(team.embassy.desk.store.select(ProposalRow))
    page = act(team.zubr, "withdraw", proposal=row.id)
    again = act(team.zubr, "withdraw", proposal=row.id)

    assert "Withdrawn. Nothing was changed" in page.words
    assert 404 == again.status
    assert 0 == team.run(team.embassy.desk.store.count(ProposalRow))


def test_a_role_is_changed_by_two(team: Team) -> None:
    box = team.box("zubr")
    none = team.send("busel", f"{box}/role")
    team.send("busel", f"{box}/role", role="editor")
    done = team.confirm("zubr")
    page = team.busel.go("/en/staff/members")

    assert 422 == none.status
    assert "Choose a role" in none.words
    assert "/en/staff/unlock" == done.path
    assert "Editor" in page.words


def test_coming_back_needs_a_look_at_the_person_and_two_coordinators(team: Team) -> None:
    box = team.box("zubr")
    unchecked = team.send("busel", f"{box}/return")
    shown = team.send("busel", f"{box}/return", checked="yes")
    code = code_on(shown)
    team.unlock(team.embassy.account)

    assert 422 == unchecked.status
    assert "Check first that it is they" in unchecked.words
    assert code == read_receipt(code)
    assert "It does not work yet" in shown.words
    newcomer = team.open_browser()
    newcomer.go("/en/staff/join")
    assert 422 == newcomer.send({"code": code}).status


def test_keys_are_given_back_on_their_own_page(team: Team) -> None:
    box = team.box("zubr")
    nothing = team.busel.go(f"/en/staff/members/{box}/keys")
    team.run(ask(team.embassy.desk, ASKED[0]))
    code = code_on(team.send("busel", f"{box}/return", checked="yes"))
    team.confirm("zubr")
    account = team.run(open_account(team.embassy.desk, team.embassy.clock, code, "zubr"))
    team.unlock(account)
    page = team.busel.go("/en/staff/members")
    (path,) = page.tree.xpath("//a[contains(@href, '/keys')]/@href")
    given = team.send("busel", path.partition("/members/")[2])

    assert 404 == nothing.status
    assert "Given back" in given.words
    assert [] == given.tree.xpath("//a[contains(@href, '/keys')]")


def test_who_comes_back_types_the_name_that_colleagues_know(team: Team) -> None:
    box = team.box("zubr")
    code = code_on(team.send("busel", f"{box}/return", checked="yes"))
    team.confirm("zubr")
    person = team.open_browser()
    person.go("/en/staff/join")
    page = person.send({"code": code})
    shown = page.tree.xpath("//ol[@class='seven']/li/text()")
    secret = "".join(page.tree.xpath("//p[@class='groups mono']/span/text()"))
    account = Account(handle="zubr", passphrase=" ".join(shown), totp_secret=secret)
    typed = {
        "passphrase": account.passphrase,
        "code": account.code(team.embassy.clock.now()),
    }
    wrong = person.send({"handle": "wouk", **typed})
    right = person.send({"handle": "zubr", **typed})

    assert "Type exactly the name that you had before" in page.words
    assert 422 == wrong.status
    assert "This is not the name that your colleagues know you by" in wrong.words
    assert "/en/staff/unlock" == right.path
    assert box == team.box_after(account)


def test_who_is_unlocked_is_shown_and_can_be_ended(team: Team) -> None:
    box = team.box("zubr")
    team.embassy.clock.move(minutes=5)
    page = team.busel.go("/en/staff/members")
    own = page.tree.xpath(f"//input[@name='box'][@value='{team.box('busel')}']")
    ended = act(team.busel, "end_session", box=str(box))

    assert "Unlocked for 5 minutes" in page.words
    assert [] == own
    assert "The session is ended" in ended.words
    assert "/en/staff/unlock" == team.zubr.go("/en/staff/members").path
    assert 404 == act(team.busel, "end_session", box=str(box)).status


def test_all_of_ones_work_goes_to_a_colleague(team: Team) -> None:
    desk, run = team.embassy.desk, team.run
    run(ask(desk, ASKED[0]))
    busel = next(s for s in desk.sessions.items() if s.handle == "busel")
    (entry,) = run(listing.list_requests(desk, busel))
    run(claims.claim(desk, busel, entry.id))
    box = team.box("zubr")
    before = team.busel.go(f"/en/staff/members/{box}/work")
    done = team.busel.send({}, form="/work")
    (after,) = run(listing.list_requests(desk, busel))

    assert "They can read it from then on" in before.words
    assert "Handed over" in done.words
    assert box == after.summary.claimed_by
    assert 404 == team.busel.go(f"/en/staff/members/{team.box('busel')}/work").status


def test_a_request_is_handed_over_on_its_page(team: Team) -> None:
    desk, run = team.embassy.desk, team.run
    run(ask(desk, ASKED[0]))
    busel = next(s for s in desk.sessions.items() if s.handle == "busel")
    (entry,) = run(listing.list_requests(desk, busel))
    at = f"/en/staff/requests/{entry.id}"
    team.busel.go(at)
    nobody = team.busel.send({}, form="/give")
    team.busel.go(at)
    done = team.busel.send({"to": str(team.box("zubr"))}, form="/give")

    assert 422 == nobody.status
    assert "Choose a colleague" in nobody.words
    assert "Handed over" in done.words
    assert at == done.path


@pytest.mark.parametrize("act_name", ["leave", "role", "return", "keys", "work"])
def test_a_member_that_is_not_there_is_not_found(team: Team, act_name: str) -> None:
    assert 404 == team.busel.go(f"/en/staff/members/1/{act_name}").status
    assert 404 == team.busel.go(f"/en/staff/members/{2**70}/{act_name}").status
