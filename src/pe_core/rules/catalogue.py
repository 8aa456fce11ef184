"""The texts of one instance in all its languages, looked up from plain dicts."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from gettext import c2py
from pathlib import Path
from typing import TypeVar

from pe_core.model.struct import Model
from pe_core.rules.languages import LAST, chain

_PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")
T = TypeVar("T")
_MARKUP = re.compile("[<>]")


class Source(Model):
    """A folder of PO files, one a language, such as ``be-tarask.po``; ``domain`` names it."""

    domain: str
    directory: Path


class Compiled(Model):
    """One PO file: texts and plural forms by key, and the rule that chooses a form.

    ``rule`` is the C expression of the Plural-Forms header.
    """

    texts: dict[str, str]
    plurals: dict[str, tuple[str, ...]]
    rule: str


class _Plural(Model):
    forms: tuple[str, ...]
    rule: Callable[[int], int]


class Catalogue:
    """The texts of an instance; a text missing in one language falls along its chain."""

    def __init__(self, languages: Sequence[str], found: Mapping[str, Iterable[Compiled]]) -> None:
        """Lay out flat tables.

        ``languages`` are those offered, the first is the default. ``found`` has the compiled
        files of every language of their chains, in the order in which they are asked.
        """
        self.languages = tuple(languages)
        self._own_texts: dict[str, dict[str, str]] = {}
        self._own_plurals: dict[str, dict[str, _Plural]] = {}
        for language, files in found.items():
            texts, plurals = _merge(files)
            self._own_texts[language] = texts
            self._own_plurals[language] = plurals
        self._texts = {language: _flatten(language, self._own_texts) for language in found}
        self._plurals = {language: _flatten(language, self._own_plurals) for language in found}

    def text(self, language: str, key: str, /, **values: object) -> str:
        """Return a text with its placeholders filled.

        Raises KeyError for a key that no language of the chain has, and for a placeholder
        without a value; it names the key, never a value.
        """
        text = self._texts[language].get(key)
        if text is None:
            raise KeyError(f"no text {key} in {language}")
        return _fill(key, text, values)

    def plural(self, language: str, key: str, /, number: int, **values: object) -> str:
        """Return the form of a text that fits ``number``, which also fills ``{number}``.

        Raises KeyError as ``text`` does.
        """
        plural = self._plurals[language].get(key)
        if plural is None:
            raise KeyError(f"no plural text {key} in {language}")
        return _fill(key, plural.forms[plural.rule(abs(number))], {"number": number, **values})

    def has(self, language: str, key: str) -> bool:
        """Return whether some language of the chain has this text."""
        return key in self._texts[language] or key in self._plurals[language]

    def table(self, language: str) -> Mapping[str, str]:
        """Return all texts but the plural ones, with their placeholders, for templates."""
        return self._texts[language]

    def missing(self, language: str) -> list[str]:
        """Return the keys that only another language of the chain has, sorted."""
        everything = self._texts[language].keys() | self._plurals[language].keys()
        return sorted(everything - self._keys(language))

    def problems(self) -> tuple[str, ...]:
        """Return what a translator should mend, a line each, for ``make check``.

        Keys that a language lacks or only it has, placeholders that differ from the English
        text, and markup, which no text may hold.
        """
        return tuple(
            f"{language}: {key}: {problem}"
            for language in dict.fromkeys((LAST, *self.languages))
            for key, problem in self._problems(language)
        )

    def _problems(self, language: str) -> Iterator[tuple[str, str]]:
        every_key = self._keys(language) | self._keys(LAST)
        for key in sorted(every_key):
            mine, english = self._forms(language, key), self._forms(LAST, key)
            if not mine:
                yield key, "missing"
                continue
            if not english:
                yield key, f"not in {LAST}"
            elif _placeholders(mine) != _placeholders(english):
                yield key, f"placeholders differ from {LAST}"
            if (key in self._own_plurals[language]) != (key in self._own_plurals[LAST]) and english:
                yield key, f"is a plural in only one of {language} and {LAST}"
            if any(_MARKUP.search(form) for form in mine):
                yield key, "holds < or >"

    def _keys(self, language: str) -> set[str]:
        return {*self._own_texts[language], *self._own_plurals[language]}

    def _forms(self, language: str, key: str) -> tuple[str, ...]:
        """Return the forms of a text that this very language has; none if it has not."""
        if key in self._own_plurals[language]:
            return self._own_plurals[language][key].forms
        text = self._own_texts[language].get(key)
        return () if text is None else (text,)


def _merge(files: Iterable[Compiled]) -> tuple[dict[str, str], dict[str, _Plural]]:
    """Return the texts of several files of one language; the first that has a key wins."""
    texts: dict[str, str] = {}
    plurals: dict[str, _Plural] = {}
    for file in reversed(tuple(files)):
        rule = c2py(file.rule)
        texts.update(file.texts)
        plurals.update(
            {key: _Plural(forms=forms, rule=rule) for key, forms in file.plurals.items()}
        )
    return texts, plurals


def _flatten(language: str, own: Mapping[str, dict[str, T]]) -> dict[str, T]:
    flat: dict[str, T] = {}
    for earlier in reversed(chain(language)):
        flat.update(own.get(earlier, {}))
    return flat


def _fill(key: str, text: str, values: Mapping[str, object]) -> str:
    """Put values into a text; no format language, so a text can reach nothing but its values."""
    if "{" not in text:
        return text

    def value_of(found: re.Match[str]) -> str:
        if found[1] not in values:
            raise KeyError(f"text {key} needs a value for {found[0]}")
        value = str(values[found[1]])
        # "24 ноября 2026 г." ends a sentence without a second full stop.
        return value.removesuffix(".") if text.startswith(".", found.end()) else value

    return _PLACEHOLDER.sub(value_of, text)


def _placeholders(forms: Iterable[str]) -> set[str]:
    return {name for form in forms for name in _PLACEHOLDER.findall(form)}
