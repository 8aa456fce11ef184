"""Rules about forms: what is personal, how long things are kept, how much is asked."""

import itertools
from collections.abc import Iterable, Mapping

from pe_core.model import Form
from pe_core.rules import forms
from pe_core.rules.retention import DEFAULT_KEEP
from pe_core.toolkit.quality.subject import Subject

MOST_QUESTIONS = 9
"""One of them is the core's: where somebody is."""
MOST_OF_VOLUNTEERS = 5
_PERSONAL = frozenset(
    "address birth birthday born contact email mail mobile name passport phone street surname "
    "telephone".split()
)
_OPEN = ("text", "long", "date", "number")
"""Kinds of questions whose answers tell one person from another."""
_MOST_WAYS = 20_000


def personal_marked(plugin: Subject) -> Iterable[str]:
    """Mark what tells who somebody is as `Personal`.

    A field of words, a number or a date that is called like a name, phone, mail, address, birth
    or passport is `Personal[...]`: briefs, peers and exports leave it out, and the asker may.
    Choices are not looked at: they say what kind of paper, not whose.
    """
    for form in plugin.brought.every_form():
        for question in forms.questions(form):
            words = _PERSONAL.intersection(question.field.split("_"))
            if words and question.kind in _OPEN and not question.personal:
                yield (
                    f"{form.name}: {question.field} is called like something personal; "
                    f"write {question.field}: Personal[...] | UnsetType = UNSET, or rename it"
                )


def retention_bounded(plugin: Subject) -> Iterable[str]:
    """Keep a closed request for twelve weeks at most.

    The core allows 4 to 26 weeks (`keep_weeks`); whoever keeps more than the twelve that are
    the rule says why in `quality.toml`. What is not there cannot be taken.
    """
    for form in plugin.brought.forms.values():
        if form.keep_weeks > DEFAULT_KEEP:
            yield (
                f"{form.name}: keep_weeks is {form.keep_weeks}; make it {DEFAULT_KEEP} or less, "
                "or give the reason in quality.toml"
            )


def forms_short(plugin: Subject) -> Iterable[str]:
    """Ask nine questions at most, the core's own one included, on every way through a form.

    People answer on an old phone, in a queue, in fear. Questions that are asked only sometimes
    count where they are asked. A form for volunteers asks five at most: they join many of the
    core's own.
    """
    for form in plugin.brought.forms.values():
        most = 1 + longest_way(form)
        if most > MOST_QUESTIONS:
            yield (
                f"{form.name}: asks up to {most} questions with the core's one, "
                f"at most {MOST_QUESTIONS}; leave out what nobody needs in order to help"
            )
    for form in plugin.brought.volunteering.values():
        most = longest_way(form)
        if most > MOST_OF_VOLUNTEERS:
            yield (
                f"{form.name}: asks volunteers up to {most} questions beside the core's, "
                f"at most {MOST_OF_VOLUNTEERS}; ask the others when you talk with them"
            )


def longest_way(form: Form) -> int:
    """Return how many questions somebody is asked at most.

    All ways to answer the questions that others depend on are tried; of a form with more than
    20,000 ways every question counts.
    """
    every = forms.questions(form)
    seen = {other.ask_if.field for other in every if other.ask_if}
    deciding = [(q.field, _answers(q)) for q in every if q.field in seen]
    ways = itertools.product(*(answers for _, answers in deciding))
    tried = list(itertools.islice(ways, _MOST_WAYS + 1))
    if len(tried) > _MOST_WAYS:
        return len(every)
    fields = [field for field, _ in deciding]
    return max(len(forms.asked(form, _given(fields, way))) for way in tried)


def _answers(question: forms.Question) -> tuple[forms.Value | None, ...]:
    """Return the answers that a condition may tell apart, None for one that is left out."""
    if question.kind == "any_of":
        return (None, *([option] for option in question.options), list(question.options))
    if question.kind == "number":
        least = question.least if question.least is not None else 0
        most = question.most if question.most is not None else least + 100
        return (None, *range(least, min(most, least + 100) + 1))
    return (None, *(question.options or (True, False)))


def _given(fields: Iterable[str], way: Iterable[forms.Value | None]) -> Mapping[str, forms.Value]:
    pairs = zip(fields, way, strict=True)
    return {field: value for field, value in pairs if value is not None}
