"""What lies in a database of version 1 is read for ever: tags, slots, grants, lists, keysets."""

import hashlib
import json
from pathlib import Path

import msgspec
import pytest

from pe_core.vault.accounts import OpenedSlot, make_tags, open_slots
from pe_core.vault.chain import verify_chain
from pe_core.vault.cookies import cookie_id, csrf_token
from pe_core.vault.epochs import open_grant
from pe_core.vault.keys import Keys, Seed, keys_of
from pe_core.vault.keysets import (
    Keyset,
    ReferralKey,
    fingerprint,
    follow_keyset,
    key_id,
    read_keyset,
    read_referral_key,
    sign_keyset,
    sign_referral_key,
)
from pe_core.vault.members import (
    InviteCertificate,
    Member,
    admit,
    certify_invite,
    first_list,
    sign_list,
)
from pe_core.vault.receipts import locator_hash, receipt_keys

FROZEN = json.loads((Path(__file__).parent / "fixtures/vault_v1_rows.json").read_text())
KEYSETS = json.loads((Path(__file__).parent / "fixtures/vault_v1_keysets.json").read_text())
SALT = bytes.fromhex(FROZEN["salt"])
LISTS = [bytes.fromhex(raw) for raw in FROZEN["members"]["lists"]]
COORDINATOR = ("intake", "roster")
ROOT, ANNA, BELA, BACK, *INVITES = (keys_of(Seed(bytes([n]) * 32)) for n in range(1, 8))
RECOVERY = keys_of(Seed(bytes([9]) * 32))


def test_the_tags_of_a_passphrase_are_the_same_for_ever() -> None:
    frozen = FROZEN["tags"]
    tags = make_tags(SALT, frozen["handle"], frozen["passphrase"])

    assert (frozen["unlock"], frozen["lock"]) == (tags.unlock.hex(), tags.lock.hex())


def test_the_slots_of_an_account_open_for_ever() -> None:
    frozen = FROZEN["slots"]
    box, embassy = frozen["box"], frozen["embassy"]
    rows = [(box, bytes.fromhex(frozen["first"]), bytes.fromhex(frozen["second"]))]
    opened = open_slots(rows, bytes.fromhex(frozen["unlock"]), embassy)
    locked = open_slots(rows, bytes.fromhex(frozen["lock"]), embassy)

    assert OpenedSlot(box=box, seed=Seed(bytes.fromhex(frozen["seed"])), kind="unlock") == opened
    assert locked is not None
    assert (box, "lock") == (locked.box, locked.kind)


def test_a_grant_opens_for_ever() -> None:
    frozen = FROZEN["grant"]
    epoch = open_grant(
        bytes.fromhex(frozen["envelope"]),
        frozen["epoch"],
        frozen["embassy"],
        keys_of(Seed(bytes.fromhex(frozen["seed"]))),
        bytes.fromhex(frozen["public"]),
    )

    assert frozen["public"] == epoch.public.hex()


@pytest.mark.parametrize("length", range(1, len(LISTS) + 1))
def test_a_chain_of_member_lists_verifies_for_ever(length: int) -> None:
    frozen = FROZEN["members"]
    members = verify_chain(LISTS[:length], bytes.fromhex(frozen["root"]))

    assert frozen["boxes"][length - 1] == [member.box for member in members.members]
    assert frozen["recovery_sha256"] == hashlib.sha256(members.recovery).hexdigest()


def person(box: int, keys: Keys) -> Member:
    return Member(
        box=box,
        public=keys.public,
        verify_key=keys.verify_key,
        compartments=COORDINATOR,
        name_proof=hashlib.sha256(keys.verify_key).digest(),
    )


def certificate(
    number: int, signers: list[Keys], after: int, replaces: int | None = None
) -> InviteCertificate:
    return certify_invite(
        signers,
        invite_key=INVITES[number].verify_key,
        compartments=COORDINATOR,
        after=after,
        until=2_000,
        replaces=replaces,
    )


def test_the_same_acts_sign_the_same_lists_for_ever() -> None:
    back = msgspec.structs.replace(person(2, BELA), public=BACK.public, verify_key=BACK.verify_key)
    made = [first_list(ROOT, RECOVERY.public)]
    for number, newcomer, signers, replaces in (
        (0, person(1, ANNA), [ROOT], None),
        (1, person(2, BELA), [ANNA], None),
        (2, back, [ANNA, ROOT], 2),
    ):
        leave = certificate(number, signers, number, replaces)
        made.append(admit(made[-1], newcomer, leave, INVITES[number], 1_000))
    made.append(sign_list(made[-1], [person(1, ANNA)], [ANNA, BACK]))

    assert LISTS == made


def test_the_id_and_the_token_of_a_cookie_are_the_same_for_ever() -> None:
    frozen = FROZEN["cookie"]
    cookie, purpose = bytes.fromhex(frozen["cookie"]), frozen["purpose"]

    assert frozen["id"] == cookie_id(cookie, purpose).hex()
    assert frozen["token"] == csrf_token(cookie, purpose)


def test_a_receipt_and_an_invite_find_and_open_the_same_for_ever() -> None:
    frozen = FROZEN["receipt"]
    receipt = frozen["receipt"]

    assert frozen["locator"] == locator_hash(receipt, SALT).hex()
    assert frozen["seed"] == receipt_keys(receipt, SALT).seed.hex()
    assert frozen["invite_locator"] == locator_hash(receipt, SALT, "invite").hex()
    assert frozen["invite_seed"] == receipt_keys(receipt, SALT, "invite").seed.hex()


PAPER, PEER, DESK, NEXT, DATED = (keys_of(Seed(bytes([n]) * 32)) for n in range(21, 26))


def test_a_keyset_and_its_follower_are_read_for_ever() -> None:
    one, two = (bytes.fromhex(raw) for raw in KEYSETS["keysets"])
    expected = Keyset(
        embassy="zz",
        root=PAPER.verify_key,
        serial=2,
        previous=hashlib.sha256(one).digest(),
        peer=NEXT.verify_key,
        desk=DESK.verify_key,
        made=1_800_000_009,
        until=1_800_000_009 + 366 * 24 * 3600,
    )

    assert expected == follow_keyset(one, two)


def test_a_referral_key_is_read_for_ever() -> None:
    keyset = read_keyset(bytes.fromhex(KEYSETS["keysets"][1]))
    expected = ReferralKey(
        embassy="zz",
        epoch="referral/2027-W02.1",
        public=DATED.public,
        made=1_800_000_000,
        until=1_800_600_000,
    )

    assert expected == read_referral_key(bytes.fromhex(KEYSETS["referral_key"]), keyset)


def test_the_same_keys_sign_the_same_keysets_for_ever() -> None:
    made = 1_800_000_000
    one = sign_keyset(PAPER, "zz", peer=PEER.verify_key, desk=DESK.verify_key, now=made)
    two = sign_keyset(
        PAPER, "zz", peer=NEXT.verify_key, desk=DESK.verify_key, now=made + 9, previous=one
    )
    dated = sign_referral_key(
        DESK, "zz", "referral/2027-W02.1", DATED.public, made=made, until=made + 600_000
    )

    assert KEYSETS["keysets"] == [one.hex(), two.hex()]
    assert KEYSETS["referral_key"] == dated.hex()


def test_the_name_of_a_key_and_the_words_of_a_root_key_are_the_same_for_ever() -> None:
    assert KEYSETS["key_id"] == key_id(PEER.verify_key)
    assert KEYSETS["fingerprint"] == fingerprint(PAPER.verify_key, "zz").hex()
