"""Read ``pe.toml``, the one file that says how an instance runs.

All that is wrong is said at once, a line each: a wrong key with its table and the nearest right
one, a missing one by its name, a wrong value by its key and never by itself. Nothing secret
stands in this file: keys are made by ``pe init`` and sealed.
"""

import difflib
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from pe_core.errors import SettingsError
from pe_core.model.embassy import Embassy
from pe_core.model.finding import Finding, fine, warning, wrong
from pe_core.model.struct import Model

S = TypeVar("S", bound=msgspec.Struct)

Tag = Annotated[str, Meta(pattern=r"\A[a-z]{2,3}(-[A-Za-z0-9]{4,8})?\Z")]
Line = Annotated[str, Meta(pattern=r"\A[^\x00-\x1f\x7f]+\Z")]
"""A line of text; no path and no name has control characters in it."""
HostAndPort = Annotated[
    str, Meta(pattern=r"\A([a-z0-9.-]{1,253}|\[[0-9a-f:.]{2,45}\]):[0-9]{1,5}\Z")
]
HourAndMinute = Annotated[str, Meta(pattern=r"\A([01][0-9]|2[0-3]):[0-5][0-9]\Z")]
USUAL_MEMORY = 128
"""MiB for Argon2id; a lower setting makes guessing cheaper."""
_QUOTED = re.compile(r"(?<=Invalid enum value).*", re.DOTALL)
"""Where msgspec repeats a value; what was put under a wrong key may be a secret."""


class EmbassySettings(Model, forbid_unknown_fields=True):
    """The ``[embassy]`` table: who runs this instance."""

    code: Annotated[str, Meta(pattern=r"\A[a-z]{2,8}\Z")]
    """A short name; everything is sealed under it, so it stays as it was at `pe init`."""
    names: Mapping[str, Line]
    """What the embassy is called, by language; at least in the first language."""
    languages: Annotated[tuple[Tag, ...], Meta(min_length=1)]
    """The languages that are offered, each once; the first one is the default."""
    zone: Line
    """The time zone of its clocks, such as ``Europe/Minsk``."""
    contact: Annotated[str, Meta(max_length=200)]
    """Where the team can be reached beside the portal; shown on public pages."""
    jurisdiction: Line
    """The code of the jurisdiction in force; an enabled plugin brings it."""
    imprint: tuple[Line, ...] = ()
    """Who answers for the site, line by line, where the law wants that."""


class ServerSettings(Model, forbid_unknown_fields=True):
    """The ``[server]`` table: where the process listens and how people reach it."""

    host: Line = "127.0.0.1"
    """The address to listen at; a proxy for TLS stands before it."""
    port: Annotated[int, Meta(ge=1, le=65535)] = 8000
    """The port to listen at."""
    address: str = "http://127.0.0.1:8000"
    """The origin that browsers see, such as ``https://help.example``; no slash at its end."""
    onion: bool = False
    """Whether this is an onion service, where cookies cannot be Secure."""


class VaultSettings(Model, forbid_unknown_fields=True):
    """The ``[vault]`` table: how what is in memory is guarded."""

    argon2_memory: Annotated[int, Meta(ge=64, le=512)] = 128
    """What an unlock costs a guesser, in MiB of memory."""
    swap_encrypted: bool = False
    """Whether the machine's swap is encrypted with a key that nobody keeps, for `pe doctor`."""


class DoorSettings(Model, forbid_unknown_fields=True):
    """The ``[door]`` table: what the portal may call beside public https addresses."""

    allow: tuple[HostAndPort, ...] = ()
    """Hosts inside with their port, such as ``127.0.0.1:2586``, that may speak without TLS."""


class RingTo(Model, forbid_unknown_fields=True):
    """An address that may stand in clear, such as one topic of the whole embassy."""

    notifier: Line
    """The notifier that rings it, such as ``ntfy.push``."""
    address: Line
    """What that notifier takes for an address."""


class RingsSettings(Model, forbid_unknown_fields=True):
    """The ``[rings]`` table: who is rung at fixed hours, while nobody has unlocked."""

    to: tuple[RingTo, ...] = ()
    """Addresses that whoever takes this file may read, and whose owners agreed to that."""
    at: tuple[HourAndMinute, ...] = ()
    """The hours on the embassy's clocks, such as ``09:00``; news or not, so they tell nothing."""


class PluginsSettings(Model, forbid_unknown_fields=True):
    """The ``[plugins]`` table: installed is not enabled, only these names are."""

    enabled: Annotated[tuple[str, ...], Meta(min_length=1)]
    """The names of the plugins to load, each once; what is installed beside them is not touched."""


class Settings(Model, forbid_unknown_fields=True):
    """All of ``pe.toml``: its tables, and what stands before the first of them."""

    embassy: EmbassySettings
    plugins: PluginsSettings
    server: ServerSettings = ServerSettings()
    vault: VaultSettings = VaultSettings()
    door: DoorSettings = DoorSettings()
    rings: RingsSettings = RingsSettings()
    plugin: Mapping[str, Mapping[str, Any]] = {}
    """A table ``[plugin.<name>]`` for each plugin that has settings; the plugin reads it."""
    data: Line = "data"
    """The data folder, relative to the file."""


def read_settings(path: Path) -> Settings:
    """Read and check a ``pe.toml``; raises SettingsError with a line for all that is wrong.

    Each line names the table, the key and the mend.
    """
    settings = convert_table(_read(path), Settings, "")
    faults = [f"pe.toml: {fault}" for fault in _meaning_faults(settings)]
    if faults:
        raise SettingsError("\n".join(faults))
    return settings


def embassy_of(settings: Settings) -> Embassy:
    """Return the embassy that ``[embassy]`` describes."""
    return msgspec.convert(msgspec.to_builtins(settings.embassy), Embassy)


def convert_table(raw: Mapping[str, Any], into: type[S], table: str) -> S:
    """Convert one table strictly; ``table`` is its dotted name for the messages."""
    faults = [f"pe.toml: {fault}" for fault in _faults(raw, into, table)]
    if faults:
        raise SettingsError("\n".join(faults))
    try:
        return msgspec.convert(raw, into)
    except msgspec.ValidationError as error:
        # What no field says of itself, such as a check of the whole table.
        raise SettingsError(f"pe.toml: {_where(table)}{_said(error)}") from None


def _read(path: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SettingsError(
            f"{path.name} is not there: go to its folder, or name it with --config; "
            "deployments/ of the project has one of each country to begin with"
        ) from None
    except OSError as error:
        raise SettingsError(f"{path.name} cannot be read: {error.strerror}") from None
    except RecursionError:
        raise SettingsError(f"{path.name} is not valid TOML: nested too deeply") from None
    except ValueError as error:
        # Also a number of thousands of digits, which is not TOML's own complaint.
        raise SettingsError(f"{path.name} is not valid TOML: {error}") from None


def _faults(raw: Mapping[str, Any], into: type[msgspec.Struct], table: str) -> Iterator[str]:
    """Say what is wrong with a table: keys it does not have, keys it lacks, wrong values."""
    fields = {field.encode_name: field for field in msgspec.structs.fields(into)}
    for key in raw:
        if key not in fields:
            near = difflib.get_close_matches(key, fields, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else f"; known: {', '.join(fields)}"
            yield f"[{table or 'top'}] has no key {key!r}{hint}"
    for key, field in fields.items():
        dotted = f"{table}.{key}" if table else key
        if key not in raw:
            if field.required:
                yield f"{_where(table)}the key `{key}` is missing"
        elif _is_table(field.type) and isinstance(raw[key], dict):
            yield from _faults(raw[key], field.type, dotted)
        else:
            yield from _value_faults(raw[key], field.type, table, dotted)


def _value_faults(value: object, kind: Any, table: str, dotted: str) -> Iterator[str]:
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        words, _, inside = _said(error).partition(" - at `$")
        yield f"{_where(table)}{words} - at `$.{dotted}{inside.removesuffix('`')}`"


def _is_table(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _where(table: str) -> str:
    return f"[{table}] " if table else ""


def _said(error: msgspec.ValidationError) -> str:
    return _QUOTED.sub("", str(error))


def _meaning_faults(settings: Settings) -> Iterator[str]:
    embassy = settings.embassy
    try:
        ZoneInfo(embassy.zone)
    except (KeyError, ValueError, OSError):
        yield "[embassy] zone is not a time zone, such as Europe/Minsk"
    for key, line in (("data", settings.data), ("[server] host", settings.server.host)):
        if not line.isprintable():
            yield f"{key} has a character in it that nobody sees; type it again by hand"
    if embassy.languages[0] not in embassy.names:
        yield f"[embassy] names has no name in the first language {embassy.languages[0]!r}"
    if len(set(embassy.languages)) < len(embassy.languages):
        yield "[embassy] languages names one of them twice"
    if not _is_origin(settings.server.address):
        yield (
            "[server] address is an origin without a slash at its end, such as https://help.example"
        )


def _is_origin(address: str) -> bool:
    """Return whether an address is scheme and host, perhaps a port, as browsers write them."""
    try:
        parts = urlsplit(address)
        named = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False
    plain = address.isprintable() and not re.search(r"[\s@\\]", address)
    whole = f"{parts.scheme}://{parts.netloc}"
    return named and plain and parts.scheme in ("http", "https") and address == whole


def look_at_settings(settings: Settings) -> Sequence[Finding]:
    """Look for what is unsafe in pe.toml, or said to nobody."""
    faults = (*_unsafe(settings), *_unheard(settings))
    return faults or (fine("settings", "nothing unsafe in pe.toml"),)


def _unsafe(settings: Settings) -> Iterator[Finding]:
    server = settings.server
    at = urlsplit(server.address)
    name = at.hostname or ""
    is_onion = name.endswith(".onion")
    if at.scheme == "http" and not is_onion and not _is_own(name):
        yield wrong(
            "settings",
            "[server] address is http: whoever sits between reads everything",
            "serve it by https through a proxy, and write the https address",
        )
    if server.onion != is_onion:
        yield wrong(
            "settings",
            "[server] onion and address do not belong together",
            "onion = true with an address that ends in .onion, and only then",
        )
    if not _is_own(server.host):
        yield warning(
            "settings",
            "[server] host listens to other machines, past the proxy",
            'host = "127.0.0.1", unless a firewall or a container stands before it',
        )
    if settings.vault.argon2_memory < USUAL_MEMORY:
        yield warning(
            "settings",
            f"[vault] argon2_memory is {settings.vault.argon2_memory}: guessing is cheaper",
            f"leave it at {USUAL_MEMORY} or more if the machine has the memory",
        )


def _unheard(settings: Settings) -> Iterator[Finding]:
    """Name tables of plugins that are not enabled: one misspelt leaves its plugin without it."""
    enabled = settings.plugins.enabled
    for name in settings.plugin:
        if name not in enabled:
            near = difflib.get_close_matches(name, enabled, n=1)
            yield warning(
                "settings",
                f"[plugin.{name}] is read by nobody: no plugin of this name is enabled",
                f"did you mean [plugin.{near[0]}]?" if near else "enable it, or take it out",
            )


def _is_own(host: str) -> bool:
    if host in ("localhost", ""):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
