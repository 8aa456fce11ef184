"""Proposals: what one coordinator signs first, and a second confirms before it happens.

Sealed to the roster, good for a week. Whoever confirms signs exactly what the proposal says:
a list or an invite that does anything else is refused (``_is_true``). Where one signature is
enough there is nothing to wait for, and it takes effect at once.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from pe_core.desk.agreed import (
    Kind,
    Proposal,
    carry_out,
    is_enough,
)
from pe_core.desk.desk import Desk
from pe_core.desk.epochs import current_epoch, open_grants, read_members
from pe_core.desk.leaving import with_role, without
from pe_core.desk.returning import find_return, make_return
from pe_core.desk.sealed_invites import read_lists, seal_invite
from pe_core.desk.sealing import new_id
from pe_core.desk.sessions import Session
from pe_core.desk.trail import record
from pe_core.errors import (
    DeskError,
    EnvelopeRefused,
    MembersInvalid,
    NotAllowed,
    NotFound,
    VaultError,
)
from pe_core.model import Box
from pe_core.model.struct import Model
from pe_core.model.trail import HOST, Act
from pe_core.store import Change, Delete, Insert, InviteRow, ProposalRow, Update
from pe_core.vault import (
    Keys,
    Member,
    MemberList,
    Seed,
    countersign,
    countersign_list,
    is_certified,
    join_shares,
    keys_of,
    open_envelope,
    read_list,
    seal,
    sign_list,
    signers_of,
)

PROPOSAL_LASTS = timedelta(days=7)


class ProposalView(Model):
    """An open proposal; one that is not ``fitting`` can only be withdrawn.

    The members have changed since, or it does not say what was signed.
    """

    id: str
    kind: Kind
    box: Box
    role: str
    by: Box
    at: datetime
    mine: bool
    fitting: bool


async def propose(desk: Desk, session: Session, kind: Kind, box: Box, role: str = "") -> str:
    """Propose that a member leaves or has another role; returns its id, '' if it is done.

    Raises NotFound for no such member or role, NotAllowed for the last coordinator.
    """
    listed = await read_members(desk)
    members = without(listed, box) if kind == "leave" else with_role(listed, box, role)
    signed = sign_list((await read_lists(desk))[-1], members, [session.keys])
    proposal = Proposal(kind=kind, box=box, by=session.box, at=desk.now(), role=role, signed=signed)
    return await _put_forward(desk, session, proposal, ())


async def propose_recovery(
    desk: Desk, session: Session, public: bytes, extra: Sequence[Change] = ()
) -> str:
    """Propose that epochs are sealed to this new recovery key; ``extra`` is written with it.

    Returns its id, '' if one signature was enough and it is done.
    """
    listed = await read_members(desk)
    lists = await read_lists(desk)
    signed = sign_list(lists[-1], listed.members, [session.keys], recovery=public)
    proposal = Proposal(kind="recovery", box=HOST, by=session.box, at=desk.now(), signed=signed)
    return await _put_forward(desk, session, proposal, extra)


async def propose_return(desk: Desk, session: Session, box: Box) -> tuple[str, bool]:
    """Propose that a member comes back with new keys, having checked that it is they.

    Returns the code that they type, shown once, and whether it works already.
    """
    if box == session.box:
        raise NotAllowed("staff.return.yourself")
    await open_grants(desk, session)
    code, row, invite = await make_return(desk, session, box)
    if is_certified(invite.certificate, await read_lists(desk), desk.identity.root):
        await record(desk, session.box, Act.CONFIRMED, str(box), [Insert(row)])
        return code, True
    proposal = Proposal(kind="return", box=box, by=session.box, at=desk.now(), locator=row.locator)
    await _store(desk, session, proposal, [Insert(row)])
    return code, False


async def list_proposals(desk: Desk, session: Session) -> list[ProposalView]:
    """Return the open proposals that this account can read, oldest first."""
    await open_grants(desk, session)
    listed = await read_members(desk)
    views = []
    for row in await desk.store.select(ProposalRow):
        proposal = _open(desk, session, row)
        if proposal is None:
            continue
        views.append(
            ProposalView(
                id=row.id,
                kind=proposal.kind,
                box=proposal.box,
                role=proposal.role,
                by=proposal.by,
                at=proposal.at,
                mine=proposal.by == session.box,
                fitting=await _is_true(desk, session, proposal, listed),
            )
        )
    return sorted(views, key=lambda view: (view.at, view.id))


async def withdraw(desk: Desk, session: Session, proposal_id: str) -> None:
    """Take a proposal back, one's own or a colleague's; a return's code is worth nothing then."""
    row, proposal = await _find(desk, session, proposal_id)
    await record(desk, session.box, Act.REFUSED, _what(proposal), _gone(row, proposal))


async def confirm(desk: Desk, session: Session, proposal_id: str) -> None:
    """Sign a colleague's proposal as the second coordinator, and put it into force.

    Raises NotAllowed for one's own, and for what no longer fits, which is then dropped.
    """
    await _agree(desk, session, session.box, session.keys, proposal_id)


async def confirm_with_root(desk: Desk, words: str, proposal_id: str) -> None:
    """Put a proposal into force with the root key from its paper, as the second signature.

    For embassies whose coordinators are too few to agree. Proposals are sealed to the roster:
    the session of a coordinator who is unlocked opens it. Raises NotAllowed for wrong words
    and if nobody is unlocked, NotFound if there is no such proposal.
    """
    try:
        root = keys_of(Seed(join_shares([words])))
    except VaultError:
        raise NotAllowed("staff.proposals.not_the_root") from None
    if root.verify_key != desk.identity.root:
        raise NotAllowed("staff.proposals.not_the_root")
    await _agree(desk, unlocked_coordinator(desk), HOST, root, proposal_id)


def unlocked_coordinator(desk: Desk) -> Session:
    """Return a session that opens the roster; NotAllowed if no coordinator is unlocked."""
    for session in desk.sessions.items():
        if "roster" in session.compartments:
            return session
    raise NotAllowed("staff.proposals.nobody_unlocked")


async def _put_forward(
    desk: Desk, session: Session, proposal: Proposal, extra: Sequence[Change]
) -> str:
    if await is_enough(desk, proposal.signed):
        await carry_out(desk, session, session.box, proposal, extra)
        return ""
    return await _store(desk, session, proposal, extra)


async def _store(desk: Desk, session: Session, proposal: Proposal, extra: Sequence[Change]) -> str:
    proposal_id = new_id()
    epoch = await current_epoch(desk, "roster")
    body = seal(
        msgspec.msgpack.encode(proposal),
        to=[epoch.public],
        context=desk.context("proposal", proposal_id),
    )
    day = (desk.now() + PROPOSAL_LASTS).date().toordinal()
    row = ProposalRow(id=proposal_id, epoch=epoch.id, body=body, day=day)
    await record(desk, session.box, Act.PROPOSED, _what(proposal), [*extra, Insert(row)])
    return proposal_id


async def _agree(desk: Desk, session: Session, by: Box, signer: Keys, proposal_id: str) -> None:
    row, proposal = await _find(desk, session, proposal_id)
    if not await _is_true(desk, session, proposal, await read_members(desk)):
        await record(desk, by, Act.REFUSED, _what(proposal), _gone(row, proposal))
        raise NotAllowed("staff.proposals.moved_on")
    gone = Delete(ProposalRow, {"id": row.id}, expect={"id": row.id})
    if proposal.kind == "return":
        await _agree_return(desk, session, by, signer, proposal, gone)
        return
    signed = countersign_list(proposal.signed, signer)
    if not await is_enough(desk, signed):
        raise NotAllowed("staff.proposals.own")
    agreed = msgspec.structs.replace(proposal, signed=signed)
    await carry_out(desk, session, by, agreed, [gone])


async def _agree_return(
    desk: Desk, session: Session, by: Box, signer: Keys, proposal: Proposal, gone: Change
) -> None:
    found = await find_return(desk, session, proposal.locator, proposal.box)
    if found is None:
        raise NotAllowed("staff.proposals.moved_on")
    row, invite = found
    signed = msgspec.structs.replace(invite, certificate=countersign(invite.certificate, signer))
    if not is_certified(signed.certificate, await read_lists(desk), desk.identity.root):
        raise NotAllowed("staff.proposals.own")
    roster = await current_epoch(desk, "roster")
    body = seal_invite(desk.embassy.code, row.locator, signed, [invite.public, roster.public])
    change = Update(InviteRow, (row.locator,), {"body": body}, expect={"body": row.body})
    await record(desk, by, Act.CONFIRMED, _what(proposal), [change, gone])


async def _is_true(desk: Desk, session: Session, proposal: Proposal, listed: MemberList) -> bool:
    """Return whether what is signed follows the list in force and does what the proposal says.

    Any coordinator can seal a proposal: nobody may be led to sign another list than they read.
    """
    by = next((m for m in listed.members if m.box == proposal.by), None)
    if by is None or "roster" not in by.compartments:
        return False
    if proposal.kind == "return":
        found = await find_return(desk, session, proposal.locator, proposal.box)
        return found is not None and by.verify_key in {
            each.signer for each in found[1].certificate.signatures
        }
    try:
        proposed = read_list(proposal.signed)
        recovery = proposed.recovery if proposal.kind == "recovery" else listed.recovery
        latest = (await read_lists(desk))[-1]
        members = _members_of(proposal, listed)
        expected = read_list(sign_list(latest, members, [], recovery=recovery))
    except (DeskError, MembersInvalid):
        return False
    return proposed == expected and signers_of(proposal.signed) == {by.verify_key}


def _members_of(proposal: Proposal, listed: MemberList) -> Sequence[Member]:
    if proposal.kind == "leave":
        return without(listed, proposal.box)
    if proposal.kind == "role":
        return with_role(listed, proposal.box, proposal.role)
    return listed.members


async def _find(desk: Desk, session: Session, proposal_id: str) -> tuple[ProposalRow, Proposal]:
    await open_grants(desk, session)
    row = await desk.store.get(ProposalRow, proposal_id)
    proposal = _open(desk, session, row) if row is not None else None
    if row is None or proposal is None:
        raise NotFound("staff.proposals.not_found")
    return row, proposal


def _open(desk: Desk, session: Session, row: ProposalRow) -> Proposal | None:
    """Return a proposal, or None without a grant, past its day, or if its row was altered."""
    keys = session.epochs.get(row.epoch)
    if keys is None or row.day < desk.now().date().toordinal():
        return None
    try:
        body = open_envelope(row.body, keys, desk.context("proposal", row.id))
        return msgspec.msgpack.decode(body, type=Proposal)
    except (EnvelopeRefused, ValueError, RecursionError):
        return None


def _gone(row: ProposalRow, proposal: Proposal) -> list[Change]:
    changes: list[Change] = [Delete(ProposalRow, {"id": row.id}, expect={"id": row.id})]
    if proposal.kind == "return":
        changes.append(Delete(InviteRow, {"locator": proposal.locator}))
    return changes


def _what(proposal: Proposal) -> str:
    return "recovery" if proposal.kind == "recovery" else str(proposal.box)
