"""Pages of letters between embassies: begun, looked at, sent, answered, agreed to, taken back."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.between import Between
from tests.between import House as Side
from tests.enclosures import ask_with, items, picture

from pe_core.toolkit.asker import Asker
from pe_core.toolkit.browser import Browser, Page
from pe_core.toolkit.embassy import close_embassy, open_test_embassy
from pe_core.toolkit.invented import ASKED, Clock

Run = Callable[[Awaitable[Any]], Any]
Found = tuple[str, Page]
BEGUN = ("consult", "ask", "share", "notice")
CHOSEN = {"peer": "yy", "field": ["paper", "story"], "asked": "Ці ведаеце вы перакладчыка?"}

WANTED = {
    "peer": ["yy"],
    "skill-1": "core.skill.interpreting:required:3",
    "skill-2": "core.skill.driving:wished:1",
    "spoken-1": "ko",
    "city": "Hillham",
    "until-day": "1",
    "until-month": "12",
    "until-year": "2026",
    "words": "Дзве гадзіны ў будні дзень",
    "act": "preview",
}


class Desks:
    """Two embassies that know each other, with a coordinator of each in a browser."""

    def __init__(self, folder: Path, run: Run) -> None:
        """Open both and unlock both."""
        clock = Clock(datetime(2026, 11, 24, 10, 0, tzinfo=UTC))
        self.embassy = run(open_test_embassy(folder / "near", clock))
        self.two, self.run = Between(self.embassy, run, folder / "far"), run
        self._opened: list[Browser] = []
        self.come_again()

    def come_again(self) -> None:
        """Unlock both anew, and let them know each other's newest keys."""
        self.near, self.far = self._unlock(self.two.near), self._unlock(self.two.far)

    def asker(self, language: str) -> Asker:
        """Return somebody before the near embassy."""
        return Asker(self._open(self.two.near), self.two.clock, language)

    def close(self) -> None:
        """Close browsers and embassies."""
        for browser in self._opened:
            browser.close()
        self.two.close()
        self.run(close_embassy(self.embassy))

    def _open(self, side: Side) -> Browser:
        self._opened.append(Browser(side.embassy.app(), self.run))
        return self._opened[-1]

    def _unlock(self, side: Side) -> Browser:
        browser, account = self._open(side), side.embassy.account
        self.two.clock.move(minutes=1)
        browser.go("/en/staff/unlock")
        code = account.code(self.two.clock.now())
        browser.send({"name": account.handle, "passphrase": account.passphrase, "code": code})
        side.session = next(s for s in side.desk.sessions.items() if s.handle == account.handle)
        return browser


@contextmanager
def two_desks(folder: Path, run: Run) -> Iterator[Desks]:
    """Open two embassies until the block ends."""
    desks = Desks(folder, run)
    try:
        yield desks
    finally:
        desks.close()


def referral_pages(desks: Desks, language: str) -> Iterator[Found]:
    """Begin every kind of letter, refer one request and hand another over."""
    desks.come_again()
    at = f"/{language}/staff/referrals"
    yield "referrals-all", desks.near.go(at)
    yield "referrals-over", desks.near.go(f"{at}?show=over")
    for kind in BEGUN:
        yield f"referral_new-{kind}", desks.near.go(f"{at}/{kind}")
        yield f"referral_new-{kind}-wrong", desks.near.send({"peer": []}, form=f"/{kind}")
    yield from _asked(desks, at)
    yield from _shared(desks, language)
    yield from _referred(desks, language)
    yield from _handed_over(desks, language)
    yield from _with_a_file(desks, language)


def _asked(desks: Desks, at: str) -> Iterator[Found]:
    """Whom the other embassy knows: all that can be said of it, here and there."""
    desks.near.go(f"{at}/ask")
    yield "referral_preview-ask", desks.near.send(WANTED, form="/ask")
    sent = desks.near.send({"act": "send"}, form="/ask").path
    desks.two.carry()
    desks.far.go(at)
    yield "referral-ask", desks.far.go(sent)


def _shared(desks: Desks, language: str) -> Iterator[Found]:
    """A guide that the other embassy gets: offered, with a wrong address, taken, taken already."""
    at, far = f"/{language}/staff/referrals", desks.far
    desks.near.go(f"{at}/share")
    desks.near.send({"peer": ["yy"], "guide": "zz.harbour-beds"}, form="/share")
    sent = desks.near.send({"act": "send"}, form="/share").path
    desks.two.carry()
    far.go(at)
    yield "referral-share", far.go(sent)
    place = next(n for n, form in enumerate(far.page.forms()) if "slug" in form.fields)
    yield "referral-share-wrong", far.send({"slug": "Ы", "act": "take_over"}, form=place)
    place = next(n for n, form in enumerate(far.page.forms()) if "slug" in form.fields)
    slug = f"harbour-{language}".lower()
    yield "own_guide-taken", far.send({"slug": slug, "act": "take_over"}, form=place)
    yield "own_guides-taken", far.go(f"/{language}/staff/guides")
    yield "referral-share-taken", far.go(sent)


def _referred(desks: Desks, language: str) -> Iterator[Found]:
    """A request that both keep: agreed in words, answered, and taken back by the asker."""
    receipt, request = desks.two.ask(ASKED[0])
    near, far = desks.near, desks.far
    here = f"/{language}/staff/requests/{request}/refer"
    yield "refer", near.go(here)
    yield "refer-wrong", near.send({"field": [], "act": "preview"}, form="/refer")
    near.go(here)
    yield "refer-not-agreed", near.send({**CHOSEN, "act": "preview"}, form="/refer")
    near.go(here)
    near.send({**CHOSEN, "agreed": "yes", "act": "spoken"}, form="/refer")
    yield "refer-agreed", near.go(here)
    yield "referral_preview", near.send({**CHOSEN, "act": "preview"}, form="/refer")
    sent = near.send({"act": "send"}, form="/refer").path.partition("?")[0]
    yield "referral-sent", near.go(sent)
    desks.two.carry()
    yield "referrals-came", far.go(f"/{language}/staff/referrals")
    came = f"/{language}/staff/referrals/{sent.rpartition('/')[2]}"
    yield "referral-came", far.go(came)
    yield "referral-wrong", far.send({"act": "answer"}, form=came)
    far.go(came)
    far.send({"act": "accept", "words": "Так."}, form=came)
    desks.two.carry()
    near.go(f"/{language}/staff/referrals")
    yield "referral-accepted", near.go(sent)
    yield "referral_print", near.go(f"{sent}/print")
    asker = desks.asker(language)
    yield "mine-agreed", asker.come_back(receipt)
    yield "mine-taken-back", asker.act("unshare")
    desks.two.carry()
    yield "referral-erased", near.go(sent)
    yield "referral-gone", far.go(came)


def _handed_over(desks: Desks, language: str) -> Iterator[Found]:
    """A request that the other embassy takes, agreed to by the asker on their page."""
    receipt, request = desks.two.ask(ASKED[4])
    near, far = desks.near, desks.far
    here = f"/{language}/staff/requests/{request}/refer"
    chosen = {**CHOSEN, "field": ["story"], "kind": "transfer"}
    near.go(here)
    near.send({**chosen, "act": "ask"}, form="/refer")
    asker = desks.asker(language)
    yield "mine-asked", asker.come_back(receipt)
    yield "mine-asked-wrong", asker.act("share", act="yes")
    near.go(here)
    near.send({**chosen, "agreed": "yes", "act": "spoken"}, form="/refer")
    near.go(here)
    yield "referral_preview-transfer", near.send({**chosen, "act": "preview"}, form="/refer")
    sent = near.send({"act": "send"}, form="/refer").path.partition("?")[0]
    desks.two.carry()
    far.go(f"/{language}/staff/referrals")
    came = f"/{language}/staff/referrals/{sent.rpartition('/')[2]}"
    far.go(came)
    far.send({"act": "accept"}, form=came)
    yield "referral-taken", far.go(came)
    desks.two.carry()
    near.go(f"/{language}/staff/referrals")
    yield "referral-led-on", near.go(sent)
    yield "mine-moved", desks.asker(language).come_back(receipt)


def _with_a_file(desks: Desks, language: str) -> Iterator[Found]:
    """A request whose file goes along, agreed to by its asker on their page."""
    receipt, request = ask_with(desks.two, picture(200))
    near, far = desks.near, desks.far
    here = f"/{language}/staff/requests/{request}/refer"
    chosen = {**CHOSEN, "field": ["story", *items(desks.two, request)], "kind": "transfer"}
    yield "refer-file", near.go(here)
    near.send({**chosen, "act": "ask"}, form="/refer")
    yield "mine-asked-file", desks.asker(language).come_back(receipt)
    near.go(here)
    near.send({**chosen, "agreed": "yes", "act": "spoken"}, form="/refer")
    near.go(here)
    yield "referral_preview-file", near.send({**chosen, "act": "preview"}, form="/refer")
    sent = near.send({"act": "send"}, form="/refer").path.partition("?")[0]
    yield "referral-file-sent", near.go(sent)
    desks.two.carry()
    far.go(f"/{language}/staff/referrals")
    came = f"/{language}/staff/referrals/{sent.rpartition('/')[2]}"
    yield "referral-file-came", far.go(came)
    far.send({"act": "accept"}, form=came)
    yield "referral-file-taken", far.go(came)
