"""Where other embassies knock: what they are told, what is taken, how much, and why not."""

from collections.abc import Iterator
from typing import Any

import httpx
import msgspec
import pytest

from knocking import Knocker, Run, neighbourhood, refused
from neighbours import Wire, arrived, make_letter
from pe_core.desk.sealing import new_id
from pe_core.errors import NothingToSealTo, StoreError
from pe_core.model.peer import PeerCode
from pe_core.network.admission import PEER_BURST, STRANGER_BURST
from pe_core.network.identity import make_hello
from pe_core.network.receipts import read_receipt
from pe_core.network.wire import INBOX, KEYS, MOST_BYTES, Introduction, encode_packet
from pe_core.store import PeerRow, Update
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.vault import keys_of, new_seed
from pe_core.vault.keysets import sign_keyset
from pe_core.web import peers


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Wire, Run]]:
    """Two embassies that have confirmed each other; aa knocks at bb."""
    with neighbourhood(tmp_path_factory.mktemp("place"), ["aa", "bb"]) as opened:
        yield opened


@pytest.fixture
def knocker(place: tuple[Wire, Run]) -> Knocker:
    """Whoever knocks."""
    return Knocker(*place)


def letter(knocker: Knocker, **more: Any) -> Any:
    """Return a letter from aa to bb."""
    return knocker.run(make_letter(knocker.wire, "aa", "bb", **more))


def stranger(knocker: Knocker, code: str = "cc") -> tuple[Any, Any]:
    """Return the peer key of an embassy that bb does not know, and its hello."""
    root, peer, desk = (keys_of(new_seed()) for _ in range(3))
    keyset = sign_keyset(root, code, peer=peer.verify_key, desk=desk.verify_key, now=knocker.now)
    hello = make_hello(knocker.wire.embassies["aa"].desk, knocker.own["aa"], PeerCode("bb"))
    changed = {"id": new_id(), "sender": code, "keyset": keyset, "referral": None}
    return peer, msgspec.structs.replace(hello, **changed)


def test_anybody_is_told_who_the_embassy_is(knocker: Knocker) -> None:
    answer = knocker.ask("GET", KEYS)
    told = msgspec.json.decode(answer.content, type=Introduction)

    assert (200, "application/json") == (answer.status_code, answer.headers["content-type"])
    assert ("bb", "https://bb.example") == (told.embassy, told.address)
    assert knocker.own["bb"].signed == told.keyset
    assert len(answer.content) < 16 * 1024, "the door reads no more"


def test_an_embassy_that_has_not_begun_says_that_nobody_is_here(
    knocker: Knocker, pe_embassy: TestEmbassy
) -> None:
    knocker.app = pe_embassy.app()
    body = encode_packet(letter(knocker))
    pe_embassy.desk.address = "https://bb.example"

    assert (404, "not_here") == refused(knocker.ask("GET", KEYS))
    assert (401, "unknown_key") == refused(knocker.send(body, knocker.sign(body)))


def test_a_signed_letter_is_taken_and_answered_with_a_receipt(knocker: Knocker) -> None:
    packet = letter(knocker)
    answer = knocker.give(packet)
    outcome = read_receipt(answer.content, knocker.own["bb"].peer.verify_key)

    assert (200, "application/json") == (answer.status_code, answer.headers["content-type"])
    assert (packet.id, "bb", "aa", "kept") == (
        outcome.id,
        outcome.sender,
        outcome.to,
        outcome.done,
    )
    assert [packet.id] == [row.id for row in knocker.run(arrived(knocker.wire, "bb"))]


def test_no_answer_is_kept_shared_with_a_page_or_sets_a_cookie(knocker: Knocker) -> None:
    taken, told = knocker.give(letter(knocker)), knocker.ask("GET", KEYS)
    unsigned = knocker.send(b"{}", {"Content-Type": "application/json"})

    for answer in (taken, told, unsigned):
        assert "no-store" == answer.headers["cache-control"]
        assert "nosniff" == answer.headers["x-content-type-options"]
        assert not {"set-cookie", "access-control-allow-origin"} & set(answer.headers)


def test_a_page_of_another_site_may_not_send_packets(knocker: Knocker) -> None:
    asked = {"Origin": "https://cc.example", "Access-Control-Request-Method": "POST"}
    answer = knocker.ask("OPTIONS", INBOX, headers=asked)

    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_cookies_mean_nothing_at_the_inbox(knocker: Knocker) -> None:
    body = encode_packet(letter(knocker))
    headers = {**knocker.sign(body), "Cookie": "pe_staff=" + "A" * 43}

    assert 200 == knocker.send(body, headers).status_code


def test_the_inbox_is_open_before_the_embassy_takes_requests(knocker: Knocker) -> None:
    knocker.wire.embassies["bb"].desk.is_live = False

    assert 200 == knocker.give(letter(knocker)).status_code


@pytest.mark.parametrize("size", [MOST_BYTES, MOST_BYTES + 1])
def test_a_body_is_256_kib_at_most(knocker: Knocker, size: int) -> None:
    body = b" " * size
    whole = knocker.send(body, knocker.sign(body))
    pieces = knocker.ask("POST", INBOX, content=in_pieces(body), headers=knocker.sign(body))

    expected = (400, "not_json") if size == MOST_BYTES else (413, "too_large")
    assert expected == refused(whole) == refused(pieces)


async def in_pieces(body: bytes) -> Any:
    """Send a body without saying how long it is."""
    for at in range(0, len(body), 50_000):
        yield body[at : at + 50_000]


def test_a_body_said_to_be_larger_is_not_waited_for(knocker: Knocker) -> None:
    headers = {**knocker.sign(b"{}"), "Content-Length": str(MOST_BYTES + 1)}

    assert (413, "too_large") == refused(knocker.send(b"{}", headers))


@pytest.mark.parametrize(
    "kind",
    [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=utf-16",
        "APPLICATION/JSON",
        "application/json, text/plain",
    ],
)
def test_another_kind_of_body_is_refused(knocker: Knocker, kind: str) -> None:
    body = encode_packet(letter(knocker))
    headers = {**knocker.sign(body), "Content-Type": kind}

    assert (415, "wrong_kind") == refused(knocker.send(body, headers))


@pytest.mark.parametrize("coding", ["gzip", "br", "identity"])
def test_a_packed_body_is_never_unpacked(knocker: Knocker, coding: str) -> None:
    body = encode_packet(letter(knocker))
    headers = {**knocker.sign(body), "Content-Encoding": coding}

    assert (415, "wrong_kind") == refused(knocker.send(body, headers))


@pytest.mark.parametrize("name", ["Content-Type", "Content-Digest", "Signature-Input", "Signature"])
def test_a_signed_header_that_comes_twice_is_refused(knocker: Knocker, name: str) -> None:
    body = encode_packet(letter(knocker))
    headers = knocker.sign(body)

    assert (400, "bad_request") == refused(
        knocker.send(body, [*headers.items(), (name.lower(), headers[name])])
    )


def test_a_peer_sends_120_at_once_and_then_one_a_second(knocker: Knocker) -> None:
    packet = letter(knocker)
    statuses = [knocker.give(packet).status_code for _ in range(PEER_BURST)]
    over = knocker.give(packet)
    knocker.wire.clock.move(seconds=2)
    later = [knocker.give(packet).status_code for _ in range(3)]

    assert {200} == set(statuses)
    assert (429, "too_many") == refused(over)
    assert "1" == over.headers["retry-after"]
    assert [200, 200, 429] == later


def test_what_is_not_proved_uses_up_nobodys_quota(knocker: Knocker) -> None:
    packet = letter(knocker)
    body = encode_packet(packet)
    headers = knocker.sign(body, peer=keys_of(new_seed()))
    mine = knocker.sign(body)["Signature-Input"]
    for _ in range(PEER_BURST + 5):
        assert (401, "bad_signature") == refused(
            knocker.send(body, {**headers, "Signature-Input": mine})
        )

    assert 200 == knocker.give(packet).status_code


def test_all_strangers_together_say_hello_twenty_times_an_hour(knocker: Knocker) -> None:
    some = [stranger(knocker, code) for code in ("cc", "dd")]

    def greet(number: int) -> httpx.Response:
        peer, hello = some[number % len(some)]
        return knocker.give(hello, peer=peer, sender=hello.sender)

    statuses = {greet(number).status_code for number in range(STRANGER_BURST)}
    over = greet(0)

    assert {200} == statuses
    assert (429, "too_many") == refused(over)
    assert 0 < int(over.headers["retry-after"]) <= 180
    assert 200 == knocker.give(letter(knocker)).status_code, "a peer is no stranger"

    knocker.wire.clock.move(minutes=3)
    assert [200, 429] == [greet(number).status_code for number in range(2)]


def test_whose_words_nobody_typed_is_a_stranger_still(knocker: Knocker) -> None:
    store = knocker.wire.embassies["bb"].store
    knocker.run(store.write([Update(PeerRow, ("aa",), {"ours": 0, "state": "proposed"})]))
    packet = letter(knocker)
    for _ in range(STRANGER_BURST):
        assert (403, "not_paired") == refused(knocker.give(packet))

    assert (429, "too_many") == refused(knocker.give(packet))


def test_a_clock_that_was_set_back_fills_no_quota_and_takes_none(knocker: Knocker) -> None:
    packet = letter(knocker)
    for _ in range(PEER_BURST):
        knocker.give(packet)
    knocker.wire.clock.move(seconds=-60)
    early = knocker.give(packet)
    knocker.wire.clock.move(seconds=1)

    assert 429 == early.status_code
    assert 200 == knocker.give(packet).status_code


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (StoreError("the disk is full"), (503, "busy")),
        (OSError(28, "secret path"), (503, "busy")),
        (NothingToSealTo("nobody"), (503, "busy")),
        (RuntimeError("secret words"), (500, "broken")),
        (RecursionError(), (500, "broken")),
    ],
)
def test_a_fault_of_ours_is_told_without_its_words(
    knocker: Knocker,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    fault: Exception,
    expected: tuple[int, str],
) -> None:
    async def fail(*_given: Any) -> bytes:
        raise fault

    monkeypatch.setattr(peers, "take_in", fail)
    answer = knocker.give(letter(knocker))

    assert expected == refused(answer)
    assert "secret" not in answer.text + caplog.text


def test_the_log_names_why_a_peers_packet_was_refused_and_keeps_no_line_of_strangers(
    knocker: Knocker, caplog: pytest.LogCaptureFixture
) -> None:
    packet = msgspec.structs.replace(letter(knocker), number=5)
    knocker.give(packet)
    knocker.send(b"{}", {"Content-Type": "application/json"})
    knocker.give(msgspec.structs.replace(packet, id=new_id(), number=4))

    assert ["a packet of aa was refused: out_of_order"] == [
        record.getMessage() for record in caplog.records
    ]


def test_a_refusal_tells_our_time(knocker: Knocker) -> None:
    answer = knocker.send(b"{}", {"Content-Type": "application/json"})

    assert (401, "not_signed") == refused(answer)
    assert knocker.now == answer.json()["now"]


def test_time_is_told_by_the_desks_own_clock(knocker: Knocker) -> None:
    body = encode_packet(letter(knocker))
    headers = knocker.sign(body)
    knocker.wire.clock.move(seconds=301)

    assert (401, "out_of_time") == refused(knocker.send(body, headers))


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
@pytest.mark.parametrize(
    "path",
    [
        "/peer",
        "/peer/",
        "/peer/m4rk3r",
        "/peer/m4rk3r/m4rk3r?m4rk3r=m4rk3r",
        "/peer/inbox/m4rk3r",
        "/peer/keys.m4rk3r",
        "/peer/ask",
        "/peer/staff/unlock",
        "/peer//m4rk3r",
        "/peer%2Fm4rk3r",
        "/peer/" + "m4rk3r" * 2000,
    ],
)
def test_what_is_not_there_below_peer_is_refused_as_the_inbox_does(
    knocker: Knocker, path: str, method: str
) -> None:
    sent = {"headers": {"M4rk3r": "m4rk3r", "Accept": "text/html"}, "content": b"m4rk3r"}
    answer = knocker.ask(method, path, **sent)

    assert (404, "not_found") == refused(answer)
    assert knocker.now == answer.json()["now"]
    assert "m4rk3r" not in (answer.text + str(answer.headers)).lower()


@pytest.mark.parametrize(
    ("path", "methods", "allowed"),
    [
        (INBOX, ["GET", "PUT", "DELETE", "PATCH", "M4RK3R"], {"POST", "OPTIONS"}),
        (f"{INBOX}/", ["GET"], {"POST", "OPTIONS"}),
        (KEYS, ["POST", "PUT", "DELETE", "PATCH", "M4RK3R"], {"GET", "OPTIONS"}),
    ],
)
def test_another_method_is_refused_in_json_and_told_which_one_is_right(
    knocker: Knocker, path: str, methods: list[str], allowed: set[str]
) -> None:
    for method in methods:
        answer = knocker.ask(method, f"{path}?m4rk3r=m4rk3r", content=b"m4rk3r")

        assert (405, "wrong_method") == refused(answer)
        assert allowed == set(answer.headers["allow"].split(", "))
        assert "m4rk3r" not in (answer.text + str(answer.headers)).lower()


@pytest.mark.parametrize("path", ["/m4rk3r", "/peers", "/en/peer/inbox", "/en/peer"])
def test_people_still_get_a_page_where_something_is_not_there(knocker: Knocker, path: str) -> None:
    answer = knocker.ask("GET", path)

    assert (404, "text/html; charset=utf-8") == (answer.status_code, answer.headers["content-type"])


def test_what_is_not_there_below_peer_writes_no_line_into_the_log(
    knocker: Knocker, caplog: pytest.LogCaptureFixture
) -> None:
    knocker.ask("GET", "/peer/m4rk3r")
    knocker.ask("PUT", INBOX)

    assert [] == caplog.records
