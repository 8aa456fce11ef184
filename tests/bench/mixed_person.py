"""A person of the bad day: asks for pages when they planned to, whatever the answers take.

Every request has a planned moment, and its time counts from there: who had to wait for the
answer before is late with the next one, and that lateness is the server's.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
from lxml import html

Fields = Mapping[str, str | Sequence[str]]
PATIENCE = {"connect": 30.0, "read": 60.0, "write": 60.0, "pool": 60.0}
IDLE = 5.0
"""Seconds after which an idle connection is closed, well before the server does it."""
HOPS = 5


class Town:
    """What all people of a run share: the connections, and what was found."""

    def __init__(self, port: int) -> None:
        """Nothing is known yet about the embassy at ``port``."""
        self.address = f"http://127.0.0.1:{port}"
        self.took: dict[str, list[float]] = {}
        self.answers: Counter[str] = Counter()
        self.lost: Counter[str] = Counter()
        limits = httpx.Limits(
            max_connections=None, max_keepalive_connections=64, keepalive_expiry=IDLE
        )
        self.wire = httpx.AsyncHTTPTransport(limits=limits)

    def note(self, kind: str, seconds: float, outcome: str) -> None:
        """Keep what became of one request."""
        self.took.setdefault(kind, []).append(seconds * 1000)
        self.answers[f"{kind} {outcome}"] += 1


class Person:
    """Somebody with a browser that runs no scripts."""

    def __init__(self, town: Town, language: str, random: Random, pace: float = 1.0) -> None:
        """``pace`` stretches or shortens all thinking; 0 is a machine's, which plans nothing."""
        self.town = town
        self.language = language
        self.random = random
        self.pace = pace
        self.due = time.monotonic()
        self.cookies: dict[str, str] = {}
        self.path = ""
        self.tree: Any = None

    def think(self, seconds: float, least: float = 0.0) -> None:
        """Plan the next request about so many seconds after the one before was planned.

        ``least`` counts from now: nobody can begin to fill in a page before it is there.
        """
        now = time.monotonic()
        self.due += self.random.expovariate(1 / seconds) * self.pace
        self.due = max(self.due if self.pace else now, now + least if least else 0.0)

    async def go(self, kind: str, path: str) -> None:
        """Open an address below the language."""
        await self._visit(kind, "GET", f"/{self.language}/{path}")

    async def fetch(self, kind: str, path: str, planned: float | None = None) -> None:
        """Fetch what belongs to a page, at once or as it was planned."""
        await self._exchange(kind, httpx.Request("GET", self.town.address + path), planned)

    async def send(self, kind: str, fields: Fields | None = None, form: str = "") -> None:
        """Fill in the form whose address ends so (else the first), and send it."""
        path, values = self._fill(fields or {}, form)
        body = urlencode(values).encode()
        kinds = {"Content-Type": "application/x-www-form-urlencoded"}
        await self._visit(kind, "POST", path, content=body, headers=kinds)

    async def upload(
        self, kind: str, fields: Fields, form: str, files: Mapping[str, bytes]
    ) -> None:
        """Fill in a form with files and send it as multipart."""
        path, values = self._fill(fields, form)
        parts: list[Any] = [(name, (None, value.encode())) for name, value in values]
        parts += [(name, ("photo.jpg", data)) for name, data in files.items()]
        await self._visit(kind, "POST", path, files=parts)

    def has(self, form: str) -> bool:
        """Tell whether the page has a form whose address ends so."""
        return self._form(form) is not None

    def texts(self, query: str) -> list[str]:
        """Return the texts or attributes that an XPath finds on the page."""
        found = self.tree.xpath(query)
        return [str(x if isinstance(x, str) else x.text_content()).strip() for x in found]

    def _form(self, ends: str) -> Any:
        forms = [form for form in self.tree.forms if form.method == "POST"]
        return next((f for f in forms if (f.action or self.path).endswith(ends)), None)

    def _fill(self, fields: Fields, ends: str) -> tuple[str, list[tuple[str, str]]]:
        form = self._form(ends)
        if form is None:
            raise LookupError(f"no form {ends}")
        kept = [(n, v) for n, v in form.form_values() if v is not None and n not in fields]
        for name, value in fields.items():
            kept += [(name, one) for one in ([value] if isinstance(value, str) else value)]
        return form.action or self.path, kept

    async def _visit(self, kind: str, method: str, path: str, **more: Any) -> None:
        """Send at the planned moment, then follow where it leads, as a browser does at once."""
        await asyncio.sleep(self.due - time.monotonic())
        planned = self.due
        for _ in range(HOPS):
            request = httpx.Request(method, self.town.address + path, **more)
            answer = await self._exchange(kind, request, planned)
            place = answer.headers.get("location")
            if place is None:
                self.path, self.tree = path, html.fromstring(answer.content)
                return
            path, method, more, planned = urlsplit(place).path, "GET", {}, time.monotonic()
            path += f"?{query}" if (query := urlsplit(place).query) else ""
            kind = kind_of(path)
        raise LookupError("led round in circles")

    async def _exchange(
        self, kind: str, request: httpx.Request, planned: float | None = None
    ) -> httpx.Response:
        """Send one request and read the whole answer; note it under its kind."""
        begun = time.monotonic() if planned is None else planned
        request.headers["Origin"] = self.town.address
        request.headers["Sec-Fetch-Site"] = "same-origin"
        if self.cookies:
            request.headers["Cookie"] = "; ".join(f"{n}={v}" for n, v in self.cookies.items())
        request.extensions["timeout"] = PATIENCE
        try:
            answer = await self.town.wire.handle_async_request(request)
            await answer.aread()
        except httpx.TransportError as error:
            self.town.note(kind, time.monotonic() - begun, type(error).__name__)
            raise
        self.town.note(kind, time.monotonic() - begun, str(answer.status_code))
        for line in answer.headers.get_list("set-cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
        if answer.status_code >= 400:
            raise LookupError(f"{kind} {answer.status_code}")
        return answer


def kind_of(path: str) -> str:
    """Return what a page that one is led to is called among the figures."""
    rest = path.partition("?")[0].split("/")[2:]
    if rest[:2] == ["staff", "requests"]:
        return "staff: open"
    if rest[:1] == ["staff"]:
        return "staff: list"
    return {"ask": "asker: next page", "mine": "returner: my page"}.get(rest[0], "visitor: page")
