"""Who could meet a need: everybody's cards, what they have to do, and a preference of plugins.

Nobody is chosen here. What a coordinator is shown are suggestions, each with what speaks for
and against it, and for anybody else the reason why they are not among them.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from msgspec.structs import replace

from pe_core.desk.brief_keys import LIVING, TAKEN, open_stub
from pe_core.desk.cards import catch_up_cards
from pe_core.desk.desk import Desk, here_and_now
from pe_core.desk.epochs import open_grants
from pe_core.desk.needs import NeedView, has_begun, read_open_needs
from pe_core.desk.offering import silent_offers
from pe_core.desk.roster import fold_handle
from pe_core.desk.sessions import Promise, Session
from pe_core.desk.shifts import ShiftView, trace_of
from pe_core.desk.trail import record
from pe_core.desk.working import OVER
from pe_core.errors import NotAllowed
from pe_core.hooks.ranking import MOST, add_reasons, rank
from pe_core.model import (
    Box,
    BriefId,
    BriefState,
    Candidate,
    Card,
    Need,
    NeedId,
    Reason,
    Suggestion,
)
from pe_core.model.struct import Model
from pe_core.model.trail import Act
from pe_core.rules.crowd import Crowd
from pe_core.rules.hurdles import Hurdle, find_hurdles
from pe_core.rules.matching import LATELY, fits, is_active
from pe_core.rules.nearness import Nearness
from pe_core.store import BriefRow, In, RequestRow

SHOWN = 5
"""Suggestions that a need's page shows."""
HURDLES = 3
"""What a need's page says of why nobody fits."""
LOOKED_AT = 2000
"""People who are asked one by one why they do not fit; they take a few hundredths of a second."""
SHOWN_FOR_SHIFT = 50
"""Suggestions that a shift's page shows."""
_TAKEN = tuple(state.value for state in TAKEN)
Span = tuple[datetime, datetime]


class Duties(Model):
    """What volunteers have to do: how many tasks, when they were last asked, what they promised.

    ``asked`` are ordinals of days, of whoever was asked lately.
    """

    load: Mapping[Box, int]
    asked: Mapping[Box, int]
    busy: Mapping[Box, Sequence[Span]]


class Proposal(Model):
    """An open need with the people who could be asked for it, if all needs are met together."""

    view: NeedView
    suggestions: tuple[Suggestion, ...]


async def suggest_people(
    desk: Desk, session: Session, view: NeedView, limit: int = SHOWN
) -> tuple[Suggestion, ...]:
    """Return the first people for a need, by a plugin's preference or in the core's order.

    The trail knows that they were suggested, for which request.
    """
    await record(desk, session.box, Act.MATCHED, view.request)
    return await _suggest(desk, session, _without_asked(view), limit)


async def suggest_for_shift(
    desk: Desk, session: Session, view: ShiftView, limit: int = SHOWN_FOR_SHIFT
) -> tuple[Suggestion, ...]:
    """Return the first people for a shift who were not invited; the trail knows that they were."""
    await record(desk, session.box, Act.MATCHED, trace_of(view.id))
    return await _suggest(desk, session, _leave_out(view.body.need, view.states), limit)


async def _suggest(desk: Desk, session: Session, need: Need, limit: int) -> tuple[Suggestion, ...]:
    crowd, duties = await crowd_of(desk, session), await read_duties(desk, session)
    fitting = crowd.suggest(
        need,
        load=duties.load,
        asked=duties.asked,
        busy=duties.busy,
        now=here_and_now(desk),
        limit=MOST if desk.plugins.rankers else limit,
    )
    candidates = [candidate_of(crowd, duties, one.box) for one in fitting]
    ranked = rank(desk.plugins, need, candidates, desk.troubles, desk.texts)
    return (fitting if ranked is None else add_reasons(ranked, fitting))[:limit]


async def why_not(
    desk: Desk, session: Session, view: NeedView, handle: str
) -> list[tuple[Card, tuple[Reason, ...]]]:
    """Return every point that a need raises for whoever has this pseudonym; more may have it."""
    crowd, duties = await crowd_of(desk, session), await read_duties(desk, session)
    await record(desk, session.box, Act.MATCHED, view.request)
    wanted = fold_handle(handle)
    return [
        (
            card,
            crowd.why_not(
                card.box,
                view.body.need,
                load=duties.load,
                asked=duties.asked,
                busy=duties.busy,
                now=here_and_now(desk),
            ),
        )
        for card in crowd
        if card.handle == wanted
    ]


async def count_fitting(desk: Desk, session: Session, need: Need) -> int:
    """Return how many of our own people fit a need now, 200 at most; nobody is named.

    The trail knows that it was looked for.
    """
    await record(desk, session.box, Act.MATCHED)
    crowd, duties = await crowd_of(desk, session), await read_duties(desk, session)
    fitting = crowd.suggest(
        need,
        load=duties.load,
        asked=duties.asked,
        busy=duties.busy,
        now=here_and_now(desk),
        limit=MOST,
    )
    return len(fitting)


async def choose(
    desk: Desk, session: Session, view: NeedView, boxes: Sequence[Box]
) -> dict[Box, tuple[Reason, ...]]:
    """Return the reasons that an offer to each of these people is made with, as they are now.

    Raises NotAllowed when one of them does not fit any more, or never did. Who was asked
    before, and said nothing or no, may be asked again.
    """
    return await _choose(desk, session, view.body.need, boxes)


async def choose_for_shift(
    desk: Desk, session: Session, view: ShiftView, boxes: Sequence[Box]
) -> dict[Box, tuple[Reason, ...]]:
    """Return the reasons that each of these people is invited with; NotAllowed as ``choose``."""
    return await _choose(desk, session, view.body.need, boxes)


async def _choose(
    desk: Desk, session: Session, need: Need, boxes: Sequence[Box]
) -> dict[Box, tuple[Reason, ...]]:
    crowd, duties = await crowd_of(desk, session), await read_duties(desk, session)
    now = here_and_now(desk)
    chosen = {
        box: crowd.why_not(
            box, need, load=duties.load, asked=duties.asked, busy=duties.busy, now=now
        )
        for box in boxes
    }
    if not all(reasons and fits(reasons) for reasons in chosen.values()):
        raise NotAllowed("staff.offers.does_not_fit")
    fitting = [Suggestion(box=box, reasons=reasons) for box, reasons in chosen.items()]
    candidates = [candidate_of(crowd, duties, box) for box in chosen]
    ranked = rank(desk.plugins, need, candidates, desk.troubles, desk.texts)
    whole = fitting if ranked is None else add_reasons(ranked, fitting)
    return {one.box: one.reasons for one in whole}


async def hurdles_of(desk: Desk, session: Session, view: NeedView) -> list[Hurdle]:
    """Return what shuts most active people out of a need, for when nobody is suggested."""
    crowd, duties = await crowd_of(desk, session), await read_duties(desk, session)
    now = here_and_now(desk)
    active = [card for card in crowd if is_active(card.state, card.paused_until, now.toordinal())]
    candidates = [candidate_of(crowd, duties, card.box) for card in active[:LOOKED_AT]]
    nearness = Nearness(desk.jurisdiction.cities)
    return find_hurdles(_without_asked(view), candidates, nearness, now)[:HURDLES]


async def propose_for_all(desk: Desk, session: Session) -> list[Proposal]:
    """Return all open needs, the oldest first, with whom to ask so that nobody is overburdened.

    A need whose places are all taken or offered waits for its answers and gets nobody; nor does
    one whose time has begun.
    """
    views = await read_open_needs(desk, session)
    crowd, duties = await crowd_of(desk, session), await read_duties(desk, session)
    await record(desk, session.box, Act.MATCHED)
    in_hand = In(tuple(state.value for state in (*LIVING, BriefState.DONE)))
    rows = await desk.store.pick(BriefRow, ("id",), {"state": in_hand})
    held = {brief for (brief,) in rows} - await silent_offers(desk, session)
    needs: list[tuple[NeedId, Need]] = [
        (view.id, replace(_without_asked(view), places=left))
        for view in views
        if (left := _places_left(view, held)) > 0 and not has_begun(desk, view.body)
    ]
    shared = crowd.propose(
        needs,
        load=duties.load,
        asked=duties.asked,
        busy=duties.busy,
        now=here_and_now(desk),
    )
    return [Proposal(view=view, suggestions=shared.get(view.id, ())) for view in views]


async def crowd_of(desk: Desk, session: Session) -> Crowd:
    """Return the crowd of this session, with every card as it is now."""
    cards = await catch_up_cards(desk, session)
    crowd = session.crowd
    if crowd is None:
        crowd = session.crowd = Crowd(Nearness(desk.jurisdiction.cities))
    elif session.crowd_at == session.cards_changed:
        return crowd
    for box in [card.box for card in crowd if card.box not in cards]:
        crowd.drop(box)
    for box, card in cards.items():
        known = crowd.get(box)
        if known is not card:
            crowd.put(card)
            # One copy of each: the crowd's own is the lighter one.
            cards[box] = crowd.get(box) or card
    session.crowd_at = session.cards_changed
    return crowd


async def read_duties(desk: Desk, session: Session) -> Duties:
    """Return what volunteers have to do; the times come from what the session can open.

    A task whose asker has ended the request is none any more, though its row waits for its
    volunteer to look.
    """
    await open_grants(desk, session)
    here = here_and_now(desk)
    today = here.date().toordinal()
    asked: dict[Box, int] = {}
    taken: dict[BriefId, Box] = {}
    lately: dict[BriefId, tuple[Box, int]] = {}
    for brief, box, state, day in await desk.store.pick(BriefRow, ("id", "box", "state", "day")):
        if state in _TAKEN:
            taken[BriefId(brief)] = Box(box)
        if day >= today - LATELY:
            lately[BriefId(brief)] = Box(box), min(day, today)
    promised = await _promises(desk, session, {*taken, *lately})
    for brief, (box, day) in lately.items():
        # The day in the row is that of the last step, or the last one to answer: of a shift it
        # may be weeks after the day on which somebody was asked.
        if brief in promised:
            day = promised[brief].at.astimezone(here.tzinfo).date().toordinal()
        asked[box] = max(asked.get(box, 0), day)
    idle = await _idle(desk, promised)
    load = Counter(box for brief, box in taken.items() if brief not in idle)
    busy: dict[Box, list[Span]] = {}
    for brief in taken.keys() & promised.keys() - idle:
        one = promised[brief]
        if one.span is not None:
            busy.setdefault(one.box, []).append(one.span)
    return Duties(load=load, asked=asked, busy=busy)


def candidate_of(crowd: Crowd, duties: Duties, box: Box) -> Candidate:
    """Return somebody of the crowd with what they have to do; KeyError if they are not there."""
    card = crowd.get(box)
    if card is None:
        raise KeyError(box)
    return Candidate(
        card=card,
        load=duties.load.get(box, 0),
        asked=duties.asked.get(box, 0),
        busy=tuple(duties.busy.get(box, ())),
    )


async def _promises(
    desk: Desk, session: Session, wanted: Collection[BriefId]
) -> Mapping[BriefId, Promise]:
    """Return what is promised or offered; each stub is opened once in a session."""
    for brief in session.promises.keys() - wanted:
        del session.promises[brief]
    missing = tuple(brief for brief in wanted if brief not in session.promises)
    for row in await desk.store.select(BriefRow, {"id": In(missing)}):
        stub = open_stub(desk, session, row)
        if stub is not None:
            span = (stub.start, stub.end) if stub.start and stub.end else None
            session.promises[BriefId(row.id)] = Promise(stub.box, span, stub.request, stub.at)
    return session.promises


async def _idle(desk: Desk, promised: Mapping[BriefId, Promise]) -> set[BriefId]:
    """Return what nothing is left of to do, because the request behind it is over."""
    requests = In(tuple({one.request for one in promised.values() if one.request is not None}))
    states = dict(await desk.store.pick(RequestRow, ("id", "state"), {"id": requests}))
    return {
        brief
        for brief, one in promised.items()
        if one.request is not None and states.get(one.request) in (*OVER, None)
    }


def _places_left(view: NeedView, held: Collection[str]) -> int:
    """Return how many of a need's places nobody has or had, or is thinking about."""
    return view.body.need.places - sum(brief in held for brief, _ in view.body.briefs)


def _without_asked(view: NeedView) -> Need:
    """Return a need that leaves out whom it was offered to already, whatever they said."""
    return _leave_out(view.body.need, (box for _, box in view.body.briefs))


def _leave_out(need: Need, boxes: Iterable[Box]) -> Need:
    return replace(need, excluded=(*need.excluded, *boxes))
