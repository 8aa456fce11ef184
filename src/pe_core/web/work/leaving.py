"""A pause, going on, leaving, coming back, and taking a copy of one's own data along."""

from typing import Any

from litestar import Response
from litestar.handlers import HTTPRouteHandler

from pe_core.desk.own_record import apply_again, export_own, go_on, leave, pause
from pe_core.errors import NotAllowed
from pe_core.rules.profiles import read_day
from pe_core.rules.volunteering import KEEP_OVER
from pe_core.web.guards.caller import fields_of, session_of
from pe_core.web.guards.cookies import clear_cookie, clear_site
from pe_core.web.guards.routes import get_page, post_page
from pe_core.web.pages import redirect, render
from pe_core.web.portal import PageRequest, desk_of, language_of
from pe_core.web.staff.step_up import step_up
from pe_core.web.staff.words import say

WORK = "/{language:str}/work"
EXPORT_NAME = "my-data.json"
"""What the file is called on somebody's disk: it names neither us nor them."""
_DATE_PARTS = ("day", "month", "year")


@get_page(f"{WORK}/pause", guard="volunteer")
async def show_pause(request: PageRequest) -> Response[str]:
    """Ask until when somebody takes no tasks."""
    return _pause_page(request)


@post_page(f"{WORK}/pause", guard="volunteer")
async def take_pause(request: PageRequest) -> Response[Any]:
    """Begin a pause, or end the one there is."""
    desk, session, fields = desk_of(request), session_of(request), fields_of(request)
    if fields.one("act") == "go_on":
        await go_on(desk, session)
        return redirect(f"/{language_of(request)}/work?done=back")
    typed = [fields.one(f"until-{part}") for part in _DATE_PARTS]
    until = read_day(typed)
    if until is None:
        return _pause_page(request, typed, say(request, "core.problem.not_a_date"))
    try:
        await pause(desk, session, until)
    except NotAllowed as error:
        if error.key != "work.pause.not_so":
            raise
        return _pause_page(request, typed, say(request, error.key))
    return redirect(f"/{language_of(request)}/work?done=paused")


@get_page(f"{WORK}/leave", guard="volunteer")
async def show_leave(request: PageRequest) -> Response[str]:
    """Say what leaving ends, with its one button."""
    return render(request, "work/leave.html", here="home", weeks=KEEP_OVER)


@post_page(f"{WORK}/leave", guard="volunteer")
async def take_leave(request: PageRequest) -> Response[Any]:
    """Leave, and end the session."""
    await leave(desk_of(request), session_of(request))
    response = redirect(f"/{language_of(request)}/staff/locked?after=left")
    return clear_site(clear_cookie(request, response, "pe_staff"))


@post_page(f"{WORK}/again", guard="volunteer")
async def take_again(request: PageRequest) -> Response[Any]:
    """Come back: what was said is given to the coordinators anew."""
    await apply_again(desk_of(request), session_of(request))
    return redirect(f"/{language_of(request)}/work?done=again")


@get_page(f"{WORK}/export", guard="volunteer")
async def show_export(request: PageRequest) -> Response[str]:
    """Say what the copy holds, before it is made."""
    return render(request, "work/export.html", here="home")


@post_page(f"{WORK}/export", guard="volunteer")
async def take_export(request: PageRequest) -> Response[Any]:
    """Send the copy, once the passphrase was typed again."""
    problems = await step_up(request)
    if problems:
        return render(request, "work/export.html", status=422, here="home", problems=problems)
    content = await export_own(desk_of(request), session_of(request))
    return Response(
        content,
        media_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="{EXPORT_NAME}"'},
    )


def _pause_page(
    request: PageRequest, typed: list[str] | None = None, wrong: str = ""
) -> Response[str]:
    return render(
        request,
        "work/pause.html",
        status=422 if wrong else 200,
        here="home",
        typed=typed or ["", "", ""],
        wrong=wrong,
        problems=[("until", wrong)] if wrong else [],
    )


ROUTES: tuple[HTTPRouteHandler, ...] = (
    show_pause,
    take_pause,
    show_leave,
    take_leave,
    take_again,
    show_export,
    take_export,
)
