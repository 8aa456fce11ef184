"""The emergency lock, the freeze that it leaves behind, and burning one's own account.

One person can end everybody's session and destroy their own grants; nobody else's. The freeze
keeps unlocking and joining shut for a day, so that words which were forced out of somebody are
of no use in the meantime; epochs still begin, so that people can go on asking.
Design: vault, "Duress".
"""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from pe_core.desk.desk import Desk
from pe_core.desk.owed import granted, note_owed
from pe_core.desk.sessions import Session
from pe_core.desk.trail import appending
from pe_core.errors import NotAllowed, NothingToSealTo
from pe_core.model import Box
from pe_core.model.struct import Model
from pe_core.model.trail import HOST, Act
from pe_core.store import (
    AccountRow,
    BriefRow,
    Change,
    Delete,
    GrantRow,
    Insert,
    MetaRow,
    ShareRow,
    Update,
    VolunteerRow,
)

FREEZE = "freeze"
LASTS = timedelta(hours=24)
ONCE_IN = timedelta(days=7)
"""A person can freeze the embassy once in this time: whoever is turned cannot keep it shut."""

log = logging.getLogger("pe_core.desk")


class Freeze(Model):
    """Until when nobody can unlock or join, by whom, and when each box froze last."""

    until: datetime | None = None
    by: Box = HOST
    last: Mapping[int, datetime] = {}


async def read_frozen(desk: Desk) -> Freeze | None:
    """Return the freeze that holds now, or None."""
    freeze = _decode(await desk.store.get(MetaRow, FREEZE))
    return freeze if freeze.until is not None and desk.now() < freeze.until else None


async def refuse_while_frozen(desk: Desk) -> None:
    """Raise NotAllowed("staff.join.frozen") while a freeze holds."""
    if await read_frozen(desk) is not None:
        raise NotAllowed("staff.join.frozen")


async def lock_account(desk: Desk, box: Box = HOST) -> bool:
    """End all sessions, destroy the grants of ``box``, and freeze; returns whether it froze.

    The host's own lock, without a box, destroys nothing, and a volunteer's reaches no further
    than themselves. A person's second lock within a week
    ends sessions and destroys grants, and freezes nothing.
    """
    if box != HOST and await desk.store.count(VolunteerRow, {"box": box}):
        return await _lock_volunteer(desk, box)
    _end_everything(desk)
    froze = False

    async def changes() -> Sequence[Change]:
        nonlocal froze
        found: list[Change] = []
        if box != HOST:
            # Colleagues can give back what is noted, once they know that it is safe.
            found += await note_owed(desk, box, await granted(desk, box))
            found.append(Delete(GrantRow, {"box": box}))
        row = await desk.store.get(MetaRow, FREEZE)
        before, now = _decode(row), desk.now()
        recent = {who: at for who, at in before.last.items() if now - at < ONCE_IN}
        froze = box not in recent
        if froze:
            last = recent if box == HOST else {**recent, box: now}
            found.append(_keep(row, Freeze(until=now + LASTS, by=box, last=last)))
        return found

    await _write_and_tell(desk, box, Act.LOCKED, changes)
    # Once more, for who was unlocking meanwhile.
    _end_everything(desk)
    await desk.store.shred()
    return froze


async def _lock_volunteer(desk: Desk, box: Box) -> bool:
    """End a volunteer's session and take the keys of their tasks; the embassy goes on.

    Anybody can apply, so nobody who only did may shut it for the others. What they accepted is
    theirs until a coordinator, who sees that they locked, takes it back: they may be on their
    way. They themselves are told nothing, since somebody else may look at their screen.
    """
    rows = await desk.store.pick(BriefRow, ("id", "own"), {"box": box})
    tasks = [task for task, own in rows if own is not None]

    async def changes() -> Sequence[Change]:
        return [Update(BriefRow, (task,), {"own": None}) for task in tasks]

    desk.sessions.drop_where(lambda other: other.box == box)
    await _write_and_tell(desk, box, Act.VOLUNTEER_LOCKED, changes, str(len(tasks)))
    desk.sessions.drop_where(lambda other: other.box == box)
    await desk.store.shred()
    return False


async def lift_freeze(desk: Desk, box: Box, changes: Sequence[Change] = ()) -> None:
    """End the freeze in the name of a coordinator who proved who they are."""

    async def all_changes() -> Sequence[Change]:
        row = await desk.store.get(MetaRow, FREEZE)
        return [*changes, _keep(row, msgspec.structs.replace(_decode(row), until=None))]

    await _write_and_tell(desk, box, Act.FREEZE_LIFTED, all_changes)


async def burn_account(desk: Desk, session: Session) -> None:
    """Destroy what opens this person's account: its slots, its grants, and a share on its way.

    They stay on the signed list of members until colleagues take them off it.
    """
    box = session.box

    async def changes() -> Sequence[Change]:
        return [Delete(table, {"box": box}) for table in (AccountRow, GrantRow, ShareRow)]

    await _write_and_tell(desk, box, Act.BURNT, changes)
    desk.sessions.drop_where(lambda other: other.box == box)
    await desk.store.shred()


async def _write_and_tell(
    desk: Desk,
    box: Box,
    act: Act,
    changes: Callable[[], Awaitable[Sequence[Change]]],
    what: str = "",
) -> None:
    """Write the changes, made while the trail is held, with an entry; in need without one."""
    try:
        async with appending(desk, box, act, what) as entry:
            await desk.store.write([*await changes(), *entry])
    except NothingToSealTo:
        # A member list that does not verify must not keep anybody from locking.
        log.error("locked or burnt without an entry in the trail: there is nothing to seal it to")
        async with desk.trail_lock:
            await desk.store.write(await changes())


def _end_everything(desk: Desk) -> None:
    # The number tells an unlock that is under way that it came too late.
    desk.locked_times += 1
    desk.sessions.drop_where(lambda _: True)
    desk.joinings.drop_where(lambda _: True)


def _decode(row: MetaRow | None) -> Freeze:
    return msgspec.msgpack.decode(row.value, type=Freeze) if row is not None else Freeze()


def _keep(row: MetaRow | None, freeze: Freeze) -> Change:
    value = msgspec.msgpack.encode(freeze)
    if row is None:
        return Insert(MetaRow(key=FREEZE, value=value))
    return Update(MetaRow, (FREEZE,), {"value": value}, expect={"value": row.value})
