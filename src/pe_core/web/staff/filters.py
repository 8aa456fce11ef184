"""What the address of the list asks for, and the links that change it; never anybody's words."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from pe_core.desk.listing import Entry, Figure, counts, figures
from pe_core.model import State, Summary, Urgency
from pe_core.model.struct import Model
from pe_core.rules.texts import show_number
from pe_core.web.guards.caller import session_of
from pe_core.web.portal import PageRequest, desk_of, language_of
from pe_core.web.staff.address import address, query_of
from pe_core.web.staff.words import say, show_topic


class Filter(Model):
    """What the address asks for; what it asks for wrongly is left out."""

    state: State | None = None
    topic: str = ""
    show: Figure | None = None
    urgency: Urgency | None = None
    fresh: bool = False
    page: int = 1

    @property
    def narrows(self) -> bool:
        """Return whether some requests may be left out."""
        return self.fresh or bool(self.state or self.topic or self.show or self.urgency)


class ListLink(Model):
    """A state or a figure, how many requests there are, and the way there."""

    name: str
    words: str
    number: str
    address: str
    current: bool
    empty: bool


def read_filter(request: PageRequest, topics: Mapping[str, str]) -> Filter:
    """Return what the address asks for, of these topics."""
    query = query_of(request)
    number = query.get("page", "")
    topic = query.get("topic", "")
    return Filter(
        state=next((state for state in State if state.value == query.get("state")), None),
        topic=topic if topic in topics else "",
        show=next((figure for figure in Figure if figure.value == query.get("show")), None),
        urgency=next((item for item in Urgency if item.value == query.get("urgency")), None),
        fresh=query.get("fresh") == "1",
        page=max(1, int(number)) if number.isdecimal() and len(number) < 6 else 1,
    )


def topic_of(summary: Summary) -> str:
    """Return the form that a request counts under: as it was sorted, else as it was asked."""
    return summary.topic or summary.form


def find_topics(request: PageRequest, entries: Iterable[Entry]) -> dict[str, str]:
    """Return the topics offered, asked about or sorted under, by name, with their titles."""
    topics = {name: say(request, f"{name}.title") for name in desk_of(request).forms}
    for entry in entries:
        if entry.summary is not None and topic_of(entry.summary) not in topics:
            topic = topic_of(entry.summary)
            topics[topic] = show_topic(request, topic, entry.summary.title)
    return topics


def fits(request: PageRequest, entry: Entry, wanted: Filter, *, any_state: bool = False) -> bool:
    """Return whether a request is asked for; with ``any_state`` its state does not matter."""
    summary = entry.summary
    if summary is None or (wanted.fresh and not entry.fresh):
        return False
    if wanted.topic and topic_of(summary) != wanted.topic:
        return False
    if wanted.urgency is not None and summary.urgency is not wanted.urgency:
        return False
    if wanted.show and not counts(desk_of(request), session_of(request), entry, wanted.show):
        return False
    return any_state or wanted.state is None or entry.state is wanted.state


def state_links(request: PageRequest, entries: Sequence[Entry], wanted: Filter) -> list[ListLink]:
    """Return "all" and every state that has requests under this filter, or is looked at."""
    found = Counter(
        entry.state for entry in entries if fits(request, entry, wanted, any_state=True)
    )
    links = [_state_link(request, wanted, None, found.total())]
    for state in State:
        if found[state] or state is wanted.state:
            links.append(_state_link(request, wanted, state, found[state]))
    return links


def figure_links(request: PageRequest, entries: Sequence[Entry], wanted: Filter) -> list[ListLink]:
    """Return what the day begins with; a figure leads to all the requests behind it."""
    found = figures(desk_of(request), session_of(request), entries)
    return [
        ListLink(
            name=figure.value,
            words=say(request, f"staff.requests.figure_{figure.value}"),
            number=show_number(number, language_of(request)),
            address=list_address(request, Filter(show=figure)),
            current=wanted.show is figure,
            empty=number == 0,
        )
        for figure, number in found.items()
    ]


def page_links(request: PageRequest, wanted: Filter, page: int, last: int) -> dict[str, str] | None:
    """Return the words and the ways of paging, or None if there is one page only."""
    if last == 1:
        return None
    language = language_of(request)
    numbers = {"page": show_number(page, language), "last": show_number(last, language)}
    return {
        "words": say(request, "staff.requests.page", **numbers),
        "newer": list_address(request, wanted, page - 1) if page > 1 else "",
        "older": list_address(request, wanted, page + 1) if page < last else "",
    }


def list_address(request: PageRequest, wanted: Filter, page: int = 1) -> str:
    """Return the address of the list under a filter."""
    return _address(request, wanted, wanted.state, page)


def _address(request: PageRequest, wanted: Filter, state: State | None, page: int = 1) -> str:
    return address(
        f"/{language_of(request)}/staff",
        state=state.value if state else "",
        topic=wanted.topic,
        show=wanted.show.value if wanted.show else "",
        urgency=wanted.urgency.value if wanted.urgency else "",
        fresh="1" if wanted.fresh else "",
        page=str(page) if page > 1 else "",
    )


def _state_link(request: PageRequest, wanted: Filter, state: State | None, number: int) -> ListLink:
    return ListLink(
        name=state.value if state else "all",
        words=say(request, f"staff.state.{state.value}" if state else "staff.requests.all"),
        number=show_number(number, language_of(request)),
        address=_address(request, wanted, state),
        current=state is wanted.state,
        empty=number == 0,
    )
