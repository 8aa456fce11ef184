"""Rules about a plugin's own tests."""

import ast
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path

from pe_core.toolkit.quality.subject import Subject

LEAST_COVERED = 90
"""Per cent of lines and branches."""
PATIENCE = 600.0
_CONNECTING = frozenset(
    "aiohttp ftplib http.client httpx imaplib requests smtplib socket ssl telnetlib urllib.request "
    "urllib3 websockets".split()
)
_GUARD = "pe_no_network"
_PLUGIN_OFF = "no:pe_core"


def contract_tested(plugin: Subject) -> Iterable[str]:
    """Have a test class that inherits `PluginContract` and names the plugin.

    Three lines bring the tests that every plugin passes: no answer in clear anywhere, every page
    in every language, listeners that bear repeats.
    """
    for _, tree in plugin.tests():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and _is_contract(node, plugin.code):
                return
    yield (
        "tests/test_contract.py: write class TestContract(PluginContract): "
        f'plugin = "{plugin.code}"'
    )


def no_network_in_tests(plugin: Subject) -> Iterable[str]:
    """Keep the tests away from the network, and leave the guard on that sees to it.

    The pytest plugin of pe-core fails a test that connects to another machine. Tests neither
    replace that guard, nor turn its plugin off, nor open connections of their own.
    """
    for path, tree in plugin.tests():
        where = plugin.where(path)
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and node.name == _GUARD:
                yield f"{where}: replaces the fixture {_GUARD}; take it out"
        for name in sorted(_CONNECTING.intersection(_imports(tree))):
            yield f"{where}: imports {name}; go through pe_client, which needs no network"
    for name in ("pyproject.toml", "pytest.ini", "tox.ini", "setup.cfg"):
        path = plugin.root / name
        if path.is_file() and _PLUGIN_OFF in path.read_text(encoding="utf-8"):
            yield f"{name}: '-p {_PLUGIN_OFF}' turns the guard off; take it out"


def tests_cover(plugin: Subject) -> Iterable[str]:
    """Let the plugin's own tests run 90 % of its lines, and pass.

    They run in a process of their own, under coverage. Tests elsewhere do not count: the plugin
    must stand alone.
    """
    missing = [name for name in ("coverage", "pytest") if find_spec(name) is None]
    if missing:
        yield f"cannot be looked at: pip install {' '.join(missing)}"
        return
    with tempfile.TemporaryDirectory() as folder:
        done, report = _run_tests(plugin, Path(folder))
    if done.returncode:
        last = [line for line in done.stdout.splitlines() if line.strip()][-1:] or ["no test ran"]
        yield f"tests/: they fail ({last[0].strip()}); run pytest in the folder {plugin.root.name}"
        return
    for file, summary in sorted(report.items()):
        if summary["missing_lines"]:
            name = Path(file).name
            if summary["percent_covered"] < LEAST_COVERED:
                yield f"{name}: {summary['percent_covered']:.0f} % of its lines are run by tests"
    covered = _total(report)
    if covered < LEAST_COVERED:
        yield f"tests/: they run {covered:.0f} % of all lines, at least {LEAST_COVERED} %"


def _run_tests(
    plugin: Subject, folder: Path
) -> tuple[subprocess.CompletedProcess[str], dict[str, dict[str, float]]]:
    """Run the plugin's tests under coverage; ``folder`` takes what that writes."""
    report = folder / "coverage.json"
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("COV", "PYTEST"))}
    environment = {**inherited, "COVERAGE_FILE": str(folder / "data")}
    nothing = folder / "coveragerc"
    nothing.write_text("", encoding="utf-8")
    coverage = [sys.executable, "-m", "coverage"]
    options = [f"--rcfile={nothing}", f"--source={plugin.package}"]
    done = subprocess.run(  # noqa: S603, what runs is this Python
        [*coverage, "run", *options, "-m", "pytest", "-p", "no:cacheprovider", "tests"],
        cwd=plugin.root,
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    written = [*coverage, "json", f"--rcfile={nothing}", "-q", "-o", str(report)]
    subprocess.run(  # noqa: S603, what runs is this Python
        written, cwd=plugin.root, env=environment, capture_output=True, check=False
    )
    files = json.loads(report.read_text(encoding="utf-8"))["files"] if report.exists() else {}
    return done, {name: of["summary"] for name, of in files.items()}


def _total(report: dict[str, dict[str, float]]) -> float:
    lines = sum(summary["num_statements"] for summary in report.values())
    covered = sum(summary["covered_lines"] for summary in report.values())
    return 100.0 * covered / lines if lines else 0.0


def _is_contract(node: ast.ClassDef, code: str) -> bool:
    bases = {base.id for base in node.bases if isinstance(base, ast.Name)}
    named = any(
        isinstance(line, ast.Assign)
        and [ast.unparse(target) for target in line.targets] == ["plugin"]
        and isinstance(line.value, ast.Constant)
        and line.value.value == code
        for line in node.body
    )
    return "PluginContract" in bases and named


def _imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from (alias.name, alias.name.partition(".")[0])
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (node.module, node.module.partition(".")[0])
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
