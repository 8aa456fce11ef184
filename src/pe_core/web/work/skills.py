"""What somebody speaks and what they can do, each with a level."""

from collections.abc import Mapping, Sequence
from typing import Any

from litestar import Response
from litestar.handlers import HTTPRouteHandler

from pe_core.model import Fluency, Profile, Skilled
from pe_core.model.struct import Model
from pe_core.rules.profiles import LANGUAGES_LIMIT, Row, read_languages, read_skills
from pe_core.rules.texts import official_languages
from pe_core.web.guards.caller import fields_of
from pe_core.web.guards.routes import get_page, post_page
from pe_core.web.portal import PageRequest, desk_of
from pe_core.web.staff.words import name_language, say
from pe_core.web.work.parts import Problems, keep_part, own_profile, part_page, paths_of

EMPTY_ROWS = 2
"""Rows for languages that are not on the page yet."""
SKILLS_LIMIT = 60


class RowView(Model):
    """A row of the page: what it is about, if that is fixed, and the level that is chosen."""

    number: int
    value: str
    name: str
    level: str


@get_page(paths_of("languages"), guard="volunteer")
async def show_languages(request: PageRequest) -> Response[str]:
    """Ask which languages somebody speaks, those of the embassy first."""
    return _languages_page(request, await own_profile(request))


@post_page(paths_of("languages"), guard="volunteer")
async def take_languages(request: PageRequest) -> Response[Any]:
    """Keep the languages and how well each is spoken."""
    typed = _typed_rows(request, "language", "fluency", LANGUAGES_LIMIT)

    def read(profile: Profile) -> tuple[Profile, Problems]:
        known = {*official_languages(), *_offered(request, profile)}
        return read_languages(profile, typed, known, _offered(request, profile))

    return await keep_part(
        request,
        "languages",
        read,
        lambda profile, problems: _languages_page(request, profile, problems, typed),
    )


@get_page(paths_of("skills"), guard="volunteer")
async def show_skills(request: PageRequest) -> Response[str]:
    """Ask what somebody can do."""
    return _skills_page(request, await own_profile(request))


@post_page(paths_of("skills"), guard="volunteer")
async def take_skills(request: PageRequest) -> Response[Any]:
    """Keep the skills and how well each is mastered."""
    typed = _typed_rows(request, "skill", "level", SKILLS_LIMIT)
    known = desk_of(request).vocabulary.skills
    return await keep_part(
        request,
        "skills",
        lambda profile: read_skills(profile, typed, known),
        lambda profile, problems: _skills_page(request, profile, problems, typed),
    )


def _languages_page(
    request: PageRequest,
    profile: Profile,
    problems: Problems = (),
    typed: Sequence[Row] = (),
) -> Response[str]:
    offered = _offered(request, profile)
    levels = {spoken.tag: str(int(spoken.fluency)) for spoken in profile.languages}
    fixed = dict(typed[: len(offered)]) if typed else levels
    more = [*typed[len(offered) :], *[("", "")] * EMPTY_ROWS][:EMPTY_ROWS]
    return part_page(
        request,
        "languages",
        "languages",
        profile,
        problems,
        rows=_rows(offered, fixed),
        more=[
            RowView(number=number, value=tag, name="", level=level)
            for number, (tag, level) in enumerate(more, len(offered) + 1)
        ],
        others=[(tag, name) for tag, name in official_languages().items() if tag not in offered],
        levels=[
            (str(int(level)), say(request, f"work.fluency.{level.name.lower()}"))
            for level in Fluency
        ],
    )


def _skills_page(
    request: PageRequest,
    profile: Profile,
    problems: Problems = (),
    typed: Sequence[Row] = (),
) -> Response[str]:
    levels = {skill.code: str(int(skill.level)) for skill in profile.skills}
    known = desk_of(request).vocabulary.skills[:SKILLS_LIMIT]
    return part_page(
        request,
        "skills",
        "skills",
        profile,
        problems,
        rows=_rows({code: say(request, code) for code in known}, dict(typed) if typed else levels),
        levels=[
            (str(int(level)), say(request, f"work.skilled.{level.name.lower()}"))
            for level in Skilled
        ],
    )


def _fluencies(request: PageRequest) -> list[tuple[str, str]]:
    names = ((one, f"work.fluency.{one.name.lower()}") for one in Fluency)
    return [(str(int(one)), say(request, key)) for one, key in names]


def _masteries(request: PageRequest) -> list[tuple[str, str]]:
    names = ((one, f"work.skilled.{one.name.lower()}") for one in Skilled)
    return [(str(int(one)), say(request, key)) for one, key in names]


def _rows(names: Mapping[str, str], levels: Mapping[str, str]) -> list[RowView]:
    return [
        RowView(number=number, value=value, name=name, level=levels.get(value, ""))
        for number, (value, name) in enumerate(names.items(), 1)
    ]


def _offered(request: PageRequest, profile: Profile) -> dict[str, str]:
    """Return the languages that have a row: the embassy's, and what the person has named."""
    own = (tag.partition("-")[0] for tag in desk_of(request).embassy.languages)
    tags = dict.fromkeys((*own, *(spoken.tag for spoken in profile.languages)))
    return {tag: name_language(tag) for tag in tags}


def _typed_rows(request: PageRequest, what: str, level: str, limit: int) -> list[Row]:
    """Return the rows as they were typed, as many as there are."""
    fields = fields_of(request)
    rows = [(fields.one(f"{what}-{n}"), fields.one(f"{level}-{n}")) for n in range(1, limit + 1)]
    while rows and rows[-1] == ("", ""):
        rows.pop()
    return rows


ROUTES: tuple[HTTPRouteHandler, ...] = (
    show_languages,
    take_languages,
    show_skills,
    take_skills,
)
