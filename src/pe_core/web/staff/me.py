"""One's own account: who one is here, what one can renew, and burning it."""

from typing import Any

from litestar import Response
from litestar.handlers import HTTPRouteHandler

from pe_core.desk.locking import burn_account
from pe_core.desk.roster import role_of
from pe_core.web.guards.caller import session_of
from pe_core.web.guards.cookies import clear_cookie, clear_site
from pe_core.web.guards.routes import get_page, post_page
from pe_core.web.pages import redirect, render
from pe_core.web.portal import PageRequest, desk_of, language_of
from pe_core.web.staff.address import query_of
from pe_core.web.staff.step_up import Problems, step_up
from pe_core.web.staff.words import say, show_moment

DONE = ("passphrase", "second", "dropped")


@get_page("/{language:str}/staff/me", guard="staff")
async def show_me(request: PageRequest) -> Response[str]:
    """Show this account, and what its owner can do with it."""
    session = session_of(request)
    role = "volunteer" if session.is_volunteer else role_of(tuple(session.compartments))
    done = query_of(request).get("done", "")
    return render(
        request,
        "staff/me.html",
        here="me",
        handle=session.handle,
        box=session.box,
        role=say(request, f"staff.me.role_{role or 'other'}"),
        since=show_moment(request, session.began) if session.began else "",
        done=done if done in DONE else "",
    )


@get_page("/{language:str}/staff/me/burn", guard="member")
async def show_burn(request: PageRequest) -> Response[str]:
    """Say what burning does, before it is done."""
    return _burn_page(request)


@post_page("/{language:str}/staff/me/burn", guard="member")
async def burn(request: PageRequest) -> Response[Any]:
    """Burn the account, once its passphrase was typed again."""
    problems = await step_up(request)
    if problems:
        return _burn_page(request, problems)
    await burn_account(desk_of(request), session_of(request))
    return gone(request, "burnt")


def gone(request: PageRequest, after: str) -> Response[Any]:
    """Return the way out of a session that has just ended; ``after`` is a word of ours."""
    response = redirect(f"/{language_of(request)}/staff/locked?after={after}")
    return clear_site(clear_cookie(request, response, "pe_staff"))


def _burn_page(request: PageRequest, problems: Problems | None = None) -> Response[str]:
    status = 422 if problems else 200
    return render(request, "staff/burn.html", status=status, here="me", problems=problems or [])


ROUTES: tuple[HTTPRouteHandler, ...] = (show_me, show_burn, burn)
