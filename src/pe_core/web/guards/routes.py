"""How a page is declared: its address, and the guard that it cannot be without.

``get_page`` and ``post_page`` are the only ways to make a route for people. A POST comes to its
handler only after origin, cookie and token were checked, with its fields read. What other
embassies send comes in by ``guards.packets``.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Literal
from urllib.parse import quote

from litestar import Request, Response, get, post
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler

from pe_core.rules.texts import is_language
from pe_core.web.guards.body import FIELDS_BYTES, PARTS_BYTES, Part, read_fields, stream_parts
from pe_core.web.guards.caller import Caller, caller_of
from pe_core.web.guards.cookies import CookieName, read_cookie
from pe_core.web.guards.origin import check_origin
from pe_core.web.guards.refusals import detour, refusal
from pe_core.web.portal import (
    LONGEST_PATH,
    Connection,
    PageRequest,
    desk_of,
    language_of,
    portal_of,
    preferred_language,
)

Guard = Literal[
    "public",
    "signed_out",
    "asker",
    "visit",
    "joining",
    "applicant",
    "staff",
    "volunteer",
    "member",
    "writer",
    "coordinator",
    "peer",
]
"""Anybody; only without an unlocked account; with a draft; with a visit; invited; offering help;
with an unlocked account of any kind; with a volunteer's; with one that the member list names;
with one that writes guides; with one that holds the roster; another embassy's server."""

TRAP = "website"
"""A field that people do not see; who fills it in is a machine."""

Handlers = dict[int | type[Exception], Callable[[PageRequest, Any], Response[Any]]]
"""What answers which fault."""
Declare = Callable[[Callable[..., Any]], HTTPRouteHandler]
_GuardFunction = Callable[[Connection, BaseRouteHandler], Awaitable[None]]

_COOKIES: dict[Guard, CookieName] = {
    "asker": "pe_ask",
    "visit": "pe_visit",
    "joining": "pe_join",
    "applicant": "pe_apply",
    "staff": "pe_staff",
    "volunteer": "pe_staff",
    "member": "pe_staff",
    "writer": "pe_staff",
    "coordinator": "pe_staff",
}
_OVER: dict[Guard, str] = {
    "asker": "ask_over",
    "visit": "visit_over",
    "joining": "join_over",
    "applicant": "apply_over",
    "staff": "staff_over",
    "volunteer": "staff_over",
    "member": "staff_over",
    "writer": "staff_over",
    "coordinator": "staff_over",
}


def get_page(path: str | list[str], *, guard: Guard, handlers: Handlers | None = None) -> Declare:
    """Declare a page that is looked at; ``handlers`` answer its faults in another way."""

    async def check(request: Connection, _handler: BaseRouteHandler) -> None:
        find_caller(request, guard)

    return get(path, exception_handlers=handlers, **_options(guard, check))


def post_page(
    path: str | list[str],
    *,
    guard: Guard,
    form: str = "",
    upload: bool = False,
    limit: int = FIELDS_BYTES,
) -> Declare:
    """Declare a form that is sent; its handler gets the fields by ``fields_of(request)``.

    ``form`` names the one-use token of a cookie-less form. ``upload`` is for multipart forms:
    their handler reads ``read_parts(request)``, which checks the token as the first part.
    ``limit`` is the most bytes that an urlencoded body may have.
    """
    if (guard in ("public", "signed_out")) != bool(form) or (form and upload):
        raise ValueError(f"{path}: a form without a cookie, and only such a one, names its token")

    async def check(request: Connection, _handler: BaseRouteHandler) -> None:
        check_origin(request)
        caller = find_caller(request, guard)
        if upload:
            return
        fields = await read_fields(plain_request(request), limit)
        if form:
            if fields.one(TRAP):
                raise refusal("forbidden")
            portal_of(request).form_tokens.take(form, fields.one("token"))
        elif not caller.owns(fields.one("token")):
            raise refusal("forbidden")
        caller.fields = fields

    return post(path, status_code=200, **_options(guard, check))


async def read_parts(request: PageRequest, limit: int = PARTS_BYTES) -> AsyncIterator[Part]:
    """Yield the parts of an upload after its first one, which must be the right token."""
    proved = False
    async for part in stream_parts(request, limit):
        if proved:
            yield part
        elif part.name == "token" and part.chunks is None and caller_of(request).owns(part.text):
            proved = True
        else:
            break
    if not proved:
        raise refusal("forbidden")


def _options(guard: Guard, check: _GuardFunction) -> dict[str, Any]:
    return {
        "guards": [check],
        "opt": {"guard": guard},
        "media_type": "text/html",
        "include_in_schema": False,
    }


def find_caller(request: Connection, guard: Guard) -> Caller:
    """Find who calls, keep them with the request, and refuse whom ``guard`` does not let in.

    The router mends an address with too many slashes before we see it. Should it ever stop to,
    such an address is no page: on one at ``//be`` a form that names its own address would be
    sent to a host of that name.
    """
    if "//" in request.scope["path"] or len(request.scope["path"]) > LONGEST_PATH:
        raise refusal("not_found")
    language = request.scope["path_params"].get("language")
    if language is not None and language not in portal_of(request).languages:
        raise _not_spoken(request, language)
    caller = Caller(guard)
    name = _COOKIES.get(guard)
    if name is not None:
        cookie = read_cookie(request, name)
        # One cookie and one token for everybody unlocked, so that their forms work under both.
        known_as = "staff" if _COOKIES[guard] == "pe_staff" else guard
        caller = Caller(known_as, cookie, _owner(request, guard, cookie))
        if caller.owner is None:
            raise _over(request, guard)
        if guard == "coordinator" and not caller.is_coordinator:
            raise _not_a_coordinator(request, caller.is_volunteer)
        if not caller.is_let_in(guard):
            raise refusal("forbidden")
    elif guard == "signed_out" and desk_of(request).sessions.find(read_cookie(request, "pe_staff")):
        raise detour(f"/{language_of(request)}/staff")
    request.scope["state"]["caller"] = caller
    return caller


def _owner(request: Connection, guard: Guard, cookie: bytes | None) -> object | None:
    desk = desk_of(request)
    if guard == "asker":
        return desk.drafts.find(cookie)
    if guard == "visit":
        return desk.visits.find(cookie)
    if guard == "joining":
        return desk.joinings.find(cookie)
    if guard == "applicant":
        return desk.applicants.find(cookie)
    return desk.sessions.find(cookie)


def _not_spoken(request: Connection, language: str) -> Exception:
    """Lead to the same page in a language of ours who comes by another one's address.

    A receipt on paper may name a language that the embassy has stopped to offer.
    """
    if request.scope.get("method") != "GET" or not is_language(language):
        return refusal("not_found")
    rest = request.scope["path"].removeprefix(f"/{language}").removeprefix("/")
    return detour(f"/{preferred_language(request)}/{quote(rest)}")


def _over(request: Connection, guard: Guard) -> Exception:
    if _COOKIES[guard] == "pe_staff" and request.scope.get("method") == "GET":
        return detour(f"/{language_of(request)}/staff/unlock")
    return refusal(_OVER[guard])


def _not_a_coordinator(request: Connection, is_volunteer: bool) -> Exception:
    """Send who looks for the first page of all to their own one; refuse everything else."""
    home = f"/{language_of(request)}/staff"
    if request.scope.get("method") == "GET" and request.scope["path"] == home:
        return detour(f"/{language_of(request)}/work" if is_volunteer else f"{home}/me")
    return refusal("forbidden")


def plain_request(request: Connection) -> PageRequest:
    """Return the connection as the HTTP request that it is: there are no websockets here."""
    if not isinstance(request, Request):
        raise refusal("bad_request")
    return request
