"""Tests inside of tests: files in a folder of their own, run by a pytest of their own."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree  # the file is pytest's own

Outcome = tuple[str, str]
"""``passed``, ``failed``, ``skipped`` or ``error``, and what was said."""


def run_tests(folder: Path, files: Mapping[str, str], ini: str = "") -> dict[str, Outcome]:
    """Write files, run pytest among them and return what came of each ``<class>.<test>``.

    ``folder`` is where Python looks for modules, too. Nothing of the outer project is read.
    """
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (folder / "pytest.ini").write_text(f"[pytest]\n{ini}\n", encoding="utf-8")
    code = filter(None, (os.environ.get("PYTHONPATH"),))
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "PE_"))}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--junitxml=out.xml"],
        cwd=folder,
        env={**inherited, "PYTHONPATH": os.pathsep.join((str(folder), *code))},
        capture_output=True,
        text=True,
        check=False,
    )
    written = folder / "out.xml"
    assert written.exists(), done.stdout + done.stderr
    outcomes: dict[str, Outcome] = {}
    for case in ElementTree.parse(written).iter("testcase"):  # noqa: S314
        name = f"{str(case.get('classname')).rpartition('.')[2]}.{case.get('name')}"
        told = next(iter(case), None)
        if told is None or told.tag not in ("failure", "error", "skipped"):
            outcomes.setdefault(name, ("passed", ""))
        else:
            kind = {"failure": "failed"}.get(told.tag, told.tag)
            outcomes[name] = (kind, f"{told.get('message')}\n{told.text}")
    return outcomes


def installed(name: str, source: str) -> dict[str, str]:
    """Return the files of a plugin's package as if it were installed, without its texts."""
    package = f"pe_embassy_{name}"
    return {
        f"{package}/__init__.py": source,
        f"{package}-1.0.dist-info/METADATA": (
            f"Metadata-Version: 2.1\nName: pe-embassy-{name}\nVersion: 1.0\n"
        ),
        f"{package}-1.0.dist-info/entry_points.txt": f"[pe]\n{name} = {package}\n",
    }
