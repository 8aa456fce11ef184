"""Offering help: from a pseudonym to an account of one's own, in a few minutes.

Nobody has to be asked first, and nothing of what is typed waits anywhere: the account is made
at once, and whatever its owner says of themselves later is sealed as they say it. Until two
coordinators have vouched it opens nothing but that.
"""

import base64
from collections.abc import Sequence

from pe_core.desk.accounts import Private, seal_private
from pe_core.desk.claiming import claim_changes
from pe_core.desk.desk import Desk
from pe_core.desk.epochs import current_epoch
from pe_core.desk.locking import refuse_while_frozen
from pe_core.desk.roster import fold_handle, is_handle
from pe_core.desk.sessions import Applicant, Claim
from pe_core.desk.volunteers import new_row, sign_profile, sign_standing
from pe_core.errors import Conflict, NotFound
from pe_core.model import Box, Problem, Profile, Standing
from pe_core.store import AccountRow, Change, Insert, VolunteerRow
from pe_core.vault import (
    Keys,
    check_totp,
    generate_passphrase,
    keys_of,
    make_slots,
    make_tags,
    new_seed,
    new_totp_secret,
    normalise_passphrase,
    random_bytes,
    totp_uri,
)


def begin_applying(
    desk: Desk, language: str, claim: Claim | None = None
) -> tuple[bytes, Applicant]:
    """Make an applicant's passphrase and code and return the cookie that shows them; TooMany.

    With ``claim`` the account that they open has the record that was brought in for them.
    """
    applicant = Applicant(
        claim=claim,
        language=language,
        passphrase=generate_passphrase(),
        totp_secret=new_totp_secret(),
        seed=new_seed(),
    )
    return desk.applicants.add(applicant), applicant


def applicant_words(applicant: Applicant) -> tuple[str, str]:
    """Return the authenticator's address (for the QR code) and its secret as base32 text."""
    secret = base64.b32encode(applicant.totp_secret).decode().rstrip("=")
    return totp_uri(applicant.totp_secret, "Portal", "Portal"), secret


async def apply(
    desk: Desk, applicant: Applicant, handle: str, passphrase: str, code: str
) -> tuple[Problem, ...]:
    """Open the account once everything is typed back; returns what is still wrong.

    A second press finds it open already, and that is no fault. Raises NotFound if a record that
    was to be theirs was changed or claimed meanwhile.
    """
    await refuse_while_frozen(desk)
    handle = fold_handle(handle)
    step = check_totp(applicant.totp_secret, code, desk.now(), 0)
    problems = _problems(applicant, handle, passphrase, step)
    if problems or step is None:
        return problems
    async with applicant.lock:
        if not applicant.done:
            try:
                await desk.store.write(await _changes(desk, applicant, handle, step))
            except Conflict:
                if applicant.claim is None:
                    raise
                raise NotFound("core.claim.unknown") from None
            applicant.done = True
    return ()


def _problems(
    applicant: Applicant, handle: str, passphrase: str, step: int | None
) -> tuple[Problem, ...]:
    wrong = {
        "handle": "" if is_handle(handle) else "handle",
        "passphrase": ""
        if normalise_passphrase(passphrase) == applicant.passphrase
        else "not_the_same",
        "code": "code" if step is None else "",
    }
    return tuple(Problem(field=field, code=code) for field, code in wrong.items() if code)


async def _changes(desk: Desk, applicant: Applicant, handle: str, step: int) -> Sequence[Change]:
    claim, salt = applicant.claim, desk.identity.salt
    box = claim.profile.box if claim else Box(int.from_bytes(random_bytes(6), "big"))
    derived = await desk.passphrases.derive(applicant.passphrase, handle, salt)
    tags = make_tags(salt, handle, applicant.passphrase)
    slots = make_slots(applicant.seed, derived, box, desk.embassy.code, tags=tags)
    keys = keys_of(applicant.seed)
    private = Private(totp_secret=applicant.totp_secret, last_step=step)
    account = AccountRow(
        box=box,
        first=slots.first,
        second=slots.second,
        private=seal_private(desk, box, keys.symmetric, private),
        tags=slots.tags,
    )
    recorded = (
        [Insert(await _new_row(desk, applicant, box, handle, keys))]
        if claim is None
        else await claim_changes(desk, claim, handle, keys)
    )
    return [Insert(account), *recorded]


async def _new_row(
    desk: Desk, applicant: Applicant, box: Box, handle: str, keys: Keys
) -> VolunteerRow:
    profile = Profile(
        box=box,
        handle=handle,
        public=keys.public,
        verify_key=keys.verify_key,
        language=applicant.language,
        began=desk.now(),
        zone=desk.embassy.zone,
    )
    standing = Standing(since=profile.began)
    said = sign_profile(desk, profile, keys)
    judged = sign_standing(desk, profile, standing, keys)
    epoch = await current_epoch(desk, "roster")
    return new_row(desk, epoch, profile, said, standing, judged)
