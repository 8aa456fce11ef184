"""Where and when somebody can help: place, zone, weekly hours, and days that are different."""

from collections.abc import Sequence
from typing import Any

from litestar import Response
from litestar.handlers import HTTPRouteHandler

from pe_core.desk.desk import today_of
from pe_core.model import Away, Profile
from pe_core.model.volunteer import ANYWHERE
from pe_core.rules.profiles import (
    reaches_of,
    read_away,
    read_hours,
    read_place,
    read_zone,
    without_away,
)
from pe_core.rules.texts import show_date, show_number
from pe_core.rules.week_grid import DAYS, PARTS, cells_of, read_cell, zones
from pe_core.web.guards.caller import fields_of
from pe_core.web.guards.routes import get_page, post_page
from pe_core.web.portal import PageRequest, desk_of, language_of
from pe_core.web.staff.words import say
from pe_core.web.work.parts import (
    Problems,
    keep_part,
    next_address,
    own_profile,
    part_page,
    paths_of,
)

_DATE_PARTS = ("day", "month", "year")


@get_page(paths_of("place"), guard="volunteer")
async def show_place(request: PageRequest) -> Response[str]:
    """Ask where somebody is, how far they go, and whether they help from afar.

    Where the country's plugin names no cities, nobody is asked which is the nearest.
    """
    return _place_page(request, await own_profile(request))


@post_page(paths_of("place"), guard="volunteer")
async def take_place(request: PageRequest) -> Response[Any]:
    """Keep the place."""
    fields = fields_of(request)
    typed = {name: fields.one(name) for name in ("city", "reach", "remote")}
    cities = {city.name for city in desk_of(request).jurisdiction.cities}
    remote = typed["remote"] == "yes"
    return await keep_part(
        request,
        "place",
        lambda profile: read_place(profile, typed["city"], typed["reach"], remote, cities),
        lambda profile, problems: _place_page(request, profile, problems, typed),
    )


@get_page(paths_of("zone"), guard="volunteer")
async def show_zone(request: PageRequest) -> Response[str]:
    """Ask which clocks somebody lives by."""
    profile = await own_profile(request)
    return _zone_page(request, profile, profile.zone)


@post_page(paths_of("zone"), guard="volunteer")
async def take_zone(request: PageRequest) -> Response[Any]:
    """Keep the zone."""
    zone = fields_of(request).one("zone")
    return await keep_part(
        request,
        "zone",
        lambda profile: read_zone(profile, zone),
        lambda profile, problems: _zone_page(request, profile, zone, problems),
    )


@get_page(paths_of("hours"), guard="volunteer")
async def show_hours(request: PageRequest) -> Response[str]:
    """Ask when in the week somebody could help."""
    profile = await own_profile(request)
    return _hours_page(request, profile, [f"{day}-{part}" for day, part in cells_of(profile.hours)])


@post_page(paths_of("hours"), guard="volunteer")
async def take_hours(request: PageRequest) -> Response[Any]:
    """Keep the weekly hours."""
    ticked = fields_of(request).all("hours")
    return await keep_part(
        request,
        "hours",
        lambda profile: read_hours(profile, ticked),
        lambda profile, problems: _hours_page(request, profile, ticked, problems),
    )


@get_page(paths_of("away"), guard="volunteer")
async def show_away(request: PageRequest) -> Response[str]:
    """Ask on which days it is different."""
    return _away_page(request, await own_profile(request))


@post_page(paths_of("away"), guard="volunteer")
async def take_away(request: PageRequest) -> Response[Any]:
    """Add days, or take some away; the page is shown again with those that are there."""
    fields, today = fields_of(request), today_of(desk_of(request))
    if fields.one("remove"):
        place = fields.one("remove")
        return await keep_part(
            request,
            "away",
            lambda profile: (without_away(profile, place), ()),
            lambda profile, problems: _away_page(request, profile, problems),
            stay=True,
        )
    first = [fields.one(f"first-{part}") for part in _DATE_PARTS]
    last = [fields.one(f"last-{part}") for part in _DATE_PARTS]
    free = fields.one("free") == "yes"
    return await keep_part(
        request,
        "away",
        lambda profile: read_away(profile, first, last, free, today),
        lambda profile, problems: _away_page(request, profile, problems, first, last, free),
        stay=True,
    )


def show_away_words(request: PageRequest, away: Away) -> str:
    """Return what one exception says."""
    key = "work.away.free_from_to" if away.free else "work.away.from_to"
    language = language_of(request)
    first, last = show_date(away.first, language), show_date(away.last, language)
    return say(request, key, first=first, last=last)


def show_reach(request: PageRequest, reach: int) -> str:
    """Return how far somebody goes."""
    if reach == 0:
        return say(request, "work.place.reach_none")
    if reach == ANYWHERE:
        return say(request, "work.place.reach_anywhere")
    number = show_number(reach, language_of(request))
    return say(request, "work.place.reach_km", number=number)


def _place_page(
    request: PageRequest,
    profile: Profile,
    problems: Problems = (),
    typed: dict[str, str] | None = None,
) -> Response[str]:
    said = {
        "city": profile.city,
        "reach": str(profile.reach),
        "remote": "yes" if profile.remote else "",
    }
    cities = [(city.name, city.name) for city in desk_of(request).jurisdiction.cities]
    elsewhere = ("", say(request, "work.place.elsewhere"))
    return part_page(
        request,
        "place",
        "place",
        profile,
        problems,
        cities=[*cities, elsewhere] if cities else [],
        reaches=[(str(reach), show_reach(request, reach)) for reach in reaches_of(profile)],
        said=typed if typed is not None else said,
    )


def _zone_page(
    request: PageRequest, profile: Profile, zone: str, problems: Problems = ()
) -> Response[str]:
    home = desk_of(request).embassy.zone
    first = dict.fromkeys((home, *desk_of(request).jurisdiction.zones))
    return part_page(
        request,
        "zone",
        "zone",
        profile,
        problems,
        zones=[*first, *(name for name in zones() if name not in first)],
        zone=zone,
    )


def _hours_page(
    request: PageRequest, profile: Profile, ticked: Sequence[str], problems: Problems = ()
) -> Response[str]:
    parts = [f"{first}\u2013{end % 24}" for first, end in PARTS]
    return part_page(
        request,
        "hours",
        "hours",
        profile,
        problems,
        days=[say(request, f"work.day.{day}") for day in DAYS],
        parts=[(say(request, f"work.part.{place}"), shown) for place, shown in enumerate(parts)],
        ticked=[typed for typed in ticked if read_cell(typed) is not None],
        zone=profile.zone,
    )


def _away_page(
    request: PageRequest,
    profile: Profile,
    problems: Problems = (),
    first: Sequence[str] = ("", "", ""),
    last: Sequence[str] = ("", "", ""),
    free: bool = False,
) -> Response[str]:
    return part_page(
        request,
        "away",
        "away",
        profile,
        problems,
        shown=[show_away_words(request, away) for away in profile.away],
        first=first,
        last=last,
        free=free,
        onward=next_address(request, "away", profile),
    )


ROUTES: tuple[HTTPRouteHandler, ...] = (
    show_place,
    take_place,
    show_zone,
    take_zone,
    show_hours,
    take_hours,
    show_away,
    take_away,
)
