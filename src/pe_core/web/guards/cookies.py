"""Cookies, read and set by us: 32 random bytes each, and nothing else in them."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from typing import Any, Literal, TypeVar

from litestar import Response
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie

from pe_core.web.portal import portal_of

R = TypeVar("R", bound=Response[Any])

CookieName = Literal["pe_ask", "pe_visit", "pe_join", "pe_apply", "pe_staff"]
COOKIE_BYTES = 32
_TEXT_LENGTH = 43  # 32 bytes in base64 without padding
_HEADER_LIMIT = 8192


def read_cookie(request: ASGIConnection[Any, Any, Any, Any], name: CookieName) -> bytes | None:
    """Return the 32 bytes of our cookie ``name``, or None if there is none or it is not ours.

    Two cookies of one name mean that somebody set one from elsewhere: neither is taken.
    """
    wanted = _full_name(request, name).encode("ascii")
    found = []
    for key, value in request.scope["headers"]:
        if key == b"cookie" and len(value) <= _HEADER_LIMIT:
            for pair in value.split(b";"):
                left, _, right = pair.strip().partition(b"=")
                if left == wanted:
                    found.append(right)
    return _decode(found[0]) if len(found) == 1 else None


def set_cookie(
    request: ASGIConnection[Any, Any, Any, Any], response: R, name: CookieName, value: bytes
) -> R:
    """Give the browser a cookie until it closes; returns the same response."""
    text = urlsafe_b64encode(value).rstrip(b"=").decode("ascii")
    response.set_cookie(_cookie(request, name, text))
    return response


def clear_cookie(request: ASGIConnection[Any, Any, Any, Any], response: R, *names: CookieName) -> R:
    """Take cookies away from the browser; returns the same response."""
    for name in names:
        response.set_cookie(_cookie(request, name, "", max_age=0))
    return response


def clear_site(response: R) -> R:
    """Ask the browser to forget everything of this site, as at logout and exit."""
    response.headers["Clear-Site-Data"] = '"cache", "cookies", "storage"'
    return response


def _cookie(
    request: ASGIConnection[Any, Any, Any, Any],
    name: CookieName,
    text: str,
    max_age: int | None = None,
) -> Cookie:
    return Cookie(
        key=_full_name(request, name),
        value=text,
        path="/",
        max_age=max_age,
        httponly=True,
        secure=portal_of(request).secure_cookies,
        samesite="strict",
    )


def _full_name(request: ASGIConnection[Any, Any, Any, Any], name: CookieName) -> str:
    return f"__Host-{name}" if portal_of(request).secure_cookies else name


def _decode(text: bytes) -> bytes | None:
    if len(text) != _TEXT_LENGTH:
        return None
    try:
        value = urlsafe_b64decode(text + b"=")
    except (Error, ValueError):
        return None
    return value if urlsafe_b64encode(value).rstrip(b"=") == text else None
