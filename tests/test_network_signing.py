"""A request from an embassy is its own, whole, meant for us and of these minutes, or nothing."""

import asyncio
import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from pe_core.errors import PacketRefused
from pe_core.network.signing import KeyOf, Nonces, Verified, sign_request, verify_request
from pe_core.vault.keys import Seed, keys_of, verify
from pe_core.vault.keysets import key_id

PEER, OTHER = keys_of(Seed(bytes(32))), keys_of(Seed(b"\1" * 32))
URL = "https://yy.example/peer/inbox"
BODY = b'{"type": "hello"}'
NOW = 1_795_500_000
NONCE = "0123456789abcdefABCDEF"
Headers = dict[str, str]
ID = key_id(PEER.verify_key)


def signed(body: bytes = BODY, *, url: str = URL, nonce: str = NONCE) -> Headers:
    """Return what PEER signed, with names as a server hands them over."""
    headers = sign_request(PEER, "zz", url, body, now=NOW, nonce=nonce)
    return {name.lower(): value for name, value in headers.items()}


async def key_of(sender: str, key: str) -> bytes | None:
    """Know one key of one embassy."""
    return PEER.verify_key if (sender, key) == ("zz", ID) else None


def taken(
    headers: Headers, *, body: bytes = BODY, url: str = URL, now: int = NOW, keys: KeyOf = key_of
) -> Verified:
    """Return who sent a request; raises PacketRefused."""
    return asyncio.run(verify_request(url, headers, body, key_of=keys, now=now))


def refused(headers: Headers, **more: Any) -> str:
    """Return the word with which a request is refused."""
    with pytest.raises(PacketRefused) as error:
        taken(headers, **more)
    assert 401 == error.value.status
    return error.value.code


def test_a_request_has_the_headers_of_the_profile() -> None:
    headers = sign_request(PEER, "zz", URL, BODY, now=NOW, nonce=NONCE)

    assert ["Content-Type", "Content-Digest", "Signature-Input", "Signature"] == list(headers)
    assert (
        'pe=("@method" "@target-uri" "content-type" "content-digest")'
        f';created={NOW};keyid="zz:{ID}";alg="ed25519";expires={NOW + 300}'
        f';nonce="{NONCE}";tag="pe-peer-1"'
    ) == headers["Signature-Input"]
    assert "application/json" == headers["Content-Type"]


@pytest.mark.parametrize("body", [b"", BODY, bytes(range(256)) * 1024])
def test_what_we_sign_we_verify(body: bytes) -> None:
    assert Verified(sender="zz", key=ID, nonce=NONCE, created=NOW) == taken(signed(body), body=body)


@pytest.mark.parametrize(
    ("apart", "expected"),
    [
        (-301, "out_of_time"),
        (-300, None),
        (-299, None),
        (0, None),
        (299, None),
        (300, None),
        (301, "out_of_time"),
        (10**9, "out_of_time"),
        (-NOW, "out_of_time"),
    ],
)
def test_clocks_may_be_five_minutes_apart(apart: int, expected: str | None) -> None:
    if expected is None:
        assert NOW == taken(signed(), now=NOW + apart).created
    else:
        assert expected == refused(signed(), now=NOW + apart)


@pytest.mark.parametrize("missing", ["content-type", "content-digest", "signature"])
def test_a_request_without_one_of_its_headers_is_refused(missing: str) -> None:
    headers = signed()
    del headers[missing]

    assert "bad_signature" == refused(headers)


def test_a_request_without_a_signature_is_told_so() -> None:
    headers = {"content-type": "application/json", "content-digest": signed()["content-digest"]}

    assert "not_signed" == refused(headers)
    assert "not_signed" == refused({})


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://yy.example/peer/inbox", "bad_signature"),
        ("https://zz.example/peer/inbox", "bad_signature"),
        ("https://yy.example:444/peer/inbox", "bad_signature"),
        ("https://yy.example/peer/inbox/", "bad_signature"),
        ("https://yy.example/peer/inbox?", "bad_signature"),
        ("https://yy.example/peer/inbo%78", "bad_signature"),
    ],
)
def test_what_was_sent_to_another_address_is_refused(url: str, expected: str) -> None:
    assert expected == refused(signed(), url=url)
    assert expected == refused(signed(url=url))


def test_a_changed_body_is_refused() -> None:
    assert "bad_digest" == refused(signed(), body=BODY + b" ")
    assert "bad_digest" == refused(signed(), body=b"")


def changed(name: str, old: str, new: str) -> Callable[[Headers], Headers]:
    """Return what puts another text into one header."""

    def change(headers: Headers) -> Headers:
        assert re.search(old, headers[name])
        return {**headers, name: re.sub(old, new, headers[name], count=1)}

    return change


INPUT = "signature-input"


@pytest.mark.parametrize(
    "change",
    [
        changed("content-type", "application/json", "text/plain"),
        changed("content-type", "json", "json; charset=utf-8"),
        changed("content-type", "application", "Application"),
        changed("content-digest", "sha-256=:.", "sha-256=:A"),
        changed("content-digest", "$", ", sha-512=:AAAA:"),
        changed("content-digest", "sha-256", "sha-512"),
        changed("content-digest", "^.*$", ""),
        changed("signature", "pe=:..", "pe=:AA"),
        changed("signature", "^pe=", "other="),
        changed("signature", "^.*$", "pe=::"),
        changed("signature", "^.*$", 'pe="x"'),
        changed("signature", "^.*$", "pe"),
        changed("signature", "$", ", other=:AAAA:"),
        changed("signature", "^", "pe=:AAAA:, "),
        changed("signature", "$", ";x=1;x=\u00e9"),
        changed("signature", "^.*$", "x" * 1001),
        changed(INPUT, "^pe=", "other="),
        changed(INPUT, "^", 'pe=("@method");created=1, '),
        changed(INPUT, "$", ', other=("@method");created=1'),
        changed(INPUT, '"@method" ', ""),
        changed(INPUT, '"@target-uri" ', ""),
        changed(INPUT, '"content-type" ', ""),
        changed(INPUT, ' "content-digest"', ""),
        changed(INPUT, '"@target-uri"', '"@path"'),
        changed(INPUT, '"@method" "@target-uri"', '"@target-uri" "@method"'),
        changed(INPUT, ' "content-digest"', ' "content-digest" "content-digest"'),
        changed(INPUT, ' "content-digest"', ' "content-digest";sf'),
        changed(INPUT, ' "content-digest"', ' "content-digest" "host"'),
        changed(INPUT, '"@method" "', '"@method"  "'),
        changed(INPUT, f"created={NOW}", f"created={NOW - 1}"),
        changed(INPUT, f"created={NOW}", "created=1"),
        changed(INPUT, f";created={NOW}", ""),
        changed(INPUT, f";created={NOW}", f';created="{NOW}"'),
        changed(INPUT, f";created={NOW}", f";created={NOW}.0"),
        changed(INPUT, f";created={NOW}", f";created=-{NOW}"),
        changed(INPUT, f";created={NOW}", f";created={NOW};created={NOW}"),
        changed(INPUT, f"expires={NOW + 300}", f"expires={NOW + 299}"),
        changed(INPUT, f"expires={NOW + 300}", f"expires={NOW + 301}"),
        changed(INPUT, f"expires={NOW + 300}", f"expires={NOW}"),
        changed(INPUT, f"expires={NOW + 300}", "expires=" + "9" * 400),
        changed(INPUT, f";expires={NOW + 300}", ""),
        changed(INPUT, ';alg="ed25519"', ""),
        changed(INPUT, 'alg="ed25519"', 'alg="hmac-sha256"'),
        changed(INPUT, 'alg="ed25519"', "alg=ed25519"),
        changed(INPUT, f'nonce="{NONCE}"', f'nonce="{NONCE[::-1]}"'),
        changed(INPUT, f'nonce="{NONCE}"', 'nonce="short"'),
        changed(INPUT, f'nonce="{NONCE}"', f'nonce="{"n" * 65}"'),
        changed(INPUT, f';nonce="{NONCE}"', ""),
        changed(INPUT, 'tag="pe-peer-1"', 'tag="pe-peer-2"'),
        changed(INPUT, ';tag="pe-peer-1"', ""),
        changed(INPUT, f'keyid="zz:{ID}"', f'keyid="zz:{ID.upper()}"'),
        changed(INPUT, f'keyid="zz:{ID}"', 'keyid="https://zz.example/key"'),
        changed(INPUT, f';keyid="zz:{ID}"', ""),
        changed(INPUT, "$", ";more=1"),
        changed(INPUT, "$", ";"),
        changed(INPUT, "$", "\n"),
        changed(INPUT, "^", " "),
        changed(INPUT, "^.*$", "pe"),
        changed(INPUT, "^.*$", "pe=()"),
        changed(INPUT, "^.*$", ""),
        changed(INPUT, "^.*$", "x" * 1001),
    ],
)
def test_whatever_is_changed_in_a_header_is_refused(
    change: Callable[[Headers], Headers],
) -> None:
    said = refused(change(signed()))

    assert said in ("bad_signature", "out_of_time")


@pytest.mark.parametrize(
    "name", [f"yy:{ID}", f"zz:{key_id(OTHER.verify_key)}", f"zzz:{ID}", "zz:" + "0" * 16]
)
def test_a_key_that_is_not_known_under_this_name_is_refused(name: str) -> None:
    headers = changed(INPUT, f'keyid="zz:{ID}"', f'keyid="{name}"')(signed())

    assert "unknown_key" == refused(headers)


def test_a_key_that_is_not_what_its_id_says_is_refused() -> None:
    async def mistaken(sender: str, key: str) -> bytes | None:
        return OTHER.verify_key

    assert "unknown_key" == refused(signed(), keys=mistaken)


def test_another_key_under_the_right_name_has_signed_nothing() -> None:
    theirs = sign_request(OTHER, "zz", URL, BODY, now=NOW, nonce=NONCE)
    headers = {name.lower(): value for name, value in theirs.items()}
    headers[INPUT] = headers[INPUT].replace(key_id(OTHER.verify_key), ID)

    assert "bad_signature" == refused(headers)


def test_no_key_is_asked_for_before_the_profile_and_the_time_are_right() -> None:
    asked = []

    async def note(sender: str, key: str) -> bytes | None:
        asked.append((sender, key))
        return None

    for headers, now in (
        (changed(INPUT, 'tag="pe-peer-1"', 'tag="x"')(signed()), NOW),
        (signed(), NOW + 301),
        ({}, NOW),
    ):
        refused(headers, keys=note, now=now)

    assert [] == asked


def test_what_is_signed_for_the_wire_is_no_other_signature_of_the_vault() -> None:
    body = b'"@method": POST'

    assert not verify(PEER.verify_key, "receipt", body, PEER.sign_exact(body))


def said(nonce: str, *, sender: str = "zz", created: int = NOW) -> Verified:
    """Return a proved request."""
    return Verified(sender=sender, key=ID, nonce=nonce, created=created)


def test_a_nonce_is_taken_again_with_the_same_body_only() -> None:
    nonces = Nonces()
    nonces.take(said("a"), "digest 1", NOW)
    nonces.take(said("a"), "digest 1", NOW + 299)
    nonces.take(said("a", sender="yy"), "digest 2", NOW)
    nonces.take(said("b"), "digest 2", NOW)

    with pytest.raises(PacketRefused, match="bad_signature"):
        nonces.take(said("a"), "digest 2", NOW)


def test_nonces_take_up_no_more_than_their_room_and_the_oldest_go_first() -> None:
    nonces = Nonces(most=2)
    for number in range(4):
        nonces.take(said(str(number)), "digest 1", NOW)
    nonces.take(said("0"), "digest 2", NOW)

    with pytest.raises(PacketRefused):
        nonces.take(said("3"), "digest 2", NOW)


def test_nonces_whose_time_is_over_make_room_before_others_do() -> None:
    nonces = Nonces(most=2)
    nonces.take(said("new", created=NOW + 601), "digest 1", NOW + 601)
    nonces.take(said("old"), "digest 1", NOW)
    nonces.take(said("newer", created=NOW + 601), "digest 1", NOW + 601)

    with pytest.raises(PacketRefused):
        nonces.take(said("new", created=NOW + 601), "digest 2", NOW + 601)
    nonces.take(said("old"), "digest 2", NOW + 601)


def test_the_library_is_loaded_when_a_packet_is_first_signed() -> None:
    code = (
        "import sys, pe_core.network.signing; "
        "print({'http_message_signatures', 'http_sf'} & set(sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "set()\n" == run.stdout
