"""Fixtures stay in pe_core.toolkit.pytest_plugin, where plugin authors have them too."""

import os
import sys
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import settings

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
