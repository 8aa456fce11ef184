"""Forms take an example, refuse nothing and nonsense, and their checks stay calm."""

from collections.abc import Iterator

from pe_core.hooks.blame import package_of, place_of
from pe_core.model import Form, Problem, VolunteerForm
from pe_core.rules import forms
from pe_core.rules.forms import Value
from pe_core.toolkit.examples import Given, every_way, problems_of, ways
from pe_core.toolkit.searching import mark_answers

NOBODYS = "field_that_no_form_has"


def example_faults(form: Form, given: Given) -> Iterator[str]:
    """Yield a line if the form takes no answers made from its own type, or never asks a field."""
    taken = ways(form, given)
    if not taken:
        yield (
            f"{form.name}: no answers made from its own type are taken ({_why(form, given)}); "
            f'give words that fit in the test class, examples = {{"{form.name}.<field>": "..."}}, '
            "or let check refuse less"
        )
        return
    asked = {question.field for way in taken for question in forms.asked(form, way)}
    for question in forms.questions(form):
        if question.field not in asked:
            yield (
                f"{form.name}.{question.field} is asked after no answers that the form takes; "
                "mend its ask_if, or take the question out"
            )


def refusal_faults(form: Form, given: Given) -> Iterator[str]:
    """Yield a line for each empty or foreign thing that the form takes.

    A form for volunteers may leave everything open: the core's questions stand beside it.
    """
    if not isinstance(form, VolunteerForm) and not problems_of(form, {}):
        yield (
            f"{form.name} takes an empty request; make one answer required, "
            "such as `story: Story` without UNSET"
        )
    for question in forms.questions(form):
        if question.required and not isinstance(forms.read_question(question, [""]), Problem):
            yield f"{form.name}.{question.field} takes an empty answer; give it a type that cannot"
    if not form.answers.__struct_config__.forbid_unknown_fields:
        yield (
            f"{form.name}: {form.answers.__name__} takes fields that nobody asked for; "
            "take forbid_unknown_fields=False out of its class line"
        )
    for answers in ways(form, given)[:1]:
        found = forms.field_problems(form, {**answers, NOBODYS: "x"})
        if "unknown_field" not in {problem.code for problem in found}:
            yield f"{form.name} takes a field that it does not have; keep to Answers as it is"


def check_faults(form: Form, given: Given) -> Iterator[str]:
    """Yield a line for each way in which the form's check raises, or tells what was typed."""
    fields = {"", *(question.field for question in forms.questions(form))}
    lines: dict[str, None] = {}
    for answers in every_way(form, given):
        marked, marks = mark_answers(form, answers, forms.field_problems)
        if not forms.field_problems(form, marked):
            lines.update(dict.fromkeys(_check_lines(form, marked, set(marks.values()), fields)))
    yield from lines


def found_by_checks(form: Form, given: Given) -> dict[str, Problem]:
    """Return a problem of each code that the form's check found in any example."""
    found: dict[str, Problem] = {}
    for answers in every_way(form, given):
        if not forms.field_problems(form, answers):
            for problem in problems_of(form, answers):
                if isinstance(problem, Problem):
                    found.setdefault(problem.code, problem)
    return found


def _check_lines(
    form: Form, answers: dict[str, Value], marks: set[str], fields: set[str]
) -> Iterator[str]:
    try:
        found = list(form.check(forms.read(form, answers)))
    except Exception as error:  # whatever it raises would switch the check off
        place = place_of(error, package_of(form.check))
        quotes = any(mark in str(error) for mark in marks)
        yield (
            f"{form.name}: check raises {type(error).__name__} at {place or 'an unknown place'}"
            f"{', and its words hold an answer' if quotes else ''}; yield a Problem instead"
        )
        return
    for problem in found:
        if not isinstance(problem, Problem):
            yield f"{form.name}: check yields a {type(problem).__name__}; yield Problem(...)"
        elif problem.field not in fields:
            yield (
                f"{form.name}: check finds a problem in {problem.field!r}, which is no field "
                "of the form; name the field whose answer is to be changed"
            )
        elif any(mark in f"{problem.code}{dict(problem.limits)}" for mark in marks):
            yield (
                f"{form.name}: the problem {problem.code.partition(' ')[0][:20]!r} repeats what "
                "was typed; limits hold the numbers of a limit, never an answer"
            )


def _why(form: Form, given: Given) -> str:
    """Return what most of the examples fall over."""
    for answers in every_way(form, given):
        for problem in problems_of(form, answers):
            return f"{problem.field or 'check'}: {problem.code}"
    return "each of them meets a stop"
