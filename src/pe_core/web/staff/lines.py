"""The lines of the list: each request in words, as far as a list may show it."""

from collections.abc import Mapping, Sequence

from pe_core.desk.desk import today_of
from pe_core.desk.shelf import Entry, topic_of
from pe_core.model import Box, Sensitivity, State, Summary, Urgency, Where
from pe_core.model.struct import Model
from pe_core.rules.standing import is_late, waits_on_us
from pe_core.rules.texts import direction, show_date
from pe_core.web.guards.caller import session_of
from pe_core.web.portal import PageRequest, desk_of, language_of
from pe_core.web.staff.words import (
    age_in_days,
    count,
    name_language,
    name_of,
    read_names,
    say,
    show_day,
    show_last_day,
    show_topic,
)


class Line(Model):
    """One request in the table, in words; a sensitive one has no glimpse.

    ``whom`` is who is waited for, ``since`` for how long or until when. ``claimed`` is whose
    it is, '' for nobody's.
    """

    address: str
    state: State
    urgency: Urgency
    sensitive: bool
    fresh: bool
    topic: str
    language: str
    language_name: str
    dir: str
    glimpse: str
    where: Where
    received: str
    age: str
    whom: str
    since: str
    late: bool
    claimed: str
    mine: bool
    kept: str


async def lines_of(request: PageRequest, entries: Sequence[Entry]) -> list[Line]:
    """Return a line for each request that this account can open."""
    own = session_of(request).box
    claimed = {entry.summary.claimed_by for entry in entries if entry.summary} - {None, own}
    names = await read_names(request) if claimed else {}
    return [_line(request, entry, entry.summary, names) for entry in entries if entry.summary]


def _line(request: PageRequest, entry: Entry, summary: Summary, names: Mapping[int, str]) -> Line:
    desk = desk_of(request)
    sensitive = summary.sensitivity is Sensitivity.SENSITIVE
    whom, since = _waiting(request, entry.state, summary)
    return Line(
        address=f"/{language_of(request)}/staff/requests/{entry.id}",
        state=entry.state,
        urgency=summary.urgency,
        sensitive=sensitive,
        fresh=entry.fresh,
        topic=show_topic(request, topic_of(summary), summary.title),
        language=summary.language,
        language_name=name_language(summary.language),
        dir=direction(summary.language),
        glimpse="" if sensitive else summary.glimpse,
        where=summary.where,
        received=show_day(request, summary.submitted),
        age=_age(request, age_in_days(request, summary.submitted)),
        whom=whom,
        since=since,
        late=is_late(entry.state, summary, desk.now(), today_of(desk)),
        claimed=_claimed(request, summary.claimed_by, names),
        mine=summary.claimed_by == session_of(request).box,
        kept=show_last_day(request, entry.keep_until),
    )


def _waiting(request: PageRequest, state: State, summary: Summary) -> tuple[str, str]:
    """Return who is waited for, and until or since when; '' if nothing is waited for."""
    if waits_on_us(state, summary) and summary.awaiting is not None:
        since = _age(request, age_in_days(request, summary.awaiting))
        return say(request, "staff.requests.on_us"), since
    # An asker's word wakes a request and leaves the summary to the next coordinator.
    if state is not State.WAITING or summary.waiting_on is None:
        return "", ""
    whom = say(request, f"staff.waiting_on.{summary.waiting_on.value}")
    if summary.wake is None:
        return whom, ""
    is_due = summary.wake <= today_of(desk_of(request))
    until = show_date(summary.wake, language_of(request))
    return whom, say(request, f"staff.requests.{'due' if is_due else 'until'}", date=until)


def _claimed(request: PageRequest, box: Box | None, names: Mapping[int, str]) -> str:
    if box is None:
        return ""
    if box == session_of(request).box:
        return say(request, "staff.requests.you")
    return name_of(request, names, box)


def _age(request: PageRequest, days: int) -> str:
    return count(request, "staff.age", days) if days > 0 else say(request, "staff.today")
