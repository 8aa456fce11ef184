"""Opening an embassy: its keys are made, shown once, and forgotten."""

from collections.abc import Callable
from datetime import datetime

import msgspec

from pe_core.desk.desk import Desk, Identity
from pe_core.desk.epochs import read_members
from pe_core.desk.invites import INVITE_LASTS, invite_row
from pe_core.errors import NotAllowed, SettingsError, SharesRefused
from pe_core.model.struct import Model
from pe_core.rules.receipts import make_receipt
from pe_core.rules.retention import ROLES
from pe_core.store import Insert, InviteRow, MemberListRow, MetaRow, Store
from pe_core.vault import (
    Keys,
    Seed,
    certify_invite,
    first_list,
    join_shares,
    keys_of,
    new_seed,
    random_bytes,
    receipt_keys,
    secret_words,
    split_secret,
)

_CODE = "code"


class Opening(Model):
    """What is shown once when an embassy opens, and stored nowhere."""

    root_words: str
    recovery_shares: tuple[str, ...]
    invite: str


async def open_embassy(
    store: Store, code: str, now: Callable[[], datetime], *, threshold: int = 2, shares: int = 3
) -> Opening:
    """Make the embassy's keys and its first invite; raises NotAllowed if it is open already.

    The root key signs an empty member list and the first invite, and is then only on paper.
    """
    if await store.get(MetaRow, "identity") is not None:
        raise NotAllowed("staff.init.open_already")
    root_seed = new_seed()
    recovery_seed = new_seed()
    root = keys_of(root_seed)
    identity = Identity(
        salt=random_bytes(32), root=root.verify_key, recovery=keys_of(recovery_seed).public
    )
    invite, row = _first_invite(code, identity.salt, root, now())
    await store.write(
        [
            Insert(MetaRow(key="identity", value=msgspec.msgpack.encode(identity))),
            Insert(MetaRow(key=_CODE, value=code.encode())),
            Insert(MemberListRow(serial=0, body=first_list(root, identity.recovery))),
            Insert(row),
        ]
    )
    return Opening(
        root_words=secret_words(root_seed),
        recovery_shares=tuple(split_secret(recovery_seed, threshold, shares)),
        invite=invite,
    )


async def check_code(store: Store, code: str) -> None:
    """Raise SettingsError if pe.toml names another code than the one at `pe init`.

    Everything is sealed under that code. Under another one no account would open, while requests
    would go on being taken in, and could not be read once the old code is back.
    """
    opened = await opened_as(store)
    if opened is None:  # by a version that did not note it
        await store.write([Insert(MetaRow(key=_CODE, value=code.encode()))])
    elif opened != code:
        raise SettingsError(
            f"pe.toml: [embassy] code is {code!r}, but this embassy was opened as "
            f"{opened!r}, and everything is sealed under that: put it back"
        )


async def opened_as(store: Store) -> str | None:
    """Return the code that pe.toml named at `pe init`; None from a version that noted none."""
    row = await store.get(MetaRow, _CODE)
    return row.value.decode() if row is not None else None


async def invite_first_again(desk: Desk, root_words: str) -> str:
    """Return a new first invite, signed by the root key that is typed from paper.

    Raises SharesRefused for wrong words, and NotAllowed once somebody has joined: from then on
    members invite.
    """
    if (await read_members(desk)).members:
        raise NotAllowed("staff.init.joined_already")
    root = keys_of(Seed(join_shares([root_words])))
    if root.verify_key != desk.identity.root:
        raise SharesRefused("these are not the words of this embassy's root key")
    code, row = _first_invite(desk.embassy.code, desk.identity.salt, root, desk.now())
    await desk.store.write([Insert(row)])
    return code


def _first_invite(embassy: str, salt: bytes, root: Keys, now: datetime) -> tuple[str, InviteRow]:
    code = make_receipt(random_bytes(32))
    certificate = certify_invite(
        [root],
        invite_key=receipt_keys(code, salt, "invite").verify_key,
        compartments=ROLES["coordinator"],
        after=0,
        until=int((now + INVITE_LASTS).timestamp()),
    )
    return code, invite_row(embassy, salt, code, certificate, now)
