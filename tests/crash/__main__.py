"""Run so many rounds, show how they went, and leave the folder where it is if one went wrong."""

import argparse
import asyncio
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path

from tests.crash.embassy import enable_plugin, make_embassy
from tests.crash.pictures import make_pictures
from tests.crash.rounds import Run, look_once_more, play_round

EVERY = 10


def main() -> None:
    """Read the options, run, and exit with 1 if anything was lost, doubled or half-done."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__)
    parser.add_argument("--rounds", type=int, default=200, help="how often to kill it")
    parser.add_argument("--seed", type=int, default=None, help="the same load and the same moments")
    chosen = parser.parse_args()
    seed = random.SystemRandom().randrange(10**6) if chosen.seed is None else chosen.seed
    place = Path(tempfile.mkdtemp(prefix="pe-crash-"))
    say(f"seed {seed}, {chosen.rounds} rounds, in {place}")
    if asyncio.run(run_all(place, chosen.rounds, seed)):
        shutil.rmtree(place)
    else:
        sys.exit(1)


async def run_all(place: Path, rounds: int, seed: int) -> bool:
    """Play all rounds; return whether all went well."""
    begun = time.monotonic()
    embassy = await make_embassy(place)
    enable_plugin(embassy)
    run = Run(embassy, seed, rounds, await make_pictures(seed))
    faults: list[str] = []
    for number in range(rounds):
        faults = await play_round(run, number)
        if faults:
            say(f"seed {seed}, round {number}: {len(faults)} faults; look at {place}")
            break
        if number % EVERY == EVERY - 1:
            done = run.ledger.acknowledged()
            shown = ", ".join(f"{done[key]} {key}" for key in ("submissions", "replies", "uploads"))
            say(f"{time.monotonic() - begun:5.0f} s  round {number + 1}: {shown}")
    if not faults:
        faults = await look_once_more(run)
    for fault in faults[:40]:
        say(f"  {fault}")
    say(table(run, time.monotonic() - begun))
    return not faults


def table(run: Run, seconds: float) -> str:
    """Return what was done in all, and what came of it."""
    judge = run.judge
    figures = {
        "seed": run.seed,
        "rounds": run.rounds,
        "kills": run.kills,
        "seconds": round(seconds),
        **{f"acknowledged {what}": number for what, number in run.ledger.acknowledged().items()},
        "sent without an answer": sum(not s.stored for s in run.ledger.sent.values()),
        "of these stored": sum(bool(s.request) and not s.stored for s in run.ledger.sent.values()),
        "acts without an answer": sum(act.told is None for act in run.ledger.acts),
        "acts refused": sum(act.told is False for act in run.ledger.acts),
        "requests erased in their time": len(judge.erased),
        "events heard": sum(judge.telling.heard.values()),
        "of these told again after a kill": judge.telling.repeated,
        "lost": len(judge.lost),
        "doubled": len(judge.doubled),
    }
    figures |= {f"refused: {why}": n for why, n in run.ledger.refusals.items()}
    return "\n".join(f"{name:<36}{number:>9}" for name, number in figures.items())


def say(line: str) -> None:
    """Show a line at once."""
    print(line, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
