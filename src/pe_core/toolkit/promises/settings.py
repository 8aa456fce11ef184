"""A key that the plugin's settings do not have is refused, next to each that they have."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec
from msgspec import inspect

from pe_core.errors import PluginError
from pe_core.hooks import Instance, find_plugins, load_plugins
from pe_core.settings import Settings, embassy_of

S = TypeVar("S", bound=msgspec.Struct)


class Asked(Instance):
    """An instance that notes which settings a plugin asks for."""

    note: Callable[[tuple[str, type[msgspec.Struct]]], None]

    def settings(self, plugin: str, kind: type[S]) -> S:
        """Return the settings as ever, and note their type."""
        self.note((plugin, kind))
        return super().settings(plugin, kind)


def setting_faults(plugin: str, settings: Settings) -> Iterator[str]:
    """Yield a line for each misspelt key in ``[plugin.<plugin>]`` that nobody would notice."""
    kinds: dict[type[msgspec.Struct], None] = {}
    _load(
        settings, {}, lambda asked: kinds.update({asked[1]: None}) if asked[0] == plugin else None
    )
    for kind in kinds:
        yield from _lenient(kind)
        for key in kind.__struct_encode_fields__:
            neighbour = f"{key}_x"
            if not any(
                repr(neighbour) in fault for fault in _load(settings, {plugin: {neighbour: 1}})
            ):
                yield (
                    f"[plugin.{plugin}] {neighbour} = 1 is taken without a word; let the "
                    f"SettingsError of instance.settings({plugin!r}, {kind.__name__}) through"
                )


def _load(
    settings: Settings,
    tables: Mapping[str, Mapping[str, Any]],
    note: Callable[[tuple[str, type[msgspec.Struct]]], None] = lambda _: None,
) -> tuple[str, ...]:
    """Load the plugins with these tables in pe.toml; return what is wrong."""
    names = settings.plugins.enabled
    embassy = embassy_of(settings)
    instance = Asked(embassy, settings.server.address, _now, {**settings.plugin, **tables})
    instance.note = note
    try:
        load_plugins(names, instance, find_plugins(names))
    except PluginError as error:
        return error.faults
    return ()


def _now() -> datetime:
    return datetime.now(UTC)


def _lenient(kind: type[msgspec.Struct]) -> Iterator[str]:
    """Yield a line for each table inside the settings that takes unknown keys."""
    shape = inspect.type_info(kind)
    seen: set[type] = set()
    left: list[Any] = [shape]
    while left:
        one = left.pop()
        if isinstance(one, inspect.StructType):
            if one.cls in seen:
                continue
            seen.add(one.cls)
            if not one.cls.__struct_config__.forbid_unknown_fields:
                yield (
                    f"settings: {one.cls.__name__} takes keys that it does not have; write "
                    f"class {one.cls.__name__}(Model, forbid_unknown_fields=True)"
                )
            left += [field.type for field in one.fields]
        elif isinstance(one, inspect.Type):
            left += [part for part in _parts(one) if isinstance(part, inspect.Type)]


def _parts(shape: inspect.Type) -> Iterator[Any]:
    for name in getattr(shape, "__struct_fields__", ()):
        value = getattr(shape, name)
        yield from value if isinstance(value, tuple) else (value,)
