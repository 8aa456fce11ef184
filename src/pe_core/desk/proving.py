"""Proving who one is: from what was typed to the slot of an account, in even time.

Most wrong passphrases never come to the slow hash, because their tag is on no account
(docs/decisions/0007). So that this shows to nobody, every refusal comes only when ``LEAST``
is over, whatever it was that did not fit.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pe_core.desk.desk import Desk, Turn
from pe_core.desk.locking import lock_account
from pe_core.desk.sessions import Session
from pe_core.errors import DeskError, NotAllowed, TooMany
from pe_core.model import Box
from pe_core.model.struct import Model
from pe_core.store import AccountRow, In
from pe_core.vault import Seed, Tags, keys_of, make_tags, may_open, open_slots

LONGEST_PAUSE = 8.0
"""Seconds; a wrong passphrase slows the next try for that name, it never locks anybody out."""
LEAST = 1.5
"""Seconds before any refusal: more than the slow hash, and all that a lock does, take."""
NAMES_LIMIT = 10_000
WAITING_LIMIT = 8
"""Tries of one name that may wait for the slow hash, one at a time. So whoever has somebody's
passphrase but not their authenticator keeps at most that one person busy, and nobody else."""


class Proved(Model):
    """A passphrase that opened an account: its row, its seed, and what the words gave."""

    row: AccountRow
    seed: Seed
    derived: bytes
    tags: Tags

    def __repr__(self) -> str:
        """Show nothing secret."""
        return f"<Proved {self.row.box}>"


@asynccontextmanager
async def in_even_time(desk: Desk) -> AsyncIterator[None]:
    """Hold back whatever refuses in the block until ``LEAST`` seconds after it began."""
    clock = asyncio.get_running_loop()
    begun = clock.time()
    try:
        yield
    except DeskError:
        await desk.pause(max(LEAST - (clock.time() - begun), 0.0))
        raise


async def prove(desk: Desk, handle: str, typed: str, only: Box | None = None) -> Proved | None:
    """Return the account, of all or ``only`` this one, that a passphrase opens; None if none.

    A second passphrase locks its account, and is a wrong one otherwise. Raises TooMany if
    too many wait for the slow hash.
    """
    tags = make_tags(desk.identity.salt, handle, typed)
    # Whatever a flood sends comes this far: two small columns, and not the accounts themselves.
    found = await desk.store.pick(
        AccountRow, ("box", "tags"), {} if only is None else {"box": only}
    )
    worth = [box for box, tagged in found if may_open(tagged, tags)]
    if not worth:
        return None
    async with _in_turn(desk, name_of(desk, handle)):
        derived = await desk.passphrases.derive(typed, handle, desk.identity.salt)
    rows = {row.box: row for row in await desk.store.select(AccountRow, {"box": In(worth)})}
    slots = [(row.box, row.first, row.second) for row in rows.values()]
    slot = open_slots(slots, derived, desk.embassy.code)
    if slot is None:
        return None
    if slot.kind == "lock":
        await lock_account(desk, Box(slot.box))
        return None
    return Proved(row=rows[slot.box], seed=slot.seed, derived=derived, tags=tags)


@asynccontextmanager
async def _in_turn(desk: Desk, name: bytes) -> AsyncIterator[None]:
    """Let one try of a name come to the slow hash at a time; TooMany if too many wait."""
    turn = desk.turns.setdefault(name, Turn())
    if turn.waiting >= WAITING_LIMIT:
        raise TooMany("staff.busy")
    turn.waiting += 1
    try:
        async with turn.lock:
            yield
    finally:
        turn.waiting -= 1
        if not turn.waiting:
            del desk.turns[name]


async def prove_again(desk: Desk, session: Session, typed: str) -> Proved:
    """Return what the passphrase of an unlocked account gives when it is typed once more.

    Raises NotAllowed("staff.step_up.wrong") for anything but this account's own passphrase,
    the second one too, which locks.
    """
    name = name_of(desk, session.handle)
    await wait_after_wrong(desk, name)
    async with in_even_time(desk):
        proved = await prove(desk, session.handle, typed, session.box)
        if proved is None or keys_of(proved.seed).public != session.keys.public:
            note_wrong(desk, name)
            raise NotAllowed("staff.step_up.wrong")
    desk.wrong_tries.pop(name, None)
    return proved


def name_of(desk: Desk, handle: str) -> bytes:
    """Return what wrong tries for a name are counted under, in memory only."""
    return hashlib.sha256(desk.identity.salt + handle.encode("utf-8", "surrogatepass")).digest()


async def wait_after_wrong(desk: Desk, name: bytes) -> None:
    """Wait longer with each wrong try for this name, and never long."""
    tries = desk.wrong_tries.get(name, 0)
    if tries:
        await desk.pause(min(0.25 * 2.0 ** min(tries, 10), LONGEST_PAUSE))


def note_wrong(desk: Desk, name: bytes) -> None:
    """Count a wrong try; when there are too many names the one tried longest ago is forgotten."""
    tries = desk.wrong_tries.pop(name, 0)
    if len(desk.wrong_tries) >= NAMES_LIMIT:
        del desk.wrong_tries[next(iter(desk.wrong_tries))]
    desk.wrong_tries[name] = tries + 1
