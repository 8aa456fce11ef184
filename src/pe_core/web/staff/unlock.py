"""Unlocking and locking: the two ends of a coordinator's session."""

from datetime import timedelta
from typing import Any

from litestar import Response
from litestar.handlers import HTTPRouteHandler

from pe_core.desk.accounts import end, unlock
from pe_core.errors import NotAllowed
from pe_core.web.guards.caller import cookie_of, fields_of
from pe_core.web.guards.cookies import clear_cookie, clear_site, set_cookie
from pe_core.web.guards.routes import get_page, post_page
from pe_core.web.pages import redirect, render
from pe_core.web.portal import PageRequest, desk_of, form_token, language_of
from pe_core.web.staff.address import query_of
from pe_core.web.staff.emergency import frozen_page
from pe_core.web.staff.words import say

NEWS = ("joined", "offered", "lifted")
AFTER = ("emergency", "again", "burnt", "left")
"""What happened before, told once on the page that follows it."""


@get_page("/{language:str}/staff/unlock", guard="signed_out")
async def show_unlock(request: PageRequest) -> Response[str]:
    """Ask for name, passphrase and code, all three at once."""
    return _page(request)


@post_page("/{language:str}/staff/unlock", guard="signed_out", form="unlock")
async def take_unlock(request: PageRequest) -> Response[Any]:
    """Unlock; whatever part is wrong, the answer is the same to the byte.

    Only right ones are told that the embassy is frozen.
    """
    fields = fields_of(request)
    name, passphrase, code = (fields.one(field) for field in ("name", "passphrase", "code"))
    try:
        cookie, _ = await unlock(desk_of(request), name, passphrase, code)
    except NotAllowed as error:
        if error.key == "staff.unlock.frozen":
            return await frozen_page(request)
        return _page(request, error.key)
    response = redirect(f"/{language_of(request)}/staff")
    return set_cookie(request, response, "pe_staff", cookie)


@post_page("/{language:str}/staff/leave", guard="staff")
async def lock(request: PageRequest) -> Response[Any]:
    """End the session and ask the browser to forget everything."""
    end(desk_of(request), cookie_of(request))
    response = redirect(f"/{language_of(request)}/staff/locked")
    return clear_site(clear_cookie(request, response, "pe_staff"))


@get_page("/{language:str}/staff/locked", guard="signed_out")
async def show_locked(request: PageRequest) -> Response[str]:
    """Say that it is locked, and what that does not undo."""
    after = query_of(request).get("after", "")
    return render(request, "staff/locked.html", after=after if after in AFTER else "")


def _page(request: PageRequest, wrong: str = "") -> Response[str]:
    """Return the form; it never shows again what was typed, so its length tells nothing."""
    return render(
        request,
        "staff/unlock.html",
        status=403 if wrong else 200,
        token=form_token(request, "unlock", timedelta(0)),
        news=next((word for word in NEWS if word in query_of(request)), ""),
        problems=[("name", say(request, wrong))] if wrong else [],
    )


ROUTES: tuple[HTTPRouteHandler, ...] = (show_unlock, take_unlock, lock, show_locked)
