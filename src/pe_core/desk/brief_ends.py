"""What follows when a volunteer takes a task, gives it back, or has done it.

It is their session that acts, and it opens no request: what it may write there it seals to
the request's compartment and to the asker, whose keys the brief brought along.
"""

from contextlib import suppress

from pe_core.desk.brief_keys import (
    LIVING,
    TAKEN,
    end_brief,
    introduction_id,
    open_brief_keys,
    open_detail,
)
from pe_core.desk.desk import Desk
from pe_core.desk.epochs import current_epoch
from pe_core.desk.offering import free_place
from pe_core.desk.sealing import change_state, seal_message, seal_reply_body
from pe_core.desk.sessions import Session
from pe_core.desk.volunteers import Known
from pe_core.desk.working import OVER
from pe_core.errors import Conflict, NotAllowed
from pe_core.model import (
    Author,
    BriefCard,
    BriefDetail,
    BriefState,
    Message,
    MessageKind,
    NeedState,
    Reply,
    Report,
    RequestId,
    State,
)
from pe_core.store import (
    BriefRow,
    CallRow,
    Change,
    Delete,
    In,
    Insert,
    NeedRow,
    ReplyRow,
    RequestRow,
    Update,
)
from pe_core.vault import Keys, bucket_of

S = BriefState
TRIES = 5
"""How often the tasks of somebody who was shut out are looked at, until none is left."""


async def is_still_open(desk: Desk, detail: BriefDetail) -> bool:
    """Return whether the request behind a brief is not over; a shift has none."""
    if detail.request is None:
        return True
    row = await desk.store.get(RequestRow, detail.request)
    return row is not None and State(row.state) not in OVER


async def accepted_changes(
    desk: Desk,
    known: Known,
    row: BriefRow,
    keys: Keys,
    card: BriefCard,
    detail: BriefDetail,
) -> list[Change]:
    """Return the changes by which a volunteer takes a task.

    Raises NotAllowed when every place is taken already, or the request is over.
    """
    if not await is_still_open(desk, detail):
        raise NotAllowed("work.brief.over")
    places, is_full = await _take_place(desk, row, card)
    taken = Update(
        BriefRow,
        (row.id,),
        {"state": S.ACCEPTED.value, "day": desk.now().date().toordinal()},
        expect={"state": row.state},
    )
    changes: list[Change] = [taken, *places]
    if detail.request is not None:
        changes += await _tell_request(desk, known, detail, MessageKind.ACCEPTED)
        changes += await _introduce(desk, detail.request, row, keys, detail)
        changes += await _begin_work(desk, detail.request)
    if detail.need is not None and is_full:
        changes.append(Update(NeedRow, (detail.need,), {"state": NeedState.MET.value}))
    return changes


async def given_back_changes(
    desk: Desk, known: Known, row: BriefRow, keys: Keys, detail: BriefDetail
) -> list[Change]:
    """Return the changes by which a volunteer gives a task back, or swaps it away."""
    changes = [*end_brief(desk, row, S.WITHDRAWN), *await free_place(desk, row)]
    # Nobody looks any longer for what a request needed that is over, or erased already.
    if detail.need is not None and await is_still_open(desk, detail):
        open_again = {"state": NeedState.OPEN.value}
        changes.append(Update(NeedRow, (detail.need,), open_again))
    if detail.request is not None:
        changes += await _tell_request(desk, known, detail, MessageKind.GIVEN_BACK)
        changes.append(forget_introduction(keys))
    return changes


async def take_tasks(desk: Desk, session: Session, known: Known) -> None:
    """End all that somebody has who was shut out; what they had taken is looked for again.

    One after the other: whoever is at one of them in this moment is waited for.
    """
    living = {"box": known.box, "state": In([state.value for state in LIVING])}
    for _ in range(TRIES):
        rows = await desk.store.select(BriefRow, living)
        for row in rows:
            with suppress(Conflict):  # what could not be ended is looked at again
                await desk.store.write(await _taken_away(desk, session, known, row))
        if not rows:
            return


async def _taken_away(desk: Desk, session: Session, known: Known, row: BriefRow) -> list[Change]:
    team = session.epochs.get(row.epoch)
    keys = open_brief_keys(desk, row, team, team=True) if team is not None else None
    if keys is None or S(row.state) not in TAKEN:
        return [*end_brief(desk, row, S.WITHDRAWN), *await free_place(desk, row)]
    detail = await open_detail(desk, row, keys)
    return await given_back_changes(desk, known, row, keys, detail)


async def reported_changes(
    desk: Desk, known: Known, row: BriefRow, keys: Keys, detail: BriefDetail, report: Report
) -> list[Change]:
    """Return the changes that end a task which was done; its report goes to the request."""
    changes = end_brief(desk, row, S.DONE)
    if detail.request is None:
        return changes
    told = await _tell_request(desk, known, detail, MessageKind.TASK_DONE, report)
    return [*changes, *told, forget_introduction(keys)]


async def _take_place(desk: Desk, row: BriefRow, card: BriefCard) -> tuple[list[Change], bool]:
    """Return the changes that take one of the places, and whether it was the last one."""
    call = await desk.store.get(CallRow, row.call)
    if call is None:
        raise NotAllowed("work.brief.taken")
    others = [
        other
        for other in await desk.store.select(BriefRow, {"call": row.call})
        if other.id != row.id
    ]
    if call.taken >= call.places:
        swapping = next((other for other in others if other.state == S.SWAPPING.value), None)
        if swapping is None:
            raise NotAllowed("work.brief.taken")
        return end_brief(desk, swapping, S.WITHDRAWN), True
    taken = Update(CallRow, (call.id,), {"taken": call.taken + 1}, expect={"taken": call.taken})
    is_full = call.taken + 1 == call.places
    if not is_full or card.shift:
        return [taken], is_full
    # Who else was asked need not think about it any longer.
    waiting = [other for other in others if other.state == S.OFFERED.value]
    ended = [change for other in waiting for change in end_brief(desk, other, S.WITHDRAWN)]
    return [taken, *ended], True


async def _tell_request(
    desk: Desk,
    known: Known,
    detail: BriefDetail,
    kind: MessageKind,
    report: Report | None = None,
) -> list[Change]:
    """Return the changes that put an entry into the request's thread, for the team alone."""
    if detail.request is None or await desk.store.get(RequestRow, detail.request) is None:
        return []
    message = Message(
        at=desk.now(),
        author=Author.VOLUNTEER,
        kind=kind,
        box=known.box,
        text=report.line if report else "",
        minutes=report.minutes if report else 0,
    )
    epoch = await current_epoch(desk, "intake")
    return [Insert(await seal_message(desk, detail.request, epoch, message))]


async def _introduce(
    desk: Desk, request: RequestId, row: BriefRow, keys: Keys, detail: BriefDetail
) -> list[Change]:
    """Return the changes that tell the asker that somebody helps, and how to write to them."""
    reply = Reply(at=desk.now(), kind=MessageKind.HELPER, brief=row.id, brief_key=keys.public)
    reply_id = introduction_id(keys)
    numbers = await desk.store.pick(ReplyRow, ("number",), {"request": request})
    body = seal_reply_body(desk, detail.reply_key, reply_id, reply)
    made = ReplyRow(
        id=reply_id,
        request=request,
        number=max((number for (number,) in numbers), default=0) + 1,
        bucket=bucket_of(body),
        body=body,
        opened=None,
    )
    return [Insert(made)]


def forget_introduction(keys: Keys) -> Change:
    """Return the change that takes the way to a helper away from the asker."""
    return Delete(ReplyRow, {"id": introduction_id(keys)})


async def _begin_work(desk: Desk, request: RequestId) -> list[Change]:
    row = await desk.store.get(RequestRow, request)
    if row is None or row.state != State.MATCHING.value:
        return []
    return change_state(row, State.ACTIVE)
