"""The volunteers: who waits for us, who helps, who pauses; twenty-five a page."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from litestar import Response
from litestar.handlers import HTTPRouteHandler

from pe_core.desk.cards import shown_state
from pe_core.desk.desk import today_of
from pe_core.desk.pace import note_volunteers
from pe_core.desk.volunteer_list import (
    Sought,
    Tab,
    gate_mark,
    is_in,
    look_for_volunteers,
    seek,
    seek_by_name,
    waits,
)
from pe_core.model import Card
from pe_core.model.struct import Model
from pe_core.rules.texts import show_date, show_number
from pe_core.web.guards.caller import fields_of, session_of
from pe_core.web.guards.routes import get_page, post_page
from pe_core.web.pages import redirect, render
from pe_core.web.portal import PageRequest, desk_of, language_of
from pe_core.web.staff.address import address, query_of
from pe_core.web.staff.filters import read_page
from pe_core.web.staff.volunteer_words import code_words, language_words
from pe_core.web.staff.words import count, say, spoken_options

PAGE = 25
QUERY_LIMIT = 80
PATH = "/{language:str}/staff/volunteers"


class VolunteerLine(Model):
    """One volunteer in the table; ``gate`` is the worst mark of their qualifications."""

    address: str
    handle: str
    state: str
    pending: bool
    support: bool
    asks: bool
    languages: list[str]
    skills: list[str]
    city: str
    since: str
    gate: str
    account: bool


@get_page(PATH, guard="coordinator")
async def show_volunteers(request: PageRequest) -> Response[str]:
    """Show the volunteers under one tab."""
    desk, session = desk_of(request), session_of(request)
    cards = await look_for_volunteers(desk, session)
    choices = _choices(request, cards)
    sought = _read_sought(request, choices)
    found = seek(desk, cards, sought)
    last = max(1, -(-len(found) // PAGE))
    page = min(read_page(request), last)
    shown = found[(page - 1) * PAGE : page * PAGE]
    await note_volunteers(desk, session, [card.box for card in shown])
    return render(
        request,
        "staff/volunteers.html",
        here="volunteers",
        lines=[_line(request, card) for card in shown],
        tabs=_tabs(request, cards, sought),
        sought=sought,
        choices=choices,
        pages=_pages(request, sought, page, last),
        none_at_all=not cards,
        query="",
    )


@get_page(f"{PATH}/search", guard="coordinator")
async def show_volunteer_search(request: PageRequest) -> Response[Any]:
    """Lead who comes here by an address to the list: what is searched for is in no address."""
    return redirect(f"/{language_of(request)}/staff/volunteers")


@post_page(f"{PATH}/search", guard="coordinator")
async def search_volunteers(request: PageRequest) -> Response[Any]:
    """Show the volunteers whose pseudonym holds what was typed."""
    query = " ".join(fields_of(request).one("query").split())[:QUERY_LIMIT]
    if not query:
        return redirect(f"/{language_of(request)}/staff/volunteers")
    desk, session = desk_of(request), session_of(request)
    found = seek_by_name(await look_for_volunteers(desk, session), query)
    shown = found[:PAGE]
    await note_volunteers(desk, session, [card.box for card in shown])
    return render(
        request,
        "staff/volunteers_found.html",
        here="volunteers",
        query=query,
        found=count(request, "staff.volunteers.found", len(found)),
        lines=[_line(request, card) for card in shown],
        more=len(found) > PAGE,
    )


async def volunteers_figure(request: PageRequest) -> dict[str, Any]:
    """Return how many volunteers wait for a coordinator, and the way to them."""
    cards = await look_for_volunteers(desk_of(request), session_of(request))
    number = sum(1 for card in cards if waits(card))
    return {
        "number": show_number(number, language_of(request)),
        "empty": not number,
        "address": f"/{language_of(request)}/staff/volunteers",
    }


def _read_sought(request: PageRequest, choices: dict[str, list[tuple[str, str]]]) -> Sought:
    query = query_of(request)

    def known(name: str) -> str:
        value = query.get(name, "")
        return value if any(value == choice for choice, _ in choices[name]) else ""

    tab = next((tab for tab in Tab if tab.value == query.get("tab")), Tab.WAITING)
    return Sought(tab=tab, language=known("language"), skill=known("skill"), city=known("city"))


def _choices(request: PageRequest, cards: Sequence[Card]) -> dict[str, list[tuple[str, str]]]:
    """Return what the list can be narrowed to: what is there, or in the vocabulary."""
    desk = desk_of(request)
    tags = {tag for card in cards for tag, _ in card.languages}
    skills = {code for card in cards for code, _ in card.skills} | set(desk.vocabulary.skills)
    cities = [city.name for city in desk.jurisdiction.cities]
    return {
        "language": spoken_options(request, tags),
        "skill": sorted(((code, code_words(request, code)) for code in skills), key=_by_words),
        "city": [(city, city) for city in cities],
    }


def _by_words(choice: tuple[str, str]) -> str:
    return choice[1]


def _tabs(request: PageRequest, cards: Sequence[Card], sought: Sought) -> list[dict[str, Any]]:
    desk, language = desk_of(request), language_of(request)
    numbers = {tab: sum(1 for card in cards if is_in(desk, card, tab)) for tab in Tab}
    return [
        {
            "words": say(request, f"staff.volunteers.tab_{tab.value}"),
            "number": show_number(number, language),
            "address": _address(request, Sought(tab=tab)),
            "current": tab is sought.tab,
        }
        for tab, number in numbers.items()
    ]


def _pages(request: PageRequest, sought: Sought, page: int, last: int) -> dict[str, str] | None:
    if last == 1:
        return None
    language = language_of(request)
    numbers = {"page": show_number(page, language), "last": show_number(last, language)}
    return {
        "words": say(request, "staff.requests.page", **numbers),
        "before": _address(request, sought, page - 1) if page > 1 else "",
        "after": _address(request, sought, page + 1) if page < last else "",
    }


def _address(request: PageRequest, sought: Sought, page: int = 1) -> str:
    return address(
        f"/{language_of(request)}/staff/volunteers",
        tab=sought.tab.value,
        language=sought.language,
        skill=sought.skill,
        city=sought.city,
        page=str(page) if page > 1 else "",
    )


def _line(request: PageRequest, card: Card) -> VolunteerLine:
    desk, language = desk_of(request), language_of(request)
    today = today_of(desk)
    ends = [date.fromordinal(until) for _, until in card.gates if until]
    marks = {gate_mark(until, today) for until in ends}
    return VolunteerLine(
        address=f"/{language}/staff/volunteers/{card.box}",
        handle=card.handle,
        state=shown_state(desk, card).value,
        pending=card.pending,
        support=card.support,
        asks=card.asks > 0,
        languages=language_words(request, card.languages),
        skills=[code_words(request, code) for code, _ in card.skills],
        city=card.city,
        since=show_date(date.fromordinal(card.began), language),
        gate="over" if "over" in marks else "soon" if "soon" in marks else "",
        account=card.account,
    )


ROUTES: tuple[HTTPRouteHandler, ...] = (
    show_volunteers,
    show_volunteer_search,
    search_volunteers,
)
