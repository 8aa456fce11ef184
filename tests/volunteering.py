"""Somebody who has offered help, in a browser on their own pages."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import msgspec

from pe_core.desk.sessions import Session
from pe_core.desk.volunteers import Known, read_own, read_volunteer, write_standing
from pe_core.model import Profile
from pe_core.toolkit.browser import Browser, Page
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.toolkit.invented import Account, offer_help

Typed = Mapping[str, str | Sequence[str]]
SAID: tuple[tuple[str, Typed], ...] = (
    ("languages", {"fluency-1": "4", "fluency-3": "2"}),
    ("skills", {"level-1": "2", "level-6": "3"}),
    ("place", {"city": "Hillham", "reach": "25", "remote": "yes"}),
    ("zone", {"zone": "Europe/Vilnius"}),
    ("hours", {"hours": ["0-2", "5-0", "6-3"]}),
    ("load", {"load": "2"}),
    ("gender", {"gender": "woman"}),
    ("asked/1", {"answer": "yes"}),
    ("asked/2", {"answer": "bay"}),
    ("asked/3", {"answer": ""}),
    ("ways", {"address-1": "7", "when-1": "evening"}),
    ("note", {"note": "Ask for me at the choir."}),
)
"""What is typed on each page, in an order in which it can be."""


class Wouk:
    """A volunteer and their browser, unlocked."""

    def __init__(
        self,
        embassy: TestEmbassy,
        run: Callable[[Awaitable[Any]], Any],
        browser: Browser,
        handle: str = "wouk",
        language: str = "en",
    ) -> None:
        """Offer help and unlock."""
        self.embassy, self.run, self.browser = embassy, run, browser
        self.at = f"/{language}"
        self.account: Account = run(offer_help(embassy.desk, embassy.clock, handle, language))
        self.unlock()

    def unlock(self) -> Page:
        """Unlock in the same browser."""
        self.embassy.clock.move(minutes=1)
        self.browser.go(f"{self.at}/staff/unlock")
        code = self.account.code(self.embassy.clock.now())
        account = self.account
        return self.browser.send(
            {"name": account.handle, "passphrase": account.passphrase, "code": code}
        )

    @property
    def session(self) -> Session:
        """Return the session in memory."""
        sessions = self.embassy.desk.sessions.items()
        return next(one for one in sessions if one.handle == self.account.handle)

    @property
    def known(self) -> Known:
        """Return the record as its owner reads it."""
        known: Known = self.run(read_own(self.embassy.desk, self.session))
        return known

    @property
    def profile(self) -> Profile:
        """Return what they have said."""
        return self.known.profile

    def go(self, path: str = "") -> Page:
        """Open one of the pages of a volunteer."""
        return self.browser.go(f"{self.at}/work{f'/{path}' if path else ''}")

    def say(self, part: str, typed: Typed) -> Page:
        """Open the page of one part and send it with this typed in."""
        page = self.go(f"me/{part}")
        return self.browser.send(typed, form=page.path)

    def say_all(self) -> None:
        """Say everything once."""
        for part, typed in SAID:
            self.say(part, typed)

    def send(self) -> Page:
        """Say everything and send it."""
        self.say_all()
        page = self.go("me")
        return self.browser.send(form=page.path)


def judge(wouk: Wouk, staff: Session, **values: Any) -> None:
    """Let a coordinator write what the embassy says, whatever it is."""
    desk = wouk.embassy.desk
    known = wouk.run(read_volunteer(desk, staff, wouk.session.box))
    standing = msgspec.structs.replace(known.standing, since=desk.now(), **values)
    wouk.run(write_standing(desk, staff, known, standing))
