"""Load and judge plugins, each in a process of its own."""

import importlib.util
import os
import subprocess
import sys
import tempfile
import tomllib
from datetime import date
from pathlib import Path

import msgspec

from pe_core.errors import SettingsError
from pe_core.hooks import Found
from pe_core.model.struct import Model
from pe_core.toolkit.quality.child import Answer, Job
from pe_core.toolkit.quality.scale import RULES, Finding, Report
from pe_core.toolkit.quality.subject import read_promise

PATIENCE = 60.0
PATIENCE_OF_SLOW_RULES = 1200.0
"""Seconds that a plugin's process may take."""


class Source(Model):
    """A plugin on this machine: its package folder, and its folder with pyproject.toml if known."""

    code: str
    version: str
    package: Path
    root: Path | None


def find_source(found: Found) -> Source:
    """Return where an installed plugin lies, without importing it.

    Raises SettingsError if its package is not there.
    """
    try:
        spec = importlib.util.find_spec(found.package)
    except (ImportError, ValueError):
        spec = None
    if spec is None or spec.origin is None:
        raise SettingsError(
            f"{found.name}: its entry point names {found.package!r}, which is not there; "
            "install the plugin again"
        )
    package = Path(spec.origin).parent
    root = _root_of(package, found.name)
    return Source(code=found.name, version=found.version, package=package, root=root)


def look_alone(source: Source, today: date) -> Answer:
    """Load one plugin in its own process and return what it brings, or its faults."""
    return _ask(source, today, root="", slow=False)


def check_plugin(source: Source, today: date, *, slow: bool = True) -> Report:
    """Ask all rules about one plugin in its own process.

    Raises SettingsError for a plugin whose sources are not on this machine.
    """
    if source.root is None:
        raise SettingsError(
            f"{source.code} is installed without its sources: check it where it is developed "
            f"(git clone, then pip install -e)"
        )
    answer = _ask(source, today, root=str(source.root), slow=slow)
    if answer.report is not None:
        return answer.report
    return _unloaded(source.code, source.root, answer.faults)


def _ask(source: Source, today: date, *, root: str, slow: bool) -> Answer:
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder) / "answer.json"
        job = Job(
            code=source.code,
            version=source.version,
            package=str(source.package),
            root=root,
            today=today,
            slow=slow,
            answer=str(written),
        )
        patience = PATIENCE_OF_SLOW_RULES if slow else PATIENCE
        path = os.pathsep.join(filter(None, (str(source.package.parent), os.getenv("PYTHONPATH"))))
        try:
            done = subprocess.run(
                [sys.executable, "-P", "-m", "pe_core.toolkit.quality.child"],
                input=msgspec.json.encode(job),
                env={**os.environ, "PYTHONPATH": path},
                capture_output=True,
                timeout=patience,
                check=False,
            )
        except subprocess.TimeoutExpired:
            fault = f"loading it takes more than {patience:.0f} seconds; it must not wait"
            return Answer(faults=(f"{source.code}: {fault}",))
        if not written.exists():
            return Answer(faults=(f"{source.code}: {_ended(done)}",))
        return msgspec.json.decode(written.read_bytes(), type=Answer)


def _ended(done: subprocess.CompletedProcess[bytes]) -> str:
    last = done.stderr.decode(errors="replace").strip().splitlines()[-1:] or ["it said nothing"]
    return f"it ends the process (code {done.returncode}: {last[0]:.200}); let it raise instead"


def _unloaded(code: str, root: Path, faults: tuple[str, ...]) -> Report:
    """Return the report on a plugin whose process ended before any rule was asked."""
    lines = tuple(fault.removeprefix(f"{code}: ") for fault in faults)
    return Report(
        code=code,
        promised=read_promise(root).promised,
        findings=tuple(
            Finding(rule=rule.name, tier=rule.tier, lines=lines)
            if rule.name == "loads-clean"
            else Finding(rule=rule.name, tier=rule.tier, unasked=True)
            for rule in RULES
        ),
    )


def _root_of(package: Path, code: str) -> Path | None:
    """Return the folder above a package whose pyproject.toml brings the plugin."""
    for folder in (package.parent, package.parent.parent):
        path = folder / "pyproject.toml"
        if path.is_file():
            table = tomllib.loads(path.read_text(encoding="utf-8"))
            if code in table.get("project", {}).get("entry-points", {}).get("pe", {}):
                return folder
    return None
