"""A letter opens for its receiver, in its packet, and only if the sender's desk signed it."""

from typing import Any

import msgspec
import pytest

from pe_core.errors import EnvelopeRefused, NothingToSealTo
from pe_core.model.peer import Kind, PacketId, PeerCode, ThreadId
from pe_core.network import letters, wire
from pe_core.network.letters import LETTER_TYPE, open_letter, seal_letter, to_sign
from pe_core.vault import bucket_of, keys_of, new_seed, seal
from pe_core.vault.keysets import Keyset, ReferralKey, key_id

DESK, EPOCH, OTHER = keys_of(new_seed()), keys_of(new_seed()), keys_of(new_seed())
ID, THREAD = "a" * 26, "b" * 26
NOW, UNTIL = 1_795_500_000, 1_796_104_800
TO = ReferralKey(
    embassy="yy", epoch="referral/2026-W48.1", public=EPOCH.public, made=NOW, until=UNTIL
)
KEYSET = Keyset(
    embassy="zz",
    root=bytes(32),
    serial=1,
    previous=b"",
    peer=OTHER.verify_key,
    desk=DESK.verify_key,
    made=NOW,
    until=UNTIL,
)
LETTER = wire.Letter(
    id=PacketId(ID),
    sender=PeerCode("zz"),
    to=PeerCode("yy"),
    thread=ThreadId(THREAD),
    number=1,
    kind=Kind.CONSULT,
    created=NOW,
    until=UNTIL,
    body=b"what would you do",
)


def packet_of(sealed: bytes, **other: Any) -> wire.Sealed:
    """Return the packet that LETTER belongs in, with other fields."""
    fields: dict[str, Any] = {
        "id": ID,
        "sender": "zz",
        "to": "yy",
        "created": NOW,
        "thread": THREAD,
        "number": 1,
        "epoch": TO.epoch,
        "until": UNTIL,
        "sealed": sealed,
    }
    return wire.Sealed(**{**fields, **other})


def sealed_as(plain: bytes) -> bytes:
    """Return anything, sealed as a letter would be."""
    return seal(plain, to=[EPOCH.public], context=("peer", "yy", ID))


def signed_as(letter: wire.Letter, **other: Any) -> bytes:
    """Return a signed and sealed letter whose DSSE envelope says something else."""
    payload = msgspec.msgpack.encode(letter)
    fields: dict[str, Any] = {
        "type": LETTER_TYPE,
        "payload": payload,
        "key": key_id(DESK.verify_key),
        "signature": DESK.sign_exact(to_sign(LETTER_TYPE, payload)),
    }
    return sealed_as(msgspec.msgpack.encode(wire.SignedLetter(**{**fields, **other})))


def test_a_letter_opens_for_its_receiver() -> None:
    sealed = seal_letter(LETTER, DESK, TO)

    assert LETTER == open_letter(packet_of(sealed), EPOCH, KEYSET)
    assert b"what would you do" not in sealed


def test_the_pre_authentication_encoding_is_that_of_dsse() -> None:
    """The example of the DSSE protocol, "http://example.com/HelloWorld" and "hello world"."""
    expected = b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"

    assert expected == to_sign("http://example.com/HelloWorld", b"hello world")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("id", "c" * 26),
        ("sender", "xx"),
        ("to", "xx"),
        ("thread", "c" * 26),
        ("number", 2),
        ("created", NOW + 1),
        ("until", UNTIL + 1),
    ],
)
def test_a_letter_that_says_something_else_than_its_packet_is_refused(
    name: str, value: object
) -> None:
    sealed = seal_letter(LETTER, DESK, TO)
    other = msgspec.structs.replace(LETTER, **{name: value})

    with pytest.raises(EnvelopeRefused):
        open_letter(packet_of(sealed, **{name: value}), EPOCH, KEYSET)
    with pytest.raises(EnvelopeRefused, match="something else than the packet"):
        open_letter(packet_of(signed_as(other)), EPOCH, KEYSET)


def test_a_letter_does_not_open_with_another_key() -> None:
    with pytest.raises(EnvelopeRefused, match="does not open"):
        open_letter(packet_of(seal_letter(LETTER, DESK, TO)), OTHER, KEYSET)


@pytest.mark.parametrize(
    "other",
    [
        {"type": "application/vnd.pe.letter.v2+msgpack"},
        {"type": ""},
        {"key": key_id(OTHER.verify_key)},
        {"key": ""},
        {"signature": b""},
        {"signature": bytes(64)},
        {"signature": DESK.sign("letter", msgspec.msgpack.encode(LETTER))},
        {"signature": DESK.sign_exact(msgspec.msgpack.encode(LETTER))},
        {"signature": DESK.sign_exact(to_sign("", msgspec.msgpack.encode(LETTER)))},
        {"payload": b""},
        {"payload": msgspec.msgpack.encode(msgspec.structs.replace(LETTER, body=b"x"))},
    ],
)
def test_a_letter_that_the_desk_did_not_sign_so_is_refused(other: dict[str, Any]) -> None:
    with pytest.raises(EnvelopeRefused):
        open_letter(packet_of(signed_as(LETTER, **other)), EPOCH, KEYSET)


def test_what_the_peer_key_of_a_server_signs_is_no_letter() -> None:
    sealed = seal_letter(LETTER, OTHER, TO)

    with pytest.raises(EnvelopeRefused, match="another desk"):
        open_letter(packet_of(sealed), EPOCH, KEYSET)


def test_a_letter_is_held_against_the_keys_of_its_sender_alone() -> None:
    keyset = msgspec.structs.replace(KEYSET, embassy="xx")

    with pytest.raises(EnvelopeRefused, match="not from the embassy"):
        open_letter(packet_of(seal_letter(LETTER, DESK, TO)), EPOCH, keyset)


@pytest.mark.parametrize("plain", [b"", b"\x80", b"\xc1", b"\x91" * 20_000, b"words"])
def test_what_is_no_letter_inside_is_refused(plain: bytes) -> None:
    payload = {"payload": plain, "signature": DESK.sign_exact(to_sign(LETTER_TYPE, plain))}

    with pytest.raises(EnvelopeRefused, match="no letter"):
        open_letter(packet_of(sealed_as(plain)), EPOCH, KEYSET)
    with pytest.raises(EnvelopeRefused, match="no letter"):
        open_letter(packet_of(signed_as(LETTER, **payload)), EPOCH, KEYSET)


def test_a_letter_is_sealed_to_whom_it_is_for_and_to_a_key_that_opens() -> None:
    with pytest.raises(EnvelopeRefused, match="of whom it is for"):
        seal_letter(LETTER, DESK, msgspec.structs.replace(TO, embassy="xx"))
    with pytest.raises(NothingToSealTo):
        seal_letter(LETTER, DESK, msgspec.structs.replace(TO, public=bytes(1216)))


def full(size: int) -> wire.Letter:
    """Return the letter with the longest fields and a body of so many bytes."""
    return msgspec.structs.replace(
        LETTER,
        sender="abcdefgh",
        to="yy",
        number=100_000,
        kind=Kind.TRANSFER,
        created=2**53 - 1,
        until=2**53 - 1,
        body=bytes(size),
        answers=ID,
    )


def test_the_largest_letter_is_a_packet_that_passes() -> None:
    sealed = seal_letter(full(letters.MOST_BODY), DESK, TO)
    packet = packet_of(
        sealed,
        sender="abcdefgh",
        to="abcdefgh",
        created=2**53 - 1,
        until=2**53 - 1,
        number=100_000,
        epoch="referral/2026-W48.9999",
    )

    assert letters.MOST_PLAIN + 4 == bucket_of(sealed)
    assert len(wire.encode_packet(packet)) <= wire.MOST_BYTES


def test_a_letter_of_more_than_that_is_refused_before_it_is_sealed() -> None:
    over = len(msgspec.msgpack.encode(full(letters.MOST_BODY)))

    with pytest.raises(EnvelopeRefused, match="larger than"):
        seal_letter(full(letters.MOST_BODY + letters.MOST_PLAIN - over), DESK, TO)
