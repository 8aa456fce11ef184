"""Shifts: the list of them, the form of a new one, and a plan for the printer without names."""

from typing import Any

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from msgspec.structs import replace

from pe_core.desk.reminding import count_swaps, remind
from pe_core.desk.shifts import list_shifts, make_shift, shift_problems
from pe_core.desk.trail import record
from pe_core.model import CallId, Problem, Shift
from pe_core.model.trail import Act
from pe_core.rules.texts import show_number
from pe_core.web.guards.caller import fields_of, session_of
from pe_core.web.guards.routes import get_page, post_page
from pe_core.web.pages import redirect, render
from pe_core.web.portal import PageRequest, desk_of, language_of
from pe_core.web.staff.address import address
from pe_core.web.staff.filters import ListLink
from pe_core.web.staff.need_form import (
    FIXED,
    THERE,
    TypedNeed,
    compose_fields,
    language_tags,
    offer_fields,
    read_need_form,
)
from pe_core.web.staff.shift_words import shift_address, shift_line, when_words
from pe_core.web.staff.words import count, explain, say

PATH = "/{language:str}/staff/shifts"
TIMES = ("day", "start", "end")


@get_page(PATH, guard="coordinator")
async def show_shifts(request: PageRequest) -> Response[str]:
    """Show the shifts, the next first; whoever is to be reminded today is."""
    desk, session = desk_of(request), session_of(request)
    rung = await remind(desk, session)
    views = await list_shifts(desk, session)
    return render(
        request,
        "staff/shifts.html",
        here="shifts",
        ahead=[shift_line(request, view) for view in views if not view.body.over],
        over=[shift_line(request, view) for view in views if view.body.over],
        rung=count(request, "staff.shifts.reminded", rung) if rung else "",
    )


async def swaps_figure(request: PageRequest) -> list[ListLink]:
    """Return how many would give away a place in a shift; nothing if nobody would."""
    number = await count_swaps(desk_of(request), session_of(request))
    if not number:
        return []
    return [
        ListLink(
            name="swaps",
            words=say(request, "staff.requests.figure_swaps"),
            number=show_number(number, language_of(request)),
            address=f"/{language_of(request)}/staff/shifts",
            current=False,
            empty=False,
        )
    ]


@get_page(f"{PATH}/print", guard="coordinator")
async def show_plan(request: PageRequest) -> Response[str]:
    """Show when and how many are wanted, for the printer; the trail knows of it."""
    desk, session, language = desk_of(request), session_of(request), language_of(request)
    views = await list_shifts(desk, session)
    await record(desk, session.box, Act.PRINTED, "shifts")
    return render(
        request,
        "staff/shifts_print.html",
        here="shifts",
        lines=[
            (
                when_words(request, view),
                show_number(view.body.need.places, language),
                show_number(view.taken, language),
            )
            for view in views
            if not view.body.over
        ],
    )


@get_page(f"{PATH}/new", guard="coordinator")
async def show_new_shift(request: PageRequest) -> Response[str]:
    """Show the form."""
    return await _form(request, TypedNeed(language=language_of(request), place=THERE))


@post_page(f"{PATH}/new", guard="coordinator")
async def take_new_shift(request: PageRequest) -> Response[Any]:
    """Make the shift, or say all that is wrong with it at once."""
    desk, session = desk_of(request), session_of(request)
    typed = replace(read_need_form(fields_of(request)), time=FIXED)
    body, unread = _compose(request, typed)
    # A time that cannot be read is missing as well; one sentence about it is enough.
    said = TIMES if any(problem.field in TIMES for problem in unread) else ()
    found = (problem for problem in shift_problems(desk, body) if problem.field not in said)
    wrong = (*unread, *found)
    if wrong:
        return await _form(request, typed, wrong)
    _, shift = await make_shift(desk, session, body)
    return redirect(address(shift_address(request, shift), done="made"))


def _compose(request: PageRequest, typed: TypedNeed) -> tuple[Shift, tuple[Problem, ...]]:
    desk = desk_of(request)
    need, unread = compose_fields(request, typed, language_tags(request))
    language = typed.language if typed.language in language_tags(request) else language_of(request)
    body = Shift(
        title=typed.title,
        detail=typed.detail,
        language=language,
        need=need,
        call=CallId(""),
        by=session_of(request).box,
        at=desk.now(),
        day=desk.now().date(),
        checklist=typed.checklist if typed.checklist in desk.vocabulary.checklists else "",
    )
    return body, unread


async def _form(
    request: PageRequest, typed: TypedNeed, problems: tuple[Problem, ...] = ()
) -> Response[str]:
    return render(
        request,
        "staff/shift_new.html",
        status=422 if problems else 200,
        here="shifts",
        problems=explain(request, problems),
        **await offer_fields(request, typed, language_tags(request)),
    )


ROUTES: tuple[HTTPRouteHandler, ...] = (show_shifts, show_plan, show_new_shift, take_new_shift)
