"""Needs and their briefs are kept as long as their request, and move on with it."""

import msgspec

from pe_core.desk.desk import Desk
from pe_core.desk.epochs import ends_before
from pe_core.desk.need_figures import calls_of
from pe_core.desk.needs import NeedView, living_needs, open_need
from pe_core.desk.sessions import Session
from pe_core.errors import Conflict, NotAllowed
from pe_core.model import NeedState, RequestId
from pe_core.model.week import Week
from pe_core.store import (
    BriefRow,
    CallRow,
    Change,
    EpochRow,
    In,
    NeedRow,
    RequestRow,
    Update,
)
from pe_core.vault import Keys, bucket_of, open_envelope, seal


async def move_needs(
    desk: Desk,
    session: Session,
    target: EpochRow,
    request: RequestId,
    ends: Week,
    keep_until: Week,
) -> list[Change]:
    """Return the changes that keep what was offered for a request until ``keep_until``.

    Needs and briefs whose epochs end before ``ends`` are sealed to a later one, each by itself:
    a need that was changed since lies in a later epoch than what was offered before. Raises
    NotAllowed when such a one is not open to this account.
    """
    changes: list[Change] = []
    for row in await desk.store.select(NeedRow, {"request": request}):
        is_early = await ends_before(desk, row.epoch, ends)
        if is_early and row.epoch not in session.epochs:
            raise NotAllowed("staff.request.not_all_yours")
        view = open_need(desk, session, row)
        if view is None:
            continue
        if is_early:
            changes.append(_moved(desk, target, view))
        if await desk.store.get(CallRow, view.body.call) is not None:
            changes.append(Update(CallRow, (view.body.call,), {"keep_until": keep_until}))
        briefs = tuple(brief for brief, _ in view.body.briefs)
        for brief in await desk.store.select(BriefRow, {"id": In(briefs)}):
            if await ends_before(desk, brief.epoch, ends):
                changes.append(_moved_brief(desk, session, target, brief, keep_until))
            else:
                changes.append(Update(BriefRow, (brief.id,), {"keep_until": keep_until}))
    return changes


async def keep_needs(desk: Desk, session: Session) -> None:
    """Keep what was offered as long as its request, where that changed while nobody was unlocked.

    What was offered for a need that was dropped has ended, with all keys, and is left alone. A
    need whose helper was shut out by a colleague who cannot open it is looked for again.
    """
    there = In((NeedState.OPEN.value, NeedState.MET.value))
    columns = ("id", "request", "epoch", "state")
    heads = await desk.store.pick(NeedRow, columns, {"state": there})
    ours = {need: request for need, request, epoch, _ in heads if epoch in session.epochs}
    needs = await calls_of(desk, session, tuple(ours))
    requests = In(tuple(set(ours.values())))
    kept = dict(await desk.store.pick(RequestRow, ("id", "keep_until"), {"id": requests}))
    counted = ("id", "keep_until", "places", "taken")
    calls = await desk.store.pick(CallRow, counted, {"id": In(tuple(needs))})
    wrong = {
        call: kept[ours[needs[call]]]
        for call, until, _, _ in calls
        if kept.get(ours[needs[call]], until) != until
    }
    met = {need for need, _, _, state in heads if state == NeedState.MET.value}
    free = {needs[call] for call, _, places, taken in calls if taken < places}
    empty = [(need, ours[need]) for need in met & free]
    briefs = await desk.store.pick(BriefRow, ("id", "call"), {"call": In(tuple(wrong))})
    changes: list[Change] = [
        *(Update(CallRow, (call,), {"keep_until": until}) for call, until in wrong.items()),
        *(Update(BriefRow, (brief,), {"keep_until": wrong[call]}) for brief, call in briefs),
        *(
            Update(NeedRow, (need,), {"state": NeedState.OPEN.value}, expect={"state": "met"})
            for need in await living_needs(desk, empty)
        ),
    ]
    try:
        await desk.store.write(changes)
    except Conflict:
        return  # One of them went in this moment; the next first look does it.


def _moved(desk: Desk, target: EpochRow, view: NeedView) -> Change:
    context = desk.context("need", view.id)
    body = seal(msgspec.msgpack.encode(view.body), to=[target.public], context=context)
    values = {"epoch": target.id, "body": body, "bucket": bucket_of(body)}
    return Update(NeedRow, (view.id,), values, expect={"revision": view.row.revision})


def _moved_brief(
    desk: Desk, session: Session, target: EpochRow, row: BriefRow, keep_until: Week
) -> Change:
    keys = session.epochs.get(row.epoch)
    if keys is None:
        raise NotAllowed("staff.request.not_all_yours")
    stub = _again(row.stub, keys, target, desk.context("brief stub", row.id))
    context = desk.context("brief", row.id)
    team = None if row.team is None else _again(row.team, keys, target, context)
    values = {"epoch": target.id, "stub": stub, "team": team, "keep_until": keep_until}
    return Update(BriefRow, (row.id,), values, expect={"state": row.state, "epoch": row.epoch})


def _again(body: bytes, keys: Keys, target: EpochRow, context: tuple[str, str, str]) -> bytes:
    return seal(open_envelope(body, keys, context), to=[target.public], context=context)
