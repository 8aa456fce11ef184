"""A client that follows nothing by itself, so that each answer is known before the next press."""

import re
from collections.abc import Mapping, Sequence
from http.cookiejar import CookieJar, DefaultCookiePolicy
from urllib.parse import urlencode

import httpx

_HIDDEN = r'name="{}" value="([^"]*)"'


class Refused(Exception):
    """A page that was not expected: the server works, and says no."""


def new_client() -> httpx.AsyncClient:
    """Return a client for many people at once: it keeps no cookies, each of them does."""
    jar = CookieJar(policy=DefaultCookiePolicy(allowed_domains=[]))
    limits = httpx.Limits(max_connections=64, max_keepalive_connections=64)
    return httpx.AsyncClient(cookies=jar, timeout=30, limits=limits, trust_env=False)


class Surfer:
    """One person at a browser."""

    def __init__(self, client: httpx.AsyncClient, address: str) -> None:
        """Surf at ``address``, with cookies of one's own."""
        self.client = client
        self.address = address
        self.cookies: dict[str, str] = {}

    async def get(self, path: str) -> httpx.Response:
        """Open a page; raises Refused for any that is not one."""
        answer = await self._send("GET", path)
        if answer.status_code != 200:
            raise Refused(f"GET: {answer.status_code}")
        return answer

    async def post(self, path: str, fields: Mapping[str, str | Sequence[str]]) -> httpx.Response:
        """Send a form."""
        body = urlencode(dict(fields), doseq=True).encode()
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return await self._send("POST", path, content=body, headers=kind)

    async def upload(
        self, path: str, fields: Mapping[str, str], name: str, data: bytes
    ) -> httpx.Response:
        """Send a form with a file, or with its file field left empty."""
        parts: list[tuple[str, tuple[str | None, bytes]]] = [
            (field, (None, text.encode())) for field, text in fields.items()
        ]
        if data:
            parts.append((name, ("a picture", data)))
        return await self._send("POST", path, files=parts)

    async def _send(
        self,
        method: str,
        path: str,
        *,
        content: bytes | None = None,
        files: Sequence[tuple[str, tuple[str | None, bytes]]] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        sent = {"Origin": self.address, **(headers or {})}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={text}" for name, text in self.cookies.items())
        answer = await self.client.request(
            method, self.address + path, content=content, files=files, headers=sent
        )
        for line in answer.headers.get_list("set-cookie"):
            name, _, text = line.partition(";")[0].partition("=")
            self.cookies[name] = text
        return answer


def hidden(page: httpx.Response, name: str) -> str:
    """Return the value of a hidden field of a page; Refused if it has none."""
    found = re.search(_HIDDEN.format(re.escape(name)), page.text)
    if found is None:
        raise Refused(f"a page without {name}")
    return found[1]


def leads_to(answer: httpx.Response, end: str) -> bool:
    """Return whether an answer says "done" and sends to an address with such an end."""
    place = answer.headers.get("location", "").partition("?")[0]
    return answer.status_code == 303 and place.endswith(end)
