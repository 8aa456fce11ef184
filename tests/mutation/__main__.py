"""Change the vault and the guards in every small way, and see whether a test notices.

mutmut makes the changes, in a copy of the tree, and runs for each the tests that pass through
the changed function. What nobody noticed is printed, unless ``equivalents.toml`` says why
nobody could; the score goes to ``score.json`` beside this file.
"""

import argparse
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.stats import status_by_exit_code
from mutmut.utils.format_utils import get_module_from_key, orig_function_and_class_names_from_key

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
ROOMS = {"vault": "pe_core.vault.", "web/guards": "pe_core.web.guards."}
TESTS = (
    "test_vault_*.py",
    "test_web_guards.py",
    "test_guards_*.py",
    "test_web_peers.py",
    "test_hostile_peers.py",
)
ENOUGH = 0.9

# `fork` would run every mutant in a process whose caches the first run of the tests has filled:
# a chain that was verified there is never looked at again, whatever is changed. The plugins left
# out cost two thirds of a run, most of it a last collection of garbage.
CONFIG = """\
[mutmut]
source_paths =
    src
only_mutate =
    src/pe_core/vault/*
    src/pe_core/web/guards/*
pytest_add_cli_args_test_selection =
    {tests}
pytest_add_cli_args =
    -pno:unraisableexception
    -pno:faker
    -pno:schemathesis
    -pno:xdist
process_isolation = forkserver
use_git_change_detection = false
use_setproctitle = false
timeout_multiplier = 4
timeout_constant = 20
"""


class Change(NamedTuple):
    """A change of one function that no test noticed: the line before and after."""

    function: str
    before: str
    after: str

    def __str__(self) -> str:
        """Show it as a diff."""
        return f"{self.function}\n  - {self.before}\n  + {self.after}"


def main() -> None:
    """Read the options, change everything, and tell."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("--children", type=int, default=os.cpu_count(), help="processes at once")
    parser.add_argument("--keep", type=Path, help="a folder to work and go on in")
    parser.add_argument("names", nargs="*", help="only these, such as 'pe_core.vault.totp.*'")
    chosen = parser.parse_args()
    with contextlib.ExitStack() as stack:
        folder = chosen.keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        copy_tree(folder)
        forget_unnoticed(folder)
        run_mutmut(folder, chosen.children, chosen.names)
        results, unnoticed = read_results(folder)
    reasons = read_reasons()
    sys.exit(tell(results, unnoticed, reasons, write=not chosen.names))


def copy_tree(folder: Path) -> None:
    """Copy what the tests of the vault and the guards need, with what mutmut is told."""
    for name in ("src", "tests"):
        shutil.rmtree(folder / name, ignore_errors=True)
        # Copies are new, so mutmut looks at each again; it knows an unchanged function by its hash.
        shutil.copytree(
            ROOT / name,
            folder / name,
            copy_function=shutil.copy,
            ignore=shutil.ignore_patterns("__pycache__"),
        )
    shutil.copy2(ROOT / "pyproject.toml", folder)
    tests = sorted(path.relative_to(ROOT) for name in TESTS for path in (ROOT / "tests").glob(name))
    config = CONFIG.format(tests="\n    ".join(map(str, tests)))
    (folder / "setup.cfg").write_text(config, encoding="utf-8")


def forget_unnoticed(folder: Path) -> None:
    """Let what an earlier run in this folder did not see be tried again, by the tests of today."""
    for path in (folder / "mutants").rglob("*.meta"):
        meta = json.loads(path.read_text(encoding="utf-8"))
        codes = meta["exit_code_by_key"]
        meta["exit_code_by_key"] = {
            name: code if status_by_exit_code[code] == "killed" else None
            for name, code in codes.items()
        }
        path.write_text(json.dumps(meta), encoding="utf-8")


def run_mutmut(folder: Path, children: int, names: list[str]) -> None:
    """Run it; it refuses to go on if its changes would not reach the tests."""
    mutmut = [sys.executable, "-m", "tests.mutation.run", "run"]
    command = [*mutmut, "--max-children", str(children), *names]
    # With CI set, hypothesis finds what it found before: the score is the same each time.
    subprocess.run(command, cwd=folder, env={**os.environ, "CI": "1"}, check=True)


def read_results(folder: Path) -> tuple[dict[str, Counter[str]], dict[str, list[Change]]]:
    """Return how often each room had each result, and what was not noticed."""
    results: dict[str, Counter[str]] = {room: Counter() for room in ROOMS}
    unnoticed: dict[str, list[Change]] = {room: [] for room in ROOMS}
    with contextlib.chdir(folder):
        for path in sorted(Path("mutants/src").rglob("*.meta")):
            codes = json.loads(path.read_text(encoding="utf-8"))["exit_code_by_key"]
            for name, code in codes.items():
                (room,) = [room for room, start in ROOMS.items() if name.startswith(start)]
                status = status_by_exit_code[code]
                results[room][status] += 1
                if status not in ("killed", "timeout", "not checked"):
                    source = path.relative_to("mutants").with_suffix("")
                    unnoticed[room].append(change_of(name, source))
    return results, unnoticed


def change_of(name: str, source: Path) -> Change:
    """Return what mutmut changed under this name in a source file."""
    lines = get_diff_for_mutant(name, path=source).splitlines()[2:]
    before, after = (
        " ".join(line[1:].strip() for line in lines if line.startswith(sign)) for sign in "-+"
    )
    function, owner = orig_function_and_class_names_from_key(name)
    places = (get_module_from_key(name), owner, function)
    return Change(".".join(place for place in places if place), before, after)


def read_reasons() -> dict[Change, str]:
    """Return the changes that change nothing, and why."""
    listed = tomllib.loads((HERE / "equivalents.toml").read_text(encoding="utf-8"))
    return {
        Change(each["function"], each["before"], each["after"]): each["reason"]
        for each in listed["equivalent"]
    }


def tell(
    results: dict[str, Counter[str]],
    unnoticed: dict[str, list[Change]],
    reasons: dict[Change, str],
    *,
    write: bool,
) -> int:
    """Print the score and what is missing; return how the process should end."""
    score: dict[str, object] = {}
    good = True
    for room, counts in results.items():
        missed = [change for change in unnoticed[room] if change not in reasons]
        noticed = counts["killed"] + counts["timeout"]
        share = noticed / max(noticed + len(missed), 1)
        good = good and share >= ENOUGH
        score[room] = {
            "total": counts.total(),
            "killed": counts["killed"],
            "timeout": counts["timeout"],
            "survived": len(missed),
            "equivalent": len(unnoticed[room]) - len(missed),
        }
        print(*missed, sep="\n")  # noqa: T201
        print(f"{room}: {share:.1%} of {noticed + len(missed)} changes noticed")  # noqa: T201
    found = {change for changes in unnoticed.values() for change in changes}
    score["equivalent"] = [
        {**change._asdict(), "reason": reason}
        for change, reason in reasons.items()
        if change in found
    ]
    if write:
        for change in reasons.keys() - found:
            print(f"no longer equivalent, or gone: {change}")  # noqa: T201
        text = json.dumps(score, indent=1, ensure_ascii=False) + "\n"
        (HERE / "score.json").write_text(text, encoding="utf-8")
    return 0 if good else 1


if __name__ == "__main__":
    main()
