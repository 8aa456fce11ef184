"""Read the bodies of forms ourselves: capped, strict, streamed, and in no cache.

Urlencoded bodies are small and read whole; multipart ones pass through in chunks and never
touch the disk.
"""

import re
from collections.abc import AsyncIterator
from typing import Any

from fast_query_parsers import parse_query_string
from litestar import Request
from multipart import (
    MultipartError,
    MultipartSegment,
    ParserLimitReached,
    PushMultipartParser,
    parse_options_header,
)

from pe_core.model.struct import Model
from pe_core.web.guards.refusals import refusal

FIELDS_BYTES = 65_536
FIELDS_LIMIT = 200
PARTS_BYTES = 56 * 1024 * 1024
"""Five files of 10 MB and some words."""
PARTS_LIMIT = 40
TEXT_BYTES = 40_000
_BAD_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_NAME = re.compile(r"[A-Za-z0-9._-]{0,80}")


class Fields(Model):
    """The fields of a form as typed, in their order."""

    pairs: tuple[tuple[str, str], ...]

    def one(self, name: str) -> str:
        """Return the first value of a field, or '' if it was not sent."""
        return next((value for key, value in self.pairs if key == name), "")

    def all(self, name: str) -> list[str]:
        """Return all values of a field, none if it was not sent."""
        return [value for key, value in self.pairs if key == name]


async def read_fields(request: Request[Any, Any, Any], limit: int = FIELDS_BYTES) -> Fields:
    """Read an urlencoded body of at most ``limit`` bytes and 200 fields.

    Refuses another content type (415), too much (413), and what is not UTF-8 behind right
    percent signs (400): the parser hands back such a pair whole, as a name that no field has.
    """
    _content_type(request, "application/x-www-form-urlencoded")
    body = await read_body(request, limit)
    if body.count(b"&") >= FIELDS_LIMIT:
        raise refusal("too_large")
    pairs = tuple(parse_query_string(body, "&"))
    named = all(_NAME.fullmatch(name) for name, _ in pairs)
    # The parser leaves a wrong escape as it stands, so only what still holds a % is looked at.
    suspect = any("%" in value for _, value in pairs)
    if not body.isascii() or not named or (suspect and _BAD_ESCAPE.search(body)):
        raise refusal("bad_request")
    return Fields(pairs=pairs)


class FileChunks:
    """The bytes of one uploaded file as they come in; can be left unread."""

    def __init__(self, events: AsyncIterator[MultipartSegment | bytes | None]) -> None:
        """Take over the events of the parser until this file ends."""
        self._events = events
        self._over = False

    def __aiter__(self) -> "FileChunks":
        """Return itself: the bytes come once."""
        return self

    async def __anext__(self) -> bytes:
        """Return the next bytes of the file."""
        if self._over:
            raise StopAsyncIteration
        event = await anext(self._events)
        if isinstance(event, bytes | bytearray):
            return bytes(event)
        self._over = True
        raise StopAsyncIteration


class Part:
    """One part of a multipart form: a field with ``text``, or a file with ``chunks``.

    The name that a file had on the sender's machine is never read.
    """

    def __init__(self, name: str, text: str = "", chunks: FileChunks | None = None) -> None:
        """Hold a field, or a file if there are chunks."""
        self.name = name
        self.text = text
        self.chunks = chunks


async def stream_parts(
    request: Request[Any, Any, Any], limit: int = PARTS_BYTES
) -> AsyncIterator[Part]:
    """Yield the parts of a multipart body one after the other, files as chunks.

    A file field left empty is not yielded; what the taker leaves of a file is skipped.
    Refuses another content type (415), too much (413), and a broken body (400).
    """
    options = _content_type(request, "multipart/form-data")
    events = _events(request, options.get("boundary", ""), limit)
    async for event in events:
        if not isinstance(event, MultipartSegment):
            raise refusal("bad_request")
        chunks = FileChunks(events)
        if event.filename is None:
            yield Part(event.name or "", text=await _text(chunks))
        elif event.filename:
            yield Part(event.name or "", chunks=chunks)
        async for _ in chunks:
            continue


async def _text(chunks: FileChunks) -> str:
    data = b""
    async for chunk in chunks:
        data += chunk
        if len(data) > TEXT_BYTES:
            raise refusal("too_large")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise refusal("bad_request") from None


async def _events(
    request: Request[Any, Any, Any], boundary: str, limit: int
) -> AsyncIterator[MultipartSegment | bytes | None]:
    try:
        with PushMultipartParser(boundary, max_segment_count=PARTS_LIMIT) as parser:
            async for chunk in _chunks(request, limit):
                for event in parser.parse(chunk):
                    yield event
    except ParserLimitReached:
        raise refusal("too_large") from None
    except (MultipartError, UnicodeError):
        raise refusal("bad_request") from None


async def read_body(request: Request[Any, Any, Any], limit: int) -> bytes:
    """Read a body of at most ``limit`` bytes whole, whatever it is; refuses more (413)."""
    return b"".join([chunk async for chunk in _chunks(request, limit)])


async def _chunks(request: Request[Any, Any, Any], limit: int) -> AsyncIterator[bytes]:
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced[:20]) > limit:
        raise refusal("too_large")
    taken = 0
    while True:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise refusal("bad_request")
        if message["type"] != "http.request":
            continue
        chunk = message["body"]
        taken += len(chunk)
        if taken > limit:
            raise refusal("too_large")
        if chunk:
            yield chunk
        if not message.get("more_body", False):
            return


def _content_type(request: Request[Any, Any, Any], wanted: str) -> dict[str, str]:
    try:
        kind, options = parse_options_header(request.headers.get("content-type", ""))
    except (MultipartError, ValueError):
        raise refusal("wrong_kind") from None
    if kind != wanted or options.get("charset", "utf-8").lower() not in ("utf-8", "utf8"):
        raise refusal("wrong_kind")
    return {str(key): str(value) for key, value in options.items()}
