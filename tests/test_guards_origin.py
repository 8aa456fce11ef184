"""Where a POST may come from."""

import pytest

from guarding import HOST, OWN, make_portal, make_request, refused
from pe_core.web.guards.origin import check_origin

PLAIN = make_portal(secure=False)
HERE = ("host", HOST)


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [HERE],
        [HERE, ("origin", OWN)],
        [HERE, ("origin", OWN.upper())],
        [("host", HOST.upper()), ("origin", OWN)],
        [HERE, ("origin", OWN), ("origin", OWN)],
        [HERE, ("sec-fetch-site", "same-origin")],
        [HERE, ("sec-fetch-site", "Same-Origin")],
        [HERE, ("sec-fetch-site", "none")],
        [HERE, ("sec-fetch-site", "NONE")],
        [HERE, ("origin", OWN), ("sec-fetch-site", "same-origin")],
        [("host", f"{HOST}:8443"), ("origin", f"{OWN}:8443")],
        [HERE, ("referer", OWN)],
        [HERE, ("referer", f"{OWN}/en/staff")],
        [HERE, ("referer", f"{OWN}/en/?next=https://evil.example/#top")],
        [HERE, ("referer", f"{OWN}?page")],
        [HERE, ("referer", f"{OWN}#top")],
        [HERE, ("referer", f"{OWN}/EN/".upper())],
    ],
)
def test_a_post_of_our_own_pages_or_of_an_old_browser_passes(
    headers: list[tuple[str, str]],
) -> None:
    check_origin(make_request("POST", "/en/", *headers))


@pytest.mark.parametrize(
    "headers",
    [
        [HERE, ("origin", "null")],
        [HERE, ("origin", "")],
        [HERE, ("origin", HOST)],
        [HERE, ("origin", f"http://{HOST}")],
        [HERE, ("origin", f"{OWN}:8443")],
        [HERE, ("origin", f"{OWN}.evil.example")],
        [HERE, ("origin", "https://evil.example")],
        [HERE, ("origin", OWN), ("origin", "https://evil.example")],
        [HERE, ("origin", "https://evil.example"), ("origin", OWN)],
        [("origin", OWN)],
        [HERE, ("host", "evil.example"), ("origin", "https://evil.example")],
        [HERE, ("referer", "")],
        [HERE, ("referer", HOST)],
        [HERE, ("referer", f"http://{HOST}/en/")],
        [HERE, ("referer", f"{OWN}:8443/en/")],
        [HERE, ("referer", f"{OWN}.evil.example/en/")],
        [HERE, ("referer", f"{OWN}@evil.example/en/")],
        [HERE, ("referer", f"https://evil.example/{OWN}/")],
        [HERE, ("referer", f"https://evil.example?{OWN}/")],
        [HERE, ("referer", f"https://evil.example#{OWN}/")],
        [HERE, ("origin", OWN), ("referer", "https://evil.example/")],
        [HERE, ("referer", f"{OWN}/"), ("referer", "https://evil.example/")],
        [HERE, ("sec-fetch-site", "cross-site")],
        [HERE, ("sec-fetch-site", "same-site")],
        [HERE, ("sec-fetch-site", "")],
        [HERE, ("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")],
        [HERE, ("origin", OWN), ("sec-fetch-site", "cross-site")],
    ],
)
def test_a_post_that_is_plainly_foreign_is_refused(headers: list[tuple[str, str]]) -> None:
    assert "forbidden" == refused(check_origin, make_request("POST", "/en/", *headers))


def test_without_a_host_only_its_empty_origin_is_our_own() -> None:
    check_origin(make_request("POST", "/en/", ("origin", "https://")))


def test_the_scheme_is_the_one_of_our_configuration() -> None:
    plain = make_request("POST", "/en/", HERE, ("origin", f"http://{HOST}"), portal=PLAIN)
    secure = make_request("POST", "/en/", HERE, ("origin", OWN), portal=PLAIN)

    check_origin(plain)
    assert "forbidden" == refused(check_origin, secure)
