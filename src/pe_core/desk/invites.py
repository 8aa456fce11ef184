"""Invites: made by coordinators, good for one person and one day."""

import base64
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from pe_core.desk.accounts import Private, note_members
from pe_core.desk.desk import Desk
from pe_core.desk.epochs import begin_epochs, current_epoch, open_grants, read_members
from pe_core.desk.leaving import end_sessions_of
from pe_core.desk.locking import refuse_while_frozen
from pe_core.desk.returning import new_account, return_changes
from pe_core.desk.roster import RosterEntry, fold_handle, is_handle, name_proof, role_of, roster_row
from pe_core.desk.sealed_invites import (
    Invite,
    open_as_member,
    open_with_code,
    read_lists,
    seal_invite,
)
from pe_core.desk.sessions import Joining, Session
from pe_core.desk.trail import record
from pe_core.errors import Conflict, MembersInvalid, NotAllowed, NotFound
from pe_core.model import Box, MemberJoined, Problem
from pe_core.model.struct import Model
from pe_core.model.trail import Act
from pe_core.rules.receipts import make_receipt, read_receipt
from pe_core.rules.retention import ROLES
from pe_core.store import (
    Change,
    Delete,
    EpochRow,
    Insert,
    InviteRow,
    MemberListRow,
    Tell,
    Update,
)
from pe_core.vault import (
    InviteCertificate,
    Keys,
    Member,
    admit,
    certify_invite,
    check_totp,
    countersign,
    generate_passphrase,
    is_certified,
    keys_of,
    locator_hash,
    new_seed,
    new_totp_secret,
    normalise_passphrase,
    random_bytes,
    read_list,
    receipt_keys,
    totp_uri,
    verify_chain,
)
from pe_core.vault.members import COORDINATING

INVITE_LASTS = timedelta(hours=24)


class InviteView(Model):
    """An open invite as coordinators see it; ``ready`` once enough of them have signed.

    ``returns`` is the member whom it lets come back, None for a newcomer with a ``role``.
    """

    locator: str
    by: Box | None
    ready: bool
    mine: bool
    role: str = ""
    returns: Box | None = None


async def make_invite(desk: Desk, session: Session, role: str = "coordinator") -> str:
    """Return a new invite code, for one person and for 24 hours; ``role`` is one of ROLES.

    Where the embassy has two coordinators or more, a second one signs it before it works.
    """
    if role not in ROLES:
        raise NotFound("staff.roles.unknown")
    members = await read_members(desk)
    code = make_receipt(random_bytes(32))
    keys = receipt_keys(code, desk.identity.salt, "invite")
    certificate = certify_invite(
        [session.keys],
        invite_key=keys.verify_key,
        compartments=ROLES[role],
        after=members.serial,
        until=int((desk.now() + INVITE_LASTS).timestamp()),
    )
    invite = Invite(certificate=certificate, public=keys.public, by=session.box)
    locator = locator_hash(code, desk.identity.salt, "invite")
    roster = await current_epoch(desk, "roster")
    body = seal_invite(desk.embassy.code, locator, invite, [keys.public, roster.public])
    day = (desk.now() + INVITE_LASTS).date().toordinal()
    row = InviteRow(locator=locator, body=body, day=day)
    await record(desk, session.box, Act.INVITED, role, [Insert(row)])
    return code


async def list_invites(desk: Desk, session: Session) -> list[InviteView]:
    """Return the open invites that this account can read; of returns only those agreed on."""
    await open_grants(desk, session)
    lists = await read_lists(desk)
    views = []
    for row in await desk.store.select(InviteRow):
        invite = open_as_member(desk, session, row)
        if invite is None or invite.certificate.until <= desk.now().timestamp():
            continue
        certificate = invite.certificate
        ready = is_certified(certificate, lists, desk.identity.root)
        if not ready and certificate.replaces is not None:
            continue  # a proposal still; see ``desk.proposals``
        views.append(
            InviteView(
                locator=row.locator.hex(),
                by=invite.by,
                ready=ready,
                mine=invite.by == session.box,
                role=role_of(certificate.compartments),
                returns=Box(certificate.replaces) if certificate.replaces is not None else None,
            )
        )
    return views


async def sign_invite(desk: Desk, session: Session, locator: str) -> None:
    """Sign a colleague's invite as the second coordinator; NotFound if there is none.

    Raises NotAllowed for one that was made before this account was a coordinator: with a
    signature that does not count under its list it would never work.
    """
    row, invite = await _find(desk, session, locator)
    role = role_of(invite.certificate.compartments)
    latest = (desk.now() + INVITE_LASTS).timestamp()
    # What the page could not show as it is, nobody signs unseen.
    if invite.certificate.replaces is not None or not role or invite.certificate.until > latest:
        raise NotFound("staff.invites.not_found")
    if not _may_sign(invite.certificate, await read_lists(desk), session.keys):
        raise NotAllowed("staff.proposals.moved_on")
    signed = msgspec.structs.replace(
        invite, certificate=countersign(invite.certificate, session.keys)
    )
    roster = await current_epoch(desk, "roster")
    body = seal_invite(desk.embassy.code, row.locator, signed, [invite.public, roster.public])
    change = Update(InviteRow, (row.locator,), {"body": body}, expect={"body": row.body})
    await record(desk, session.box, Act.INVITE_SIGNED, role, [change])


async def drop_invite(desk: Desk, session: Session, locator: str) -> None:
    """Take an invite back before anybody used it."""
    row, invite = await _find(desk, session, locator)
    role = role_of(invite.certificate.compartments)
    gone = Delete(InviteRow, {"locator": row.locator}, expect={"locator": row.locator})
    await record(desk, session.box, Act.INVITE_DROPPED, role, [gone])


async def open_invite(desk: Desk, typed: str) -> tuple[bytes, Joining]:
    """Redeem an invite code: make the account's keys and return the cookie that shows them.

    Raises NotFound for unknown, used and expired codes alike, and NotAllowed while a second
    coordinator has not signed.
    """
    await refuse_while_frozen(desk)
    code = read_receipt(typed)
    if code is None:
        raise NotFound("core.code.slip")
    locator = locator_hash(code, desk.identity.salt, "invite")
    keys = receipt_keys(code, desk.identity.salt, "invite")
    row = await desk.store.get(InviteRow, locator)
    invite = open_with_code(desk, keys, row) if row is not None else None
    if invite is None or invite.certificate.until <= desk.now().timestamp():
        raise NotFound("staff.join.unknown")
    if not is_certified(invite.certificate, await read_lists(desk), desk.identity.root):
        raise NotAllowed("staff.join.not_signed")
    joining = Joining(
        locator=locator,
        invite=keys,
        certificate=invite.certificate,
        passphrase=generate_passphrase(),
        totp_secret=new_totp_secret(),
        seed=new_seed(),
    )
    return desk.joinings.add(joining), joining


def totp_words(desk: Desk, joining: Joining) -> tuple[str, str]:
    """Return the authenticator's address (for the QR code) and its secret as base32 text.

    The entry in the authenticator is called "Portal": a phone that is searched says no more.
    """
    secret = base64.b32encode(joining.totp_secret).decode().rstrip("=")
    return totp_uri(joining.totp_secret, "Portal", "Portal"), secret


async def join(
    desk: Desk, joining: Joining, handle: str, passphrase: str, code: str
) -> tuple[Problem, ...]:
    """Open the account once everything is typed back; returns what is still wrong.

    The new member list, the account and new epochs for everybody are one transaction: from
    then on the newcomer sees what comes, and nothing older.
    """
    await refuse_while_frozen(desk)
    if joining.certificate.until <= desk.now().timestamp():
        raise NotFound("staff.join.unknown")
    handle = fold_handle(handle)
    step = check_totp(joining.totp_secret, code, desk.now(), 0)
    problems = tuple(_join_problems(joining, handle, passphrase, step))
    if problems or step is None:
        return problems
    derived = await desk.passphrases.derive(joining.passphrase, handle, desk.identity.salt)
    box = await _enter(desk, joining, handle, derived, step)
    if box is None:
        return (Problem(field="handle", code="known"),)
    act = Act.JOINED if joining.certificate.replaces is None else Act.RETURNED
    await record(desk, box, act, str(box))
    if act is Act.RETURNED:
        await desk.store.shred()  # the slots that the old passphrase opens
    desk.joinings.drop_where(lambda other: other.locator == joining.locator)
    return ()


async def _enter(
    desk: Desk, joining: Joining, handle: str, derived: bytes, step: int
) -> Box | None:
    """Write the account; None if somebody who comes back did not type their own name."""
    async with desk.epoch_lock:
        row = await desk.store.get(InviteRow, joining.locator)
        if row is None:
            raise NotFound("staff.join.unknown")
        invite = open_with_code(desk, joining.invite, row)
        back = joining.certificate.replaces is not None
        if back and handle != invite.handle:
            return None
        try:
            if back:
                box, changes = await return_changes(desk, joining, invite, derived, step)
                end_sessions_of(desk, box)
            else:
                box, changes = await _join_changes(desk, joining, handle, derived, step)
            await desk.store.write(changes)
        except (Conflict, MembersInvalid):
            # Used in this moment, or the members have changed since and it fits no longer.
            raise NotFound("staff.join.unknown") from None
        desk.epochs_now.clear()
        if back:
            end_sessions_of(desk, box)
    return box


def invite_row(
    embassy: str, salt: bytes, code: str, certificate: InviteCertificate, now: datetime
) -> InviteRow:
    """Return the row of the first invite, which only its code opens."""
    locator = locator_hash(code, salt, "invite")
    keys = receipt_keys(code, salt, "invite")
    invite = Invite(certificate=certificate, public=keys.public, by=None)
    body = seal_invite(embassy, locator, invite, [keys.public])
    return InviteRow(locator=locator, body=body, day=(now + INVITE_LASTS).date().toordinal())


async def _find(desk: Desk, session: Session, locator: str) -> tuple[InviteRow, Invite]:
    await open_grants(desk, session)
    row = await desk.store.get(InviteRow, bytes.fromhex(locator))
    invite = open_as_member(desk, session, row)
    if row is None or invite is None:
        raise NotFound("staff.invites.not_found")
    return row, invite


def _may_sign(certificate: InviteCertificate, lists: Sequence[bytes], signer: Keys) -> bool:
    if not 0 <= certificate.after < len(lists):
        return False
    under = read_list(lists[certificate.after])
    coordinators = {m.verify_key for m in under.members if COORDINATING in m.compartments}
    return signer.verify_key in coordinators


def _join_problems(
    joining: Joining, handle: str, passphrase: str, step: int | None
) -> Sequence[Problem]:
    problems = []
    if not is_handle(handle):
        problems.append(Problem(field="handle", code="handle"))
    if normalise_passphrase(passphrase) != joining.passphrase:
        problems.append(Problem(field="passphrase", code="not_the_same"))
    if step is None:
        problems.append(Problem(field="code", code="code"))
    return problems


async def _join_changes(
    desk: Desk, joining: Joining, handle: str, derived: bytes, step: int
) -> tuple[Box, list[Change]]:
    lists = await read_lists(desk)
    keys = keys_of(joining.seed)
    box = Box(int.from_bytes(random_bytes(6), "big"))
    salt = random_bytes(32)
    newcomer = Member(
        box=box,
        public=keys.public,
        verify_key=keys.verify_key,
        compartments=joining.certificate.compartments,
        name_proof=name_proof(salt, handle),
    )
    now = int(desk.now().timestamp())
    signed = admit(lists[-1], newcomer, joining.certificate, joining.invite, now)
    listed = verify_chain([*lists, signed], desk.identity.root)
    private = note_members(
        Private(totp_secret=joining.totp_secret, last_step=step), listed.serial, signed
    )
    epochs = await begin_epochs(desk, listed)
    account = new_account(desk, joining, handle, box, derived, private)
    entry = RosterEntry(box=box, handle=handle, salt=salt)
    return box, [
        Insert(MemberListRow(serial=listed.serial, body=signed)),
        Insert(account),
        *epochs,
        Insert(roster_row(desk, _roster_of(epochs), entry)),
        Delete(InviteRow, {"locator": joining.locator}, expect={"locator": joining.locator}),
        Tell(MemberJoined(box=box)),
    ]


def _roster_of(changes: Sequence[Change]) -> EpochRow:
    rows = [change.row for change in changes if isinstance(change, Insert)]
    return next(r for r in rows if isinstance(r, EpochRow) and r.compartment == "roster")
