"""Marks that are typed instead of words, and the search for them in everything that is left."""

import base64
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from urllib.parse import quote
from zlib import crc32

from pe_core.model import Form, Problem
from pe_core.rules import forms
from pe_core.rules.forms import Value
from pe_core.toolkit.examples import Answers, problems_of

_MARK = re.compile("Zh[0-9]{5}")
SHORTEST = 6
"""Characters; shorter marks would be found where nobody typed them."""


def mark_for(name: str, longest: int | None = None) -> str:
    """Return words that nobody writes, half of them Cyrillic, told apart by ``name``.

    '' if there is no room for them.
    """
    number = crc32(name.encode()) % 100_000
    whole = f"Zh{number:05}vinka-Жураўлінка{number:05}"
    room = longest or len(whole)
    return whole if room >= len(whole) else whole[:room] if room >= SHORTEST + 3 else ""


def mark_answers(
    form: Form,
    answers: Answers,
    problems: Callable[[Form, Answers], Sequence[Problem]] = problems_of,
) -> tuple[dict[str, Value], dict[str, str]]:
    """Return answers with a mark in each typed text, and the marks by ``<form>.<field>``.

    Where a mark makes more ``problems``, the words stay, and stand for one if they are long.
    """
    marked: dict[str, Value] = dict(answers)
    marks: dict[str, str] = {}
    for question in forms.questions(form):
        if question.kind not in ("text", "long") or question.field not in answers:
            continue
        name = f"{form.name}.{question.field}"
        mark = mark_for(name, question.longest)
        before = len(problems(form, marked))
        if mark and len(problems(form, {**marked, question.field: mark})) <= before:
            marked[question.field] = mark
            marks[name] = mark
        elif len(str(answers[question.field])) > SHORTEST + 2:
            marks[name] = str(answers[question.field])
    return marked, marks


def is_mark(text: str) -> bool:
    """Return whether a text is a mark, not words that others may write too."""
    return _MARK.match(text) is not None


def spellings(text: str) -> list[bytes]:
    """Return the ways in which a text may lie in a file."""
    plain = text.encode()
    return [
        plain,
        text.encode("utf-16-le"),
        quote(text).encode(),
        json.dumps(text)[1:-1].encode(),
        base64.b64encode(plain)[:-4],
        base64.b64encode(b"x" + plain)[4:-4],
        base64.b64encode(b"xx" + plain)[4:-4],
        plain.hex().encode(),
    ]


def marks_in(text: str, marks: Mapping[str, str]) -> Iterator[str]:
    """Yield the names of the marks that a text holds, however it is quoted."""
    for name, mark in marks.items():
        if any(way in text for way in (mark, ascii(mark)[1:-1], quote(mark), escape(mark))):
            yield name


def marks_in_files(folder: Path, marks: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield file and name of each mark that lies in clear in a folder, in any spelling."""
    spelt = {name: spellings(mark) for name, mark in marks.items()}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            data = path.read_bytes()
            for name, ways in spelt.items():
                if any(way in data for way in ways):
                    yield str(path.relative_to(folder)), name
