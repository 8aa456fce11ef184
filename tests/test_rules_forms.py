"""Forms: what is asked, what typed strings become, and what is still wrong."""

import string
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Annotated, Any, Literal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET, Meta, UnsetType

from pe_core.model import (
    Answers,
    AskIf,
    Contact,
    Form,
    Long,
    Name,
    Problem,
    Stop,
    Story,
    ask_if,
)
from pe_core.rules.forms import (
    Question,
    Value,
    asked,
    next_question,
    problems,
    prune,
    questions,
    read,
    read_question,
    stopped,
)

Permit = Literal["none", "visa", "card"]


class Everything(Answers):
    """One field of each kind, with a chain of conditions."""

    permit: Permit
    until: Annotated[date, ask_if("permit", "none", negate=True, required=True)] | UnsetType = UNSET
    children: bool
    how_many: (
        Annotated[int, Meta(ge=1, le=12), ask_if("children", True, required=True)] | UnsetType
    ) = UNSET
    large: Annotated[bool, ask_if("how_many", 10, 11, 12)] | UnsetType = UNSET
    topics: Annotated[list[Literal["home", "work", "school"]], Meta(max_length=2)] | UnsetType = (
        UNSET
    )
    school: Annotated[Long, ask_if("topics", "school")] | UnsetType = UNSET
    number: Annotated[str, Meta(min_length=3, max_length=8, pattern="^[A-Z]")] | UnsetType = UNSET
    story: Story
    name: Name | UnsetType = UNSET
    contact: Contact | UnsetType = UNSET


def _check(answers: Everything) -> Iterable[Problem]:
    if answers.story == "wrong":
        yield Problem(field="story", code="wrong")


FORM = Form(
    name="zz.everything",
    answers=Everything,
    check=_check,
    stop_if=(Stop(condition=AskIf(field="permit", values=("card",)), page="card"),),
)
BY_FIELD = {question.field: question for question in questions(FORM)}

texts = st.text(max_size=20) | st.sampled_from(["ABC", "wrong", "a\r\nb", "\x00", "Ж" * 9, " "])
values: Mapping[str, st.SearchStrategy[Value]] = {
    "permit": st.sampled_from(["none", "visa", "card"]),
    "until": st.dates().map(date.isoformat),
    "children": st.booleans(),
    "how_many": st.integers(1, 12),
    "large": st.booleans(),
    "topics": st.lists(st.sampled_from(["home", "work", "school"]), max_size=2, unique=True),
    "school": st.text(string.ascii_letters, max_size=9),
    "number": st.from_regex(r"\A[A-Z]{3,8}\Z"),
    "story": st.text(string.printable[:80], max_size=9) | st.just("wrong"),
    "name": st.text(string.ascii_letters, max_size=9),
    "contact": st.text(string.ascii_letters, max_size=9),
}
answer_sets = st.fixed_dictionaries({}, optional=dict(values))
wild = st.fixed_dictionaries(
    {},
    optional={
        field: strategy | texts | st.integers() | st.booleans() | st.lists(texts, max_size=3)
        for field, strategy in values.items()
    },
)


def test_a_form_is_asked_in_the_order_of_its_fields() -> None:
    expected = [
        ("permit", "one_of", True, False),
        ("until", "date", True, False),
        ("children", "yes_no", True, False),
        ("how_many", "number", True, False),
        ("large", "yes_no", False, False),
        ("topics", "any_of", False, False),
        ("school", "long", False, False),
        ("number", "text", False, False),
        ("story", "long", True, False),
        ("name", "text", False, True),
        ("contact", "text", False, True),
    ]

    assert expected == [(q.field, q.kind, q.required, q.personal) for q in questions(FORM)]


def test_limits_and_text_keys_come_from_the_type() -> None:
    number, name, story = BY_FIELD["number"], BY_FIELD["name"], BY_FIELD["story"]

    assert (3, 8, "^[A-Z]") == (number.shortest, number.longest, number.pattern)
    assert (1, 12) == (BY_FIELD["how_many"].least, BY_FIELD["how_many"].most)
    assert ("core.field.name", 200, "name") == (name.key, name.longest, name.autocomplete)
    assert ("core.field.contact", 300) == (BY_FIELD["contact"].key, BY_FIELD["contact"].longest)
    assert ("core.field.story", 8000) == (story.key, story.longest)
    assert ("zz.everything.permit", "off") == (
        BY_FIELD["permit"].key,
        BY_FIELD["permit"].autocomplete,
    )


@pytest.mark.parametrize(
    ("field", "typed", "value"),
    [
        ("story", ["  one\r\ntwo\rthree\u2028four\t! "], "one\ntwo\nthree\nfour !"),
        ("story", ["e\u0301"], "\u00e9"),
        ("name", [], None),
        ("name", [""], None),
        ("name", [" \u00a0\n"], None),
        ("name", ["", "Alia"], "Alia"),
        ("name", ["Ж" * 200], "Ж" * 200),
        ("children", ["yes"], True),
        ("children", ["no"], False),
        ("large", [], None),
        ("how_many", [" 7 "], 7),
        ("how_many", ["+007"], 7),
        ("how_many", ["1\u00a02"], 12),
        ("permit", ["visa"], "visa"),
        ("topics", [], None),
        ("topics", ["work"], ["work"]),
        ("topics", ["work", "home", "work", ""], ["home", "work"]),
        ("until", ["2026-12-31"], "2026-12-31"),
        ("until", ["31", "12", "2026"], "2026-12-31"),
        ("until", [" 1", "2 ", "2026"], "2026-02-01"),
        ("until", ["29", "02", "2028"], "2028-02-29"),
        ("number", ["ABC"], "ABC"),
    ],
)
def test_typed_strings_become_a_value(
    field: str, typed: Sequence[str], value: Value | None
) -> None:
    found = read_question(BY_FIELD[field], typed)

    assert (value, type(value)) == (found, type(found))


@pytest.mark.parametrize(
    ("field", "typed", "code", "limits"),
    [
        ("story", [], "required", {}),
        ("story", [" \r\n "], "required", {}),
        ("story", ["a\x00b"], "characters", {}),
        ("story", ["a\x1bb"], "characters", {}),
        ("story", ["a\ud800b"], "characters", {}),
        ("story", ["x" * 8001], "too_long", {"limit": 8000}),
        ("name", ["a\nb"], "characters", {}),
        ("name", ["Ж" * 201], "too_long", {"limit": 200}),
        ("number", ["AB"], "too_short", {"limit": 3}),
        ("number", ["ABCDEFGHJ"], "too_long", {"limit": 8}),
        ("number", ["abc"], "pattern", {}),
        ("children", ["on"], "not_an_option", {}),
        ("children", [], "required", {}),
        ("permit", ["other"], "not_an_option", {}),
        ("topics", ["work", "other"], "not_an_option", {}),
        ("topics", ["work", "home", "school"], "too_long", {"limit": 2}),
        ("how_many", ["0"], "too_small", {"limit": 1}),
        ("how_many", ["-3"], "too_small", {"limit": 1}),
        ("how_many", ["\u22123"], "too_small", {"limit": 1}),
        ("how_many", ["13"], "too_big", {"limit": 12}),
        ("how_many", ["9" * 5000], "too_big", {"limit": 12}),
        ("how_many", ["-" + "9" * 5000], "too_small", {"limit": 1}),
        ("how_many", ["2.5"], "not_a_number", {}),
        ("how_many", ["two"], "not_a_number", {}),
        ("how_many", ["\u0663"], "not_a_number", {}),
        ("how_many", ["\u00b2"], "not_a_number", {}),
        ("until", ["", "", ""], "required", {}),
        ("until", ["31", "", "2026"], "not_a_date", {}),
        ("until", ["31", "2", "2026"], "not_a_date", {}),
        ("until", ["1", "2", "26"], "not_a_date", {}),
        ("until", ["1", "2", "0000"], "not_a_date", {}),
        ("until", ["1", "2"], "not_a_date", {}),
        ("until", ["1", "2", "2026", "3"], "not_a_date", {}),
        ("until", ["2026-1-1"], "not_a_date", {}),
        ("until", ["\u0662", "1", "2026"], "not_a_date", {}),
    ],
)
def test_what_does_not_fit_is_a_problem_of_its_field(
    field: str, typed: Sequence[str], code: str, limits: Mapping[str, int]
) -> None:
    assert Problem(field=field, code=code, limits=limits) == read_question(BY_FIELD[field], typed)


@settings(deadline=None)
@given(st.sampled_from(questions(FORM)), st.lists(texts | st.text(), max_size=4))
def test_no_typed_input_raises_and_what_is_read_fits_the_type(
    question: Question, typed: list[str]
) -> None:
    value = read_question(question, typed)
    if value is not None and not isinstance(value, Problem):
        assert not question.required or value != ""
        found = problems(FORM, {**GOOD, question.field: value})
        assert [] == [p for p in found if p.field == question.field and p.code != "wrong"]
        shown = value if isinstance(value, str) else ""
        assert unicodedata.is_normalized("NFC", shown) and shown == shown.strip()


@settings(deadline=None)
@given(wild)
def test_no_answers_raise_whatever_they_are(answers: dict[str, Any]) -> None:
    stopped(FORM, answers)
    next_question(FORM, answers)

    assert all(problem.field in BY_FIELD for problem in problems(FORM, answers))


@settings(deadline=None)
@given(wild)
def test_pruning_twice_changes_nothing(answers: dict[str, Any]) -> None:
    once = prune(FORM, answers)

    assert once == prune(FORM, once)
    assert asked(FORM, answers) == asked(FORM, once)
    assert once.items() <= answers.items()


@settings(deadline=None)
@given(wild)
def test_problems_and_msgspec_agree_about_every_single_answer(answers: dict[str, Any]) -> None:
    wrong = {problem.field for problem in problems(FORM, answers) if problem.code != "required"}
    types = {field.name: field.type for field in msgspec.structs.fields(Everything)}
    for field, value in prune(FORM, answers).items():
        try:
            msgspec.convert(value, types[field])
        except msgspec.ValidationError:
            assert field in wrong
        else:
            # We are stricter in one thing: characters that no text should have.
            assert field not in wrong or isinstance(value, str)


@settings(deadline=None)
@given(answer_sets)
def test_reading_is_what_msgspec_makes_of_the_pruned_answers(answers: dict[str, Any]) -> None:
    found = problems(FORM, answers)
    if all(problem.code == "wrong" for problem in found):
        expected = msgspec.convert(prune(FORM, answers), Everything)
        assert expected == read(FORM, answers)
        assert ("wrong" == expected.story) is bool(found)
    else:
        assert {"required"} == {problem.code for problem in found}


def test_reading_before_all_is_right_says_so_and_quotes_nothing() -> None:
    with pytest.raises(ValueError, match=r"zz\.everything: read\(\) before") as caught:
        read(FORM, {"permit": "secret words"})

    assert "secret" not in str(caught.value)
    assert caught.value.__suppress_context__


GOOD: dict[str, Value] = {
    "permit": "visa",
    "until": "2026-12-31",
    "children": True,
    "how_many": 10,
    "large": False,
    "topics": ["school"],
    "school": "far",
    "story": "long",
}


def test_good_answers_have_no_problems_and_read_as_a_struct() -> None:
    found = read(FORM, GOOD)

    assert () == problems(FORM, GOOD)
    assert isinstance(found, Everything)
    assert (date(2026, 12, 31), UNSET) == (found.until, found.name)


@pytest.mark.parametrize(
    ("field", "value", "dropped"),
    [
        ("permit", "none", {"until"}),
        ("children", False, {"how_many", "large"}),
        ("how_many", 9, {"large"}),
        ("topics", ["work"], {"school"}),
        ("story", "another", set()),
    ],
)
def test_changing_an_answer_drops_what_is_no_longer_asked(
    field: str, value: Value, dropped: set[str]
) -> None:
    assert dropped == set(GOOD) - set(prune(FORM, {**GOOD, field: value}))


@pytest.mark.parametrize("field", ["permit", "children", "how_many", "topics"])
def test_leaving_out_an_answer_drops_what_hangs_on_it(field: str) -> None:
    without = {name: value for name, value in GOOD.items() if name != field}
    hanging = {"permit": {"until"}, "children": {"how_many", "large"}}
    hanging |= {"how_many": {"large"}, "topics": {"school"}}

    assert hanging[field] == set(without) - set(prune(FORM, without))


def test_a_yes_is_not_the_number_one() -> None:
    class Numbers(Answers):
        number: int
        more: Annotated[str, ask_if("number", 1)] | UnsetType = UNSET

    form = Form(name="zz.numbers", answers=Numbers)

    assert 2 == len(asked(form, {"number": 1}))
    assert 1 == len(asked(form, {"number": True}))


def test_an_unknown_field_is_a_problem_of_the_form_and_is_not_named() -> None:
    (problem,) = problems(FORM, {**GOOD, "secret": "x"})

    assert Problem(field="", code="unknown_field") == problem


def test_all_that_is_missing_is_said_at_once() -> None:
    found = problems(FORM, {"children": True, "how_many": 99})

    assert [("permit", "required"), ("how_many", "too_big"), ("story", "required")] == [
        (problem.field, problem.code) for problem in found
    ]


def test_the_form_checks_only_what_has_no_other_problem() -> None:
    assert ("wrong",) == tuple(p.code for p in problems(FORM, {**GOOD, "story": "wrong"}))
    assert ("required",) == tuple(p.code for p in problems(FORM, {**_without("until")}))


def test_questions_follow_one_another_and_skip_what_is_not_asked() -> None:
    answers: dict[str, Value] = {"permit": "none", "children": False}
    visited, question = [], next_question(FORM, answers)
    while question is not None:
        visited.append(question.field)
        question = next_question(FORM, answers, question.field)

    assert ["permit", "children", "topics", "number", "story", "name", "contact"] == visited


def test_after_a_question_no_longer_asked_comes_the_next_that_is() -> None:
    question = next_question(FORM, {"permit": "none"}, "until")

    assert question is not None
    assert "children" == question.field


def test_a_field_that_the_form_does_not_have_is_followed_by_nothing() -> None:
    with pytest.raises(KeyError):
        next_question(FORM, {}, "nowhere")


def test_an_answer_can_end_the_questions() -> None:
    stop = stopped(FORM, {"permit": "card"})

    assert stop is not None
    assert "card" == stop.page
    assert next_question(FORM, {"permit": "card"}, "permit") is None
    assert stopped(FORM, {"permit": "visa"}) is None


def test_a_pattern_is_tried_only_on_a_text_of_fitting_length() -> None:
    class Careless(Answers):
        number: Annotated[str, Meta(max_length=10, pattern=r"^(a+)+$")]

    (question,) = questions(Form(name="zz.careless", answers=Careless))
    found = read_question(question, ["a" * 60 + "!"])

    assert Problem(field="number", code="too_long", limits={"limit": 10}) == found


def _without(field: str) -> dict[str, Value]:
    return {name: value for name, value in GOOD.items() if name != field}
