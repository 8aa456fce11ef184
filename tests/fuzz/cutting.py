"""Small things that targets share: bytes cut into arguments, a coroutine run without a loop."""

from collections.abc import Coroutine
from types import SimpleNamespace
from typing import Any, TypeVar

from litestar import Request

from pe_core.web.portal import PORTAL

T = TypeVar("T")


class Cut:
    """Takes arguments from the front of the bytes; what is missing is zero or empty."""

    def __init__(self, data: bytes) -> None:
        """Hold the bytes."""
        self.rest = data

    def take(self, most: int) -> bytes:
        """Return up to so many bytes."""
        taken, self.rest = self.rest[:most], self.rest[most:]
        return taken

    def number(self, below: int) -> int:
        """Return a number from 0 that is smaller than ``below``, of one byte or two."""
        return int.from_bytes(self.take(1 if below <= 256 else 2), "big") % below


def as_text(data: bytes) -> str:
    """Return any bytes as a text; what is not UTF-8 becomes lone surrogates."""
    return data.decode("utf-8", "surrogateescape")


def as_typed(data: bytes) -> str:
    """Return any bytes as a text that a form can bring, without lone surrogates."""
    return data.decode("utf-8", "replace")


def run(work: Coroutine[Any, Any, T]) -> T:
    """Return what a coroutine returns that waits for nothing."""
    try:
        work.send(None)
    except StopIteration as done:
        result: T = done.value
        return result
    finally:
        work.close()
    raise AssertionError("it waits for something")


def make_request(
    headers: list[tuple[bytes, bytes]],
    chunks: list[bytes] | None = None,
    *,
    query: bytes = b"",
    secure: bool = True,
) -> Request[Any, Any, Any]:
    """Return a request as the server hands it over, its body in these chunks."""
    waiting = list(chunks or [b""])

    async def receive() -> dict[str, Any]:
        body = waiting.pop(0)
        return {"type": "http.request", "body": body, "more_body": bool(waiting)}

    portal = SimpleNamespace(
        secure_cookies=secure,
        scheme="https" if secure else "http",
        languages=("be", "ru", "en", "he"),
    )
    scope: Any = {
        "type": "http",
        "method": "POST",
        "path": "/",
        "query_string": query,
        "headers": headers,
        "litestar_app": SimpleNamespace(),
        "app": SimpleNamespace(),
        "state": {PORTAL: portal},
    }
    taker: Any = receive
    return Request(scope, receive=taker)
