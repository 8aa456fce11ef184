"""A demo embassy as a second process, and people who visit it in a real browser.

Playwright is imported inside fixtures: `make test` collects this folder without a browser.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

sys.path.insert(0, str(Path(__file__).parent))  # pytest's importlib mode leaves it out

from people import Colleague, Demo, Person

from pe_core.cli.demo import demo_settings
from pe_core.hooks import Plugins
from pe_core.rules.texts import Catalogue
from pe_core.running import enabled_plugins, read_texts, utc_now
from pe_core.toolkit.invented import Account

if TYPE_CHECKING:
    from playwright.sync_api import Browser

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
COMPLAINTS = ("WARNING", "ERROR", "CRITICAL", "Traceback")
PATIENCE = 15_000
"""Milliseconds until a page that does not come is a failure."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option of `make screenshots README=1`."""
    parser.addoption("--readme", action="store_true", help="write docs/screenshot.png too")


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """Run `pe demo` as people do; at the end SIGTERM must end it and all that it started."""
    folder = tmp_path_factory.mktemp("demo")
    ready = folder / "ready.json"
    command = [str(Path(sys.executable).with_name("pe")), "demo", "--port", str(_free_port())]
    command += ["--dir", str(folder / "embassy"), "--ready-file", str(ready)]
    with (folder / "stderr.txt").open("w+") as stderr:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=stderr, text=True, start_new_session=True
        )
        assert process.stdout is not None
        for line in process.stdout:
            if "Ctrl-C" in line:  # it says how to stop it when it is ready
                break
        try:
            assert ready.exists(), (folder / "stderr.txt").read_text()
            yield _read_ready(ready)
        finally:
            process.send_signal(signal.SIGTERM)
            process.stdout.read()
            code = process.wait(timeout=30)
            process.stdout.close()
    said = (folder / "stderr.txt").read_text().splitlines()

    assert 0 == code
    assert [] == [line for line in said if line.startswith(COMPLAINTS)]
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)


@pytest.fixture(scope="session")
def plugins() -> Plugins:
    """What the demo's plugins brought, the forms above all."""
    return enabled_plugins(demo_settings(1), utc_now)


@pytest.fixture(scope="session")
def texts(plugins: Plugins) -> Catalogue:
    """The words of the pages: tests look for what a person reads, never for a class."""
    return read_texts(plugins, demo_settings(1).embassy.languages)


@pytest.fixture(scope="module")
def chromium() -> Iterator["Browser"]:
    """Debian's chromium, for one module: Playwright's loop must not outlive these tests."""
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium")
    assert path, "no chromium here: apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(CHROMIUM))
        yield browser
        browser.close()


@pytest.fixture
def meet(
    chromium: "Browser", demo: Demo, texts: Catalogue, plugins: Plugins
) -> Iterator[Callable[..., Person]]:
    """Meet a new person, with a browser of their own, and scripts off unless asked for."""
    contexts = []

    def come(language: str = "be", *, scripts: bool = False, **options: Any) -> Person:
        context = chromium.new_context(
            base_url=demo.address, locale=language, java_script_enabled=scripts, **options
        )
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        return Person(context.new_page(), language, texts, plugins.forms)

    yield come
    for context in contexts:
        context.close()


@pytest.fixture
def meet_again(meet: Callable[..., Person], demo: Demo) -> Iterator[Callable[..., Person]]:
    """Meet somebody who has asked before: the portal need not make them wait any more."""
    met = []

    def come(language: str = "be", **options: Any) -> Person:
        met.append(meet(language, storage_state=demo.states.get("asker"), **options))
        return met[-1]

    yield come
    demo.states["asker"] = met[-1].page.context.storage_state()


@pytest.fixture
def meet_colleague(meet: Callable[..., Person], demo: Demo) -> Callable[..., Person]:
    """Meet a coordinator whose account is unlocked, in a session that they share with others."""

    def come(number: int = 0, language: str = "be", **options: Any) -> Person:
        colleague = demo.colleagues[number]
        state = demo.states.get(colleague.account.handle)
        person = meet(language, storage_state=state, **options)
        person.open("staff")
        if not person.is_at("staff.requests.title"):
            person.unlock(colleague)
            demo.states[colleague.account.handle] = person.page.context.storage_state()
        return person

    return come


@pytest.fixture
def invite(demo: Demo, meet_colleague: Callable[..., Person]) -> str:
    """The code of an invite that two coordinators signed; it opens often, until it is used."""
    if demo.invites:
        return demo.invites[0]
    first, second = meet_colleague(1), meet_colleague(0)
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


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _read_ready(ready: Path) -> Demo:
    embassy = msgspec.json.decode(ready.read_bytes())["embassies"][0]
    accounts = [
        Account(handle=a["handle"], passphrase=a["passphrase"], totp_secret=a["totp_secret"])
        for a in embassy["accounts"]
    ]
    return Demo(
        address=embassy["url"].rstrip("/"),
        receipts=tuple(embassy["receipts"]),
        colleagues=tuple(Colleague(account) for account in accounts),
    )
