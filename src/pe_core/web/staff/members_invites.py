"""Inviting somebody, and signing a colleague's invite."""

from typing import Any

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from pe_core.desk.invites import list_invites, make_invite, sign_invite
from pe_core.desk.roster import list_members
from pe_core.errors import NotFound
from pe_core.rules.receipts import show_receipt
from pe_core.rules.retention import ROLES
from pe_core.web.guards.caller import fields_of, session_of
from pe_core.web.guards.routes import get_page, post_page
from pe_core.web.pages import render
from pe_core.web.portal import PageRequest, desk_of
from pe_core.web.staff.members import (
    InviteLine,
    back_to_members,
    invite_line,
    needs_second,
    read_locator,
)
from pe_core.web.staff.step_up import Problems, step_up
from pe_core.web.staff.words import read_names, say

INVITE = "/{language:str}/staff/members/invite"
SIGN = "/{language:str}/staff/members/invites/{locator:str}"


@get_page(INVITE, guard="coordinator")
async def show_invite_form(request: PageRequest) -> Response[str]:
    """Ask for what the new colleague is to do."""
    return await _form(request)


@post_page(INVITE, guard="coordinator")
async def take_invite_form(request: PageRequest) -> Response[Any]:
    """Make an invite and show its code, this once: it is stored nowhere."""
    role = fields_of(request).one("role")
    problems: Problems = []
    if role not in ROLES:
        problems.append(("role", say(request, "staff.problem.role_required")))
    problems += await step_up(request)
    if problems:
        return await _form(request, role, problems)
    desk, session = desk_of(request), session_of(request)
    code = await make_invite(desk, session, role)
    second = needs_second(await list_members(desk, session))
    return code_page(request, code, "invite", second=second)


@get_page(SIGN, guard="coordinator")
async def show_sign(request: PageRequest, locator: FromPath[str]) -> Response[str]:
    """Say what signing a colleague's invite does."""
    return _sign_page(request, await _find(request, locator))


@post_page(SIGN, guard="coordinator")
async def take_sign(request: PageRequest, locator: FromPath[str]) -> Response[Any]:
    """Sign it."""
    line = await _find(request, locator)
    problems = await step_up(request)
    if problems:
        return _sign_page(request, line, problems)
    await sign_invite(desk_of(request), session_of(request), line.locator)
    return back_to_members(request, "signed")


def code_page(
    request: PageRequest, code: str, kind: str, *, second: bool, who: str = ""
) -> Response[str]:
    """Show a code once, with what to tell the person who gets it; ``kind``: invite or return."""
    return render(
        request,
        "staff/invite.html",
        here="members",
        kind=kind,
        groups=show_receipt(code).split(),
        needs_second=second,
        who=who,
    )


async def _form(
    request: PageRequest, role: str = "", problems: Problems | None = None
) -> Response[str]:
    members = await list_members(desk_of(request), session_of(request))
    return render(
        request,
        "staff/invite_new.html",
        status=422 if problems else 200,
        here="members",
        roles=role_options(request),
        role=role,
        needs_second=needs_second(members),
        problems=problems or [],
    )


def role_options(request: PageRequest) -> list[tuple[str, str, str]]:
    """Return the roles as a form offers them: value, words, and what they open."""
    return [
        (role, say(request, f"staff.role.{role}"), say(request, f"staff.role.{role}_about"))
        for role in ROLES
    ]


async def _find(request: PageRequest, locator: str) -> InviteLine:
    desk, session = desk_of(request), session_of(request)
    wanted = read_locator(locator)
    names = await read_names(request)
    for view in await list_invites(desk, session):
        if view.locator == wanted and not view.ready and not view.mine:
            return invite_line(request, names, view)
    raise NotFound("staff.invites.not_found")


def _sign_page(
    request: PageRequest, line: InviteLine, problems: Problems | None = None
) -> Response[str]:
    return render(
        request,
        "staff/invite_sign.html",
        status=422 if problems else 200,
        here="members",
        invite=line,
        problems=problems or [],
    )


ROUTES: tuple[HTTPRouteHandler, ...] = (show_invite_form, take_invite_form, show_sign, take_sign)
