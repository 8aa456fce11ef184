"""Which mail server takes the letters; its password lies in a file of its own."""

import stat
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta

from pe_core import Instance, Model
from pe_core.errors import SettingsError
from pe_email.addresses import is_address

_LOCAL_SENDER = "ring@localhost"


class Settings(Model, forbid_unknown_fields=True):
    """The ``[plugin.email]`` table of an instance's pe.toml."""

    host: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=1, le=65535)] = 25
    tls: Literal["starttls", "tls", "none"] = "none"
    user: str = ""
    password_file: str = ""
    sender: str = _LOCAL_SENDER


class PostOffice(Model):
    """A mail server that may be used: how it is reached, and as whom."""

    host: str
    port: int
    tls: Literal["starttls", "tls", "none"]
    user: str
    password: str
    sender: str

    @property
    def domain(self) -> str:
        """Return the sender's domain, which stands wherever a machine's name would."""
        return self.sender.rpartition("@")[2]


def read_post_office(instance: Instance) -> PostOffice:
    """Return the mail server of ``[plugin.email]``; SettingsError says what is wrong with it."""
    said = instance.settings("email", Settings)
    if said.tls == "none" and not _is_own(said.host):
        raise SettingsError(
            'pe.toml: [plugin.email] tls = "none" is for a server on this machine; '
            'write tls = "starttls" or "tls"'
        )
    if said.sender != _LOCAL_SENDER and not is_address(said.sender):
        raise SettingsError("pe.toml: [plugin.email] sender is no mail address")
    if bool(said.user) != bool(said.password_file):
        raise SettingsError("pe.toml: [plugin.email] user and password_file belong together")
    return PostOffice(
        host=said.host,
        port=said.port,
        tls=said.tls,
        user=said.user,
        password=_read_password(said.password_file) if said.password_file else "",
        sender=said.sender,
    )


def _read_password(name: str) -> str:
    where = "pe.toml: [plugin.email] password_file"
    path = Path(name)
    if not path.is_absolute():
        raise SettingsError(f"{where} is no whole path; begin it with /")
    try:
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise SettingsError(f"{where}: others may read that file; chmod 600 it")
        word = path.read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        raise SettingsError(f"{where} cannot be read ({type(error).__name__})") from None
    if not word:
        raise SettingsError(f"{where} is empty")
    return word


def _is_own(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
