"""Embassies and a wire that loses, doubles, delays and refuses: one effect each, in order.

``PE_LONG=1`` runs many more and longer lives.
"""

import asyncio
import os
import tempfile
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from neighbours import Wire, courier_of, give, make_erase, make_letter, open_neighbours
from pe_core.errors import AnswerRefused, NoAnswer
from pe_core.network.carrying import PeerCourier
from pe_core.network.wire import Sealed
from pe_core.store import Change, IncomingRow, Insert, OutgoingRow, Update
from pe_core.toolkit.embassy import close_embassy
from pe_core.toolkit.invented import Clock

LONG = bool(os.environ.get("PE_LONG"))
CODES = ("aa", "bb", "cc")
FATES = ("passes", "is lost", "has its answer lost", "comes twice", "comes late", "fails", "waits")

pairs = st.permutations(CODES).map(lambda order: (order[0], order[1]))


class Neighbours(RuleBasedStateMachine):
    """Whatever may happen between embassies in less than the time a packet is tried for."""

    @initialize()
    def open(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.runner = asyncio.Runner()
        self.clock = Clock(datetime(2026, 11, 24, 10, 0, tzinfo=UTC))
        opening = open_neighbours(Path(self.folder.name), self.clock, CODES)
        self.wire: Wire = self.runner.run(opening)
        self.wire.bend = self.bend
        self.seed = 0
        self.fates: list[str] = []
        self.late: list[Callable[[], Awaitable[bytes]]] = []
        self.given: dict[str, Sealed] = {}
        self.erased: set[str] = set()
        self.effects: list[IncomingRow] = []
        self.couriers: dict[str, PeerCourier] = {}
        for code in CODES:
            self.wire.embassies[code].desk.hears.append(self.note)
            self.restart(code)

    def note(self, changes: Sequence[Change]) -> None:
        """Keep what is taken in, in the order in which it is."""
        for change in changes:
            match change:
                case Insert(row=IncomingRow() as row) if row.number:
                    self.effects.append(row)
                case Update(table=table, values=values) if table is IncomingRow:
                    assert values.keys() in ({"body"}, {"receipt", "number", "keep_until"})

    async def bend(self, _wire: Wire, _to: str, pass_on: Callable[[], Awaitable[bytes]]) -> bytes:
        match self.fates.pop(0) if self.fates else "passes":
            case "is lost":
                raise NoAnswer("the connection broke")
            case "has its answer lost":
                await pass_on()
                raise NoAnswer("the connection broke")
            case "comes twice":
                await pass_on()
                return await pass_on()
            case "comes late":
                self.late.append(pass_on)
                raise NoAnswer("it took too long")
            case "fails":
                raise AnswerRefused(500)
            case "waits":
                raise AnswerRefused(503, 30.0)
            case _:
                return await pass_on()

    @rule(pair=pairs, thread=st.integers(0, 5), number=st.integers(1, 3))
    def give_letters(self, pair: tuple[str, str], thread: int, number: int) -> None:
        known = sorted({p.thread for p in self.given.values() if (p.sender, p.to) == pair})
        name = known[thread] if thread < len(known) else ""
        for _ in range(number):
            letter = self.runner.run(make_letter(self.wire, *pair, name))
            self.runner.run(give(self.wire, letter))
            self.given[letter.id] = letter
            name = letter.thread

    @rule(which=st.integers(0, 50))
    def take_one_back(self, which: int) -> None:
        if self.given:
            letter = sorted(self.given.values(), key=lambda p: p.id)[which % len(self.given)]
            self.runner.run(give(self.wire, make_erase(letter)))
            self.erased.add(letter.id)

    @rule(code=st.sampled_from(CODES), fates=st.lists(st.sampled_from(FATES), max_size=8))
    def deliver(self, code: str, fates: list[str]) -> None:
        self.fates = list(fates)
        self.runner.run(self.couriers[code].deliver())
        self.fates = []

    @rule(minutes=st.sampled_from([1, 5, 40, 300]))
    def time_passes(self, minutes: int) -> None:
        now = self.clock.now() - datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
        if now.total_seconds() < 3 * 24 * 3600:
            self.clock.move(minutes=minutes)

    @rule()
    def what_was_late_comes(self) -> None:
        while self.late:
            try:
                self.runner.run(self.late.pop(0)())
            except AnswerRefused as error:
                # Its signature is over, or its place in the thread is taken.
                assert error.status in (401, 422)

    @rule(code=st.sampled_from(CODES))
    def restart(self, code: str) -> None:
        if code in self.couriers:
            self.wire.embassies[code].desk.hears.pop()
        self.seed += 1
        self.couriers[code] = courier_of(self.wire, code, self.seed)

    @invariant()
    def nothing_is_doubled_or_out_of_order(self) -> None:
        if not hasattr(self, "effects"):
            return
        ids = [row.id for row in self.effects]
        assert len(ids) == len(set(ids))
        numbers: dict[tuple[str, str], list[int]] = defaultdict(list)
        for row in self.effects:
            numbers[row.peer, row.thread].append(row.number)
        for found in numbers.values():
            assert sorted(set(found)) == found

    def teardown(self) -> None:
        if not hasattr(self, "wire"):
            return
        try:
            self.settle()
        finally:
            for embassy in self.wire.embassies.values():
                self.runner.run(close_embassy(embassy))
            self.runner.close()
            self.folder.cleanup()

    def settle(self) -> None:
        """Let the wire be whole and time pass, then count."""
        for _ in range(200):
            if not sum(self.runner.run(self.count(code)) for code in CODES):
                break
            self.clock.move(minutes=15)
            for courier in self.couriers.values():
                self.runner.run(courier.deliver())
        self.nothing_is_doubled_or_out_of_order()
        here: dict[str, IncomingRow] = {}
        for code in CODES:
            for row in self.runner.run(self.wire.embassies[code].store.select(IncomingRow)):
                here[row.id] = row
            assert [] == self.runner.run(self.wire.embassies[code].store.select(OutgoingRow))
        assert self.given.keys() <= here.keys()
        for name, letter in self.given.items():
            expected = None if name in self.erased else letter.sealed
            assert expected == here[name].body

    async def count(self, code: str) -> int:
        return await self.wire.embassies[code].store.count(OutgoingRow)


def test_every_letter_has_one_effect_in_its_order_whatever_the_wire_does() -> None:
    run_state_machine_as_test(
        Neighbours,
        settings=settings(
            max_examples=200 if LONG else 12,
            stateful_step_count=60 if LONG else 25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
