"""The numbers of the proofs: counted and measured, and held against README's table.

`python -m tests.tally` prints them. With `--check` it also fails when README's table says
something else, or when a floor is not reached. The coverage is what the last `make coverage`
measured, the mutation score what the last `make mutate` wrote down.
"""

import argparse
import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tests.fuzz.targets import TARGETS

ROOT = Path(__file__).parent.parent
COVERAGE = ROOT / "coverage.json"
MUTATION = ROOT / "tests" / "mutation" / "score.json"
COUNTED = (
    "tests without a browser",
    "tests in a real browser",
    "of these, tests that draw their own examples",
    "fuzz targets",
)
FLOORS = {
    "coverage, lines and branches": 95.0,
    "coverage of the vault": 100.0,
    "changes of the vault that a test notices": 90.0,
    "changes of the guards that a test notices": 90.0,
}
"""Percent below which the build fails."""
SLACK = 0.9
"""README counts in round numbers: it may say less than there is, by a tenth at most."""
ROW = re.compile(r"^\| ([^|]+?) \| \**([\d,.]+)\**( %)? \|$", re.M)

Numbers = dict[str, float]


def find_numbers() -> Numbers:
    """Return every number by its name in README's table."""
    covered = _read(COVERAGE, "make coverage")["files"]
    changed = _read(MUTATION, "make mutate")
    counts = (count_tests("not e2e"), count_tests("e2e"), count_properties(), len(TARGETS))
    found: Numbers = dict(zip(COUNTED, counts, strict=True))
    vault = [one["summary"] for name, one in covered.items() if "pe_core/vault/" in name]
    percents = (
        covered_percent(one["summary"] for one in covered.values()),
        covered_percent(vault),
        noticed_percent(changed["vault"]),
        noticed_percent(changed["web/guards"]),
    )
    return found | dict(zip(FLOORS, percents, strict=True))


def count_tests(marker: str) -> int:
    """Return how many tests pytest collects."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-qq", "-m", marker]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return sum(int(number) for number in re.findall(r": (\d+)$", told.stdout, re.M))


def count_properties() -> int:
    """Return how many tests draw their own examples: `@given`, schemathesis, state machines."""
    paths = (path for folder in ("tests", "plugins") for path in (ROOT / folder).rglob("test_*.py"))
    return sum(
        draws(node)
        for path in paths
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    )


def draws(node: ast.AST) -> bool:
    """Return whether this is a test that draws its own examples."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        names = [ast.unparse(each).partition("(")[0] for each in node.decorator_list]
        return any(name.endswith(("given", "parametrize")) and "mark" not in name for name in names)
    return isinstance(node, ast.Assign) and ast.unparse(node.value).endswith(".TestCase")


def covered_percent(summaries: Iterable[Mapping[str, int]]) -> float:
    """Return the share of lines and branches that were run, in percent, rounded down."""
    met = there = 0
    for summary in summaries:
        met += summary["covered_lines"] + summary["covered_branches"]
        there += summary["num_statements"] + summary["num_branches"]
    return int(1000 * met / there) / 10


def noticed_percent(score: Mapping[str, int]) -> float:
    """Return the share of changes that a test noticed, without those that change nothing."""
    noticed = score["killed"] + score["timeout"]
    return int(1000 * noticed / (noticed + score["survived"])) / 10


def read_table(text: str) -> Numbers:
    """Return the numbers that README's table tells."""
    known = {*COUNTED, *FLOORS}
    rows = ((name.lower(), number) for name, number, _ in ROW.findall(text))
    return {name: float(number.replace(",", "")) for name, number in rows if name in known}


def faults(found: Numbers, told: Numbers) -> list[str]:
    """Return what is wrong with the numbers, or with what is told of them."""
    wrong = [
        f"{name}: {found[name]} %, and {floor} % is the floor"
        for name, floor in FLOORS.items()
        if found[name] < floor
    ]
    for name, number in found.items():
        if name not in told:
            wrong.append(f"{name}: README does not tell it")
        elif name in FLOORS and not told[name] <= number < told[name] + 1:
            wrong.append(f"{name}: README tells {told[name]}, it is {number}")
        elif name in COUNTED and not number * SLACK <= told[name] <= number:
            wrong.append(f"{name}: README tells {told[name]:,.0f}, it is {number:,.0f}")
    return wrong


def main() -> None:
    """Print the numbers, and check them if asked to."""
    parser = argparse.ArgumentParser(prog="python -m tests.tally", description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail if README says otherwise")
    chosen = parser.parse_args()
    found = find_numbers()
    for name, number in found.items():
        unit = f"{number:,.0f}" if name in COUNTED else f"{number:.1f} %"
        print(f"{name.capitalize():48}{unit:>8}")  # noqa: T201
    wrong = faults(found, read_table((ROOT / "README.md").read_text(encoding="utf-8")))
    if chosen.check and wrong:
        sys.exit("\n".join(["", *wrong]))


def _read(path: Path, command: str) -> Any:
    if not path.is_file():
        sys.exit(f"there is no {path.relative_to(ROOT)} yet; run `{command}` first")
    return json.loads(path.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
