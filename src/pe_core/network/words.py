"""A fingerprint as people compare it: twelve words, or forty digits where letters do not serve.

The words are those of BIP-39 (English list), whose last word holds a check. The digits are the
number of the fingerprint times 29: a single wrong digit, or two that changed places, never
leave a multiple of 29. Who reads them aloud and who types them need not care for case, commas,
line breaks or how digits are grouped. Design: network, "Pairing".
"""

import re
import unicodedata
from functools import lru_cache

from mnemonic import Mnemonic

from pe_core.errors import NotAllowed

SIZE = 16
"""Bytes of a fingerprint."""
WORDS = 12
GROUPS, GROUP = 8, 5
"""How forty digits are shown."""
LONGEST = 500
"""Characters that are looked at; twelve words have 107 at most."""

_CHECK = 29
_PIECES = re.compile(r"[^\W\d_]+|\d+")


def words_of(fingerprint: bytes) -> tuple[str, ...]:
    """Return the twelve words of a fingerprint."""
    return tuple(_list().to_mnemonic(fingerprint).split())


def digits_of(fingerprint: bytes) -> tuple[str, ...]:
    """Return the forty digits of a fingerprint in eight groups of five."""
    digits = f"{int.from_bytes(fingerprint) * _CHECK:0{GROUPS * GROUP}}"
    return tuple(digits[at : at + GROUP] for at in range(0, len(digits), GROUP))


def read_words(text: str) -> bytes:
    """Return the fingerprint that was typed, as words or as digits.

    Letters and digits of other widths and scripts count as their plain ones. Raises NotAllowed
    with what is wrong: "staff.peers.words.number" where there are too few or too many,
    "staff.peers.words.unknown" for a word that is on no list, "staff.peers.words.mistyped" where
    the check shows that one word or digit is another than was read aloud.
    """
    pieces = _PIECES.findall(unicodedata.normalize("NFKC", text[: LONGEST + 1]).casefold())
    if len(text) > LONGEST or not pieces:
        raise NotAllowed("staff.peers.words.number")
    if all(piece.isdecimal() for piece in pieces):
        return _read_digits("".join(pieces))
    return _read_words(pieces)


def _read_words(pieces: list[str]) -> bytes:
    # Somebody may have numbered the words as they wrote them down.
    words = [piece for piece in pieces if not piece.isdecimal()]
    if not set(_list().wordlist).issuperset(words):
        raise NotAllowed("staff.peers.words.unknown")
    if len(words) != WORDS:
        raise NotAllowed("staff.peers.words.number")
    try:
        return bytes(_list().to_entropy(words))
    except ValueError:
        raise NotAllowed("staff.peers.words.mistyped") from None


def _read_digits(digits: str) -> bytes:
    if len(digits) != GROUPS * GROUP:
        raise NotAllowed("staff.peers.words.number")
    number, rest = divmod(int(digits), _CHECK)
    if rest or number >= 1 << (8 * SIZE):
        raise NotAllowed("staff.peers.words.mistyped")
    return number.to_bytes(SIZE)


@lru_cache(maxsize=1)
def _list() -> Mnemonic:
    return Mnemonic("english")
