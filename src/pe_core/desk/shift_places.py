"""Places in a shift: who is invited, who signs up, who would swap, and how many came.

Whoever is invited gets a brief of their own, as for any task, and signs up by accepting it. A
place that somebody wants to give away stays theirs until another of the invited takes it.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date

import msgspec

from pe_core.desk.brief_keys import (
    LIVING,
    TAKEN,
    Offer,
    end_brief,
    new_brief_id,
    seal_brief,
)
from pe_core.desk.briefs import open_own_brief
from pe_core.desk.cards import shown_state
from pe_core.desk.desk import Desk
from pe_core.desk.epochs import current_epoch
from pe_core.desk.offering import free_place, read_active
from pe_core.desk.reminding import ring_people
from pe_core.desk.ringing import ring_volunteer
from pe_core.desk.sessions import Session
from pe_core.desk.shifts import ShiftView, read_shift, store_shift, trace_of
from pe_core.desk.trail import record
from pe_core.desk.volunteers import Known
from pe_core.errors import Conflict, NotAllowed, NotFound
from pe_core.model import (
    Box,
    BriefCard,
    BriefDetail,
    BriefId,
    BriefState,
    Card,
    Problem,
    Reason,
    ShiftId,
    Stub,
    VolunteerState,
)
from pe_core.model.struct import Model
from pe_core.model.trail import Act
from pe_core.model.week import Week
from pe_core.store import (
    BriefNoteRow,
    BriefRow,
    CallRow,
    Delete,
    EpochRow,
    In,
    Insert,
    Update,
)

S = BriefState
INVITED_AT_ONCE = 50
"""Volunteers whom one press invites."""
MOST_COUNTED = 100_000


class Places(Model):
    """How many places there are, how many of them are taken, and how many of those are offered.

    That much whoever is invited may know, and nobody's name.
    """

    places: int
    taken: int
    swapping: int


async def invite(
    desk: Desk, session: Session, shift: ShiftId, chosen: Mapping[Box, Sequence[Reason]]
) -> None:
    """Invite volunteers to sign up, each with the reasons that were shown; they are rung.

    Those who are invited already are passed over. Raises NotAllowed if it is over, or if one
    of them is not active.
    """
    view = await read_shift(desk, session, shift)
    if view.body.over or view.start <= desk.now():
        raise NotAllowed("staff.shifts.over")
    wanted = [box for box in chosen if box not in view.boxes(*LIVING)]
    if not 1 <= len(wanted) <= INVITED_AT_ONCE:
        raise NotAllowed("staff.shifts.how_many")
    people = [await read_active(desk, session, box) for box in wanted]
    epoch = await current_epoch(desk, "roster")
    rows = [_brief(desk, session, epoch, view, known, chosen[known.box]) for known in people]
    briefs = tuple((BriefId(row.id), Box(row.box)) for row in rows)
    body = msgspec.structs.replace(view.body, briefs=view.body.briefs + briefs)
    changes = [*(Insert(row) for row in rows), store_shift(desk, epoch, view, body)]
    await record(desk, session.box, Act.OFFERED, trace_of(shift), changes)
    for known in people:
        ring_volunteer(desk, known.profile)


async def uninvite(desk: Desk, session: Session, shift: ShiftId, box: Box) -> None:
    """Take an invitation back, and the place with it; who had one is rung."""
    view = await read_shift(desk, session, shift)
    if box not in view.boxes(*LIVING):
        raise NotFound("staff.offers.not_found")
    row = await desk.store.get(BriefRow, view.states[box][0])
    if row is None:
        raise NotFound("staff.offers.not_found")
    changes = [*end_brief(desk, row, S.WITHDRAWN), *await free_place(desk, row)]
    await record(desk, session.box, Act.OFFER_WITHDRAWN, trace_of(shift), changes)
    await desk.store.shred()
    if S(row.state) in TAKEN:
        await ring_people(desk, session, [box])


async def call_off(desk: Desk, session: Session, shift: ShiftId) -> None:
    """Call a shift off: everybody's place ends, and who had one is rung."""
    view = await read_shift(desk, session, shift)
    if view.body.over:
        raise NotAllowed("staff.shifts.over")
    rows = await _rows(desk, view)
    ended = [change for row in rows for change in end_brief(desk, row, S.WITHDRAWN)]
    epoch = await current_epoch(desk, "roster")
    body = msgspec.structs.replace(view.body, over=True)
    changes = [*ended, store_shift(desk, epoch, view, body)]
    await record(desk, session.box, Act.SHIFT_CHANGED, trace_of(shift), changes)
    await desk.store.shred()
    await ring_people(desk, session, view.boxes(*TAKEN))


async def count_attended(
    desk: Desk, session: Session, shift: ShiftId, attended: int
) -> tuple[Problem, ...]:
    """Note how many came, and forget who had signed up; returns what is wrong."""
    view = await read_shift(desk, session, shift)
    if view.body.over or desk.now() < view.start:
        raise NotAllowed("staff.shifts.not_yet")
    if not 0 <= attended <= MOST_COUNTED:
        return (Problem(field="attended", code="number", limits={"most": MOST_COUNTED}),)
    epoch = await current_epoch(desk, "roster")
    body = msgspec.structs.replace(view.body, attended=attended, over=True, briefs=())
    ids = In(tuple(brief for brief, _ in view.body.briefs))
    gone = [
        Delete(BriefNoteRow, {"brief": ids}),
        Delete(BriefRow, {"id": ids}),
        Delete(CallRow, {"id": view.body.call}),
    ]
    changes = [*gone, store_shift(desk, epoch, view, body)]
    await record(desk, session.box, Act.SHIFT_CHANGED, trace_of(shift), changes)
    await desk.store.shred()
    return ()


async def want_swap(desk: Desk, session: Session, brief: BriefId, wanted: bool = True) -> None:
    """Say that one would give a place away, or that one keeps it after all.

    It stays one's own until another of the invited takes it. Whoever says it twice has said it.
    Raises NotFound for anybody else's, NotAllowed for what is no place in a shift.
    """
    row, _, card, _ = await open_own_brief(desk, session, brief)
    now, to = (S.ACCEPTED, S.SWAPPING) if wanted else (S.SWAPPING, S.ACCEPTED)
    if row.state == to.value and card.shift:
        return
    if row.state != now.value or not card.shift:
        raise NotAllowed("work.brief.over")
    changed = Update(BriefRow, (row.id,), {"state": to.value}, expect={"state": row.state})
    try:
        await desk.store.write([changed])
    except Conflict:
        # Another of the invited took it, or a coordinator took it back, in this very moment.
        raise NotAllowed("work.brief.over") from None
    desk.swaps_rung.discard(row.id)


def is_away(desk: Desk, card: Card | None, day: date) -> bool:
    """Return whether somebody cannot come on a day, by what they and the embassy say of them."""
    if card is None or shown_state(desk, card) is not VolunteerState.ACTIVE:
        return True
    number = day.toordinal()
    gone = any(first <= number <= last for first, last, free in card.away if not free)
    return gone or card.paused_until >= number


async def read_places(desk: Desk, brief: BriefRow) -> Places:
    """Return how many places there are of what was offered with this brief."""
    call = await desk.store.get(CallRow, brief.call)
    if call is None:
        return Places(places=0, taken=0, swapping=0)
    swapping = {"call": brief.call, "state": S.SWAPPING.value}
    return Places(
        places=call.places,
        taken=call.taken,
        swapping=await desk.store.count(BriefRow, swapping),
    )


def _brief(
    desk: Desk,
    session: Session,
    epoch: EpochRow,
    view: ShiftView,
    known: Known,
    reasons: Sequence[Reason],
) -> BriefRow:
    body, need = view.body, view.body.need
    stub = Stub(
        brief=new_brief_id(),
        box=known.box,
        need=None,
        request=None,
        by=session.box,
        at=desk.now(),
        reasons=tuple(reasons),
        start=need.start,
        end=need.end,
        shift=view.id,
    )
    card = BriefCard(
        title=body.title,
        language=body.language,
        languages=need.languages,
        city=need.city,
        remote=need.remote,
        start=need.start,
        end=need.end,
        places=need.places,
        answer_by=view.start,
        reasons=tuple(reasons),
        shift=True,
        gates=need.gates,
    )
    checklist = desk.vocabulary.checklists.get(body.checklist, ())
    offer = Offer(
        call=body.call,
        stub=stub,
        card=card,
        detail=BriefDetail(text=body.detail, language=body.language, checklist=checklist),
        day=view.start.astimezone(UTC).date().toordinal(),
        keep_until=Week(view.row.keep_until),
    )
    return seal_brief(desk, session, epoch, known.profile.public, offer)


async def _rows(desk: Desk, view: ShiftView) -> list[BriefRow]:
    ids = tuple(brief for brief, _ in view.body.briefs)
    living = In([state.value for state in LIVING])
    return await desk.store.select(BriefRow, {"id": In(ids), "state": living})
