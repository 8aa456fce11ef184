"""The end of a task: it is given back, or it is done."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from pe_core.desk.briefs import MINUTES_LIMIT, BriefView, give_back, open_brief, report_done
from pe_core.errors import NotAllowed, NotFound
from pe_core.model import BriefId, Problem, Report
from pe_core.model.struct import Model
from pe_core.rules.forms import Question, read_question
from pe_core.rules.texts import show_number
from pe_core.web.guards.caller import fields_of, session_of
from pe_core.web.guards.routes import get_page, post_page
from pe_core.web.pages import redirect, render
from pe_core.web.portal import PageRequest, desk_of, language_of
from pe_core.web.staff.words import say
from pe_core.web.work.tasks import AT, over_page, task_page, zone_of
from pe_core.web.work.telling import task_address, tell_task

LINE_LIMIT = 1000
LINE = Question(field="line", key="work.done.line", kind="long", required=False, longest=LINE_LIMIT)
NOTHING: Mapping[str, str] = MappingProxyType({"hours": "", "line": ""})
"""What is wrong with a report in which nothing is, by field."""
HOUR = 60
LONGEST_NUMBER = 4


class Typed(Model):
    """What was typed about a task that is done."""

    hours: str = ""
    minutes: str = ""
    line: str = ""
    support: bool = False


@get_page(f"{AT}/back", guard="volunteer")
async def show_give_back(request: PageRequest, brief_id: FromPath[str]) -> Response[Any]:
    """Say what giving a task back means, with the button."""
    return await _page(request, brief_id, "work/task_back.html")


@post_page(f"{AT}/back", guard="volunteer")
async def take_give_back(request: PageRequest, brief_id: FromPath[str]) -> Response[Any]:
    """Give a task back; nobody asks why."""
    try:
        await give_back(desk_of(request), session_of(request), BriefId(brief_id))
    except NotFound as error:
        return over_page(request, error)
    except NotAllowed as error:
        return await task_page(request, brief_id, refused=error.key)
    return redirect(f"/{language_of(request)}/work?done=given_back")


@get_page(f"{AT}/done", guard="volunteer")
async def show_done(request: PageRequest, brief_id: FromPath[str]) -> Response[Any]:
    """Ask how long it took, for a line to the team, and whether one needs support."""
    return await _page(request, brief_id, "work/task_done.html", typed=Typed(), wrong=NOTHING)


@post_page(f"{AT}/done", guard="volunteer")
async def take_done(request: PageRequest, brief_id: FromPath[str]) -> Response[Any]:
    """End a task; its detail is closed from then on."""
    fields = fields_of(request)
    typed = Typed(
        hours=fields.one("hours").strip(),
        minutes=fields.one("minutes").strip(),
        line=fields.one("line"),
        support=fields.one("support") == "yes",
    )
    report, wrong = _read(request, typed)
    if any(wrong.values()):
        return await _page(
            request, brief_id, "work/task_done.html", status=422, typed=typed, wrong=wrong
        )
    try:
        await report_done(desk_of(request), session_of(request), BriefId(brief_id), report)
    except NotFound as error:
        return over_page(request, error)
    except NotAllowed as error:
        return await task_page(request, brief_id, refused=error.key)
    done = "supported" if report.support else "finished"
    return redirect(f"/{language_of(request)}/work?done={done}")


def _read(request: PageRequest, typed: Typed) -> tuple[Report, dict[str, str]]:
    """Return what was typed as a report, and the words of what is wrong, by field."""
    wrong = dict(NOTHING)
    hours, minutes = _number(typed.hours), _number(typed.minutes)
    if hours is None or minutes is None or minutes >= HOUR:
        wrong["hours"] = say(request, "work.done.wrong_time")
    elif not typed.hours and not typed.minutes:
        wrong["hours"] = say(request, "work.done.no_time")
    elif hours * HOUR + minutes > MINUTES_LIMIT:
        wrong["hours"] = say(request, "work.done.too_long")
    line = read_question(LINE, [typed.line])
    if isinstance(line, Problem):
        limit = show_number(LINE_LIMIT, language_of(request))
        wrong["line"] = say(request, f"core.problem.{line.code}", limit=limit)
    if any(wrong.values()):
        return Report(), wrong
    spent = (hours or 0) * HOUR + (minutes or 0)
    return Report(minutes=spent, line=str(line or ""), support=typed.support), wrong


def _number(typed: str) -> int | None:
    """Return a whole number, nought for nothing, None for what is none."""
    if not typed:
        return 0
    is_number = typed.isascii() and typed.isdecimal() and len(typed) <= LONGEST_NUMBER
    return int(typed) if is_number else None


async def _page(
    request: PageRequest, brief_id: str, template: str, *, status: int = 200, **context: Any
) -> Response[Any]:
    """Return a page about a task that was accepted; one that is only offered shows itself."""
    try:
        view = await open_brief(desk_of(request), session_of(request), BriefId(brief_id))
    except NotFound as error:
        return over_page(request, error)
    if not view.is_taken or view.card is None:
        return redirect(task_address(request, brief_id))
    wrong: Mapping[str, str] = context.get("wrong", NOTHING)
    task = tell_task(request, view, view.card, await zone_of(request))
    return render(
        request,
        template,
        status=status,
        here="home",
        task=task,
        has_asker=_has_asker(view),
        line_limit=LINE_LIMIT,
        problems=[(field, words) for field, words in wrong.items() if words],
        **context,
    )


def _has_asker(view: BriefView) -> bool:
    return view.detail is not None and view.detail.request is not None


ROUTES: tuple[HTTPRouteHandler, ...] = (show_give_back, take_give_back, show_done, take_done)
