"""The German guides and letters: whole in each language, sourced, and old when they are old."""

import re
from datetime import date, timedelta
from pathlib import Path

import pytest

import pe_embassy_de
from pe_core.hooks.guides import read_guides
from pe_core.model import Freshness, Proof
from pe_core.rules.guides import freshness
from pe_embassy_de.forms import FORMS

LANGUAGES = {"en", "be", "ru", "de"}
TOLD = read_guides(Path(pe_embassy_de.__file__).parent, "de", [form.name for form in FORMS], ["de"])
TODAY = date(2026, 11, 30)
LINK = re.compile(r"\]\((https://[^)/]+)")
OFFICIAL = {"https://service.berlin.de", "https://www.bamf.de", "https://www.bafin.de"}
"""Where the words of a guide may lead; its sources stand apart."""
UNMARKED = ("белорус", "Белорус", "сьв", "сьц", "зьн", "ньн", "пэрс", "дадзены", "рашэньн", "плян")


@pytest.mark.parametrize("name", TOLD.guides)
def test_a_guide_is_whole_in_each_language_and_says_its_sources(name: str) -> None:
    guide = TOLD.guides[name]

    assert LANGUAGES == set(guide.texts)
    assert len(guide.sources) >= 3
    assert guide.checked_on <= TODAY


@pytest.mark.parametrize("name", TOLD.letters)
def test_a_letter_is_in_german_and_told_in_each_language(name: str) -> None:
    letter = TOLD.letters[name]

    assert "de" == letter.language
    assert LANGUAGES == set(letter.texts)
    assert letter.body.rstrip().endswith("{name}")
    assert "Sehr geehrte Damen und Herren," in letter.body


def test_the_reason_under_the_decree_stands_in_the_request() -> None:
    body = TOLD.letters["de.travel-document"].body

    assert "Erlass Nr. 278 vom 4. September 2023, in Kraft seit dem 7. September 2023" in body
    assert "Schreiben vom 16. November 2023" in body


def test_the_travel_document_is_decided_case_by_case() -> None:
    guide = TOLD.guides["de.travel-document"]

    assert Proof.CASE_BY_CASE == guide.proof
    assert "you have to show the danger" in guide.texts["en"].body


def test_every_topic_but_the_last_has_a_guide() -> None:
    told = {topic for guide in TOLD.guides.values() for topic in guide.topics}

    assert {form.name for form in FORMS} - told == {"de.other"}


def test_what_the_new_rules_of_the_union_touch_says_that_it_is_old() -> None:
    old = {
        name for name, guide in TOLD.guides.items() if freshness(guide, TODAY) != Freshness.FRESH
    }

    assert {"de.protection"} == old


@pytest.mark.parametrize("name", TOLD.guides)
def test_no_guide_counts_as_checked_for_ever(name: str) -> None:
    later = TODAY + timedelta(days=181)

    assert Freshness.FRESH != freshness(TOLD.guides[name], later)


@pytest.mark.parametrize(
    ("name", "language", "doubt"),
    [
        ("de.admission", "en", "This changes often."),
        ("de.admission", "be", "Гэта часта мяняецца."),
        ("de.admission", "ru", "Это часто меняется."),
        ("de.admission", "de", "Das ändert sich oft."),
        ("de.protection", "en", "This may have changed."),
        ("de.protection", "be", "Гэта магло змяніцца."),
        ("de.protection", "ru", "Это могло измениться."),
        ("de.protection", "de", "Das kann sich geändert haben."),
    ],
)
def test_what_may_have_changed_says_so_first(name: str, language: str, doubt: str) -> None:
    assert TOLD.guides[name].texts[language].body.startswith(f"**{doubt}**")


@pytest.mark.parametrize("name", TOLD.guides)
def test_words_lead_to_official_pages_only(name: str) -> None:
    linked = {site for text in TOLD.guides[name].texts.values() for site in LINK.findall(text.body)}

    assert set() == linked - OFFICIAL


@pytest.mark.parametrize("name", [*TOLD.guides, *TOLD.letters])
def test_belarusian_and_russian_keep_their_norms(name: str) -> None:
    told = TOLD.guides.get(name) or TOLD.letters[name]
    words = {tag: f"{told.texts[tag].title} {told.texts[tag].body}" for tag in ("be", "ru")}

    assert set() == set("ищъ") & set(words["be"].lower())
    assert set() == set("ўі") & set(words["ru"].lower())
    assert [] == [form for form in UNMARKED for text in words.values() if form in text]
