"""Forms as types: a struct of annotated fields, and what surrounds it."""

from collections.abc import Callable, Iterable
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta

from pe_core.model.struct import Model

T = TypeVar("T")

Personal = Annotated[T, Meta(extra={"personal": True})]
"""Marks an answer that a brief, a peer and an export leave out unless named."""

Long = Annotated[str, Meta(max_length=8000, extra={"long": True})]
"""A text of several paragraphs, asked in a large box."""


class Answers(Model, forbid_unknown_fields=True):
    """The root of every form's struct; each field is one question.

    Fields may be ``str`` (``Long`` for several lines), ``bool`` (yes or no), ``int``,
    ``datetime.date``, ``Literal[...]`` of strings (one of), ``list[Literal[...]]`` (any of),
    each with ``| UnsetType`` and the default ``UNSET`` where it may be left out.
    """


class AskIf(Model):
    """Ask a question only if an earlier answer is (or is not) one of these values."""

    field: str
    values: tuple[str | bool | int, ...]
    operator: Literal["in", "not in"] = "in"


def ask_if(field: str, *values: str | bool | int, negate: bool = False) -> Meta:
    """Return the mark of a conditional field, for ``Annotated[..., ask_if("permit", "none")]``."""
    operator: Literal["in", "not in"] = "not in" if negate else "in"
    return Meta(extra={"ask_if": AskIf(field=field, values=values, operator=operator)})


class Problem(Model):
    """One thing wrong with answers: the field ('' for the whole form) and a code.

    The code is the last part of a text key: ``required``, ``too_long``, or a form's own.
    ``limits`` fills the text's placeholders; it never holds what the person wrote.
    """

    field: str
    code: str
    limits: dict[str, int | str] = {}


class Stop(Model):
    """End the questions with a page of next steps, if an answer says so.

    ``page`` is the last part of the text keys ``<form>.stop.<page>.title`` and ``.body``.
    """

    condition: AskIf
    page: str


def _no_check(answers: Any) -> Iterable[Problem]:
    return ()


class Form(Model):
    """What is asked about one topic.

    ``name`` starts with the plugin's code (``zz.document``) and is the root of its text keys:
    ``<name>.title``, ``<name>.summary``, ``<name>.<field>.label``, ``.hint``, ``.why``,
    ``<name>.<field>.<option>``, ``<name>.problem.<code>``, ``<name>.stop.<page>.title``.
    ``check`` is pure and sees nothing but the answers. ``keep_weeks`` is how long a closed
    request is kept, 4 to 26.
    """

    name: str
    answers: type[Answers]
    keep_weeks: int = msgspec.field(default=12)
    files: bool = True
    order: int = 50
    stop_if: tuple[Stop, ...] = ()
    check: Callable[[Any], Iterable[Problem]] = _no_check
