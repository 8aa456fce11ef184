"""What an edit does to a guide: typed fields become facts and words, and revisions follow."""

import difflib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec

from pe_core.model import Guide, GuideText, Problem, SourceLink
from pe_core.model.struct import Model
from pe_core.rules.front_matter import BODY_LIMIT, Line, SourceHead, Title
from pe_core.rules.guides import body_faults

SLUG = re.compile(r"[a-z0-9][a-z0-9-]{1,39}")
"""The last part of the address of a guide of the embassy's own."""
OWN = "own"
"""The first part of it, where a plugin's guide has the plugin's name."""
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
        try:
            head = msgspec.convert({"url": url, "title": title.strip() or url}, SourceHead)
        except msgspec.ValidationError:
            return None
        found.append(SourceLink(title=head.title, url=head.url))
    return tuple(found)


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
    if len(text.permits) > LINES_LIMIT or any(len(line) > 300 for line in text.permits):
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
