"""Every way in which a plugin can be broken, with the very message that its author gets."""

import importlib
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pe_core import Instance
from pe_core.errors import PluginError
from pe_core.hooks import Plugins, find_plugins, load_plugins
from pe_core.running import read_texts
from pe_core.settings import embassy_of
from pe_core.toolkit.embassy import example_settings
from planting import HELP, TEXTS, plant
from serving import PE, ROOT

Load = Callable[..., Plugins]


def now() -> datetime:
    return datetime(2026, 11, 24, tzinfo=UTC)


@pytest.fixture
def instance() -> Instance:
    """An instance of the example embassy, with a table for one plugin in its pe.toml."""
    tables = {"aa": {"number": 1}}
    return Instance(embassy_of(example_settings()), "http://127.0.0.1:8000", now, tables)


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, instance: Instance) -> Iterator[Load]:
    """Load planted plugins; without a name the one called ``aa``."""
    monkeypatch.syspath_prepend(tmp_path)

    def load_planted(*codes: str, clock: Callable[[], float] = lambda: 0.0) -> Plugins:
        importlib.invalidate_caches()
        return load_plugins(codes or ("aa",), instance, find_plugins(), clock=clock)

    yield load_planted
    for name in [name for name in sys.modules if name.startswith("pe_embassy_aa")]:
        del sys.modules[name]
    sys.modules.pop("pe_embassy_bb", None)


def faults_of(call: Callable[[], object]) -> list[str]:
    """Return the lines that an author reads."""
    with pytest.raises(PluginError) as refused:
        call()
    return list(refused.value.faults)


def hook(body: str, name: str = "register_forms", arguments: str = "instance") -> str:
    """Return the source of a plugin with one hook."""
    return (
        "from pe_core import Answers, Form, Jurisdiction, Story, hookimpl\n"
        "class Help(Answers):\n"
        "    story: Story\n"
        "@hookimpl\n"
        f"def {name}({arguments}):\n"
        f"    {body}\n"
    )


def notifier(line: str) -> str:
    """Return the source of a plugin with one notifier, this line last in its class."""
    return (
        "from pe_core import hookimpl\n"
        "class Way:\n"
        "    name = 'aa.way'\n"
        "    problems = ('no_address',)\n"
        "    def check(self, address): return None\n"
        "    async def ring(self, address, words): pass\n"
        f"    {line}\n"
        "@hookimpl\ndef register_notifiers():\n    return [Way()]\n"
    )


KNOWN = (
    "may_share, rank_volunteers, register_forms, register_jurisdictions, "
    "register_listeners, register_notifiers"
)
CASES = {
    "an import of what is not there": (
        "\nimport pe_embassy_aa_nothing\n",
        "aa: the import of version 1.0 raised ModuleNotFoundError: No module named "
        "'pe_embassy_aa_nothing' (pe_embassy_aa/__init__.py:2); install pe_embassy_aa_nothing, "
        "and name what brings it among the plugin's dependencies",
    ),
    "an import that raises": (
        "def read():\n    return {}['law']\n\nread()\n",
        "aa: the import of version 1.0 raised KeyError: 'law' (pe_embassy_aa/__init__.py:2); "
        "mend that line",
    ),
    "a file that is half typed": (
        "from pe_core import hookimpl\ndef register_forms(\n",
        "aa: the import of version 1.0 raised SyntaxError: '(' was never closed "
        "(__init__.py, line 2) (pe_embassy_aa/__init__.py:2); mend that line",
    ),
    "an import that ends the process": (
        "import sys\nsys.exit(3)\n",
        "aa: the import of version 1.0 would end the process (SystemExit) "
        "(pe_embassy_aa/__init__.py:2); raise an exception that says what is wrong instead",
    ),
    "an import that prints": (
        "print('loaded ' * 30)\n",
        f"aa: the import of version 1.0 printed {('loaded ' * 30)[:80]!r}...; standard output is "
        "no log of a plugin, use instance.log('aa').info(...)",
    ),
    "a hook that is misspelled": (
        hook("return []", name="register_form"),
        f"aa: unknown hook 'register_form'; did you mean 'register_forms'? (known: {KNOWN})",
    ),
    "a hook like no other": (
        hook("return []", name="zzz"),
        f"aa: unknown hook 'zzz'; known: {KNOWN}",
    ),
    "a hook without its mark": (
        "def register_forms(instance):\n    return []\n",
        "aa: register_forms is not marked as a hook; write @hookimpl above it",
    ),
    "an argument that there is not": (
        hook("return []", arguments="embassy"),
        "aa: register_forms has no argument 'embassy'; it may take: instance",
    ),
    "an argument with a default": (
        hook("return []", arguments="instance=None"),
        "aa: register_forms: argument 'instance' has a default, so it would never be given; "
        "write it without one",
    ),
    "an async hook": (
        hook("return []").replace("def register", "async def register"),
        "aa: register_forms is async; write a plain def that returns objects: "
        "what waits belongs into their methods",
    ),
    "a hook that raises": (
        hook("return [][3]"),
        "aa: register_forms raised IndexError: list index out of range "
        "(pe_embassy_aa/__init__.py:6); mend that line",
    ),
    "a hook that prints": (
        hook("print('hello'); return []"),
        "aa: register_forms printed 'hello\\n'; standard output is no log of a plugin, "
        "use instance.log('aa').info(...)",
    ),
    "a hook that returns nothing": (
        hook("pass"),
        "aa: register_forms returned NoneType, no list; return [...], and [] for nothing",
    ),
    "a hook that returns one thing": (
        hook("return Form(name='aa.help', answers=Help)"),
        "aa: register_forms returned Form, no list; return [...], and [] for nothing",
    ),
    "a hook that returns a text": (
        hook("return 'aa.help'"),
        "aa: register_forms returned str, no list; return [...], and [] for nothing",
    ),
    "a generator": (
        hook("yield Form(name='aa.help', answers=Help)"),
        "aa: register_forms returned generator, no list; return [...], and [] for nothing",
    ),
    "a list of something else": (
        hook("return ['aa.help']"),
        "aa: register_forms returned a str in its list; each must be a Form",
    ),
    "a name that is no text": (
        hook("return [Form(name=5, answers=Help)]"),
        "aa: register_forms: a name is 5; write a text between quotes",
    ),
    "a name without the plugin's": (
        hook("return [Form(name='help', answers=Help)]"),
        "aa: register_forms: 'help' must start with 'aa.'; call it 'aa.help'",
    ),
    "a name twice": (
        hook("return [Form(name='aa.help', answers=Help)] * 2"),
        "aa: register_forms: 'aa.help' is there twice; rename one",
    ),
    "a form of no struct": (
        hook("return [Form(name='aa.help', answers=dict)]"),
        "aa.help: answers must be a class that inherits Answers",
    ),
    "a form of an unknown type": (
        hook("return [Form(name='aa.help', answers=Help)]").replace("Story\n@", "'Storey'\n@"),
        "aa.help: its type cannot be read: name 'Storey' is not defined",
    ),
    "a form with a list within a list": (
        hook("return [VolunteerForm(name='aa.help', skills=(['law'],))]").replace(
            "Story, h", "Story, VolunteerForm, h"
        ),
        "aa.help: holds something that can change, such as a list within a list; "
        "write tuples there",
    ),
    "a skill that makes no key": (
        hook("return [VolunteerForm(name='aa.help', skills=['Labour law'])]").replace(
            "Story, h", "Story, VolunteerForm, h"
        ),
        "aa.help: skills: 'Labour law' makes no text key; use a-z, 0-9, '_', '-'",
    ),
    "a listener that does not wait": (
        "from pe_core import hookimpl\n"
        "class Ear:\n    name = 'aa.ear'\n    def hear(self, event):\n        pass\n"
        "@hookimpl\ndef register_listeners():\n    return [Ear()]\n",
        "aa: aa.ear: hear is no coroutine; write async def hear(self, event)",
    ),
    "a notifier that does not wait": (
        notifier("def ring(self, address, words): pass"),
        "aa: aa.way: ring is no coroutine; write async def ring(self, address, words)",
    ),
    "a notifier that waits before it looks": (
        notifier("async def check(self, address): pass"),
        "aa: aa.way: check is a coroutine; write def check(self, address), it only looks",
    ),
    "a notifier whose problems are no list": (
        notifier("problems = 'no_address'"),
        'aa: aa.way: problems is no list of codes; write problems = ("no_address",)',
    ),
    "a notifier that says nothing of its problems": (
        notifier("problems = None"),
        'aa: aa.way: problems is no list of codes; write problems = ("no_address",)',
    ),
    "a notifier that cannot ring": (
        notifier("").replace("ring", "call"),
        "aa: register_notifiers returned a Way in its list; each must be a Notifier",
    ),
    "a hook that changes what it was given": (
        hook("instance.address = 'elsewhere'; return []"),
        "aa: register_forms changed the instance that it was given (address); a hook only reads it",
    ),
    "a hook that changes what lies in it": (
        hook("instance._tables['aa']['number'] = 2; return []"),
        "aa: register_forms changed the instance that it was given (tables); a hook only reads it",
    ),
}


@pytest.mark.parametrize(("source", "message"), CASES.values(), ids=CASES)
def test_a_broken_plugin_is_refused_with_a_line_that_says_the_mend(
    tmp_path: Path, load: Load, source: str, message: str
) -> None:
    plant(tmp_path, "aa", {"__init__.py": source})

    (fault,) = faults_of(load)

    assert message == fault


def test_a_plugin_that_is_as_it_should_be_loads_and_prints_nothing(
    tmp_path: Path, load: Load, capfd: pytest.CaptureFixture[str]
) -> None:
    plant(tmp_path, "aa")

    plugins = load()

    assert ["aa.help"] == list(plugins.forms)
    assert ("", "") == capfd.readouterr()


def test_the_faults_of_two_plugins_are_told_at_once(tmp_path: Path, load: Load) -> None:
    plant(tmp_path, "aa", {"__init__.py": CASES["a hook that prints"][0]})
    plant(tmp_path, "bb", {"__init__.py": CASES["a hook without its mark"][0]})

    faults = faults_of(lambda: load("aa", "bb", "cc"))

    assert ["cc: not", "bb: reg", "aa: reg"] == [fault[:7] for fault in faults]


def test_a_jurisdiction_of_two_plugins_names_both(tmp_path: Path, load: Load) -> None:
    source = (
        "from pe_embassy_zz.jurisdiction import EXAMPLELAND\n"
        "from pe_core import hookimpl\n"
        "@hookimpl\ndef register_jurisdictions():\n    return [EXAMPLELAND]\n"
    )
    plant(tmp_path, "aa", {"__init__.py": source})

    (fault,) = faults_of(lambda: load("zz", "aa"))

    assert (
        "aa: register_jurisdictions: 'zz' is taken by the plugin zz; "
        "rename one, or enable only one of zz and aa"
    ) == fault


def test_two_distributions_that_bring_one_plugin_are_both_named(tmp_path: Path, load: Load) -> None:
    plant(tmp_path, "aa")
    plant(tmp_path, "aa", distribution="pe-embassy-aa-too")

    (fault,) = faults_of(load)

    assert "aa: pe-embassy-aa and pe-embassy-aa-too both bring" in fault
    assert fault.endswith("uninstall one")


def test_an_entry_point_that_leads_to_no_package_is_refused(tmp_path: Path, load: Load) -> None:
    plant(tmp_path, "aa", {"locales/en.po": ""})

    (fault,) = faults_of(load)

    assert "aa: its entry point leads to no module with a file" in fault
    assert fault.endswith("name the package there, and give it an __init__.py")


@pytest.mark.parametrize(
    ("source", "doing"),
    [("import time\n", "the import of version 1.0"), (hook("return []"), "register_forms")],
)
def test_what_is_slow_is_warned_of_with_plugin_and_seconds_and_loads(
    tmp_path: Path, load: Load, caplog: pytest.LogCaptureFixture, source: str, doing: str
) -> None:
    plant(tmp_path, "aa", {"__init__.py": source})
    seconds = iter(range(0, 1000, 3))

    with caplog.at_level(logging.WARNING):
        load(clock=lambda: float(next(seconds)))

    assert (
        f"plugin aa: {doing} took 3.0 s, and the start waits for it; "
        "leave such work to the objects that a hook returns"
    ) in caplog.messages


def test_what_is_fast_is_not_warned_of(
    tmp_path: Path, load: Load, caplog: pytest.LogCaptureFixture
) -> None:
    plant(tmp_path, "aa")
    seconds = iter(range(0, 1000, 2))

    load(clock=lambda: float(next(seconds)))

    assert [] == caplog.messages


def test_a_missing_english_text_is_named_with_its_file(tmp_path: Path, load: Load) -> None:
    texts = "".join(part for part in TEXTS.split("\n\n", 2)[:2])
    plant(tmp_path, "aa", {"__init__.py": HELP, "locales/en.po": texts.replace("title", "tittle")})
    plugins = load()

    faults = faults_of(lambda: read_texts(plugins, ("be", "en")))

    assert [
        'aa: no English text; add msgid "aa.help.title" to pe_embassy_aa/locales/en.po',
        'aa: no English text; add msgid "aa.help.summary" to pe_embassy_aa/locales/en.po',
    ] == faults


def test_a_hook_that_changed_the_instance_leaves_it_as_it_was(
    tmp_path: Path, load: Load, instance: Instance
) -> None:
    plant(tmp_path, "aa", {"__init__.py": CASES["a hook that changes what it was given"][0]})

    faults_of(load)

    assert "http://127.0.0.1:8000" == instance.address


def test_only_what_is_enabled_is_looked_for_when_it_is_called_after_its_plugin(
    tmp_path: Path, load: Load
) -> None:
    plant(tmp_path, "aa")
    plant(tmp_path, "bb", distribution="another-name")

    assert {"aa"} == set(find_plugins(["aa"]))
    assert {"aa", "bb", "zz"} <= set(find_plugins(["aa", "bb"])), "then all are looked at"
    assert {"aa", "bb", "zz"} <= set(find_plugins(["aa", "nothing"]))


@pytest.mark.parametrize("command", ["serve", "init"])
def test_pe_says_every_fault_in_a_plain_line_and_ends_with_1(tmp_path: Path, command: str) -> None:
    plant(tmp_path, "aa", {"__init__.py": hook("print(1); return []")})
    plant(tmp_path, "bb", {"__init__.py": "import nothing_at_all\n"})
    settings = (ROOT / "deployments/zz/pe.toml").read_text(encoding="utf-8")
    (tmp_path / "pe.toml").write_text(
        settings.replace('enabled = ["zz"]', 'enabled = ["zz", "aa", "bb"]'), encoding="utf-8"
    )

    done = subprocess.run(
        [*PE, command],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert 1 == done.returncode
    assert "" == done.stdout
    assert [
        "pe: plugin bb: the import of version 1.0 raised ModuleNotFoundError: No module named "
        "'nothing_at_all' (pe_embassy_bb/__init__.py:1); install nothing_at_all, and name what "
        "brings it among the plugin's dependencies",
        "pe: plugin aa: register_forms printed '1\\n'; standard output is no log of a plugin, "
        "use instance.log('aa').info(...)",
    ] == done.stderr.splitlines()


def test_a_demo_whose_country_is_broken_says_so_in_one_line(tmp_path: Path) -> None:
    plant(tmp_path, "zz", {"__init__.py": "1 / 0\n"})

    done = subprocess.run(
        [*PE, "demo", "--dir", str(tmp_path / "demo")],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert 1 == done.returncode
    assert [
        "pe: plugin zz: the import of version 1.0 raised ZeroDivisionError: division by zero "
        "(pe_embassy_zz/__init__.py:1); mend that line"
    ] == done.stderr.splitlines()
