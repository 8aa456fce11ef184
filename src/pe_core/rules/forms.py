"""Reading answers: what is asked next, what was typed, what is still wrong.

One field at a time, because msgspec stops at the first error and an HTML form does not.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date

import msgspec

from pe_core.model import Answers, AskIf, Form, Problem, Stop
from pe_core.rules.questions import Kind, Question, Value, questions
from pe_core.rules.schema import form_version, json_schema, text_keys

__all__ = [
    "Kind",
    "Question",
    "Value",
    "asked",
    "field_problems",
    "form_version",
    "json_schema",
    "next_question",
    "problems",
    "prune",
    "questions",
    "read",
    "read_question",
    "stopped",
    "text_keys",
]

_DIGITS_LIMIT = 18
"""Longer numbers do not fit 64 bits, and reading very long ones is slow on purpose in Python."""
_NUMBER = re.compile(r"[+-]?[0-9]+")
_ISO_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_LINE_ENDS = re.compile("\r\n|\r|\u2028|\u2029")
_WRONG_TYPE: Mapping[Kind, str] = {
    "text": "characters",
    "long": "characters",
    "number": "not_a_number",
    "date": "not_a_date",
}
_REFUSED = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_REFUSED_IN_LONG = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters (NUL among them, which PostgreSQL cannot hold) and lone surrogates."""
_MARKS = re.compile("(?:M[a-z]){31}")
"""More marks on one letter than any language has (UAX #15, "Stream-Safe Text Format")."""


def asked(form: Form, answers: Mapping[str, Value]) -> tuple[Question, ...]:
    """Return the questions that are asked, given these answers."""
    kept: dict[str, Value] = {}
    found: list[Question] = []
    for question in questions(form):
        if question.ask_if is not None and not _holds(question.ask_if, kept):
            continue
        found.append(question)
        if question.field in answers:
            kept[question.field] = answers[question.field]
    return tuple(found)


def prune(form: Form, answers: Mapping[str, Value]) -> dict[str, Value]:
    """Return the answers to what is asked, in the order of the questions; the rest is dropped."""
    fields = (question.field for question in asked(form, answers))
    return {field: answers[field] for field in fields if field in answers}


def next_question(
    form: Form, answers: Mapping[str, Value], after: str | None = None
) -> Question | None:
    """Return the question that follows the field ``after``, or the first one.

    None when it was the last, or when an answer ends the questions (see ``stopped``).
    Raises KeyError for a field that the form does not have.
    """
    if stopped(form, answers):
        return None
    places = {question.field: place for place, question in enumerate(questions(form))}
    here = -1 if after is None else places[after]
    return next((item for item in asked(form, answers) if places[item.field] > here), None)


def stopped(form: Form, answers: Mapping[str, Value]) -> Stop | None:
    """Return the first stop whose condition an answer meets."""
    kept = prune(form, answers)
    return next((stop for stop in form.stop_if if _holds(stop.condition, kept)), None)


def read_question(question: Question, typed: Sequence[str]) -> Value | Problem | None:
    """Read one field from the strings of its inputs; None means left out.

    ``typed`` has one string, or none; for a date day, month and year, or one ISO date; for
    an any-of each ticked option. Yes and no are the strings ``yes`` and ``no``.
    Problem codes: required, too_long, too_short, too_small, too_big, not_a_number,
    not_a_date, not_an_option, characters, pattern.
    """
    # Putting thousands of marks in order would take seconds, and nobody else was served.
    if any(_is_overloaded(text) for text in typed):
        return Problem(field=question.field, code="characters")
    given = [_tidy(text) for text in typed]
    if question.kind != "date":
        given = [text for text in given if text]
    if not any(given):
        return Problem(field=question.field, code="required") if question.required else None
    value = _typed_value(question, given)
    if isinstance(value, Problem):
        return value
    return _value_problem(question, value) or value


def problems(form: Form, answers: Mapping[str, Value]) -> tuple[Problem, ...]:
    """Return all that is wrong: fields missing or wrong, and only then what the form checks."""
    return field_problems(form, answers) or tuple(form.check(read(form, answers)))


def field_problems(form: Form, answers: Mapping[str, Value]) -> tuple[Problem, ...]:
    """Return which fields are missing or wrong, without asking the form's own check."""
    known = {question.field for question in questions(form)}
    found: list[Problem] = []
    if not known.issuperset(answers):
        found.append(Problem(field="", code="unknown_field"))
    for question in asked(form, answers):
        if question.field in answers:
            wrong = _value_problem(question, answers[question.field])
            if wrong is not None:
                found.append(wrong)
        elif question.required:
            found.append(Problem(field=question.field, code="required"))
    return tuple(found)


def read(form: Form, answers: Mapping[str, Value]) -> Answers:
    """Return the answers as the form's struct; only when they have no field problems."""
    try:
        return msgspec.convert(prune(form, answers), form.answers)
    except msgspec.ValidationError:
        # msgspec quotes what was typed; the caller learns the field from problems().
        raise ValueError(f"{form.name}: read() before problems() was empty") from None


def _holds(condition: AskIf, answers: Mapping[str, Value]) -> bool:
    """Return whether an earlier answer meets the condition; one left out meets none."""
    if condition.field not in answers:
        return False
    answer = answers[condition.field]
    given = answer if isinstance(answer, list) else [answer]
    is_in = any(
        type(value) is type(wanted) and value == wanted  # because True == 1
        for value in given
        for wanted in condition.values
    )
    return is_in is (condition.operator == "in")


def _is_overloaded(text: str) -> bool:
    """Return whether a letter carries more than 30 marks, as no text in any language does."""
    if text.isascii():
        return False
    # By category: some marks are ordered as letters and fall apart into marks that are not.
    return _MARKS.search("".join(map(unicodedata.category, text))) is not None


def _tidy(text: str) -> str:
    """Return text as we keep it: composed, lines ended by LF, tabs as spaces, no edges."""
    return _LINE_ENDS.sub("\n", unicodedata.normalize("NFC", text)).replace("\t", " ").strip()


def _typed_value(question: Question, given: Sequence[str]) -> Value | Problem:
    match question.kind:
        case "yes_no":
            known = {"yes": True, "no": False}
            return known.get(given[0], Problem(field=question.field, code="not_an_option"))
        case "number":
            return _typed_number(question, given[0])
        case "date":
            return _typed_date(question, given)
        case "any_of":
            in_order = [option for option in question.options if option in given]
            return in_order + [text for text in given if text not in question.options]
        case _:
            return given[0]


def _typed_number(question: Question, given: str) -> int | Problem:
    """Read a whole number; digits of other scripts are refused, not guessed."""
    number = "".join(given.split()).replace("\N{MINUS SIGN}", "-")
    if not _NUMBER.fullmatch(number):
        return Problem(field=question.field, code="not_a_number")
    if len(number.lstrip("+-0")) <= _DIGITS_LIMIT:
        return int(number)
    if number.startswith("-"):
        least = question.least if question.least is not None else 1 - 10**_DIGITS_LIMIT
        return Problem(field=question.field, code="too_small", limits={"limit": least})
    most = question.most if question.most is not None else 10**_DIGITS_LIMIT - 1
    return Problem(field=question.field, code="too_big", limits={"limit": most})


def _typed_date(question: Question, given: Sequence[str]) -> str | Problem:
    parts: Sequence[str] = given
    if len(given) == 3:
        day, month, year = given
        parts = [f"{year}-{month.zfill(2)}-{day.zfill(2)}"]
    typed = [part for part in parts if part]
    if len(typed) == 1 and _is_date(typed[0]):
        return typed[0]
    return Problem(field=question.field, code="not_a_date")


def _is_date(text: str) -> bool:
    found = _ISO_DATE.fullmatch(text)
    if found is None:
        return False
    year, month, day = (int(part) for part in found.groups())
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _value_problem(question: Question, value: Value) -> Problem | None:
    """Return what is wrong with a value: its type, then its limits; msgspec agrees with it."""
    match question.kind, value:
        case "yes_no", bool():
            return None
        case "number", int() if not isinstance(value, bool):
            return _number_problem(question, value)
        case (("text" | "long"), str()):
            return _text_problem(question, value)
        case "any_of", list():
            if all(item in question.options for item in value):
                return _length_problem(question, value)
        case "one_of", str():
            if value in question.options:
                return None
        case "date", str() if _is_date(value):
            return None
    return Problem(field=question.field, code=_WRONG_TYPE.get(question.kind, "not_an_option"))


def _number_problem(question: Question, value: int) -> Problem | None:
    if question.least is not None and value < question.least:
        return Problem(field=question.field, code="too_small", limits={"limit": question.least})
    if question.most is not None and value > question.most:
        return Problem(field=question.field, code="too_big", limits={"limit": question.most})
    return None


def _text_problem(question: Question, text: str) -> Problem | None:
    refused = _REFUSED_IN_LONG if question.kind == "long" else _REFUSED
    if refused.search(text):
        return Problem(field=question.field, code="characters")
    wrong = _length_problem(question, text)
    if wrong is not None:
        return wrong
    # The pattern comes last: on a long text a careless one takes for ever.
    if question.pattern is not None and not re.search(question.pattern, text):
        return Problem(field=question.field, code="pattern")
    return None


def _length_problem(question: Question, value: str | list[str]) -> Problem | None:
    if question.longest is not None and len(value) > question.longest:
        return Problem(field=question.field, code="too_long", limits={"limit": question.longest})
    if question.shortest is not None and len(value) < question.shortest:
        return Problem(field=question.field, code="too_short", limits={"limit": question.shortest})
    return None
