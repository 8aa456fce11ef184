"""After a new recovery key: seal the epochs to it that began before, as members unlock.

Whoever confirms a new recovery key gives it the epochs that they open themselves. Older ones
are open only to members who were there; each of them gives it theirs at their next unlock.
What has been given is noted, by names of epochs, since an envelope does not say whom it is for.
"""

import hashlib
from collections.abc import Sequence

import msgspec

from pe_core.desk.desk import Desk
from pe_core.desk.epochs import read_members
from pe_core.desk.sessions import Session
from pe_core.errors import Conflict
from pe_core.model.struct import Model
from pe_core.store import (
    Change,
    Delete,
    EpochRow,
    GrantRow,
    Insert,
    MemberListRow,
    MetaRow,
    Store,
)
from pe_core.vault import RECOVERY_BOX, read_list, regrant

_RESEALED = "resealed"


class Resealed(Model):
    """Which older epochs the recovery key with this hash was given."""

    key: bytes
    epochs: tuple[str, ...] = ()


async def reseal_recovery(desk: Desk, session: Session) -> None:
    """Seal to the recovery key in force whatever this account opens and it does not yet."""
    waiting = [name for name in await read_outstanding(desk.store) if name in session.epochs]
    if not waiting:
        return
    public = (await read_members(desk)).recovery
    changes: list[Change] = []
    for name in waiting:
        body = regrant(session.epochs[name], name, desk.embassy.code, public)
        changes.append(Delete(GrantRow, {"epoch": name, "box": RECOVERY_BOX}))
        changes.append(Insert(GrantRow(epoch=name, box=RECOVERY_BOX, body=body)))
    row = await desk.store.get(MetaRow, _RESEALED)
    done = {*_given(row, public), *waiting}
    note = Resealed(key=hashlib.sha256(public).digest(), epochs=tuple(sorted(done)))
    value = msgspec.msgpack.encode(note)
    expect = {"value": row.value} if row is not None else {}
    gone = Delete(MetaRow, {"key": _RESEALED}, expect=expect)
    try:
        await desk.store.write([*changes, gone, Insert(MetaRow(key=_RESEALED, value=value))])
    except Conflict:
        # A colleague who unlocks in this moment gives the same epochs.
        return


async def read_outstanding(store: Store) -> list[str]:
    """Return the living epochs that only an earlier recovery key opens, if any does."""
    rows = await store.select(MemberListRow, order="serial")
    keys = [read_list(row.body).recovery for row in rows]
    since = _since(keys)
    if since == 0:
        return []
    given = _given(await store.get(MetaRow, _RESEALED), keys[-1])
    epochs = await store.pick(EpochRow, ("id", "serial"))
    return sorted(name for name, serial in epochs if serial < since and name not in given)


def _since(keys: Sequence[bytes]) -> int:
    """Return the place of the first list of those, up to the last one, with the last one's key."""
    since = len(keys) - 1
    while since > 0 and keys[since - 1] == keys[-1]:
        since -= 1
    return max(since, 0)


def _given(row: MetaRow | None, public: bytes) -> tuple[str, ...]:
    if row is None:
        return ()
    note = msgspec.msgpack.decode(row.value, type=Resealed)
    return note.epochs if note.key == hashlib.sha256(public).digest() else ()
