"""The locks, and which of their packages an embassy's server installs."""

import re
from collections.abc import Iterator, Sequence
from importlib.metadata import distribution, distributions
from pathlib import Path
from typing import NamedTuple

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
LOCK = ROOT / "requirements.txt"
PROOFS_LOCK = ROOT / "requirements-proofs.txt"
SERVER_LOCK = ROOT / "requirements-server.txt"
OURS = (
    "pe-core",
    *sorted(
        path.parent.name.replace("_", "-") for path in ROOT.glob("plugins/*/src/pe_*/py.typed")
    ),
)
"""What a server installs of ours."""

_PYTHONS = ("3.11", "3.12", "3.13", "3.14")
_SERVER = {
    "implementation_name": "cpython",
    "os_name": "posix",
    "platform_machine": "x86_64",
    "platform_python_implementation": "CPython",
    "platform_system": "Linux",
    "sys_platform": "linux",
}
"""A server is Linux with CPython, whatever this machine is; any Python from ours on."""


class Pinned(NamedTuple):
    """One package of a lock: its name and version, SHA-256 sums, and when it is installed."""

    name: str
    version: str
    hashes: tuple[str, ...]
    marker: str


def read_lock(path: Path) -> dict[str, Pinned]:
    """Return the packages of a lock by name; a line that is not pinned and hashed is refused."""
    found: dict[str, Pinned] = {}
    for line in path.read_text(encoding="utf-8").replace("\\\n", "").splitlines():
        if not line.strip():
            continue
        head, *hashes = re.split(r"\s+--hash=sha256:", line.strip())
        match = re.fullmatch(r"([A-Za-z0-9._-]+)==([^\s;]+)\s*(?:;\s*(.+))?", head)
        if not match or not hashes or not all(re.fullmatch("[0-9a-f]{64}", h) for h in hashes):
            raise ValueError(f"{path.name}: not pinned by version and SHA-256: {head}")
        name = canonicalize_name(match[1])
        found[name] = Pinned(name, match[2], tuple(sorted(hashes)), match[3] or "")
    return found


def on_a_server(marker: Marker | None, extra: str = "") -> bool:
    """Tell whether some server of ours would install what stands behind this marker."""
    return marker is None or any(
        marker.evaluate(
            {
                **_SERVER,
                "python_version": python,
                "python_full_version": f"{python}.0",
                "extra": extra,
            }
        )
        for python in _PYTHONS
    )


def closure(roots: Sequence[str] = OURS) -> set[str]:
    """Return all that a server installs when it installs these, ours among it.

    It is read from what is installed here: who needs what, without extras of ours.
    """
    waiting = [(canonicalize_name(name), frozenset[str]()) for name in roots]
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        name, extras = waiting.pop()
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        for needed in _needs(name, extras):
            waiting.append((canonicalize_name(needed.name), frozenset(needed.extras)))
    return {name for name, _ in seen}


def _needs(name: str, extras: frozenset[str]) -> Iterator[Requirement]:
    for line in distribution(name).requires or ():
        needed = Requirement(line)
        if any(on_a_server(needed.marker, extra) for extra in ("", *extras)):
            yield needed


def installed() -> set[str]:
    """Return the names of all distributions of this environment."""
    return {canonicalize_name(found.name) for found in distributions()}
