"""The other embassies: who they are, our own words to read aloud, and adding one."""

from datetime import UTC, datetime
from typing import Any

from litestar import Response
from litestar.handlers import HTTPRouteHandler

from pe_core.errors import DeskError, KeysetRefused
from pe_core.model.peer import PeerState
from pe_core.model.struct import Model
from pe_core.network.identity import Own, read_own
from pe_core.network.knowing import Known, Listed, read_peers
from pe_core.network.pairing import propose
from pe_core.network.words import digits_of, words_of
from pe_core.rules.texts import show_date
from pe_core.vault import Keyset, fingerprint
from pe_core.web.guards.caller import fields_of, session_of
from pe_core.web.guards.routes import get_page, post_page
from pe_core.web.pages import redirect, render
from pe_core.web.portal import PageRequest, desk_of, language_of
from pe_core.web.staff.address import address, query_of
from pe_core.web.staff.step_up import Problems
from pe_core.web.staff.words import say

PEERS = "/{language:str}/staff/peers"
DONE = ("forgotten",)


class PeerLine(Model):
    """Another embassy in a line; ``stands`` names the words and the icon of its state."""

    code: str
    address: str
    stands: str
    to_do: bool
    keys_wrong: bool


@get_page(PEERS, guard="coordinator")
async def show_peers(request: PageRequest) -> Response[str]:
    """Show the other embassies that are known here, and what to read aloud to them."""
    desk = desk_of(request)
    own = await read_own(desk)
    done = query_of(request).get("done", "")
    return render(
        request,
        "staff/peers.html",
        here="peers",
        peers=[_line(request, known) for known in await read_peers(desk)],
        done=done if done in DONE else "",
        own_ended=_ended(request, own.keyset) if own is not None else "",
        **own_words(request, own),
    )


@get_page(f"{PEERS}/new", guard="coordinator")
async def show_new_peer(request: PageRequest) -> Response[str]:
    """Ask for the address of another embassy's portal."""
    return await _new_page(request)


@post_page(f"{PEERS}/new", guard="coordinator")
async def take_new_peer(request: PageRequest) -> Response[Any]:
    """Ask that portal who it is, and go on to its words."""
    desk, session = desk_of(request), session_of(request)
    try:
        code = await propose(desk, session, fields_of(request).one("address"))
    except (DeskError, KeysetRefused) as error:
        return await _new_page(request, [("address", refused_words(request, error))])
    return redirect(address(f"/{language_of(request)}/staff/peers/{code}", done="added"))


def own_words(request: PageRequest, own: Own | None) -> dict[str, Any]:
    """Return what our people read aloud: ``code``, ``words`` and ``digits``, none before keys."""
    if own is None:
        return {"begun": False, "code": "", "words": (), "digits": ()}
    code = desk_of(request).embassy.code
    print_ = fingerprint(own.keyset.root, code)
    return {"begun": True, "code": code, "words": words_of(print_), "digits": digits_of(print_)}


def stands_of(known: Listed) -> str:
    """Return in a word where an embassy stands, finer than its state: whose turn it is."""
    pairing = known.pairing
    if pairing.state is PeerState.PROPOSED:
        return "waits" if pairing.ours else "typed_ours" if pairing.theirs else "new"
    if pairing.state is PeerState.ACTIVE and pairing.away:
        return "away"
    return pairing.state.value


def keys_words(request: PageRequest, known: Listed) -> str:
    """Return what is wrong with an embassy's keys, '' if nothing is."""
    if not isinstance(known, Known):
        return say(request, "staff.peers.keys_spoilt")
    ended = _ended(request, known.keyset)
    return say(request, "staff.peers.keys_ended", day=ended) if ended else ""


def _ended(request: PageRequest, keyset: Keyset) -> str:
    """Return the day on which keys ended, '' while they are good."""
    now, ends = desk_of(request).now(), datetime.fromtimestamp(keyset.until, UTC)
    return show_date(ends.date(), language_of(request)) if ends < now else ""


def refused_words(request: PageRequest, error: DeskError | KeysetRefused) -> str:
    """Return what the network refuses, in the page's language."""
    return say(request, error.key if isinstance(error, DeskError) else "staff.peers.keys_refused")


def _line(request: PageRequest, known: Listed) -> PeerLine:
    stands = stands_of(known)
    return PeerLine(
        code=known.code,
        address=known.row.address,
        stands=stands,
        to_do=stands in ("new", "typed_ours"),
        keys_wrong=bool(keys_words(request, known)),
    )


async def _new_page(request: PageRequest, problems: Problems | None = None) -> Response[str]:
    own = await read_own(desk_of(request))
    return render(
        request,
        "staff/peer_new.html",
        status=422 if problems else 200,
        here="peers",
        begun=own is not None,
        address=fields_of(request).one("address") if request.method == "POST" else "",
        problems=problems or [],
    )


ROUTES: tuple[HTTPRouteHandler, ...] = (show_peers, show_new_peer, take_new_peer)
