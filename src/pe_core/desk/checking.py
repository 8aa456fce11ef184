"""What a form's plugin checks across answers; one that fails never keeps anybody from asking."""

import contextlib
from collections.abc import Mapping
from itertools import islice

from pe_core.desk.desk import Desk
from pe_core.hooks.troubles import Kind
from pe_core.hooks.watched import Printed
from pe_core.model import Answers, Form, Problem
from pe_core.rules import forms

SLOW = 1.0
"""Seconds: meanwhile nobody else is served."""
MOST = 50
"""Problems; a form has nine questions."""


def check_answers(
    desk: Desk, form: Form, answers: Mapping[str, forms.Value]
) -> tuple[Problem, ...]:
    """Return all that is wrong with answers: of fields first, and only then what a form checks.

    A check that raises, returns nonsense, prints or takes longer than a second is switched off,
    and the answers are taken as if it had found nothing: a fault of the plugin is no fault of
    whoever asks for help.
    """
    found = forms.field_problems(form, answers)
    if found or desk.troubles.is_off(Kind.CHECK, form.name):
        return found
    return _check(desk, form, forms.read(form, answers))


def _check(desk: Desk, form: Form, answers: Answers) -> tuple[Problem, ...]:
    troubles, printed = desk.troubles, Printed()
    begun = troubles.clock()
    try:
        # What it prints would stand in the log of the server, answers and all.
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            found = tuple(islice(form.check(answers), MOST + 1))
            wrong = _nonsense(desk, form, found)
    except (Exception, SystemExit) as error:  # a plugin may fail in any way
        troubles.raised(Kind.CHECK, form.name, error, form.check)
        return ()
    if troubles.clock() - begun > SLOW:
        wrong = "slow"
    elif printed.any:
        wrong = "printed"
    if wrong:
        troubles.switch_off(Kind.CHECK, form.name, wrong)
        return ()
    return found


def _nonsense(desk: Desk, form: Form, found: tuple[Problem, ...]) -> str:
    """Return what no page could show of what a check found, '' if all is well."""
    fields = {"", *(question.field for question in forms.questions(form))}
    if len(found) > MOST:
        return "endless"
    for problem in found:
        if not isinstance(problem, Problem) or problem.field not in fields:
            return "no_problem"
        own, language = f"{form.name}.problem.{problem.code}", desk.texts.languages[0]
        if desk.texts.has(language, own):
            desk.texts.text(language, own, **problem.limits)  # raises for a gap without a value
        elif not desk.texts.has(language, f"core.problem.{problem.code}"):
            return "no_text"
    return ""
