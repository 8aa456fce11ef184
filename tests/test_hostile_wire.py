"""Bytes that no browser sends, to the very server that `pe serve` runs."""

import logging
import re
from collections.abc import Iterator

import pytest

from hostile import HOST, OWN, Run, Wire, answers_in, multipart, on_the_wire
from pe_core.toolkit.embassy import TestEmbassy

MARK = b"zq7mark"
KNOWN = {
    *("content-type", "content-length", "cache-control", "content-security-policy", "allow"),
    *("x-content-type-options", "cross-origin-opener-policy", "cross-origin-resource-policy"),
    *("referrer-policy", "permissions-policy", "location", "vary", "connection", "set-cookie"),
    *("transfer-encoding", "clear-site-data", "retry-after"),
}


@pytest.fixture
def wire(pe_embassy: TestEmbassy, pe_run: Run, monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    """A served embassy."""
    with on_the_wire(pe_embassy, pe_run, monkeypatch) as wire:
        yield wire


def head_of(answer: bytes) -> list[bytes]:
    """Return the lines above the body."""
    return answer.partition(b"\r\n\r\n")[0].split(b"\r\n")


def names_in(answer: bytes) -> set[str]:
    """Return the names of an answer's headers."""
    return {line.partition(b":")[0].decode("latin-1").lower() for line in head_of(answer)[1:]}


def told(answer: bytes) -> bytes:
    """Return an answer without what is new on every page."""
    return re.sub(rb'(name="token" value=")[^"]*', rb"\1", answer)


SPLITS = [
    b"%0d%0aSet-Cookie:%20" + MARK + b"=1",
    b"%0aSet-Cookie:" + MARK + b"=1%0a%0a<html>",
    b"%0d%0a%0d%0a" + MARK,
    b"%E5%98%8A%E5%98%8DSet-Cookie:" + MARK,
    b"%c4%8d%c4%8aSet-Cookie:" + MARK,
    b"%00" + MARK,
    b"%u000d%u000a" + MARK,
    b"\\r\\n" + MARK,
    b"%E2%80%A8" + MARK,
    b"%85" + MARK,
]
PLACES = [
    b"/%s",
    b"/en/%s",
    b"/en%s/",
    b"/en/ask/begin%s",
    b"/en/mine/done/%s",
    b"/en/staff/%s",
    b"/en/staff/requests/%s",
    b"/en/staff/locked?after=%s",
    b"/en/staff?state=%s&topic=%s",
    b"/en/exit?%s",
    b"/static/%s.css",
    b"/?%s",
]


def test_no_answer_is_split_by_what_an_address_holds(wire: Wire) -> None:
    for place in PLACES:
        for split in SPLITS:
            answer = wire.get(place.replace(b"%s", split))

            assert 1 == len(answers_in(answer)), (place, split)
            assert names_in(answer) <= KNOWN, (place, split)
            assert not any(MARK in line for line in head_of(answer)), (place, split)
            assert b"500" not in head_of(answer)[0], (place, split)


HEADERS = [
    b"Accept-Language: be\r\n Set-Cookie: " + MARK,
    b"Accept-Language: be\rSet-Cookie: " + MARK,
    b"Accept-Language: be\nX-" + MARK + b": 1",
    b"Accept-Language: be\0" + MARK,
    b"Cookie: pe_ask=" + MARK + b"\rSet-Cookie: x",
    b"Cookie: pe_ask=\xff\xfe" + MARK,
    b"X-Forwarded-Host: " + MARK,
    b"X-Original-URL: /en/" + MARK,
    b"X-Rewrite-URL: /en/" + MARK,
    b"X-HTTP-Method-Override: " + MARK,
    b"Range: bytes=0-0," + MARK,
    b"Upgrade: websocket\r\nX-" + MARK + b": 1",
    b"Expect: " + MARK,
]


def test_no_header_comes_back(wire: Wire) -> None:
    for header in HEADERS:
        for target in (b"/", b"/en/", b"/en/ask", b"/en/staff", b"/nothing"):
            answer = wire.get(target, header)

            assert 1 == len(answers_in(answer)), (header, target)
            assert MARK not in answer, (header, target)
            assert names_in(answer) <= KNOWN


SMUGGLED = b"GET /en/" + MARK + b" HTTP/1.1\r\nHost: x\r\n\r\n"
LENGTH = b"Content-Length: %d" % len(SMUGGLED)
CHUNKED = b"0\r\n\r\n" + SMUGGLED
TWO_ENDS = {
    "length and chunks": [LENGTH, b"Transfer-Encoding: chunked"],
    "chunks and length": [b"Transfer-Encoding: chunked", LENGTH],
    "two lengths": [b"Content-Length: 0", LENGTH],
    "two lengths in one": [b"Content-Length: 0, %d" % len(SMUGGLED)],
    "a length with a sign": [b"Content-Length: +%d" % len(SMUGGLED)],
    "a negative length": [b"Content-Length: -1"],
    "a length in hex": [b"Content-Length: 0x10"],
    "a length with a space": [b"Content-Length: 1 0"],
    "a length that overflows": [b"Content-Length: 18446744073709551617"],
    "chunks by another name": [b"Transfer-Encoding: xchunked", LENGTH],
    "chunks twice": [b"Transfer-Encoding: chunked", b"Transfer-Encoding: identity", LENGTH],
    "chunks not last": [b"Transfer-Encoding: chunked, identity", LENGTH],
    "a space before the colon": [b"Transfer-Encoding : chunked", LENGTH],
    "a folded line": [b"Transfer-Encoding:\r\n chunked", LENGTH],
    "a tab in the value": [b"Transfer-Encoding:\tchunked", LENGTH],
    "a zero byte": [b"Transfer-Encoding: chunked\0", LENGTH],
    "a name with a space": [b"Content Length: 5", b"Transfer-Encoding: chunked", LENGTH],
    "a bare line feed": [b"X: y\nTransfer-Encoding: chunked", LENGTH],
}


def test_no_second_request_is_smuggled_in_the_body_of_the_first(wire: Wire) -> None:
    for way, lines in TWO_ENDS.items():
        head = [b"POST /en/code HTTP/1.1", b"Host: " + HOST.encode(), *lines]
        heard = wire.say(b"\r\n".join([*head, b"Connection: close", b"", b""]) + CHUNKED)

        assert 1 == len(answers_in(heard)), way
        assert MARK not in heard, way
        # Refused by the server, or read as one body by its length and refused by us.
        assert answers_in(heard)[0][0] in (400, 403, 415), way


def test_two_requests_in_a_row_are_two_and_in_their_order(wire: Wire) -> None:
    first = b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n"
    second = b"GET /en/" + MARK + b" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    heard = answers_in(wire.say(first + second))

    assert [200, 404] == [status for status, _ in heard]
    assert MARK in heard[1][1]


def test_a_body_that_nobody_read_is_not_the_next_request(wire: Wire) -> None:
    body = SMUGGLED * 3
    post = (
        b"POST /en/nothing HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n"
        b"Content-Type: text/plain\r\nConnection: close\r\n\r\n" % len(body)
    )
    heard = wire.say(post + body)

    assert [404] == [status for status, _ in answers_in(heard)]
    assert MARK not in heard


def test_the_host_and_what_proxies_add_decide_and_show_nothing(wire: Wire) -> None:
    added = [
        b"X-Forwarded-Host: " + MARK + b".example",
        b"X-Forwarded-Proto: https",
        b"X-Forwarded-For: 127.0.0.1",
        b"X-Forwarded-Port: 444",
        b"X-Forwarded-Prefix: /" + MARK,
        b"X-Forwarded-Ssl: on",
        b"Forwarded: for=127.0.0.1;host=" + MARK + b";proto=https",
        b"X-Real-IP: 127.0.0.1",
        b"X-Host: " + MARK,
        b"Front-End-Https: on",
        b"Via: 1.1 " + MARK,
        b"True-Client-IP: 127.0.0.1",
    ]
    forms = (b"/en/ask", b"/en/code", b"/en/staff/unlock", b"/en/staff/join")
    for target in (*forms, b"/", b"/en/", b"/en/staff", b"/en/exit", b"/en/none"):
        plain = told(wire.get(target))
        hosts = [
            b"GET %s HTTP/1.1\r\nHost: " % target + MARK + b".example\r\n",
            b"GET %s HTTP/1.1\r\n" % target,
            b"GET %s HTTP/1.1\r\nHost: " % target + MARK + b"\r\nHost: " + HOST.encode() + b"\r\n",
            b"GET http://" + MARK + b".example%s HTTP/1.1\r\nHost: " % target + b"x\r\n",
            b"GET %s HTTP/1.1\r\nHost: " % target + MARK + b'"><script>\r\n',
            b"GET %s HTTP/1.1\r\nHost: \r\n" % target,
        ]

        assert plain == told(wire.get(target, *added))
        for request in hosts:
            heard = wire.say(request + b"Connection: close\r\n\r\n")

            assert MARK not in heard
            assert told(heard) == plain or answers_in(heard)[0][0] == 400, request
        assert b"Secure" not in plain and b"strict-transport" not in plain.lower()


def test_only_the_address_decides_what_a_public_page_shows(wire: Wire) -> None:
    """Nothing that a cache would not look at changes a page, but where Vary says so."""
    unkeyed = [
        b"Accept-Language: he",
        b"Accept: application/json",
        b"Accept-Encoding: gzip",
        b"User-Agent: " + MARK,
        b"Referer: https://elsewhere.example/" + MARK,
        b"Cookie: lang=he; " + MARK + b"=1",
        b"Origin: https://elsewhere.example",
        b"Authorization: Basic " + MARK,
        b"X-Requested-With: XMLHttpRequest",
        b"DNT: 1",
        b"Save-Data: on",
        b"If-None-Match: *",
        b"If-Modified-Since: Thu, 01 Jan 2037 00:00:00 GMT",
        b"Range: bytes=0-9",
    ]
    for target in (b"/en/", b"/be/help", b"/en/ask", b"/ru/code", b"/en/nothing", b"/en/staff"):
        assert told(wire.get(target)) == told(wire.get(target, *unkeyed)), target
    front = wire.get(b"/", *unkeyed)

    assert b"location: /he/" in front
    assert b"vary: accept-language" in front.lower()
    assert b"cache-control: no-store" in front


TRICKS = [
    b"/static/../../../../etc/passwd",
    b"/static/..%2f..%2f..%2fetc%2fpasswd",
    b"/static/%2e%2e/%2e%2e/etc/passwd",
    b"/static/%252e%252e%252fetc%252fpasswd",
    b"/static/..\\..\\etc\\passwd",
    b"/static/..%5c..%5cetc%5cpasswd",
    b"/static/%c0%ae%c0%ae/%c0%ae%c0%ae/etc/passwd",
    b"/static/..%c0%afetc/passwd",
    b"/static/portal.css%00.svg",
    b"/static/portal.css",
    b"/static/",
    b"/static",
    b"/static//etc/passwd",
    b"/static/C:/windows/win.ini",
    b"/static/portal.css::$DATA",
    b"/static/....//....//etc/passwd",
    b"/%2fetc/passwd",
    b"//etc/passwd",
    b"/etc/passwd",
    b"/.git/config",
    b"/pe.toml",
    b"/en/../static/../pe.toml",
    b"/en/staff/..;/",
    b"/en/;/staff",
    b"/en/staff%2f",
    b"/en/staff/requests/..%2f..%2fme",
    b"/en/staff/requests/%2e%2e%2fme/files/%2e%2e",
    b"//elsewhere.example/%2e%2e",
    b"///elsewhere.example",
    b"/\\elsewhere.example",
    b"/%5celsewhere.example",
    b"/%09/elsewhere.example",
    b"/EN/",
    b"/en./",
    b"/en%20/",
    b"/%ff%fe",
    b"/en/%",
    b"/en/%zz",
    b"*",
    b"elsewhere.example:443",
    b"javascript:alert(7)",
    b"/\xd0\x90",
    b"/" + b"a/" * 5_000,
    b"/en/" + b"%25" * 5_000,
]


def test_no_trick_with_a_path_finds_anything(wire: Wire) -> None:
    for trick in TRICKS:
        answer = wire.get(trick)
        status, whole = answers_in(answer)[0]

        assert status in (400, 404) or (
            # The guard of the staff pages comes before what their addresses name.
            status == 303 and b"location: /en/staff/unlock\r\n" in whole
        ), trick
        assert b"root:" not in whole and b"[embassy]" not in whole
        assert b"elsewhere.example" not in whole, trick
        assert len(whole) < 60_000


def test_nothing_of_all_this_is_logged(
    pe_embassy: TestEmbassy,
    wire: Wire,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.DEBUG)

    def broken(_: object) -> None:
        raise ValueError(f"{MARK.decode()}\x1b[31m\nERROR forged")

    monkeypatch.setattr(pe_embassy.desk.visits, "find", broken)
    evil = MARK + b"\x1b[31m\x1b]0;x\x07%0aERROR%20forged"
    for target in (b"/" + evil, b"/en/?" + evil, b"/en/%1b%5b31m%0d%0a" + MARK, b"/en/" + MARK):
        wire.get(target, b"X-Evil: " + evil, b"User-Agent: " + evil)
    wire.get(b"/en/mine?" + MARK, b"Cookie: pe_visit=" + MARK)
    wire.say(evil + b"\r\n\r\n")
    wire.say(b"GET / HTTP/9.9" + evil + b"\r\n\r\n")
    wire.say(b"GET /%00 HTTP/1.1\r\n" + evil + b"\r\n\r\n")
    typed = f"token=x&name={MARK.decode()}%0aERROR+forged%1b%5b2J&code={MARK.decode()}".encode()
    for address in (b"/en/code", b"/en/staff/unlock", b"/en/ask"):
        wire.say(
            b"POST %s HTTP/1.1\r\nHost: %s\r\nOrigin: %s\r\nConnection: close\r\n"
            % (address, HOST.encode(), OWN.encode())
            + b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s"
            % (len(typed), typed)
        )
    body = multipart([("token", MARK.decode()), (MARK.decode(), "\x1b[2J")])
    wire.say(
        b"POST /en/mine/word HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
        b"Content-Type: multipart/form-data; boundary=edge\r\nContent-Length: %d\r\n\r\n%s"
        % (len(body), body)
    )
    # pytest hangs its own ear on this logger; in the service it has none, and hands nothing up.
    access = logging.getLogger("uvicorn.access")
    ours = [r for r in caplog.records if r.name != access.name and r.name != "asyncio"]
    logged = "\n".join(record.getMessage() + str(record.exc_info or "") for record in ours)

    assert not access.propagate
    assert "ValueError at " in logged, "our own fault is, by its class and place"
    assert MARK.decode() not in logged
    assert "forged" not in logged
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", logged)
