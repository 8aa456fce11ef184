"""Pages that a walk does not come to: refusals, locks, nothing yet, and what takes a colleague.

They are made in this process, where a clock can be moved and a fault can be planted; the keys
are steps as `walks` names them: a template's name, and after ``-`` what is special.
"""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

from rare_guides import guide_pages
from rare_needs import needs_pages
from rare_peers import peer_pages
from rare_referrals import referral_pages, two_desks
from rare_shifts import shift_pages
from rare_tasks import task_pages

from pe_core.desk import invites
from pe_core.desk.bringing_in import bring_in
from pe_core.desk.volunteer_notes import write_note
from pe_core.desk.volunteers import read_own
from pe_core.errors import NothingToSealTo, TooMany
from pe_core.hooks.troubles import Kind
from pe_core.model.trail import Act
from pe_core.store import AtMost, Delete, VolunteerRow
from pe_core.toolkit.asker import Asker
from pe_core.toolkit.browser import Browser, Page
from pe_core.toolkit.embassy import TestEmbassy, close_embassy, open_test_embassy
from pe_core.toolkit.invented import ASKED, Account, Clock, active_volunteer, ask, open_account
from pe_core.web.guards.refusals import TROUBLES, refusal
from pe_core.web.public import ask as asking
from pe_core.web.public import home, sending
from pe_core.web.staff.unlock import AFTER

Run = Callable[[Awaitable[Any]], Any]
Found = tuple[str, Page]
PROPOSALS = "//a[contains(@href, '/proposals/')]/@href"
PHOTO = b"\x89PNG and nothing more"


class House:
    """An embassy with one coordinator and then two, each in a browser of their own."""

    def __init__(self, embassy: TestEmbassy, run: Run) -> None:
        """Unlock the first one, who is alone."""
        self.embassy, self.desk, self.run = embassy, embassy.desk, run
        self.app = embassy.app()
        self.opened: list[Browser] = []
        self.second: Account | None = None
        self.busel = self.zubr = self.unlock(embassy.account)

    def open(self) -> Browser:
        """Open a fresh browser."""
        self.opened.append(Browser(self.app, self.run))
        return self.opened[-1]

    def typed(self, account: Account) -> dict[str, str]:
        """Return what unlocks an account, with a code that is new."""
        self.embassy.clock.move(minutes=1)
        code = account.code(self.embassy.clock.now())
        return {"name": account.handle, "passphrase": account.passphrase, "code": code}

    def unlock(self, account: Account) -> Browser:
        """Unlock an account in a browser of its own."""
        browser = self.open()
        browser.go("/en/staff/unlock")
        browser.send(self.typed(account))
        return browser

    def box(self, handle: str) -> int:
        """Return the number of somebody who is unlocked."""
        return next(s.box for s in self.desk.sessions.items() if s.handle == handle)

    def come_again(self) -> None:
        """Unlock everybody anew; who typed something wrong too often is put out."""
        if self.second is not None:
            self.zubr = self.unlock(self.second)
        self.busel = self.unlock(self.embassy.account)

    def colleague(self) -> None:
        """Invite a second coordinator; their names are known to both then."""
        first = next(s for s in self.desk.sessions.items() if s.handle == "busel")
        code = self.run(invites.make_invite(self.desk, first))
        self.second = self.run(open_account(self.desk, self.embassy.clock, code, "zubr"))
        self.come_again()

    def close(self) -> None:
        """Close all browsers."""
        for browser in self.opened:
            browser.close()


def rare_pages(folder: Path, run: Run, languages: tuple[str, ...]) -> Iterator[tuple[str, Found]]:
    """Return language, step and page of everything that is rare."""
    clock = Clock(datetime(2026, 11, 24, 10, 0, tzinfo=UTC))
    embassy = run(open_test_embassy(folder / "rare", clock))
    house = House(embassy, run)
    try:
        for scene in (_refused, _alone, _asking, shift_pages, task_pages, peer_pages):
            for language in languages:
                yield from ((language, found) for found in scene(house, language))
        house.colleague()
        _invite(house)
        for scene in (_together, guide_pages, needs_pages):
            for language in languages:
                yield from ((language, found) for found in scene(house, language))
        _come_back(house)
        for scene in (_lost_keys, _locked):
            for language in languages:
                yield from ((language, found) for found in scene(house, language))
    finally:
        house.close()
        run(close_embassy(embassy))
    with two_desks(folder, run) as desks:
        for language in languages:
            yield from ((language, found) for found in referral_pages(desks, language))


def _refused(house: House, language: str) -> Iterator[Found]:
    """Every refusal, as the portal turns it into a page."""
    browser = house.open()
    for kind in TROUBLES:
        with patch.object(home, "render", side_effect=refusal(kind)):
            yield f"error-{kind}", browser.go(f"/{language}/safety")
    yield "error-method", browser.post(f"/{language}/safety", [])
    yield "error-token", browser.post(f"/{language}/code", [("token", "wrong")])
    yield "error-413", browser.post(f"/{language}/code", [("code", "x" * 100_000)])
    browser.go(f"/{language}/code")
    house.embassy.clock.move(minutes=61)
    yield "error-late", browser.send({"code": "x"})
    yield "error-visit", browser.go(f"/{language}/mine")
    yield "error-asker", browser.go(f"/{language}/ask/1")
    with _not_live(house):
        yield "error-not-live", browser.go(f"/{language}/ask")


def _asking(house: House, language: str) -> Iterator[Found]:
    """A full portal, one that cannot seal, a browser without cookies, and files."""
    asker = Asker(house.open(), house.embassy.clock, language)
    yield "cookies", asker.go("ask/begin")
    asker.go("ask")
    asker.clock.move(seconds=6)
    with patch.object(asking, "begin", side_effect=TooMany("core.busy")):
        yield "error-full", asker.browser.send({"topic": "zz.paper"})
    asker.begin()
    asker.go("ask/check")
    yield "check-missing", asker.page
    asker = Asker(house.open(), house.embassy.clock, language)
    asker.begin()
    asker.answer()
    yield "files-refused", asker.browser.upload({"add": "1"}, {"file": PHOTO}, form=-1)
    asker.browser.upload({"continue": "1"}, form=-1)
    with patch.object(sending, "submit", side_effect=NothingToSealTo("no members")):
        yield "closed", asker.browser.send()
    receipt = house.run(ask(house.desk, ASKED[2]))
    asker.come_back(receipt)
    yield "mine-file", asker.add_word("", PHOTO)
    yield "mine-withdrawing", asker.act("withdraw")
    yield "mine-kept", asker.act("keep")


def _alone(house: House, language: str) -> Iterator[Found]:
    """A team of one, before an empty list or a set-up that is not done."""
    house.come_again()
    browser = house.busel
    yield "members-alone", browser.go(f"/{language}/staff/members")
    yield "shares-alone", browser.go(f"/{language}/staff/setup/shares")
    yield "share-none", browser.go(f"/{language}/staff/shares")
    with _not_live(house):
        yield "setup-closed", browser.go(f"/{language}/staff/setup")
        yield "requests-closed", browser.go(f"/{language}/staff")
    yield from _switched_off(house, language)
    for session in house.desk.sessions.items():
        session.trail_broken = True
    yield "requests-broken", browser.go(f"/{language}/staff")
    yield "trail-broken", browser.go(f"/{language}/staff/trail")
    yield "trail-none", browser.go(f"/{language}/staff/trail?act={Act.REPLIED}")
    for session in house.desk.sessions.items():
        session.trail_broken = False
    browser.go(f"/{language}/staff/emergency")
    yield "emergency-sure", browser.send({"act": "ask"}, form="/emergency")
    wrong = {"passphrase": "one two"}
    for act in ("passphrase", "second", "burn"):
        browser.go(f"/{language}/staff/me/{act}")
        yield f"{act}-wrong", browser.send({**wrong, "act": "set"}, form=f"/{act}")
    browser.go(f"/{language}/staff")
    yield "search-none", browser.post(f"/{language}/staff/search", _fields(browser, query="qqqq"))
    yield from _volunteers(house, language)


def _volunteers(house: House, language: str) -> Iterator[Found]:
    """Nobody yet, and somebody from a table who gets a joining code."""
    browser, at = house.busel, f"/{language}/staff/volunteers"
    house.run(house.desk.store.write([Delete(VolunteerRow, {"box": AtMost(2**48)})]))
    yield "volunteers-empty", browser.go(at)
    house.run(bring_in(house.desk, b"pseudonym\nbocian\n", write=True))
    link = browser.go(f"{at}?tab=all").tree.xpath("//td[@class='topic']/a/@href")[0]
    yield "volunteer-brought", browser.go(link)
    revision = browser.page.tree.xpath("string(//input[@name='revision']/@value)")
    yield "volunteer_code", browser.post(link, _fields(browser, revision=revision, act="code"))
    yield from _unanswered(house, language)


def _unanswered(house: House, language: str) -> Iterator[Found]:
    """Somebody active whose message nobody has answered."""
    staff = next(s for s in house.desk.sessions.items() if s.handle == "busel")
    made = active_volunteer(house.desk, house.embassy.clock, [staff], f"lis{language}")
    _, lis = house.run(made)
    own = house.run(read_own(house.desk, lis))
    house.run(write_note(house.desk, lis, own, "Калі мы паразмаўляем?", "be"))
    house.come_again()
    at = f"/{language}/staff/volunteers"
    yield "volunteers-asks", house.busel.go(at)
    yield "volunteer-asks", house.busel.go(f"{at}/{lis.box}")


def _switched_off(house: House, language: str) -> Iterator[Found]:
    """Parts of a plugin that failed, one of which is tried again."""
    troubles = house.desk.troubles
    troubles.switch_off(Kind.CHECK, "zz.paper", "ValueError", "pe_embassy_zz/forms.py:35")
    troubles.switch_off(Kind.CHECK, "zz.bed", "slow")
    troubles.switch_off(Kind.LISTENER, "zz.bell", "OSError")
    yield "requests-off", house.busel.go(f"/{language}/staff")
    yield "plugins-off", house.busel.go(f"/{language}/staff/plugins")
    yield "plugins-again", house.busel.send(form="/plugins")
    for trouble in troubles.all():
        troubles.switch_on(trouble.part)


def _together(house: House, language: str) -> Iterator[Found]:
    """Two coordinators: what one proposed is before the other."""
    house.come_again()
    zubr = house.zubr
    at = f"/{language}/staff/members"
    yield "members-invited", house.busel.go(at)
    yield "members-invites", zubr.go(at)
    (path,) = zubr.page.tree.xpath("//a[contains(@href, '/invites/')]/@href")
    yield "invite_sign", zubr.go(path)
    yield "invite_sign-wrong", zubr.send({"passphrase": "one"}, form=path)
    _propose(house, f"{house.box('zubr')}/role", role="editor")
    (path,) = zubr.go(at).tree.xpath(PROPOSALS)
    yield "members-proposals", zubr.page
    yield "proposal-theirs", zubr.go(path)
    yield "proposal-wrong", zubr.send({"passphrase": "one"}, form=path)
    house.come_again()
    for act in ("return", "leave"):
        house.busel.go(f"{at}/{house.box('zubr')}/{act}")
        yield f"member_{act}-wrong", house.busel.send({"passphrase": "one"}, form=f"/{act}")
    house.come_again()
    zubr, proposal = house.zubr, path.rpartition("/")[2]
    zubr.go(at)
    zubr.post(at, _fields(zubr, act="withdraw", proposal=proposal))
    house.run(ask(house.desk, ASKED[0]))
    yield "requests-more", house.busel.go(f"/{language}/staff")


def _invite(house: House) -> None:
    """Make an invite that waits for a second signature."""
    house.busel.go("/en/staff/members/invite")
    typed = {"role": "coordinator", "passphrase": house.embassy.account.passphrase}
    house.busel.send(typed, form="/invite")


def _come_back(house: House) -> None:
    """Let the colleague come back with new keys, and lack the older ones."""
    house.come_again()
    zubr = house.zubr
    shown = _propose(house, f"{house.box('zubr')}/return", checked="yes")
    code = "".join(shown.tree.xpath("//ol[@class='receipt']/li/text()"))
    (path,) = zubr.go("/en/staff/members").tree.xpath(PROPOSALS)
    assert house.second is not None
    zubr.go(path)
    zubr.send({"passphrase": house.second.passphrase}, form=path)
    house.second = house.run(open_account(house.desk, house.embassy.clock, code, "zubr"))
    house.come_again()


def _lost_keys(house: House, language: str) -> Iterator[Found]:
    """Somebody came back with new keys and waits for the older ones."""
    house.come_again()
    page = house.busel.go(f"/{language}/staff/members")
    yield "members-keys", page
    (path,) = page.tree.xpath("//a[contains(@href, '/keys')]/@href")
    yield "member_keys", house.busel.go(path)
    yield "member_keys-wrong", house.busel.send({"passphrase": "one"}, form=path)


def _locked(house: House, language: str) -> Iterator[Found]:
    """Everything is locked by one of them; the other one could lift it."""
    if house.desk.sessions.items():
        house.come_again()
        house.busel.go(f"/{language}/staff/emergency")
        house.busel.send({"act": "ask"}, form="/emergency")
        house.busel.send({"act": "lock"}, form="/emergency")
    assert house.second is not None
    browser = house.open()
    for after in AFTER:
        yield f"locked-{after}", browser.go(f"/{language}/staff/locked?after={after}")
    browser.go(f"/{language}/staff/unlock")
    yield "frozen", browser.send(house.typed(house.second), form="/unlock")
    browser.go(f"/{language}/staff/lift")
    yield "lift-wrong", browser.send({"name": "x", "passphrase": "y", "code": "1"}, form="/lift")


@contextmanager
def _not_live(house: House) -> Iterator[None]:
    house.desk.is_live = False
    try:
        yield
    finally:
        house.desk.is_live = True


def _fields(browser: Browser, **typed: str) -> list[tuple[str, str]]:
    token = browser.page.tree.xpath("//input[@name='token']/@value")[0]
    return [("token", token), *typed.items()]


def _propose(house: House, path: str, **fields: str) -> Page:
    house.busel.go(f"/en/staff/members/{path}")
    typed = {"passphrase": house.embassy.account.passphrase, **fields}
    return house.busel.send(typed, form=f"/{path}")
