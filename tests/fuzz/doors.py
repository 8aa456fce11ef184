"""Targets at the door: bodies, cookies, headers, queries, tokens, frames of the control socket."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import msgspec
from litestar.exceptions import HTTPException

from pe_core.desk.roster import fold_handle, is_handle
from pe_core.errors import NotFound
from pe_core.store.control import LONGEST_FRAME, Control
from pe_core.web.guards.body import (
    FIELDS_BYTES,
    FIELDS_LIMIT,
    PARTS_LIMIT,
    TEXT_BYTES,
    Part,
    read_fields,
    stream_parts,
)
from pe_core.web.guards.cookies import COOKIE_BYTES, read_cookie
from pe_core.web.guards.origin import check_origin
from pe_core.web.guards.refusals import TROUBLES
from pe_core.web.guards.tokens import FormTokens
from pe_core.web.portal import preferred_language
from pe_core.web.staff.address import query_of
from pe_core.web.staff.filters import list_address, read_page, read_wanted
from pe_core.web.staff.members import read_locator
from pe_core.web.staff.moving import read_date

from .cutting import Cut, as_text, as_typed, make_request, run

URLENCODED = b"application/x-www-form-urlencoded"
PLAIN_PARTS = b"multipart/form-data; boundary=sep"
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
_BAD_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
TOPICS = {"zz.paper": "Paper"}


def urlencoded_body(data: bytes) -> None:
    """A form as browsers send it; what is read, a second reader and our own writing agree on."""
    try:
        fields = run(read_fields(make_request([(b"content-type", URLENCODED)], [data])))
    except HTTPException as refused:
        assert refused.detail in TROUBLES
        return
    assert not _BAD_ESCAPE.search(data)
    assert len(data) <= FIELDS_BYTES and len(fields.pairs) <= FIELDS_LIMIT
    assert list(fields.pairs) == parse_qsl(
        data.decode("ascii"), keep_blank_values=True, errors="strict"
    )
    again = urlencode(fields.pairs).encode()
    assert fields == run(read_fields(make_request([(b"content-type", URLENCODED)], [again])))


def multipart_body(data: bytes) -> None:
    """An upload in chunks of any size; the size of the chunks changes nothing in what is read."""
    cut = Cut(data)
    sizes = [1 + cut.number(512) for _ in range(3)]
    whole = _parts(PLAIN_PARTS, [cut.rest])
    chunked = _parts(PLAIN_PARTS, _chunks(cut.rest, sizes))
    # The library skips what stands before the first part, by chunks; no browser sends any.
    assert whole == chunked or not cut.rest.startswith(b"--sep")
    if isinstance(whole, list):
        assert len(whole) <= PARTS_LIMIT
        assert sum(len(body) for _, body in whole) <= len(cut.rest)


def content_type(data: bytes) -> None:
    """The header that says what a body is, of any bytes that the server lets through."""
    header = data.replace(b"\r", b"").replace(b"\n", b"").replace(b"\0", b"").strip()
    _parts(header, [b'--sep\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--sep--\r\n'])
    try:
        fields = run(read_fields(make_request([(b"content-type", header)], [b"a=b"])))
    except HTTPException as refused:
        assert refused.detail in TROUBLES
    else:
        assert (("a", "b"),) == fields.pairs


def cookie_header(data: bytes) -> None:
    """The Cookie header: 32 bytes of ours under their exact name, or nothing."""
    for secure in (True, False):
        request = make_request([(b"cookie", part) for part in data.split(b"\n")], secure=secure)
        found = read_cookie(request, "pe_staff")
        assert found is None or len(found) == COOKIE_BYTES
        name = b"__Host-pe_staff" if secure else b"pe_staff"
        named = [pair.strip().partition(b"=")[0] for pair in re.split(b"[;\n]", data)]
        assert found is None or 1 == named.count(name)


def other_headers(data: bytes) -> None:
    """Origin, Host, Sec-Fetch-Site and Accept-Language, each as often as somebody likes."""
    names = (b"origin", b"host", b"sec-fetch-site", b"accept-language")
    headers = [(names[line[0] % 4], line[1:]) for line in data.split(b"\n") if line]
    request = make_request(headers)
    assert preferred_language(request) in ("be", "ru", "en", "he")
    try:
        check_origin(request)
    except HTTPException as refused:
        assert "forbidden" == refused.detail
    else:
        hosts = [value.lower() for name, value in headers if name == b"host"]
        own = b"https://" + (hosts or [b""])[0]
        assert all(value.lower() == own for name, value in headers if name == b"origin")


def staff_query(data: bytes) -> None:
    """The query of the staff's list; the address of what it asks for asks for the same."""
    request = make_request([], query=data)
    wanted, page = read_wanted(request, TOPICS), read_page(request)
    assert wanted.topic in ("", *TOPICS) and 1 <= page < 100_000
    path, _, query = list_address(request, wanted, page).partition("?")
    again = make_request([], query=query.encode("ascii"))
    assert path.endswith("/staff")
    assert (wanted, page) == (read_wanted(again, TOPICS), read_page(again))
    asked = query_of(request)
    # Half of a letter cannot be written again.
    if all("\ufffd" not in name + value for name, value in asked.items()):
        written = urlencode(list(asked.items())).encode("ascii")
        assert asked == query_of(make_request([], query=written))


def typed_date(data: bytes) -> None:
    """Day, month and year as a coordinator types them."""
    first, _, others = as_typed(data).partition("\n")
    second, _, third = others.partition("\n")
    day = read_date((first, second, third))
    if day is not None:
        assert (int(first), int(second), int(third)) == (day.day, day.month, day.year)


def typed_name(data: bytes) -> None:
    """Handles, numbers of invites and names of templates: taken in their own form alone."""
    typed = as_typed(data)
    handle = fold_handle(typed)
    if is_handle(handle):
        assert 1 <= len(handle) <= 40 and not set(handle) & set("/\\ <>&'\"%\0\n")
        assert handle == fold_handle(handle)
    try:
        assert 64 == len(read_locator(typed)) == len(bytes.fromhex(typed)) * 2
    except NotFound:
        return


def form_token(data: bytes) -> None:
    """A one-use token: whoever does not have our key makes none."""
    numbers = iter(range(1, 100))
    tokens = FormTokens(lambda: NOW, lambda size: next(numbers).to_bytes(size, "big"))
    try:
        tokens.take("topic", as_text(data))
    except HTTPException as refused:
        assert refused.detail in ("forbidden", "form_early", "form_late", "form_used")
    else:
        raise AssertionError("a token was forged")


def control_frame(data: bytes) -> None:
    """A frame on the control socket: always an answer, which never quotes the question."""
    answer = msgspec.msgpack.decode(run(_CONTROL._answer(data[:LONGEST_FRAME])))
    assert {"value", "problem", "key"} == set(answer)
    assert answer["value"] is None or answer["problem"] == ""
    assert re.fullmatch(r"[A-Za-z]{0,40}", answer["problem"])
    assert answer["key"] in ("", "staff.lock.no_account")


async def _number(arguments: dict[str, Any]) -> Any:
    return int(arguments["box"])


async def _none(arguments: dict[str, Any]) -> Any:
    raise NotFound("staff.lock.no_account")


_CONTROL = Control(Path("control.sock"), {"lock": _number, "accounts": _none})


def _chunks(body: bytes, sizes: list[int]) -> list[bytes]:
    chunks: list[bytes] = []
    at = 0
    while at < len(body):
        size = sizes[len(chunks) % len(sizes)]
        chunks.append(body[at : at + size])
        at += size
    return chunks or [b""]


def _parts(content: bytes, chunks: list[bytes]) -> list[tuple[str, bytes]] | str:
    try:
        return run(_collect(content, chunks))
    except HTTPException as refused:
        assert refused.detail in TROUBLES
        return str(refused.detail)


async def _collect(content: bytes, chunks: list[bytes]) -> list[tuple[str, bytes]]:
    found = []
    async for part in stream_parts(make_request([(b"content-type", content)], chunks)):
        found.append((part.name, await _body(part)))
    return found


async def _body(part: Part) -> bytes:
    if part.chunks is None:
        assert len(part.text.encode()) <= TEXT_BYTES
        return part.text.encode()
    return b"".join([chunk async for chunk in part.chunks])
