"""The core's texts are whole: in each of its languages, and for everything that is refused."""

import re
from collections.abc import Mapping
from gettext import c2py
from pathlib import Path

import pytest
from babel import Locale
from babel.messages.pofile import read_po

from pe_core.rules.texts import Catalogue, Source, load_catalogue
from pe_core.toolkit.catalogues import core_uses, needs_of_core

CORE = Path(__file__).parent.parent / "src" / "pe_core"
WHOLE = ("be", "ru", "en", "pl")
LANGUAGES = tuple(sorted(path.stem for path in (CORE / "locales").glob("*.po")))
PUBLIC = tuple(language for language in LANGUAGES if language not in WHOLE)
"""Languages of the pages for askers alone; what the staff see falls along the chain."""
REFUSED = re.compile(r'(?:NotAllowed|PeerClosed|NotFound|TooMany|FileRefused)\(\s*"([a-z_.]+)"')
NUMBER_BESIDE = ("staff.requests.figure_letters",)
"""Figures, whose number stands before the words by itself."""
TRIED = (0, 1, 2, 3, 5, 11, 21, 22, 25, 101, 1000)
STATUS = re.compile(r"^#, (?:machine|human|reviewed)$", re.M)


def keys_in_order(language: str) -> list[str]:
    """Return the keys of one of the core's catalogues as the file has them."""
    po = (CORE / "locales" / f"{language}.po").read_text(encoding="utf-8")
    return re.findall(r'^msgid "(.+)"$', po, re.M)


def keys_of(language: str) -> set[str]:
    """Return the keys of one of the core's catalogues."""
    return set(keys_in_order(language))


def public_keys() -> set[str]:
    """Return the keys of the pages that askers see."""
    return {key for key in keys_of("en") if key.startswith("core.")}


def plurals_of(language: str) -> Mapping[str, tuple[str, ...]]:
    """Return the forms of every text of a catalogue that counts."""
    with (CORE / "locales" / f"{language}.po").open("rb") as file:
        catalog = read_po(file)
    return {m.id[0]: tuple(m.string) for m in catalog if m.id and m.pluralizable}


def category_of(language: str, number: int) -> str:
    """Return which of CLDR's plural categories a whole number has."""
    tag = {"be-Latn": "be"}.get(language, language)
    return str(Locale.parse(tag, sep="-").plural_form(number))


@pytest.fixture(scope="module")
def texts() -> Catalogue:
    return load_catalogue([Source(domain="core", directory=CORE / "locales")], LANGUAGES, None)


@pytest.mark.parametrize("language", WHOLE)
def test_a_catalogue_has_every_key_of_the_english_one_and_no_other(language: str) -> None:
    assert set() == keys_of("en") ^ keys_of(language)


@pytest.mark.parametrize("language", PUBLIC)
def test_the_public_pages_are_whole_in_every_further_language(language: str) -> None:
    assert set() == public_keys() ^ keys_of(language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_key_stands_twice_in_a_catalogue(language: str) -> None:
    keys = keys_in_order(language)

    assert len(set(keys)) == len(keys)


def test_no_text_has_other_placeholders_than_the_english_one(texts: Catalogue) -> None:
    further = tuple(f"{language}: {kind}." for language in PUBLIC for kind in ("staff", "work"))

    assert [] == [line for line in texts.problems() if not line.startswith(further)]


def test_every_refusal_has_words() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in CORE.rglob("*.py"))

    assert len(REFUSED.findall(code)) > 30
    assert set() == set(REFUSED.findall(code)) - keys_of("en")


def test_every_key_that_a_template_or_code_asks_for_has_an_english_text() -> None:
    needed = needs_of_core()

    assert len(needed.keys) > 700
    assert {} == {key: place for key, place in needed.keys.items() if key not in keys_of("en")}


def test_every_key_that_is_counted_has_plural_forms() -> None:
    assert needs_of_core().counting == plurals_of("en").keys() & needs_of_core().keys.keys()


def test_every_english_text_is_asked_for_somewhere() -> None:
    uses = core_uses()

    assert [] == sorted(key for key in keys_of("en") if not uses.cover(key))


def test_a_key_that_code_puts_together_says_two_of_its_parts_at_least() -> None:
    short = {pattern for pattern in core_uses().patterns if pattern.count(".") < 2}

    assert set() == short


@pytest.mark.parametrize("language", [tag for tag in LANGUAGES if tag != "en"])
def test_a_translation_that_nobody_reviewed_says_so(language: str) -> None:
    po = (CORE / "locales" / f"{language}.po").read_text(encoding="utf-8")

    assert len(keys_of(language)) == len(STATUS.findall(po))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_has_as_many_forms_as_cldr_gives_the_language(language: str) -> None:
    categories = {category_of(language, number) for number in range(1001)}

    assert {len(categories)} == {len(forms) for forms in plurals_of(language).values()}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_header_chooses_a_form_for_each_of_cldrs_categories(language: str) -> None:
    with (CORE / "locales" / f"{language}.po").open("rb") as file:
        choose = c2py(read_po(file).plural_expr)
    chosen = {(category_of(language, number), choose(number)) for number in range(1001)}

    assert len({category for category, _ in chosen}) == len(chosen)
    assert len({form for _, form in chosen}) == len(chosen)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_counted_text_speaks_of_every_number(texts: Catalogue, language: str) -> None:
    alone = {
        number
        for number in TRIED
        if [number]
        == [n for n in range(1001) if category_of(language, n) == category_of(language, number)]
    }
    for key, forms in plurals_of(language).items():
        values = {name: name for name in re.findall(r"\{([a-z]+)\}", "".join(forms))}
        for number in TRIED:
            said = texts.plural(language, key, **{**values, "number": number})

            assert "{" not in said
            beside = key in NUMBER_BESIDE
            assert beside or str(number) in said or number in alone, f"{key} hides {number}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_kept_how_long_is_told_by_figures_of_the_code(language: str) -> None:
    po = (CORE / "locales" / f"{language}.po").read_text(encoding="utf-8")
    entries = [entry for entry in po.split("\n\n") if 'msgid "core.privacy.' in entry]
    words = [re.findall(r'^msgstr.*? "(.*)"$', entry, re.M) for entry in entries]

    assert len(words) > 60
    assert [] == [text for forms in words for text in forms if re.search(r"\d", text)]
