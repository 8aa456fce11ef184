"""Carry packets to peers: each until its receipt is here, or until a person has to see it.

At least once, in order by thread, one at a time in a thread. A row is deleted only when a
receipt says, signed by the peer, that exactly its bytes were taken; the peer knows them when they
come again. What cannot be delivered becomes a dead letter, and the next of its thread goes on.
Waits are in memory alone. Design: network, "Courier".
"""

import asyncio
import base64
import contextlib
import logging
import time
from collections.abc import Callable, Sequence
from datetime import UTC, date

import msgspec

from pe_core.desk.desk import Desk
from pe_core.errors import PeError, StoreError
from pe_core.model.peer import OutState
from pe_core.network.breaker import Breaker, Chance, Pace, wait_after
from pe_core.network.delivery import DAYS, Fetcher, Result, deliver, give_up
from pe_core.network.lanes import Lane, Place, Way
from pe_core.network.wire import AnyPacket
from pe_core.store import (
    AtMost,
    Change,
    In,
    Insert,
    OutgoingRow,
    OwnKeysetRow,
    PeerKeysetRow,
    PeerRow,
    Update,
)
from pe_core.vault import random_bytes

AT_ONCE = 32
"""Packets on their way at one time."""
AT_ONCE_EACH = 4
"""Of these, to one peer: what comes in one moment is one commit there."""
LOOK_EVERY = 60.0
"""Seconds after which the courier looks at its clock even if nothing woke it."""
SOON_AGAIN = 60.0
"""Seconds until it is tried again whether a fault of our own is over."""

log = logging.getLogger("pe.peers")


class PeerCourier:
    """Empties the rows of ``sending.queue``; one that hangs or fails holds up only its thread."""

    def __init__(
        self,
        desk: Desk,
        door: Fetcher,
        *,
        clock: Callable[[], float] = time.monotonic,
        chance: Chance | None = None,
        pace: Pace | None = None,
    ) -> None:
        """Serve this desk through this door; ``clock`` gives the seconds that waits count in."""
        self._desk = desk
        self._door = door
        self._clock = clock
        self._chance = chance or _chance
        self._pace = pace or Pace()
        self._ways: dict[str, Way] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._again: set[str] = set()
        self._hears = False
        self._looked_on: date | None = None
        self._wake = asyncio.Event()
        self._done = 0
        desk.hears.append(self._hear)

    async def run(self) -> None:
        """Deliver whenever something is given, and when a wait is over, until cancelled."""
        try:
            while True:
                self._wake.clear()
                pause: float | None = None
                try:
                    await self._look()
                except PeError as error:
                    log.error("what waits for peers cannot be looked at now: %s", error)
                    pause = SOON_AGAIN
                self._start()
                # Not wait_for: of a wake and a cancelling in one moment it forgets the latter.
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self.rest() if pause is None else pause):
                        await self._wake.wait()
        finally:
            for task in self._tasks:
                task.cancel()
            # Whoever begins it again after a fault finds everything on disk.
            self._ways.clear()
            self._again.clear()
            self._hears, self._looked_on = False, None

    async def deliver(self) -> int:
        """Carry everything that may go now, once; return how many packets were taken."""
        before = self._done
        await self._look()
        self._start()
        while self._tasks:
            await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
            await self._look()
            self._start()
        return self._done - before

    def rest(self) -> float:
        """Return the seconds until something may go out, a minute at most."""
        dues = [due for way in self._ways.values() if (due := self._due(way)) is not None]
        return max(0.0, min([LOOK_EVERY, *(due - self._clock() for due in dues)]))

    def away(self, peer: str) -> float | None:
        """Return the seconds until the next try of a peer that is away, None if it is not."""
        way = self._ways.get(peer)
        if way is None or not way.breaker.is_open:
            return None
        return max(0.0, way.breaker.next_try - self._clock())

    def _due(self, way: Way) -> float | None:
        return None if way.running >= self._most(way) or self._is_full() else way.next_due()

    def _most(self, way: Way) -> int:
        """Return how many packets may be on their way to a peer: one while it is only probed."""
        return 1 if way.breaker.is_open else AT_ONCE_EACH

    def _is_full(self) -> bool:
        return len(self._tasks) >= AT_ONCE

    def _hear(self, changes: Sequence[Change]) -> None:
        """Note what a commit brought; called before whoever made it goes on."""
        if not self._hears:
            return  # Everything is read at the first look.
        for change in changes:
            match change:
                case Insert(row=OutgoingRow() as row):
                    self._again.add(row.id)
                case Update(table=table, values=values) if table is OutgoingRow:
                    if values.get("state") == OutState.WAITING.value:
                        self._again.add(str(change.key[0]))
                case Insert(row=PeerRow() | PeerKeysetRow() | OwnKeysetRow()):
                    self._try_all()
                case Update(table=table, values=values) if table is PeerRow:
                    if values.keys() - {"referral", "day"}:
                        self._try_all()
                case _:
                    continue
            self._wake.set()

    def _try_all(self) -> None:
        for way in self._ways.values():
            way.try_all()

    async def _look(self) -> None:
        """Read what is new; once a day, and at the start, what has reached its end.

        What could not be read is read at the next look: nobody else knows that it waits.
        """
        waiting: dict[str, object] = {"state": OutState.WAITING.value}
        if not self._hears:
            self._hears = True
            try:
                await self._read(waiting, spread=True)
            except BaseException:
                self._hears = False
                raise
        if self._again:
            wanted, self._again = self._again, set()
            try:
                await self._read({**waiting, "id": In(tuple(wanted))})
            except BaseException:
                self._again |= wanted
                raise
        today = self._today()
        if self._looked_on != today:
            await self._end_old(today)
            self._looked_on = today

    async def _read(self, where: dict[str, object], *, spread: bool = False) -> None:
        columns = ("peer", "thread", "number", "id")
        for peer, thread, number, name in await self._desk.store.pick(OutgoingRow, columns, where):
            made = 0 if number else await self._made(name)
            due = self._clock() + self._chance(0.0, self._pace.spread) if spread else 0.0
            self._way(peer).add(thread, Place(number, made, name), due)

    async def _made(self, name: str) -> int:
        """Return the second in which a packet without a number was made, its only order."""
        row = await self._desk.store.get(OutgoingRow, name)
        return msgspec.json.decode(row.packet, type=AnyPacket).created if row is not None else 0

    def _way(self, peer: str) -> Way:
        way = self._ways.get(peer)
        if way is None:
            way = self._ways[peer] = Way(peer, Breaker(self._pace, self._chance))
        return way

    async def _end_old(self, today: date) -> None:
        """Make dead letters of what has waited too long, tried or not; upkeep forgets them."""
        store, day = self._desk.store, today.toordinal()
        waiting = {"state": OutState.WAITING.value}
        over = await store.select(OutgoingRow, {**waiting, "until": AtMost(day - 1)})
        over += await store.select(OutgoingRow, {**waiting, "day": AtMost(day - DAYS - 1)})
        by_peer: dict[str, dict[str, OutgoingRow]] = {}
        for row in over:
            by_peer.setdefault(row.peer, {})[row.id] = row
        for rows in by_peer.values():
            await give_up(self._desk, list(rows.values()))

    def _start(self) -> None:
        """Begin as many tries as may run, peers in turn."""
        now = self._clock()
        for peer in tuple(self._ways):
            if self._is_full():
                return  # Whoever ends wakes us.
            way = self._ways[peer]
            self._start_way(way, now)
            if way.running:
                self._ways[peer] = self._ways.pop(peer)  # The next round begins with others.

    def _start_way(self, way: Way, now: float) -> None:
        while way.running < self._most(way) and not self._is_full() and way.breaker.may_try(now):
            lane = way.take(now)
            if lane is None:
                return
            way.running += 1
            way.breaker.note_start(now)
            task = asyncio.create_task(self._try(way, lane, lane.places[0]))
            self._tasks.add(task)
            task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._wake.set()

    async def _try(self, way: Way, lane: Lane, place: Place) -> None:
        """Try one packet, and say when its lane may go on."""
        try:
            result = await deliver(self._desk, self._door, place.id, _nonce())
        except StoreError as error:
            log.error("a packet for a peer waits: %s", error)
            result = Result(later=SOON_AGAIN)
        except Exception as error:  # whatever it is, it is named, and the others go on
            log.error("a packet for a peer waits: %s", type(error).__name__)
            result = Result(later=SOON_AGAIN)
        finally:
            way.running -= 1
            lane.is_busy = False
        self._settle(way, lane, place, result)

    def _settle(self, way: Way, lane: Lane, place: Place, result: Result) -> None:
        now = self._clock()
        if result.is_over:
            way.drop(lane, place)
            self._done += result.was_taken
        if not result.tried:
            way.breaker.note_nothing(now)
        if result.answered and way.breaker.note_success(now, way.waiting):
            way.try_all()
        if result.held is not None:
            way.hold(now + self._jittered(result.held))
        if result.failed:
            way.breaker.note_failure(now)
        is_next = bool(lane.places) and lane.places[0] == place
        way.put_back(lane, self._later(way, result, now) if is_next else 0.0)

    def _later(self, way: Way, result: Result, now: float) -> float:
        """Return when a packet is tried again: the breaker alone decides while it is open."""
        if result.later is not None:
            return now + self._jittered(result.later)
        if way.breaker.is_open:
            return 0.0
        return now + wait_after(result.tries, self._pace, self._chance)

    def _jittered(self, seconds: float) -> float:
        return seconds * self._chance(1.0, 1.0 + self._pace.jitter)

    def _today(self) -> date:
        return self._desk.now().astimezone(UTC).date()


def _nonce() -> str:
    return base64.b64encode(random_bytes(18)).decode()


def _chance(low: float, high: float) -> float:
    return low + (high - low) * int.from_bytes(random_bytes(7)) / 256**7
