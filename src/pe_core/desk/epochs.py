"""Dated keys: which epoch is sealed to now, and who is granted it."""

import asyncio
from collections.abc import Iterable

import msgspec

from pe_core.desk.desk import Desk
from pe_core.desk.sessions import Session
from pe_core.errors import EnvelopeRefused, MembersInvalid, NothingToSealTo
from pe_core.model.struct import Model
from pe_core.model.week import Week, week_of
from pe_core.rules.retention import WEEKLY, epoch_end, epoch_id
from pe_core.store import Change, EpochRow, GrantRow, In, Insert, MemberListRow, MetaRow
from pe_core.vault import MemberList, make_epoch, open_grant, verify_chain

AT_ONCE = 2
"""Grants or names that are opened before everybody else has their turn."""
ALWAYS = frozenset(("intake", "roster", "trail"))
"""Compartments that live from the first member on."""


class _Upkept(Model):
    """Of the last upkeep, the week."""

    week: int


async def read_members(desk: Desk) -> MemberList:
    """Return the member list in force; MembersInvalid if its chain does not verify."""
    rows = await desk.store.select(MemberListRow, order="serial")
    return verify_chain([row.body for row in rows], desk.identity.root)


async def current_epoch(desk: Desk, compartment: str) -> EpochRow:
    """Return the epoch to seal to now, made first if its week or year has begun.

    Raises NothingToSealTo when nobody could open it: no members, or a list that is not valid.
    """
    week = week_of(desk.now().date())
    known = desk.epochs_now.get(compartment)
    if known is not None and known.week <= week and not _is_over(known, week):
        return known
    async with desk.epoch_lock:
        latest = await _latest(desk, compartment)
        if latest is None or _is_over(latest, week) or not await _is_granted(desk, latest):
            await desk.store.write(await new_epochs(desk, await _valid(desk), [compartment]))
            latest = await _latest(desk, compartment)
        if latest is None:
            raise NothingToSealTo("no epoch could be made")
        desk.epochs_now[compartment] = latest
    return latest


async def _valid(desk: Desk) -> MemberList:
    try:
        return await read_members(desk)
    except MembersInvalid as error:
        raise NothingToSealTo("the member list does not verify; see `pe doctor`") from error


async def new_epochs(desk: Desk, members: MemberList, compartments: Iterable[str]) -> list[Change]:
    """Return the changes that begin a new epoch of each compartment, for these members.

    A joining or leaving calls this in its own transaction, so that who is new never sees what
    was before, and who left never sees what comes; it holds ``desk.epoch_lock`` and empties
    ``desk.epochs_now`` once they are written.
    """
    changes: list[Change] = []
    week = week_of(desk.now().date())
    for compartment in compartments:
        latest = await _latest(desk, compartment)
        started = max(week, latest.week) if latest is not None else week
        number = 1
        while await desk.store.get(EpochRow, epoch_id(compartment, Week(started), number)):
            number += 1
        name = epoch_id(compartment, Week(started), number)
        recovery = members.recovery or desk.identity.recovery
        made = make_epoch(name, desk.embassy.code, members.members, recovery)
        changes.append(
            Insert(
                EpochRow(
                    id=name,
                    compartment=compartment,
                    week=started,
                    ends=epoch_end(Week(started), compartment),
                    public=made.public,
                    serial=members.serial,
                )
            )
        )
        changes.extend(
            Insert(GrantRow(epoch=name, box=box, body=body)) for box, body in made.grants
        )
    return changes


async def open_grants(desk: Desk, session: Session) -> None:
    """Open every grant of this account that the session has not opened yet.

    A few at a time, so that whoever unlocks holds up nobody else.
    """
    held = await desk.store.pick(GrantRow, ("epoch",), {"box": session.box})
    known = session.epochs.keys() | session.refused_epochs
    wanted = [epoch for (epoch,) in held if epoch not in known]
    if not wanted:
        return
    epochs = {row.id: row for row in await desk.store.select(EpochRow, {"id": In(wanted)})}
    rows = await desk.store.select(GrantRow, {"box": session.box, "epoch": In(wanted)})
    for number, row in enumerate(rows):
        if number % AT_ONCE == AT_ONCE - 1:
            await asyncio.sleep(0)
        if row.epoch in epochs and row.epoch not in session.epochs:
            _open_one(desk, session, row, epochs[row.epoch])


async def ends_before(desk: Desk, epoch: str, week: Week) -> bool:
    """Return whether an epoch that still lives dies before the end of this week."""
    row = await desk.store.get(EpochRow, epoch)
    return row is not None and row.ends < week


def _open_one(desk: Desk, session: Session, row: GrantRow, epoch: EpochRow) -> None:
    try:
        session.epochs[row.epoch] = open_grant(
            row.body, row.epoch, desk.embassy.code, session.keys, epoch.public
        )
    except EnvelopeRefused:
        # A grant that does not open is a denial, not an attack on content: the member
        # sees fewer requests, and `pe doctor` names the epoch.
        session.refused_epochs.add(row.epoch)


async def begin_epochs(
    desk: Desk, members: MemberList, compartments: Iterable[str] | None = None
) -> list[Change]:
    """Return the changes that begin epochs for a new member list, of all that live or of some.

    See ``new_epochs`` for what the caller holds and empties.
    """
    living = {epoch for (epoch,) in await desk.store.pick(EpochRow, ("compartment",))}
    wanted = living | ALWAYS
    if compartments is not None:
        wanted &= set(compartments)
    return await new_epochs(desk, members, sorted(wanted))


async def _latest(desk: Desk, compartment: str) -> EpochRow | None:
    """Return the epoch begun last, but none of a future that a wrong clock has made up.

    Of two weeks that disagree, now and the last upkeep's, the later one counts: under a clock
    that was set back, nothing is sealed to a key that ends too early. An older epoch than the
    newest member list knows is passed over too, since who left may hold it.
    """
    rows = await desk.store.select(EpochRow, {"compartment": compartment})
    last = max(week_of(desk.now().date()), await _last_upkeep(desk))
    come = [row for row in rows if row.week <= last]
    latest = max(come, key=lambda row: (row.week, _number(row.id)), default=None)
    if latest is None or any(row.serial > latest.serial for row in rows):
        return None
    return latest


async def _last_upkeep(desk: Desk) -> int:
    row = await desk.store.get(MetaRow, "upkeep")
    return msgspec.msgpack.decode(row.value, type=_Upkept).week if row is not None else 0


async def _is_granted(desk: Desk, epoch: EpochRow) -> bool:
    """Return whether anybody could open it: rows may have been restored without their keys."""
    return await desk.store.count(GrantRow, {"epoch": epoch.id}) > 0


def _number(name: str) -> int:
    return int(name.rpartition(".")[2])


def _is_over(epoch: EpochRow, week: Week) -> bool:
    if epoch.compartment in WEEKLY:
        return week > epoch.week
    return week >= epoch.week + 52
