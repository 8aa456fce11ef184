"""What is known of volunteers today, as sets: their tasks, when they were asked, their promises."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from pe_core.model import Box, Candidate, Card
from pe_core.rules.crowd_index import Index
from pe_core.rules.matching import LATELY
from pe_core.rules.people_sets import People

Busy = Sequence[tuple[datetime, datetime]]


class Today:
    """The facts that come with a question, turned round once for all needs in it."""

    def __init__(
        self,
        index: Index,
        load: Mapping[Box, int],
        asked: Mapping[Box, int],
        busy: Mapping[Box, Busy],
        now: datetime,
    ) -> None:
        """Look at the people of an index; who is not in a mapping has none."""
        self.now = now
        self._index = index
        self._load, self._asked, self._busy = load, asked, busy
        day = now.toordinal()
        lately = index.those(box for box, last in asked.items() if last and day - last < LATELY)
        self.by_asked = (index.everybody() & ~lately, lately)
        self.full, self.by_load = self._loads()
        self._promises = sorted(
            (start.timestamp(), end.timestamp(), slot)
            for box, times in busy.items()
            if (slot := index.slot(box)) is not None
            for start, end in times
        )
        self._longest = max((end - start for start, end, _ in self._promises), default=0.0)

    def candidate(self, card: Card) -> Candidate:
        """Return somebody with what is known of them."""
        box = card.box
        return Candidate(
            card=card,
            load=self._load.get(box, 0),
            asked=self._asked.get(box, 0),
            busy=tuple(self._busy.get(box, ())),
        )

    def promised(self, start: datetime, end: datetime) -> People:
        """Return who has promised to be somewhere else at some time of a window."""
        first, last = start.timestamp(), end.timestamp()
        begin = bisect_left(self._promises, (first - self._longest,))
        stop = bisect_left(self._promises, (last,))
        return self._index.set_of(
            slot for _, until, slot in self._promises[begin:stop] if until > first
        )

    def _loads(self) -> tuple[People, Sequence[People]]:
        """Return who is at their limit, and everybody by their tasks, the fewest first."""
        slots: defaultdict[int, list[int]] = defaultdict(list)
        full = []
        for box, tasks in self._load.items():
            slot = self._index.slot(box)
            if slot is not None and tasks > 0:
                slots[tasks].append(slot)
                if tasks >= self._index.limits[slot]:
                    full.append(slot)
        loaded = [self._index.set_of(slots[tasks]) for tasks in sorted(slots)]
        free = self._index.everybody()
        for alike in loaded:
            free &= ~alike
        return self._index.set_of(full) | self._index.without_room(), (free, *loaded)
