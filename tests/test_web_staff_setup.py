"""The set-up list, recovery shares and the closed doors through the pages."""

from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pe_core.desk import invites
from pe_core.desk.proposals import confirm, list_proposals
from pe_core.desk.setup import close_doors
from pe_core.model.finding import Finding, Health
from pe_core.store import Delete, MetaRow, RequestRow, ShareRow
from pe_core.toolkit.asker import Asker
from pe_core.toolkit.browser import Browser, Page
from pe_core.toolkit.embassy import TestEmbassy, close_embassy, example_settings, open_test_embassy
from pe_core.toolkit.invented import Account, Clock, open_account
from pe_core.upkeep import do_upkeep
from pe_core.web import public

Run = Callable[[Awaitable[Any]], Any]


class Team:
    """An embassy that is not live, with two coordinators in browsers of their own."""

    def __init__(self, embassy: TestEmbassy, run: Run) -> None:
        self.embassy, self.run, self.desk = embassy, run, embassy.desk
        self.opened: list[Browser] = []
        run(embassy.store.write([Delete(MetaRow, {"key": "live"})]))
        self.desk.is_live = False
        self.busel = self.unlock(embassy.account)
        first = self.desk.sessions.items()[0]
        code = run(invites.make_invite(self.desk, first))
        self.account: Account = run(open_account(self.desk, embassy.clock, code, "zubr"))
        self.zubr = self.unlock(self.account)

    def open(self) -> Browser:
        self.opened.append(Browser(self.embassy.app(), self.run))
        return self.opened[-1]

    def unlock(self, account: Account) -> Browser:
        self.embassy.clock.move(minutes=1)
        browser = self.open()
        browser.go("/en/staff/unlock")
        code = account.code(self.embassy.clock.now())
        browser.send({"name": account.handle, "passphrase": account.passphrase, "code": code})
        return browser

    def boxes(self) -> list[str]:
        page = self.busel.go("/en/staff/setup/shares")
        return [str(box) for box in page.tree.xpath("//input[@name='holder']/@value")]

    def make_shares(self, passphrase: str = "") -> Page:
        boxes = self.boxes()
        typed = passphrase or self.embassy.account.passphrase
        return self.busel.send({"holder": boxes, "passphrase": typed}, form="/shares")

    def sign(self) -> None:
        zubr = next(s for s in self.desk.sessions.items() if s.handle == "zubr")
        for view in self.run(list_proposals(self.desk, zubr)):
            self.run(confirm(self.desk, zubr, view.id))

    def write_down(self, browser: Browser) -> Page:
        browser.go("/en/staff/shares")
        page = browser.send({"act": "show"}, form="/shares")
        words = [str(word) for word in page.tree.xpath("//ol[contains(@class,'seven')]/li/text()")]
        first, second = asked(page)
        return browser.send(
            {"act": "confirm", "first": words[first - 1], "second": words[second - 1]},
            form="/shares",
        )

    def confirm_steps(self) -> None:
        for act in ("notices", "retention"):
            self.busel.go("/en/staff/setup")
            self.busel.send({"act": act}, form="/setup")
        self.run(do_upkeep(self.desk))

    def make_ready(self) -> None:
        self.make_shares()
        self.sign()
        self.write_down(self.busel)
        self.write_down(self.zubr)
        self.confirm_steps()


def asked(page: Page) -> tuple[int, int]:
    """Return the numbers of the two words that are asked back."""
    labels = page.tree.xpath("//main//label/text()")
    first, second = (int(str(label).split()[-1]) for label in labels if "Word number" in label)
    return first, second


def badges(page: Page) -> list[str]:
    found = page.tree.xpath("//ol[@class='setup']//span[contains(@class,'badge')]")
    return ["".join(badge.text_content().split()) for badge in found]


@pytest.fixture
def team(tmp_path: Path, pe_clock: Clock, pe_run: Run) -> Iterator[Team]:
    settings = example_settings()
    ours = msgspec.structs.replace(settings.embassy, languages=("be", "en"))
    settings = msgspec.structs.replace(settings, embassy=ours)
    embassy = pe_run(open_test_embassy(tmp_path / "embassy", pe_clock, settings))
    made = Team(embassy, pe_run)
    yield made
    for browser in made.opened:
        browser.close()
    pe_run(close_embassy(embassy))


def test_the_list_says_by_word_what_is_done_and_what_is_missing(team: Team) -> None:
    page = team.busel.go("/en/staff/setup")

    assert 200 == page.status
    assert "4 of 8 steps are done" in page.words
    assert ["Done", "Done", "Missing", "Missing", "Done", "Missing", "Done", "Missing"] == badges(
        page
    )
    assert "This is possible once no step is missing" in page.words
    assert [] == page.tree.xpath("//button[@value='live']")
    assert {"/en/privacy", "/en/safety"} <= set(page.tree.xpath("//main//a/@href"))


def test_a_whole_set_up_ends_with_an_open_door(team: Team) -> None:
    visitor = team.open()
    before = visitor.go("/en/ask")
    team.make_ready()
    page = team.busel.go("/en/staff/setup")
    wrong = team.busel.send({"act": "live", "passphrase": "seven other words"}, form="/setup")
    still = team.desk.is_live
    live = team.busel.send(
        {"act": "live", "passphrase": team.embassy.account.passphrase}, form="/setup"
    )
    after = visitor.go("/en/ask")

    assert 503 == before.status
    assert "8 of 8 steps are done" in page.words
    assert 422 == wrong.status
    assert still is False
    assert "people can ask for help now" in live.words
    assert 200 == after.status
    Asker(visitor, team.embassy.clock).ask()
    assert 1 == team.run(team.desk.store.count(RequestRow))


def test_after_going_live_the_page_says_how_it_is_doing(team: Team) -> None:
    team.make_ready()
    team.busel.go("/en/staff/setup")
    page = team.busel.send(
        {"act": "live", "passphrase": team.embassy.account.passphrase}, form="/setup"
    )

    assert "Nothing was over" in page.words
    assert "Last runNovember 24, 2026" in page.words
    assert 3 == page.words.count("ends on")
    closed = team.busel.send(
        {"act": "close", "passphrase": team.embassy.account.passphrase}, form="/setup"
    )
    assert "The doors are closed" in closed.words
    assert team.desk.is_live is False


def test_closing_needs_the_passphrase_too(team: Team) -> None:
    team.make_ready()
    team.busel.go("/en/staff/setup")
    team.busel.send({"act": "live", "passphrase": team.embassy.account.passphrase}, form="/setup")

    assert 422 == team.busel.send({"act": "close", "passphrase": ""}, form="/setup").status
    assert team.desk.is_live is True


def test_going_live_by_force_is_refused(team: Team) -> None:
    page = team.busel.go("/en/staff/setup")
    token = str(page.tree.xpath("//input[@name='token']/@value")[0])
    passphrase = team.embassy.account.passphrase
    sent = [("token", token), ("act", "live"), ("passphrase", passphrase)]

    refused = team.busel.post("/en/staff/setup", sent)

    assert 403 == refused.status
    assert "A step of the set-up is missing" in refused.words
    assert team.desk.is_live is False


def test_what_the_doctor_found_stands_on_the_page(team: Team) -> None:
    async def examine() -> tuple[Finding, ...]:
        return (
            Finding(name="swap", health=Health.WRONG, found="it is on", mend="swapoff -a"),
            Finding(name="disk", health=Health.WARNING, found="3 MiB free", mend="make room"),
            Finding(name="keys", health=Health.OK, found="all is well"),
        )

    team.desk.examine = examine
    page = team.busel.go("/en/staff/setup")

    for words in ("it is on", "swapoff -a", "3 MiB free", "make room", "Wrong", "Warning"):
        assert words in page.words
    assert "all is well" not in page.words
    assert "Number of findings: 1" in page.words


def test_the_list_of_requests_says_that_the_doors_are_closed(team: Team) -> None:
    closed = team.busel.go("/en/staff")
    team.desk.is_live = True
    opened = team.busel.go("/en/staff")

    assert "/en/staff/setup" in closed.tree.xpath("//main//a/@href")
    assert "This embassy is not open yet" in closed.words
    assert "This embassy is not open yet" not in opened.words


def test_an_act_that_does_not_exist_is_refused(team: Team) -> None:
    team.busel.go("/en/staff/setup")

    assert 400 == team.busel.send({"act": "shares"}, form="/setup").status


def test_the_page_before_shares_says_what_they_do_and_asks_for_the_passphrase(
    team: Team,
) -> None:
    page = team.busel.go("/en/staff/setup/shares")
    wrong = team.make_shares("seven other words")

    assert "What it cannot undo" in page.words
    assert "alone, within seven days" in page.words
    assert 422 == wrong.status
    assert 0 == team.run(team.desk.store.count(ShareRow))
    few = team.busel.send(
        {"holder": team.boxes()[:1], "passphrase": team.embassy.account.passphrase},
        form="/shares",
    )
    assert 422 == few.status
    assert "Choose two to seven people" in few.words


def test_holders_see_their_own_share_alone_until_it_is_typed_back(team: Team) -> None:
    team.make_shares()
    team.sign()
    notice = team.zubr.go("/en/staff/setup")
    before = team.zubr.go("/en/staff/shares")
    shown = team.zubr.send({"act": "show"}, form="/shares")
    again = team.zubr.send({"act": "confirm", "first": "no", "second": "no"}, form="/shares")
    team.busel.go("/en/staff/shares")
    theirs = team.busel.send({"act": "show"}, form="/shares")
    done = team.write_down(team.zubr)
    after = team.zubr.go("/en/staff/shares")

    def words_of(page: Page) -> list[str]:
        return [str(w) for w in page.tree.xpath("//ol[contains(@class,'seven')]/li/text()")]

    assert "A recovery share waits for you" in notice.words
    assert [] == words_of(before)
    assert 33 == len(words_of(shown))
    assert 422 == again.status
    assert words_of(shown) == words_of(again)
    assert words_of(shown) != words_of(theirs)
    assert "Confirmed. The share is erased here" in done.words
    assert [] == words_of(after)
    assert "No share waits for you" in after.words
    holders = team.busel.go("/en/staff/setup/shares").words
    assert "zubr Written down" in holders
    assert "busel Not yet" in holders


def test_a_share_that_ran_out_is_not_shown_and_the_list_says_so(team: Team) -> None:
    team.make_shares()
    team.sign()
    team.embassy.clock.move(days=8)
    busel = team.unlock(team.embassy.account)
    page = busel.go("/en/staff/shares")
    forced = busel.post(
        "/en/staff/shares",
        [("token", str(page.tree.xpath("//input[@name='token']/@value")[0])), ("act", "show")],
    )

    assert "No share waits for you" in page.words
    assert 404 == forced.status
    assert "gone. Make new shares" in busel.go("/en/staff/setup").words


def ask_routes() -> list[tuple[str, str]]:
    """Return method and address of every route on which a request is made."""
    filled = {
        (method, path.replace("{language:str}", "en").replace("{number:int}", "1"))
        for handler in public.ROUTES
        for path in sorted(handler.paths)
        for method in handler.http_methods
        if method in ("GET", "POST") and path.split("/")[2:3] == ["ask"]
    }
    open_ones = {"/en/ask/receipt", "/en/ask/done"}
    return sorted((method, path) for method, path in filled if path not in open_ones)


@pytest.mark.parametrize(("method", "path"), ask_routes())
def test_every_way_of_asking_is_closed_while_the_embassy_is_not_open(
    team: Team, method: str, path: str
) -> None:
    visitor = team.open()
    page = visitor.go(path) if method == "GET" else visitor.post(path, [("token", "x")])

    assert 503 == page.status
    assert "This embassy is not open yet" in page.words
    assert "Nobody reads requests here" in page.words


@pytest.mark.parametrize("path", ["/en/ask/", "/en//ask", "/en/ask//where", "/en/%61sk"])
def test_another_spelling_of_the_address_opens_nothing(team: Team, path: str) -> None:
    assert team.open().go(path).status in (503, 404)


def test_there_are_ways_of_asking_to_test() -> None:
    assert len(ask_routes()) > 10


def test_a_draft_of_before_cannot_be_sent_after_the_doors_closed(team: Team) -> None:
    team.make_ready()
    team.busel.go("/en/staff/setup")
    team.busel.send({"act": "live", "passphrase": team.embassy.account.passphrase}, form="/setup")
    visitor = team.open()
    Asker(visitor, team.embassy.clock).to_check()
    session = next(s for s in team.desk.sessions.items() if s.handle == "busel")
    team.run(close_doors(team.desk, session))
    page = visitor.send()

    assert 503 == page.status
    assert 0 == team.run(team.desk.store.count(RequestRow))


@pytest.mark.parametrize("path", ["/", "/help", "/safety", "/privacy", "/code", "/exit-help"])
def test_what_is_only_read_and_coming_back_stay_open(team: Team, path: str) -> None:
    assert 200 == team.open().go(f"/en{path}").status
