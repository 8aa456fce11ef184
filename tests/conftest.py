"""Fixtures stay in pe_core.toolkit.pytest_plugin, where plugin authors have them too."""

import os
import sys
from collections.abc import Awaitable, Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from pe_core.toolkit.invented import Account, Clock

# Tests are imported one by one (importlib mode); what they share lies beside them.
sys.path.insert(0, str(Path(__file__).parent))

# A busy machine is no finding; and what CI finds it finds again.
settings.register_profile("house", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("house")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where nothing may be skipped, as in CI, take a skipped test for a failed one."""
    report = yield
    skipped = report.skipped and not hasattr(report, "wasxfail")
    if skipped and os.environ.get("PE_NOTHING_SKIPPED"):
        report.outcome = "failed"
        report.longrepr = f"skipped where nothing may be skipped: {report.longrepr}"
    return report


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Account]:
    """Open an embassy once for all tests of faults; each works on a copy of its own."""
    from faulting import open_template

    folder = tmp_path_factory.mktemp("template")
    return folder, open_template(folder)


@pytest.fixture
def two(pe_embassy: Any, pe_run: Callable[[Awaitable[Any]], Any], tmp_path: Path) -> Iterator[Any]:
    """Two embassies that know each other, and nothing but a wire between them."""
    from between import Between

    between = Between(pe_embassy, pe_run, tmp_path / "other")
    yield between
    between.close()


@pytest.fixture
def wire(tmp_path: Path, pe_clock: Clock, pe_run: Callable[[Awaitable[Any]], Any]) -> Iterator[Any]:
    """Two embassies that have confirmed each other."""
    from neighbours import open_neighbours
    from pe_core.toolkit.embassy import close_embassy

    opened = pe_run(open_neighbours(tmp_path, pe_clock, ["aa", "bb"]))
    yield opened
    for embassy in opened.embassies.values():
        pe_run(close_embassy(embassy))
