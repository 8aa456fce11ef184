"""How the inbox is declared, and whom its guard lets in: the packet that was proved, or nobody."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler

from guarding import Wire as Sent
from guarding import make_request
from knocking import Knocker, Run, neighbourhood
from neighbours import Wire, make_letter
from pe_core.errors import PacketRefused
from pe_core.network.wire import INBOX, MOST_BYTES, encode_packet
from pe_core.web.guards.packets import admitted_of, post_packet, refuse
from pe_core.web.peers import show_refusal


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Wire, Run]]:
    """Two embassies that have confirmed each other; aa knocks at bb."""
    with neighbourhood(tmp_path_factory.mktemp("place"), ["aa", "bb"]) as opened:
        yield opened


@pytest.fixture
def knocker(place: tuple[Wire, Run]) -> Knocker:
    """Whoever knocks."""
    return Knocker(*place)


def inbox() -> HTTPRouteHandler:
    """Return an inbox that is declared now."""

    async def take(request: Sent) -> bytes:
        return b"taken"

    return post_packet(INBOX, handlers={PacketRefused: show_refusal})(take)


def letter(knocker: Knocker) -> bytes:
    """Return a letter from aa to bb, as it is sent."""
    return encode_packet(knocker.run(make_letter(knocker.wire, "aa", "bb")))


def arrive(knocker: Knocker, body: bytes, headers: Mapping[str, str], path: str = INBOX) -> Sent:
    """Let the guard of an inbox look at a request, and return it."""
    handler = inbox()
    request = make_request(
        "POST", path, *headers.items(), portal=knocker.app.portal, body=body, language=None
    )

    async def look() -> None:
        for guard in handler.guards or ():
            await guard(request, handler)  # type: ignore[misc]

    knocker.run(look())
    return request


def test_the_inbox_is_declared_as_json_of_other_servers() -> None:
    handler = inbox()

    assert ({INBOX}, {"POST"}) == (set(handler.paths), set(handler.http_methods))
    assert {"guard": "peer"} == handler.opt
    assert ("application/json", 200) == (handler.media_type, handler.status_code)
    assert (MOST_BYTES, False) == (handler.request_max_body_size, handler.include_in_schema)
    assert {PacketRefused: show_refusal} == handler.exception_handlers
    assert 1 == len(list(handler.guards or ()))


def test_the_guard_hands_on_what_it_proved(knocker: Knocker) -> None:
    body = letter(knocker)

    request = arrive(knocker, body, knocker.sign(body))
    admitted = admitted_of(request)

    assert admitted is not None
    assert ("aa", body, knocker.now, True) == (
        admitted.sender,
        admitted.body,
        admitted.now,
        admitted.is_known,
    )
    assert "peer" == request.scope["state"]["caller"].guard


def test_what_is_not_signed_is_handed_on_to_nobody(knocker: Knocker) -> None:
    body = letter(knocker)
    headers = {**knocker.sign(body), "signature": "sig=:AAAA:"}

    with pytest.raises(PacketRefused):
        arrive(knocker, body, headers)


def test_a_packet_may_be_as_long_as_the_longest_and_no_longer(knocker: Knocker) -> None:
    longest, longer = b"x" * MOST_BYTES, b"x" * (MOST_BYTES + 1)

    with pytest.raises(PacketRefused) as as_long:
        arrive(knocker, longest, knocker.sign(longest))
    with pytest.raises(HTTPException) as too_long:
        arrive(knocker, longer, knocker.sign(longer))

    assert 413 == too_long.value.status_code
    assert 413 != as_long.value.status


def test_an_address_with_two_slashes_is_no_inbox(knocker: Knocker) -> None:
    body = letter(knocker)

    with pytest.raises(HTTPException) as refused:
        arrive(knocker, body, knocker.sign(body), path=f"/{INBOX}")

    assert 404 == refused.value.status_code


def test_before_the_guard_has_looked_nothing_is_proved(knocker: Knocker) -> None:
    request = make_request("POST", INBOX, portal=knocker.app.portal, language=None)
    assert admitted_of(request) is None
    del request.scope["state"]
    assert admitted_of(request) is None


@pytest.mark.parametrize(("after", "waits"), [(None, {}), (7, {"Retry-After": "7"})])
def test_a_refusal_is_a_word_our_time_and_how_long_to_wait(
    knocker: Knocker, after: int | None, waits: dict[str, str]
) -> None:
    request = make_request("POST", INBOX, portal=knocker.app.portal, language=None)

    answer: Any = refuse(request, "busy", 503, after)

    assert {"error": "busy", "now": knocker.now} == json.loads(answer.content)
    assert ("application/json", 503) == (answer.media_type, answer.status_code)
    assert waits == dict(answer.headers)
