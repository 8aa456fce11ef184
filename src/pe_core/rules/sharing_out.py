"""Who gets which need when many are open at once.

First greedily, the best pair first, then the next. Then whoever was left out, or has it worse
than they could, may take somebody over from another need, if that one can be helped otherwise
and all together gain; and so on along the chain. That comes within a few per cent of the
optimum (docs/bench.md) without a library, also where two needs are at the same time, of which
the classical assignment knows nothing.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from heapq import heapify, heappop, heappush

from pe_core.model import Box
from pe_core.model.struct import Model

Choice = tuple[int, Box]
"""How many kinds of people are better for a need, and who it is."""
Seat = int
"""One of the places of all needs, counted through."""

NOBODY = 40
"""What it costs to leave a place empty, beside so many kinds of people who are better."""
ROUNDS = 2
EFFORT = 2_000_000
"""Choices that are looked at for chains, at most: about half a second."""


class Wanted(Model):
    """How many people a need looks for, and its window in seconds since 1970, if it has one."""

    places: int
    window: tuple[float, float] | None = None


class Sharing:
    """Places of needs, and who has them."""

    def __init__(self, wanted: Sequence[Wanted], room: Callable[[Box], int]) -> None:
        """Share out these needs; ``room`` says how many more tasks somebody takes."""
        self._wanted = wanted
        self._room = room
        self._need_of = [need for need, want in enumerate(wanted) for _ in range(want.places)]
        self._has: list[Box | None] = [None] * len(self._need_of)
        self._held: defaultdict[Box, list[Seat]] = defaultdict(list)
        self._choices: Sequence[Sequence[Choice]] = [()] * len(wanted)
        self._worse: Sequence[dict[Box, int]] = []
        self._effort = EFFORT

    def chosen(self) -> list[list[Box]]:
        """Return whom each need got."""
        found: list[list[Box]] = [[] for _ in self._wanted]
        for need, box in zip(self._need_of, self._has, strict=True):
            if box is not None:
                found[need].append(box)
        return found

    def share(self, choices: Sequence[Sequence[Choice]]) -> None:
        """Give each need whom it can best have of its choices, which stand best first.

        Who was given one already counts as one kind less good, as heavier load does. Of pairs
        that are equally good, the need with fewer choices comes first.
        """
        self._choices = choices
        self._worse = [{box: worse for worse, box in offered} for offered in choices]
        self._greedily()
        for _ in range(ROUNDS):
            if not sum([self._better(seat) for seat in self._worst_first()]):
                break

    def empty(self) -> dict[int, list[Seat]]:
        """Return the empty places of each need that has some, fewest choices first."""
        found: defaultdict[int, list[Seat]] = defaultdict(list)
        for seat in sorted(range(len(self._has)), key=self._number_of_choices):
            if self._has[seat] is None:
                found[self._need_of[seat]].append(seat)
        return found

    def unable(self, need: int) -> Iterable[Box]:
        """Return who was given something and cannot take this need any more."""
        return (box for box, held in self._held.items() if held and not self._is_free(need, box))

    def take(self, seat: Seat, box: Box | None) -> None:
        """Give a place to somebody, or leave it empty; whoever had it gives it up."""
        before = self._has[seat]
        if before is not None:
            self._held[before].remove(seat)
        self._has[seat] = box
        if box is not None:
            self._held[box].append(seat)

    def _greedily(self) -> None:
        queue = [
            (worse, 0, len(offered), need, box)
            for need, offered in enumerate(self._choices)
            for worse, box in offered
        ]
        heapify(queue)
        empty = self.empty()
        while queue:
            cost, counted, few, need, box = heappop(queue)
            if not empty.get(need) or not self._is_free(need, box):
                continue
            got = len(self._held[box])
            if got > counted:
                heappush(queue, (cost + got - counted, got, few, need, box))
            else:
                self.take(empty[need].pop(0), box)

    def _better(self, seat: Seat) -> bool:
        """Find the shortest chain of moves by which a place gains most; return whether there is.

        Every person and every place is in a chain once, so that what was looked at stays true
        until the moves are made.
        """
        best, last = self._cost(seat), None
        before = self._has[seat]
        self.take(seat, None)
        came: dict[Seat, tuple[Seat, Box] | None] = {seat: None}
        seen = {before}
        reached = [(0, seat)]
        while reached and self._effort > 0:
            further: list[tuple[int, Seat]] = []
            for spent, mover in sorted(reached):
                for worse, box in self._choices[self._need_of[mover]]:
                    cost = spent + worse
                    self._effort -= 1
                    if cost >= best:
                        break
                    if box in seen:
                        continue
                    seen.add(box)
                    held = self._held[box]
                    if cost + len(held) < best and self._is_free(self._need_of[mover], box):
                        best, last = cost + len(held), (mover, box)
                    for other in self._giving_way(self._need_of[mover], box):
                        if other not in came:
                            came[other] = (mover, box)
                            further.append((cost - self._worse[self._need_of[other]][box], other))
            reached = further
        if last is None:
            self.take(seat, before)
            return False
        while last is not None:
            mover, box = last
            self.take(mover, box)
            last = came[mover]
        return True

    def _worst_first(self) -> Iterator[Seat]:
        seats = [(-self._cost(seat), seat) for seat in range(len(self._has))]
        return (seat for cost, seat in sorted(seats) if cost)

    def _cost(self, seat: Seat) -> int:
        """Return how much worse than the best a place has it; with whom they share counts."""
        box = self._has[seat]
        if box is None:
            return NOBODY
        return self._worse[self._need_of[seat]][box] + len(self._held[box]) - 1

    def _number_of_choices(self, seat: Seat) -> int:
        return len(self._choices[self._need_of[seat]])

    def _is_free(self, need: int, box: Box) -> bool:
        """Return whether somebody has room for one more need, and no other at that time."""
        held = self._held[box]
        return len(held) < self._room(box) and not any(self._clash(need, seat) for seat in held)

    def _giving_way(self, need: int, box: Box) -> Sequence[Seat]:
        """Return the places of which somebody can give up one to have this need instead."""
        held = self._held[box]
        clashing = [seat for seat in held if self._clash(need, seat)]
        return held if not clashing else clashing if len(clashing) == 1 else ()

    def _clash(self, need: int, seat: Seat) -> bool:
        """Return whether a place is of the same need, or at the same time."""
        other = self._need_of[seat]
        mine, yours = self._wanted[need].window, self._wanted[other].window
        return need == other or (
            mine is not None and yours is not None and mine[0] < yours[1] and yours[0] < mine[1]
        )
