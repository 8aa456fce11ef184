"""A hostile peer, or somebody in between: whatever is bent is refused, and nothing is written.

Each test sends over the real portal of an embassy that another one knocks at.
"""

import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from knocking import Knocker, Run, neighbourhood, refused
from neighbours import Wire, arrived, make_erase, make_letter
from pe_core.desk.sealing import new_id
from pe_core.door import Door
from pe_core.errors import PacketRefused
from pe_core.model.peer import PeerCode
from pe_core.network.admission import Admission, admit
from pe_core.network.identity import begin_network, make_hello, read_begun
from pe_core.network.wire import INBOX, MOST_BYTES, Sealed, encode_packet
from pe_core.running import gather
from pe_core.store import Insert, PeerKeysetRow, PeerRow, Update, open_store
from pe_core.toolkit.embassy import close_embassy
from pe_core.vault import Passphrases, Seed, join_shares, keys_of, new_seed
from pe_core.vault.keysets import key_id, sign_keyset

MARK = "m4rk3r"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What goes out by the door: nothing must, whoever knocks."""
    urls: list[str] = []

    def note(self: Door, method: str, url: str, *_rest: Any) -> Awaitable[bytes]:
        urls.append(url)
        raise AssertionError("somebody made us ask")

    monkeypatch.setattr(Door, "_send", note)
    return urls


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Wire, Run]]:
    """Three embassies that have confirmed each other; they knock at bb."""
    with neighbourhood(tmp_path_factory.mktemp("place"), ["aa", "bb", "cc"]) as opened:
        yield opened


@pytest.fixture
def knocker(place: tuple[Wire, Run], asked: list[str]) -> Iterator[Knocker]:
    """Whoever knocks; afterwards, nobody was asked for anything."""
    yield Knocker(*place)
    assert [] == asked


@pytest.fixture
def letter(knocker: Knocker) -> Sealed:
    """A letter from aa to bb."""
    made: Sealed = knocker.run(make_letter(knocker.wire, "aa", "bb", text=MARK.encode()))
    return made


def kept(knocker: Knocker) -> list[str]:
    """Return the ids of what bb took in."""
    return [row.id for row in knocker.run(arrived(knocker.wire, "bb"))]


@pytest.mark.parametrize("seconds", [0, 1, 299])
def test_a_replay_within_the_window_has_no_second_effect(
    knocker: Knocker, letter: Sealed, seconds: int
) -> None:
    body = encode_packet(letter)
    headers = knocker.sign(body)
    first = knocker.send(body, headers)
    before = knocker.rows()
    knocker.wire.clock.move(seconds=seconds)
    again = knocker.send(body, headers)

    assert (200, 200) == (first.status_code, again.status_code)
    assert first.content == again.content, "the sender may not have heard the first answer"
    assert [letter.id] == kept(knocker)
    assert before == knocker.rows()


def test_a_replay_after_the_window_is_refused(knocker: Knocker, letter: Sealed) -> None:
    body = encode_packet(letter)
    headers = knocker.sign(body)
    knocker.send(body, headers)
    knocker.wire.clock.move(seconds=301)

    assert (401, "out_of_time") == refused(knocker.send(body, headers))


def test_a_replay_after_a_restart_has_no_second_effect(knocker: Knocker, letter: Sealed) -> None:
    body = encode_packet(letter)
    headers = knocker.sign(body)
    first = knocker.send(body, headers)
    before = knocker.rows()
    restart(knocker)
    again = knocker.send(body, headers)

    assert first.content == again.content
    assert before == knocker.rows()


def restart(knocker: Knocker) -> None:
    """End bb's process, as far as one process can, and begin it anew from its files."""
    ended = knocker.wire.embassies["bb"]

    async def act() -> Any:
        await close_embassy(ended)
        running = await gather(
            ended.settings,
            ended.folder,
            ended.plugins,
            await open_store(ended.folder),
            now=ended.clock.now,
            passphrases=Passphrases(memory_mib=1),
            config=ended.folder / "pe.toml",
        )
        running.desk.address = ended.desk.address
        return running.desk

    desk = knocker.run(act())
    knocker.wire.embassies["bb"] = replace(ended, desk=desk, store=desk.store)
    knocker.restart()


def test_a_replay_of_what_was_taken_back_brings_nothing_back(
    knocker: Knocker, letter: Sealed
) -> None:
    body = encode_packet(letter)
    headers = knocker.sign(body)
    knocker.send(body, headers)
    knocker.give(make_erase(letter))
    knocker.send(body, headers)
    rows = knocker.run(arrived(knocker.wire, "bb"))

    assert [None] == [row.body for row in rows if row.id == letter.id]


def test_a_nonce_over_two_packets_is_refused(knocker: Knocker, letter: Sealed) -> None:
    nonce = knocker.nonce()
    other = msgspec.structs.replace(letter, id=new_id(), number=2)

    assert 200 == knocker.give(letter, nonce=nonce).status_code
    assert (401, "bad_signature") == refused(knocker.give(other, nonce=nonce))
    assert [letter.id] == kept(knocker)


@pytest.mark.parametrize("hours", [1, 13, 24 * 14])
def test_what_is_stale_is_refused(knocker: Knocker, letter: Sealed, hours: int) -> None:
    body = encode_packet(letter)
    headers = knocker.sign(body)
    knocker.wire.clock.move(hours=hours)

    assert (401, "out_of_time") == refused(knocker.send(body, headers))
    assert [] == kept(knocker)


def test_a_body_of_another_digest_is_refused(knocker: Knocker, letter: Sealed) -> None:
    other = msgspec.structs.replace(letter, number=2)
    headers = knocker.sign(encode_packet(letter))
    digest = knocker.sign(encode_packet(other))["Content-Digest"]

    assert (401, "bad_digest") == refused(knocker.send(encode_packet(other), headers))
    assert (401, "bad_signature") == refused(
        knocker.send(encode_packet(other), {**headers, "Content-Digest": digest})
    )
    assert [] == kept(knocker)


@pytest.mark.parametrize(
    ("stripped", "expected"),
    [
        (("Signature", "Signature-Input"), "not_signed"),
        (("Signature",), "bad_signature"),
        (("Signature-Input",), "bad_signature"),
        (("Content-Digest",), "bad_signature"),
    ],
)
def test_a_stripped_signature_is_refused(
    knocker: Knocker, letter: Sealed, stripped: tuple[str, ...], expected: str
) -> None:
    body = encode_packet(letter)
    headers = {k: v for k, v in knocker.sign(body).items() if k not in stripped}

    assert (401, expected) == refused(knocker.send(body, headers))
    assert [] == kept(knocker)


def test_a_second_signature_is_refused_though_both_are_good(
    knocker: Knocker, letter: Sealed
) -> None:
    body = encode_packet(letter)
    one, two = knocker.sign(body), knocker.sign(body, peer=knocker.own["cc"].peer, sender="cc")
    names = ("Signature-Input", "Signature")
    joined = {name: f"{one[name]}, {two[name].replace('pe=', 'other=', 1)}" for name in names}
    same = {name: f"{one[name]}, {two[name]}" for name in names}

    assert (401, "bad_signature") == refused(knocker.send(body, {**one, **joined}))
    assert (401, "bad_signature") == refused(knocker.send(body, {**one, **same}))
    assert [] == kept(knocker)


def another(found: re.Match[str]) -> str:
    """Return what was found with another last letter, whatever that is by chance."""
    return found[0][:-1] + ("B" if found[0][-1] == "A" else "A")


@pytest.mark.parametrize(
    ("name", "old", "new", "expected"),
    [
        ("Content-Type", "json", "JSON", (415, "wrong_kind")),
        ("Content-Type", "application/json", "text/json", (415, "wrong_kind")),
        ("Content-Digest", "=:.", another, (401, "bad_signature")),
        ("Signature", ":..", another, (401, "bad_signature")),
        ("Signature-Input", "@method", "@path", (401, "bad_signature")),
        ("Signature-Input", '"@target-uri" ', "", (401, "bad_signature")),
        ("Signature-Input", "expires=[0-9]+", "expires=1", (401, "bad_signature")),
        ("Signature-Input", "nonce=.n", 'nonce="N', (401, "bad_signature")),
        ("Signature-Input", "pe-peer-1", "pe-peer-2", (401, "bad_signature")),
        ("Signature-Input", "ed25519", "hmac-sha256", (401, "bad_signature")),
    ],
)
def test_each_signed_part_that_is_changed_is_refused(
    knocker: Knocker,
    letter: Sealed,
    name: str,
    old: str,
    new: str | Callable[[re.Match[str]], str],
    expected: tuple[int, str],
) -> None:
    body = encode_packet(letter)
    headers = knocker.sign(body)
    changed = re.sub(old, new, headers[name], count=1)

    assert changed != headers[name]
    assert expected == refused(knocker.send(body, {**headers, name: changed}))
    assert [] == kept(knocker)


def test_the_moment_of_signing_cannot_be_moved(knocker: Knocker, letter: Sealed) -> None:
    body = encode_packet(letter)
    headers = knocker.sign(body)
    first, knocker_now = knocker.now, knocker.wire.clock
    knocker_now.move(seconds=400)
    moved = {
        name: value.replace(str(first), str(knocker.now)).replace(
            str(first + 300), str(knocker.now + 300)
        )
        for name, value in headers.items()
    }

    assert (401, "bad_signature") == refused(knocker.send(body, moved))


@pytest.mark.parametrize(
    "url",
    [
        f"https://cc.example{INBOX}",
        f"http://bb.example{INBOX}",
        f"https://bb.example:8443{INBOX}",
        f"https://bb.example{INBOX}?a=b",
        "https://bb.example/peer/keys",
    ],
)
def test_what_was_signed_for_another_address_is_refused(
    knocker: Knocker, letter: Sealed, url: str
) -> None:
    assert (401, "bad_signature") == refused(knocker.give(letter, url=url))
    assert [] == kept(knocker)


def test_the_address_is_ours_and_not_what_the_request_calls_us(
    knocker: Knocker, letter: Sealed
) -> None:
    body = encode_packet(letter)
    signed = knocker.sign(body, url=f"https://cc.example{INBOX}")
    told = {"Host": "cc.example", "X-Forwarded-Host": "cc.example", "Forwarded": "host=cc.example"}

    assert (401, "bad_signature") == refused(knocker.send(body, {**signed, **told}))


def test_a_peer_cannot_sign_in_the_name_of_another(knocker: Knocker, letter: Sealed) -> None:
    body = encode_packet(letter)
    theirs = knocker.own["cc"].peer
    named = knocker.sign(body, peer=theirs, sender="aa")
    own_id = key_id(knocker.own["aa"].peer.verify_key)
    renamed = named["Signature-Input"].replace(key_id(theirs.verify_key), own_id)

    assert (401, "unknown_key") == refused(knocker.send(body, named))
    assert (401, "bad_signature") == refused(
        knocker.send(body, {**named, "Signature-Input": renamed})
    )
    assert (403, "not_yours") == refused(knocker.give(letter, peer=theirs, sender="cc"))
    assert [] == kept(knocker)


def test_a_key_that_was_rotated_out_is_refused(knocker: Knocker, letter: Sealed) -> None:
    aa, bb = knocker.wire.embassies["aa"], knocker.wire.embassies["bb"]
    old = knocker.own["aa"].peer
    root = keys_of(Seed(join_shares([aa.opening.root_words])))
    knocker.run(begin_network(aa.desk, root))
    own = knocker.run(read_begun(aa.desk))
    taken = [
        Insert(PeerKeysetRow(peer="aa", serial=own.keyset.serial, day=1, body=own.signed)),
        Update(PeerRow, ("aa",), {"serial": own.keyset.serial}),
    ]
    knocker.run(bb.store.write(taken))

    assert (401, "unknown_key") == refused(knocker.give(letter, peer=old))
    assert 200 == knocker.give(letter, peer=own.peer).status_code


def test_a_new_key_comes_in_a_hello_that_follows_the_keys_we_know(knocker: Knocker) -> None:
    aa = knocker.wire.embassies["aa"]
    root = keys_of(Seed(join_shares([aa.opening.root_words])))
    knocker.run(begin_network(aa.desk, root))
    own = knocker.run(read_begun(aa.desk))
    hello = make_hello(aa.desk, own, PeerCode("bb"), confirmed=True)
    letter = knocker.run(make_letter(knocker.wire, "aa", "bb"))

    assert (401, "unknown_key") == refused(knocker.give(letter, peer=own.peer))
    assert 401 != knocker.give(hello, peer=own.peer).status_code


def test_whoever_has_an_old_key_cannot_pass_on_the_new_ones(knocker: Knocker) -> None:
    aa, old = knocker.wire.embassies["aa"], knocker.own["aa"].peer
    root = keys_of(Seed(join_shares([aa.opening.root_words])))
    knocker.run(begin_network(aa.desk, root))
    own = knocker.run(read_begun(aa.desk))
    hello = make_hello(aa.desk, own, PeerCode("bb"), confirmed=True)
    elsewhere = msgspec.structs.replace(hello, address="https://evil.example")

    assert (401, "unknown_key") == refused(knocker.give(elsewhere, peer=old))


def test_a_keyset_that_does_not_follow_brings_no_key(knocker: Knocker) -> None:
    aa = knocker.wire.embassies["aa"]
    root = keys_of(Seed(join_shares([aa.opening.root_words])))
    peer, desk = keys_of(new_seed()), keys_of(new_seed())
    keyset = sign_keyset(root, "aa", peer=peer.verify_key, desk=desk.verify_key, now=knocker.now)
    hello = make_hello(aa.desk, knocker.own["aa"], PeerCode("bb"))
    changed = msgspec.structs.replace(hello, keyset=keyset, referral=None)

    assert (401, "unknown_key") == refused(knocker.give(changed, peer=peer))


def test_a_hello_of_another_embassy_than_it_says_brings_no_key(knocker: Knocker) -> None:
    hello = make_hello(knocker.wire.embassies["aa"].desk, knocker.own["aa"], PeerCode("bb"))
    peer = knocker.own["aa"].peer
    named = msgspec.structs.replace(hello, sender=PeerCode("dd"))

    assert (401, "unknown_key") == refused(knocker.give(named, peer=peer, sender="dd"))
    assert (401, "unknown_key") == refused(knocker.give(hello, peer=peer, sender="dd"))


def test_only_a_hello_brings_a_key(knocker: Knocker, letter: Sealed) -> None:
    stranger = msgspec.structs.replace(letter, sender=PeerCode("dd"))

    answer = knocker.give(stranger, peer=keys_of(new_seed()), sender="dd")

    assert (401, "unknown_key") == refused(answer)


def test_a_packet_for_somebody_else_is_refused(knocker: Knocker, letter: Sealed) -> None:
    other = msgspec.structs.replace(letter, to=PeerCode("cc"))

    assert (421, "not_here") == refused(knocker.give(other))
    assert [] == kept(knocker)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b" " * (MOST_BYTES + 1), (413, "too_large")),
        (b"[" * 100_000, (400, "not_json")),
        (b'{"a":' * 30_000, (400, "not_json")),
        (b'{"type": "erase", "type": "sealed"}', (400, "not_json")),
        (b'{"type": "erase", "created": NaN}', (400, "not_json")),
        (b'{"type": "erase", "created": 1e400}', (400, "not_json")),
        (b'{"type": "erase", "created": ' + b"9" * 400 + b"}", (400, "not_json")),
        (b'{"type": "erase", "id": "\\ud800"}', (400, "not_json")),
        (b'\xef\xbb\xbf{"type": "erase"}', (400, "not_json")),
        ('{"type": "erase"}'.encode("utf-16"), (400, "not_json")),
        (b"\x1f\x8b\x08" + bytes(100), (400, "not_json")),
        (b'{"type": "m4rk3r"}', (400, "not_a_packet")),
        (b'{"type": "erase", "m4rk3r": "m4rk3r"}', (400, "not_a_packet")),
        (b"", (400, "not_json")),
    ],
)
def test_what_is_no_packet_is_refused_from_a_peer_too_and_not_quoted(
    knocker: Knocker,
    caplog: pytest.LogCaptureFixture,
    body: bytes,
    expected: tuple[int, str],
) -> None:
    before = knocker.rows()
    answer = knocker.send(body, knocker.sign(body))

    assert expected == refused(answer)
    assert MARK not in answer.text + str(answer.headers) + caplog.text
    assert before == knocker.rows()


def test_a_letter_inside_the_largest_packet_is_refused_if_it_is_no_envelope(
    knocker: Knocker, letter: Sealed
) -> None:
    room = MOST_BYTES - len(encode_packet(msgspec.structs.replace(letter, sealed=b"")))
    full = msgspec.structs.replace(letter, sealed=bytes(room // 4 * 3))

    assert (400, "no_envelope") == refused(knocker.give(full))


def test_ten_thousand_made_up_key_ids_make_us_ask_nobody(
    knocker: Knocker, letter: Sealed, asked: list[str]
) -> None:
    body = encode_packet(letter)
    headers = knocker.sign(body)
    before = knocker.rows()
    own_id = key_id(knocker.own["aa"].peer.verify_key)
    desk, admission = knocker.wire.embassies["bb"].desk, Admission()

    def named(number: int) -> dict[str, str]:
        name = headers["Signature-Input"].replace(f"aa:{own_id}", made_up(number))
        return {**headers, "Signature-Input": name}

    async def knock() -> set[str]:
        words = set()
        for number in range(10_000):
            lower = {name.lower(): value for name, value in named(number).items()}
            try:
                await admit(desk, admission, lower, body)
            except PacketRefused as error:
                words.add(error.code)
        return words

    assert {"unknown_key", "bad_signature"} == knocker.run(knock())
    assert {401} == {knocker.send(body, named(number)).status_code for number in range(20)}
    assert [] == asked
    assert before == knocker.rows()
    assert 200 == knocker.send(body, headers).status_code, "and a peer comes in as ever"


def made_up(number: int) -> str:
    """Return a key id that is nobody's: of peers, of strangers, and addresses to ask at."""
    return (
        f"aa:{number:016x}",
        f"dd:{number:016x}",
        f"https://evil{number}.example/key",
        f"acct:a@evil{number}.example",
    )[number % 4]


def test_a_blocked_peer_is_told_no_more_than_a_stranger(knocker: Knocker, letter: Sealed) -> None:
    store = knocker.wire.embassies["bb"].store
    knocker.run(store.write([Update(PeerRow, ("aa",), {"state": "blocked"})]))

    assert (403, "not_known") == refused(knocker.give(letter))
    assert [] == kept(knocker)
