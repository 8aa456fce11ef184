"""Guides and letters: how a rule works here, with its dates and sources, and texts to hand in.

Facts are said once, for all languages; the words stand beside them, one set a language. What
was translated says from which revision of the facts.
"""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Literal

from pe_core.model.struct import Model


class Proof(StrEnum):
    """What an office wants to see before it believes that a passport cannot be had."""

    NONE = "none"
    CASE_BY_CASE = "case_by_case"
    FORMAL_REFUSAL = "formal_refusal"


class Status(StrEnum):
    """Who has looked at a text in this language; the words of the author are reviewed."""

    MACHINE = "machine"
    HUMAN = "human"
    REVIEWED = "reviewed"


class Freshness(StrEnum):
    """Whether a guide may still be true: fresh, past its end, or not looked at for too long."""

    FRESH = "fresh"
    OVER = "over"
    UNCHECKED = "unchecked"


class SourceLink(Model):
    """Where a fact was read: the page's own title and its https address."""

    title: str
    url: str


class GuideText(Model):
    """A guide in one language; ``body`` is Markdown, ``of`` the revision that it tells."""

    title: str
    summary: str
    body: str
    permits: tuple[str, ...] = ()
    fee: str = ""
    wait: str = ""
    status: Status = Status.REVIEWED
    of: int = 1


class Guide(Model):
    """How one rule works in a jurisdiction.

    ``name`` is ``<plugin>.<file>``; ``topics`` are names of forms that it may answer;
    ``authority`` and ``document`` are what the office and its paper are called there.
    ``proof`` is None where the question does not arise. ``letters`` are names of letters.
    """

    name: str
    topics: tuple[str, ...]
    jurisdiction: str
    authority: str
    checked_on: date
    sources: tuple[SourceLink, ...]
    texts: Mapping[str, GuideText]
    document: str = ""
    proof: Proof | None = None
    valid_until: date | None = None
    letters: tuple[str, ...] = ()
    revision: int = 1


class Edition(Model):
    """A published state of a guide of the embassy's own; no guide means it was withdrawn.

    ``week`` is the ISO week of the publication.
    """

    name: str
    edition: int
    week: int
    guide: Guide | None


class Blank(Model):
    """A gap in a letter; ``{name}`` in its body. ``longest`` counts characters."""

    name: str
    kind: Literal["text", "long", "date"] = "text"
    longest: int = 200
    required: bool = True


class LetterText(Model):
    """What a reader is told about a letter in one language; ``body`` is what the letter says.

    ``labels`` and ``hints`` are of its blanks, by name.
    """

    title: str
    summary: str
    body: str
    labels: Mapping[str, str] = {}
    hints: Mapping[str, str] = {}
    status: Status = Status.REVIEWED
    of: int = 1


class Letter(Model):
    """A text to fill in and to hand to an office, in ``language``, the office's own.

    ``body`` is plain text of paragraphs with ``{blanks}``; nothing that is filled in is kept.
    """

    name: str
    topics: tuple[str, ...]
    jurisdiction: str
    authority: str
    language: str
    body: str
    blanks: tuple[Blank, ...]
    checked_on: date
    sources: tuple[SourceLink, ...]
    texts: Mapping[str, LetterText]
    valid_until: date | None = None
    revision: int = 1
