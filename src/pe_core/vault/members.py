"""The signed member list: who is who, as the members themselves signed it.

Each list names the hash of the one before, and the first is signed by the embassy's root key.
So a row that the host writes into the database is no member, and what was removed shows.
Nothing here knows whether the newest list was held back: for that, every account seals to
itself the serial it saw last. Design: vault, "Members are signed".
"""

import hashlib
from collections.abc import Sequence
from itertools import pairwise
from typing import TypeVar

import msgspec

from pe_core.errors import MembersInvalid, NothingToSealTo
from pe_core.model.struct import Model
from pe_core.vault.keys import Keys, read_public_key, verify

M = TypeVar("M", bound=msgspec.Struct)

COORDINATING = "roster"
"""The compartment that makes a member a coordinator, who signs for others."""

_ENOUGH = 2
_VERIFY_KEY_SIZE = 32
_LIST, _INVITE = "members", "invite"


class Member(Model, forbid_unknown_fields=True):
    """A person by number and keys; ``name_proof`` is SHA-256 of 32 random bytes and the handle."""

    box: int
    public: bytes
    verify_key: bytes
    compartments: tuple[str, ...]
    name_proof: bytes


class Signature(Model, forbid_unknown_fields=True):
    """An Ed25519 signature and the key (32 bytes) that it verifies with."""

    signer: bytes
    signature: bytes


class InviteCertificate(Model, forbid_unknown_fields=True):
    """Leave to add one member with exactly these compartments.

    ``invite_key`` is the verify key of the invite's own keys, ``after`` the serial of the list
    it was made under, ``until`` its end in Unix seconds.
    """

    invite_key: bytes
    compartments: tuple[str, ...]
    after: int
    until: int
    signatures: tuple[Signature, ...] = ()


class MemberList(Model, forbid_unknown_fields=True):
    """All members; ``previous`` is the SHA-256 of the signed list before, empty in the first."""

    serial: int
    previous: bytes
    members: tuple[Member, ...]


class SignedList(Model, forbid_unknown_fields=True):
    """The exact bytes of a MemberList in msgpack, and what makes them good."""

    body: bytes
    signatures: tuple[Signature, ...]
    certificate: InviteCertificate | None = None


def first_list(root: Keys) -> bytes:
    """Return the list that a chain starts with: serial 0, nobody on it, signed by the root."""
    return _sign(MemberList(serial=0, previous=b"", members=()), (root,))


def certify_invite(
    signers: Sequence[Keys],
    *,
    invite_key: bytes,
    compartments: Sequence[str],
    after: int,
    until: int,
) -> InviteCertificate:
    """Certify the key of an invite; the root signs while nobody is on the list, then coordinators.

    ``after`` is the serial of the newest list and ``until`` a time in Unix seconds. Who has to
    sign is checked where the certificate is used, by ``verify_chain``.
    """
    certificate = InviteCertificate(
        invite_key=invite_key, compartments=tuple(compartments), after=after, until=until
    )
    return msgspec.structs.replace(
        certificate, signatures=_signatures(signers, _INVITE, _certified(certificate))
    )


def countersign(certificate: InviteCertificate, signer: Keys) -> InviteCertificate:
    """Return the certificate with one more signature; whoever signed already changes nothing."""
    if any(each.signer == signer.verify_key for each in certificate.signatures):
        return certificate
    added = _signatures((signer,), _INVITE, _certified(certificate))
    return msgspec.structs.replace(certificate, signatures=certificate.signatures + added)


def is_certified(
    certificate: InviteCertificate, lists: Sequence[bytes], root_verify_key: bytes
) -> bool:
    """Return whether enough people have signed for this invite to be used now.

    ``lists`` is the whole chain; MembersInvalid if the chain itself does not verify.
    """
    verify_chain(lists, root_verify_key)
    seen = [_read(raw)[1] for raw in lists]
    try:
        _check_certificate(certificate, seen, root_verify_key)
    except MembersInvalid:
        return False
    return True


def admit(
    previous: bytes, newcomer: Member, certificate: InviteCertificate, invite: Keys, now: int
) -> bytes:
    """Return the next list, with the newcomer at its end, signed by the invite's key.

    ``now`` is in Unix seconds. Raises MembersInvalid if the invite is over, is another's, or
    gives other compartments. The chain is still to be verified with the new list at its end.
    """
    if certificate.until < now:
        raise MembersInvalid("the invite is over")
    if invite.verify_key != certificate.invite_key:
        raise MembersInvalid("the invite belongs to another key")
    if newcomer.compartments != certificate.compartments:
        raise MembersInvalid("the invite gives other compartments")
    following = _following(previous, (*_members_of(previous), newcomer))
    return _sign(following, (invite,), certificate)


def sign_list(previous: bytes, members: Sequence[Member], signers: Sequence[Keys]) -> bytes:
    """Return the next list with these members, signed by coordinators (leaving, new tasks).

    Raises MembersInvalid if the members cannot stand on one list. The chain is still to be
    verified with the new list at its end.
    """
    return _sign(_following(previous, tuple(members)), signers)


def verify_chain(lists: Sequence[bytes], root_verify_key: bytes) -> MemberList:
    """Return the last list of a chain of signed lists; raises MembersInvalid.

    The first is empty and signed by the root. A list that adds one member may be signed by an
    invite, which is good once; its certificate is signed by the root if nobody is on the list
    yet, or else by enough coordinators of the list it was made under. Any other change is
    signed by enough coordinators of the list before. Enough is two, or one if there is but one.

    Of a certificate's signers, enough must also be coordinators of the list before: a time that
    the signer writes (``after``) must not bring back days when one signature was enough.
    """
    if not lists:
        raise MembersInvalid("there is no member list")
    seen = [_verify_first(lists[0], root_verify_key)]
    used: set[bytes] = set()
    for before, raw in pairwise(lists):
        signed, following = _read(raw)
        if following.serial != len(seen) or following.previous != _hash(before):
            raise MembersInvalid("a member list does not follow the one before")
        _check_members(following.members)
        if signed.certificate is None:
            signers = _signers(signed.signatures, _LIST, signed.body)
            _check_enough(signers, seen[-1])
        else:
            _verify_admission(signed, signed.certificate, following, seen, root_verify_key)
            if signed.certificate.invite_key in used:
                raise MembersInvalid("an invite was used twice")
            used.add(signed.certificate.invite_key)
        seen.append(following)
    return seen[-1]


def _verify_first(raw: bytes, root_verify_key: bytes) -> MemberList:
    signed, first = _read(raw)
    if signed.certificate is not None or first.members or first.serial or first.previous:
        raise MembersInvalid("the first member list is not a first list")
    if _signers(signed.signatures, _LIST, signed.body) != {root_verify_key}:
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
    if not following.members or following.members[:-1] != before.members:
        raise MembersInvalid("an invite changed more than one new member")
    if following.members[-1].compartments != certificate.compartments:
        raise MembersInvalid("an invite gave other compartments than it may")
    if _signers(signed.signatures, _LIST, signed.body) != {certificate.invite_key}:
        raise MembersInvalid("a member list is not signed by its invite")
    _check_certificate(certificate, seen, root_verify_key)


def _check_certificate(
    certificate: InviteCertificate, seen: Sequence[MemberList], root_verify_key: bytes
) -> None:
    before = seen[-1]
    if not 0 <= certificate.after < len(seen):
        raise MembersInvalid("an invite was made under no list of this chain")
    signers = _signers(certificate.signatures, _INVITE, _certified(certificate))
    under = seen[certificate.after]
    if signers == {root_verify_key} and not under.members and not before.members:
        return
    _check_enough(signers, under)
    _check_enough(signers & _coordinators(before), before)


def _check_enough(signers: set[bytes], of: MemberList) -> None:
    coordinators = _coordinators(of)
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


def _check_members(members: Sequence[Member]) -> None:
    for member in members:
        if member.box < 1:
            raise MembersInvalid("a member's box is not a positive number")
        if len(member.verify_key) != _VERIFY_KEY_SIZE:
            raise MembersInvalid("a member's verify key has a wrong length")
        try:
            read_public_key(member.public)
        except NothingToSealTo:
            raise MembersInvalid("nothing can be sealed to a member's public key") from None
    for field in ("box", "public", "verify_key"):
        if len({getattr(member, field) for member in members}) != len(members):
            raise MembersInvalid(f"two members have the same {field}")


def _following(previous: bytes, members: tuple[Member, ...]) -> MemberList:
    _check_members(members)
    _, before = _read(previous)
    return MemberList(serial=before.serial + 1, previous=_hash(previous), members=members)


def _members_of(raw: bytes) -> tuple[Member, ...]:
    return _read(raw)[1].members


def _sign(
    members: MemberList, signers: Sequence[Keys], certificate: InviteCertificate | None = None
) -> bytes:
    body = msgspec.msgpack.encode(members)
    signatures = _signatures(signers, _LIST, body)
    return msgspec.msgpack.encode(
        SignedList(body=body, signatures=signatures, certificate=certificate)
    )


def _signatures(signers: Sequence[Keys], purpose: str, body: bytes) -> tuple[Signature, ...]:
    return tuple(
        Signature(signer=keys.verify_key, signature=keys.sign(purpose, body)) for keys in signers
    )


def _certified(certificate: InviteCertificate) -> bytes:
    return msgspec.msgpack.encode(
        (certificate.invite_key, certificate.compartments, certificate.after, certificate.until)
    )


def _read(raw: bytes) -> tuple[SignedList, MemberList]:
    signed = _decode(raw, SignedList)
    return signed, _decode(signed.body, MemberList)


def _decode(raw: bytes, into: type[M]) -> M:
    try:
        return msgspec.msgpack.decode(raw, type=into)
    except ValueError:
        # Also what is not UTF-8; the library's text may quote a row.
        raise MembersInvalid("a member list cannot be read") from None


def _hash(raw: bytes) -> bytes:
    return hashlib.sha256(raw).digest()
