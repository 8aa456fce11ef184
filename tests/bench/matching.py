"""Matching in an unlocked session: suggestions, the crowd from sealed rows, a proposal for all.

A suggestion stands beside the loop that one would write over plain cards, which asks less;
opening beside the vault's part of it alone; a proposal beside asking for each need by itself.
Everything but the memory is CPU time of this process, which a busy machine changes least.
"""

import subprocess
import time
from collections.abc import Callable, Iterable, Sequence
from heapq import nsmallest
from typing import Any

import msgspec
from tests.bench.figures import Figure
from tests.bench.measure import ROOT, environment, middle, module
from tests.bench.volunteers import (
    NEARNESS,
    NOW,
    TODAY,
    askings,
    loads,
    needs,
    promises,
    volunteers,
)

from pe_core.model import Box, Card, Need, VolunteerState
from pe_core.rules.crowd import Crowd
from pe_core.vault import open_symmetric, random_bytes, seal_symmetric

SIZES = {1_000: None, 10_000: 15, 100_000: 100}
"""Volunteers, and the milliseconds in which the first twenty for a need should be there."""
OPENED = {1_000: None, 10_000: 0.4, 100_000: 3.0}
"""Volunteers, and the seconds in which they should be there from sealed rows."""
SHORT = (1_000, 10_000)
FIRST = 20
NEEDS, PEOPLE, PROPOSED = 1_000, 10_000, 2.0
MEGABYTES = 400
ASKED = 25

Row = tuple[Box, bytes]
Facts = dict[str, Any]
NOTHING: Facts = {"load": {}, "asked": {}, "busy": {}}


def run(short: bool) -> list[Figure]:
    """Measure all of it; the short form has no crowd of 100,000."""
    sizes = SHORT if short else tuple(SIZES)
    opened: list[Figure] = []
    suggested: list[Figure] = []
    for size in sizes:
        rows, key = _sealed(size)
        opened.append(_opening(size, rows, key, opened[-1:]))
        suggested.append(_suggesting(size, _open(rows, key), suggested[-1:]))
    return [*suggested, *opened, _proposing(short), _memory(sizes[-1])]


def _opening(size: int, rows: Sequence[Row], key: bytes, before: Sequence[Figure]) -> Figure:
    rounds = 3 if size > 10_000 else 5
    took, alone = _in_turns(
        rounds,
        lambda: _first(_open(rows, key), Need(), NOTHING),
        lambda: [_plain(row, key) for row in rows],
    )
    aim = OPENED[size]
    return Figure(
        name=f"a crowd from sealed cards, {size:,} volunteers",
        value=min(took),
        median=middle(took),
        unit="s CPU",
        against=f"the vault's part: {min(alone):.2f} s",
        ratio=min(took) / min(alone),
        aim="" if aim is None else f"at most {aim:g} s",
        reached=None if aim is None else min(took) <= aim,
        growth=min(took) / before[0].value if before else None,
        rest="decoding, and turning the cards round",
    )


def _suggesting(size: int, crowd: Crowd, before: Sequence[Figure]) -> Figure:
    wanted = [need for _, need in needs(ASKED)]
    cards = list(crowd)
    facts = _facts(cards)
    suggest = lambda: [_first(crowd, need, facts) for need in wanted]  # noqa: E731
    suggest()
    took, plain = _in_turns(5, suggest, lambda: [_loop(need, cards) for need in wanted])
    each, loop = (min(times) / ASKED * 1000 for times in (took, plain))
    aim = SIZES[size]
    return Figure(
        name=f"the first {FIRST} with reasons, of {size:,} volunteers",
        value=each,
        median=middle(took) / ASKED * 1000,
        unit="ms CPU",
        against=f"a loop over plain cards: {loop:.1f} ms",
        ratio=each / loop,
        aim="" if aim is None else f"at most {aim} ms",
        reached=None if aim is None else each <= aim,
        growth=each / before[0].value if before else None,
        rest="the tasks and promises of each day",
    )


def _proposing(short: bool) -> Figure:
    cards = list(volunteers(PEOPLE))
    crowd = _crowd(cards)
    wanted = needs(NEEDS)
    facts = _facts(cards)
    _first(crowd, Need(), facts)
    took, alone = _in_turns(
        2 if short else 4,
        lambda: crowd.propose(wanted, **facts, now=NOW),
        lambda: [crowd.suggest(need, **facts, now=NOW, limit=1) for _, need in wanted],
    )
    return Figure(
        name=f"a proposal for {NEEDS:,} needs and {PEOPLE:,} volunteers",
        value=min(took),
        median=middle(took),
        unit="s CPU",
        against=f"each need asked alone: {min(alone):.2f} s",
        ratio=min(took) / min(alone),
        aim=f"at most {PROPOSED:g} s",
        reached=min(took) <= PROPOSED,
        rest="the best forty for each need",
    )


def _memory(size: int) -> Figure:
    """Let a fresh process open a crowd, and take what it has grown by."""
    told = subprocess.run(
        module("matching_memory", size),
        cwd=ROOT,
        env=environment(),
        check=True,
        capture_output=True,
        text=True,
    )
    grown = float(told.stdout)
    plain = size * len(msgspec.msgpack.encode(next(volunteers(1)))) / 1e6
    return Figure(
        name=f"memory of {size:,} volunteers",
        value=grown,
        unit="MB",
        against=f"their cards as bytes: {plain:.0f} MB",
        ratio=grown / plain,
        aim=f"at most {MEGABYTES} MB" if size == max(SIZES) else "",
        reached=grown <= MEGABYTES if size == max(SIZES) else None,
        rest="cards as structs",
    )


def _sealed(size: int) -> tuple[list[Row], bytes]:
    key = random_bytes(32)
    encode = msgspec.msgpack.Encoder().encode
    return [
        (card.box, seal_symmetric(encode(card), key=key, context=_context(card.box)))
        for card in volunteers(size)
    ], key


def _plain(row: Row, key: bytes) -> bytes:
    return open_symmetric(row[1], key=key, context=_context(row[0]))


def _open(rows: Iterable[Row], key: bytes) -> Crowd:
    decode = msgspec.msgpack.Decoder(Card).decode
    return _crowd(decode(_plain(row, key)) for row in rows)


def _crowd(cards: Iterable[Card]) -> Crowd:
    crowd = Crowd(NEARNESS)
    for card in cards:
        crowd.put(card)
    return crowd


def _context(box: int) -> tuple[str, str, str]:
    return ("card", "zz", str(box))


def _facts(cards: Sequence[Card]) -> Facts:
    return {"load": loads(cards), "asked": askings(cards), "busy": promises(cards)}


def _first(crowd: Crowd, need: Need, facts: Facts) -> None:
    crowd.suggest(need, **facts, now=NOW, limit=FIRST)


def _loop(need: Need, cards: Iterable[Card]) -> list[tuple[int, Box]]:
    """Return who comes first by what is quickly asked: no hours, no promises, no reasons."""
    found = []
    for card in cards:
        if card.state is not VolunteerState.ACTIVE or not card.ready or card.paused_until >= TODAY:
            continue
        fluency = max((level for tag, level in card.languages if tag in need.languages), default=0)
        skills = dict(card.skills)
        if fluency >= need.fluency and all(
            skills.get(skill.code, 0) >= skill.level for skill in need.required
        ):
            found.append((-fluency, card.box))
    return nsmallest(FIRST, found)


def _in_turns(
    rounds: int, one: Callable[[], object], other: Callable[[], object]
) -> tuple[list[float], list[float]]:
    """Return the CPU seconds of both acts, done one after the other in each round."""
    took: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for act, times in zip((one, other), took, strict=True):
            begun = time.process_time()
            act()
            times.append(time.process_time() - begun)
    return took
