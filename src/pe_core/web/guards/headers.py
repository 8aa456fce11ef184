"""Headers that every answer carries, set at the last moment of sending, on 404 and 500 too."""

from collections.abc import Awaitable, Callable, Iterable

from litestar.types import Message, Scope

BeforeSend = Callable[[Message, Scope], Awaitable[None]]

CONTENT_SECURITY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
NOTHING_ALLOWED = ", ".join(
    f"{feature}=()"
    for feature in (
        "accelerometer",
        "camera",
        "display-capture",
        "geolocation",
        "gyroscope",
        "microphone",
        "payment",
        "usb",
    )
)
FILE_SECURITY = "sandbox; default-src 'none'"
"""What a downloaded file says of itself; the one policy that a handler may choose instead."""
_SECURITY = b"content-security-policy"
_ALWAYS = (
    (_SECURITY, CONTENT_SECURITY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"same-origin"),
    (b"permissions-policy", NOTHING_ALLOWED.encode()),
)
_STRICT_TRANSPORT = (b"strict-transport-security", b"max-age=31536000")
_NO_STORE = (b"cache-control", b"no-store")


def set_headers(*, transport: bool) -> BeforeSend:
    """Return the hook that sets them; ``transport`` asks browsers to stay with https for a year.

    Only static files say themselves how long they may be kept; all else is not stored.
    """
    fixed = (*_ALWAYS, _STRICT_TRANSPORT) if transport else _ALWAYS
    names = {name for name, _ in fixed} | {b"server"}

    async def before_send(message: Message, scope: Scope) -> None:
        if message["type"] != "http.response.start":
            return
        given = message["headers"]
        headers = [pair for pair in given if pair[0].lower() not in names]
        if not scope["path"].startswith("/static/") or message["status"] != 200:
            headers = [pair for pair in headers if pair[0].lower() != b"cache-control"]
            headers.append(_NO_STORE)
        stricter = (_SECURITY, FILE_SECURITY.encode()) in given
        message["headers"] = [*headers, *(_sandboxed(fixed) if stricter else fixed)]

    return before_send


def _sandboxed(fixed: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    return [(n, FILE_SECURITY.encode() if n == _SECURITY else value) for n, value in fixed]
