"""How much somebody takes on, who they are to askers who wish it, what plugins ask, a note."""

from collections.abc import Sequence
from typing import Any

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from pe_core.desk.own_answers import Asked, answers_to, asked_of, with_answer
from pe_core.model import Gender, Profile
from pe_core.rules.profiles import NOTE_LIMIT, loads_of, read_gender, read_load, read_note
from pe_core.rules.texts import show_number
from pe_core.web.guards.caller import fields_of
from pe_core.web.guards.refusals import refusal
from pe_core.web.guards.routes import get_page, post_page
from pe_core.web.portal import PageRequest, desk_of, language_of
from pe_core.web.public.questions import ANSWER, input_values, options_of, typed_answer
from pe_core.web.public.wording import problem_words
from pe_core.web.staff.words import say
from pe_core.web.work.parts import Problems, keep_part, own_profile, part_page, paths_of


@get_page(paths_of("load"), guard="volunteer")
async def show_load(request: PageRequest) -> Response[str]:
    """Ask how many tasks at once somebody takes."""
    profile = await own_profile(request)
    return _load_page(request, profile, str(profile.load))


@post_page(paths_of("load"), guard="volunteer")
async def take_load(request: PageRequest) -> Response[Any]:
    """Keep how many tasks at once somebody takes."""
    load = fields_of(request).one("load")
    return await keep_part(
        request,
        "load",
        lambda profile: read_load(profile, load),
        lambda profile, problems: _load_page(request, profile, load, problems),
    )


@get_page(paths_of("gender"), guard="volunteer")
async def show_gender(request: PageRequest) -> Response[str]:
    """Ask what an asker may wish of a helper; nobody has to say."""
    profile = await own_profile(request)
    return _gender_page(request, profile, profile.gender.value)


@post_page(paths_of("gender"), guard="volunteer")
async def take_gender(request: PageRequest) -> Response[Any]:
    """Keep what was said, or that it is left unsaid."""
    gender = fields_of(request).one("gender")
    return await keep_part(
        request,
        "gender",
        lambda profile: read_gender(profile, gender),
        lambda profile, problems: _gender_page(request, profile, gender, problems),
    )


@get_page(paths_of("note"), guard="volunteer")
async def show_note(request: PageRequest) -> Response[str]:
    """Ask what the coordinators should know besides."""
    profile = await own_profile(request)
    return _note_page(request, profile, profile.note)


@post_page(paths_of("note"), guard="volunteer")
async def take_note(request: PageRequest) -> Response[Any]:
    """Keep the note."""
    note = fields_of(request).one("note")
    return await keep_part(
        request,
        "note",
        lambda profile: read_note(profile, note),
        lambda profile, problems: _note_page(request, profile, note, problems),
    )


@get_page(paths_of("asked/{number:int}"), guard="volunteer")
async def show_asked(request: PageRequest, number: FromPath[int]) -> Response[str]:
    """Ask one question of a country plugin."""
    profile = await own_profile(request)
    asked = _asked_at(request, profile, number)
    given = answers_to(asked.form, profile).get(asked.question.field)
    return _asked_page(request, profile, asked, input_values(asked.question, given))


@post_page(paths_of("asked/{number:int}"), guard="volunteer")
async def take_asked(request: PageRequest, number: FromPath[int]) -> Response[Any]:
    """Keep the answer with its question's text as it was seen."""
    asked = _asked_at(request, await own_profile(request), number)
    typed = typed_answer(asked.question, fields_of(request))
    desk, language = desk_of(request), language_of(request)
    return await keep_part(
        request,
        f"asked/{number}",
        lambda profile: with_answer(desk, profile, asked, typed, language),
        lambda profile, problems: _asked_page(request, profile, asked, typed, problems),
    )


def _load_page(
    request: PageRequest, profile: Profile, load: str, problems: Problems = ()
) -> Response[str]:
    language = language_of(request)
    options = [(str(number), show_number(number, language)) for number in loads_of(profile)]
    return _choice_page(request, "load", profile, options, load, problems)


def _gender_page(
    request: PageRequest, profile: Profile, gender: str, problems: Problems = ()
) -> Response[str]:
    named = (Gender.WOMAN, Gender.MAN)
    options = [(one.value, say(request, f"work.gender.{one.value}")) for one in named]
    options.append(("", say(request, "work.gender.unsaid")))
    return _choice_page(request, "gender", profile, options, gender, problems)


def _choice_page(
    request: PageRequest,
    part: str,
    profile: Profile,
    options: Sequence[tuple[str, str]],
    chosen: str,
    problems: Problems,
) -> Response[str]:
    about = {name: say(request, f"work.{part}.{name}") for name in ("title", "hint", "why", "sees")}
    return part_page(
        request,
        part,
        "choice",
        profile,
        problems,
        options=options,
        chosen=chosen,
        about=about,
    )


def _note_page(
    request: PageRequest, profile: Profile, note: str, problems: Problems = ()
) -> Response[str]:
    return part_page(request, "note", "note", profile, problems, note=note, longest=NOTE_LIMIT)


def _asked_page(
    request: PageRequest,
    profile: Profile,
    asked: Asked,
    values: Sequence[str],
    problems: Problems = (),
) -> Response[str]:
    desk, language = desk_of(request), language_of(request)
    own = [problem for problem in problems if problem.code != "conflict"]
    return part_page(
        request,
        f"asked/{asked.number}",
        "asked_of_me",
        profile,
        problems,
        words=[(ANSWER, problem_words(desk, asked.form, one, language)) for one in own],
        question=asked.question,
        name=ANSWER,
        options=options_of(request, asked.question),
        values=values,
    )


def _asked_at(request: PageRequest, profile: Profile, number: int) -> Asked:
    found = next((one for one in asked_of(desk_of(request), profile) if one.number == number), None)
    if found is None:
        raise refusal("not_found")
    return found


ROUTES: tuple[HTTPRouteHandler, ...] = (
    show_load,
    take_load,
    show_gender,
    take_gender,
    show_asked,
    take_asked,
    show_note,
    take_note,
)
