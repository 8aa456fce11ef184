"""Whom a page lets in: every guard before every cookie, and what a form must prove."""

import asyncio
from typing import Any

import pytest
from litestar.handlers import HTTPRouteHandler

from guarding import (
    COOKIE,
    FORM,
    HOST,
    OWN,
    START,
    Wire,
    cookie,
    let_in,
    make_portal,
    make_request,
    refused,
    sent_to,
)
from pe_core.desk.sessions import Session
from pe_core.model import Box
from pe_core.vault.cookies import csrf_token
from pe_core.vault.keys import Seed, keys_of
from pe_core.web.guards.body import FIELDS_BYTES, Fields, Part
from pe_core.web.guards.caller import (
    Caller,
    applicant_of,
    caller_of,
    cookie_of,
    draft_of,
    fields_of,
    joining_of,
    session_of,
    visit_of,
)
from pe_core.web.guards.doors import check_doors
from pe_core.web.guards.refusals import TROUBLES, detour, refusal
from pe_core.web.guards.routes import Guard, get_page, post_page, read_parts
from pe_core.web.portal import LONGEST_PATH

COOKIES: dict[Guard, str] = {
    "asker": "__Host-pe_ask",
    "visit": "__Host-pe_visit",
    "joining": "__Host-pe_join",
    "applicant": "__Host-pe_apply",
    "staff": "__Host-pe_staff",
    "writer": "__Host-pe_staff",
    "coordinator": "__Host-pe_staff",
}
UNLOCKED: tuple[Guard, ...] = ("staff", "writer", "coordinator")
OPEN: tuple[Guard, ...] = ("public", "signed_out")
GUARDS: tuple[Guard, ...] = (*OPEN, *COOKIES)


def unlocked(*compartments: str) -> Session:
    session = Session(box=Box(7), handle="busel", keys=keys_of(Seed(b"b" * 32)))
    session.compartments = frozenset(compartments)
    return session


OWNERS: dict[str, Any] = {
    "drafts": "a draft",
    "visits": "a visit",
    "joinings": "a newcomer",
    "applicants": "somebody who offers help",
    "sessions": unlocked("intake", "roster", "drafts"),
}
OWNER_OF: dict[Guard, Any] = {
    "asker": OWNERS["drafts"],
    "visit": OWNERS["visits"],
    "joining": OWNERS["joinings"],
    "applicant": OWNERS["applicants"],
    "staff": OWNERS["sessions"],
    "writer": OWNERS["sessions"],
    "coordinator": OWNERS["sessions"],
}
EVERYBODY = make_portal(**OWNERS)
NOBODY = make_portal()


async def answer(request: Wire) -> str:
    return "the page"


def page(guard: Guard, path: str | list[str] = "/{language:str}/page") -> HTTPRouteHandler:
    return get_page(path, guard=guard)(answer)


def form(guard: Guard, **options: Any) -> HTTPRouteHandler:
    if guard in OPEN:
        options.setdefault("form", "start")
    return post_page("/{language:str}/page", guard=guard, **options)(answer)


def look(guard: Guard, *headers: tuple[str, str], portal: Any = EVERYBODY, **rest: Any) -> Wire:
    """Look at a page of this guard, and return the request that was let in."""
    request = make_request("GET", rest.pop("path", "/en/page"), *headers, portal=portal, **rest)
    let_in(page(guard), request)
    return request


def press(
    guard: Guard,
    body: str,
    *headers: tuple[str, str],
    handler: HTTPRouteHandler | None = None,
    portal: Any = EVERYBODY,
) -> Wire:
    """Send a form of this guard, with its cookie, and return the request that was let in."""
    given = [cookie(COOKIES[guard])] if guard in COOKIES else []
    request = make_request(
        "POST", "/en/page", FORM, *given, *headers, portal=portal, body=body.encode()
    )
    let_in(handler or form(guard), request)
    return request


@pytest.mark.parametrize("guard", GUARDS)
def test_a_page_is_declared_with_its_guard_as_plain_html(guard: Guard) -> None:
    paths = ["/{language:str}/one", "/{language:str}/two"]
    for handler in (page(guard, paths), form(guard)):
        assert {"guard": guard} == handler.opt
        assert ("text/html", 200) == (handler.media_type, handler.status_code)
        assert 1 == len(list(handler.guards or ()))
        assert not handler.include_in_schema

    assert set(paths) == set(page(guard, paths).paths)
    assert {"/{language:str}/page"} == set(form(guard).paths)
    assert {"GET"} <= page(guard, paths).http_methods <= {"GET", "HEAD"}
    assert {"POST"} == form(guard).http_methods


def test_a_form_is_taken_at_all_of_its_addresses() -> None:
    paths = ["/{language:str}/one", "/{language:str}/one/change"]

    assert set(paths) == set(post_page(paths, guard="staff")(answer).paths)


@pytest.mark.parametrize(
    ("guard", "options"),
    [
        ("public", {}),
        ("signed_out", {}),
        ("staff", {"form": "reply"}),
        ("public", {"form": "photo", "upload": True}),
        ("public", {"upload": True}),
        ("asker", {"form": "photo", "upload": True}),
    ],
)
def test_only_a_form_without_a_cookie_names_its_token(guard: Guard, options: Any) -> None:
    expected = "^/x: a form without a cookie, and only such a one, names its token$"

    with pytest.raises(ValueError, match=expected):
        post_page("/x", guard=guard, **options)


@pytest.mark.parametrize("guard", COOKIES)
def test_whose_cookie_is_known_is_let_in(guard: Guard) -> None:
    request = look(guard, cookie(COOKIES[guard]))
    caller = caller_of(request)

    known_as = "staff" if guard in UNLOCKED else guard
    assert (known_as, COOKIE) == (caller.guard, caller.cookie)
    assert caller.owner is OWNER_OF[guard]
    assert csrf_token(COOKIE, known_as) == caller.token
    assert caller is request.scope["state"]["caller"]


@pytest.mark.parametrize("guard", COOKIES)
def test_nobody_is_let_in_by_the_cookie_of_another_guard(guard: Guard) -> None:
    others = [cookie(name) for name in {*COOKIES.values()} - {COOKIES[guard]}]
    request = make_request("POST", "/en/page", *others, portal=EVERYBODY)

    over = {
        "asker": "ask_over",
        "visit": "visit_over",
        "joining": "join_over",
        "applicant": "apply_over",
    }
    assert over.get(guard, "staff_over") == refused(let_in, form(guard), request)


@pytest.mark.parametrize(
    ("guard", "page_of_trouble"),
    [
        ("asker", "ask_over"),
        ("visit", "visit_over"),
        ("joining", "join_over"),
        ("applicant", "apply_over"),
    ],
)
@pytest.mark.parametrize("given", [[], [cookie("__Host-pe_staff", "A" * 43)]])
def test_who_has_nothing_open_is_told_so(
    guard: Guard, page_of_trouble: str, given: list[tuple[str, str]]
) -> None:
    wrong = [*given, cookie(COOKIES[guard], "A" * 43)]

    assert page_of_trouble == refused(lambda: look(guard, *given))
    assert page_of_trouble == refused(lambda: look(guard, *wrong))
    assert page_of_trouble == refused(lambda: press(guard, "", portal=NOBODY))


@pytest.mark.parametrize("guard", UNLOCKED)
def test_staff_without_a_session_are_sent_to_unlock_in_their_language(guard: Guard) -> None:
    def look_around() -> None:
        look(guard, path="/be/page", language="be")

    assert "/be/staff/unlock" == sent_to(look_around)
    assert "staff_over" == refused(lambda: press(guard, "", portal=NOBODY))


@pytest.mark.parametrize(
    ("guard", "compartments", "is_let_in"),
    [
        ("coordinator", ("intake", "roster"), True),
        ("coordinator", ("roster",), True),
        ("coordinator", ("intake", "own", "drafts"), False),
        ("coordinator", (), False),
        ("writer", ("drafts", "outreach"), True),
        ("writer", ("drafts",), True),
        ("writer", ("intake", "roster"), False),
        ("writer", (), False),
    ],
)
def test_a_coordinator_holds_the_roster_and_a_writer_the_drafts(
    guard: Guard, compartments: tuple[str, ...], is_let_in: bool
) -> None:
    session = unlocked(*compartments)
    portal = make_portal(sessions=session)
    caller = caller_of(look("staff", cookie("__Host-pe_staff"), portal=portal))

    assert is_let_in == (caller.is_writer if guard == "writer" else caller.is_coordinator)
    if is_let_in:
        again = look(guard, cookie("__Host-pe_staff"), portal=portal)
        assert session is caller_of(again).owner
    else:
        refuse = lambda: look(guard, cookie("__Host-pe_staff"), portal=portal)  # noqa: E731
        assert "forbidden" == refused(refuse)


@pytest.mark.parametrize(
    ("guard", "is_volunteer", "is_let_in"),
    [
        ("volunteer", True, True),
        ("volunteer", False, False),
        ("member", True, False),
        ("member", False, True),
        ("staff", True, True),
        ("staff", False, True),
    ],
)
def test_pages_of_volunteers_are_theirs_and_those_of_members_are_not(
    guard: Guard, is_volunteer: bool, is_let_in: bool
) -> None:
    session = unlocked("own")
    session.is_volunteer = is_volunteer
    look_in = lambda: look(  # noqa: E731
        guard, cookie("__Host-pe_staff"), portal=make_portal(sessions=session)
    )

    if is_let_in:
        assert session is caller_of(look_in()).owner
    else:
        assert "forbidden" == refused(look_in)


@pytest.mark.parametrize(("is_volunteer", "home"), [(True, "/be/work"), (False, "/be/staff/me")])
def test_each_is_sent_from_the_first_page_to_their_own(is_volunteer: bool, home: str) -> None:
    session = unlocked("own")
    session.is_volunteer = is_volunteer
    portal = make_portal(sessions=session)
    given = [FORM, cookie("__Host-pe_staff")]
    request = make_request("GET", "/be/staff", *given, portal=portal, language="be")

    assert home == sent_to(let_in, page("coordinator"), request)


def test_only_an_unlocked_account_is_a_coordinator_or_a_writer() -> None:
    known = Caller("staff", COOKIE, unlocked("roster", "drafts"))
    strangers = [Caller("asker", COOKIE, OWNERS["drafts"]), Caller("public")]

    assert known.is_coordinator and known.is_writer
    assert not any(one.is_coordinator or one.is_writer for one in strangers)


@pytest.mark.parametrize(
    ("method", "path", "address"),
    [
        ("GET", "/be/staff", "/be/staff/me"),
        ("GET", "/be/staff/", None),
        ("GET", "/be/staff/members", None),
        ("POST", "/be/staff", None),
    ],
)
def test_a_volunteer_is_sent_from_the_first_page_to_their_own_and_nowhere_else(
    method: str, path: str, address: str | None
) -> None:
    portal = make_portal(sessions=unlocked("own"))
    given = [FORM, cookie("__Host-pe_staff")]
    request = make_request(method, path, *given, portal=portal, language="be")
    handler = page("coordinator") if method == "GET" else form("coordinator")

    if address is None:
        assert "forbidden" == refused(let_in, handler, request)
    else:
        assert address == sent_to(let_in, handler, request)
    assert "caller" not in request.scope["state"]


def test_who_is_unlocked_need_not_unlock_again() -> None:
    def look_again() -> None:
        look("signed_out", cookie("__Host-pe_staff"), path="/be/page", language="be")

    assert "/be/staff" == sent_to(look_again)
    assert "signed_out" == caller_of(look("signed_out")).guard
    assert "signed_out" == caller_of(look("signed_out", cookie("__Host-pe_ask"))).guard
    stale = look("signed_out", cookie("__Host-pe_staff"), portal=NOBODY)
    assert "signed_out" == caller_of(stale).guard


@pytest.mark.parametrize("guard", OPEN)
def test_anybody_is_let_in_where_no_cookie_is_asked_for(guard: Guard) -> None:
    caller = caller_of(look(guard, cookie("__Host-pe_ask")))

    assert (guard, b"", None, "") == (caller.guard, caller.cookie, caller.owner, caller.token)
    assert "public" == caller_of(look("public", cookie("__Host-pe_staff"))).guard


def look_or_not(guard: Guard, there: bool, **page: str) -> None:
    """Look at a page with the guard's own cookie: it is there, or it is not found."""
    given = [cookie(COOKIES[guard])] if guard in COOKIES else []

    if there:
        look(guard, *given, **page)
    else:
        assert "not_found" == refused(lambda: look(guard, *given, **page))


@pytest.mark.parametrize("guard", GUARDS)
@pytest.mark.parametrize(("language", "there"), [("en", True), ("be", True), ("xx", False)])
def test_there_are_pages_in_our_languages_only(guard: Guard, language: str, there: bool) -> None:
    look_or_not(guard, there, language=language)


@pytest.mark.parametrize("guard", GUARDS)
@pytest.mark.parametrize("language", ["ka", "be-tarask"])
def test_a_page_in_a_language_that_is_not_offered_leads_to_the_same_page_in_ours(
    guard: Guard, language: str
) -> None:
    def look_around() -> None:
        path = f"/{language}/page/\u010d/x"
        look(guard, ("accept-language", "fr, be"), path=path, language=language)

    form_there = make_request("POST", f"/{language}/page", FORM, language=language)

    assert "/be/page/%C4%8D/x" == sent_to(look_around)
    assert "not_found" == refused(let_in, form(guard), form_there)


@pytest.mark.parametrize("guard", GUARDS)
@pytest.mark.parametrize(
    ("path", "there"),
    [
        ("/en/page", True),
        ("/en/page/", True),
        ("/" + "x" * (LONGEST_PATH - 1), True),
        ("/" + "x" * LONGEST_PATH, False),
        ("//en/page", False),
        ("/en//page", False),
        ("/en/page//", False),
    ],
)
def test_an_address_has_one_spelling_and_an_end(guard: Guard, path: str, there: bool) -> None:
    look_or_not(guard, there, path=path)


def test_a_page_without_a_language_in_its_address_is_in_none() -> None:
    assert "public" == caller_of(look("public", language=None)).guard


@pytest.mark.parametrize("guard", COOKIES)
def test_a_form_with_the_token_of_its_cookie_comes_through_with_its_fields(guard: Guard) -> None:
    token = csrf_token(COOKIE, "staff" if guard in UNLOCKED else guard)
    request = press(guard, f"token={token}&word=1&word=2")

    assert ["1", "2"] == fields_of(request).all("word")
    assert caller_of(request).owner is OWNER_OF[guard]


@pytest.mark.parametrize("guard", COOKIES)
def test_a_form_without_the_token_of_its_cookie_is_refused(guard: Guard) -> None:
    right = csrf_token(COOKIE, "staff" if guard in UNLOCKED else guard)
    others = {csrf_token(COOKIE, name) for name in (*COOKIES, "public")} - {right}
    foreign = csrf_token(bytes(32), guard)
    bodies = ["", "token=", f"tokens={right}", f"word={right}", f"token=&token={right}"]

    for body in (*bodies, *(f"token={each}" for each in (*others, foreign, right[:-1], "%D0%96"))):
        assert "forbidden" == refused(lambda body=body: press(guard, body))


@pytest.mark.parametrize("guard", COOKIES)
def test_a_form_from_elsewhere_is_refused_whatever_its_token(guard: Guard) -> None:
    body = f"token={csrf_token(COOKIE, 'staff' if guard in UNLOCKED else guard)}"
    own = ("host", HOST), ("origin", OWN)

    assert fields_of(press(guard, body, *own)).one("token")
    for header in (("origin", "null"), ("sec-fetch-site", "cross-site")):
        assert "forbidden" == refused(lambda header=header: press(guard, body, header))


def test_an_upload_from_elsewhere_is_refused_before_it_is_read() -> None:
    handler = form("asker", upload=True)

    assert "forbidden" == refused(lambda: press("asker", "", ("origin", "null"), handler=handler))


def test_a_form_may_be_of_its_limit_and_not_larger() -> None:
    token = f"token={csrf_token(COOKIE, 'asker')}&a="
    small = form("asker", limit=100)

    assert press("asker", token.ljust(100, "x"), handler=small)
    assert "too_large" == refused(lambda: press("asker", token.ljust(101, "x"), handler=small))
    assert press("asker", token.ljust(FIELDS_BYTES, "x"))
    assert "too_large" == refused(lambda: press("asker", token.ljust(FIELDS_BYTES + 1, "x")))


@pytest.mark.parametrize("guard", OPEN)
def test_a_form_without_a_cookie_is_taken_once_with_its_own_token(guard: Guard) -> None:
    portal = make_portal()
    tokens = portal.form_tokens
    token, other = tokens.issue("start", START - START), tokens.issue("other", START - START)
    request = press(guard, f"token={token}&word=1", portal=portal)

    assert "1" == fields_of(request).one("word")
    assert "form_used" == refused(lambda: press(guard, f"token={token}", portal=portal))
    for wrong in ("", f"token={other}", "token=", f"word={token}"):
        assert "forbidden" == refused(lambda wrong=wrong: press(guard, wrong, portal=portal))


@pytest.mark.parametrize("guard", OPEN)
def test_a_machine_that_fills_in_the_hidden_field_is_refused_and_uses_nothing_up(
    guard: Guard,
) -> None:
    portal = make_portal()
    token = portal.form_tokens.issue("start", START - START)

    def fill_in(website: str) -> Wire:
        return press(guard, f"token={token}&website={website}", portal=portal)

    assert "forbidden" == refused(lambda: fill_in("x"))
    assert fill_in("")


def test_the_hidden_field_means_nothing_where_a_cookie_is_asked_for() -> None:
    assert press("asker", f"token={csrf_token(COOKIE, 'asker')}&website=x")


def multipart(*parts: tuple[str, str]) -> str:
    text = "".join(
        f"--sep\r\nContent-Disposition: form-data; {head}\r\n\r\n{value}\r\n"
        for head, value in parts
    )
    return f"{text}--sep--\r\n"


TOKEN = ('name="token"', csrf_token(COOKIE, "asker"))
WORD = ('name="word"', "1")


def upload(*parts: tuple[str, str], **options: Any) -> list[Part]:
    """Send an upload of the asker through its guard, and read its parts as a handler does."""
    request = make_request(
        "POST",
        "/en/page",
        ("content-type", "multipart/form-data; boundary=sep"),
        cookie(),
        portal=EVERYBODY,
        body=multipart(*parts).encode(),
    )
    let_in(form("asker", upload=True), request)

    async def read() -> list[Part]:
        return [part async for part in read_parts(request, **options)]

    return asyncio.run(read())


def test_an_upload_comes_through_after_its_token() -> None:
    first, second = upload(TOKEN, WORD, ('name="token"', "of no meaning here"))

    assert ("word", "1") == (first.name, first.text)
    assert ("token", "of no meaning here") == (second.name, second.text)
    assert [] == upload(TOKEN)


@pytest.mark.parametrize(
    "parts",
    [
        [],
        [WORD],
        [WORD, TOKEN],
        [('name="token"', ""), TOKEN],
        [('name="token"', csrf_token(COOKIE, "visit"))],
        [('name="word"', TOKEN[1])],
        [('name="token"; filename="token"', TOKEN[1])],
        [('name="token"; filename=""', TOKEN[1]), WORD],
    ],
)
def test_an_upload_that_does_not_begin_with_its_token_is_refused(
    parts: list[tuple[str, str]],
) -> None:
    assert "forbidden" == refused(lambda: upload(*parts))


def test_nothing_of_an_upload_is_handed_on_before_its_token() -> None:
    seen = []
    request = make_request(
        "POST",
        "/en/page",
        ("content-type", "multipart/form-data; boundary=sep"),
        cookie(),
        portal=EVERYBODY,
        body=multipart(WORD, TOKEN, WORD).encode(),
    )
    let_in(form("asker", upload=True), request)

    async def read() -> None:
        async for part in read_parts(request):
            seen.append(part)

    assert "forbidden" == refused(lambda: asyncio.run(read()))
    assert [] == seen


def test_an_upload_has_the_limit_of_its_handler() -> None:
    size = len(multipart(TOKEN, WORD))

    assert 1 == len(upload(TOKEN, WORD, limit=size))
    assert "too_large" == refused(lambda: upload(TOKEN, WORD, limit=size - 1))


def test_a_connection_that_is_no_request_has_no_form() -> None:
    request: Any = make_request("POST", "/en/page", FORM, cookie(), portal=EVERYBODY)

    class Socket:
        """Has what guards look at, and is no HTTP request."""

        scope, app, headers = request.scope, request.app, request.headers

    socket: Any = Socket()
    assert "bad_request" == refused(let_in, form("asker"), socket)


def test_a_token_belongs_to_one_cookie() -> None:
    caller = Caller("asker", COOKIE)

    assert caller.owns(csrf_token(COOKIE, "asker"))
    assert not caller.owns(csrf_token(COOKIE, "visit"))
    for odd in ("", "é" * 44, "\ud800", "?" * 44):
        assert not caller.owns(odd)


@pytest.mark.parametrize("cookie", [None, b""])
def test_without_a_cookie_no_token_is_anybodys(cookie: bytes | None) -> None:
    caller = Caller("public", cookie)

    assert ("public", b"", None, "", None) == (
        caller.guard,
        caller.cookie,
        caller.owner,
        caller.token,
        caller.fields,
    )
    assert not caller.owns("")


def test_a_handler_finds_what_the_guard_found() -> None:
    for guard, take in (
        ("asker", draft_of),
        ("visit", visit_of),
        ("joining", joining_of),
        ("applicant", applicant_of),
        ("staff", session_of),
        ("coordinator", session_of),
    ):
        request = look(guard, cookie(COOKIES[guard]))  # type: ignore[arg-type, index]

        assert take(request) is OWNER_OF[guard]  # type: ignore[index]
        assert COOKIE == cookie_of(request)
        assert Fields(pairs=()) == fields_of(request)


@pytest.mark.parametrize("scope", [{}, {"state": {}}])
def test_before_any_guard_ran_nobody_is_known(scope: dict[str, Any]) -> None:
    request: Any = type("Bare", (), {"scope": scope})()
    caller = caller_of(request)

    assert ("public", b"", None, "") == (caller.guard, caller.cookie, caller.owner, caller.token)
    assert Fields(pairs=()) == fields_of(request)
    assert b"" == cookie_of(request)


@pytest.mark.parametrize(
    ("paths", "is_closed"),
    [
        (["/{language:str}/ask"], True),
        (["/{language:str}/ask/where"], True),
        (["/{language:str}/ask/where", "/{language:str}/ask/where/change"], True),
        (["/{language:str}/page", "/{language:str}/ask"], True),
        (["/{language:str}/ask/receipt"], False),
        (["/{language:str}/ask/done"], False),
        (["/{language:str}/ask/done", "/{language:str}/ask/where"], True),
        (["/{language:str}/ask/receipt/more"], True),
        (["/{language:str}/asking"], False),
        (["/{language:str}/mine"], False),
        (["/"], False),
    ],
)
def test_while_the_doors_are_closed_no_way_of_asking_is_open(
    paths: list[str], is_closed: bool
) -> None:
    handler = page("public", paths)

    def knock(is_live: bool) -> None:
        request = make_request(portal=make_portal(is_live=is_live))
        asyncio.run(check_doors(request, handler))

    knock(is_live=True)
    if is_closed:
        assert "not_open" == refused(knock, False)
    else:
        knock(is_live=False)


@pytest.mark.parametrize(
    ("method", "path", "is_closed"),
    [
        ("GET", "/{language:str}/help", False),
        ("POST", "/{language:str}/help", True),
        ("GET", "/{language:str}/help/account", True),
        ("POST", "/{language:str}/help/account", True),
        ("POST", "/{language:str}/page", False),
        ("POST", "/{language:str}/helper", False),
    ],
)
def test_while_the_doors_are_closed_help_is_read_about_and_not_offered(
    method: str, path: str, is_closed: bool
) -> None:
    portal = make_portal(is_live=False)
    knock = check_doors(make_request(method, portal=portal), page("public", path))

    if is_closed:
        assert "not_open" == refused(asyncio.run, knock)
    else:
        asyncio.run(knock)


def test_a_page_answers_faults_of_its_own_in_its_own_way() -> None:
    own = {ValueError: lambda _request, _error: None}

    assert own == get_page("/x", guard="public", handlers=own)(answer).exception_handlers


@pytest.mark.parametrize("name", TROUBLES)
def test_a_refusal_names_its_page_and_has_its_status(name: str) -> None:
    error = refusal(name)

    assert (TROUBLES[name].status, name) == (error.status_code, error.detail)


def test_a_detour_is_an_address_of_ours_to_be_looked_at() -> None:
    error = detour("/en/staff")

    assert (303, "detour", {"Location": "/en/staff"}) == (
        error.status_code,
        error.detail,
        error.headers,
    )
