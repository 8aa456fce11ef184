"""What one connection may cost, whoever is at its other end.

uvicorn waits for ever for a head, a body and a reader, parses a head of any length, and turns
everybody away once some thousand connections are open, however idle they are. Here a connection
that does not go on is ended, and when there is no room the one that has been idle longest goes.
No limit knows an address: behind a proxy and an onion service everybody has the same one.
"""

import logging
import resource
import time
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_BYTES = 32 * 1024
"""Of a head, and of what surrounds a body beside its own bytes (chunk sizes, trailers)."""
HEADERS = 100
HEAD_SECONDS = 15.0
"""From the first byte of a head, or from the last answer, to the head's end."""
WINDOW, WINDOW_BYTES = 20.0, 8 * 1024
"""Seconds, and bytes of a body or an answer that must move in them: less than the worst phone."""
BODY_SECONDS = 900.0
"""For a whole body: five files of 10 MB over a slow line."""
LEFTOVER_SECONDS = 60.0
"""For the rest of a body that was answered already: browsers show an answer only then."""
LINGER_SECONDS = 10.0
"""From the closing of a connection to its end, if the other side does not take the last bytes."""
PIPELINED = 8
AT_ONCE = 2000
"""Requests that are being answered; further ones get 503."""
MOST = 20_000
"""Connections; each one that idles costs about 10 KB."""
RESERVED = 256
"""Descriptors that are kept for the database, the files and their child."""
SAID_EVERY = 60.0
"""Seconds between two lines of the log about a full house."""

log = logging.getLogger("pe")

Scope = dict[str, Any]
Send = Callable[[dict[str, Any]], Awaitable[None]]


def raise_file_limit() -> int:
    """Allow this process all descriptors that it may have; return how many may be connections."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST + RESERVED
    if soft < wanted:
        soft = min(hard, wanted) if hard != resource.RLIM_INFINITY else wanted
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return min(MOST, max(soft - RESERVED, soft // 2))


class House:
    """What all connections of a server share: the room, and who only waits in it."""

    def __init__(self, most: int, headers: list[tuple[bytes, bytes]]) -> None:
        """``headers`` go with every answer that comes from here and not from the portal."""
        self.most = most
        self.headers = [*headers, (b"content-type", b"text/plain"), (b"connection", b"close")]
        self.idle: dict[Connection, None] = {}
        self._said = float("-inf")

    def say_full(self, what: str) -> None:
        """Log that newcomers are refused, once in a while."""
        now = time.monotonic()
        if now - self._said >= SAID_EVERY:
            self._said = now
            log.warning("%s: newcomers are refused for now; look at the proxy", what)

    async def refuse(self, _scope: Scope, _receive: Any, send: Send) -> None:
        """Answer 503: too many requests are being answered."""
        self.say_full(f"{AT_ONCE} requests are being answered at once")
        body = answer_text(503)
        headers = [*self.headers, (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 503, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def answer_text(status: int) -> bytes:
    """Return what an answer says that no page is made for."""
    return f"{status} {HTTPStatus(status).phrase}".encode()


class TooMuch(Exception):
    """Stops the parser: there is more of something than any browser sends."""


class Connection(HttpToolsProtocol):
    """uvicorn's connection with limits; ``watch`` is called each second."""

    house: House

    def connection_made(self, transport: Any) -> None:
        """Make room for a newcomer, or hang up if everybody else is being served."""
        super().connection_made(transport)
        self._since = self.loop.time()  # of what is being waited for
        self._overhead = 0  # bytes of this message that are no body
        self._body = 0
        self._incoming = False  # a message has begun and is not whole
        self._in_head = False
        self._mark: tuple[float, int] | None = None  # a moment and what had moved until then
        self._closing: float | None = None
        if len(self.connections) > self.house.most:
            self.house.say_full(f"{self.house.most} connections are open")
            oldest = next(iter(self.house.idle), self)
            oldest.end()
            if oldest is self:
                return
        self.house.idle[self] = None

    def end(self) -> None:
        """End at once, without an answer."""
        self.house.idle.pop(self, None)
        self.connections.discard(self)
        self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        self.house.idle.pop(self, None)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse what came, and refuse what surrounds the body once it is too much."""
        before = self._body
        super().data_received(data)
        self._overhead += len(data) - max(self._body - before, 0)
        if self._incoming and self._overhead > HEAD_BYTES + self._body:
            self.refuse(431)

    def on_message_begin(self) -> None:
        """Begin to count."""
        super().on_message_begin()
        self._since = self.loop.time()
        self._overhead = self._body = 0
        self._incoming = self._in_head = True
        self._mark = None

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header, or a trailer, if there are not too many."""
        if len(self.headers) >= HEADERS:
            raise TooMuch
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Answer it, if not too many are being answered."""
        if len(self.pipeline) >= PIPELINED:
            raise TooMuch
        self.house.idle.pop(self, None)
        self._in_head = False
        self._since = self.loop.time()
        full = len(self.tasks) >= AT_ONCE
        self.app = self.house.refuse if full else self.config.loaded_app
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Count the body's bytes."""
        self._body += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Wait for the next one if this was answered already."""
        self._incoming = False
        super().on_message_complete()
        if self.cycle.response_complete:
            self._rest()

    def on_response_complete(self) -> None:
        """Wait for the next head, if this message has come whole."""
        super().on_response_complete()
        self._since = self.loop.time()
        if not self._incoming:
            self._rest()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP."""
        self.refuse(400)

    def refuse(self, status: int) -> None:
        """Answer with a bare status and close; in the middle of another answer just end."""
        if self.transport.is_closing():
            return
        if self.cycle is not None and self.cycle.response_started:
            answered = self.cycle.response_complete and (self._in_head or not self._incoming)
            if not answered:
                self.end()
                return
        body = answer_text(status)
        headers = [*self.house.headers, (b"content-length", str(len(body)).encode())]
        lines = [b"HTTP/1.1 " + body, *(name + b": " + value for name, value in headers)]
        self.transport.write(b"\r\n".join([*lines, b"", body]))
        self.transport.close()

    def watch(self, now: float) -> None:
        """End this connection if what is being waited for does not come."""
        waited = now - self._since
        answered = self.cycle is None or self.cycle.response_complete
        if self.transport.is_closing():
            self._closing = self._closing or now
            if now - self._closing > LINGER_SECONDS:
                self.end()
        elif unread := self.transport.get_write_buffer_size():
            if not self._moves(now, -unread):
                self.end()
        elif self._in_head:
            if waited > HEAD_SECONDS:
                self.refuse(408)
        elif answered and waited > (LEFTOVER_SECONDS if self._incoming else HEAD_SECONDS):
            self.end()
        elif not answered and self._incoming and not self.flow.read_paused:
            if waited > BODY_SECONDS or not self._moves(now, self._body):
                self.refuse(408)
        else:
            self._mark = None  # it is our turn

    def _rest(self) -> None:
        self._since = self.loop.time()
        self._mark = None
        if not self.transport.is_closing() and self in self.connections:
            self.house.idle[self] = None

    def _moves(self, now: float, moved: int) -> bool:
        """Return whether enough moves: more than ``WINDOW_BYTES`` in each window."""
        if self._mark is None or moved < self._mark[1]:
            self._mark = (now, moved)
        at, before = self._mark
        if moved - before >= WINDOW_BYTES:
            self._mark = (now, moved)
        return now - at <= WINDOW


def connection_class(house: House) -> type[Connection]:
    """Return the class whose connections live in ``house``."""
    return type("Connection", (Connection,), {"house": house})
