"""One task: look at it, take it or not, work on it, and write to whoever asked."""

from typing import Any

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from pe_core.desk import briefs
from pe_core.desk.brief_threads import TEXT_LIMIT, tick, write_asker
from pe_core.desk.briefs import BriefView, find_overlap, open_brief
from pe_core.desk.feeds import Entry, entry_id
from pe_core.desk.shift_places import read_places, want_swap
from pe_core.desk.volunteers import read_own
from pe_core.errors import NotAllowed, NotFound
from pe_core.model import BriefCard, BriefId, BriefState, Problem
from pe_core.rules.forms import Question, read_question
from pe_core.rules.texts import direction, show_number
from pe_core.web.guards.caller import fields_of, session_of
from pe_core.web.guards.headers import FILE_SECURITY
from pe_core.web.guards.refusals import refusal
from pe_core.web.guards.routes import get_page, post_page
from pe_core.web.pages import redirect, render
from pe_core.web.portal import PageRequest, desk_of, language_of, portal_of
from pe_core.web.staff.address import query_of
from pe_core.web.staff.words import name_language, say
from pe_core.web.work.calendar import MEDIA_TYPE, evening_before, write_calendar
from pe_core.web.work.telling import (
    say_if_known,
    task_address,
    tell_task,
    tell_words,
    ticked_of,
)

WORDS = Question(field="words", key="work.words.write", kind="long", longest=TEXT_LIMIT)
"""How a message is read: like a long answer of a form."""
WORDS_BYTES = 64 * 1024
AT = "/{language:str}/work/tasks/{brief_id:str}"
DONE = ("accepted", "written", "marked", "swapping", "kept")
"""What can be confirmed in one line."""


@get_page(AT, guard="volunteer")
async def show_task(request: PageRequest, brief_id: FromPath[str]) -> Response[Any]:
    """Show a task: its card, and once it was accepted everything about it."""
    return await task_page(request, brief_id)


@post_page(AT, guard="volunteer")
async def take_answer(request: PageRequest, brief_id: FromPath[str]) -> Response[Any]:
    """Take a task, say "not this time", or that one would swap a place in a shift or keeps it."""
    desk, session, brief = desk_of(request), session_of(request), BriefId(brief_id)
    act = fields_of(request).one("act")
    try:
        if act == "accept":
            await briefs.accept(desk, session, brief)
        elif act == "decline":
            await briefs.decline(desk, session, brief)
        elif act in ("swap", "keep"):
            await want_swap(desk, session, brief, wanted=act == "swap")
        else:
            return redirect(task_address(request, brief_id))
    except NotFound as error:
        return over_page(request, error)
    except NotAllowed as error:
        return await task_page(request, brief_id, refused=error.key)
    if act == "decline":
        return redirect(f"/{language_of(request)}/work?done=declined")
    done = {"accept": "accepted", "swap": "swapping", "keep": "kept"}[act]
    return redirect(f"{task_address(request, brief_id)}?done={done}")


@get_page([f"{AT}/words", f"{AT}/list"], guard="volunteer")
async def show_task_again(request: PageRequest, brief_id: FromPath[str]) -> Response[Any]:
    """Go back to the task: another language after something was wrong lands here."""
    return redirect(task_address(request, brief_id))


@post_page(f"{AT}/words", guard="volunteer", limit=WORDS_BYTES)
async def take_words(request: PageRequest, brief_id: FromPath[str]) -> Response[Any]:
    """Write to whoever asked."""
    desk, session, fields = desk_of(request), session_of(request), fields_of(request)
    typed, language = fields.one("words"), fields.one("language")
    if language not in portal_of(request).languages:
        language = language_of(request)
    text = read_question(WORDS, [typed])
    if isinstance(text, Problem):
        limit = show_number(TEXT_LIMIT, language_of(request))
        words = say(request, f"core.problem.{text.code}", limit=limit)
        return await task_page(request, brief_id, wrong=words, typed=typed, language=language)
    try:
        await write_asker(desk, session, BriefId(brief_id), str(text), language)
    except NotFound as error:
        return over_page(request, error, typed=typed)
    except NotAllowed as error:
        words = say(request, error.key)
        return await task_page(request, brief_id, wrong=words, typed=typed, language=language)
    return redirect(f"{task_address(request, brief_id)}?done=written")


@post_page(f"{AT}/list", guard="volunteer")
async def take_marks(request: PageRequest, brief_id: FromPath[str]) -> Response[Any]:
    """Note what of the checklist is done."""
    items = tuple(fields_of(request).all("item"))
    try:
        await tick(desk_of(request), session_of(request), BriefId(brief_id), items)
    except NotFound as error:
        return over_page(request, error)
    except NotAllowed as error:
        return await task_page(request, brief_id, refused=error.key)
    return redirect(f"{task_address(request, brief_id)}?done=marked")


@get_page(f"{AT}/calendar", guard="volunteer")
async def send_calendar(request: PageRequest, brief_id: FromPath[str]) -> Response[Any]:
    """Send the time of an accepted task for a calendar, with a reminder the evening before."""
    desk, session, brief = desk_of(request), session_of(request), BriefId(brief_id)
    try:
        view = await open_brief(desk, session, brief)
    except NotFound as error:
        return over_page(request, error)
    card = view.card
    if not view.is_taken or card is None or card.start is None or card.end is None:
        raise refusal("not_found")
    entry = Entry(id=entry_id(session, brief), start=card.start, end=card.end)
    evening = evening_before(card.start, await zone_of(request))
    reminders = {entry.id: evening} if evening > desk.now() else {}
    return Response(
        write_calendar([entry], desk.now(), reminders),
        media_type=MEDIA_TYPE,
        headers={
            "Content-Disposition": 'attachment; filename="portal.ics"',
            "Content-Security-Policy": FILE_SECURITY,
        },
    )


async def task_page(
    request: PageRequest,
    brief_id: str,
    *,
    refused: str = "",
    wrong: str = "",
    typed: str = "",
    language: str = "",
) -> Response[Any]:
    """Return a task's page; ``refused`` is the key of why not, ``wrong`` what a message lacks.

    ``language`` is the one that the message was said to be in.
    """
    desk, session = desk_of(request), session_of(request)
    try:
        view = await open_brief(desk, session, BriefId(brief_id))
    except NotFound as error:
        return over_page(request, error, refused, typed)
    card, zone = view.card, await zone_of(request)
    if card is None:
        raise refusal("not_found")
    done = query_of(request).get("done", "")
    return render(
        request,
        "work/task.html",
        status=422 if wrong else 409 if refused else 200,
        here="home",
        task=tell_task(request, view, card, zone),
        zone=zone,
        is_taken=view.is_taken,
        **await _shift(request, view, card),
        refused=refused,
        other=await _other(request, card, zone) if refused == "work.brief.overlap" else None,
        done=done if done in DONE and not (wrong or refused) else "",
        problems=[("words", wrong)] if wrong else [],
        wrong=wrong,
        typed=typed,
        own_language=language or language_of(request),
        **_work(request, view, zone),
    )


def over_page(
    request: PageRequest, error: NotFound, refused: str = "", typed: str = ""
) -> Response[Any]:
    """Say kindly that a task of one's own is over; anybody else's is not found.

    ``typed`` is a message to whoever asked that came too late; its words stay on the page.
    """
    if error.key != "work.brief.over":
        raise error
    words = "work.brief.taken" if refused == "work.brief.taken" else error.key
    return render(
        request, "work/task_over.html", status=404, here="home", words=words, typed=typed.strip()
    )


async def zone_of(request: PageRequest) -> str:
    """Return the zone of a volunteer's own clocks."""
    return (await read_own(desk_of(request), session_of(request))).profile.zone


async def _shift(request: PageRequest, view: BriefView, card: BriefCard) -> dict[str, Any]:
    """Return what is shown of the places in a shift: numbers, and nobody's name."""
    if not card.shift:
        return {"is_shift": False}
    found, language = await read_places(desk_of(request), view.row), language_of(request)
    return {
        "is_shift": True,
        "is_swapping": view.state is BriefState.SWAPPING,
        "places": say(
            request,
            "work.shift.taken",
            taken=show_number(found.taken, language),
            places=show_number(found.places, language),
        ),
        "is_full": found.taken >= found.places,
        "can_swap": found.swapping > 0,
    }


def _work(request: PageRequest, view: BriefView, zone: str) -> dict[str, Any]:
    """Return what is shown of a task once it was accepted."""
    detail = view.detail
    if detail is None:
        return {"detail": None}
    labels = [(item, say_if_known(request, item)) for item in detail.checklist]
    return {
        "detail": detail,
        "detail_dir": direction(detail.language),
        "checklist": [(item, label) for item, label in labels if label],
        "ticked": ticked_of(view.notes),
        "thread": tell_words(request, view.notes, zone),
        "may_write": detail.request is not None and not view.is_idle,
        "has_asker": detail.request is not None,
        "language_options": [(tag, name_language(tag)) for tag in portal_of(request).languages],
        "text_limit": TEXT_LIMIT,
    }


async def _other(request: PageRequest, card: BriefCard, zone: str) -> Any:
    """Return the task that is promised for the same time."""
    other = await find_overlap(desk_of(request), session_of(request), card)
    if other is None or other.card is None:
        return None
    return tell_task(request, other, other.card, zone)


ROUTES: tuple[HTTPRouteHandler, ...] = (
    show_task,
    take_answer,
    show_task_again,
    take_words,
    take_marks,
    send_calendar,
)
