"""Each Belarusian norm keeps to itself, no alphabet hides in another, every reader is meant."""

import re
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from babel.messages.pofile import read_po

from spelling import (
    FAMILIAR,
    GENDERED,
    NEVER,
    faults_of_classical,
    faults_of_latin,
    faults_of_official,
    mixed_words,
)

ROOT = Path(__file__).parent.parent
LAWS: dict[str, Callable[[str], list[str]]] = {
    "be": faults_of_official,
    "be-tarask": faults_of_classical,
    "be-Latn": faults_of_latin,
}
CYRILLIC = ("be", "be-tarask", "ru")
ADDRESS = re.compile(r"\]\([^)]*\)|https?://\S+")
TERMS = {
    "be": {
        "амбасад": r"пасольств",
        "зварот": r"запыт|заяўк|хадайніцтв",
        "валанцёр": r"валантёр|валанцер|добраахвотнік",
        "каардынатар": r"каардынатор|координатор",
    },
    "be-tarask": {
        "амбасад": r"пасольств|амбасадаў",
        "зварот": r"запыт|заяўк",
        "валянтэр": r"валанцёр|валянцёр|валантэр",
        "каардынатар": r"каардынатор",
    },
    "be-Latn": {
        "ambasad": r"pasolstv",
        "zvarot": r"zapyt|zajaŭk",
        "vałancior": r"valanc|vałancier|valant|vałant",
        "kaardynatar": r"kaardynator|koordynator",
    },
    "ru": {
        "посольств": r"амбасад",
        "обращени": r"запрос|заявк",
        "волонтёр": r"волонтер|доброволец|доброволь",
        "координатор": r"куратор",
    },
}
"""The glossary's word for each of four things, and what must not stand for it in the core."""


def catalogues() -> list[Path]:
    """Return every catalogue of the core and of the plugins."""
    return sorted(
        [
            *ROOT.glob("src/pe_core/locales/*.po"),
            *ROOT.glob("plugins/*/src/*/locales/*.po"),
        ]
    )


def pages() -> list[Path]:
    """Return every guide and letter of the plugins that tells something in another language."""
    return sorted(
        path
        for kind in ("guides", "letters")
        for path in ROOT.glob(f"plugins/*/src/*/{kind}/*.*.md")
    )


def tag_of(path: Path) -> str:
    """Return the language of a file: be-tarask.po, paper.be-tarask.md."""
    return path.stem.rpartition(".")[2]


def texts_of(path: Path) -> Iterator[tuple[str, str]]:
    """Yield where a text stands, and the text, addresses left out."""
    if path.suffix == ".po":
        with path.open("rb") as file:
            for message in read_po(file):
                key = message.id if isinstance(message.id, str) else message.id[0]
                strings = message.string if message.pluralizable else (message.string,)
                if key:
                    yield from ((key, str(string)) for string in strings)
        return
    _, head, body = path.read_text(encoding="utf-8").split("+++\n", 2)
    yield from _strings("head", tomllib.loads(head))
    yield "body", ADDRESS.sub("]", body)


def _strings(where: str, value: Any) -> Iterator[tuple[str, str]]:
    match value:
        case str():
            yield where, value
        case list():
            for item in value:
                yield from _strings(where, item)
        case dict():
            for name, item in value.items():
                if name != "status":
                    yield from _strings(name, item)


def of_languages(*tags: str) -> list[Any]:
    """Return the files in these languages, each with its place as the test's name."""
    files = [path for path in (*catalogues(), *pages()) if tag_of(path) in tags]
    return [pytest.param(path, id=str(path.relative_to(ROOT))) for path in files]


@pytest.mark.parametrize("path", of_languages(*LAWS))
def test_a_text_keeps_the_norm_that_its_file_promises(path: Path) -> None:
    law = LAWS[tag_of(path)]

    assert {} == {where: slips for where, text in texts_of(path) if (slips := law(text))}


@pytest.mark.parametrize(
    ("text", "slip"),
    [
        ("Пытаньне", "пытаньне"),
        ("Сьвет", "сьвет"),
        ("зьвесткі", "зьвесткі"),
        ("жыцьцё", "жыцьцё"),
        ("судзьдзя", "судзьдзя"),
        ("вясельле", "вясельле"),
        ("дзьверы", "дзьверы"),
        ("мы ня ведаем", "ня"),
        ("зь якой", "зь"),
        ("бяз дому", "бяз"),
        ("валянтэры", "валянтэры"),
        ("пэрсанальныя", "пэрсанальныя"),
        ("дадзеныя", "дадзеныя"),
        ("плян", "плян"),
        ("клюб", "клюб"),
        ("Помощь", "помощь"),
        ("и", "и"),
        ("реестр", "реестр"),
        ("тест", "тест"),
        ("безіменны", "безіменны"),
        ("мы у Беларусі", "у"),
        ("прыйшло усё", "усё"),
        ("Наш ўзор", "ш ў"),
        ("Ўсё", "Ў"),
    ],
)
def test_a_slip_in_the_official_norm_is_found(text: str, slip: str) -> None:
    assert slip in faults_of_official(text)


@pytest.mark.parametrize(
    "text",
    [
        "Пісьменніца ў просьбе напісала «ўсё»; хтосьці возьме яе ліст.",
        "Заходзьце, будзьце як дома: у нас ёсць 5 МБ і КДБ няма.",
        "Я ў Беларусі, і {name} у спісе. Безыменны ўзор - урна.",
        "Аб’ява пра сям’ю і камп’ютар",
    ],
)
def test_good_official_texts_have_no_slip(text: str) -> None:
    assert [] == faults_of_official(text)


@pytest.mark.parametrize(
    ("text", "slip"),
    [
        ("пытанне", "пытанне"),
        ("свет", "свет"),
        ("Звесткі", "звесткі"),
        ("жыццё", "жыццё"),
        ("суддзя", "суддзя"),
        ("дзверы", "дзверы"),
        ("пасля", "пасля"),
        ("з’ява", "з’ява"),
        ("валанцёр", "валанцёр"),
        ("персанальныя", "персанальныя"),
        ("даныя", "даныя"),
        ("план", "план"),
        ("клуб", "клуб"),
        ("дакументы", "дакументы"),
        ("для унукаў", "унукаў"),
    ],
)
def test_a_slip_in_the_classical_norm_is_found(text: str, slip: str) -> None:
    assert slip in faults_of_classical(text)


def test_a_good_classical_text_has_no_slip() -> None:
    text = "Сьвятлана ня ведае, зь якой амбасады валянтэры; аддзел сьвятаў пытаньняў ня мае."

    assert [] == faults_of_classical(text)


@pytest.mark.parametrize(
    ("text", "slip"),
    [
        ("Biełaruś і", "і"),
        ("pytannie", "pytannie"),
        ("sviet", "sviet"),
        ("pasla", "pasla"),
        ("žyccio", "žyccio"),
        ("dzviery", "dzviery"),
        ("biaspieka", "biaspieka"),
        ("łist", "łist"),
        ("valantery", "valantery"),
        ("pieršy, żołty", "żołty"),
        ("my u Biełarusi", "y u"),
    ],
)
def test_a_slip_in_latin_script_is_found(text: str, slip: str) -> None:
    assert slip in faults_of_latin(text)


def test_a_good_latin_text_has_no_slip() -> None:
    text = "Śviatłana, vałanciorka, viedaje: u {place} biaśpiečna; pytańni ŭ śpisie PDF"

    assert [] == faults_of_latin(text)


@pytest.mark.parametrize("path", of_languages(*CYRILLIC))
def test_no_latin_look_alike_hides_in_a_cyrillic_word(path: Path) -> None:
    assert {} == {where: words for where, text in texts_of(path) if (words := mixed_words(text))}


def test_a_look_alike_is_found() -> None:
    assert ["амбaсада", "iх"] == mixed_words("амбaсада {name} Tor iх 5КБ")


@pytest.mark.parametrize(
    "path", [pytest.param(path, id=str(path.relative_to(ROOT))) for path in catalogues()]
)
def test_belarus_is_called_by_its_name(path: Path) -> None:
    assert {} == {where: found for where, text in texts_of(path) if (found := NEVER.findall(text))}


@pytest.mark.parametrize("name", ["Белоруссия", "белорусский", "Byelorussia", "Weißrussland"])
def test_an_old_name_is_found(name: str) -> None:
    assert NEVER.search(f"in {name} …")


@pytest.mark.parametrize("language", TERMS)
def test_the_core_uses_the_words_of_the_glossary(language: str) -> None:
    path = ROOT / "src" / "pe_core" / "locales" / f"{language}.po"
    texts = "\n".join(text for _, text in texts_of(path)).lower()

    assert [] == [word for word in TERMS[language] if word not in texts]
    assert [] == [w for wrong in TERMS[language].values() for w in re.findall(wrong, texts)]


@pytest.mark.parametrize("path", of_languages("be", "be-tarask", "ru", "pl"))
def test_no_text_takes_its_reader_for_a_man_or_a_woman(path: Path) -> None:
    pattern = GENDERED[tag_of(path).partition("-")[0]]

    assert {} == {
        where: found[0] for where, text in texts_of(path) if (found := pattern.search(text))
    }


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("be", "вы зрабілі(ла) гэта"),
        ("be", "зрабіў(ла)"),
        ("be", "вы ўпэўнены?"),
        ("be", "Я запісаў код"),
        ("ru", "Я сделал"),
        ("ru", "увидел(а)"),
        ("ru", "готов(а)"),
        ("ru", "Вы уверены?"),
        ("pl", "czy byłeś tam"),
        ("pl", "zrobiłaś"),
        ("pl", "spotkałem(-am)"),
        ("pl", "zapisałam"),
        ("pl", "Pan/Pani"),
        ("pl", "pewny/a"),
    ],
)
def test_a_text_for_one_sex_is_found(language: str, text: str) -> None:
    assert GENDERED[language].search(text)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("be", "Вы напісалі нам. Я магу дапамагчы. Я ў Беларусі."),
        ("ru", "Вы написали нам. Я могу помочь."),
        ("pl", "Proszę podać hasło; z hasłem i zespołem. Czy złożyli Państwo wniosek?"),
    ],
)
def test_a_text_for_everybody_is_let_through(language: str, text: str) -> None:
    assert not GENDERED[language].search(text)


@pytest.mark.parametrize("path", of_languages("pl"))
def test_no_polish_text_is_on_first_name_terms_with_its_reader(path: Path) -> None:
    assert {} == {
        where: found[0] for where, text in texts_of(path) if (found := FAMILIAR.search(text))
    }


@pytest.mark.parametrize(
    "text",
    [
        "Nie ma takiego zadania dla Ciebie.",
        "To zgłoszenie jest Twoje",
        "Jeśli możesz, proszę zaznaczyć.",
        "To, co zaznaczysz, zostanie dodane.",
        "Kogo znacie? Nikt na was nie czeka.",
        "Zespół zna Cię pod inną nazwą",
    ],
)
def test_a_familiar_polish_text_is_found(text: str) -> None:
    assert FAMILIAR.search(text)


@pytest.mark.parametrize(
    "text",
    [
        "Proszę zaznaczyć, komu Państwo pomagają.",
        "Zapisz szkic. Wpisz swój kod. Nasz klucz.",
        "Ci, którzy są w pobliżu; tysiąc stron.",
    ],
)
def test_a_polite_polish_text_is_let_through(text: str) -> None:
    assert not FAMILIAR.search(text)


def glossary() -> list[dict[str, str]]:
    """Return the rows of the glossary that translators read, by column."""
    page = (ROOT / "docs" / "translators.md").read_text(encoding="utf-8")
    lines = page.partition("## Glossary\n")[2].partition("\n## ")[0].splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if "|" in line]
    return [dict(zip(rows[0], row, strict=True)) for row in rows[2:]]


@pytest.mark.parametrize("language", LAWS)
def test_the_glossary_for_translators_keeps_each_norm(language: str) -> None:
    words = [row[language] for row in glossary()]

    assert len(words) > 20
    assert [] == [slip for word in words for slip in LAWS[language](word)]
