"""Fixtures for tests of the core and of plugins; every import of pe_core waits for its fixture.

``pe_clock`` stands still; ``pe_run`` runs a coroutine on the instance's own loop; ``pe_desk``
is the desk of a fresh embassy of Exampleland; ``pe_staff`` unlocks a coordinator; ``pe_browser``
is a browser without scripts. Tests that try to reach the network fail.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

if TYPE_CHECKING:
    from pe_core.desk.desk import Desk
    from pe_core.desk.sessions import Session
    from pe_core.toolkit.browser import Browser
    from pe_core.toolkit.embassy import TestEmbassy
    from pe_core.toolkit.invented import Clock

T = TypeVar("T")

Run = Callable[[Awaitable[Any]], Any]


@pytest.fixture(autouse=True)
def pe_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail a test that connects to anything but this machine."""
    real = socket.socket.connect

    def connect(self: socket.socket, address: Any) -> None:
        host = address[0] if isinstance(address, tuple) else ""
        if host not in ("", "127.0.0.1", "::1", "localhost"):
            raise AssertionError("a test tried to reach the network")
        real(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)


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
def pe_embassy(tmp_path: Path, pe_clock: "Clock", pe_run: Run) -> Iterator["TestEmbassy"]:
    """A fresh embassy of Exampleland with one coordinator, on real files in ``tmp_path``."""
    from pe_core.toolkit.embassy import close_embassy, open_test_embassy

    embassy = pe_run(open_test_embassy(tmp_path / "embassy", pe_clock))
    yield embassy
    pe_run(close_embassy(embassy))


@pytest.fixture
def pe_desk(pe_embassy: "TestEmbassy") -> "Desk":
    """The desk of that embassy."""
    return pe_embassy.desk


@pytest.fixture
def pe_staff(pe_embassy: "TestEmbassy", pe_clock: "Clock", pe_run: Run) -> "Session":
    """An unlocked session of its coordinator."""
    from pe_core.toolkit.invented import unlock_account

    session: Session = pe_run(unlock_account(pe_embassy.desk, pe_clock, pe_embassy.account))
    return session


@pytest.fixture
def pe_browser(pe_embassy: "TestEmbassy", pe_run: Run) -> Iterator[Callable[[], "Browser"]]:
    """Open browsers without scripts on that embassy, each with cookies of its own."""
    from pe_core.toolkit.browser import Browser

    opened: list[Browser] = []

    def open_browser() -> Browser:
        opened.append(Browser(pe_embassy.app(), pe_run))
        return opened[-1]

    yield open_browser
    for browser in opened:
        browser.close()
