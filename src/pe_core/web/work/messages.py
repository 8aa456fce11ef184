"""What a volunteer and the coordinators write to each other."""

from typing import Any

from litestar import Response
from litestar.handlers import HTTPRouteHandler

from pe_core.desk.volunteer_notes import NOTE_LIMIT, read_notes, write_note
from pe_core.desk.volunteers import read_own
from pe_core.errors import Conflict, TooMany
from pe_core.model.struct import Model
from pe_core.rules.texts import direction, show_time
from pe_core.web.guards.caller import fields_of, session_of
from pe_core.web.guards.routes import get_page, post_page
from pe_core.web.pages import redirect, render
from pe_core.web.portal import PageRequest, desk_of, language_of
from pe_core.web.staff.words import say
from pe_core.web.work.parts import explain

PATH = "/{language:str}/work/messages"


class NoteView(Model):
    """An entry as the page shows it."""

    team: bool
    at: str
    text: str
    language: str
    dir: str


@get_page(PATH, guard="volunteer")
async def show_messages(request: PageRequest) -> Response[str]:
    """Show what was written, and a place to write."""
    return await _page(request)


@post_page(PATH, guard="volunteer")
async def take_message(request: PageRequest) -> Response[Any]:
    """Send a message to the coordinators; one that cannot be taken stays on the page."""
    desk, session, typed = desk_of(request), session_of(request), fields_of(request).one("text")
    known = await read_own(desk, session)
    try:
        problem = await write_note(desk, session, known, typed, language_of(request))
    except (Conflict, TooMany) as error:
        key = error.key if isinstance(error, TooMany) else "work.problem.conflict"
        status = 429 if isinstance(error, TooMany) else 409
        return await _page(request, [("text", say(request, key))], typed, status)
    if problem is not None:
        return await _page(request, explain(request, [problem]), typed)
    return redirect(f"/{language_of(request)}/work/messages")


async def _page(
    request: PageRequest,
    problems: list[tuple[str, str]] | None = None,
    typed: str = "",
    status: int = 422,
) -> Response[str]:
    desk, session, language = desk_of(request), session_of(request), language_of(request)
    known = await read_own(desk, session)
    notes, zone = await read_notes(desk, session, known), known.profile.zone
    return render(
        request,
        "work/messages.html",
        status=status if problems else 200,
        here="messages",
        notes=[
            NoteView(
                team=written.team,
                at=show_time(written.note.at, zone, language),
                text=written.note.text,
                language=written.note.language,
                dir=direction(written.note.language),
            )
            for written in notes
        ],
        typed=typed,
        longest=NOTE_LIMIT,
        problems=problems or [],
        wrong=problems[0][1] if problems else "",
    )


ROUTES: tuple[HTTPRouteHandler, ...] = (show_messages, take_message)
