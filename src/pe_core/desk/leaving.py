"""What follows from a new member list: somebody left, or has another role.

All of it is decided by the list, which enough coordinators signed; see ``desk.agreed``. What a
person read stays read, and what they copied is theirs: here ends only what is to come.
"""

import msgspec

from pe_core.desk.desk import Desk
from pe_core.desk.epochs import begin_epochs, read_members
from pe_core.desk.listing import catch_up
from pe_core.desk.owed import owed_key
from pe_core.desk.sessions import Session
from pe_core.desk.summaries import change_summary
from pe_core.errors import Conflict, NotAllowed, NotFound
from pe_core.model import Box, RequestId
from pe_core.rules.retention import ROLES
from pe_core.store import (
    AccountRow,
    Change,
    Delete,
    EpochRow,
    GrantRow,
    In,
    MetaRow,
    RequestRow,
    RosterRow,
    ShareRow,
)
from pe_core.vault import Member, MemberList
from pe_core.vault.members import COORDINATING


def without(before: MemberList, box: Box) -> tuple[Member, ...]:
    """Return the members when this one has left; NotFound if they are none.

    Raises NotAllowed for the last coordinator: an embassy without one could sign nothing more.
    """
    find_member(before, box)
    return _coordinated(tuple(member for member in before.members if member.box != box))


def with_role(before: MemberList, box: Box, role: str) -> tuple[Member, ...]:
    """Return the members when this one has another role; NotFound, NotAllowed as ``without``."""
    member = find_member(before, box)
    if role not in ROLES:
        raise NotFound("staff.roles.unknown")
    if set(member.compartments) == set(ROLES[role]):
        raise NotAllowed("staff.roles.same")
    changed = msgspec.structs.replace(member, compartments=ROLES[role])
    return _coordinated(tuple(changed if one is member else one for one in before.members))


def find_member(listed: MemberList, box: Box) -> Member:
    """Return a member by their box; NotFound if nobody has it."""
    for member in listed.members:
        if member.box == box:
            return member
    raise NotFound("staff.members.not_found")


def end_sessions_of(desk: Desk, box: Box) -> None:
    """End what this box has unlocked; call it before its keys change, and after.

    An unlock that is under way, whoever's, is refused by the number and tried again: it may
    have verified the list before this one.
    """
    desk.locked_times += 1
    desk.sessions.drop_where(lambda other: other.box == box)


async def leaving_changes(desk: Desk, listed: MemberList, box: Box) -> list[Change]:
    """Return the changes that erase an account and begin all epochs anew without it.

    The caller holds ``desk.epoch_lock`` and empties ``desk.epochs_now`` once they are written.
    """
    erased = [Delete(table, {"box": box}) for table in (AccountRow, GrantRow, RosterRow, ShareRow)]
    note = Delete(MetaRow, {"key": owed_key(box)})
    return [*await begin_epochs(desk, listed), *erased, note]


async def role_changes(
    desk: Desk, before: MemberList, listed: MemberList, box: Box
) -> list[Change]:
    """Return the changes that take what the new role has not and begin epochs of what changed."""
    had = set(find_member(before, box).compartments)
    has = set(find_member(listed, box).compartments)
    epochs = await desk.store.pick(EpochRow, ("id", "compartment"))
    taken = [epoch for epoch, compartment in epochs if compartment in had - has]
    return [
        Delete(GrantRow, {"box": box, "epoch": In(taken)}),
        *await begin_epochs(desk, listed, had ^ has),
    ]


async def unclaim(desk: Desk, session: Session) -> None:
    """Take whoever reads no requests any more off those that they had claimed.

    As far as the session opens them: elsewhere a claim stays sealed until a colleague who can
    open it has their first look.
    """
    readers = {m.box for m in (await read_members(desk)).members if "intake" in m.compartments}
    shelf = await catch_up(desk, session)
    nobody = {None, *readers}
    claimed = [e.id for e in shelf.all() if e.summary and e.summary.claimed_by not in nobody]
    for row in await desk.store.select(RequestRow, {"id": In(claimed)}):
        summary = session.summaries[RequestId(row.id)]
        if summary.revision != row.revision:
            continue  # a colleague is at it in this moment; what they write counts
        free = msgspec.structs.replace(summary, claimed_by=None)
        try:
            await desk.store.write([change_summary(desk, session, row, free)])
        except Conflict:
            continue  # as above


def _coordinated(members: tuple[Member, ...]) -> tuple[Member, ...]:
    if not any(COORDINATING in member.compartments for member in members):
        raise NotAllowed("staff.proposals.last_coordinator")
    return members
