"""Questions: what a type may say, and that every fault of a form is named at once."""

from typing import Annotated, Any, Literal

import pytest
from msgspec import UNSET, Meta, UnsetType

from pe_core.errors import PluginError
from pe_core.model import Answers, AskIf, Form, Long, Personal, Stop, ask_if
from pe_core.rules.questions import questions


def _form(name: str = "zz.form", **changes: Any) -> Form:
    fields = {"answers": _answers(permit=Literal["none", "visa"]), **changes}
    return Form(name=name, **fields)


def _answers(**fields: Any) -> type[Answers]:
    """Make an answers type; a field given as a pair has the second as its default."""
    namespace: dict[str, Any] = {"__annotations__": {}, "__module__": __name__}
    for name, kind in fields.items():
        annotation, *default = kind if isinstance(kind, tuple) else (kind,)
        namespace["__annotations__"][name] = annotation
        if default:
            namespace[name] = default[0]
    return type(Answers)("Made", (Answers,), namespace)


def _later(kind: Any, *marks: Any) -> tuple[Any, Any]:
    return (Annotated[(kind, *marks)] | UnsetType, UNSET)


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"a": float}, "its type makes no question"),
        ({"a": str | None}, "its type makes no question"),
        ({"a": list[str]}, "its type makes no question"),
        ({"a": Literal[1, 2]}, "the options of a choice are strings"),
        ({"a": list[Literal["x", 1]]}, "the options of a choice are strings"),
        ({"a": (str, "x")}, "has a default"),
        ({"a": (list[Literal["x"]], [])}, "has a default"),
        ({"a": Annotated[int, Meta(multiple_of=5)]}, "multiple_of"),
        ({"a": Annotated[str, Meta(pattern="x")]}, "a pattern needs max_length"),
        ({"a": Personal[str]}, "personal"),
        ({"aB": str}, "field names are made of"),
        ({"problem": str}, "this name is taken"),
        ({"where": str}, "this name is taken"),
        ({"a": Literal["Two words"]}, "makes no text key"),
        ({"a": Literal["label"]}, "makes no text key"),
        ({"a": bool, "b": Annotated[str, ask_if("a", True)]}, "needs '| UnsetType'"),
        ({"b": _later(str, ask_if("a", True)), "a": bool}, "'a', which is no earlier field"),
        ({"b": _later(str, ask_if("b", "x"))}, "'b', which is no earlier field"),
        ({"b": _later(str, ask_if("nowhere", True))}, "'nowhere', which is no earlier field"),
        ({"a": str, "b": _later(str, ask_if("a", "x"))}, "whose words are the asker's own"),
        ({"a": bool, "b": _later(str, ask_if("a", "yes"))}, "never has the value 'yes'"),
        ({"a": bool, "b": _later(str, ask_if("a", 1))}, "never has the value 1"),
        ({"a": int, "b": _later(str, ask_if("a", True))}, "never has the value True"),
        ({"a": Literal["x"], "b": _later(str, ask_if("a", "y"))}, "never has the value 'y'"),
        ({"a": bool, "b": _later(str, ask_if("a"))}, "names no value"),
    ],
)
def test_a_field_that_makes_no_question_is_refused(fields: dict[str, Any], fault: str) -> None:
    with pytest.raises(PluginError) as caught:
        questions(_form(answers=_answers(**fields)))

    (line,) = caught.value.faults
    assert fault in line
    assert line.startswith("zz.form: ")


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"keep_weeks": 3}, "keep_weeks must be 4 to 26"),
        ({"keep_weeks": 27}, "keep_weeks must be 4 to 26"),
        ({"name": "zz"}, "a form's name is"),
        ({"name": "zz.Form"}, "a form's name is"),
        ({"name": "zz.my form"}, "a form's name is"),
        ({"answers": int}, "inherits Answers"),
        ({"answers": type("Odd", (), {})}, "inherits Answers"),
        (
            {"stop_if": (Stop(condition=AskIf(field="other", values=("x",)), page="p"),)},
            "stop_if looks at 'other', which is no earlier field",
        ),
        (
            {"stop_if": (Stop(condition=AskIf(field="permit", values=("x",)), page="p"),)},
            "stop_if: 'permit' never has the value 'x'",
        ),
        (
            {"stop_if": (Stop(condition=AskIf(field="permit", values=("none",)), page="P!"),)},
            "stop_if: the page 'P!' makes no text key",
        ),
    ],
)
def test_a_form_that_cannot_be_is_refused(changes: dict[str, Any], fault: str) -> None:
    with pytest.raises(PluginError) as caught:
        questions(_form(**changes))

    assert any(fault in line for line in caught.value.faults)


@pytest.mark.parametrize("option", [{"rename": "camel"}, {"array_like": True}, {"tag": "x"}])
def test_a_struct_that_looks_different_on_the_wire_is_refused(option: dict[str, Any]) -> None:
    class Odd(Answers, **option):
        two_words: str

    with pytest.raises(PluginError, match="plain struct"):
        questions(_form(answers=Odd))


def test_a_type_that_cannot_be_read_is_refused_and_named() -> None:
    odd = _answers(a="Nowhere")

    with pytest.raises(PluginError, match="cannot be read"):
        questions(_form(answers=odd))


def test_all_faults_are_said_at_once() -> None:
    broken = _answers(a=float, b=_later(str, ask_if("c", True)), problem=str)

    with pytest.raises(PluginError) as caught:
        questions(_form(answers=broken, keep_weeks=1))

    assert 4 == len(caught.value.faults)


def test_marks_may_stand_inside_or_around_the_unset() -> None:
    outside = (Annotated[Long | UnsetType, ask_if("a", True)], UNSET)
    inside = _later(Long, ask_if("a", True))
    found = questions(_form(answers=_answers(a=bool, b=inside, c=outside)))

    assert [(8000, "a", False)] * 2 == [
        (question.longest, question.ask_if and question.ask_if.field, question.required)
        for question in found[1:]
    ]


def test_open_bounds_of_numbers_become_closed_ones() -> None:
    (question,) = questions(_form(answers=_answers(a=Annotated[int, Meta(gt=0, lt=10)])))

    assert (1, 9) == (question.least, question.most)


def test_a_personal_long_text_is_both() -> None:
    (question,) = questions(_form(answers=_answers(a=(Personal[Long] | UnsetType, UNSET))))

    assert ("long", True, False, 8000) == (
        question.kind,
        question.personal,
        question.required,
        question.longest,
    )


def test_the_plugin_author_may_give_lists_for_tuples() -> None:
    stops: Any = [Stop(condition=AskIf(field="permit", values=("none",)), page="none")]

    assert 1 == len(questions(_form(stop_if=stops)))


def test_a_condition_on_one_is_not_mixed_up_with_a_condition_on_yes() -> None:
    on_yes = _answers(a=bool, b=_later(str, ask_if("a", True)))
    on_one = _answers(a=int, b=_later(str, ask_if("a", 1)))

    assert 2 == len(questions(_form(answers=on_yes)))
    assert 2 == len(questions(_form(answers=on_one)))
