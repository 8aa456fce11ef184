"""New passphrases for one's own account: the one that opens it, and the second one that locks.

Each is generated, shown, and typed back before anything changes. Whether an account has a
second one shows nowhere, so setting one and taking it away make both slots anew alike, and
the trail says no more than that it was changed. Design: vault, "Duress".
"""

from datetime import timedelta

import msgspec

from pe_core.desk.desk import Desk
from pe_core.desk.proving import Proved, prove_again
from pe_core.desk.sessions import Renewing, Session
from pe_core.desk.trail import record
from pe_core.errors import NotAllowed, NotFound
from pe_core.model import Problem
from pe_core.model.trail import Act
from pe_core.store import AccountRow, Update
from pe_core.vault import (
    Slots,
    generate_passphrase,
    make_slots,
    make_tags,
    normalise_passphrase,
    replace_unlock,
)
from pe_core.vault.accounts import Kind

SHOWN = timedelta(minutes=15)
"""How long new words are shown, and wait to be typed back."""
CHANGED = "changed"


async def begin_renewing(desk: Desk, session: Session, kind: Kind, typed: str) -> None:
    """Make the words of a new passphrase, once the present one was typed again.

    Raises NotAllowed("staff.step_up.wrong") for a wrong one.
    """
    proved = await prove_again(desk, session, typed)
    session.renewing = Renewing(
        kind=kind,
        words=generate_passphrase(),
        old=proved.derived,
        tags=proved.tags,
        began=desk.now(),
    )


def read_renewing(desk: Desk, session: Session, kind: Kind) -> Renewing:
    """Return the words that are being shown; NotFound if there are none, or no longer."""
    renewing = session.renewing
    if renewing is None or renewing.kind != kind:
        raise NotFound("staff.renew.over")
    if desk.now() - renewing.began >= SHOWN:
        session.renewing = None
        raise NotFound("staff.renew.over")
    return renewing


def stop_renewing(session: Session) -> None:
    """Forget the new words; nothing changes."""
    session.renewing = None


async def finish_renewing(
    desk: Desk, session: Session, kind: Kind, typed: str
) -> tuple[Problem, ...]:
    """Change the account once the new words are typed back; returns what is still wrong."""
    renewing = read_renewing(desk, session, kind)
    if normalise_passphrase(typed) != renewing.words:
        return (Problem(field="words", code="not_the_same"),)
    salt = desk.identity.salt
    fresh = await desk.passphrases.derive(renewing.words, session.handle, salt)
    tags = make_tags(salt, session.handle, renewing.words)
    row = await _row(desk, session)
    seed, box, embassy = session.keys.seed, session.box, desk.embassy.code
    if kind == "unlock":
        before = Slots(first=row.first, second=row.second, tags=row.tags)
        slots = replace_unlock(before, seed, renewing.old, fresh, box, embassy, tags=tags)
        await _keep(desk, session, row, slots, Act.PASSPHRASE_CHANGED)
    else:
        slots = make_slots(
            seed, renewing.old, box, embassy, tags=renewing.tags, lock=fresh, lock_tags=tags
        )
        await _keep(desk, session, row, slots, Act.SECOND_PASSPHRASE, CHANGED)
    session.renewing = None
    return ()


async def drop_second(desk: Desk, session: Session, typed: str) -> None:
    """Make both slots anew without a second passphrase, whether there was one or not.

    Raises NotAllowed("staff.step_up.wrong") if what was typed is not the account's own one.
    """
    proved: Proved = await prove_again(desk, session, typed)
    slots = make_slots(
        proved.seed, proved.derived, session.box, desk.embassy.code, tags=proved.tags
    )
    await _keep(desk, session, proved.row, slots, Act.SECOND_PASSPHRASE, CHANGED)


async def _row(desk: Desk, session: Session) -> AccountRow:
    row = await desk.store.get(AccountRow, session.box)
    if row is None:
        raise NotAllowed("staff.unlock.not_a_member")
    return row


async def _keep(
    desk: Desk, session: Session, row: AccountRow, slots: Slots, act: Act, what: str = ""
) -> None:
    expect = {"first": row.first, "second": row.second}
    change = Update(AccountRow, (row.box,), msgspec.structs.asdict(slots), expect=expect)
    await record(desk, session.box, act, what, [change])
    # The slots that were there before leave the files too.
    await desk.store.shred()
