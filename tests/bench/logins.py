"""Many coordinators unlock at once: how long the loop keeps everybody else waiting."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager

from tests.bench.embassies import embassy, scratch
from tests.bench.figures import Figure
from tests.bench.profiles import Sampler, describe

from pe_core.desk import accounts, invites
from pe_core.desk.epochs import current_epoch
from pe_core.desk.sessions import Session
from pe_core.store import Delete, EpochRow, GrantRow
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.toolkit.invented import Account, open_account, unlock_account
from pe_core.vault import Passphrases, random_bytes

PEOPLE, SHORT_PEOPLE = 40, 10
WEEKS = 30
"""Weekly epochs that each account holds a grant of, as long as they live."""
MEMORY_MIB = 128
TICK = 0.001
AIM_MS = 5.0


def run(short: bool) -> list[Figure]:
    """Measure once: a login is used up, and the slow hash evens out what the machine does."""
    return asyncio.run(_all(SHORT_PEOPLE if short else PEOPLE))


async def _all(people: int) -> list[Figure]:
    with scratch() as folder:
        async with embassy(folder / "logins", weeks_ago=WEEKS) as held, _hashing(held):
            team = await _join(held, people)
            await _live(held)
            hashing, _ = await _delays(_hash_all(held, people))
            first, took = await _delays(_unlock_all(held, team))
            held.clock.move(minutes=1)
            sampler = Sampler()
            sampler.start()
            second, _ = await _delays(_unlock_all(held, team))
            rest = describe(sampler.stop(), took)
    return _figures(people, took, min(first, second, key=_p99), hashing, rest)


@asynccontextmanager
async def _hashing(held: TestEmbassy) -> AsyncIterator[None]:
    """Give the desk the slow hash of a real embassy instead of the tests' light one."""
    first = await unlock_account(held.desk, held.clock, held.account)
    held.desk.passphrases.close()
    held.desk.passphrases = Passphrases(memory_mib=MEMORY_MIB)
    held.desk.sessions.drop_where(lambda session: session is not first)
    yield


async def _join(held: TestEmbassy, people: int) -> list[Account]:
    """Have so many coordinators join, each invited and signed for by two colleagues."""
    desk, clock = held.desk, held.clock
    signers = list(desk.sessions.items())
    team: list[Account] = []
    for number in range(people):
        code = await invites.make_invite(desk, signers[0])
        if len(signers) > 1:
            await _sign(held, signers[1])
        team.append(await open_account(desk, clock, code, f"bird-{number}"))
        if len(signers) == 1:
            signers.append(await unlock_account(desk, clock, team[0]))
    return team


async def _sign(held: TestEmbassy, signer: Session) -> None:
    for invite in await invites.list_invites(held.desk, signer):
        if not invite.ready:
            await invites.sign_invite(held.desk, signer, invite.locator)


async def _live(held: TestEmbassy) -> None:
    """Let the weeks go by; what the joinings began is dead by then, but the last of each."""
    desk = held.desk
    desk.sessions.drop_where(lambda _: True)
    rows = await desk.store.select(EpochRow)
    last = {row.compartment: row.id for row in sorted(rows, key=lambda row: _number(row.id))}
    for row in rows:
        if row.id not in last.values():
            for change in (Delete(GrantRow, {"epoch": row.id}), Delete(EpochRow, {"id": row.id})):
                await desk.store.write([change])
    for _ in range(WEEKS):
        held.clock.move(weeks=1)
        for compartment in ("intake", "trail"):
            await current_epoch(desk, compartment)


def _number(epoch: str) -> int:
    return int(epoch.rpartition(".")[2])


async def _unlock_all(held: TestEmbassy, team: list[Account]) -> None:
    now = held.clock.now()
    done = [
        accounts.unlock(held.desk, account.handle, account.passphrase, account.code(now))
        for account in team
    ]
    await asyncio.gather(*done)
    if len(held.desk.sessions) != len(team):
        raise RuntimeError("not everybody was let in")


async def _hash_all(held: TestEmbassy, people: int) -> None:
    """Run the slow hashes alone: what the machine itself makes of two threads beside the loop."""
    salts = [random_bytes(32) for _ in range(people)]
    await asyncio.gather(*(held.desk.passphrases.derive("a b", "c", salt) for salt in salts))


async def _delays(work: Awaitable[None]) -> tuple[list[float], float]:
    """Return by how much a tick came late, in ms, while the work was done, and its seconds."""
    late: list[float] = []
    over = asyncio.Event()

    async def tick() -> None:
        while not over.is_set():
            begun = time.perf_counter()
            await asyncio.sleep(TICK)
            late.append((time.perf_counter() - begun - TICK) * 1000)

    ticking = asyncio.create_task(tick())
    begun = time.perf_counter()
    await work
    took = time.perf_counter() - begun
    over.set()
    await ticking
    return late, took


def _p99(late: list[float]) -> float:
    return sorted(late)[len(late) * 99 // 100]


def _figures(
    people: int, took: float, late: list[float], hashing: list[float], rest: str
) -> list[Figure]:
    worst = _p99(late)
    return [
        Figure(
            name=f"{people} logins at once: event-loop delay p99",
            value=worst,
            median=sorted(late)[len(late) // 2],
            unit="ms",
            against=f"the slow hashes alone: {_p99(hashing):.2g} ms",
            ratio=worst / _p99(hashing),
            aim=f"at most {AIM_MS:g} ms",
            reached=worst <= AIM_MS,
            rest=f"longest {max(late):.0f} ms; of all, s: {rest}",
        ),
        Figure(
            name=f"{people} logins at once: until all are in",
            value=took,
            unit="s",
            against=f"two hashes of {MEMORY_MIB} MiB at a time",
        ),
    ]
