"""The hooks: one test for each, and the loader that lists every fault at once."""

import inspect
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import pytest

import pe_core
from pe_core import (
    Answers,
    Candidate,
    Card,
    Form,
    Instance,
    Jurisdiction,
    Listener,
    Need,
    Sharing,
    Story,
    VolunteerForm,
    hookimpl,
)
from pe_core.door import Door
from pe_core.errors import AddressRefused, PluginError, SettingsError
from pe_core.hooks import Found, find_plugins, load_plugins, specs
from pe_core.hooks.ranking import rank
from pe_core.hooks.sharing import narrow
from pe_core.model import Box, RequestSubmitted, VolunteerState
from pe_core.model.peer import PeerCode
from pe_core.running import enabled_plugins
from pe_core.settings import DoorSettings, PluginsSettings, embassy_of
from pe_core.toolkit.coordinator import Coordinator
from pe_core.toolkit.embassy import TestEmbassy, example_settings
from pe_core.toolkit.invented import ASKED, ask

ROOT = Path(__file__).parent.parent


def now() -> datetime:
    return datetime(2026, 11, 24, tzinfo=UTC)


@pytest.fixture
def instance() -> Instance:
    """An instance of the example embassy without settings for any plugin."""
    return Instance(embassy_of(example_settings()), "http://127.0.0.1:8000", now, {})


def module_with(**names: Any) -> ModuleType:
    """Return a plugin's module that holds these names."""
    module = ModuleType("pe_embassy_test")
    module.__file__ = str(Path(__file__))
    vars(module).update(names)
    return module


def found(**modules: ModuleType | Exception) -> dict[str, Found]:
    """Return plugins as if they were installed; an exception is what importing raises."""

    def loader(module: ModuleType | Exception) -> Callable[[], Any]:
        def load() -> ModuleType:
            if isinstance(module, Exception):
                raise module
            return module

        return load

    return {
        name: Found(name=name, version="1.0", load=loader(module))
        for name, module in modules.items()
    }


class OneQuestion(Answers):
    """A form's answers with one question."""

    story: Story


def form(name: str) -> Form:
    return Form(name=name, answers=OneQuestion)


def test_register_jurisdictions_gives_the_law_in_force(pe_embassy: TestEmbassy) -> None:
    assert {"zz"} == set(pe_embassy.plugins.jurisdictions)
    assert "000-1" == pe_embassy.desk.jurisdiction.emergency.police


def test_register_forms_gives_the_topics_in_their_order(pe_embassy: TestEmbassy) -> None:
    assert ["zz.paper", "zz.bed", "zz.other"] == list(pe_embassy.desk.forms)


def test_a_form_for_volunteers_is_no_topic_and_its_words_join_the_cores(
    pe_embassy: TestEmbassy,
) -> None:
    desk = pe_embassy.desk

    assert ["zz.volunteer"] == list(desk.volunteering)
    assert "zz.volunteer" not in desk.forms
    assert {"core.skill.listening", "zz.volunteer.skill.law"} <= set(desk.vocabulary.skills)


def test_no_guide_is_about_the_form_for_volunteers(instance: Instance, tmp_path: Path) -> None:
    @hookimpl
    def register_forms() -> Sequence[Form]:
        return [VolunteerForm(name="aa.volunteer")]

    module = module_with(register_forms=register_forms)
    module.__file__ = str(tmp_path / "__init__.py")
    guide = (ROOT / "plugins/zz/src/pe_embassy_zz/guides/harbour-beds.md").read_text("utf-8")
    (tmp_path / "guides").mkdir()
    (tmp_path / "guides/help.md").write_text(guide.replace("zz.bed", "aa.volunteer"), "utf-8")

    with pytest.raises(PluginError, match=r"'topics' names 'aa\.volunteer', which"):
        load_plugins(["aa"], instance, found(aa=module))


def test_forms_for_asking_and_for_volunteers_share_one_set_of_names(instance: Instance) -> None:
    @hookimpl
    def register_forms() -> Sequence[Form]:
        return [form("aa.help"), VolunteerForm(name="aa.help")]

    with pytest.raises(PluginError, match=r"'aa\.help' is there twice"):
        load_plugins(["aa"], instance, found(aa=module_with(register_forms=register_forms)))


def test_register_listeners_gives_what_hears_events(
    pe_embassy: TestEmbassy, pe_run: Callable[[Awaitable[Any]], Any]
) -> None:
    (bell,) = pe_embassy.plugins.listeners

    for _ in range(2):
        pe_run(bell.hear(RequestSubmitted(request="abc")))

    assert "zz.bell" == bell.name
    assert {"abc": {"abc"}} == bell.rang


def test_rank_volunteers_puts_the_same_town_first_where_a_need_has_one(
    pe_embassy: TestEmbassy,
) -> None:
    def somebody(box: int, city: str) -> Candidate:
        card = Card(box=Box(box), revision=1, state=VolunteerState.ACTIVE, handle="", city=city)
        return Candidate(card=card)

    people = [somebody(30, ""), somebody(10, "Coastville"), somebody(20, "Hillham")]
    desk = pe_embassy.desk

    here = rank(desk.plugins, Need(city="Coastville"), people, desk.troubles, desk.texts)
    anywhere = rank(desk.plugins, Need(), people, desk.troubles, desk.texts)

    assert here is not None
    assert [10, 30, 20] == [one.box for one in here]
    assert ["zz.rank.same_town"] == [reason.code for one in here for reason in one.reasons]
    assert anywhere is None


def test_may_share_keeps_the_region_here(
    pe_embassy: TestEmbassy, pe_coordinator: Coordinator, pe_run: Callable[[Awaitable[Any]], Any]
) -> None:
    desk = pe_embassy.desk
    for asked in (ASKED[0], ASKED[2]):
        pe_run(ask(desk, asked))
    bed, paper = sorted(pe_coordinator.open_all(), key=lambda request: request.original.form)

    kept = narrow(desk.plugins, paper, PeerCode("yy"), desk.troubles)

    assert Sharing(fields=("paper", "offices", "refused", "story")) == kept
    assert narrow(desk.plugins, bed, PeerCode("yy"), desk.troubles) is None


def test_register_notifiers_gives_what_rings_people(
    pe_embassy: TestEmbassy,
    pe_run: Callable[[Awaitable[Any]], Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    bell = pe_embassy.plugins.notifiers["zz.desk"]

    with caplog.at_level("INFO", "pe.plugin.zz"):
        pe_run(bell.ring("7", "There is something new."))

    assert (None, "no_desk") == (bell.check("7"), bell.check("100"))
    assert ["ding"] == [record.message for record in caplog.records]


def test_a_plugin_reaches_out_by_the_door_of_its_instance(
    pe_run: Callable[[Awaitable[Any]], Any],
) -> None:
    settings = embassy_of(example_settings())
    inside = "http://127.0.0.1:2586/topic"
    instance = Instance(settings, "", now, {}, Door(allow=("127.0.0.1:2586",)))
    shut = Instance(settings, "", now, {})

    with pytest.raises(AddressRefused):
        pe_run(shut.fetch(inside, body=b"", headers={}))

    assert instance.may_fetch(inside)
    assert not shut.may_fetch(inside)


def test_what_pe_toml_allows_is_what_the_door_lets_through() -> None:
    allowed = DoorSettings(allow=("127.0.0.1:2586",))
    settings = msgspec.structs.replace(example_settings(), door=allowed)
    seen: list[Instance] = []

    def register(instance: Instance) -> Sequence[Listener]:
        seen.append(instance)
        return []

    module = module_with(register_listeners=hookimpl(specname="register_listeners")(register))
    modules = {**find_plugins(["zz"]), **found(test=module)}
    enabled = PluginsSettings(enabled=("zz", "test"))
    enabled_plugins(msgspec.structs.replace(settings, plugins=enabled), now, modules)

    assert seen[0].may_fetch("http://127.0.0.1:2586/topic")


def test_every_hook_has_a_test_named_after_it_and_is_used_by_the_example_country() -> None:
    hooks = [
        name
        for name, function in inspect.getmembers(specs, inspect.isfunction)
        if hasattr(function, "pe_spec")
    ]
    tests = Path(__file__).read_text(encoding="utf-8")
    example = (ROOT / "plugins/zz/src/pe_embassy_zz/__init__.py").read_text(encoding="utf-8")

    assert 6 == len(hooks)
    for hook in hooks:
        assert f"def test_{hook}_" in tests
        assert f"def {hook}(" in example
        assert inspect.getdoc(getattr(specs, hook))


def test_what_an_author_imports_is_sorted_and_whole() -> None:
    def in_order(name: str) -> tuple[bool, bool, str]:
        return (not name.isupper(), not name[0].isupper(), name)

    assert sorted(pe_core.__all__, key=in_order) == pe_core.__all__
    assert all(hasattr(pe_core, name) for name in pe_core.__all__)


def test_all_faults_of_all_plugins_are_listed_at_once(instance: Instance) -> None:
    @hookimpl
    def register_form(instance: Instance) -> Sequence[Form]:
        return []

    @hookimpl
    async def register_forms(instance: Instance) -> Sequence[Form]:
        return []

    @hookimpl
    def register_listeners(embassy: object, instance: object = None) -> Sequence[Listener]:
        return []

    @hookimpl
    def register_jurisdictions(instance: Instance) -> Sequence[Jurisdiction]:
        raise ValueError("no law today")

    installed = found(
        aa=module_with(register_form=register_form),
        bb=module_with(register_forms=register_forms),
        cc=module_with(register_listeners=register_listeners),
        dd=ImportError("no module named 'nothing'"),
        ee=module_with(register_jurisdictions=register_jurisdictions),
    )

    with pytest.raises(PluginError) as refused:
        load_plugins(["aa", "bb", "cc", "dd", "ee", "ff", "aa"], instance, installed)

    text = "\n".join(refused.value.faults)
    for part in (
        "aa: unknown hook 'register_form'",
        "bb: register_forms is async",
        "cc: register_listeners has no argument 'embassy'",
        "cc: register_listeners: argument 'instance' has a default",
        "dd: the import of version 1.0 raised ImportError",
        "ee: register_jurisdictions raised ValueError",
        "ff: not installed",
        "aa: named twice",
    ):
        assert part in text


@pytest.mark.parametrize(
    ("returned", "fault"),
    [
        ([form("bb.help")], "'bb.help' must start with 'aa.'"),
        ([form("aa.help"), form("aa.help")], "'aa.help' is there twice"),
        (["aa.help"], "returned a str in its list; each must be a Form"),
        (form("aa.help"), "returned Form, no list"),
        ([Form(name="aa.help", answers=OneQuestion, keep_weeks=1)], "aa.help: keep_weeks"),
    ],
)
def test_a_wrong_answer_of_a_hook_is_named_with_its_plugin(
    instance: Instance, returned: Any, fault: str
) -> None:
    @hookimpl
    def register_forms(instance: Instance) -> Sequence[Form]:
        answer: Sequence[Form] = returned
        return answer

    with pytest.raises(PluginError) as refused:
        load_plugins(["aa"], instance, found(aa=module_with(register_forms=register_forms)))

    assert fault in "\n".join(refused.value.faults)


def test_an_implementation_may_leave_out_arguments(instance: Instance) -> None:
    @hookimpl
    def register_forms() -> Sequence[Form]:
        return [form("aa.help")]

    plugins = load_plugins(["aa"], instance, found(aa=module_with(register_forms=register_forms)))

    assert ["aa.help"] == list(plugins.forms)


def test_installed_is_not_enabled(instance: Instance) -> None:
    installed = find_plugins()

    plugins = load_plugins(["zz"], instance, installed)

    assert {"pl", "zz"} <= set(installed)
    assert ("zz",) == plugins.names


def test_a_wrong_key_in_a_plugins_table_is_named() -> None:
    import msgspec

    settings = msgspec.structs.replace(example_settings(), plugin={"zz": {"bel": False}})

    with pytest.raises(PluginError) as refused:
        enabled_plugins(settings, now)

    assert "did you mean 'bell'?" in refused.value.faults[0]


def test_a_jurisdiction_that_nobody_brings_is_refused_with_the_known_ones() -> None:
    import msgspec

    settings = example_settings()
    elsewhere = msgspec.structs.replace(settings.embassy, jurisdiction="atlantis")

    with pytest.raises(SettingsError, match="known: zz"):
        enabled_plugins(msgspec.structs.replace(settings, embassy=elsewhere), now)
