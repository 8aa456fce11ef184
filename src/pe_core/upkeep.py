"""What is done each hour and by `pe upkeep`: keys die, rows are erased, epochs begin.

Upkeep destroys, so it refuses to believe an implausible clock: a week that went back, one that
went forward by more than two, or an erasure of more than a quarter of the living epochs. Then
an admin confirms (`pe upkeep --confirm`).
"""

import logging
from collections.abc import Mapping
from datetime import timedelta

import msgspec

from pe_core.desk.desk import Desk
from pe_core.desk.epochs import current_epoch
from pe_core.desk.forgetting import forget_accounts
from pe_core.desk.offering import expire_offers
from pe_core.desk.trail import record
from pe_core.errors import NothingToSealTo, UpkeepRefused
from pe_core.model.peer import OutState
from pe_core.model.struct import Model
from pe_core.model.trail import HOST, Act
from pe_core.model.week import Week, week_of
from pe_core.store import (
    AtMost,
    Delete,
    EpochRow,
    Insert,
    MetaRow,
    OutgoingRow,
    ReplyRow,
    Store,
    Update,
)

REPLY_LASTS = timedelta(days=14)
"""After it was first opened; then a reply goes, read or not."""
DEAD_LASTS = timedelta(days=30)
"""After its last day; then a letter that could not be delivered goes."""
FURTHEST = 2
"""Weeks that the clock may have moved since the last upkeep."""

log = logging.getLogger("pe.upkeep")


class Upkeep(Model):
    """The last upkeep, in numbers: what `pe doctor` and the staff page show."""

    week: int
    day: int
    erased: Mapping[str, int] = {}


async def do_upkeep(desk: Desk, *, confirmed: bool = False) -> Upkeep:
    """Do all chores once and return what was erased, by table.

    Raises UpkeepRefused when the clock looks wrong and nobody confirmed; nothing is erased then.
    """
    today = desk.now().date()
    week = week_of(today)
    before = await last_upkeep(desk)
    if not confirmed:
        await _refuse_strange_clock(desk, week, before)
    await _begin_epochs(desk)
    dead = {"state": OutState.DEAD.value, "until": AtMost((today - DEAD_LASTS).toordinal())}
    await desk.store.write(
        [
            Delete(ReplyRow, {"opened": AtMost((today - REPLY_LASTS).toordinal())}),
            Delete(OutgoingRow, dead),
        ]
    )
    await forget_accounts(desk, week)
    await expire_offers(desk)
    erased = await desk.store.purge(week)
    desk.touched_volunteers.forget()
    desk.sweep()
    if confirmed:
        await _trace_confirmation(desk)
    done = Upkeep(week=week, day=today.toordinal(), erased=erased)
    await _note(desk, done, first=before is None)
    if any(erased.values()):
        log.info("erased %s", ", ".join(f"{table} {n}" for table, n in erased.items() if n))
    return done


async def last_upkeep(desk: Desk) -> Upkeep | None:
    """Return what the last upkeep did, or None if there was none yet."""
    return await read_upkeep(desk.store)


async def read_upkeep(store: Store) -> Upkeep | None:
    """Return what the last upkeep of a store did, for whoever has no desk."""
    row = await store.get(MetaRow, "upkeep")
    return msgspec.msgpack.decode(row.value, type=Upkeep) if row is not None else None


async def _refuse_strange_clock(desk: Desk, week: Week, before: Upkeep | None) -> None:
    if before is not None and week < before.week:
        raise UpkeepRefused("upkeep.clock_went_back")
    if before is not None and week > before.week + FURTHEST:
        raise UpkeepRefused("upkeep.clock_went_forward")
    epochs = await desk.store.pick(EpochRow, ("ends",))
    ending = sum(1 for (ends,) in epochs if ends < week)
    if ending * 4 > len(epochs):
        raise UpkeepRefused("upkeep.too_many_epochs_end")


async def _begin_epochs(desk: Desk) -> None:
    try:
        await current_epoch(desk, "intake")
    except NothingToSealTo as error:
        log.warning("requests cannot be taken: %s", error)


async def _trace_confirmation(desk: Desk) -> None:
    """Let the trail tell that the host overruled the guard against strange clocks."""
    try:
        await record(desk, HOST, Act.UPKEEP_CONFIRMED)
    except NothingToSealTo as error:
        log.warning("nothing was noted in the trail: %s", error)


async def _note(desk: Desk, done: Upkeep, *, first: bool) -> None:
    value = msgspec.msgpack.encode(done)
    if first:
        await desk.store.write([Insert(MetaRow(key="upkeep", value=value))])
    else:
        await desk.store.write([Update(MetaRow, ("upkeep",), {"value": value})])
