"""What happens by itself when its day has come, while nobody is unlocked."""

from datetime import date

import msgspec

from pe_core.desk.desk import Desk
from pe_core.desk.sealing import change_state
from pe_core.errors import Conflict
from pe_core.model import (
    Author,
    ClosingFellDue,
    Event,
    RequestId,
    State,
    WithdrawalFellDue,
)
from pe_core.model.week import Week, week_of
from pe_core.rules.lifecycle import may_move
from pe_core.rules.retention import DEFAULT_KEEP, SHORTEST_KEEP, keep_at_closing, keep_at_submit
from pe_core.store import Change, Delete, EpochRow, OutboxRow, RequestRow


class Timers:
    """A listener like any other that carries out withdrawals and closes what is resolved."""

    name = "core.timers"

    def __init__(self, desk: Desk) -> None:
        """Act on this desk."""
        self.desk = desk

    async def hear(self, event: Event) -> None:
        """Close the request that an event fell due for, unless it has moved on meanwhile."""
        match event:
            case WithdrawalFellDue():
                await self._close(event.request, Author.ASKER, SHORTEST_KEEP)
            case ClosingFellDue():
                await self._close(event.request, Author.SYSTEM, DEFAULT_KEEP)
            case _:
                return

    async def _close(self, request: str, by: Author, keep_weeks: int) -> None:
        row = await self.desk.store.get(RequestRow, request)
        if row is None or not may_move(State(row.state), State.CLOSED, by):
            return
        try:
            await self.desk.store.write(await close_unattended(self.desk, row, keep_weeks))
        except Conflict:
            # Somebody moved it in this very moment: their act stands.
            return


async def close_unattended(
    desk: Desk, row: RequestRow, keep_weeks: int = DEFAULT_KEEP
) -> list[Change]:
    """Return the changes that close a request while nobody is unlocked.

    Its keep-until is reset, but never past the end of its epoch: moving it to a later one
    needs a coordinator. What would still have closed it is forgotten: a timer that was left
    behind would close it too early, or unasked, after it was opened again.
    """
    keep_until = keep_at_closing(week_of(desk.now().date()), keep_weeks)
    request = RequestId(row.id)
    return [
        *change_state(row, State.CLOSED, await _within_epoch(desk, row, keep_until)),
        forget_timer(ClosingFellDue(request=request)),
        forget_timer(WithdrawalFellDue(request=request)),
    ]


async def reopen_unattended(desk: Desk, row: RequestRow) -> list[Change]:
    """Return the changes that open a closed request again, kept as long as its epoch lives.

    An asker who opens it again does not want it withdrawn any more.
    """
    keep_until = keep_at_submit(week_of(desk.now().date()))
    return [
        *change_state(row, State.TRIAGE, await _within_epoch(desk, row, keep_until)),
        forget_timer(WithdrawalFellDue(request=RequestId(row.id))),
    ]


async def _within_epoch(desk: Desk, row: RequestRow, keep_until: Week) -> Week:
    epoch = await desk.store.get(EpochRow, row.epoch)
    return keep_until if epoch is None else Week(min(keep_until, epoch.ends))


def forget_timer(event: Event) -> Change:
    """Return the change that takes an event back which has not fallen due yet."""
    return Delete(OutboxRow, {"event": msgspec.msgpack.encode(event)})


async def timer_of(desk: Desk, event: Event) -> date | None:
    """Return the day on which an event falls due that was not told yet; None if none waits."""
    rows = await desk.store.pick(OutboxRow, ("due",), {"event": msgspec.msgpack.encode(event)})
    return date.fromordinal(max(due for (due,) in rows)) if rows else None
