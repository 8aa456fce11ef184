"""The day's figures, the list of requests and the search: newest first, a hundred a page."""

from typing import Any

from litestar import Response
from litestar.handlers import HTTPRouteHandler

from pe_core.desk.first_look import look_at_requests
from pe_core.desk.listing import search
from pe_core.model import Urgency
from pe_core.web.guards.caller import fields_of, session_of
from pe_core.web.guards.routes import get_page, post_page
from pe_core.web.pages import redirect, render
from pe_core.web.portal import PageRequest, desk_of, language_of
from pe_core.web.staff.alerts import alerts_of
from pe_core.web.staff.filters import (
    figure_links,
    find_topics,
    page_links,
    read_page,
    read_wanted,
    state_links,
)
from pe_core.web.staff.lines import lines_of
from pe_core.web.staff.matching import needs_figure
from pe_core.web.staff.referrals import letters_figure
from pe_core.web.staff.shifts import swaps_figure
from pe_core.web.staff.volunteers import volunteers_figure
from pe_core.web.staff.words import count, name_of, read_names, say

PAGE = 100
"""Requests on a page."""
QUERY_LIMIT = 200
"""Characters of what is searched for."""


@get_page(["/{language:str}/staff", "/{language:str}/staff/"], guard="coordinator")
async def show_requests(request: PageRequest) -> Response[str]:
    """Show the requests that this account can open."""
    desk, session = desk_of(request), session_of(request)
    shelf = await look_at_requests(desk, session)
    topics = find_topics(request, shelf)
    wanted = read_wanted(request, topics)
    last_page = max(1, -(-shelf.count(wanted) // PAGE))
    page = min(read_page(request), last_page)
    # Volunteers and letters may wait though nobody has asked for help yet.
    of_requests = figure_links(request, shelf, wanted) if len(shelf) else []
    shown = shelf.page(wanted, (page - 1) * PAGE, PAGE)
    return render(
        request,
        "staff/requests.html",
        here="requests",
        lines=await lines_of(request, shown),
        volunteers=await volunteers_figure(request),
        figures=[
            *of_requests,
            await needs_figure(request),
            *await letters_figure(request),
            *await swaps_figure(request),
        ],
        states=state_links(request, shelf, wanted),
        topics=sorted(topics.items(), key=lambda item: item[1]),
        urgencies=[(item.value, say(request, f"staff.urgency.{item.value}")) for item in Urgency],
        wanted=wanted,
        query="",
        none_at_all=not len(shelf),
        not_live=not desk.is_live,
        not_yours=len(shelf.closed),
        joined=await _joined(request),
        pages=page_links(request, wanted, page, last_page),
        **await alerts_of(request),
    )


@get_page("/{language:str}/staff/search", guard="coordinator")
async def show_search(request: PageRequest) -> Response[Any]:
    """Lead who comes here by an address to the list: what is searched for is in no address."""
    return redirect(f"/{language_of(request)}/staff")


@post_page("/{language:str}/staff/search", guard="coordinator")
async def search_requests(request: PageRequest) -> Response[Any]:
    """Show the requests that a search finds, with the words that were typed."""
    query = " ".join(fields_of(request).one("query").split())[:QUERY_LIMIT]
    if not query:
        return redirect(f"/{language_of(request)}/staff")
    found = await search(desk_of(request), session_of(request), query)
    return render(
        request,
        "staff/search.html",
        here="requests",
        query=query,
        found=count(request, "staff.search.found", len(found)),
        lines=await lines_of(request, found[:PAGE]),
        more=len(found) > PAGE,
    )


async def _joined(request: PageRequest) -> list[str]:
    boxes = session_of(request).joined_since
    if not boxes:
        return []
    names = await read_names(request)
    return [name_of(request, names, box) for box in boxes]


ROUTES: tuple[HTTPRouteHandler, ...] = (show_requests, show_search, search_requests)
