"""Letters to hand in: read from the files of a plugin, and filled in.

``letters/<stem>.md`` holds the facts and the letter itself, in the office's language;
``letters/<stem>.<tag>.md`` tells readers of one language what it says.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from pe_core.errors import PluginError
from pe_core.model import Blank, Letter, LetterText, Status
from pe_core.model.struct import Model
from pe_core.rules.front_matter import Count, Line, SourceHead, Title
from pe_core.rules.guides import SOURCE, Faults, links_of, revision_faults
from pe_core.rules.languages import LAST

_GAP = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_PARAGRAPH = re.compile(r"\n[ \t]*\n\s*")
TAKEN = frozenset({"token", "website"})
"""Fields that every form of this kind has beside its blanks."""
BY_HAND = "_" * 24
"""What stands where nothing was filled in, for a pen."""


class BlankHead(Model, forbid_unknown_fields=True):
    """A gap in a letter, as authors write it."""

    name: Annotated[str, Meta(pattern=r"\A[a-z][a-z0-9_]*\Z", max_length=40)]
    kind: Literal["text", "long", "date"] = "text"
    longest: Annotated[int, Meta(ge=1, le=8000)] = 200
    required: bool = True


class LetterHead(Model, forbid_unknown_fields=True):
    """The facts of a letter."""

    topics: tuple[Line, ...]
    jurisdiction: Line
    authority: Line
    language: Annotated[str, Meta(pattern=r"\A[a-z]{2,3}(-[A-Za-z0-9]{4,8})?\Z")]
    checked_on: date
    revision: Count
    sources: Annotated[tuple[SourceHead, ...], Meta(min_length=1)]
    blanks: tuple[BlankHead, ...]
    valid_until: date | None = None


class LetterWords(Model, forbid_unknown_fields=True):
    """What readers of a language are told about a letter before what it says."""

    title: Title
    summary: Line
    of: Count
    labels: Mapping[str, Line] = {}
    hints: Mapping[str, Line] = {}
    status: Status = Status.REVIEWED


def read_letter(plugin: str, stem: str, pages: Mapping[str, str]) -> Letter:
    """Return a letter from its files by language, the letter itself under ``SOURCE``.

    Raises PluginError with a line for everything that is wrong; each begins with its file.
    """
    faults = Faults(stem)
    source = faults.read(SOURCE, pages, LetterHead)
    read = {tag: faults.read(tag, pages, LetterWords) for tag in sorted(pages) if tag != SOURCE}
    if LAST not in pages:
        faults.add(LAST, ["is missing; every letter says in English what it is"])
    if source is None:
        raise PluginError(faults.lines)
    head, body = source
    faults.add(SOURCE, list(_letter_faults(head, body)))
    texts = {}
    for tag, page in read.items():
        if page is not None:
            faults.add(tag, list(_words_faults(head, *page)))
            texts[tag] = LetterText(**msgspec.structs.asdict(page[0]), body=page[1])
    if faults.lines:
        raise PluginError(faults.lines)
    facts = msgspec.structs.asdict(head)
    facts["sources"] = links_of(head.sources)
    facts["blanks"] = tuple(Blank(**msgspec.structs.asdict(blank)) for blank in head.blanks)
    return Letter(name=f"{plugin}.{stem}", texts=texts, body=body, **facts)


def gaps_in(body: str) -> tuple[str, ...]:
    """Return the names of the gaps in a text, each once, in their order."""
    return tuple(dict.fromkeys(_GAP.findall(body)))


def fill(body: str, filled: Mapping[str, str]) -> tuple[str, ...]:
    """Return the paragraphs of a letter with its gaps filled.

    A gap without words is left for a pen, and a paragraph of nothing but such gaps left out.
    What was filled in is never read again: braces in it are braces.
    """
    paragraphs = []
    for paragraph in _PARAGRAPH.split(body.strip()):
        gaps = gaps_in(paragraph)
        nothing_else = not _GAP.sub("", paragraph).strip()
        if gaps and nothing_else and not any(filled.get(gap) for gap in gaps):
            continue
        paragraphs.append(_GAP.sub(lambda gap: filled.get(gap[1]) or BY_HAND, paragraph))
    return tuple(paragraphs)


def _letter_faults(head: LetterHead, body: str) -> Iterator[str]:
    names = [blank.name for blank in head.blanks]
    for name in dict.fromkeys(names):
        if names.count(name) > 1:
            yield f"'blanks' names {name!r} twice"
        if name in TAKEN:
            yield f"'blanks': the name {name!r} is taken; use another one"
    gaps = gaps_in(body)
    yield from _gap_faults(gaps, names)
    for name in names:
        if name not in gaps:
            yield f"the blank {name!r} is nowhere in the letter; write {{{name}}} where it goes"
    if re.search("[{}]", _GAP.sub("", body)):
        yield "a brace in the letter belongs to no gap; a gap is written {name}"


def _words_faults(head: LetterHead, words: LetterWords, body: str) -> Iterator[str]:
    names = [blank.name for blank in head.blanks]
    yield from revision_faults(head.revision, words.of)
    for name in dict.fromkeys(names):
        if name not in words.labels:
            yield f"the blank {name!r} has no label; add it to 'labels'"
    for key, given in (("labels", words.labels), ("hints", words.hints)):
        for name in given:
            if name not in names:
                yield f"{key!r} names {name!r}, which is no blank of the letter"
    yield from _gap_faults(gaps_in(body), names)


def _gap_faults(gaps: Iterable[str], names: Iterable[str]) -> Iterator[str]:
    for gap in gaps:
        if gap not in names:
            yield f"{{{gap}}} is no blank of the letter; known: {', '.join(names) or 'none'}"
