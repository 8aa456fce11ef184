"""The rounds: start, work, kill, judge; and a last look at everything through the door."""

import asyncio
import random
import time
from collections.abc import Awaitable
from dataclasses import dataclass, field
from datetime import timedelta

import httpx
from tests.crash.askers import Asker
from tests.crash.coordinators import Coordinator
from tests.crash.embassy import Embassy
from tests.crash.judge import Judge
from tests.crash.ledger import Ledger
from tests.crash.pictures import Picture
from tests.crash.surfer import Refused, new_client

from pe_core.errors import InstanceBusy
from pe_core.store import InstanceLock

SPAN = timedelta(days=56)
"""The time that all rounds together take: eight weeks, so that requests close and are erased."""
LATEST = 1.5
"""Seconds between the first answer of a process and its kill, at most; more on a busy machine."""
START = 0.9
"""Seconds that a start takes on an idle machine."""
ACTS = 12
LONGEST = 15.0
"""Half of the kills come by time; the others after up to ``ACTS`` acts, or when this is over."""
COORDINATORS = ("reply", "move", "note")
ANYBODY = (*COORDINATORS, "word", "read", "withdraw", "solved")
ONCE, PAGEWISE, BACK = 9, 4, 8
"""Those who ask on one page, page by page, and those who come back, in one round."""


@dataclass
class Run:
    """All that one run of the test holds."""

    embassy: Embassy
    seed: int
    rounds: int
    pictures: list[Picture]
    ledger: Ledger = field(default_factory=Ledger)
    kills: int = 0

    def __post_init__(self) -> None:
        """Begin to judge."""
        self.chance = random.Random(self.seed)  # noqa: S311 (which moment, not which key)
        self.judge = Judge(self.embassy, self.ledger)


async def play_round(run: Run, number: int) -> list[str]:
    """Start the process, load it, kill it at a moment of chance; return what is wrong."""
    embassy = run.embassy
    embassy.pass_time(SPAN / run.rounds)
    begun = time.monotonic()
    await embassy.start(number, CRASH_LAME="1")
    slow = max(1.0, (time.monotonic() - begun) / START)
    faults = await _check_start(embassy)
    async with new_client() as client:
        people = asyncio.gather(*_people(run, client, number))
        await _wait_for_the_moment(run, slow)
        left = embassy.kill()
        await people
    run.kills += 1
    faults += [f"a child lives on: {left}"] if left else []
    return faults + run.judge.judge()


async def _wait_for_the_moment(run: Run, slow: float) -> None:
    """Wait for a moment of chance: some time after the start, or after so many acts are begun.

    ``slow`` is how much longer than on an idle machine everything takes now.
    """
    of = run.chance.choice((None, None, ANYBODY, COORDINATORS))
    if of is None:
        await asyncio.sleep(run.chance.uniform(0, LATEST) * slow)
        return
    enough = run.chance.randint(1, ACTS)
    before = len(run.ledger.acts)
    over = time.monotonic() + LONGEST
    while time.monotonic() < over:
        if sum(act.kind in of for act in run.ledger.acts[before:]) >= enough:
            break
        await asyncio.sleep(0.01)
    await asyncio.sleep(run.chance.uniform(0, 0.03))


async def _check_start(embassy: Embassy) -> list[str]:
    """The new process holds the lock and the socket, and has wiped what drafts left behind."""
    faults = []
    if any((embassy.data / "drafts").iterdir()):
        faults.append("files of drafts were left behind")
    try:
        InstanceLock.acquire(embassy.data).release()
        faults.append("it serves without the lock")
    except InstanceBusy:
        pass
    if len(list(await embassy.ask_control("accounts"))) != len(embassy.members):  # type: ignore[call-overload]
        faults.append("the control socket answers wrongly")
    return faults


def _people(run: Run, client: httpx.AsyncClient, number: int) -> list[Awaitable[None]]:
    """Return what everybody does in this round, each until the plug is pulled."""
    chance, ledger, address = run.chance, run.ledger, run.embassy.address

    def asker() -> Asker:
        return Asker(client, address, ledger, number)

    doing: list[Awaitable[None]] = []
    marks = (f"mark-{run.seed}-{number}-{n}" for n in range(1000))
    for _ in range(chance.randint(3, ONCE)):
        form = chance.choice(("zz.paper", "zz.paper", "zz.bed"))
        doing.append(asker().ask_at_once(next(marks), form, twice=chance.random() < 0.3))
    for place in range(chance.randint(1, PAGEWISE)):
        picture = chance.choice(run.pictures) if place < 2 else None
        doing.append(asker().ask_by_pages(next(marks), "zz.other", picture))
    known = ledger.with_receipt()
    for _ in range(min(len(known), chance.randint(2, BACK))):
        sent = chance.choice(known[-20:] if chance.random() < 0.8 else known)
        turn = random.Random(chance.random())  # noqa: S311
        doing.append(asker().come_back(sent, turn, chance.choice(run.pictures)))
    last = [sent for sent in ledger.sent.values() if sent.round == number - 1]
    unanswered = [sent for sent in last if not sent.stored]
    doing += [asker().press_again(sent) for sent in unanswered[:3]]
    for member in run.embassy.members:
        coordinator = Coordinator(client, run.embassy, ledger, number)
        doing.append(_unlock_and_work(coordinator, member, random.Random(chance.random())))  # noqa: S311
    return [_until_the_plug_is_pulled(one, ledger) for one in doing]


async def _unlock_and_work(coordinator: Coordinator, member: object, chance: random.Random) -> None:
    await coordinator.unlock(member)  # type: ignore[arg-type]
    await coordinator.work(chance)


async def _until_the_plug_is_pulled(doing: Awaitable[None], ledger: Ledger) -> None:
    try:
        await doing
    except httpx.TransportError:
        return
    except Refused as refused:
        ledger.refusals[str(refused)] += 1


async def look_once_more(run: Run) -> list[str]:
    """Start it a last time and open a sample through the door, by receipt and by coordinator."""
    embassy, ledger = run.embassy, run.ledger
    await embassy.start(run.rounds)
    there = [s for s in ledger.with_receipt() if s.request and s.request not in run.judge.erased]
    sample = run.chance.sample(there, min(len(there), 40))
    async with new_client() as client:
        await client.get(f"{embassy.address}/be/")
        for sent in sample:
            asker = Asker(client, embassy.address, ledger, run.rounds)
            # Never an act: this is a look.
            await asker.open_with_receipt(sent)
        coordinator = Coordinator(client, embassy, ledger, run.rounds)
        await coordinator.unlock(embassy.members[-1])
        for sent in sample:
            await coordinator.look_at(sent.request)
    await _until_told(run)
    embassy.kill()
    faults = run.judge.judge_afresh()
    today = embassy.now().date().toordinal()
    waiting = [row for row in run.judge.folder.read().outbox if row.due <= today]
    return faults + [f"not told: {row.event}" for row in waiting]


async def _until_told(run: Run) -> None:
    """Wait until the outbox holds nothing that is due."""
    today = run.embassy.now().date().toordinal()
    for _ in range(600):
        if all(row.due > today for row in run.judge.folder.read().outbox):
            return
        await asyncio.sleep(0.1)
