"""The list of requests: filtered by the address, newest first, a hundred a page."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from litestar import Response
from litestar.handlers import HTTPRouteHandler

from pe_core.desk.requests import Entry, list_requests
from pe_core.model import State, Where
from pe_core.model.struct import Model
from pe_core.rules.texts import direction, show_date, show_number
from pe_core.web.guards.caller import session_of
from pe_core.web.guards.routes import get_page
from pe_core.web.pages import render
from pe_core.web.portal import PageRequest, desk_of, language_of
from pe_core.web.staff.address import address, query_of
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

PAGE = 100
"""Requests on a page."""


class Filter(Model):
    """What the address asks for; what it asks for wrongly is left out."""

    state: State | None = None
    topic: str = ""
    fresh: bool = False
    page: int = 1


class StateLink(Model):
    """A state, how many requests are in it under the same filter, and the way there."""

    words: str
    number: str
    address: str
    current: bool


class Line(Model):
    """One request in the table, in words."""

    address: str
    state: State
    fresh: bool
    topic: str
    language: str
    language_name: str
    dir: str
    glimpse: str
    where: Where
    received: str
    age: str
    waiting_on: str
    wake: str
    late: bool
    kept: str


@get_page(["/{language:str}/staff", "/{language:str}/staff/"], guard="staff")
async def show_requests(request: PageRequest) -> Response[str]:
    """Show the requests that this account can open."""
    desk, session = desk_of(request), session_of(request)
    entries = await list_requests(desk, session)
    readable = [entry for entry in entries if entry.summary is not None]
    topics = _topics(request, readable)
    wanted = _read_filter(request, topics)
    matching = [entry for entry in readable if _fits(entry, wanted)]
    last_page = max(1, -(-len(matching) // PAGE))
    page = min(wanted.page, last_page)
    shown = matching[(page - 1) * PAGE : page * PAGE]
    return render(
        request,
        "staff/requests.html",
        here="requests",
        lines=[_line(request, entry) for entry in shown],
        states=_state_links(request, readable, wanted),
        topics=sorted(topics.items(), key=lambda item: item[1]),
        wanted=wanted,
        filtered=wanted.state is not None or bool(wanted.topic) or wanted.fresh,
        none_at_all=not readable,
        not_yours=len(entries) - len(readable),
        joined=await _joined(request),
        pages=_pages(request, wanted, page, last_page),
    )


def _read_filter(request: PageRequest, topics: Mapping[str, str]) -> Filter:
    query = query_of(request)
    number = query.get("page", "")
    topic = query.get("topic", "")
    return Filter(
        state=next((state for state in State if state.value == query.get("state")), None),
        topic=topic if topic in topics else "",
        fresh=query.get("fresh") == "1",
        page=max(1, int(number)) if number.isdecimal() and len(number) < 6 else 1,
    )


def _topics(request: PageRequest, entries: Iterable[Entry]) -> dict[str, str]:
    """Return the topics offered or asked about, by name, with their titles."""
    topics = {name: say(request, f"{name}.title") for name in desk_of(request).forms}
    for entry in entries:
        if entry.summary is not None and entry.summary.form not in topics:
            title = show_topic(request, entry.summary.form, entry.summary.title)
            topics[entry.summary.form] = title
    return topics


def _fits(entry: Entry, wanted: Filter, *, any_state: bool = False) -> bool:
    if entry.summary is None or (wanted.fresh and not entry.fresh):
        return False
    if wanted.topic and entry.summary.form != wanted.topic:
        return False
    return any_state or wanted.state is None or entry.state is wanted.state


def _state_links(request: PageRequest, entries: Sequence[Entry], wanted: Filter) -> list[StateLink]:
    """Return "all" and every state that has requests, or that is looked at."""
    counts = Counter(entry.state for entry in entries if _fits(entry, wanted, any_state=True))
    links = [_state_link(request, wanted, None, counts.total())]
    for state in State:
        if counts[state] or state is wanted.state:
            links.append(_state_link(request, wanted, state, counts[state]))
    return links


def _state_link(
    request: PageRequest, wanted: Filter, state: State | None, number: int
) -> StateLink:
    return StateLink(
        words=say(request, f"staff.state.{state.value}" if state else "staff.requests.all"),
        number=show_number(number, language_of(request)),
        address=_address(request, state, wanted),
        current=state is wanted.state,
    )


def _address(request: PageRequest, state: State | None, wanted: Filter, page: int = 1) -> str:
    return address(
        f"/{language_of(request)}/staff",
        state=state.value if state else "",
        topic=wanted.topic,
        fresh="1" if wanted.fresh else "",
        page=str(page) if page > 1 else "",
    )


def _pages(request: PageRequest, wanted: Filter, page: int, last: int) -> dict[str, str] | None:
    """Return the words and the ways of paging, or None if there is one page only."""
    if last == 1:
        return None
    language = language_of(request)
    numbers = {"page": show_number(page, language), "last": show_number(last, language)}
    return {
        "words": say(request, "staff.requests.page", **numbers),
        "newer": _address(request, wanted.state, wanted, page - 1) if page > 1 else "",
        "older": _address(request, wanted.state, wanted, page + 1) if page < last else "",
    }


def _line(request: PageRequest, entry: Entry) -> Line:
    summary = entry.summary
    if summary is None:
        raise ValueError("a request without a grant has no line")
    days = age_in_days(request, summary.submitted)
    # An asker's word wakes a request and leaves the summary to the next coordinator.
    wake = summary.wake if entry.state is State.WAITING else None
    whom = summary.waiting_on if entry.state is State.WAITING else None
    return Line(
        address=f"/{language_of(request)}/staff/requests/{entry.id}",
        state=entry.state,
        fresh=entry.fresh,
        topic=show_topic(request, summary.form, summary.title),
        language=summary.language,
        language_name=name_language(summary.language),
        dir=direction(summary.language),
        glimpse=summary.glimpse,
        where=summary.where,
        received=show_day(request, summary.submitted),
        age=count(request, "staff.age", days) if days > 0 else say(request, "staff.today"),
        kept=show_last_day(request, entry.keep_until),
        waiting_on=say(request, f"staff.waiting_on.{whom.value}") if whom else "",
        wake=show_date(wake, language_of(request)) if wake else "",
        late=wake is not None and wake <= desk_of(request).now().date(),
    )


async def _joined(request: PageRequest) -> list[str]:
    boxes = session_of(request).joined_since
    if not boxes:
        return []
    names = await read_names(request)
    return [name_of(request, names, box) for box in boxes]


ROUTES: tuple[HTTPRouteHandler, ...] = (show_requests,)
