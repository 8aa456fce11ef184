"""The set-up list, going live, and how the instance is doing afterwards."""

from datetime import date
from typing import Any

from litestar import Response
from litestar.handlers import HTTPRouteHandler

from pe_core.desk.accounts import confirm_passphrase
from pe_core.desk.setup import (
    CONFIRMED,
    Step,
    close_doors,
    confirm_step,
    go_live,
    setup_list,
)
from pe_core.desk.shares import waiting_share
from pe_core.errors import NotAllowed
from pe_core.model.finding import Health
from pe_core.model.struct import Model
from pe_core.model.week import Week
from pe_core.rules.retention import DEFAULT_KEEP, KEEP_OPEN, LONGEST_KEEP, SHORTEST_KEEP
from pe_core.rules.texts import show_date
from pe_core.store import EpochRow
from pe_core.upkeep import last_upkeep
from pe_core.web.guards.caller import fields_of, session_of
from pe_core.web.guards.refusals import refusal
from pe_core.web.guards.routes import get_page, post_page
from pe_core.web.pages import redirect, render
from pe_core.web.portal import PageRequest, desk_of, language_of
from pe_core.web.staff.address import address, query_of
from pe_core.web.staff.words import say, show_last_day

PATH = "/{language:str}/staff/setup"
DONE = ("confirmed", "live", "closed", "shares")
NEXT_ENDS = 3
"""Epochs whose end is shown: those that die first."""


class StepLine(Model):
    """A step as the page shows it; ``missing`` is '' for a done one."""

    name: str
    missing: str
    confirms: bool


class EndLine(Model):
    """When an epoch dies."""

    epoch: str
    day: str


@get_page(PATH, guard="coordinator")
async def show_setup(request: PageRequest) -> Response[str]:
    """Show what stands before the first request, and how the instance is doing."""
    return await _page(request)


@post_page(PATH, guard="coordinator")
async def change_setup(request: PageRequest) -> Response[Any]:
    """Confirm a step, go live, or close the doors."""
    act = fields_of(request).one("act")
    desk, session = desk_of(request), session_of(request)
    if act in CONFIRMED:
        await confirm_step(desk, session, act)
        return _back(request, "confirmed")
    if act not in ("live", "close"):
        raise refusal("bad_request")
    try:
        await confirm_passphrase(desk, session, fields_of(request).one("passphrase"))
    except NotAllowed as error:
        return await _page(request, [("passphrase", say(request, error.key))])
    if act == "live":
        await go_live(desk, session)
        return _back(request, "live")
    await close_doors(desk, session)
    return _back(request, "closed")


async def _page(
    request: PageRequest, problems: list[tuple[str, str]] | None = None
) -> Response[str]:
    desk, session = desk_of(request), session_of(request)
    steps = await setup_list(desk)
    done = query_of(request).get("done", "")
    return render(
        request,
        "staff/setup.html",
        status=422 if problems else 200,
        here="setup",
        steps=[_line(request, step) for step in steps],
        ready=sum(step.done for step in steps),
        all_done=all(step.done for step in steps),
        live=desk.is_live,
        share_waits=await waiting_share(desk, session),
        weeks={
            "open": KEEP_OPEN,
            "closed": DEFAULT_KEEP,
            "shortest": SHORTEST_KEEP,
            "longest": LONGEST_KEEP,
        },
        done=done if done in DONE else "",
        problems=problems or [],
        **await _life(request),
    )


async def _life(request: PageRequest) -> dict[str, Any]:
    """Return how the instance is doing: the last upkeep, the next ends, the doctor's findings."""
    desk = desk_of(request)
    last = await last_upkeep(desk)
    ends = sorted((ends, name) for name, ends in await desk.store.pick(EpochRow, ("id", "ends")))
    findings = await desk.examine()
    day = date.fromordinal(last.day) if last is not None else None
    return {
        "upkeep_day": show_date(day, language_of(request)) if day is not None else "",
        "erased": [
            (say(request, f"staff.setup.erased.{table}"), number)
            for table, number in (last.erased.items() if last is not None else ())
            if number
        ],
        "ends": [
            EndLine(epoch=name, day=show_last_day(request, Week(week)))
            for week, name in ends[:NEXT_ENDS]
        ],
        "findings": [finding for finding in findings if finding.health is not Health.OK],
        "looked_at": len(findings),
    }


def _line(request: PageRequest, step: Step) -> StepLine:
    missing = (
        "" if step.done else say(request, f"staff.setup.{step.name}.{step.why}", **step.values)
    )
    return StepLine(
        name=step.name,
        missing=missing,
        confirms=step.name in CONFIRMED and step.why == "unread",
    )


def _back(request: PageRequest, done: str) -> Response[Any]:
    return redirect(address(f"/{language_of(request)}/staff/setup", done=done))


ROUTES: tuple[HTTPRouteHandler, ...] = (show_setup, change_setup)
