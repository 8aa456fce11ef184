"""A receipt finds its request and opens its replies; another receipt, salt or purpose does not."""

from pe_core.vault.envelope import open_envelope, seal
from pe_core.vault.keys import Keys
from pe_core.vault.receipts import locator_hash, receipt_keys

RECEIPT = "0123456789ABCDEFGHJKMNPQ"
OTHER = "1123456789ABCDEFGHJKMNPQ"
SALT = b"s" * 32


def test_a_receipt_has_one_locator_for_each_salt_and_purpose() -> None:
    cases = [
        locator_hash(RECEIPT, SALT),
        locator_hash(OTHER, SALT),
        locator_hash(RECEIPT, b"t" * 32),
        locator_hash(RECEIPT, SALT, "invite"),
    ]

    assert [32] * 4 == [len(locator) for locator in cases]
    assert 4 == len(set(cases))
    assert cases[0] == locator_hash(RECEIPT, SALT)


def test_the_locator_of_version_1_never_changes() -> None:
    expected = "7fcfc2f54c471fa7ebae715be0648d45c902b7f298bde19dd03a6164fa48c139"

    assert expected == locator_hash(RECEIPT, SALT).hex()


def test_the_keys_of_a_receipt_open_what_was_sealed_to_them_before() -> None:
    sealed = seal(b"reply", to=[receipt_keys(RECEIPT, SALT).public], context=("reply", "zz", "1"))

    assert b"reply" == open_envelope(sealed, receipt_keys(RECEIPT, SALT), ("reply", "zz", "1"))


def test_the_keys_of_another_receipt_salt_or_purpose_are_others() -> None:
    keys: list[Keys] = [
        receipt_keys(RECEIPT, SALT),
        receipt_keys(OTHER, SALT),
        receipt_keys(RECEIPT, b"t" * 32),
        receipt_keys(RECEIPT, SALT, "invite"),
    ]

    assert 4 == len({each.public for each in keys})


def test_the_locator_gives_no_seed() -> None:
    assert receipt_keys(RECEIPT, SALT).seed != locator_hash(RECEIPT, SALT)
