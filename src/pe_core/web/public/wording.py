"""What pages say about answers, files and days, in the words of the page's language."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from pe_core.desk.desk import Desk
from pe_core.desk.drafts import Draft
from pe_core.desk.intake import show_value
from pe_core.model import Form, Problem
from pe_core.rules import forms
from pe_core.rules.forms import Question
from pe_core.rules.texts import show_date, show_number

_CHOICES = ("yes_no", "one_of", "any_of")
_OF_CHOICES = {
    "required": "core.problem.required_choice",
    "too_long": "core.problem.too_many_chosen",
    "too_short": "core.problem.too_few_chosen",
}


def problem_words(desk: Desk, form: Form, problem: Problem, language: str) -> str:
    """Return what is wrong: the form's own text, or the core's for this kind of question."""
    own = f"{form.name}.problem.{problem.code}"
    key = own if desk.texts.has(language, own) else _core_key(form, problem)
    limits = {
        name: show_number(value, language) if isinstance(value, int) else value
        for name, value in problem.limits.items()
    }
    return desk.texts.text(language, key, **limits)


def _core_key(form: Form, problem: Problem) -> str:
    kind = next((q.kind for q in forms.questions(form) if q.field == problem.field), None)
    if problem.field == "where" or kind in _CHOICES:
        return _OF_CHOICES.get(problem.code, f"core.problem.{problem.code}")
    return f"core.problem.{problem.code}"


def answer_words(desk: Desk, draft: Draft, question: Question, language: str) -> str:
    """Return an answer as its asker reads it, or that there is none."""
    value = draft.answers.get(question.field)
    if value is None:
        return desk.texts.text(language, "core.check.not_answered")
    if question.kind == "date":
        return show_date(date.fromisoformat(str(value)), language)
    return show_value(desk, question, value, language)


def day_words(desk: Desk, moment: datetime, language: str) -> str:
    """Return the day of a moment where the embassy is."""
    return show_date(moment.astimezone(ZoneInfo(desk.embassy.zone)).date(), language)
