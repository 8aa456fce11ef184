"""Country knowledge is in plugins: the core and its tests name no country but the invented one."""

import re
from functools import cache
from pathlib import Path

import pytest

from pe_core.hooks import Instance, find_plugins, load_plugins
from pe_core.rules.texts import territory_name
from pe_core.settings import embassy_of
from pe_core.toolkit.embassy import example_settings
from pe_core.toolkit.invented import demo_start

ROOT = Path(__file__).parent.parent
LANGUAGES = ("be", "ru", "en", "de", "fr", "es", "it", "pl")
ORDINARY_WORDS = {"words.txt"}
"""The vault's word list holds ordinary words, some of which are countries too."""


@cache
def pattern() -> re.Pattern[str]:
    """Return what finds the name of a country."""
    return re.compile(r"\b(" + "|".join(map(re.escape, country_names())) + r")\b", re.I)


def country_names() -> set[str]:
    """Return the names of the countries of all installed plugins, in several languages."""
    instance = Instance(embassy_of(example_settings()), "http://x.example", demo_start, {})
    names: set[str] = set()
    for name in find_plugins():
        if name == "zz":
            continue
        plugins = load_plugins([name], instance, find_plugins())
        for law in plugins.jurisdictions.values():
            names |= {territory_name(law.territory, language) for language in LANGUAGES}
    return names


def texts() -> list[Path]:
    """Return every file of the core and of its tests."""
    return [
        path
        for folder in ("src/pe_core", "tests")
        for path in sorted((ROOT / folder).rglob("*"))
        if path.is_file()
        and path.suffix in {".py", ".html", ".po", ".css", ".toml", ".txt", ".json"}
        and path.name not in ORDINARY_WORDS
    ]


def test_the_names_come_from_the_plugins() -> None:
    assert len(country_names()) >= 4


@pytest.mark.parametrize("path", texts(), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_country_is_named(path: Path) -> None:
    assert [] == pattern().findall(path.read_text(encoding="utf-8"))
