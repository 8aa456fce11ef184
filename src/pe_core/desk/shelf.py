"""A session's requests in order and counted, so that a page of the list costs what it shows.

Each request stands under its kind: what the list can be narrowed by. There are few kinds, so
a filter is a choice of kinds, its number a sum of lengths, and a page a short merge. Only what
changed since the last look is put anew, and what the clock alone changes (late, waking) is
moved at its moment. Nothing here is on disk, and it dies with the session.
"""

import heapq
from bisect import bisect_left, bisect_right, insort
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, time, timedelta
from enum import StrEnum
from itertools import islice
from typing import NamedTuple

from pe_core.model import Box, RequestId, State, Summary, Urgency
from pe_core.model.struct import Model
from pe_core.model.week import Week
from pe_core.rules.standing import (
    ANSWERED_WITHIN,
    is_late,
    is_open,
    is_unclaimed,
    waits_on_us,
    wakes,
)

TICK = timedelta(microseconds=1)


class Entry(Model):
    """A request in the list; no summary means that this account has no grant to it."""

    id: RequestId
    state: State
    week: Week
    keep_until: Week
    summary: Summary | None
    fresh: bool


class Figure(StrEnum):
    """What the day begins with: how many requests there are that somebody must look at."""

    UNCLAIMED = "unclaimed"
    LATE = "late"
    OURS = "ours"
    WAKING = "waking"
    MINE = "mine"


class Wanted(Model):
    """What the list is narrowed to; the default is everything."""

    state: State | None = None
    topic: str = ""
    show: Figure | None = None
    urgency: Urgency | None = None
    fresh: bool = False

    @property
    def narrows(self) -> bool:
        """Return whether some requests may be left out."""
        return self != Wanted()


class Kind(NamedTuple):
    """All that the list can be narrowed by."""

    state: State
    topic: str
    urgency: Urgency
    fresh: bool
    figures: frozenset[Figure]


class Place(NamedTuple):
    """Where a request stands in the list; the newest is the greatest."""

    week: int
    submitted: float
    id: RequestId


class Shelf:
    """What one account can open; ``now`` is always the embassy's own, in its zone."""

    def __init__(self, box: Box) -> None:
        """Begin empty, for the list of this account."""
        self._box = box
        self.clear()

    def clear(self) -> None:
        """Forget everything; the next look is a first one."""
        self.look: int | None = None
        """Up to where the changes of the store are taken in; None before the first look."""
        self.epochs = 0
        """How many epochs the session held at that look."""
        self.left: frozenset[str] = frozenset()
        """What has to be looked at again, though nothing touches it."""
        self._entries: dict[RequestId, Entry] = {}
        self._closed: dict[RequestId, Entry] = {}
        self._kinds: dict[RequestId, Kind] = {}
        self._places: dict[Kind, list[Place]] = {}
        self._order: list[Place] = []
        self._repeats: dict[RequestId, set[RequestId]] = {}
        self._turns: list[tuple[datetime, RequestId]] = []
        self._now: datetime | None = None

    @property
    def closed(self) -> Mapping[RequestId, Entry]:
        """Return the requests that this account has no grant to."""
        return self._closed

    def __len__(self) -> int:
        """Return how many requests this account can open."""
        return len(self._entries)

    def fill(self, entries: Iterable[Entry], now: datetime) -> None:
        """Begin anew with all requests."""
        self.clear()
        self._now = now
        for entry in entries:
            if entry.summary is None:
                self._closed[entry.id] = entry
                continue
            place = self._note(entry, entry.summary, now)
            self._places.setdefault(self._kinds[entry.id], []).append(place)
            self._order.append(place)
        for places in (*self._places.values(), self._order):
            places.sort()

    def put(self, entry: Entry, now: datetime) -> None:
        """Take in a request, in the place of what was known of it."""
        self.drop(entry.id)
        if entry.summary is None:
            self._closed[entry.id] = entry
            return
        place = self._note(entry, entry.summary, now)
        insort(self._places.setdefault(self._kinds[entry.id], []), place)
        insort(self._order, place)

    def drop(self, request: RequestId) -> None:
        """Forget a request."""
        self._closed.pop(request, None)
        entry = self._entries.pop(request, None)
        if entry is None or entry.summary is None:
            return
        place, kind = _place(entry, entry.summary), self._kinds.pop(request)
        _take_out(self._order, place)
        _take_out(self._places[kind], place)
        if not self._places[kind]:
            del self._places[kind]
        if entry.summary.duplicate_of is not None:
            repeats = self._repeats[entry.summary.duplicate_of]
            repeats.discard(request)
            if not repeats:
                del self._repeats[entry.summary.duplicate_of]

    def turn(self, now: datetime) -> None:
        """Move what is late or waking by now; should the clock have gone back, look at all."""
        if self._now is not None and now < self._now:
            self.fill([*self._entries.values(), *self._closed.values()], now)
        self._now = now
        while self._turns and self._turns[0][0] <= now:
            entry = self._entries.get(heapq.heappop(self._turns)[1])
            if entry is not None:
                self.put(entry, now)

    def all(self) -> Iterator[Entry]:
        """Yield what this account can open, newest first."""
        return (self._entries[place.id] for place in reversed(self._order))

    def count(self, wanted: Wanted) -> int:
        """Return how many requests are asked for."""
        return sum(map(len, self._chosen(wanted)))

    def states(self, wanted: Wanted) -> Mapping[State, int]:
        """Return how many requests of each state are asked for, whichever state is."""
        found: Counter[State] = Counter()
        for kind, places in self._places.items():
            if _fits(kind, wanted, any_state=True):
                found[kind.state] += len(places)
        return found

    def figures(self) -> Mapping[Figure, int]:
        """Return how many requests count under each figure."""
        return {figure: self.count(Wanted(show=figure)) for figure in Figure}

    def topics(self) -> Mapping[str, str]:
        """Return the topics of all requests, each with a title that an asker saw."""
        titles: dict[str, str] = {}
        for kind, places in self._places.items():
            summary = self._entries[places[0].id].summary
            titles.setdefault(kind.topic, summary.title if summary else "")
        return titles

    def page(self, wanted: Wanted, skip: int, size: int) -> list[Entry]:
        """Return up to ``size`` requests that are asked for, newest first, after ``skip``."""
        chosen = self._chosen(wanted)
        if skip >= sum(map(len, chosen)):
            return []
        first = self._order[self._nth(chosen, skip)]
        heads = []
        for places in chosen:
            end = bisect_right(places, first)
            heads.append(reversed(places[max(0, end - size) : end]))
        found = islice(heapq.merge(*heads, reverse=True), size)
        return [self._entries[place.id] for place in found]

    def near(self, request: RequestId, number: int) -> list[tuple[RequestId, Summary]]:
        """Return up to so many requests sent soonest before and after this one, not itself."""
        entry = self._entries.get(request)
        if entry is None or entry.summary is None:
            return []
        at = bisect_left(self._order, _place(entry, entry.summary))
        around = self._order[max(0, at - number // 2) : at + number // 2 + 1]
        found = (self._entries[place.id] for place in around if place.id != request)
        return [(other.id, other.summary) for other in found if other.summary is not None]

    def repeats(self, request: RequestId) -> tuple[RequestId, ...]:
        """Return the requests that are marked as duplicates of this one."""
        return tuple(sorted(self._repeats.get(request, ())))

    def _note(self, entry: Entry, summary: Summary, now: datetime) -> Place:
        self._entries[entry.id] = entry
        self._kinds[entry.id] = self._kind(entry, summary, now)
        if summary.duplicate_of is not None:
            self._repeats.setdefault(summary.duplicate_of, set()).add(entry.id)
        moment = self._next_turn(entry.state, summary, now)
        if moment is not None:
            heapq.heappush(self._turns, (moment, entry.id))
        return _place(entry, summary)

    def _kind(self, entry: Entry, summary: Summary, now: datetime) -> Kind:
        state, today = entry.state, now.date()
        counts: dict[Figure, Callable[[], bool]] = {
            Figure.UNCLAIMED: lambda: is_unclaimed(state, summary),
            Figure.LATE: lambda: is_late(state, summary, now, today),
            Figure.OURS: lambda: waits_on_us(state, summary),
            Figure.WAKING: lambda: wakes(state, summary, today),
            Figure.MINE: lambda: is_open(state) and summary.claimed_by == self._box,
        }
        return Kind(
            state=state,
            topic=topic_of(summary),
            urgency=summary.urgency,
            fresh=entry.fresh,
            figures=frozenset(figure for figure, holds in counts.items() if holds()),
        )

    def _next_turn(self, state: State, summary: Summary, now: datetime) -> datetime | None:
        """Return the next moment at which the clock alone changes a figure."""
        moments = []
        if waits_on_us(state, summary) and summary.awaiting is not None:
            moments.append(summary.awaiting + ANSWERED_WITHIN + TICK)
        if state is State.WAITING and summary.wake is not None:
            days = (summary.wake, summary.wake + timedelta(days=1))
            moments += [datetime.combine(day, time(), now.tzinfo) for day in days]
        return min((moment for moment in moments if moment > now), default=None)

    def _chosen(self, wanted: Wanted) -> list[list[Place]]:
        return [places for kind, places in self._places.items() if _fits(kind, wanted)]

    def _nth(self, chosen: Sequence[list[Place]], skip: int) -> int:
        """Return the index in the order of the one of these before which ``skip`` are newer."""

        def not_newer(index: int) -> int:
            return sum(bisect_right(places, self._order[index]) for places in chosen)

        total = sum(map(len, chosen))
        return bisect_left(range(len(self._order)), total - skip, key=not_newer)


def topic_of(summary: Summary) -> str:
    """Return the form that a request counts under: as it was sorted, else as it was asked."""
    return summary.topic or summary.form


def _fits(kind: Kind, wanted: Wanted, *, any_state: bool = False) -> bool:
    return (
        (any_state or wanted.state in (None, kind.state))
        and wanted.topic in ("", kind.topic)
        and wanted.urgency in (None, kind.urgency)
        and (wanted.show is None or wanted.show in kind.figures)
        and (kind.fresh or not wanted.fresh)
    )


def _place(entry: Entry, summary: Summary) -> Place:
    return Place(entry.week, summary.submitted.timestamp(), entry.id)


def _take_out(places: list[Place], place: Place) -> None:
    del places[bisect_left(places, place)]
