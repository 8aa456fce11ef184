"""From a form's type to its questions, and every reason why a type makes no form."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec
from msgspec import inspect

from pe_core.errors import PluginError
from pe_core.model import Answers, AskIf, Checklist, Form, VolunteerForm
from pe_core.model.struct import Model
from pe_core.rules.retention import LONGEST_KEEP, SHORTEST_KEEP

Kind = Literal["text", "long", "yes_no", "number", "date", "one_of", "any_of"]

Value = str | bool | int | list[str]
"""An answer as drafts and sealed bodies hold it; a date is its ISO string."""

_FORM_NAME = re.compile(r"[a-z][a-z0-9_-]*(\.[a-z0-9_-]+)+")
_FIELD_NAME = re.compile(r"[a-z][a-z0-9_]*")
_OPTION = re.compile(r"[a-z0-9._-]+")
_CODE = re.compile(r"[a-z0-9_-]+")
_TAKEN_FIELDS = frozenset({"problem", "stop", "where"})
"""Parts of text keys beside the fields, and the question that every form begins with."""
_TAKEN_BY_VOCABULARY = frozenset({"skill", "gate", "checklist"})
"""Parts of text keys in a form for volunteers."""
_TAKEN_OPTIONS = frozenset({"label", "hint", "why"})
_COMPARED: Mapping[Kind, type] = {"yes_no": bool, "number": int, "one_of": str, "any_of": str}
"""Kinds whose answers an ``ask_if`` may look at; typed words are not compared."""


class Question(Model):
    """One question of a form.

    ``key`` is the root of its text keys. ``shortest`` and ``longest`` count characters, or
    the choices of an any-of; ``least`` and ``most`` bound a number, both included.
    ``required`` holds once the question is asked. ``autocomplete`` is HTML's attribute.
    """

    field: str
    key: str
    kind: Kind
    options: tuple[str, ...] = ()
    required: bool = True
    personal: bool = False
    ask_if: AskIf | None = None
    shortest: int | None = None
    longest: int | None = None
    least: int | None = None
    most: int | None = None
    pattern: str | None = None
    autocomplete: str = "off"


class _Unfit(Exception):
    """Why a field is no question; caught where the faults of a form are gathered."""


@lru_cache(maxsize=256)
def questions(form: Form) -> tuple[Question, ...]:
    """Return the form's questions in the order of its fields.

    Raises PluginError with a line for every fault: a type that is no question, an ``ask_if``
    or ``stop_if`` that looks forward or nowhere, a name that makes no text key, a personal
    field that must be answered, ``keep_weeks`` outside 4 to 26.
    """
    found, faults = _read_type(form.name, form.answers)
    all_faults = [*faults, *_form_faults(form, found)]
    if all_faults:
        raise PluginError([f"{form.name}: {fault}" for fault in all_faults])
    return found


@lru_cache(maxsize=256)
def _read_type(name: str, answers: type[Answers]) -> tuple[tuple[Question, ...], tuple[str, ...]]:
    """Return the questions of a type and its faults; looked at once, asked for on every page."""
    found: list[Question] = []
    faults: list[str] = []
    try:
        shape = inspect.type_info(answers)
    except (TypeError, NameError) as error:
        return (), (f"its type cannot be read: {error}",)
    if not isinstance(shape, inspect.StructType) or not issubclass(answers, Answers):
        return (), ("answers must be a class that inherits Answers",)
    renamed = any(field.name != field.encode_name for field in shape.fields)
    if renamed or shape.array_like or shape.tag is not None:
        return (), ("answers must be a plain struct: no rename, array_like or tag",)
    hints = get_type_hints(answers, include_extras=True)
    for field in shape.fields:
        try:
            question = _question(name, field, _declared(hints[field.name]))
        except _Unfit as reason:
            faults.append(f"{field.name}: {reason}")
        else:
            faults.extend(f"{field.name}: {fault}" for fault in _field_faults(question, found))
            found.append(question)
    return tuple(found), tuple(faults)


def _question(form_name: str, field: inspect.Field, declared: tuple[Any, ...]) -> Question:
    inner, extra = _unwrap(field.type)
    shape = _shape(inner, bool(extra.get("long", False)))
    if "options" in shape:
        shape["options"] = tuple(sorted(shape["options"], key=declared.index))
    has_default = (
        field.default is not msgspec.NODEFAULT or field.default_factory is not msgspec.NODEFAULT
    )
    if has_default:
        raise _Unfit("has a default; where an answer may be left out, use UNSET")
    condition = extra.get("ask_if")
    if condition is not None and field.required:
        raise _Unfit("is asked only sometimes, so it needs '| UnsetType' and the default UNSET")
    return Question(
        field=field.name,
        key=extra.get("text", f"{form_name}.{field.name}"),
        required=field.required or bool(extra.get("required", False)),
        personal=bool(extra.get("personal", False)),
        ask_if=condition,
        autocomplete=extra.get("autocomplete", "off"),
        **shape,
    )


def _declared(annotation: Any) -> tuple[Any, ...]:
    """Return a Literal's values as its author ordered them; msgspec sorts them."""
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    return next((found for part in get_args(annotation) if (found := _declared(part))), ())


def _unwrap(kind: inspect.Type) -> tuple[inspect.Type, dict[str, Any]]:
    """Return the bare type and what all ``Meta(extra=...)`` around it say, the outer one last."""
    if not isinstance(kind, inspect.Metadata):
        return kind, {}
    inner, extra = _unwrap(kind.type)
    return inner, extra | (kind.extra or {})


def _shape(kind: inspect.Type, long: bool) -> dict[str, Any]:
    """Return kind, options and limits of a bare type; _Unfit if it is no question."""
    match kind:
        case inspect.StrType():
            limits = {"shortest": kind.min_length, "longest": kind.max_length}
            return {"kind": "long" if long else "text", "pattern": kind.pattern, **limits}
        case inspect.BoolType():
            return {"kind": "yes_no"}
        case inspect.DateType():
            return {"kind": "date"}
        case inspect.IntType():
            return {"kind": "number", **_number_limits(kind)}
        case inspect.LiteralType():
            return {"kind": "one_of", "options": _options(kind)}
        case inspect.ListType():
            item, _ = _unwrap(kind.item_type)
            if isinstance(item, inspect.LiteralType):
                limits = {"shortest": kind.min_length, "longest": kind.max_length}
                return {"kind": "any_of", "options": _options(item), **limits}
    raise _Unfit(
        "its type makes no question; use str, Long, bool, int, date, Literal or list[Literal]"
    )


def _number_limits(kind: inspect.IntType) -> dict[str, int | None]:
    if kind.multiple_of is not None:
        raise _Unfit("multiple_of is not supported")
    least = kind.ge if kind.gt is None else kind.gt + 1
    most = kind.le if kind.lt is None else kind.lt - 1
    return {"least": least, "most": most}


def _options(kind: inspect.LiteralType) -> tuple[str, ...]:
    options = tuple(value for value in kind.values if isinstance(value, str))
    if len(options) != len(kind.values):
        raise _Unfit("the options of a choice are strings")
    return options


def _field_faults(question: Question, earlier: Sequence[Question]) -> Iterator[str]:
    if not _FIELD_NAME.fullmatch(question.field):
        yield "field names are made of a-z, 0-9 and _"
    if question.field in _TAKEN_FIELDS:
        yield "this name is taken"
    for option in question.options:
        if not _OPTION.fullmatch(option) or option in _TAKEN_OPTIONS:
            yield f"the option {option!r} makes no text key; use a-z, 0-9, '.', '_', '-'"
    if question.pattern is not None and question.longest is None:
        yield "a pattern needs max_length: the length is checked first"
    if question.personal and question.required:
        yield "what is personal may always be left out; use '| UnsetType' and the default UNSET"
    if question.ask_if is not None:
        yield from _condition_faults("ask_if", question.ask_if, earlier)


def _form_faults(form: Form, found: Sequence[Question]) -> Iterator[str]:
    if not _FORM_NAME.fullmatch(form.name):
        yield "a form's name is <plugin>.<topic>, of a-z, 0-9, '.', '_', '-'"
    if not SHORTEST_KEEP <= form.keep_weeks <= LONGEST_KEEP:
        yield f"keep_weeks must be {SHORTEST_KEEP} to {LONGEST_KEEP}"
    for stop in form.stop_if:
        if not _OPTION.fullmatch(stop.page):
            yield f"stop_if: the page {stop.page!r} makes no text key"
        yield from _condition_faults("stop_if", stop.condition, found)
    if isinstance(form, VolunteerForm):
        yield from _volunteer_faults(form, found)


def _volunteer_faults(form: VolunteerForm, found: Sequence[Question]) -> Iterator[str]:
    if form.files:
        yield "files is True, and nobody sends files with an offer of help; take it out"
    for question in found:
        if question.field in _TAKEN_BY_VOCABULARY:
            yield f"{question.field}: its name is taken in a form for volunteers; rename the field"
    yield from _code_faults("skills", form.skills)
    yield from _code_faults("gates", form.gates)
    lists = [one for one in form.checklists if isinstance(one, Checklist)]
    if len(lists) < len(form.checklists):
        yield "checklists holds something else; write Checklist(name=..., items=(...)) for each"
    yield from _code_faults("checklists", [one.name for one in lists])
    for one in lists:
        yield from _code_faults(f"the checklist {one.name!r}", one.items, taken="title")
        if not one.items:
            yield f"the checklist {one.name!r} has no items; name what to think of"


def _code_faults(where: str, codes: Sequence[Any], taken: str = "") -> Iterator[str]:
    """Say what is wrong with codes that become the last parts of text keys."""
    for number, code in enumerate(codes):
        if not isinstance(code, str) or not _CODE.fullmatch(code):
            yield f"{where}: {code!r:.60} makes no text key; use a-z, 0-9, '_', '-'"
        elif code == taken:
            yield f"{where}: the name {code!r} is taken; rename the item"
        elif code in codes[:number]:
            yield f"{where}: {code!r} is there twice; take one out"


def _condition_faults(where: str, condition: AskIf, earlier: Sequence[Question]) -> Iterator[str]:
    """Say what is wrong with a condition; it may look at earlier questions only."""
    seen = next((question for question in earlier if question.field == condition.field), None)
    if seen is None:
        yield f"{where} looks at {condition.field!r}, which is no earlier field"
        return
    compared = _COMPARED.get(seen.kind)
    if compared is None:
        yield f"{where} looks at {condition.field!r}, whose words are the asker's own"
        return
    if not condition.values:
        yield f"{where} names no value of {condition.field!r}"
    for value in condition.values:
        if type(value) is not compared or (seen.options and value not in seen.options):
            yield f"{where}: {condition.field!r} never has the value {value!r}"
