"""Joining: from the code of an invite to an account that one can unlock."""

from datetime import timedelta
from typing import Any

from litestar import Response
from litestar.handlers import HTTPRouteHandler

from pe_core.desk.invites import join, open_invite, totp_words
from pe_core.errors import NotAllowed, NotFound
from pe_core.model import Problem
from pe_core.web.guards.caller import fields_of, joining_of
from pe_core.web.guards.cookies import clear_cookie, set_cookie
from pe_core.web.guards.routes import get_page, post_page
from pe_core.web.new_account import show_new_account
from pe_core.web.pages import redirect, render
from pe_core.web.portal import PageRequest, desk_of, form_token, language_of
from pe_core.web.staff.words import explain, say

_SLIP = "core.code.slip"


@get_page("/{language:str}/staff/join", guard="signed_out")
async def show_invite(request: PageRequest) -> Response[str]:
    """Ask for the code of the invite."""
    return _invite_page(request)


@post_page("/{language:str}/staff/join", guard="signed_out", form="join")
async def take_invite(request: PageRequest) -> Response[Any]:
    """Open the invite and show its holder what their account will need."""
    try:
        cookie, _ = await open_invite(desk_of(request), fields_of(request).one("code"))
    except (NotFound, NotAllowed) as error:
        return _invite_page(request, error.key)
    response = redirect(f"/{language_of(request)}/staff/join/account")
    return set_cookie(request, response, "pe_join", cookie)


@get_page("/{language:str}/staff/join/account", guard="joining")
async def show_account(request: PageRequest) -> Response[str]:
    """Show passphrase and authenticator until they are typed back."""
    return _account_page(request)


@post_page("/{language:str}/staff/join/account", guard="joining")
async def take_account(request: PageRequest) -> Response[Any]:
    """Open the account, or say all that is still wrong."""
    desk, joining, fields = desk_of(request), joining_of(request), fields_of(request)
    if joining.certificate.until <= desk.now().timestamp():
        raise NotFound("staff.join.unknown")  # it ran out while the words were written down
    handle, passphrase, code = (fields.one(name) for name in ("handle", "passphrase", "code"))
    problems = await join(desk, joining, handle, passphrase, code)
    if problems:
        return _account_page(request, problems, handle, passphrase)
    response = redirect(f"/{language_of(request)}/staff/unlock?joined=1")
    return clear_cookie(request, response, "pe_join")


def _invite_page(request: PageRequest, wrong: str = "") -> Response[str]:
    # The public text about a slip speaks of a request's code.
    words = say(request, "staff.join.slip" if wrong == _SLIP else wrong) if wrong else ""
    return render(
        request,
        "staff/join.html",
        status=422 if wrong else 200,
        token=form_token(request, "join", timedelta(0)),
        problems=[("code", words)] if wrong else [],
    )


def _account_page(
    request: PageRequest,
    problems: tuple[Problem, ...] = (),
    handle: str = "",
    passphrase: str = "",
) -> Response[str]:
    joining = joining_of(request)
    return render(
        request,
        "staff/account.html",
        status=422 if problems else 200,
        **show_new_account(joining.passphrase, *totp_words(desk_of(request), joining)),
        handle=handle,
        passphrase=passphrase,
        comes_back=joining.certificate.replaces is not None,
        problems=explain(request, problems),
    )


ROUTES: tuple[HTTPRouteHandler, ...] = (show_invite, take_invite, show_account, take_account)
