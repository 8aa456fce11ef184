"""What is wrong with a need before it is looked for, and with the times of tasks."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from pe_core.model import Need, OpenNeed, Problem

TITLE_LIMIT = 120
DETAIL_LIMIT = 4000
MOST_PLACES = 50
LONGEST = timedelta(days=7)
"""What lasts longer is several tasks."""
ANSWER_WITHIN = timedelta(hours=24)
"""How long an offer waits for its answer."""

Span = tuple[datetime, datetime]


def need_problems(
    open_need: OpenNeed, now: datetime, known: Iterable[str], cities: Iterable[str]
) -> tuple[Problem, ...]:
    """Return what is wrong with a need; ``known`` are the codes of the vocabulary.

    Fields: title, detail, skills, gates, languages, city, places, start, end.
    """
    need = open_need.need
    found: list[Problem] = []
    if not open_need.title:
        found.append(Problem(field="title", code="required"))
    for field, text, most in (
        ("title", open_need.title, TITLE_LIMIT),
        ("detail", open_need.detail, DETAIL_LIMIT),
    ):
        if len(text) > most:
            found.append(Problem(field=field, code="too_long", limits={"most": most}))
    codes = {*(skill.code for skill in (*need.required, *need.wished)), *need.gates}
    if not codes <= set(known):
        found.append(Problem(field="skills", code="unknown"))
    if need.city and need.city not in set(cities):
        found.append(Problem(field="city", code="unknown"))
    if not need.city and not need.remote:
        found.append(Problem(field="city", code="required"))
    if not 1 <= need.places <= MOST_PLACES:
        found.append(Problem(field="places", code="places", limits={"most": MOST_PLACES}))
    return (*found, *_time_problems(need, now))


def overlapping(span: Span, others: Sequence[Span]) -> Span | None:
    """Return the first of the others that has a moment in common with ``span``."""
    start, end = span
    return next((other for other in others if other[0] < end and start < other[1]), None)


def answer_by(need: Need, now: datetime) -> datetime:
    """Return until when an offer made now waits: a day, or until it begins if that is sooner."""
    by = now + ANSWER_WITHIN
    return by if need.start is None else min(by, need.start)


def _time_problems(need: Need, now: datetime) -> Iterable[Problem]:
    if need.start is None and need.end is None:
        return
    if need.start is None or need.end is None:
        yield Problem(field="end" if need.end is None else "start", code="required")
    elif need.end <= need.start:
        yield Problem(field="end", code="before_start")
    elif need.end - need.start > LONGEST:
        yield Problem(field="end", code="too_late")
    elif need.start <= now:
        yield Problem(field="start", code="past")
