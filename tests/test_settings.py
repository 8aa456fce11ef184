"""pe.toml: a wrong key is named with its table and its nearest right one."""

from pathlib import Path

import pytest

from pe_core.errors import SettingsError
from pe_core.settings import embassy_of, read_settings

ROOT = Path(__file__).parent.parent
RIGHT = (ROOT / "deployments/zz/pe.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", sorted(ROOT.glob("deployments/*/pe.toml")), ids=str)
def test_every_deployment_has_right_settings(path: Path) -> None:
    settings = read_settings(path)

    assert path.parent.name == settings.embassy.code
    assert settings.embassy.languages[0] == embassy_of(settings).languages[0]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("zone =", "zoen =", "[embassy] has no key 'zoen'; did you mean 'zone'?"),
        ("[server]", "[servre]", "[top] has no key 'servre'; did you mean 'server'?"),
        ('zone = "Etc/UTC"', 'zone = "Etc/Nowhere"', "is not a time zone"),
        ("port = 8000", 'port = "8000"', "$.server.port"),
        ("port = 8000", "port = 70000", "$.server.port"),
        ('"http://127.0.0.1:8000"', '"127.0.0.1:8000"', "is an origin without a slash"),
        ('"http://127.0.0.1:8000"', '"http://127.0.0.1:8000/"', "is an origin without a slash"),
        ('host = "127.0.0.1"', 'host = "127.0.0.1\u200b"', "[server] host has a character in it"),
        ("[embassy]", 'data = "d\u0085"\n[embassy]', "data has a character in it"),
        ('be = "', 'xx = "', "no name in the first language 'be'"),
        ("[embassy]", "[embassy", "is not valid TOML"),
        ("contact =", "#", "`contact`"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    path = tmp_path / "pe.toml"
    path.write_text(RIGHT.replace(old, new, 1), encoding="utf-8")

    with pytest.raises(SettingsError) as refused:
        read_settings(path)

    assert said in str(refused.value)


def test_a_missing_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="--config"):
        read_settings(tmp_path / "pe.toml")
