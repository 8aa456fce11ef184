"""What the country plugins ask of volunteers: questions, and answers kept as they were seen."""

import msgspec

from pe_core.desk.checking import check_answers
from pe_core.desk.desk import Desk
from pe_core.desk.intake import show_value
from pe_core.model import Answer, Form, Problem, Profile
from pe_core.model.struct import Model
from pe_core.rules import forms
from pe_core.rules.forms import Question, Value


class Asked(Model):
    """A question of a plugin's form, and its place among all of them, from 1."""

    number: int
    form: Form
    question: Question

    @property
    def key(self) -> str:
        """Return what an answer to it is kept under."""
        return f"{self.form.name}.{self.question.field}"


def asked_of(desk: Desk, profile: Profile) -> tuple[Asked, ...]:
    """Return the questions that are asked now, given the answers so far."""
    found: list[Asked] = []
    before = 0
    for form in desk.volunteering.values():
        places = {q.field: place for place, q in enumerate(forms.questions(form), before + 1)}
        found += [
            Asked(number=places[question.field], form=form, question=question)
            for question in forms.asked(form, answers_to(form, profile))
        ]
        before += len(places)
    return tuple(found)


def answers_to(form: Form, profile: Profile) -> dict[str, Value]:
    """Return the answers to one form's questions by field."""
    known = {f"{form.name}.{question.field}": question.field for question in forms.questions(form)}
    return {
        known[answer.field]: answer.value
        for answer in profile.answers
        if answer.field in known and answer.value is not None
    }


def with_answer(
    desk: Desk, profile: Profile, asked: Asked, typed: list[str], language: str
) -> tuple[Profile, tuple[Problem, ...]]:
    """Take one answer; what is no longer asked because of it is dropped."""
    value = forms.read_question(asked.question, typed)
    if isinstance(value, Problem):
        return profile, (value,)
    given = answers_to(asked.form, profile)
    given.pop(asked.question.field, None)
    if value is not None:
        given[asked.question.field] = value
    kept = {answer.field: answer for answer in profile.answers if answer.field != asked.key}
    if value is not None:
        kept[asked.key] = Answer(
            field=asked.key,
            question=desk.texts.text(language, f"{asked.question.key}.label"),
            value=value,
            shown=show_value(desk, asked.question, value, language),
            personal=asked.question.personal,
        )
    own = {f"{asked.form.name}.{question.field}" for question in forms.questions(asked.form)}
    pruned = {f"{asked.form.name}.{field}" for field in forms.prune(asked.form, given)}
    answers = tuple(answer for key, answer in kept.items() if key not in own or key in pruned)
    return msgspec.structs.replace(profile, answers=answers), ()


def answer_problems(desk: Desk, profile: Profile) -> tuple[tuple[Form, Problem], ...]:
    """Return what the forms of the plugins find wrong or missing, each with its form."""
    return tuple(
        (form, problem)
        for form in desk.volunteering.values()
        for problem in check_answers(desk, form, answers_to(form, profile))
    )


def stops(desk: Desk, profile: Profile) -> tuple[str, ...]:
    """Return the roots of the texts of every stop that an answer meets."""
    found = (
        (form, forms.stopped(form, answers_to(form, profile)))
        for form in desk.volunteering.values()
    )
    return tuple(f"{form.name}.stop.{stop.page}" for form, stop in found if stop is not None)
