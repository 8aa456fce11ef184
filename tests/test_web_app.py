"""The portal as a whole: headers, guards, errors and languages, through real requests."""

import asyncio
import html
import logging
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, get_args

import pytest
from litestar import Response
from litestar._parsers import parse_cookie_string, parse_url_encoded_form_data
from litestar.params import FromPath

import pe_core.rules.texts as texts_module
from pe_core.errors import (
    Conflict,
    FileRefused,
    NotAllowed,
    NotFound,
    NothingToSealTo,
    TooMany,
    UpkeepRefused,
)
from pe_core.model import Emergency
from pe_core.rules.texts import Source, load_catalogue
from pe_core.vault.cookies import csrf_token
from pe_core.web import public, staff
from pe_core.web.app import App, create_app
from pe_core.web.guards.caller import caller_of, draft_of, fields_of
from pe_core.web.guards.cookies import clear_cookie, clear_site, set_cookie
from pe_core.web.guards.refusals import TROUBLES
from pe_core.web.guards.routes import Guard, get_page, post_page, read_parts
from pe_core.web.pages import redirect, render
from pe_core.web.portal import PageRequest, form_token, language_of

HOST = "help.example"
OWN = f"https://{HOST}"
COOKIE = bytes(range(32))
COOKIE_TEXT = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
LOCALES = Path(texts_module.__file__).parents[1] / "locales"
FORM = ("content-type", "application/x-www-form-urlencoded")

RAISED: dict[str, Exception] = {
    "not-found": NotFound("core.trouble.not_found.title"),
    "not-allowed": NotAllowed("no.such.text"),
    "too-many": TooMany("core.busy"),
    "file": FileRefused("no.such.text"),
    "upkeep": UpkeepRefused("no.such.text"),
    "closed": NothingToSealTo("a word of the asker"),
    "changed": Conflict("a word of the asker"),
    "broken": RuntimeError("a word of the asker"),
}


@get_page("/{language:str}/", guard="public")
async def home(request: PageRequest) -> Response[str]:
    return render(request, "public/home.html")


@get_page("/{language:str}/raise/{kind:str}", guard="public")
async def raise_it(request: PageRequest, kind: FromPath[str]) -> Response[str]:
    raise RAISED[kind]


@get_page("/{language:str}/start", guard="public")
async def start(request: PageRequest) -> Response[str]:
    return Response(form_token(request, "start", timedelta(0)), media_type="text/plain")


@post_page("/{language:str}/start", guard="public", form="start")
async def started(request: PageRequest) -> Response[Any]:
    return set_cookie(request, redirect(f"/{language_of(request)}/draft"), "pe_ask", COOKIE)


@get_page("/{language:str}/draft", guard="asker")
async def show_draft(request: PageRequest) -> Response[str]:
    return render(request, "public/home.html")


@post_page("/{language:str}/draft", guard="asker")
async def change_draft(request: PageRequest) -> Response[str]:
    return Response(f"{draft_of(request)} {fields_of(request).one('a')}", media_type="text/plain")


@post_page("/{language:str}/upload", guard="asker", upload=True)
async def upload(request: PageRequest) -> Response[str]:
    seen = [f"{part.name}:{part.text}" async for part in read_parts(request)]
    return Response(" ".join(seen), media_type="text/plain")


@get_page("/{language:str}/staff", guard="staff")
async def show_staff(request: PageRequest) -> Response[str]:
    return Response("staff", media_type="text/plain")


@post_page("/{language:str}/staff", guard="staff")
async def change_staff(request: PageRequest) -> Response[str]:
    return clear_site(clear_cookie(request, Response("bye", media_type="text/plain"), "pe_staff"))


@get_page("/{language:str}/staff/unlock", guard="signed_out")
async def show_unlock(request: PageRequest) -> Response[str]:
    return Response("unlock", media_type="text/plain")


class Keeper:
    """Knows one cookie."""

    def __init__(self, item: object) -> None:
        self.item = item

    def find(self, cookie: bytes | None) -> object | None:
        return self.item if cookie == COOKIE else None


def make_desk() -> Any:
    languages = ("en", "be", "he")
    return SimpleNamespace(
        embassy=SimpleNamespace(
            languages=languages, names={"en": "Embassy of Exampleland <b>", "be": "Амбасада"}
        ),
        jurisdiction=SimpleNamespace(emergency=Emergency(general="112")),
        texts=load_catalogue([Source(domain="core", directory=LOCALES)], languages, None),
        now=lambda: datetime(2026, 11, 24, 12, tzinfo=UTC),
        is_live=True,
        drafts=Keeper("draft"),
        visits=Keeper("visit"),
        joinings=Keeper("joining"),
        sessions=Keeper("session"),
    )


def make_app(*, secure: bool = True, onion: bool = False) -> App:
    return create_app(make_desk(), secure=secure, onion=onion)


@pytest.fixture(autouse=True)
def pages(monkeypatch: pytest.MonkeyPatch) -> None:
    routes = (home, raise_it, start, started, show_draft, change_draft, upload)
    monkeypatch.setattr(public, "ROUTES", routes)
    monkeypatch.setattr(staff, "ROUTES", (show_staff, change_staff, show_unlock))


@pytest.fixture
def app(pages: None) -> App:
    return make_app()


class Got:
    """An answer as it went over the wire."""

    def __init__(self, messages: list[dict[str, Any]]) -> None:
        self.status: int = messages[0]["status"]
        self.headers = [(k.decode(), v.decode()) for k, v in messages[0]["headers"]]
        self.body = b"".join(m.get("body", b"") for m in messages[1:])
        self.text = html.unescape(self.body.decode())
        self.source = self.body.decode()

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name]

    def one(self, name: str) -> str:
        (value,) = self.all(name)
        return value


def send(app: App, method: str, path: str, *headers: tuple[str, str], body: bytes = b"") -> Got:
    taken: list[dict[str, Any]] = []
    messages: Iterator[dict[str, Any]] = iter([{"type": "http.request", "body": body}])

    async def receive() -> Any:
        return next(messages)

    async def take(message: Any) -> None:
        taken.append(message)

    scope: Any = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "client": None,
        "server": None,
        "headers": [(b"host", HOST.encode())]
        + [(key.encode(), value.encode()) for key, value in headers],
    }
    asyncio.run(app(scope, receive, take))
    return Got(taken)


def cookie(name: str = "__Host-pe_ask", text: str = COOKIE_TEXT) -> tuple[str, str]:
    return ("cookie", f"{name}={text}")


def post_draft(app: App, *headers: tuple[str, str], token: str = "") -> Got:
    token = token or csrf_token(COOKIE, "asker")
    body = f"token={token}&a=%D0%96".encode()
    return send(app, "POST", "/en/draft", FORM, cookie(), *headers, body=body)


def static_path(app: App) -> str:
    return str(app.portal.assets["portal.css"].address)


ANSWERS = [
    ("GET", "/en/", 200),
    ("GET", "/", 303),
    ("GET", "/health", 200),
    ("GET", "STATIC", 200),
    ("GET", "/static/portal.css", 404),
    ("GET", "/en/nothing", 404),
    ("GET", "/xx/", 404),
    ("PUT", "/en/", 405),
    ("POST", "/en/", 405),
    ("POST", "/en/start", 415),
    ("POST", "/en/draft", 403),
    ("GET", "/en/draft", 403),
    ("GET", "/en/staff", 303),
    ("GET", "/en/raise/not-found", 404),
    ("GET", "/en/raise/not-allowed", 403),
    ("GET", "/en/raise/too-many", 429),
    ("GET", "/en/raise/file", 422),
    ("GET", "/en/raise/upkeep", 503),
    ("GET", "/en/raise/closed", 503),
    ("GET", "/en/raise/changed", 409),
    ("GET", "/en/raise/broken", 500),
]


@pytest.mark.parametrize(("method", "path", "status"), ANSWERS)
def test_every_answer_carries_the_headers(app: App, method: str, path: str, status: int) -> None:
    got = send(app, method, static_path(app) if path == "STATIC" else path)

    assert status == got.status
    assert got.one("content-security-policy") == (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
    assert "nosniff" == got.one("x-content-type-options")
    assert "same-origin" == got.one("cross-origin-opener-policy")
    assert "same-origin" == got.one("cross-origin-resource-policy")
    assert "same-origin" == got.one("referrer-policy")
    assert "geolocation=()" in got.one("permissions-policy")
    assert "max-age=31536000" == got.one("strict-transport-security")
    assert [] == got.all("server")
    kept = "public, max-age=31536000, immutable" if path == "STATIC" else "no-store"
    assert kept == got.one("cache-control")


@pytest.mark.parametrize(("secure", "onion"), [(False, False), (False, True), (True, True)])
def test_without_https_browsers_are_not_bound_to_it(secure: bool, onion: bool) -> None:
    got = send(make_app(secure=secure, onion=onion), "GET", "/en/")

    assert [] == got.all("strict-transport-security")


@pytest.mark.parametrize(("method", "path", "status"), ANSWERS)
def test_no_page_holds_a_script_a_style_or_a_foreign_address(
    app: App, method: str, path: str, status: int
) -> None:
    if path == "STATIC":
        return
    got = send(app, method, path)

    assert not re.search(r"<script|style=|<style|https?:|//[a-z]|\son\w+=", got.text)
    assert len(got.body) < 30_000


def test_the_stylesheet_is_small_and_knows_no_left_or_right(app: App) -> None:
    got = send(app, "GET", static_path(app))

    assert "text/css; charset=utf-8" == got.one("content-type")
    assert len(got.body) < 14 * 1024
    assert not re.search(r"\b(left|right)\b|url\(|@import", got.text)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ([], 200),
        ([("origin", OWN)], 200),
        ([("origin", OWN.upper())], 200),
        ([("origin", OWN), ("sec-fetch-site", "same-origin")], 200),
        ([("sec-fetch-site", "none")], 200),
        ([("origin", "null")], 403),
        ([("origin", "")], 403),
        ([("origin", "https://evil.example")], 403),
        ([("origin", f"http://{HOST}")], 403),
        ([("origin", f"{OWN}:8443")], 403),
        ([("origin", f"{OWN}.evil.example")], 403),
        ([("origin", OWN), ("origin", "https://evil.example")], 403),
        ([("sec-fetch-site", "cross-site")], 403),
        ([("sec-fetch-site", "same-site")], 403),
        ([("origin", OWN), ("sec-fetch-site", "cross-site")], 403),
    ],
)
def test_a_post_from_elsewhere_is_refused(
    app: App, headers: list[tuple[str, str]], status: int
) -> None:
    assert status == post_draft(app, *headers).status


@pytest.mark.parametrize(
    "token",
    ["wrong", csrf_token(COOKIE, "staff"), csrf_token(bytes(32), "asker"), "%D0%96"],
)
def test_the_token_decides(app: App, token: str) -> None:
    assert 403 == post_draft(app, token=token).status


def test_a_post_with_its_token_comes_through(app: App) -> None:
    assert "draft Ж" == post_draft(app).text


def test_a_post_without_a_token_is_refused(app: App) -> None:
    got = send(app, "POST", "/en/draft", FORM, cookie(), body=b"a=1")

    assert 403 == got.status


def upload_body(*parts: tuple[str, str]) -> bytes:
    text = "".join(
        f'--sep\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in parts
    )
    return f"{text}--sep--\r\n".encode()


TOKEN = ("token", csrf_token(COOKIE, "asker"))


@pytest.mark.parametrize(
    ("parts", "status"),
    [
        ([TOKEN, ("a", "1")], 200),
        ([TOKEN], 200),
        ([], 403),
        ([("a", "1")], 403),
        ([("a", "1"), TOKEN], 403),
        ([("token", "wrong"), ("a", "1")], 403),
    ],
)
def test_an_upload_proves_itself_with_its_first_part(
    app: App, parts: list[tuple[str, str]], status: int
) -> None:
    kind = ("content-type", "multipart/form-data; boundary=sep")
    got = send(app, "POST", "/en/upload", kind, cookie(), body=upload_body(*parts))

    assert status == got.status


def post_start(app: App, token: str, more: str = "") -> Got:
    return send(app, "POST", "/en/start", FORM, body=f"token={token}{more}".encode())


def test_a_form_without_a_cookie_is_taken_once(app: App) -> None:
    token = send(app, "GET", "/en/start").text

    assert 303 == post_start(app, token).status
    again = post_start(app, token)
    assert 403 == again.status
    assert 'href="/en/start"' in again.text


def test_who_fills_in_the_hidden_field_is_refused(app: App) -> None:
    token = send(app, "GET", "/en/start").text

    assert 403 == post_start(app, token, "&website=x").status
    assert 303 == post_start(app, token, "&website=").status


@pytest.mark.parametrize(
    ("secure", "onion", "expected"),
    [
        (True, False, ["__Host-pe_ask=", "HttpOnly", "Path=/", "SameSite=strict", "Secure"]),
        (False, False, ["pe_ask=", "HttpOnly", "Path=/", "SameSite=strict"]),
        (True, True, ["pe_ask=", "HttpOnly", "Path=/", "SameSite=strict"]),
    ],
)
def test_a_cookie_has_its_flags(secure: bool, onion: bool, expected: list[str]) -> None:
    app = make_app(secure=secure, onion=onion)
    got = post_start(app, send(app, "GET", "/en/start").text)
    first, *flags = got.one("set-cookie").split("; ")

    assert f"{expected[0]}{COOKIE_TEXT}" == first
    assert expected[1:] == sorted(flags)
    assert "/en/draft" == got.one("location")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ([cookie()], 200),
        ([("cookie", f"other=1; __Host-pe_ask={COOKIE_TEXT}; x")], 200),
        ([("cookie", "other=1"), cookie()], 200),
        ([], 403),
        ([cookie("pe_ask")], 403),
        ([cookie("__Host-pe_visit")], 403),
        ([cookie(), cookie(text="A" * 43)], 403),
        ([cookie(text=COOKIE_TEXT[:-1])], 403),
        ([cookie(text=COOKIE_TEXT[:-1] + "9")], 403),
        ([cookie(text=COOKIE_TEXT + "=")], 403),
        ([cookie(text="é" * 43)], 403),
        ([cookie(text="!" * 43)], 403),
        ([cookie(text="")], 403),
    ],
)
def test_only_our_own_cookie_opens_a_draft(
    app: App, headers: list[tuple[str, str]], status: int
) -> None:
    assert status == send(app, "GET", "/en/draft", *headers).status


def test_leaving_takes_the_cookie_and_all_traces(app: App) -> None:
    body = f"token={csrf_token(COOKIE, 'staff')}".encode()
    got = send(app, "POST", "/en/staff", FORM, cookie("__Host-pe_staff"), body=body)

    assert "bye" == got.text
    assert '"cache", "cookies", "storage"' == got.one("clear-site-data")
    assert got.one("set-cookie").startswith('__Host-pe_staff="";')
    assert "Max-Age=0" in got.one("set-cookie")


def test_staff_without_a_session_are_sent_to_unlock(app: App) -> None:
    assert "/be/staff/unlock" == send(app, "GET", "/be/staff").one("location")


def test_staff_with_a_session_need_not_unlock(app: App) -> None:
    got = send(app, "GET", "/be/staff/unlock", cookie("__Host-pe_staff"))

    assert (303, "/be/staff") == (got.status, got.one("location"))
    assert 200 == send(app, "GET", "/be/staff/unlock").status


def test_a_form_sent_after_the_session_ended_says_so(app: App) -> None:
    got = send(app, "POST", "/en/staff", FORM, body=b"token=x")

    assert 403 == got.status
    assert "Your session has ended" in got.text


def test_a_body_over_the_limit_is_refused(app: App) -> None:
    got = send(app, "POST", "/en/draft", FORM, cookie(), body=b"a=" + b"x" * 65_536)

    assert 413 == got.status


@pytest.mark.parametrize(
    ("accept", "home_page"),
    [("be", "/be/"), ("he;q=0.5, en", "/en/"), ("ko", "/en/"), ("", "/en/"), ("é;;q=x", "/en/")],
)
def test_the_front_door_speaks_the_browsers_language(app: App, accept: str, home_page: str) -> None:
    got = send(app, "GET", "/", ("accept-language", accept))

    assert (303, home_page) == (got.status, got.one("location"))
    assert "Accept-Language" == got.one("vary")


@pytest.mark.parametrize(
    ("path", "accept", "start_of_page"),
    [
        ("/en/", "he", '<html lang="en" dir="ltr">'),
        ("/he/", "en", '<html lang="he" dir="rtl">'),
        ("/he/nothing", "en", '<html lang="he" dir="rtl">'),
        ("/xx/", "he", '<html lang="he" dir="rtl">'),
        ("/nothing", "he", '<html lang="he" dir="rtl">'),
    ],
)
def test_a_page_is_in_the_language_of_its_address_or_of_the_browser(
    app: App, path: str, accept: str, start_of_page: str
) -> None:
    assert start_of_page in send(app, "GET", path, ("accept-language", accept)).text


def test_a_page_links_to_itself_in_the_other_languages(app: App) -> None:
    got = send(app, "GET", "/en/some/page")

    assert 'href="/be/some/page" lang="be" hreflang="be">Беларуская</a>' in got.text
    assert "/en/some/page" not in got.text


def test_what_comes_from_outside_is_escaped(app: App) -> None:
    got = send(app, "GET", '/en/"><script>/x')

    assert "<script" not in got.source
    assert "/be/%22%3E%3Cscript%3E/x" in got.text
    assert "Embassy of Exampleland &lt;b&gt;" in got.source


def test_the_emergency_number_can_be_called_from_every_page(app: App) -> None:
    for path in ("/en/", "/en/nothing", "/en/raise/broken"):
        assert 'href="tel:112"' in send(app, "GET", path).text


def test_a_text_that_the_desk_names_is_shown_and_an_unknown_one_is_not(app: App) -> None:
    assert "There is no such page" in send(app, "GET", "/en/raise/not-found").text
    assert "no.such.text" not in send(app, "GET", "/en/raise/file").text


def test_a_fault_of_ours_is_logged_without_its_words(
    app: App, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        got = send(app, "GET", "/en/raise/broken")

    assert re.search(r"RuntimeError at \w+\.py:\d+$", caplog.text.strip())
    assert "asker" not in caplog.text + got.text
    assert "Traceback" not in caplog.text


def test_a_page_of_trouble_that_breaks_leaves_the_bare_status(
    app: App, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def break_down(*_: object) -> str:
        raise ValueError("a word of the asker")

    monkeypatch.setattr(app.portal.templates, "render", break_down)
    got = send(app, "GET", "/en/nothing")

    assert (404, b"404") == (got.status, got.body)
    assert "no-store" == got.one("cache-control")
    assert "ValueError at" in caplog.text
    assert "asker" not in caplog.text


def test_no_words_of_an_exception_reach_a_page(app: App) -> None:
    for kind in RAISED:
        assert "a word of the asker" not in send(app, "GET", f"/en/raise/{kind}").text


def test_every_trouble_has_its_texts() -> None:
    texts = make_desk().texts
    keys = [f"core.trouble.{page}.{part}" for page in TROUBLES for part in ("title", "body")]
    keys += [f"core.trouble.way_{trouble.way}" for trouble in TROUBLES.values()]

    assert [] == [key for key in keys if not texts.has("en", key)]


def test_every_route_has_a_guard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    guards = set(get_args(Guard))
    handlers = [h for route in make_app().routes for h in getattr(route, "route_handlers", [])]
    handlers = [h for h in handlers if "OPTIONS" not in h.http_methods]

    assert handlers
    assert [] == [
        h.handler_name for h in handlers if h.opt.get("guard") not in guards or not h.guards
    ]


def test_portals_of_one_process_share_pages_and_nothing_else(pages: None) -> None:
    first, second = make_app(), make_app()
    token = send(first, "GET", "/en/start").text

    assert first.routes == second.routes
    assert 303 != post_start(second, token).status
    assert 303 == post_start(first, token).status


def test_the_framework_keeps_no_body_and_no_cookie() -> None:
    parse_cookie_string.cache_clear()
    parse_url_encoded_form_data.cache_clear()
    app = make_app()
    post_draft(app)
    send(app, "GET", "/en/draft", cookie())

    assert 0 == parse_cookie_string.cache_info().currsize
    assert 0 == parse_url_encoded_form_data.cache_info().currsize


def test_nobody_is_known_before_a_guard_ran() -> None:
    request: Any = SimpleNamespace(scope={})

    assert "public" == caller_of(request).guard
    assert not caller_of(request).owns("")


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/en/", "text/html; charset=utf-8"),
        ("/en/nothing", "text/html; charset=utf-8"),
        ("/health", "text/plain; charset=utf-8"),
    ],
)
def test_an_answer_says_what_it_is(app: App, path: str, kind: str) -> None:
    assert kind == send(app, "GET", path).one("content-type")


def test_the_health_check_says_ok(app: App) -> None:
    assert b"ok" == send(app, "GET", "/health").body


def test_the_tab_never_tells_the_topic(app: App) -> None:
    for path in ("/en/", "/en/nothing", "/en/raise/broken"):
        assert "<title>Portal</title>" in send(app, "GET", path).text
