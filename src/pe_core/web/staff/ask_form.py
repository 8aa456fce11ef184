"""The form of an ask: whom we look for at other embassies, said as a need says it of our own."""

from typing import Any

from pe_core.model import Fluency, Problem, Skill
from pe_core.model.struct import Model
from pe_core.network.preparing import AskWords, check_ask
from pe_core.rules.texts import official_languages
from pe_core.web.guards.body import Fields
from pe_core.web.portal import PageRequest, desk_of, language_of
from pe_core.web.staff.moving import read_date
from pe_core.web.staff.need_form import (
    city_names,
    read_member,
    read_skill,
    skill_options,
    skill_rows,
)
from pe_core.web.staff.need_words import fluency_words
from pe_core.web.staff.words import explain, spoken_options

LANGUAGE_ROWS = 2
_FIRST = {"skills": "skills-1", "languages": "spoken-1"}
"""The first field of those that come in rows: a problem leads there."""


class TypedAsk(Model):
    """What was typed; ``skills`` are a skill, ``required`` or ``wished``, and a level."""

    skills: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    fluency: str = str(int(Fluency.WORKING))
    city: str = ""
    number: str = "1"
    until: tuple[str, str, str] = ("", "", "")


def read_ask_form(fields: Fields) -> TypedAsk:
    """Return what was typed, each choice of the rows once."""
    day, month, year = (fields.one(f"until-{part}").strip() for part in ("day", "month", "year"))
    return TypedAsk(
        skills=_rows(fields, "skill-"),
        languages=_rows(fields, "spoken-")[:LANGUAGE_ROWS],
        fluency=fields.one("fluency"),
        city=fields.one("city"),
        number=fields.one("number").strip(),
        until=(day, month, year),
    )


def ask_fields(typed: TypedAsk) -> list[tuple[str, str]]:
    """Return the fields that say the same again, for the form of a preview."""
    return [
        *((f"skill-{number}", one) for number, one in enumerate(typed.skills, 1)),
        *((f"spoken-{number}", one) for number, one in enumerate(typed.languages, 1)),
        ("fluency", typed.fluency),
        ("city", typed.city),
        ("number", typed.number),
        *zip(("until-day", "until-month", "until-year"), typed.until, strict=True),
    ]


def compose_ask(
    request: PageRequest, typed: TypedAsk, line: str, *, urgent: bool
) -> tuple[AskWords, list[tuple[str, str]]]:
    """Return the ask, with what is wrong with it as (field, words); nothing is left out."""
    desk = desk_of(request)
    # A skill that is not offered stays, under a code that is none, so that it is said to be wrong.
    skills = [
        read_skill(one, desk.vocabulary.skills) or ("required", Skill(code=""))
        for one in typed.skills
    ]
    until = read_date(typed.until)
    words = AskWords(
        required=tuple(skill for kind, skill in skills if kind == "required"),
        wished=tuple(skill for kind, skill in skills if kind == "wished"),
        languages=typed.languages,
        fluency=read_member(Fluency, typed.fluency, Fluency.WORKING),
        city=typed.city,
        number=_read_number(typed.number),
        until=until,
        line=line,
        language=language_of(request),
        urgent=urgent,
    )
    problems = list(check_ask(desk, words))
    if until is None and any(typed.until):
        problems.append(Problem(field="until", code="no_such_day"))
    return words, [(_FIRST.get(field, field), said) for field, said in explain(request, problems)]


def ask_offer(request: PageRequest, typed: TypedAsk) -> dict[str, Any]:
    """Return what the form shows."""
    return {
        "ask": typed,
        "skills": skill_rows(request, typed.skills),
        "skill_options": skill_options(request),
        "languages_spoken": spoken_options(request, official_languages()),
        "chosen_languages": [*typed.languages, *[""] * LANGUAGE_ROWS][:LANGUAGE_ROWS],
        "fluencies": [(str(int(one)), fluency_words(request, one)) for one in Fluency],
        "cities": [(name, name) for name in city_names(request)],
    }


def _rows(fields: Fields, start: str) -> tuple[str, ...]:
    """Return what was chosen in rows whose names begin alike, each once."""
    chosen = (value for name, value in fields.pairs if name.startswith(start) and value)
    return tuple(dict.fromkeys(chosen))


def _read_number(typed: str) -> int:
    """Return a number, 0 for what is none."""
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 4 else 0
