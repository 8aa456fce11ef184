"""Volunteers from a table: a strict reading of a CSV file, with the place of every mistake.

What is wrong is told by line and column and in the house's own words: a list of people who
help must not turn up in a terminal's history or a log.
"""

import codecs
import csv
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches

from pe_core.model import Fluency, Gender, Hours, Skill, Skilled, Spoken
from pe_core.model.struct import Model
from pe_core.model.volunteer import ANYWHERE, NEVER
from pe_core.rules.week_grid import is_zone, zones

BYTES_LIMIT = 512 * 1024
"""Of a file: some three thousand people."""
COLUMNS = (
    "pseudonym",
    "language",
    "languages",
    "skills",
    "city",
    "remote",
    "reach",
    "zone",
    "hours",
    "load",
    "gender",
    "note",
)
NOTE_LIMIT = 2_000
ITEMS_LIMIT = 24
LOAD_LIMIT = 5
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
YES, NO = ("yes", "1", "true"), ("no", "0", "false")
PSEUDONYM = re.compile(r"[^\W_](?:[\w.-]{0,38}[^\W_])?")
_ITEM = re.compile(r"([^:\s]{1,60}):([0-9])|([^:\s]{1,60})")
_SPANS = re.compile(r"([a-z]{3}):([0-9+-]{1,60})")
_SPAN = re.compile(r"([0-9]{1,2})-([0-9]{1,2})")


class Flaw(Model):
    """What is wrong at a place; ``column`` is a column's name or number, '' for the line."""

    line: int
    column: str
    words: str


class Person(Model):
    """Somebody from the table, as a Profile has them."""

    pseudonym: str
    language: str
    languages: tuple[Spoken, ...] = ()
    skills: tuple[Skill, ...] = ()
    city: str = ""
    remote: bool = True
    reach: int = 0
    zone: str = "Etc/UTC"
    hours: Hours = NEVER
    load: int = 1
    gender: Gender = Gender.UNSAID
    note: str = ""


class Terms(Model):
    """What the embassy knows: its own languages, those that people speak, skills, cities."""

    offered: tuple[str, ...]
    spoken: tuple[str, ...]
    skills: tuple[str, ...]
    cities: tuple[str, ...]
    zone: str


def read_people(content: bytes, terms: Terms) -> tuple[tuple[Person, ...], tuple[Flaw, ...]]:
    """Return the people of a file, or everything that is wrong with it; never some of both."""
    text, flaw = _decode(content)
    if flaw is not None:
        return (), (flaw,)
    lines = _read_lines(text)
    first = next(lines, None)
    if first is None or isinstance(first, Flaw):
        return (), (first or Flaw(line=1, column="", words="the file is empty"),)
    line, heads = first
    columns, flaws = _columns(line, heads)
    if flaws:
        return (), flaws
    return _read_rows(lines, columns, terms)


def _decode(content: bytes) -> tuple[str, Flaw | None]:
    if len(content) > BYTES_LIMIT:
        return "", _whole("the file is too large: split it, 512 KiB at most")
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "", _whole("this is UTF-16: save the table as CSV in UTF-8")
    if b"\0" in content:
        line = content.count(b"\n", 0, content.index(b"\0")) + 1
        return "", Flaw(line=line, column="", words="a zero byte: this is no text file")
    try:
        return content.decode("utf-8-sig"), None
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        words = "not UTF-8: save the table as CSV in UTF-8"
        return "", Flaw(line=line, column="", words=words)


def _whole(words: str) -> Flaw:
    return Flaw(line=1, column="", words=words)


def _read_lines(text: str) -> Iterator[tuple[int, list[str]] | Flaw]:
    """Yield the cells of each line that is not empty, with the number of its first line."""
    # An old Mac ends its lines with a carriage return, and a table may begin with empty ones.
    head = text.lstrip("\r\n").partition("\n")[0].partition("\r")[0]
    delimiter = max(",;\t", key=head.count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    begins = 1
    while True:
        try:
            cells = next(rows, None)
        except csv.Error:
            yield Flaw(line=begins, column="", words="a quotation mark is not closed, or stray")
            return
        if cells is None:
            return
        if any(cell.strip() for cell in cells):
            yield begins, [cell.strip() for cell in cells]
        begins = rows.line_num + 1


def _columns(line: int, heads: list[str]) -> tuple[tuple[str, ...], tuple[Flaw, ...]]:
    """Return the names of the columns; what no column is called may be a person, so by number."""
    names = tuple(head.casefold() for head in heads)
    flaws = []
    for place, name in enumerate(names, 1):
        if name not in COLUMNS:
            words = f"no such column{_nearest(name, COLUMNS)}; see `pe import volunteers --help`"
            flaws.append(Flaw(line=line, column=str(place), words=words))
        elif name in names[: place - 1]:
            flaws.append(Flaw(line=line, column=name, words="this column is there twice"))
    if not flaws and "pseudonym" not in names:
        flaws.append(Flaw(line=line, column="pseudonym", words="this column is missing"))
    return names, tuple(flaws)


def _read_rows(
    lines: Iterator[tuple[int, list[str]] | Flaw], columns: tuple[str, ...], terms: Terms
) -> tuple[tuple[Person, ...], tuple[Flaw, ...]]:
    people: list[Person] = []
    flaws: list[Flaw] = []
    seen: dict[str, int] = {}
    for found in lines:
        if isinstance(found, Flaw):
            flaws.append(found)
            break
        line, cells = found
        if len(cells) != len(columns):
            words = f"{len(cells)} cells where the first line has {len(columns)} columns"
            flaws.append(Flaw(line=line, column="", words=words))
            continue
        reader = _Row(dict(zip(columns, cells, strict=True)), line, terms)
        person = reader.person()
        if not reader.flaws and person.pseudonym in seen:
            reader.say("pseudonym", f"the same pseudonym as in line {seen[person.pseudonym]}")
        seen.setdefault(person.pseudonym, line)
        people.append(person)
        flaws += reader.flaws
    if not people and not flaws:
        flaws.append(Flaw(line=1, column="", words="there is nobody below the first line"))
    return (() if flaws else tuple(people)), tuple(flaws)


class _Row:
    """One line of the table, cell by cell; collects what is wrong."""

    def __init__(self, cells: Mapping[str, str], line: int, terms: Terms) -> None:
        self.cells = cells
        self.line = line
        self.terms = terms
        self.flaws: list[Flaw] = []

    def say(self, column: str, words: str) -> None:
        self.flaws.append(Flaw(line=self.line, column=column, words=words))

    def person(self) -> Person:
        return Person(
            pseudonym=self._pseudonym(),
            language=self._one("language", self.terms.offered, self.terms.offered[0]),
            languages=tuple(
                Spoken(tag=tag, fluency=Fluency(level))
                for tag, level in self._items("languages", self.terms.spoken, 4, 2)
            ),
            skills=tuple(
                Skill(code=code, level=Skilled(level))
                for code, level in self._items("skills", self.terms.skills, 3, 1)
            ),
            city=self._one("city", self.terms.cities, ""),
            remote=self._remote(),
            reach=self._number("reach", 0, ANYWHERE, 0),
            zone=self._zone(),
            hours=self._hours(),
            load=self._number("load", 1, LOAD_LIMIT, 1),
            gender=Gender(self._one("gender", [one.value for one in Gender if one], "")),
            note=self._note(),
        )

    def _cell(self, column: str) -> str:
        return self.cells.get(column, "")

    def _pseudonym(self) -> str:
        # In one form, as what is typed on a page: a Mac may write a letter and its mark apart.
        typed = unicodedata.normalize("NFKC", self._cell("pseudonym")).casefold()
        if PSEUDONYM.fullmatch(typed) is None:
            self.say("pseudonym", "1 to 40 letters, digits, dots, dashes or underlines")
        return typed

    def _one(self, column: str, known: Collection[str], missing: str) -> str:
        typed = self._cell(column)
        if not typed:
            return missing
        for one in known:
            if one.casefold() == typed.casefold():
                return one
        self.say(column, f"not one of those that are known{_nearest(typed, known)}")
        return missing

    def _items(
        self, column: str, known: Collection[str], most: int, missing: int
    ) -> Iterator[tuple[str, int]]:
        """Yield what stands as ``code:level`` or ``code``, each separated by spaces."""
        ends = [code.rpartition(".")[2] for code in known]
        often = Counter(ends)
        # What ends the codes of two plugins is neither of them: it has to be written whole.
        short = {end: code for end, code in zip(ends, known, strict=True) if often[end] == 1}
        done: set[str] = set()
        for item in self._cell(column).split()[: ITEMS_LIMIT + 1]:
            found = _ITEM.fullmatch(item)
            typed = (found[1] or found[3]) if found else ""
            code = typed if typed in known else short.get(typed, "")
            level = int(found[2]) if found and found[2] else missing
            if not code:
                self.say(column, f"no such code{_nearest(typed, [*known, *short])}")
            elif not 1 <= level <= most:
                self.say(column, f"a level is a number from 1 to {most}")
            elif code in done or len(done) == ITEMS_LIMIT:
                self.say(column, f"each one once, and at most {ITEMS_LIMIT}")
            else:
                done.add(code)
                yield code, level

    def _remote(self) -> bool:
        typed = self._cell("remote").casefold()
        if typed and typed not in YES + NO:
            self.say("remote", "yes or no")
        return typed not in NO

    def _number(self, column: str, least: int, most: int, missing: int) -> int:
        typed = self._cell(column)
        if not typed:
            return missing
        number = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 7 else -1
        if not least <= number <= most:
            self.say(column, f"a whole number from {least} to {most}")
            return missing
        return number

    def _zone(self) -> str:
        typed = self._cell("zone")
        if not typed:
            return self.terms.zone
        if not is_zone(typed):
            self.say("zone", f"no such time zone{_nearest(typed, zones())}")
        return typed

    def _hours(self) -> Hours:
        days = [0] * 7
        for item in self._cell("hours").casefold().split()[:50]:
            found = _SPANS.fullmatch(item)
            mask = _mask(found[2]) if found and found[1] in DAYS else None
            if found is None or mask is None:
                self.say("hours", 'days with hours, such as "mon:18-21 sat:9-12+14-17"')
                break
            days[DAYS.index(found[1])] |= mask
        return (days[0], days[1], days[2], days[3], days[4], days[5], days[6])

    def _note(self) -> str:
        note = self._cell("note")
        if len(note) > NOTE_LIMIT:
            self.say("note", f"at most {NOTE_LIMIT} characters")
        return note


def _mask(spans: str) -> int | None:
    """Return the hours of a day as bits, or None where a span makes no sense."""
    mask = 0
    for span in spans.split("+"):
        found = _SPAN.fullmatch(span)
        if found is None or not 0 <= int(found[1]) < int(found[2]) <= 24:
            return None
        mask |= sum(1 << hour for hour in range(int(found[1]), int(found[2])))
    return mask


def _nearest(typed: str, known: Collection[str]) -> str:
    """Return the house's word that is nearest, never what was typed."""
    near = get_close_matches(typed[:60], list(known), n=1)
    return f"; did you mean {near[0]!r}?" if near else ""
