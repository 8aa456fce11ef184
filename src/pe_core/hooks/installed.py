"""The plugins that are installed on this machine, enabled or not."""

import hashlib
import importlib.metadata
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

from pe_core.hooks.specs import GROUP
from pe_core.model.struct import Model

NAMES = ("pe-embassy-{}", "pe-{}")
"""What the distribution of a plugin is called: a country's, and any other's."""


class Found(Model):
    """A plugin that is installed, enabled or not.

    ``package`` is the top package that its entry point names; ``rivals`` are other
    distributions that bring a plugin of the same name.
    """

    name: str
    version: str
    load: Callable[[], Any]
    package: str = ""
    distribution: str = ""
    rivals: tuple[str, ...] = ()


def find_plugins(names: Sequence[str] = ()) -> dict[str, Found]:
    """Return the installed plugins by name, from the entry points of the group ``pe``.

    With ``names`` only these, if each lies in a distribution that is called after it: then
    no other distribution is opened, and a start costs the same however many are installed.
    """
    if names:
        named = {name: _find_by_name(name) for name in names}
        known = {name: plugin for name, plugin in named.items() if plugin is not None}
        if len(known) == len(named):
            return known
    found: dict[str, Found] = {}
    for point in importlib.metadata.entry_points(group=GROUP):
        plugin = _found(point)
        if point.name in found:
            first = found[point.name]
            plugin = _rivalling(first, plugin.distribution)
        found[point.name] = plugin
    return found


def fingerprint(folder: Path) -> str:
    """Return the SHA-256 of a plugin's files, in 64 hex digits.

    It is that of the list which ``sha256sum`` prints of them, in the order of their bytes, each
    named from the package's folder on; what Python compiled by itself is left out.
    """
    listed = hashlib.sha256()
    for path in _files(folder):
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        listed.update(f"{digest}  {path.relative_to(folder.parent).as_posix()}\n".encode())
    return listed.hexdigest()


def _find_by_name(name: str) -> Found | None:
    for pattern in NAMES:
        try:
            distribution = importlib.metadata.distribution(pattern.format(name))
        except importlib.metadata.PackageNotFoundError:
            continue
        for point in distribution.entry_points:
            if point.group == GROUP and point.name == name:
                # Entry points of one distribution do not know which it is.
                return _found(point, distribution)
    return None


def _found(point: EntryPoint, distribution: importlib.metadata.Distribution | None = None) -> Found:
    brought_by = distribution or point.dist
    return Found(
        name=point.name,
        version=brought_by.version if brought_by else "?",
        load=point.load,
        package=point.module.partition(".")[0],
        distribution=brought_by.name if brought_by else "?",
    )


def _rivalling(first: Found, rival: str) -> Found:
    return Found(
        name=first.name,
        version=first.version,
        load=first.load,
        package=first.package,
        distribution=first.distribution,
        rivals=(*first.rivals, rival),
    )


def _files(folder: Path) -> Iterator[Path]:
    paths = (path for path in folder.rglob("*") if "__pycache__" not in path.parts)
    yield from sorted(
        (path for path in paths if path.is_file()), key=lambda path: path.as_posix().encode()
    )
