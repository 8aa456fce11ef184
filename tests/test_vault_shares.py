"""Any two of three shares give the secret back; what is not enough gives nothing."""

import dataclasses
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shamir_mnemonic import decode_mnemonics

from pe_core.errors import SharesRefused
from pe_core.vault.shares import join_shares, secret_words, split_secret

SECRET = bytes(range(32))
SHARES = split_secret(SECRET)


@pytest.mark.parametrize("pair", [*combinations(range(3), 2)])
def test_any_two_shares_join(pair: tuple[int, int]) -> None:
    assert SECRET == join_shares([SHARES[number] for number in pair])


def test_all_three_shares_join_too() -> None:
    assert SECRET == join_shares(SHARES)


def test_a_share_is_33_words() -> None:
    assert [33, 33, 33] == [len(share.split()) for share in SHARES]


def test_a_secret_is_split_into_three_of_which_two_join() -> None:
    shares = split_secret(SECRET)

    assert 3 == len(shares)
    assert SECRET == join_shares(shares[1:])
    with pytest.raises(SharesRefused):
        join_shares(shares[:1])


@pytest.mark.parametrize(("threshold", "count"), [(1, 1), (2, 2), (3, 5)])
def test_the_numbers_can_be_set(threshold: int, count: int) -> None:
    shares = split_secret(SECRET, threshold=threshold, count=count)

    assert count == len(shares)
    assert SECRET == join_shares(shares[-threshold:])


@pytest.mark.parametrize(
    ("secret", "threshold", "count"),
    [
        (SECRET, 0, 3),
        (SECRET, 4, 3),
        (SECRET, 2, 17),
        (SECRET, 1, 2),
        (b"x" * 15, 2, 3),
        (b"x" * 17, 2, 3),
        (b"", 2, 3),
    ],
)
def test_numbers_and_secrets_that_make_no_sense_are_refused(
    secret: bytes, threshold: int, count: int
) -> None:
    with pytest.raises(SharesRefused, match=r"^such a secret cannot be split into so many shares$"):
        split_secret(secret, threshold=threshold, count=count)


def test_one_list_of_words_holds_the_whole_secret() -> None:
    words = secret_words(SECRET)

    assert SECRET == join_shares([words])
    assert SECRET == join_shares([f"  {words.upper()} "])


@pytest.mark.parametrize(
    "shares",
    [
        [],
        [""],
        SHARES[:1],
        [SHARES[0], SHARES[0]],
        [SHARES[0], split_secret(SECRET)[1]],
        [SHARES[0], SHARES[1].rsplit(" ", 1)[0]],
        [SHARES[0], "not a share"],
        [SHARES[0], " ".join(["academic"] * 33)],
    ],
    ids=["none", "empty", "one", "twice", "other set", "cut", "no words", "no checksum"],
)
def test_wrong_shares_are_refused(shares: list[str]) -> None:
    expected = r"^these shares are too few, mistyped, or of different sets$"
    with pytest.raises(SharesRefused, match=expected):
        join_shares(shares)


@pytest.mark.parametrize(("rounds", "joins"), [(0, True), (2, True), (3, False), (15, False)])
def test_words_that_ask_for_more_work_than_ours_are_refused(rounds: int, joins: bool) -> None:
    cheap = decode_mnemonics(split_secret(SECRET)[:2])
    (group,) = cheap.values()
    words = [dataclasses.replace(share, iteration_exponent=rounds).mnemonic() for share in group]

    if joins:
        assert 32 == len(join_shares(words))
    else:
        with pytest.raises(SharesRefused, match=r"^these words ask for more work than ours do$"):
            join_shares(words)


def test_a_refusal_does_not_quote_the_shares() -> None:
    words = SHARES[0].split()
    mistyped = " ".join([*words[:-1], "academic"])
    with pytest.raises(SharesRefused) as refusal:
        join_shares([mistyped, SHARES[1]])

    assert refusal.value.__suppress_context__
    assert not set(words[:4]) & set(str(refusal.value).split())


@settings(deadline=None)
@given(st.lists(st.text(max_size=300), max_size=4))
def test_arbitrary_texts_are_refused_and_nothing_else_happens(shares: list[str]) -> None:
    with pytest.raises(SharesRefused):
        join_shares(shares)
