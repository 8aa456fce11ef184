"""The wire before each embassy: a small proxy that drops, doubles and delays by a seed."""

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import Callable

FATES = ("passes", "refused", "cut", "doubled", "both at once", "late", "stray")
"""What may become of a request: closed at once, taken without an answer, sent twice one after
the other or in one moment, kept for a while, or closed at once and sent on a while later."""
WEIGHTS = (6, 2, 2, 2, 1, 2, 2)
LONGEST = 1.5
DOWN, UP = (0.3, 1.5), (0.2, 1.0)
"""Seconds for which it is down, and up."""


class Wire:
    """Listens at an embassy's address and passes requests on to where its process is now."""

    def __init__(self, where: Callable[[], tuple[str, int]], chance: random.Random) -> None:
        """Pass everything until ``is_bad`` is set; ``is_down`` refuses all."""
        self._where = where
        self._chance = chance
        self._server: asyncio.Server | None = None
        self._strays: set[asyncio.Task[bytes]] = set()
        self._serving: set[asyncio.Task[None]] = set()
        self.is_bad = False
        self.is_down = False
        self.fates: Counter[str] = Counter()

    async def listen(self, host: str, port: int) -> None:
        """Begin to listen."""
        self._server = await asyncio.start_server(self._begin, host, port)

    async def flap(self) -> None:
        """Be bad while up, and down for most of the time, so that what waits lasts to the end."""
        self.is_bad = True
        while True:
            self.is_down = True
            await asyncio.sleep(self._chance.uniform(*DOWN))
            self.is_down = False
            await asyncio.sleep(self._chance.uniform(*UP))

    async def close(self) -> None:
        """Let what strays arrive, and listen no more."""
        await asyncio.gather(*self._strays, *self._serving, return_exceptions=True)
        if self._server is not None:
            self._server.close()

    def _begin(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Held here: a connection that its client has left would else take its task with it.
        task = asyncio.create_task(self._serve(reader, writer))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, EOFError, ValueError):
            writer.write(await self._answer(await _read_request(reader)))
            await writer.drain()
        writer.close()

    async def _answer(self, request: bytes) -> bytes:
        if self.is_down:
            return b""
        fate = self._chance.choices(FATES, WEIGHTS)[0] if self.is_bad else "passes"
        self.fates[fate] += 1
        match fate:
            case "refused":
                return b""
            case "cut":
                await self._pass_on(request)
                return b""
            case "doubled":
                await self._pass_on(request)
            case "both at once":
                return (await asyncio.gather(self._pass_on(request), self._pass_on(request)))[0]
            case "late":
                await asyncio.sleep(self._chance.uniform(0, LONGEST))
            case "stray":
                stray = asyncio.create_task(self._stray(request))
                self._strays.add(stray)
                return b""
        return await self._pass_on(request)

    async def _stray(self, request: bytes) -> bytes:
        await asyncio.sleep(self._chance.uniform(0, LONGEST))
        return await self._pass_on(request)

    async def _pass_on(self, request: bytes) -> bytes:
        try:
            reader, writer = await asyncio.open_connection(*self._where())
        except OSError:
            return b""
        try:
            writer.write(request)
            return await reader.read(-1)
        except OSError:
            return b""
        finally:
            writer.close()


async def _read_request(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    lengths = [
        int(line.partition(b":")[2])
        for line in head.lower().split(b"\r\n")
        if line.startswith(b"content-length:")
    ]
    # One request a connection: the server is told to end it with its answer.
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"connection:")]
    head = b"\r\n".join([lines[0], b"Connection: close", *lines[1:]])
    return head + (await reader.readexactly(lengths[0]) if lengths else b"")
