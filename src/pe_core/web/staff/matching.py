"""All open needs at once, each with whom to ask so that nobody is asked too much."""

from collections.abc import Mapping
from typing import Any

from litestar import Response
from litestar.handlers import HTTPRouteHandler

from pe_core.desk.need_figures import look_over_needs
from pe_core.desk.needs import NeedView, read_need
from pe_core.desk.suggesting import Proposal, propose_for_all
from pe_core.errors import Conflict, NotAllowed, NotFound
from pe_core.model import Box, NeedId
from pe_core.model.struct import Model
from pe_core.rules.texts import direction, show_number
from pe_core.web.guards.caller import fields_of, session_of
from pe_core.web.guards.routes import get_page, post_page
from pe_core.web.pages import render
from pe_core.web.portal import PageRequest, desk_of, language_of
from pe_core.web.staff.address import address, query_of
from pe_core.web.staff.filters import ListLink
from pe_core.web.staff.need import offer_to, read_boxes
from pe_core.web.staff.need_words import Person, need_address, need_facts, people_of
from pe_core.web.staff.words import count, say, show_day

PATH = "/{language:str}/staff/matching"
SHOWN = 40
"""Needs on the page: what a form may send at once, and a person look through."""
UNANSWERED = "unanswered"


class Row(Model):
    """One open need with the people who are proposed for it."""

    id: NeedId
    address: str
    title: str
    language: str
    dir: str
    since: str
    facts: tuple[tuple[str, tuple[str, ...]], ...]
    unanswered: bool
    people: tuple[Person, ...]


@get_page(PATH, guard="coordinator")
async def show_matching(request: PageRequest) -> Response[str]:
    """Show what is looked for, the oldest first, and one proposal for all of it."""
    return await _page(request)


@post_page(PATH, guard="coordinator")
async def take_matching(request: PageRequest) -> Response[Any]:
    """Offer every need to those who were ticked for it; what cannot be is said, need by need."""
    desk, session = desk_of(request), session_of(request)
    ticked = _read_ticks(fields_of(request).all("offer"))
    if not ticked:
        return await _page(request, problem=say(request, "staff.problem.who_required"))
    offered, refused = 0, []
    for need, boxes in ticked.items():
        try:
            view = await read_need(desk, session, need)
        except NotFound:
            continue
        words = await _offer(request, view, boxes)
        offered += 0 if words else len(boxes)
        if words:
            refused.append((view.body.title, view.body.language, words))
    return await _page(request, offered=offered, refused=refused)


async def needs_figure(request: PageRequest) -> ListLink:
    """Return how many needs are open, and of how many of them nobody has answered."""
    found = await look_over_needs(desk_of(request), session_of(request))
    silent = len(found.unanswered)
    words = count(request, "staff.requests.figure_unanswered", silent) if silent else ""
    return ListLink(
        name="needs late" if silent else "needs",
        words=words or say(request, "staff.requests.figure_needs"),
        number=show_number(found.open, language_of(request)),
        address=_address(request),
        current=False,
        empty=found.open == 0,
    )


async def _offer(request: PageRequest, view: NeedView, boxes: list[Box]) -> str:
    """Offer one need, and return in words why that cannot be, '' when it is done."""
    try:
        await offer_to(request, view, boxes)
    except NotAllowed as error:
        return say(request, error.key)
    except Conflict:
        return say(request, "staff.request.changed_body")
    return ""


async def _page(
    request: PageRequest,
    *,
    problem: str = "",
    offered: int = 0,
    refused: list[tuple[str, str, str]] | None = None,
) -> Response[str]:
    desk, session = desk_of(request), session_of(request)
    proposals = await propose_for_all(desk, session)
    unanswered = (await look_over_needs(desk, session)).unanswered
    narrowed = query_of(request).get("show") == UNANSWERED
    wanted = [one for one in proposals if not narrowed or one.view.id in unanswered]
    rows = [await _row(request, one, unanswered) for one in wanted[:SHOWN]]
    return render(
        request,
        "staff/matching.html",
        status=422 if problem else 200,
        here="requests",
        problems=[("offer", problem)] if problem else [],
        rows=rows,
        first=next((number for number, row in enumerate(rows, 1) if row.people), 0),
        more=count(request, "staff.matching.more", len(wanted) - SHOWN)
        if len(wanted) > SHOWN
        else "",
        filters=_filters(request, len(proposals), len(unanswered), narrowed),
        narrowed=narrowed,
        offered=count(request, "staff.matching.offered", offered) if offered else "",
        not_offered=refused or [],
    )


async def _row(request: PageRequest, proposal: Proposal, unanswered: frozenset[NeedId]) -> Row:
    view = proposal.view
    return Row(
        id=view.id,
        address=need_address(request, view),
        title=view.body.title,
        language=view.body.language,
        dir=direction(view.body.language),
        since=show_day(request, view.body.at),
        facts=tuple(need_facts(request, view.body.need)),
        unanswered=view.id in unanswered,
        people=tuple(await people_of(request, proposal.suggestions)),
    )


def _read_ticks(typed: list[str]) -> Mapping[NeedId, list[Box]]:
    """Return whom to ask for which need: each tick is a need, a colon and a box number."""
    ticked: dict[NeedId, list[Box]] = {}
    for one in typed:
        need, _, box = one.partition(":")
        for number in read_boxes([box]):
            ticked.setdefault(NeedId(need), []).append(number)
    return ticked


def _filters(request: PageRequest, all_needs: int, silent: int, narrowed: bool) -> list[ListLink]:
    """Return the links to all needs and to those that nobody answered."""
    return [
        ListLink(
            name=name or "all",
            words=say(request, f"staff.matching.{name or 'all'}"),
            number=show_number(number, language_of(request)),
            address=_address(request, name),
            current=narrowed == bool(name),
            empty=number == 0,
        )
        for name, number in (("", all_needs), (UNANSWERED, silent))
    ]


def _address(request: PageRequest, show: str = "") -> str:
    return address(f"/{language_of(request)}/staff/matching", show=show)


ROUTES: tuple[HTTPRouteHandler, ...] = (show_matching, take_matching)
