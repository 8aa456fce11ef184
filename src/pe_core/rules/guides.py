"""Guides: read from the files of a plugin, and what is told of them on a day.

``guides/<stem>.md`` is the English source and holds the facts; ``guides/<stem>.<tag>.md`` is
the same guide in another language.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta

from pe_core.errors import PluginError
from pe_core.model import Freshness, Guide, GuideText, Letter, Proof, SourceLink, Status
from pe_core.model.struct import Model
from pe_core.rules.front_matter import Count, Line, SourceHead, Title, read_page
from pe_core.rules.languages import LAST, chain

S = TypeVar("S", bound=msgspec.Struct)
T = TypeVar("T")

LONGEST_UNCHECKED = timedelta(days=180)
"""How long after somebody looked a guide still counts as checked."""
SOURCE = ""
"""Where a language's tag stands for a translation, the file that holds the facts."""
_HTML = re.compile(r"<(?!https://)[a-z/!?]", re.IGNORECASE)
_PICTURE = re.compile(r"!\[")
_TABLE = re.compile(r"^[ |]*:?-{3,}:? *\|", re.MULTILINE)
_LINK = re.compile(r"\]\((?! {0,3}<?(?:https://|#))")
_REFERENCE = re.compile(r"^ {0,3}\[[^\[\]\n]{1,200}\]:(?! {0,3}<?https://)", re.MULTILINE)
_FIRST_HEADING = re.compile(r"^ {0,3}# ", re.MULTILINE)
_NOT_PLAIN = (
    (_HTML, "HTML is shown as it is typed; take it out"),
    (_PICTURE, "pictures are not shown; say it in words"),
    (_TABLE, "tables are not shown; write a list"),
    (_LINK, "a link leads to an https:// address or to a heading, #its-words"),
    (_REFERENCE, "a link leads to an https:// address"),
    (_FIRST_HEADING, "headings begin with ##, for the title is the first one"),
)


class GuideHead(Model, forbid_unknown_fields=True):
    """The facts of a guide, and its English words."""

    title: Title
    summary: Line
    topics: tuple[Line, ...]
    jurisdiction: Line
    authority: Line
    checked_on: date
    revision: Count
    sources: Annotated[tuple[SourceHead, ...], Meta(min_length=1)]
    document: Line = ""
    proof: Proof | None = None
    permits: tuple[Line, ...] = ()
    fee: Line = ""
    wait: Line = ""
    valid_until: date | None = None
    letters: tuple[Line, ...] = ()


class GuideWords(Model, forbid_unknown_fields=True):
    """What a translation of a guide says before its body."""

    title: Title
    summary: Line
    of: Count
    permits: tuple[Line, ...] = ()
    fee: Line = ""
    wait: Line = ""
    status: Status = Status.REVIEWED


def read_guide(plugin: str, stem: str, pages: Mapping[str, str]) -> Guide:
    """Return a guide from its files by language, the source under ``SOURCE``.

    Raises PluginError with a line for everything that is wrong; each begins with its file.
    """
    faults = Faults(stem)
    source = faults.read(SOURCE, pages, GuideHead, body_faults)
    tags = [tag for tag in sorted(pages) if tag != SOURCE]
    read = {tag: faults.read(tag, pages, GuideWords, body_faults) for tag in tags}
    if source is None:
        raise PluginError(faults.lines)
    head, body = source
    facts = msgspec.structs.asdict(head)
    words = {key: facts.pop(key) for key in ("title", "summary", "permits", "fee", "wait")}
    texts = {LAST: GuideText(**words, body=body, of=head.revision)}
    for tag, page in read.items():
        if page is not None:
            faults.add(tag, list(_words_faults(head, page[0])))
            texts[tag] = GuideText(**msgspec.structs.asdict(page[0]), body=page[1])
    if faults.lines:
        raise PluginError(faults.lines)
    facts["sources"] = links_of(head.sources)
    return Guide(name=f"{plugin}.{stem}", texts=texts, **facts)


class Faults:
    """Gathers what is wrong with the files of one guide or letter."""

    def __init__(self, stem: str) -> None:
        """Nothing is wrong yet."""
        self.stem = stem
        self.lines: list[str] = []

    def add(self, tag: str, found: Sequence[str]) -> None:
        """Note what was found in the file of a language."""
        self.lines.extend(f"{file_name(self.stem, tag)}: {line}" for line in found)

    def read(
        self,
        tag: str,
        pages: Mapping[str, str],
        kind: type[S],
        look: Callable[[str], Iterable[str]] = lambda body: (),
    ) -> tuple[S, str] | None:
        """Return head and body of the file of a language, or None with what is wrong noted."""
        if tag not in pages:
            self.lines.append(f"{file_name(self.stem, tag)}: is missing; it holds the facts")
            return None
        try:
            return read_page(pages[tag], kind, look)
        except PluginError as error:
            self.add(tag, error.faults)
            return None


def file_name(stem: str, tag: str) -> str:
    """Return what the file of a language is called."""
    return f"{stem}.{tag}.md" if tag else f"{stem}.md"


def links_of(sources: Sequence[SourceHead]) -> tuple[SourceLink, ...]:
    """Return the sources as guides and letters hold them."""
    return tuple(SourceLink(title=source.title, url=source.url) for source in sources)


def body_faults(body: str) -> tuple[str, ...]:
    """Return a line for what the page would not show as its author means it."""
    return tuple(
        f"line {body.count(chr(10), 0, found.start()) + 1} of its words: {why}"
        for pattern, why in _NOT_PLAIN
        if (found := pattern.search(body))
    )


def revision_faults(revision: int, of: int) -> Iterator[str]:
    """Say that a translation cannot know a revision that its source has not reached."""
    if of > revision:
        yield f"'of' is {of}, but the source's revision is {revision}; write what it translates"


def _words_faults(head: GuideHead, words: GuideWords) -> Iterator[str]:
    yield from revision_faults(head.revision, words.of)
    if len(words.permits) != len(head.permits):
        yield (
            f"'permits' has {len(words.permits)} entries, the source has {len(head.permits)}; "
            "translate each of them, in the same order"
        )
    for key, mine, its in (("fee", words.fee, head.fee), ("wait", words.wait, head.wait)):
        if bool(mine) != bool(its):
            yield f"{key!r} must be here exactly where the source has it"


def freshness(told: Guide | Letter, today: date) -> Freshness:
    """Return whether what is told may still be true on a day."""
    if told.valid_until is not None and told.valid_until < today:
        return Freshness.OVER
    if today - told.checked_on > LONGEST_UNCHECKED:
        return Freshness.UNCHECKED
    return Freshness.FRESH


def text_in(texts: Mapping[str, T], language: str) -> tuple[str, T]:
    """Return the words nearest to a reader's language, and the language that they are in.

    A guide of an embassy's own may be in none of the languages that a reader's falls back to.
    """
    tag = next((tag for tag in chain(language) if tag in texts), None) or next(iter(texts))
    return tag, texts[tag]
