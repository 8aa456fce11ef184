"""What grows: every list and page, and what askers do, with ever more requests stored.

Everything is CPU time of this process, which a busy machine changes least.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence

from tests.bench.calls import call
from tests.bench.embassies import WEEKS, answer, begin_drafts, embassy, fill, scratch
from tests.bench.figures import Figure
from tests.bench.measure import middle

from pe_core.desk import claims, intake, listing, visits
from pe_core.desk.sessions import Session
from pe_core.desk.shelf import Wanted
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.toolkit.invented import unlock_account

SIZES = (100, 1_000, 10_000)
SHORT_SIZES = (100, 1_000)
LONG_SIZES = (100, 1_000, 10_000, 100_000)
TIMES = 40
SAME = 1.5
"""A page that takes this much longer with ten times the requests has grown."""
AIMED = ("page ", "coming back", "a submission")

Found = dict[str, list[float]]


def run(short: bool, sizes: tuple[int, ...] = SIZES) -> list[Figure]:
    """Measure each act in embassies of each size."""
    sizes = SHORT_SIZES if short else sizes
    found = {size: asyncio.run(_one(size)) for size in sizes}
    return [_figure(name, size, found) for name in found[sizes[0]] for size in sizes]


async def _one(size: int) -> Found:
    with scratch() as folder:
        async with embassy(folder / "growing", weeks_ago=WEEKS) as held:
            receipts = await fill(held, size - TIMES, receipts=TIMES)
            found = {
                "coming back": await _times(
                    [
                        lambda receipt=receipt: visits.come_back(held.desk, receipt)
                        for receipt in receipts
                    ]
                ),
                **await _pages(held),
                "a submission": await _submissions(held),
            }
            return found


async def _pages(held: TestEmbassy) -> Found:
    """Look at every page that says something of the requests, and at some that do not."""
    session = await unlock_account(held.desk, held.clock, held.account)
    first = time.process_time()
    shelf = await listing.look_over(held.desk, session)
    found = {"the first list of all": [(time.process_time() - first) * 1000]}
    session = await unlock_account(held.desk, held.clock, held.account)
    first = time.process_time()
    shelf = await listing.look_over(held.desk, session)
    found["the first list of a session"] = [(time.process_time() - first) * 1000]
    cookies = {"pe_staff": held.desk.sessions.add(session)}
    request = shelf.page(Wanted(), 0, 1)[0].id
    for name, path in _paths(request, len(shelf)).items():
        found[f"page {name}"] = await _looks(held, path, cookies)
    found["page list, after a colleague's act"] = await _after_acts(held, session, cookies)
    found["a search"] = await _times(
        [lambda: listing.search(held.desk, session, "sprava")] * (TIMES // 4)
    )
    return found


def _paths(request: str, number: int) -> dict[str, str]:
    last = -(-number // 100)
    return {
        "home": "/en",
        "list": "/en/staff",
        "list, in the middle": f"/en/staff?page={-(-last // 2)}",
        "list, late ones": "/en/staff?show=late",
        "request": f"/en/staff/requests/{request}",
        "request in print": f"/en/staff/requests/{request}/print",
        "trail": "/en/staff/trail",
        "members": "/en/staff/members",
        "own account": "/en/staff/me",
        "set-up": "/en/staff/setup",
        "entering": "/en/staff/enter",
    }


async def _looks(held: TestEmbassy, path: str, cookies: dict[str, bytes]) -> list[float]:
    app = held.app()

    async def look() -> None:
        page = await call(app, "GET", path, cookies=cookies)
        if page.status != 200:
            raise RuntimeError(f"{path.partition('?')[0]} was answered {page.status}")

    await look()
    return await _times([look] * (TIMES // 2))


async def _after_acts(
    held: TestEmbassy, session: Session, cookies: dict[str, bytes]
) -> list[float]:
    """Time the list when one request has changed since the last look."""
    app, took = held.app(), []
    for entry in session.shelf.page(Wanted(), 0, TIMES // 2):
        await claims.claim(held.desk, session, entry.id)
        took += await _times([lambda: call(app, "GET", "/en/staff", cookies=cookies)])
    return took


async def _submissions(held: TestEmbassy) -> list[float]:
    drafts = [draft for _, draft in begin_drafts(held.desk, TIMES)]
    for draft in drafts:
        answer(draft)
    return await _times([lambda draft=draft: intake.submit(held.desk, draft) for draft in drafts])


async def _times(acts: Sequence[Callable[[], Awaitable[object]]]) -> list[float]:
    """Return the milliseconds of CPU of each act."""
    took = []
    for act in acts:
        begun = time.process_time()
        await act()
        took.append((time.process_time() - begun) * 1000)
    return took


def _figure(name: str, size: int, found: dict[int, Found]) -> Figure:
    took = found[size][name]
    fewer = found.get(size // 10)
    growth = min(took) / min(fewer[name]) if fewer else None
    aimed = growth is not None and name.startswith(AIMED) and size > SHORT_SIZES[-1]
    return Figure(
        name=f"{name}, {size:,} requests",
        value=min(took),
        median=middle(took),
        unit="ms CPU",
        against=f"{size // 10:,} requests" if fewer else "",
        ratio=growth,
        aim=f"at most {SAME:g}x" if aimed else "",
        reached=growth is not None and growth <= SAME if aimed else None,
        growth=growth,
    )
