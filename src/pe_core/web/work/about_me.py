"""Everything that a volunteer has said of themselves, and giving it to the coordinators."""

from collections.abc import Callable
from typing import Any

from litestar import Response
from litestar.handlers import HTTPRouteHandler

from pe_core.desk.own_answers import answer_problems, asked_of, stops
from pe_core.desk.own_record import is_whole, send_own
from pe_core.desk.own_ways import ways_gone
from pe_core.desk.volunteers import read_own
from pe_core.errors import NotAllowed
from pe_core.model import Gender, Profile
from pe_core.model.struct import Model
from pe_core.rules.profiles import missing_parts
from pe_core.rules.texts import show_number
from pe_core.rules.week_grid import DAYS, PARTS, cells_of
from pe_core.web.guards.caller import session_of
from pe_core.web.guards.routes import get_page, post_page
from pe_core.web.pages import redirect, render
from pe_core.web.portal import PageRequest, desk_of, language_of
from pe_core.web.public.wording import problem_words
from pe_core.web.staff.words import name_language, say, show_day
from pe_core.web.work.parts import CHANGE, ME
from pe_core.web.work.place_time import show_away_words, show_reach


class RowView(Model):
    """One part as the page sums it up; ``part`` is the end of its address."""

    part: str
    label: str
    shown: str


@get_page(ME, guard="volunteer")
async def show_about_me(request: PageRequest) -> Response[str]:
    """Show everything that was said, each with a way to change it."""
    return await _page(request)


@post_page(ME, guard="volunteer")
async def take_about_me(request: PageRequest) -> Response[Any]:
    """Give it to the coordinators, or say what is still missing."""
    try:
        await send_own(desk_of(request), session_of(request))
    except NotAllowed as error:
        if error.key != "work.incomplete":
            raise
        return await _page(request, sending=True)
    return redirect(f"/{language_of(request)}/work?done=sent")


async def _page(request: PageRequest, *, sending: bool = False) -> Response[str]:
    desk = desk_of(request)
    known = await read_own(desk, session_of(request))
    profile = known.profile
    problems = _missing(request, profile) if sending else []
    return render(
        request,
        "work/about_me.html",
        status=422 if sending else 200,
        here="me",
        rows=_rows(request, profile),
        sent=show_day(request, profile.sent) if profile.sent is not None else "",
        whole=is_whole(desk, profile),
        stops=stops(desk, profile),
        problems=problems,
        change=CHANGE,
    )


def _missing(request: PageRequest, profile: Profile) -> list[tuple[str, str]]:
    """Return what is missing or wrong, each with the part where it is mended."""
    desk, language = desk_of(request), language_of(request)
    found = [(part, say(request, f"work.{part}.missing")) for part in missing_parts(profile)]
    numbers = {asked.key: asked.number for asked in asked_of(desk, profile)}
    for form, problem in answer_problems(desk, profile):
        number = numbers.get(f"{form.name}.{problem.field}")
        words = problem_words(desk, form, problem, language)
        label = say(request, f"{form.name}.{problem.field}.label") if number else ""
        found.append((f"asked/{number}" if number else "", f"{label} {words}".strip()))
    return found


def _rows(request: PageRequest, profile: Profile) -> list[RowView]:
    shown: dict[str, Callable[[PageRequest, Profile], str]] = {
        "languages": _languages,
        "skills": _skills,
        "place": _place,
        "zone": lambda _, profile: profile.zone.replace("_", " "),
        "hours": _hours,
        "away": _away,
        "load": lambda request, profile: show_number(profile.load, language_of(request)),
        "gender": _gender,
    }
    nothing = say(request, "core.check.not_answered")
    answers = {answer.field: answer.shown for answer in profile.answers}
    rows = [
        RowView(
            part=part,
            label=say(request, f"work.{part}.short"),
            shown=show(request, profile) or nothing,
        )
        for part, show in shown.items()
    ]
    rows += [
        RowView(
            part=f"asked/{asked.number}",
            label=say(request, f"{asked.question.key}.label"),
            shown=answers.get(asked.key, nothing),
        )
        for asked in asked_of(desk_of(request), profile)
    ]
    if profile.ways or desk_of(request).plugins.notifiers:
        ways = _ways(request, profile) or nothing
        rows.append(RowView(part="ways", label=say(request, "work.ways.short"), shown=ways))
    note = say(request, "work.note.short")
    return [*rows, RowView(part="note", label=note, shown=profile.note or nothing)]


def _languages(request: PageRequest, profile: Profile) -> str:
    return "\n".join(
        say(
            request,
            "work.level",
            name=name_language(spoken.tag),
            level=say(request, f"work.fluency.{spoken.fluency.name.lower()}"),
        )
        for spoken in profile.languages
    )


def _skills(request: PageRequest, profile: Profile) -> str:
    known = desk_of(request).vocabulary.skills
    return "\n".join(
        say(
            request,
            "work.level",
            name=say(request, skill.code),
            level=say(request, f"work.skilled.{skill.level.name.lower()}"),
        )
        for skill in profile.skills
        if skill.code in known
    )


def _place(request: PageRequest, profile: Profile) -> str:
    lines = [show_reach(request, profile.reach)]
    # Nobody is somewhere else where no city is named.
    if profile.city or desk_of(request).jurisdiction.cities:
        lines.insert(0, profile.city or say(request, "work.place.elsewhere"))
    if profile.remote:
        lines.append(say(request, "work.place.remote"))
    return "\n".join(lines)


def _hours(request: PageRequest, profile: Profile) -> str:
    cells = cells_of(profile.hours)
    lines = []
    for day in DAYS:
        parts = [
            say(request, f"work.part.{part}") for part in range(len(PARTS)) if (day, part) in cells
        ]
        if parts:
            name = say(request, f"work.day.{day}")
            lines.append(say(request, "work.level", name=name, level=", ".join(parts)))
    return "\n".join(lines)


def _away(request: PageRequest, profile: Profile) -> str:
    return "\n".join(show_away_words(request, away) for away in profile.away)


def _ways(request: PageRequest, profile: Profile) -> str:
    gone = ways_gone(desk_of(request), profile)
    lines = [say(request, f"{way.notifier}.title") for way in profile.ways if way not in gone]
    lines += [say(request, "work.ways.gone", address=way.address) for way in gone]
    return "\n".join(lines)


def _gender(request: PageRequest, profile: Profile) -> str:
    if profile.gender is Gender.UNSAID:
        return say(request, "work.gender.unsaid")
    return say(request, f"work.gender.{profile.gender.value}")


ROUTES: tuple[HTTPRouteHandler, ...] = (show_about_me, take_about_me)
