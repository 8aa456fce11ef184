"""The Polish guides and letters: whole in each language, sourced, and old when they are old."""

from datetime import date
from pathlib import Path

import pytest

import pe_embassy_pl
from pe_core.hooks.guides import read_guides
from pe_core.model import Freshness
from pe_core.rules.guides import freshness
from pe_core.rules.places import problems_of
from pe_embassy_pl.forms import FORMS
from pe_embassy_pl.jurisdiction import POLAND

LANGUAGES = {"en", "be", "ru", "pl"}
TOLD = read_guides(Path(pe_embassy_pl.__file__).parent, "pl", [form.name for form in FORMS], ["pl"])
TODAY = date(2026, 11, 30)
LOCAL_ONLY = {"pl.marriage", "pl.stay", "pl.document", "pl.child"}
"""Topics that have a guide of their own; the others are answered by people."""


@pytest.mark.parametrize("name", TOLD.guides)
def test_a_guide_is_whole_in_each_language_and_says_its_sources(name: str) -> None:
    guide = TOLD.guides[name]

    assert LANGUAGES == set(guide.texts)
    assert len(guide.sources) >= 3
    assert guide.checked_on <= TODAY


@pytest.mark.parametrize("name", TOLD.letters)
def test_a_letter_is_in_polish_and_told_in_each_language(name: str) -> None:
    letter = TOLD.letters[name]

    assert "pl" == letter.language
    assert LANGUAGES == set(letter.texts)
    assert all(
        set(text.labels) == {b.name for b in letter.blanks} for text in letter.texts.values()
    )


def test_what_ended_in_june_says_so() -> None:
    old = {
        name for name, guide in TOLD.guides.items() if freshness(guide, TODAY) != Freshness.FRESH
    }

    assert {"pl.travel-document", "pl.child"} == old


def test_the_topics_that_rules_answer_have_a_guide() -> None:
    told = {topic for guide in TOLD.guides.values() for topic in guide.topics}

    assert set() == LOCAL_ONLY - told


def test_the_libraries_agree_with_the_facts() -> None:
    assert () == problems_of(POLAND)
