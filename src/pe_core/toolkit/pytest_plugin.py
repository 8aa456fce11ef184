"""Fixtures for tests of the core and of plugins; every import of pe_core waits for its fixture.

``pe_instance`` is a running instance of the plugins that ``pe_plugins`` names, on real files;
``pe_client`` a browser without scripts on it, ``pe_staff`` the session of an unlocked
coordinator and ``pe_coordinator`` that person with ``list_requests``, ``open`` and ``answer``;
``pe_outbox`` tells what waits to be told, ``pe_register`` adds a plugin for one test,
``pe_clock`` stands still until it is moved, ``pe_run`` runs a coroutine. Tests that try to reach
the network, to send mail, or that leave a coroutine unawaited fail.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import pytest

if TYPE_CHECKING:
    from pe_core.desk.desk import Desk
    from pe_core.desk.sessions import Session
    from pe_core.hooks import Plugins
    from pe_core.settings import Settings
    from pe_core.toolkit.browser import Browser
    from pe_core.toolkit.coordinator import Coordinator
    from pe_core.toolkit.embassy import TestEmbassy
    from pe_core.toolkit.invented import Clock
    from pe_core.toolkit.outbox import Outbox

T = TypeVar("T")

Run = Callable[[Awaitable[Any]], Any]


class Register(Protocol):
    """Adds a plugin to the instance of a test; PluginError lists its faults, as at the start."""

    def __call__(self, thing: Any, name: str = "test", folder: Path | None = None) -> "Plugins":
        """Take the hooks of ``thing``; ``folder`` holds its locales, guides and letters."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a project say once which plugins its tests are about."""
    parser.addini("pe_plugins", "plugins that pe_instance enables", type="args", default=["zz"])


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line(
        "markers",
        'pe_settings(**tables): what [plugin.<name>] holds, such as zz={"bell": False}',
    )


@pytest.fixture(autouse=True)
def pe_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail a test that reaches for another machine, or for a mail server on this one."""
    from pe_core.toolkit.guarding import forbid_mail, forbid_network

    forbid_network(monkeypatch)
    forbid_mail(monkeypatch)


@pytest.fixture(autouse=True)
def pe_all_awaited(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fail a test that leaves a coroutine unawaited: what it was to do never happened."""
    from pe_core.toolkit.guarding import UNAWAITED, note_unawaited

    names = note_unawaited(monkeypatch)
    yield
    if names:
        pytest.fail(UNAWAITED.format(", ".join(names)), pytrace=False)


@pytest.fixture
def pe_clock() -> "Clock":
    """A clock that stands at Tuesday 24 November 2026, 10:00 UTC."""
    from pe_core.toolkit.invented import Clock

    return Clock(datetime(2026, 11, 24, 10, 0, tzinfo=UTC))


@pytest.fixture
def pe_run() -> Iterator[Run]:
    """Run a coroutine on the loop that the test's instance lives on."""
    with asyncio.Runner() as runner:

        async def wait(awaitable: Awaitable[T]) -> T:
            return await awaitable

        yield lambda awaitable: runner.run(wait(awaitable))


@pytest.fixture
def pe_plugins(request: pytest.FixtureRequest) -> tuple[str, ...]:
    """The plugins of the ini option of this name; the first one's languages are offered."""
    return tuple(request.config.getini("pe_plugins"))


@pytest.fixture
def pe_settings(request: pytest.FixtureRequest, pe_plugins: tuple[str, ...]) -> "Settings":
    """Settings of an invented embassy with these plugins; the marker fills their tables."""
    from pe_core.toolkit.bringing import settings_for

    marker = request.node.get_closest_marker("pe_settings")
    return settings_for(pe_plugins, marker.kwargs if marker is not None else {})


@pytest.fixture
def pe_instance(
    tmp_path: Path, pe_clock: "Clock", pe_run: Run, pe_settings: "Settings"
) -> Iterator["TestEmbassy"]:
    """A running instance with one coordinator, on real files in ``tmp_path``."""
    from pe_core.toolkit.embassy import close_embassy, open_test_embassy

    folder = tmp_path / "embassy"
    instance = pe_run(open_test_embassy(folder, pe_clock, pe_settings))
    yield instance
    pe_run(close_embassy(instance))


@pytest.fixture
def pe_embassy(pe_instance: "TestEmbassy") -> "TestEmbassy":
    """The same instance, as the core's own tests call it."""
    return pe_instance


@pytest.fixture
def pe_desk(pe_instance: "TestEmbassy") -> "Desk":
    """The desk of the instance."""
    return pe_instance.desk


@pytest.fixture
def pe_register(pe_instance: "TestEmbassy") -> Register:
    """Add a plugin made of one object or module to the instance; both are gone after the test."""
    from pe_core.toolkit.bringing import bring

    def register(thing: Any, name: str = "test", folder: Path | None = None) -> "Plugins":
        return bring(pe_instance, thing, name, folder)

    return register


@pytest.fixture
def pe_outbox(pe_instance: "TestEmbassy", pe_run: Run) -> "Outbox":
    """The outbox of the instance, emptied when the test says so."""
    from pe_core.toolkit.outbox import Outbox

    return Outbox(pe_instance, pe_run)


@pytest.fixture
def pe_coordinator(pe_instance: "TestEmbassy", pe_clock: "Clock", pe_run: Run) -> "Coordinator":
    """An unlocked coordinator of the instance."""
    from pe_core.toolkit.coordinator import Coordinator
    from pe_core.toolkit.invented import unlock_account

    session = pe_run(unlock_account(pe_instance.desk, pe_clock, pe_instance.account))
    return Coordinator(pe_instance, session, pe_run)


@pytest.fixture
def pe_staff(pe_coordinator: "Coordinator") -> "Session":
    """The session of that coordinator, which the desk's acts take."""
    return pe_coordinator.session


@pytest.fixture
def pe_client(pe_instance: "TestEmbassy", pe_run: Run) -> Iterator["Browser"]:
    """A browser without scripts on the instance; it also shows what is registered later."""
    from pe_core.toolkit.browser import Browser

    browser = Browser(pe_instance.lasting_app(), pe_run, pe_instance.address)
    yield browser
    browser.close()


@pytest.fixture
def pe_browser(pe_instance: "TestEmbassy", pe_run: Run) -> Iterator[Callable[[], "Browser"]]:
    """Open browsers without scripts on the instance, each with cookies of its own."""
    from pe_core.toolkit.browser import Browser

    opened: list[Browser] = []

    def open_browser() -> Browser:
        opened.append(Browser(pe_instance.app(), pe_run))
        return opened[-1]

    yield open_browser
    for browser in opened:
        browser.close()
