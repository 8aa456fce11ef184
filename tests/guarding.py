"""A portal of a few pages for the tests of the guards: only what guards look at is there."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from litestar import Request
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler

from pe_core.vault.keys import random_bytes
from pe_core.web.guards.tokens import FormTokens
from pe_core.web.portal import PORTAL

HOST = "help.example"
OWN = f"https://{HOST}"
COOKIE = bytes(range(32))
COOKIE_TEXT = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
FORM = ("content-type", "application/x-www-form-urlencoded")
START = datetime(2026, 11, 24, 12, tzinfo=UTC)

Wire = Request[Any, Any, Any]


class Keeper:
    """Knows one cookie, and whose it is."""

    def __init__(self, owner: object) -> None:
        self.owner = owner

    def find(self, cookie: bytes | None) -> object | None:
        return self.owner if cookie == COOKIE else None


def make_portal(*, secure: bool = True, is_live: bool = True, **owners: object) -> Any:
    """Return a portal on which ``COOKIE`` opens the ``drafts``, ``visits`` ... that are given."""
    names = ("drafts", "visits", "joinings", "applicants", "sessions")
    return SimpleNamespace(
        secure_cookies=secure,
        scheme="https" if secure else "http",
        languages=("en", "be"),
        form_tokens=FormTokens(lambda: START, random_bytes),
        desk=SimpleNamespace(is_live=is_live, **{name: Keeper(owners.get(name)) for name in names}),
    )


def make_request(
    method: str = "GET",
    path: str = "/en/page",
    *headers: tuple[str, str],
    portal: Any = None,
    body: bytes = b"",
    messages: Sequence[dict[str, Any]] | None = None,
    language: str | None = "en",
) -> Wire:
    """Return a request as the framework hands it to a guard; ``messages`` instead of a body."""
    sent = iter([{"type": "http.request", "body": body}] if messages is None else messages)

    async def receive() -> Any:
        return next(sent)

    scope: Any = {
        "type": "http",
        "method": method,
        "path": path,
        "path_params": {} if language is None else {"language": language},
        "headers": [(key.encode("latin-1"), value.encode("latin-1")) for key, value in headers],
        "litestar_app": SimpleNamespace(),
        "state": {PORTAL: portal or make_portal()},
    }
    return Request(scope, receive=receive)


def cookie(name: str = "__Host-pe_ask", text: str = COOKIE_TEXT) -> tuple[str, str]:
    return ("cookie", f"{name}={text}")


def let_in(handler: HTTPRouteHandler, request: Wire) -> None:
    """Run the guards of a page, as the framework does before it calls the handler."""

    async def run() -> None:
        for guard in handler.guards or ():
            await guard(request, handler)  # type: ignore[misc]

    asyncio.run(run())


def refused(act: Any, *given: Any) -> str:
    """Return the page that a guard refuses with."""
    with pytest.raises(HTTPException) as caught:
        act(*given)
    return str(caught.value.detail)


def sent_to(act: Any, *given: Any) -> str:
    """Return the address that a guard sends the browser to."""
    with pytest.raises(HTTPException) as caught:
        act(*given)
    assert 303 == caught.value.status_code
    return str((caught.value.headers or {})["Location"])
