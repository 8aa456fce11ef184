"""All questions on one page: for a slow line, one page to load and one to send."""

from collections.abc import Mapping, Sequence
from typing import Any

from litestar import Response

from pe_core.desk.drafts import Draft
from pe_core.desk.intake import all_problems, give_answers
from pe_core.model import Problem
from pe_core.model.struct import Model
from pe_core.rules import forms
from pe_core.rules.forms import Question
from pe_core.web.guards.body import Fields
from pe_core.web.guards.caller import draft_of, fields_of
from pe_core.web.guards.routes import get_page, post_page
from pe_core.web.pages import redirect, render
from pe_core.web.portal import PageRequest, desk_of, language_of
from pe_core.web.public.questions import ANSWER, kept_answer, options_of, typed_answer
from pe_core.web.public.sending import send_draft
from pe_core.web.public.way import last_step, needed_first, stop_of
from pe_core.web.public.wording import problem_words

WHOLE_BYTES = 512 * 1024


class Asked(Model):
    """A question as this page shows it: its input's name, what is typed, what is wrong."""

    question: Question
    name: str
    options: list[tuple[str, str]]
    values: Sequence[str]
    wrong: str


@get_page("/{language:str}/ask/all", guard="asker")
async def show_whole(request: PageRequest) -> Response[Any]:
    """Show every question of the form; the conditional ones say that they may be left out."""
    first = needed_first(draft_of(request))
    return _whole_page(request, {}, {}) if first is None else _to(request, first)


@post_page("/{language:str}/ask/all", guard="asker", limit=WHOLE_BYTES)
async def take_whole(request: PageRequest) -> Response[Any]:
    """Take all answers; *Send now* sends them at once, *Continue* goes on to files and check."""
    draft, fields = draft_of(request), fields_of(request)
    first = needed_first(draft)
    if first is not None:
        return _to(request, first)
    typed = typed_whole(draft, fields)
    problems = give_answers(draft, typed)
    if not problems and stop_of(draft) is not None:
        return _to(request, "stop")
    if not problems and fields.one("send"):
        sent = await send_draft(request)
        if sent is not None:
            return sent
    problems = problems or {found.field: found for found in all_problems(desk_of(request), draft)}
    if problems:
        return _whole_page(request, typed, problems)
    return _to(request, last_step(draft) if draft.form.files and not draft.limited else "check")


def _whole_page(
    request: PageRequest,
    typed: Mapping[str, Sequence[str]],
    problems: Mapping[str, Problem],
) -> Response[str]:
    draft = draft_of(request)
    return render(
        request,
        "public/whole.html",
        status=422 if problems else 200,
        limited=draft.limited,
        **whole_form(request, draft, typed, problems),
    )


def typed_whole(draft: Draft, fields: Fields) -> dict[str, list[str]]:
    """Return what was typed into the inputs of all questions, by field."""
    return {
        question.field: typed_answer(question, fields, _name(question))
        for question in _shown(draft)
    }


def whole_form(
    request: PageRequest,
    draft: Draft,
    typed: Mapping[str, Sequence[str]],
    problems: Mapping[str, Problem],
) -> dict[str, Any]:
    """Return all questions of a draft as a page shows them (``asked``), and its ``problems``."""
    desk, language = desk_of(request), language_of(request)
    words = {
        field: problem_words(desk, draft.form, problem, language)
        for field, problem in problems.items()
    }
    asked = [
        Asked(
            question=question,
            name=_name(question),
            options=options_of(request, question),
            values=typed.get(question.field, kept_answer(draft, question)),
            wrong=words.get(question.field, ""),
        )
        for question in _shown(draft)
    ]
    return {
        "asked": asked,
        "problems": [(one.name, _line(request, one)) for one in asked if one.wrong],
    }


def _line(request: PageRequest, one: Asked) -> str:
    """Return a line of the summary: among many questions it names the one that is meant."""
    text, language = desk_of(request).texts.text, language_of(request)
    label = text(language, f"{one.question.key}.label")
    return text(language, "core.ask.all.problem", question=label, problem=one.wrong)


def _shown(draft: Draft) -> tuple[Question, ...]:
    every = forms.questions(draft.form)
    return tuple(q for q in every if not (draft.limited and q.personal))


def _name(question: Question) -> str:
    return f"{ANSWER}-{question.field}"


def _to(request: PageRequest, step: str) -> Response[Any]:
    return redirect(f"/{language_of(request)}/ask/{step}")
