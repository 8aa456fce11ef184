"""How a volunteer wants to be rung, and whether the server may read the address."""

from collections.abc import Sequence
from typing import Any

from litestar import Response
from litestar.handlers import HTTPRouteHandler

from pe_core.desk.own_ways import WHEN, TypedWay, read_ways, set_ways, ways_gone, when_of
from pe_core.errors import Conflict
from pe_core.model import Problem, Profile, Way
from pe_core.model.struct import Model
from pe_core.web.guards.caller import fields_of, session_of
from pe_core.web.guards.refusals import refusal
from pe_core.web.guards.routes import get_page, post_page
from pe_core.web.pages import redirect
from pe_core.web.portal import PageRequest, desk_of, language_of
from pe_core.web.staff.words import say
from pe_core.web.work.parts import explain, next_address, own_profile, part_page, paths_of

WAYS_LIMIT = 9
"""Notifiers that a page can ask about."""
Words = list[tuple[str, str]]


class WayView(Model):
    """One notifier as the page shows it."""

    number: int
    title: str
    hint: str
    address: str
    when: str
    readable: bool


@get_page(paths_of("ways"), guard="volunteer")
async def show_ways(request: PageRequest) -> Response[str]:
    """Ask by which ways somebody wants to be rung."""
    profile = await own_profile(request)
    return _page(request, profile, _said(request, profile))


@post_page(paths_of("ways"), guard="volunteer")
async def take_ways(request: PageRequest) -> Response[Any]:
    """Keep the ways, and in clear only what its owner said may be."""
    desk, session = desk_of(request), session_of(request)
    typed = _typed(request)
    ways, problems = read_ways(desk, typed)
    profile = await own_profile(request)
    if problems:
        return _page(request, profile, typed, _explained(request, typed, problems))
    try:
        await set_ways(desk, session, ways, fields_of(request).all("forget"))
    except Conflict:
        conflict = Problem(field="", code="conflict")
        return _page(request, profile, typed, explain(request, [conflict]), (conflict,))
    return redirect(next_address(request, "ways", profile))


def _page(
    request: PageRequest,
    profile: Profile,
    typed: Sequence[TypedWay],
    words: Words | None = None,
    problems: tuple[Problem, ...] = (),
) -> Response[str]:
    gone = ways_gone(desk_of(request), profile)
    if not typed and not gone:
        raise refusal("not_found")
    wrong = tuple(Problem(field=field, code="way") for field, _ in words or ())
    return part_page(
        request,
        "ways",
        "ways",
        profile,
        problems or wrong,
        words=words,
        ways=[
            WayView(
                number=number,
                title=say(request, f"{one.notifier}.title"),
                hint=say(request, f"{one.notifier}.hint"),
                address=one.address,
                when=one.when,
                readable=one.readable,
            )
            for number, one in enumerate(typed, 1)
        ],
        gone=[_gone_option(request, way) for way in gone],
        times=[(name, say(request, f"work.ways.when_{name}")) for name in WHEN],
    )


def _gone_option(request: PageRequest, way: Way) -> tuple[str, str, str]:
    readable = say(request, "work.ways.gone_readable") if way.readable else ""
    return way.notifier, way.address, readable


def _said(request: PageRequest, profile: Profile) -> list[TypedWay]:
    known = {way.notifier: way for way in profile.ways}
    return [
        TypedWay(
            notifier=name,
            address=known[name].address if name in known else "",
            when=when_of(known[name]) if name in known else "any",
            readable=name in known and known[name].readable,
        )
        for name in _notifiers(request)
    ]


def _typed(request: PageRequest) -> list[TypedWay]:
    fields = fields_of(request)
    return [
        TypedWay(
            notifier=name,
            address=fields.one(f"address-{number}"),
            when=fields.one(f"when-{number}") or "any",
            readable=fields.one(f"readable-{number}") == "yes",
        )
        for number, name in enumerate(_notifiers(request), 1)
    ]


def _notifiers(request: PageRequest) -> list[str]:
    return list(desk_of(request).plugins.notifiers)[:WAYS_LIMIT]


def _explained(
    request: PageRequest, typed: Sequence[TypedWay], problems: Sequence[tuple[int, Problem]]
) -> Words:
    """Return each problem in the notifier's own words, if it has some."""
    texts, language = desk_of(request).texts, language_of(request)
    found: Words = []
    for place, problem in problems:
        own = f"{typed[place - 1].notifier}.problem.{problem.code}"
        if texts.has(language, own):
            found.append((problem.field, texts.text(language, own)))
        else:
            found += explain(request, [problem])
    return found


ROUTES: tuple[HTTPRouteHandler, ...] = (
    show_ways,
    take_ways,
)
