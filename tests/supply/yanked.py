"""Was a pinned version taken back by its authors: the index is asked, through uv."""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from .locks import LOCK, PROOFS_LOCK
from .wheels import UV

KNOWN = "attrs==21.1.0"
"""Taken back long ago: an index that does not say so of this one cannot be asked."""
_YANKED = re.compile(r"`([^`]+)` is yanked")


def yanked(requirements: Path, folder: Path) -> set[str] | None:
    """Return the pins that were taken back, or None when nobody can say."""
    venv = folder / "venv"
    for command in (
        ("venv", "--allow-existing", "--python", sys.executable, venv),
        ("pip", "install", "--dry-run", "--refresh", "--no-deps", "--python", venv, "-r"),
    ):
        last = [requirements] if command[-1] == "-r" else []
        done = subprocess.run(
            [*map(str, [UV, "--no-config", *command, *last])],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            print(done.stderr.strip()[-500:])  # noqa: T201
            return None
    return set(_YANKED.findall(done.stderr))


def run() -> bool:
    """Ask about both locks, after one that must be known."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "known.txt").write_text(f"{KNOWN}\n", encoding="utf-8")
        if yanked(folder / "known.txt", folder) != {KNOWN}:
            print(f"FAILED: the index does not say that {KNOWN} is yanked")  # noqa: T201
            return False
        found = {lock.name: yanked(lock, folder) for lock in (LOCK, PROOFS_LOCK)}
    for lock, pins in found.items():
        print(f"{lock:26} {'nobody can say' if pins is None else pins or 'none yanked'}")  # noqa: T201
    return all(pins == set() for pins in found.values())
