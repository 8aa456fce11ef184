"""What the address of the list asks for, and the links that change it; never anybody's words."""

from collections.abc import Mapping

from pe_core.desk.shelf import Figure, Shelf, Wanted
from pe_core.model import State, Urgency
from pe_core.model.struct import Model
from pe_core.rules.texts import show_number
from pe_core.web.portal import PageRequest, desk_of, language_of
from pe_core.web.staff.address import address, query_of
from pe_core.web.staff.words import say, show_topic


class ListLink(Model):
    """A state or a figure, how many requests there are, and the way there."""

    name: str
    words: str
    number: str
    address: str
    current: bool
    empty: bool


def read_wanted(request: PageRequest, topics: Mapping[str, str]) -> Wanted:
    """Return what the address asks for, of these topics; what it asks for wrongly is left out."""
    query = query_of(request)
    topic = query.get("topic", "")
    return Wanted(
        state=next((state for state in State if state.value == query.get("state")), None),
        topic=topic if topic in topics else "",
        show=next((figure for figure in Figure if figure.value == query.get("show")), None),
        urgency=next((item for item in Urgency if item.value == query.get("urgency")), None),
        fresh=query.get("fresh") == "1",
    )


def read_page(request: PageRequest) -> int:
    """Return which page the address asks for, from 1."""
    number = query_of(request).get("page", "")
    return max(1, int(number)) if number.isdecimal() and len(number) < 6 else 1


def find_topics(request: PageRequest, shelf: Shelf) -> dict[str, str]:
    """Return the topics offered, asked about or sorted under, by name, with their titles."""
    topics = {name: say(request, f"{name}.title") for name in desk_of(request).forms}
    asked = {name: title for name, title in shelf.topics().items() if name not in topics}
    return topics | {name: show_topic(request, name, title) for name, title in asked.items()}


def state_links(request: PageRequest, shelf: Shelf, wanted: Wanted) -> list[ListLink]:
    """Return "all" and every state that has requests under this filter, or is looked at."""
    found = shelf.states(wanted)
    links = [_state_link(request, wanted, None, sum(found.values()))]
    for state in State:
        if state in found or state is wanted.state:
            links.append(_state_link(request, wanted, state, found.get(state, 0)))
    return links


def figure_links(request: PageRequest, shelf: Shelf, wanted: Wanted) -> list[ListLink]:
    """Return what the day begins with; a figure leads to all the requests behind it."""
    return [
        ListLink(
            name=figure.value,
            words=say(request, f"staff.requests.figure_{figure.value}"),
            number=show_number(number, language_of(request)),
            address=list_address(request, Wanted(show=figure)),
            current=wanted.show is figure,
            empty=number == 0,
        )
        for figure, number in shelf.figures().items()
    ]


def page_links(request: PageRequest, wanted: Wanted, page: int, last: int) -> dict[str, str] | None:
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


def list_address(request: PageRequest, wanted: Wanted, page: int = 1) -> str:
    """Return the address of the list under a filter."""
    return _address(request, wanted, wanted.state, page)


def _address(request: PageRequest, wanted: Wanted, state: State | None, page: int = 1) -> str:
    return address(
        f"/{language_of(request)}/staff",
        state=state.value if state else "",
        topic=wanted.topic,
        show=wanted.show.value if wanted.show else "",
        urgency=wanted.urgency.value if wanted.urgency else "",
        fresh="1" if wanted.fresh else "",
        page=str(page) if page > 1 else "",
    )


def _state_link(request: PageRequest, wanted: Wanted, state: State | None, number: int) -> ListLink:
    return ListLink(
        name=state.value if state else "all",
        words=say(request, f"staff.state.{state.value}" if state else "staff.requests.all"),
        number=show_number(number, language_of(request)),
        address=_address(request, wanted, state),
        current=state is wanted.state,
        empty=number == 0,
    )
