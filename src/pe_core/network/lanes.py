"""What waits to go out, by peer and thread, as the courier has it in memory.

A lane is one thread to one peer: its packets go one at a time, lowest number first. What takes
something back has no number and goes before everything else. Only places are kept here, the
packets stay on disk.
"""

import heapq
from collections import deque
from typing import NamedTuple

from pe_core.network.breaker import Breaker


class Place(NamedTuple):
    """A packet's place in its lane; packets without a number go by the second of their making."""

    number: int
    created: int
    id: str


class Lane:
    """The packets of one thread to one peer; ``due`` is from when on it may be tried again."""

    def __init__(self, thread: str) -> None:
        """An empty lane."""
        self.thread = thread
        self.places: list[Place] = []
        self.is_busy = False
        self.is_ready = False
        self.due = 0.0

    def add(self, place: Place) -> bool:
        """Put a packet in its place; return whether it is the next one now."""
        if place not in self.places:
            heapq.heappush(self.places, place)
        return self.places[0] == place

    def drop(self, place: Place) -> None:
        """Take a packet out that is done with."""
        self.places.remove(place)
        heapq.heapify(self.places)


class Way:
    """The way to one peer: its lanes, which of them may go now, and whether it is there."""

    def __init__(self, peer: str, breaker: Breaker) -> None:
        """A way on which nothing waits."""
        self.peer = peer
        self.breaker = breaker
        self.lanes: dict[str, Lane] = {}
        self.ready: deque[Lane] = deque()
        self.put_off: list[tuple[float, str]] = []
        self.held_until = 0.0
        self.running = 0
        self.waiting = 0

    def add(self, thread: str, place: Place, due: float = 0.0) -> None:
        """Put a packet on its way, to be tried from ``due`` on."""
        lane = self.lanes.get(thread)
        if lane is None:
            lane = self.lanes[thread] = Lane(thread)
        before = len(lane.places)
        is_next = lane.add(place)
        self.waiting += len(lane.places) - before
        if is_next and not lane.is_busy:
            self.put_back(lane, due)

    def drop(self, lane: Lane, place: Place) -> None:
        """Take a packet out that is done with."""
        lane.drop(place)
        self.waiting -= 1
        if not lane.places:
            del self.lanes[lane.thread]

    def put_back(self, lane: Lane, due: float = 0.0) -> None:
        """Let a lane be tried from ``due`` on, at once if it is nought."""
        lane.due = due
        if due:
            heapq.heappush(self.put_off, (due, lane.thread))
        elif not lane.is_ready and lane.places:
            lane.is_ready = True
            self.ready.append(lane)

    def take(self, at: float) -> Lane | None:
        """Return a lane that may go now, marked busy; None if there is none."""
        while self.put_off and self.put_off[0][0] <= at:
            due, thread = heapq.heappop(self.put_off)
            lane = self.lanes.get(thread)
            if lane is not None and lane.due == due and not lane.is_busy:
                self.put_back(lane)
        for _ in range(len(self.ready)):
            lane = self.ready.popleft()
            if not lane.places or lane.is_busy:
                lane.is_ready = False
            elif self._is_held(lane, at):
                self.ready.append(lane)
            else:
                lane.is_ready = False
                lane.is_busy = True
                return lane
        return None

    def hold(self, until: float) -> None:
        """Let no letter go before then; what is taken back, and a hello, goes all the same."""
        self.held_until = max(self.held_until, until)
        self.breaker.slow_down()

    def _is_held(self, lane: Lane, at: float) -> bool:
        return at < self.held_until and lane.places[0].number > 0

    def try_all(self) -> None:
        """Let every lane go that was put off: the peer is back, or is another one now."""
        self.put_off.clear()
        self.held_until = 0.0
        for lane in self.lanes.values():
            if not lane.is_busy:
                self.put_back(lane)

    def next_due(self) -> float | None:
        """Return when something may go out; None if nothing waits for its time."""
        dues = [self.put_off[0][0]] if self.put_off else []
        if any(lane.places and not lane.places[0].number for lane in self.ready):
            dues.append(0.0)
        elif self.ready:
            dues.append(self.held_until)
        return max(min(dues), self.breaker.next_try) if dues else None
