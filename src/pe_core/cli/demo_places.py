"""Which embassies a demo has: of Exampleland, of a plugin, or of every folder of deployments."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from pe_core.errors import SettingsError
from pe_core.hooks import find_plugins
from pe_core.model.struct import Model
from pe_core.rules.texts import territory_name
from pe_core.settings import (
    DoorSettings,
    EmbassySettings,
    PluginsSettings,
    RingsSettings,
    ServerSettings,
    Settings,
    read_settings,
)

HERE = "127.0.0.1"
NEIGHBOUR = "pl"
"""The plugin of the second embassy, if it is installed: one with languages of its own."""
DATA = "data"
OWN = "zz"
"""The plugin whose invented requests are written by hand."""

NAMES = {
    "be": "Народная амбасада Беларусі: {}",
    "ru": "Народное посольство Беларуси: {}",
    "en": "People's Embassy of Belarus: {}",
}
"""What the embassy of a country is called, with the country's name in the nominative."""

_BARE = re.compile(r"[A-Za-z0-9_-]+")


class Place(Model):
    """One embassy of a demo: where it lies and what its pe.toml says.

    ``by_hand`` is whether its requests are those that were invented by hand for Exampleland;
    else they are made from its forms.
    """

    folder: Path
    settings: Settings
    by_hand: bool

    @property
    def code(self) -> str:
        """Return the embassy's code."""
        return self.settings.embassy.code

    @property
    def address(self) -> str:
        """Return the origin that browsers see."""
        return self.settings.server.address

    @property
    def data(self) -> Path:
        """Return its data folder."""
        return self.folder / self.settings.data


def demo_settings(port: int) -> Settings:
    """Return the settings of the demo embassy on this port of the loopback address."""
    return Settings(
        embassy=EmbassySettings(
            code=OWN,
            names={
                "be": "Народная амбасада Беларусі ў Прыкладландыі",
                "ru": "Народное посольство Беларуси в Примерландии",
                "en": "People's Embassy of Belarus in Exampleland",
                "he": "שגרירות העם של בלארוס בארץ הדוגמה",
            },
            languages=("be", "ru", "en", "he"),
            zone="Etc/UTC",
            contact="desk@zz.example",
            jurisdiction=OWN,
        ),
        plugins=PluginsSettings(enabled=(OWN,)),
        server=_served(port),
    )


def plugin_settings(plugin: str, port: int) -> Settings:
    """Return the settings of an invented embassy of a plugin; raises what is wrong with it."""
    # The toolkit's way to make settings brings what only authors need.
    from pe_core.toolkit.bringing import settings_for

    return msgspec.structs.replace(settings_for([plugin]), server=_served(port))


def two_embassies(folder: Path, port: int) -> tuple[Place, ...]:
    """Return Exampleland's embassy and a neighbour; alone where no neighbour is installed."""
    settings = [demo_settings(port)]
    if NEIGHBOUR in find_plugins():
        settings.append(_named(plugin_settings(NEIGHBOUR, port + 1)))
    return _placed(folder, settings)


def one_embassy(folder: Path, port: int, plugin: str | None = None) -> tuple[Place, ...]:
    """Return Exampleland's embassy, or an invented one of an installed plugin."""
    settings = demo_settings(port) if plugin is None else plugin_settings(plugin, port)
    return _placed(folder, [settings], by_hand=plugin is None)


def every_deployment(folder: Path, port: int, deployments: Path) -> tuple[Place, ...]:
    """Return the embassy of every folder of ``deployments`` that has a pe.toml, by its code.

    Each is as its file says, but for where it is served and kept, and that it rings nobody: what
    is invented must neither reach people nor lie beside what is real. Raises SettingsError if
    there is none or one cannot be read.
    """
    files = sorted(deployments.glob("*/pe.toml"))
    if not files:
        raise SettingsError(f"{deployments} has no folder with a pe.toml; see --deployments")
    found = [read_settings(file) for file in files]
    served = [
        msgspec.structs.replace(
            one, server=_served(port + number), data=DATA, rings=RingsSettings()
        )
        for number, one in enumerate(found)
    ]
    return _placed(folder, served)


def write_settings(place: Place) -> Path:
    """Write the pe.toml of an embassy into its folder, and return the file."""
    place.folder.mkdir(parents=True, exist_ok=True)
    file = place.folder / "pe.toml"
    told = msgspec.to_builtins(place.settings)
    file.write_text("\n".join(_tables("", told)), encoding="utf-8")
    return file


def _placed(
    folder: Path, settings: Sequence[Settings], *, by_hand: bool = True
) -> tuple[Place, ...]:
    """Give each embassy a folder, and leave to speak with the others on this machine."""
    hosts = {one.embassy.code: f"{HERE}:{one.server.port}" for one in settings}
    if len(hosts) < len(settings):
        raise SettingsError("two embassies have the same code; each needs one of its own")
    places = []
    for one in settings:
        others = tuple(host for code, host in hosts.items() if code != one.embassy.code)
        door = DoorSettings(allow=(*one.door.allow, *others))
        changed = msgspec.structs.replace(one, door=door)
        own = by_hand and OWN in one.plugins.enabled
        places.append(Place(folder=folder / one.embassy.code, settings=changed, by_hand=own))
    return tuple(places)


def _named(settings: Settings) -> Settings:
    """Return the settings with the names that such an embassy would have."""
    territory = settings.embassy.jurisdiction
    names = {tag: named.format(territory_name(territory, tag)) for tag, named in NAMES.items()}
    embassy = msgspec.structs.replace(settings.embassy, names={**settings.embassy.names, **names})
    return msgspec.structs.replace(settings, embassy=embassy)


def _served(port: int) -> ServerSettings:
    return ServerSettings(host=HERE, port=port, address=f"http://{HERE}:{port}")


def _tables(name: str, table: Mapping[str, Any]) -> Sequence[str]:
    """Return the lines of a TOML table; strings and lists are written as in JSON."""
    plain = {key: value for key, value in table.items() if not isinstance(value, dict)}
    lines = [f"\n[{name}]"] if name else []
    lines += [f"{_key(key)} = {_value(value)}" for key, value in plain.items()]
    for key, value in table.items():
        if isinstance(value, dict) and value:
            inner = f"{name}.{_key(key)}" if name else _key(key)
            lines += _tables(inner, value)
    return lines


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else json.dumps(name)


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(k)} = {_value(v)}" for k, v in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_value, value)) + "]"
    return json.dumps(value, ensure_ascii=False)
