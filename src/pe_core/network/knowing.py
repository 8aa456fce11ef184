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


class Listed(Model):
    """Another embassy as its row has it, and where we stand with it."""

    row: PeerRow
    pairing: Pairing

    @property
    def code(self) -> PeerCode:
        """Return its code."""
        return PeerCode(self.row.code)

    @property
    def changed(self) -> date:
        """Return the day on which its row changed last."""
        return date.fromordinal(self.row.day)


class Known(Listed):
    """Another embassy with its keyset in force, as signed."""

    keyset: Keyset
    signed: bytes


async def read_peers(desk: Desk) -> list[Listed]:
    """Return all embassies that are known here, by code; each is Known whose keyset verifies."""
    rows = await desk.store.select(PeerRow, order="code")
    return [await _list(desk, row) for row in rows]


async def read_listed(desk: Desk, code: str) -> Listed:
    """Return the embassy with this code, Known if its keyset verifies.

    Raises NotFound if none is known under it.
    """
    row = await desk.store.get(PeerRow, code)
    if row is None:
        raise NotFound("staff.peers.not_found")
    return await _list(desk, row)


async def read_peer(desk: Desk, code: str) -> Known:
    """Return the embassy with this code, to be believed by its keyset.

    Raises NotFound if none is known under it, KeysetRefused where its keyset does not verify.
    """
    listed = await read_listed(desk, code)
    if not isinstance(listed, Known):
        raise KeysetRefused("the keyset of a known embassy is gone or spoilt; pair anew")
    return listed


async def _list(desk: Desk, row: PeerRow) -> Listed:
    held = await desk.store.get(PeerKeysetRow, row.code, row.serial)
    keyset = _read(held.body) if held is not None else None
    if held is None or keyset is None:
        return Listed(row=row, pairing=pairing_of(row))
    return Known(row=row, pairing=pairing_of(row), keyset=keyset, signed=held.body)


def _read(signed: bytes) -> Keyset | None:
    try:
        return read_keyset(signed)
    except KeysetRefused:
        # Only somebody who writes into our files spoils what was verified when it came.
        return None


def move(desk: Desk, known: Listed, after: Pairing, **values: object) -> Change:
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
        other = _read(row.body)
        if (
            other is not None
            and other.embassy != keyset.embassy
            and keys & {other.root, other.peer, other.desk}
        ):
            return False
    return True
