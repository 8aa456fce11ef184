"""Somebody uses an embassy's name with keys that are not its own: coordinators hear of it.

Once for each other root key, and no more than once a day for each embassy, whoever comes:
whoever is told more often stops reading. What was told is noted, so that a restart tells nothing
anew. Design: network, "Pairing".
"""

import msgspec

from pe_core.desk.desk import Desk, today_of
from pe_core.desk.trail import record
from pe_core.errors import KeysetRefused
from pe_core.model.struct import Model
from pe_core.model.trail import HOST, Act
from pe_core.network.knowing import Known
from pe_core.store import Change, Delete, Insert, MetaRow
from pe_core.vault import key_id, read_keyset

TOLD = "impostors/"
"""What the keys of all such notes begin with; the embassy's code follows."""
MOST_ROOTS = 64
"""Root keys that are noted for an embassy; one a day comes in, so the oldest is long known."""


class Told(Model):
    """The day of the last alert about an embassy, and the ids of the root keys that were named."""

    day: int = 0
    roots: tuple[str, ...] = ()


async def warn(desk: Desk, known: Known, offered: bytes) -> None:
    """Tell every coordinator that a signed keyset was offered which is not this embassy's."""
    key, today = TOLD + known.code, today_of(desk).toordinal()
    row = await desk.store.get(MetaRow, key)
    told = msgspec.msgpack.decode(row.value, type=Told) if row is not None else Told()
    root = _other_root(known, offered)
    if told.day == today or root in told.roots:
        return
    roots = (*told.roots, root)[-MOST_ROOTS:] if root else told.roots
    value = msgspec.msgpack.encode(Told(day=today, roots=roots))
    noted = [forget_impostors(known.code), Insert(MetaRow(key=key, value=value))]
    await record(desk, HOST, Act.PEER_REFUSED, known.code, noted)


def forget_impostors(code: str) -> Change:
    """Return the change that forgets whom coordinators were told of."""
    return Delete(MetaRow, {"key": TOLD + code})


def _other_root(known: Known, offered: bytes) -> str:
    """Return the id of a root key that is not the embassy's, '' if it is or there is none."""
    try:
        root = read_keyset(offered).root
    except KeysetRefused:
        return ""
    return key_id(root) if root != known.keyset.root else ""
