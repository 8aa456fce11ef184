"""The door: what is sent arrives whole and alone, and nothing is sent inside."""

import asyncio
import socket
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from pe_core.door import Door, Pace, is_public
from pe_core.door.pace import MOST_A_MINUTE
from pe_core.errors import (
    AddressRefused,
    AnswerRefused,
    AskedTooOften,
    DoorError,
    NoAnswer,
    SettingsError,
)
from pe_core.settings import DoorSettings, convert_table

Run = Callable[[Awaitable[Any]], Any]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

INSIDE = """
0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.127.255.255 127.0.0.1 127.255.255.254
169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.1 192.0.0.170 192.0.2.1 192.31.196.1
192.52.193.1 192.88.99.1 192.168.0.1 192.168.255.255 192.175.48.1 198.18.0.1 198.19.255.255
198.51.100.1 203.0.113.1 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255
:: ::1 ::127.0.0.1 ::10.0.0.1 ::ffff:127.0.0.1 ::ffff:8.8.8.8 ::ffff:0:8.8.8.8 64:ff9b::7f00:1
64:ff9b::808:808 64:ff9b:1::1 100::1 2001::1 2001:0:7f00:1::1 2001:2::1 2001:10::1 2001:20::1
2001:db8::1 2002:7f00:1:: 2002:808:808:: 2620:4f:8000::1 3fff::1 5f00::1 fc00::1 fd12:3456::1
fe80::1 fe80::1%eth0 fec0::1 ff02::1 ff0e::1 2600::5efe:7f00:1 2600::200:5efe:a00:1
""".split()
OUTSIDE = """
1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.1 100.63.255.255 100.128.0.1 126.255.255.255 128.0.0.1
172.15.255.255 172.32.0.1 192.0.1.1 192.167.255.255 192.169.0.1 198.17.255.255 198.20.0.1
223.255.255.255 2001:200::1 2001:4860:4860::8888 2003::1 2606:4700:4700::1111 2a00:1450::1
""".split()
NO_ADDRESSES = """
nothing example.org https:// https:/a.example http://a.example ftp://a.example file:///etc/hosts
//a.example data:text/plain,a https://a.example:0/ https://a.example:65536/ https://a.example:x/
https://user@a.example/ https://user:word@a.example/ https://a.example/#part https://a\\.example/
https://a.example\\@b.example/ https://:443/ https://[::1/ https://[fe80::1%25eth0]/
https://ａ.example/ https://①②⑦.0.0.1/ https://a.example/ü unix:///run/x gopher://a.example/
""".split()


@asynccontextmanager
async def answering(handler: Handler) -> AsyncIterator[int]:
    """Run a server on a port of its own; yields the port."""
    app = web.Application(client_max_size=2**20)
    app.router.add_route("*", "/{rest:.*}", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


def fetched(
    run: Run, handler: Handler, *, path: str = "/topic", patience: float = 10.0, **more: Any
) -> Any:
    """Return what the door says of a server that answers so, an answer or the exception."""

    async def scene() -> Any:
        async with answering(handler) as port:
            door = Door(allow=(f"127.0.0.1:{port}",), patience=patience)
            sent: dict[str, Any] = {"body": b"words", "headers": {}, **more}
            try:
                return await door.fetch(f"http://127.0.0.1:{port}{path}", **sent)
            except DoorError as error:
                return error

    return run(scene())


def looking_up(monkeypatch: pytest.MonkeyPatch, *answers: Sequence[str]) -> list[str]:
    """Let names lead to these addresses, another list at each look; returns what is looked up."""
    looked: list[str] = []

    def look_up(host: Any, port: Any, *_rest: Any, **_more: Any) -> list[Any]:
        found = answers[min(len(looked), len(answers) - 1)]
        looked.append(str(host))
        return [
            (
                socket.AF_INET6 if ":" in one else socket.AF_INET,
                socket.SOCK_STREAM,
                6,
                "",
                (one, port, 0, 0) if ":" in one else (one, port),
            )
            for one in found
        ]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return looked


def own_tls(folder: Path) -> ssl.SSLContext:
    """Return a server's TLS with a certificate that it made itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2046, 1, 1, tzinfo=UTC))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    written = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "both.pem").write_bytes(written + made.public_bytes(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "both.pem")
    return context


@pytest.mark.parametrize("address", INSIDE)
def test_what_lies_inside_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", OUTSIDE)
def test_what_lies_outside_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("name", ["", "a.example", "127.1", "0x7f.1", "2130706433", "1.1.1.1 "])
def test_a_name_is_no_public_address(name: str) -> None:
    assert not is_public(name)


@given(st.ip_addresses(v=4))
def test_no_address_that_python_calls_special_is_public(address: IPv4Address) -> None:
    special = address.is_private or address.is_multicast or address.is_reserved

    assert not (special and is_public(str(address)))


@given(st.ip_addresses(v=4), st.sampled_from([0, 0xFFFF << 32, 0x64FF9B << 96, 0x5EFE << 32]))
def test_an_address_inside_another_one_is_never_public(address: IPv4Address, around: int) -> None:
    sixth = IPv6Address((0x2002 << 112) | (int(address) << 80))

    assert not is_public(str(IPv6Address(around | int(address))))
    assert not is_public(str(sixth))


def test_what_is_sent_arrives_whole_and_says_nothing_of_us(pe_run: Run) -> None:
    seen: list[tuple[str, str, bytes, Mapping[str, str]]] = []

    async def answer(request: web.Request) -> web.Response:
        seen.append((request.method, request.path_qs, await request.read(), request.headers))
        return web.Response(text="thank you")

    came = fetched(pe_run, answer, path="/topic?up=1", headers={"Cache": "no"})

    ((method, path, body, headers),) = seen
    assert b"thank you" == came
    assert ("POST", "/topic?up=1", b"words") == (method, path, body)
    assert {"host", "accept", "accept-encoding", "cache", "content-length", "connection"} == {
        name.lower() for name in headers
    }
    assert ("identity", "close") == (headers["Accept-Encoding"], headers["Connection"])


def test_cookies_are_not_kept(pe_run: Run) -> None:
    cookies: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        cookies.append(request.headers.get("Cookie", ""))
        return web.Response(headers={"Set-Cookie": "a=b; Path=/"})

    async def scene() -> None:
        async with answering(answer) as port:
            door = Door(allow=(f"127.0.0.1:{port}",))
            for _ in range(2):
                await door.fetch(f"http://127.0.0.1:{port}/", body=b"", headers={})

    pe_run(scene())

    assert ["", ""] == cookies


def test_a_proxy_of_the_environment_is_not_used(
    pe_run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    async def answer(request: web.Request) -> web.Response:
        return web.Response(text="straight")

    assert b"straight" == fetched(pe_run, answer)


@pytest.mark.parametrize(
    ("status", "retry_after", "after"),
    [
        (301, "", None),
        (307, "", None),
        (400, "", None),
        (429, "17", 17.0),
        (429, " 17 ", 17.0),
        (503, "999999999", 86400.0),
        (429, "Wed, 21 Oct 2026 07:28:00 GMT", None),
        (429, "-1", None),
        (429, "1e9", None),
        (500, "١٧", None),
    ],
)
def test_another_status_than_yes_is_told_with_the_seconds_to_wait(
    pe_run: Run, status: int, retry_after: str, after: float | None
) -> None:
    asked: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response(
            status=status, headers={"Location": "/elsewhere", "Retry-After": retry_after}
        )

    error = fetched(pe_run, answer)

    assert isinstance(error, AnswerRefused)
    assert (status, after) == (error.status, error.after)
    assert ["/topic"] == asked, "a redirect is not followed"


@pytest.mark.parametrize(("length", "taken"), [(16 * 1024, True), (16 * 1024 + 1, False)])
@pytest.mark.parametrize("told", [True, False])
def test_an_answer_is_16_kib_at_most(pe_run: Run, length: int, taken: bool, told: bool) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        if told:
            return web.Response(body=b"a" * length)
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"a" * length)
        return response

    came = fetched(pe_run, answer)

    assert taken == (came == b"a" * length)
    assert taken or isinstance(came, NoAnswer)


def test_an_answer_that_unpacks_to_more_is_not_unpacked(pe_run: Run) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(body=b"\x1f\x8b", headers={"Content-Encoding": "gzip"})

    assert b"\x1f\x8b" == fetched(pe_run, answer)


def test_who_does_not_answer_in_time_gives_no_answer(pe_run: Run) -> None:
    async def answer(request: web.Request) -> web.Response:
        await asyncio.Event().wait()
        return web.Response()

    error = fetched(pe_run, answer, patience=0.2)

    assert isinstance(error, NoAnswer)
    assert "it took too long" == str(error)


def test_an_answer_that_never_ends_is_ended(pe_run: Run) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"a")
        await asyncio.Event().wait()
        return response

    assert isinstance(fetched(pe_run, answer, patience=0.2), NoAnswer)


def test_a_machine_that_is_not_there_gives_no_answer_and_is_not_named(pe_run: Run) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
        door = Door(allow=(f"127.0.0.1:{port}",))

        with pytest.raises(NoAnswer) as refused:
            pe_run(door.fetch(f"http://127.0.0.1:{port}/secret", body=b"", headers={}))

    assert "secret" not in str(refused.value) and "127" not in str(refused.value)


def test_a_certificate_that_nobody_vouches_for_is_refused(pe_run: Run, tmp_path: Path) -> None:
    asked: list[bytes] = []

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.read())
        writer.close()

    async def scene() -> None:
        server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=own_tls(tmp_path))
        port = server.sockets[0].getsockname()[1]
        door = Door(allow=(f"127.0.0.1:{port}",))
        try:
            with pytest.raises(NoAnswer, match="Certificate"):
                await door.fetch(f"https://127.0.0.1:{port}/", body=b"words", headers={})
        finally:
            server.close()
            await server.wait_closed()

    pe_run(scene())

    assert [] == asked


def test_a_header_of_two_lines_is_sent_to_nobody(pe_run: Run) -> None:
    asked: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response()

    assert isinstance(fetched(pe_run, answer, headers={"A": "b\r\nC: d"}), NoAnswer)
    assert [] == asked


@pytest.mark.parametrize("url", [*NO_ADDRESSES, "", " https://a.example/", "https://a.example/\n"])
def test_what_is_no_https_address_is_refused(pe_run: Run, url: str) -> None:
    door = Door()

    with pytest.raises(AddressRefused):
        pe_run(door.fetch(url, body=b"", headers={}))

    assert not door.may_fetch(url)


def test_an_endless_address_is_refused(pe_run: Run) -> None:
    with pytest.raises(AddressRefused):
        pe_run(Door().fetch("https://a.example/" + "a" * 2000, body=b"", headers={}))


@pytest.mark.parametrize(
    "host", [*INSIDE[:8], "169.254.169.254", "127.1", "2130706433", "[::1]", "[::ffff:127.0.0.1]"]
)
def test_a_literal_address_inside_is_refused_before_it_is_called(pe_run: Run, host: str) -> None:
    door = Door()

    with pytest.raises(AddressRefused):
        pe_run(door.fetch(f"https://{host}/", body=b"", headers={}))

    assert not door.may_fetch(f"https://{host}/")


@pytest.mark.parametrize("name", ["localhost", "0x7f.1", "0x7f000001", "inside.example"])
def test_a_name_that_leads_inside_is_refused_when_it_is_connected_to(
    pe_run: Run, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    called: list[bool] = []

    async def scene() -> None:
        async def connected(reader: Any, writer: Any) -> None:
            called.append(True)
            writer.close()

        server = await asyncio.start_server(connected, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        looking_up(monkeypatch, ["127.0.0.1"])
        try:
            with pytest.raises(AddressRefused):
                await Door().fetch(f"https://{name}:{port}/", body=b"", headers={})
        finally:
            server.close()
            await server.wait_closed()

    pe_run(scene())

    assert [] == called


def test_a_name_whose_answer_changes_is_refused_at_the_moment_of_connecting(
    pe_run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = looking_up(monkeypatch, ["127.0.0.1"], ["1.1.1.1"])

    with pytest.raises(AddressRefused):
        pe_run(Door().fetch("https://rebinding.example/", body=b"", headers={}))

    assert ["rebinding.example"] == looked, "it is looked up once, and that answer is judged"


def test_of_several_addresses_only_the_public_one_is_tried(
    pe_run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    looking_up(monkeypatch, ["::1", "127.0.0.1", "2001:4860:4860::8888", "10.0.0.1"])
    tried: list[str] = []

    async def connect(self: Any, sock: Any, address: Any) -> None:
        tried.append(address[0])
        raise OSError("nobody there")

    monkeypatch.setattr(asyncio.selector_events.BaseSelectorEventLoop, "sock_connect", connect)

    with pytest.raises(NoAnswer):
        pe_run(Door().fetch("https://mixed.example/", body=b"", headers={}))

    assert {"2001:4860:4860::8888"} == set(tried)


def test_only_the_very_host_and_port_that_are_allowed_are_reached_inside() -> None:
    door = Door(allow=("127.0.0.1:2586", "[::1]:2586", "ntfy.example:80"))

    assert door.may_fetch("http://127.0.0.1:2586/topic")
    assert door.may_fetch("https://127.0.0.1:2586/topic")
    assert door.may_fetch("http://[::1]:2586/topic")
    assert door.may_fetch("http://NTFY.example/topic")
    assert not door.may_fetch("http://127.0.0.1:2587/topic")
    assert not door.may_fetch("http://127.0.0.2:2586/topic")
    assert not door.may_fetch("http://ntfy.example:8080/topic")
    assert not Door().may_fetch("http://127.0.0.1:2586/topic")


@pytest.mark.parametrize(
    ("host", "right"),
    [
        ("127.0.0.1:2586", True),
        ("ntfy.example:443", True),
        ("[::1]:80", True),
        ("127.0.0.1", False),
        ("http://127.0.0.1:80", False),
        ("127.0.0.1:80/x", False),
        ("a b:80", False),
        (":80", False),
    ],
)
def test_what_is_allowed_is_a_host_and_a_port(host: str, right: bool) -> None:
    try:
        settings = convert_table({"allow": [host]}, DoorSettings, "door")
    except SettingsError as error:
        settings = None
        assert "[door]" in str(error)

    assert right == (settings is not None)


def test_the_client_is_imported_when_something_is_sent_and_not_before() -> None:
    code = "import sys, pe_core.running, pe_core.web.app; print('aiohttp' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "False" == done.stdout.strip()


def read_from(run: Run, handler: Handler, *, path: str = "/peer/keys") -> Any:
    """Return what is read from a server that answers so, or the exception."""

    async def scene() -> Any:
        async with answering(handler) as port:
            door = Door(allow=(f"127.0.0.1:{port}",), patience=0.5)
            try:
                return await door.get(f"http://127.0.0.1:{port}{path}", pace=Pace(), now=0)
            except DoorError as error:
                return error

    return run(scene())


def test_what_is_read_comes_whole_and_asking_says_nothing_of_us(pe_run: Run) -> None:
    asked: list[tuple[str, str, bytes, set[str]]] = []

    async def answer(request: web.Request) -> web.Response:
        names = {name.lower() for name in request.headers}
        asked.append((request.method, request.path, await request.read(), names))
        return web.Response(body=b"keys", headers={"Set-Cookie": "a=b"})

    assert b"keys" == read_from(pe_run, answer)
    assert [
        ("GET", "/peer/keys", b"", {"host", "connection", "accept", "accept-encoding"})
    ] == asked


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_reading_follows_nobody_elsewhere(pe_run: Run, status: int) -> None:
    asked: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response(status=status, headers={"Location": f"http://{request.host}/inside"})

    error = read_from(pe_run, answer)

    assert isinstance(error, AnswerRefused) and status == error.status
    assert ["/peer/keys"] == asked


@pytest.mark.parametrize(("length", "taken"), [(16 * 1024, True), (16 * 1024 + 1, False)])
def test_what_is_read_is_16_kib_at_most(pe_run: Run, length: int, taken: bool) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(body=b"a" * length)

    came = read_from(pe_run, answer)

    assert taken == (came == b"a" * length)
    assert taken or isinstance(came, NoAnswer)


def test_who_is_slow_to_be_read_gives_no_answer(pe_run: Run) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"a")
        await asyncio.Event().wait()
        return response

    assert isinstance(read_from(pe_run, answer), NoAnswer)


@pytest.mark.parametrize("url", [*NO_ADDRESSES, "", "https://a.example/\n"])
def test_nothing_is_read_from_what_is_no_https_address(pe_run: Run, url: str) -> None:
    with pytest.raises(AddressRefused):
        pe_run(Door().get(url, pace=Pace(), now=0))


@pytest.mark.parametrize("host", [f"[{one}]" if ":" in one else one for one in INSIDE])
def test_nothing_is_read_from_a_literal_address_inside(pe_run: Run, host: str) -> None:
    with pytest.raises(AddressRefused):
        pe_run(Door().get(f"https://{host}/peer/keys", pace=Pace(), now=0))


@pytest.mark.parametrize("address", INSIDE)
def test_nothing_is_read_from_a_name_that_leads_inside(
    pe_run: Run, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    looked = looking_up(monkeypatch, [address.partition("%")[0]], ["1.1.1.1"])

    with pytest.raises(AddressRefused):
        pe_run(Door().get("https://rebinding.example/peer/keys", pace=Pace(), now=0))

    assert ["rebinding.example"] == looked


def test_a_host_is_read_from_once_a_minute_however_it_is_written(pe_run: Run) -> None:
    asked: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response(status=500)

    async def scene() -> None:
        async with answering(answer) as port:
            door, pace = Door(allow=(f"127.0.0.1:{port}", f"localhost:{port}")), Pace()
            for now, path, host in (
                (0.0, "/first", "localhost"),
                (59.9, "/too-early", "localhost"),
                (59.9, "/another-case", "LocalHost"),
                (59.9, "/another-host", "127.0.0.1"),
                (60.0, "/later", "localhost"),
            ):
                with pytest.raises(DoorError):
                    await door.get(f"http://{host}:{port}{path}", pace=pace, now=now)
            with pytest.raises(AnswerRefused):
                await door.fetch(f"http://127.0.0.1:{port}/sent", body=b"", headers={})

    pe_run(scene())

    assert ["/first", "/another-host", "/later", "/sent"] == asked


def test_twenty_hosts_are_read_from_a_minute_and_no_more_are_remembered() -> None:
    pace = Pace()
    for number in range(MOST_A_MINUTE):
        pace.take(f"host-{number}.example", now=float(number))

    with pytest.raises(AskedTooOften) as refused:
        pace.take("one-more.example", now=59.0)
    pace.take("one-more.example", now=60.0)
    with pytest.raises(AskedTooOften):
        pace.take("another.example", now=60.5)

    assert 1.0 == refused.value.after


def test_a_clock_that_was_ahead_shuts_nobody_out() -> None:
    pace = Pace()
    pace.take("a.example", now=1e12)
    pace.take("a.example", now=0.0)

    with pytest.raises(AskedTooOften) as refused:
        pace.take("a.example", now=15.0)

    assert 45.0 == refused.value.after
