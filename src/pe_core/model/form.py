"""Forms as types: a struct of annotated fields, and what surrounds it."""

from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta

from pe_core.model.struct import Model

T = TypeVar("T")

Personal = Annotated[T, Meta(extra={"personal": True})]
"""Marks an answer that a brief, a peer and an export leave out unless named."""

Long = Annotated[str, Meta(max_length=8000, extra={"long": True})]
"""A text of several paragraphs, asked in a large box."""

Name = Annotated[
    Personal[str],
    Meta(max_length=200, extra={"text": "core.field.name", "autocomplete": "name"}),
]
"""What the asker wants to be called, in ``name: Name | UnsetType = UNSET``; texts of the core."""

Contact = Annotated[Personal[str], Meta(max_length=300, extra={"text": "core.field.contact"})]
"""How the asker may be reached besides the receipt, in the asker's own words; texts of the core."""

Story = Annotated[Long, Meta(extra={"text": "core.field.story"})]
"""What happened, in the asker's own words; texts of the core."""


class Answers(Model, forbid_unknown_fields=True):
    """The root of every form's struct; each field is one question.

    Fields may be ``str`` (``Long`` for several lines), ``bool`` (yes or no), ``int``,
    ``datetime.date``, ``Literal[...]`` of strings (one of), ``list[Literal[...]]`` (any of),
    each with ``| UnsetType`` and the default ``UNSET`` where it may be left out. Limits come
    from ``msgspec.Meta``; no other default is allowed. What is personal may always be left
    out, because the limited mode never asks for it.
    """


class AskIf(Model):
    """Ask a question only if an earlier answer is (or is not) one of these values.

    An answer that was left out or not asked for meets neither: there is nothing to compare.
    Of an any-of answer, one value among these is enough to be in, and spoils being not in.
    """

    field: str
    values: tuple[str | bool | int, ...]
    operator: Literal["in", "not in"] = "in"

    def __post_init__(self) -> None:
        """Take a list for a tuple, as authors write it: what is frozen can be remembered."""
        msgspec.structs.force_setattr(self, "values", tuple(self.values))


def ask_if(
    field: str, *values: str | bool | int, negate: bool = False, required: bool = False
) -> Meta:
    """Return the mark of a conditional field, for ``Annotated[..., ask_if("permit", "none")]``.

    Such a field defaults to ``UNSET``; ``required`` says that it must be answered once asked.
    """
    operator: Literal["in", "not in"] = "not in" if negate else "in"
    condition = AskIf(field=field, values=values, operator=operator)
    # typing takes equal annotations for one another, and 1 == True: their types set them apart.
    types = tuple(type(value).__name__ for value in values)
    return Meta(extra={"ask_if": condition, "required": required, "types": types})


class Problem(Model):
    """One thing wrong with answers: the field ('' for the whole form) and a code.

    The code is the last part of a text key: ``required``, ``too_long``, or a form's own.
    ``limits`` fills the text's placeholders; it never holds what the person wrote.
    """

    field: str
    code: str
    limits: Mapping[str, int | str] = {}


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

    def __post_init__(self) -> None:
        """Take a list for a tuple, as authors write it: what is frozen can be remembered."""
        msgspec.structs.force_setattr(self, "stop_if", tuple(self.stop_if))


class Checklist(Model):
    """What to think of in one kind of task, item by item; volunteers see it in their brief.

    ``name`` and ``items`` are parts of text keys: ``<form>.checklist.<name>.title`` and
    ``<form>.checklist.<name>.<item>``.
    """

    name: str
    items: tuple[str, ...]

    def __post_init__(self) -> None:
        """Take a list for a tuple, as authors write it."""
        msgspec.structs.force_setattr(self, "items", _tuple_of(self.items))


class VolunteerForm(Form):
    """What people who want to help are asked here beside the core's questions, and the words.

    ``skills`` are what they may say they can do (``<name>.skill.<code>``); ``gates`` are
    qualifications that a coordinator must see proof of (``<name>.gate.<code>``).
    ``answers`` may be left out where there is nothing to ask. Nobody sends files with it.
    """

    answers: type[Answers] = Answers
    files: bool = False
    skills: tuple[str, ...] = ()
    gates: tuple[str, ...] = ()
    checklists: tuple[Checklist, ...] = ()

    def __post_init__(self) -> None:
        """Take lists for tuples, as authors write them: what is frozen can be remembered."""
        super().__post_init__()
        for name in ("skills", "gates", "checklists"):
            msgspec.structs.force_setattr(self, name, _tuple_of(getattr(self, name)))


def _tuple_of(given: Any) -> tuple[Any, ...]:
    """Return a tuple; one text alone, as where a comma was forgotten, is one item."""
    return (given,) if isinstance(given, str) else tuple(given)
