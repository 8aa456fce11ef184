"""Whether a chain of signed member lists holds, from the root key to the last list.

Design: vault, "Members are signed".
"""

import hashlib
from collections.abc import Sequence

from pe_core.errors import MembersInvalid
from pe_core.model.struct import Model
from pe_core.vault.keys import verify
from pe_core.vault.members import (
    COORDINATING,
    INVITE,
    LIST,
    InviteCertificate,
    MemberList,
    Signature,
    SignedList,
    certified_bytes,
    check_members,
    check_recovery,
    hash_list,
    member_of,
    read_signed,
    with_newcomer,
)

_ENOUGH = 2
_KEPT = 64


def is_certified(
    certificate: InviteCertificate, lists: Sequence[bytes], root_verify_key: bytes
) -> bool:
    """Return whether enough people have signed for this invite to be used now.

    ``lists`` is the whole chain; MembersInvalid if the chain itself does not verify.
    """
    verify_chain(lists, root_verify_key)
    seen = [read_signed(raw)[1] for raw in lists]
    try:
        _check_certificate(certificate, seen, root_verify_key)
    except MembersInvalid:
        return False
    return True


def verify_chain(lists: Sequence[bytes], root_verify_key: bytes) -> MemberList:
    """Return the last list of a chain of signed lists; raises MembersInvalid.

    The first is empty and signed by the root. A list that adds one member may be signed by an
    invite, which is good once; its certificate is signed by the root if nobody is on the list
    yet, or else by enough coordinators of the list it was made under. Any other change is
    signed by enough coordinators of the list before. Enough is two, or one if there is but one;
    the root may stand in for them, on paper and offline as it is. It is how an embassy goes on
    when its coordinators are too few to agree.

    Of a certificate's signers, enough must also be coordinators of the list before: a time that
    the signer writes (``after``) must not bring back days when one signature was enough.
    """
    if not lists:
        raise MembersInvalid("there is no member list")
    names = _names(lists, root_verify_key)
    known = next((n for n in range(len(lists), 0, -1) if names[n - 1] in _VERIFIED), 0)
    if known:
        chain = _VERIFIED[names[known - 1]]
    else:
        chain = _Chain(seen=(_verify_first(lists[0], root_verify_key),), used=frozenset())
    for number in range(max(known, 1), len(lists)):
        chain = _follow(chain, lists[number - 1], lists[number], root_verify_key)
    _keep(names[-1], chain)
    return chain.seen[-1]


class _Chain(Model):
    """What a chain that was verified says: its lists in order, and the invites used in it."""

    seen: tuple[MemberList, ...]
    used: frozenset[bytes]


_VERIFIED: dict[bytes, _Chain] = {}
"""Chains that were verified in this process, by the root and every byte of their lists.

The same chain is verified at every unlock, and a signature costs a thousand times its hash.
"""


def _names(lists: Sequence[bytes], root_verify_key: bytes) -> list[bytes]:
    name = hashlib.sha256(root_verify_key).digest()
    return [name := hashlib.sha256(name + hash_list(raw)).digest() for raw in lists]


def _keep(name: bytes, chain: _Chain) -> None:
    _VERIFIED.pop(name, None)
    while len(_VERIFIED) >= _KEPT:
        del _VERIFIED[next(iter(_VERIFIED))]
    _VERIFIED[name] = chain


def _follow(chain: _Chain, before: bytes, raw: bytes, root_verify_key: bytes) -> _Chain:
    """Return a verified chain with one list more, once that follows and is signed as it must."""
    signed, following = read_signed(raw)
    if following.serial != len(chain.seen) or following.previous != hash_list(before):
        raise MembersInvalid("a member list does not follow the one before")
    check_members(following.members)
    if following.recovery:
        check_recovery(following.recovery)
    used = chain.used
    if signed.certificate is None:
        signers = _signers(signed.signatures, LIST, signed.body)
        _check_enough(signers, chain.seen[-1], root_verify_key)
    else:
        _verify_admission(signed, signed.certificate, following, chain.seen, root_verify_key)
        if signed.certificate.invite_key in used:
            raise MembersInvalid("an invite was used twice")
        used |= {signed.certificate.invite_key}
    return _Chain(seen=(*chain.seen, following), used=used)


def _verify_first(raw: bytes, root_verify_key: bytes) -> MemberList:
    signed, first = read_signed(raw)
    if signed.certificate is not None or first.members or first.serial or first.previous:
        raise MembersInvalid("the first member list is not a first list")
    if _signers(signed.signatures, LIST, signed.body) != {root_verify_key}:
        raise MembersInvalid("the first member list is not signed by the root key")
    return first


def _verify_admission(
    signed: SignedList,
    certificate: InviteCertificate,
    following: MemberList,
    seen: Sequence[MemberList],
    root_verify_key: bytes,
) -> None:
    before = seen[-1]
    _check_certificate(certificate, seen, root_verify_key)
    if following.recovery != before.recovery:
        raise MembersInvalid("an invite changed the recovery key")
    if certificate.replaces is None:
        if not following.members or following.members[:-1] != before.members:
            raise MembersInvalid("an invite changed more than one new member")
        if following.members[-1].compartments != certificate.compartments:
            raise MembersInvalid("an invite gave other compartments than it may")
    else:
        _verify_return(certificate, following, seen)
    if _signers(signed.signatures, LIST, signed.body) != {certificate.invite_key}:
        raise MembersInvalid("a member list is not signed by its invite")


def _verify_return(
    certificate: InviteCertificate, following: MemberList, seen: Sequence[MemberList]
) -> None:
    before, box = seen[-1], certificate.replaces
    member = member_of(following, box)
    if member is None or with_newcomer(before, member, box) != following.members:
        raise MembersInvalid("an invite changed more than one member's keys")
    # Good only for the keys that were lost when it was made, not for any that came later.
    if member_of(seen[certificate.after], box) != member_of(before, box):
        raise MembersInvalid("an invite replaces keys that are no longer there")


def _check_certificate(
    certificate: InviteCertificate, seen: Sequence[MemberList], root_verify_key: bytes
) -> None:
    before = seen[-1]
    if not 0 <= certificate.after < len(seen):
        raise MembersInvalid("an invite was made under no list of this chain")
    signers = _signers(certificate.signatures, INVITE, certified_bytes(certificate))
    under = seen[certificate.after]
    if signers == {root_verify_key} and not under.members and not before.members:
        return
    # For a return the root may stand in: it is tied to the keys of its day. For a newcomer it
    # may not: a first invite that nobody used must not stay good for ever.
    root = root_verify_key if certificate.replaces is not None else None
    _check_enough(signers, under, root)
    _check_enough(signers & (_coordinators(before) | {root_verify_key}), before, root)


def _check_enough(signers: set[bytes], of: MemberList, root: bytes | None) -> None:
    coordinators = _coordinators(of)
    if root in signers and signers - {root} <= coordinators:
        return
    if not coordinators or not signers <= coordinators:
        raise MembersInvalid("somebody signed who is no coordinator")
    if len(signers) < min(_ENOUGH, len(coordinators)):
        raise MembersInvalid("too few coordinators signed")


def _coordinators(of: MemberList) -> set[bytes]:
    return {member.verify_key for member in of.members if COORDINATING in member.compartments}


def _signers(signatures: Sequence[Signature], purpose: str, body: bytes) -> set[bytes]:
    signers = {each.signer for each in signatures}
    if len(signers) != len(signatures):
        raise MembersInvalid("somebody signed twice")
    if not all(verify(each.signer, purpose, body, each.signature) for each in signatures):
        raise MembersInvalid("a signature does not verify")
    return signers
