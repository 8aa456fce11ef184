"""Forgetting: a volunteer's account goes with their record."""

import logging

from pe_core.desk.desk import Desk
from pe_core.desk.epochs import read_members
from pe_core.errors import Conflict, MembersInvalid
from pe_core.model.week import Week
from pe_core.store import AccountRow, Change, Delete, In, Update, VolunteerRow

log = logging.getLogger("pe_core.desk")


async def forget_accounts(desk: Desk, week: Week) -> None:
    """Erase the accounts of volunteers whose record ends before this week, and their sessions.

    The record itself, its notes, its calendar and its open addresses go with the purge that
    follows. An account is a volunteer's if no member has it; under a list that does not verify
    nobody knows, and none is erased.
    """
    # Accounts first: whoever comes in this moment brings their record or their list along.
    accounts = [box for (box,) in await desk.store.pick(AccountRow, ("box",))]
    until = dict(await desk.store.pick(VolunteerRow, ("box", "keep_until")))
    try:
        members = {member.box for member in (await read_members(desk)).members}
    except MembersInvalid as error:
        log.warning("no account of a volunteer is erased: %s", error)
        return
    over = [box for box in accounts if box not in members and until.get(box, -1) < week]
    if not over:
        return
    # Whoever unlocks in this moment is kept on, and with them all until the next upkeep.
    still: list[Change] = [
        Update(VolunteerRow, (box,), {"keep_until": until[box]}, {"keep_until": until[box]})
        for box in over
        if box in until
    ]
    try:
        await desk.store.write([*still, Delete(AccountRow, {"box": In(over)})])
    except Conflict:
        return
    desk.sessions.drop_where(lambda session: session.box in over)
