"""Settings for whatever plugins a test names, and plugins that come to a running instance."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec

from pe_core.courier import Courier
from pe_core.desk.timers import Timers
from pe_core.errors import SettingsError
from pe_core.hooks import Found, Instance, Plugins, find_plugins, load_plugins
from pe_core.model import Embassy
from pe_core.rules.vocabulary import join_vocabulary
from pe_core.running import enabled_plugins, read_texts
from pe_core.settings import EmbassySettings, PluginsSettings, Settings
from pe_core.toolkit.embassy import TestEmbassy

FIRST_LANGUAGES = ("be", "ru", "en")
"""In the order in which embassies offer them; a plugin's other languages follow."""
NAMES = {"be": "Прыкладная амбасада", "en": "Example embassy"}


def settings_for(
    names: Sequence[str], tables: Mapping[str, Mapping[str, Any]] | None = None
) -> Settings:
    """Return settings of an invented embassy with these plugins, in the first one's languages.

    Its jurisdiction is the first that one of them brings; ``tables`` is ``[plugin.<name>]`` of
    its pe.toml. Raises PluginError with a line for every fault, and SettingsError without a
    jurisdiction.
    """
    tables = tables or {}
    plugins = load_plugins(names, _nowhere(tables), find_plugins(names))
    if not plugins.jurisdictions:
        raise SettingsError(
            f"no plugin of {', '.join(names)} brings a jurisdiction, and an embassy needs one; "
            'name one that does, such as pe_plugins = ["zz", ...] or beside = ("zz",)'
        )
    place = next(iter(plugins.jurisdictions.values()))
    languages = languages_of(plugins, names[0])
    return Settings(
        embassy=EmbassySettings(
            code=place.code,
            names=NAMES if languages[0] in NAMES else {**NAMES, languages[0]: NAMES["en"]},
            languages=languages,
            zone=place.zones[0],
            contact=f"desk@{place.code}.example",
            jurisdiction=place.code,
        ),
        plugins=PluginsSettings(enabled=tuple(names)),
        plugin=tables,
    )


def languages_of(plugins: Plugins, name: str) -> tuple[str, ...]:
    """Return the languages that a plugin declares: those of its catalogues, or English."""
    there = {path.stem for path in (plugins.folders[name] / "locales").glob("*.po")}
    first = [language for language in FIRST_LANGUAGES if language in there]
    return (*first, *sorted(there.difference(first))) or ("en",)


def bring(instance: TestEmbassy, thing: Any, name: str, folder: Path | None) -> Plugins:
    """Add a plugin made of one object to a running instance; PluginError as at its start.

    ``folder`` is where its ``locales``, ``guides`` and ``letters`` lie, if it has any.
    """
    settings = instance.settings
    enabled = tuple(dict.fromkeys((*settings.plugins.enabled, name)))
    module = _module_of(thing, name, folder)
    found = Found(name=name, version="0", load=lambda: module, package=module.__name__)
    changed = msgspec.structs.replace(settings, plugins=PluginsSettings(enabled=enabled))
    installed = {**find_plugins(settings.plugins.enabled), name: found}
    plugins = enabled_plugins(changed, instance.clock.now, installed)
    desk = instance.desk
    desk.texts = read_texts(plugins, settings.embassy.languages, instance.folder / "cache")
    desk.jurisdiction = plugins.jurisdictions[settings.embassy.jurisdiction]
    desk.forms, desk.guides, desk.letters = plugins.forms, plugins.guides, plugins.letters
    desk.volunteering = plugins.volunteering
    desk.vocabulary = join_vocabulary(plugins.volunteering.values())
    desk.plugins = plugins
    instance.settings, instance.plugins = changed, plugins
    instance.courier = Courier(
        instance.store, [*plugins.listeners, Timers(desk)], instance.clock.now, desk.troubles
    )
    return plugins


def _module_of(thing: Any, name: str, folder: Path | None) -> ModuleType:
    """Return a module that holds the hooks of an object; a module stays what it is."""
    if isinstance(thing, ModuleType) and folder is None:
        return thing
    module = ModuleType(f"pe_registered_{name.replace('-', '_')}")
    module.__file__ = str((folder or Path("/nowhere")) / "__init__.py")
    for hook in _hooks_of(thing):
        setattr(module, hook, getattr(thing, hook))
    return module


def _hooks_of(thing: Any) -> Iterable[str]:
    public = (name for name in dir(thing) if not name.startswith("_"))
    return [name for name in public if hasattr(getattr(thing, name), "pe_impl")]


def _nowhere(tables: Mapping[str, Mapping[str, Any]]) -> Instance:
    """Return an instance of which nothing is known yet but the plugins' own settings."""
    embassy = Embassy(
        code="example",
        names=NAMES,
        languages=("en",),
        zone="Etc/UTC",
        contact="",
        jurisdiction="",
    )
    return Instance(embassy, "http://127.0.0.1:8000", lambda: datetime.now(UTC), tables)
