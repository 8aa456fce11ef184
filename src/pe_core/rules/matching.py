"""Who could meet a need, in which order, and why: the rule itself, one person at a time.

``pe_core.rules.crowd`` gives the same answers for many people at once.

Some points shut out, the others make the order. What a person has not said shuts nobody out
where they can still be asked, such as their weekly hours or how far a village that no list has
is away: it stands among the reasons as unknown, and whoever is known to fit goes first. An
asker's wish for a woman or a man, a gate and a skill are different: what is not known cannot be
promised, so it shuts out.

``now`` is an aware moment on the embassy's clocks, which say which day it is; weekly hours and
days away are on the person's own.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from heapq import nsmallest
from types import MappingProxyType

from pe_core.model import (
    Box,
    Candidate,
    Card,
    Gender,
    Need,
    Reason,
    Suggestion,
    Verdict,
    VolunteerState,
)
from pe_core.model.volunteer import NEVER
from pe_core.rules.nearness import BANDS, Nearness, band_of
from pe_core.rules.week_hours import Touched, touched, zone_of

LATELY = 14
"""Days after an offer in which others are asked first."""
PLACES = len(BANDS) + 3
"""The bands, then beyond them, from afar, and unknown: places in the order of nearness."""

FOR, AGAINST, BARS, UNKNOWN = Verdict.FOR, Verdict.AGAINST, Verdict.BARS, Verdict.UNKNOWN
POINTS: Mapping[str, tuple[Verdict, ...]] = MappingProxyType(
    {
        "state": (BARS,),
        "ready": (BARS,),
        "paused": (BARS,),
        "pending": (AGAINST,),
        "excluded": (BARS,),
        "language": (FOR, BARS),
        "skill": (FOR, BARS),
        "wished": (FOR, AGAINST),
        "gate": (FOR, BARS),
        "gender": (FOR, BARS),
        "here": (FOR,),
        "near": (FOR, UNKNOWN),
        "remote": (FOR, BARS),
        "place": (BARS,),
        "far": (BARS,),
        "hours": (FOR, BARS, UNKNOWN),
        "away": (AGAINST, BARS),
        "overlap": (BARS,),
        "load": (FOR, AGAINST, BARS),
        "asked": (FOR, AGAINST),
    }
)
"""The codes of all points, and the verdicts that each can have.

Of their values pages put ``language``, ``fluency``, ``skill``, ``level``, ``gate`` and ``day``
(an ordinal) in words; ``km``, ``reach``, ``tasks``, ``limit`` and ``days`` are plain numbers.
"""


def judge(
    need: Need, candidate: Candidate, nearness: Nearness, now: datetime
) -> tuple[Reason, ...]:
    """Return every point that a need raises for somebody, whatever comes of the others.

    That answers "why not?" as well, for anybody.
    """
    card = candidate.card
    return (
        *_standing(need, card, now),
        *_languages(need, card),
        *_skills(need, card),
        *_gates(need, card, now),
        *_gender(need, card),
        place_of(need, card.city, card.reach, card.remote, nearness),
        *_time(need, candidate, now),
        *_burden(candidate, now),
    )


def fits(reasons: Iterable[Reason]) -> bool:
    """Return whether nothing shuts somebody out."""
    return all(reason.verdict is not BARS for reason in reasons)


def rank_key(box: Box, reasons: Iterable[Reason]) -> tuple[int, ...]:
    """Return what people who fit are ordered by, the smallest first: nothing that is not shown.

    How much is unknown; how well they can do what is required; how much of what is wished; how
    well they speak; how near they are; how many tasks they have; whether they were asked
    lately; and the box, so that the same people always come in the same order.
    """
    unknown = skill = wished = fluency = place = tasks = asked = 0
    for reason in reasons:
        match reason.code, reason.verdict:
            case "skill", Verdict.FOR:
                skill += int(reason.values["level"])
            case "wished", Verdict.FOR:
                wished += 1
            case "language", Verdict.FOR:
                fluency = int(reason.values["fluency"])
            case "here" | "near" | "remote", verdict:
                place = band(reason)
                unknown += verdict is UNKNOWN
            case "hours", Verdict.UNKNOWN:
                unknown += 1
            case "load", Verdict.AGAINST:
                tasks = int(reason.values["tasks"])
            case "asked", Verdict.AGAINST:
                asked = 1
    return (unknown, -skill, -wished, -fluency, place, tasks, asked, box)


def suggest(
    need: Need,
    candidates: Iterable[Candidate],
    nearness: Nearness,
    now: datetime,
    limit: int = 5,
) -> tuple[Suggestion, ...]:
    """Return the first ``limit`` people who fit, best first, with the reasons of each."""
    judged = (
        Suggestion(box=candidate.card.box, reasons=judge(need, candidate, nearness, now))
        for candidate in candidates
    )
    fitting = (suggestion for suggestion in judged if fits(suggestion.reasons))
    return tuple(nsmallest(limit, fitting, key=lambda found: rank_key(found.box, found.reasons)))


def text_key(reason: Reason) -> str:
    """Return the key of the words that say a reason to the team; a plugin's code is one."""
    if "." in reason.code:
        return reason.code
    return f"staff.match.{reason.code}_{reason.verdict.value}"


def same_language(tag: str) -> str:
    """Return the language of a tag: who speaks ``be`` speaks ``be-tarask`` and ``be-Latn``."""
    return tag.partition("-")[0]


def best_of(pairs: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Return the highest number that stands with each code."""
    best: dict[str, int] = {}
    for code, number in pairs:
        best[code] = max(number, best.get(code, number))
    return best


def is_active(state: VolunteerState, paused_until: int, today: int) -> bool:
    """Return whether somebody is active on a day; ``paused_until`` is the last of a pause."""
    return state is VolunteerState.ACTIVE and paused_until < today


def gate_day(need: Need, now: datetime) -> int:
    """Return the day on which gates must be held, as an ordinal: the window's last, or today.

    What ends at midnight is over on the day before: the end is no part of a window.
    """
    if need.end is None:
        return now.toordinal()
    last = need.end.astimezone(UTC) - timedelta(microseconds=1)
    return last.astimezone(now.tzinfo).toordinal()


def place_of(need: Need, city: str, reach: int, remote: bool, nearness: Nearness) -> Reason:
    """Say whether a need is done where somebody can be, near or from afar."""
    km = nearness.km(need.city, city)
    anywhere = need.remote and not need.city
    if not anywhere and km is not None and km <= reach and reach:
        near = Reason(code="near", verdict=FOR, values={"km": km})
        return near if km else Reason(code="here", verdict=FOR)
    if need.remote and remote:
        return Reason(code="remote", verdict=FOR)
    if anywhere:
        return Reason(code="remote", verdict=BARS)
    if reach <= 0:
        return Reason(code="place", verdict=BARS)
    if km is None:
        return Reason(code="near", verdict=UNKNOWN)
    return Reason(code="far", verdict=BARS, values={"km": km, "reach": reach})


def band(place: Reason) -> int:
    """Return the place in the order that a reason of ``place_of`` gives, 0 for the nearest."""
    if place.verdict is UNKNOWN:
        return PLACES - 1
    if place.code == "remote":
        return PLACES - 2
    return band_of(int(place.values.get("km", 0)))


def _standing(need: Need, card: Card, now: datetime) -> Iterator[Reason]:
    today = now.toordinal()
    if card.paused_until >= today:
        yield Reason(code="paused", verdict=BARS, values={"day": card.paused_until})
    elif not is_active(card.state, card.paused_until, today):
        yield Reason(code="state", verdict=BARS)
    if not card.ready:
        yield Reason(code="ready", verdict=BARS)
    if card.pending:
        yield Reason(code="pending", verdict=AGAINST)
    if card.box in need.excluded:
        yield Reason(code="excluded", verdict=BARS)


def _languages(need: Need, card: Card) -> Iterator[Reason]:
    if not need.languages:
        return
    spoken = best_of((same_language(tag), fluency) for tag, fluency in card.languages)
    wanted = dict.fromkeys(map(same_language, need.languages))
    tag = max(wanted, key=lambda tag: spoken.get(tag, 0))
    fluency = spoken.get(tag, 0)
    if fluency < need.fluency:
        yield Reason(code="language", verdict=BARS)
    else:
        yield Reason(code="language", verdict=FOR, values={"language": tag, "fluency": fluency})


def _skills(need: Need, card: Card) -> Iterator[Reason]:
    has = best_of(card.skills)
    for code, lacking, skills in (
        ("skill", BARS, need.required),
        ("wished", AGAINST, need.wished),
    ):
        for skill in skills:
            level = has.get(skill.code, 0)
            found = level >= skill.level
            yield Reason(
                code=code,
                verdict=FOR if found else lacking,
                values={"skill": skill.code, "level": level if found else int(skill.level)},
            )


def _gates(need: Need, card: Card, now: datetime) -> Iterator[Reason]:
    day = gate_day(need, now)
    held = {code for code, until in card.gates if not until or until >= day}
    for gate in need.gates:
        yield Reason(code="gate", verdict=FOR if gate in held else BARS, values={"gate": gate})


def _gender(need: Need, card: Card) -> Iterator[Reason]:
    if need.gender is not Gender.UNSAID:
        yield Reason(code="gender", verdict=FOR if card.gender == need.gender else BARS)


def _time(need: Need, candidate: Candidate, now: datetime) -> Iterator[Reason]:
    card = candidate.card
    if need.start is None or need.end is None:
        if gone := [away for away in _away(card, now.toordinal()) if not away[2]]:
            last = max(last for _, last, _ in gone)
            yield Reason(code="away", verdict=AGAINST, values={"day": last})
        return
    zone = zone_of(card.zone)
    hours = NEVER if zone is None else card.hours
    yield _free(card, hours, touched(need.start, need.end, zone or UTC))
    start, end = need.start.timestamp(), need.end.timestamp()
    if any(first.timestamp() < end and start < last.timestamp() for first, last in candidate.busy):
        yield Reason(code="overlap", verdict=BARS)


def _free(card: Card, hours: Sequence[int], days: Touched) -> Reason:
    """Say whether somebody is free at all hours of these days; who is away on one is not."""
    at_work = unsaid = False
    for day, wanted in days.items():
        away = _away(card, day)
        if not all(free for _, _, free in away):
            return Reason(code="away", verdict=BARS, values={"day": day})
        if away:
            continue
        unsaid = unsaid or not any(hours)
        at_work = at_work or wanted & ~hours[(day - 1) % 7] != 0
    if unsaid:
        return Reason(code="hours", verdict=UNKNOWN)
    return Reason(code="hours", verdict=BARS if at_work else FOR)


def _away(card: Card, day: int) -> list[tuple[int, int, bool]]:
    return [away for away in card.away if away[0] <= day <= away[1]]


def _burden(candidate: Candidate, now: datetime) -> Iterator[Reason]:
    tasks, limit = candidate.load, candidate.card.load
    if tasks <= 0 < limit:
        yield Reason(code="load", verdict=FOR)
    else:
        verdict = BARS if tasks >= limit else AGAINST
        yield Reason(code="load", verdict=verdict, values={"tasks": tasks, "limit": limit})
    days = now.toordinal() - candidate.asked
    if candidate.asked and days < LATELY:
        yield Reason(code="asked", verdict=AGAINST, values={"days": days})
    else:
        yield Reason(code="asked", verdict=FOR)
