"""The load of the bad day, in a process of its own; job and report are msgpack on its pipes."""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from random import Random

import httpx
import msgspec
import uvloop
from tests.bench import mixed_ways as ways
from tests.bench.mixed_person import Person, Town

from pe_core.toolkit.invented import Account

SEED = 1794
VISITORS, ASKERS, RETURNERS = 10_000 / 3600, 2_000 / 3600, 200 / 60
"""Arrivals a second, each at random moments of its own (Poisson)."""
PHOTOS = 0.1
ACTS = ("read", "word", "", "")
"""What who comes back does; most only look."""
ACT_EVERY = 10.0
WATCH_EVERY = 0.1
ALONE = 5
"""How often each way is gone on the idle server."""


class Job(msgspec.Struct):
    """What to do: ``seconds`` of a bad day, or (0) every way alone on the idle server."""

    port: int
    seconds: float
    pace: float
    receipts: list[str]
    accounts: list[Account]


class Report(msgspec.Struct):
    """Milliseconds by kind of request, outcomes by kind, and what people could not finish."""

    took: dict[str, list[float]]
    answers: dict[str, int]
    lost: dict[str, int]
    late: float
    """How late the generator itself was with what it planned, ms at p99."""


async def day(job: Job) -> Report:
    """Let people come at their planned moments until the time is over."""
    town, loop = Town(job.port), asyncio.get_running_loop()
    ways.photo()
    begun, crowd = time.monotonic(), set[asyncio.Task[None]]()
    late: list[float] = []
    crowd.add(loop.create_task(_lose(town, ways.watch(_person(town, 0, 1.0), WATCH_EVERY))))
    for number, account in enumerate(job.accounts):
        person = _person(town, number, 1.0)
        person.language, person.due = "en", begun + number * 0.5
        rounds = 1 + int(job.seconds / ACT_EVERY)
        crowd.add(loop.create_task(_lose(town, ways.work(person, account, ACT_EVERY, rounds))))
    for number, (moment, way) in enumerate(arrivals(job)):
        await asyncio.sleep(begun + moment - time.monotonic())
        late.append((time.monotonic() - begun - moment) * 1000)
        person = _person(town, number, job.pace)
        person.due = begun + moment
        task = loop.create_task(_lose(town, way(person)))
        crowd.add(task)
        task.add_done_callback(crowd.discard)
    await asyncio.sleep(begun + job.seconds - time.monotonic())
    await _end(crowd)
    return _report(town, sorted(late)[len(late) * 99 // 100])


async def alone(job: Job) -> Report:
    """Go every way alone, at a machine's pace, so that nothing waits for anything else."""
    town = Town(job.port)
    for number in range(ALONE):
        for kind in ("visitor", "asker", "returner"):
            way = _way(kind, job.receipts[number], ACTS[number % 2], number % 2 == 0)
            await _lose(town, way(_person(town, number, 0.0)))
        await _lose(town, _health(_person(town, number, 0.0)))
    desk = _person(town, 0, 0.0)
    desk.language = "en"
    await _lose(town, ways.work(desk, job.accounts[0], ACT_EVERY, ALONE))
    return _report(town, 0.0)


def arrivals(job: Job) -> Iterator[tuple[float, Callable[[Person], Awaitable[None]]]]:
    """Yield who comes when, all ways together, in order; the same for the same seed."""
    random = Random(SEED)  # noqa: S311
    ways_of = {"visitor": VISITORS, "asker": ASKERS, "returner": RETURNERS}
    for moment, kind in sorted(
        (moment, kind) for kind, rate in ways_of.items() for moment in _moments(random, rate, job)
    ):
        receipt, with_photo = random.choice(job.receipts), random.random() < PHOTOS
        yield moment, _way(kind, receipt, random.choice(ACTS), with_photo)


def _way(
    kind: str, receipt: str, act: str, with_photo: bool
) -> Callable[[Person], Awaitable[None]]:
    if kind == "visitor":
        return ways.look_around
    if kind == "asker":
        return lambda person: ways.ask_for_help(person, with_photo=with_photo)
    return lambda person: ways.come_back(person, receipt, act)


def _moments(random: Random, rate: float, job: Job) -> Iterator[float]:
    moment = random.expovariate(rate)
    while moment < job.seconds:
        yield moment
        moment += random.expovariate(rate)


def _person(town: Town, number: int, pace: float) -> Person:
    random = Random(f"{SEED} {number}")  # noqa: S311
    return Person(town, random.choice(ways.LANGUAGES), random, pace)


async def _health(person: Person) -> None:
    for _ in range(ALONE):
        await person.fetch("health", "/health")


async def _lose(town: Town, way: Awaitable[None]) -> None:
    """Go a way to its end; a person whom an answer stops is counted, not the end of the run."""
    try:
        await way
    except LookupError as error:
        town.lost[str(error)] += 1
    except httpx.TransportError as error:
        town.lost[type(error).__name__] += 1


async def _end(crowd: set[asyncio.Task[None]]) -> None:
    """Send everybody home who is still on their way."""
    for task in (still := list(crowd)):
        task.cancel()
    for outcome in await asyncio.gather(*still, return_exceptions=True):
        if isinstance(outcome, Exception):
            raise outcome


def _report(town: Town, late: float) -> Report:
    return Report(town.took, dict(town.answers), dict(town.lost), late)


if __name__ == "__main__":
    given = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Job)
    found = uvloop.run(day(given) if given.seconds else alone(given))
    sys.stdout.buffer.write(msgspec.msgpack.encode(found))
