"""The settings of pe-email: each that is wrong is named at the start, and no value is repeated."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pe_core import Embassy, Instance
from pe_core.errors import SettingsError
from pe_email import register_notifiers

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
EMBASSY = Embassy(
    code="example",
    names={"en": "Example embassy"},
    languages=("en",),
    zone="Etc/UTC",
    contact="desk@embassy.example",
    jurisdiction="zz",
)


def instance(**table: Any) -> Instance:
    """Return an instance whose pe.toml has these settings of the plugin."""
    return Instance(EMBASSY, "https://help.example", lambda: NOW, {"email": table})


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ({"host": "smtp.mail.example"}, 'is for a server on this machine; write tls = "starttls"'),
        ({"host": "10.0.0.1"}, "is for a server on this machine"),
        ({"sender": "nobody"}, "sender is no mail address"),
        ({"sender": "a@b.example\nBcc: c@d.example"}, "sender is no mail address"),
        ({"user": "ring"}, "user and password_file belong together"),
        ({"password_file": "/nowhere"}, "user and password_file belong together"),
        ({"user": "ring", "password_file": "word"}, "no whole path"),
        ({"user": "ring", "password_file": "/nowhere/word"}, r"cannot be read \(FileNotFound"),
        ({"tls": "maybe"}, "tls"),
        ({"port": 0}, "port"),
        ({"hosts": "x"}, "did you mean 'host'"),
        ({"password": "secret word"}, "has no key 'password'"),
    ],
)
def test_a_wrong_setting_is_named(table: dict[str, Any], says: str) -> None:
    with pytest.raises(SettingsError, match=says) as refused:
        register_notifiers(instance(**table))

    assert "secret word" not in str(refused.value)


@pytest.mark.parametrize(
    ("word", "mode", "says"),
    [("right", 0o640, "others may read"), ("", 0o600, "is empty"), (" \n", 0o600, "is empty")],
)
def test_a_password_that_others_may_read_or_that_is_none_is_refused(
    word: str, mode: int, says: str, tmp_path: Path
) -> None:
    file = tmp_path / "password"
    file.write_text(f"{word}\n", encoding="utf-8")
    file.chmod(mode)

    with pytest.raises(SettingsError, match=says):
        register_notifiers(instance(user="ring", password_file=str(file)))


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_only_a_server_on_this_machine_may_go_without_tls(host: str) -> None:
    assert ["email.mail"] == [one.name for one in register_notifiers(instance(host=host))]
