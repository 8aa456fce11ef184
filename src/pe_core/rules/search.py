"""Folding for search: one word has one skeleton in whichever script and spelling it was typed.

An asker writes Belarusian, Russian, łacinka or a name as a passport has it; a coordinator types
what they have at hand. So case, apostrophes, soft signs, marks and doubled letters fall away,
and letters that stand for each other become one. Where a spelling can be read in two ways
(``ch`` is х in łacinka and ч in English), the word has a skeleton for each. Rather too much is
found than too little.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from itertools import islice, product
from types import MappingProxyType

WORDS_LIMIT = 3_000
"""Characters of folded words that a summary holds."""
LONGEST_WORD = 40
VARIANTS = 16
"""The most skeletons of one word."""

Wanted = tuple[frozenset[str], ...]
"""The words of a query, each with its skeletons."""

_SILENT = dict.fromkeys(map(ord, "'’‘ʼ`´ʹ′ьъ"))
_LETTERS = str.maketrans(
    {
        **{"а": "a", "б": "b", "в": "v", "г": "h", "ґ": "h", "д": "d", "е": "e", "ё": "io"},
        **{"ж": "ž", "з": "z", "и": "i", "і": "i", "ї": "i", "й": "i", "ы": "i", "к": "k"},
        **{"л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t"},
        **{"у": "u", "ў": "u", "ф": "f", "х": "h", "ц": "c", "ч": "č", "ш": "š", "щ": "šč"},
        **{"э": "e", "є": "e", "ю": "iu", "я": "ia"},
        **{"ż": "ž", "ŭ": "u", "ł": "l", "đ": "d", "ø": "o", "æ": "ae", "œ": "oe", "ı": "i"},
        **{"j": "i", "y": "i", "w": "v", "g": "h", "q": "k", "x": "ks"},
        **{"ך": "כ", "ם": "מ", "ן": "נ", "ף": "פ", "ץ": "צ"},
    }
)
_FORKS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "ch": ("č", "h"),
        "kh": ("h",),
        "sh": ("š",),
        "zh": ("ž", "zh"),
        "ts": ("c", "ts"),
        "sz": ("š",),
        "cz": ("č",),
        "w": ("v", "u"),
    }
)
"""Latin letters that stand for one sound together, and how they can be read."""
_FORK = re.compile(r"([cksz]h|ts(?![hz])|[sc]z(?!h)|(?<=[aeiouy])w(?![aeiouy]))")
"""Of three, the last two belong together: tsh is тш, szh is сж. A w is ў behind a vowel only."""
_UNMARKED = str.maketrans("žščż", "zscz")
"""What people type who have no such keys; where letters are marked they need not be."""
_PLAIN = re.compile("[a-z0-9šžč]*")
_TWICE = re.compile(r"([^\W\d])\1+")
_WORD = re.compile(r"[^\W_]+")
_SOFT = (("ie", "e"), ("io", "e"), ("lia", "la"), ("liu", "lu"))


def skeletons(word: str) -> frozenset[str]:
    """Return the skeletons of one word; none if it has neither letters nor digits."""
    return frozenset(skeleton for plain in _words(word) for skeleton in _skeletons(plain))


def fold_words(texts: Iterable[str], before: str = "", limit: int = WORDS_LIMIT) -> str:
    """Return the unique folded words of texts, joined by spaces, after those ``before``.

    What goes beyond ``limit`` characters is left out, whole words at a time.
    """
    words = dict.fromkeys(before.split())
    length = len(before)
    for text in texts:
        for word in dict.fromkeys(_words(text)):
            for skeleton in sorted(_skeletons(word)):
                if skeleton in words:
                    continue
                length += len(skeleton) + (length > 0)
                if length > limit:
                    return " ".join(words)
                words[skeleton] = None
    return " ".join(words)


def read_query(query: str) -> Wanted:
    """Return what a query asks for; nothing if there is no word in it."""
    wanted = []
    for word in _words(query):
        found = _skeletons(word)
        # The vowel behind it may still come: и of Юлия is heard in я.
        shorter = {skeleton[:-1] for skeleton in found if len(skeleton) > 2 and skeleton[-1] == "i"}
        if found:
            wanted.append(frozenset(found | shorter))
    return tuple(wanted)


def fits(words: str, wanted: Wanted) -> bool:
    """Return whether every word that is wanted begins one of the folded ``words``."""
    spaced = f" {words}"
    return bool(wanted) and all(
        any(f" {skeleton}" in spaced for skeleton in word) for word in wanted
    )


def matches(words: str, query: str) -> bool:
    """Return whether every word of a query begins one of the folded ``words``."""
    return fits(words, read_query(query))


def likeness(one: str, other: str) -> float:
    """Return how alike two texts are by their folded words: 0 not at all, 1 the same words.

    A long word says more than a short one: each counts by its letters.
    """
    return likeness_to(one)(other)


def likeness_to(one: str) -> Callable[[str], float]:
    """Return what tells how alike a text is to this one; see ``likeness``."""
    words, letters = frozenset(one.split()), _letters_in(one)

    def measure(other: str) -> float:
        shared = sum(map(len, words.intersection(other.split())))
        together = letters + _letters_in(other) - shared
        return shared / together if together else 0.0

    return measure


def _letters_in(words: str) -> int:
    return len(words) - words.count(" ")


def _words(text: str) -> list[str]:
    """Return the words of a text in plain letters, without silent ones and loose marks."""
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    voiced = plain.translate(_SILENT)
    if not voiced.isascii():
        voiced = "".join([c for c in voiced if c.isalnum() or unicodedata.category(c)[0] != "M"])
    return _WORD.findall(voiced)


def _skeletons(word: str) -> set[str]:
    found = _readings(word[:LONGEST_WORD])
    bare = word.translate(_UNMARKED)
    if bare == word:
        return found
    return set(islice((*sorted(found), *sorted(_readings(bare[:LONGEST_WORD]))), VARIANTS))


def _readings(word: str) -> set[str]:
    pieces = _FORK.split(word)
    if len(pieces) == 1:
        return {_settle(_letters(word))} - {""}
    # Every second piece is a fork.
    readings = product(
        *(_FORKS[piece] if at % 2 else (_letters(piece),) for at, piece in enumerate(pieces))
    )
    return {_settle("".join(reading)) for reading in islice(readings, VARIANTS)} - {""}


def _letters(piece: str) -> str:
    plain = piece.translate(_LETTERS)
    if _PLAIN.fullmatch(plain):
        return plain
    return "".join(letter if letter in "šžč" else _bare(letter) for letter in plain)


def _bare(letter: str) -> str:
    """Return a letter without its marks, or a digit of any script as ours."""
    if letter.isdecimal():
        return str(unicodedata.decimal(letter))
    bare = unicodedata.normalize("NFKD", letter).translate(_SILENT)
    return "".join(part for part in bare if part.isalnum())


def _settle(skeleton: str) -> str:
    """Take doubled letters for one, though of a number every digit counts; drop softness."""
    single = settled = _TWICE.sub(r"\1", skeleton)
    for soft, plain in _SOFT:
        settled = settled.replace(soft, plain)
    return settled if settled == single else _TWICE.sub(r"\1", settled)
