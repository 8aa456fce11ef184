"""The Lithuanian plugin: its facts, the length of its forms, and its texts in four languages."""

import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from babel.messages.pofile import read_po
from hypothesis import example, given
from hypothesis import strategies as st

import pe_embassy_lt
from pe_core import Embassy, Emergency, Instance
from pe_core.hooks import find_plugins, load_plugins
from pe_core.rules import forms
from pe_embassy_lt.forms import (
    FORMS,
    ChildAnswers,
    DocumentAnswers,
    StayAnswers,
    ThreatAnswers,
    check_days,
    check_papers,
    check_proof,
)
from pe_embassy_lt.helping import VOLUNTEER
from pe_embassy_lt.jurisdiction import LITHUANIA

LANGUAGES = ("en", "be", "ru", "lt")
LOCALES = Path(pe_embassy_lt.__file__).parent / "locales"
UNVERIFIED_WORDS = ("2000/31", "nacionalinė viza (D)", "mfa.gov.by")
DECIDED = ("not_issued", "not_renewed", "withdrawn", "ban")


def texts_of(language: str) -> dict[str, str]:
    with (LOCALES / f"{language}.po").open("rb") as file:
        return {str(message.id): str(message.string) for message in read_po(file) if message.id}


def threat(received: date | None, deadline: date | None) -> ThreatAnswers:
    return ThreatAnswers(
        decision="withdrawn",
        received=msgspec.UNSET if received is None else received,
        deadline=msgspec.UNSET if deadline is None else deadline,
        appeal="no",
        story="A decision came.",
    )


def test_the_plugin_loads_and_brings_eight_topics_in_their_order() -> None:
    embassy = Embassy(
        code="example",
        names={"en": "Example"},
        languages=LANGUAGES,
        zone="Europe/Vilnius",
        contact="",
        jurisdiction="lt",
    )
    instance = Instance(embassy, "", lambda: datetime(2026, 11, 30, tzinfo=UTC), {})

    plugins = load_plugins(["lt"], instance, find_plugins())

    assert {"lt": LITHUANIA} == plugins.jurisdictions
    assert [form.name for form in FORMS] == list(plugins.forms)
    assert 8 == len(plugins.forms)


def test_only_checked_facts_are_stated() -> None:
    stated = msgspec.json.encode(LITHUANIA).decode()

    assert Emergency(general="112", police="112", ambulance="112", fire="112") == (
        LITHUANIA.emergency
    )
    assert "https://vdai.lrv.lt" == LITHUANIA.data_protection.url
    assert LITHUANIA.migration == LITHUANIA.asylum
    assert LITHUANIA.migration.local_name.startswith("Migracijos departamentas prie")
    assert LITHUANIA.travel_document is not None
    assert "užsieniečio pasas" == LITHUANIA.travel_document.local_name
    assert "Vilnius" == LITHUANIA.cities[0].name
    assert "" == LITHUANIA.imprint
    assert [] == [word for word in UNVERIFIED_WORDS if word in stated]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_states_an_unchecked_fact_or_a_day(language: str) -> None:
    texts = texts_of(language)

    assert [] == [word for word in UNVERIFIED_WORDS if word in "\n".join(texts.values())]
    assert [] == [key for key, text in texts.items() if "202" in text]


def test_only_a_valid_passport_ends_a_form_early() -> None:
    stops = {
        (form.name, stop.condition.field, stop.condition.values)
        for form in FORMS
        for stop in form.stop_if
    }

    assert {("lt.document", "passport", ("valid",))} == stops


@pytest.mark.parametrize("decision", [*DECIDED, "none_yet", "unknown"])
def test_the_court_is_asked_about_only_after_a_decision(decision: str) -> None:
    form = next(form for form in FORMS if form.name == "lt.threat")

    asked = {question.field for question in forms.asked(form, {"decision": decision})}

    assert (decision in DECIDED) == ({"received", "deadline", "appeal"} <= asked)


@given(st.dates(), st.dates())
@example(date(2026, 12, 1), date(2026, 12, 1))
def test_a_last_day_is_refused_exactly_if_it_lies_before_the_decision(
    received: date, deadline: date
) -> None:
    found = [(problem.field, problem.code) for problem in check_days(threat(received, deadline))]

    assert ([("deadline", "before_letter")] if deadline < received else []) == found


@pytest.mark.parametrize(
    ("received", "deadline"), [(None, None), (None, date(1990, 1, 1)), (date(2026, 12, 1), None)]
)
def test_a_day_that_is_left_out_contradicts_nothing(
    received: date | None, deadline: date | None
) -> None:
    stay = StayAnswers(
        permit="temporary",
        step="refused",
        passport="soon",
        received=msgspec.UNSET if received is None else received,
        deadline=msgspec.UNSET if deadline is None else deadline,
        story="A letter came.",
    )

    assert [] == list(check_days(threat(received, deadline)))
    assert [] == list(check_days(stay))


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
        children=1, born="lithuania", papers=papers, step="unknown", story="There is no passport."
    )

    assert codes == [problem.code for problem in check_papers(answers)]


@pytest.mark.parametrize(
    ("proof", "codes"),
    [
        (["none"], []),
        (["persecution", "refusal"], []),
        (["refusal", "none"], ["none_and_more"]),
    ],
)
def test_nothing_yet_and_a_proof_contradict_each_other(proof: list[Any], codes: list[str]) -> None:
    answers = DocumentAnswers(
        passport="expired", permit="temporary", proof=proof, applied="no", story="It ended."
    )

    assert codes == [problem.code for problem in check_proof(answers)]


def test_lithuanian_has_no_letter_of_another_script() -> None:
    wrong = [key for key, text in texts_of("lt").items() if re.search("[а-яёіў]", text.lower())]

    assert [] == wrong


def test_translations_are_certified_by_a_bureau_and_no_gate_says_otherwise() -> None:
    assert ("translation_bureau", "lawyer") == VOLUNTEER.gates
