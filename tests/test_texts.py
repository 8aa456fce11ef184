"""The core's texts are whole: in each of its languages, and for everything that is refused."""

import re
from pathlib import Path

import pytest

from pe_core.rules.texts import Source, load_catalogue

CORE = Path(__file__).parent.parent / "src" / "pe_core"
LANGUAGES = ("be", "ru", "en", "pl")
REFUSED = re.compile(r'(?:NotAllowed|NotFound|TooMany|FileRefused)\(\s*"([a-z_.]+)"')


def keys_of(language: str) -> set[str]:
    """Return the keys of one of the core's catalogues."""
    po = (CORE / "locales" / f"{language}.po").read_text(encoding="utf-8")
    return set(re.findall(r'^msgid "(.+)"$', po, re.M))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_has_every_key_of_the_english_one_and_no_other(language: str) -> None:
    assert set() == keys_of("en") ^ keys_of(language)


def test_no_text_has_other_placeholders_than_the_english_one() -> None:
    catalogue = load_catalogue([Source(domain="core", directory=CORE / "locales")], LANGUAGES, None)

    assert [] == list(catalogue.problems())


def test_every_refusal_has_words() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in CORE.rglob("*.py"))

    assert len(REFUSED.findall(code)) > 30
    assert set() == set(REFUSED.findall(code)) - keys_of("en")


@pytest.mark.parametrize("language", ["be", "ru", "pl"])
def test_a_translation_that_nobody_reviewed_says_so(language: str) -> None:
    po = (CORE / "locales" / f"{language}.po").read_text(encoding="utf-8")
    marked = len(re.findall(r"^#, (?:machine|human|reviewed)", po, re.M))

    assert len(keys_of(language)) == marked
