"""Enter a request for somebody who called, came or wrote: how they came, the form, the receipt."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, TypeVar

from litestar import Response
from litestar.handlers import HTTPRouteHandler

from pe_core.desk.drafts import Draft
from pe_core.desk.entering import (
    SPOKEN,
    Beginning,
    begin_entry,
    drop_entry,
    entered,
    entry_of,
    submit_entry,
)
from pe_core.desk.intake import all_problems, give_answers
from pe_core.errors import NothingToSealTo
from pe_core.model import Channel, Problem, Where
from pe_core.rules.receipts import show_receipt
from pe_core.rules.standing import ANSWERED_WITHIN
from pe_core.rules.texts import direction
from pe_core.web.guards.caller import fields_of, session_of
from pe_core.web.guards.routes import get_page, post_page
from pe_core.web.pages import redirect, render
from pe_core.web.portal import PageRequest, desk_of, language_of
from pe_core.web.public.way import stop_of
from pe_core.web.public.whole import WHOLE_BYTES, typed_whole, whole_form
from pe_core.web.staff.words import explain, name_language, say, show_day

E = TypeVar("E", bound=StrEnum)


@get_page("/{language:str}/staff/enter", guard="coordinator")
async def show_beginning(request: PageRequest) -> Response[Any]:
    """Ask how they came, what it is about, and whether they agreed."""
    if entered(desk_of(request), session_of(request)) is not None:
        return _to(request, "/receipt")
    return _beginning_page(request, Beginning(language=language_of(request)))


@post_page("/{language:str}/staff/enter", guard="coordinator")
async def take_beginning(request: PageRequest) -> Response[Any]:
    """Begin the draft, or say what is missing."""
    fields = fields_of(request)
    beginning = Beginning(
        topic=fields.one("topic"),
        language=fields.one("language"),
        where=_member(Where, fields.one("where")),
        channel=_member(Channel, fields.one("channel")),
        agreed=fields.one("agreed") == "yes",
    )
    problems = begin_entry(desk_of(request), session_of(request), beginning)
    if problems:
        return _beginning_page(request, beginning, problems)
    return _to(request, "/questions")


@get_page("/{language:str}/staff/enter/questions", guard="coordinator")
async def show_questions(request: PageRequest) -> Response[Any]:
    """Show the whole form, without what is personal in the limited mode."""
    session = session_of(request)
    if session.entering is None or session.entering.receipt is not None:
        return _to(request)
    return _questions_page(request, entry_of(session))


@post_page("/{language:str}/staff/enter/questions", guard="coordinator", limit=WHOLE_BYTES)
async def take_questions(request: PageRequest) -> Response[Any]:
    """Take all answers and send them; pressed twice, it is still one request."""
    desk, session = desk_of(request), session_of(request)
    if entered(desk, session) is not None:
        return _to(request, "/receipt")
    draft = entry_of(session)
    typed = typed_whole(draft, fields_of(request))
    problems = give_answers(draft, typed)
    if not problems and stop_of(draft) is not None:
        return _questions_page(request, draft, typed)
    problems = problems or {found.field: found for found in all_problems(desk, draft)}
    if problems:
        return _questions_page(request, draft, typed, problems)
    try:
        await submit_entry(desk, session)
    except NothingToSealTo:
        return render(request, "public/closed.html", status=503)
    return _to(request, "/receipt")


@get_page("/{language:str}/staff/enter/receipt", guard="coordinator")
async def show_entered(request: PageRequest) -> Response[Any]:
    """Show the receipt to read out, and what to tell the asker."""
    desk, language = desk_of(request), language_of(request)
    sent = entered(desk, session_of(request))
    submitted = sent[0].submitted_at if sent is not None else None
    if sent is None or submitted is None:
        return _to(request)
    draft, receipt = sent
    return render(
        request,
        "staff/entered.html",
        here="requests",
        groups=show_receipt(receipt).split(" "),
        answer_by=show_day(request, submitted + ANSWERED_WITHIN),
        limited=draft.limited,
        request_address=f"/{language}/staff/requests/{draft.request}",
    )


@post_page("/{language:str}/staff/enter/receipt", guard="coordinator")
async def forget_receipt(request: PageRequest) -> Response[Any]:
    """Forget the receipt once it was read out, and go to the request."""
    session = session_of(request)
    draft = session.entering
    if draft is None or draft.request is None:
        return _to(request)
    drop_entry(session)
    return redirect(f"/{language_of(request)}/staff/requests/{draft.request}")


@post_page("/{language:str}/staff/enter/drop", guard="coordinator")
async def drop_questions(request: PageRequest) -> Response[Any]:
    """Wipe what was typed, because the asker does not want it after all."""
    drop_entry(session_of(request))
    return redirect(f"/{language_of(request)}/staff")


def _beginning_page(
    request: PageRequest, beginning: Beginning, problems: tuple[Problem, ...] = ()
) -> Response[str]:
    desk, draft = desk_of(request), session_of(request).entering
    return render(
        request,
        "staff/enter.html",
        status=422 if problems else 200,
        here="requests",
        topics=[(name, say(request, f"{name}.title")) for name in desk.forms],
        asker_languages=[(tag, name_language(tag)) for tag in desk.embassy.languages],
        places=[(place.value, say(request, f"staff.enter.where_{place.value}")) for place in Where],
        channels=[(way.value, say(request, f"staff.channel.{way.value}")) for way in SPOKEN],
        beginning=beginning,
        begun=draft is not None and draft.receipt is None,
        problems=explain(request, problems),
    )


def _questions_page(
    request: PageRequest,
    draft: Draft,
    typed: Mapping[str, Sequence[str]] | None = None,
    problems: Mapping[str, Problem] | None = None,
) -> Response[str]:
    stop = stop_of(draft)
    return render(
        request,
        "staff/enter_questions.html",
        status=422 if problems or (stop is not None and typed is not None) else 200,
        here="requests",
        topic=say(request, f"{draft.form.name}.title"),
        asker_language=draft.language,
        asker_dir=direction(draft.language),
        asker_language_name=name_language(draft.language),
        channel=draft.channel,
        where=draft.where,
        limited=draft.limited,
        stop=f"{draft.form.name}.stop.{stop[0].page}" if stop is not None else "",
        **whole_form(request, draft, typed or {}, problems or {}),
    )


def _member(kind: type[E], value: str) -> E | None:
    return next((member for member in kind if member.value == value), None)


def _to(request: PageRequest, step: str = "") -> Response[Any]:
    return redirect(f"/{language_of(request)}/staff/enter{step}")


ROUTES: tuple[HTTPRouteHandler, ...] = (
    show_beginning,
    take_beginning,
    show_questions,
    take_questions,
    show_entered,
    forget_receipt,
    drop_questions,
)
