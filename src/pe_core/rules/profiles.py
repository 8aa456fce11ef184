"""Reading what a volunteer types of themselves, one part at a time.

Each reader returns the profile with the part changed, or as it was with what is wrong. The
field of a problem is its input's name; those of rows end in the row's number from 1 on.
"""

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from enum import IntEnum
from typing import TypeVar

import msgspec

from pe_core.model import (
    Away,
    Fluency,
    Gender,
    Problem,
    Profile,
    Skill,
    Skilled,
    Spoken,
)
from pe_core.model.volunteer import ANYWHERE
from pe_core.rules.forms import read_question
from pe_core.rules.questions import Question
from pe_core.rules.week_grid import hours_of, is_zone, read_cell

E = TypeVar("E", bound=IntEnum)
Read = tuple[Profile, tuple[Problem, ...]]
Row = tuple[str, str]
"""What a row holds: a language's tag or a skill's code, and the level as it was typed."""

LANGUAGES_LIMIT = 24
AWAY_LIMIT = 20
LONGEST_AWAY = timedelta(days=366)
REACHES = (0, 5, 10, 25, 50, 100, 300, ANYWHERE)
"""Kilometres that may be chosen; 0 is not to go anywhere."""
LOADS = (1, 2, 3, 5)
"""How many tasks at once may be chosen."""
NOTE_LIMIT = 2000
NOTE = Question(field="note", key="work.note", kind="long", required=False, longest=NOTE_LIMIT)
_DAY = Question(field="day", key="work.away", kind="date")


def read_languages(
    profile: Profile, rows: Sequence[Row], known: Collection[str], offered: Collection[str]
) -> Read:
    """Read the languages; ``known`` may be named, ``offered`` ones need no level."""
    found: dict[str, Spoken] = {}
    problems = []
    for place, (tag, typed) in enumerate(rows, 1):
        fluency = _level(Fluency, typed)
        if not tag or (not typed and tag in offered):
            continue
        if tag not in known:
            problems.append(Problem(field=f"language-{place}", code="language_unknown"))
        elif fluency is None:
            problems.append(Problem(field=f"fluency-{place}", code="level"))
        elif tag in found:
            problems.append(Problem(field=f"language-{place}", code="language_twice"))
        else:
            found[tag] = Spoken(tag=tag, fluency=fluency)
    if not problems and not found:
        problems.append(Problem(field="fluency-1", code="language_none"))
    if problems:
        return profile, tuple(problems)
    languages = tuple(found.values())[:LANGUAGES_LIMIT]
    return msgspec.structs.replace(profile, languages=languages), ()


def read_skills(profile: Profile, rows: Sequence[Row], known: Collection[str]) -> Read:
    """Read the skills; those whose plugin is gone for now are kept as they are."""
    found = {skill.code: skill for skill in profile.skills if skill.code not in known}
    problems = []
    for place, (code, typed) in enumerate(rows, 1):
        level = _level(Skilled, typed)
        if typed and level is None:
            problems.append(Problem(field=f"level-{place}", code="level"))
        elif level is not None and code in known:
            found[code] = Skill(code=code, level=level)
    if not problems and not found:
        problems.append(Problem(field="level-1", code="skill_none"))
    if problems:
        return profile, tuple(problems)
    return msgspec.structs.replace(profile, skills=tuple(found.values())), ()


def read_place(
    profile: Profile, city: str, reach: str, remote: bool, cities: Collection[str]
) -> Read:
    """Read where somebody helps: near one of the cities, elsewhere (''), from afar.

    A reach that was brought in from a table may stay, whatever the form offers.
    """
    problems = []
    if city and city not in cities:
        problems.append(Problem(field="city", code="not_an_option"))
    if reach not in {str(kilometres) for kilometres in reaches_of(profile)}:
        problems.append(Problem(field="reach", code="not_an_option"))
    elif reach == "0" and not remote:
        problems.append(Problem(field="reach", code="place_none"))
    if problems:
        return profile, tuple(problems)
    return msgspec.structs.replace(profile, city=city, reach=int(reach), remote=remote), ()


def reaches_of(profile: Profile) -> tuple[int, ...]:
    """Return the kilometres that somebody may choose: what they go now is among them."""
    return tuple(sorted({*REACHES, profile.reach}))


def loads_of(profile: Profile) -> tuple[int, ...]:
    """Return how many tasks at once somebody may choose; as many as now is among them."""
    return tuple(sorted({*LOADS, profile.load}))


def read_hours(profile: Profile, ticked: Sequence[str]) -> Read:
    """Read the weekly hours from the ticked cells; none at all is an answer too."""
    cells = [read_cell(typed) for typed in ticked]
    if None in cells:
        return profile, (Problem(field="hours", code="not_an_option"),)
    hours = hours_of((cell for cell in cells if cell is not None), profile.hours)
    return msgspec.structs.replace(profile, hours=hours), ()


def read_zone(profile: Profile, zone: str) -> Read:
    """Read the zone of somebody's own clocks."""
    if not is_zone(zone):
        return profile, (Problem(field="zone", code="zone"),)
    return msgspec.structs.replace(profile, zone=zone), ()


def read_away(
    profile: Profile, first: Sequence[str], last: Sequence[str], free: bool, today: date
) -> Read:
    """Add days on which the weekly hours do not hold; what is past is forgotten."""
    begins, ends = read_day(first), read_day(last)
    problems = []
    if begins is None:
        problems.append(Problem(field="first", code="not_a_date"))
    if ends is None:
        problems.append(Problem(field="last", code="not_a_date"))
    kept = [away for away in profile.away if away.last >= today]
    if begins is not None and ends is not None:
        if ends < begins:
            problems.append(Problem(field="last", code="away_backwards"))
        elif ends < today:
            problems.append(Problem(field="last", code="away_past"))
        elif ends - begins > LONGEST_AWAY:
            problems.append(Problem(field="last", code="away_long"))
        elif len(kept) >= AWAY_LIMIT:
            problems.append(Problem(field="first", code="away_many"))
        else:
            kept.append(Away(first=begins, last=ends, free=free))
    if problems:
        return profile, tuple(problems)
    kept.sort(key=lambda away: (away.first, away.last))
    return msgspec.structs.replace(profile, away=tuple(kept)), ()


def without_away(profile: Profile, place: str) -> Profile:
    """Return the profile without the days at ``place``, counted from 0; none such, as it was."""
    kept = [away for at, away in enumerate(profile.away) if str(at) != place]
    return msgspec.structs.replace(profile, away=tuple(kept))


def read_load(profile: Profile, load: str) -> Read:
    """Read how many tasks at once somebody takes; as many as before is an answer too."""
    if load not in {str(number) for number in loads_of(profile)}:
        return profile, (Problem(field="load", code="not_an_option"),)
    return msgspec.structs.replace(profile, load=int(load)), ()


def read_gender(profile: Profile, gender: str) -> Read:
    """Read what an asker may wish of a helper; it may be left unsaid."""
    if gender not in {one.value for one in Gender}:
        return profile, (Problem(field="gender", code="not_an_option"),)
    return msgspec.structs.replace(profile, gender=Gender(gender)), ()


def read_note(profile: Profile, typed: str) -> Read:
    """Read what somebody wants the coordinators to know besides."""
    value = read_question(NOTE, [typed])
    if isinstance(value, Problem):
        return profile, (value,)
    return msgspec.structs.replace(profile, note=str(value or "")), ()


def read_day(parts: Sequence[str]) -> date | None:
    """Return the day that was typed as day, month and year; None if there is no such day."""
    value = read_question(_DAY, parts)
    return date.fromisoformat(value) if isinstance(value, str) else None


def missing_parts(profile: Profile) -> tuple[str, ...]:
    """Return the parts without which the coordinators could not know where to begin."""
    said = {
        "languages": bool(profile.languages),
        "skills": bool(profile.skills),
        "place": bool(profile.reach) or profile.remote,
    }
    return tuple(part for part, is_said in said.items() if not is_said)


def _level(kind: type[E], typed: str) -> E | None:
    return next((level for level in kind if str(int(level)) == typed), None)
