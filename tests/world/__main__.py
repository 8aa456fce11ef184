"""Open a world, let all write to all, break what can be broken, and judge what is left."""

import argparse
import asyncio
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path

from tests.serving import free_port
from tests.world.apart import PORT, Host, go_apart
from tests.world.embassy import Embassy, countries, enable_plugin
from tests.world.judge import Given, judge
from tests.world.wire import Wire

AHEAD = (-120, -60, 0, 0, 60, 120)
"""Seconds that a clock may be off."""
PATIENCE = 120.0
FAULTS = ("killed", "restarted", "disk full", "cable pulled")
ANEW = ("killed", "restarted")
LETTERS = 3
"""To each, of whoever has begun again."""
AT_ONCE = 4
"""Processes that are started at one time: each takes a second of a core."""


class World:
    """Embassies, the wires before them, and what was given to which."""

    def __init__(
        self, place: Path, number: int, seed: int, *, apart: bool = False, wired: bool = True
    ) -> None:
        """Plan so many embassies, ``apart`` on a machine each; all that is random has the seed.

        Without wires before them they reach each other as they are, for the bench.
        """
        self.chance = random.Random(seed)  # noqa: S311 (a seed that can be given again)
        self.given: list[Given] = []
        self.faults: Counter[str] = Counter()
        self.machines = [Host(n + 1) for n in range(number)] if apart else []
        # An address each, however many share a machine: a portal is read from once a minute.
        allow = [f"{machine.front}:{PORT}" for machine in self.machines]
        allow = allow or [f"127.0.0.{n + 1}:{free_port()}" for n in range(number)]
        self.embassies = [
            Embassy(place, code_of(n), f"http://{front}", allow, machine, wired=wired)
            for n, (front, machine) in enumerate(zip_longest(allow, self.machines))
        ]
        self.wires = [
            Wire(lambda e=each: (e.host, e.port), random.Random(f"{seed} {each.code}"))  # type: ignore[misc]  # noqa: S311
            for each in self.embassies
            if wired
        ]

    async def begin(self, pairs: Sequence[tuple[Embassy, Embassy]] | None = None) -> None:
        """Open all embassies, start them, and pair these, or each with each."""
        for wire, each in zip(self.wires, self.embassies, strict=False):
            host, _, port = each.address.removeprefix("http://").partition(":")
            await wire.listen(host, int(port))
        for each in self.embassies:
            await each.open()
        await self.each(lambda each: each.start())
        await self.each(_unlock)
        await self.pair(self.all_pairs() if pairs is None else pairs)

    async def each(self, act) -> None:  # type: ignore[no-untyped-def]
        """Do something with all embassies, some at a time."""
        gate = asyncio.Semaphore(AT_ONCE)

        async def one(embassy: Embassy) -> None:
            async with gate:
                await act(embassy)

        await asyncio.gather(*map(one, self.embassies))

    def all_pairs(self) -> list[tuple[Embassy, Embassy]]:
        """Return each with each; half of the pairs are begun by either side."""
        number = len(self.embassies)
        return [
            (one, self.embassies[(place + step) % number])
            for step in range(1, number // 2 + 1)
            for place, one in enumerate(self.embassies)
            if step * 2 < number or place < number // 2
        ]

    async def pair(self, pairs: Sequence[tuple[Embassy, Embassy]]) -> None:
        """Let two and two type each other's words."""
        for one, other in pairs:
            await one.ask("peer-add", address=other.address)
            await one.ask("peer-confirm", code=other.code, words=other.words)
            await until(lambda a=one, b=other: _knows(b, a.code))  # type: ignore[misc]
            await other.ask("peer-confirm", code=one.code, words=one.words)
        await until(self.all_active)

    async def all_active(self) -> bool:
        """Return whether everybody is active everywhere."""
        for each in self.embassies:
            stands = await each.ask("world-stands")
            if {state for _, state in stands} != {"active"}:
                return False
        return True

    async def write(self, one: Embassy, letters: int) -> None:
        """Let one write so many letters to each other, in one conversation."""
        for other in self.embassies:
            if one is not other:
                ids = await one.ask("world-consult", to=other.code, letters=letters)
                self.given += [Given(one.code, other.code, *each) for each in ids]

    async def all_gone(self) -> bool:
        """Return whether nothing is on its way any more."""
        return [await each.left() for each in self.embassies] == [0] * len(self.embassies)

    async def break_things(self, seconds: float) -> None:
        """For so long let every wire be bad, and one thing after another go wrong.

        Whoever begins again, and can be unlocked, writes: so something waits to the end.
        """
        end = time.monotonic() + seconds
        flapping = [asyncio.create_task(wire.flap()) for wire in self.wires]
        while time.monotonic() < end:
            await asyncio.sleep(self.chance.uniform(0.1, 0.8))
            victim = self.chance.choice(self.embassies)
            fault = self.chance.choice(FAULTS if victim.machine else FAULTS[:-1])
            self.faults[fault] += 1
            await self._strike(victim, fault)
            if fault in ANEW and await victim.unlock():
                await self.write(victim, LETTERS)
        for task in flapping:
            task.cancel()
        await asyncio.gather(*flapping, return_exceptions=True)
        for wire in self.wires:
            wire.is_bad = wire.is_down = False

    async def _strike(self, victim: Embassy, fault: str) -> None:
        match fault:
            case "disk full":
                victim.fill_disk()
                await asyncio.sleep(self.chance.uniform(0.2, 1.0))
                victim.empty_disk()
            case "cable pulled" if victim.machine:
                victim.machine.pull_cable()
                await asyncio.sleep(self.chance.uniform(0.2, 3.0))
                victim.machine.plug_in()
            case "killed":
                victim.kill()
                await victim.start(self.chance.choice(AHEAD))
            case _:
                await victim.stop()
                await victim.start(self.chance.choice(AHEAD))

    async def end(self) -> None:
        """Stop all processes."""
        for wire in self.wires:
            await wire.close()
        await asyncio.gather(*(each.stop() for each in self.embassies))

    def close(self) -> None:
        """Leave no process behind, whatever happened."""
        for each in self.embassies:
            each.kill()
        for machine in self.machines:
            machine.close()


def code_of(number: int) -> str:
    """Return the code of an embassy: of the countries that there are, then zza, zzb ..."""
    known = countries()
    return known[number] if number < len(known) else f"zz{chr(97 + number - len(known))}"


async def _unlock(embassy: Embassy) -> None:
    if not await embassy.unlock():
        raise RuntimeError(f"{embassy.code} cannot be unlocked")


async def _knows(embassy: Embassy, code: str) -> bool:
    return code in [known for known, _ in await embassy.ask("world-stands")]


async def until(holds) -> None:  # type: ignore[no-untyped-def]
    """Wait until something holds; RuntimeError if it does not for long."""
    deadline = time.monotonic() + PATIENCE
    while not await holds():
        if time.monotonic() > deadline:
            raise RuntimeError("it does not come to an end")
        await asyncio.sleep(0.05)


async def live(world: World, seconds: float, letters: int) -> list[str]:
    """Live through a world; return what is wrong in the end."""
    start = time.monotonic()
    task = asyncio.current_task()
    if task is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    try:
        await world.begin()
        say(f"{len(world.embassies)} embassies, paired after {time.monotonic() - start:.1f} s")
        start = time.monotonic()
        await world.each(lambda each: world.write(each, 1))
        await until(world.all_gone)
        spent = time.monotonic() - start
        say(f"a mesh of {len(world.given)} letters in {spent:.1f} s, writing them included")
        memory = sum(each.memory() for each in world.embassies) / 2**20
        say(f"{memory:.0f} MiB of memory, {memory / len(world.embassies):.0f} each")
        for wire in world.wires:
            wire.is_down = True
        await world.each(lambda each: world.write(each, letters))
        await world.break_things(seconds)
        left = sum([await each.left() for each in world.embassies])
        say(f"{len(world.given) - left} letters taken in while things broke, {left} waited")
        say(f"faults: {_figures(world.faults)}")
        say(f"wires: {_figures(sum((wire.fates for wire in world.wires), Counter()))}")
        start = time.monotonic()
        await until(world.all_gone)
        say(f"all delivered {time.monotonic() - start:.1f} s after the last fault")
        await world.end()
    finally:
        world.close()
    return await judge(world.embassies, world.given)


def say(words: str) -> None:
    """Say something at once, also to a file."""
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def _figures(counted: Counter[str]) -> str:
    return ", ".join(f"{name} {number}" for name, number in sorted(counted.items())) or "none"


def main() -> None:
    """Read the options, live, and exit with 1 if anything was lost, doubled or out of order."""
    parser = argparse.ArgumentParser(prog="python -m tests.world", description=__doc__)
    parser.add_argument("--processes", type=int, default=24, help="how many embassies")
    parser.add_argument("--seconds", type=float, default=600.0, help="for how long things break")
    parser.add_argument("--letters", type=int, default=20, help="of each to each under faults")
    parser.add_argument("--seed", type=int, default=None, help="the same faults again")
    chosen = parser.parse_args()
    apart = go_apart()
    seed = chosen.seed if chosen.seed is not None else random.SystemRandom().randrange(10**6)
    say(f"seed {seed}; {'a network namespace each' if apart else 'all on one network'}")
    place = Path(tempfile.mkdtemp(prefix="pe-world-"))
    enable_plugin(place)
    world = World(place, chosen.processes, seed, apart=apart)
    try:
        wrong = asyncio.run(live(world, chosen.seconds, chosen.letters))
    except (Exception, asyncio.CancelledError):
        say(f"it went wrong with seed {seed}; see {place}")
        raise
    if wrong:
        say("\n".join(wrong[:50]))
        say(f"it went wrong with seed {seed}; see {place}")
        sys.exit(1)
    shutil.rmtree(place)
    say(f"{len(world.given)} letters, each there once and in its order")


if __name__ == "__main__":
    main()
