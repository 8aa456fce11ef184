"""Shifts: hours at a rally, a fair, a consular day, at which several volunteers are wanted.

Whoever is invited gets a brief of their own, as for any task, and signs up by accepting it. A
place that somebody wants to give away stays theirs until another of the invited takes it. How
many came is counted; a list of who was there is never made, and the briefs go when it is over.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, time

import msgspec

from pe_core.desk.brief_keys import TAKEN
from pe_core.desk.desk import Desk, here_and_now
from pe_core.desk.epochs import current_epoch, open_grants
from pe_core.desk.needs import new_call, vocabulary_codes
from pe_core.desk.sealing import new_id
from pe_core.desk.sessions import Session
from pe_core.desk.summaries import NONSENSE
from pe_core.desk.trail import record
from pe_core.errors import Conflict, NotFound
from pe_core.model import (
    Box,
    BriefId,
    BriefState,
    CallId,
    OpenNeed,
    Problem,
    Shift,
    ShiftId,
)
from pe_core.model.struct import Model
from pe_core.model.trail import Act
from pe_core.model.week import Week, week_of
from pe_core.rules.needs import need_problems
from pe_core.store import (
    BriefRow,
    Change,
    EpochRow,
    In,
    Insert,
    ShiftRow,
    Update,
)
from pe_core.vault import bucket_of, open_envelope, seal

S = BriefState
KEEP_AFTER = 2
"""Weeks after its day within which a shift is erased; for one at least who came can be counted."""
TRACE = "shift"


class ShiftView(Model):
    """A shift as coordinators see it, with what became of each invitation."""

    row: ShiftRow
    body: Shift
    states: Mapping[Box, tuple[BriefId, BriefState]]

    @property
    def id(self) -> ShiftId:
        """Return the shift's id."""
        return ShiftId(self.row.id)

    @property
    def start(self) -> datetime:
        """Return when it begins; every shift has a time."""
        return self.body.need.start or datetime.combine(self.body.day, time(), UTC)

    @property
    def is_off(self) -> bool:
        """Return whether it was called off."""
        return self.body.over and self.body.attended is None

    @property
    def taken(self) -> int:
        """Return how many places are taken; whoever has noted their hours already had one."""
        return len(self.boxes(*TAKEN, S.DONE))

    def boxes(self, *states: BriefState) -> list[Box]:
        """Return who is in one of these states."""
        return [box for box, (_, state) in self.states.items() if state in states]


def shift_problems(desk: Desk, body: Shift) -> tuple[Problem, ...]:
    """Return what is wrong with a shift: as with a need, and it must have a time."""
    as_need = OpenNeed(
        title=body.title,
        detail=body.detail,
        language=body.language,
        need=body.need,
        by=body.by,
        at=body.at,
        call=body.call,
    )
    cities = (city.name for city in desk.jurisdiction.cities)
    found = need_problems(as_need, desk.now(), vocabulary_codes(desk), cities)
    if body.need.start is None and not any(problem.field == "start" for problem in found):
        return (*found, Problem(field="start", code="required"))
    return found


async def make_shift(
    desk: Desk, session: Session, body: Shift
) -> tuple[tuple[Problem, ...], ShiftId]:
    """Make a shift; returns what is wrong with it, or nothing and its id.

    It must have a time; ``body.call``, ``by``, ``at`` and ``day`` are made here.
    """
    problems = shift_problems(desk, body)
    if problems or body.need.start is None:
        return problems, ShiftId("")
    day = body.need.start.astimezone(here_and_now(desk).tzinfo).date()
    keep_until = last_week(day)
    # Places are counted as long as the shift is there, however far ahead it lies.
    call = msgspec.structs.replace(new_call(desk, body.need.places), keep_until=keep_until)
    made = msgspec.structs.replace(
        body, call=CallId(call.id), by=session.box, at=desk.now(), day=day
    )
    shift, epoch = ShiftId(new_id()), await current_epoch(desk, "roster")
    sealed = _sealed(desk, epoch, shift, made)
    row = ShiftRow(
        id=shift,
        epoch=epoch.id,
        keep_until=keep_until,
        bucket=bucket_of(sealed),
        revision=0,
        body=sealed,
    )
    changes = [Insert(call), Insert(row)]
    await record(desk, session.box, Act.SHIFT_CHANGED, trace_of(shift), changes)
    return (), shift


async def list_shifts(desk: Desk, session: Session) -> list[ShiftView]:
    """Return the shifts that this session can open: the next first, then those that are over.

    Of those that are over the last one is the first.
    """
    await open_grants(desk, session)
    views = await open_shifts(desk, session, await desk.store.select(ShiftRow))
    await _move_on(desk, views)
    ahead = [view for view in views if not view.body.over]
    over = [view for view in views if view.body.over]
    return [
        *sorted(ahead, key=lambda view: (view.start, view.id)),
        *sorted(over, key=lambda view: (view.start, view.id), reverse=True),
    ]


async def read_shift(desk: Desk, session: Session, shift: ShiftId) -> ShiftView:
    """Return one shift; NotFound also without a grant."""
    await open_grants(desk, session)
    row = await desk.store.get(ShiftRow, shift)
    view = await _open(desk, session, row) if row is not None else None
    if view is None:
        raise NotFound("staff.shifts.not_found")
    return view


async def open_shifts(desk: Desk, session: Session, rows: Sequence[ShiftRow]) -> list[ShiftView]:
    """Return those of the shifts that this session can open; nonsense is left out."""
    return [view for row in rows if (view := await _open(desk, session, row)) is not None]


def store_shift(desk: Desk, epoch: EpochRow, view: ShiftView, body: Shift) -> Change:
    """Return the change that stores a shift anew; Conflict if a colleague was faster."""
    sealed = _sealed(desk, epoch, view.id, body)
    values = {
        "epoch": epoch.id,
        "bucket": bucket_of(sealed),
        "revision": view.row.revision + 1,
        "body": sealed,
    }
    return Update(ShiftRow, (view.id,), values, expect={"revision": view.row.revision})


def last_week(day: date) -> Week:
    """Return the last week that a shift of this day is kept."""
    return Week(week_of(day) + KEEP_AFTER - 1)


def trace_of(shift: ShiftId) -> str:
    """Return how the trail names a shift, since by itself its id looks like a request's."""
    return f"{TRACE}/{shift}"


async def _move_on(desk: Desk, views: Sequence[ShiftView]) -> None:
    """Seal what lies in an earlier epoch of the roster to the current one, for who joins later."""
    epoch = await current_epoch(desk, "roster")
    behind = [view for view in views if view.row.epoch != epoch.id]
    changes = [store_shift(desk, epoch, view, view.body) for view in behind]
    with suppress(Conflict):  # a colleague who looks in this moment does the same
        await desk.store.write(changes)


def _sealed(desk: Desk, epoch: EpochRow, shift: ShiftId, body: Shift) -> bytes:
    context = desk.context("shift", shift)
    return seal(msgspec.msgpack.encode(body), to=[epoch.public], context=context)


async def _open(desk: Desk, session: Session, row: ShiftRow) -> ShiftView | None:
    keys = session.epochs.get(row.epoch)
    if keys is None:
        return None
    try:
        opened = open_envelope(row.body, keys, desk.context("shift", row.id))
        body = msgspec.msgpack.decode(opened, type=Shift)
    except NONSENSE:
        return None  # nothing that one of ours wrote
    briefs = tuple(brief for brief, _ in body.briefs)
    found = dict(await desk.store.pick(BriefRow, ("id", "state"), {"id": In(briefs)}))
    # Whoever said no may be invited once more: the last one counts.
    states = {box: (brief, S(found[brief])) for brief, box in body.briefs if brief in found}
    return ShiftView(row=row, body=body, states=states)
