"""One question a page."""

from collections.abc import Sequence
from typing import Any

from litestar import Response
from litestar.params import FromPath

from pe_core.desk.drafts import Draft
from pe_core.desk.intake import give_answer, limited_questions
from pe_core.model import Problem
from pe_core.rules.forms import Question, Value
from pe_core.web.guards.body import Fields
from pe_core.web.guards.caller import draft_of, fields_of
from pe_core.web.guards.routes import get_page, post_page
from pe_core.web.pages import redirect, render
from pe_core.web.portal import PageRequest, desk_of, language_of
from pe_core.web.public.way import (
    CHANGE,
    needed_first,
    place_of,
    question_at,
    step_after,
    step_after_change,
    step_before,
    stop_of,
)
from pe_core.web.public.wording import problem_words

ANSWER = "answer"
"""The name of every question's input: a field's own name could be the token's."""
ANSWER_BYTES = 256 * 1024
"""Room for a text that is too long, so that its writer gets it back instead of losing it."""
QUESTION = ["/{language:str}/ask/{number:int}", "/{language:str}/ask/{number:int}/change"]
_DATE_PARTS = ("day", "month", "year")


@get_page(QUESTION, guard="asker")
async def show_question(request: PageRequest, number: FromPath[int]) -> Response[Any]:
    """Ask the question at this position, or go on to the next one that is asked."""
    draft = draft_of(request)
    question = question_at(draft, number)
    elsewhere = _elsewhere(draft, number)
    if question is None or elsewhere is not None:
        return _to(request, elsewhere or step_after(draft, number))
    return _question_page(request, question, number)


@post_page(QUESTION, guard="asker", limit=ANSWER_BYTES)
async def take_answer(request: PageRequest, number: FromPath[int]) -> Response[Any]:
    """Keep an answer and go on; one that does not fit is shown again with the reason."""
    draft = draft_of(request)
    question = question_at(draft, number)
    elsewhere = _elsewhere(draft, number)
    if question is None or elsewhere is not None:
        return _to(request, elsewhere or step_after(draft, number))
    typed = typed_answer(question, fields_of(request))
    problem = give_answer(draft, question.field, typed)
    if problem is not None:
        return _question_page(request, question, number, typed, problem)
    if _changing(request):
        return _to(request, step_after_change(draft, number))
    return _to(request, step_after(draft, number))


@get_page("/{language:str}/ask/stop", guard="asker")
async def show_stop(request: PageRequest) -> Response[Any]:
    """Say why the questions end here, and what to do instead."""
    draft = draft_of(request)
    stop = stop_of(draft)
    first = needed_first(draft)
    if stop is None or first is not None:
        return _to(request, first or step_after(draft, 0))
    page, number = stop
    return render(
        request, "public/stop.html", root=f"{draft.form.name}.stop.{page.page}", number=number
    )


def _question_page(
    request: PageRequest,
    question: Question,
    number: int,
    typed: Sequence[str] | None = None,
    problem: Problem | None = None,
) -> Response[str]:
    desk, language, draft = desk_of(request), language_of(request), draft_of(request)
    asked = [place_of(draft, other.field) for other in limited_questions(draft)]
    words = problem_words(desk, draft.form, problem, language) if problem is not None else ""
    shown = kept_answer(draft, question) if typed is None else typed
    return render(
        request,
        "public/question.html",
        status=200 if problem is None else 422,
        back="check" if _changing(request) else step_before(draft, number),
        question=question,
        name=ANSWER,
        options=options_of(request, question),
        values=shown,
        step=asked.index(number) + 1,
        steps=len(asked),
        limited=draft.limited,
        problems=[(ANSWER, words)] if words else [],
        wrong=words,
    )


def options_of(request: PageRequest, question: Question) -> list[tuple[str, str]]:
    """Return the choices; where one of them may be left out there is one for that too."""
    text, language = desk_of(request).texts.text, language_of(request)
    if question.kind == "yes_no":
        options = [("yes", text(language, "core.yes")), ("no", text(language, "core.no"))]
    else:
        options = [(o, text(language, f"{question.key}.{o}")) for o in question.options]
    if options and not question.required and question.kind != "any_of":
        options.append(("", text(language, "core.ask.leave_out")))
    return options


def typed_answer(question: Question, fields: Fields, name: str = ANSWER) -> list[str]:
    """Return what was typed into the inputs called ``name``, as the rules read it."""
    if question.kind == "date":
        return [fields.one(f"{name}-{part}") for part in _DATE_PARTS]
    return fields.all(name)


def kept_answer(draft: Draft, question: Question) -> list[str]:
    """Return a draft's answer as the strings of its inputs."""
    return input_values(question, draft.answers.get(question.field))


def input_values(question: Question, value: Value | None) -> list[str]:
    """Return an answer, None for none, as the strings of its inputs."""
    if value is None:
        return []
    if isinstance(value, bool):
        return ["yes" if value else "no"]
    if isinstance(value, list):
        return value
    if question.kind == "date":
        year, month, day = str(value).split("-")
        return [day, month, year]
    return [str(value)]


def _elsewhere(draft: Draft, number: int) -> str | None:
    """Return the step that comes before this question can be asked, if there is one."""
    stop = stop_of(draft)
    if stop is not None and stop[1] < number:
        return needed_first(draft) or "stop"
    return needed_first(draft)


def _changing(request: PageRequest) -> bool:
    return str(request.scope["path"]).endswith(CHANGE)


def _to(request: PageRequest, step: str) -> Response[Any]:
    return redirect(f"/{language_of(request)}/ask/{step}")
