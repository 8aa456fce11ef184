"""Recovery: nobody can unlock any more, but the recovery holders and the root's paper are there.

One coordinator begins anew. The root key signs an empty member list and the invite of one
person; the recovery key opens every living epoch for them. Whoever was a member before is
none, and what they were granted is gone. Design: vault, "Lose a passphrase".
"""

from collections.abc import Sequence
from datetime import timedelta

from pe_core.desk.accounts import Private, note_members, seal_private
from pe_core.desk.desk import Desk
from pe_core.desk.epochs import new_epochs, read_members
from pe_core.desk.locking import FREEZE
from pe_core.desk.owed import OWED
from pe_core.desk.roster import RosterEntry, fold_handle, is_handle, name_proof, roster_row
from pe_core.desk.trail import appending
from pe_core.errors import EnvelopeRefused, NotAllowed, SharesRefused, VaultError
from pe_core.model import Box
from pe_core.model.struct import Model
from pe_core.model.trail import HOST, Act
from pe_core.rules.retention import ROLES
from pe_core.store import (
    AccountRow,
    Change,
    Delete,
    EpochRow,
    GrantRow,
    Insert,
    InviteRow,
    MemberListRow,
    MetaRow,
    ProposalRow,
    RosterRow,
    ShareRow,
)
from pe_core.vault import (
    RECOVERY_BOX,
    Keys,
    Member,
    MemberList,
    Seed,
    admit,
    certify_invite,
    check_totp,
    generate_passphrase,
    join_shares,
    keys_of,
    make_slots,
    make_tags,
    new_seed,
    new_totp_secret,
    open_grant,
    random_bytes,
    read_list,
    regrant,
    sign_list,
    verify_chain,
)

INVITE_LASTS = timedelta(minutes=5)
"""The invite is made and used in one act."""
FORGOTTEN = ("shares", FREEZE)
"""What the instance noted that is no longer true; so is what members of old were owed."""


class Recovery:
    """The keys that holders and paper brought together, and the account that will be made.

    All of it lives in memory for as long as the command runs.
    """

    def __init__(self, *, recovery: Keys, root: Keys, handle: str) -> None:
        """Make the new account's keys, passphrase and authenticator."""
        self.recovery = recovery
        self.root = root
        self.handle = handle
        self.passphrase = generate_passphrase()
        self.totp_secret = new_totp_secret()
        self.seed = new_seed()


class Recovered(Model):
    """What came of it: epochs that the new coordinator opens, and those that nobody opens."""

    box: Box
    opened: int
    lost: tuple[str, ...]


async def check_shares(desk: Desk, shares: Sequence[str]) -> Keys:
    """Return the recovery key of these shares; SharesRefused if it is not the one in force."""
    keys = _keys(join_shares(shares))
    listed = await read_members(desk)
    if keys.public != (listed.recovery or desk.identity.recovery):
        raise SharesRefused("these shares are of an earlier set, or of another embassy")
    return keys


def check_root(desk: Desk, words: str) -> Keys:
    """Return the root key of these words; SharesRefused if it is another one."""
    root = _keys(join_shares([words]))
    if root.verify_key != desk.identity.root:
        raise SharesRefused("these are not the words of this embassy's root key")
    return root


def begin_recovery(recovery: Keys, root: Keys, handle: str) -> Recovery:
    """Return what the new coordinator has to write down; NotAllowed for a handle that is none."""
    folded = fold_handle(handle)
    if not is_handle(folded):
        raise NotAllowed("staff.problem.handle")
    return Recovery(recovery=recovery, root=root, handle=folded)


def check_code(desk: Desk, begun: Recovery, code: str) -> int | None:
    """Return the step of a code that the authenticator shows now, or None for a wrong one."""
    return check_totp(begun.totp_secret, code, desk.now(), 0)


async def recover(desk: Desk, begun: Recovery, step: int = 0) -> Recovered:
    """Make the new account the only one, and grant it all that lives; one transaction.

    ``step`` is the authenticator's code that was used up already. Raises MembersInvalid if the
    chain of member lists does not verify: then somebody changed the database.
    """
    derived = await desk.passphrases.derive(begun.passphrase, begun.handle, desk.identity.salt)
    async with appending(desk, HOST, Act.RECOVERED) as entry, desk.epoch_lock:
        lists = [row.body for row in await desk.store.select(MemberListRow, order="serial")]
        newcomer, salt = _newcomer(begun)
        empty, signed = _lists(desk, lists[-1], begun, newcomer)
        listed = verify_chain([*lists, empty, signed], desk.identity.root)
        regranted, lost = await _regranted(desk, begun, newcomer)
        private = Private(totp_secret=begun.totp_secret, last_step=step)
        noted = note_members(private, listed.serial, signed)
        name = RosterEntry(box=Box(newcomer.box), handle=begun.handle, salt=salt)
        changes: list[Change] = [
            *await _forgotten(desk),
            Insert(MemberListRow(serial=listed.serial - 1, body=empty)),
            Insert(MemberListRow(serial=listed.serial, body=signed)),
            Insert(_account(desk, begun, newcomer, derived, noted)),
            *regranted,
            *await _begun(desk, listed, name),
        ]
        await desk.store.write([*changes, *entry])
        desk.epochs_now.clear()
    desk.sessions.drop_where(lambda _: True)
    desk.joinings.drop_where(lambda _: True)
    await desk.store.shred()
    return Recovered(box=Box(newcomer.box), opened=len(regranted), lost=lost)


def _keys(seed: bytes) -> Keys:
    try:
        return keys_of(Seed(seed))
    except VaultError:
        raise SharesRefused("these words hold no key of ours") from None


def _newcomer(begun: Recovery) -> tuple[Member, bytes]:
    keys, salt = keys_of(begun.seed), random_bytes(32)
    member = Member(
        box=int.from_bytes(random_bytes(6), "big"),
        public=keys.public,
        verify_key=keys.verify_key,
        compartments=ROLES["coordinator"],
        name_proof=name_proof(salt, begun.handle),
    )
    return member, salt


def _lists(desk: Desk, last: bytes, begun: Recovery, newcomer: Member) -> tuple[bytes, bytes]:
    """Return the empty list that the root signs, and the one with the new coordinator on it."""
    empty = sign_list(last, (), [begun.root])
    invite, now = keys_of(new_seed()), desk.now()
    certificate = certify_invite(
        [begun.root],
        invite_key=invite.verify_key,
        compartments=newcomer.compartments,
        after=read_list(empty).serial,
        until=int((now + INVITE_LASTS).timestamp()),
    )
    return empty, admit(empty, newcomer, certificate, invite, int(now.timestamp()))


async def _regranted(
    desk: Desk, begun: Recovery, newcomer: Member
) -> tuple[list[Change], tuple[str, ...]]:
    """Open every living epoch with the recovery key; return the new grants and what stays shut."""
    embassy = desk.embassy.code
    grants: list[Change] = []
    lost: list[str] = []
    for epoch in await desk.store.select(EpochRow, order="id"):
        row = await desk.store.get(GrantRow, epoch.id, RECOVERY_BOX)
        try:
            body = row.body if row is not None else b""
            keys = open_grant(body, epoch.id, embassy, begun.recovery, epoch.public)
        except EnvelopeRefused:
            lost.append(epoch.id)
            continue
        body = regrant(keys, epoch.id, embassy, newcomer.public)
        grants.append(Insert(GrantRow(epoch=epoch.id, box=newcomer.box, body=body)))
    return grants, tuple(lost)


async def _forgotten(desk: Desk) -> list[Change]:
    """Return the erasure of everybody who was there: accounts, grants, names, open invites."""
    changes: list[Change] = []
    for table in (AccountRow, RosterRow, ShareRow):
        boxes = {box for (box,) in await desk.store.pick(table, ("box",))}
        changes += [Delete(table, {"box": box}) for box in boxes]
    granted = {box for (box,) in await desk.store.pick(GrantRow, ("box",))}
    changes += [Delete(GrantRow, {"box": box}) for box in granted - {RECOVERY_BOX}]
    invites = await desk.store.pick(InviteRow, ("locator",))
    changes += [Delete(InviteRow, {"locator": locator}) for (locator,) in invites]
    proposals = await desk.store.pick(ProposalRow, ("id",))
    changes += [Delete(ProposalRow, {"id": name}) for (name,) in proposals]
    notes = [key for (key,) in await desk.store.pick(MetaRow, ("key",)) if key.startswith(OWED)]
    return [*changes, *(Delete(MetaRow, {"key": key}) for key in (*FORGOTTEN, *notes))]


async def _begun(desk: Desk, listed: MemberList, entry: RosterEntry) -> list[Change]:
    """Return the new epochs, and the one name on the roster, sealed to its new epoch."""
    living = {epoch.compartment for epoch in await desk.store.select(EpochRow)}
    changes = await new_epochs(desk, listed, sorted(living | {"intake", "roster", "trail"}))
    rows = [change.row for change in changes if isinstance(change, Insert)]
    roster = next(r for r in rows if isinstance(r, EpochRow) and r.compartment == "roster")
    return [*changes, Insert(roster_row(desk, roster, entry))]


def _account(
    desk: Desk, begun: Recovery, newcomer: Member, derived: bytes, private: Private
) -> AccountRow:
    tags = make_tags(desk.identity.salt, begun.handle, begun.passphrase)
    slots = make_slots(begun.seed, derived, newcomer.box, desk.embassy.code, tags=tags)
    key = keys_of(begun.seed).symmetric
    return AccountRow(
        box=newcomer.box,
        first=slots.first,
        second=slots.second,
        private=seal_private(desk, Box(newcomer.box), key, private),
        tags=slots.tags,
    )
