"""The Israeli plugin: its facts, its forms, its guides and letters, its texts in four languages."""

import itertools
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from babel.messages.pofile import read_po
from hypothesis import example, given
from hypothesis import strategies as st

import pe_embassy_il
from pe_core import Embassy, Emergency, Form, Instance
from pe_core.hooks import Found, load_plugins
from pe_core.hooks.guides import read_guides
from pe_core.model import Freshness, Guide, Letter, Status
from pe_core.rules import forms
from pe_core.rules.guides import freshness
from pe_core.rules.places import problems_of
from pe_embassy_il.forms import FORMS, ChildAnswers, StayAnswers, check_days, check_papers
from pe_embassy_il.jurisdiction import ISRAEL, POPULATION_AUTHORITY

LANGUAGES = ("en", "be", "ru", "he")
TRANSLATIONS = LANGUAGES[1:]
FOLDER = Path(pe_embassy_il.__file__).parent
TOLD = read_guides(FOLDER, "il", [form.name for form in FORMS], ["il"])
EACH_TOLD: tuple[Guide | Letter, ...] = (*TOLD.guides.values(), *TOLD.letters.values())
LONGEST = 8
"""Nine by the journey, and one of them is the core's: where somebody is."""
PLACEHOLDER = re.compile(r"\{[a-z_]+\}")
YEAR = re.compile(r"\b(?:19|20)[0-9]{2}\b")
SLASHED = re.compile("[א-ת]{2}/[א-ת]")
"""Two genders with a stroke between them; permits such as B/2 have one letter before it."""
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
UNVERIFIED_WORDS = ("3450", "Law of Return", "חוק השבות", "Закон о возвращении")


def each_form() -> list[Any]:
    return [pytest.param(form, id=form.name) for form in FORMS]


def texts_of(language: str) -> dict[str, str]:
    with (FOLDER / "locales" / f"{language}.po").open("rb") as file:
        return {str(message.id): str(message.string) for message in read_po(file) if message.id}


def flags_of(language: str) -> dict[str, set[str]]:
    with (FOLDER / "locales" / f"{language}.po").open("rb") as file:
        return {str(message.id): set(message.flags) for message in read_po(file) if message.id}


def words_of(language: str) -> dict[str, str]:
    """Return all that readers of a language are told: catalogue, guides and letters."""
    told = {
        f"{one.name}.{language}": msgspec.json.encode(one.texts[language]).decode()
        for one in EACH_TOLD
    }
    return {**texts_of(language), **told}


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
    return {key for key in keys if key.startswith("il.")}


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
    assert () == ISRAEL.cities
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


@pytest.mark.parametrize(
    "key",
    ["il.stay.problem.before_letter"]
    + [f"il.{form}.problem.none_and_more" for form in ("family", "child")],
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
        if question.key.startswith("il.")
    ]

    assert all("oordinators" in why for why in whys)
    assert len(set(whys)) == len(whys)


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_the_languages_have_the_same_keys_and_placeholders(language: str) -> None:
    source = texts_of("en")
    texts = texts_of(language)

    assert source.keys() == texts.keys()
    assert {key: sorted(PLACEHOLDER.findall(text)) for key, text in source.items()} == {
        key: sorted(PLACEHOLDER.findall(text)) for key, text in texts.items()
    }


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_every_translation_says_how_it_was_made(language: str) -> None:
    unmarked = [
        key for key, flags in flags_of(language).items() if not flags & {"machine", "reviewed"}
    ]

    assert [] == unmarked
    assert {Status.MACHINE} == {one.texts[language].status for one in EACH_TOLD}


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


def test_belarusian_keeps_the_official_norm_and_its_own_letters() -> None:
    texts = {key: text.lower() for key, text in words_of("be").items()}
    wrong = [
        key
        for key, text in texts.items()
        if any(form in text for form in TARASKIEVICA) or set("ищъ") & set(text)
    ]

    assert [] == wrong


def test_russian_has_no_belarusian_letters_and_says_belarus() -> None:
    texts = {key: text.lower() for key, text in words_of("ru").items()}
    wrong = [key for key, text in texts.items() if set("ўі") & set(text) or "белорус" in text]

    assert [] == wrong


def test_hebrew_is_written_in_hebrew_and_speaks_to_everybody() -> None:
    texts = words_of("he")
    letters = {letter.name: letter.body for letter in TOLD.letters.values()}

    assert [] == [key for key, text in texts.items() if not re.search("[א-ת]", text)]
    assert [] == [key for key, text in (texts | letters).items() if SLASHED.search(text)]
