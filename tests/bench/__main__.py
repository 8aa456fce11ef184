"""Run all benches, print one table, write bench.json."""

import argparse
import time
from pathlib import Path

from tests.bench import constancy, growing, home, logins, opening, starting, submissions
from tests.bench.figures import Figure, show_table, write_json
from tests.bench.measure import ROOT

BENCHES = {
    "submissions": submissions.run,
    "home": home.run,
    "opening": opening.run,
    "starting": starting.run,
    "growing": growing.run,
    "constancy": constancy.run,
    "logins": logins.run,
}


def main() -> None:
    """Read the options and run."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--short", action="store_true", help="fewer rounds, under two minutes")
    parser.add_argument("--only", choices=BENCHES, action="append", help="run this bench alone")
    parser.add_argument("--json", type=Path, default=ROOT / "bench.json", help="where to write")
    chosen = parser.parse_args()
    figures: list[Figure] = []
    begun = time.monotonic()
    for name in chosen.only or BENCHES:
        print(f"{time.monotonic() - begun:5.0f} s  {name} ...", flush=True)  # noqa: T201
        figures += BENCHES[name](chosen.short)
    print(f"{time.monotonic() - begun:5.0f} s  done\n\n{show_table(figures)}")  # noqa: T201
    write_json(figures, chosen.json)


if __name__ == "__main__":
    main()
