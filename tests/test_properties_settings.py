"""Laws of pe.toml: right settings hold their bounds, wrong ones are all named, none is quoted."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pe_core.errors import SettingsError
from pe_core.settings import convert_table, embassy_of, read_settings

ROOT = Path(__file__).parent.parent
RIGHT = tomllib.loads((ROOT / "deployments/zz/pe.toml").read_text(encoding="utf-8"))
SECRET = "hidden-7f3a"
WRONG: dict[tuple[str, ...], tuple[Any, str]] = {
    ("embassy", "code"): ("ZZ9", "$.embassy.code"),
    ("embassy", "contact"): (None, "`contact`"),
    ("embassy", "zoen"): (SECRET, "'zoen'"),
    ("embassy", "languages"): (["be", SECRET * 3], "$.embassy.languages"),
    ("embassy", "jurisdiction"): ([SECRET], "$.embassy.jurisdiction"),
    ("server", "port"): (SECRET, "$.server.port"),
    ("server", "onion"): (SECRET, "$.server.onion"),
    ("vault", "argon2_memory"): (63, "$.vault.argon2_memory"),
    ("vault", "passphrase"): (SECRET, "'passphrase'"),
    ("plugins", "enabled"): ([], "$.plugins.enabled"),
    ("plugin", "zz"): (SECRET, "$.plugin"),
    ("data",): (7, "$.data"),
    ("secret",): (SECRET, "'secret'"),
}
"""Faults, each with what must be said of it; None takes the key away."""
ADDRESSES = [
    ("http://127.0.0.1:8000", True),
    ("https://help.example", True),
    ("https://xn--d1acpjx3f.example:8443", True),
    ("http://[::1]:8000", True),
    ("https://help.example/", False),
    ("https://help.example/x", False),
    ("https://help.example?x", False),
    ("https://help.example#x", False),
    ("https://a@help.example", False),
    ("https://help.example:99999", False),
    ("https://help.example:0", False),
    ("https://help.example ", False),
    ("https://help\\.example", False),
    ("https://help.exa\nmple", False),
    ("https://", False),
    ("HTTPS://help.example", False),
    ("ftp://help.example", False),
    ("help.example", False),
]


def as_toml(value: Any) -> str:
    """Write a value; JSON's strings, numbers and arrays are TOML's."""
    if isinstance(value, dict):
        inside = ", ".join(f"{json.dumps(k)} = {as_toml(v)}" for k, v in value.items())
        return f"{{{inside}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(as_toml, value))}]"
    return json.dumps(value).replace("\x7f", "\\u007f")


def write(folder: Path, changes: dict[tuple[str, ...], Any]) -> Path:
    """Write Exampleland's settings with these values in them."""
    tables: dict[str, Any] = json.loads(json.dumps(RIGHT))
    for (*tables_above, key), value in changes.items():
        table = tables
        for name in tables_above:
            table = table.setdefault(name, {})
        if value is None:
            table.pop(key, None)
        else:
            table[key] = value
    path = folder / "pe.toml"
    lines = (f"{json.dumps(key)} = {as_toml(value)}" for key, value in tables.items())
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def refusal(path: Path) -> str:
    with pytest.raises(SettingsError) as refused:
        read_settings(path)
    return str(refused.value)


fixtures_are_fine = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@fixtures_are_fine
@given(st.sets(st.sampled_from(sorted(WRONG)), min_size=1))
def test_all_that_is_wrong_is_said_at_once_by_its_key_and_no_value_is_quoted(
    tmp_path: Path, chosen: set[tuple[str, ...]]
) -> None:
    said = refusal(write(tmp_path, {place: WRONG[place][0] for place in chosen}))

    assert [] == [place for place in chosen if WRONG[place][1] not in said]
    assert len(chosen) == len(said.splitlines())
    assert all(line.startswith("pe.toml: ") for line in said.splitlines())
    assert SECRET not in said


plain = st.text(max_size=12) | st.integers() | st.booleans() | st.just(SECRET)
values = plain | st.lists(plain, max_size=3) | st.dictionaries(st.text(max_size=5), plain)
places = st.sampled_from(
    [(table, key) for table, rows in RIGHT.items() for key in rows]
    + [("vault", "argon2_memory"), ("plugin", "zz"), ("data",), ("server", "onion")]
)


@fixtures_are_fine
@given(st.dictionaries(places, values, min_size=1, max_size=3))
def test_any_values_are_right_and_in_bounds_or_refused_without_being_quoted(
    tmp_path: Path, changes: dict[tuple[str, ...], Any]
) -> None:
    path = write(tmp_path, changes)
    try:
        found = read_settings(path)
    except SettingsError as refused:
        assert str(refused).startswith("pe.toml") and SECRET not in str(refused)
        return

    embassy = embassy_of(found)
    ZoneInfo(embassy.zone)
    assert re.fullmatch("[a-z]{2,8}", embassy.code)
    assert embassy.names[embassy.languages[0]]
    assert 64 <= found.vault.argon2_memory <= 512 and 1 <= found.server.port <= 65_535


@fixtures_are_fine
@given(st.text(max_size=40) | st.text("[]{}=\"'.,#\n a1", max_size=60))
def test_any_text_is_settings_or_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "pe.toml"
    path.write_text(text, encoding="utf-8", newline="")

    assert refusal(path).startswith("pe.toml")


@pytest.mark.parametrize(("address", "fits"), ADDRESSES)
def test_an_address_is_an_origin_as_browsers_write_it(
    tmp_path: Path, address: str, fits: bool
) -> None:
    path = write(tmp_path, {("server", "address"): address})

    if fits:
        assert address == read_settings(path).server.address
    else:
        assert "is an origin without a slash at its end" in refusal(path)


def test_a_language_is_named_once(tmp_path: Path) -> None:
    path = write(tmp_path, {("embassy", "languages"): ["be", "en", "be"]})

    assert "names one of them twice" in refusal(path)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "pe.toml").mkdir()

    assert "pe.toml cannot be read: " in refusal(tmp_path / "pe.toml")


def test_a_choice_of_a_plugin_is_refused_without_its_value() -> None:
    from enum import StrEnum

    from pe_core.model.struct import Model

    class Way(StrEnum):
        MAIL = "mail"

    class Table(Model):
        way: Way

    with pytest.raises(SettingsError) as refused:
        convert_table({"way": SECRET}, Table, "plugin.zz")

    assert "$.plugin.zz.way" in str(refused.value)
    assert SECRET not in str(refused.value)
