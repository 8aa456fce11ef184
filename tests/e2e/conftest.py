"""A demo embassy as a second process, and people who visit it in a real browser.

Playwright is imported inside fixtures: `make test` collects this folder without a browser.
"""

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # pytest's importlib mode leaves it out

from embassies import read_embassies, run_demo
from gallery import Gallery, fill_gallery
from meetings import Meetings, start_chromium
from people import Demo, Person

from pe_core.cli.demo_places import demo_settings
from pe_core.hooks import Plugins
from pe_core.rules.texts import Catalogue
from pe_core.running import enabled_plugins, read_texts, utc_now

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option of `make screenshots README=1`."""
    parser.addoption("--readme", action="store_true", help="write docs/screenshot.png too")


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """Run `pe demo` as people do; at the end SIGTERM must end it and all that it started."""
    with run_demo(tmp_path_factory.mktemp("demo")) as ready:
        yield read_embassies(ready)[0]


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
    with start_chromium() as browser:
        yield browser


@pytest.fixture
def meetings(
    chromium: "Browser", demo: Demo, texts: Catalogue, plugins: Plugins
) -> Iterator[Meetings]:
    """A place to meet people, each with a browser of their own, scripts off unless asked for."""
    with Meetings(chromium, demo, texts, plugins.forms) as meetings:
        yield meetings


@pytest.fixture
def meet(meetings: Meetings) -> Callable[..., Person]:
    """Meet a new person."""
    return meetings.come


@pytest.fixture
def meet_again(meetings: Meetings) -> Callable[..., Person]:
    """Meet somebody who has asked before: the portal need not make them wait any more."""
    return meetings.come_again


@pytest.fixture
def meet_colleague(meetings: Meetings) -> Callable[..., Person]:
    """Meet a coordinator whose account is unlocked, in a session that they share with others."""
    return meetings.colleague


@pytest.fixture
def invite(meetings: Meetings) -> str:
    """The code of an invite that two coordinators signed; it opens often, until it is used."""
    return meetings.invite()


@pytest.fixture(scope="session")
def gallery(
    demo: Demo, texts: Catalogue, plugins: Plugins, tmp_path_factory: pytest.TempPathFactory
) -> Gallery:
    """Every page in every language, and what was found when each of them was looked at."""
    folder = tmp_path_factory.mktemp("gallery")
    # A thread of its own: Playwright's loop and those of the embassies must not meet.
    with ThreadPoolExecutor(max_workers=1) as apart:
        return apart.submit(fill_gallery, demo, texts, plugins.forms, folder).result()
