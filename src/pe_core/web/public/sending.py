"""Check your answers, send them, and be shown the receipt."""

from datetime import timedelta
from typing import Any

from litestar import Response

from pe_core.desk.drafts import Draft
from pe_core.desk.intake import (
    all_problems,
    confirm_receipt,
    limited_questions,
    shown_receipt,
    submit,
)
from pe_core.errors import NotAllowed, NothingToSealTo
from pe_core.model import Problem
from pe_core.model.struct import Model
from pe_core.rules.receipts import show_receipt
from pe_core.rules.standing import ANSWERED_WITHIN
from pe_core.web.guards.caller import draft_of, fields_of
from pe_core.web.guards.routes import get_page, post_page
from pe_core.web.pages import redirect, render
from pe_core.web.portal import PageRequest, desk_of, language_of, portal_of
from pe_core.web.public.way import (
    CHANGE,
    last_step,
    needed_first,
    place_of,
    stop_of,
    takes_files,
)
from pe_core.web.public.wording import answer_words, day_words, problem_words

SENDS = 60
"""Requests that the whole door takes in a minute."""


class Row(Model):
    """A line of *Check your answers*: the question, its answer or problem, the step to change."""

    label: str
    shown: str
    step: str


@get_page("/{language:str}/ask/check", guard="asker")
async def show_check(request: PageRequest) -> Response[Any]:
    """Show everything that would be sent, and what is still missing."""
    elsewhere = _elsewhere(draft_of(request))
    return _check_page(request) if elsewhere is None else _to(request, elsewhere)


@post_page("/{language:str}/ask/check", guard="asker")
async def send_request(request: PageRequest) -> Response[Any]:
    """Send what was checked."""
    elsewhere = _elsewhere(draft_of(request))
    if elsewhere is not None:
        return _to(request, elsewhere)
    return await send_draft(request) or _check_page(request)


async def send_draft(request: PageRequest) -> Response[Any] | None:
    """Seal and store the request; None while an answer is missing.

    Pressed twice, it is still one request.
    """
    desk, draft = desk_of(request), draft_of(request)
    portal_of(request).quotas.take("send", limit=SENDS, window=timedelta(minutes=1))
    draft.language = language_of(request)
    try:
        await submit(desk, draft)
    except NotAllowed:
        return None
    except NothingToSealTo:
        return render(request, "public/closed.html", status=503)
    return _to(request, "receipt")


@get_page("/{language:str}/ask/receipt", guard="asker")
async def show_receipt_page(request: PageRequest) -> Response[Any]:
    """Show the receipt until two of its groups are typed back, at most 15 minutes."""
    return _receipt_page(request)


@post_page("/{language:str}/ask/receipt", guard="asker")
async def take_groups(request: PageRequest) -> Response[Any]:
    """Compare the two groups; once they are right the receipt is not shown again."""
    draft, fields = draft_of(request), fields_of(request)
    typed = (fields.one("first"), fields.one("second"))
    return _receipt_page(request, None if confirm_receipt(draft, typed) else typed)


@get_page("/{language:str}/ask/done", guard="public")
async def show_done(request: PageRequest) -> Response[str]:
    """Say that it is sent and what happens next; the receipt is never here."""
    return render(request, "public/done.html", exit=True)


def _check_page(request: PageRequest) -> Response[str]:
    draft = draft_of(request)
    missing = [
        _missing(request, draft, problem) for problem in all_problems(desk_of(request), draft)
    ]
    return render(
        request,
        "public/check.html",
        status=422 if missing and request.method == "POST" else 200,
        back=last_step(draft),
        rows=_rows(request, draft),
        files=len(draft.files),
        takes_files=takes_files(draft),
        limited=draft.limited,
        problems=missing,
    )


def _rows(request: PageRequest, draft: Draft) -> list[Row]:
    desk, language = desk_of(request), language_of(request)
    text = desk.texts.text
    rows = [
        Row(
            label=text(language, "core.check.topic"),
            shown=text(language, f"{draft.form.name}.title"),
            step="",
        ),
        Row(
            label=text(language, "core.ask.where.label"),
            shown=text(language, f"core.ask.where.{draft.where}"),
            step=f"where{CHANGE}",
        ),
    ]
    for question in limited_questions(draft):
        rows.append(
            Row(
                label=text(language, f"{question.key}.label"),
                shown=answer_words(desk, draft, question, language),
                step=f"{place_of(draft, question.field)}{CHANGE}",
            )
        )
    return rows


def _missing(request: PageRequest, draft: Draft, problem: Problem) -> Row:
    """Return the line of a problem; its step is '' if it belongs to no one question."""
    desk, language = desk_of(request), language_of(request)
    asked = {question.field: question for question in limited_questions(draft)}
    question = asked.get(problem.field)
    return Row(
        label=desk.texts.text(language, f"{question.key}.label") if question else "",
        shown=problem_words(desk, draft.form, problem, language),
        step=f"{place_of(draft, problem.field)}{CHANGE}" if question else "",
    )


def _receipt_page(request: PageRequest, wrong: tuple[str, str] | None = None) -> Response[Any]:
    """Show the receipt; ``wrong`` is what was typed back and is not as shown."""
    desk, language, draft = desk_of(request), language_of(request), draft_of(request)
    receipt = shown_receipt(desk, draft)
    if receipt is None or draft.submitted_at is None:
        return _to(request, "done" if draft.receipt is not None else "check")
    words = desk.texts.text(language, "core.receipt.wrong") if wrong is not None else ""
    return render(
        request,
        "public/receipt.html",
        status=200 if wrong is None else 422,
        groups=show_receipt(receipt).split(" "),
        asked=draft.asked_groups,
        typed=wrong or ("", ""),
        answer_by=day_words(desk, draft.submitted_at + ANSWERED_WITHIN, language),
        problems=[("first", words)] if words else [],
        wrong=words,
    )


def _elsewhere(draft: Draft) -> str | None:
    first = needed_first(draft)
    return "stop" if first is None and stop_of(draft) is not None else first


def _to(request: PageRequest, step: str) -> Response[Any]:
    return redirect(f"/{language_of(request)}/ask/{step}")
