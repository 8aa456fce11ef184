"""Lifting a freeze: a coordinator other than the one who locked proves who they are."""

from pe_core.desk.accounts import unlocking, use_code
from pe_core.desk.desk import Desk
from pe_core.desk.epochs import read_members
from pe_core.desk.locking import lift_freeze, read_frozen
from pe_core.desk.sessions import Session
from pe_core.errors import Conflict, NotAllowed


async def lift(desk: Desk, handle: str, passphrase: str, code: str) -> None:
    """Lift the freeze, so that everybody can unlock again; this unlocks nothing by itself.

    Raises NotAllowed("staff.unlock.wrong") as an unlock does, and NotAllowed("staff.lift.not_you")
    for who locked, and for who is no coordinator.
    """
    async with unlocking(desk, handle, passphrase, code) as (session, proved, private):
        freeze = await read_frozen(desk)
        if freeze is None:
            raise NotAllowed("staff.lift.not_frozen")
        if session.box == freeze.by or not await _is_coordinator(desk, session):
            raise NotAllowed("staff.lift.not_you")
        try:
            await lift_freeze(desk, session.box, [use_code(desk, session, proved, private)])
        except Conflict:
            # The code was used, or the freeze lifted or renewed, in this very moment.
            raise NotAllowed("staff.unlock.wrong") from None


async def _is_coordinator(desk: Desk, session: Session) -> bool:
    public = session.keys.public
    members = (await read_members(desk)).members
    return any("roster" in m.compartments for m in members if m.public == public)
