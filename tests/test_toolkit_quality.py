"""The quality scale: each rule finds what is broken, and nothing else; the tier follows."""

import re
import sys
from collections.abc import Awaitable, Callable
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest

from authoring import (
    TODAY,
    add,
    edit,
    fresh_plugin,
    install,
    notifier_plugin,
    package_of,
    source_of,
    whole_plugin,
)
from pe_core.desk.desk import NO_PLUGINS
from pe_core.toolkit.browser import Page
from pe_core.toolkit.quality import RULES, Finding, Report, check_plugin
from pe_core.toolkit.quality.alone import Alone, load_alone
from pe_core.toolkit.quality.handbook import handbook
from pe_core.toolkit.quality.pages import page_faults, pages_plain
from pe_core.toolkit.quality.subject import Subject
from pe_core.toolkit.quality.trials import tests_cover as run_tests_cover
from pe_core.toolkit.quality.typed import typed

ROOT = Path(__file__).parent.parent
FIELD = "    contact: Contact | UnsetType = UNSET\n\n\nclass Other"
TYPED = 'Annotated[str, Meta(max_length=30, extra={"text": "core.field.contact"})] | UnsetType'
Run = Callable[[Awaitable[Any]], Any]
Break = Callable[[Path], None]


def in_package(name: str, changes: dict[str, str]) -> Break:
    """Return what changes words in a file of the package."""
    return lambda root: edit(package_of(root) / name, changes)


def in_folder(name: str, changes: dict[str, str]) -> Break:
    """Return what changes words in a file beside the package."""
    return lambda root: edit(root / name, changes)


def at_the_end(name: str, text: str) -> Break:
    """Return what writes lines at the end of a file of the plugin, ``{package}`` its package."""
    return lambda root: add(root / name.format(package=f"src/{package_of(root).name}"), text)


def without(name: str) -> Break:
    """Return what takes a file of the plugin away."""
    return lambda root: (root / name.format(package=f"src/{package_of(root).name}")).unlink()


def with_fields(*lines: str) -> Break:
    """Return what asks more in the first form, with texts that the core has."""
    asked = "".join(f"    {line}\n" for line in lines)

    def change(root: Path) -> None:
        edit(
            package_of(root) / "forms.py",
            {
                FIELD: f"    contact: Contact | UnsetType = UNSET\n{asked}\n\nclass Other",
                "from typing import Literal": "from typing import Annotated, Literal\n\n"
                "from msgspec import Meta",
            },
        )

    return change


def with_volunteers(questions: int) -> Break:
    """Return what asks people who want to help so many questions, with texts of the core."""
    asked = "".join(f"    more_{n}: Contact | UnsetType = UNSET\n" for n in range(questions))

    def change(root: Path) -> None:
        edit(
            package_of(root) / "forms.py",
            {
                "FORMS = (": f"class Helping(Answers):\n{asked}\n\nFORMS = (\n"
                '    VolunteerForm(name="xx.volunteer", answers=Helping),',
                "import UNSET,": "import VolunteerForm, UNSET,",
            },
        )
        for language, mark in (("en", ""), ("be", "#, reviewed\n")):
            for end in ("title", "summary"):
                text = f'{mark}msgid "xx.volunteer.{end}"\nmsgstr "Helping"'
                add(package_of(root) / f"locales/{language}.po", text)

    return change


def with_listener(body: str) -> Break:
    """Return what adds a listener that does this when it hears something."""

    def change(root: Path) -> None:
        add(
            package_of(root) / "__init__.py",
            "class Ear:\n"
            '    name = "xx.ear"\n'
            "    heard = 0\n\n"
            f"    async def hear(self, event: object) -> None:\n        {body}\n\n\n"
            "@hookimpl\n"
            "def register_listeners(instance: Instance) -> Sequence[object]:\n"
            "    return [Ear()]\n",
        )

    return change


def with_settings(root: Path) -> None:
    """Let the plugin have a setting that no README tells of."""
    edit(
        package_of(root) / "__init__.py",
        {
            "import Form, Instance": "import Model, Form, Instance",
            "    return FORMS": '    instance.settings("xx", Settings)\n    return FORMS',
        },
    )
    add(package_of(root) / "__init__.py", "class Settings(Model):\n    quiet: bool = True\n")


def with_check(code: str) -> Break:
    """Return what adds a check that finds a problem of this code."""

    def change(root: Path) -> None:
        edit(
            package_of(root) / "forms.py",
            {
                "FORMS = (": "def look(answers: OtherAnswers) -> list[Problem]:\n"
                f'    return [Problem(field="story", code="{code}")]\n\n\nFORMS = (',
                "answers=OtherAnswers,": "answers=OtherAnswers, check=look,",
                "import UNSET,": "import Problem, UNSET,",
            },
        )

    return change


def in_a_tree(*lines: str) -> Break:
    """Return what puts the plugin into a tree with deployments; lines make its pe.toml."""

    def change(root: Path) -> None:
        folder = root.parent.parent / "deployments"
        folder.mkdir()
        if lines:
            add(folder / "xx/pe.toml", "\n".join(lines))

    return change


EMBASSY = (
    '[embassy]\ncode = "xx"\nlanguages = ["en"]\nzone = "Etc/UTC"\ncontact = ""',
    'names = { en = "Example embassy" }',
)

BROKEN: tuple[tuple[str, Break, str], ...] = (
    ("loads-clean", at_the_end("{package}/__init__.py", "raise ValueError"), "raised ValueError"),
    ("loads-clean", at_the_end("{package}/__init__.py", "import os; os._exit(3)"), "code 3"),
    ("loads-clean", at_the_end("{package}/__init__.py", "import sys; sys.exit()"), "SystemExit"),
    ("loads-clean", at_the_end("{package}/__init__.py", "print('hello')"), "0.1.0 printed 'hello"),
    (
        "loads-clean",
        at_the_end("{package}/__init__.py", "import sys; sys.stderr.write('hello')"),
        "to the error stream",
    ),
    (
        "loads-clean",
        at_the_end("{package}/__init__.py", "import warnings; warnings.warn('old')"),
        "UserWarning: old",
    ),
    (
        "loads-clean",
        at_the_end(
            "{package}/__init__.py",
            "import contextlib, socket\nwith contextlib.suppress(OSError):\n"
            "    socket.create_connection(('far.example', 80))",
        ),
        "reached for far.example",
    ),
    (
        "loads-clean",
        at_the_end("{package}/__init__.py", "def f(:"),
        "SyntaxError",
    ),
    ("names-agree", in_folder("pyproject.toml", {"pe-embassy-xx": "pe-embassy-yy"}), "'pe-em"),
    (
        "names-agree",
        in_folder(
            "pyproject.toml", {"[project.entry-points.pe]": "[project.entry-points.pe]\ny=1"}
        ),
        "one distribution brings one plugin",
    ),
    ("core-capped", in_folder("pyproject.toml", {"pe-core>=0.1,<1": "pe-core>=0.1"}), "<1'"),
    ("core-capped", in_folder("pyproject.toml", {"pe-core>=0.1,<1": "pe-core<2"}), "<1'"),
    ("core-capped", in_folder("pyproject.toml", {'["pe-core>=0.1,<1"]': "[]"}), "do not name"),
    ("licence-named", in_folder("pyproject.toml", {'"MPL-2.0"': '"free as a bird!"'}), "SPDX"),
    ("licence-named", in_folder("pyproject.toml", {'license = "MPL-2.0"': ""}), "SPDX"),
    ("owner-named", without("quality.toml"), "missing or no TOML"),
    ("owner-named", in_folder("quality.toml", {"owners": "owners = [] #"}), "owners is empty"),
    ("owner-named", in_folder("quality.toml", {"translators of ours": "a@b.example"}), "no team"),
    ("exemptions-told", at_the_end("quality.toml", 'forms-short = "no time"'), "no sentence"),
    ("exemptions-told", at_the_end("quality.toml", 'form-short = "no rule of that name"'), "no ru"),
    (
        "exemptions-told",
        at_the_end("quality.toml", 'loads-clean = "it has never loaded anywhere"'),
        "nothing is exempt",
    ),
    ("exemptions-told", in_folder("quality.toml", {'"bronze"': '"platinum"'}), "promised is not"),
    ("exemptions-told", in_folder("quality.toml", {"[exempt]": "owner = 1"}), "'owner'"),
    (
        "texts-complete",
        in_package("locales/en.po", {"xx.other.title": "xx.other.titel"}),
        'msgid "xx.other.title"',
    ),
    (
        "texts-complete",
        at_the_end("{package}/locales/en.po", 'msgid "xx.gone.title"\nmsgstr "Gone"'),
        "no page asks for 'xx.gone.title'",
    ),
    ("texts-complete", with_check("too_sad"), 'msgid "xx.other.problem.too_sad"'),
    ("texts-complete", without("{package}/locales/en.po"), "en.po is missing"),
    ("texts-complete", in_package("locales/en.po", {"A paper": "A <b>paper"}), "holds < or >"),
    ("personal-marked", with_fields(f"home_phone: {TYPED} = UNSET"), "home_phone"),
    ("retention-bounded", in_package("forms.py", {"order=10": "keep_weeks=13"}), "is 13"),
    (
        "forms-short",
        with_fields(*(f"more_{n}: Contact | UnsetType = UNSET" for n in range(4))),
        "up to 10 questions",
    ),
    ("forms-short", with_volunteers(6), "asks volunteers up to 6 questions beside the core's"),
    ("contract-tested", without("tests/test_contract.py"), "PluginContract"),
    (
        "contract-tested",
        in_folder("tests/test_contract.py", {'plugin = "xx"': 'plugin = "yy"'}),
        "PluginContract",
    ),
    (
        "languages-complete",
        in_package("locales/be.po", {"xx.other.title": "xx.other.titel"}),
        "locales/be.po: xx.other.title: missing",
    ),
    (
        "languages-complete",
        in_package("locales/be.po", {"A paper": "A {colour} paper"}),
        "placeholders differ",
    ),
    (
        "languages-complete",
        without("{package}/guides/third.be.md"),
        "guides/third.be.md is missing",
    ),
    ("languages-complete", without("{package}/letters/second.be.md"), "letters/second.be.md"),
    (
        "guides-sourced",
        lambda root: [path.unlink() for path in package_of(root).glob("guides/fourth.*")] and None,
        "3 of at least 4",
    ),
    (
        "guides-sourced",
        lambda root: [path.unlink() for path in package_of(root).glob("letters/second.*")] and None,
        "1 of at least 2",
    ),
    (
        "guides-sourced",
        in_package("guides/first.md", {"2026-11-24": "2026-12-01"}),
        "in the future",
    ),
    ("facts-hold", in_package("jurisdiction.py", {"Etc/UTC": "Mars/Base"}), "no time zone"),
    ("facts-hold", in_package("jurisdiction.py", {'names={"en": "Exampleton"},': ""}), "no ISO"),
    ("template-gone", in_package("locales/en.po", {"A paper": "Example office"}), "the template's"),
    ("template-gone", at_the_end("README.md", "See example.org."), "README.md:"),
    ("no-network-in-tests", at_the_end("tests/test_xx.py", "import httpx"), "imports httpx"),
    (
        "no-network-in-tests",
        at_the_end("tests/conftest.py", "from urllib import request"),
        "imports urllib.request",
    ),
    (
        "no-network-in-tests",
        at_the_end("tests/conftest.py", "def pe_no_network(): ..."),
        "replaces the fixture",
    ),
    ("no-network-in-tests", in_folder("pyproject.toml", {'"-q"': '"-q", "-p no:pe_core"'}), "off"),
    ("repeats-borne", with_listener("self.heard += 1"), "twice is not like hearing it once"),
    ("repeats-borne", with_listener("raise OSError"), "raises OSError"),
    ("settings-documented", with_settings, "| `quiet` |"),
    ("removal-documented", in_folder("README.md", {"When it is disabled": "Later"}), "README.md"),
    ("deployment-there", in_a_tree(), "is missing"),
    ("deployment-there", in_a_tree("[embassy]"), "code"),
    (
        "deployment-there",
        in_a_tree(*EMBASSY, 'jurisdiction = "yy"', "[plugins]", 'enabled = ["yy"]'),
        "does not name 'xx'",
    ),
    ("guides-fresh", in_package("guides/first.md", {"2026-11-24": "2026-05-31"}), "half a year"),
    (
        "guides-fresh",
        in_package("letters/first.md", {"revision": "valid_until = 2026-11-29\nrevision"}),
        "valid_until is past",
    ),
    (
        "translations-told",
        in_package(
            "locales/be.po", {'#, reviewed\nmsgid "xx.other.title"': 'msgid "xx.other.title"'}
        ),
        "xx.other.title carries no mark",
    ),
    (
        "translations-told",
        in_package("guides/first.be.md", {'status = "reviewed"\n': ""}),
        "status carries no mark",
    ),
    (
        "translations-reviewed",
        in_package("locales/be.po", {"#, reviewed": "#, machine"}),
        "13 of 13 texts are not reviewed",
    ),
    (
        "translations-reviewed",
        in_package("letters/first.be.md", {'"reviewed"': '"human"'}),
        "1 of 1 texts",
    ),
    ("two-owners", in_folder("quality.toml", {'"translators of ours", ': ""}), "a second one"),
)


def check(root: Path) -> Report:
    """Ask the rules that take no seconds."""
    return check_plugin(source_of(root), TODAY, slow=False)


def subject_of(root: Path) -> Subject:
    """Return a plugin for a rule that does not look at what it brings."""
    source = source_of(root)
    alone = load_alone("nothing", "", root / "nothing", ())
    return Subject(source.code, root, source.package, TODAY, alone)


def fallen(report: Report) -> dict[str, Finding]:
    """Return the findings that have lines, by rule."""
    return {one.rule: one for one in report.findings if one.lines and not one.exempt}


def ids(case: Any) -> str:
    """Name a case by its rule."""
    return case if isinstance(case, str) and "-" in case and " " not in case else ""


def test_a_whole_plugin_has_nothing_against_it(tmp_path: Path) -> None:
    report = check(whole_plugin(tmp_path))

    assert {} == fallen(report)
    assert "silver" == report.tier
    assert {rule.name for rule in RULES if rule.slow} == set(report.missing)


def test_a_new_plugin_is_bronze_at_once(tmp_path: Path) -> None:
    report = check(fresh_plugin(tmp_path))

    assert ("bronze", "bronze") == (report.tier, report.promised)
    assert {"guides-sourced", "template-gone", "two-owners"} == set(fallen(report))
    assert report.kept


def test_five_questions_for_volunteers_and_their_names_are_no_fault(tmp_path: Path) -> None:
    root = whole_plugin(tmp_path)
    with_volunteers(5)(root)

    assert {} == fallen(check(root))


@pytest.mark.parametrize(("rule", "change", "said"), BROKEN, ids=ids)
def test_what_is_broken_makes_its_rule_fall_and_no_other_of_its_tier(
    tmp_path: Path, rule: str, change: Break, said: str
) -> None:
    root = whole_plugin(tmp_path)
    change(root)

    report = check(root)

    tier = next(one.tier for one in RULES if one.name == rule)
    assert {rule} == {name for name, one in fallen(report).items() if one.tier == tier}
    assert said in "\n".join(fallen(report)[rule].lines)
    assert rule in report.missing


def test_a_plugin_that_only_rings_needs_no_guide_no_embassy_and_no_page(tmp_path: Path) -> None:
    root = notifier_plugin(tmp_path)
    (tmp_path / "deployments").mkdir()

    report = check(root)

    assert {} == fallen(report)
    alone = Alone(plugins=NO_PLUGINS, faults=(), settings=())
    assert [] == list(pages_plain(Subject("xx", root, package_of(root), TODAY, alone)))


@pytest.mark.parametrize(
    ("change", "rule", "says"),
    [
        (in_folder("pyproject.toml", {'"pe-xx"': '"pe-embassy-xx"'}), "names-agree", "'pe-xx'"),
        (
            in_package("locales/en.po", {"xx.way.hint": "xx.way.hind"}),
            "texts-complete",
            'msgid "xx.way.hint"',
        ),
        (
            in_package("locales/en.po", {"xx.way.hint": "xx.way.hind"}),
            "texts-complete",
            "no page asks for 'xx.way.hind'",
        ),
    ],
)
def test_what_is_wrong_with_a_plugin_that_only_rings_is_told(
    tmp_path: Path, change: Break, rule: str, says: str
) -> None:
    root = notifier_plugin(tmp_path)
    change(root)

    lines = fallen(check(root))[rule].lines

    assert any(says in line for line in lines), lines


def test_a_folder_of_another_name_is_no_plugin_of_this_code(tmp_path: Path) -> None:
    root = whole_plugin(tmp_path)
    moved = root.rename(root.with_name("mine"))

    assert "the folder is 'mine'" in fallen(check(moved))["names-agree"].lines[0]


def test_every_rule_has_an_example_that_breaks_it() -> None:
    slow = {rule.name for rule in RULES if rule.slow}

    assert {rule.name for rule in RULES} == {case[0] for case in BROKEN} | slow


def test_a_plugin_without_py_typed_or_with_a_wrong_type_is_not_typed(tmp_path: Path) -> None:
    root = whole_plugin(tmp_path)
    before = list(typed(subject_of(root)))
    (package_of(root) / "py.typed").unlink()
    add(package_of(root) / "forms.py", 'HOW_MANY: int = "seven"')

    after = list(typed(subject_of(root)))

    assert [] == before
    assert "py.typed is missing" in after[0]
    assert "Incompatible types in assignment" in after[1]


LOOKS = (
    "from pe_embassy_xx import register_forms, register_jurisdictions\n\n\n"
    "def test_it_brings_something() -> None:\n"
    "    assert register_forms(None) and register_jurisdictions(None)\n"
)


@pytest.mark.parametrize(
    ("tests", "said"),
    [
        (LOOKS, ""),
        ("def test_nothing() -> None:\n    pass\n", "they run 0 % of all lines"),
        (LOOKS.replace("assert", "assert not"), "they fail (1 failed"),
        ("", "they fail (no tests ran"),
    ],
)
def test_what_the_tests_of_a_plugin_do_not_run_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tests: str, said: str
) -> None:
    root = whole_plugin(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(install(root)))
    (root / "tests/test_contract.py").unlink()
    edit(root / "pyproject.toml", {'pe_plugins = ["xx"]\n': ""})
    (root / "tests/test_xx.py").write_text(tests, encoding="utf-8")

    found = "\n".join(run_tests_cover(subject_of(root)))

    assert (said in found) if said else found == ""


GOOD = '<html lang="he" dir="rtl"><form>{}</form></html>'


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        (GOOD.format('<label for="a">A</label><input id="a" name="a">'), []),
        (GOOD.format('<label>A <input name="a"></label>'), []),
        (GOOD.format('<select name="a" aria-label="A"></select>'), []),
        (GOOD.format('<input type="hidden" name="a"><input type="submit">'), []),
        (GOOD.format('<input id="a" name="a">'), ["has an input 'a' without a label"]),
        (GOOD.format('<textarea name="a"></textarea>'), ["has an input 'a' without a label"]),
        (GOOD.format("<script></script>"), ["holds a script"]),
        (GOOD.format('<p onclick="x"></p>'), ["holds a script"]),
        (GOOD.replace('"he"', '"en"'), ["says that its language is 'en'"]),
        (GOOD.replace('dir="rtl"', ""), ["says that its direction is None"]),
    ],
)
def test_a_page_that_is_not_plain_is_seen(text: str, faults: list[str]) -> None:
    request = httpx.Request("GET", "http://127.0.0.1/he/")
    page = Page(httpx.Response(200, html=text, request=request))

    assert faults == list(page_faults(page, "he"))


def test_a_page_that_does_not_answer_is_no_page() -> None:
    request = httpx.Request("GET", "http://127.0.0.1/he/")

    page = Page(httpx.Response(500, html="", request=request))

    assert ["answers 500"] == list(page_faults(page, "he"))


@pytest.mark.parametrize(
    ("lead", "found"),
    [("Run by {name}", []), ("Run by {nobody}", ["/en/imprint answers 500"])],
)
def test_every_public_page_of_a_plugin_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lead: str, found: list[str]
) -> None:
    root = fresh_plugin(tmp_path, "pagexx")
    add(package_of(root) / "locales/en.po", f'msgid "core.imprint.lead"\nmsgstr "{lead}"')
    monkeypatch.syspath_prepend(str(install(root)))
    source = source_of(root)
    alone = load_alone(source.code, source.version, source.package, ("en",))

    lines = list(pages_plain(Subject(source.code, root, source.package, TODAY, alone)))
    for name in [name for name in sys.modules if name.startswith("pe_embassy_pagexx")]:
        del sys.modules[name]  # the next test has another one of this name

    assert () == alone.faults
    assert found == lines


def test_an_exempt_rule_does_not_stand_between_a_plugin_and_its_tier(tmp_path: Path) -> None:
    root = fresh_plugin(tmp_path)
    for rule in ("guides-sourced", "template-gone"):
        add(root / "quality.toml", f'{rule} = "all of it is invented, for this test alone"')

    report = check(root)

    exempt = {one.rule: one.exempt for one in report.findings if one.exempt}
    assert {"guides-sourced", "template-gone"} == set(exempt)
    assert "silver" == report.tier
    assert not {"guides-sourced", "template-gone"}.intersection(report.missing)


@pytest.mark.parametrize(
    ("promised", "kept"), [("bronze", True), ("silver", False), ("gold", False)]
)
def test_a_plugin_below_its_promise_does_not_keep_it(
    tmp_path: Path, promised: str, kept: bool
) -> None:
    root = fresh_plugin(tmp_path)
    edit(root / "quality.toml", {'"bronze"': f'"{promised}"'})

    report = check(root)

    assert ("bronze", promised, kept) == (report.tier, report.promised, report.kept)


def test_what_was_not_asked_breaks_no_promise_and_gives_no_gold(tmp_path: Path) -> None:
    root = whole_plugin(tmp_path)
    edit(root / "quality.toml", {'"bronze"': '"gold"'})

    report = check(root)

    assert ("silver", "gold", True) == (report.tier, report.promised, report.kept)


def newest_check(root: Path) -> date:
    """Return the last day on which somebody looked at a guide of a plugin, or a day of ours."""
    days = [
        date.fromisoformat(day)
        for path in root.rglob("*.md")
        for day in re.findall(r"^checked_on = ([0-9-]+)$", path.read_text(encoding="utf-8"), re.M)
    ]
    return max([TODAY, *days])


@pytest.mark.parametrize("root", sorted(ROOT.glob("plugins/*")), ids=lambda path: path.name)
def test_a_plugin_of_this_tree_keeps_what_it_promises(root: Path) -> None:
    report = check_plugin(source_of(root), newest_check(root), slow=False)

    asked = ("bronze", "silver", "gold")[: ("bronze", "silver", "gold").index(report.promised) + 1]
    assert {} == {name: one.lines for name, one in fallen(report).items() if one.tier in asked}


def test_the_page_of_the_rules_is_made_of_their_docstrings() -> None:
    page = (ROOT / "docs/quality.md").read_text(encoding="utf-8")

    assert handbook() == page
    for rule in RULES:
        assert f"\n### {rule.name}\n" in page
        assert rule.check.__doc__
