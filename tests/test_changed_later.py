"""A plugin is switched off, languages go, the zone changes: what was there stays in order."""

import json
import re
from pathlib import Path

import pytest

from hostile import Run
from pe_core.desk import invites, listing, screening, volunteers
from pe_core.desk.desk import today_of
from pe_core.desk.own_record import export_own, sign_agreement, words_of_agreement
from pe_core.model import Gate, Need, Skill
from pe_core.rules.agreement import agreement_digest
from pe_core.settings import EmbassySettings, PluginsSettings, Settings
from pe_core.toolkit.browser import Browser
from pe_core.toolkit.embassy import (
    TestEmbassy,
    open_test_embassy,
    reopen_test_embassy,
)
from pe_core.toolkit.invented import (
    ASKED,
    Account,
    Clock,
    active_volunteer,
    ask,
    hold_shift,
    look_for,
    offer_help,
    open_account,
    unlock_account,
)

ROWING, SWORN = "zz.volunteer.skill.rowing", "zz.volunteer.gate.sworn_translator"
REQUEST = re.compile(r"/en/staff/requests/[a-z0-9]{26}")
OURS = re.compile(r"/en/(staff|work|mine|ask|guides|help|offices)\b")


def settings(enabled: tuple[str, ...], languages: tuple[str, ...], zone: str) -> Settings:
    return Settings(
        embassy=EmbassySettings(
            code="qq",
            names={"en": "Example embassy", "be": "Прыкладная амбасада"},
            languages=languages,
            zone=zone,
            contact="desk@qq.example",
            jurisdiction="il",
        ),
        plugins=PluginsSettings(enabled=enabled),
    )


class Later:
    """An embassy that worked with Exampleland's plugin in four languages, and does no more."""

    def __init__(self, folder: Path, run: Run, clock: Clock) -> None:
        self.run, self.clock = run, clock
        full = settings(("il", "zz"), ("en", "be", "ru", "he"), "Etc/UTC")
        before = run(open_test_embassy(folder, clock, full))
        self.work(before)
        bare = settings(("il",), ("en", "be"), "Pacific/Kiritimati")
        self.embassy = run(reopen_test_embassy(before, bare))
        self.desk, self.account = self.embassy.desk, before.account
        self.app = self.embassy.app()

    def work(self, before: TestEmbassy) -> None:
        """Ask, offer help, look for somebody: all in words that only the plugin has."""
        run, desk, clock = self.run, before.desk, self.clock
        first = run(unlock_account(desk, clock, before.account))
        second = run(open_account(desk, clock, run(invites.make_invite(desk, first)), "zubr"))
        team = [first, run(unlock_account(desk, clock, second))]
        self.receipts = [run(ask(desk, asked)) for asked in ASKED]
        self.wouk: Account
        self.wouk, session = run(
            active_volunteer(desk, clock, team, "wouk", skills=(Skill(code=ROWING),))
        )
        known = run(volunteers.read_volunteer(desk, first, session.box))
        run(screening.set_gates(desk, first, known, [Gate(code=SWORN, until=today_of(desk))]))
        for entry in run(listing.list_requests(desk, first)):
            need = Need(required=(Skill(code=ROWING),), gates=(SWORN,))
            run(look_for(desk, first, entry.id, "Row across", need))
        run(hold_shift(desk, first, "A stall at the fair"))
        self.dzik = run(offer_help(desk, clock, "dzik", "he"))
        session = run(unlock_account(desk, clock, self.dzik))
        for language in ("en", "he"):
            seen = agreement_digest(words_of_agreement(desk, language))
            run(sign_agreement(desk, session, language, seen))
            if language == "en":
                self.copied = json.loads(run(export_own(desk, session)))

    def unlock(self, account: Account) -> Browser:
        browser = Browser(self.app, self.run)
        self.clock.move(minutes=1)
        browser.go("/en/staff/unlock")
        code = account.code(self.clock.now())
        fields = {"name": account.handle, "passphrase": account.passphrase, "code": code}
        browser.send(fields)
        return browser

    def come_back(self, receipt: str) -> Browser:
        browser = Browser(self.app, self.run)
        browser.go("/en/code")
        browser.send({"code": receipt}, form="/code")
        return browser


@pytest.fixture
def later(tmp_path: Path, pe_run: Run, pe_clock: Clock) -> Later:
    return Later(tmp_path / "embassy", pe_run, pe_clock)


def walk(browser: Browser, *starts: str) -> dict[str, int]:
    """Open all that is linked, one address of each kind; return statuses by address."""
    found: dict[str, int] = {}
    kinds: set[str] = set()
    waiting = list(starts)
    while waiting:
        address = waiting.pop()
        kind = re.sub(r"[a-z0-9]{26}|\d+", "#", address)
        if kind in kinds:
            continue
        kinds.add(kind)
        page = browser.go(address)
        found[address] = page.status
        if page.headers["content-type"].startswith("text/html"):
            links = page.tree.xpath("//a/@href")
            waiting += [link.partition("#")[0] for link in links if OURS.match(link)]
    return found


def test_every_page_of_everybody_is_still_there(later: Later) -> None:
    coordinator = walk(later.unlock(later.account), "/en/staff", "/en/")
    volunteer = walk(later.unlock(later.wouk), "/en/work")
    askers = [walk(later.come_back(receipt), "/en/mine") for receipt in later.receipts]

    assert {200} == set(coordinator.values()), coordinator
    assert {200} == set(volunteer.values()), volunteer
    assert [{200}] * len(ASKED) == [set(pages.values()) for pages in askers], askers
    assert (len(coordinator), len(volunteer)) > (60, 15)
    assert any("/needs/" in address for address in coordinator)


def test_a_request_is_read_as_it_was_asked(later: Later) -> None:
    coordinator = later.unlock(later.account)
    links = coordinator.go("/en/staff").tree.xpath("//a/@href")
    shown = [coordinator.go(link).words for link in set(links) if REQUEST.fullmatch(link)]

    for asked in ASKED:
        (told,) = asked.typed["story"]
        assert 1 == sum(told in words for words in shown)
    assert not any("zz." in words for words in shown), "neither form nor field is shown by its key"


def test_an_asker_goes_on_with_what_was_asked_by_a_form_that_is_gone(later: Later) -> None:
    asker = later.come_back(later.receipts[0])
    sent = asker.upload({"words": "One word more."}, form="/mine/word")
    coordinator = later.unlock(later.account)
    links = coordinator.go("/en/staff").tree.xpath("//a/@href")
    shown = [coordinator.go(link).words for link in set(links) if REQUEST.fullmatch(link)]

    assert "/en/mine/done/word" == sent.path
    assert 1 == sum("One word more." in words for words in shown)


def test_a_skill_whose_plugin_is_gone_stays_with_who_has_it(later: Later) -> None:
    browser = later.unlock(later.wouk)
    page = browser.go("/en/work/me/skills")
    browser.send({"level-1": "2"}, form=page.path)
    (session,) = (s for s in later.desk.sessions.items() if s.handle == "wouk")
    profile = later.run(volunteers.read_own(later.desk, session)).profile

    assert {ROWING, later.desk.vocabulary.skills[0]} == {skill.code for skill in profile.skills}


def test_a_copy_of_ones_own_data_has_the_agreement_if_its_words_are_still_there(
    later: Later,
) -> None:
    session = later.run(unlock_account(later.desk, later.clock, later.dzik))
    copy = json.loads(later.run(export_own(later.desk, session)))

    assert list(words_of_agreement(later.desk, "en")) == later.copied["agreement_words"]
    assert ("he", []) == (copy["profile"]["agreement"]["language"], copy["agreement_words"])


def test_an_address_in_a_language_that_went_leads_to_one_that_stayed(later: Later) -> None:
    stranger = Browser(later.app, later.run)

    for rest in ("", "code", "ask", "guides", "staff/unlock"):
        page = stranger.go(f"/he/{rest}", **{"accept-language": "he, be;q=0.5"})
        assert (200, f"/be/{rest}") == (
            page.status,
            page.path.replace("/be/ask/warning", "/be/ask"),
        )
