"""Invented volunteers, needs and cities for the tests of matching."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from pe_core.model import (
    Box,
    Candidate,
    Card,
    City,
    Fluency,
    Gender,
    Need,
    Reason,
    Skill,
    Skilled,
    VolunteerState,
)
from pe_core.model.volunteer import ANYWHERE, NEVER
from pe_core.rules.nearness import Nearness
from pe_core.rules.week_hours import DAY

HERE = ZoneInfo("Europe/Warsaw")
NOW = datetime(2026, 11, 30, 9, 0, tzinfo=HERE)
"""A Monday."""
TODAY = NOW.toordinal()
EVER = (DAY,) * 7
CITIES = (
    City(name="Inventown", latitude=52.0, longitude=21.0),
    City(name="Nearby", latitude=52.0, longitude=21.1),
    City(name="Midway", latitude=52.5, longitude=20.0),
    City(name="Faraway", latitude=54.0, longitude=18.0),
)
NEARNESS = Nearness(CITIES)
ZONES = (
    *("Etc/UTC", "Europe/Warsaw", "Europe/Berlin", "Europe/Vilnius", "Europe/London"),
    *("Asia/Jerusalem", "Asia/Tbilisi", "Asia/Kolkata", "Asia/Kathmandu", "Asia/Tehran"),
    *("Asia/Kabul", "Asia/Yangon", "Asia/Tokyo", "Australia/Adelaide", "Australia/Lord_Howe"),
    *("Pacific/Chatham", "Pacific/Kiritimati", "Pacific/Pago_Pago", "America/New_York"),
    *("America/Los_Angeles", "America/St_Johns", "America/Sao_Paulo", "Africa/Casablanca"),
    "Africa/Cairo",
)
"""Of every kind: whole and half and quarter hours, with and without summer time, the ends."""


def card(box: int = 1, **changes: object) -> Card:
    """Return somebody in Inventown who is active, always free, and speaks the usual languages."""
    usual: dict[str, object] = {
        "state": VolunteerState.ACTIVE,
        "ready": True,
        "languages": (("be", 4), ("pl", 2)),
        "skills": (("zz.skill.driving", 2),),
        "city": "Inventown",
        "reach": 50,
        "zone": "Europe/Warsaw",
        "hours": EVER,
        "load": 2,
    }
    return Card(box=Box(box), revision=1, handle=f"v{box}", **{**usual, **changes})


def one(box: int = 1, **changes: object) -> Candidate:
    """Return a candidate; ``tasks``, ``asked`` and ``busy`` are of today, the rest of the card."""
    return Candidate(
        load=changes.pop("tasks", 0),
        asked=changes.pop("asked", 0),
        busy=changes.pop("busy", ()),
        card=card(box, **changes),
    )


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """Return a moment of December 2026 on the embassy's clocks; the first is a Tuesday."""
    return datetime(2026, 12, day, hour, minute, tzinfo=HERE)


def facts(people: Sequence[Candidate]) -> dict[str, Mapping[Box, object]]:
    """Return what a crowd is told of people beside their cards."""
    return {
        "load": {person.card.box: person.load for person in people if person.load},
        "asked": {person.card.box: person.asked for person in people if person.asked},
        "busy": {person.card.box: person.busy for person in people if person.busy},
    }


def said(reasons: Sequence[Reason]) -> list[str]:
    """Return the points as short words, such as ``language_for``."""
    return [f"{reason.code}_{reason.verdict}" for reason in reasons]


_SKILLS = ("zz.skill.driving", "zz.skill.law", "zz.skill.care")
_GATES = ("zz.gate.sworn", "zz.gate.lawyer")
_TAGS = ("be", "be-tarask", "ru", "pl")
_PLACES = ("", "Inventown", "Nearby", "Midway", "Faraway", "Nowhere")
days = st.integers(TODAY - 20, TODAY + 20)
moments = st.builds(
    lambda minutes, zone: (NOW + timedelta(minutes=minutes)).astimezone(ZoneInfo(zone)),
    st.integers(-3 * 96, 14 * 96).map(lambda quarters: quarters * 15)
    | st.integers(-3 * 1440, 14 * 1440),
    st.sampled_from(ZONES),
)
windows = st.builds(
    lambda start, minutes: (start, start + timedelta(minutes=minutes)),
    moments,
    st.integers(0, 600) | st.integers(0, 60 * 24 * 9),
)
weeks = (
    st.just(EVER)
    | st.just(NEVER)
    | st.tuples(*[st.sampled_from((0, DAY, 0x03FF00, 0x0FFFC0, 0x00FF00))] * 7)
    | st.tuples(*[st.integers(-1, 1 << 33)] * 7)
)
aways = st.lists(
    st.builds(
        lambda first, more, free: (first, first + more, free),
        days,
        st.integers(0, 5),
        st.booleans(),
    ),
    max_size=2,
).map(tuple)


def levels(codes: Sequence[str], highest: int) -> st.SearchStrategy[tuple[tuple[str, int], ...]]:
    """Return the strategy of a card's codes with a level each."""
    return st.lists(st.tuples(st.sampled_from(codes), st.integers(1, highest)), max_size=4).map(
        tuple
    )


cards = st.builds(
    Card,
    box=st.integers(1, 60).map(Box),
    revision=st.just(1),
    state=st.sampled_from([VolunteerState.ACTIVE] * 12 + list(VolunteerState)),
    handle=st.just("v"),
    ready=st.sampled_from([True] * 9 + [False]),
    languages=levels(_TAGS, 4),
    skills=levels(_SKILLS, 3),
    gates=st.lists(st.tuples(st.sampled_from(_GATES), st.just(0) | days), max_size=2).map(tuple),
    city=st.sampled_from(_PLACES),
    reach=st.sampled_from((0, 10, 30, 80, 300, ANYWHERE)),
    remote=st.booleans(),
    gender=st.sampled_from(("", "woman", "man")),
    zone=st.sampled_from((*ZONES, "Nowhere/At_All", "../..")),
    hours=weeks,
    away=aways,
    paused_until=st.sampled_from([0] * 8 + [TODAY - 1, TODAY, TODAY + 1, TODAY + 9]),
    load=st.sampled_from((0, 1, 2, 3, 4, 5, 6, 7)),
    pending=st.booleans(),
)
candidates = st.builds(
    Candidate,
    card=cards,
    load=st.sampled_from((0, 0, 1, 2, 3)),
    asked=st.just(0) | days,
    busy=st.lists(windows, max_size=2).map(tuple),
)
crowds = st.lists(candidates, min_size=3, max_size=25, unique_by=lambda person: person.card.box)


def skills(most: int) -> st.SearchStrategy[tuple[Skill, ...]]:
    """Return the strategy of skills that a need names, none as often as not."""
    skill = st.builds(Skill, code=st.sampled_from(_SKILLS), level=st.sampled_from(Skilled))
    return st.just(()) | st.lists(skill, max_size=most).map(tuple)


def _need(window: tuple[datetime, datetime] | None, **parts: object) -> Need:
    start, end = window or (None, None)
    return Need(start=start, end=end, **parts)


needs = st.builds(
    _need,
    window=st.none() | windows,
    required=skills(2),
    wished=skills(3),
    languages=st.just(()) | st.lists(st.sampled_from(_TAGS), max_size=3).map(tuple),
    fluency=st.sampled_from([Fluency.BASIC, *Fluency]),
    gates=st.just(()) | st.just(()) | st.lists(st.sampled_from(_GATES), max_size=1).map(tuple),
    city=st.sampled_from(_PLACES),
    remote=st.booleans(),
    places=st.integers(1, 2),
    gender=st.sampled_from([Gender.UNSAID] * 5 + list(Gender)),
    excluded=st.lists(st.integers(1, 60).map(Box), max_size=3).map(tuple),
)
