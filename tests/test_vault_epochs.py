"""An epoch is for its members and the recovery key, and a changed row does not pass for it."""

import pytest

from pe_core.errors import EnvelopeRefused, NothingToSealTo
from pe_core.vault.envelope import open_envelope, open_symmetric, seal, seal_symmetric
from pe_core.vault.epochs import RECOVERY_BOX, make_epoch, open_grant, regrant
from pe_core.vault.keys import Keys, Seed, keys_of, new_seed
from pe_core.vault.members import Member

EPOCH, EMBASSY = "intake/2026-W48.1", "zz"
RECOVERY, ANNA, BELA, EDITOR, STRANGER = (
    keys_of(Seed(bytes([number]) * 32)) for number in range(1, 6)
)


def member(box: int, keys: Keys, *compartments: str, public: bytes | None = None) -> Member:
    """Return a member as the signed list has it."""
    return Member(
        box=box,
        public=keys.public if public is None else public,
        verify_key=keys.verify_key,
        compartments=compartments,
        name_proof=bytes(32),
    )


MEMBERS = (
    member(11, ANNA, "intake", "roster"),
    member(12, BELA, "roster", "intake"),
    member(13, EDITOR, "outreach", "drafts"),
)
MADE = make_epoch(EPOCH, EMBASSY, MEMBERS, RECOVERY.public)
GRANTS = dict(MADE.grants)


@pytest.mark.parametrize(("box", "keys"), [(11, ANNA), (12, BELA), (RECOVERY_BOX, RECOVERY)])
def test_a_grant_opens_the_epoch_for_its_holder(box: int, keys: Keys) -> None:
    epoch = open_grant(GRANTS[box], EPOCH, EMBASSY, keys, MADE.public)
    context = ("request", EMBASSY, "r1")

    assert MADE.public == epoch.public
    assert b"x" == open_envelope(seal(b"x", to=[MADE.public], context=context), epoch, context)


def test_all_holders_have_the_same_symmetric_key() -> None:
    anna = open_grant(GRANTS[11], EPOCH, EMBASSY, ANNA, MADE.public)
    bela = open_grant(GRANTS[12], EPOCH, EMBASSY, BELA, MADE.public)
    context = ("summary", EMBASSY, "r1")
    sealed = seal_symmetric(b"x", key=anna.symmetric, context=context)

    assert b"x" == open_symmetric(sealed, key=bela.symmetric, context=context)


def test_only_holders_of_the_compartment_get_a_grant() -> None:
    assert [0, 11, 12] == [box for box, _ in MADE.grants]


@pytest.mark.parametrize("keys", [EDITOR, STRANGER, BELA])
def test_nobody_opens_the_grant_of_another(keys: Keys) -> None:
    with pytest.raises(EnvelopeRefused):
        open_grant(GRANTS[11], EPOCH, EMBASSY, keys, MADE.public)


@pytest.mark.parametrize(
    ("epoch_id", "embassy"),
    [("intake/2026-W49.1", EMBASSY), ("trail/2026-W48.1", EMBASSY), (EPOCH, "zy")],
)
def test_a_grant_of_another_epoch_or_embassy_is_refused(epoch_id: str, embassy: str) -> None:
    with pytest.raises(EnvelopeRefused):
        open_grant(GRANTS[11], epoch_id, embassy, ANNA, MADE.public)


def test_a_swapped_public_key_is_refused() -> None:
    with pytest.raises(EnvelopeRefused, match=r"^the grant is of another key than the epoch's$"):
        open_grant(GRANTS[11], EPOCH, EMBASSY, ANNA, STRANGER.public)


def test_a_grant_that_holds_no_seed_is_refused() -> None:
    grant = seal(b"short", to=[ANNA.public], context=("grant", EMBASSY, EPOCH))

    with pytest.raises(EnvelopeRefused, match=r"^the grant holds no seed$"):
        open_grant(grant, EPOCH, EMBASSY, ANNA, MADE.public)


@pytest.mark.parametrize("members", [(), MEMBERS[2:], (member(14, ANNA, "intake/2026"),)])
@pytest.mark.parametrize("epoch_id", [EPOCH, "intake/2026/1", "intake"])
def test_no_epoch_is_made_without_a_holder(epoch_id: str, members: tuple[Member, ...]) -> None:
    with pytest.raises(NothingToSealTo, match=r"^no member holds this compartment$"):
        make_epoch(epoch_id, EMBASSY, members, RECOVERY.public)


def test_no_epoch_is_made_with_a_key_that_is_not_valid() -> None:
    with pytest.raises(NothingToSealTo):
        make_epoch(EPOCH, EMBASSY, (member(11, ANNA, "intake", public=b"x"),), RECOVERY.public)
    with pytest.raises(NothingToSealTo):
        make_epoch(EPOCH, EMBASSY, MEMBERS, b"")


def test_every_epoch_has_its_own_key() -> None:
    again = make_epoch(EPOCH, EMBASSY, MEMBERS, RECOVERY.public)
    grant = dict(again.grants)[RECOVERY_BOX]

    assert MADE.public != again.public
    assert again.public == open_grant(grant, EPOCH, EMBASSY, RECOVERY, again.public).public


def test_a_colleague_grants_a_living_epoch_to_one_more_account() -> None:
    newcomer = keys_of(new_seed())
    epoch = open_grant(GRANTS[11], EPOCH, EMBASSY, ANNA, MADE.public)
    grant = regrant(epoch, EPOCH, EMBASSY, newcomer.public)

    assert MADE.public == open_grant(grant, EPOCH, EMBASSY, newcomer, MADE.public).public
    with pytest.raises(EnvelopeRefused):
        open_grant(grant, EPOCH, EMBASSY, STRANGER, MADE.public)
