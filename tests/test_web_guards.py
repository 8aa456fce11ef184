"""The guards of the door, one by one: bodies, uploads, one-use tokens, quotas."""

import asyncio
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar import Request
from litestar.exceptions import HTTPException

from pe_core.errors import TooMany
from pe_core.vault.cookies import csrf_token
from pe_core.web.guards.body import Fields, FileChunks, read_fields, stream_parts
from pe_core.web.guards.quotas import Quotas
from pe_core.web.guards.refusals import TROUBLES
from pe_core.web.guards.tokens import LONGEST, SHORTEST, FormTokens

URLENCODED = "application/x-www-form-urlencoded"
START = datetime(2026, 11, 24, 12, tzinfo=UTC)
MOMENT = timedelta(milliseconds=1)


def make_request(
    body: bytes, content_type: str = URLENCODED, *, size: int = 7, announce: bool = False
) -> Request[Any, Any, Any]:
    chunks = [body[i : i + size] for i in range(0, len(body), size)] or [b""]
    messages: Iterator[dict[str, Any]] = iter(
        {"type": "http.request", "body": chunk, "more_body": number < len(chunks)}
        for number, chunk in enumerate(chunks, 1)
    )

    async def receive() -> dict[str, Any]:
        return next(messages)

    headers = [(b"content-type", content_type.encode())]
    if announce:
        headers.append((b"content-length", str(len(body)).encode()))
    scope: Any = {"type": "http", "method": "POST", "path": "/", "headers": headers}
    taker: Any = receive
    return Request(scope, receive=taker)


def read(body: bytes, content_type: str = URLENCODED, **options: Any) -> Fields:
    limit = options.pop("limit", 65_536)
    return asyncio.run(read_fields(make_request(body, content_type, **options), limit))


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(HTTPException) as caught:
        act()
    return str(caught.value.detail)


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


def counting_random() -> Callable[[int], bytes]:
    numbers = iter(range(1, 1_000_000))
    return lambda size: next(numbers).to_bytes(size, "big")


@pytest.mark.parametrize(
    ("body", "pairs"),
    [
        (b"", ()),
        (b"a=1", (("a", "1"),)),
        (b"a=1&a=2", (("a", "1"), ("a", "2"))),
        (b"a", (("a", ""),)),
        (b"a=b=c", (("a", "b=c"),)),
        (b"a=1+2", (("a", "1 2"),)),
        (b"a=1%2B2", (("a", "1+2"),)),
        (b"a=%D0%96", (("a", "Ж"),)),
        (b"a=%F0%9F%98%80", (("a", "\U0001f600"),)),
        (b"a=line%0D%0Atwo", (("a", "line\r\ntwo"),)),
        (b"a=true&b=null", (("a", "true"), ("b", "null"))),
    ],
)
def test_a_form_is_read_as_it_was_typed(body: bytes, pairs: tuple[tuple[str, str], ...]) -> None:
    assert pairs == read(body).pairs


@pytest.mark.parametrize(
    "body",
    [
        b"a=%FF",
        b"a=%C3",
        b"a=%C3&b=%A9",
        b"a=%ED%A0%80",
        b"a%FF=1",
        b"a=\xff",
        b"a=\xc3\xa9",
        b"a=%zz",
        b"a=%4",
        b"a=%",
        b"a=%u0416",
    ],
)
def test_bytes_that_are_no_text_are_refused(body: bytes) -> None:
    assert "bad_request" == refused(lambda: read(body))


@pytest.mark.parametrize(
    ("content_type", "page"),
    [
        ("text/plain", "wrong_kind"),
        ("application/json", "wrong_kind"),
        ("", "wrong_kind"),
        ("multipart/form-data; boundary=x", "wrong_kind"),
        ("application/x-www-form-urlencoded; charset=koi8-r", "wrong_kind"),
    ],
)
def test_another_content_type_is_refused(content_type: str, page: str) -> None:
    assert page == refused(lambda: read(b"a=1", content_type))


def test_the_usual_content_type_may_name_utf_8() -> None:
    assert "1" == read(b"a=1", f"{URLENCODED}; charset=UTF-8").one("a")


def test_a_body_of_the_limit_passes_and_one_byte_more_does_not() -> None:
    fits = b"a=" + b"x" * 98

    assert "x" * 98 == read(fits, limit=100).one("a")
    assert "too_large" == refused(lambda: read(fits + b"x", limit=100))
    assert "too_large" == refused(lambda: read(fits + b"x", limit=100, announce=True))


def test_two_hundred_fields_pass_and_one_more_does_not() -> None:
    assert 200 == len(read(b"&".join([b"a=1"] * 200)).pairs)
    assert "too_large" == refused(lambda: read(b"&".join([b"a=1"] * 201)))


def test_a_field_that_was_not_sent_is_empty() -> None:
    fields = read(b"a=1&a=2")

    assert "1" == fields.one("a")
    assert ["1", "2"] == fields.all("a")
    assert "" == fields.one("b")
    assert [] == fields.all("b")


@given(st.binary(max_size=200))
def test_any_body_is_read_or_refused(body: bytes) -> None:
    try:
        read(body)
    except HTTPException as error:
        assert error.detail in TROUBLES


def multipart(*parts: bytes, end: bytes = b"--sep--\r\n") -> bytes:
    return b"".join(b"--sep\r\nContent-Disposition: form-data; " + p + b"\r\n" for p in parts) + end


async def _collect(request: Request[Any, Any, Any], limit: int) -> list[tuple[str, object]]:
    found: list[tuple[str, object]] = []
    async for part in stream_parts(request, limit):
        if part.chunks is None:
            found.append((part.name, part.text))
        else:
            found.append((part.name, b"".join([chunk async for chunk in part.chunks])))
    return found


def collect(body: bytes, *, limit: int = 10_000, size: int = 7) -> list[tuple[str, object]]:
    request = make_request(body, "multipart/form-data; boundary=sep", size=size)
    return asyncio.run(_collect(request, limit))


TWO_PARTS = multipart(
    b'name="token"\r\n\r\nabc', b'name="file"; filename="C:\\me.jpg"\r\n\r\n\x00\xff\r\n--se'
)


@pytest.mark.parametrize("size", [1, 3, 16, 4096])
def test_an_upload_is_streamed_whatever_the_size_of_chunks(size: int) -> None:
    expected = [("token", "abc"), ("file", b"\x00\xff\r\n--se")]

    assert expected == collect(TWO_PARTS, size=size)


def test_a_file_that_was_not_chosen_is_left_out() -> None:
    body = multipart(b'name="file"; filename=""\r\n\r\n', b'name="word"\r\n\r\n\xd0\x96')

    assert [("word", "Ж")] == collect(body)


def test_a_file_left_unread_is_skipped() -> None:
    async def names() -> list[str]:
        request = make_request(
            multipart(
                b'name="one"; filename="a"\r\n\r\n' + b"x" * 500,
                b'name="two"; filename="b"\r\n\r\nsecond',
            ),
            "multipart/form-data; boundary=sep",
        )
        found = []
        async for part in stream_parts(request, 10_000):
            assert isinstance(part.chunks, FileChunks)
            await anext(part.chunks)
            found.append(part.name)
        return found

    assert ["one", "two"] == asyncio.run(names())


@pytest.mark.parametrize(
    ("body", "page"),
    [
        (b"", "bad_request"),
        (b"nonsense", "bad_request"),
        (TWO_PARTS[:-10], "bad_request"),
        (multipart(b'name="a"\r\n\r\n\xff'), "bad_request"),
        (multipart(b'name="\xff"\r\n\r\nx'), "bad_request"),
        (multipart(b'name="a"\r\n\r\n' + b"x" * 40_001), "too_large"),
        (multipart(b'name="a"; filename="f"\r\n\r\n' + b"x" * 60_000), "too_large"),
        (multipart(*[b'name="a"\r\n\r\nx'] * 41), "too_large"),
        (multipart(b'name="a"; ' + b"x" * 9000 + b"\r\n\r\nx"), "too_large"),
    ],
)
def test_a_broken_or_large_upload_is_refused(body: bytes, page: str) -> None:
    assert page == refused(lambda: collect(body, limit=50_000, size=4096))


@pytest.mark.parametrize(
    "content_type",
    ["multipart/form-data", "multipart/form-data; boundary=", "multipart/mixed; boundary=sep"],
)
def test_an_upload_needs_its_boundary(content_type: str) -> None:
    request = make_request(TWO_PARTS, content_type)

    assert refused(lambda: asyncio.run(_collect(request, 10_000))) in ("wrong_kind", "bad_request")


def test_a_token_is_good_once() -> None:
    clock = Clock()
    tokens = FormTokens(clock, counting_random())
    token = tokens.issue("topic")
    clock.now += SHORTEST
    tokens.take("topic", token)

    assert "form_used" == refused(lambda: tokens.take("topic", token))


def test_a_token_is_good_once_for_what_is_sent_with_it() -> None:
    tokens = FormTokens(Clock(), counting_random())
    token = tokens.issue("word", timedelta(0))
    tokens.take("word", token, b"On Monday.")
    tokens.take("word", token, b"On Tuesday!")

    assert "form_used" == refused(lambda: tokens.take("word", token, b"On Monday."))
    assert "form_used" == refused(lambda: tokens.take("word", token, b"On Tuesday!"))


def test_a_token_that_was_given_back_is_good_again_for_the_same_alone() -> None:
    tokens = FormTokens(Clock(), counting_random())
    token = tokens.issue("word", timedelta(0))
    tokens.take("word", token, b"On Monday.")
    tokens.take("word", token, b"On Tuesday!")
    tokens.give_back("word", token, b"On Monday.")
    tokens.take("word", token, b"On Monday.")

    assert "form_used" == refused(lambda: tokens.take("word", token, b"On Tuesday!"))


@pytest.mark.parametrize(
    ("wait", "age", "page"),
    [
        (SHORTEST, SHORTEST - MOMENT, "form_early"),
        (SHORTEST, SHORTEST, None),
        (SHORTEST, LONGEST, None),
        (SHORTEST, LONGEST + MOMENT, "form_late"),
        (timedelta(0), timedelta(0), None),
        (timedelta(0), -MOMENT, "form_early"),
        (timedelta(seconds=30), timedelta(seconds=29), "form_early"),
    ],
)
def test_a_token_has_its_time(wait: timedelta, age: timedelta, page: str | None) -> None:
    clock = Clock()
    tokens = FormTokens(clock, counting_random())
    token = tokens.issue("topic", wait)
    clock.now += age

    if page is None:
        tokens.take("topic", token)
    assert (page or "form_used") == refused(lambda: tokens.take("topic", token))


def test_a_token_that_came_too_early_is_still_good_later() -> None:
    clock = Clock()
    tokens = FormTokens(clock, counting_random())
    token = tokens.issue("topic")
    refused(lambda: tokens.take("topic", token))
    clock.now += SHORTEST
    tokens.take("topic", token)

    assert "form_used" == refused(lambda: tokens.take("topic", token))


@pytest.mark.parametrize(
    "change",
    [
        lambda t: "",
        lambda t: t[:-1],
        lambda t: "é",
        lambda t: "A" + t,
        lambda t: t[:5] + "!" + t[5:],
        lambda t: t[:5] + "\n" + t[5:],
        lambda t: t.replace(".", ""),
        lambda t: t.replace(".", ".."),
        lambda t: t + ".",
        lambda t: t[:-1] + "\ud800",
        lambda t: "AAAA." + t.partition(".")[2],
    ],
)
def test_a_changed_token_is_refused(change: Callable[[str], str]) -> None:
    tokens = FormTokens(Clock(), counting_random())
    token = tokens.issue("topic", timedelta(0))

    assert "forbidden" == refused(lambda: tokens.take("topic", change(token)))


def test_a_short_token_with_the_right_seal_is_refused() -> None:
    """Its seal says that we made it, and its length that we did not."""
    tokens = FormTokens(Clock(), counting_random())
    key = (1).to_bytes(32, "big")
    for size in (0, 27, 30):
        head = bytes(size)
        seal = csrf_token(key, f"form topic {head.hex()}")
        token = f"{urlsafe_b64encode(head).decode()}.{seal}"

        assert "forbidden" == refused(lambda token=token: tokens.take("topic", token))


def test_a_token_has_16_random_bytes_under_a_key_of_32() -> None:
    asked: list[int] = []

    def random(size: int) -> bytes:
        asked.append(size)
        return bytes([len(asked)]) * size

    tokens = FormTokens(Clock(), random)
    first, second = tokens.issue("topic"), tokens.issue("topic")

    assert [32, 16, 16] == asked
    assert first != second


def test_a_token_has_the_bytes_of_its_number_time_and_wait() -> None:
    token = FormTokens(Clock(), counting_random()).issue("topic", timedelta(seconds=5))
    head, _, seal = token.partition(".")
    expected = struct.pack(">16sqI", (2).to_bytes(16, "big"), int(START.timestamp()) * 1000, 5000)

    assert expected == urlsafe_b64decode(head)
    assert csrf_token((1).to_bytes(32, "big"), f"form topic {expected.hex()}") == seal


def test_a_token_is_for_one_form_of_one_process() -> None:
    random = counting_random()
    tokens = FormTokens(Clock(), random)
    token = tokens.issue("topic", timedelta(0))

    assert "forbidden" == refused(lambda: tokens.take("code", token))
    assert "forbidden" == refused(lambda: FormTokens(Clock(), random).take("topic", token))


@given(st.text(max_size=120))
def test_any_token_is_taken_or_refused(token: str) -> None:
    tokens = FormTokens(Clock(), counting_random())

    assert "forbidden" == refused(lambda: tokens.take("topic", token))


def test_under_a_flood_the_oldest_used_tokens_are_forgotten_and_nobody_is_refused() -> None:
    tokens = FormTokens(Clock(), counting_random(), limit=2)
    used = [tokens.issue("topic", timedelta(0)) for _ in range(3)]
    for token in used:
        tokens.take("topic", token)

    with pytest.raises(HTTPException):
        tokens.take("topic", used[2])
    tokens.take("topic", used[0])


def test_a_quota_ends_with_its_window() -> None:
    clock = Clock()
    quotas = Quotas(clock)
    minute = timedelta(minutes=1)
    for _ in range(3):
        for _ in range(2):
            quotas.take("begin", limit=2, window=minute)
        clock.now += minute - MOMENT
        with pytest.raises(TooMany, match=r"^core\.busy$"):
            quotas.take("begin", limit=2, window=minute)
        quotas.take("other", limit=9, window=minute)
        quotas.take("begin", limit=9, window=minute, key=b"somebody")
        clock.now += MOMENT


def test_a_quota_without_a_key_is_of_the_whole_door() -> None:
    quotas = Quotas(Clock())
    quotas.take("begin", limit=1, window=SHORTEST)

    with pytest.raises(TooMany):
        quotas.take("begin", limit=1, window=SHORTEST, key=b"")


def test_nothing_may_happen_where_the_limit_is_none_at_all() -> None:
    with pytest.raises(TooMany):
        Quotas(Clock()).take("begin", limit=0, window=SHORTEST)


def test_the_counters_have_a_bound() -> None:
    clock = Clock()
    quotas = Quotas(clock, limit=2)
    minute = timedelta(minutes=1)
    quotas.take("upload", limit=9, window=minute, key=b"1")
    quotas.take("upload", limit=9, window=minute, key=b"2")
    with pytest.raises(TooMany, match=r"^core\.busy$"):
        quotas.take("upload", limit=9, window=minute, key=b"3")
    quotas.take("upload", limit=9, window=minute, key=b"2")
    clock.now += minute

    quotas.take("upload", limit=9, window=minute, key=b"3")
