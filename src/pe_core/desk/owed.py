"""What is owed: epochs whose keys a member who came back, or locked, has not been given again.

Names of epochs and box numbers are in clear anyway. Who gives them back looks at the signed
list, for the public key and for the compartments that they may be of.
"""

from collections.abc import Iterable, Sequence

import msgspec

from pe_core.desk.desk import Desk
from pe_core.desk.epochs import read_members
from pe_core.model import Box
from pe_core.store import Change, Delete, EpochRow, GrantRow, In, Insert, MetaRow

OWED = "owed/"
"""What the keys of all such notes begin with."""


def owed_key(box: Box) -> str:
    """Return where it is noted."""
    return f"{OWED}{box}"


async def granted(desk: Desk, box: Box) -> list[str]:
    """Return the epochs that a box has a grant of, whether or not it opens."""
    return [epoch for (epoch,) in await desk.store.pick(GrantRow, ("epoch",), {"box": box})]


async def note_owed(desk: Desk, box: Box, epochs: Iterable[str]) -> list[Change]:
    """Return the changes that note which epochs' keys a member lacks, beside those noted."""
    return noted(box, sorted({*epochs, *await _read_note(desk, box)}))


async def read_owed(desk: Desk, box: Box) -> list[str]:
    """Return the living epochs whose keys a member still lacks, of what their role may have."""
    epochs = await _read_note(desk, box)
    if not epochs:
        return []
    listed = await read_members(desk)
    member = next((m for m in listed.members if m.box == box), None)
    if member is None:
        return []
    living = await desk.store.pick(EpochRow, ("id", "compartment"), {"id": In(epochs)})
    return sorted(epoch for epoch, compartment in living if compartment in member.compartments)


def noted(box: Box, epochs: Sequence[str]) -> list[Change]:
    """Return the changes that note exactly these epochs."""
    key = owed_key(box)
    gone = Delete(MetaRow, {"key": key})
    if not epochs:
        return [gone]
    return [gone, Insert(MetaRow(key=key, value=msgspec.msgpack.encode(epochs)))]


async def _read_note(desk: Desk, box: Box) -> list[str]:
    row = await desk.store.get(MetaRow, owed_key(box))
    return msgspec.msgpack.decode(row.value, type=list[str]) if row is not None else []
