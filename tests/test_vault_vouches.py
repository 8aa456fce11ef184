"""What is signed of a volunteer says whose it is, of whom, and for which embassy."""

import hashlib
from datetime import UTC, datetime

import msgspec
import pytest

from pe_core.errors import EnvelopeRefused
from pe_core.vault import vouches
from pe_core.vault.keys import Keys, Seed, keys_of
from pe_core.vault.members import Member, certify_invite, first_list, sign_list

AT = datetime(2026, 11, 24, 10, tzinfo=UTC)
ROOT, ANNA, BELA, EDITOR, VOLUNTEER, STRANGER, ANNA_ANEW = (
    keys_of(Seed(bytes([number]) * 32)) for number in range(1, 8)
)
ABOUT = ("zz", 7)


def person(box: int, keys: Keys, *compartments: str) -> Member:
    return Member(
        box=box,
        public=keys.public,
        verify_key=keys.verify_key,
        compartments=compartments or ("intake", "roster"),
        name_proof=hashlib.sha256(keys.verify_key).digest(),
    )


ZERO = first_list(ROOT)
BOTH = sign_list(ZERO, (person(1, ANNA), person(2, BELA), person(3, EDITOR, "drafts")), [ROOT])
"""Who has to sign a list is the chain's business; here it only says who is who."""
BELA_LEFT = sign_list(BOTH, (person(1, ANNA),), [ROOT])
ANNA_BACK = sign_list(BELA_LEFT, (person(1, ANNA_ANEW),), [ROOT])
LISTS = (ZERO, BOTH, BELA_LEFT, ANNA_BACK)


def vouch(keys: Keys, after: int = 1, box: int = 7, embassy: str = "zz") -> vouches.Vouch:
    return vouches.vouch_for(keys, embassy, box, VOLUNTEER.public, VOLUNTEER.verify_key, after, AT)


def count(*given: vouches.Vouch) -> int:
    return vouches.count_vouches(given, "zz", 7, VOLUNTEER.public, VOLUNTEER.verify_key, LISTS)


def test_vouches_of_two_coordinators_are_two() -> None:
    assert 2 == count(vouch(ANNA), vouch(BELA))


def test_a_vouch_that_does_not_count_keeps_no_other_from_counting() -> None:
    assert 1 == count(vouch(ANNA, after=4), vouch(BELA))


def test_a_vouch_says_when_and_may_be_under_the_very_first_list() -> None:
    given = vouch(ANNA, after=0)
    counted = vouches.count_vouches(
        [given], "zz", 7, VOLUNTEER.public, VOLUNTEER.verify_key, (BOTH,)
    )

    assert (1, AT) == (counted, given.at)


def test_a_vouch_counts_once_however_often_it_is_there() -> None:
    assert 1 == count(vouch(ANNA), vouch(ANNA), vouch(ANNA, after=2))


def test_who_came_back_with_new_keys_is_the_same_one() -> None:
    assert 1 == count(vouch(ANNA), vouch(ANNA_ANEW, after=3))


def test_who_left_has_vouched_all_the_same() -> None:
    assert 2 == count(vouch(BELA, after=1), vouch(ANNA, after=2))


@pytest.mark.parametrize(
    "bad",
    [
        vouch(STRANGER),
        vouch(VOLUNTEER),
        vouch(EDITOR),
        vouch(BELA, after=2),
        vouch(ANNA, after=0),
        vouch(ANNA, after=-1),
        vouch(ANNA, after=4),
        vouch(ANNA, box=8),
        vouch(ANNA, embassy="ab"),
        msgspec.structs.replace(vouch(ANNA), after=2),
        msgspec.structs.replace(vouch(ANNA), signer=BELA.verify_key),
        msgspec.structs.replace(vouch(ANNA), signature=bytes(64)),
        msgspec.structs.replace(vouch(ANNA), signature=b""),
    ],
    ids=[
        "a stranger",
        "the volunteer",
        "an editor",
        "who had left",
        "before anybody was there",
        "before the first list",
        "after the last list",
        "another box",
        "another embassy",
        "under another list",
        "in another's name",
        "a wrong signature",
        "no signature",
    ],
)
def test_no_other_vouch_counts(bad: vouches.Vouch) -> None:
    assert 0 == count(bad)


def test_a_vouch_is_for_these_keys_only() -> None:
    given = (vouch(ANNA), vouch(BELA))

    assert 0 == vouches.count_vouches(given, "zz", 7, STRANGER.public, VOLUNTEER.verify_key, LISTS)
    assert 0 == vouches.count_vouches(given, "zz", 7, VOLUNTEER.public, STRANGER.verify_key, LISTS)


@pytest.mark.parametrize(("listed", "needed"), [(BOTH, 2), (BELA_LEFT, 1), (ZERO, 1)])
def test_two_vouches_are_needed_or_one_where_there_is_one_coordinator(
    listed: bytes, needed: int
) -> None:
    assert needed == vouches.needed_vouches(vouches.read_list(listed))


def test_an_editor_is_no_coordinator() -> None:
    expected = {ANNA.verify_key, BELA.verify_key}

    assert expected == vouches.coordinators_of(vouches.read_list(BOTH))


def test_what_is_signed_comes_back_with_its_signer() -> None:
    signed = vouches.read_signed_body(vouches.sign_body("standing", b"words", ANNA, ABOUT))
    vouches.verify_body(signed, "standing", ABOUT)

    assert (b"words", ANNA.verify_key) == (signed.body, signed.signer)


def test_what_nobody_signed_says_so() -> None:
    signed = vouches.read_signed_body(vouches.unsigned_body(b"words"))
    vouches.verify_body(signed, "profile", ABOUT)

    assert (b"words", b"") == (signed.body, signed.signer)


@pytest.mark.parametrize(
    ("purpose", "about"),
    [("profile", ABOUT), ("standing", ("zz", 8)), ("standing", ("ab", 7)), ("standing", ())],
    ids=["another purpose", "another box", "another embassy", "nothing"],
)
def test_a_signature_holds_for_its_purpose_and_object_only(
    purpose: str, about: tuple[str | int, ...]
) -> None:
    signed = vouches.read_signed_body(vouches.sign_body("standing", b"words", ANNA, ABOUT))

    with pytest.raises(EnvelopeRefused, match=r"^a signature does not verify$"):
        vouches.verify_body(signed, purpose, about)


@pytest.mark.parametrize(
    "changes",
    [
        {"body": b"other words"},
        {"signer": BELA.verify_key},
        {"signer": b""},
        {"signature": b""},
        {"signature": bytes(64)},
    ],
)
def test_what_was_changed_does_not_verify(changes: dict[str, bytes]) -> None:
    signed = vouches.read_signed_body(vouches.sign_body("standing", b"words", ANNA, ABOUT))

    with pytest.raises(EnvelopeRefused, match=r"^a signature does not verify$"):
        vouches.verify_body(msgspec.structs.replace(signed, **changes), "standing", ABOUT)


@pytest.mark.parametrize("raw", [b"", b"\xc1", b"\x80", b"\x91" * 2_000], ids=repr)
def test_nonsense_is_refused(raw: bytes) -> None:
    with pytest.raises(EnvelopeRefused):
        vouches.read_signed_body(raw)


def test_an_invites_certificate_is_no_vouch() -> None:
    certificate = certify_invite(
        [ANNA], invite_key=VOLUNTEER.verify_key, compartments=("roster",), after=1, until=9
    )
    (signature,) = certificate.signatures
    forged = vouches.Vouch(signer=signature.signer, signature=signature.signature, after=1, at=AT)

    assert 0 == count(forged)
