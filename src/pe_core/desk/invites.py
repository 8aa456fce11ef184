"""Invites: made by coordinators, good for one person and one day."""

import base64
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from pe_core.desk.accounts import Private, note_members, seal_private
from pe_core.desk.desk import Desk
from pe_core.desk.epochs import current_epoch, new_epochs, open_grants, read_members
from pe_core.desk.roster import RosterEntry, fold_handle, is_handle, name_proof, roster_row
from pe_core.desk.sessions import Joining, Session
from pe_core.errors import Conflict, EnvelopeRefused, NotAllowed, NotFound
from pe_core.model import Box, MemberJoined, Problem
from pe_core.model.struct import Model
from pe_core.rules.receipts import make_receipt, read_receipt
from pe_core.rules.retention import ROLES
from pe_core.store import (
    AccountRow,
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
    make_slots,
    new_seed,
    new_totp_secret,
    normalise_passphrase,
    open_envelope,
    random_bytes,
    receipt_keys,
    seal,
    totp_uri,
    verify_chain,
)

INVITE_LASTS = timedelta(hours=24)


class Invite(Model):
    """An invite as it is stored: sealed to its own code and to the roster."""

    certificate: InviteCertificate
    public: bytes
    by: Box | None


class InviteView(Model):
    """An open invite as coordinators see it; ``ready`` once enough of them have signed."""

    locator: str
    by: Box | None
    ready: bool
    mine: bool


async def make_invite(desk: Desk, session: Session, role: str = "coordinator") -> str:
    """Return a new invite code, for one person and for 24 hours.

    Where the embassy has two coordinators or more, a second one signs it before it works.
    """
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
    body = _seal_invite(desk.embassy.code, locator, invite, [keys.public, roster.public])
    day = (desk.now() + INVITE_LASTS).date().toordinal()
    await desk.store.write([Insert(InviteRow(locator=locator, body=body, day=day))])
    return code


async def list_invites(desk: Desk, session: Session) -> list[InviteView]:
    """Return the open invites that this account can read."""
    await open_grants(desk, session)
    lists = await _lists(desk)
    views = []
    for row in await desk.store.select(InviteRow):
        invite = _open_as_member(desk, session, row)
        if invite is None or invite.certificate.until <= desk.now().timestamp():
            continue
        ready = is_certified(invite.certificate, lists, desk.identity.root)
        views.append(
            InviteView(
                locator=row.locator.hex(),
                by=invite.by,
                ready=ready,
                mine=invite.by == session.box,
            )
        )
    return views


async def sign_invite(desk: Desk, session: Session, locator: str) -> None:
    """Sign a colleague's invite as the second coordinator; NotFound if there is none."""
    row = await desk.store.get(InviteRow, bytes.fromhex(locator))
    invite = _open_as_member(desk, session, row) if row is not None else None
    if row is None or invite is None:
        raise NotFound("staff.invites.not_found")
    signed = msgspec.structs.replace(
        invite, certificate=countersign(invite.certificate, session.keys)
    )
    roster = await current_epoch(desk, "roster")
    body = _seal_invite(desk.embassy.code, row.locator, signed, [invite.public, roster.public])
    await desk.store.write(
        [Update(InviteRow, (row.locator,), {"body": body}, expect={"body": row.body})]
    )


async def drop_invite(desk: Desk, session: Session, locator: str) -> None:
    """Take an invite back before anybody used it."""
    row = await desk.store.get(InviteRow, bytes.fromhex(locator))
    if row is None or _open_as_member(desk, session, row) is None:
        raise NotFound("staff.invites.not_found")
    await desk.store.write([Delete(InviteRow, {"locator": row.locator})])


async def open_invite(desk: Desk, typed: str) -> tuple[bytes, Joining]:
    """Redeem an invite code: make the account's keys and return the cookie that shows them.

    Raises NotFound for unknown, used and expired codes alike, and NotAllowed while a second
    coordinator has not signed.
    """
    code = read_receipt(typed)
    if code is None:
        raise NotFound("core.code.slip")
    locator = locator_hash(code, desk.identity.salt, "invite")
    keys = receipt_keys(code, desk.identity.salt, "invite")
    row = await desk.store.get(InviteRow, locator)
    invite = _open_invite(desk, keys, row) if row is not None else None
    if invite is None or invite.certificate.until <= desk.now().timestamp():
        raise NotFound("staff.join.unknown")
    if not is_certified(invite.certificate, await _lists(desk), desk.identity.root):
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
    if joining.certificate.until <= desk.now().timestamp():
        raise NotFound("staff.join.unknown")
    handle = fold_handle(handle)
    step = check_totp(joining.totp_secret, code, desk.now(), 0)
    problems = tuple(_join_problems(joining, handle, passphrase, step))
    if problems or step is None:
        return problems
    derived = await desk.passphrases.derive(joining.passphrase, handle, desk.identity.salt)
    async with desk.epoch_lock:
        try:
            await desk.store.write(await _join_changes(desk, joining, handle, derived, step))
        except Conflict:
            raise NotFound("staff.join.unknown") from None
        desk.epochs_now.clear()
    desk.joinings.drop_where(lambda other: other.locator == joining.locator)
    return ()


def invite_row(
    embassy: str, salt: bytes, code: str, certificate: InviteCertificate, now: datetime
) -> InviteRow:
    """Return the row of the first invite, which only its code opens."""
    locator = locator_hash(code, salt, "invite")
    keys = receipt_keys(code, salt, "invite")
    invite = Invite(certificate=certificate, public=keys.public, by=None)
    body = _seal_invite(embassy, locator, invite, [keys.public])
    return InviteRow(locator=locator, body=body, day=(now + INVITE_LASTS).date().toordinal())


def _seal_invite(embassy: str, locator: bytes, invite: Invite, to: Sequence[bytes]) -> bytes:
    context = ("invite", embassy, locator.hex())
    return seal(msgspec.msgpack.encode(invite), to=to, context=context)


def _open_invite(desk: Desk, keys: Keys, row: InviteRow) -> Invite:
    body = open_envelope(row.body, keys, desk.context("invite", row.locator.hex()))
    return msgspec.msgpack.decode(body, type=Invite)


def _open_as_member(desk: Desk, session: Session, row: InviteRow) -> Invite | None:
    for name, keys in session.epochs.items():
        if name.startswith("roster/"):
            try:
                return _open_invite(desk, keys, row)
            except EnvelopeRefused:
                continue  # sealed to another year's roster, or to its code alone
    return None


async def _lists(desk: Desk) -> list[bytes]:
    return [row.body for row in await desk.store.select(MemberListRow, order="serial")]


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
) -> list[Change]:
    lists = await _lists(desk)
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
    slots = make_slots(joining.seed, derived, box, desk.embassy.code)
    private = note_members(
        Private(totp_secret=joining.totp_secret, last_step=step), listed.serial, signed
    )
    living = {epoch.compartment for epoch in await desk.store.select(EpochRow)}
    epochs = await new_epochs(desk, listed, sorted(living | {"intake", "roster", "trail"}))
    account = AccountRow(
        box=box,
        first=slots.first,
        second=slots.second,
        private=seal_private(desk, box, keys.symmetric, private),
    )
    entry = RosterEntry(box=box, handle=handle, salt=salt)
    return [
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
