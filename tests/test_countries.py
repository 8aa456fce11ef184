"""What the countries of this tree have in common, beyond what every plugin owes."""

import pytest

from pe_core.hooks import Instance, find_plugins, load_plugins
from pe_core.model import Form, VolunteerForm
from pe_core.rules import forms
from pe_core.rules.nearness import Nearness
from pe_core.rules.texts import Source, load_catalogue
from pe_core.settings import embassy_of
from pe_core.toolkit.embassy import example_settings
from pe_core.toolkit.invented import demo_start

INSTANCE = Instance(embassy_of(example_settings()), "http://x.example", demo_start, {})
PLUGINS = {
    name: load_plugins([name], INSTANCE, find_plugins()) for name in find_plugins() if name != "zz"
}
HELPING = [form for plugins in PLUGINS.values() for form in plugins.volunteering.values()]
each_helping = pytest.mark.parametrize("form", HELPING, ids=lambda form: form.name)
FORMS = [form for plugins in PLUGINS.values() for form in plugins.forms.values()]
each_form = pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)


def test_there_are_countries_with_forms() -> None:
    assert len(PLUGINS) >= 4
    assert len(FORMS) >= 20


@each_form
def test_what_is_a_date_may_be_left_out(form: Form) -> None:
    asked = forms.questions(form)

    assert [] == [one.field for one in asked if one.kind == "date" and one.required]


@each_form
def test_the_story_the_name_and_the_contact_come_last(form: Form) -> None:
    fields = [question.field for question in forms.questions(form)]

    assert ["story", "name", "contact"] == fields[-3:]


@each_form
def test_whoever_does_not_know_can_say_so(form: Form) -> None:
    choices = [question for question in forms.questions(form) if question.options]

    assert [] == [one.field for one in choices if "unknown" not in one.options]


@each_form
def test_every_question_says_who_reads_the_answer_and_each_says_why(form: Form) -> None:
    plugin = form.name.partition(".")[0]
    locales = PLUGINS[plugin].folders[plugin] / "locales"
    texts = load_catalogue([Source(domain=plugin, directory=locales)], ["en"], None).table("en")
    own = [one for one in forms.questions(form) if one.key.startswith(f"{plugin}.")]
    whys = [texts.get(f"{question.key}.why", "") for question in own]

    assert all("oordinators" in why for why in whys)
    assert len(set(whys)) == len(whys)


def test_every_country_with_topics_asks_those_who_want_to_help_too() -> None:
    topics = {form.name.partition(".")[0] for form in FORMS}

    assert topics == {form.name.partition(".")[0] for form in HELPING}


@pytest.mark.parametrize("name", PLUGINS)
def test_whoever_helps_on_the_spot_finds_a_city_near_them(name: str) -> None:
    for law in PLUGINS[name].jurisdictions.values():
        names = [city.name for city in law.cities]
        nearness = Nearness(law.cities)
        far = [nearness.km(one, other) for one in names for other in names if one != other]

        assert len(names) >= 5
        assert len(set(names)) == len(names)
        # Two are never one place, and a place of another country is a slip of a figure.
        assert all(km is not None and 5 <= km <= 800 for km in far)


@each_helping
def test_volunteers_read_with_each_question_that_coordinators_look_at_the_answer(
    form: VolunteerForm,
) -> None:
    plugin = form.name.partition(".")[0]
    locales = PLUGINS[plugin].folders[plugin] / "locales"
    texts = load_catalogue([Source(domain=plugin, directory=locales)], ["en"], None).table("en")
    whys = [texts.get(f"{question.key}.why", "") for question in forms.questions(form)]

    assert all("oordinators" in why for why in whys)
    assert len(set(whys)) == len(whys)


@each_helping
def test_where_somebody_lives_and_what_they_went_through_may_be_left_out(
    form: VolunteerForm,
) -> None:
    asked = {question.field: question for question in forms.questions(form)}

    assert asked["town"].personal
    assert asked["knows"].personal
    assert ["daytime"] == [field for field, question in asked.items() if question.required]


@each_helping
def test_a_checklist_is_short_enough_to_be_read_on_the_way(form: VolunteerForm) -> None:
    assert form.checklists
    assert all(3 <= len(one.items) <= 6 for one in form.checklists)
