"""The push: what an ntfy server gets, and what each of its answers means."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import web

from pe_core import Embassy, Instance, RingFailed
from pe_core.door import Door
from pe_ntfy import register_notifiers
from pe_ntfy.push import Push

WORDS = "Ёсць нешта новае."
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Server:
    """What a server of ntfy does with what is published: it says so, or says why not.

    Source: ntfy's documentation, "Publishing" and "Limitations".
    """

    def __init__(self, *answers: tuple[int, Mapping[str, str]]) -> None:
        """Answer so, one after the other, and then publish."""
        self.answers = list(answers)
        self.published: list[tuple[str, str, Mapping[str, str]]] = []

    async def publish(self, request: web.Request) -> web.StreamResponse:
        """Take a message for a topic, or refuse it."""
        if self.answers:
            status, headers = self.answers.pop(0)
            told = {"code": status * 100 + 1, "http": status, "error": "refused"}
            return web.json_response(told, status=status, headers=headers)
        words = (await request.read()).decode()
        self.published.append((request.path, words, request.headers))
        topic = request.match_info["topic"]
        told = {"id": "sPs71M8A2T", "time": 1, "event": "message", "topic": topic}
        return web.json_response({**told, "message": words})


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[int]:
    """Run a server on a port of its own; yields the port."""
    app = web.Application()
    app.router.add_post("/{topic}", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


def instance(*allowed: str, patience: float = 10.0) -> Instance:
    """Return an instance whose door lets through these hosts."""
    embassy = Embassy(
        code="example",
        names={"en": "Example embassy"},
        languages=("en",),
        zone="Etc/UTC",
        contact="",
        jurisdiction="zz",
    )
    door = Door(allow=allowed, patience=patience)
    return Instance(embassy, "", lambda: datetime(2026, 11, 24, tzinfo=UTC), {}, door)


async def rung(port: int, patience: float = 10.0) -> RingFailed | None:
    """Ring at a topic of a server on this port; return how it failed, None if it rang."""
    push = Push(instance(f"127.0.0.1:{port}", patience=patience))
    try:
        await push.ring(f"http://127.0.0.1:{port}/secret-word", WORDS)
    except RingFailed as failed:
        return failed
    return None


def ring(handler: Handler, patience: float = 10.0) -> RingFailed | None:
    """Ring at a server that answers so."""

    async def scene() -> RingFailed | None:
        async with serving(handler) as port:
            return await rung(port, patience)

    return asyncio.run(scene())


def test_it_brings_one_notifier() -> None:
    assert ["ntfy.push"] == [one.name for one in register_notifiers(instance())]


def test_the_words_are_published_and_nothing_else_is_said() -> None:
    server = Server()

    failed = ring(server.publish)

    ((path, words, headers),) = server.published
    assert failed is None
    assert ("/secret-word", WORDS) == (path, words)
    assert {
        "host",
        "accept",
        "accept-encoding",
        "connection",
        "content-length",
        "content-type",
        "priority",
        "cache",
    } == {name.lower() for name in headers}
    assert ("default", "no") == (headers["Priority"], headers["Cache"])


@pytest.mark.parametrize(
    ("status", "headers", "again", "after"),
    [
        (429, {"Retry-After": "90"}, True, 90.0),
        (429, {}, True, None),
        (408, {}, True, None),
        (500, {}, True, None),
        (502, {}, True, None),
        (503, {"Retry-After": "5"}, True, 5.0),
        (507, {}, True, None),
        (301, {"Location": "/elsewhere"}, False, None),
        (308, {"Location": "https://other.example/secret-word"}, False, None),
        (400, {}, False, None),
        (401, {}, False, None),
        (403, {}, False, None),
        (404, {}, False, None),
        (413, {}, False, None),
    ],
)
def test_what_is_worth_another_try_is_told_by_the_status(
    status: int, headers: Mapping[str, str], again: bool, after: float | None
) -> None:
    server = Server((status, headers))

    failed = ring(server.publish)

    assert failed is not None
    assert (again, after) == (failed.again, failed.after)
    assert "secret-word" not in str(failed)
    assert [] == server.published


def test_a_server_that_is_back_takes_what_it_refused_before() -> None:
    server = Server((429, {"Retry-After": "1"}), (503, {}))

    async def scene() -> list[bool]:
        async with serving(server.publish) as port:
            return [await rung(port) is None for _ in range(3)]

    assert [False, False, True] == asyncio.run(scene())
    assert 1 == len(server.published)


def test_a_server_that_is_away_or_slow_is_tried_again() -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        await asyncio.Event().wait()
        return web.Response()

    async def scene() -> RingFailed | None:
        async with serving(answer) as port:
            pass
        return await rung(port)

    slow = ring(answer, patience=0.2)
    away = asyncio.run(scene())

    assert slow is not None and slow.again
    assert away is not None and away.again


@pytest.mark.parametrize(
    "body", [b"", b"<html>Welcome to our wireless</html>", b"[]", b'{"event": "open"}', b"[" * 9999]
)
def test_what_is_no_ntfy_server_has_not_rung(body: bytes) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(body=body)

    failed = ring(answer)

    assert failed is not None
    assert not failed.again


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("https://ntfy.example/a-Long_word1", None),
        ("https://ntfy.example:8443/word", None),
        ("http://127.0.0.1:2586/word", None),
        ("http://ntfy.example/word", "not_outside"),
        ("http://127.0.0.1:80/word", "not_outside"),
        ("https://10.0.0.1/word", "not_outside"),
        ("https://[::1]/word", "not_outside"),
        ("https://me:you@ntfy.example/word", "not_outside"),
        ("https://ntfy.example/", "no_topic"),
        ("https://ntfy.example/" + "a" * 65, "no_topic"),
        ("https://ntfy.example/word/more", "no_topic"),
        ("https://ntfy.example/word?up=1", "no_topic"),
        ("https://ntfy.example/слова", "no_topic"),
        ("https://ntfy.example/word\n", "no_topic"),
        ("ntfy.example/word", "no_topic"),
        ("word", "no_topic"),
    ],
)
def test_the_address_is_that_of_a_topic_outside(address: str, problem: str | None) -> None:
    push = Push(instance("127.0.0.1:2586"))

    assert problem == push.check(address)


@pytest.mark.parametrize("address", ["https://10.0.0.1/word", "nothing", "https://a.example/b/c"])
def test_what_is_no_address_is_never_called(address: str) -> None:
    with pytest.raises(RingFailed) as failed:
        asyncio.run(Push(instance()).ring(address, WORDS))

    assert not failed.value.again


def test_a_name_that_leads_inside_is_not_rung_and_not_tried_again() -> None:
    with pytest.raises(RingFailed) as failed:
        asyncio.run(Push(instance()).ring("https://localhost/word", WORDS))

    assert not failed.value.again


def test_neither_the_topic_nor_the_words_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        ring(Server((500, {})).publish)
        ring(Server().publish)

    logged = "\n".join(record.getMessage() for record in caplog.records)
    assert "secret-word" not in logged
    assert WORDS not in logged


def test_what_the_plugin_brings_is_shown_to_people(pe_instance: Any, pe_register: Any) -> None:
    import pe_ntfy

    plugins = pe_register(pe_ntfy, name="ntfy")

    assert ["zz.desk", "ntfy.push"] == list(plugins.notifiers)
    assert "ntfy" in pe_instance.desk.texts.text("be", "ntfy.push.title")
