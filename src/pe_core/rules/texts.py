"""Texts, dates, numbers and names in every language; the only user of Babel.

Babel is imported inside functions: an instance whose PO files have not changed starts
without it, from tables compiled earlier.
"""

import hashlib
import re
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime
from functools import lru_cache
from gettext import c2py
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

import msgspec

from pe_core.errors import PluginError
from pe_core.rules.catalogue import Catalogue, Compiled, Source
from pe_core.rules.languages import chain, negotiate
from pe_core.rules.latin import to_latin

if TYPE_CHECKING:
    from babel import Locale
    from babel.messages.catalog import Catalog

__all__ = [
    "Catalogue",
    "Source",
    "chain",
    "direction",
    "language_name",
    "load_catalogue",
    "negotiate",
    "official_languages",
    "own_name",
    "show_clock",
    "show_date",
    "show_month",
    "show_number",
    "show_time",
    "territory_name",
]

_LAYOUT = b"1"
"""Part of every compiled file's name; another number when ``Compiled`` changes."""

_TOO_MANY_FORMS = re.compile(rb"nplurals\s*=\s*[0-9]{3}")
"""Babel makes room for so many forms of every text."""

_OWN_NAMES = {
    "be": "беларуская",
    "be-tarask": "беларуская (тарашкевіца)",
    "be-Latn": "biełaruskaja (łacinka)",
}
_LATIN_MONTHS = (
    "studzienia",
    "lutaha",
    "sakavika",
    "krasavika",
    "maja",
    "červienia",
    "lipienia",
    "žniŭnia",
    "vieraśnia",
    "kastryčnika",
    "listapada",
    "śniežnia",
)
"""Belarusian months in the genitive, in Latin script; Babel knows Cyrillic ones only."""


def load_catalogue(
    sources: Sequence[Source], languages: Sequence[str], cache: Path | None
) -> Catalogue:
    """Return the texts of ``sources``, the first asked first: plugins, and the core last.

    What is compiled is kept in the folder ``cache`` under a hash of the PO file.
    Raises PluginError with a line for each PO file that cannot be read.
    """
    needed = dict.fromkeys(tag for language in languages for tag in chain(language))
    found: dict[str, list[Compiled]] = {language: [] for language in needed}
    faults: list[str] = []
    for source in sources:
        for language in needed:
            path = source.directory / f"{language}.po"
            if path.is_file():
                try:
                    found[language].append(_load(source.domain, language, path, cache))
                except PluginError as error:
                    faults.extend(error.faults)
    if faults:
        raise PluginError(faults)
    return Catalogue(languages, found)


@lru_cache(maxsize=64)
def direction(language: str) -> Literal["ltr", "rtl"]:
    """Return which way the language is written, HTML's ``dir``."""
    return "rtl" if _locale(language).text_direction == "rtl" else "ltr"


@lru_cache(maxsize=64)
def own_name(language: str) -> str:
    """Return what the language calls itself, its first letter as CLDR gives it."""
    if language in _OWN_NAMES:
        return _OWN_NAMES[language]
    return _locale(language).display_name or language


@lru_cache(maxsize=512)
def language_name(language: str, reader: str) -> str:
    """Return what readers of another language call a language; its own name if they do not."""
    name = _locale(reader).languages.get(language.replace("-", "_"))
    if name is None:
        return own_name(language)
    return to_latin(name) if reader == "be-Latn" else name


@lru_cache(maxsize=1)
def official_languages() -> Mapping[str, str]:
    """Return the languages that are official somewhere, by tag, with their own names in order."""
    from babel import Locale, UnknownLocaleError
    from babel.core import get_global

    found = {}
    for spoken in get_global("territory_languages").values():
        for tag, facts in spoken.items():
            # A language in another script is no other language to speak.
            if facts["official_status"] and "_" not in tag:
                with suppress(UnknownLocaleError):
                    found[tag] = Locale.parse(tag).display_name or tag
    found["be"] = _OWN_NAMES["be"]
    return MappingProxyType(dict(sorted(found.items(), key=lambda named: named[1].casefold())))


def is_language(tag: str) -> bool:
    """Return whether this is the tag of a language that an embassy might offer."""
    return tag in _OWN_NAMES or tag in official_languages()


def territory_name(code: str, language: str) -> str:
    """Return the name of an ISO 3166 territory, or its code where CLDR has no name."""
    name: str = _locale(language).territories.get(code.upper(), code)
    return to_latin(name) if language == "be-Latn" else name


def show_date(day: date, language: str) -> str:
    """Return a date with its month in words."""
    if language == "be-Latn":
        # The narrow space that does not break is the one that CLDR's Cyrillic pattern has.
        return f"{day.day} {_LATIN_MONTHS[day.month - 1]} {day.year}\u202fh."
    from babel.dates import format_date

    return format_date(day, "long", locale=_locale(language))


def show_time(moment: datetime, zone: str, language: str) -> str:
    """Return date and time of an aware moment in an IANA zone, to the minute."""
    from babel.dates import get_datetime_format

    clock = show_clock(moment, zone, language)
    day = show_date(moment.astimezone(ZoneInfo(zone)).date(), language)
    pattern = str(get_datetime_format("medium", locale=_locale(language)))
    return pattern.replace("{1}", day).replace("{0}", clock)


def show_clock(moment: datetime, zone: str, language: str) -> str:
    """Return what the clocks of an IANA zone show at an aware moment, to the minute."""
    from babel.dates import format_time

    if moment.tzinfo is None:
        raise ValueError("a moment without a zone is no moment")
    local = moment.astimezone(ZoneInfo(zone))
    return format_time(local, "short", tzinfo=local.tzinfo, locale=_locale(language))


def show_month(year: int, month: int, language: str) -> str:
    """Return a month of a year, its name in words."""
    from babel.dates import format_skeleton

    shown = format_skeleton("yMMMM", date(year, month, 1), locale=_locale(language))
    return to_latin(shown) if language == "be-Latn" else shown


def show_number(number: int, language: str) -> str:
    """Return a whole number with the language's marks between its thousands."""
    from babel.numbers import format_decimal

    return format_decimal(number, locale=_locale(language))


@lru_cache(maxsize=64)
def _locale(language: str) -> "Locale":
    """Return the nearest locale that Babel knows; Belarusian in Latin script is none of them."""
    from babel import Locale, UnknownLocaleError

    for tag in chain("be" if language == "be-Latn" else language):
        try:
            return Locale.parse(tag, sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    raise AssertionError("Babel does not know English")


def _load(domain: str, language: str, path: Path, cache: Path | None) -> Compiled:
    """Return one PO file, from the cache if it has not changed."""
    digest = hashlib.sha256(_LAYOUT + path.read_bytes()).hexdigest()[:32]
    if cache is None:
        return _compile(domain, language, path, digest)
    kept = cache / f"{domain}.{language}.{digest}"
    try:
        compiled = msgspec.msgpack.decode(kept.read_bytes(), type=Compiled)
        c2py(compiled.rule)
        return compiled
    except (FileNotFoundError, ValueError, RecursionError):
        # Not there yet, or spoilt on the disk: it is made anew.
        compiled = _compile(domain, language, path, digest)
        _keep(kept, msgspec.msgpack.encode(compiled))
        return compiled


def _keep(target: Path, data: bytes) -> None:
    """Write a compiled file so that it is whole or not there, readable by us alone."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    prefix = target.stem + "."
    for old in target.parent.iterdir():
        if old.name.startswith(prefix):
            old.unlink(missing_ok=True)
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=prefix, delete=False) as file:
        file.write(data)
    Path(file.name).replace(target)


@lru_cache(maxsize=64)
def _compile(domain: str, language: str, path: Path, digest: str) -> Compiled:
    """Compile a PO file; the same ``digest`` is compiled once, however many instances read it."""
    catalog = _read_po(domain, language, path)
    texts: dict[str, str] = {}
    plurals: dict[str, tuple[str, ...]] = {}
    for message in catalog:
        # A fuzzy text is a guess of msgmerge that nobody looked at.
        if not message.id or not message.string or message.fuzzy:
            continue
        if isinstance(message.id, str):
            texts[message.id] = str(message.string)
        elif all(forms := tuple(message.string)):
            if len(forms) != catalog.num_plurals:
                # Forms before the header are counted by the language's rule, not by the file's.
                raise PluginError(
                    [f"{_where(domain, path)}: Plural-Forms stands behind plural texts"]
                )
            plurals[message.id[0]] = forms
    return Compiled(texts=texts, plurals=plurals, rule=catalog.plural_expr)


def _read_po(domain: str, language: str, path: Path) -> "Catalog":
    """Read a PO file; without a Plural-Forms header Babel's rule for the language holds."""
    from babel.messages.pofile import read_po

    where = _where(domain, path)
    try:
        with path.open("rb") as file:
            if _TOO_MANY_FORMS.search(file.read()):
                raise PluginError([f"{where}: Plural-Forms names more forms than any language has"])
            file.seek(0)
            catalog = read_po(
                file, locale=_locale(language), ignore_obsolete=True, abort_invalid=True
            )
        choose = c2py(catalog.plural_expr)
        chosen = {choose(number) for number in range(1000)}
    except PluginError:
        raise
    except Exception as error:
        # Babel has no one word for a broken file: it divides by zero, looks for an unknown
        # character set, misses a message. Whoever mends the file must hear which one it is.
        raise PluginError([f"{where}: {type(error).__name__}, {error}"]) from error
    if not chosen <= set(range(catalog.num_plurals)):
        raise PluginError([f"{where}: Plural-Forms chooses a form that does not exist"])
    return catalog


def _where(domain: str, path: Path) -> str:
    return f"texts of {domain}, {path.name}"
