"""Run targets under atheris: ``python -m tests.fuzz [NAME...] [--seconds N] [--seed N]``.

It needs the environment of the long proofs (`make fuzz` makes it). What is found is kept outside
the tree and named; copy it to ``tests/fuzz/seeds/NAME/regression-...`` when it is mended.
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from .seeding import DICTIONARY, SEEDS, seeds_of
from .targets import TARGETS

ROOT = Path(__file__).parent.parent.parent
SECONDS = 60
HANGS_AFTER = 20
"""Seconds for one input; a busy machine is no finding."""
MEMORY = 2048
"""MiB of the process."""
MARK = "finding: "


class Run(NamedTuple):
    """What one target's run came to."""

    executions: int
    features: int
    findings: tuple[str, ...]


def main() -> int:
    """Read the options, run the targets one after the other, and say what was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="a target; all without one")
    parser.add_argument("--seconds", type=int, default=SECONDS, help="for each target")
    parser.add_argument("--seed", type=int, default=0, help="0 is another one each time")
    parser.add_argument("--findings", type=Path, help="where what is found is kept")
    parser.add_argument("--list", action="store_true", help="name the targets and run none")
    chosen = parser.parse_args()
    unknown = sorted(set(chosen.names) - set(TARGETS))
    if unknown:
        parser.error(f"no such target: {', '.join(unknown)}")
    if chosen.list:
        print("\n".join(TARGETS))  # noqa: T201
        return 0
    folder = chosen.findings or Path(tempfile.mkdtemp(prefix="fuzz-findings-"))
    found = 0
    for name in chosen.names or TARGETS:
        run = run_target(name, folder / name, chosen.seconds, chosen.seed)
        line = f"{name:20} {run.executions:>12,} runs {run.features:>7,} features"
        print(line, *(f"\n  {finding}" for finding in run.findings), flush=True)  # noqa: T201
        found += len(run.findings)
    print(f"{found} findings" + (f", in {folder}" if found else ""))  # noqa: T201
    return 1 if found else 0


def run_target(name: str, folder: Path, seconds: int, seed: int) -> Run:
    """Run one target in a child process and return what its output says."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="fuzz-corpus-") as corpus:
        for path in seeds_of(name):
            shutil.copy(path, corpus)
        dictionary = SEEDS / name / DICTIONARY
        options = [
            f"-max_total_time={seconds}",
            f"-seed={seed}",
            f"-timeout={HANGS_AFTER}",
            f"-rss_limit_mb={MEMORY}",
            f"-max_len={TARGETS[name].longest}",
            f"-artifact_prefix={folder}/",
            "-print_final_stats=1",
            *([f"-dict={dictionary}"] if dictionary.exists() else []),
            corpus,
        ]
        child = subprocess.run(
            [sys.executable, "-m", "tests.fuzz.child", name, str(folder), *options],
            cwd=ROOT,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
    return read_output(child.stderr, child.returncode, folder)


def read_output(said: str, code: int, folder: Path) -> Run:
    """Return the figures and findings in what libFuzzer and the child said."""
    findings = []
    for line in said.splitlines():
        if line.startswith(MARK):
            words, path = json.loads(line.removeprefix(MARK))
            findings.append(f"{words}\n    {path}")
    executions = re.findall(r"stat::number_of_executed_units:\s*(\d+)", said)
    features = re.findall(r"\bft: (\d+)", said)
    if code != 0 or not executions:
        # A hang, too much memory or a crash: libFuzzer has named the file itself.
        findings.append(f"the process ended with {code}:\n{said[-2000:]}\n    see {folder}")
    return Run(int((executions or ["0"])[-1]), int((features or ["0"])[-1]), tuple(findings))


if __name__ == "__main__":
    sys.exit(main())
