"""Invites as they are stored: sealed to their own code and to the roster."""

from collections.abc import Sequence

import msgspec

from pe_core.desk.desk import Desk
from pe_core.desk.sessions import Session
from pe_core.errors import EnvelopeRefused
from pe_core.model import Box
from pe_core.model.struct import Model
from pe_core.store import InviteRow, MemberListRow
from pe_core.vault import InviteCertificate, Keys, open_envelope, seal


class Invite(Model):
    """An invite; for somebody who comes back also their name, which must stay as it was.

    ``salt`` proves the handle against the signed member list.
    """

    certificate: InviteCertificate
    public: bytes
    by: Box | None
    handle: str = ""
    salt: bytes = b""


def seal_invite(embassy: str, locator: bytes, invite: Invite, to: Sequence[bytes]) -> bytes:
    """Return the body of an invite's row, sealed to these public keys."""
    context = ("invite", embassy, locator.hex())
    return seal(msgspec.msgpack.encode(invite), to=to, context=context)


def open_with_code(desk: Desk, keys: Keys, row: InviteRow) -> Invite:
    """Open an invite with the keys of its code, or of a roster; EnvelopeRefused if it is not so."""
    body = open_envelope(row.body, keys, desk.context("invite", row.locator.hex()))
    return msgspec.msgpack.decode(body, type=Invite)


def open_as_member(desk: Desk, session: Session, row: InviteRow | None) -> Invite | None:
    """Open an invite with the roster, or return None if this session cannot."""
    if row is None:
        return None
    for name, keys in session.epochs.items():
        if name.startswith("roster/"):
            try:
                return open_with_code(desk, keys, row)
            except EnvelopeRefused:
                continue  # sealed to another year's roster, or to its code alone
    return None


async def read_lists(desk: Desk) -> list[bytes]:
    """Return the whole chain of signed member lists, not yet verified."""
    return [row.body for row in await desk.store.select(MemberListRow, order="serial")]
