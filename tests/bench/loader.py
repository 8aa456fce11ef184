"""The load: keep-alive connections over raw sockets, in a process and on a core of its own.

Its job comes as msgpack on the standard input, and its report goes as msgpack to the output.
"""

import asyncio
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain, repeat

import msgspec
import uvloop
from tests.bench.measure import LOADER_CORE, ROOT, cpu_seconds, environment, module, on_core

_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)
_PLACE = re.compile(rb"\r\nlocation: *([^\r]+)", re.IGNORECASE)


class Job(msgspec.Struct):
    """``requests`` as the bytes that go over the wire, the whole row ``times`` times over."""

    port: int
    connections: int
    requests: Sequence[bytes]
    times: int = 1


class Report(msgspec.Struct):
    """How long it took in seconds, the middle and the worst answers, and what was answered.

    ``answers`` counts statuses, with the address that a 303 leads to.
    """

    seconds: float
    p50: float
    p99: float
    answers: dict[str, int]


class Load(msgspec.Struct):
    """A report, with what it cost the server."""

    rate: float
    cpu_us: float
    report: Report


def run_load(job: Job, pid: int, expect: str) -> Load:
    """Send everything to the server ``pid``; every answer must be ``expect``, such as "200"."""
    number = len(job.requests) * job.times
    before = cpu_seconds(pid)
    with on_core(LOADER_CORE):
        done = subprocess.run(
            module("loader"),
            input=msgspec.msgpack.encode(job),
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env=environment(),
            check=True,
        )
    used = cpu_seconds(pid) - before
    report = msgspec.msgpack.decode(done.stdout, type=Report)
    if report.answers != {expect: number}:
        raise RuntimeError(f"wanted {number} answers {expect}, got {report.answers}")
    return Load(rate=number / report.seconds, cpu_us=used / number * 1e6, report=report)


class Connection(asyncio.Protocol):
    """One keep-alive connection, which sends the next request when it has its answer."""

    def __init__(self, work: "Work") -> None:
        """Take requests from ``work`` until there are no more."""
        self.work = work
        self.buffer = b""
        self.begun = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self.transport = transport
        self.send()

    def send(self) -> None:
        """Send the next request, or end."""
        request = next(self.work.requests, None)
        if request is None:
            self.transport.close()
            return
        self.begun = time.perf_counter()
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        """Take an answer, which may come in pieces."""
        self.buffer += data
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        length = _LENGTH.search(self.buffer, 0, end)
        if length is None:
            raise RuntimeError("an answer without a length")
        if len(self.buffer) < end + 4 + int(length[1]):
            return
        self.work.took.append(time.perf_counter() - self.begun)
        place = _PLACE.search(self.buffer, 0, end)
        status = self.buffer[9:12] + (b" " + place[1] if place else b"")
        self.work.answers[status.decode()] += 1
        self.buffer = b""
        self.send()

    def connection_lost(self, error: Exception | None) -> None:
        """Tell that this connection is at its end, the server's will or ours."""
        self.work.open -= 1
        if not self.work.open:
            self.work.over.set_result(None)


class Work:
    """What all connections share."""

    def __init__(self, requests: Iterator[bytes], connections: int) -> None:
        """Hand out ``requests`` to so many connections."""
        self.requests = requests
        self.open = connections
        self.took: list[float] = []
        self.answers: Counter[str] = Counter()
        self.over = asyncio.get_running_loop().create_future()


async def load(job: Job) -> Report:
    """Send everything and report."""
    requests = chain.from_iterable(repeat(job.requests, job.times))
    work = Work(iter(requests), job.connections)
    loop = asyncio.get_running_loop()
    begun = time.perf_counter()
    await asyncio.gather(
        *(
            loop.create_connection(lambda: Connection(work), "127.0.0.1", job.port)
            for _ in range(job.connections)
        )
    )
    await work.over
    seconds = time.perf_counter() - begun
    took = sorted(work.took)
    return Report(seconds, took[len(took) // 2], took[len(took) * 99 // 100], dict(work.answers))


if __name__ == "__main__":
    given = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Job)
    sys.stdout.buffer.write(msgspec.msgpack.encode(uvloop.run(load(given))))
