"""What an edit does to a guide: typed fields become facts and words, and revisions follow."""

import difflib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date

import msgspec

from pe_core.model import Guide, GuideText, Problem, SourceLink, Status
from pe_core.model.struct import Model
from pe_core.rules.front_matter import BODY_LIMIT, Line, SourceHead, Title
from pe_core.rules.guides import body_faults

SLUG = re.compile(r"[a-z0-9][a-z0-9-]{1,39}")
"""The last part of the address of a guide of the embassy's own."""
OWN = "own"
"""The first part of it, where a plugin's guide has the plugin's name."""
LINE_LIMIT = 300
LINES_LIMIT = 20
_SEEN_BY_READERS = ("authority", "document", "proof", "valid_until")
"""The facts that a translation's words rest on."""


Tell = Callable[[Guide, str], Sequence[str]]


class Change(Model):
    """A part of a guide, before and after an edit; each line is (kept, added or removed, words)."""

    part: str
    lines: tuple[tuple[str, str], ...]


def read_lines(typed: str) -> tuple[str, ...]:
    """Return the lines of a text box that are not empty."""
    return tuple(line.strip() for line in typed.splitlines() if line.strip())


def read_sources(typed: str) -> tuple[SourceLink, ...] | None:
    """Return sources typed as an address and a title a line, None if one of them is neither."""
    found = []
    for line in read_lines(typed):
        url, _, title = line.partition(" ")
        found.append(SourceLink(title=title.strip() or url, url=url))
    return tuple(found) if all(map(_is_source, found)) else None


def is_fact_line(typed: str) -> bool:
    """Return whether what an office or a paper is called can be shown; it may be empty."""
    return len(typed) <= LINE_LIMIT and (typed or "x").isprintable()


def fact_problems(guide: Guide, today: date) -> Iterator[Problem]:
    """Yield what is wrong with facts that nobody typed into the form, as the form would say it."""
    for field in ("authority", "document"):
        if not is_fact_line(getattr(guide, field)):
            yield Problem(field=field, code="too_long")
    if guide.checked_on > today:
        yield Problem(field="checked", code="future")
    if not all(map(_is_source, guide.sources)):
        yield Problem(field="sources", code="sources_wrong")


def take_over(theirs: Guide, ours: Guide, languages: Sequence[str]) -> Guide:
    """Return a guide of ours that says what another embassy's says, in our languages.

    Topics and letters stay ours: theirs are names in their plugins. What was reviewed there
    nobody has reviewed here. Its words are as the form would have read them.
    """
    texts = {tag: _as_typed(theirs.texts[tag]) for tag in languages if tag in theirs.texts}
    return msgspec.structs.replace(
        ours,
        texts={**ours.texts, **texts},
        authority=theirs.authority.strip(),
        document=theirs.document.strip(),
        proof=theirs.proof,
        valid_until=theirs.valid_until,
        checked_on=theirs.checked_on,
        sources=theirs.sources,
    )


def text_problems(text: GuideText) -> Iterator[Problem]:
    """Yield what is wrong with a guide's words in one language."""
    for field, value, kind in (
        ("title", text.title, Title),
        ("summary", text.summary, Line),
        ("fee", text.fee, Line),
        ("wait", text.wait, Line),
    ):
        if value or field in ("title", "summary"):
            yield from _line_problems(field, value, kind)
    if len(text.permits) > LINES_LIMIT or any(len(line) > LINE_LIMIT for line in text.permits):
        yield Problem(field="permits", code="too_long")
    if not text.body.strip():
        yield Problem(field="body", code="required")
    elif len(text.body) > BODY_LIMIT:
        yield Problem(field="body", code="too_long")
    elif body_faults(text.body):
        yield Problem(field="body", code="not_plain")


def guide_problems(guide: Guide) -> Iterator[Problem]:
    """Yield what a guide lacks before anybody can be asked to approve it."""
    if not guide.texts:
        yield Problem(field="texts", code="required")
    if not guide.authority:
        yield Problem(field="authority", code="required")
    if not guide.sources:
        yield Problem(field="sources", code="required")


def settle(guide: Guide, published: Guide | None) -> Guide:
    """Return the guide with its revision, and each of its texts with the one that it tells.

    A changed fact begins a new revision; words that were not touched still tell the old one.
    """
    if published is None:
        texts = {tag: msgspec.structs.replace(text, of=1) for tag, text in guide.texts.items()}
        return msgspec.structs.replace(guide, revision=1, texts=texts)
    changed = any(getattr(guide, fact) != getattr(published, fact) for fact in _SEEN_BY_READERS)
    revision = published.revision + changed
    texts = {}
    for tag, text in guide.texts.items():
        old = published.texts.get(tag)
        same = old is not None and msgspec.structs.replace(text, of=old.of) == old
        texts[tag] = old if old is not None and same else msgspec.structs.replace(text, of=revision)
    return msgspec.structs.replace(guide, revision=revision, texts=texts)


def changes_between(before: Guide | None, after: Guide | None, tell: Tell) -> tuple[Change, ...]:
    """Return what differs, part by part: the facts under '', the words under their language.

    ``tell`` says the facts of a guide ('') or its words in a language, a line each.
    """
    old, new = _parts(before, tell), _parts(after, tell)
    parts = (*new, *(part for part in old if part not in new))
    return tuple(
        Change(part=part, lines=_compare(old.get(part, ()), new.get(part, ())))
        for part in parts
        if old.get(part) != new.get(part)
    )


def _is_source(source: SourceLink) -> bool:
    try:
        msgspec.convert({"url": source.url, "title": source.title}, SourceHead)
    except msgspec.ValidationError:
        return False
    return True


def _as_typed(text: GuideText) -> GuideText:
    words = {name: getattr(text, name).strip() for name in ("title", "summary", "fee", "wait")}
    return msgspec.structs.replace(
        text,
        **words,
        body=text.body.replace("\r\n", "\n").strip(),
        permits=read_lines("\n".join(text.permits)),
        status=Status.HUMAN if text.status is Status.REVIEWED else text.status,
    )


def _line_problems(field: str, value: str, kind: type) -> Iterator[Problem]:
    if not value.strip():
        yield Problem(field=field, code="required")
        return
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError:
        yield Problem(field=field, code="too_long")


def _parts(guide: Guide | None, tell: Tell) -> Mapping[str, tuple[str, ...]]:
    if guide is None:
        return {}
    told = {part: tell(guide, part) for part in ("", *guide.texts)}
    return {part: tuple(line for line in lines if line) for part, lines in told.items()}


def _compare(old: Sequence[str], new: Sequence[str]) -> tuple[tuple[str, str], ...]:
    lines: list[tuple[str, str]] = []
    for kind, left, right, top, bottom in difflib.SequenceMatcher(None, old, new).get_opcodes():
        if kind == "equal":
            lines += [("kept", line) for line in old[left:right]]
        else:
            lines += [("removed", line) for line in old[left:right]]
            lines += [("added", line) for line in new[top:bottom]]
    return tuple(lines)
