"""What all volunteers' cards say, turned round: for each thing the set of people who have it.

A person has a slot as long as their card stays the same; a changed card gets a new slot and the
old one is dead. Sets that were asked for are kept until a card changes.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC
from struct import Struct, error

from pe_core.model import Box, Card, Need, Skill, VolunteerState
from pe_core.model.volunteer import NEVER
from pe_core.rules.matching import PLACES, band, fits, is_active, place_of, same_language
from pe_core.rules.nearness import Nearness
from pe_core.rules.people_sets import People, Sets, column, people
from pe_core.rules.week_hours import DAY, Window, zone_of

Clock = tuple[tuple[int, int], ...]
"""The days of a window on somebody's clocks, each with its hours."""

_WEEK = Struct("<7I")
_KEPT = 2_000
"""Sets that are kept at most: 27 MB of a hundred thousand people."""


class Index:
    """The sets of people; but for ``active``, dead slots are in them too."""

    def __init__(self, nearness: Nearness) -> None:
        """Know nobody."""
        self.boxes: list[Box] = []
        self.limits: list[int] = []
        self.dead: list[int] = []
        self._nearness = nearness
        self._slots: dict[Box, int] = {}
        self._standings: Sets[tuple[VolunteerState, bool, int]] = Sets()
        self._spoken: Sets[tuple[str, int]] = Sets()
        self._skills: Sets[tuple[str, int]] = Sets()
        self._gates: Sets[tuple[str, int]] = Sets()
        self._aways: Sets[tuple[int, int, bool]] = Sets()
        self._genders: Sets[str] = Sets()
        self._places: Sets[tuple[str, int, bool]] = Sets()
        self._zones: Sets[str] = Sets()
        self._weeks = bytearray()
        self._unsaid: list[int] = []
        self._kept: dict[tuple[object, ...], People] = {}
        self._kept_places: dict[tuple[str, bool], Sequence[People]] = {}

    def add(self, card: Card) -> None:
        """Take in somebody's card instead of the one that they had."""
        self.remove(card.box)
        slot = self._slots[card.box] = len(self.boxes)
        self.boxes.append(card.box)
        self.limits.append(card.load)
        self._standings[card.state, card.ready, card.paused_until].append(slot)
        for spoken in card.languages:
            self._spoken[spoken].append(slot)
        for skill in card.skills:
            self._skills[skill].append(slot)
        for gate in card.gates:
            self._gates[gate].append(slot)
        for away in card.away:
            self._aways[away].append(slot)
        self._genders[card.gender].append(slot)
        self._places[card.city, card.reach, card.remote].append(slot)
        self._zones[card.zone].append(slot)
        self._weeks += _packed(card.hours)
        if card.hours == NEVER or zone_of(card.zone) is None:
            self._unsaid.append(slot)

    def remove(self, box: Box) -> None:
        """Forget somebody, if they are here."""
        self._kept.clear()
        self._kept_places.clear()
        slot = self._slots.pop(box, None)
        if slot is not None:
            self.dead.append(slot)

    def slot(self, box: Box) -> int | None:
        """Return somebody's slot, None if they are not here."""
        return self._slots.get(box)

    def everybody(self) -> People:
        """Return all slots."""
        return (1 << len(self.boxes)) - 1

    def those(self, boxes: Iterable[Box]) -> People:
        """Return the people of these boxes, as far as they are here."""
        return self.set_of(self._slots[box] for box in boxes if box in self._slots)

    def set_of(self, slots: Iterable[int]) -> People:
        """Return the people in these slots."""
        return people(slots, len(self.boxes))

    def active(self, today: int) -> People:
        """Return who is ready and active on a day, the living alone."""

        def is_wanted(key: tuple[VolunteerState, bool, int]) -> bool:
            state, ready, paused_until = key
            return ready and is_active(state, paused_until, today)

        found = self._keep(("active", today), lambda: self._standings.where(is_wanted))
        return found & ~self._keep(("dead",), lambda: self.dead)

    def without_room(self) -> People:
        """Return who takes no task at all."""
        limits = self.limits
        return self._keep(
            ("no room",), lambda: [slot for slot, limit in enumerate(limits) if limit <= 0]
        )

    def holding(self, gate: str, day: int) -> People:
        """Return who holds a gate on a day."""
        return self._keep(
            ("gate", gate, day),
            lambda: self._gates.where(
                lambda held: held[0] == gate and (not held[1] or held[1] >= day)
            ),
        )

    def of_gender(self, gender: str) -> People:
        """Return who has said that they are a woman, or a man."""
        return self._keep(("gender", gender), lambda: self._genders.where(gender.__eq__))

    def speaking(self, need: Need) -> Sequence[People]:
        """Return who speaks a language of a need, the most fluent first."""
        if not need.languages:
            return (self.everybody(),)
        wanted = frozenset(map(same_language, need.languages))
        levels = {level for tag, level in self._spoken if same_language(tag) in wanted}
        found, seen = [], 0
        for level in sorted(levels, reverse=True):
            if level >= need.fluency:
                alike = self._speaking(wanted, level)
                found.append(alike & ~seen)
                seen |= alike
        return found

    def skilled(self, need: Need) -> Sequence[People]:
        """Return who has all required skills, by the sum of their levels, the highest first."""
        sums = {0: self.everybody()}
        for skill in need.required:
            more: defaultdict[int, People] = defaultdict(int)
            for level, alike in self._levels(skill):
                for total, found in sums.items():
                    more[total + level] |= found & alike
            sums = more
        return [sums[total] for total in sorted(sums, reverse=True)]

    def wished(self, need: Need) -> Sequence[People]:
        """Return everybody by how many of the wished skills they have, the most first."""
        counts = {0: self.everybody()}
        for skill in need.wished:
            can = self._having(skill.code, skill.level)
            more: defaultdict[int, People] = defaultdict(int)
            for number, found in counts.items():
                more[number] |= found & ~can
                more[number + 1] |= found & can
            counts = more
        return [counts[number] for number in sorted(counts, reverse=True)]

    def placed(self, need: Need) -> Sequence[People]:
        """Return who can be where a need is done, by nearness; of the last it is not known."""
        about = (need.city, need.remote)
        if about not in self._kept_places:
            slots: list[list[int]] = [[] for _ in range(PLACES)]
            for (city, reach, remote), found in self._places.items():
                place = place_of(need, city, reach, remote, self._nearness)
                if fits((place,)):
                    slots[band(place)] += found
            self._kept_places[about] = [self.set_of(found) for found in slots]
        return self._kept_places[about]

    def free(self, window: Window, among: People) -> tuple[People, People]:
        """Return who of these is free in a window, and who never said their weekly hours."""
        free = unknown = 0
        unsaid = self._keep(("unsaid",), lambda: self._unsaid)
        for days, found in self._by_clock(window):
            alike, unsure = found & among, 0
            for day, hours in days:
                at_home = self._away(day, True)
                alike &= ~self._away(day, False)
                unsure |= alike & unsaid & ~at_home
                alike &= at_home | unsaid | self._open(day, hours)
            unknown |= alike & unsure
            free |= alike & ~unsure
        return free, unknown

    def _speaking(self, wanted: frozenset[str], level: int) -> People:
        return self._keep(
            ("speaks", wanted, level),
            lambda: self._spoken.where(
                lambda spoken: spoken[1] == level and same_language(spoken[0]) in wanted
            ),
        )

    def _having(self, code: str, level: int) -> People:
        return self._keep(
            ("has", code, level),
            lambda: self._skills.where(lambda skill: skill[0] == code and skill[1] >= level),
        )

    def _levels(self, skill: Skill) -> Iterator[tuple[int, People]]:
        """Yield each level of a skill that will do, with those who have just that."""
        better = 0
        for level in sorted({n for code, n in self._skills if code == skill.code}, reverse=True):
            if level >= skill.level:
                found = self._having(skill.code, level)
                yield level, found & ~better
                better = found

    def _by_clock(self, window: Window) -> Iterable[tuple[Clock, People]]:
        """Return the days and hours of a window with the people on whose clocks they are."""
        found: defaultdict[Clock, People] = defaultdict(int)
        for name in self._zones:
            days = tuple(window.touched(zone_of(name) or UTC).items())
            found[days] |= self._in_zone(name)
        return found.items()

    def _in_zone(self, name: str) -> People:
        return self._keep(("zone", name), lambda: self._zones[name])

    def _open(self, day: int, hours: int) -> People:
        """Return whose weekly hours hold all these hours of a day."""
        found = self.everybody()
        while hours:
            found &= self._at((day - 1) % 7, (hours & -hours).bit_length() - 1)
            hours &= hours - 1
        return found

    def _at(self, weekday: int, hour: int) -> People:
        key = ("hour", weekday, hour)
        if key not in self._kept:
            byte, bit = divmod(hour, 8)
            self._kept[key] = column(self._weeks, weekday * 4 + byte, _WEEK.size, bit)
        return self._kept[key]

    def _away(self, day: int, free: bool) -> People:
        return self._keep(
            ("away", day, free),
            lambda: self._aways.where(lambda away: away[0] <= day <= away[1] and away[2] is free),
        )

    def _keep(self, key: tuple[object, ...], slots: Callable[[], Iterable[int]]) -> People:
        """Return the set that was kept under a key, or that of these slots."""
        found = self._kept.get(key)
        if found is None:
            if len(self._kept) >= _KEPT:
                self._kept.clear()
            found = self._kept[key] = self.set_of(slots())
        return found


def _packed(hours: Sequence[int]) -> bytes:
    """Return a week as bytes; of a number that is no day the hours count."""
    try:
        return _WEEK.pack(*hours)
    except error:
        return _WEEK.pack(*(day & DAY for day in hours))
