"""Invented volunteers and needs for the benches: as varied as real ones, the same every time."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from random import Random

from pe_core.model import (
    Box,
    Card,
    City,
    Fluency,
    Gender,
    Hours,
    Need,
    NeedId,
    Skill,
    Skilled,
    VolunteerState,
)
from pe_core.model.volunteer import ANYWHERE, NEVER
from pe_core.rules.nearness import Nearness

NOW = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
TODAY = NOW.toordinal()
CITIES = tuple(
    City(name=f"City {number}", latitude=50 + number % 6, longitude=15 + number // 6 * 1.7)
    for number in range(30)
)
NEARNESS = Nearness(CITIES)
TAGS = ("be", "ru", "pl", "en", "uk", "de", "lt", "he", "fr", "es", "it", "ka")
SKILLS = tuple(f"zz.skill.number_{number}" for number in range(40))
GATES = tuple(f"zz.gate.number_{number}" for number in range(6))
ZONES = (
    *("Europe/Warsaw",) * 8,
    *("Europe/Vilnius", "Europe/Berlin", "Asia/Jerusalem", "Europe/London", "Etc/UTC") * 2,
    *("Asia/Tbilisi", "America/New_York", "America/Los_Angeles", "Asia/Kolkata"),
    *("Australia/Adelaide", "America/Sao_Paulo", "Europe/Lisbon", "Asia/Yerevan"),
)


def volunteers(number: int) -> Iterator[Card]:
    """Yield this many cards."""
    draw = Random(number)  # noqa: S311
    return (_card(draw, box) for box in range(1, number + 1))


def needs(number: int) -> list[tuple[NeedId, Need]]:
    """Return this many needs of the next weeks."""
    draw = Random(number)  # noqa: S311
    return [(NeedId(f"need {at}"), _need(draw)) for at in range(number)]


def loads(cards: Sequence[Card]) -> Mapping[Box, int]:
    """Return the tasks of every fifth volunteer."""
    draw = Random(5)  # noqa: S311
    return {card.box: draw.randint(1, 2) for card in cards[::5]}


def askings(cards: Sequence[Card]) -> Mapping[Box, int]:
    """Return the day on which every fourth volunteer was last asked."""
    draw = Random(4)  # noqa: S311
    return {card.box: TODAY - draw.randint(0, 60) for card in cards[::4]}


def promises(cards: Sequence[Card]) -> Mapping[Box, tuple[tuple[datetime, datetime], ...]]:
    """Return what every tenth volunteer has promised."""
    draw = Random(10)  # noqa: S311
    return {card.box: (_window(draw),) for card in cards[::10]}


def _window(draw: Random) -> tuple[datetime, datetime]:
    hours = draw.randint(0, 24 * 28)
    start = NOW.replace(hour=0) + timedelta(hours=hours)
    return start, start + timedelta(minutes=30 * draw.randint(1, 8))


def _card(draw: Random, box: int) -> Card:
    first = TODAY + draw.randint(-30, 60)
    state = VolunteerState.ACTIVE if draw.random() < 0.85 else draw.choice(list(VolunteerState))
    return Card(
        box=Box(box),
        revision=draw.randint(1, 9),
        state=state,
        handle=f"volunteer-{box}",
        ready=state is VolunteerState.ACTIVE,
        languages=tuple((tag, draw.randint(1, 4)) for tag in draw.sample(TAGS, 3)),
        skills=tuple((code, draw.randint(1, 3)) for code in draw.sample(SKILLS, 4)),
        gates=tuple((gate, TODAY + draw.randint(-50, 300)) for gate in GATES[: box % 8 == 0]),
        city=draw.choice(CITIES).name if draw.random() < 0.9 else "",
        reach=draw.choice((0, 10, 20, 50, 100, 200, ANYWHERE)),
        remote=draw.random() < 0.8,
        gender=draw.choice(("", "woman", "man")),
        zone=draw.choice(ZONES),
        hours=_hours(draw),
        away=((first, first + draw.randint(0, 20), False),) if draw.random() < 0.3 else (),
        paused_until=TODAY + draw.randint(-9, 30) if draw.random() < 0.05 else 0,
        load=draw.randint(1, 3),
        began=TODAY - draw.randint(0, 900),
    )


def _hours(draw: Random) -> Hours:
    """Return some evenings, a day at the weekend, or nothing said."""
    if draw.random() < 0.1:
        return NEVER
    evening = (1 << draw.randint(19, 23)) - (1 << draw.randint(8, 18))
    week = [evening if draw.random() < 0.6 else 0 for _ in range(5)]
    return (*week, (1 << 20) - (1 << draw.randint(8, 12)), 0)  # type: ignore[return-value]


def _need(draw: Random) -> Need:
    window = _window(draw) if draw.random() < 0.6 else (None, None)
    city = draw.choice(CITIES).name if draw.random() < 0.5 else ""
    return Need(
        required=tuple(
            Skill(code=code, level=draw.choice((Skilled.SOME, Skilled.GOOD)))
            for code in draw.sample(SKILLS, draw.choice((0, 1, 1, 1)))
        ),
        wished=tuple(Skill(code=code) for code in draw.sample(SKILLS, draw.randint(0, 3))),
        languages=tuple(draw.sample(TAGS[:4], draw.randint(1, 2))),
        fluency=Fluency(draw.randint(2, 3)),
        gates=GATES[:1] if draw.random() < 0.05 else (),
        city=city,
        remote=not city or draw.random() < 0.5,
        start=window[0],
        end=window[1],
        gender=Gender.WOMAN if draw.random() < 0.1 else Gender.UNSAID,
    )
