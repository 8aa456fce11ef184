"""Looking for somebody: a need is added, and the request goes on to *matching*."""

from pe_core.desk.desk import Desk
from pe_core.desk.needs import add_need, change_need, read_need
from pe_core.desk.requests import Moving, move
from pe_core.desk.sessions import Session
from pe_core.desk.trail import record
from pe_core.desk.working import OVER, take_up
from pe_core.errors import NotAllowed
from pe_core.model import BriefState, NeedId, NeedState, OpenNeed, Problem, RequestId, State
from pe_core.model.trail import Act
from pe_core.store import BriefRow, CallRow, In, Update

_STEPS = {State.NEW: (State.TRIAGE, State.MATCHING), State.TRIAGE: (State.MATCHING,)}
"""The lifecycle's way to *matching* from where nobody was looked for yet."""


async def seek(
    desk: Desk, session: Session, request: RequestId, body: OpenNeed
) -> tuple[Problem, ...]:
    """Add a need; returns what is wrong with it, or nothing when it is done.

    A request that was only sorted so far is looked for from now on, and its asker is told.
    """
    work = await take_up(desk, session, request)
    problems = await add_need(desk, session, request, body)
    if not problems:
        for to in _STEPS.get(work.state, ()):
            await move(desk, session, request, Moving(to=to))
    return problems


async def look_again(desk: Desk, session: Session, need: NeedId) -> None:
    """Go on with a need that was stopped; whoever was asked then is not asked any more.

    Raises NotAllowed when its request is over, or when everything was done already.
    """
    view = await read_need(desk, session, need)
    work = await take_up(desk, session, view.request)
    call = await desk.store.get(CallRow, view.body.call)
    if view.state is not NeedState.DROPPED:
        return
    briefs = In(tuple(brief for brief, _ in view.body.briefs))
    done = await desk.store.count(BriefRow, {"id": briefs, "state": BriefState.DONE.value})
    if work.state in (*OVER, State.RESOLVED) or call is None or done >= call.places:
        raise NotAllowed("staff.needs.closed")
    # What was accepted when the need was stopped has ended with it, and holds no place.
    freed = Update(CallRow, (call.id,), {"taken": done}, expect={"taken": call.taken})
    changes = [await change_need(desk, view, view.body, NeedState.OPEN), freed]
    await record(desk, session.box, Act.NEED_ADDED, view.request, changes)
