"""One request: what was asked, what was said since, and its files."""

from typing import Any

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from pe_core.desk.requests import open_file, open_request
from pe_core.model import Author, HelpRequest, RequestId, State
from pe_core.rules.lifecycle import may_move
from pe_core.rules.texts import direction, show_date
from pe_core.web.guards.caller import session_of
from pe_core.web.guards.headers import FILE_SECURITY
from pe_core.web.guards.routes import get_page
from pe_core.web.pages import render
from pe_core.web.portal import PageRequest, desk_of, language_of
from pe_core.web.staff.address import query_of
from pe_core.web.staff.offers import move_offer, reply_offer
from pe_core.web.staff.thread import file_links, thread_lines
from pe_core.web.staff.words import (
    name_language,
    read_names,
    say,
    show_last_day,
    show_moment,
    show_topic,
)

_ENDINGS = {"image/jpeg": "jpg", "image/png": "png", "application/pdf": "pdf"}


@get_page("/{language:str}/staff/requests/{request_id:str}", guard="staff")
async def show_request(request: PageRequest, request_id: FromPath[str]) -> Response[str]:
    """Show a request with all that can be done about it."""
    help_request = await read_request(request, request_id)
    names = await read_names(request)
    original = help_request.original
    at = request_address(request, help_request.id)
    thread = thread_lines(request, help_request.thread, names, original.language, at)
    return render(
        request,
        "staff/request.html",
        here="requests",
        thread=thread,
        answers=original.answers,
        files=file_links(request, original.files, at),
        done=_done(request, help_request),
        **headlines(request, help_request),
        **(reply_offer(request, help_request) | move_offer(request, help_request)),
    )


@get_page("/{language:str}/staff/requests/{request_id:str}/files/{file_id:str}", guard="staff")
async def send_file(
    request: PageRequest, request_id: FromPath[str], file_id: FromPath[str]
) -> Response[bytes]:
    """Send a file for keeping, never for showing here: a browser opens it outside this site."""
    desk, session = desk_of(request), session_of(request)
    await read_request(request, request_id)
    note, data = await open_file(desk, session, RequestId(request_id), file_id)
    name = f"{note.id}.{_ENDINGS.get(note.media_type, 'bin')}"
    return Response(
        data,
        media_type=note.media_type,
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Content-Security-Policy": FILE_SECURITY,
        },
    )


async def read_request(request: PageRequest, request_id: str) -> HelpRequest:
    """Return a request; NotFound without a grant."""
    return await open_request(desk_of(request), session_of(request), RequestId(request_id))


def request_address(request: PageRequest, request_id: RequestId) -> str:
    """Return the address of a request's page."""
    return f"/{language_of(request)}/staff/requests/{request_id}"


def headlines(request: PageRequest, help_request: HelpRequest) -> dict[str, Any]:
    """Return what the head of every page about a request shows."""
    language = language_of(request)
    original, summary = help_request.original, help_request.summary
    waiting = help_request.state is State.WAITING
    whom = summary.waiting_on if waiting else None
    wake = summary.wake if waiting else None
    due = help_request.withdrawal_due
    return {
        "at": request_address(request, help_request.id),
        "state": help_request.state,
        "topic": show_topic(request, original.form, original.title),
        "asker_language": original.language,
        "asker_dir": direction(original.language),
        "asker_language_name": name_language(original.language),
        "where": original.where,
        "received": show_moment(request, original.submitted),
        "outcome": say(request, f"staff.outcome.{summary.outcome}") if summary.outcome else "",
        "waiting_on": say(request, f"staff.waiting_on.{whom}") if whom else "",
        "wake": show_date(wake, language) if wake else "",
        "kept": show_last_day(request, help_request.keep_until),
        "withdrawal": show_date(due, language) if due else "",
    }


def _done(request: PageRequest, help_request: HelpRequest) -> dict[str, str] | None:
    """Return what was just done, and the state that the request can be moved back to.

    The address carries states only, and nothing is done by it: the way back is a form.
    """
    query = query_of(request)
    if query.get("done") == "replied":
        return {"words": say(request, "staff.request.replied"), "back": ""}
    before = next((state for state in State if state.value == query.get("was")), None)
    if before is None or before is help_request.state:
        return None
    state = say(request, f"staff.state.{help_request.state.value}")
    back = before if may_move(help_request.state, before, Author.STAFF) else None
    if help_request.state is State.CLOSED:
        back = State.TRIAGE
    return {
        "words": say(request, "staff.request.moved", state=state),
        "back": back.value if back else "",
    }


ROUTES: tuple[HTTPRouteHandler, ...] = (show_request, send_file)
