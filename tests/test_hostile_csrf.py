"""No form of the whole app is taken from elsewhere, whatever the request looks like."""

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlencode

import pytest

from hostile import COOKIES, FORM, HOST, OWN, Form, Headers, House, Run, multipart
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.vault.cookies import csrf_token

FOREIGN = {
    "another site": [("Origin", "https://elsewhere.example")],
    "null": [("Origin", "null")],
    "empty": [("Origin", "")],
    "https for http": [("Origin", f"https://{HOST}")],
    "no port": [("Origin", "http://127.0.0.1")],
    "another port": [("Origin", "http://127.0.0.1:8001")],
    "a longer port": [("Origin", f"{OWN}0")],
    "a subdomain": [("Origin", f"http://a.{HOST}")],
    "our name in front": [("Origin", f"{OWN}.elsewhere.example")],
    "our name as user": [("Origin", f"{OWN}@elsewhere.example")],
    "a slash": [("Origin", f"{OWN}/")],
    "two in one": [("Origin", f"{OWN} https://elsewhere.example")],
    "ours and another": [("Origin", OWN), ("Origin", "https://elsewhere.example")],
    "another and ours": [("Origin", "null"), ("Origin", OWN)],
    "cross-site": [("Origin", OWN), ("Sec-Fetch-Site", "cross-site")],
    "same-site": [("Origin", OWN), ("Sec-Fetch-Site", "same-site")],
    "unheard of": [("Origin", OWN), ("Sec-Fetch-Site", "any-site")],
    "two words": [("Sec-Fetch-Site", "same-origin"), ("Sec-Fetch-Site", "cross-site")],
    "cross-site alone": [("Sec-Fetch-Site", "cross-site")],
    "a foreign referrer": [("Referer", "https://elsewhere.example/page")],
    "our name in a foreign referrer": [("Referer", f"{OWN}.elsewhere.example/")],
    "our name as a referrer's user": [("Referer", f"{OWN}@elsewhere.example/")],
    "our name in a referrer's path": [("Referer", f"https://elsewhere.example/{OWN}/")],
    "a second referrer": [("Referer", f"{OWN}/en/ask"), ("Referer", "https://elsewhere.example/")],
}
KINDS = (
    "text/plain",
    "text/plain;charset=UTF-8",
    "application/json",
    "application/csp-report",
    "text/html",
    "multipart/mixed; boundary=edge",
    "application/x-www-form-urlencoded; charset=utf-7",
    "application/x-www-form-urlencoded; charset=utf-16",
    "application/x-www-form-urlencoded, text/plain",
)
METHODS = {
    **dict.fromkeys(("HEAD", "PUT", "PATCH", "DELETE", "TRACE"), (405,)),
    "OPTIONS": (204,),
    "GET": (200, 303, 403, 404, 405),
}
OVERRIDES = [
    ("X-HTTP-Method-Override", "POST"),
    ("X-HTTP-Method", "POST"),
    ("X-Method-Override", "POST"),
]


@pytest.fixture
def house(pe_embassy: TestEmbassy, pe_run: Run) -> House:
    """Everything is open, so that only what is foreign can be what refuses."""
    return House(pe_embassy, pe_run)


def sent(house: House, form: Form, token: str, headers: Headers, kind: str = "") -> int:
    """Send a form with a token as urlencoded and, where that is not it, as multipart."""
    own = house.cookie(form.guard)
    fields = [("token", token), ("act", "lock"), ("where", "abroad"), ("words", "x")]
    typed = [("Content-Type", kind)] if kind else [FORM]
    status = house.call(
        "POST", form.address, [*typed, *own, *headers], urlencode(fields).encode()
    ).status
    if status == 415 and not kind:
        as_parts = [("Content-Type", "multipart/form-data; boundary=edge"), *own, *headers]
        status = house.call("POST", form.address, as_parts, multipart(fields)).status
    return status


def test_there_are_forms_of_every_guard_to_try(house: House) -> None:
    forms = house.forms()

    assert {*COOKIES, "public", "signed_out"} == {form.guard for form in forms}
    assert len(forms) >= 56
    assert all(sent(house, form, "", [("Origin", OWN)]) == 403 for form in forms)


def test_no_form_is_taken_from_elsewhere_even_with_its_right_token(house: House) -> None:
    tokens = {form: house.token(form.guard, form) for form in house.forms()}
    before = house.everything()

    taken = [
        (form.path, name)
        for name, headers in FOREIGN.items()
        for form, token in tokens.items()
        if sent(house, form, token, headers) != 403
    ]

    assert [] == taken
    assert before == house.everything()


def test_a_form_of_our_own_is_taken(house: House) -> None:
    form = next(form for form in house.forms() if form.path.endswith("/ask/where"))
    own: list[Headers] = [
        [],
        [("Origin", OWN)],
        [("Referer", f"{OWN}/en/ask")],
        [("Referer", OWN)],
        [("Origin", OWN), ("Sec-Fetch-Site", "same-origin")],
        [("Sec-Fetch-Site", "none")],
        [("Origin", OWN.upper())],
    ]

    statuses = [sent(house, form, house.token(form.guard, form), headers) for headers in own]

    assert [303] * len(own) == statuses


def test_a_foreign_host_makes_no_foreign_origin_ours(house: House) -> None:
    elsewhere = [("Origin", OWN), ("X-Forwarded-Host", HOST), ("Forwarded", f"host={HOST}")]
    for form in house.forms():
        token = house.token(form.guard, form)
        headers = [FORM, *house.cookie(form.guard), *elsewhere]
        body = urlencode({"token": token}).encode()

        answer = house.call("POST", form.address, headers, body, host="elsewhere.example")
        assert 403 == answer.status, form.path


def test_no_body_of_another_kind_is_taken(house: House) -> None:
    tokens = {
        form: house.token(form.guard, form)
        for form in house.forms()
        # This one says first that a question comes before files.
        if not form.path.endswith("/ask/files")
    }
    before = house.everything()

    statuses = {
        sent(house, form, token, [("Origin", OWN)], kind)
        for kind in KINDS
        for form, token in tokens.items()
    }

    assert {415} == statuses
    assert before == house.everything()


def test_no_other_method_does_what_a_form_does(house: House) -> None:
    tokens = {form: house.token(form.guard, form) for form in house.forms()}
    before = house.everything()
    wrong = []
    for method, right in METHODS.items():
        for form, token in tokens.items():
            query = urlencode({"token": token, "act": "lock", "_method": "POST"}).encode()
            headers = [FORM, ("Origin", OWN), *house.cookie(form.guard), *OVERRIDES]
            answer = house.call(method, form.address, headers, query, query)
            if answer.status not in right:
                wrong.append((method, form.path, answer.status))
        after = house.everything()

        # Looking is noted in the trail, and marks what an asker read; nothing else changes.
        assert before[1:] == after[1:], method
        assert before == after or method == "GET", method
    assert [] == wrong


def test_a_field_or_a_query_does_not_change_the_method_of_a_form(house: House) -> None:
    before = house.everything()
    for form in house.forms():
        if form.guard not in COOKIES or not form.path.endswith(("/leave", "/drop", "/receipt")):
            continue
        headers = [FORM, ("Origin", OWN), *house.cookie(form.guard), *OVERRIDES]
        query = urlencode({"token": house.token(form.guard, form), "_method": "POST"}).encode()

        # The token belongs into the body: in an address it would be kept and sent on.
        assert 403 == house.call("POST", form.address, headers, b"_method=POST", query).status
    assert before == house.everything()


def others(house: House, form: Form) -> dict[str, str]:
    """Return tokens that are good somewhere, and not here."""
    known = "staff" if COOKIES.get(form.guard) == "pe_staff" else form.guard
    cookies = {name: csrf_token(value, name) for name, value in house.cookies.items()}
    mine = [house.cookies[form.guard]] if form.guard in COOKIES else []
    tokens = {f"of {name}": token for name, token in cookies.items() if name != known}
    tokens |= {
        f"own, for {purpose}": csrf_token(mine[0], purpose)
        for purpose in (*COOKIES, "public", "signed_out", "")
        if mine and purpose != known
    }
    for name in ("ask", "code", "unlock", "join", "lift", "word"):
        if form.guard in COOKIES or form.address.rpartition("/")[2] != name:
            tokens[f"of the form {name}"] = house.portal.form_tokens.issue(name, timedelta(0))
    right = house.token(form.guard, form)
    tokens |= {"cut": right[:-1], "longer": f"{right}x", "spaced": f" {right}", "case": "x"}
    tokens["case"] = right.swapcase()
    return tokens


def test_no_token_of_another_cookie_form_or_purpose_is_taken(house: House) -> None:
    before = house.everything()
    taken = [
        (form.path, name)
        for form in house.forms()
        for name, token in others(house, form).items()
        if sent(house, form, token, [("Origin", OWN)]) not in (403, 429)
    ]

    assert [] == taken
    assert before == house.everything()


def test_a_token_ends_with_what_it_belonged_to(house: House) -> None:
    forms = [form for form in house.forms() if form.guard in COOKIES]
    tokens = {form: house.token(form.guard, form) for form in forms}
    house.clock.move(hours=9)

    assert all(sent(house, form, token, [("Origin", OWN)]) == 403 for form, token in tokens.items())


def test_a_token_without_a_cookie_is_good_for_an_hour_and_once(house: House) -> None:
    forms = [form for form in house.forms() if form.guard not in COOKIES]
    late = {form: house.token(form.guard, form) for form in forms}
    house.clock.move(minutes=61)
    fresh = {form: house.token(form.guard, form) for form in forms}

    assert {403} == {sent(house, form, late[form], []) for form in forms}
    # A wrong name, code, topic or letter is answered, so is a search for nothing, and who offers
    # help is let in; the same form a second time is not even looked at.
    first = {form: sent(house, form, fresh[form], []) for form in forms}
    assert {303: 1, 422: 5, 403: 2, 200: 1} == {
        s: list(first.values()).count(s) for s in first.values()
    }
    assert {403} == {sent(house, form, fresh[form], []) for form in forms}


def test_an_upload_whose_first_part_is_not_the_token_is_refused(house: House) -> None:
    before = house.everything()
    bodies: tuple[Callable[[str], bytes], ...] = (
        lambda token: multipart([("words", "x"), ("token", token)]),
        lambda token: multipart([("token", "x"), ("token", token)]),
        lambda token: multipart([("Token", token)]),
        lambda token: multipart([("token", token)]).replace(b'"token"', b'"token"; filename="t"'),
        lambda token: multipart([]) + multipart([("token", token)]),
    )
    form = next(form for form in house.forms() if form.path.endswith("/mine/word"))
    kind = ("Content-Type", "multipart/form-data; boundary=edge")
    headers = [kind, ("Origin", OWN), *house.cookie("visit")]
    for body in bodies:
        answer = house.call("POST", form.address, headers, body(house.token("visit", form)))

        assert answer.status in (400, 403)
    assert before == house.everything()


def test_an_address_that_another_page_names_ends_nobodys_draft_or_visit(house: House) -> None:
    both = "; ".join(house.cookie(guard)[0][1] for guard in ("asker", "visit"))
    before = house.everything()
    for site in ("cross-site", "same-site"):
        for page in house.pages():
            if page.guard in ("public", "asker", "visit"):
                house.call("GET", page.address, [("Cookie", both), ("Sec-Fetch-Site", site)])

    assert before[1:] == house.everything()[1:]


def test_a_page_that_a_browser_only_fetches_beforehand_ends_nothing(house: House) -> None:
    both = "; ".join(house.cookie(guard)[0][1] for guard in ("asker", "visit"))
    before = house.everything()
    for purpose in ("prefetch", "prefetch;prerender", "prefetch; anonymous-client-ip"):
        headers = [("Cookie", both), ("Sec-Fetch-Site", "none"), ("Sec-Purpose", purpose)]
        answer = house.call("GET", "/en/exit", headers)

        # A browser throws away what was refused, and asks again when the person goes there.
        assert 403 == answer.status
        assert "" == answer.header("set-cookie")
    assert before == house.everything()
