"""What `pe doctor` says of the keys that speak for this embassy to others; it only looks."""

from datetime import UTC, datetime, timedelta

from pe_core.errors import KeysetRefused, VaultError
from pe_core.model.finding import Finding, Health
from pe_core.model.peer import PeerState
from pe_core.network.identity import PEER_KEY, REFERRAL_KEY
from pe_core.store import (
    DeskKeyRow,
    EpochRow,
    MetaRow,
    OwnKeysetRow,
    PeerKeysetRow,
    PeerRow,
    Store,
)
from pe_core.vault import Keyset, Seed, key_id, keys_of, read_keyset, read_referral_key

SOON = timedelta(days=30)
"""Before the end of the keys: time enough to fetch the paper."""
STALE = timedelta(days=14)
"""A week, and another one for who is on holiday."""
NAME = "embassies"
RENEW = "`pe keys root` with the root key's paper"


async def look_at_network(store: Store, now: datetime) -> Finding:
    """Say whether the keys for other embassies are there, fit together, and last."""
    rows = await store.select(OwnKeysetRow, order="-serial", limit=1)
    if not rows:
        return _finding(Health.OK, "no keys for other embassies; fine without any")
    peer = await store.get(MetaRow, PEER_KEY)
    try:
        keyset = read_keyset(rows[0].body)
    except KeysetRefused:
        return _finding(Health.WRONG, "the keys for other embassies do not verify", RENEW)
    if peer is None or _public(peer.value) != keyset.peer:
        return _finding(Health.WRONG, "the server's key for other embassies is gone", RENEW)
    ends = datetime.fromtimestamp(keyset.until, UTC)
    if ends < now:
        return _finding(Health.WRONG, f"the keys for other embassies ended on {_day(ends)}", RENEW)
    row = await store.get(DeskKeyRow, key_id(keyset.desk))
    if row is None or await store.get(EpochRow, row.epoch) is None:
        return _finding(
            Health.WRONG, "nobody opens the key for letters to other embassies any more", RENEW
        )
    if ends < now + SOON:
        return _finding(Health.WARNING, f"the keys for other embassies end on {_day(ends)}", RENEW)
    return await _dated(store, keyset, now)


async def _dated(store: Store, keyset: Keyset, now: datetime) -> Finding:
    row = await store.get(MetaRow, REFERRAL_KEY)
    mend = "a coordinator who has the key for letters unlocks"
    try:
        dated = read_referral_key(row.value if row is not None else b"", keyset)
    except KeysetRefused:
        return _finding(Health.WARNING, "other embassies have no key to seal letters to", mend)
    made = datetime.fromtimestamp(dated.made, UTC)
    if made < now - STALE:
        return _finding(Health.WARNING, f"other embassies seal to a key of {_day(made)}", mend)
    over = await _ending(store, now)
    if over:
        return _finding(
            Health.WARNING,
            f"no letter passes once keys have ended: {', '.join(over)}",
            "call that embassy: its host renews them by `pe keys root`",
        )
    return _finding(Health.OK, f"keys number {keyset.serial} are in force")


async def _ending(store: Store, now: datetime) -> list[str]:
    """Return which connected embassies' keys have ended, or will before they hear of a call."""
    found: list[str] = []
    for row in await store.select(PeerRow, {"state": PeerState.ACTIVE.value}, order="code"):
        held = await store.get(PeerKeysetRow, row.code, row.serial)
        try:
            ends = datetime.fromtimestamp(read_keyset(held.body if held else b"").until, UTC)
        except KeysetRefused:
            found.append(f"{row.code} (they do not verify)")
            continue
        if ends < now + STALE:
            found.append(f"{row.code} ({_day(ends)})")
    return found


def _public(seed: bytes) -> bytes:
    """Return the public key of a seed, b'' of what is none."""
    try:
        return keys_of(Seed(seed)).verify_key
    except VaultError:
        return b""


def _day(moment: datetime) -> str:
    return moment.date().isoformat()


def _finding(health: Health, found: str, mend: str = "") -> Finding:
    return Finding(name=NAME, health=health, found=found, mend=mend)
