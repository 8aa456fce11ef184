"""Ids and tokens come from the cookie and tell nothing of it."""

import re

from pe_core.vault.cookies import cookie_id, csrf_token

COOKIE = b"c" * 32


def test_a_cookie_has_one_id_for_each_purpose() -> None:
    assert cookie_id(COOKIE, "staff") == cookie_id(COOKIE, "staff")
    assert cookie_id(COOKIE, "staff") != cookie_id(COOKIE, "draft")
    assert cookie_id(COOKIE, "staff") != cookie_id(b"d" * 32, "staff")
    assert COOKIE != cookie_id(COOKIE, "staff")


def test_a_token_belongs_to_one_cookie_and_purpose() -> None:
    tokens = {
        csrf_token(COOKIE, "staff"),
        csrf_token(COOKIE, "draft"),
        csrf_token(b"d" * 32, "staff"),
    }

    assert 3 == len(tokens)
    assert csrf_token(COOKIE, "staff") == csrf_token(COOKIE, "staff")


def test_a_token_is_plain_letters_and_not_the_id() -> None:
    token = csrf_token(COOKIE, "staff")

    assert re.fullmatch(r"[A-Za-z0-9_=-]{44}", token)
    assert cookie_id(COOKIE, "staff").hex() not in token
