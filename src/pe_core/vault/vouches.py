"""What is signed inside a volunteer's envelopes, and who vouched for their keys.

An envelope names no sender, so whoever holds the disk could seal a profile of their own making.
The profile is therefore signed by the volunteer, what the embassy says of them by a
coordinator, and the volunteer's keys by those who vouched: before anything is sealed to such
a key, enough signatures over it must be there.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from pe_core.errors import EnvelopeRefused
from pe_core.model.struct import Model
from pe_core.model.volunteer import Vouch
from pe_core.vault.keys import Keys, verify
from pe_core.vault.members import COORDINATING, MemberList, read_list

ENOUGH = 2
PROFILE, STANDING, VOUCH = "profile", "standing", "vouch"
AGREEMENT, NOTE = "agreement", "volunteer_note"
"""What a signature is for."""


About = Sequence[str | int | bytes]
"""What a signature is bound to beside the bytes: an embassy, a box, keys."""


class SignedBody(Model, forbid_unknown_fields=True):
    """Exact bytes, and whose they are; both keys are empty for what a host brought in."""

    body: bytes
    signer: bytes = b""
    signature: bytes = b""


def sign_body(purpose: str, body: bytes, keys: Keys, about: About) -> bytes:
    """Return bytes with a signature over them and what they are about, to be sealed."""
    signature = keys.sign(purpose, _bound(body, about))
    signed = SignedBody(body=body, signer=keys.verify_key, signature=signature)
    return msgspec.msgpack.encode(signed)


def unsigned_body(body: bytes) -> bytes:
    """Return bytes that nobody signs: what is brought in from a file has no author yet."""
    return msgspec.msgpack.encode(SignedBody(body=body))


def read_signed_body(raw: bytes) -> SignedBody:
    """Return bytes with their signature, not yet verified; EnvelopeRefused if they are neither."""
    try:
        return msgspec.msgpack.decode(raw, type=SignedBody)
    except (ValueError, RecursionError):
        raise EnvelopeRefused("this is nothing that was signed") from None


def verify_body(signed: SignedBody, purpose: str, about: About) -> None:
    """Raise EnvelopeRefused unless the signature is over these bytes, for this, about this.

    What nobody signed is let through, as ``signer`` says; whose key it is, and whether that is
    the right one, the caller has to look at.
    """
    if not signed.signer and not signed.signature:
        return
    if not verify(signed.signer, purpose, _bound(signed.body, about), signed.signature):
        raise EnvelopeRefused("a signature does not verify")


def vouch_for(
    keys: Keys, embassy: str, box: int, public: bytes, verify_key: bytes, after: int, at: datetime
) -> Vouch:
    """Return a coordinator's word that these keys belong to the person whom they know.

    ``after`` is the serial of the member list in force.
    """
    body = _vouched(embassy, box, public, verify_key, after)
    return Vouch(signer=keys.verify_key, signature=keys.sign(VOUCH, body), after=after, at=at)


def count_vouches(
    vouches: Sequence[Vouch],
    embassy: str,
    box: int,
    public: bytes,
    verify_key: bytes,
    lists: Sequence[bytes],
) -> int:
    """Return how many coordinators vouched for exactly these keys, each counted once.

    ``lists`` is a chain that was verified. A coordinator who has left since still counts: they
    knew the person when they signed. One who came back with new keys is the same one.
    """
    good = set()
    for vouch in vouches:
        if not 0 <= vouch.after < len(lists):
            continue
        by = _coordinators(read_list(lists[vouch.after])).get(vouch.signer)
        body = _vouched(embassy, box, public, verify_key, vouch.after)
        if by is not None and verify(vouch.signer, VOUCH, body, vouch.signature):
            good.add(by)
    return len(good)


def needed_vouches(now: MemberList) -> int:
    """Return how many vouches are enough: two, or one where there is but one coordinator.

    It is the list of today that counts: somebody who was alone once and has left must not be
    able to vouch alone for ever.
    """
    return max(1, min(ENOUGH, len(coordinators_of(now))))


def coordinators_of(members: MemberList) -> frozenset[bytes]:
    """Return the verify keys of a list's coordinators."""
    return frozenset(_coordinators(members))


def _bound(body: bytes, about: About) -> bytes:
    return msgspec.msgpack.encode((*about, body))


def _coordinators(members: MemberList) -> dict[bytes, int]:
    coordinating = [one for one in members.members if COORDINATING in one.compartments]
    return {member.verify_key: member.box for member in coordinating}


def _vouched(embassy: str, box: int, public: bytes, verify_key: bytes, after: int) -> bytes:
    return msgspec.msgpack.encode((embassy, box, public, verify_key, after))
