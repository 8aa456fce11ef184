"""What the plugins of an instance are, what each adds, and switching on again what is off."""

import asyncio
from collections.abc import Iterable, Mapping
from pathlib import Path

from pe_core.desk.desk import Desk
from pe_core.desk.sessions import Session
from pe_core.desk.trail import record
from pe_core.errors import NotFound
from pe_core.hooks import Found, Plugins, find_plugins, fingerprint
from pe_core.hooks.troubles import plugin_of
from pe_core.model.struct import Model
from pe_core.model.trail import Act


class Enabled(Model):
    """A plugin at work: the names of what it adds, by kind.

    ``ranks`` is whether it has a say in the order in which volunteers are suggested,
    ``shares`` whether it has a rule about what may go to another embassy.
    ``fingerprint`` is the SHA-256 of its files as they lie on the disk now, '' where they do
    not lie in a folder of their own; ``version`` is '' where nobody installed it.
    """

    name: str
    version: str
    fingerprint: str
    jurisdictions: tuple[str, ...]
    topics: tuple[str, ...]
    volunteering: tuple[str, ...]
    ranks: bool
    shares: bool
    listeners: tuple[str, ...]
    notifiers: tuple[str, ...]
    guides: tuple[str, ...]
    letters: tuple[str, ...]
    languages: tuple[str, ...]


class Others(Model):
    """A plugin that is installed and not enabled: nothing of it runs."""

    name: str
    version: str


class Known(Model):
    """All plugins that the machine knows."""

    enabled: tuple[Enabled, ...]
    others: tuple[Others, ...]


async def read_plugins(desk: Desk) -> Known:
    """Return what is enabled and what else is installed; it reads the plugins' files."""
    return await asyncio.to_thread(_read, desk.plugins)


async def try_again(desk: Desk, session: Session, part: str) -> None:
    """Switch on what is off under this name, with an entry in the trail; NotFound if nothing is."""
    if part not in {trouble.part for trouble in desk.troubles.all()}:
        raise NotFound("staff.plugins.nothing_off")
    await record(desk, session.box, Act.PLUGIN_TRIED, part)
    desk.troubles.switch_on(part)


def _read(plugins: Plugins) -> Known:
    installed = find_plugins()
    return Known(
        enabled=tuple(_enabled(plugins, name, installed) for name in plugins.names),
        others=tuple(
            Others(name=found.name, version=found.version)
            for found in sorted(installed.values(), key=lambda found: found.name)
            if found.name not in plugins.names
        ),
    )


def _enabled(plugins: Plugins, name: str, installed: Mapping[str, Found]) -> Enabled:
    found, folder = installed.get(name), plugins.folders[name]
    listeners = (listener.name for listener in plugins.listeners)
    return Enabled(
        name=name,
        version=found.version if found is not None else "",
        fingerprint=fingerprint(folder) if found and folder.name == found.package else "",
        jurisdictions=tuple(code for code, owner in plugins.lawgivers.items() if owner == name),
        topics=_of(name, plugins.forms),
        volunteering=_of(name, plugins.volunteering),
        ranks=name in dict(plugins.rankers),
        shares=name in dict(plugins.sharers),
        listeners=_of(name, listeners),
        notifiers=_of(name, plugins.notifiers),
        guides=_of(name, plugins.guides),
        letters=_of(name, plugins.letters),
        languages=_languages(folder / "locales"),
    )


def _of(plugin: str, names: Iterable[str]) -> tuple[str, ...]:
    return tuple(name for name in names if plugin_of(name) == plugin)


def _languages(folder: Path) -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in folder.glob("*.po")))
