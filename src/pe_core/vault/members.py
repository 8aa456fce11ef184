"""The signed member list: who is who, as the members themselves signed it.

Each list names the hash of the one before, and the first is signed by the embassy's root key.
So a row that the host writes into the database is no member, and what was removed shows.
Nothing here knows whether the newest list was held back: for that, every account seals to
itself the serial it saw last. Design: vault, "Members are signed".
"""

import hashlib
from collections.abc import Sequence
from typing import TypeVar

import msgspec

from pe_core.errors import MembersInvalid, NothingToSealTo
from pe_core.model.struct import Model
from pe_core.vault.keys import Keys, read_public_key

M = TypeVar("M", bound=msgspec.Struct)

COORDINATING = "roster"
"""The compartment that makes a member a coordinator, who signs for others."""

_VERIFY_KEY_SIZE = 32
LIST, INVITE = "members", "invite"
"""What a signature is for."""


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
    it was made under, ``until`` its end in Unix seconds. With ``replaces`` it is leave for the
    member of this box to come back with new keys, and nobody is added.
    """

    invite_key: bytes
    compartments: tuple[str, ...]
    after: int
    until: int
    signatures: tuple[Signature, ...] = ()
    replaces: int | None = None


class MemberList(Model, forbid_unknown_fields=True):
    """All members; ``previous`` is the SHA-256 of the signed list before, empty in the first.

    ``recovery`` is the public key that every epoch is also sealed to: signed here, because
    whoever could change it in a row would read every week to come.
    """

    serial: int
    previous: bytes
    members: tuple[Member, ...]
    recovery: bytes = b""


class SignedList(Model, forbid_unknown_fields=True):
    """The exact bytes of a MemberList in msgpack, and what makes them good."""

    body: bytes
    signatures: tuple[Signature, ...]
    certificate: InviteCertificate | None = None


def first_list(root: Keys, recovery: bytes = b"") -> bytes:
    """Return the list that a chain starts with: serial 0, nobody on it, signed by the root."""
    return _sign(MemberList(serial=0, previous=b"", members=(), recovery=recovery), (root,))


def read_list(raw: bytes) -> MemberList:
    """Return what a signed list says, without asking who signed it; MembersInvalid if unread."""
    return read_signed(raw)[1]


def signers_of(raw: bytes) -> frozenset[bytes]:
    """Return the verify keys of whoever has signed a list so far."""
    return frozenset(each.signer for each in read_signed(raw)[0].signatures)


def certify_invite(
    signers: Sequence[Keys],
    *,
    invite_key: bytes,
    compartments: Sequence[str],
    after: int,
    until: int,
    replaces: int | None = None,
) -> InviteCertificate:
    """Certify the key of an invite; the root signs while nobody is on the list, then coordinators.

    ``after`` is the serial of the newest list and ``until`` a time in Unix seconds. Who has to
    sign is checked where the certificate is used, by ``verify_chain``.
    """
    certificate = InviteCertificate(
        invite_key=invite_key,
        compartments=tuple(compartments),
        after=after,
        until=until,
        replaces=replaces,
    )
    return msgspec.structs.replace(
        certificate, signatures=_signatures(signers, INVITE, certified_bytes(certificate))
    )


def countersign(certificate: InviteCertificate, signer: Keys) -> InviteCertificate:
    """Return the certificate with one more signature; whoever signed already changes nothing."""
    if any(each.signer == signer.verify_key for each in certificate.signatures):
        return certificate
    added = _signatures((signer,), INVITE, certified_bytes(certificate))
    return msgspec.structs.replace(certificate, signatures=certificate.signatures + added)


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
    _, before = read_signed(previous)
    members = with_newcomer(before, newcomer, certificate.replaces)
    return _sign(_following(previous, members, before.recovery), (invite,), certificate)


def sign_list(
    previous: bytes,
    members: Sequence[Member],
    signers: Sequence[Keys],
    *,
    recovery: bytes | None = None,
) -> bytes:
    """Return the next list with these members, signed by coordinators or by the root.

    For leaving, new tasks, and a new ``recovery`` key. Raises MembersInvalid if the members
    cannot stand on one list. The chain is still to be verified with the new list at its end.
    """
    kept = read_signed(previous)[1].recovery if recovery is None else recovery
    return _sign(_following(previous, tuple(members), kept), signers)


def countersign_list(raw: bytes, signer: Keys) -> bytes:
    """Return a signed list with one more signature; whoever signed already changes nothing."""
    signed, _ = read_signed(raw)
    if any(each.signer == signer.verify_key for each in signed.signatures):
        return raw
    added = _signatures((signer,), LIST, signed.body)
    return msgspec.msgpack.encode(
        msgspec.structs.replace(signed, signatures=signed.signatures + added)
    )


def with_newcomer(before: MemberList, newcomer: Member, replaces: int | None) -> tuple[Member, ...]:
    if replaces is None:
        return (*before.members, newcomer)
    old = member_of(before, replaces)
    if old is None:
        raise MembersInvalid("an invite replaces nobody who is on the list")
    keys = {"public": newcomer.public, "verify_key": newcomer.verify_key}
    changed = msgspec.structs.replace(old, **keys)
    return tuple(changed if member is old else member for member in before.members)


def member_of(of: MemberList, box: int | None) -> Member | None:
    return next((member for member in of.members if member.box == box), None)


def check_members(members: Sequence[Member]) -> None:
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


def _following(previous: bytes, members: tuple[Member, ...], recovery: bytes) -> MemberList:
    check_members(members)
    if recovery:
        check_recovery(recovery)
    _, before = read_signed(previous)
    return MemberList(
        serial=before.serial + 1, previous=hash_list(previous), members=members, recovery=recovery
    )


def check_recovery(recovery: bytes) -> None:
    try:
        read_public_key(recovery)
    except NothingToSealTo:
        raise MembersInvalid("nothing can be sealed to the recovery key") from None


def _sign(
    members: MemberList, signers: Sequence[Keys], certificate: InviteCertificate | None = None
) -> bytes:
    body = msgspec.msgpack.encode(members)
    signatures = _signatures(signers, LIST, body)
    return msgspec.msgpack.encode(
        SignedList(body=body, signatures=signatures, certificate=certificate)
    )


def _signatures(signers: Sequence[Keys], purpose: str, body: bytes) -> tuple[Signature, ...]:
    return tuple(
        Signature(signer=keys.verify_key, signature=keys.sign(purpose, body)) for keys in signers
    )


def certified_bytes(certificate: InviteCertificate) -> bytes:
    what = (certificate.invite_key, certificate.compartments, certificate.after, certificate.until)
    if certificate.replaces is None:
        return msgspec.msgpack.encode(what)
    return msgspec.msgpack.encode((*what, certificate.replaces))


def read_signed(raw: bytes) -> tuple[SignedList, MemberList]:
    signed = _decode(raw, SignedList)
    return signed, _decode(signed.body, MemberList)


def _decode(raw: bytes, into: type[M]) -> M:
    try:
        return msgspec.msgpack.decode(raw, type=into)
    except ValueError:
        # Also what is not UTF-8; the library's text may quote a row.
        raise MembersInvalid("a member list cannot be read") from None


def hash_list(raw: bytes) -> bytes:
    return hashlib.sha256(raw).digest()
