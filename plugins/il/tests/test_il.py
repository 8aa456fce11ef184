"""The Israeli plugin: its facts, its forms, its guides and letters, its texts in four languages."""

import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from babel.messages.pofile import read_po
from hypothesis import example, given
from hypothesis import strategies as st

import pe_embassy_il
from pe_core import Embassy, Emergency, Instance
from pe_core.hooks import Found, load_plugins
from pe_core.hooks.guides import read_guides
from pe_core.model import Freshness, Guide, Letter
from pe_core.rules import forms
from pe_core.rules.guides import freshness
from pe_core.rules.places import problems_of
from pe_embassy_il.forms import FORMS, ChildAnswers, StayAnswers, check_days, check_papers
from pe_embassy_il.helping import VOLUNTEER
from pe_embassy_il.jurisdiction import ISRAEL, POPULATION_AUTHORITY

LANGUAGES = ("en", "be", "ru", "he")
FOLDER = Path(pe_embassy_il.__file__).parent
TOLD = read_guides(FOLDER, "il", [form.name for form in FORMS], ["il"])
EACH_TOLD: tuple[Guide | Letter, ...] = (*TOLD.guides.values(), *TOLD.letters.values())
YEAR = re.compile(r"\b(?:19|20)[0-9]{2}\b")
SLASHED = re.compile("[א-ת]{2}/[א-ת]")
"""Two genders with a stroke between them; permits such as B/2 have one letter before it."""
UNVERIFIED_WORDS = ("3450", "Law of Return", "חוק השבות", "Закон о возвращении")


def texts_of(language: str) -> dict[str, str]:
    with (FOLDER / "locales" / f"{language}.po").open("rb") as file:
        return {str(message.id): str(message.string) for message in read_po(file) if message.id}


def words_of(language: str) -> dict[str, str]:
    """Return all that readers of a language are told: catalogue, guides and letters."""
    told = {
        f"{one.name}.{language}": msgspec.json.encode(one.texts[language]).decode()
        for one in EACH_TOLD
    }
    return {**texts_of(language), **told}


def test_the_plugin_loads_and_brings_seven_topics_in_their_order() -> None:
    embassy = Embassy(
        code="example",
        names={"en": "Example"},
        languages=LANGUAGES,
        zone="Asia/Jerusalem",
        contact="",
        jurisdiction="il",
    )
    instance = Instance(embassy, "", lambda: datetime(2026, 11, 30, tzinfo=UTC), {})
    found = Found(name="il", version="0", load=lambda: pe_embassy_il)

    plugins = load_plugins(["il"], instance, {"il": found})

    assert {"il": ISRAEL} == plugins.jurisdictions
    assert [form.name for form in FORMS] == list(plugins.forms)
    assert 7 == len(plugins.forms)


def test_only_checked_facts_are_stated() -> None:
    assert Emergency(police="100", ambulance="101", fire="102") == ISRAEL.emergency
    assert "https://www.gov.il/en/departments/the_privacy_protection_authority" == (
        ISRAEL.data_protection.url
    )
    assert POPULATION_AUTHORITY == ISRAEL.migration.local_name
    assert ISRAEL.travel_document is not None
    assert "תעודת מעבר" == ISRAEL.travel_document.local_name
    assert ("", "", "") == tuple(
        "".join(getattr(office, part) for office in ISRAEL.offices)
        for part in ("street", "postal_code", "phone")
    )
    assert "Jerusalem" == ISRAEL.cities[0].name
    assert "" == ISRAEL.imprint


def test_the_libraries_know_nothing_better() -> None:
    assert () == problems_of(ISRAEL)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_states_an_unchecked_fact(language: str) -> None:
    everything = "\n".join(words_of(language).values())

    assert [] == [word for word in UNVERIFIED_WORDS if word in everything]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_three_sure_numbers_are_named_and_no_other(language: str) -> None:
    hint = texts_of(language)["il.field.danger.hint"]

    assert ["100", "101", "102"] == re.findall("[0-9]+", hint)


@pytest.mark.parametrize("language", LANGUAGES)
def test_only_guides_and_letters_name_years_because_they_grow_old_by_themselves(
    language: str,
) -> None:
    assert [] == [key for key, text in texts_of(language).items() if YEAR.search(text)]


def test_a_refusal_asks_for_the_appeal_and_waiting_for_the_paper() -> None:
    by_name = {form.name: form for form in FORMS}
    refused = forms.asked(by_name["il.stay"], {"step": "refused"})
    waiting = forms.asked(by_name["il.protection"], {"stage": "waiting"})

    assert {"received", "deadline", "appeal"} <= {question.field for question in refused}
    assert "place" not in {question.field for question in refused}
    assert "paper" in {question.field for question in waiting}
    assert "within_year" not in {question.field for question in waiting}


def test_a_valid_passport_and_israeli_citizenship_end_one_form_early() -> None:
    stops = {
        (form.name, stop.condition.field, stop.condition.values)
        for form in FORMS
        for stop in form.stop_if
    }

    assert {
        ("il.document", "passport", ("valid",)),
        ("il.document", "permit", ("citizen",)),
    } == stops


@example(received=date(2026, 12, 1), deadline=date(2026, 12, 1))
@given(received=st.none() | st.dates(), deadline=st.none() | st.dates())
def test_the_last_day_is_not_before_the_letter(
    received: date | None, deadline: date | None
) -> None:
    answers = StayAnswers(
        permit="temporary",
        step="refused",
        received=msgspec.UNSET if received is None else received,
        deadline=msgspec.UNSET if deadline is None else deadline,
        appeal="no",
        story="A letter came.",
    )
    wrong = received is not None and deadline is not None and deadline < received

    found = [(problem.field, problem.code) for problem in check_days(answers)]

    assert ([("deadline", "before_letter")] if wrong else []) == found


@pytest.mark.parametrize(
    ("papers", "codes"),
    [
        (["none"], []),
        (["passport", "permit"], []),
        (["none", "passport"], ["none_and_more"]),
        (["passport", "none", "unknown"], ["none_and_more"]),
    ],
)
def test_no_papers_and_a_paper_contradict_each_other(papers: list[Any], codes: list[str]) -> None:
    answers = ChildAnswers(
        children=1, born="israel", papers=papers, step="unknown", story="There is no passport."
    )

    assert codes == [problem.code for problem in check_papers(answers)]


def test_guides_and_letters_are_whole_in_four_languages_and_tell_the_newest_facts() -> None:
    assert (9, 3) == (len(TOLD.guides), len(TOLD.letters))
    assert {frozenset(LANGUAGES)} == {frozenset(one.texts) for one in EACH_TOLD}
    assert [] == [
        one.name for one in EACH_TOLD if {text.of for text in one.texts.values()} != {one.revision}
    ]


def test_every_topic_has_a_guide_and_every_letter_stands_in_one() -> None:
    topics = {topic for guide in TOLD.guides.values() for topic in guide.topics}
    letters = {letter for guide in TOLD.guides.values() for letter in guide.letters}

    assert {form.name for form in FORMS} == topics
    assert TOLD.letters.keys() == letters


def test_guides_are_fresh_when_checked_and_say_so_themselves_when_they_are_not() -> None:
    assert {Freshness.FRESH} == {freshness(one, date(2026, 11, 30)) for one in EACH_TOLD}
    assert {Freshness.UNCHECKED} == {freshness(one, date(2027, 6, 30)) for one in EACH_TOLD}


def test_the_letters_are_in_the_language_of_the_office_and_ask_for_no_number() -> None:
    letters = TOLD.letters.values()

    assert {"he"} == {letter.language for letter in letters}
    assert {POPULATION_AUTHORITY} == {letter.authority for letter in letters}
    assert all(POPULATION_AUTHORITY in letter.body for letter in letters)
    assert {"bureau", "name"} == set.intersection(
        *({blank.name for blank in letter.blanks} for letter in letters)
    )
    assert not {"number", "passport_number", "id", "father", "mother"} & {
        blank.name for letter in letters for blank in letter.blanks
    }


def test_hebrew_is_written_in_hebrew_and_speaks_to_everybody() -> None:
    texts = words_of("he")
    letters = {letter.name: letter.body for letter in TOLD.letters.values()}

    assert [] == [key for key, text in texts.items() if not re.search("[א-ת]", text)]
    assert [] == [key for key, text in (texts | letters).items() if SLASHED.search(text)]


def test_translations_are_certified_by_a_notary_and_no_gate_says_otherwise() -> None:
    assert ("notary", "lawyer") == VOLUNTEER.gates
