"""Only lists that the right people signed, in their order, say who is a member."""

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pe_core.errors import MembersInvalid
from pe_core.vault.chain import is_certified, verify_chain
from pe_core.vault.keys import Keys, Seed, keys_of
from pe_core.vault.members import (
    InviteCertificate,
    Member,
    MemberList,
    Signature,
    SignedList,
    admit,
    certify_invite,
    countersign,
    countersign_list,
    first_list,
    read_list,
    sign_list,
    signers_of,
)

COORDINATOR = ("intake", "roster")
NOW, UNTIL = 1_000, 2_000
ROOT, ANNA, BELA, CYRIL, EDITOR, STRANGER, *INVITES = (
    keys_of(Seed(bytes([number]) * 32)) for number in range(1, 12)
)


def person(box: int, keys: Keys, compartments: tuple[str, ...] = COORDINATOR) -> Member:
    """Return a member with these keys."""
    return Member(
        box=box,
        public=keys.public,
        verify_key=keys.verify_key,
        compartments=compartments,
        name_proof=hashlib.sha256(keys.verify_key).digest(),
    )


MEMBERS = (person(1, ANNA), person(2, BELA), person(3, CYRIL))


def certificate(
    invite: Keys, signers: Sequence[Keys], after: int, compartments: tuple[str, ...] = COORDINATOR
) -> InviteCertificate:
    """Certify an invite that is good until UNTIL."""
    return certify_invite(
        signers,
        invite_key=invite.verify_key,
        compartments=compartments,
        after=after,
        until=UNTIL,
    )


def grow() -> tuple[bytes, ...]:
    """Return a good chain: the root invites one, that one a second, both of them a third."""
    zero = first_list(ROOT)
    one = admit(zero, MEMBERS[0], certificate(INVITES[0], [ROOT], 0), INVITES[0], NOW)
    two = admit(one, MEMBERS[1], certificate(INVITES[1], [ANNA], 1), INVITES[1], NOW)
    third = certificate(INVITES[2], [ANNA, BELA], 2)
    return zero, one, two, admit(two, MEMBERS[2], third, INVITES[2], NOW)


CHAIN = grow()
LAST = CHAIN[-1]


def forge(
    members: Sequence[Member],
    signers: Sequence[Keys],
    *,
    before: bytes = LAST,
    serial: int = 4,
    previous: bytes | None = None,
    leave: InviteCertificate | None = None,
) -> bytes:
    """Sign any list at all, without the checks that ``admit`` and ``sign_list`` make."""
    hashed = hashlib.sha256(before).digest() if previous is None else previous
    body = msgspec.msgpack.encode(
        MemberList(serial=serial, previous=hashed, members=tuple(members))
    )
    signatures = tuple(
        Signature(signer=keys.verify_key, signature=keys.sign("members", body)) for keys in signers
    )
    return msgspec.msgpack.encode(SignedList(body=body, signatures=signatures, certificate=leave))


def verify(*lists: bytes) -> MemberList:
    """Verify a chain under the root key of these tests."""
    return verify_chain(lists, ROOT.verify_key)


def resign(raw: bytes, **changes: Any) -> bytes:
    """Change fields of a signed list as the host could, without any key."""
    return msgspec.msgpack.encode(
        msgspec.structs.replace(msgspec.msgpack.decode(raw, type=SignedList), **changes)
    )


def test_a_chain_from_the_root_on_says_who_is_a_member() -> None:
    assert MemberList(
        serial=3, previous=hashlib.sha256(CHAIN[2]).digest(), members=MEMBERS
    ) == verify(*CHAIN)


@pytest.mark.parametrize("length", [1, 2, 3])
def test_every_beginning_of_a_chain_verifies(length: int) -> None:
    assert (length - 1, MEMBERS[: length - 1]) == (
        verify(*CHAIN[:length]).serial,
        verify(*CHAIN[:length]).members,
    )


@pytest.mark.parametrize(
    ("members", "signers"),
    [
        (MEMBERS[:2], [ANNA, BELA]),
        (MEMBERS[:2], [ANNA, CYRIL]),
        (MEMBERS[:2], [ANNA, BELA, CYRIL]),
        ((*MEMBERS[:2], person(3, CYRIL, ("drafts",))), [BELA, CYRIL]),
        (MEMBERS, [ANNA, BELA]),
        ((*MEMBERS, person(4, EDITOR, ("drafts",))), [ANNA, BELA]),
    ],
    ids=["leaving", "leaving with own word", "all sign", "fewer tasks", "no change", "adding"],
)
def test_two_coordinators_change_the_list(members: tuple[Member, ...], signers: list[Keys]) -> None:
    assert members == verify(*CHAIN, sign_list(LAST, members, signers)).members


def test_one_coordinator_is_enough_while_there_is_but_one() -> None:
    editor = person(4, EDITOR, ("drafts",))
    leave = certificate(INVITES[3], [ANNA], 1, ("drafts",))
    added = admit(CHAIN[1], editor, leave, INVITES[3], NOW)
    left = sign_list(added, MEMBERS[:1], [ANNA])

    assert (MEMBERS[0], editor) == verify(*CHAIN[:2], added).members
    assert MEMBERS[:1] == verify(*CHAIN[:2], added, left).members


def test_the_root_invites_again_when_nobody_is_left() -> None:
    empty = sign_list(CHAIN[1], (), [ANNA])
    again = admit(empty, MEMBERS[1], certificate(INVITES[3], [ROOT], 2), INVITES[3], NOW)

    assert MEMBERS[1:2] == verify(*CHAIN[:2], empty, again).members


def test_a_certificate_of_two_stays_good_when_one_of_three_joined_meanwhile() -> None:
    leave = certificate(INVITES[3], [ANNA, BELA], 2, ("drafts",))
    late = admit(LAST, person(4, EDITOR, ("drafts",)), leave, INVITES[3], NOW)

    assert 4 == len(verify(*CHAIN, late).members)


@pytest.mark.parametrize("others", [[], [BELA], [ANNA, BELA, CYRIL]])
def test_the_root_may_stand_in_for_coordinators_who_cannot_agree(others: list[Keys]) -> None:
    changed = sign_list(LAST, MEMBERS[1:2], [*others, ROOT])

    assert MEMBERS[1:2] == verify(*CHAIN, changed).members


def test_a_second_signature_makes_a_proposed_list_good() -> None:
    proposed = sign_list(LAST, MEMBERS[:2], [ANNA], recovery=STRANGER.public)
    with pytest.raises(MembersInvalid):
        verify(*CHAIN, proposed)
    signed = countersign_list(proposed, BELA)

    assert MEMBERS[:2] == verify(*CHAIN, signed).members
    assert STRANGER.public == verify(*CHAIN, signed).recovery
    assert countersign_list(signed, BELA) == signed
    assert {ANNA.verify_key, BELA.verify_key} == signers_of(signed)
    assert read_list(signed).members == MEMBERS[:2]


def test_the_recovery_key_stays_until_a_list_names_another() -> None:
    zero = first_list(ROOT, STRANGER.public)
    one = admit(zero, MEMBERS[0], certificate(INVITES[0], [ROOT], 0), INVITES[0], NOW)

    assert STRANGER.public == verify(zero, one).recovery


def returning(signers: Sequence[Keys], after: int = 3, box: int = 3) -> InviteCertificate:
    """Certify that the member of a box comes back with new keys."""
    return certify_invite(
        signers,
        invite_key=INVITES[3].verify_key,
        compartments=COORDINATOR,
        after=after,
        until=UNTIL,
        replaces=box,
    )


BACK = msgspec.structs.replace(MEMBERS[2], public=STRANGER.public, verify_key=STRANGER.verify_key)


@pytest.mark.parametrize("signers", [[ANNA, BELA], [ANNA, ROOT], [ROOT]])
def test_a_member_comes_back_with_new_keys_in_the_same_box(signers: list[Keys]) -> None:
    again = admit(LAST, BACK, returning(signers), INVITES[3], NOW)

    assert (*MEMBERS[:2], BACK) == verify(*CHAIN, again).members


def return_by_one() -> tuple[bytes, ...]:
    return (*CHAIN, admit(LAST, BACK, returning([ANNA]), INVITES[3], NOW))


def return_of_another() -> tuple[bytes, ...]:
    other = msgspec.structs.replace(BACK, box=MEMBERS[0].box)
    leave = returning([ANNA, BELA])
    return (*CHAIN, forge((other, *MEMBERS[1:]), [INVITES[3]], leave=leave))


def return_that_gives_more() -> tuple[bytes, ...]:
    more = msgspec.structs.replace(BACK, compartments=(*COORDINATOR, "trail"))
    return (*CHAIN, forge((*MEMBERS[:2], more), [INVITES[3]], leave=returning([ANNA, BELA])))


def return_that_brings_a_recovery_key() -> tuple[bytes, ...]:
    signed = msgspec.msgpack.decode(
        admit(LAST, BACK, returning([ANNA, BELA]), INVITES[3], NOW), type=SignedList
    )
    listed = msgspec.msgpack.decode(signed.body, type=MemberList)
    body = msgspec.msgpack.encode(msgspec.structs.replace(listed, recovery=ANNA.public))
    signature = Signature(signer=INVITES[3].verify_key, signature=INVITES[3].sign("members", body))
    changed = msgspec.structs.replace(signed, body=body, signatures=(signature,))
    return (*CHAIN, msgspec.msgpack.encode(changed))


def return_after_the_keys_changed() -> tuple[bytes, ...]:
    first = admit(LAST, BACK, returning([ANNA, BELA]), INVITES[3], NOW)
    stale = certify_invite(
        [ANNA, BELA],
        invite_key=INVITES[4].verify_key,
        compartments=COORDINATOR,
        after=3,
        until=UNTIL,
        replaces=3,
    )
    other = msgspec.structs.replace(MEMBERS[2], public=EDITOR.public, verify_key=EDITOR.verify_key)
    return (*CHAIN, first, admit(first, other, stale, INVITES[4], NOW))


def return_of_somebody_else() -> tuple[bytes, ...]:
    leave = msgspec.structs.replace(returning([ANNA, BELA], box=2), replaces=3)
    return (*CHAIN, admit(LAST, BACK, leave, INVITES[3], NOW))


def return_that_removes_its_own_member() -> tuple[bytes, ...]:
    return (*CHAIN, forge(MEMBERS[:2], [INVITES[3]], leave=returning([ANNA, BELA])))


def return_to_a_box_of_nobody() -> tuple[bytes, ...]:
    leave = returning([ANNA, BELA], box=9)
    return (*CHAIN, forge(MEMBERS, [INVITES[3]], leave=leave))


def return_of_a_member_who_came_later() -> tuple[bytes, ...]:
    return (*CHAIN, admit(LAST, BACK, returning([ANNA, BELA], after=2), INVITES[3], NOW))


def return_under_no_list() -> tuple[bytes, ...]:
    return (*CHAIN, admit(LAST, BACK, returning([ANNA, BELA], after=9), INVITES[3], NOW))


def list_with_a_recovery_key_that_is_none() -> tuple[bytes, ...]:
    signed = msgspec.msgpack.decode(sign_list(LAST, MEMBERS[:2], [ANNA, BELA]), type=SignedList)
    listed = msgspec.msgpack.decode(signed.body, type=MemberList)
    body = msgspec.msgpack.encode(msgspec.structs.replace(listed, recovery=b"short"))
    signatures = tuple(
        Signature(signer=keys.verify_key, signature=keys.sign("members", body))
        for keys in (ANNA, BELA)
    )
    return (*CHAIN, msgspec.msgpack.encode(SignedList(body=body, signatures=signatures)))


def no_first_list() -> tuple[bytes, ...]:
    return ()


def root_of_another() -> tuple[bytes, ...]:
    return (first_list(STRANGER),)


def chain_without_its_beginning() -> tuple[bytes, ...]:
    return CHAIN[1:]


def gap_in_serial() -> tuple[bytes, ...]:
    return (*CHAIN, forge(MEMBERS, [ANNA, BELA], serial=5))


def serial_repeated() -> tuple[bytes, ...]:
    return (*CHAIN, forge(MEMBERS, [ANNA, BELA], serial=3))


def wrong_previous_hash() -> tuple[bytes, ...]:
    return (*CHAIN, forge(MEMBERS, [ANNA, BELA], previous=bytes(32)))


def previous_of_an_older_list() -> tuple[bytes, ...]:
    return (*CHAIN, forge(MEMBERS, [ANNA, BELA], before=CHAIN[2]))


def list_left_out() -> tuple[bytes, ...]:
    return (*CHAIN[:2], CHAIN[3])


def lists_in_another_order() -> tuple[bytes, ...]:
    return (CHAIN[0], CHAIN[2], CHAIN[1], CHAIN[3])


def duplicated_box() -> tuple[bytes, ...]:
    return (*CHAIN, forge((*MEMBERS, person(1, EDITOR)), [ANNA, BELA]))


def duplicated_public_key() -> tuple[bytes, ...]:
    twin = msgspec.structs.replace(person(4, EDITOR), public=ANNA.public)
    return (*CHAIN, forge((*MEMBERS, twin), [ANNA, BELA]))


def duplicated_verify_key() -> tuple[bytes, ...]:
    twin = msgspec.structs.replace(person(4, EDITOR), verify_key=ANNA.verify_key)
    return (*CHAIN, forge((*MEMBERS, twin), [ANNA, BELA]))


def box_of_the_recovery_key() -> tuple[bytes, ...]:
    return (*CHAIN, forge((*MEMBERS, person(0, EDITOR)), [ANNA, BELA]))


def public_key_of_no_use() -> tuple[bytes, ...]:
    spoiler = msgspec.structs.replace(person(4, EDITOR), public=EDITOR.public[:1184] + bytes(32))
    return (*CHAIN, forge((*MEMBERS, spoiler), [ANNA, BELA]))


def verify_key_too_short() -> tuple[bytes, ...]:
    spoiler = msgspec.structs.replace(person(4, EDITOR), verify_key=b"short")
    return (*CHAIN, forge((*MEMBERS, spoiler), [ANNA, BELA]))


def one_signature_where_two_are_needed() -> tuple[bytes, ...]:
    return (*CHAIN, sign_list(LAST, MEMBERS[:2], [ANNA]))


def no_signature() -> tuple[bytes, ...]:
    return (*CHAIN, sign_list(LAST, MEMBERS[:2], []))


def one_person_signing_twice() -> tuple[bytes, ...]:
    return (*CHAIN, sign_list(LAST, MEMBERS[:2], [ANNA, ANNA]))


def stranger_signing_too() -> tuple[bytes, ...]:
    return (*CHAIN, sign_list(LAST, MEMBERS[:2], [ANNA, STRANGER]))


def root_signing_with_a_stranger() -> tuple[bytes, ...]:
    return (*CHAIN, sign_list(LAST, MEMBERS[:2], [ROOT, STRANGER]))


def editor_signing() -> tuple[bytes, ...]:
    added = sign_list(LAST, (*MEMBERS, person(4, EDITOR, ("drafts",))), [ANNA, BELA])
    return (*CHAIN, added, sign_list(added, MEMBERS, [ANNA, EDITOR]))


def reader_of_requests_signing() -> tuple[bytes, ...]:
    added = sign_list(LAST, (*MEMBERS, person(4, EDITOR, ("intake",))), [ANNA, BELA])
    return (*CHAIN, added, sign_list(added, MEMBERS, [ANNA, EDITOR]))


def removed_signer() -> tuple[bytes, ...]:
    without_anna = sign_list(LAST, MEMBERS[1:], [BELA, CYRIL])
    return (*CHAIN, without_anna, sign_list(without_anna, MEMBERS[1:2], [ANNA, BELA]))


def nobody_signing_for_an_empty_list() -> tuple[bytes, ...]:
    return (CHAIN[0], sign_list(CHAIN[0], MEMBERS[:1], []))


def nobody_signing_for_members_without_a_coordinator() -> tuple[bytes, ...]:
    leave = certificate(INVITES[3], [ROOT], 0, ("drafts",))
    alone = admit(CHAIN[0], person(4, EDITOR, ("drafts",)), leave, INVITES[3], NOW)
    return (CHAIN[0], alone, sign_list(alone, MEMBERS[:1], []))


def signature_of_other_bytes() -> tuple[bytes, ...]:
    changed = sign_list(LAST, MEMBERS[:2], [ANNA, BELA])
    other = msgspec.msgpack.decode(sign_list(LAST, MEMBERS[1:], [ANNA, BELA]), type=SignedList)
    return (*CHAIN, resign(changed, signatures=other.signatures))


def row_changed_by_the_host() -> tuple[bytes, ...]:
    body = msgspec.msgpack.decode(LAST, type=SignedList).body
    changed = body.replace(CYRIL.public, STRANGER.public)
    assert changed != body
    return (*CHAIN[:3], resign(LAST, body=changed))


def certificate_reused() -> tuple[bytes, ...]:
    leave = certificate(INVITES[3], [ANNA, BELA], 3, ("drafts",))
    one = admit(LAST, person(4, EDITOR, ("drafts",)), leave, INVITES[3], NOW)
    two = admit(one, person(5, STRANGER, ("drafts",)), leave, INVITES[3], NOW)
    return (*CHAIN, one, two)


def certificate_reused_after_another() -> tuple[bytes, ...]:
    leaves = [certificate(invite, [ANNA, BELA], 3, ("drafts",)) for invite in INVITES[3:5]]
    one = admit(LAST, person(4, EDITOR, ("drafts",)), leaves[0], INVITES[3], NOW)
    two = admit(one, person(5, STRANGER, ("drafts",)), leaves[1], INVITES[4], NOW)
    three = admit(two, person(6, ROOT, ("drafts",)), leaves[0], INVITES[3], NOW)
    return (*CHAIN, one, two, three)


def certificate_of_another_invite() -> tuple[bytes, ...]:
    leave = certificate(INVITES[3], [ANNA, BELA], 3)
    return (*CHAIN, forge((*MEMBERS, person(4, EDITOR)), [INVITES[4]], leave=leave))


def certificate_and_no_signature() -> tuple[bytes, ...]:
    leave = certificate(INVITES[3], [ANNA, BELA], 3)
    return (*CHAIN, forge((*MEMBERS, person(4, EDITOR)), [], leave=leave))


def certificate_of_one_where_two_are_needed() -> tuple[bytes, ...]:
    leave = certificate(INVITES[3], [ANNA], 3)
    return (*CHAIN, admit(LAST, person(4, EDITOR), leave, INVITES[3], NOW))


def certificate_signed_by_one_twice() -> tuple[bytes, ...]:
    leave = certificate(INVITES[3], [ANNA, ANNA], 3)
    return (*CHAIN, admit(LAST, person(4, EDITOR), leave, INVITES[3], NOW))


def certificate_signed_by_a_stranger() -> tuple[bytes, ...]:
    leave = certificate(INVITES[3], [STRANGER, ANNA], 3)
    return (*CHAIN, admit(LAST, person(4, EDITOR), leave, INVITES[3], NOW))


def certificate_signed_by_nobody() -> tuple[bytes, ...]:
    leave = certificate(INVITES[3], [], 3)
    return (*CHAIN, admit(LAST, person(4, EDITOR), leave, INVITES[3], NOW))


def certificate_dated_back_to_when_one_was_enough() -> tuple[bytes, ...]:
    leave = certificate(INVITES[3], [ANNA], 1)
    return (*CHAIN, admit(LAST, person(4, EDITOR), leave, INVITES[3], NOW))


def certificate_of_a_removed_signer() -> tuple[bytes, ...]:
    leave = certificate(INVITES[3], [ANNA, BELA], 3)
    without_anna = sign_list(LAST, MEMBERS[1:], [BELA, CYRIL])
    late = admit(without_anna, person(4, EDITOR), leave, INVITES[3], NOW)
    return (*CHAIN, without_anna, late)


def certificate_of_the_root_beside_members() -> tuple[bytes, ...]:
    leave = certificate(INVITES[3], [ROOT], 0)
    return (*CHAIN[:2], admit(CHAIN[1], person(4, EDITOR), leave, INVITES[3], NOW))


def certificate_of_the_root_made_under_members() -> tuple[bytes, ...]:
    empty = sign_list(CHAIN[1], (), [ANNA])
    leave = certificate(INVITES[3], [ROOT], 1)
    return (*CHAIN[:2], empty, admit(empty, person(4, EDITOR), leave, INVITES[3], NOW))


def certificate_made_under_a_list_to_come() -> tuple[bytes, ...]:
    leave = certificate(INVITES[3], [ANNA, BELA], 4)
    return (*CHAIN, admit(LAST, person(4, EDITOR), leave, INVITES[3], NOW))


def certificate_made_under_a_negative_list() -> tuple[bytes, ...]:
    leave = certificate(INVITES[3], [ANNA, BELA], -1)
    return (*CHAIN, admit(LAST, person(4, EDITOR), leave, INVITES[3], NOW))


def certificate_changed_afterwards() -> tuple[bytes, ...]:
    leave = certificate(INVITES[3], [ANNA, BELA], 3, ("drafts",))
    wider = msgspec.structs.replace(leave, compartments=COORDINATOR)
    return (*CHAIN, forge((*MEMBERS, person(4, EDITOR)), [INVITES[3]], leave=wider))


def certificate_prolonged() -> tuple[bytes, ...]:
    leave = certificate(INVITES[3], [ANNA, BELA], 3)
    longer = msgspec.structs.replace(leave, until=UNTIL + 1)
    return (*CHAIN, admit(LAST, person(4, EDITOR), longer, INVITES[3], NOW))


def invite_that_gives_itself_more() -> tuple[bytes, ...]:
    leave = certificate(INVITES[3], [ANNA, BELA], 3, ("drafts",))
    return (*CHAIN, forge((*MEMBERS, person(4, EDITOR)), [INVITES[3]], leave=leave))


def invite_that_changes_compartments_of_others() -> tuple[bytes, ...]:
    leave = certificate(INVITES[3], [ANNA, BELA], 3)
    changed = (person(1, ANNA, ("drafts",)), *MEMBERS[1:], person(4, EDITOR))
    return (*CHAIN, forge(changed, [INVITES[3]], leave=leave))


def invite_that_removes_another() -> tuple[bytes, ...]:
    leave = certificate(INVITES[3], [ANNA, BELA], 3)
    return (*CHAIN, forge((*MEMBERS[:2], person(4, EDITOR)), [INVITES[3]], leave=leave))


def invite_that_adds_two() -> tuple[bytes, ...]:
    leave = certificate(INVITES[3], [ANNA, BELA], 3)
    two = (*MEMBERS, person(4, EDITOR), person(5, STRANGER))
    return (*CHAIN, forge(two, [INVITES[3]], leave=leave))


def invite_that_only_empties_the_list() -> tuple[bytes, ...]:
    leave = certificate(INVITES[3], [ANNA, BELA], 3)
    return (*CHAIN, forge((), [INVITES[3]], leave=leave))


def first_list_with_members() -> tuple[bytes, ...]:
    return (forge(MEMBERS[:1], [ROOT], previous=b"", serial=0),)


def first_list_of_another_serial() -> tuple[bytes, ...]:
    return (forge((), [ROOT], previous=b"", serial=1),)


def first_list_by_two() -> tuple[bytes, ...]:
    return (forge((), [ROOT, STRANGER], previous=b"", serial=0),)


def first_list_with_a_certificate() -> tuple[bytes, ...]:
    leave = certificate(INVITES[3], [ROOT], 0)
    return (forge((), [ROOT], previous=b"", serial=0, leave=leave),)


def list_that_is_no_list() -> tuple[bytes, ...]:
    return (*CHAIN, b"\xc1")


def list_with_a_word_we_do_not_know() -> tuple[bytes, ...]:
    fields = msgspec.msgpack.decode(sign_list(LAST, MEMBERS[:2], [ANNA, BELA]))
    return (*CHAIN, msgspec.msgpack.encode(fields | {"revoked": True}))


@pytest.mark.parametrize(
    ("hostile", "reason"),
    [
        (no_first_list, "there is no member list"),
        (root_of_another, "the first member list is not signed by the root key"),
        (chain_without_its_beginning, "the first member list is not a first list"),
        (first_list_with_members, "the first member list is not a first list"),
        (first_list_of_another_serial, "the first member list is not a first list"),
        (first_list_with_a_certificate, "the first member list is not a first list"),
        (first_list_by_two, "the first member list is not signed by the root key"),
        (gap_in_serial, "a member list does not follow the one before"),
        (serial_repeated, "a member list does not follow the one before"),
        (wrong_previous_hash, "a member list does not follow the one before"),
        (previous_of_an_older_list, "a member list does not follow the one before"),
        (list_left_out, "a member list does not follow the one before"),
        (lists_in_another_order, "a member list does not follow the one before"),
        (duplicated_box, "two members have the same box"),
        (duplicated_public_key, "two members have the same public"),
        (duplicated_verify_key, "two members have the same verify_key"),
        (box_of_the_recovery_key, "a member's box is not a positive number"),
        (public_key_of_no_use, "nothing can be sealed to a member's public key"),
        (verify_key_too_short, "a member's verify key has a wrong length"),
        (one_signature_where_two_are_needed, "too few coordinators signed"),
        (no_signature, "too few coordinators signed"),
        (one_person_signing_twice, "somebody signed twice"),
        (stranger_signing_too, "somebody signed who is no coordinator"),
        (root_signing_with_a_stranger, "somebody signed who is no coordinator"),
        (return_by_one, "too few coordinators signed"),
        (return_of_another, "an invite changed more than one member's keys"),
        (return_that_gives_more, "an invite changed more than one member's keys"),
        (return_that_brings_a_recovery_key, "an invite changed the recovery key"),
        (return_after_the_keys_changed, "an invite replaces keys that are no longer there"),
        (return_of_somebody_else, "a signature does not verify"),
        (return_that_removes_its_own_member, "an invite changed more than one member's keys"),
        (return_to_a_box_of_nobody, "an invite changed more than one member's keys"),
        (return_of_a_member_who_came_later, "an invite replaces keys that are no longer there"),
        (return_under_no_list, "an invite was made under no list of this chain"),
        (list_with_a_recovery_key_that_is_none, "nothing can be sealed to the recovery key"),
        (reader_of_requests_signing, "somebody signed who is no coordinator"),
        (editor_signing, "somebody signed who is no coordinator"),
        (removed_signer, "somebody signed who is no coordinator"),
        (nobody_signing_for_an_empty_list, "somebody signed who is no coordinator"),
        (nobody_signing_for_members_without_a_coordinator, "somebody signed who is no coordinator"),
        (signature_of_other_bytes, "a signature does not verify"),
        (row_changed_by_the_host, "a signature does not verify"),
        (certificate_reused, "an invite was used twice"),
        (certificate_reused_after_another, "an invite was used twice"),
        (certificate_of_another_invite, "a member list is not signed by its invite"),
        (certificate_and_no_signature, "a member list is not signed by its invite"),
        (certificate_of_one_where_two_are_needed, "too few coordinators signed"),
        (certificate_signed_by_one_twice, "somebody signed twice"),
        (certificate_signed_by_a_stranger, "somebody signed who is no coordinator"),
        (certificate_signed_by_nobody, "too few coordinators signed"),
        (certificate_dated_back_to_when_one_was_enough, "too few coordinators signed"),
        (certificate_of_a_removed_signer, "too few coordinators signed"),
        (certificate_of_the_root_beside_members, "somebody signed who is no coordinator"),
        (certificate_of_the_root_made_under_members, "somebody signed who is no coordinator"),
        (certificate_made_under_a_list_to_come, "an invite was made under no list of this chain"),
        (certificate_made_under_a_negative_list, "an invite was made under no list of this chain"),
        (certificate_changed_afterwards, "a signature does not verify"),
        (certificate_prolonged, "a signature does not verify"),
        (invite_that_gives_itself_more, "an invite gave other compartments than it may"),
        (invite_that_changes_compartments_of_others, "an invite changed more than one new member"),
        (invite_that_removes_another, "an invite changed more than one new member"),
        (invite_that_adds_two, "an invite changed more than one new member"),
        (invite_that_only_empties_the_list, "an invite changed more than one new member"),
        (list_that_is_no_list, "a member list cannot be read"),
        (list_with_a_word_we_do_not_know, "a member list cannot be read"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_hostile_chain_is_refused(hostile: Callable[[], tuple[bytes, ...]], reason: str) -> None:
    with pytest.raises(MembersInvalid) as refusal:
        verify(*hostile())

    assert reason == str(refusal.value)


@pytest.mark.parametrize(("now", "good"), [(UNTIL - 1, True), (UNTIL, True), (UNTIL + 1, False)])
def test_an_invite_admits_until_its_end(now: int, good: bool) -> None:
    leave = certificate(INVITES[3], [ANNA, BELA], 3)
    if good:
        assert 4 == len(
            verify(*CHAIN, admit(LAST, person(4, EDITOR), leave, INVITES[3], now)).members
        )
    else:
        with pytest.raises(MembersInvalid, match=r"^the invite is over$"):
            admit(LAST, person(4, EDITOR), leave, INVITES[3], now)


def test_nobody_is_admitted_with_the_invite_of_another() -> None:
    leave = certificate(INVITES[3], [ANNA, BELA], 3)

    with pytest.raises(MembersInvalid, match=r"^the invite belongs to another key$"):
        admit(LAST, person(4, EDITOR), leave, INVITES[4], NOW)


def test_nobody_comes_back_who_is_not_on_the_list() -> None:
    leave = returning([ANNA, BELA], box=9)

    with pytest.raises(MembersInvalid, match=r"^an invite replaces nobody who is on the list$"):
        admit(LAST, BACK, leave, INVITES[3], NOW)


@pytest.mark.parametrize("replaces", [None, 3])
def test_a_second_signature_makes_a_certificate_good(replaces: int | None) -> None:
    one = certify_invite(
        [ANNA],
        invite_key=INVITES[3].verify_key,
        compartments=COORDINATOR,
        after=3,
        until=UNTIL,
        replaces=replaces,
    )
    both = countersign(one, BELA)
    certified = [is_certified(each, CHAIN, ROOT.verify_key) for each in (one, both)]
    newcomer = person(4, EDITOR) if replaces is None else BACK

    assert [False, True] == certified
    assert both == countersign(both, BELA) == countersign(both, ANNA)
    assert newcomer in verify(*CHAIN, admit(LAST, newcomer, both, INVITES[3], NOW)).members


def test_the_root_certifies_whoever_comes_first() -> None:
    leaves = [certificate(INVITES[0], [signer], 0) for signer in (ROOT, STRANGER)]

    assert [True, False] == [is_certified(leave, CHAIN[:1], ROOT.verify_key) for leave in leaves]
    assert not is_certified(leaves[0], CHAIN[:2], ROOT.verify_key)


def test_a_chain_that_does_not_verify_certifies_nothing() -> None:
    leave = certificate(INVITES[3], [ANNA, BELA], 3)

    for lists, root in ((CHAIN[1:], ROOT), ((), ROOT), (CHAIN, STRANGER)):
        with pytest.raises(MembersInvalid):
            is_certified(leave, lists, root.verify_key)


def test_nobody_is_admitted_with_more_than_the_invite_gives() -> None:
    leave = certificate(INVITES[3], [ANNA, BELA], 3, ("drafts",))

    with pytest.raises(MembersInvalid, match=r"^the invite gives other compartments$"):
        admit(LAST, person(4, EDITOR), leave, INVITES[3], NOW)


@pytest.mark.parametrize("newcomer", [person(1, EDITOR), person(4, ANNA), person(0, EDITOR)])
def test_nobody_is_admitted_to_the_place_of_another(newcomer: Member) -> None:
    leave = certificate(INVITES[3], [ANNA, BELA], 3)

    with pytest.raises(MembersInvalid):
        admit(LAST, newcomer, leave, INVITES[3], NOW)


def test_a_signature_for_an_invite_does_not_sign_a_list() -> None:
    body = msgspec.msgpack.encode(
        MemberList(serial=4, previous=hashlib.sha256(LAST).digest(), members=MEMBERS[:2])
    )
    signatures = tuple(
        Signature(signer=keys.verify_key, signature=keys.sign("invite", body))
        for keys in (ANNA, BELA)
    )
    raw = msgspec.msgpack.encode(SignedList(body=body, signatures=signatures))

    with pytest.raises(MembersInvalid, match="does not verify"):
        verify(*CHAIN, raw)


@settings(deadline=None)
@given(st.binary(max_size=500))
def test_arbitrary_bytes_are_refused_and_nothing_else_happens(raw: bytes) -> None:
    for lists in ((raw,), (*CHAIN, raw), (*CHAIN, resign(LAST, body=raw))):
        with pytest.raises(MembersInvalid):
            verify(*lists)


@pytest.mark.parametrize(
    "place", ["list", "member", "signature", "certificate", "signature of the certificate"]
)
def test_a_word_we_do_not_know_is_refused_wherever_it_stands(place: str) -> None:
    leave = certificate(INVITES[3], [ANNA, BELA], 3)
    fields = msgspec.msgpack.decode(admit(LAST, person(4, EDITOR), leave, INVITES[3], NOW))
    body = msgspec.msgpack.decode(fields["body"])
    (signature,) = fields["signatures"]
    places = {
        "list": body,
        "member": body["members"][0],
        "signature": signature,
        "certificate": fields["certificate"],
        "signature of the certificate": fields["certificate"]["signatures"][0],
    }
    places[place]["revoked"] = True
    fields["body"] = msgspec.msgpack.encode(body)
    signature["signature"] = INVITES[3].sign("members", fields["body"])

    with pytest.raises(MembersInvalid, match=r"^a member list cannot be read$"):
        verify(*CHAIN, msgspec.msgpack.encode(fields))


@pytest.mark.parametrize(
    "raw", [b"\x81\xa4body\xd9\x02\xff\xfe", b"\x83\xa1x" + b"\x91" * 100_000 + b"\xc0", b"\x82"]
)
def test_broken_msgpack_is_refused_as_well(raw: bytes) -> None:
    with pytest.raises(MembersInvalid, match="cannot be read"):
        verify(*CHAIN, raw)


@settings(deadline=None, max_examples=200)
@given(st.integers(0, len(CHAIN) - 1), st.data())
def test_a_flipped_bit_anywhere_in_a_chain_is_refused(number: int, data: st.DataObject) -> None:
    changed = bytearray(CHAIN[number])
    changed[data.draw(st.integers(0, len(changed) - 1))] ^= 1 << data.draw(st.integers(0, 7))

    with pytest.raises(MembersInvalid):
        verify(*CHAIN[:number], bytes(changed), *CHAIN[number + 1 :])
