"""Texts: compiled once, looked up along the chain, shown as each language shows them."""

import os
import re
import stat
import subprocess
import sys
import textwrap
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from babel import Locale

from pe_core.errors import PluginError
from pe_core.rules.texts import (
    Catalogue,
    Source,
    chain,
    direction,
    language_name,
    load_catalogue,
    own_name,
    show_date,
    show_number,
    show_time,
    territory_name,
)

SLAVIC = (
    "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : "
    "n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);"
)


def _po(folder: Path, language: str, body: str, plural: str = "") -> None:
    folder.mkdir(exist_ok=True, parents=True)
    header = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n'
    header += f'"Plural-Forms: {plural}\\n"\n' if plural else ""
    text = header + "\n" + textwrap.dedent(body)
    (folder / f"{language}.po").write_text(text, encoding="utf-8")


def _text(key: str, text: str) -> str:
    return f'\nmsgid "{key}"\nmsgstr "{text}"\n'


def _plural(key: str, *forms: str) -> str:
    lines = [f'msgstr[{number}] "{form}"' for number, form in enumerate(forms)]
    return f'\nmsgid "{key}"\nmsgid_plural "{key}"\n' + "\n".join(lines) + "\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    core, plugin = tmp_path / "core", tmp_path / "zz"
    _po(
        core,
        "en",
        _text("core.a", "A {name}")
        + _text("core.b", "B")
        + _text("core.c", "C")
        + _plural("core.n", "one day", "{number} days, {name}"),
        "nplurals=2; plural=(n != 1);",
    )
    _po(core, "ru", _text("core.b", "B ru") + _text("core.c", "C ru"))
    _po(
        core,
        "be",
        _text("core.b", "B be")
        + "\n#, machine"
        + _text("core.c", "C be")
        + _plural("core.n", "{number} дзень", "{number} дні", "{number} дзён"),
        SLAVIC,
    )
    _po(core, "be-Latn", _text("core.b", "B łac"))
    _po(core, "pl", _text("core.b", "B pl") + "\n#, fuzzy" + _text("core.c", "guessed"))
    _po(plugin, "en", _text("core.b", "B from plugin") + _text("zz.x", "X"))
    return tmp_path


def _sources(folder: Path) -> list[Source]:
    return [Source(domain=name, directory=folder / name) for name in ("zz", "core")]


@pytest.fixture
def texts(folder: Path) -> Catalogue:
    languages = ["en", "be", "be-tarask", "be-Latn", "pl", "he"]
    return load_catalogue(_sources(folder), languages, None)


@pytest.mark.parametrize(
    ("language", "key", "text"),
    [
        ("en", "core.b", "B from plugin"),
        ("be", "core.b", "B be"),
        ("be-Latn", "core.b", "B łac"),
        ("be-Latn", "core.c", "C be"),
        ("be-tarask", "core.b", "B be"),
        ("pl", "core.b", "B pl"),
        ("pl", "core.c", "C"),
        ("he", "core.c", "C"),
        ("be", "zz.x", "X"),
        ("ru", "core.b", "B ru"),
    ],
)
def test_a_text_is_looked_up_along_the_chain(
    texts: Catalogue, language: str, key: str, text: str
) -> None:
    assert text == texts.text(language, key) == texts.table(language)[key]
    assert texts.has(language, key)


def test_placeholders_are_filled_and_nothing_else_is(texts: Catalogue) -> None:
    assert "A {name} {0.x} %s" == texts.text("en", "core.a", name="{name} {0.x} %s", other=1)


@pytest.mark.parametrize(
    ("value", "shown"),
    [("24 ноября 2026 г.", "Do 24 ноября 2026 г. Then."), ("24 November", "Do 24 November. Then.")],
)
def test_a_date_that_ends_with_a_stop_ends_the_sentence(
    tmp_path: Path, value: str, shown: str
) -> None:
    _po(tmp_path, "en", _text("core.day", "Do {day}. Then."))
    texts = load_catalogue([Source(domain="core", directory=tmp_path)], ["en"], None)

    assert shown == texts.text("en", "core.day", day=value)


def test_a_missing_value_is_named_by_its_key_and_no_value_is_told(texts: Catalogue) -> None:
    with pytest.raises(KeyError, match=r"core\.a needs a value for \{name\}") as caught:
        texts.text("be", "core.a", secret="Alia")

    assert "Alia" not in str(caught.value)


@pytest.mark.parametrize("key", ["core.nowhere", "core.n", ""])
def test_a_key_without_a_text_is_a_programming_error(texts: Catalogue, key: str) -> None:
    with pytest.raises(KeyError, match=rf"no text {key}"):
        texts.text("be", key)


def test_no_plural_text_is_a_programming_error_too(texts: Catalogue) -> None:
    assert not texts.has("be", "core.nowhere")
    with pytest.raises(KeyError, match=r"no plural text core\.b"):
        texts.plural("be", "core.b", 1)


@pytest.mark.parametrize(
    ("language", "number", "text"),
    [
        ("en", 1, "one day"),
        ("en", 0, "0 days, N"),
        ("en", 2, "2 days, N"),
        ("be", 1, "1 дзень"),
        ("be", 21, "21 дзень"),
        ("be", 3, "3 дні"),
        ("be", 11, "11 дзён"),
        ("be", -3, "-3 дні"),
        ("be-tarask", 22, "22 дні"),
        ("pl", 5, "5 days, N"),
    ],
)
def test_the_rule_of_the_language_chooses_the_form(
    texts: Catalogue, language: str, number: int, text: str
) -> None:
    assert text == texts.plural(language, "core.n", number, name="N")
    assert texts.has(language, "core.n")


def test_a_file_without_a_plural_rule_gets_its_languages_own(tmp_path: Path) -> None:
    _po(tmp_path / "core", "be-Latn", _plural("core.n", "dzień", "dni", "dzion"))
    texts = load_catalogue(_sources(tmp_path), ["be-Latn"], None)

    assert ["dzień", "dni", "dzion"] == [texts.plural("be-Latn", "core.n", n) for n in (1, 2, 5)]


def test_what_fell_back_is_missing(texts: Catalogue) -> None:
    assert ["core.a", "core.c", "core.n", "zz.x"] == texts.missing("be-Latn")
    assert [] == texts.missing("en")


def test_a_plural_with_an_empty_form_falls_back(tmp_path: Path) -> None:
    _po(tmp_path / "core", "en", _plural("core.n", "one", "many"))
    _po(tmp_path / "core", "pl", _plural("core.n", "jeden", "", ""))
    texts = load_catalogue(_sources(tmp_path), ["pl"], None)

    assert "many" == texts.plural("pl", "core.n", 3)


def test_problems_name_what_a_translator_should_mend(tmp_path: Path) -> None:
    english = {"a": "Hi {name}", "b": "Bold", "c": "C", "d": "D", "p": "P"}
    polish = {"a": "Hej {imie}", "b": "<b>B</b>", "d": "D", "e": "E"}
    for language, lines in (("en", english), ("pl", polish)):
        body = "".join(_text(f"core.{key}", text) for key, text in lines.items())
        extra = _plural("core.p", "p", "p", "p") if language == "pl" else ""
        _po(tmp_path / "core", language, body + extra)
    found = load_catalogue(_sources(tmp_path), ["pl", "he"], None).problems()

    assert [
        "pl: core.a: placeholders differ from en",
        "pl: core.b: holds < or >",
        "pl: core.c: missing",
        "pl: core.e: not in en",
        "pl: core.p: is a plural in only one of pl and en",
    ] == [line for line in found if line.startswith("pl: ")]
    assert 5 == len([line for line in found if line.startswith("he: ")])
    assert [] == [line for line in found if line.startswith("en: ")]


def test_one_form_of_a_plural_may_do_without_its_number(texts: Catalogue) -> None:
    found = [line for line in texts.problems() if "core.n" in line]

    # The Belarusian forms lack {name}; the English "one day" lacks {number} and may.
    assert ["be: core.n: placeholders differ from en"] == [
        line for line in found if "missing" not in line
    ]


def test_compiled_texts_are_kept_for_us_alone(folder: Path) -> None:
    cache = folder / "cache"
    load_catalogue(_sources(folder), ["be"], cache)
    files = sorted(path.name.rpartition(".")[0] for path in cache.iterdir())

    assert ["core.be", "core.en", "core.ru", "zz.en"] == files
    assert {0o600} == {stat.S_IMODE(path.stat().st_mode) for path in cache.iterdir()}
    assert 0o700 == stat.S_IMODE(cache.stat().st_mode)


def test_a_changed_file_is_compiled_anew_and_its_old_form_removed(folder: Path) -> None:
    cache = folder / "cache"
    load_catalogue(_sources(folder), ["be"], cache)
    before = {path.name for path in cache.iterdir()}
    _po(folder / "core", "be", _text("core.b", "New"))
    texts = load_catalogue(_sources(folder), ["be"], cache)
    after = {path.name for path in cache.iterdir()}

    assert "New" == texts.text("be", "core.b")
    assert (4, 1) == (len(after), len(after - before))


def test_a_spoilt_cache_is_mended(folder: Path) -> None:
    cache = folder / "cache"
    load_catalogue(_sources(folder), ["be"], cache)
    for path in cache.iterdir():
        path.write_bytes(b"\x00spoilt")

    assert "B be" == load_catalogue(_sources(folder), ["be"], cache).text("be", "core.b")
    assert all(path.read_bytes() != b"\x00spoilt" for path in cache.iterdir())


def test_a_warm_start_imports_no_babel(folder: Path) -> None:
    program = textwrap.dedent("""
        import sys
        from pathlib import Path
        from pe_core.rules.texts import Source, load_catalogue
        folder = Path(sys.argv[1])
        sources = [Source(domain=name, directory=folder / name) for name in ("zz", "core")]
        texts = load_catalogue(sources, ["be", "pl"], folder / "cache")
        assert "5 дзён" == texts.plural("be", "core.n", 5)
        print(any(name.partition(".")[0] == "babel" for name in sys.modules))
    """)
    command = [sys.executable, "-W", "error", "-c", program, str(folder)]
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    answers = [
        subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout
        for _ in range(2)
    ]

    assert ["True\n", "False\n"] == answers


@pytest.mark.parametrize(
    ("body", "plural", "fault"),
    [
        ("these words are no entry", "", "texts of core, en.po"),
        (_text("core.a", "A"), "nplurals=2; plural=n;", "a form that does not exist"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(
    tmp_path: Path, body: str, plural: str, fault: str
) -> None:
    _po(tmp_path / "core", "en", body, plural)

    with pytest.raises(PluginError, match=fault):
        load_catalogue(_sources(tmp_path), ["en"], None)


@pytest.mark.parametrize(
    ("language", "way", "name"),
    [
        ("be", "ltr", "беларуская"),
        ("be-tarask", "ltr", "беларуская (тарашкевіца)"),
        ("be-Latn", "ltr", "biełaruskaja (łacinka)"),
        ("pl", "ltr", "polski"),
        ("en", "ltr", "English"),
        ("ru", "ltr", "русский"),
        ("he", "rtl", "עברית"),
        ("ar", "rtl", "العربية"),
        ("fa", "rtl", "فارسی"),
        ("sr-Latn", "ltr", "srpski (latinica)"),
    ],
)
def test_a_language_has_its_own_name_and_way(language: str, way: str, name: str) -> None:
    assert (way, name) == (direction(language), own_name(language))


@pytest.mark.parametrize(
    ("language", "reader", "name"),
    [
        ("ko", "be", "карэйская"),
        ("ko", "be-Latn", "karejskaja"),
        ("ko", "be-tarask", "карэйская"),
        ("ka", "en", "Georgian"),
        ("be", "he", "בלארוסית"),
        ("be-tarask", "ru", "беларуская (тарашкевіца)"),
        ("be-Latn", "en", "biełaruskaja (łacinka)"),
    ],
)
def test_a_language_is_called_what_its_reader_calls_it(
    language: str, reader: str, name: str
) -> None:
    assert name == language_name(language, reader)


@pytest.mark.parametrize(
    ("language", "shown"),
    [
        ("en", "November 24, 2026"),
        ("be", "24 лістапада 2026\u202fг."),
        ("be-tarask", "24 лістапада 2026\u202fг."),
        ("be-Latn", "24 listapada 2026\u202fh."),
        ("pl", "24 listopada 2026"),
        ("not-a-language", "November 24, 2026"),
    ],
)
def test_a_date_is_shown_with_its_month_in_words(language: str, shown: str) -> None:
    assert shown == show_date(date(2026, 11, 24), language)


@pytest.mark.parametrize(
    ("month", "latin", "cyrillic"),
    [
        (1, "studzienia", "студзеня"),
        (2, "lutaha", "лютага"),
        (3, "sakavika", "сакавіка"),
        (4, "krasavika", "красавіка"),
        (5, "maja", "мая"),
        (6, "červienia", "чэрвеня"),
        (7, "lipienia", "ліпеня"),
        (8, "žniŭnia", "жніўня"),
        (9, "vieraśnia", "верасня"),
        (10, "kastryčnika", "кастрычніка"),
        (11, "listapada", "лістапада"),
        (12, "śniežnia", "снежня"),
    ],
)
def test_the_months_are_the_same_in_both_scripts(month: int, latin: str, cyrillic: str) -> None:
    day = date(2026, month, 1)

    assert latin in show_date(day, "be-Latn").split()
    assert cyrillic in show_date(day, "be").split()


def test_months_are_spelt_in_the_classical_norm_too() -> None:
    shown = [show_date(date(2026, month, 1), "be-tarask").split()[1] for month in (9, 12)]

    assert ["верасьня", "сьнежня"] == shown


@pytest.mark.parametrize(
    ("language", "shown"),
    [
        ("be", "24 лістапада 2026\u202fг., 00:05"),
        ("be-Latn", "24 listapada 2026\u202fh., 00:05"),
        ("pl", "24 listopada 2026, 00:05"),
        ("en", "November 24, 2026, 12:05\u202fAM"),
    ],
)
def test_a_moment_is_shown_in_the_zone_of_the_embassy(language: str, shown: str) -> None:
    moment = datetime(2026, 11, 23, 23, 5, 59, tzinfo=UTC)

    assert shown == show_time(moment, "Etc/GMT-1", language)


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="without a zone"):
        show_time(datetime(2026, 11, 23), "UTC", "en")  # noqa: DTZ001


@pytest.mark.parametrize(
    ("language", "shown"),
    [
        ("en", "12,345"),
        ("pl", "12\u00a0345"),
        ("be-Latn", "12\u00a0345"),
        ("be-tarask", "12\u00a0345"),
    ],
)
def test_a_number_is_grouped_as_its_language_does(language: str, shown: str) -> None:
    assert shown == show_number(12345, language)


def test_a_territory_has_a_name_in_every_language_or_its_code() -> None:
    assert "Antarctica" == territory_name("aq", "en")
    assert "Антарктыка" == territory_name("AQ", "be-tarask")
    assert "Antarktyka" == territory_name("AQ", "be-Latn")
    assert "aq-x" == territory_name("aq-x", "en")


def test_no_territory_has_a_cyrillic_name_on_a_latin_page() -> None:
    names = [territory_name(code, "be-Latn") for code in Locale.parse("be").territories]

    assert len(names) > 250
    assert [] == [name for name in names if re.search("[\u0400-\u04ff]", name)]


def test_both_further_norms_fall_back_to_the_official_one_first() -> None:
    assert ("be-tarask", "be", "ru", "en") == chain("be-tarask")
    assert ("be-Latn", "be", "ru", "en") == chain("be-Latn")
