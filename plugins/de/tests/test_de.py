"""The German plugin: its facts, the length of its forms, and its texts in four languages."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from babel.messages.pofile import read_po

import pe_embassy_de
from pe_core import Embassy, Emergency, Instance
from pe_core.hooks import find_plugins, load_plugins
from pe_core.rules import forms
from pe_core.rules.places import problems_of
from pe_embassy_de.forms import (
    FORMS,
    ChildAnswers,
    DocumentAnswers,
    StayAnswers,
    check_days,
    check_papers,
    check_proof,
)
from pe_embassy_de.helping import VOLUNTEER
from pe_embassy_de.jurisdiction import GERMANY

LANGUAGES = ("en", "be", "ru", "de")
LOCALES = Path(pe_embassy_de.__file__).parent / "locales"
UNVERIFIED_WORDS = (
    "Blaue Karte",
    "Blue Card",
    "§ 18 MStV",
    "Medienstaatsvertrag",
    "ermächtigt",
    "Bezirksregierung",
    "IdNr",
)
"""Facts that nobody has checked against a source."""


def texts_of(language: str) -> dict[str, str]:
    with (LOCALES / f"{language}.po").open("rb") as file:
        return {str(message.id): str(message.string) for message in read_po(file) if message.id}


def test_the_plugin_loads_and_brings_seven_topics_in_their_order() -> None:
    embassy = Embassy(
        code="example",
        names={"en": "Example"},
        languages=LANGUAGES,
        zone="Europe/Berlin",
        contact="",
        jurisdiction="de",
    )
    instance = Instance(embassy, "", lambda: datetime(2026, 11, 24, tzinfo=UTC), {})

    plugins = load_plugins(["de"], instance, find_plugins())

    assert {"de": GERMANY} == plugins.jurisdictions
    assert [form.name for form in FORMS] == list(plugins.forms)
    assert 7 == len(plugins.forms)


def test_only_checked_facts_are_stated() -> None:
    stated = msgspec.json.encode(GERMANY).decode()

    assert Emergency(general="112", police="110", ambulance="112", fire="112") == GERMANY.emergency
    assert "https://www.bfdi.bund.de" == GERMANY.data_protection.url
    assert "authority of their federal state" in GERMANY.data_protection.authority
    assert "Ausländerbehörde" == GERMANY.migration.local_name
    assert GERMANY.asylum is not None
    assert "https://www.bamf.de" == GERMANY.asylum.url
    assert GERMANY.travel_document is not None
    assert "Reiseausweis für Ausländer" == GERMANY.travel_document.local_name
    assert "§ 5 Digitale-Dienste-Gesetz (DDG)" == GERMANY.imprint
    assert "Berlin" == GERMANY.cities[0].name
    assert [] == [word for word in UNVERIFIED_WORDS if word in stated]


def test_addresses_numbers_and_holidays_stand_up_to_the_libraries() -> None:
    assert () == problems_of(GERMANY)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_states_an_unchecked_fact(language: str) -> None:
    everything = "\n".join(texts_of(language).values())

    assert [] == [word for word in UNVERIFIED_WORDS if word in everything]


def test_only_a_valid_passport_ends_a_form_early() -> None:
    stops = {
        (form.name, stop.condition.field, stop.condition.values)
        for form in FORMS
        for stop in form.stop_if
    }

    assert {("de.document", "passport", ("valid",))} == stops


@pytest.mark.parametrize(
    ("received", "deadline", "codes"),
    [
        (None, None, []),
        (None, date(2026, 12, 1), []),
        (date(2026, 12, 1), None, []),
        (date(2026, 12, 1), date(2026, 12, 1), []),
        (date(2026, 12, 1), date(2026, 12, 2), []),
        (date(2026, 12, 1), date(2026, 11, 30), ["before_letter"]),
    ],
)
def test_the_last_day_is_not_before_the_letter(
    received: date | None, deadline: date | None, codes: list[str]
) -> None:
    answers = StayAnswers(
        permit="residence",
        step="refused",
        received=msgspec.UNSET if received is None else received,
        deadline=msgspec.UNSET if deadline is None else deadline,
        story="A letter came.",
    )

    found = list(check_days(answers))

    assert codes == [problem.code for problem in found]
    assert all(problem.field == "deadline" for problem in found)


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
        children=1, born="germany", papers=papers, step="unknown", story="There is no passport."
    )

    assert codes == [problem.code for problem in check_papers(answers)]


@pytest.mark.parametrize(
    ("proof", "codes"),
    [
        (msgspec.UNSET, []),
        (["none"], []),
        (["case", "public"], []),
        (["none", "public"], ["none_and_more"]),
    ],
)
def test_nothing_in_writing_and_a_proof_contradict_each_other(proof: Any, codes: list[str]) -> None:
    answers = DocumentAnswers(
        passport="expired", permit="residence", applied="no", proof=proof, story="It ran out."
    )

    assert codes == [problem.code for problem in check_proof(answers)]


def test_the_danger_is_asked_for_until_the_office_has_refused_in_writing() -> None:
    form = FORMS[0]
    fields = {
        value: {question.field for question in forms.asked(form, {"applied": value})}
        & {"proof", "deadline"}
        for value in ("no", "turned_away", "waiting", "refused", "had", "unknown")
    }

    assert {
        "no": {"proof"},
        "turned_away": {"proof"},
        "waiting": {"proof"},
        "refused": {"deadline"},
        "had": set(),
        "unknown": {"proof"},
    } == fields


def test_no_gate_names_a_translator_before_somebody_has_checked_the_term() -> None:
    assert ("lawyer",) == VOLUNTEER.gates
