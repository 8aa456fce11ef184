"""The form of a new need or shift: what was typed, what it offers, and what comes of it."""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from enum import IntEnum
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from pe_core.desk.cards import catch_up_cards
from pe_core.model import (
    Answer,
    CallId,
    Fluency,
    Gender,
    HelpRequest,
    Need,
    OpenNeed,
    Problem,
    Skill,
    Skilled,
)
from pe_core.model.struct import Model
from pe_core.rules.needs import DETAIL_LIMIT, MOST_PLACES, TITLE_LIMIT
from pe_core.rules.texts import official_languages
from pe_core.web.guards.body import Fields
from pe_core.web.guards.caller import session_of
from pe_core.web.portal import PageRequest, desk_of, language_of, portal_of
from pe_core.web.staff.moving import read_date
from pe_core.web.staff.need_words import fluency_words, level_words
from pe_core.web.staff.words import say, spoken_name, spoken_options

E = TypeVar("E", bound=IntEnum)
AFAR, THERE, BOTH = "afar", "there", "both"
FREE, FIXED = "free", "fixed"
_TIME = re.compile(r"([01]?[0-9]|2[0-3])(?:[:.]([0-5][0-9]))?")
_SKILL = re.compile(r"(.+):(required|wished):([123])")


class TypedNeed(Model):
    """What a coordinator typed; ``skills`` are a skill, ``required`` or ``wished``, and a level."""

    title: str = ""
    detail: str = ""
    language: str = ""
    answers: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()
    gates: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    fluency: str = str(int(Fluency.WORKING))
    place: str = AFAR
    city: str = ""
    time: str = FREE
    day: tuple[str, str, str] = ("", "", "")
    start: str = ""
    end: str = ""
    places: str = "1"
    gender: str = ""
    checklist: str = ""


def blank_need(request: PageRequest, help_request: HelpRequest) -> TypedNeed:
    """Return the form as it is first shown: in this page's language, for the asker's own."""
    return TypedNeed(language=language_of(request), languages=(help_request.original.language,))


def read_need_form(fields: Fields) -> TypedNeed:
    """Return what was typed; line ends as they are stored, no space around."""
    day, month, year = (fields.one(f"day-{part}").strip() for part in ("day", "month", "year"))
    return TypedNeed(
        title=" ".join(fields.one("title").split()),
        detail=fields.one("detail").replace("\r\n", "\n").strip(),
        language=fields.one("language"),
        answers=tuple(fields.all("answers")),
        skills=tuple(typed for name, typed in fields.pairs if name.startswith("skill-")),
        gates=tuple(fields.all("gates")),
        languages=tuple(filter(None, (*fields.all("languages"), fields.one("language-more")))),
        fluency=fields.one("fluency"),
        place=fields.one("place"),
        city=fields.one("city"),
        time=fields.one("time"),
        day=(day, month, year),
        start=fields.one("start").strip(),
        end=fields.one("end").strip(),
        places=fields.one("places").strip(),
        gender=fields.one("gender"),
        checklist=fields.one("checklist"),
    )


def compose_need(
    request: PageRequest, help_request: HelpRequest, typed: TypedNeed
) -> tuple[OpenNeed, tuple[Problem, ...]]:
    """Return the need, with what of its times cannot be read; choices not offered are left out."""
    desk = desk_of(request)
    here = language_tags(request, help_request.original.language)
    need, problems = compose_fields(request, typed, here)
    body = OpenNeed(
        title=typed.title,
        detail=_whole_detail(help_request.original.answers, typed),
        language=typed.language if typed.language in here else language_of(request),
        need=need,
        by=session_of(request).box,
        at=desk.now(),
        call=CallId(""),
        checklist=typed.checklist if typed.checklist in desk.vocabulary.checklists else "",
    )
    return body, problems


def compose_fields(
    request: PageRequest, typed: TypedNeed, here: Sequence[str]
) -> tuple[Need, tuple[Problem, ...]]:
    """Return what is looked for, with what cannot be read; ``here`` are languages to tick."""
    desk = desk_of(request)
    start, end, problems = _read_times(typed, ZoneInfo(desk.embassy.zone))
    skills = [read_skill(one, desk.vocabulary.skills) for one in typed.skills]
    need = Need(
        required=tuple(skill for kind, skill in filter(None, skills) if kind == "required"),
        wished=tuple(skill for kind, skill in filter(None, skills) if kind == "wished"),
        languages=tuple(tag for tag in _to_tick(typed, here) if tag in typed.languages),
        fluency=read_member(Fluency, typed.fluency, Fluency.WORKING),
        gates=tuple(gate for gate in desk.vocabulary.gates if gate in typed.gates),
        city=typed.city
        if typed.place in (THERE, BOTH) and typed.city in city_names(request)
        else "",
        remote=typed.place not in (THERE, BOTH) or typed.place == BOTH,
        start=start,
        end=end,
        places=int(typed.places) if re.fullmatch("[0-9]{1,3}", typed.places) else 0,
        gender=next((one for one in Gender if one.value == typed.gender), Gender.UNSAID),
    )
    if typed.place == BOTH and not need.city:
        problems = (*problems, Problem(field="city", code="required"))
    return need, problems


async def need_offer(
    request: PageRequest, help_request: HelpRequest, typed: TypedNeed
) -> dict[str, Any]:
    """Return what the form shows."""
    here = language_tags(request, help_request.original.language)
    return {
        **await offer_fields(request, typed, here),
        "asked": [
            (answer.field, answer.question, answer.shown, answer.personal)
            for answer in help_request.original.answers
        ],
    }


async def offer_fields(
    request: PageRequest, typed: TypedNeed, here: Sequence[str]
) -> dict[str, Any]:
    """Return what is offered for whatever is looked for, by a need or a shift."""
    spoken = _to_tick(typed, here)
    cards = await catch_up_cards(desk_of(request), session_of(request))
    known = {tag for card in cards.values() for tag, _ in card.languages}
    vocabulary = desk_of(request).vocabulary
    return {
        "need": typed,
        "title_limit": TITLE_LIMIT,
        "detail_limit": DETAIL_LIMIT,
        "most_places": MOST_PLACES,
        "spoken": [(tag, spoken_name(request, tag)) for tag in spoken],
        "more_languages": spoken_options(request, known.difference(spoken)),
        "brief_language": typed.language,
        "skills": skill_rows(request, typed.skills),
        "skill_options": skill_options(request),
        "gates": [(gate, say(request, gate)) for gate in vocabulary.gates],
        "fluencies": [(str(int(one)), fluency_words(request, one)) for one in Fluency],
        "place_options": [(one, say(request, f"staff.need.place_{one}")) for one in PLACES],
        "cities": [(name, name) for name in city_names(request)],
        "time_options": [(one, say(request, f"staff.need.time_{one}")) for one in (FREE, FIXED)],
        "zone": desk_of(request).embassy.zone,
        "genders": [
            (one.value, say(request, f"staff.need.gender_{one.value or 'any'}")) for one in Gender
        ],
        "checklists": [(name, say(request, f"{name}.title")) for name in vocabulary.checklists],
    }


PLACES = (AFAR, THERE, BOTH)


def language_tags(request: PageRequest, *first: str) -> tuple[str, ...]:
    """Return the languages that are spoken here, ``first`` before the others."""
    tags = (
        *first,
        *portal_of(request).languages,
        *desk_of(request).jurisdiction.languages,
    )
    return tuple(dict.fromkeys(tags))


def _to_tick(typed: TypedNeed, here: Sequence[str]) -> tuple[str, ...]:
    """Return the languages that can be ticked: those of here, and what was chosen beside them."""
    more = (tag for tag in typed.languages if tag in official_languages())
    return tuple(dict.fromkeys((*here, *more)))


def city_names(request: PageRequest) -> tuple[str, ...]:
    """Return the places that somebody can be needed at."""
    return tuple(city.name for city in desk_of(request).jurisdiction.cities)


def skill_rows(request: PageRequest, typed: Sequence[str]) -> list[tuple[str, str, str]]:
    """Return each skill with its words and what is chosen for it."""
    chosen = dict(one.split(":", 1) for one in typed if ":" in one)
    codes = desk_of(request).vocabulary.skills
    return [(code, say(request, code), chosen.get(code, "")) for code in codes]


def skill_options(request: PageRequest) -> list[tuple[str, str]]:
    """Return how much a skill can be wanted, as a form sends it and in words."""
    return [
        (
            f"{kind}:{int(level)}",
            say(request, f"staff.need.skill_{kind}", level=level_words(request, level)),
        )
        for kind in ("required", "wished")
        for level in Skilled
    ]


def read_skill(typed: str, known: Iterable[str]) -> tuple[str, Skill] | None:
    """Return whether a skill is ``required`` or ``wished``, and how well; None if not offered."""
    found = _SKILL.fullmatch(typed)
    if found is None or found[1] not in known:
        return None
    return found[2], Skill(code=found[1], level=Skilled(int(found[3])))


def _whole_detail(answers: Iterable[Answer], typed: TypedNeed) -> str:
    """Return the details with the answers that were ticked, as the asker has them."""
    ticked = (
        f"{answer.question}\n{answer.shown}" for answer in answers if answer.field in typed.answers
    )
    return "\n\n".join(part for part in (typed.detail, *ticked) if part)


def _read_times(
    typed: TypedNeed, zone: ZoneInfo
) -> tuple[datetime | None, datetime | None, tuple[Problem, ...]]:
    """Return beginning and end on the embassy's clocks, or what cannot be read of them.

    An end that is earlier than the beginning is on the next day.
    """
    if typed.time != FIXED:
        return None, None, ()
    problems: list[Problem] = []
    day = _near_enough(read_date(typed.day))
    if day is None:
        code = "no_such_day" if any(typed.day) else "required"
        problems.append(Problem(field="day", code=code))
    clocks = {"start": _read_clock(typed.start), "end": _read_clock(typed.end)}
    for field, clock in clocks.items():
        if clock is None:
            code = "no_such_time" if getattr(typed, field) else "required"
            problems.append(Problem(field=field, code=code))
    first, last = clocks["start"], clocks["end"]
    if day is None or first is None or last is None:
        return None, None, tuple(problems)
    next_day = timedelta(days=1 if last < first else 0)
    moments = {"start": _moment(day, first, zone), "end": _moment(day + next_day, last, zone)}
    problems += [
        Problem(field=field, code="no_such_time") for field, at in moments.items() if at is None
    ]
    if problems:
        return None, None, tuple(problems)
    return moments["start"], moments["end"], ()


def _near_enough(day: date | None) -> date | None:
    """Return a day on which every clock of the world can be told; the first and last have none."""
    return day if day is not None and date.min.year < day.year < date.max.year else None


def _read_clock(typed: str) -> time | None:
    found = _TIME.fullmatch(typed)
    return time(int(found[1]), int(found[2] or 0)) if found else None


def _moment(day: date, clock: time, zone: ZoneInfo) -> datetime | None:
    """Return a moment, None for one that the clocks leave out when they go forward."""
    local = datetime.combine(day, clock, tzinfo=zone)
    there = local.astimezone(UTC)
    return there if there.astimezone(zone).replace(tzinfo=zone) == local else None


def read_member(kind: type[E], typed: str, default: E) -> E:
    """Return the level that a form names, ``default`` for anything else."""
    return next((one for one in kind if str(int(one)) == typed), default)
