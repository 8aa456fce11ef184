"""Letters between embassies a second, durable at both ends, against a bare POST of their bytes.

The sender is one process, the receivers are four of `pe serve` on the other core. A letter is
signed, taken in with its receipt, and deleted here once the receipt is verified: a durable
commit at either end. In the end ten times as many wait at once, on top of all that came before.
"""

import asyncio
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import uvloop
from tests.bench.embassies import scratch
from tests.bench.figures import Figure
from tests.bench.measure import LOADER_CORE, SERVER_CORE, child, middle, module, on_core
from tests.serving import free_port
from tests.world.__main__ import World
from tests.world.embassy import enable_plugin

from pe_core.desk import accounts
from pe_core.desk.sealing import new_id
from pe_core.door import Door
from pe_core.model.peer import Kind, PeerCode, ThreadId
from pe_core.network.breaker import Pace
from pe_core.network.carrying import AT_ONCE, PeerCourier
from pe_core.network.posting import post
from pe_core.network.preparing import prepare_consult
from pe_core.network.wire import INBOX
from pe_core.running import Running, run_instance
from pe_core.settings import read_settings
from pe_core.store import OutgoingRow

RECEIVERS = 4
LETTERS = 12
"""In each conversation; each receiver has four of them at once on the way."""
THREADS = 16
TENFOLD = 10
AIM = 500


def run(short: bool) -> list[Figure]:
    """Measure in rounds of letters and of bare POSTs."""
    rounds = 2 if short else 5
    with scratch() as folder, on_core(LOADER_CORE):
        port = free_port()
        with child(module("servers", "bare", port), port):
            rates, floors, many = uvloop.run(_measure(folder, port, rounds))
    best = max(rates)
    return [
        Figure(
            name="letters between embassies",
            value=best,
            median=middle(rates),
            unit="1/s",
            against=f"bare POSTs of their bytes: {max(floors):,.0f}/s",
            ratio=max(floors) / best,
            aim=f"at least {AIM}/s",
            reached=best >= AIM,
            growth=best / many if many else None,
            rest="two signatures and three verified ones each, a connection each, two commits",
        )
    ]


async def _measure(folder: Path, port: int, rounds: int) -> tuple[list[float], list[float], float]:
    enable_plugin(folder)
    world = World(folder, RECEIVERS + 1, seed=1, wired=False)
    for each in world.embassies:
        each.environment = {"WORLD_UNLIMITED": "1", "WORLD_JOURNAL": os.devnull}
    sender, *receivers = world.embassies
    try:
        with on_core(SERVER_CORE):
            await world.begin([(sender, receiver) for receiver in receivers])
        await sender.stop()
        sender.write_settings()
        settings = read_settings(sender.folder / "pe.toml")
        async with run_instance(settings, sender.folder, now=soon, at_work=False) as running:
            rates, floors = [], []
            peers = [PeerCode(receiver.code) for receiver in receivers]
            for _ in range(rounds + 1):
                bodies = await _write(running, sender.account, peers, THREADS)
                floors.append(await _post_bare(bodies, port))
                rates.append(await _deliver(running, len(bodies)))
            bodies = await _write(running, sender.account, peers, THREADS * TENFOLD)
            many = await _deliver(running, len(bodies))
        await world.end()
    finally:
        for each in world.embassies:
            each.kill()
    return rates[1:], floors[1:], many


def soon() -> datetime:
    """Return a moment for which the authenticator has another code than for now."""
    return datetime.now(UTC) + timedelta(minutes=1)


async def _write(  # type: ignore[no-untyped-def]
    running: Running, account, peers: list[PeerCode], threads: int
) -> list[bytes]:
    """Give letters to the courier, in so many conversations with each; return their packets."""
    desk = running.desk
    if not desk.sessions.items():
        code = account.code(desk.now())
        await accounts.unlock(desk, account.handle, account.passphrase, code)
    (session,) = desk.sessions.items()
    for peer in peers:
        prepared = prepare_consult(desk, peer, "Who knows?", "en", urgent=False)
        for _ in range(threads):
            thread = ThreadId(new_id())
            for _ in range(LETTERS):
                changes = await post(desk, session, peer, Kind.CONSULT, thread, prepared.raw)
                await desk.store.write(changes)
    return [row.packet for row in await desk.store.select(OutgoingRow)]


async def _deliver(running: Running, number: int) -> float:
    courier = PeerCourier(running.desk, running.desk.door, pace=Pace(spread=0.0))
    begun = time.perf_counter()
    taken = await courier.deliver()
    spent = time.perf_counter() - begun
    running.desk.hears.pop()
    if taken != number:
        raise RuntimeError(f"{taken} of {number} letters were taken")
    return taken / spent


async def _post_bare(bodies: list[bytes], port: int) -> float:
    """Post the same bytes through the same door to a server that does nothing; a second."""
    door = Door(allow=(f"127.0.0.1:{port}",))
    waiting = list(bodies)

    async def post_some() -> None:
        while waiting:
            await door.fetch(f"http://127.0.0.1:{port}{INBOX}", body=waiting.pop(), headers={})

    begun = time.perf_counter()
    await asyncio.gather(*(post_some() for _ in range(AT_ONCE)))
    return len(bodies) / (time.perf_counter() - begun)
