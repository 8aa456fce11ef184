"""Receipts as people copy them: made, read with all the slips of a hand, shown in groups.

24 characters: 23 random ones (115 bits) and a check character. The check is a weighted sum
over GF(32), the field whose elements the alphabet names: the weights are different powers of a
generator, so every single substitution and every swap of two characters changes the sum.
"""

import unicodedata

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Digits and capitals without I, L, O and U (Crockford base 32)."""

LENGTH = 24
_RANDOM = LENGTH - 1
_RANDOM_BITS = 5 * _RANDOM
_TYPED_LIMIT = 200
"""Nobody types a receipt longer than this, spaces and all."""

_TWINS = str.maketrans(
    {
        "O": "0",
        "I": "1",
        "L": "1",
        "А": "A",
        "В": "B",
        "Е": "E",
        "К": "K",
        "М": "M",
        "Н": "H",
        "О": "0",
        "Р": "P",
        "С": "C",
        "Т": "T",
        "Х": "X",
        "У": "Y",
        "З": "3",
        "І": "1",
        "Ј": "J",
        "Ѕ": "S",
    }
)
"""Latin look-alikes, then capitals of the Cyrillic script that look like one of the alphabet."""

_SEPARATORS = frozenset({"Zs", "Zl", "Zp", "Pd", "Cf"})
"""Spaces, dashes and what has no width, such as U+200B and the soft hyphen."""


def make_receipt(random: bytes) -> str:
    """Return a receipt of 24 characters made of the first 115 bits of ``random``.

    Raises ValueError if there are fewer than 15 bytes.
    """
    needed = -(-_RANDOM_BITS // 8)
    if len(random) < needed:
        raise ValueError(f"a receipt needs {needed} random bytes")
    number = int.from_bytes(random[:needed], "big") >> (needed * 8 - _RANDOM_BITS)
    values = [number >> 5 * place & 31 for place in reversed(range(_RANDOM))]
    values.append(_weighted_sum(values))
    return "".join(ALPHABET[value] for value in values)


def read_receipt(typed: str) -> str | None:
    """Return the receipt that was typed, or None if it cannot be one (a slip of the hand)."""
    folded = fold_typed(typed)
    values = [ALPHABET.find(character) for character in folded]
    if len(values) != LENGTH or -1 in values:
        return None
    return folded if _weighted_sum(values[:_RANDOM]) == values[_RANDOM] else None


def fold_typed(typed: str) -> str:
    """Return typed characters as the alphabet has them, for a receipt or a group of it.

    Case, spaces, dashes and characters without width are dropped; look-alikes are replaced;
    anything else stays and matches nothing. Longer than any receipt could be: nothing is left.
    """
    if len(typed) > _TYPED_LIMIT:
        return ""
    kept = (character for character in unicodedata.normalize("NFKC", typed) if _counts(character))
    return "".join(kept).upper().translate(_TWINS)


def show_receipt(receipt: str) -> str:
    """Return the receipt in six groups of four, joined by single spaces."""
    return " ".join(receipt[start : start + 4] for start in range(0, LENGTH, 4))


def _counts(character: str) -> bool:
    if character.isspace() or character == "\N{MINUS SIGN}":
        return False
    return unicodedata.category(character) not in _SEPARATORS


def _weighted_sum(values: list[int]) -> int:
    """Return the sum over GF(32) of each value times its own power of the generator.

    Horner's rule: the last value gets the generator itself, so that 1 is left to the check
    character. The generator's powers repeat only after 31 steps.
    """
    total = 0
    for value in values:
        total = _double(total ^ value)
    return total


def _double(value: int) -> int:
    """Multiply by the generator x of GF(32), modulo the primitive polynomial x^5 + x^2 + 1."""
    doubled = value << 1
    return doubled ^ 0b100101 if doubled & 0b100000 else doubled
