"""Answers made from a form's own questions, as people might give them."""

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial

from pe_core.model import Form, Problem
from pe_core.rules import forms
from pe_core.rules.forms import Question, Value
from pe_core.toolkit.asker import Typed
from pe_core.toolkit.invented import Asked

Answers = Mapping[str, Value]
Given = Mapping[str, str]
"""Words for fields that only their author has an example of, by ``<form>.<field>``."""

DAY = "2026-12-20"
_MOST = 240
"""Combinations of the answers that decide what else is asked; no form needs more."""
_PATTERNS = ("1", "12", "123", "1234", "12345", "123456", "12345678", "123456789", "00-000")
_MORE_PATTERNS = ("a", "abc", "A", "ABC", "AB1234567", "a@b.example", "+10000000", "https://a.b")
_Choose = Callable[[Question], Value | None]


def ways(form: Form, given: Given) -> tuple[dict[str, Value], ...]:
    """Return answers that the form takes, as few as show every question and its absence.

    No way meets a stop. Nothing comes back if the form takes none of all that were tried.
    """
    kept: list[dict[str, Value]] = []
    seen: set[tuple[str, bool]] = set()
    for answers in every_way(form, given):
        if forms.stopped(form, answers) is None and not problems_of(form, answers):
            now = _shown(form, answers)
            if not kept or not now <= seen:
                kept.append(answers)
                seen |= now
    return tuple(kept)


def ways_to_stop(form: Form, given: Given) -> Iterator[tuple[str, dict[str, Value]]]:
    """Yield the page of each stop of the form with answers that lead there, if any do."""
    for stop in form.stop_if:
        for answers in every_way(form, given):
            if forms.stopped(form, answers) == stop:
                yield stop.page, answers
                break


def every_way(form: Form, given: Given) -> Iterator[dict[str, Value]]:
    """Yield whole answers of every kind; each value fits its question, and check may refuse."""
    deciding = _deciding(form)
    combinations = itertools.product(*(_values(question) for question in deciding))
    for values in itertools.islice(combinations, _MOST):
        decided = {question.field: value for question, value in zip(deciding, values, strict=True)}
        for choose in _choosers(form, given):
            yield _fill(form, decided, choose)


def problems_of(form: Form, answers: Answers) -> tuple[Problem, ...]:
    """Return what is wrong with answers; a check that raises finds nothing, as at the desk."""
    wrong = forms.field_problems(form, answers)
    if wrong:
        return wrong
    try:
        return tuple(form.check(forms.read(form, answers)))
    except Exception:  # what it raises is another promise's to tell
        return ()


def invented_requests(plugin_forms: Iterable[Form], language: str) -> tuple[Asked, ...]:
    """Return a few requests, at least three, with answers that these forms take, for a demo."""
    taken = [(form, ways(form, {})[:1]) for form in plugin_forms]
    asked = [
        Asked(form=form.name, language=language, typed=_typed_by_field(form, answers))
        for form, found in taken
        for answers in found
    ]
    return tuple(itertools.islice(itertools.cycle(asked), max(3, min(len(asked), 6))))


def _typed_by_field(form: Form, answers: Answers) -> dict[str, list[str]]:
    found = {}
    for question in forms.questions(form):
        if question.field in answers:
            values = typed(question, answers[question.field]).values()
            found[question.field] = [
                one for value in values for one in ([value] if isinstance(value, str) else value)
            ]
    return found


def typed_by_number(form: Form, answers: Answers) -> dict[int, Typed]:
    """Return what is typed on the pages of the questions, by the number in their address."""
    return {
        number: typed(question, answers.get(question.field))
        for number, question in enumerate(forms.questions(form), start=1)
    }


def typed(question: Question, value: Value | None) -> Typed:
    """Return what the inputs of a question's page hold for a value; None leaves it out."""
    if question.kind == "date":
        year, month, day = str(value).split("-") if value is not None else ("", "", "")
        return {"answer-day": day, "answer-month": month, "answer-year": year}
    if value is None:
        return {"answer": [] if question.kind == "any_of" else ""}
    if isinstance(value, list):
        return {"answer": value}
    if isinstance(value, bool):
        return {"answer": "yes" if value else "no"}
    return {"answer": str(value)}


def _deciding(form: Form) -> list[Question]:
    """Return the questions whose answers decide what else is asked."""
    asked = forms.questions(form)
    looked_at = {question.ask_if.field for question in asked if question.ask_if is not None}
    looked_at |= {stop.condition.field for stop in form.stop_if}
    return [question for question in asked if question.field in looked_at]


def _values(question: Question) -> Sequence[Value]:
    match question.kind:
        case "yes_no":
            return (True, False)
        case "any_of":
            return [_chosen(question, place) for place in range(len(question.options))]
        case "number":
            low = question.least if question.least is not None else (question.most or 20) - 20
            return range(low, min(low + 20, question.most or low + 20) + 1)
    return question.options


def _choosers(form: Form, given: Given) -> Iterator[_Choose]:
    """Yield ways to choose what decides nothing: all answered, the last options, all options."""
    for place, optional in ((0, True), (1, True), (0, False), (1, False), (2, True)):
        yield partial(_choose, form, given, place, optional)


def _choose(
    form: Form, given: Given, place: int, optional: bool, question: Question
) -> Value | None:
    if not optional and not question.required:
        return None
    if question.kind == "any_of":
        return _chosen(question, place) if place < 2 else list(question.options)
    if question.kind == "one_of":
        return question.options[-1 if place == 1 else 0]
    if question.kind == "yes_no":
        return place == 0
    return _words(form, question, given)


def _chosen(question: Question, place: int) -> list[str]:
    """Return one option of an any-of, or as many as it wants at least, in their order."""
    number = max(question.shortest or 1, 1)
    turned = [*question.options[place:], *question.options[:place]][:number]
    return [option for option in question.options if option in turned]


def _words(form: Form, question: Question, given: Given) -> Value | None:
    if question.kind == "date":
        return DAY
    if question.kind == "number":
        least, most = question.least, question.most
        return least if least is not None else min(1, most if most is not None else 1)
    own = given.get(f"{form.name}.{question.field}")
    tries = (own,) if own is not None else _tries(question)
    return next(
        (one for one in tries if not isinstance(forms.read_question(question, [one]), Problem)),
        None,
    )


def _tries(question: Question) -> Iterator[str]:
    """Yield words that might fit the limits of a text."""
    least = question.shortest or 1
    most = question.longest or 8000
    yield "Example of words".ljust(least, "x")[: max(most, 1)]
    yield from _PATTERNS
    yield from _MORE_PATTERNS
    for one in "1aA":
        yield from (one * length for length in range(least, min(most, 32) + 1))


def _fill(form: Form, decided: Answers, choose: _Choose) -> dict[str, Value]:
    answers: dict[str, Value] = {}
    for question in forms.questions(form):
        if question not in forms.asked(form, answers):
            continue
        value = decided[question.field] if question.field in decided else choose(question)
        if value is not None:
            answers[question.field] = value
    return answers


def _shown(form: Form, answers: Answers) -> set[tuple[str, bool]]:
    asked = {question.field for question in forms.asked(form, answers)}
    return {
        *((question.field, question.field in asked) for question in forms.questions(form)),
        *((f"{field}?", True) for field in answers),
    }
