"""The list of requests after an unlock, with 2,000 and 20,000 requests stored."""

import asyncio
import time

from tests.bench.embassies import WEEKS, embassy, fill, scratch
from tests.bench.figures import Figure
from tests.bench.measure import middle
from tests.bench.profiles import Sampler, describe

from pe_core.desk import listing
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.toolkit.invented import unlock_account

SIZES = {2_000: 0.5, 20_000: 2.0}
"""Requests, and the seconds in which their summaries should be open."""
SHORT_SIZES = {200: 0.05, 2_000: 0.5}


def run(short: bool) -> list[Figure]:
    """Measure the very first list, and the first one of later sessions."""
    sizes = SHORT_SIZES if short else SIZES
    made = {size: asyncio.run(_one(size, aim)) for size, aim in sizes.items()}
    first, later = (
        {size: times for size, (times, _, _) in made.items()},
        {size: times for size, (_, times, _) in made.items()},
    )
    figures = []
    for size, aim in sizes.items():
        figures.append(_figure("summaries opened", size, later, aim, made[size][2]))
    figures += [_figure("summaries made from originals", size, first) for size in sizes]
    return figures


async def _one(size: int, aim: float) -> tuple[list[float], list[float], str]:
    with scratch() as folder:
        async with embassy(folder / "opening", weeks_ago=WEEKS) as held:
            await fill(held, size)
            first = [await _unlocked_list(held, size)]
            later = [await _unlocked_list(held, size) for _ in range(5)]
            rest = ""
            if min(later) > aim:
                session = await unlock_account(held.desk, held.clock, held.account)
                sampler = Sampler()
                sampler.start()
                await listing.list_requests(held.desk, session)
                rest = describe(sampler.stop(), min(later))
            return first, later, rest


async def _unlocked_list(held: TestEmbassy, size: int) -> float:
    """Unlock, and return the seconds until the first list is there."""
    session = await unlock_account(held.desk, held.clock, held.account)
    begun = time.perf_counter()
    entries = await listing.list_requests(held.desk, session)
    took = time.perf_counter() - begun
    if len(entries) != size or any(entry.summary is None for entry in entries):
        raise RuntimeError("not all requests can be read")
    return took


def _figure(
    name: str, size: int, found: dict[int, list[float]], aim: float | None = None, rest: str = ""
) -> Figure:
    took = found[size]
    growth = min(took) / min(found[size // 10]) if size // 10 in found else None
    return Figure(
        name=f"{name}, {size:,} requests",
        value=min(took),
        median=middle(took),
        unit="s",
        against=f"{size // 10:,} requests" if growth else "",
        ratio=growth,
        aim="" if aim is None else f"at most {aim:g} s",
        reached=None if aim is None else min(took) <= aim,
        growth=growth,
        rest=f"of one list, s: {rest}",
    )
