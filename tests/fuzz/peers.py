"""Targets of what other embassies send, and of what people type about them."""

import msgspec

from pe_core.errors import EnvelopeRefused, KeysetRefused, NotAllowed, PacketRefused
from pe_core.model.peer import Kind
from pe_core.model.referral import Share
from pe_core.network import wire
from pe_core.network.addresses import read_origin
from pe_core.network.bodies import decode_body, encode_body
from pe_core.network.letters import LETTER_TYPE, open_letter, to_sign
from pe_core.network.receipts import RECEIPT, read_receipt
from pe_core.network.signing import SIGNED_HEADERS, verify_request
from pe_core.network.strict import read_packet
from pe_core.network.words import read_words
from pe_core.vault import seal
from pe_core.vault.keys import Seed, keys_of
from pe_core.vault.keysets import KEYSET as KEYSET_PURPOSE
from pe_core.vault.keysets import (
    KEYSET_LASTS,
    REFERRAL_KEY,
    Keyset,
    Signed,
    key_id,
    read_keyset,
    read_referral_key,
)

from .cutting import as_typed, run
from .guides import shared_guide

NOW = 1_795_500_000
URL = "https://yy.example/peer/inbox"
BODY = b"{}"
PEER = keys_of(Seed(bytes(32)))
ID = "a" * 26
KEYSET = Keyset(
    embassy="zz",
    root=b"",
    serial=1,
    previous=b"",
    peer=b"",
    desk=PEER.verify_key,
    made=NOW,
    until=NOW,
)
WORDS = ("not_signed", "bad_signature", "bad_digest", "out_of_time", "unknown_key")


def packet(data: bytes) -> None:
    """The body of a POST to the inbox: a packet that is read alike once more, or a refusal."""
    try:
        read = read_packet(data)
    except PacketRefused as refused:
        assert refused.code in ("too_large", "not_json", "not_a_packet")
        assert refused.code == str(refused)
        return
    assert read == read_packet(wire.encode_packet(read))


def signed_headers(data: bytes) -> None:
    """The headers of such a POST, a line each: what our peer signed, or a word of refusal."""
    lines = data.decode("latin-1").split("\n")
    headers = {name: line for name, line in zip(SIGNED_HEADERS, lines, strict=False) if line}
    try:
        verified = run(verify_request(URL, headers, BODY, key_of=_key_of, now=NOW))
    except PacketRefused as refused:
        assert (401, str(refused)) == (refused.status, refused.code) and refused.code in WORDS
        return
    # Nobody else has the key, so it is what the seed says, with spaces around it at most.
    assert ("zz", NOW) == (verified.sender, verified.created)
    assert "application/json" == headers["content-type"].strip(" \t")


async def _key_of(sender: str, key: str) -> bytes | None:
    return PEER.verify_key


def letter_body(data: bytes) -> None:
    """What a turned desk could put into a letter: a body of each kind that is written back."""
    for kind in Kind:
        try:
            body = decode_body(kind, data)
        except EnvelopeRefused:
            continue
        assert decode_body(kind, encode_body(body)) == body
        if isinstance(body, Share):
            shared_guide(body.guide)


def letter(data: bytes) -> None:
    """What a turned desk could sign and seal to us: a letter that fits its packet, or refused."""
    signed = wire.SignedLetter(
        type=LETTER_TYPE,
        payload=data,
        key=key_id(PEER.verify_key),
        signature=PEER.sign_exact(to_sign(LETTER_TYPE, data)),
    )
    for plain in (data, msgspec.msgpack.encode(signed)):
        try:
            read = open_letter(_packet(plain), PEER, KEYSET)
        except EnvelopeRefused:
            continue
        assert (ID, "zz", "yy", ID, 1) == (read.id, read.sender, read.to, read.thread, read.number)


def _packet(plain: bytes) -> wire.Sealed:
    return wire.Sealed(
        id=ID,
        sender="zz",
        to="yy",
        created=NOW,
        thread=ID,
        number=1,
        epoch="referral/2026-W48.1",
        until=NOW + 1,
        sealed=seal(plain, to=[PEER.public], context=("peer", "yy", ID)),
    )


def peer_keys(data: bytes) -> None:
    """Keys as another embassy shows them, and as one signs whatever it likes: possible ones."""
    signed = msgspec.msgpack.encode(Signed(body=data, signature=PEER.sign(KEYSET_PURPOSE, data)))
    for raw in (data, signed):
        try:
            keyset = read_keyset(raw)
        except KeysetRefused:
            continue
        assert 3 == len({keyset.root, keyset.peer, keyset.desk})
        assert 0 < keyset.until - keyset.made <= KEYSET_LASTS and keyset.serial >= 1
    signed = msgspec.msgpack.encode(Signed(body=data, signature=PEER.sign(REFERRAL_KEY, data)))
    for raw in (data, signed):
        try:
            dated = read_referral_key(raw, KEYSET)
        except KeysetRefused:
            continue
        assert "zz" == dated.embassy and dated.made < dated.until
        assert seal(b"", to=[dated.public], context=("peer", "zz", ID))


def peer_receipt(data: bytes) -> None:
    """What a peer answers with: what its key signed, or refused."""
    body = msgspec.json.encode(wire.Receipt(body=data, signature=PEER.sign(RECEIPT, data)))
    for raw in (data, body):
        try:
            outcome = read_receipt(raw, PEER.verify_key)
        except PacketRefused as refused:
            assert "bad_receipt" == refused.code
            continue
        assert len(outcome.id) == 26


def peer_address(data: bytes) -> None:
    """The address of a portal as it is typed: an origin that is read alike again, or refused."""
    try:
        origin = read_origin(as_typed(data))
    except NotAllowed as refused:
        assert "staff.peers.address" == refused.key
        return
    assert origin == read_origin(origin)
    assert not set(origin) & set("@#? \\") and 2 == origin.count("/")


def peer_words(data: bytes) -> None:
    """Words or digits that were read aloud: sixteen bytes, or what is wrong with them."""
    try:
        assert 16 == len(read_words(as_typed(data)))
    except NotAllowed as refused:
        assert refused.key.startswith("staff.peers.words.")
