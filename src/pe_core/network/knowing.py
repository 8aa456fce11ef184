"""The other embassies that this one knows, as their rows and keysets have them."""

from datetime import date

from pe_core.desk.desk import Desk, today_of
from pe_core.errors import KeysetRefused, NotFound
from pe_core.model.peer import PeerCode
from pe_core.model.struct import Model
from pe_core.network.identity import Own, pairing_of
from pe_core.rules.pairing import Pairing
from pe_core.store import Change, PeerKeysetRow, PeerRow, Update
from pe_core.vault import Keyset, read_keyset, read_referral_key


class Known(Model):
    """Another embassy: its row, where we stand with it, and its keyset in force as signed."""

    row: PeerRow
    pairing: Pairing
    keyset: Keyset
    signed: bytes

    @property
    def code(self) -> PeerCode:
        """Return its code."""
        return PeerCode(self.row.code)

    @property
    def changed(self) -> date:
        """Return the day on which its row changed last."""
        return date.fromordinal(self.row.day)


async def read_peers(desk: Desk) -> list[Known]:
    """Return all embassies that are known here, by code."""
    rows = await desk.store.select(PeerRow, order="code")
    return [await _know(desk, row) for row in rows]


async def read_peer(desk: Desk, code: str) -> Known:
    """Return the embassy with this code; NotFound if none is known under it."""
    row = await desk.store.get(PeerRow, code)
    if row is None:
        raise NotFound("staff.peers.not_found")
    return await _know(desk, row)


async def _know(desk: Desk, row: PeerRow) -> Known:
    held = await desk.store.get(PeerKeysetRow, row.code, row.serial)
    if held is None:
        raise KeysetRefused("the keyset of a known embassy is gone; forget it and pair anew")
    return Known(row=row, pairing=pairing_of(row), keyset=read_keyset(held.body), signed=held.body)


def move(desk: Desk, known: Known, after: Pairing, **values: object) -> Change:
    """Return the change of where we stand with it; Conflict if its row has changed meanwhile."""
    row = known.row
    changed = {
        "state": after.state.value,
        "ours": int(after.ours),
        "theirs": int(after.theirs),
        "away": int(after.away),
        "day": today_of(desk).toordinal(),
        **values,
    }
    expect = {
        "state": row.state,
        "ours": row.ours,
        "theirs": row.theirs,
        "away": row.away,
        "serial": row.serial,
    }
    return Update(PeerRow, (row.code,), changed, expect=expect)


def newer_referral(offered: bytes | None, held: bytes | None, keyset: Keyset) -> bytes | None:
    """Return the dated key of two that is newer, None if none is of this keyset's desk.

    Raises KeysetRefused for an offered one that its desk did not sign.
    """
    if offered is None:
        return held if _made(held, keyset) else None
    made = read_referral_key(offered, keyset).made
    return offered if made >= _made(held, keyset) else held


def _made(referral: bytes | None, keyset: Keyset) -> int:
    if referral is None:
        return 0
    try:
        return read_referral_key(referral, keyset).made
    except KeysetRefused:
        # A new desk key ends what the old one signed.
        return 0


async def check_single(desk: Desk, own: Own, keyset: Keyset) -> bool:
    """Return whether none of these keys is ours or another embassy's, now or before."""
    keys = {keyset.root, keyset.peer, keyset.desk}
    if keys & {own.keyset.root, own.keyset.peer, own.keyset.desk}:
        return False
    for row in await desk.store.select(PeerKeysetRow):
        other = read_keyset(row.body)
        if other.embassy != keyset.embassy and keys & {other.root, other.peer, other.desk}:
            return False
    return True
