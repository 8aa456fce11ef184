"""Judge a world from its databases and journals: lost, doubled, out of order, left over."""

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from tests.world.embassy import Embassy

from pe_core.store import IncomingRow, OutgoingRow
from pe_core.store.sqlite import read_sqlite


class Given(NamedTuple):
    """A letter that was given to a courier."""

    sender: str
    to: str
    thread: str
    number: int
    id: str


async def judge(embassies: Sequence[Embassy], given: Sequence[Given]) -> list[str]:
    """Return what is wrong, in words; nothing if every letter is there once, in its order."""
    wrong = []
    for each in embassies:
        expected = {(g.sender, g.thread, g.number, g.id) for g in given if g.to == each.code}
        store = await read_sqlite(each.folder / "data")
        rows = await store.select(IncomingRow)
        left = await store.count(OutgoingRow)
        await store.close()
        found = [(r.peer, r.thread, r.number, r.id) for r in rows if r.number]
        empty = [r.id for r in rows if r.number and r.body is None]
        wrong += [f"{each.code}: lost {letter}" for letter in expected - set(found)]
        wrong += [f"{each.code}: unknown {letter}" for letter in set(found) - expected]
        wrong += [f"{each.code}: without a body {letter}" for letter in empty]
        wrong += [f"{each.code}: {left} left over"] if left else []
        wrong += _in_order(each)
    return wrong


def _in_order(embassy: Embassy) -> list[str]:
    """Return where the journal has something twice, or a lower number after a higher one."""
    lines = embassy.journal.read_text().splitlines()
    numbers: dict[tuple[str, str], list[int]] = defaultdict(list)
    for line in lines:
        peer, thread, number, _ = line.split(" ")
        numbers[peer, thread].append(int(number))
    return [
        f"{embassy.code}: {found} of {where}"
        for where, found in numbers.items()
        if sorted(set(found)) != found
    ]
