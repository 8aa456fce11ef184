"""Where people are met: a real browser, and one context of it for each of them."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any

from people import Demo, Person

from pe_core.model import Form
from pe_core.rules.texts import Catalogue

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext

CHROMIUM = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE = 15_000
"""Milliseconds until a page that does not come is a failure."""


@contextmanager
def start_chromium() -> Iterator["Browser"]:
    """Run Debian's chromium until the block ends."""
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium")
    assert path, "no chromium here: apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(CHROMIUM))
        yield browser
        browser.close()


class Meetings:
    """Everybody who was met in front of the demo; they leave when the block ends."""

    def __init__(
        self, browser: "Browser", demo: Demo, texts: Catalogue, forms: Mapping[str, Form]
    ) -> None:
        """Meet nobody yet."""
        self._browser, self._demo, self._texts, self._forms = browser, demo, texts, forms
        self._contexts: list[BrowserContext] = []
        self._askers: list[Person] = []

    def __enter__(self) -> "Meetings":
        """Begin."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Keep the cookies of who asked, for those who come again, and close everything."""
        if self._askers:
            self._demo.states["asker"] = self._askers[-1].page.context.storage_state()
        for context in self._contexts:
            context.close()

    def come(self, language: str = "be", *, scripts: bool = False, **options: Any) -> Person:
        """Meet a new person, with a browser of their own, and scripts off unless asked for."""
        context = self._browser.new_context(
            base_url=self._demo.address, locale=language, java_script_enabled=scripts, **options
        )
        context.set_default_timeout(PATIENCE)
        self._contexts.append(context)
        return Person(context.new_page(), language, self._texts, self._forms)

    def come_again(self, language: str = "be", **options: Any) -> Person:
        """Meet somebody who has asked before: the portal need not make them wait any more."""
        state = self._demo.states.get("asker")
        self._askers.append(self.come(language, storage_state=state, **options))
        return self._askers[-1]

    def colleague(self, number: int = 0, language: str = "be", **options: Any) -> Person:
        """Meet a coordinator whose account is unlocked, in a session that they share."""
        colleague = self._demo.colleagues[number]
        state = self._demo.states.get(colleague.account.handle)
        person = self.come(language, storage_state=state, **options)
        person.open("staff")
        if not person.is_at("staff.requests.title"):
            person.unlock(colleague)
            self._demo.states[colleague.account.handle] = person.page.context.storage_state()
        return person

    def invite(self) -> str:
        """Return the code of an invite that two coordinators signed; one is enough for all."""
        demo = self._demo
        if demo.invites:
            return demo.invites[0]
        first, second = self.colleague(1), self.colleague(0)
        passphrases = [colleague.account.passphrase for colleague in demo.colleagues]
        first.open("staff/members/invite")
        first.choose("staff.role.coordinator")
        first.fill("staff.step_up.label", passphrases[1])
        first.press("staff.invites.invite_button")
        demo.invites.append(first.receipt())
        second.open("staff/members")
        second.follow("staff.invites.sign")
        second.fill("staff.step_up.label", passphrases[0])
        second.press("staff.invites.sign")
        second.sees("staff.members.signed")
        return demo.invites[0]
