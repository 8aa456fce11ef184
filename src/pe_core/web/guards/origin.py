"""Where a POST comes from; the token decides, this only refuses what is plainly foreign."""

import re
from typing import Any

from litestar.connection import ASGIConnection

from pe_core.web.guards.refusals import refusal
from pe_core.web.portal import portal_of


def check_origin(request: ASGIConnection[Any, Any, Any, Any]) -> None:
    """Refuse a POST whose Origin is null or foreign, or that the browser calls cross-site.

    Old browsers send no Origin, but the page that the form stood on (Referer); some send
    neither: then the token alone decides. The scheme is the one of our configuration, because
    a proxy in front hides the real one.
    """
    headers = _headers(request)
    own = f"{portal_of(request).scheme}://".encode() + headers.get(b"host", [b""])[0].lower()
    if any(origin.lower() != own for origin in headers.get(b"origin", [])):
        raise refusal("forbidden")
    if any(_site(page) != own for page in headers.get(b"referer", [])):
        raise refusal("forbidden")
    sites = headers.get(b"sec-fetch-site", [])
    if any(site.lower() not in (b"same-origin", b"none") for site in sites):
        raise refusal("forbidden")


def _site(page: bytes) -> bytes:
    """Return scheme and host of an address, all of it before the path."""
    scheme, mark, rest = page.lower().partition(b"://")
    return scheme + mark + re.split(rb"[/?#]", rest, maxsplit=1)[0]


def _headers(request: ASGIConnection[Any, Any, Any, Any]) -> dict[bytes, list[bytes]]:
    found: dict[bytes, list[bytes]] = {}
    for key, value in request.scope["headers"]:
        found.setdefault(key, []).append(value)
    return found
