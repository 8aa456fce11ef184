"""The Lithuanian guides and letters: whole in each language, sourced, and old when they are old."""

import re
from datetime import date
from pathlib import Path

import pytest

import pe_embassy_lt
from pe_core.hooks.guides import read_guides
from pe_core.model import Freshness, Guide, Letter, Proof, Status
from pe_core.rules.guides import freshness
from pe_core.rules.places import problems_of
from pe_embassy_lt.forms import FORMS
from pe_embassy_lt.jurisdiction import LITHUANIA

LANGUAGES = {"en", "be", "ru", "lt"}
NAMES = [form.name for form in FORMS]
TOLD = read_guides(Path(pe_embassy_lt.__file__).parent, "lt", NAMES, ["lt"])
TODAY = date(2026, 11, 30)
STATE_OF_BELARUS = re.compile(r"\.gov\.by|president\.gov|\.by/")
STRANGE = {"be": "[ищъ]", "ru": "[ўі]", "lt": "[а-яёіў]"}
"""Letters that a text in the language cannot have."""


@pytest.mark.parametrize("name", TOLD.guides)
def test_a_guide_is_whole_in_each_language_and_says_its_sources(name: str) -> None:
    guide = TOLD.guides[name]

    assert LANGUAGES == set(guide.texts)
    assert len(guide.sources) >= 3
    assert guide.checked_on <= TODAY


@pytest.mark.parametrize("name", TOLD.letters)
def test_a_letter_is_in_lithuanian_and_told_in_each_language(name: str) -> None:
    letter = TOLD.letters[name]

    assert "lt" == letter.language
    assert LANGUAGES == set(letter.texts)


@pytest.mark.parametrize("name", [*TOLD.guides, *TOLD.letters])
def test_what_nobody_reviewed_says_so(name: str) -> None:
    texts = (TOLD.guides.get(name) or TOLD.letters[name]).texts

    assert {"be", "ru", "lt"} == {
        tag for tag, text in texts.items() if text.status is Status.MACHINE
    }


@pytest.mark.parametrize("name", [*TOLD.guides, *TOLD.letters])
@pytest.mark.parametrize("language", STRANGE)
def test_a_text_has_the_letters_of_its_language(name: str, language: str) -> None:
    text = (TOLD.guides.get(name) or TOLD.letters[name]).texts[language]
    words = f"{text.title}\n{text.summary}\n{text.body}".lower()

    assert [] == re.findall(STRANGE[language], words)


def test_only_the_visas_are_out_of_date_and_say_so() -> None:
    old = {
        name: freshness(guide, TODAY)
        for name, guide in TOLD.guides.items()
        if freshness(guide, TODAY) is not Freshness.FRESH
    }

    assert {"lt.visas": Freshness.OVER} == old
    assert TOLD.guides["lt.visas"].texts["en"].body.startswith("**This may have changed.**")


def test_each_case_of_a_foreigners_passport_is_looked_at_by_itself() -> None:
    assert Proof.CASE_BY_CASE is TOLD.guides["lt.travel-document"].proof


def test_every_topic_has_a_guide() -> None:
    assert set(NAMES) == {topic for guide in TOLD.guides.values() for topic in guide.topics}


def test_every_letter_is_named_by_a_guide() -> None:
    assert set(TOLD.letters) == {name for guide in TOLD.guides.values() for name in guide.letters}


def test_nobody_is_sent_to_a_site_of_the_belarusian_state() -> None:
    told: list[Guide | Letter] = [*TOLD.guides.values(), *TOLD.letters.values()]
    shown = [source.url for one in told for source in one.sources]
    shown += [text.body for one in told for text in one.texts.values()]

    assert [] == [text for text in shown if STATE_OF_BELARUS.search(text)]


def test_the_libraries_agree_with_the_facts() -> None:
    assert () == problems_of(LITHUANIA)
