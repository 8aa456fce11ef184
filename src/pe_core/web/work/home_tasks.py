"""The tasks on a volunteer's first page: what is offered, what they do, and what is over."""

from datetime import date
from typing import Any

from pe_core.desk.briefs import list_briefs, put_feed_right
from pe_core.desk.volunteers import Known
from pe_core.model.struct import Model
from pe_core.rules.texts import show_date, show_month
from pe_core.web.guards.caller import session_of
from pe_core.web.portal import PageRequest, desk_of, language_of
from pe_core.web.staff.address import query_of
from pe_core.web.staff.words import count, say
from pe_core.web.work.telling import show_spent, tell_task

DONE = ("declined", "given_back", "finished", "supported")
OVER_SHOWN = 10
"""Tasks that are over, of which the last ones are listed."""
MONTHS_SHOWN = 12


class Over(Model):
    """A task that is over: how it ended and on which day, and no word of what it was."""

    state: str
    day: str


class Spent(Model):
    """A month of somebody's help."""

    month: str
    time: str
    tasks: str


async def home_tasks(request: PageRequest, known: Known) -> dict[str, Any]:
    """Return what the first page shows of tasks; the feed is put right on the way."""
    desk, session, language = desk_of(request), session_of(request), language_of(request)
    await put_feed_right(desk, session)
    zone = known.profile.zone
    views = await list_briefs(desk, session)
    tasks = [(view, tell_task(request, view, view.card, zone)) for view in views if view.card]
    over = [view for view in views if view.card is None][:OVER_SHOWN]
    done = query_of(request).get("done", "")
    return {
        "task_done": done if done in DONE else "",
        "offers": [task for view, task in tasks if not view.is_taken],
        "taken": [task for view, task in tasks if view.is_taken],
        "over": [
            Over(
                state=say(request, f"work.task.state_{view.state.value}"),
                day=show_date(date.fromordinal(view.row.day), language),
            )
            for view in over
        ],
        "zone": zone,
        "months": [
            Spent(
                month=show_month(month.year, month.month, language),
                time=show_spent(request, month.minutes),
                tasks=count(request, "work.home.tasks", month.tasks),
            )
            for month in reversed(known.profile.helped[-MONTHS_SHOWN:])
        ],
    }
