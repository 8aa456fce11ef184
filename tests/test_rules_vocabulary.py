"""The vocabulary of volunteering: the core's words and the plugins' together, and their faults."""

from typing import Any, Literal

import msgspec
import pytest

from pe_core.errors import PluginError
from pe_core.model import Answers, Checklist, Form, VolunteerForm
from pe_core.rules.forms import form_version, problems, questions, text_keys
from pe_core.rules.vocabulary import join_vocabulary
from pe_core.running import CORE_LOCALES
from pe_core.toolkit.quality.texts import read_flags


class Asked(Answers):
    """One question for people who want to help."""

    car: bool


FORM = VolunteerForm(
    name="zz.volunteer",
    answers=Asked,
    skills=("law", "rowing"),
    gates=("sworn",),
    checklists=(Checklist(name="stays", items=("number", "room")),),
)


def test_the_vocabulary_begins_with_the_cores_and_goes_on_with_the_plugins() -> None:
    other = VolunteerForm(name="yy.volunteer", skills=("singing",))

    joined = join_vocabulary([FORM, other])

    core = join_vocabulary([])
    added = ("zz.volunteer.skill.law", "zz.volunteer.skill.rowing", "yy.volunteer.skill.singing")
    assert (*core.skills, *added) == joined.skills
    assert (*core.gates, "zz.volunteer.gate.sworn") == joined.gates
    assert [*core.checklists, "zz.volunteer.checklist.stays"] == list(joined.checklists)
    assert (
        "zz.volunteer.checklist.stays.number",
        "zz.volunteer.checklist.stays.room",
    ) == joined.checklists["zz.volunteer.checklist.stays"]


def test_the_core_has_words_for_every_country() -> None:
    core = join_vocabulary([])

    assert 12 == len(core.skills)
    assert {"core.skill.interpreting", "core.skill.hosting"} <= set(core.skills)
    assert ("core.gate.first_aid",) == core.gates
    assert ["core.checklist.office", "core.checklist.translation"] == list(core.checklists)


def test_what_a_plugin_adds_does_not_stay_for_the_next_instance() -> None:
    joined = join_vocabulary([FORM])

    assert joined.skills[:-2] == join_vocabulary([]).skills
    assert list(joined.checklists)[:-1] == list(join_vocabulary([]).checklists)


def test_every_word_of_the_core_has_its_text_in_every_language() -> None:
    core = join_vocabulary([])
    titles = [f"{checklist}.title" for checklist in core.checklists]
    items = [item for checklist in core.checklists.values() for item in checklist]
    wanted = {*core.skills, *core.gates, *titles, *items}

    languages = {path.stem: set(read_flags(path)) for path in CORE_LOCALES.glob("*.po")}

    assert 9 == len(languages)
    assert [] == [(tag, key) for tag, has in languages.items() for key in sorted(wanted - has)]


def test_every_word_of_the_core_stands_once() -> None:
    core = join_vocabulary([])
    words = [*core.skills, *core.gates, *(i for items in core.checklists.values() for i in items)]

    assert len(set(words)) == len(words)
    assert all(word.startswith(("core.skill.", "core.gate.", "core.checklist.")) for word in words)


def test_a_form_for_volunteers_names_the_texts_that_it_needs() -> None:
    expected = """
        zz.volunteer.title zz.volunteer.summary zz.volunteer.car.label
        zz.volunteer.skill.law zz.volunteer.skill.rowing zz.volunteer.gate.sworn
        zz.volunteer.checklist.stays.title
        zz.volunteer.checklist.stays.number zz.volunteer.checklist.stays.room
    """

    assert expected.split() == list(text_keys(FORM))


def test_the_words_that_join_a_form_leave_its_version_as_it_was() -> None:
    bare = VolunteerForm(name="zz.volunteer", answers=Asked)

    assert form_version(bare) == form_version(FORM)


def test_the_answers_of_volunteers_follow_the_rules_of_every_form() -> None:
    assert ["required"] == [problem.code for problem in problems(FORM, {})]
    assert [] == list(problems(FORM, {"car": True}))
    assert ["unknown_field"] == [p.code for p in problems(FORM, {"car": True, "boat": True})]


def test_a_form_may_bring_words_and_ask_nothing() -> None:
    assert () == questions(VolunteerForm(name="zz.volunteer", skills=("law",)))


def test_lists_and_a_forgotten_comma_are_taken_as_they_are_meant() -> None:
    given: Any = {
        "skills": ["law"],
        "gates": "sworn",
        "checklists": [Checklist(name="a", items=["b"])],
    }

    form = VolunteerForm(name="zz.volunteer", **given)

    assert (("law",), ("sworn",)) == (form.skills, form.gates)
    assert (Checklist(name="a", items=("b",)),) == form.checklists
    assert () == questions(form)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"files": True}, "files is True, and nobody sends files"),
        ({"skills": ("Law",)}, "skills: 'Law' makes no text key"),
        ({"skills": ("law.civil",)}, "skills: 'law.civil' makes no text key"),
        ({"skills": ("",)}, "skills: '' makes no text key"),
        ({"skills": (5,)}, "skills: 5 makes no text key"),
        ({"skills": ("law", "law")}, "skills: 'law' is there twice"),
        ({"gates": ("sworn translator",)}, "gates: 'sworn translator' makes no text key"),
        ({"checklists": ("stays",)}, "checklists holds something else"),
        ({"checklists": (Checklist(name="A", items=("b",)),)}, "checklists: 'A' makes no text key"),
        (
            {"checklists": (Checklist(name="a", items=("b",)),) * 2},
            "checklists: 'a' is there twice",
        ),
        ({"checklists": (Checklist(name="a", items=()),)}, "the checklist 'a' has no items"),
        ({"checklists": (Checklist(name="a", items=("title",)),)}, "the name 'title' is taken"),
        ({"checklists": (Checklist(name="a", items=("b", "b")),)}, "'b' is there twice"),
        ({"name": "zz"}, "a form's name is <plugin>.<topic>"),
    ],
)
def test_a_form_for_volunteers_that_cannot_be_is_refused(
    changes: dict[str, Any], fault: str
) -> None:
    form = msgspec.structs.replace(FORM, **changes)

    with pytest.raises(PluginError) as caught:
        questions(form)

    (line,) = caught.value.faults
    assert fault in line


@pytest.mark.parametrize("field", ["skill", "gate", "checklist"])
def test_a_question_named_like_a_part_of_the_vocabulary_is_refused(field: str) -> None:
    space = {"__annotations__": {field: Literal["a"]}, "__module__": __name__}
    answers = type(Answers)("Made", (Answers,), space)

    with pytest.raises(PluginError) as caught:
        questions(VolunteerForm(name="zz.volunteer", answers=answers))

    assert [
        f"zz.volunteer: {field}: its name is taken in a form for volunteers; rename the field"
    ] == list(caught.value.faults)
    assert 1 == len(questions(Form(name="zz.help", answers=answers)))
