"""Read ``pe.toml``, the one file that says how an instance runs.

A wrong key is refused with its table and the nearest right one; a missing table or key is
named. Nothing secret stands in this file: keys are made by ``pe init`` and sealed.
"""

import difflib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from pe_core.errors import SettingsError
from pe_core.model.embassy import Embassy
from pe_core.model.struct import Model

S = TypeVar("S", bound=msgspec.Struct)

Tag = Annotated[str, Meta(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{4,8})?$")]


class EmbassySettings(Model, forbid_unknown_fields=True):
    """The ``[embassy]`` table: who runs this instance."""

    code: Annotated[str, Meta(pattern=r"^[a-z]{2,8}$")]
    names: Mapping[str, str]
    languages: Annotated[tuple[Tag, ...], Meta(min_length=1)]
    zone: str
    contact: Annotated[str, Meta(max_length=200)]
    jurisdiction: str


class ServerSettings(Model, forbid_unknown_fields=True):
    """The ``[server]`` table: where the process listens and how people reach it.

    ``address`` is the origin that browsers see, such as ``https://help.example``; ``onion``
    says that it is an onion service, where cookies cannot be Secure.
    """

    host: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=1, le=65535)] = 8000
    address: str = "http://127.0.0.1:8000"
    onion: bool = False


class VaultSettings(Model, forbid_unknown_fields=True):
    """The ``[vault]`` table: how what is in memory is guarded.

    ``argon2_memory`` is what an unlock costs a guesser, in MiB of memory; ``swap_encrypted``
    says that the machine's swap is encrypted with a key that nobody keeps, for `pe doctor`.
    """

    argon2_memory: Annotated[int, Meta(ge=64, le=512)] = 128
    swap_encrypted: bool = False


class PluginsSettings(Model, forbid_unknown_fields=True):
    """The ``[plugins]`` table: installed is not enabled, only these names are."""

    enabled: Annotated[tuple[str, ...], Meta(min_length=1)]


class Settings(Model, forbid_unknown_fields=True):
    """All of ``pe.toml``. ``data`` is the data folder, relative to the file."""

    embassy: EmbassySettings
    plugins: PluginsSettings
    server: ServerSettings = ServerSettings()
    vault: VaultSettings = VaultSettings()
    plugin: Mapping[str, Mapping[str, Any]] = {}
    data: str = "data"


def read_settings(path: Path) -> Settings:
    """Read and check a ``pe.toml``; raises SettingsError that names the table, key and mend."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SettingsError(
            f"{path.name} is not there; `pe init --help` shows how one is made"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path.name} is not valid TOML: {error}") from None
    settings = convert_table(raw, Settings, "")
    _check_meaning(settings)
    return settings


def embassy_of(settings: Settings) -> Embassy:
    """Return the embassy that ``[embassy]`` describes."""
    return msgspec.convert(msgspec.to_builtins(settings.embassy), Embassy)


def convert_table(raw: Mapping[str, Any], into: type[S], table: str) -> S:
    """Convert one table strictly; ``table`` is its dotted name for the messages."""
    _refuse_unknown_keys(raw, into, table)
    try:
        return msgspec.convert(raw, into)
    except msgspec.ValidationError as error:
        where = f"[{table}] " if table else ""
        raise SettingsError(f"pe.toml: {where}{error}") from None


def _refuse_unknown_keys(raw: Mapping[str, Any], into: type[msgspec.Struct], table: str) -> None:
    fields = {field.name: field.type for field in msgspec.structs.fields(into)}
    for key, value in raw.items():
        if key not in fields:
            near = difflib.get_close_matches(key, fields, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else f"; known: {', '.join(fields)}"
            raise SettingsError(f"pe.toml: [{table or 'top'}] has no key {key!r}{hint}")
        kind = fields[key]
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and isinstance(value, dict):
            _refuse_unknown_keys(value, kind, f"{table}.{key}" if table else key)


def _check_meaning(settings: Settings) -> None:
    embassy = settings.embassy
    try:
        ZoneInfo(embassy.zone)
    except (KeyError, ValueError, OSError):
        raise SettingsError(
            f"pe.toml: [embassy] zone {embassy.zone!r} is not a time zone, such as Europe/Minsk"
        ) from None
    if embassy.languages[0] not in embassy.names:
        raise SettingsError(
            f"pe.toml: [embassy] names has no name in the first language {embassy.languages[0]!r}"
        )
    address = settings.server.address
    if not address.startswith(("http://", "https://")) or address.endswith("/"):
        raise SettingsError(
            "pe.toml: [server] address is an origin without a slash at its end, "
            "such as https://help.example"
        )
