"""Half of the peers are away for three days: nothing is lost, and nobody is run over after it."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from neighbours import Wire, arrived, courier_of, give, make_letter, open_neighbours
from pe_core.errors import NoAnswer
from pe_core.store import Change, IncomingRow, Insert, OutgoingRow
from pe_core.toolkit.embassy import close_embassy
from pe_core.toolkit.invented import Clock

Run = Callable[[Awaitable[Any]], Any]

STAYING, AWAY = ("aa", "bb", "cc"), ("dd", "ee", "ff")
LETTERS, ANSWERS, THREADS = 160, 20, 8
"""From each that stays to each that is away, the other way round, and in so many threads."""


async def write_letters(wire: Wire, sender: str, to: str, number: int) -> list[str]:
    """Give letters in some threads to the courier."""
    threads = [""] * THREADS
    ids = []
    for place in range(number):
        letter = await make_letter(wire, sender, to, threads[place % THREADS])
        threads[place % THREADS] = letter.thread
        await give(wire, letter)
        ids.append(letter.id)
    return ids


def test_three_days_of_outage_lose_nothing_and_end_without_a_burst(
    tmp_path: Path, pe_clock: Clock, pe_run: Run
) -> None:
    wire = pe_run(open_neighbours(tmp_path, pe_clock, [*STAYING, *AWAY]))
    couriers = {code: courier_of(wire, code, seed) for seed, code in enumerate(wire.embassies)}
    minutes: dict[str, Counter[int]] = {code: Counter() for code in AWAY}
    is_out = True

    async def bend(_wire: Wire, to: str, pass_on: Callable[[], Awaitable[bytes]]) -> bytes:
        if is_out:
            raise NoAnswer("it took too long")
        return await pass_on()

    def count(code: str) -> Callable[[Sequence[Change]], None]:
        def note(changes: Sequence[Change]) -> None:
            new = [c for c in changes if isinstance(c, Insert) and isinstance(c.row, IncomingRow)]
            if new:
                minutes[code][int(pe_clock.now().timestamp()) // 60] += len(new)

        return note

    for code in AWAY:
        wire.embassies[code].desk.hears.append(count(code))
    wire.bend = bend
    given: dict[tuple[str, str], list[str]] = {}

    async def pass_time(**span: float) -> None:
        end = pe_clock.now() + timedelta(**span)
        while pe_clock.now() < end:
            rest = min(max(courier.rest(), 0.01) for courier in couriers.values())
            pe_clock.move(seconds=min(rest, (end - pe_clock.now()).total_seconds()))
            await asyncio.gather(*(courier.deliver() for courier in couriers.values()))

    async def days() -> None:
        nonlocal is_out
        for one in STAYING:
            for other in AWAY:
                given[one, other] = await write_letters(wire, one, other, LETTERS)
                given[other, one] = await write_letters(wire, other, one, ANSWERS)
        await pass_time(days=3)
        wire.asked.clear()
        is_out = False
        await pass_time(hours=2)

    pe_run(days())
    got = {
        (row.peer, code): [r.id for r in pe_run(arrived(wire, code)) if r.peer == row.peer]
        for code in wire.embassies
        for row in pe_run(arrived(wire, code))
    }
    left = [pe_run(each.store.count(OutgoingRow)) for each in wire.embassies.values()]
    asked = wire.asked.total()
    for embassy in wire.embassies.values():
        pe_run(close_embassy(embassy))

    assert [0] * len(left) == left
    assert {pair: sorted(ids) for pair, ids in given.items()} == {
        pair: sorted(ids) for pair, ids in got.items()
    }
    total = len(STAYING) * len(AWAY) * (LETTERS + ANSWERS)
    assert total == asked, "each was sent once, none in vain"
    for counted in minutes.values():
        span = max(counted) - min(counted) + 1  # in minutes
        assert max(counted.values()) <= 2 * counted.total() / span
