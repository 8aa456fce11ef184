"""The Polish plugin: its facts, the length of its forms, and its texts in four languages."""

import itertools
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from babel.messages.pofile import read_po

import pe_embassy_pl
from pe_core import Embassy, Emergency, Form, Instance
from pe_core.hooks import find_plugins, load_plugins
from pe_core.rules import forms
from pe_embassy_pl.forms import FORMS, ChildAnswers, StayAnswers, check_days, check_papers
from pe_embassy_pl.jurisdiction import POLAND

LANGUAGES = ("en", "be", "ru", "pl")
LOCALES = Path(pe_embassy_pl.__file__).parent / "locales"
LONGEST = 8
"""Nine by the journey, and one of them is the core's: where somebody is."""
PLACEHOLDER = re.compile(r"\{[a-z_]+\}")
TARASKIEVICA = (
    "сьв",
    "сьц",
    "зьн",
    "ньн",
    "льл",
    "цьц",
    "сьп",
    "дзьдз",
    "пэрс",
    "вэрыф",
    "дадзены",
    "валянт",
    "рашэньн",
    "бясьпек",
    "эўр",
    "плян",
    "сыстэм",
    "клюб",
)
UNVERIFIED_WORDS = (
    "hfhr.pl",
    "pobyt stały",
    "Permanent residence",
    "2000/31",
)


def each_form() -> list[Any]:
    return [pytest.param(form, id=form.name) for form in FORMS]


def texts_of(language: str) -> dict[str, str]:
    with (LOCALES / f"{language}.po").open("rb") as file:
        return {str(message.id): str(message.string) for message in read_po(file) if message.id}


def flags_of(language: str) -> dict[str, set[str]]:
    with (LOCALES / f"{language}.po").open("rb") as file:
        return {str(message.id): set(message.flags) for message in read_po(file) if message.id}


def values_of(question: forms.Question) -> tuple[forms.Value, ...]:
    if question.kind == "any_of":
        return tuple([option] for option in question.options)
    return question.options or (True, False)


def paths(form: Form) -> Iterator[tuple[forms.Question, ...]]:
    """Yield the questions asked, for every way to answer those that others depend on."""
    asked = forms.questions(form)
    deciding = [
        question
        for question in asked
        if any(other.ask_if and other.ask_if.field == question.field for other in asked)
    ]
    for values in itertools.product(*map(values_of, deciding)):
        answers: Mapping[str, forms.Value] = {
            question.field: value for question, value in zip(deciding, values, strict=True)
        }
        yield forms.asked(form, answers)


def needed_keys() -> set[str]:
    keys = {key for form in FORMS for key in forms.text_keys(form)}
    return {key for key in keys if key.startswith("pl.")}


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
    assert () == POLAND.cities
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


@pytest.mark.parametrize("form", each_form())
def test_a_form_has_eight_questions_at_most_on_every_path(form: Form) -> None:
    longest = max(len(path) for path in paths(form))

    assert longest <= LONGEST


@pytest.mark.parametrize("form", each_form())
def test_what_is_personal_and_what_is_a_date_may_be_left_out(form: Form) -> None:
    required = [
        question.field
        for question in forms.questions(form)
        if question.required and (question.personal or question.kind == "date")
    ]

    assert [] == required


@pytest.mark.parametrize("form", each_form())
def test_name_and_contact_come_last(form: Form) -> None:
    fields = [question.field for question in forms.questions(form)]

    assert ["story", "name", "contact"] == fields[-3:]


@pytest.mark.parametrize("form", each_form())
def test_whoever_does_not_know_can_say_so(form: Form) -> None:
    without = [
        question.field
        for question in forms.questions(form)
        if question.options and "unknown" not in question.options
    ]

    assert [] == without


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


@pytest.mark.parametrize(
    "key",
    ["pl.stay.problem.before_letter"]
    + [f"pl.{form}.problem.none_and_more" for form in ("marriage", "child", "bank")],
)
def test_every_problem_of_ours_has_a_text(key: str) -> None:
    assert all(texts_of(language)[key] for language in LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_that_a_form_needs_is_there(language: str) -> None:
    texts = texts_of(language)

    assert [] == sorted(key for key in needed_keys() if not texts.get(key))


@pytest.mark.parametrize("form", each_form())
def test_every_question_says_who_reads_the_answer_and_why(form: Form) -> None:
    texts = texts_of("en")
    whys = [
        texts.get(f"{question.key}.why", "")
        for question in forms.questions(form)
        if question.key.startswith("pl.")
    ]

    assert all("oordinators" in why for why in whys)
    assert len(set(whys)) == len(whys)


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_the_languages_have_the_same_keys_and_placeholders(language: str) -> None:
    source = texts_of("en")
    texts = texts_of(language)

    assert source.keys() == texts.keys()
    assert {key: sorted(PLACEHOLDER.findall(text)) for key, text in source.items()} == {
        key: sorted(PLACEHOLDER.findall(text)) for key, text in texts.items()
    }


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_every_translation_says_how_it_was_made(language: str) -> None:
    unmarked = [
        key for key, flags in flags_of(language).items() if not flags & {"machine", "reviewed"}
    ]

    assert [] == unmarked


def test_belarusian_keeps_the_official_norm_and_its_own_letters() -> None:
    texts = {key: text.lower() for key, text in texts_of("be").items()}
    wrong = [
        key
        for key, text in texts.items()
        if any(form in text for form in TARASKIEVICA) or set("ищъ") & set(text)
    ]

    assert [] == wrong


def test_russian_has_no_belarusian_letters_and_says_belarus() -> None:
    texts = {key: text.lower() for key, text in texts_of("ru").items()}
    wrong = [key for key, text in texts.items() if set("ўі") & set(text) or "белорус" in text]

    assert [] == wrong
