"""The Polish plugin: its facts, the length of its forms, and its texts in four languages."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from babel.messages.pofile import read_po

import pe_embassy_pl
from pe_core import Embassy, Emergency, Instance
from pe_core.hooks import find_plugins, load_plugins
from pe_embassy_pl.forms import FORMS, ChildAnswers, StayAnswers, check_days, check_papers
from pe_embassy_pl.helping import VOLUNTEER
from pe_embassy_pl.jurisdiction import POLAND

LANGUAGES = ("en", "be", "ru", "pl")
LOCALES = Path(pe_embassy_pl.__file__).parent / "locales"
UNVERIFIED_WORDS = (
    "hfhr.pl",
    "pobyt stały",
    "Permanent residence",
    "2000/31",
)


def texts_of(language: str) -> dict[str, str]:
    with (LOCALES / f"{language}.po").open("rb") as file:
        return {str(message.id): str(message.string) for message in read_po(file) if message.id}


def test_the_plugin_loads_and_brings_seven_topics_in_their_order() -> None:
    embassy = Embassy(
        code="example",
        names={"en": "Example"},
        languages=LANGUAGES,
        zone="Europe/Warsaw",
        contact="",
        jurisdiction="pl",
    )
    instance = Instance(embassy, "", lambda: datetime(2026, 11, 24, tzinfo=UTC), {})

    plugins = load_plugins(["pl"], instance, find_plugins())

    assert {"pl": POLAND} == plugins.jurisdictions
    assert [form.name for form in FORMS] == list(plugins.forms)
    assert 7 == len(plugins.forms)


def test_only_checked_facts_are_stated() -> None:
    stated = msgspec.json.encode(POLAND).decode()

    assert Emergency(general="112", police="997", ambulance="999", fire="998") == POLAND.emergency
    assert "https://uodo.gov.pl" == POLAND.data_protection.url
    assert "Wojewoda (wydział spraw cudzoziemców)" == POLAND.migration.local_name
    assert POLAND.travel_document is not None
    assert "Voivode of the place of residence" == POLAND.travel_document.issuer
    assert POLAND.asylum is None
    assert "Warszawa" == POLAND.cities[0].name
    assert [] == [word for word in UNVERIFIED_WORDS if word in stated]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_states_an_unchecked_fact(language: str) -> None:
    everything = "\n".join(texts_of(language).values())

    assert [] == [word for word in UNVERIFIED_WORDS if word in everything]


@pytest.mark.parametrize(
    ("language", "doubt"),
    [("en", "may have ended"), ("be", "Магчыма"), ("ru", "Возможно"), ("pl", "Mogła się")],
)
def test_a_scheme_with_an_end_is_never_said_to_hold_still(language: str, doubt: str) -> None:
    dated = {key: text for key, text in texts_of(language).items() if "20" in text}

    assert {"pl.document.applied.hint"} == dated.keys()
    assert doubt in dated["pl.document.applied.hint"]


def test_only_a_valid_passport_ends_a_form_early() -> None:
    stops = {
        (form.name, stop.condition.field, stop.condition.values)
        for form in FORMS
        for stop in form.stop_if
    }

    assert {("pl.document", "passport", ("valid",))} == stops


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
        permit="temporary",
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
        children=1, born="poland", papers=papers, step="unknown", story="There is no passport."
    )

    assert codes == [problem.code for problem in check_papers(answers)]


def test_the_one_gate_with_a_local_name_is_the_one_that_has_a_source() -> None:
    assert ("sworn_translator", "lawyer") == VOLUNTEER.gates
