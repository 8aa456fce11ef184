"""Receipts: every slip of a hand is seen, every harmless difference is forgiven."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pe_core.rules.receipts import ALPHABET, fold_typed, make_receipt, read_receipt, show_receipt

receipts = st.binary(min_size=15, max_size=32).map(make_receipt)
ZEROS = make_receipt(bytes(15))
SOME = make_receipt(bytes(range(32)))


def test_the_alphabet_is_32_characters_without_look_alikes() -> None:
    assert 32 == len(set(ALPHABET)) == len(ALPHABET)
    assert not set("ILOU") & set(ALPHABET)


def test_a_receipt_carries_115_random_bits() -> None:
    low = make_receipt(bytes(14) + b"\x1f")
    next_up = make_receipt(bytes(14) + b"\x20")
    high = make_receipt(b"\xff" * 15)

    assert "0" * 24 == ZEROS == low
    assert ALPHABET[1] == next_up[22]
    assert "Z" * 23 == high[:23]


def test_too_little_randomness_is_refused() -> None:
    with pytest.raises(ValueError, match="15 random bytes"):
        make_receipt(bytes(14))


@settings(deadline=None)
@given(receipts)
def test_what_is_made_is_read_and_shown_in_six_groups(receipt: str) -> None:
    shown = show_receipt(receipt)

    assert [4] * 6 == [len(group) for group in shown.split(" ")]
    assert receipt == read_receipt(shown) == read_receipt(receipt)


@settings(deadline=None)
@given(st.lists(st.sampled_from(ALPHABET), min_size=23, max_size=23).map("".join))
def test_exactly_one_check_character_fits(body: str) -> None:
    fitting = [last for last in ALPHABET if read_receipt(body + last)]

    assert 1 == len(fitting)


@pytest.mark.parametrize("receipt", [ZEROS, SOME])
def test_every_single_substitution_is_seen(receipt: str) -> None:
    slips = [
        receipt[:place] + other + receipt[place + 1 :]
        for place in range(24)
        for other in ALPHABET
        if other != receipt[place]
    ]

    assert 24 * 31 == len(slips)
    assert [] == [slip for slip in slips if read_receipt(slip)]


@settings(deadline=None)
@given(receipts, st.integers(0, 23), st.sampled_from(ALPHABET))
def test_any_substitution_in_any_receipt_is_seen(receipt: str, place: int, other: str) -> None:
    slip = receipt[:place] + other + receipt[place + 1 :]

    assert (slip == receipt) is (read_receipt(slip) is not None)


@pytest.mark.parametrize("place", range(23))
def test_every_swap_of_every_pair_of_neighbours_is_seen(place: int) -> None:
    seen = 0
    for left in ALPHABET:
        for right in ALPHABET:
            receipt = _with_pair(place, left, right)
            if left != right:
                swapped = receipt[:place] + right + left + receipt[place + 2 :]
                assert read_receipt(receipt)
                assert read_receipt(swapped) is None
                seen += 1

    assert 32 * 31 == seen


@settings(deadline=None)
@given(receipts, st.integers(0, 23), st.integers(0, 23))
def test_even_a_swap_of_distant_characters_is_seen(receipt: str, one: int, two: int) -> None:
    characters = list(receipt)
    characters[one], characters[two] = characters[two], characters[one]
    slip = "".join(characters)

    assert (slip == receipt) is (read_receipt(slip) is not None)


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        ("abcd efgh", "ABCDEFGH"),
        ("oO0 iIlL1", "00011111"),
        ("АВЕКМНОРСТХУЗ", "ABEKMH0PCTXY3"),
        ("авекмнорстхуз", "ABEKMH0PCTXY3"),
        ("ІіЈјЅѕ", "11JJSS"),
        ("A-B\u2010C\u2011D\u2012E\u2013F\u2014G\u2212H\ufe63J\uff0dK", "ABCDEFGHJK"),
        ("A\u200bB\u200cC\u200dD\ufeffE\u2060F\u00adG", "ABCDEFG"),
        ("\t A\u00a0B\u202fC\r\nD\u3000E ", "ABCDE"),
        ("\uff21\uff11", "A1"),
        ("U?Ж", "U?Ж"),
        ("A" * 201, ""),
    ],
)
def test_typed_characters_are_folded(typed: str, folded: str) -> None:
    assert folded == fold_typed(typed)


@settings(deadline=None)
@given(receipts)
def test_a_receipt_in_cyrillic_lower_case_is_read(receipt: str) -> None:
    twins = str.maketrans("ABEKMH0PCTXY3", "авекмнорстхуз")

    assert receipt == read_receipt(receipt.translate(twins))


@settings(deadline=None)
@given(st.text() | st.text(alphabet=ALPHABET + "OIL -АВ", max_size=260))
def test_no_typed_text_raises(typed: str) -> None:
    receipt = read_receipt(typed)

    assert receipt is None or (24 == len(receipt) and set(receipt) <= set(ALPHABET))


def _with_pair(place: int, left: str, right: str) -> str:
    """Return the well-formed receipt of zeros but for this pair of neighbours."""
    if place < 22:
        number = ALPHABET.index(left) << 5 * (22 - place) | ALPHABET.index(right) << 5 * (
            21 - place
        )
        return make_receipt((number << 5).to_bytes(15, "big"))
    # The last pair holds the check character: free a place before it to make it fit.
    return next(made for other in ALPHABET if read_receipt(made := other + "0" * 21 + left + right))
