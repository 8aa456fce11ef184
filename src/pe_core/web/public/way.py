"""The way through the questions: which page comes after which, given the answers so far.

A step is the part of an address after ``/ask/``: ``where``, ``3``, ``files``, ``check``.
``<step>/change`` is the same page on the way from *Check your answers* and back to it.
"""

from pe_core.desk.drafts import Draft
from pe_core.desk.intake import limited_questions
from pe_core.model import Stop
from pe_core.rules import forms
from pe_core.rules.forms import Question

CHANGE = "/change"


def place_of(draft: Draft, field: str) -> int:
    """Return a field's position in the form's whole list of questions, from 1."""
    fields = [question.field for question in forms.questions(draft.form)]
    return fields.index(field) + 1


def question_at(draft: Draft, number: int) -> Question | None:
    """Return the question at a position, if it is asked now."""
    return next((q for q in limited_questions(draft) if place_of(draft, q.field) == number), None)


def stop_of(draft: Draft) -> tuple[Stop, int] | None:
    """Return the stop that an answer meets, and the position of its question."""
    stop = forms.stopped(draft.form, draft.answers)
    return None if stop is None else (stop, place_of(draft, stop.condition.field))


def needed_first(draft: Draft) -> str | None:
    """Return the step that must come before any question, or None when nothing stands before."""
    if draft.receipt is not None:
        return "receipt"
    if draft.where is None:
        return "where"
    if draft.limited and not draft.warned:
        return "warning"
    return None


def takes_files(draft: Draft) -> bool:
    """Return whether photos and papers can be added."""
    return draft.form.files and not draft.limited


def step_after(draft: Draft, number: int) -> str:
    """Return the step after a position; 0 is before the first question."""
    stop = stop_of(draft)
    if stop is not None and stop[1] <= number:
        return "stop"
    later = (place_of(draft, question.field) for question in limited_questions(draft))
    following = next((place for place in later if place > number), None)
    if following is not None:
        return str(following)
    return "files" if takes_files(draft) else "check"


def step_before(draft: Draft, number: int) -> str:
    """Return the step before a position: an earlier question, or what comes before them all."""
    places = [place_of(draft, question.field) for question in limited_questions(draft)]
    earlier = [place for place in places if place < number]
    if earlier:
        return str(earlier[-1])
    return "warning" if draft.limited else "where"


def last_question(draft: Draft) -> str:
    """Return the step of the last question that is asked."""
    return step_before(draft, len(forms.questions(draft.form)) + 1)


def last_step(draft: Draft) -> str:
    """Return the step before *Check your answers*."""
    return "files" if takes_files(draft) else last_question(draft)


def step_after_change(draft: Draft, number: int) -> str:
    """Return the step after a changed answer: what is newly asked because of it, else check."""
    stop = stop_of(draft)
    if stop is not None and stop[1] <= number:
        return "stop"
    for question in limited_questions(draft):
        place = place_of(draft, question.field)
        if place > number and question.ask_if is not None and question.field not in draft.answers:
            return f"{place}{CHANGE}"
    return "check"
