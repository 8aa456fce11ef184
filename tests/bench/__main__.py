"""Run the benches, print one table, write bench.json."""

import argparse
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.bench import (
    constancy,
    growing,
    home,
    logins,
    matching,
    mixed,
    opening,
    peers,
    starting,
    submissions,
)
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
    "matching": matching.run,
    "peers": peers.run,
}
BY_NAME_ONLY = {"mixed": mixed.run}
"""A day of ten minutes, which would not fit among the others."""


def main() -> None:
    """Read the options and run."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--short", action="store_true", help="fewer rounds, under two minutes")
    parser.add_argument("--long", action="store_true", help="growth up to 100,000 requests")
    known: dict[str, Callable[[bool], list[Figure]]] = BENCHES | BY_NAME_ONLY
    parser.add_argument("benches", nargs="*", metavar="bench", help=f"of {', '.join(known)}")
    parser.add_argument("--json", type=Path, default=ROOT / "bench.json", help="where to write")
    chosen = parser.parse_args()
    figures: list[Figure] = []
    begun = time.monotonic()
    if unknown := set(chosen.benches) - set(known):
        parser.error(f"no such bench: {', '.join(sorted(unknown))}")
    if chosen.long:
        known["growing"] = partial(growing.run, sizes=growing.LONG_SIZES)
    for name in chosen.benches or BENCHES:
        print(f"{time.monotonic() - begun:5.0f} s  {name} ...", flush=True)  # noqa: T201
        figures += known[name](chosen.short)
    print(f"{time.monotonic() - begun:5.0f} s  done\n\n{show_table(figures)}")  # noqa: T201
    write_json(figures, chosen.json)


if __name__ == "__main__":
    main()
