"""Files that askers bring: JPEG, PNG and PDF, cleaned in a process of their own.

The bytes are counted while they come and never touch a disk. The parser of a file written by a
stranger runs in ``files_child``: one process a file, no files, no keys, killed after 20 seconds
(vault.md, Flows: Files).
"""

import asyncio
import logging
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Literal, cast

import msgspec

from pe_core.errors import FileRefused, TooMany
from pe_core.model.struct import Model

MediaType = Literal["image/jpeg", "image/png", "application/pdf"]

FILE_LIMIT = 10 * 1024 * 1024  # bytes, as the asker sends them
ANSWER_LIMIT = 12 * 1024 * 1024  # bytes, as the child sends them
SECONDS = 20.0  # of wall time for one file
MAGIC_BYTES = 64  # how much is read before the kind is decided
MAGIC: dict[MediaType, bytes] = {
    "image/jpeg": b"\xff\xd8\xff",
    "image/png": b"\x89PNG\r\n\x1a\n",
    "application/pdf": b"%PDF-",
}
BEFORE_PDF = b"\xef\xbb\xbf \t\r\n"  # what scanners and mail programs put before the header
CHILD_REASONS = (
    "core.file.unreadable",
    "core.file.locked",
    "core.file.too_large",
    "core.file.too_many_pages",
    "core.file.too_many_pixels",
)
log = logging.getLogger("pe_core.desk")

CHILD = (sys.executable, "-I", str(Path(__file__).with_name("files_child.py")))


class CleanFile(Model):
    """A file without what its maker did not mean to send."""

    media_type: MediaType
    data: bytes


class Answer(Model):
    """What the child says: a cleaned file, or why there is none. Not to be believed blindly."""

    media_type: str = ""
    data: bytes = b""
    refused: str = ""


class Places:
    """How many files are cleaned at once, how many wait, and how much they weigh in memory."""

    def __init__(
        self, *, at_once: int = 2, waiting: int = 8, memory: int = 64 * 1024 * 1024
    ) -> None:
        """``memory`` is in bytes and counts all uploads from their first chunk on."""
        self._turns = asyncio.Semaphore(at_once)
        self._room = waiting
        self._memory = memory

    def take(self, size: int) -> None:
        """Count ``size`` more bytes; TooMany when there is no memory left for them."""
        if size > self._memory:
            raise TooMany("core.file.busy")
        self._memory -= size

    def give(self, size: int) -> None:
        """Count ``size`` bytes as let go."""
        self._memory += size

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for a place at the child; TooMany when too many wait already."""
        if self._turns.locked() and self._room == 0:
            raise TooMany("core.file.busy")
        self._room -= 1
        try:
            await self._turns.acquire()
        finally:
            self._room += 1
        try:
            yield
        finally:
            self._turns.release()


PLACES = Places()


class Listening(asyncio.SubprocessProtocol):
    """Collects a child's answer, up to a limit."""

    def __init__(self) -> None:
        """Make the two marks: all was said, and the process is gone."""
        loop = asyncio.get_running_loop()
        self.heard = bytearray()
        self.said = loop.create_future()
        self.gone = loop.create_future()

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        """Keep the bytes; stop listening to a child that says more than it may."""
        self.heard += data
        if len(self.heard) > ANSWER_LIMIT and not self.said.done():
            self.said.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        """Note that the process has ended, was waited for, and its pipes are shut."""
        for mark in (self.said, self.gone):
            if not mark.done():
                mark.set_result(None)


async def clean_file(
    chunks: AsyncIterator[bytes],
    *,
    places: Places = PLACES,
    child: Sequence[str] = CHILD,
    seconds: float = SECONDS,
) -> CleanFile:
    """Read one upload and return it cleaned.

    Raises FileRefused with the key of the reason, or TooMany('core.file.busy'). Reading stops
    at the first byte too many and at a beginning that is none of the three kinds. Everything
    after ``chunks`` is for tests.
    """
    held = bytearray()
    try:
        async for chunk in chunks:
            known = len(held) >= MAGIC_BYTES
            if len(held) + len(chunk) > FILE_LIMIT:
                raise FileRefused("core.file.too_large")
            places.take(len(chunk))
            held += chunk
            if not known and len(held) >= MAGIC_BYTES:
                kind_of(held)
        kind = kind_of(held)
        async with places.turn():
            answer = await ask_child([*child, kind], held, seconds)
    finally:
        places.give(len(held))
    return judge(answer, kind)


def kind_of(data: bytes | bytearray) -> MediaType:
    """Return the media type by the first bytes; FileRefused when it is none of ours."""
    if not data:
        raise FileRefused("core.file.empty")
    start = bytes(data[:MAGIC_BYTES])
    for media_type, magic in MAGIC.items():
        if start.startswith(magic):
            return media_type
    if start.lstrip(BEFORE_PDF).startswith(MAGIC["application/pdf"]):
        return "application/pdf"
    raise FileRefused("core.file.kind")


async def ask_child(command: Sequence[str], data: bytes | bytearray, seconds: float) -> bytes:
    """Give ``data`` to a fresh process and return all it says; FileRefused when it is too slow.

    However this ends (answer, time, cancellation), the process is dead and waited for. TooMany
    when the machine has no process, memory or descriptor left for one more.
    """
    try:
        transport, listening = await asyncio.get_running_loop().subprocess_exec(
            Listening,
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={},
            cwd="/",
            close_fds=True,
            start_new_session=True,
        )
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else "unknown"
        log.error("no file can be cleaned (%s): look at processes, memory and open files", why)
        raise TooMany("core.file.busy") from None
    try:
        async with asyncio.timeout(seconds):
            stdin = cast(asyncio.WriteTransport, transport.get_pipe_transport(0))
            # Of a child that died at once uvloop has closed the pipe: then it says nothing.
            with suppress(RuntimeError):
                stdin.write(data)
                stdin.write_eof()
            await listening.said
    except TimeoutError:
        raise FileRefused("core.file.too_slow") from None
    finally:
        if transport.get_returncode() is None:
            transport.kill()
        transport.close()
        await asyncio.shield(listening.gone)
    return bytes(listening.heard)


def judge(answer: bytes, kind: MediaType) -> CleanFile:
    """Return the file of an answer, checked: a child whose parser was taken over may lie."""
    body = answer[4:]
    if not 0 < len(body) <= ANSWER_LIMIT or int.from_bytes(answer[:4], "big") != len(body):
        raise FileRefused("core.file.unreadable")
    try:
        said = msgspec.msgpack.decode(body, type=Answer)
    except (ValueError, RecursionError):  # not only msgspec's own: what is not UTF-8, or too deep
        raise FileRefused("core.file.unreadable") from None
    if said.refused in CHILD_REASONS:
        raise FileRefused(said.refused)
    if said.refused or said.media_type != kind or not said.data.startswith(MAGIC[kind]):
        raise FileRefused("core.file.unreadable")
    return CleanFile(media_type=kind, data=said.data)
