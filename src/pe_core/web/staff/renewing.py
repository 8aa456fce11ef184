"""New seven words: for one's own account, and for the second passphrase that locks."""

from typing import Any

from litestar import Response
from litestar.handlers import HTTPRouteHandler

from pe_core.desk.renewing import (
    begin_renewing,
    drop_second,
    finish_renewing,
    read_renewing,
    stop_renewing,
)
from pe_core.errors import NotAllowed, NotFound
from pe_core.model import Problem
from pe_core.vault.accounts import Kind
from pe_core.web.guards.caller import fields_of, session_of
from pe_core.web.guards.routes import get_page, post_page
from pe_core.web.pages import redirect, render
from pe_core.web.portal import PageRequest, desk_of, language_of
from pe_core.web.staff.address import address
from pe_core.web.staff.words import explain, say

OWN = "/{language:str}/staff/me/passphrase"
SECOND = "/{language:str}/staff/me/second"
_PARTS: dict[Kind, str] = {"unlock": "passphrase", "lock": "second"}


@get_page(OWN, guard="staff")
async def show_passphrase(request: PageRequest) -> Response[str]:
    """Say what a new passphrase changes and what it does not."""
    return _page(request, "unlock")


@post_page(OWN, guard="staff")
async def take_passphrase(request: PageRequest) -> Response[Any]:
    """Make new words, once the present ones were typed again."""
    return await _begin(request, "unlock")


@get_page(f"{OWN}/new", guard="staff")
async def show_new_passphrase(request: PageRequest) -> Response[Any]:
    """Show the new words until they are typed back."""
    return _words_page(request, "unlock")


@post_page(f"{OWN}/new", guard="staff")
async def take_new_passphrase(request: PageRequest) -> Response[Any]:
    """Change the account, or say that these are other words."""
    return await _finish(request, "unlock")


@get_page(SECOND, guard="staff")
async def show_second(request: PageRequest) -> Response[str]:
    """Say what a second passphrase does, in need and otherwise."""
    return _page(request, "lock")


@post_page(SECOND, guard="staff")
async def take_second(request: PageRequest) -> Response[Any]:
    """Make a second passphrase, or make the account anew without one."""
    if fields_of(request).one("act") != "drop":
        return await _begin(request, "lock")
    desk, session = desk_of(request), session_of(request)
    try:
        await drop_second(desk, session, fields_of(request).one("passphrase"))
    except NotAllowed as error:
        return _page(request, "lock", [("passphrase", say(request, error.key))])
    return redirect(address(_me(request), done="dropped"))


@get_page(f"{SECOND}/new", guard="staff")
async def show_new_second(request: PageRequest) -> Response[Any]:
    """Show the second words until they are typed back."""
    return _words_page(request, "lock")


@post_page(f"{SECOND}/new", guard="staff")
async def take_new_second(request: PageRequest) -> Response[Any]:
    """Change the account, or say that these are other words."""
    return await _finish(request, "lock")


async def _begin(request: PageRequest, kind: Kind) -> Response[Any]:
    typed = fields_of(request).one("passphrase")
    try:
        await begin_renewing(desk_of(request), session_of(request), kind, typed)
    except NotAllowed as error:
        return _page(request, kind, [("passphrase", say(request, error.key))])
    return redirect(f"{_me(request)}/{_PARTS[kind]}/new")


async def _finish(request: PageRequest, kind: Kind) -> Response[Any]:
    desk, session, fields = desk_of(request), session_of(request), fields_of(request)
    if fields.one("act") == "stop":
        stop_renewing(session)
        return redirect(_me(request))
    try:
        problems = await finish_renewing(desk, session, kind, fields.one("words"))
    except NotFound:
        return redirect(f"{_me(request)}/{_PARTS[kind]}")
    if problems:
        return _words_page(request, kind, problems)
    return redirect(address(_me(request), done=_PARTS[kind]))


def _page(
    request: PageRequest, kind: Kind, problems: list[tuple[str, str]] | None = None
) -> Response[str]:
    template = f"staff/{_PARTS[kind]}.html"
    status = 422 if problems else 200
    return render(request, template, status=status, here="me", problems=problems or [])


def _words_page(
    request: PageRequest, kind: Kind, problems: tuple[Problem, ...] = ()
) -> Response[Any]:
    try:
        renewing = read_renewing(desk_of(request), session_of(request), kind)
    except NotFound:
        return redirect(f"{_me(request)}/{_PARTS[kind]}")
    return render(
        request,
        "staff/words.html",
        status=422 if problems else 200,
        here="me",
        part=_PARTS[kind],
        words=renewing.words.split(),
        problems=explain(request, problems),
    )


def _me(request: PageRequest) -> str:
    return f"/{language_of(request)}/staff/me"


ROUTES: tuple[HTTPRouteHandler, ...] = (
    show_passphrase,
    take_passphrase,
    show_new_passphrase,
    take_new_passphrase,
    show_second,
    take_second,
    show_new_second,
    take_new_second,
)
