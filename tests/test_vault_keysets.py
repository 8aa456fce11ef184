"""An embassy's keys towards others: what is signed by the key above holds, and nothing else."""

import itertools
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pe_core.errors import KeysetRefused
from pe_core.vault import keysets
from pe_core.vault.keys import PUBLIC_SIZE, Seed, keys_of
from pe_core.vault.keysets import (
    FURTHEST_AHEAD,
    KEYSET_LASTS,
    MOST_BYTES,
    Keyset,
    ReferralKey,
    Signed,
    check_keyset,
    fingerprint,
    follow_keyset,
    follow_keysets,
    hash_signed,
    key_id,
    read_keyset,
    read_referral_key,
    sign_keyset,
    sign_referral_key,
)

NOW = 1_800_000_000
WEEK = 7 * 24 * 3600
ROOT, PEER, DESK, OTHER, DATED = (keys_of(Seed(bytes([n]) * 32)) for n in range(1, 6))


def first() -> bytes:
    return sign_keyset(ROOT, "aa", peer=PEER.verify_key, desk=DESK.verify_key, now=NOW)


def after(previous: bytes, **changes: Any) -> bytes:
    keys = {"peer": OTHER.verify_key, "desk": DESK.verify_key, "now": NOW + 9} | changes
    return sign_keyset(ROOT, "aa", previous=previous, **keys)


def signed(what: msgspec.Struct, by: Any, purpose: str) -> bytes:
    """Return whatever it says, rightly signed."""
    body = msgspec.msgpack.encode(what)
    return msgspec.msgpack.encode(Signed(body=body, signature=by.sign(purpose, body)))


def changed(**values: Any) -> bytes:
    """Return the first keyset with other values, signed by the root key all the same."""
    keyset = msgspec.structs.replace(read_keyset(first()), **values)
    return signed(keyset, ROOT, "keyset")


def dated() -> bytes:
    return sign_referral_key(
        DESK, "aa", "referral/2026-W48.1", DATED.public, made=NOW, until=NOW + WEEK
    )


def changed_dated(by: Any = DESK, purpose: str = "referral-key", **values: Any) -> bytes:
    held = read_referral_key(dated(), read_keyset(first()))
    return signed(msgspec.structs.replace(held, **values), by, purpose)


def test_a_keyset_says_what_was_signed() -> None:
    expected = Keyset(
        embassy="aa",
        root=ROOT.verify_key,
        serial=1,
        previous=b"",
        peer=PEER.verify_key,
        desk=DESK.verify_key,
        made=NOW,
        until=NOW + 366 * 24 * 3600,
    )

    assert expected == read_keyset(first())


@pytest.mark.parametrize(
    "values",
    [
        {"root": ROOT.verify_key[:-1]},
        {"peer": PEER.verify_key + b"0"},
        {"desk": b""},
        {"peer": ROOT.verify_key},
        {"desk": ROOT.verify_key},
        {"desk": PEER.verify_key},
    ],
)
def test_a_keyset_of_three_different_keys_alone_is_read(values: dict[str, Any]) -> None:
    with pytest.raises(
        KeysetRefused, match=r"^a keyset names the same key twice, or one of a wrong length$"
    ):
        read_keyset(changed(**values))


@pytest.mark.parametrize(
    ("values", "is_read"),
    [
        ({"until": NOW}, False),
        ({"until": NOW - 1}, False),
        ({"until": NOW + 1}, True),
        ({"until": NOW + KEYSET_LASTS}, True),
        ({"until": NOW + KEYSET_LASTS + 1}, False),
        ({"serial": 0}, False),
        ({"serial": 0, "previous": b"x"}, False),
        ({"serial": -1, "previous": b"x"}, False),
        ({"serial": 1, "previous": b""}, True),
    ],
)
def test_a_keyset_lasts_a_year_at_most_and_is_numbered_from_1(
    values: dict[str, Any], is_read: bool
) -> None:
    raw = changed(**values)
    if is_read:
        assert values.items() <= msgspec.structs.asdict(read_keyset(raw)).items()
        return

    with pytest.raises(KeysetRefused, match=r"^a keyset's dates or number are not possible$"):
        read_keyset(raw)


@pytest.mark.parametrize("values", [{"previous": bytes(32)}, {"serial": 2}])
def test_the_first_keyset_alone_has_no_forerunner(values: dict[str, Any]) -> None:
    with pytest.raises(KeysetRefused, match=r"^a keyset's number and its forerunner do not fit$"):
        read_keyset(changed(**values))


@pytest.mark.parametrize(
    "raw",
    [
        signed(read_keyset(first()), OTHER, "keyset"),
        signed(read_keyset(first()), PEER, "keyset"),
        signed(read_keyset(first()), ROOT, "referral-key"),
        signed(read_keyset(first()), ROOT, "members"),
    ],
    ids=["another's key", "its own peer key", "another purpose", "a member list's purpose"],
)
def test_only_the_root_key_signs_a_keyset_and_only_for_this(raw: bytes) -> None:
    with pytest.raises(KeysetRefused, match=r"^a keyset is not signed by its root key$"):
        read_keyset(raw)


def wrapped(change: Callable[[dict[str, Any]], dict[str, Any]]) -> bytes:
    return msgspec.msgpack.encode(change(msgspec.msgpack.decode(first())))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x80",
        b"\xc0",
        b"\xff" * 40,
        b"\x91" * 4000,
        first() + b"\x00",
        first()[:-1],
        wrapped(lambda it: it | {"more": 1}),
        wrapped(lambda it: dict(reversed(it.items()))),
        wrapped(lambda it: {"body": it["body"]}),
        wrapped(lambda it: {**it, "body": it["body"] + b"\x00"}),
        wrapped(lambda it: {**it, "signature": "text"}),
        dated(),
    ],
    ids=[
        "nothing",
        "an empty map",
        "nil",
        "no msgpack",
        "a deep nest",
        "a byte more",
        "a byte less",
        "a field more",
        "another order",
        "no signature",
        "a body with more",
        "a signature of text",
        "a referral key",
    ],
)
def test_what_is_no_keyset_is_refused_without_a_word_of_it(raw: bytes) -> None:
    with pytest.raises(KeysetRefused) as refused:
        read_keyset(raw)

    assert "this is no keyset and no referral key" == str(refused.value)


def test_the_same_keyset_in_another_wrapping_is_none() -> None:
    raw = first()
    short, long = b"\xc4" + bytes([raw[7]]), b"\xc5\x00" + bytes([raw[7]])

    assert short == raw[6:8]
    with pytest.raises(KeysetRefused):
        read_keyset(raw[:6] + long + raw[8:])


@pytest.mark.parametrize(
    ("more", "text"), [(0, "this is no keyset"), (1, "^too long for a keyset or a referral key$")]
)
def test_what_is_too_long_is_not_read(more: int, text: str) -> None:
    with pytest.raises(KeysetRefused, match=text):
        read_keyset(bytes(MOST_BYTES + more))


@given(st.data())
def test_a_keyset_with_any_byte_changed_is_refused(data: st.DataObject) -> None:
    raw = bytearray(first())
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at] ^= data.draw(st.integers(1, 255))

    with pytest.raises(KeysetRefused):
        read_keyset(bytes(raw))


@pytest.mark.parametrize("at", range(len(first())))
def test_a_keyset_with_one_bit_changed_is_refused_wherever_it_is(at: int) -> None:
    raw = bytearray(first())
    raw[at] ^= 1

    with pytest.raises(KeysetRefused):
        read_keyset(bytes(raw))


@pytest.mark.parametrize(
    ("now", "is_good"),
    [
        (NOW - FURTHEST_AHEAD - 1, False),
        (NOW - FURTHEST_AHEAD, True),
        (NOW, True),
        (NOW + KEYSET_LASTS, True),
        (NOW + KEYSET_LASTS + 1, False),
    ],
)
def test_a_keyset_is_good_from_its_making_to_its_end(now: int, is_good: bool) -> None:
    keyset = read_keyset(first())
    if is_good:
        check_keyset(keyset, "aa", now)
        return

    with pytest.raises(KeysetRefused, match=r"^a keyset is over, or from the future$"):
        check_keyset(keyset, "aa", now)


@pytest.mark.parametrize("embassy", ["", "a", "ab", "AA", "aaa"])
def test_a_keyset_is_good_for_its_own_embassy_alone(embassy: str) -> None:
    with pytest.raises(KeysetRefused, match=r"^a keyset is of another embassy$"):
        check_keyset(read_keyset(first()), embassy, NOW)


def test_each_keyset_follows_the_one_before() -> None:
    chain = [first()]
    for number in range(3):
        chain.append(after(chain[-1], now=NOW + number))
    followed = [follow_keyset(*pair) for pair in itertools.pairwise(chain)]

    assert [2, 3, 4] == [keyset.serial for keyset in followed]
    assert [hash_signed(raw) for raw in chain[:-1]] == [keyset.previous for keyset in followed]
    assert followed[-1] == read_keyset(chain[-1])


def test_a_keyset_may_keep_both_keys_and_renew_its_dates_alone() -> None:
    held = first()
    again = follow_keyset(held, after(held, peer=PEER.verify_key, now=NOW + 5))

    assert (2, PEER.verify_key, NOW + 5) == (again.serial, again.peer, again.made)


@pytest.mark.parametrize(
    "offered",
    [
        first(),
        changed(serial=2, previous=bytes(32)),
        changed(serial=2, previous=hash_signed(first())[:-1]),
        changed(serial=3, previous=hash_signed(first())),
        after(after(first())),
    ],
    ids=["the same", "another forerunner", "a short hash", "a number too many", "the next but one"],
)
def test_what_does_not_follow_at_once_is_not_taken(offered: bytes) -> None:
    with pytest.raises(KeysetRefused, match=r"^a keyset does not follow the one that is known$"):
        follow_keyset(first(), offered)


def test_an_embassy_does_not_go_back_to_old_keys() -> None:
    second = after(first())

    with pytest.raises(KeysetRefused, match="does not follow"):
        follow_keyset(second, first())


@pytest.mark.parametrize(
    "offered",
    [
        changed(embassy="ab", serial=2, previous=hash_signed(first())),
        signed(
            msgspec.structs.replace(
                read_keyset(first()),
                root=OTHER.verify_key,
                serial=2,
                previous=hash_signed(first()),
            ),
            OTHER,
            "keyset",
        ),
    ],
    ids=["another embassy", "another root key"],
)
def test_a_changed_root_key_or_embassy_never_follows(offered: bytes) -> None:
    with pytest.raises(KeysetRefused, match=r"^a keyset is of another embassy or root key$"):
        follow_keyset(first(), offered)


def test_a_keyset_is_not_signed_after_one_that_is_none() -> None:
    with pytest.raises(KeysetRefused):
        after(b"nonsense")


def test_a_referral_key_says_what_was_signed() -> None:
    expected = ReferralKey(
        embassy="aa",
        epoch="referral/2026-W48.1",
        public=DATED.public,
        made=NOW,
        until=NOW + WEEK,
    )

    assert expected == read_referral_key(dated(), read_keyset(first()))


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (changed_dated(embassy="ab"), "a referral key is of another embassy"),
        (changed_dated(by=ROOT), "a referral key is not signed by the embassy's desk"),
        (changed_dated(by=PEER), "a referral key is not signed by the embassy's desk"),
        (changed_dated(by=OTHER), "a referral key is not signed by the embassy's desk"),
        (changed_dated(purpose="keyset"), "a referral key is not signed by the embassy's desk"),
        (changed_dated(public=b""), "nothing can be sealed to a referral key"),
        (changed_dated(public=DATED.public[:-1]), "nothing can be sealed to a referral key"),
        (changed_dated(public=DATED.public + b"0"), "nothing can be sealed to a referral key"),
        (changed_dated(public=bytes(PUBLIC_SIZE)), "nothing can be sealed to a referral key"),
        (changed_dated(until=NOW), "a referral key's dates are not possible"),
        (changed_dated(until=NOW - 1), "a referral key's dates are not possible"),
        (first(), "this is no keyset and no referral key"),
        (bytes(MOST_BYTES + 1), "too long for a keyset or a referral key"),
    ],
)
def test_a_referral_key_that_is_not_wholly_right_is_refused(raw: bytes, text: str) -> None:
    with pytest.raises(KeysetRefused, match=f"^{text}$"):
        read_referral_key(raw, read_keyset(first()))


def test_a_referral_key_may_end_a_second_after_it_was_made() -> None:
    read = read_referral_key(changed_dated(until=NOW + 1), read_keyset(first()))

    assert NOW + 1 == read.until


def test_a_new_desk_key_signs_no_referral_key_of_the_old_keyset() -> None:
    renewed = follow_keyset(first(), after(first(), peer=PEER.verify_key, desk=OTHER.verify_key))

    with pytest.raises(
        KeysetRefused, match=r"^a referral key is not signed by the embassy's desk$"
    ):
        read_referral_key(dated(), renewed)


@given(st.data())
def test_a_referral_key_with_any_byte_changed_is_refused(data: st.DataObject) -> None:
    raw = bytearray(dated())
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at] ^= data.draw(st.integers(1, 255))

    with pytest.raises(KeysetRefused):
        read_referral_key(bytes(raw), read_keyset(first()))


def test_every_key_has_an_id_of_its_own_that_comes_from_it() -> None:
    ids = {key_id(keys.verify_key) for keys in (ROOT, PEER, DESK, OTHER)}

    assert 4 == len(ids)
    assert key_id(PEER.verify_key) in ids
    assert {16} == {len(name) for name in ids}


def test_a_fingerprint_names_a_root_key_and_its_embassy() -> None:
    made = {
        fingerprint(root.verify_key, embassy) for root in (ROOT, PEER) for embassy in ("aa", "ab")
    }

    assert 4 == len(made)
    assert {16} == {len(each) for each in made}


def test_what_others_do_not_read_is_never_signed_here() -> None:
    assert len(first()) < MOST_BYTES
    assert len(dated()) < MOST_BYTES
    assert keysets.KEYSET != keysets.REFERRAL_KEY


def test_of_many_keysets_those_after_ours_are_followed_in_order() -> None:
    chain = [first()]
    for seconds in (10, 20, 30):
        chain.append(after(chain[-1], now=NOW + seconds))

    for held in range(3):
        for begin in range(held + 2):
            assert read_keyset(chain[-1]) == follow_keysets(chain[held], chain[begin:])


@pytest.mark.parametrize("offered", [[], [0], [2], [1, 3], [2, 1], [1, 1]])
def test_keysets_that_do_not_follow_ours_without_a_gap_are_refused(offered: list[int]) -> None:
    chain = [first()]
    for seconds in (10, 20, 30):
        chain.append(after(chain[-1], now=NOW + seconds))

    with pytest.raises(KeysetRefused):
        follow_keysets(chain[0], [chain[number] for number in offered])


def test_of_no_keyset_none_follows() -> None:
    with pytest.raises(KeysetRefused, match=r"^no keyset follows the one that is known$"):
        follow_keysets(first(), [])
