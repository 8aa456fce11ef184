"""Offers: a need is put before volunteers whom a coordinator chose, and what becomes of it.

Only people decide. What is suggested passed the hard gates; what is offered is checked again
against the sealed records themselves, keys included, before anything is sealed to anybody.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC

import msgspec

from pe_core.desk.brief_keys import (
    LIVING,
    TAKEN,
    Offer,
    end_brief,
    introduction_id,
    new_brief_id,
    open_brief_keys,
    open_stub,
    seal_brief,
)
from pe_core.desk.desk import Desk
from pe_core.desk.epochs import current_epoch
from pe_core.desk.needs import NeedView, change_need, has_begun, read_need, read_needs
from pe_core.desk.reminding import ring_people
from pe_core.desk.ringing import ring_volunteer
from pe_core.desk.sessions import Session
from pe_core.desk.trail import record
from pe_core.desk.volunteers import Known, read_volunteer, state_now, steps_left
from pe_core.desk.working import take_up
from pe_core.errors import Conflict, NotAllowed, NotFound
from pe_core.model import (
    Box,
    BriefCard,
    BriefDetail,
    BriefId,
    BriefState,
    Need,
    NeedId,
    NeedState,
    Reason,
    RequestId,
    Stub,
    VolunteerState,
)
from pe_core.model.struct import Model
from pe_core.model.trail import Act
from pe_core.model.week import Week
from pe_core.rules.needs import answer_by
from pe_core.store import AtMost, BriefRow, CallRow, Change, Delete, In, Insert, ReplyRow, Update

S = BriefState
OFFERS_AT_ONCE = 20
"""Volunteers to whom one press offers a need."""


class OfferView(Model):
    """What became of one offer, as coordinators see it.

    One that nobody can answer any more has expired, which its row says from the next upkeep on.
    ``locked`` is that an emergency lock took its keys from the volunteer, who cannot open it.
    """

    brief: BriefId
    box: Box
    state: BriefState
    day: int
    stub: Stub
    locked: bool


async def offer(
    desk: Desk, session: Session, need: NeedId, chosen: Mapping[Box, Sequence[Reason]]
) -> None:
    """Offer a need to volunteers, each with the reasons that were shown; they are rung.

    Raises NotAllowed if it is not open or its time has begun, if one of them is not active, or
    has it already.
    """
    view = await read_need(desk, session, need)
    work = await take_up(desk, session, view.request)
    if view.state is not NeedState.OPEN:
        raise NotAllowed("staff.offers.not_open")
    if has_begun(desk, view.body):
        raise NotAllowed("staff.offers.too_late")
    if not 1 <= len(chosen) <= OFFERS_AT_ONCE:
        raise NotAllowed("staff.offers.how_many")
    asked = {each.box for each in await read_offers(desk, session, view) if each.state in LIVING}
    if asked & chosen.keys():
        raise NotAllowed("staff.offers.asked_already")
    people = [await read_active(desk, session, box) for box in chosen]
    detail = BriefDetail(
        text=view.body.detail,
        language=view.body.language,
        checklist=desk.vocabulary.checklists.get(view.body.checklist, ()),
        request=view.request,
        need=view.id,
        reply_key=work.original.reply_key,
    )
    await _write_offers(desk, session, view, people, chosen, detail, Week(work.row.keep_until))
    for known in people:
        ring_volunteer(desk, known.profile)


async def _write_offers(
    desk: Desk,
    session: Session,
    view: NeedView,
    people: Sequence[Known],
    chosen: Mapping[Box, Sequence[Reason]],
    detail: BriefDetail,
    keep_until: Week,
) -> None:
    epoch, now, need = await current_epoch(desk, "intake"), desk.now(), view.body.need
    until = answer_by(need, now)
    rows = []
    for known in people:
        reasons = tuple(chosen[known.box])
        stub = Stub(
            brief=new_brief_id(),
            box=known.box,
            need=view.id,
            request=view.request,
            by=session.box,
            at=now,
            reasons=reasons,
            start=need.start,
            end=need.end,
        )
        card = BriefCard(
            title=view.body.title,
            language=view.body.language,
            languages=need.languages,
            city=need.city,
            remote=need.remote,
            start=need.start,
            end=need.end,
            places=need.places,
            answer_by=until,
            reasons=reasons,
            gates=need.gates,
        )
        made = Offer(
            call=view.body.call,
            stub=stub,
            card=card,
            detail=detail,
            day=until.astimezone(UTC).date().toordinal(),
            keep_until=keep_until,
        )
        rows.append(seal_brief(desk, session, epoch, known.profile.public, made))
    briefs = tuple((BriefId(row.id), Box(row.box)) for row in rows)
    body = msgspec.structs.replace(view.body, briefs=view.body.briefs + briefs)
    stored = await change_need(desk, view, body)
    changes = [*(Insert(row) for row in rows), stored]
    await record(desk, session.box, Act.OFFERED, view.request, changes)


async def read_offers(desk: Desk, session: Session, view: NeedView) -> list[OfferView]:
    """Return what became of a need's offers, the first first."""
    order = {brief: place for place, (brief, _) in enumerate(view.body.briefs)}
    rows = await desk.store.select(BriefRow, {"id": In(tuple(order))})
    stubs = ((row, open_stub(desk, session, row)) for row in rows)
    views = [_offer_view(desk, row, stub) for row, stub in stubs if stub is not None]
    return sorted(views, key=lambda one: order[one.brief])


def _offer_view(desk: Desk, row: BriefRow, stub: Stub) -> OfferView:
    state = S(row.state)
    if state is S.OFFERED and _is_silent(desk, stub):
        state = S.EXPIRED
    return OfferView(
        brief=BriefId(row.id),
        box=stub.box,
        state=state,
        day=row.day,
        stub=stub,
        locked=state in LIVING and row.own is None,
    )


async def take_back(desk: Desk, session: Session, need: NeedId, brief: BriefId) -> None:
    """Take an offer back, or a task that was accepted, whose helper is rung.

    What is offered elsewhere stays.
    """
    view = await read_need(desk, session, need)
    row = await _row_of(desk, view, brief)
    if row.state not in {state.value for state in LIVING}:
        raise NotAllowed("staff.offers.over")
    changes = [*_ended(desk, session, row, S.WITHDRAWN), *await free_place(desk, row)]
    if row.state in {state.value for state in TAKEN} and view.state is NeedState.MET:
        changes.append(await change_need(desk, view, view.body, NeedState.OPEN))
    await record(desk, session.box, Act.OFFER_WITHDRAWN, view.request, changes)
    await desk.store.shred()
    await ring_people(desk, session, _helpers([row]))


async def note_no_show(desk: Desk, session: Session, need: NeedId, brief: BriefId) -> None:
    """Note that somebody who had accepted did not come; the need is open again."""
    view = await read_need(desk, session, need)
    row = await _row_of(desk, view, brief)
    if row.state not in {state.value for state in TAKEN}:
        raise NotAllowed("staff.offers.not_accepted")
    changes = [*_ended(desk, session, row, S.NO_SHOW), *await free_place(desk, row)]
    if view.state is NeedState.MET:
        changes.append(await change_need(desk, view, view.body, NeedState.OPEN))
    await record(desk, session.box, Act.NO_SHOW, view.request, changes)
    await desk.store.shred()


async def drop_need(desk: Desk, session: Session, need: NeedId) -> None:
    """Stop looking: what is offered and what was accepted ends with it, and helpers are rung."""
    view = await read_need(desk, session, need)
    if view.state is NeedState.DROPPED:
        return
    stored = await change_need(desk, view, view.body, NeedState.DROPPED)
    rows = await _living(desk, view)
    changes = [stored, *_all_ended(desk, session, rows)]
    await record(desk, session.box, Act.NEED_DROPPED, view.request, changes)
    await desk.store.shred()
    await ring_people(desk, session, _helpers(rows))


async def ending_changes(desk: Desk, session: Session, request: RequestId) -> list[Change]:
    """Return the changes that end all needs of a request that is over, and their offers.

    One whose helper had not done it yet is not met: it can be gone on with, if the request is.
    """
    changes: list[Change] = []
    for view in await read_needs(desk, session, request):
        if view.state is NeedState.DROPPED:
            continue
        rows = await _living(desk, view)
        changes += _all_ended(desk, session, rows)
        if view.state is NeedState.OPEN or rows:
            changes.append(await change_need(desk, view, view.body, NeedState.DROPPED))
    return changes


async def helpers_of(desk: Desk, session: Session, request: RequestId) -> list[Box]:
    """Return who has a task of a request: ask before it ends, ring them once it is written."""
    views = await read_needs(desk, session, request)
    return _helpers([row for view in views for row in await _living(desk, view)])


async def _living(desk: Desk, view: NeedView) -> list[BriefRow]:
    """Return the briefs of a need that are not over."""
    ids = tuple(brief for brief, _ in view.body.briefs)
    living = In([state.value for state in LIVING])
    return await desk.store.select(BriefRow, {"id": In(ids), "state": living})


def _all_ended(desk: Desk, session: Session, rows: Sequence[BriefRow]) -> list[Change]:
    return [change for row in rows for change in _ended(desk, session, row, S.WITHDRAWN)]


def _helpers(rows: Sequence[BriefRow]) -> list[Box]:
    """Return whose these are that were accepted: they may be on their way to a task."""
    return [Box(row.box) for row in rows if S(row.state) in TAKEN]


async def expire_offers(desk: Desk) -> int:
    """End the offers whose last day to answer is over; returns how many. Nobody is blamed."""
    yesterday = desk.now().date().toordinal() - 1
    rows = await desk.store.select(BriefRow, {"state": S.OFFERED.value, "day": AtMost(yesterday)})
    ended = 0
    for row in rows:
        # One at a time: that somebody says no to one in this moment keeps no other.
        with suppress(Conflict):
            await desk.store.write(end_brief(desk, row, S.EXPIRED))
            ended += 1
    return ended


async def silent_offers(desk: Desk, session: Session) -> frozenset[str]:
    """Return the offers of needs that nobody can answer any more, whose rows do not say so yet.

    The row has the last day alone; on that day the hour is in the stub, of which a shift's waits
    until it begins.
    """
    today = desk.now().date().toordinal()
    found = set()
    for row in await desk.store.select(BriefRow, {"state": S.OFFERED.value, "day": AtMost(today)}):
        stub = open_stub(desk, session, row)
        if row.day < today or (stub is not None and _is_silent(desk, stub)):
            found.add(row.id)
    return frozenset(found)


def _is_silent(desk: Desk, stub: Stub) -> bool:
    need = Need(start=stub.start, end=stub.end)
    return stub.shift is None and answer_by(need, stub.at) <= desk.now()


async def free_place(desk: Desk, row: BriefRow) -> list[Change]:
    """Return the change that gives back the place that a brief had taken, if it had one."""
    if row.state not in {state.value for state in TAKEN}:
        return []
    call = await desk.store.get(CallRow, row.call)
    if call is None or call.taken < 1:
        return []
    return [Update(CallRow, (call.id,), {"taken": call.taken - 1}, expect={"taken": call.taken})]


def _ended(desk: Desk, session: Session, row: BriefRow, state: BriefState) -> list[Change]:
    """Return the changes that end a brief, the asker's way to the helper with it."""
    changes = end_brief(desk, row, state)
    team = session.epochs.get(row.epoch)
    keys = open_brief_keys(desk, row, team, team=True) if team is not None else None
    if keys is not None and S(row.state) in TAKEN:
        changes.append(Delete(ReplyRow, {"id": introduction_id(keys)}))
    return changes


async def read_active(desk: Desk, session: Session, box: Box) -> Known:
    """Return a volunteer who may be given a task now; NotAllowed for anybody else."""
    known = await read_volunteer(desk, session, box)
    if state_now(desk, known) is not VolunteerState.ACTIVE or steps_left(known):
        raise NotAllowed("staff.offers.not_active")
    return known


async def _row_of(desk: Desk, view: NeedView, brief: BriefId) -> BriefRow:
    row = await desk.store.get(BriefRow, brief)
    if row is None or brief not in {one for one, _ in view.body.briefs}:
        raise NotFound("staff.offers.not_found")
    return row
