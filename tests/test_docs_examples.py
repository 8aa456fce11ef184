"""Every example in every page is true: code runs, tables read, commands and links are there."""

import importlib.util
import io
import json
import re
import shlex
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
from babel.messages.pofile import read_po

import pe_core
from documents import PAGES, ROOT, Block, blocks, indented, lost_links
from pe_core.errors import PluginError, SettingsError
from pe_core.rules.front_matter import read_page
from pe_core.rules.guides import GuideWords
from pe_core.settings import Settings, convert_table
from pe_core.toolkit.embassy import example_settings
from pe_core.toolkit.quality import RULES
from test_docs_promises import fault_of

EXAMPLES = {path.read_text(encoding="utf-8") for path in ROOT.glob("docs/examples/*.py")}
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
ENGLISH = (ROOT / "src/pe_core/locales/en.po").read_text(encoding="utf-8")
SYSTEM = frozenset(
    {
        ".",
        "adduser",
        "apt-get",
        "cd",
        "find",
        "git",
        "ls",
        "mkdir",
        "rm",
        "sha256sum",
        "sort",
        "swapoff",
        "xargs",
    }
)
"""Programs that are neither ours nor Python's; their options are their own business."""
QUALITY = {"promised", "owners", "exempt"}


def all_blocks() -> list[tuple[Path, Block]]:
    """Return every fenced block of every page."""
    return [(page, block) for page in PAGES for block in blocks(page.read_text(encoding="utf-8"))]


def named(pair: Any) -> str:
    """Name a block by its page and its place in it."""
    page, block = pair
    return f"{page.relative_to(ROOT)}@{block.begin}"


def wrong_python(block: Block) -> str:
    """Return what is wrong with Python: it is cut out of a file that runs, or it is one."""
    try:
        tree = compile(block.text, "page", "exec", flags=0, dont_inherit=True)
    except SyntaxError as error:
        return f"does not compile: {error}"
    missing = [name for name in tree.co_names if name.startswith("pe_core.")]
    for module in missing:
        if importlib.util.find_spec(module) is None:
            return f"there is no {module}"
    for names in re.findall(r"^from pe_core import (.+)$", block.text, re.MULTILINE):
        for name in re.findall(r"\w+", names):
            if name not in pe_core.__all__:
                return f"pe_core has no {name}"
    if not block.made and block.text not in EXAMPLES:
        return "is no file of docs/examples; mark it as one, <!-- file: ... -->"
    return ""


def wrong_toml(block: Block) -> str:
    """Return what is wrong with TOML: it is a piece of pe.toml, or a quality.toml, or cut."""
    try:
        table = tomllib.loads(block.text)
    except tomllib.TOMLDecodeError as error:
        return f"is no TOML: {error}"
    if set(table) & QUALITY:
        known = {rule.name for rule in RULES}
        return ", ".join(sorted((set(table) - QUALITY) | (set(table.get("exempt", {})) - known)))
    if set(table) <= set(Settings.__struct_fields__):
        return wrong_settings(table)
    return "" if block.made else "is neither settings nor a promise"


def wrong_settings(table: Mapping[str, Any]) -> str:
    """Return what is wrong with a piece of pe.toml, whose other keys are those of an example."""
    whole: dict[str, Any] = msgspec.to_builtins(example_settings())
    for key, value in table.items():
        whole[key] = {**whole[key], **value} if isinstance(value, dict) else value
    try:
        convert_table(whole, Settings, "")
    except SettingsError as error:
        return str(error)
    return ""


def wrong_json(block: Block) -> str:
    """Return what is wrong with JSON."""
    try:
        json.loads(block.text)
    except ValueError as error:
        return str(error)
    return ""


def wrong_commands(block: Block) -> str:
    """Return what is wrong with the first line of a terminal that could not be typed."""
    if block.made:
        return ""
    for line in block.commands():
        for part in re.split(r"&&|\|", line):
            wrong = wrong_command(part.strip())
            if wrong:
                return f"{line}: {wrong}"
    return ""


def wrong_command(line: str) -> str:
    """Return what is wrong with a command, '' if its program, target and options are there."""
    words = shlex.split(line, comments=True)
    if words and words[0] == "sudo":
        words = words[3:]
    while words and re.fullmatch("[A-Z_]+=[^ ]*", words[0]):
        words = words[1:]
    if not words:
        return ""
    program = words[0].rpartition("/")[2] or words[0]
    match program:
        case "make":
            return wrong_targets(words[1:])
        case "pe":
            return fault_of(shlex.join(["pe", *words[1:]]))
        case "python" | "python3":
            return wrong_module(words[1:])
        case "pip":
            return "" if words[1] in ("install", "wheel") else f"pip {words[1]} is not known here"
        case "pytest":
            return wrong_paths(words[1:])
    return "" if program in SYSTEM else f"{program} is no program that is known here"


def wrong_targets(words: list[str]) -> str:
    """Return which target the Makefile does not have."""
    targets = (word for word in words if "=" not in word and not word.startswith("-"))
    return ", ".join(word for word in targets if not re.search(rf"^{word}:", MAKEFILE, re.M))


def wrong_module(words: list[str]) -> str:
    """Return which module there is not, for ``python -m module``."""
    if words[:1] != ["-m"]:
        return "" if words[:1] == ["-c"] else "python is called with -m"
    try:
        found = importlib.util.find_spec(words[1])
    except ModuleNotFoundError:
        found = None
    return "" if found or words[1].startswith("tests") else f"there is no module {words[1]}"


def wrong_paths(words: list[str]) -> str:
    """Return which folder of this tree there is not; an author's own plugin is no concern."""
    paths = (word for word in words if word.startswith(("plugins/", "tests/")))
    return ", ".join(path for path in paths if not (ROOT / path).exists())


def wrong_cut(block: Block) -> str:
    """Return what is wrong with a block of a kind that only the generator writes."""
    return "" if block.made else "is typed by hand; cut it out of a file, <!-- file: ... -->"


LOOKED_AT: Mapping[str, Callable[[Block], str]] = {
    "": wrong_commands,
    "console": wrong_commands,
    "json": wrong_json,
    "markdown": wrong_cut,
    "po": wrong_cut,
    "python": wrong_python,
    "toml": wrong_toml,
}


def wrong_indented(text: str) -> str:
    """Return what is wrong with an indented block: an entry of a catalogue, or a translation."""
    if "msgid" in text:
        (entry,) = (message for message in read_po(io.StringIO(text)) if message.id)
        return "" if f'msgid "{entry.id}"' in ENGLISH else f"there is no {entry.id}"
    try:
        read_page(text, GuideWords)
    except PluginError as error:
        return str(error)
    return ""


def wrong(block: Block) -> str:
    """Return what is wrong with a block, '' if it is true."""
    look = LOOKED_AT.get(block.language)
    return f"nobody looks at {block.language}" if look is None else look(block)


def test_all_pages_are_looked_at() -> None:
    looked_at = {str(page.relative_to(ROOT)) for page in PAGES}

    assert {"README.md", "docs/security.md", "docs/authors/tutorial.md"} <= looked_at
    assert {"plugins/zz/README.md", "deployments/README.md"} <= looked_at


@pytest.mark.parametrize("pair", all_blocks(), ids=named)
def test_an_example_on_a_page_is_true(pair: tuple[Path, Block]) -> None:
    assert "" == wrong(pair[1])


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("python", "def (:\n"),
        ("python", "from pe_core import Nothing\n"),
        ("python", "import pe_core.nothing\n"),
        ("python", "typed = 'by hand'\n"),
        ("toml", "a = \n"),
        ("toml", "[embassy]\nzome = 'Etc/UTC'\n"),
        ("toml", "[server]\nport = 0\n"),
        ("toml", "promised = 'gold'\n[exempt]\nwash-hands = 'a reason that is long enough'\n"),
        ("toml", "promised = 'gold'\nmood = 'high'\n"),
        ("toml", "[something]\nelse = 1\n"),
        ("json", "{'a': 1}\n"),
        ("", "make tea\n"),
        ("", "make tests\n"),
        ("", "cd . && pe burn\n"),
        ("", "sudo -u embassy /opt/pe/bin/pe init --never\n"),
        ("", "python -m pe_core.nothing\n"),
        ("", "pytest plugins/nowhere\n"),
        ("", "unknown-program --help\n"),
        ("console", "$ pe wash\nwashed\n"),
        ("po", 'msgid ""\n'),
        ("markdown", "+++\n"),
        ("perl", "print 1\n"),
    ],
)
def test_an_example_that_is_not_true_would_be_found(language: str, text: str) -> None:
    assert wrong(Block(language=language, text=text, made=False, begin=0))


def test_what_a_console_answers_is_no_command() -> None:
    text = "$ make test\nwhatever it says\n"

    assert "" == wrong(Block(language="console", text=text, made=False, begin=0))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_an_indented_example_is_true(page: Path) -> None:
    for text in indented(page.read_text(encoding="utf-8")):
        assert "" == wrong_indented(text)


@pytest.mark.parametrize(
    "text",
    [
        '#, machine\nmsgid "core.nothing.title"\nmsgstr "A"\n',
        '+++\ntitle = "A"\nsumary = "B"\nof = 1\n+++\nWords.\n',
        "anything else\n",
    ],
)
def test_an_indented_example_that_is_not_true_would_be_found(text: str) -> None:
    assert wrong_indented(text)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_and_every_anchor_is_there(page: Path) -> None:
    assert [] == lost_links(page, page.read_text(encoding="utf-8"))


def test_a_link_that_leads_nowhere_would_be_found() -> None:
    page = ROOT / "README.md"
    text = "## A `b`, c\n\n[1](nowhere.md) [2](docs/security.md#nowhere) [3](#a-b-c) [4](#d)"

    assert ["nowhere.md", "docs/security.md#nowhere", "#d"] == lost_links(page, text)


def test_what_a_page_names_in_a_line_is_there() -> None:
    inline = {
        (page.name, command)
        for page in PAGES
        for command in re.findall(
            r"`((?:make|python -m) [^`\n]+)`", page.read_text(encoding="utf-8")
        )
    }

    assert {} == {pair: said for pair in inline if (said := wrong_command(pair[1]))}
