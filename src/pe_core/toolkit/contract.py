"""What every plugin owes, as tests to inherit.

``class TestContract(PluginContract): plugin = "xx"`` in a plugin's tests is all that is needed.
Each test fails with a line for each thing that is wrong, and the line says the mend.
"""

import contextlib
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

import pytest

from pe_core.errors import PeError
from pe_core.hooks import find_plugins
from pe_core.toolkit.promises import (
    forms,
    listeners,
    notifiers,
    pages,
    ranking,
    secrets,
    settings,
    sharing,
    texts,
)
from pe_core.toolkit.quality.checking import find_source, look_alone
from pe_core.toolkit.scene import Scene, open_scene


class PluginContract:
    """The tests that every plugin passes; inherit it and name the plugin.

    ``beside`` names plugins that must be enabled with it, such as one that brings a
    jurisdiction. ``examples`` has words for fields whose pattern nothing usual fits, by
    ``<form>.<field>``.
    """

    plugin: ClassVar[str]
    beside: ClassVar[tuple[str, ...]] = ()
    examples: ClassVar[Mapping[str, str]] = {}

    @pytest.fixture(scope="class")
    @classmethod
    def load_faults(cls) -> tuple[str, ...]:
        """What is wrong when the plugin is loaded alone, in a process of its own."""
        name = cls.plugin
        found = find_plugins([name]).get(name)
        if found is None:
            return (f"{name}: not installed; pip install -e . in its folder first",)
        try:
            return look_alone(find_source(found), datetime.now(UTC).date()).faults
        except PeError as error:
            return (str(error),)

    @pytest.fixture(scope="class")
    @classmethod
    def scene(
        cls, load_faults: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory
    ) -> Iterator[Scene]:
        """A running instance of the plugin, shared by the tests of the class."""
        if load_faults:
            pytest.skip(f"{cls.plugin} does not load; the first two tests say why")
        with contextlib.ExitStack() as held:
            folder = tmp_path_factory.mktemp("contract")
            try:
                scene = held.enter_context(open_scene(cls.plugin, cls.beside, folder))
            except PeError as error:
                pytest.fail(str(error), pytrace=False)
            yield scene

    @pytest.fixture(autouse=True)
    def _nowhere_else(
        self, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
    ) -> Path:
        """Give what a plugin writes by a relative or temporary path a folder to be found in."""
        folder = tmp_path_factory.mktemp("elsewhere")
        monkeypatch.chdir(folder)
        for name in ("HOME", "TMPDIR", "TEMP", "TMP"):
            monkeypatch.setenv(name, str(folder))
        monkeypatch.setattr(tempfile, "tempdir", None)
        return folder

    def test_it_loads_alone_and_quietly(self, load_faults: tuple[str, ...]) -> None:
        """No other plugin, no settings, no network; nothing printed and no warning."""
        _fail([fault for fault in load_faults if not _is_of_a_hook(fault)])

    def test_each_hook_returns_its_type(self, load_faults: tuple[str, ...]) -> None:
        """A plain list of the objects that the hook's page names."""
        _fail([fault for fault in load_faults if _is_of_a_hook(fault)])

    def test_each_key_of_its_settings_refuses_an_unknown_neighbour(self, scene: Scene) -> None:
        """A misspelt key in pe.toml is never taken without a word."""
        _fail(settings.setting_faults(self.plugin, scene.instance.settings))

    def test_each_form_takes_an_example(self, scene: Scene) -> None:
        """Made from its own type; each question is asked in one example at least."""
        _fail(line for f in scene.every_form for line in forms.example_faults(f, self.examples))

    def test_each_form_refuses_empty_answers_and_unknown_fields(self, scene: Scene) -> None:
        """Nobody sends nothing, and nothing comes in that was not asked."""
        _fail(line for f in scene.every_form for line in forms.refusal_faults(f, self.examples))

    def test_no_check_raises_or_repeats_an_answer(self, scene: Scene) -> None:
        """A check yields problems, and says nothing of what was typed."""
        _fail(line for f in scene.every_form for line in forms.check_faults(f, self.examples))

    def test_every_text_is_there_in_every_language(self, scene: Scene) -> None:
        """With the placeholders of the English one."""
        found = scene.instance.plugins
        _fail(texts.text_faults(self.plugin, found, scene.languages, self.examples))

    def test_every_public_page_answers_in_every_language(self, scene: Scene) -> None:
        """Home, topics, guides, letters and the others: plain, labelled, in their language."""
        _fail(pages.public_faults(scene))

    def test_every_question_answers_in_every_language(self, scene: Scene) -> None:
        """The way through each form, with conditional questions both asked and not."""
        _fail(pages.question_faults(scene, self.examples))

    def test_what_people_write_is_in_clear_nowhere(
        self,
        scene: Scene,
        caplog: pytest.LogCaptureFixture,
        capsys: pytest.CaptureFixture[str],
        _nowhere_else: Path,
    ) -> None:
        """No file, log, event, title, address or stranger's page holds it; a coordinator does."""
        caplog.set_level(0)
        typed: secrets.Marks = {}

        def look(marks: secrets.Marks) -> Iterator[str]:
            out = capsys.readouterr()
            yield from secrets.left_behind(scene, marks, caplog.records, out.out + out.err)
            yield from secrets.files_faults(_nowhere_else, marks)

        lines = [*secrets.asking_faults(scene, self.examples, typed, look)]
        scene.tell_everybody()
        lines += secrets.reading_faults(scene, typed)
        lines += secrets.stranger_faults(scene, typed, self.examples)
        _fail([*lines, *look(typed)])

    def test_a_letter_is_filled_in_and_kept_nowhere(
        self,
        scene: Scene,
        caplog: pytest.LogCaptureFixture,
        capsys: pytest.CaptureFixture[str],
        _nowhere_else: Path,
    ) -> None:
        """What goes into its blanks is on the page to print, and then it is gone."""
        caplog.set_level(0)
        typed: secrets.Marks = {}
        lines = [*secrets.letter_faults(scene, typed)]
        lines += secrets.stranger_faults(scene, typed, self.examples)
        out = capsys.readouterr()
        lines += secrets.left_behind(scene, typed, caplog.records, out.out + out.err)
        lines += secrets.files_faults(_nowhere_else, typed)
        _fail(lines)

    def test_each_listener_bears_repeats(self, scene: Scene) -> None:
        """After a crash an event is told twice; its effect is that of one."""
        heard = scene.fresh_listeners()
        _fail(line for one in heard for line in listeners.repeat_faults(one, scene.run))

    def test_each_listener_forgets_what_is_erased(self, scene: Scene) -> None:
        """After RequestErased it holds no id of the request and of what belongs to it."""
        heard = scene.fresh_listeners()
        _fail(line for one in heard for line in listeners.memory_faults(one, scene.run))

    def test_a_ranking_is_pure(self, scene: Scene) -> None:
        """The same people come in the same order again; it names nobody else and keeps nobody."""
        found = scene.instance
        _fail(ranking.ranking_faults(self.plugin, found.plugins, found.desk.texts))

    def test_a_rule_about_what_leaves_is_pure(self, scene: Scene) -> None:
        """The same request has the same fields held back again, and nothing of it is kept."""
        _fail(sharing.sharing_faults(self.plugin, scene.instance.plugins, self.examples))

    def test_each_notifier_looks_at_an_address_calmly(self, scene: Scene) -> None:
        """It refuses what is empty, endless or of two lines, with a code that has words."""
        _fail(line for one in scene.notifiers for line in notifiers.check_faults(one))


def _is_of_a_hook(fault: str) -> bool:
    """Return whether a fault of the loader is about what a hook is, takes or returns."""
    quiet = "printed" not in fault and "reached for" not in fault
    return quiet and any(part in fault for part in ("register_", "rank_", "may_", "hook"))


def _fail(faults: Iterable[str]) -> None:
    """Fail with the faults as lines of their own, each once; pass if there is none."""
    lines = list(dict.fromkeys(faults))
    if lines:
        pytest.fail("\n".join(lines), pytrace=False)
