"""Our cookies: which are taken, and exactly what the browser is told to keep."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar import Response

from guarding import COOKIE, COOKIE_TEXT, cookie, make_portal, make_request
from pe_core.web.guards.cookies import (
    CookieName,
    clear_cookie,
    clear_site,
    read_cookie,
    set_cookie,
)

NAMES: tuple[CookieName, ...] = ("pe_ask", "pe_visit", "pe_join", "pe_staff")
PADDED = f"__Host-pe_ask={COOKIE_TEXT}; other="
INSECURE = make_portal(secure=False)


def of_length(length: int) -> tuple[str, str]:
    """Return a cookie header of so many bytes, with ours in it."""
    return ("cookie", PADDED + "x" * (length - len(PADDED)))


@pytest.mark.parametrize("name", NAMES)
def test_a_cookie_is_read_under_its_full_name_alone(name: CookieName) -> None:
    secure = make_request("GET", "/en/", cookie(f"__Host-{name}"))
    plain = make_request("GET", "/en/", cookie(name))
    others = make_request("GET", "/en/", *(cookie(f"__Host-{n}") for n in NAMES if n != name))

    assert COOKIE == read_cookie(secure, name)
    assert read_cookie(plain, name) is None
    assert read_cookie(others, name) is None


def test_without_https_a_cookie_has_its_plain_name() -> None:
    plain = make_request("GET", "/en/", cookie("pe_ask"), portal=INSECURE)
    secure = make_request("GET", "/en/", cookie(), portal=INSECURE)

    assert COOKIE == read_cookie(plain, "pe_ask")
    assert read_cookie(secure, "pe_ask") is None


@pytest.mark.parametrize(
    ("headers", "taken"),
    [
        ([cookie()], True),
        ([("cookie", f"a=1;__Host-pe_ask={COOKIE_TEXT};b=2")], True),
        ([("cookie", f"a=1 ;  __Host-pe_ask={COOKIE_TEXT} ; b=2")], True),
        ([("cookie", f"a; __Host-pe_ask={COOKIE_TEXT}; =")], True),
        ([("cookie", "a=1"), cookie()], True),
        ([of_length(8192)], True),
        ([of_length(8193)], False),
        ([of_length(8193), cookie()], True),
        ([], False),
        ([("x-cookie", cookie()[1])], False),
        ([cookie(), cookie()], False),
        ([cookie(), cookie(text="")], False),
        ([cookie(), cookie(text=COOKIE_TEXT + "=")], False),
        ([("cookie", f"{cookie()[1]}; {cookie()[1]}")], False),
        ([cookie("__Host-pe_as")], False),
        ([cookie("__host-pe_ask")], False),
        ([cookie("__Host-pe_ask ")], False),
    ],
)
def test_exactly_one_cookie_of_ours_is_taken(headers: list[tuple[str, str]], taken: bool) -> None:
    found = read_cookie(make_request("GET", "/en/", *headers), "pe_ask")

    assert (COOKIE if taken else None) == found


@pytest.mark.parametrize(
    "text",
    [
        "",
        COOKIE_TEXT[:-1],
        COOKIE_TEXT + "A",
        COOKIE_TEXT + "=",
        COOKIE_TEXT[:-1] + "9",
        COOKIE_TEXT[:-1] + "=",
        "=" + COOKIE_TEXT[1:],
        COOKIE_TEXT[:20] + "." + COOKIE_TEXT[21:],
        "!" * 43,
        "é" * 43,
        '"' + COOKIE_TEXT[2:] + '"',
    ],
)
def test_a_text_that_we_never_gave_is_no_cookie(text: str) -> None:
    assert read_cookie(make_request("GET", "/en/", cookie(text=text)), "pe_ask") is None


@given(st.binary(min_size=32, max_size=32))
def test_a_cookie_that_we_gave_is_read_back(value: bytes) -> None:
    response = set_cookie(make_request(), Response(""), "pe_visit", value)
    (given_back,) = response.cookies

    text = given_back.value or ""
    request = make_request("GET", "/en/", cookie(given_back.key, text))
    assert value == read_cookie(request, "pe_visit")


@given(st.binary(max_size=60).map(lambda raw: raw.decode("latin-1")))
def test_any_cookie_is_read_or_left(text: str) -> None:
    found = read_cookie(make_request("GET", "/en/", cookie(text=text)), "pe_ask")

    assert found is None or 32 == len(found)


def written(response: Response[Any]) -> list[str]:
    """Return what a response tells the browser to keep, flags in the order of the alphabet."""
    given = [each.to_header(header="").strip().split("; ") for each in response.cookies]
    return sorted("; ".join([first, *sorted(flags)]) for first, *flags in given)


@pytest.mark.parametrize(
    ("secure", "expected"),
    [
        (True, f"__Host-pe_ask={COOKIE_TEXT}; HttpOnly; Path=/; SameSite=strict; Secure"),
        (False, f"pe_ask={COOKIE_TEXT}; HttpOnly; Path=/; SameSite=strict"),
    ],
)
def test_a_cookie_is_kept_until_the_browser_closes(secure: bool, expected: str) -> None:
    request, response = make_request(portal=make_portal(secure=secure)), Response("")
    same = set_cookie(request, response, "pe_ask", COOKIE)

    assert [expected] == written(response)
    assert same is response


def test_cookies_are_taken_away_under_the_names_they_were_given_by() -> None:
    request, response = make_request(), Response("")
    same = clear_cookie(request, response, "pe_ask", "pe_visit")

    flags = "HttpOnly; Max-Age=0; Path=/; SameSite=strict; Secure"
    assert [
        f'__Host-pe_ask=""; {flags}',
        f'__Host-pe_visit=""; {flags}',
    ] == written(response)
    assert same is response


def test_leaving_asks_the_browser_to_forget_the_whole_site() -> None:
    response = Response("")
    same = clear_site(response)

    assert {"Clear-Site-Data": '"cache", "cookies", "storage"'} == dict(response.headers)
    assert same is response
