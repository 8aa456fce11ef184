"""What people read to each other: forgiving of how it is typed, never of what is typed."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pe_core.errors import NotAllowed
from pe_core.network.words import LONGEST, digits_of, read_words, words_of

FINGERPRINT = bytes(range(16))
WORDS = words_of(FINGERPRINT)
DIGITS = digits_of(FINGERPRINT)
HIGHEST = bytes([255] * 16)
fingerprints = st.binary(min_size=16, max_size=16)


def refusal_of(text: str) -> str:
    with pytest.raises(NotAllowed) as refused:
        read_words(text)
    return refused.value.key


@pytest.mark.parametrize(
    ("entropy", "words"),
    [
        (
            "00000000000000000000000000000000",
            "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon "
            "abandon about",
        ),
        (
            "7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f",
            "legal winner thank year wave sausage worth useful legal winner thank yellow",
        ),
        (
            "ffffffffffffffffffffffffffffffff",
            "zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo wrong",
        ),
        (
            "9e885d952ad362caeb4efe34a8e91bd2",
            "ozone drill grab fiber curtain grace pudding thank cruise elder eight picnic",
        ),
    ],
)
def test_the_words_are_those_of_bip_39(entropy: str, words: str) -> None:
    assert tuple(words.split()) == words_of(bytes.fromhex(entropy))
    assert bytes.fromhex(entropy) == read_words(words)


@given(fingerprints)
def test_words_and_digits_lead_back_to_the_fingerprint(fingerprint: bytes) -> None:
    words, digits = words_of(fingerprint), digits_of(fingerprint)

    assert (12, 8, {5}) == (len(words), len(digits), {len(group) for group in digits})
    assert fingerprint == read_words(" ".join(words)) == read_words(" ".join(digits))


@pytest.mark.parametrize(
    "text",
    [
        " ".join(WORDS).upper(),
        "  " + ",  ".join(WORDS) + " \n",
        "\n".join(f"{number}. {word.title()}" for number, word in enumerate(WORDS, 1)),
        "-".join(WORDS),
        "".join(
            chr(ord(letter) + 0xFEE0) if letter != " " else letter for letter in " ".join(WORDS)
        ),
        "".join(DIGITS),
        "  ".join(DIGITS),
        "-".join("".join(DIGITS)[at : at + 4] for at in range(0, 40, 4)),
        ", ".join(DIGITS) + ".",
        "".join(DIGITS).translate({48 + n: 0xFF10 + n for n in range(10)}),
        " ".join(DIGITS).translate({48 + n: 0x06F0 + n for n in range(10)}),
        " ".join(DIGITS).translate({48 + n: 0x0966 + n for n in range(10)}),
    ],
    ids=[
        "capitals",
        "commas and spaces",
        "numbered lines",
        "dashes",
        "full-width letters",
        "one run of digits",
        "wide groups",
        "groups of four",
        "groups and commas",
        "full-width digits",
        "Persian digits",
        "Devanagari digits",
    ],
)
def test_how_it_is_typed_does_not_matter(text: str) -> None:
    assert FINGERPRINT == read_words(text)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("", "number"),
        (" ,.- ", "number"),
        (" ".join(WORDS[:-1]), "number"),
        (" ".join((*WORDS, WORDS[0])), "number"),
        ("".join(DIGITS)[:-1], "number"),
        ("".join(DIGITS) + "0", "number"),
        ("1", "number"),
        ("zoo " * 200, "number"),
        (" ".join((*WORDS[:-1], "embassy")), "unknown"),
        (" ".join((*WORDS[:-1], "словы")), "unknown"),
        (" ".join((*WORDS[:-1], WORDS[-1] + "s")), "unknown"),
        (" ".join((*WORDS[:-1], "x" * 90)), "unknown"),
        (" ".join(reversed(WORDS)), "mistyped"),
        ("9" * 40, "mistyped"),
        (str(int.from_bytes(HIGHEST) * 29 + 29).rjust(40, "0"), "mistyped"),
    ],
)
def test_what_is_wrong_with_it_is_said(text: str, key: str) -> None:
    assert f"staff.peers.words.{key}" == refusal_of(text)


def test_the_highest_fingerprint_has_digits_too() -> None:
    assert HIGHEST == read_words("".join(digits_of(HIGHEST)))


@pytest.mark.parametrize("length", [LONGEST, LONGEST + 1])
def test_only_so_much_is_looked_at(length: int) -> None:
    text = " ".join(WORDS).rjust(length)
    if length == LONGEST:
        assert FINGERPRINT == read_words(text)
    else:
        assert "staff.peers.words.number" == refusal_of(text)


@given(fingerprints, st.integers(0, 39), st.integers(1, 9))
def test_a_wrong_digit_is_always_found(fingerprint: bytes, at: int, by: int) -> None:
    digits = list("".join(digits_of(fingerprint)))
    digits[at] = str((int(digits[at]) + by) % 10)

    assert "staff.peers.words.mistyped" == refusal_of("".join(digits))


@given(fingerprints)
def test_two_digits_that_changed_places_are_always_found(fingerprint: bytes) -> None:
    digits = "".join(digits_of(fingerprint))
    for at, (one, other) in enumerate(itertools.pairwise(digits)):
        if one != other:
            swapped = digits[:at] + other + one + digits[at + 2 :]

            assert "staff.peers.words.mistyped" == refusal_of(swapped)


@given(fingerprints, fingerprints)
def test_other_words_are_another_fingerprint(one: bytes, other: bytes) -> None:
    assert (one == other) == (words_of(one) == words_of(other))
    assert (one == other) == (digits_of(one) == digits_of(other))


def test_most_wrong_words_are_found_by_the_check() -> None:
    lists = {word for number in range(256) for word in words_of(bytes([number] * 16))}
    found = 0
    for word in lists - {WORDS[3]}:
        try:
            read_words(" ".join((*WORDS[:3], word, *WORDS[4:])))
        except NotAllowed as refused:
            found += refused.key == "staff.peers.words.mistyped"

    assert found / len(lists) > 0.85
