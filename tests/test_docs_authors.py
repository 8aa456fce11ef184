"""The pages for authors are made from the code: nothing in them is stale or missing."""

import ast
import inspect
import re
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import pytest
from msgspec import Meta

import pe_core.errors
from documents import PAGES, ROOT, anchors
from pe_core import Answers, Form, Story, settings
from pe_core.hooks import guides as guide_files
from pe_core.hooks.signatures import known_hooks
from pe_core.rules.forms import form_version
from pe_core.toolkit.documenting import fill, markers
from pe_core.toolkit.documenting.__main__ import main
from pe_core.toolkit.documenting.cutting import cut
from pe_core.toolkit.documenting.faults import GROUPS, faults, said_nowhere
from pe_core.toolkit.documenting.parts import PARTS
from pe_core.toolkit.documenting.reading import messages, read_spec
from test_hooks_broken import CASES

AUTHORS = ROOT / "docs/authors"
EXAMPLE = ROOT / "plugins/zz/src/pe_embassy_zz/__init__.py"
USED = {marker.name for page in PAGES for marker in markers(page.read_text(encoding="utf-8"))}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_is_made_from_the_code_is_fresh(page: Path) -> None:
    text = page.read_text(encoding="utf-8")

    assert fill(text, ROOT) == text, "run `make docs`"


def test_a_stale_page_is_told_and_made_anew(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page, code = tmp_path / "docs/a.md", tmp_path / "a.py"
    page.parent.mkdir()
    code.write_text("A = 1\nB = 2\n", encoding="utf-8")
    stale = "# A\n\n<!-- file: a.py#B -->\n<!-- end -->\n\nThe end.\n"
    page.write_text(stale, encoding="utf-8")

    assert 1 == main(["--check"], tmp_path)
    assert stale == page.read_text(encoding="utf-8")
    assert 0 == main([], tmp_path)
    assert "# A\n\n<!-- file: a.py#B -->\n```python\nB = 2\n```\n<!-- end -->\n\nThe end.\n" == (
        page.read_text(encoding="utf-8")
    )
    assert 0 == main(["--check"], tmp_path)
    assert ["docs/a.md: stale; run `make docs`", "docs/a.md: made anew"] == (
        capsys.readouterr().out.splitlines()
    )


@pytest.mark.parametrize(
    ("marker", "said"),
    [
        ("<!-- file: nothing.py#A -->\n<!-- end -->", "docs/a.md: nothing.py cannot be read"),
        ("<!-- file: a.py#C -->\n<!-- end -->", "docs/a.md: a.py has no 'C'"),
        ("<!-- part: nothing -->\n<!-- end -->", "there is no part 'nothing'"),
        ("<!-- file: a.py#A -->\n", "has no <!-- end -->"),
        (
            "<!-- file: a.py#A -->\n<!-- file: a.py#A -->\n<!-- end -->",
            "<!-- file: a.py#A --> has no <!-- end -->",
        ),
    ],
)
def test_a_marker_that_leads_nowhere_is_told_with_its_page(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], marker: str, said: str
) -> None:
    page = tmp_path / "docs/a.md"
    page.parent.mkdir()
    (tmp_path / "a.py").write_text("A = 1\n", encoding="utf-8")
    page.write_text(f"{marker}\n", encoding="utf-8")

    assert 1 == main([], tmp_path)
    assert said in capsys.readouterr().out
    assert f"{marker}\n" == page.read_text(encoding="utf-8")


PIECES = {
    "a.py": '"""Words."""\n\nimport a\nimport b\n\n'
    'ONE = 1\n"""Of one."""\n\n\n@mark\ndef two() -> int:\n    return 2\n\n\n'
    "class Three:\n    four = 4\n\n    def five(self) -> None:\n        pass\n",
    "a.toml": "top = 1\n\n[one]\na = 1\n\n[one.two]\nb = 2\n\n[[three]]\n",
    "a.po": 'msgid "a.b"\nmsgstr "B"\n\n#, machine\nmsgid "a.c"\nmsgstr "C"\n\nmsgid "d"\n',
    "a.md": "+++\na = 1\n+++\nWords.\n\n## More words\n\nText.\n",
    "a.txt": "all\n",
}


@pytest.mark.parametrize(
    ("file", "names", "piece"),
    [
        ("a.py", "docstring", '"""Words."""'),
        ("a.py", "imports", "import a\nimport b"),
        ("a.py", "ONE", 'ONE = 1\n"""Of one."""'),
        ("a.py", "two", "@mark\ndef two() -> int:\n    return 2"),
        ("a.py", "Three.five", "    def five(self) -> None:\n        pass"),
        ("a.py", "ONE,two", 'ONE = 1\n"""Of one."""\n\n\n@mark\ndef two() -> int:\n    return 2'),
        ("a.toml", "top", "top = 1"),
        ("a.toml", "one", "[one]\na = 1"),
        ("a.toml", "one.two", "[one.two]\nb = 2"),
        ("a.po", "a.c", '#, machine\nmsgid "a.c"\nmsgstr "C"'),
        ("a.po", "a.", 'msgid "a.b"\nmsgstr "B"\n\n#, machine\nmsgid "a.c"\nmsgstr "C"'),
        ("a.md", "facts", "a = 1"),
        ("a.md", "words", "Words.\n\n## More words\n\nText."),
        ("a.md", "more-words", "## More words\n\nText."),
        ("a.txt", "", "all"),
    ],
)
def test_a_piece_is_cut_as_it_stands_in_its_file(
    tmp_path: Path, file: str, names: str, piece: str
) -> None:
    (tmp_path / file).write_text(PIECES[file], encoding="utf-8")

    assert piece == cut(tmp_path / file, names)


@pytest.mark.parametrize(
    ("file", "name"),
    [("a.py", "Four"), ("a.toml", "two"), ("a.po", "b"), ("a.md", "less-words"), ("a.txt", "all")],
)
def test_a_piece_that_is_not_there_is_refused(tmp_path: Path, file: str, name: str) -> None:
    (tmp_path / file).write_text(PIECES[file], encoding="utf-8")

    with pytest.raises(ValueError, match=file):
        cut(tmp_path / file, name)


def missing_of(hook: str, page: str, tests: str, example: str) -> list[str]:
    """Return what a hook lacks of page, test and use."""
    uses = {
        node.name
        for node in ast.parse(example).body
        if isinstance(node, ast.FunctionDef) and "hookimpl" in map(ast.unparse, node.decorator_list)
    }
    held = {
        "page": hook in anchors(page),
        "test": f"def test_{hook}_" in tests,
        "use": hook in uses,
    }
    return [what for what, there in held.items() if not there]


def test_every_hook_has_its_page_its_test_and_its_use_in_the_example_country() -> None:
    page = (AUTHORS / "hooks.md").read_text(encoding="utf-8")
    tests = (ROOT / "tests/test_hooks.py").read_text(encoding="utf-8")
    example = EXAMPLE.read_text(encoding="utf-8")

    assert {} == {
        hook: missing
        for hook in known_hooks()
        if (missing := missing_of(hook, page, tests, example))
    }
    assert ["page", "test", "use"] == missing_of("register_weather", page, tests, example)


@pytest.mark.parametrize(
    "doc",
    [
        "Say what.",
        "Say what.\n\nCalled once.\n\n:param instance: it.\n\nIt must never.",
        "Say what.\n\nCalled once.\n\n:returns: it.",
    ],
)
def test_a_spec_that_leaves_something_out_is_refused(doc: str) -> None:
    with pytest.raises(ValueError, match="docstring"):
        read_spec(doc)


def test_every_part_that_can_be_made_stands_on_a_page() -> None:
    assert set(PARTS) == {name for name in USED if name in PARTS}


def test_the_tree_of_errors_has_every_error_and_no_other() -> None:
    tree = re.findall(r"^[│├└─ ]*([A-Z]\w+)", pe_core.errors.__doc__ or "", re.MULTILINE)
    kinds = [
        name
        for name, kind in vars(pe_core.errors).items()
        if inspect.isclass(kind) and issubclass(kind, pe_core.errors.PeError)
    ]

    assert kinds == [name for name in tree if name in kinds]
    assert {"Texts", "Every", "Each"} >= set(tree) - set(kinds)


def test_every_line_that_authors_get_has_its_mend() -> None:
    page = (AUTHORS / "errors.md").read_text(encoding="utf-8")

    for group in GROUPS:
        for fault in faults(group):
            assert fault.mend
            assert fault.said.replace("|", "\\|") in page
    assert frozenset() == said_nowhere()


@pytest.mark.parametrize("message", [message for _, message in CASES.values()], ids=CASES)
def test_what_a_broken_plugin_is_told_stands_on_the_page_of_errors(message: str) -> None:
    patterns = [
        re.escape(fault.said).replace("…", ".*") for group in GROUPS for fault in faults(group)
    ]

    assert any(re.search(pattern, message, re.DOTALL) for pattern in patterns)


def test_messages_are_sentences_with_gaps_and_nothing_else() -> None:
    source = (
        '"""Words of a module."""\n'
        'PATTERN = re.compile("a pattern is no message")\n'
        'WORDS = {"a": "a table holds no message"}\n'
        "def f(x):\n"
        '    """Words of a function."""\n'
        '    yield f"{x}: is wrong{x}; mend {x!r}"\n'
        '    log.error("plugin %s: took %.1f s", x, x)\n'
        '    return "no_sentence"\n'
    )

    assert ["…: is wrong…; mend …", "plugin …: took … s"] == messages(source)


def test_every_setting_has_its_row() -> None:
    page = (AUTHORS / "settings.md").read_text(encoding="utf-8")
    tables = [settings.EmbassySettings, settings.ServerSettings, settings.VaultSettings]

    for kind in tables:
        for field in msgspec.structs.fields(kind):
            assert f"| `{field.encode_name}` | " in page


def test_every_folder_that_is_read_without_a_hook_is_named() -> None:
    page = (AUTHORS / "hooks.md").read_text(encoding="utf-8")
    source = inspect.getsource(guide_files.read_guides)
    folders = {"locales", *re.findall(r'folder / "(\w+)"', source)}

    assert {"guides", "letters", "locales"} == folders
    assert all(f"| `{folder}/` |" in page for folder in folders)


Choice = Literal["a", "b"]


class Asked(Answers):
    """The answers of a form that changes."""

    choice: Choice
    story: Story


class InAnotherOrder(Answers):
    """The same questions, the last one first."""

    story: Story
    choice: Choice


class WithAnotherOption(Answers):
    """The same questions, with one choice more."""

    choice: Literal["a", "b", "c"]
    story: Story


class WithALimit(Answers):
    """The same questions, and the story is one short line."""

    choice: Choice
    story: Annotated[str, Meta(max_length=100)]


BEFORE = Form(name="zz.help", answers=Asked)


@pytest.mark.parametrize(
    ("after", "same"),
    [
        (Form(name="zz.help", answers=InAnotherOrder), False),
        (Form(name="zz.help", answers=WithAnotherOption), False),
        (Form(name="zz.help", answers=WithALimit), False),
        (Form(name="zz.help", answers=Asked, keep_weeks=4, order=1, files=False), True),
        (Form(name="zz.help", answers=Asked, check=lambda answers: ()), True),
    ],
)
def test_a_forms_version_changes_as_the_page_on_migration_says(after: Form, same: bool) -> None:
    assert same == (form_version(after) == form_version(BEFORE))


def pieces_of(page: Path, path: str) -> str:
    """Return everything that a page shows of a file."""
    text = page.read_text(encoding="utf-8")
    return "\n".join(marker.held for marker in markers(text) if marker.path == path)


@pytest.mark.parametrize("file", ["forms.py", "bell.py", "helping.py", "__init__.py"])
def test_the_tutorial_shows_every_line_of_what_is_typed(file: str) -> None:
    path = f"plugins/zz/src/pe_embassy_zz/{file}"
    shown = pieces_of(AUTHORS / "tutorial.md", path).splitlines()
    lines: Any = (ROOT / path).read_text(encoding="utf-8").splitlines()

    assert [] == [line for line in lines if line.strip() and line not in shown]
