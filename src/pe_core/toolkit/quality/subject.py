"""A plugin as the rules look at it: its files, its promise, and what it brought when loaded."""

import ast
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from pe_core.errors import SettingsError
from pe_core.hooks import Plugins
from pe_core.toolkit.quality.alone import Alone

Tier = Literal["none", "bronze", "silver", "gold"]
TIERS: tuple[Tier, ...] = ("none", "bronze", "silver", "gold")
"""Each holds what the ones before it hold."""
SHORTEST_REASON = 20
"""Characters; less is no reason that a stranger understands."""


class Subject:
    """One plugin, on one day; files are read when a rule first asks for them."""

    def __init__(self, code: str, root: Path, package: Path, today: date, alone: Alone) -> None:
        """Look at the plugin in the folder ``root`` that has this package, and was loaded alone."""
        self.code = code
        self.root = root
        self.package = package
        self.today = today
        self.alone = alone

    @property
    def brought(self) -> Plugins:
        """Return what the plugin registered; only rules that need it loaded ask."""
        if self.alone.plugins is None:
            raise SettingsError(f"{self.code} does not load")
        return self.alone.plugins

    @property
    def is_of_a_country(self) -> bool:
        """Return whether the plugin is a country's, as one that does not load is taken to be."""
        plugins = self.alone.plugins
        return plugins is None or bool(plugins.jurisdictions or plugins.every_form())

    @cached_property
    def project(self) -> Mapping[str, Any]:
        """Return the plugin's pyproject.toml."""
        return tomllib.loads((self.root / "pyproject.toml").read_text(encoding="utf-8"))

    @cached_property
    def readme(self) -> str:
        """Return the plugin's README.md, '' if there is none."""
        return _text(self.root / "README.md")

    @cached_property
    def promise(self) -> "Promise":
        """Return what quality.toml says."""
        return read_promise(self.root)

    @cached_property
    def deployment(self) -> Path | None:
        """Return the pe.toml of this plugin's embassy; None outside the tree of pe_core."""
        folder = self.root.parent.parent / "deployments"
        in_tree = self.root.parent.name == "plugins" and folder.is_dir()
        return folder / self.code / "pe.toml" if in_tree else None

    @cached_property
    def languages(self) -> tuple[str, ...]:
        """Return the declared languages: those with a catalogue, and those of its embassy."""
        tags = {path.stem for path in (self.package / "locales").glob("*.po")}
        if self.deployment is not None and self.deployment.is_file():
            try:
                table = tomllib.loads(self.deployment.read_text(encoding="utf-8"))
                tags |= set(table["embassy"]["languages"])
            except (ValueError, KeyError, TypeError):
                pass  # the rule deployment-there says what is wrong with the file
        return tuple(sorted(tags, key=lambda tag: (tag != "en", tag)))

    def modules(self) -> Iterator[tuple[Path, ast.Module]]:
        """Yield each module of the package, parsed."""
        yield from _parsed(self.package)

    def tests(self) -> Iterator[tuple[Path, ast.Module]]:
        """Yield each module of the plugin's tests, parsed."""
        yield from _parsed(self.root / "tests")

    def where(self, path: Path) -> str:
        """Return a file's name as findings name it, from the plugin's folder on."""
        return str(path.relative_to(self.root))


class Promise:
    """The tier that a plugin promises, who answers for it, and what it is exempt from, and why."""

    def __init__(self, table: Mapping[str, Any], there: bool) -> None:
        """Read the table of quality.toml; what is not of the right type counts as not there."""
        promised, owners, exempt = (table.get(key) for key in ("promised", "owners", "exempt"))
        self.there = there
        self.told = promised in TIERS[1:]
        self.promised = next((tier for tier in TIERS[1:] if tier == promised), TIERS[1])
        self.owners = [str(owner) for owner in owners] if isinstance(owners, list) else []
        self.exempt = dict(exempt) if isinstance(exempt, Mapping) else {}
        self.unknown = sorted(set(table) - {"promised", "owners", "exempt"})

    def reason(self, rule: str) -> str:
        """Return why a rule need not hold, '' if it has to: a short reason is none."""
        reason = self.exempt.get(rule)
        if not isinstance(reason, str) or len(reason.strip()) < SHORTEST_REASON:
            return ""
        return reason.strip()


def read_promise(root: Path) -> Promise:
    """Return what the quality.toml in a plugin's folder says; a broken file says nothing."""
    path = root / "quality.toml"
    try:
        return Promise(tomllib.loads(_text(path)), path.is_file())
    except ValueError:
        return Promise({}, there=False)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def _parsed(folder: Path) -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted(folder.rglob("*.py")):
        try:
            yield path, ast.parse(path.read_text(encoding="utf-8"))
        except SyntaxError:
            continue  # loading it, or running it, says so in Python's own words
