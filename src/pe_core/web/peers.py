"""Where other embassies knock: who we are, and the inbox. Below no language; for no browser."""

import logging
from collections.abc import Callable
from typing import Any

import msgspec
from litestar import Response
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler

from pe_core.errors import PacketRefused
from pe_core.network import wire
from pe_core.network.identity import introduce
from pe_core.network.receiving import take_in
from pe_core.web import errors
from pe_core.web.guards.packets import admitted_of, post_packet, refuse
from pe_core.web.guards.routes import Handlers, get_page
from pe_core.web.portal import PageRequest, desk_of

log = logging.getLogger("pe_core.web")

ROOT = "peer"
"""What the address of everything here begins with."""
_WORDS = {
    400: "bad_request",
    404: "not_found",
    405: "wrong_method",
    413: "too_large",
    415: "wrong_kind",
    503: "busy",
}


def show_refusal(request: PageRequest, error: PacketRefused) -> Response[Any]:
    """Tell the other server in a word why its packet is not taken.

    The log gets the same word if the signature is good: nobody else writes lines there.
    """
    admitted = admitted_of(request)
    if admitted is not None:
        whose = "of" if admitted.is_known else "in the name of"
        log.warning("a packet %s %s was refused: %s", whose, admitted.sender, error.code)
    return refuse(request, error.code, error.status, error.after)


def show_fault(request: PageRequest, error: Exception) -> Response[Any]:
    """Tell the other server that it cannot be done now; what the log gets, and when, is as ever."""
    if isinstance(error, HTTPException) and error.status_code in _WORDS:
        answer = refuse(request, _WORDS[error.status_code], error.status_code)
        if error.status_code == 405:
            answer.headers["Allow"] = (error.headers or {}).get("allow", "")
        return answer
    show = next(errors.HANDLERS[kind] for kind in type(error).__mro__ if kind in errors.HANDLERS)
    status = show(request, error).status_code or 500
    return refuse(request, _WORDS.get(status, "broken"), status)


HANDLERS: Handlers = {**dict.fromkeys(errors.HANDLERS, show_fault), PacketRefused: show_refusal}


def with_peers(handlers: Handlers) -> Handlers:
    """Return handlers of a whole portal that answer in JSON where only other embassies come.

    What is not there, or not by this method, comes to no handler of ours.
    """
    return {kind: _unless_of_peers(show) for kind, show in handlers.items()}


def _unless_of_peers(show: Callable[[PageRequest, Any], Response[Any]]) -> Any:
    def answer(request: PageRequest, error: Exception) -> Response[Any]:
        parts = [part for part in request.scope["path"].split("/") if part]
        if parts[:1] != [ROOT]:
            return show(request, error)
        is_ours = "/".join(["", *parts]) in (wire.KEYS, wire.INBOX)
        if isinstance(error, HTTPException) and not is_ours:
            # Where the first part may be a language the router finds a page, and we find none.
            return refuse(request, _WORDS[404], 404)
        return show_fault(request, error)

    return answer


@get_page(wire.KEYS, guard="public", handlers=HANDLERS)
async def show_keys(request: PageRequest) -> Response[bytes]:
    """Say who this embassy is to others; nobody has to believe it before words were compared."""
    introduction = await introduce(desk_of(request))
    if introduction is None:
        raise PacketRefused("not_here", 404)
    return Response(msgspec.json.encode(introduction), media_type=wire.MEDIA_TYPE)


@post_packet(wire.INBOX, handlers=HANDLERS)
async def take_packet(request: PageRequest) -> Response[bytes]:
    """Take in what another embassy signed and sent, and answer with a receipt."""
    admitted = admitted_of(request)
    if admitted is None:
        raise PacketRefused("not_signed", 401)
    receipt = await take_in(
        desk_of(request), admitted.body, admitted.sender, admitted.now, admitted.packet
    )
    return Response(receipt, media_type=wire.MEDIA_TYPE)


ROUTES: tuple[HTTPRouteHandler, ...] = (show_keys, take_packet)
