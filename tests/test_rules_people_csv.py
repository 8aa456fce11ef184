"""A table of volunteers is read strictly; what is wrong is told by its place alone."""

from typing import Any
from zoneinfo import available_timezones

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pe_core.model import Fluency, Gender, Skill, Skilled, Spoken
from pe_core.rules import week_grid
from pe_core.rules.people_csv import (
    BYTES_LIMIT,
    COLUMNS,
    Flaw,
    Person,
    Terms,
    read_people,
)

TERMS = Terms(
    offered=("be", "en"),
    spoken=("be", "ru", "en", "lt"),
    skills=("core.skill.driving", "core.skill.papers", "zz.volunteer.skill.rowing"),
    cities=("Coastville", "Hillham"),
    zone="Etc/UTC",
)
HEAD = "pseudonym,languages,skills,city,remote,reach,zone,hours,load,gender,note"
SECRET = "Zalesskaja"
"""What stands in for a person's words: it may turn up in no answer."""


def flaws(text: str | bytes) -> list[tuple[int, str, str]]:
    content = text.encode() if isinstance(text, str) else text
    people, found = read_people(content, TERMS)

    assert () == people
    return [(flaw.line, flaw.column, flaw.words) for flaw in found]


def people(text: str | bytes) -> tuple[Person, ...]:
    content = text.encode() if isinstance(text, str) else text
    found, wrong = read_people(content, TERMS)

    assert () == wrong
    return found


def test_a_whole_line_is_read() -> None:
    row = "Bocian,be:4 ru,driving:2 core.skill.papers,coastville,no,30,Europe/Vilnius,"
    row += 'mon:18-21 SAT:9-12+14-17,2,Woman,"Has a van, and\nknows the border."'
    (person,) = people(f"{HEAD}\n{row}\n")

    assert (
        Person(
            pseudonym="bocian",
            language="be",
            languages=(
                Spoken(tag="be", fluency=Fluency.NATIVE),
                Spoken(tag="ru", fluency=Fluency.WORKING),
            ),
            skills=(
                Skill(code="core.skill.driving", level=Skilled.GOOD),
                Skill(code="core.skill.papers", level=Skilled.SOME),
            ),
            city="Coastville",
            remote=False,
            reach=30,
            zone="Europe/Vilnius",
            hours=(0b111 << 18, 0, 0, 0, 0, (0b111 << 9) | (0b111 << 14), 0),
            load=2,
            gender=Gender.WOMAN,
            note="Has a van, and\nknows the border.",
        )
        == person
    )


@pytest.mark.parametrize(
    "text",
    [
        "pseudonym\nbocian\n",
        "\ufeffpseudonym\r\nbocian\r\n",
        "PSEUDONYM;city\nbocian;\n",
        "pseudonym\tnote\nbocian\t\n",
        "\n\npseudonym\n\nbocian\n\n",
        "pseudonym\nbocian",
        "\r\n\npseudonym;city\nbocian;\n",
        "pseudonym;hours\rbocian;\r\r",
    ],
    ids=[
        "plain",
        "BOM and CRLF",
        "semicolons",
        "tabs",
        "empty lines",
        "no last line end",
        "empty lines and semicolons",
        "an old Mac",
    ],
)
def test_tables_of_every_office_are_read(text: str) -> None:
    assert (Person(pseudonym="bocian", language="be"),) == people(text)


def test_the_columns_of_an_old_mac_are_parted_by_what_parts_the_first_line() -> None:
    first, second = people("pseudonym;note\rbocian;a, b, c\rsinica;d, e\r")

    assert ("a, b, c", "d, e") == (first.note, second.note)


def test_a_letter_whose_mark_stands_apart_is_that_letter() -> None:
    (person,) = people("pseudonym\n\u0438\u0306\u043e\u0433\u0430\n")

    assert "\u0439\u043e\u0433\u0430" == person.pseudonym


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", (1, "", "the file is empty")),
        ("pseudonym\n", (1, "", "there is nobody below the first line")),
        ("city\nHillham\n", (1, "pseudonym", "this column is missing")),
        ("pseudonym,city,city\na,,\n", (1, "city", "this column is there twice")),
        (
            f"pseudonym,{SECRET}\na,b\n",
            (1, "2", "no such column; see `pe import volunteers --help`"),
        ),
        (
            "pseudonym,langauges\na,b\n",
            (
                1,
                "2",
                "no such column; did you mean 'languages'?; see `pe import volunteers --help`",
            ),
        ),
        ("pseudonym,city\na\n", (2, "", "1 cells where the first line has 2 columns")),
        ('pseudonym,note\na,"x\n', (2, "", "a quotation mark is not closed, or stray")),
        ('pseudonym,note\na,"x"y\n', (2, "", "a quotation mark is not closed, or stray")),
        (
            "pseudonym\nNames Have Spaces\n",
            (2, "pseudonym", "1 to 40 letters, digits, dots, dashes or underlines"),
        ),
        (
            "pseudonym\n" + "a" * 41 + "\n",
            (2, "pseudonym", "1 to 40 letters, digits, dots, dashes or underlines"),
        ),
        ("pseudonym\nwouk\nlis\nWOUK\n", (4, "pseudonym", "the same pseudonym as in line 2")),
        (
            "pseudonym,zone\na,Europe/Vilnus\n",
            (2, "zone", "no such time zone; did you mean 'Europe/Vilnius'?"),
        ),
        ("pseudonym,zone\na,../etc/passwd\n", (2, "zone", "no such time zone")),
        # It is one, but none that a volunteer's own page offers.
        ("pseudonym,zone\na,EST5EDT\n", (2, "zone", "no such time zone")),
        (
            "pseudonym,skills\na,drivin\n",
            (2, "skills", "no such code; did you mean 'driving'?"),
        ),
        ("pseudonym,skills\na,driving:4\n", (2, "skills", "a level is a number from 1 to 3")),
        ("pseudonym,skills\na,driving:0\n", (2, "skills", "a level is a number from 1 to 3")),
        (
            "pseudonym,skills\na,driving driving\n",
            (2, "skills", "each one once, and at most 24"),
        ),
        ("pseudonym,languages\na,be:5\n", (2, "languages", "a level is a number from 1 to 4")),
        ("pseudonym,languages\na,::::\n", (2, "languages", "no such code")),
        (
            "pseudonym,city\na,Hilham\n",
            (2, "city", "not one of those that are known; did you mean 'Hillham'?"),
        ),
        ("pseudonym,language\na,lt\n", (2, "language", "not one of those that are known")),
        ("pseudonym,remote\na,perhaps\n", (2, "remote", "yes or no")),
        ("pseudonym,reach\na,-1\n", (2, "reach", "a whole number from 0 to 20000")),
        ("pseudonym,reach\na,20001\n", (2, "reach", "a whole number from 0 to 20000")),
        ("pseudonym,reach\na,٣\n", (2, "reach", "a whole number from 0 to 20000")),
        ("pseudonym,load\na,0\n", (2, "load", "a whole number from 1 to 5")),
        (
            "pseudonym,hours\na,mon:21-18\n",
            (2, "hours", 'days with hours, such as "mon:18-21 sat:9-12+14-17"'),
        ),
        (
            "pseudonym,hours\na,day:9-10\n",
            (2, "hours", 'days with hours, such as "mon:18-21 sat:9-12+14-17"'),
        ),
        (
            "pseudonym,hours\na,mon:9-25\n",
            (2, "hours", 'days with hours, such as "mon:18-21 sat:9-12+14-17"'),
        ),
        ("pseudonym,gender\na,x\n", (2, "gender", "not one of those that are known")),
        ("pseudonym,note\na," + "x" * 2_001 + "\n", (2, "note", "at most 2000 characters")),
    ],
)
def test_a_mistake_is_told_with_its_place(text: str, found: tuple[int, str, str]) -> None:
    assert [found] == flaws(text)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"pseudonym\nwouk\nl\0s\n", (3, "", "a zero byte: this is no text file")),
        (
            "pseudonym\nвоўк\n".encode("cp1251"),
            (2, "", "not UTF-8: save the table as CSV in UTF-8"),
        ),
        (
            "pseudonym\nwouk\n".encode("utf-16"),
            (1, "", "this is UTF-16: save the table as CSV in UTF-8"),
        ),
        (
            b"pseudonym\n" + b"a\n" * BYTES_LIMIT,
            (1, "", "the file is too large: split it, 512 KiB at most"),
        ),
    ],
    ids=["NUL", "cp1251", "UTF-16", "too large"],
)
def test_what_is_no_such_text_is_refused(content: bytes, found: tuple[int, str, str]) -> None:
    assert [found] == flaws(content)


def test_the_line_of_a_mistake_is_the_files_own_after_notes_of_several_lines() -> None:
    text = 'pseudonym,note,load\nwouk,"one\ntwo\nthree",1\n\nlis,,9\n'

    assert [(6, "load", "a whole number from 1 to 5")] == flaws(text)


def test_the_zones_of_thousands_of_people_are_looked_up_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[int] = []

    def counted() -> set[str]:
        asked.append(1)
        return available_timezones()

    monkeypatch.setattr(week_grid, "available_timezones", counted)
    week_grid.zones.cache_clear()
    table = "pseudonym,zone\n" + "".join(f"a{n},Pacific/Auckland\n" for n in range(5_000))

    assert 5_000 == len(people(table))
    assert 1 == len(asked)


def test_a_short_code_that_two_plugins_have_is_refused_and_the_whole_one_is_read() -> None:
    skills = ("de.volunteer.skill.office_calls", "pl.volunteer.skill.office_calls")
    terms = msgspec.structs.replace(TERMS, skills=skills)
    short = read_people(b"pseudonym,skills\na,office_calls\n", terms)
    (whole,), _ = read_people(f"pseudonym,skills\na,{skills[0]}\n".encode(), terms)

    assert ((), [(2, "skills")]) == (short[0], [(flaw.line, flaw.column) for flaw in short[1]])
    assert [skills[0]] == [skill.code for skill in whole.skills]


def test_everything_that_is_wrong_is_told_at_once() -> None:
    found = flaws("pseudonym,load,zone\na b,9,Nowhere\nwouk,1,Etc/UTC\nlis,0,\n")

    assert [(2, "pseudonym"), (2, "zone"), (2, "load"), (4, "load")] == [
        (line, column) for line, column, _ in found
    ]


def test_nothing_of_the_file_is_in_what_is_told() -> None:
    for column in COLUMNS:
        text = f"pseudonym,{column},{SECRET}\n{SECRET} {SECRET},{SECRET},x\n"
        again = f"{'pseudonym,' if column != 'pseudonym' else ''}{column}\n"
        row = f"{'wouk,' if column != 'pseudonym' else ''}{SECRET} {SECRET}:{SECRET}\n"
        told: list[Any] = []
        for one in (text, again + row):
            told += read_people(one.encode(), TERMS)[1]

        assert SECRET.casefold() not in repr(told).casefold()


@settings(max_examples=200)
@given(st.one_of(st.binary(max_size=400), st.text(max_size=200).map(str.encode)))
def test_whatever_the_bytes_it_is_people_or_mistakes(content: bytes) -> None:
    found, wrong = read_people(b"pseudonym,skills,hours,note\n" + content, TERMS)

    assert bool(found) != bool(wrong)
    assert all(isinstance(flaw, Flaw) and flaw.line > 0 for flaw in wrong)
