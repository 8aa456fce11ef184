"""The headers of every answer, one by one, as they leave."""

import asyncio
from typing import Any

import pytest

from pe_core.web.guards.headers import set_headers

ALWAYS = [
    (
        b"content-security-policy",
        b"default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
        b"base-uri 'none'; frame-ancestors 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"same-origin"),
    (
        b"permissions-policy",
        b"accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), "
        b"microphone=(), payment=(), usb=()",
    ),
]
FOR_A_YEAR = (b"strict-transport-security", b"max-age=31536000")
NO_STORE = (b"cache-control", b"no-store")
KEPT = (b"cache-control", b"public, max-age=31536000, immutable")
IN_A_BOX = (b"content-security-policy", b"sandbox; default-src 'none'")


def leave(
    *given: tuple[bytes, bytes], path: str = "/en/", status: int = 200, transport: bool = True
) -> list[tuple[bytes, bytes]]:
    """Return the headers of an answer whose handler had set those given."""
    message: Any = {"type": "http.response.start", "status": status, "headers": list(given)}
    scope: Any = {"path": path}
    asyncio.run(set_headers(transport=transport)(message, scope))
    left: list[tuple[bytes, bytes]] = message["headers"]
    return left


def test_an_answer_says_everything_that_protects_it_and_nothing_else() -> None:
    assert [NO_STORE, *ALWAYS, FOR_A_YEAR] == leave()


def test_without_https_browsers_are_not_asked_to_stay_with_it() -> None:
    assert [NO_STORE, *ALWAYS] == leave(transport=False)


def test_what_a_handler_says_besides_stays() -> None:
    given = (b"Content-Type", b"text/html"), (b"Location", b"/en/")

    assert [*given, NO_STORE, *ALWAYS, FOR_A_YEAR] == leave(*given)


@pytest.mark.parametrize("change", [bytes.lower, bytes.title, bytes.upper])
@pytest.mark.parametrize("name", [name for name, _ in (*ALWAYS, FOR_A_YEAR, (b"server", b""))])
def test_no_handler_says_something_else(name: bytes, change: Any) -> None:
    assert [NO_STORE, *ALWAYS, FOR_A_YEAR] == leave((change(name), b"none of it"))


@pytest.mark.parametrize("name", [b"cache-control", b"Cache-Control", b"CACHE-CONTROL"])
def test_nothing_is_stored_whatever_its_handler_says(name: bytes) -> None:
    assert [NO_STORE, *ALWAYS, FOR_A_YEAR] == leave((name, KEPT[1]))


@pytest.mark.parametrize(
    ("path", "status", "kept"),
    [
        ("/static/portal.0a1b.css", 200, True),
        ("/static/portal.0a1b.css", 404, False),
        ("/static/portal.0a1b.css", 500, False),
        ("/static", 200, False),
        ("/en/static/portal.0a1b.css", 200, False),
        ("/en/", 200, False),
    ],
)
def test_only_a_static_file_that_is_there_is_kept(path: str, status: int, kept: bool) -> None:
    expected = KEPT if kept else NO_STORE

    assert [expected, *ALWAYS, FOR_A_YEAR] == leave(KEPT, path=path, status=status)


@pytest.mark.parametrize("transport", [False, True])
def test_a_file_may_choose_the_box_it_is_shown_in(transport: bool) -> None:
    rest = [*ALWAYS[1:], FOR_A_YEAR] if transport else ALWAYS[1:]

    assert [NO_STORE, IN_A_BOX, *rest] == leave(IN_A_BOX, transport=transport)


def test_what_follows_the_start_of_an_answer_is_left_alone() -> None:
    message: Any = {"type": "http.response.body", "body": b"a page", "headers": []}
    scope: Any = {"path": "/en/"}
    asyncio.run(set_headers(transport=True)(message, scope))

    assert {"type": "http.response.body", "body": b"a page", "headers": []} == message
