"""Belarusian in Latin script: softness is written, digraphs keep their capitals."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pe_core.rules.latin import soften, to_latin

LETTERS = "абвгдеёжзійклмнопрстуўфхцчшыьэюя"


@pytest.mark.parametrize(
    ("cyrillic", "latin"),
    [
        ("Беларусь", "Biełaruś"),
        ("пытанні", "pytańni"),
        ("Вызваленне", "Vyzvaleńnie"),
        ("пасведчанне на вяртанне", "paśviedčańnie na viartańnie"),
        ("бяспека", "biaśpieka"),
        ("валанцёр", "vałancior"),
        ("каардынатарка", "kaardynatarka"),
        ("дазвол на жыхарства", "dazvoł na žycharstva"),
        ("беларусы замежжа", "biełarusy zamiežža"),
        ("экстрэмісцкае фармаванне", "ekstremisckaje farmavańnie"),
        ("жыццё", "žyćcio"),
        ("вяселле", "viasielle"),
        ("суддзя", "sudździa"),
        ("аддзел", "addzieł"),
        ("сцвярджае", "śćviardžaje"),
        ("дзверы", "dźviery"),
        ("з’яўляецца", "źjaŭlajecca"),
        ("камп’ютар", "kampjutar"),
        ("сям'я", "siamja"),
        ("здароўе", "zdaroŭje"),
        ("люты, лёд, поле", "luty, lod, pole"),
        ("мільён", "miljon"),
        ("рэгіён", "rehijon"),
        ("Ёсць хата; ЧХ, Юрый", "Jość chata; ČCH, Juryj"),
        ("Кот-д’Івуар", "Kot-d’Ivuar"),
        ("ганак і ґанак", "hanak i ganak"),
        ("{name}, PDF 10 МБ", "{name}, PDF 10 MB"),
    ],
)
def test_a_text_is_turned_as_it_is_spoken(cyrillic: str, latin: str) -> None:
    assert latin == to_latin(cyrillic)


@pytest.mark.parametrize(
    ("official", "soft"),
    [("снег", "сьнег"), ("песня", "песьня"), ("цвёрды", "цьвёрды"), ("слова", "слова")],
)
def test_a_consonant_before_a_soft_one_gets_its_sign(official: str, soft: str) -> None:
    assert soft == soften(official)
    assert soft == soften(soft)


@given(st.text(LETTERS + LETTERS.upper() + " ’-"))
def test_no_belarusian_letter_is_left(text: str) -> None:
    assert not re.search("[\u0400-\u04ff]", to_latin(text))


@given(st.text(st.characters(exclude_characters=LETTERS + LETTERS.upper() + "ґҐ'’")))
def test_other_signs_stay(text: str) -> None:
    assert text == to_latin(text)
