"""Belarusian in Latin script: the official norm's spelling, softness marked as it is spoken.

Babel knows no Belarusian in Latin script, so its names are turned into it here. A letter for a
letter is not enough: «святы» is «śviaty», because a consonant before a soft one is soft too.
"""

import re

_VOWELS = {"е": "e", "ё": "o", "ю": "u", "я": "a"}
"""Those that soften a consonant, or begin with j where there is none."""
_LETTERS = {
    **dict(zip("абвгґдзйкмнопрстуўфцыэі", "abvhgdzjkmnoprstuŭfcyei", strict=True)),
    **{"ж": "ž", "л": "ł", "х": "ch", "ч": "č", "ш": "š"},
}
_SOFT = {"з": "ź", "л": "l", "н": "ń", "с": "ś", "ц": "ć"}
_HARD_ONES = "бвгґджзклмнпрстфхцчш"
_ASSIMILATED = (
    (re.compile(r"(?<!\bа)(?<!\bпа)(?<!\bна)д(?=дз[еёіюя])"), "дзь"),
    (re.compile(r"н(?=н[еёіюя])"), "нь"),
    (re.compile(r"л(?=л[еёіюя])"), "ль"),
    (re.compile(r"ц(?=[вмц][еёіюя])"), "ць"),
    (re.compile(r"дз(?=[вм][еёіюя])"), "дзь"),
    (re.compile(r"([зс])(?=(?:[бвзлмнпсфц]|дз)[ьеёіюя]|ць|дзь)"), r"\1ь"),
    (re.compile(r"\b([зс])[’'](?=[еёюя])"), r"\1ь"),
)
"""The laws of assimilation; «ад», «пад» and «над» before «дз» are prefixes and stay hard."""
_WORD = re.compile(r"[А-Яа-яЁёІіЎўҐґ’']+")
_CAPITALS = 2
"""So many capitals and more, and nothing else, are an abbreviation: КГБ."""


def to_latin(text: str) -> str:
    """Return Belarusian Cyrillic words in Latin script; all other signs stay as they are."""
    return _WORD.sub(lambda found: _word(found[0]), text)


def soften(text: str) -> str:
    """Return words in small letters with a soft sign wherever a consonant is spoken soft."""
    for law, spelling in (*_ASSIMILATED, *_ASSIMILATED):
        # Twice, since a consonant that became soft softens the one before it.
        text = law.sub(spelling, text)
    return text


def _word(word: str) -> str:
    small = soften(word.lower())
    latin = "".join(_letter(small, place) for place in range(len(small)))
    if len(word) >= _CAPITALS and word.isupper():
        return latin.upper()
    if "’" in word[1:] and word.partition("’")[2][:1].isupper():
        # A name with a foreign particle: each part keeps its own capital.
        return "’".join(_word(part) for part in word.split("’"))
    return latin[:1].upper() + latin[1:] if word[:1].isupper() else latin


def _letter(word: str, place: int) -> str:
    """Return what stands in Latin script for one letter of a small softened word."""
    letter, before, after = word[place], word[place - 1 : place], word[place + 1 : place + 2]
    if letter in _VOWELS:
        if before == "л":
            return _VOWELS[letter]
        return ("i" if before and before in _HARD_ONES else "j") + _VOWELS[letter]
    if letter in "ь’'":
        return ""
    if after == "ь" or (letter == "л" and after and after in "еёіюя"):
        return _SOFT.get(letter, _LETTERS.get(letter, letter))
    return _LETTERS.get(letter, letter)
