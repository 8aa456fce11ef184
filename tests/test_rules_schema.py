"""A form's shape for others: version, JSON Schema, text keys."""

import re
from datetime import date
from typing import Annotated, Any, Literal

import pytest
from msgspec import UNSET, Meta, UnsetType

from pe_core.model import Answers, AskIf, Form, Long, Name, Personal, Stop, ask_if
from pe_core.rules.forms import form_version, json_schema, problems, text_keys


class Shape(Answers):
    """What the asker tells."""

    permit: Literal["none", "visa"]
    until: Annotated[date, ask_if("permit", "visa")] | UnsetType = UNSET
    people: Annotated[int, Meta(ge=1, lt=9)]
    alone: bool
    topics: Annotated[list[Literal["home", "work"]], Meta(min_length=1)] | UnsetType = UNSET
    story: Annotated[str, Meta(min_length=2, max_length=5, pattern="^[a-z]")]
    name: Name | UnsetType = UNSET


STOP = Stop(condition=AskIf(field="permit", values=("none",)), page="none")
FORM = Form(name="zz.shape", answers=Shape, stop_if=(STOP,))
GOOD = {"permit": "visa", "people": 2, "alone": True, "story": "abc"}


@pytest.mark.parametrize(
    ("change", "fits"),
    [
        ({}, True),
        ({"permit": "none"}, True),
        ({"permit": "other"}, False),
        ({"permit": None}, False),
        ({"permit": ["visa"]}, False),
        ({"until": "2026-12-31"}, True),
        ({"until": "31.12.2026"}, False),
        ({"until": "2026-02-30"}, False),
        ({"until": ""}, False),
        ({"people": 1}, True),
        ({"people": 0}, False),
        ({"people": 8}, True),
        ({"people": 9}, False),
        ({"people": "2"}, False),
        ({"people": True}, False),
        ({"people": 2.5}, False),
        ({"alone": "yes"}, False),
        ({"alone": 1}, False),
        ({"topics": ["home"]}, True),
        ({"topics": ["home", "work"]}, True),
        ({"topics": []}, False),
        ({"topics": "home"}, False),
        ({"topics": ["other"]}, False),
        ({"story": "ab"}, True),
        ({"story": "жжжжж"}, False),
        ({"story": "aжжжж"}, True),
        ({"story": "a"}, False),
        ({"story": "abcdef"}, False),
        ({"story": "Abc"}, False),
        ({"story": None}, False),
        ({"name": "x" * 200}, True),
        ({"name": "x" * 201}, False),
        ({"other": "x"}, False),
        ({"permit": ...}, False),
        ({"alone": ...}, False),
    ],
)
def test_the_json_schema_takes_exactly_what_reading_takes(
    change: dict[str, Any], fits: bool
) -> None:
    answers = {field: value for field, value in {**GOOD, **change}.items() if value is not ...}

    assert fits is _fits(answers, json_schema(FORM))
    assert fits is (() == problems(FORM, answers))


def test_the_json_schema_stands_alone() -> None:
    schema = json_schema(FORM)

    assert ("object", False) == (schema["type"], schema["additionalProperties"])
    assert ["permit", "people", "alone", "story"] == schema["required"]
    assert "$ref" not in str(schema)


def test_the_version_does_not_change_with_texts_or_what_is_around_the_answers() -> None:
    class Reworded(Answers):
        """Told otherwise."""

        permit: Annotated[Literal["none", "visa"], Meta(extra={"text": "core.field.permit"})]
        until: Annotated[date, ask_if("permit", "visa")] | UnsetType = UNSET
        people: Annotated[int, Meta(gt=0, le=8, title="How many", description="People")]
        alone: bool
        topics: Annotated[list[Literal["home", "work"]], Meta(min_length=1)] | UnsetType = UNSET
        story: Annotated[str, Meta(min_length=2, max_length=5, pattern="^[a-z]")]
        name: Annotated[Personal[str], Meta(max_length=200)] | UnsetType = UNSET

    renamed = Form(name="zz.other", answers=Reworded, order=1, keep_weeks=20)

    assert re.fullmatch("[0-9a-f]{16}", form_version(FORM))
    assert form_version(FORM) == form_version(renamed)


def test_the_version_does_not_change_with_the_order_of_dict_keys() -> None:
    condition = AskIf(field="alone", values=(True,))
    one = {"ask_if": condition, "required": True, "long": True}
    other = {"long": True, "required": True, "ask_if": condition}

    assert _version(alone=bool, more=_extra(one)) == _version(alone=bool, more=_extra(other))


@pytest.mark.parametrize(
    "fields",
    [
        {"alone": bool, "more": str},
        {"more": str},
        {"more": str, "alone": int},
        {"more": Long, "alone": bool},
        {"more": Annotated[str, Meta(max_length=5)], "alone": bool},
        {"more": Literal["a", "b"], "alone": bool},
        {"more": Literal["b", "a"], "alone": bool},
        {"more": list[Literal["a", "b"]], "alone": bool},
        {"others": str, "alone": bool},
        {"more": (str | UnsetType, UNSET), "alone": bool},
        {"more": (Personal[str] | UnsetType, UNSET), "alone": bool},
    ],
)
def test_the_version_changes_with_the_shape(fields: dict[str, Any]) -> None:
    assert _version(more=str, alone=bool) != _version(**fields)


def test_the_version_changes_with_a_condition() -> None:
    versions = {
        _version(alone=bool, more=(Annotated[str, mark] | UnsetType, UNSET))
        for mark in (
            ask_if("alone", True),
            ask_if("alone", False),
            ask_if("alone", True, negate=True),
            ask_if("alone", True, required=True),
        )
    }

    assert 4 == len(versions)


def test_the_version_is_the_same_in_every_release() -> None:
    assert "9300b5756b4dc04f" == form_version(FORM)


def test_a_form_names_the_texts_that_it_needs() -> None:
    expected = """
        zz.shape.title zz.shape.summary
        zz.shape.permit.label zz.shape.permit.none zz.shape.permit.visa
        zz.shape.until.label zz.shape.people.label zz.shape.alone.label
        zz.shape.topics.label zz.shape.topics.home zz.shape.topics.work
        zz.shape.story.label core.field.name.label
        zz.shape.stop.none.title zz.shape.stop.none.body
    """

    assert expected.split() == list(text_keys(FORM))


def _version(**fields: Any) -> str:
    namespace: dict[str, Any] = {"__annotations__": {}, "__module__": __name__}
    for name, kind in fields.items():
        annotation, *default = kind if isinstance(kind, tuple) else (kind,)
        namespace["__annotations__"][name] = annotation
        if default:
            namespace[name] = default[0]
    return form_version(Form(name="zz.made", answers=type(Answers)("Made", (Answers,), namespace)))


def _extra(extra: dict[str, Any]) -> tuple[Any, Any]:
    return (Annotated[str, Meta(extra=extra)] | UnsetType, UNSET)


def _fits(value: Any, schema: dict[str, Any]) -> bool:
    """Judge a value by the few words of JSON Schema that our forms use."""
    unknown = set(schema) - _WORDS
    assert not unknown
    if "enum" in schema and value not in schema["enum"]:
        return False
    match schema.get("type"):
        case "object":
            return _fits_object(value, schema)
        case "array":
            return (
                isinstance(value, list)
                and schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value))
                and all(_fits(item, schema["items"]) for item in value)
            )
        case "string":
            return isinstance(value, str) and _fits_string(value, schema)
        case "integer":
            return type(value) is int and (
                schema.get("minimum", value) <= value <= schema.get("maximum", value)
                and schema.get("exclusiveMinimum", value - 1) < value
                and value < schema.get("exclusiveMaximum", value + 1)
            )
        case "boolean":
            return isinstance(value, bool)
        case None:
            return True
    raise AssertionError(schema)


def _fits_object(value: dict[str, Any], schema: dict[str, Any]) -> bool:
    properties = schema["properties"]
    return (
        set(schema["required"]) <= set(value) <= set(properties)
        and schema["additionalProperties"] is False
        and all(_fits(value[name], properties[name]) for name in value)
    )


def _fits_string(value: str, schema: dict[str, Any]) -> bool:
    if "format" in schema:
        assert "date" == schema["format"]
        try:
            date.fromisoformat(value)
        except ValueError:
            return False
    return (
        schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value))
        and re.search(schema.get("pattern", ""), value) is not None
    )


_WORDS = frozenset(
    """
    type title description properties required additionalProperties enum format items minItems
    maxItems minLength maxLength pattern minimum maximum exclusiveMinimum exclusiveMaximum
    """.split()
)
