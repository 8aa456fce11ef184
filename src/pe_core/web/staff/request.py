"""One request: what was asked, what was said since, its files, and who works on it."""

from collections.abc import Mapping
from typing import Any

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from pe_core.desk.desk import today_of
from pe_core.desk.looking import who_looks
from pe_core.desk.needs import read_needs
from pe_core.desk.requests import open_file, open_request
from pe_core.desk.working import OVER
from pe_core.model import Author, Box, HelpRequest, Problem, RequestId, State
from pe_core.model.week import week_of
from pe_core.rules.lifecycle import may_move
from pe_core.web.guards.caller import session_of
from pe_core.web.guards.routes import get_page
from pe_core.web.pages import render
from pe_core.web.portal import PageRequest, desk_of
from pe_core.web.staff.address import query_of
from pe_core.web.staff.alike import duplicate_links
from pe_core.web.staff.attachment import attachment
from pe_core.web.staff.facts import headlines, request_address
from pe_core.web.staff.handing import handover_offer
from pe_core.web.staff.need_words import may_seek, names_about, need_line
from pe_core.web.staff.offers import keep_offer, move_offer, reply_offer, sort_offer
from pe_core.web.staff.thread import file_links, thread_lines
from pe_core.web.staff.words import explain, name_of, say, show_last_day

_DONE = (
    "replied",
    "claimed",
    "released",
    "given",
    "sorted",
    "noted",
    "duplicate",
    "no_duplicate",
    "consent_asked",
    "consent_noted",
)
SOON = 4
"""Weeks before its end in which the page says that a request is about to be erased."""


@get_page("/{language:str}/staff/requests/{request_id:str}", guard="coordinator")
async def show_request(request: PageRequest, request_id: FromPath[str]) -> Response[str]:
    """Show a request with all that can be done about it."""
    return await request_page(request, await read_request(request, request_id))


@get_page(
    "/{language:str}/staff/requests/{request_id:str}/files/{file_id:str}", guard="coordinator"
)
async def send_file(
    request: PageRequest, request_id: FromPath[str], file_id: FromPath[str]
) -> Response[bytes]:
    """Send a file for keeping, never for showing here: a browser opens it outside this site."""
    desk, session = desk_of(request), session_of(request)
    note, data = await open_file(desk, session, RequestId(request_id), file_id)
    return attachment(note.id, note.media_type, data)


async def read_request(request: PageRequest, request_id: str) -> HelpRequest:
    """Return a request; NotFound without a grant."""
    return await open_request(desk_of(request), session_of(request), RequestId(request_id))


async def request_page(
    request: PageRequest,
    help_request: HelpRequest,
    problems: tuple[Problem, ...] = (),
    *,
    note: str = "",
    changed: bool = False,
    claims: bool = False,
    refused: str = "",
) -> Response[str]:
    """Return the page of a request, with what is wrong about a form of it that was sent.

    ``changed`` says that a colleague was faster, and with ``claims`` who it was.
    """
    names = await names_about(request, help_request)
    status = 409 if changed else 403 if refused else 422 if problems else 200
    offers = (
        reply_offer(request, help_request)
        | move_offer(request, help_request)
        | sort_offer(request, help_request)
        | keep_offer(request, help_request)
    )
    return render(
        request,
        "staff/request.html",
        status=status,
        here="requests",
        problems=explain(request, problems),
        note=note,
        changed=changed,
        faster=claims and changed,
        refused=refused,
        done=_done(request, help_request) if status == 200 else None,
        awake=_is_awake(request, help_request),
        ends_soon=_ends_soon(request, help_request),
        **contents(request, help_request, names),
        **_company(request, help_request, names),
        **await duplicate_links(request, help_request),
        **await handover_offer(request, help_request),
        **await _who_helps(request, help_request),
        **offers,
    )


def contents(
    request: PageRequest, help_request: HelpRequest, names: Mapping[int, str]
) -> dict[str, Any]:
    """Return what a request says: facts, answers, files, thread; for the screen and for paper."""
    original = help_request.original
    at = request_address(request, help_request.id)
    entered = original.entered_by
    return {
        "answers": original.answers,
        "files": file_links(request, original.files, at),
        "thread": thread_lines(request, help_request.thread, names, original.language, at),
        "entered_by": name_of(request, names, entered) if entered is not None else "",
        **headlines(request, help_request),
    }


async def _who_helps(request: PageRequest, help_request: HelpRequest) -> dict[str, Any]:
    """Return whom a request looks for, who was asked, and what they said."""
    views = await read_needs(desk_of(request), session_of(request), help_request.id)
    return {
        "needs": [await need_line(request, view) for view in views],
        "may_seek": may_seek(help_request),
    }


def _company(
    request: PageRequest, help_request: HelpRequest, names: Mapping[int, str]
) -> dict[str, Any]:
    """Return who works on this request, and who else looks at it now."""
    desk, session = desk_of(request), session_of(request)
    holder = help_request.summary.claimed_by
    looking = who_looks(desk, session, help_request.id)
    mine = holder == session.box
    return {
        "may_claim": help_request.state not in OVER,
        "is_mine": mine,
        "holder": holder if holder is not None and not mine else 0,
        "holder_name": _name(request, names, holder),
        "looking": [name_of(request, names, box) for box in looking],
    }


def _name(request: PageRequest, names: Mapping[int, str], box: Box | None) -> str:
    return name_of(request, names, box) if box is not None else ""


def _is_awake(request: PageRequest, help_request: HelpRequest) -> bool:
    """Return whether a request waits for a day that has come."""
    desk, wake = desk_of(request), help_request.summary.wake
    is_due = wake is not None and wake <= today_of(desk)
    return help_request.state is State.WAITING and is_due


def _ends_soon(request: PageRequest, help_request: HelpRequest) -> bool:
    week = week_of(desk_of(request).now().date())
    return help_request.keep_until - week <= SOON


def _done(request: PageRequest, help_request: HelpRequest) -> dict[str, str] | None:
    """Return what was just done, and the state that the request can be moved back to.

    The address carries states only, and nothing is done by it: the way back is a form.
    """
    query = query_of(request)
    word = query.get("done", "")
    if word in _DONE:
        return {"words": say(request, f"staff.request.{word}"), "back": ""}
    if word == "extended":
        until = show_last_day(request, help_request.keep_until)
        return {"words": say(request, "staff.request.extended", date=until), "back": ""}
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
