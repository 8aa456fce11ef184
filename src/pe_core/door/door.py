"""Send a few words to another machine, or read some: no redirect, cookie, proxy, address inside.

aiohttp is imported when something is first sent: a portal that rings nobody never pays for it.
Design: network, "The door".
"""

import re
import socket
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from pe_core.door.addresses import is_public
from pe_core.door.pace import Pace
from pe_core.errors import AddressRefused, AnswerRefused, NoAnswer
from pe_core.model.struct import Model

if TYPE_CHECKING:
    from aiohttp import ClientResponse, ClientSession

Opener = Callable[[tuple[Any, ...]], socket.socket]

PATIENCE = 15.0
"""Seconds for all of it: the name, the connection, what is sent, what comes back."""
ANSWER_LIMIT = 16 * 1024
"""Bytes of an answer; what is talked to answers with a line."""
LONGEST_ADDRESS = 2000
LONGEST_WAIT = 24 * 3600
"""Seconds; more than a day is no wait that anybody keeps."""
_ADDRESS = re.compile(
    r"(?P<scheme>https?)://(?P<host>[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])"
    r"(?::(?P<port>[0-9]{1,5}))?(?:[/?][!\x22$-\x5b\x5d-~]*)?"
)
"""Neither a user before the host nor a fragment behind the path, no backslash, no space."""
_DELAY = re.compile(r"[0-9]{1,9}", re.ASCII)


class Target(Model):
    """Where an address leads: a host, in lower case, and a port."""

    tls: bool
    host: str
    port: int

    @property
    def literal(self) -> str:
        """Return the host if it is written in numbers, '' for a name."""
        numbers = self.host.strip("[]")
        return numbers if ":" in numbers or numbers.replace(".", "").isdecimal() else ""


class Door(Model):
    """The way out, for one instance.

    ``allow`` names hosts with their port, such as ``127.0.0.1:2586``, that may lie inside and
    speak without TLS; everything else is spoken to by https, at a public address.
    """

    allow: tuple[str, ...] = ()
    patience: float = PATIENCE

    async def fetch(self, url: str, *, body: bytes, headers: Mapping[str, str]) -> bytes:
        """POST ``body`` and return the answer's body, 16 KiB at most.

        Raises AddressRefused before anything is sent, AnswerRefused for any status but 2xx
        (a redirect is one, it is not followed), and NoAnswer.
        """
        return await self._send("POST", url, body, headers)

    async def get(self, url: str, *, pace: Pace, now: float) -> bytes:
        """GET what lies at an address that a person typed, 16 KiB at most; ``now`` in seconds.

        Raises AskedTooOften where by ``pace`` this host was read from within the minute, or
        twenty others were, and else as ``fetch``; whether it answered or not, it was asked.
        """
        pace.take(self._judge(url).host.rstrip("."), now)
        return await self._send("GET", url, None, {})

    def _judge(self, url: str) -> Target:
        target = _read(url)
        if target is None or not self._may_try(target):
            raise AddressRefused("it is no public https address, and no host of [door] allow")
        return target

    async def _send(
        self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]
    ) -> bytes:
        import aiohttp

        judged: list[bool] = []
        opener = _open if self._allows(self._judge(url)) else _guarded(judged)
        named = {**headers, "Accept-Encoding": "identity"}
        try:
            async with (
                _session(opener, self.patience) as session,
                session.request(
                    method, url, data=body, headers=named, allow_redirects=False
                ) as answer,
            ):
                return await _taken(answer)
        except TimeoutError:
            raise NoAnswer("it took too long") from None
        # The words of these may hold the address, which may be somebody's.
        except (aiohttp.ClientError, OSError, ValueError) as error:
            if judged and not any(judged):
                raise AddressRefused("its name leads to no public address") from None
            raise NoAnswer(f"it cannot be reached ({type(error).__name__})") from None

    def may_fetch(self, url: str) -> bool:
        """Return whether ``fetch`` would try: it looks at the words alone, and looks nothing up.

        A name that leads inside is found out only when it is connected to.
        """
        target = _read(url)
        return target is not None and self._may_try(target)

    def _may_try(self, target: Target) -> bool:
        inside = bool(target.literal) and not is_public(target.literal)
        return self._allows(target) or (target.tls and not inside)

    def _allows(self, target: Target) -> bool:
        return f"{target.host}:{target.port}" in self.allow


def _read(url: str) -> Target | None:
    """Return where an address leads; None if it is none that we would send to.

    What two readers could read in two ways is none: no user, no fragment, no letter but ASCII.
    """
    found = _ADDRESS.fullmatch(url) if len(url) <= LONGEST_ADDRESS else None
    if found is None:
        return None
    port = int(found["port"] or (443 if found["scheme"] == "https" else 80))
    if not 0 < port < 65536:
        return None
    return Target(tls=found["scheme"] == "https", host=found["host"].lower(), port=port)


def _session(open_socket: Opener, patience: float) -> "ClientSession":
    """Return a client that keeps nothing: no cookie, no connection, no name, no proxy."""
    import aiohttp

    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            resolver=aiohttp.ThreadedResolver(),
            use_dns_cache=False,
            force_close=True,
            socket_factory=open_socket,
        ),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=patience),
        skip_auto_headers=("User-Agent", "Content-Type"),
        auto_decompress=False,
        trust_env=False,
    )


def _open(info: tuple[Any, ...]) -> socket.socket:
    family, kind, protocol, *_ = info
    return socket.socket(family, kind, protocol)


def _guarded(judged: list[bool]) -> Opener:
    """Return what opens a socket for a public address alone, and notes each that it judged.

    It is called with the very address that is connected to next, so that no name can say one
    address when it is looked at and another one when it is used.
    """

    def open_public(info: tuple[Any, ...]) -> socket.socket:
        judged.append(is_public(str(info[4][0])))
        if not judged[-1]:
            raise OSError("no public address")
        return _open(info)

    return open_public


async def _taken(answer: "ClientResponse") -> bytes:
    if not 200 <= answer.status < 300:
        raise AnswerRefused(answer.status, _after(answer.headers.get("Retry-After", "")))
    body = b""
    async for piece in answer.content.iter_chunked(ANSWER_LIMIT):
        body += piece
        if len(body) > ANSWER_LIMIT:
            raise NoAnswer("its answer is too long")
    return body


def _after(told: str) -> float | None:
    """Return the seconds of a Retry-After; a date or nonsense says nothing."""
    if not _DELAY.fullmatch(told.strip()):
        return None
    return float(min(int(told), LONGEST_WAIT))
