"""Does the time of an answer tell anything: receipts known and unknown, names known and unknown."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from tests.bench.embassies import WEEKS, embassy, fill, scratch
from tests.bench.figures import Figure
from tests.bench.measure import middle

from pe_core.desk import accounts, requests, visits
from pe_core.errors import NotAllowed, NotFound
from pe_core.rules.receipts import make_receipt
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.toolkit.invented import unlock_account
from pe_core.vault import random_bytes

ROUNDS = 300
UNLOCKS = 10
WRONG = "seven words that are wrong here"

Act = Callable[[], Awaitable[object]]


def run(short: bool) -> list[Figure]:
    """Interleave the answers, so that a busy moment of the machine meets them all."""
    return asyncio.run(_all(short))


async def _all(short: bool) -> list[Figure]:
    with scratch() as folder:
        async with embassy(folder / "constancy", weeks_ago=WEEKS) as held:
            receipts = await fill(held, 20, receipts=2)
            await _answer_first(held, receipts[0])
            coming = await _interleave(
                {
                    "a receipt with an answer": lambda: visits.come_back(held.desk, receipts[0]),
                    "a receipt without one": lambda: visits.come_back(held.desk, receipts[1]),
                    "an unknown receipt": lambda: _unknown_receipt(held),
                },
                ROUNDS // 3 if short else ROUNDS,
            )
            # Tests do not wait; here the time that refusals are held back is what is measured.
            held.desk.pause = asyncio.sleep
            name, right = held.account.handle, held.account.passphrase
            unlocking = await _interleave(
                {
                    "a known name, wrong passphrase": lambda: _unlock(held, name, WRONG),
                    "name and passphrase right, wrong code": lambda: _unlock(held, name, right),
                    "an unknown name": lambda: _unlock(held, "nobody", WRONG),
                },
                UNLOCKS // 3 if short else UNLOCKS,
            )
    return [*_figures(coming, "an unknown receipt"), *_figures(unlocking, "an unknown name")]


async def _answer_first(held: TestEmbassy, receipt: str) -> None:
    session = await unlock_account(held.desk, held.clock, held.account)
    _, visit = await visits.come_back(held.desk, receipt)
    await requests.reply(held.desk, session, visit.request, "An answer.", "en")


async def _unknown_receipt(held: TestEmbassy) -> None:
    try:
        await visits.come_back(held.desk, make_receipt(random_bytes(32)))
    except NotFound:
        return


async def _unlock(held: TestEmbassy, handle: str, passphrase: str) -> None:
    held.desk.wrong_tries.clear()
    try:
        await accounts.unlock(held.desk, handle, passphrase, "000000")
    except NotAllowed:
        return


async def _interleave(acts: dict[str, Act], rounds: int) -> dict[str, list[float]]:
    took: dict[str, list[float]] = {name: [] for name in acts}
    for _ in range(rounds):
        for name, act in acts.items():
            begun = time.perf_counter()
            await act()
            took[name].append((time.perf_counter() - begun) * 1000)
    return took


def _figures(took: dict[str, list[float]], against: str) -> list[Figure]:
    """Compare medians; beside them stands how far the same answer strays by itself."""
    base = took[against]
    return [
        Figure(
            name=f"answer to {name}",
            value=min(times),
            median=middle(times),
            unit="ms",
            against=f"{against}; quarters of the same answer: "
            f"{_quarter(times, 1):.2f} to {_quarter(times, 3):.2f} ms",
            ratio=middle(times) / middle(base),
        )
        for name, times in took.items()
    ]


def _quarter(times: list[float], number: int) -> float:
    return sorted(times)[len(times) * number // 4]
