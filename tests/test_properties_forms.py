"""Laws of forms: reading is total, questions look only backwards, a version is a shape."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, Literal

import msgspec
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from msgspec import UNSET, Meta, UnsetType

from pe_core.model import Answers, Form, Long, Personal, Problem, ask_if
from pe_core.rules.forms import (
    Value,
    asked,
    form_version,
    next_question,
    problems,
    prune,
    questions,
    read,
    read_question,
    stopped,
)
from pe_embassy_zz.forms import BED, OTHER, PAPER

NAMES = ("one", "two", "three", "four")
OPTIONS = ("a", "b", "c")
FORMS = (PAPER, BED, OTHER)

kinds = st.one_of(
    st.builds(lambda most: Annotated[str, Meta(max_length=most)], st.integers(1, 3)),
    st.builds(
        lambda least, most: Annotated[int, Meta(ge=least, le=most)],
        st.integers(0, 1),
        st.integers(2, 3),
    ),
    st.sampled_from([Long, bool, date, int]),
    st.lists(st.sampled_from(OPTIONS), min_size=1, max_size=3, unique=True).map(
        lambda chosen: Literal[tuple(chosen)]
    ),
    st.lists(st.sampled_from(OPTIONS), min_size=1, max_size=3, unique=True).map(
        lambda chosen: list[Literal[tuple(chosen)]]  # type: ignore[misc]
    ),
)
specifications = st.lists(
    st.tuples(kinds, st.sampled_from(["must", "may", "personal", "if yes", "if no"])),
    min_size=1,
    max_size=4,
)
Specification = Sequence[tuple[Any, str]]


def make_form(specification: Specification, name: str = "zz.made", doc: str = "") -> Form:
    """Return a form of these questions after one that is answered by yes or no."""
    namespace: dict[str, Any] = {"__module__": __name__, "__doc__": doc}
    annotations: dict[str, Any] = {"first": bool}
    for field, (kind, how) in zip(NAMES, specification, strict=False):
        if how == "personal":
            kind = Personal[kind]
        elif how in ("if yes", "if no"):
            kind = Annotated[kind, ask_if("first", how == "if yes", required=True)]
        annotations[field] = kind if how == "must" else kind | UnsetType
        if how != "must":
            namespace[field] = UNSET
    namespace["__annotations__"] = annotations
    return Form(name=name, answers=type(Answers)("Made", (Answers,), namespace))


def shape_of(form: Form) -> list[Any]:
    """Return all that an old answer's meaning hangs on, by the questions themselves."""
    plain = [msgspec.to_builtins(question) for question in questions(form)]
    return [{k: v for k, v in one.items() if k not in ("key", "autocomplete")} for one in plain]


values = (
    st.booleans()
    | st.integers(-1, 4)
    | st.text(max_size=4)
    | st.sampled_from([*OPTIONS, "passport", "permit", "coast", "visiting", "2026-12-31"])
    | st.lists(st.sampled_from(["a", "stays", "none", ""]), max_size=2)
)
fields_of_all = sorted(
    {"first", *NAMES, *(q.field for form in FORMS for q in questions(form)), "else"}
)
answer_sets = st.dictionaries(st.sampled_from(fields_of_all), values, max_size=9)
forms = st.sampled_from(FORMS) | specifications.map(make_form)


@given(forms, st.dictionaries(st.sampled_from(fields_of_all) | st.text(), st.text() | values))
def test_any_answers_are_read_or_have_problems_and_never_raise(
    form: Form, answers: dict[str, Any]
) -> None:
    found = problems(form, answers)
    if not found:
        assert isinstance(read(form, answers), form.answers)

    assert {problem.field for problem in found} <= {"", *(q.field for q in questions(form))}


@given(st.sampled_from(FORMS), st.lists(st.lists(st.text(max_size=30), max_size=4), max_size=9))
def test_whatever_is_typed_into_a_form_becomes_answers_that_fit_or_problems(
    form: Form, typed: list[list[str]]
) -> None:
    answers: dict[str, Value] = {}
    for question, inputs in zip(questions(form), typed, strict=False):
        value = read_question(question, inputs)
        if value is not None and not isinstance(value, Problem):
            answers[question.field] = value

    assert {"required"} >= {
        problem.code for problem in problems(form, answers) if problem.code != "none_and_some"
    }


@given(forms, answer_sets)
def test_what_is_no_longer_asked_is_dropped_and_dropping_it_changes_nothing(
    form: Form, answers: dict[str, Any]
) -> None:
    kept = prune(form, answers)
    fields = [question.field for question in asked(form, answers)]

    assert list(kept) == [field for field in fields if field in answers]
    assert asked(form, kept) == asked(form, answers)
    assert stopped(form, kept) == stopped(form, answers)


@given(forms, answer_sets, answer_sets, st.data())
def test_the_next_question_looks_only_backwards(
    form: Form, answers: dict[str, Any], others: dict[str, Any], data: st.DataObject
) -> None:
    fields = [question.field for question in questions(form)]
    after = data.draw(st.sampled_from([None, *fields]))
    following = next_question(form, answers, after)
    assume(following is not None)
    assert following is not None
    before = fields[: fields.index(following.field)]
    changed = {field: value for field, value in others.items() if field not in before}
    changed |= {field: answers[field] for field in before if field in answers}

    assert stopped(form, changed) or following == next_question(form, changed, after)


@given(forms, answer_sets)
def test_asking_on_and_on_comes_to_an_end_and_asks_nothing_twice(
    form: Form, answers: dict[str, Any]
) -> None:
    seen: list[str] = []
    question = next_question(form, answers)
    while question is not None:
        assert question.field not in seen
        seen.append(question.field)
        question = next_question(form, answers, question.field)

    assert stopped(form, answers) or seen == [q.field for q in asked(form, answers)]


@settings(max_examples=200)
@given(specifications, specifications)
def test_two_versions_are_the_same_if_the_shapes_are(
    one: Specification, other: Specification
) -> None:
    first, second = make_form(one), make_form(other)

    assert (shape_of(first) == shape_of(second)) is (form_version(first) == form_version(second))


@given(specifications)
def test_a_version_outlives_another_name_and_another_class(specification: Specification) -> None:
    first = make_form(specification)
    again = make_form(list(specification), name="zz.other", doc="Told otherwise.")

    assert form_version(first) == form_version(again)


MANY = 31
"""Marks on one letter; no language has more than a handful."""


@pytest.mark.parametrize(
    "marks",
    ["\u0301" * MANY, "\u0315\u0300" * MANY, "\u0f73\u0f81" * MANY, "\u05b0" * MANY],
    ids=["one mark", "out of order", "ordered as letters", "points"],
)
def test_more_marks_on_a_letter_than_any_language_has_are_refused_before_they_are_put_in_order(
    marks: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (story, *_) = questions(OTHER)
    put_in_order: list[str] = []
    monkeypatch.setattr("pe_core.rules.forms._tidy", put_in_order.append)

    assert Problem(field="story", code="characters") == read_question(story, ["a" + marks])
    assert [] == put_in_order


@pytest.mark.parametrize(
    "text",
    ["\u05e9\u05c1\u05b8\u05dc\u05d5\u05b9\u05dd", "\u0e01\u0e33\u0e49", "e" + "\u0301" * 29],
    ids=["Hebrew with points", "Thai", "as many as may be"],
)
def test_letters_with_the_marks_of_a_language_are_taken(text: str) -> None:
    (story, *_) = questions(OTHER)
    found = read_question(story, [text])

    assert isinstance(found, str) and found
