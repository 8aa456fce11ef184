"""What a volunteer says, in words: skills, languages, places, hours and days."""

from collections.abc import Iterator, Sequence
from datetime import date

from pe_core.desk.desk import today_of
from pe_core.desk.volunteer_list import gate_mark
from pe_core.model import Gate, Hours, Profile, Skilled
from pe_core.model.struct import Model
from pe_core.model.volunteer import ANYWHERE
from pe_core.rules.texts import show_date, show_number
from pe_core.web.portal import PageRequest, desk_of, language_of
from pe_core.web.staff.words import say, spoken_name


class GateLine(Model):
    """A qualification in words; ``mark`` is "soon" or "over" once its day is near or past."""

    code: str
    words: str
    until: str
    mark: str


def code_words(request: PageRequest, code: str) -> str:
    """Return the words of a skill or qualification; its code if no plugin has it any more.

    A code may have come from another embassy, so it is no key of just any text of ours.
    """
    known = desk_of(request).vocabulary
    return say(request, code) if code in (*known.skills, *known.gates) else code


def skill_words(request: PageRequest, skills: Sequence[tuple[str, int]]) -> list[str]:
    """Return the skills with how well each is mastered, where that is more than a little."""
    return [
        code_words(request, code)
        if level == Skilled.SOME
        else f"{code_words(request, code)} ({say(request, f'staff.skilled.{level}')})"
        for code, level in skills
    ]


def language_words(request: PageRequest, languages: Sequence[tuple[str, int]]) -> list[str]:
    """Return the languages with how well each is spoken."""
    return [
        f"{spoken_name(request, tag)} ({say(request, f'staff.fluency.{fluency}')})"
        for tag, fluency in languages
    ]


def gate_lines(request: PageRequest, gates: Sequence[Gate]) -> list[GateLine]:
    """Return the qualifications with their last days."""
    today = today_of(desk_of(request))
    return [
        GateLine(
            code=gate.code,
            words=code_words(request, gate.code),
            until=show_date(gate.until, language_of(request)) if gate.until else "",
            mark=gate_mark(gate.until, today),
        )
        for gate in gates
    ]


def place_words(request: PageRequest, profile: Profile) -> str:
    """Return where somebody can be, and how far they would go."""
    parts = []
    # Nobody is somewhere else where no city is named.
    if profile.reach and (profile.city or desk_of(request).jurisdiction.cities):
        parts.append(profile.city or say(request, "staff.volunteer.elsewhere"))
    if profile.reach >= ANYWHERE:
        parts.append(say(request, "staff.volunteer.anywhere"))
    elif profile.reach:
        reach = show_number(profile.reach, language_of(request))
        parts.append(say(request, "staff.volunteer.reach", km=reach))
    if profile.remote:
        parts.append(say(request, "staff.volunteer.remote"))
    return ", ".join(parts) or say(request, "staff.volunteer.unsaid")


def hour_lines(request: PageRequest, hours: Hours) -> list[tuple[str, str]]:
    """Return the days of the week on which somebody is free, with the hours of each."""
    return [
        (say(request, f"staff.weekday.{day}"), ", ".join(_spans(mask)))
        for day, mask in enumerate(hours, start=1)
        if mask
    ]


def away_lines(request: PageRequest, profile: Profile) -> list[str]:
    """Return the days on which the week does not hold, those that are past left out."""
    language, today = language_of(request), today_of(desk_of(request))
    return [
        say(
            request,
            f"staff.volunteer.{'free' if away.free else 'away'}",
            first=show_date(away.first, language),
            last=show_date(away.last, language),
        )
        for away in profile.away
        if away.last >= today
    ]


def day_words(request: PageRequest, day: date | None) -> str:
    """Return a day, '' for none."""
    return show_date(day, language_of(request)) if day is not None else ""


def _spans(mask: int) -> Iterator[str]:
    """Yield the hours of a day, those that follow each other together: "18:00-21:00"."""
    start = None
    for hour in range(25):
        free = hour < 24 and mask >> hour & 1
        if free and start is None:
            start = hour
        elif not free and start is not None:
            yield f"{start:02}:00\N{EN DASH}{hour:02}:00"
            start = None
