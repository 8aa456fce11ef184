"""What grows: coming back, the staff's list and a submission, with ever more requests stored."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence

from tests.bench.calls import call
from tests.bench.embassies import WEEKS, answer, begin_drafts, embassy, fill, scratch
from tests.bench.figures import Figure
from tests.bench.measure import middle

from pe_core.desk import intake, visits
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.toolkit.invented import unlock_account

SIZES = (100, 1_000, 10_000)
SHORT_SIZES = (100, 1_000)
TIMES = 40

Found = dict[str, list[float]]


def run(short: bool) -> list[Figure]:
    """Measure each act in embassies of each size."""
    sizes = SHORT_SIZES if short else SIZES
    found = {size: asyncio.run(_one(size)) for size in sizes}
    return [_figure(name, size, found) for name in found[sizes[0]] for size in sizes]


async def _one(size: int) -> Found:
    with scratch() as folder:
        async with embassy(folder / "growing", weeks_ago=WEEKS) as held:
            receipts = await fill(held, size - TIMES, receipts=TIMES)
            return {
                "coming back": await _times(
                    [
                        lambda receipt=receipt: visits.come_back(held.desk, receipt)
                        for receipt in receipts
                    ]
                ),
                "the staff's list": await _lists(held),
                "a submission": await _submissions(held),
            }


async def _lists(held: TestEmbassy) -> list[float]:
    """Look at the list again and again, after the first look has opened the summaries."""
    session = await unlock_account(held.desk, held.clock, held.account)
    cookies = {"pe_staff": held.desk.sessions.add(session)}
    app = held.app()

    async def look() -> None:
        page = await call(app, "GET", "/en/staff", cookies=cookies)
        if page.status != 200:
            raise RuntimeError(f"the list was answered {page.status}")

    await look()
    return await _times([look] * (TIMES // 4))


async def _submissions(held: TestEmbassy) -> list[float]:
    drafts = [draft for _, draft in begin_drafts(held.desk, TIMES)]
    for draft in drafts:
        answer(draft)
    return await _times([lambda draft=draft: intake.submit(held.desk, draft) for draft in drafts])


async def _times(acts: Sequence[Callable[[], Awaitable[object]]]) -> list[float]:
    """Return the milliseconds of each act."""
    took = []
    for act in acts:
        begun = time.perf_counter()
        await act()
        took.append((time.perf_counter() - begun) * 1000)
    return took


def _figure(name: str, size: int, found: dict[int, Found]) -> Figure:
    took = found[size][name]
    fewer = found.get(size // 10)
    growth = min(took) / min(fewer[name]) if fewer else None
    return Figure(
        name=f"{name}, {size:,} requests",
        value=min(took),
        median=middle(took),
        unit="ms",
        against=f"{size // 10:,} requests" if fewer else "",
        ratio=growth,
        growth=growth,
    )
