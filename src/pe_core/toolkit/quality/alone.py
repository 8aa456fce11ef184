"""Load one plugin and nothing else, in a process that it may spoil: no network, no output."""

import contextlib
import importlib
import io
import logging
import socket
import sys
import warnings
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

import msgspec

from pe_core.errors import PluginError
from pe_core.hooks import Found, Instance, Plugins, load_plugins
from pe_core.model import Embassy
from pe_core.model.struct import Model

S = TypeVar("S", bound=msgspec.Struct)

_SHOWN = 80
"""Characters that are shown of what was written."""


class Alone(Model):
    """What came of it: what the plugin brought, or its faults; and the settings it asked for."""

    plugins: Plugins | None
    faults: tuple[str, ...]
    settings: tuple[type[msgspec.Struct], ...]


def load_alone(code: str, version: str, package: Path, languages: Sequence[str]) -> Alone:
    """Load the plugin whose package folder this is, with warnings as errors.

    It is told of an invented embassy in its own jurisdiction, and has no settings. Everything
    that is wrong is a line of ``faults``; nothing is raised.
    """
    asked: list[type[msgspec.Struct]] = []
    found = Found(name=code, version=version, load=lambda: _load(package), package=package.name)
    plugins: Plugins | None = None
    faults: list[str] = []
    written = io.StringIO()
    logging.getLogger().addHandler(logging.NullHandler())  # else warnings go to the stream
    with no_network() as reached, warnings.catch_warnings(), contextlib.redirect_stderr(written):
        warnings.simplefilter("error")
        try:
            plugins = load_plugins([code], _instance(code, languages, asked), {code: found})
        except PluginError as error:
            faults += error.faults
        except Exception as error:  # what the loader did not foresee is a fault, too
            faults.append(f"{code}: loading it raised {type(error).__name__}: {error}")
    faults += _left_outside(code, written.getvalue(), reached)
    return Alone(plugins=plugins, faults=tuple(faults), settings=tuple(dict.fromkeys(asked)))


@contextlib.contextmanager
def no_network() -> Iterator[list[str]]:
    """Let nothing connect to another machine inside the block; yields who was reached for."""
    reached: list[str] = []
    kept = {name: getattr(socket.socket, name) for name in ("connect", "connect_ex")}
    resolve = socket.getaddrinfo

    def refuse(_self: Any, address: Any) -> None:
        reached.append(str(address[0] if isinstance(address, tuple) else address))
        raise OSError("there is no network here")

    def refuse_name(host: Any, *_rest: Any, **_more: Any) -> Any:
        reached.append(str(host))
        raise socket.gaierror("there is no network here")

    for name in kept:
        setattr(socket.socket, name, refuse)
    socket.getaddrinfo = refuse_name
    try:
        yield reached
    finally:
        for name, method in kept.items():
            setattr(socket.socket, name, method)
        socket.getaddrinfo = resolve


def _instance(code: str, languages: Sequence[str], asked: list[type[msgspec.Struct]]) -> Instance:
    """Return an instance that notes in ``asked`` which settings a plugin asks for."""

    class Recording(Instance):
        def settings(self, plugin: str, kind: type[S]) -> S:
            asked.append(kind)
            return super().settings(plugin, kind)

    return Recording(_embassy(code, languages), "https://help.example", _now, {})


def _left_outside(code: str, written: str, reached: Sequence[str]) -> Iterator[str]:
    """Yield what a plugin did to the world while it was loaded."""
    if written:
        yield (
            f"{code}: wrote {written[:_SHOWN]!r} to the error stream; use instance.log({code!r})"
        )
    for host in dict.fromkeys(reached):
        yield (
            f"{code}: reached for {host} while it was loaded; a plugin loads without a network: "
            "leave it to the objects that a hook returns"
        )


def _load(package: Path) -> ModuleType:
    if str(package.parent) not in sys.path:
        sys.path.insert(0, str(package.parent))
    return importlib.import_module(package.name)


def _embassy(code: str, languages: Sequence[str]) -> Embassy:
    tags = tuple(languages) or ("en",)
    return Embassy(
        code=code,
        names={tag: "Example embassy" for tag in tags},
        languages=tags,
        zone="Etc/UTC",
        contact="desk@embassy.example",
        jurisdiction=code,
    )


def _now() -> datetime:
    return datetime.now(UTC)
