"""Slow, broken and very many connections: others are served meanwhile, and nothing stays."""

import asyncio
import os
import resource
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from uvicorn import Config
from uvicorn.server import ServerState

from faulting import MARKED, Served, copy_of, personal, until
from pe_core.cli.connections import WINDOW, House, connection_class
from pe_core.toolkit.invented import Account
from test_seizure import MARK

Run = Callable[[Awaitable[Any]], Any]
LIMITS = "pe_core.cli.connections"
SHORT = (
    f"{LIMITS}.HEAD_SECONDS = 2.0",
    f"{LIMITS}.WINDOW = 1.0",
    f"{LIMITS}.LEFTOVER_SECONDS = 1.0",
    f"{LIMITS}.LINGER_SECONDS = 1.0",
)
POST = b"POST /en/code HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
PACKET = b"POST /peer/inbox HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
BIG = 10 * 1024 * 1024
CROWD = 10_000 if os.environ.get("PE_LONG") else 2_000
"""The long form (PE_LONG=1) is 10,000; so many sockets take a while to make and to end."""
CROWDING = """
import resource, socket, sys
port, number = int(sys.argv[1]), int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_NOFILE, (number + 100, number + 100))
asked = b"GET /health HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n"
crowd = []
for place in range(number):
    one = socket.create_connection(("127.0.0.1", port))
    # One third asks and then idles, one third stops in the middle of a head, one says nothing.
    one.sendall((asked, asked[:20], b"")[place % 3])
    crowd.append(one)
print("there", flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def place(
    template: tuple[Path, Account], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Any]:
    """One served embassy for all tests of single connections, with limits of a second or two."""
    served = copy_of(*template, tmp_path_factory.mktemp("place"), _no_run, *SHORT)
    with served.serving() as process:
        yield served, process


def _no_run(awaitable: Awaitable[Any]) -> Any:
    raise AssertionError("each test runs on its own loop")


@pytest.fixture
def served(place: Any, pe_run: Run) -> Iterator[Served]:
    served, _ = place
    served.run = pe_run
    yield served
    served.close()


@contextmanager
def connected(served: Served) -> Iterator[socket.socket]:
    """Open a bare connection for a block."""
    host, port = served.address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        yield connection


def answer_to(served: Served, *parts: bytes) -> bytes:
    """Send bytes and return all that comes until the other side closes."""
    with connected(served) as connection:
        for part in parts:
            connection.sendall(part)
        return read_all(connection)


def read_all(connection: socket.socket) -> bytes:
    """Return what comes until the other side closes, whichever way it does."""
    heard = bytearray()
    try:
        while data := connection.recv(65536):
            heard += data
    except ConnectionError:
        pass
    return bytes(heard)


def memory(pid: int) -> int:
    """Return the memory of a process in bytes."""
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize()


def descriptors(pid: int) -> int:
    """Return how many files and connections a process has open."""
    return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\n", b"408"),
        (b"GET / HT", b"408"),
        (POST + b"Content-Length: 50\r\n\r\ntoken=", b"408"),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n5\r\ntoken\r\n", b"408"),
        (PACKET + b"Content-Length: 50\r\n\r\n{", b"408"),
        (PACKET + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n", b"408"),
        (POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\ntoken\r\n", b"400"),
        (POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\ntoken", b"400"),
        (POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\ntoken", b"400"),
        (b"\x16\x03\x01\x02\x00\x01\x00", b"400"),
        (b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 101 + b"\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nX: " + b"y" * 40_000, b"431"),
        (b"GET /" + b"y" * 40_000, b"431"),
    ],
)
def test_what_does_not_go_on_or_is_no_http_is_ended_with_a_status(
    served: Served, sent: bytes, status: bytes
) -> None:
    head, _, body = answer_to(served, sent).partition(b"\r\n\r\n")

    assert b"HTTP/1.1 " + status == head[:12]
    assert status == body[:3]
    assert b"\r\ncache-control: no-store" in head
    assert b"\r\nx-content-type-options: nosniff" in head
    assert b"\r\ncontent-security-policy: default-src 'none'" in head
    assert served.browser().go("/en/").status == 200


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"\r\n\r\n",
        POST + b"Transfer-Encoding: chunked\r\n\r\n" + b"1;" + b"x" * 50_000,
        POST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n" + b"X: y\r\n" * 101,
        b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n" * 600,
    ],
)
def test_what_never_asks_or_asks_too_much_is_ended(served: Served, sent: bytes) -> None:
    heard = answer_to(served, sent)

    assert heard.count(b"HTTP/1.1 200") <= 10
    assert served.browser().go("/en/").status == 200


def test_a_few_requests_in_one_go_are_answered_and_then_an_idle_connection_is_ended(
    served: Served,
) -> None:
    heard = answer_to(served, b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n" * 4)

    assert 4 == heard.count(b"HTTP/1.1 200")


async def answer_much(scope: Any, receive: Any, send: Any) -> None:
    """Answer with more than any buffer between here and there holds."""
    start = {"type": "http.response.start", "status": 200}
    await send({**start, "headers": [(b"content-length", str(BIG).encode())]})
    await send({"type": "http.response.body", "body": bytes(BIG)})


@pytest.mark.parametrize(("read", "ended"), [(0, True), (BIG // 2, False)])
def test_a_reader_who_takes_nothing_is_ended_and_a_slow_one_is_not(
    pe_run: Run, read: int, ended: bool
) -> None:
    async def act() -> bool:
        loop, state = asyncio.get_running_loop(), ServerState()
        config = Config(answer_much, http=connection_class(House(10, [])), lifespan="off")
        config.load()
        made: list[Any] = []

        def make() -> asyncio.Protocol:
            made.append(config.http_protocol_class(config, state, {}))  # type: ignore[call-arg]
            return made[-1]

        async with await loop.create_server(make, "127.0.0.1", 0) as server:
            where = server.sockets[0].getsockname()
            reader, writer = await asyncio.open_connection(*where, limit=4096)
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            while not (made and made[0].transport.get_write_buffer_size()):
                await asyncio.sleep(0)
            now = loop.time()
            made[0].watch(now)
            if read:
                await reader.readexactly(read)
            for seconds in (WINDOW / 2, WINDOW, WINDOW + 1):
                made[0].watch(now + seconds)
            is_ended = made[0].transport.is_closing()
            made[0].transport.abort()
            writer.close()
        return bool(is_ended)

    assert ended == pe_run(act())


def test_slow_uploads_hold_nobody_up_and_are_ended(place: Any, served: Served) -> None:
    _, process = place
    slow = served.asker()
    slow.begin("zz.other")
    slow.answer(MARKED)
    cookie = "; ".join(f"{name}={value}" for name, value in slow.browser.client.cookies.items())
    token = slow.page.tree.xpath("//input[@name='token']/@value")[0]
    start = (
        f"POST /en/ask/files HTTP/1.1\r\nHost: {served.address.removeprefix('http://')}\r\n"
        f"Origin: {served.address}\r\nCookie: {cookie}\r\nContent-Length: {BIG}\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\n\r\n"
        f'--b\r\nContent-Disposition: form-data; name="token"\r\n\r\n{token}\r\n'
        '--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n\x89PNG\r\n\x1a\n'
        f"{MARK}"
    ).encode("latin-1", "replace")
    before = descriptors(process.pid)
    with ExitStack() as open_ones:
        connections = [open_ones.enter_context(connected(served)) for _ in range(10)]
        for connection in connections:
            connection.sendall(start)
        other = served.asker()
        other.ask("zz.other", MARKED)
        heard = [read_all(connection)[:12] for connection in connections]
    until(lambda: descriptors(process.pid) <= before + 2, "connections stay open")
    slow.go("ask/check")

    assert 6 == len(other.groups())
    assert [b"HTTP/1.1 408"] * 10 == heard
    assert MARK in slow.page.words
    assert [] == list((served.data / "drafts").iterdir())
    assert [] == personal(served)


def test_bodies_that_break_off_leave_nothing(place: Any, served: Served) -> None:
    _, process = place
    before, held = descriptors(process.pid), memory(process.pid)
    for _ in range(100):
        with connected(served) as connection:
            connection.sendall(POST + b"Content-Length: 60000\r\n\r\n" + b"x" * 30_000)
    until(lambda: descriptors(process.pid) <= before, "connections stay open")

    assert memory(process.pid) - held < 20 * 1024 * 1024
    assert served.browser().go("/en/").status == 200
    assert "Traceback" not in served.log


def test_thousands_of_connections_keep_nobody_from_a_receipt(
    template: tuple[Path, Account], tmp_path: Path, pe_run: Run
) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < CROWD + 1000:
        pytest.skip(f"needs the right to open {CROWD + 1000} files")
    served = copy_of(*template, tmp_path / "place", pe_run)
    with served.serving() as process:
        served.asker().ask("zz.other", MARKED)
        served.close()
        before, held = descriptors(process.pid), memory(process.pid)
        with crowd(served, CROWD) as child:
            asker = served.asker()
            asker.ask("zz.other", MARKED)
            among_many = descriptors(process.pid)
            child.kill()
        served.close()
        until(lambda: descriptors(process.pid) <= before + 5, "connections stay open")
        grown = memory(process.pid) - held

    assert 6 == len(asker.groups())
    assert CROWD // 2 < among_many
    assert grown < CROWD * 12_000
    assert "Traceback" not in served.log
    assert [] == personal(served)


def test_where_there_is_no_room_the_longest_idle_makes_room(
    template: tuple[Path, Account], tmp_path: Path, pe_run: Run
) -> None:
    served = copy_of(*template, tmp_path / "place", pe_run, f"{LIMITS}.MOST = 100")
    with served.serving() as process:
        with crowd(served, 300) as child:
            asker = served.asker()
            asker.ask("zz.other", MARKED)
            among_many = descriptors(process.pid)
            child.kill()

    assert 6 == len(asker.groups())
    assert among_many < 200
    assert 1 == served.log.count("100 connections are open: newcomers are refused for now")


@contextmanager
def crowd(served: Served, number: int) -> Iterator[subprocess.Popen[bytes]]:
    """Let another process hold many connections for a block."""
    port = served.address.rpartition(":")[2]
    command = [sys.executable, "-c", CROWDING, port, str(number)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert b"there\n" == child.stdout.readline()
        yield child
