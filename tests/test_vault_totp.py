"""One-time codes are those of RFC 6238 and are good once."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from pe_core.vault.totp import check_totp, new_totp_secret, totp_at, totp_uri

RFC_SECRET = b"12345678901234567890"
NOW = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)
STEP = int(NOW.timestamp()) // 30


def later(seconds: int) -> datetime:
    """Return a time near NOW, which is the first second of a step."""
    return NOW + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_codes_are_those_of_rfc_6238(seconds: int, code: str) -> None:
    """The vectors have eight digits; six are the last six of them."""
    when = datetime.fromtimestamp(seconds, UTC)

    assert code[-6:] == totp_at(RFC_SECRET, when)
    assert seconds // 30 == check_totp(RFC_SECRET, code[-6:], when, 0)


@pytest.mark.parametrize(
    ("made", "step"),
    [
        (-31, None),
        (-30, STEP - 1),
        (-1, STEP - 1),
        (0, STEP),
        (29, STEP),
        (30, STEP + 1),
        (59, STEP + 1),
        (60, None),
    ],
)
def test_a_code_is_taken_one_step_early_or_late(made: int, step: int | None) -> None:
    assert step == check_totp(RFC_SECRET, totp_at(RFC_SECRET, later(made)), NOW, 0)


@pytest.mark.parametrize(
    ("last_step", "taken"), [(STEP - 1, True), (STEP, False), (STEP + 1, False)]
)
def test_a_code_is_not_taken_again(last_step: int, taken: bool) -> None:
    step = check_totp(RFC_SECRET, totp_at(RFC_SECRET, NOW), NOW, last_step)

    assert (STEP if taken else None) == step


def test_an_earlier_code_is_not_taken_after_a_later_one() -> None:
    used = check_totp(RFC_SECRET, totp_at(RFC_SECRET, later(30)), NOW, 0)

    assert STEP + 1 == used
    assert check_totp(RFC_SECRET, totp_at(RFC_SECRET, NOW), NOW, STEP + 1) is None


def test_spaces_in_a_code_do_not_matter() -> None:
    code = totp_at(RFC_SECRET, NOW)

    assert STEP == check_totp(RFC_SECRET, f" {code[:3]} {code[3:]}\n", NOW, 0)


@pytest.mark.parametrize(("spaces", "step"), [(18, STEP), (19, None)])
def test_of_what_is_typed_24_characters_are_read(spaces: int, step: int | None) -> None:
    assert step == check_totp(RFC_SECRET, " " * spaces + totp_at(RFC_SECRET, NOW), NOW, 0)


@pytest.mark.parametrize("code", ["", "0", "abcdef", "١٢٣٤٥٦", "\ud800", "0" * 100_000])
def test_what_is_no_code_is_not_taken(code: str) -> None:
    assert check_totp(RFC_SECRET, code, NOW, 0) is None


def test_a_code_with_more_digits_is_not_taken() -> None:
    code = totp_at(RFC_SECRET, NOW)

    assert check_totp(RFC_SECRET, code + "0", NOW, 0) is None
    assert check_totp(RFC_SECRET, code[:-1], NOW, 0) is None


def test_secrets_have_20_bytes_and_are_not_repeated() -> None:
    secrets = {new_totp_secret() for _ in range(50)}

    assert 50 == len(secrets)
    assert {20} == {len(secret) for secret in secrets}


def test_the_address_says_what_an_app_needs() -> None:
    address = urlsplit(totp_uri(RFC_SECRET, "People's Embassy", "anna & co"))

    assert ("otpauth", "totp") == (address.scheme, address.netloc)
    assert "/People's Embassy:anna & co" == unquote(address.path)
    assert {
        "secret": ["GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"],
        "issuer": ["People's Embassy"],
        "digits": ["6"],
        "period": ["30"],
        "algorithm": ["SHA1"],
    } == parse_qs(address.query)
