"""The rule about types."""

import os
import re
import subprocess
import sys
from collections.abc import Iterable
from importlib.util import find_spec

from pe_core.toolkit.quality.subject import Subject

PATIENCE = 600.0
_FINDING = re.compile(r"^(?P<file>[^:\n]+):(?P<line>\d+): error: (?P<said>.+)$", re.MULTILINE)


def typed(plugin: Subject) -> Iterable[str]:
    """Carry `py.typed`, and be clean for `mypy --strict`.

    Forms are types here: a wrong annotation is a wrong question.
    """
    if not (plugin.package / "py.typed").is_file():
        yield f"{plugin.package.name}/py.typed is missing; add an empty file of that name"
    if find_spec("mypy") is None:
        yield "cannot be looked at: pip install mypy"
        return
    done = subprocess.run(  # noqa: S603, what runs is this Python
        [sys.executable, "-m", "mypy", "--strict", "--config-file=", str(plugin.package)],
        cwd=plugin.root,
        env={**os.environ, "MYPYPATH": str(plugin.package.parent)},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    found = list(_FINDING.finditer(done.stdout))
    yield from (f"{one['file']}:{one['line']}: {one['said']}" for one in found)
    if done.returncode and not found:
        yield f"mypy --strict ends with {done.returncode}; run it by hand on {plugin.package.name}"
