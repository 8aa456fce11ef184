"""Claiming: somebody whose record was brought in takes it over with a joining code.

The code is like a receipt: good for one person and fourteen days, typed once. What it opens is
sealed to it alone, the record as it was when the code was made. Any change of the record, a new
code too, ends the codes made before.
"""

from collections.abc import Sequence
from datetime import timedelta

import msgspec

from pe_core.desk.desk import Desk
from pe_core.desk.epochs import current_epoch
from pe_core.desk.locking import refuse_while_frozen
from pe_core.desk.sessions import Claim, Session
from pe_core.desk.trail import record
from pe_core.desk.volunteers import Known, change_record, sealed_parts, sign_profile, state_now
from pe_core.errors import EnvelopeRefused, NotAllowed, NotFound
from pe_core.model import VolunteerState
from pe_core.model.trail import Act
from pe_core.model.week import week_of
from pe_core.rules.receipts import make_receipt, read_receipt
from pe_core.rules.volunteering import OVER, keep_volunteer
from pe_core.store import Change, Delete, Insert, InviteRow, Update, VolunteerRow
from pe_core.vault import Keys, locator_hash, open_envelope, random_bytes, receipt_keys, seal

CODE_LASTS = timedelta(days=14)
_PURPOSE = "claim"


async def make_joining_code(desk: Desk, session: Session, known: Known) -> str:
    """Return a new code for somebody who has no account; Conflict if the record has changed."""
    if known.profile.verify_key or state_now(desk, known) in OVER:
        raise NotAllowed("staff.volunteers.not_now")
    code = make_receipt(random_bytes(32))
    locator = locator_hash(code, desk.identity.salt, _PURPOSE)
    claim = Claim(
        locator=locator,
        revision=known.row.revision + 1,
        profile=known.profile,
        judged=known.judged,
    )
    keys = receipt_keys(code, desk.identity.salt, _PURPOSE)
    context = desk.context(_PURPOSE, locator.hex())
    body = seal(msgspec.msgpack.encode(claim), to=[keys.public], context=context)
    day = (desk.now() + CODE_LASTS).date().toordinal()
    row = InviteRow(locator=locator, body=body, day=day)
    changes = [await change_record(desk, known), Insert(row)]
    await record(desk, session.box, Act.VOLUNTEER_CHANGED, str(known.box), changes)
    return code


async def find_claim(desk: Desk, typed: str) -> Claim:
    """Return the record that a joining code opens.

    Raises NotFound for a slip as such, and for unknown, used, outdated and expired codes alike.
    """
    await refuse_while_frozen(desk)
    code = read_receipt(typed)
    if code is None:
        raise NotFound("core.code.slip")
    locator = locator_hash(code, desk.identity.salt, _PURPOSE)
    keys = receipt_keys(code, desk.identity.salt, _PURPOSE)
    row = await desk.store.get(InviteRow, locator)
    claim = _open(desk, keys, row) if row is not None else None
    if claim is None or not await _is_good(desk, claim):
        raise NotFound("core.claim.unknown")
    return claim


async def claim_changes(desk: Desk, claim: Claim, handle: str, keys: Keys) -> Sequence[Change]:
    """Return the changes that give a record to whom these keys belong, and use up the code.

    They sign what was said of them from here on, and it waits for their *Send* as for anybody.
    """
    profile = msgspec.structs.replace(
        claim.profile, handle=handle, public=keys.public, verify_key=keys.verify_key
    )
    epoch = await current_epoch(desk, "roster")
    said = sign_profile(desk, profile, keys)
    values = {
        **sealed_parts(desk, epoch, profile, said, claim.judged),
        "epoch": epoch.id,
        "keep_until": keep_volunteer(profile, VolunteerState.APPLIED, week_of(desk.now().date())),
        "revision": claim.revision + 1,
        "card": None,
    }
    used = Delete(InviteRow, {"locator": claim.locator}, expect={"locator": claim.locator})
    expect = {"revision": claim.revision}
    return [used, Update(VolunteerRow, (profile.box,), values, expect=expect)]


def _open(desk: Desk, keys: Keys, row: InviteRow) -> Claim | None:
    if row.day < desk.now().date().toordinal():
        return None
    try:
        body = open_envelope(row.body, keys, desk.context(_PURPOSE, row.locator.hex()))
        return msgspec.msgpack.decode(body, type=Claim)
    except (EnvelopeRefused, ValueError, RecursionError):
        return None


async def _is_good(desk: Desk, claim: Claim) -> bool:
    where = {"box": claim.profile.box, "revision": claim.revision}
    return await desk.store.count(VolunteerRow, where) > 0
