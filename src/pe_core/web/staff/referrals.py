"""All conversations with other embassies: what waits for us, what is late, what went and came."""

from typing import Any

from litestar import Response
from litestar.handlers import HTTPRouteHandler

from pe_core.desk.desk import today_of
from pe_core.model.referral import ReferralState, Side
from pe_core.network.incoming import Looked, count_new, look_at_incoming
from pe_core.network.threads import ReferralView, read_first, read_referrals
from pe_core.rules.referring import Pressure
from pe_core.rules.texts import show_date, show_number
from pe_core.store import PeerRow
from pe_core.web.guards.caller import session_of
from pe_core.web.guards.routes import get_page
from pe_core.web.pages import render
from pe_core.web.portal import PageRequest, desk_of, language_of
from pe_core.web.staff.address import address, query_of
from pe_core.web.staff.filters import ListLink
from pe_core.web.staff.referral_words import (
    ReferralLine,
    open_peers,
    peer_names,
    referral_line,
)
from pe_core.web.staff.words import count, say

PATH = "/{language:str}/staff/referrals"
SHOWN = 100
"""Conversations on the page, the newest; each one's first letter is opened for it."""
FILTERS = ("", "waiting", "late", "in", "out", "over")
OVER = (
    ReferralState.TOLD,
    ReferralState.DECLINED,
    ReferralState.RETURNED,
    ReferralState.REVOKED,
    ReferralState.CLOSED,
    ReferralState.TAKEN,
)


@get_page(PATH, guard="coordinator")
async def show_referrals(request: PageRequest) -> Response[str]:
    """Take in what came, and list all conversations."""
    desk, session = desk_of(request), session_of(request)
    looked = await look_at_incoming(desk, session)
    views = await read_referrals(desk, session)
    chosen = query_of(request).get("show", "")
    chosen = chosen if chosen in FILTERS else ""
    wanted = [view for view in views if _is_in(request, view, chosen)]
    names = await peer_names(request)
    return render(
        request,
        "staff/referrals.html",
        here="referrals",
        filters=_filters(request, views, chosen),
        lines=[await _line(request, view, names) for view in wanted[:SHOWN]],
        more=count(request, "staff.referrals.more", len(wanted) - SHOWN)
        if len(wanted) > SHOWN
        else "",
        none_at_all=not views,
        has_peers=bool(names),
        can_begin=bool(await open_peers(request)),
        **_unread(request, looked, names),
    )


async def letters_figure(request: PageRequest) -> list[ListLink]:
    """Return how many conversations wait for us, new ones among them; nothing without peers."""
    desk, session = desk_of(request), session_of(request)
    if not await desk.store.count(PeerRow):
        return []
    views = await read_referrals(desk, session)
    late = sum(_is_in(request, view, "late") for view in views)
    waiting = sum(_is_in(request, view, "waiting") for view in views)
    number = waiting + await count_new(desk, session)
    return [
        ListLink(
            name="letters late" if late else "letters",
            words=count(request, "staff.requests.figure_letters", number),
            number=show_number(number, language_of(request)),
            address=address(f"/{language_of(request)}/staff/referrals", show="waiting"),
            current=False,
            empty=number == 0,
        )
    ]


async def _line(request: PageRequest, view: ReferralView, names: dict[Any, str]) -> ReferralLine:
    first = await read_first(desk_of(request), session_of(request), view)
    return referral_line(request, view, first, names)


def _is_in(request: PageRequest, view: ReferralView, chosen: str) -> bool:
    """Return whether a conversation belongs into a part of the list."""
    late = view.pressure(today_of(desk_of(request))) is Pressure.LATE
    waits = view.state is ReferralState.WAITING
    match chosen:
        case "waiting":
            return waits and (view.body.side is Side.RECEIVER or late)
        case "late":
            return late
        case "in":
            return view.body.side is Side.RECEIVER
        case "out":
            return view.body.side is Side.SENDER
        case "over":
            return view.state in OVER
    return view.state not in OVER


def _filters(request: PageRequest, views: list[ReferralView], chosen: str) -> list[ListLink]:
    at = f"/{language_of(request)}/staff/referrals"
    links = []
    for name in FILTERS:
        number = sum(_is_in(request, view, name) for view in views)
        links.append(
            ListLink(
                name=name or "open",
                words=say(request, f"staff.referrals.show_{name or 'open'}"),
                number=show_number(number, language_of(request)),
                address=address(at, show=name),
                current=name == chosen,
                empty=number == 0,
            )
        )
    return links


def _unread(request: PageRequest, looked: Looked, names: dict[Any, str]) -> dict[str, Any]:
    return {
        "unread": [
            (names.get(one.peer, one.peer), show_date(one.day, language_of(request)))
            for one in looked.unread
        ],
        "waiting": count(request, "staff.referrals.for_colleague", looked.waiting)
        if looked.waiting
        else "",
    }


ROUTES: tuple[HTTPRouteHandler, ...] = (show_referrals,)
