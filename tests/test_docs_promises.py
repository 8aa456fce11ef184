"""What `docs/security.md`, `docs/operating.md` and `docs/asvs.md` promise is held to the tree.

Every test that they name exists and can be collected, every requirement of ASVS 5.0 at levels
1 and 2 has its row, and every command that they tell somebody to type is one of `pe`.
"""

import ast
import re
import shlex
from collections import Counter
from functools import cache
from pathlib import Path

import click
import pytest

from pe_core.cli.main import group

ROOT = Path(__file__).parent.parent
SECURITY, OPERATING, ASVS = (
    (ROOT / "docs" / name).read_text(encoding="utf-8")
    for name in ("security.md", "operating.md", "asvs.md")
)
PAGES = [ROOT / "README.md", *ROOT.glob("docs/**/*.md"), *ROOT.glob("deployments/**/*.md")]
NAMED = re.compile(r"`(?:tests/)?(\w+(?:/\w+)*\.py)::(test_\w+)`")
ROW = re.compile(r"^\| (\d+\.\d+\.\d+) \| ([12]) \| ([^|]+) \| ([^|]+) \|$", re.M)
CHAPTERS = {1: 27, 2: 11, 3: 19, 4: 10, 5: 9, 6: 35, 7: 18, 8: 7, 9: 7}
CHAPTERS |= {11: 14, 12: 9, 13: 13, 14: 9, 15: 13, 16: 16}
"""How many requirements of levels 1 and 2 a chapter of ASVS 5.0.0 has."""
LEFT_OUT = {10: "OAuth", 17: "WebRTC"}
SECURITY_PARTS = (
    "What a thief gets",
    "What lies on the disk in clear",
    "Keys",
    "Ways in",
    "Who may do what",
    "Duress",
    "How things end",
    "What it talks to",
    "What other embassies' servers may do",
    "What is logged",
    "Files",
    "Cryptography in use",
    "Limits, in figures",
    "Honest limits",
)
OPERATING_PARTS = (
    "From nothing to live",
    "Every day",
    "Every week",
    "Somebody joins",
    "Somebody offers help",
    "Somebody leaves",
    "Somebody lost the passphrase or the authenticator",
    "Ringing people",
    "Other embassies",
    "Emergency",
    "Recovery with shares",
    "Moving to another server",
    "Copies",
    "Updating",
    "Changing pe.toml",
    "What goes into the log",
    "Never",
)


@cache
def suite_of(file: str) -> frozenset[str]:
    """Return the names of the tests that a file of the suite has; none if there is no file."""
    path = ROOT / file if file.startswith("plugins/") else ROOT / "tests" / file
    if not path.is_file():
        return frozenset()
    return frozenset(
        node.name
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )


def missing_tests(text: str) -> list[str]:
    """Return which tests a text names that the suite does not have."""
    return sorted({f"{file}::{name}" for file, name in NAMED.findall(text)} - _whole(text))


def _whole(text: str) -> set[str]:
    return {f"{file}::{name}" for file, name in NAMED.findall(text) if name in suite_of(file)}


def parts_of(text: str) -> dict[str, str]:
    """Return the parts of a page by their headings."""
    headings = re.split(r"^## (.+)$", text, flags=re.M)
    return dict(zip(headings[1::2], headings[2::2], strict=True))


def test_every_test_that_a_page_names_exists() -> None:
    assert {} == {
        page.name: missing
        for page in PAGES
        if (missing := missing_tests(page.read_text(encoding="utf-8")))
    }


def test_a_page_that_names_a_test_that_is_not_there_would_be_found() -> None:
    text = "`tests/test_docs.py::test_of_nothing`, `test_of_nothing.py::test_at_all`"

    assert ["test_docs.py::test_of_nothing", "test_of_nothing.py::test_at_all"] == (
        missing_tests(text)
    )


def test_the_security_page_has_its_parts() -> None:
    assert list(SECURITY_PARTS) == list(parts_of(SECURITY))


def test_the_operating_page_has_its_parts() -> None:
    assert list(OPERATING_PARTS) == list(parts_of(OPERATING))
    assert "How soon" in parts_of(OPERATING)["Updating"]


@pytest.mark.parametrize("part", SECURITY_PARTS[:-1])
def test_a_part_of_the_security_page_names_its_proofs_line_by_line(part: str) -> None:
    lines = [
        line
        for line in parts_of(SECURITY)[part].splitlines()
        if "Proved by" in line or "proved by" in line
    ]

    assert lines
    assert [] == [
        line
        for line in lines
        if line != "Not proved by a test yet."
        and not re.fullmatch(r"Proved by: `tests/\S+`(, `tests/\S+`)*", line)
    ]


def test_every_event_of_the_thiefs_table_has_what_they_get() -> None:
    rows = re.findall(
        r"^\| ([^|]+) \| ([^|]+) \|([^|]*)\|$", parts_of(SECURITY)["What a thief gets"], re.M
    )

    assert 14 == len(rows), "twelve events, and the two lines of the head"
    assert [] == [event for event, gets, _ in rows if not event.strip() or not gets.strip()]


def test_every_requirement_of_levels_1_and_2_has_a_row() -> None:
    numbers = [number for number, *_ in ROW.findall(ASVS)]
    counted = Counter(int(number.partition(".")[0]) for number in numbers)

    assert len(numbers) == len(set(numbers))
    assert numbers == sorted(numbers, key=lambda number: [int(n) for n in number.split(".")])
    assert dict(counted) == CHAPTERS
    assert 217 == len(numbers)
    assert sum(
        line.startswith(("| 1", "| 2", "| 3", "| 4", "| 5", "| 6", "| 7", "| 8", "| 9"))
        for line in ASVS.splitlines()
    ) == len(numbers)


def test_every_row_is_a_test_or_a_deviation_with_its_reason() -> None:
    wrong = []
    for number, _, asked, here in ROW.findall(ASVS):
        reason = here.removeprefix("Deviation: ")
        if not asked.strip() or (here.startswith("Deviation") and len(reason) < 8):
            wrong.append(number)
        if not here.startswith("Deviation: ") and not NAMED.search(here):
            wrong.append(number)

    assert [] == wrong


def test_the_counts_on_the_page_are_those_of_its_tables() -> None:
    answers = [here for *_, here in ROW.findall(ASVS)]
    deviations = [here for here in answers if here.startswith("Deviation: ")]
    empty = [here for here in deviations if "does not apply" in here]
    told = re.search(
        r"Of (\d+) requirements (\d+) are proved by tests, (\d+) are deviations, "
        r"and (\d+) do not apply\.",
        ASVS,
    )

    assert told is not None
    assert [len(answers), len(answers) - len(deviations)] == [int(told[1]), int(told[2])]
    assert [len(deviations) - len(empty), len(empty)] == [int(told[3]), int(told[4])]


def test_chapters_that_are_left_out_are_named_with_the_reason() -> None:
    for number, name in LEFT_OUT.items():
        assert re.search(rf"^- \*\*V{number}, [^*]*{name}[^*]*\*\*: \S.{{20,}}$", ASVS, re.M)


def commands() -> list[str]:
    """Return every `pe ...` that a page tells somebody to type."""
    found = set()
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        found |= set(re.findall(r"`(pe(?: [^`\n]+)?)`", text))
        found |= {
            line[line.index("pe ") :]
            for block in re.findall(r"^```\n(.*?)^```", text, re.M | re.S)
            for line in block.splitlines()
            if re.search(r"(^|/bin/)pe ", line)
        }
    return sorted(found)


@pytest.mark.parametrize("line", commands())
def test_a_command_on_a_page_is_one_of_pe(line: str) -> None:
    assert "" == fault_of(line)


def test_a_command_that_is_none_would_be_found() -> None:
    assert fault_of("pe burn everything")
    assert fault_of("pe upkeep --never")
    assert fault_of("pe keys wash")


def fault_of(line: str) -> str:
    """Return what is wrong with a command line of `pe`, or ''."""
    command: click.Command = group
    context = click.Context(group)
    for word in shlex.split(line)[1:]:
        options = {name for option in command.get_params(context) for name in option.opts}
        if word.startswith("-"):
            if word.partition("=")[0] not in options:
                return f"{command.name} has no option {word}"
        elif isinstance(command, click.Group):
            inner = command.get_command(context, word)
            if inner is None:
                return f"{command.name} has no command {word}"
            command = inner
    return ""
