"""The first page of a volunteer: what is still needed before the first task, or their work."""

from datetime import timedelta
from typing import Any

from litestar import Response
from litestar.handlers import HTTPRouteHandler

from pe_core.desk.desk import today_of
from pe_core.desk.volunteer_notes import read_notes
from pe_core.desk.volunteers import Known, read_own, state_now, steps_left
from pe_core.model import VolunteerState
from pe_core.model.struct import Model
from pe_core.model.week import Week, week_start
from pe_core.rules.texts import show_date, show_time
from pe_core.rules.volunteering import Step, is_paused
from pe_core.web.guards.caller import session_of
from pe_core.web.guards.routes import get_page
from pe_core.web.pages import render
from pe_core.web.portal import PageRequest, desk_of, language_of
from pe_core.web.staff.address import query_of
from pe_core.web.work.home_tasks import home_tasks

DONE = ("sent", "signed", "paused", "back", "again")
V = VolunteerState
OWN_STEPS = {Step.PROFILE: "me", Step.AGREEMENT: "agreement", Step.TALK: "messages"}
"""Where the person themselves can do something about a step."""


class StepView(Model):
    """One step towards the first task, as the list shows it; ``address`` is '' for none."""

    name: str
    is_done: bool
    address: str


@get_page("/{language:str}/work", guard="volunteer")
async def show_work(request: PageRequest) -> Response[str]:
    """Show what is still needed before the first task, or where one stands."""
    desk, session = desk_of(request), session_of(request)
    known = await read_own(desk, session)
    state = state_now(desk, known)
    done = query_of(request).get("done", "")
    notes = await read_notes(desk, session, known)
    answered = [written.note.at for written in notes if written.team]
    zone, language = known.profile.zone, language_of(request)
    return render(
        request,
        "work/my_work.html",
        here="home",
        state=state.value,
        done=done if done in DONE else "",
        steps=_steps(request, known),
        ready=not steps_left(known),
        answered=show_time(answered[-1], zone, language) if answered else "",
        **_standing(request, known, state),
        **await home_tasks(request, known),
    )


def _steps(request: PageRequest, known: Known) -> list[StepView]:
    left, home = steps_left(known), f"/{language_of(request)}/work"
    begun = bool(known.profile.languages)
    places = {**OWN_STEPS, Step.PROFILE: "me" if begun else "me/languages"}
    return [
        StepView(
            name=step.value,
            is_done=step not in left,
            address=f"{home}/{places[step]}" if step in places else "",
        )
        for step in Step
    ]


def _standing(request: PageRequest, known: Known, state: VolunteerState) -> dict[str, Any]:
    """Return what the page says of the state: until when a pause lasts, what was decided."""
    desk, language = desk_of(request), language_of(request)
    profile, standing = known.profile, known.standing
    last_day = week_start(Week(known.row.keep_until)) + timedelta(days=6)
    ends = [end for end in (profile.paused_until, standing.paused_until) if end is not None]
    is_over = state in (V.LEFT, V.DECLINED, V.BLOCKED)
    paused = is_paused(profile, standing, today_of(desk))
    return {
        "paused_until": show_date(max(ends), language) if paused and ends else "",
        "own_pause": profile.paused_until is not None and profile.paused_until >= today_of(desk),
        "reason": standing.reason if is_over and state is not V.LEFT else "",
        "words": standing.words,
        "erased_on": show_date(last_day, language) if is_over else "",
        "sent": profile.sent is not None,
    }


ROUTES: tuple[HTTPRouteHandler, ...] = (show_work,)
