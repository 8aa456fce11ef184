"""All volunteers of an unlocked session, so that a need finds its people at once.

The answers are those of ``pe_core.rules.matching``, to the last reason; here each rule is asked
of everybody together, by sets (``pe_core.rules.crowd_index``).
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from heapq import nsmallest
from typing import Any

from msgspec.structs import replace

from pe_core.model import Box, Card, Gender, Need, NeedId, Reason, Suggestion
from pe_core.rules.crowd_index import Index
from pe_core.rules.crowd_today import Busy, Today
from pe_core.rules.matching import gate_day, judge
from pe_core.rules.nearness import Nearness
from pe_core.rules.people_sets import People, in_order, members
from pe_core.rules.sharing_out import Choice, Sharing, Wanted
from pe_core.rules.week_hours import Window

Path = tuple[int, ...]

CHOICES = 40
"""How many people each need of a proposal chooses from at first."""
_DEAD = 256


class Crowd:
    """The cards of all volunteers, in memory as long as the session is.

    What changes from hour to hour comes with each question: ``load`` is how many tasks somebody
    has, ``asked`` the ordinal of the day on which they were last offered one, ``busy`` what they
    have promised; who is missing has none. ``now`` is an aware moment on the embassy's clocks.
    """

    def __init__(self, nearness: Nearness) -> None:
        """Hold nobody; ``nearness`` knows the cities of the jurisdiction."""
        self._nearness = nearness
        self._cards: dict[Box, Card] = {}
        self._changed: set[Box] = set()
        self._shared: dict[Any, Any] = {}
        self._index = Index(nearness)

    def __len__(self) -> int:
        """Return how many volunteers are here, whatever their state."""
        return len(self._cards)

    def __iter__(self) -> Iterator[Card]:
        """Yield every card."""
        return iter(self._cards.values())

    def get(self, box: Box) -> Card | None:
        """Return somebody's card, None if they are not here."""
        return self._cards.get(box)

    def put(self, card: Card) -> None:
        """Take in a card, in place of the one that its person had."""
        self._cards[card.box] = self._lighter(card)
        self._changed.add(card.box)

    def drop(self, box: Box) -> None:
        """Forget somebody, if they are here."""
        if self._cards.pop(box, None) is not None:
            self._changed.add(box)

    def suggest(
        self,
        need: Need,
        *,
        load: Mapping[Box, int],
        asked: Mapping[Box, int],
        busy: Mapping[Box, Busy],
        now: datetime,
        limit: int = 5,
    ) -> tuple[Suggestion, ...]:
        """Return the first ``limit`` people who fit, best first, with the reasons of each."""
        today = Today(self._caught_up(), load, asked, busy, now)
        return tuple(
            self._suggestion(box, need, today) for _, box in self._best(need, today, limit)
        )

    def why_not(
        self,
        box: Box,
        need: Need,
        *,
        load: Mapping[Box, int],
        asked: Mapping[Box, int],
        busy: Mapping[Box, Busy],
        now: datetime,
    ) -> tuple[Reason, ...]:
        """Return every point that a need raises for somebody; none if they are not here."""
        if box not in self._cards:
            return ()
        today = Today(Index(self._nearness), load, asked, busy, now)
        return self._suggestion(box, need, today).reasons

    def propose(
        self,
        needs: Sequence[tuple[NeedId, Need]],
        *,
        load: Mapping[Box, int],
        asked: Mapping[Box, int],
        busy: Mapping[Box, Busy],
        now: datetime,
        each: int = 1,
    ) -> dict[NeedId, tuple[Suggestion, ...]]:
        """Return whom each of these needs could ask, so that nobody is asked too much.

        That is ``each`` people a place, fewer where there are not so many. Nobody gets more
        than their limit, or two needs at the same time. The reasons are those of today, as if
        each need stood alone.
        """
        today = Today(self._caught_up(), load, asked, busy, now)
        wanted = [_wanted(need, each) for _, need in needs]
        sharing = Sharing(wanted, lambda box: self._cards[box].load - load.get(box, 0))
        choices = [
            self._best(need, today, CHOICES + want.places)
            for (_, need), want in zip(needs, wanted, strict=True)
        ]
        sharing.share([_choices(found) for found in choices])
        # Whose choices are all taken looks again among those who have room still.
        for number, seats in sharing.empty().items():
            if len(choices[number]) == CHOICES + wanted[number].places:
                gone = self._index.those(sharing.unable(number))
                more = self._best(needs[number][1], today, len(seats), gone)
                for seat, (_, box) in zip(seats, more, strict=False):
                    sharing.take(seat, box)
        return {
            name: tuple(self._suggestion(box, need, today) for box in chosen)
            for (name, need), chosen in zip(needs, sharing.chosen(), strict=True)
        }

    def _lighter(self, card: Card) -> Card:
        """Return a card whose parts are those of other people, where they are the same."""
        share = self._shared.setdefault
        return replace(
            card,
            languages=tuple([share(pair, pair) for pair in card.languages]),
            skills=tuple([share(pair, pair) for pair in card.skills]),
            city=share(card.city, card.city),
            zone=share(card.zone, card.zone),
            hours=tuple([share(day, day) for day in card.hours]),
        )

    def _suggestion(self, box: Box, need: Need, today: Today) -> Suggestion:
        candidate = today.candidate(self._cards[box])
        return Suggestion(box=box, reasons=judge(need, candidate, self._nearness, today.now))

    def _best(
        self, need: Need, today: Today, limit: int, without: People = 0
    ) -> list[tuple[Path, Box]]:
        """Return the first people who fit, best first, each with the place in every key."""
        pool, keys = self._search(need, today)
        found: list[tuple[Path, Box]] = []
        for path, alike in in_order(pool & ~without, keys):
            boxes = (self._index.boxes[slot] for slot in members(alike))
            found += ((path, box) for box in nsmallest(limit - len(found), boxes))
            if len(found) >= limit:
                break
        return found

    def _search(self, need: Need, today: Today) -> tuple[People, Sequence[Sequence[People]]]:
        """Return who passes all that shuts out, and the keys of ``matching.rank_key``."""
        index = self._index
        pool = index.active(today.now.toordinal()) & ~today.full
        if need.excluded:
            pool &= ~index.those(need.excluded)
        for gate in need.gates:
            pool &= index.holding(gate, gate_day(need, today.now))
        if need.gender is not Gender.UNSAID:
            pool &= index.of_gender(need.gender)
        *near, nowhere = index.placed(need)
        sure, unsaid = pool, 0
        if need.start is not None and need.end is not None:
            pool &= ~today.promised(need.start, need.end)
            sure, unsaid = index.free(Window(need.start, need.end), pool)
        unknown = (sure & ~nowhere, sure & nowhere | unsaid & ~nowhere, unsaid & nowhere)
        keys = (
            unknown,
            index.skilled(need),
            index.wished(need),
            index.speaking(need),
            (*near, nowhere),
            today.by_load,
            today.by_asked,
        )
        return pool, keys

    def _caught_up(self) -> Index:
        """Return the index with all that changed since it was last asked."""
        if len(self._index.dead) > _DEAD + len(self._cards) // 4:
            self._index, self._changed = Index(self._nearness), set(self._cards)
            self._shared.clear()
        for box in sorted(self._changed):
            if card := self._cards.get(box):
                self._index.add(card)
            else:
                self._index.remove(box)
        self._changed.clear()
        return self._index


def _wanted(need: Need, each: int) -> Wanted:
    window = None
    if need.start is not None and need.end is not None:
        window = need.start.timestamp(), need.end.timestamp()
    return Wanted(places=need.places * each, window=window)


def _choices(found: Sequence[tuple[Path, Box]]) -> list[Choice]:
    """Return people with how many kinds are better: whoever shares a path is as good."""
    kinds = {path: number for number, path in enumerate(dict.fromkeys(path for path, _ in found))}
    return [(kinds[path], box) for path, box in found]
