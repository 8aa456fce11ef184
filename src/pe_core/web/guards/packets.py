"""How the inbox of other embassies is declared: no cookie, no form, a signature over the body.

Whatever goes wrong is answered in JSON, as one word and our time, with nothing of what was sent.
Design: network, "The door".
"""

from typing import Any

import msgspec
from litestar import Response, post
from litestar.handlers import BaseRouteHandler

from pe_core.errors import PacketRefused
from pe_core.network import wire
from pe_core.network.admission import Admitted, admit
from pe_core.network.signing import SIGNED_HEADERS
from pe_core.web.guards.body import read_body
from pe_core.web.guards.routes import Declare, Handlers, find_caller, plain_request
from pe_core.web.portal import Connection, PageRequest, desk_of, portal_of


def post_packet(path: str, *, handlers: Handlers) -> Declare:
    """Declare where packets come in; the handler gets a proved one by ``admitted_of(request)``.

    ``handlers`` answer what goes wrong, here and there.
    """

    async def check(request: Connection, _handler: BaseRouteHandler) -> None:
        find_caller(request, "peer")
        headers = _one_of_each(request)
        body = await read_body(plain_request(request), wire.MOST_BYTES)
        admission = portal_of(request).admission
        admitted = await admit(desk_of(request), admission, headers, body)
        request.scope["state"]["admitted"] = admitted

    return post(
        path,
        status_code=200,
        guards=[check],
        opt={"guard": "peer"},
        media_type=wire.MEDIA_TYPE,
        include_in_schema=False,
        request_max_body_size=wire.MOST_BYTES,
        exception_handlers=handlers,
    )


def admitted_of(request: PageRequest) -> Admitted | None:
    """Return the packet that the guard let in, None before it did."""
    admitted: Admitted | None = request.scope.get("state", {}).get("admitted")
    return admitted


def refuse(request: PageRequest, code: str, status: int, after: int | None = None) -> Response[Any]:
    """Return the answer to a packet that is not taken: a word, our time, and how long to wait."""
    said = wire.Refusal(error=code, now=int(desk_of(request).now().timestamp()))
    headers = {"Retry-After": str(after)} if after is not None else {}
    return Response(
        msgspec.json.encode(said), media_type=wire.MEDIA_TYPE, status_code=status, headers=headers
    )


def _one_of_each(request: Connection) -> dict[str, str]:
    """Return the headers that are signed; where one comes twice, two readers could differ.

    A body that is packed in any way is none of ours, so nothing is ever unpacked.
    """
    found: dict[str, str] = {}
    for raw, value in request.scope["headers"]:
        name = raw.decode("latin-1").lower()
        if name == "content-encoding":
            raise PacketRefused("wrong_kind", 415)
        if name in found:
            raise PacketRefused("bad_request")
        if name in SIGNED_HEADERS:
            found[name] = value.decode("latin-1")
    if found.get("content-type") != wire.MEDIA_TYPE:
        raise PacketRefused("wrong_kind", 415)
    return found
