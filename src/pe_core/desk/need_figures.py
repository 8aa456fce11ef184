"""How many needs are open, and which of them nobody answered: what the day begins with."""

from collections.abc import Sequence

from pe_core.desk.desk import Desk
from pe_core.desk.epochs import open_grants
from pe_core.desk.needs import living_needs, open_need
from pe_core.desk.offering import silent_offers
from pe_core.desk.sessions import Session
from pe_core.model import BriefState, NeedId
from pe_core.model.struct import Model
from pe_core.store import BriefRow, In, NeedRow


class NeedFigures(Model):
    """Open needs, and those of them that were offered, where nobody is asked any more."""

    open: int
    unanswered: frozenset[NeedId]


async def look_over_needs(desk: Desk, session: Session) -> NeedFigures:
    """Return what is open of what this session can open; each need is opened once in a session."""
    await open_grants(desk, session)
    heads = await desk.store.pick(NeedRow, ("id", "request", "epoch"), {"state": "open"})
    ours = [(need, request) for need, request, epoch in heads if epoch in session.epochs]
    living = await living_needs(desk, ours)
    calls = await calls_of(desk, session, living)
    return NeedFigures(open=len(living), unanswered=await _unanswered(desk, session, calls))


async def calls_of(desk: Desk, session: Session, needs: Sequence[str]) -> dict[str, NeedId]:
    """Return the needs by their call, which never changes; each is opened once in a session."""
    missing = tuple(need for need in needs if NeedId(need) not in session.calls)
    if missing:
        for row in await desk.store.select(NeedRow, {"id": In(missing)}):
            view = open_need(desk, session, row)
            if view is not None:
                session.calls[view.id] = view.body.call
    return {
        session.calls[NeedId(need)]: NeedId(need) for need in needs if NeedId(need) in session.calls
    }


async def _unanswered(desk: Desk, session: Session, calls: dict[str, NeedId]) -> frozenset[NeedId]:
    """Return the needs of which an offer ran out, and that nobody can answer now."""
    over = await silent_offers(desk, session)
    waiting, silent = set(), set()
    where = {"call": In(tuple(calls))}
    for brief, call, state in await desk.store.pick(BriefRow, ("id", "call", "state"), where):
        if state == BriefState.OFFERED.value and brief not in over:
            waiting.add(call)
        elif state in (BriefState.OFFERED.value, BriefState.EXPIRED.value):
            silent.add(call)
    return frozenset(calls[call] for call in silent - waiting)
