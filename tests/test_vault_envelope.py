"""Envelopes open for whom and where they were made for, and are refused everywhere else."""

import hashlib
import json
import struct
from itertools import count, product
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.ciphers.algorithms import ChaCha20
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given, settings
from hypothesis import strategies as st

from pe_core.errors import EnvelopeRefused, NothingToSealTo
from pe_core.vault import envelope as envelope_module
from pe_core.vault.envelope import (
    bucket_of,
    open_envelope,
    open_symmetric,
    seal,
    seal_symmetric,
)
from pe_core.vault.keys import Keys, Seed, keys_of, read_public_key

FIXTURE = json.loads((Path(__file__).parent / "fixtures/vault_v1.json").read_text())
CONTEXT = ("request", "zz", "r1")
PEOPLE = tuple(keys_of(Seed(bytes([number] * 32))) for number in range(1, 6))
ANNA, BELA, CYRIL = PEOPLE[:3]
KEY = ANNA.symmetric
HEAD, COMMITMENT, WRAP, NONCE, TAG = 8, 32, 1168, 12, 16
START = HEAD + COMMITMENT
PLAIN = b"need help"
NOT_YOURS = r"^the envelope does not open with this key in this context$"
NO_CONTEXT = r"^a context is three strings( of valid text)?$"
TOO_SHORT = r"^too short for an envelope$"
WRONG_LENGTH = r"^the envelope's length is not what its header says$"
SEALED = seal(PLAIN, to=[ANNA.public], context=CONTEXT)
SEALED_SYMMETRIC = seal_symmetric(PLAIN, key=KEY, context=CONTEXT)


def open_either(envelope: bytes, context: Any = CONTEXT) -> bytes:
    """Open with the key of the lane that the envelope says it is of."""
    if envelope[4:5] == b"\x01":
        return open_symmetric(envelope, key=KEY, context=context)
    return open_envelope(envelope, ANNA, context)


def make_by_hand(
    content_key: bytes,
    wrapped: list[tuple[bytes, Keys]],
    padded: bytes,
    bucket: int = 10,
    body: bytes | None = None,
) -> bytes:
    """Build a public envelope from the words of the format alone; each wrap holds its own key."""
    header = b"PE" + bytes([1, 1, 0, bucket]) + len(wrapped).to_bytes(2, "big")
    context = msgspec.msgpack.encode(CONTEXT)
    suite = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
    info = b"pe-vault-v1 envelope wrap " + header + context
    wraps = b"".join(
        suite.encrypt(key, read_public_key(keys.public), info=info) for key, keys in wrapped
    )
    body_key, commitment = body_keys(content_key, header)
    sealed = ChaCha20Poly1305(body_key).encrypt(bytes(12), padded, header + commitment + context)
    return header + commitment + wraps + (body or sealed)


def body_keys(content_key: bytes, header: bytes) -> tuple[bytes, bytes]:
    """Derive the body key and the commitment as the format says."""
    info = b"pe-vault-v1 envelope body " + header + msgspec.msgpack.encode(CONTEXT)
    both = HKDF(hashes.SHA256(), 64, None, info).derive(content_key)
    return both[:32], both[32:]


def pad(plaintext: bytes, size: int = 1024) -> bytes:
    """Pad as the format says."""
    return (struct.pack(">I", len(plaintext)) + plaintext).ljust(size, b"\0")


@settings(deadline=None, max_examples=40)
@given(
    st.binary(max_size=5000),
    st.lists(st.sampled_from(PEOPLE), min_size=1, max_size=5),
    st.tuples(st.text(), st.text(), st.text()),
)
def test_what_was_sealed_opens_for_each_recipient(
    plaintext: bytes, to: list[Keys], context: tuple[str, str, str]
) -> None:
    envelope = seal(plaintext, to=[keys.public for keys in to], context=context)

    assert all(plaintext == open_envelope(envelope, keys, context) for keys in to)


@settings(deadline=None, max_examples=100)
@given(
    st.binary(max_size=5000),
    st.binary(min_size=32, max_size=32),
    st.tuples(st.text(), st.text(), st.text()),
)
def test_what_was_sealed_symmetrically_opens_with_its_key(
    plaintext: bytes, key: bytes, context: tuple[str, str, str]
) -> None:
    envelope = seal_symmetric(plaintext, key=key, context=context)

    assert plaintext == open_symmetric(envelope, key=key, context=context)


def test_the_envelopes_of_version_1_open_for_ever() -> None:
    context = tuple(FIXTURE["context"])
    people = [keys_of(Seed(bytes.fromhex(seed))) for seed in FIXTURE["seeds"]]
    symmetric = bytes.fromhex(FIXTURE["symmetric"])

    expected = FIXTURE["plaintext"].encode()
    assert [expected, expected] == [
        open_envelope(bytes.fromhex(FIXTURE["public"]), keys, context) for keys in people
    ]
    assert expected == open_symmetric(symmetric, key=people[0].symmetric, context=context)


def test_an_envelope_made_by_the_words_of_the_format_opens() -> None:
    envelope = make_by_hand(b"k" * 32, [(b"k" * 32, ANNA), (b"k" * 32, BELA)], pad(PLAIN))

    assert PLAIN == open_envelope(envelope, ANNA, CONTEXT)
    assert PLAIN == open_envelope(envelope, BELA, CONTEXT)


def test_nobody_else_opens_it() -> None:
    with pytest.raises(EnvelopeRefused, match=NOT_YOURS):
        open_envelope(SEALED, BELA, CONTEXT)
    with pytest.raises(EnvelopeRefused, match=NOT_YOURS):
        open_symmetric(SEALED_SYMMETRIC, key=BELA.symmetric, context=CONTEXT)


@pytest.mark.parametrize(
    "moved",
    [
        ("reply", "zz", "r1"),
        ("request", "zy", "r1"),
        ("request", "zz", "r2"),
        ("requestzz", "", "r1"),
        ("request", "zzr", "1"),
    ],
)
@pytest.mark.parametrize("envelope", [SEALED, SEALED_SYMMETRIC], ids=["public", "symmetric"])
def test_a_moved_envelope_does_not_open(envelope: bytes, moved: tuple[str, str, str]) -> None:
    with pytest.raises(EnvelopeRefused, match=NOT_YOURS):
        open_either(envelope, moved)


@pytest.mark.parametrize(
    "context",
    [(), ("a", "b"), ("a", "b", "c", "d"), ("a", "b", 3), "abc", None, ("a", "b", "\ud800")],
)
def test_a_context_that_is_not_three_strings_is_refused(context: Any) -> None:
    with pytest.raises(EnvelopeRefused, match=NO_CONTEXT):
        seal(PLAIN, to=[ANNA.public], context=context)
    with pytest.raises(EnvelopeRefused, match=NO_CONTEXT):
        seal_symmetric(PLAIN, key=KEY, context=context)
    with pytest.raises(EnvelopeRefused, match=NO_CONTEXT):
        open_either(SEALED, context)
    with pytest.raises(EnvelopeRefused, match=NO_CONTEXT):
        open_either(SEALED_SYMMETRIC, context)


@pytest.mark.parametrize("envelope", [SEALED, SEALED_SYMMETRIC], ids=["public", "symmetric"])
def test_a_truncated_envelope_is_refused_at_every_length(envelope: bytes) -> None:
    for length in range(len(envelope)):
        reason = TOO_SHORT if length < START else WRONG_LENGTH
        with pytest.raises(EnvelopeRefused, match=reason):
            open_either(envelope[:length])
        with pytest.raises(EnvelopeRefused):
            open_envelope(envelope[:length], ANNA, CONTEXT)
        with pytest.raises(EnvelopeRefused):
            open_symmetric(envelope[:length], key=KEY, context=CONTEXT)


@pytest.mark.parametrize("envelope", [SEALED, SEALED_SYMMETRIC], ids=["public", "symmetric"])
@pytest.mark.parametrize("more", [b"\0", b"more", bytes(WRAP), bytes(1024)])
def test_trailing_bytes_are_refused(envelope: bytes, more: bytes) -> None:
    with pytest.raises(EnvelopeRefused, match=WRONG_LENGTH):
        open_either(envelope + more)


@pytest.mark.parametrize("place", range(START))
@pytest.mark.parametrize("envelope", [SEALED, SEALED_SYMMETRIC], ids=["public", "symmetric"])
def test_every_flipped_bit_of_the_header_is_refused(envelope: bytes, place: int) -> None:
    for bit in range(8):
        changed = bytearray(envelope)
        changed[place] ^= 1 << bit
        with pytest.raises(EnvelopeRefused):
            open_envelope(bytes(changed), ANNA, CONTEXT)
        with pytest.raises(EnvelopeRefused):
            open_symmetric(bytes(changed), key=KEY, context=CONTEXT)


@settings(deadline=None, max_examples=200)
@given(st.data())
def test_a_flipped_bit_anywhere_is_refused(data: st.DataObject) -> None:
    envelope = data.draw(st.sampled_from([SEALED, SEALED_SYMMETRIC]))
    place = data.draw(st.integers(0, len(envelope) - 1))
    changed = bytearray(envelope)
    changed[place] ^= 1 << data.draw(st.integers(0, 7))

    with pytest.raises(EnvelopeRefused):
        open_envelope(bytes(changed), ANNA, CONTEXT)
    with pytest.raises(EnvelopeRefused):
        open_symmetric(bytes(changed), key=KEY, context=CONTEXT)


@pytest.mark.parametrize(
    ("place", "values", "reason"),
    [
        (0, [n for n in range(256) if n != ord("P")], r"^not an envelope of a version and suite"),
        (1, [n for n in range(256) if n != ord("E")], r"^not an envelope of a version and suite"),
        (2, [0, *range(2, 256)], r"^not an envelope of a version and suite that we know$"),
        (3, [0, *range(2, 256)], r"^not an envelope of a version and suite that we know$"),
        (4, range(2, 256), r"^the envelope's header is not valid$"),
        (
            5,
            [n for n in range(256) if n not in (10, 12, 14, 16, *range(17, 26))],
            r"^the envelope's header is not valid$",
        ),
    ],
    ids=["magic", "magic too", "version", "suite", "lane", "bucket"],
)
def test_every_other_version_suite_lane_and_bucket_is_refused(
    place: int, values: list[int], reason: str
) -> None:
    for value in values:
        for envelope in (SEALED, SEALED_SYMMETRIC):
            changed = envelope[:place] + bytes([value]) + envelope[place + 1 :]
            with pytest.raises(EnvelopeRefused, match=reason):
                bucket_of(changed)
            with pytest.raises(EnvelopeRefused, match=reason):
                open_either(changed)


@pytest.mark.parametrize("envelope", [SEALED, SEALED_SYMMETRIC], ids=["public", "symmetric"])
def test_a_changed_body_is_known_by_its_tag(envelope: bytes) -> None:
    for place in (-1, -TAG, -TAG - 1, -1024):
        changed = bytearray(envelope)
        changed[place] ^= 1

        with pytest.raises(EnvelopeRefused, match=r"^the envelope was changed$"):
            open_either(bytes(changed))


@pytest.mark.parametrize("envelope", [SEALED, SEALED_SYMMETRIC], ids=["public", "symmetric"])
def test_a_changed_commitment_is_refused_before_the_body_is_opened(envelope: bytes) -> None:
    for place in (HEAD, START - 1):
        changed = bytearray(envelope)
        changed[place] ^= 1

        with pytest.raises(EnvelopeRefused, match=NOT_YOURS):
            open_either(bytes(changed))


@settings(deadline=None, max_examples=300)
@given(
    st.one_of(
        st.binary(max_size=3000),
        st.builds(lambda tail: SEALED[:HEAD] + tail, st.binary(max_size=3000)),
        st.binary(min_size=len(SEALED) - HEAD, max_size=len(SEALED) - HEAD).map(
            lambda tail: SEALED[:HEAD] + tail
        ),
        st.binary(min_size=len(SEALED_SYMMETRIC) - HEAD, max_size=len(SEALED_SYMMETRIC) - HEAD).map(
            lambda tail: SEALED_SYMMETRIC[:HEAD] + tail
        ),
    )
)
def test_arbitrary_bytes_are_refused_and_nothing_else_happens(envelope: bytes) -> None:
    with pytest.raises(EnvelopeRefused):
        open_envelope(envelope, ANNA, CONTEXT)
    with pytest.raises(EnvelopeRefused):
        open_symmetric(envelope, key=KEY, context=CONTEXT)


def test_what_is_no_envelope_has_no_bucket() -> None:
    nobody = SEALED[:6] + bytes(2) + SEALED[HEAD:START] + bytes(NONCE) + SEALED[START + WRAP :]
    counted = SEALED_SYMMETRIC[:6] + b"\0\1" + SEALED_SYMMETRIC[HEAD:]
    for envelope in (b"", b"PE", bytes(START), SEALED[:-1], SEALED + b"\0", nobody, counted):
        with pytest.raises(EnvelopeRefused):
            bucket_of(envelope)


def test_a_wrap_with_a_curve_point_of_low_order_is_refused() -> None:
    point = START + 1088
    changed = SEALED[:point] + bytes(32) + SEALED[point + 32 :]

    with pytest.raises(EnvelopeRefused):
        open_envelope(changed, ANNA, CONTEXT)


def test_a_wrap_of_another_envelope_is_refused() -> None:
    other = seal(PLAIN, to=[ANNA.public], context=CONTEXT)
    swapped = SEALED[:START] + other[START : START + WRAP] + SEALED[START + WRAP :]

    assert len(SEALED) == len(swapped)
    with pytest.raises(EnvelopeRefused):
        open_envelope(swapped, ANNA, CONTEXT)


def test_each_wrap_is_tried_once(monkeypatch: pytest.MonkeyPatch) -> None:
    envelope = seal(PLAIN, to=[ANNA.public, BELA.public, CYRIL.public], context=CONTEXT)
    tried: list[bytes] = []

    class Closed:
        """Opens nothing."""

        def decrypt(self, wrap: bytes, *_: object, **__: object) -> bytes:
            tried.append(wrap)
            raise InvalidTag

    monkeypatch.setattr(envelope_module, "_SUITE", Closed())
    with pytest.raises(EnvelopeRefused, match=NOT_YOURS):
        open_envelope(envelope, ANNA, CONTEXT)

    assert [envelope[at : at + WRAP] for at in range(START, START + 3 * WRAP, WRAP)] == tried


def test_a_stripped_recipient_spoils_the_envelope_for_all() -> None:
    envelope = seal(PLAIN, to=[ANNA.public, BELA.public], context=CONTEXT)
    head = envelope[:6] + (1).to_bytes(2, "big") + envelope[HEAD:START]
    first = head + envelope[START : START + WRAP] + envelope[START + 2 * WRAP :]
    second = head + envelope[START + WRAP :]

    for stripped in (first, second):
        assert len(SEALED) == len(stripped)
        for keys in (ANNA, BELA):
            with pytest.raises(EnvelopeRefused):
                open_envelope(stripped, keys, CONTEXT)


def test_a_wrap_of_rubbish_shuts_out_its_owner_and_nobody_else() -> None:
    envelope = seal(PLAIN, to=[ANNA.public, BELA.public], context=CONTEXT)
    first = envelope[:START] + bytes(WRAP) + envelope[START + WRAP :]
    opened = []
    for keys in (ANNA, BELA):
        try:
            opened.append(open_envelope(first, keys, CONTEXT))
        except EnvelopeRefused:
            opened.append(b"")

    assert [b"", PLAIN] == sorted(opened)


def test_envelopes_tell_nothing_of_the_order_of_their_recipients() -> None:
    places = set()
    for _ in range(40):
        envelope = seal(PLAIN, to=[ANNA.public, BELA.public], context=CONTEXT)
        only_first = envelope[: START + WRAP] + bytes(WRAP) + envelope[START + 2 * WRAP :]
        try:
            open_envelope(only_first, ANNA, CONTEXT)
            places.add("first")
        except EnvelopeRefused:
            places.add("second")

    assert {"first", "second"} == places


def test_a_ciphertext_of_two_keys_is_refused_by_its_commitment() -> None:
    """The body opens under two keys, as ChaCha20-Poly1305 allows; the commitment does not."""
    one, two = b"1" * 32, b"2" * 32
    wrapped = [(one, ANNA), (two, BELA)]
    header = b"PE" + bytes([1, 1, 0, 10]) + (2).to_bytes(2, "big")
    (key_one, commitment), (key_two, _) = body_keys(one, header), body_keys(two, header)
    aad = header + commitment + msgspec.msgpack.encode(CONTEXT)
    body = body_of_two_keys(key_one, key_two, aad, 1024)
    envelope = make_by_hand(one, wrapped, b"", body=body)
    texts = {ChaCha20Poly1305(key).decrypt(bytes(12), body, aad) for key in (key_one, key_two)}

    assert 2 == len(texts)
    with pytest.raises(EnvelopeRefused, match=NOT_YOURS):
        open_envelope(envelope, BELA, CONTEXT)


def body_of_two_keys(key_one: bytes, key_two: bytes, aad: bytes, size: int) -> bytes:
    """Solve for two blocks that give one Poly1305 tag (RFC 8439) under both keys."""
    prime, word = (1 << 130) - 5, 1 << 128
    padded_aad = aad + bytes(-len(aad) % 16)
    tail = bytes(size - 32) + struct.pack("<QQ", len(aad), size)
    one, two = poly1305_key(key_one), poly1305_key(key_two)

    def fixed_sum(r: int) -> int:
        total = 0
        for part in (padded_aad, None, tail):
            blocks = [0, 0] if part is None else number_blocks(part)
            for block in blocks:
                total = (total + block) * r % prime
        return total

    after = len(tail) // 16
    a, b = pow(one[0], after + 2, prime), pow(one[0], after + 1, prime)
    c, d = pow(two[0], after + 2, prime), pow(two[0], after + 1, prime)
    inverse = pow(a * d - b * c, -1, prime)
    for tag in count(1):
        for carry_one, carry_two in product(range(4), repeat=2):
            e = (tag - one[1]) % word + carry_one * word - fixed_sum(one[0])
            f = (tag - two[1]) % word + carry_two * word - fixed_sum(two[0])
            x, y = (e * d - b * f) * inverse % prime, (a * f - e * c) * inverse % prime
            if word <= x < 2 * word and word <= y < 2 * word:
                free = b"".join((n - word).to_bytes(16, "little") for n in (x, y))
                return free + bytes(size - 32) + tag.to_bytes(16, "little")
    raise AssertionError("there is always such a tag")


def poly1305_key(key: bytes) -> tuple[int, int]:
    """Return r and s that ChaCha20-Poly1305 makes of a key and the zero nonce."""
    stream = Cipher(ChaCha20(key, bytes(16)), mode=None).encryptor().update(bytes(32))
    clamp = 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    return int.from_bytes(stream[:16], "little") & clamp, int.from_bytes(stream[16:], "little")


def number_blocks(data: bytes) -> list[int]:
    """Read full Poly1305 blocks as numbers."""
    return [
        int.from_bytes(data[at : at + 16], "little") + (1 << 128) for at in range(0, len(data), 16)
    ]


@pytest.mark.parametrize(
    ("length", "padded"),
    [
        (0, 1 << 10),
        (1020, 1 << 10),
        (1021, 1 << 12),
        (4092, 1 << 12),
        (4093, 1 << 14),
        (16380, 1 << 14),
        (16381, 1 << 16),
        (65532, 1 << 16),
        (65533, 1 << 17),
        (131068, 1 << 17),
        (131069, 1 << 18),
        ((1 << 25) - 4, 1 << 25),
    ],
)
def test_a_plaintext_is_padded_to_its_bucket(length: int, padded: int) -> None:
    plaintext = bytes(length)
    public = seal(plaintext, to=[ANNA.public], context=CONTEXT)
    symmetric = seal_symmetric(plaintext, key=KEY, context=CONTEXT)

    assert START + WRAP + padded + TAG == len(public)
    assert START + NONCE + padded + TAG == len(symmetric)
    assert (padded, padded) == (bucket_of(public), bucket_of(symmetric))
    assert plaintext == open_symmetric(symmetric, key=KEY, context=CONTEXT)


def test_a_plaintext_beyond_the_largest_bucket_is_refused() -> None:
    reason = r"^the plaintext is larger than the largest bucket$"
    with pytest.raises(EnvelopeRefused, match=reason):
        seal_symmetric(bytes((1 << 25) - 3), key=KEY, context=CONTEXT)
    with pytest.raises(EnvelopeRefused, match=reason):
        seal(bytes((1 << 25) - 3), to=[ANNA.public], context=CONTEXT)


@pytest.mark.parametrize(
    "padded",
    [
        struct.pack(">I", 3) + b"abc" + bytes(1016) + b"\x01",
        struct.pack(">I", 2) + b"abc" + bytes(1017),
        struct.pack(">I", 1021) + bytes(1020),
        b"\xff" * 1024,
    ],
    ids=["not zeros", "length too small", "length too large", "length absurd"],
)
def test_wrong_padding_is_refused(padded: bytes) -> None:
    envelope = make_by_hand(b"k" * 32, [(b"k" * 32, ANNA)], padded)

    with pytest.raises(EnvelopeRefused, match=r"^the envelope's padding is not valid$"):
        open_envelope(envelope, ANNA, CONTEXT)


def test_a_size_between_the_buckets_is_refused() -> None:
    envelope = make_by_hand(b"k" * 32, [(b"k" * 32, ANNA)], pad(PLAIN, 2048), bucket=11)

    with pytest.raises(EnvelopeRefused, match=r"^the envelope's header is not valid$"):
        open_envelope(envelope, ANNA, CONTEXT)


def test_an_envelope_of_one_lane_is_not_taken_in_the_other() -> None:
    with pytest.raises(EnvelopeRefused, match=r"^the envelope is not of this lane$"):
        open_envelope(SEALED_SYMMETRIC, ANNA, CONTEXT)
    with pytest.raises(EnvelopeRefused, match=r"^the envelope is not of this lane$"):
        open_symmetric(SEALED, key=KEY, context=CONTEXT)


def test_nothing_is_sealed_to_nobody() -> None:
    with pytest.raises(NothingToSealTo, match=r"^no recipient was given$"):
        seal(PLAIN, to=[], context=CONTEXT)


def test_an_envelope_with_no_recipients_is_refused() -> None:
    nobody = SEALED[:6] + bytes(2) + SEALED[HEAD:START] + SEALED[START + WRAP :]

    with pytest.raises(EnvelopeRefused, match=r"^the envelope is not of this lane$"):
        open_envelope(nobody, ANNA, CONTEXT)


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (b"", r"^a public key has 1216 bytes$"),
        (ANNA.public[:-1], r"^a public key has 1216 bytes$"),
        (ANNA.public + b"\0", r"^a public key has 1216 bytes$"),
        (b"\xff" * 1216, r"^this public key is not valid$"),
        (ANNA.public[:1184] + bytes(32), r"^this public key is not valid$"),
        (ANNA.public[:1184] + b"\x01" + bytes(31), r"^this public key is not valid$"),
    ],
    ids=["empty", "short", "long", "not reduced", "zero point", "point of low order"],
)
def test_a_key_that_nobody_could_open_with_is_not_sealed_to(bad: bytes, reason: str) -> None:
    with pytest.raises(NothingToSealTo, match=reason):
        seal(PLAIN, to=[ANNA.public, bad], context=CONTEXT)


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_symmetric_key_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(NothingToSealTo, match=r"^a symmetric key has 32 bytes$"):
        seal_symmetric(PLAIN, key=bytes(length), context=CONTEXT)
    with pytest.raises(EnvelopeRefused):
        open_symmetric(SEALED_SYMMETRIC, key=bytes(length), context=CONTEXT)


def test_more_recipients_than_the_header_counts_are_refused() -> None:
    with pytest.raises(EnvelopeRefused, match=r"^too many recipients for one envelope$"):
        seal(PLAIN, to=[ANNA.public] * 65536, context=CONTEXT)


def test_the_header_counts_as_many_recipients_as_it_can(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(envelope_module, "_wrap", lambda *_: b"")
    envelope = seal(PLAIN, to=[ANNA.public] * 65535, context=CONTEXT)

    assert b"PE\1\1\0\x0a\xff\xff" == envelope[:HEAD]


def test_the_same_text_is_sealed_differently_each_time() -> None:
    again = seal_symmetric(PLAIN, key=KEY, context=CONTEXT)

    assert hashlib.sha256(SEALED_SYMMETRIC).digest() != hashlib.sha256(again).digest()
    assert SEALED_SYMMETRIC[START : START + NONCE] != again[START : START + NONCE]
