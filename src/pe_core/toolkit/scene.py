"""An instance with a plugin, everybody before it, and every page that anybody was shown."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from pe_core.hooks import Listener, Notifier
from pe_core.model import Form
from pe_core.running import enabled_plugins
from pe_core.toolkit.asker import Asker, Typed
from pe_core.toolkit.bringing import settings_for
from pe_core.toolkit.browser import Browser
from pe_core.toolkit.coordinator import Coordinator
from pe_core.toolkit.embassy import TestEmbassy, close_embassy, open_test_embassy
from pe_core.toolkit.invented import Clock, unlock_account
from pe_core.toolkit.outbox import Outbox

START = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)


class Visitor(Asker):
    """An asker who keeps every answer that came, those that led on included."""

    def __init__(self, browser: Browser, clock: Clock, language: str) -> None:
        """Begin to keep what comes."""
        super().__init__(browser, clock, language)
        self.came: list[httpx.Response] = []
        browser.client.event_hooks["response"].append(self._keep)

    def goes_to_check(self, form: Form, typed: Mapping[int, Typed]) -> bool:
        """Go to *Check your answers*; return whether every page on the way answered."""
        try:
            self.to_check(form.name, typed)
        except IndexError:  # a page of trouble holds no form to send
            return False
        return self.page.path.endswith("/check") and self.page.status == 200

    async def _keep(self, response: httpx.Response) -> None:
        await response.aread()
        self.came.append(response)


class Scene:
    """What the tests of a contract share: one instance, opened once."""

    def __init__(
        self,
        plugin: str,
        instance: TestEmbassy,
        run: Callable[[Awaitable[Any]], Any],
        folder: Path,
    ) -> None:
        """Stand before the instance's pages; ``folder`` holds all of its files."""
        self.plugin = plugin
        self.instance = instance
        self.run = run
        self.folder = folder
        self.outbox = Outbox(instance, run)
        self._app = instance.app()
        self._open: list[Browser] = []

    @property
    def languages(self) -> Sequence[str]:
        """Return the languages that the plugin declares."""
        return self.instance.settings.embassy.languages

    @property
    def forms(self) -> list[Form]:
        """Return the plugin's own forms for asking."""
        return [form for form in self.instance.plugins.forms.values() if self.owns(form.name)]

    @property
    def every_form(self) -> list[Form]:
        """Return the plugin's own forms, for asking and for volunteers."""
        return [form for form in self.instance.plugins.every_form() if self.owns(form.name)]

    def owns(self, name: str) -> bool:
        """Return whether a form, a guide or a letter is the plugin's own."""
        return name.startswith(f"{self.plugin}.")

    def fresh_listeners(self) -> list[Listener]:
        """Return the plugin's own listeners, made anew."""
        plugins = enabled_plugins(self.instance.settings, self.instance.clock.now)
        return [listener for listener in plugins.listeners if self.owns(listener.name)]

    @property
    def notifiers(self) -> list[Notifier]:
        """Return the plugin's own notifiers."""
        brought = self.instance.plugins.notifiers.values()
        return [notifier for notifier in brought if self.owns(notifier.name)]

    def tell_everybody(self) -> None:
        """Tell every listener what is due; that one fails is for its own test to say."""
        with contextlib.suppress(AssertionError):
            self.outbox.empty()

    def visitor(self, language: str = "") -> Visitor:
        """Return somebody with a browser of their own."""
        browser = Browser(self._app, self.run, self.instance.address)
        self._open.append(browser)
        return Visitor(browser, self.instance.clock, language or self.languages[0])

    def coordinator(self) -> Coordinator:
        """Return the unlocked coordinator."""
        instance = self.instance
        session = self.run(unlock_account(instance.desk, instance.clock, instance.account))
        return Coordinator(instance, session, self.run)

    def close(self) -> None:
        """Close all browsers."""
        for browser in self._open:
            browser.close()


@contextlib.contextmanager
def open_scene(plugin: str, beside: Sequence[str], folder: Path) -> Iterator[Scene]:
    """Open an instance of a plugin in a folder, and close it again.

    PluginError has a line for every fault of the plugin.
    """
    settings = settings_for((plugin, *beside))
    with asyncio.Runner() as runner:

        async def wait(awaitable: Awaitable[Any]) -> Any:
            return await awaitable

        def run(awaitable: Awaitable[Any]) -> Any:
            return runner.run(wait(awaitable))

        instance = run(open_test_embassy(folder / "embassy", Clock(START), settings))
        scene = Scene(plugin, instance, run, folder)
        try:
            yield scene
        finally:
            scene.close()
            run(close_embassy(instance))
