"""What can be done about one member: leave, another role, come back, have their keys again.

Each has a page that says beforehand what it does and what it cannot undo.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from pe_core.desk.proposals import propose, propose_return
from pe_core.desk.returning import can_give_back, give_back
from pe_core.desk.roster import MemberView, list_members
from pe_core.errors import NotAllowed, NotFound
from pe_core.model import Box
from pe_core.rules.retention import ROLES
from pe_core.web.guards.caller import fields_of, session_of
from pe_core.web.guards.routes import get_page, post_page
from pe_core.web.pages import redirect, render
from pe_core.web.portal import PageRequest, desk_of, language_of
from pe_core.web.staff.members import back_to_members, needs_second
from pe_core.web.staff.members_invites import code_page, role_options
from pe_core.web.staff.step_up import Problems, step_up
from pe_core.web.staff.words import say

MEMBER = "/{language:str}/staff/members/{box:int}"


@get_page(f"{MEMBER}/leave", guard="coordinator")
async def show_leave(request: PageRequest, box: FromPath[int]) -> Response[str]:
    """Say what it means that somebody leaves."""
    return await _page(request, "leave", box)


@post_page(f"{MEMBER}/leave", guard="coordinator")
async def take_leave(request: PageRequest, box: FromPath[int]) -> Response[Any]:
    """Propose it, or do it where one signature is enough."""

    async def act(member: MemberView) -> Response[Any]:
        desk, session = desk_of(request), session_of(request)
        waits = await propose(desk, session, "leave", member.box)
        if member.is_me and not waits:
            return redirect(f"/{language_of(request)}/staff/unlock")
        return back_to_members(request, "proposed" if waits else "left")

    return await _act(request, "leave", box, act)


@get_page(f"{MEMBER}/role", guard="coordinator")
async def show_role(request: PageRequest, box: FromPath[int]) -> Response[str]:
    """Ask which role a member is to have."""
    return await _page(request, "role", box)


@post_page(f"{MEMBER}/role", guard="coordinator")
async def take_role(request: PageRequest, box: FromPath[int]) -> Response[Any]:
    """Propose it, or do it where one signature is enough."""
    role = fields_of(request).one("role")
    if role not in ROLES:
        wrong = [("role", say(request, "staff.problem.role_required"))]
        return await _page(request, "role", box, wrong)

    async def act(member: MemberView) -> Response[Any]:
        waits = await propose(desk_of(request), session_of(request), "role", member.box, role)
        return back_to_members(request, "proposed" if waits else "role_changed")

    return await _act(request, "role", box, act)


@get_page(f"{MEMBER}/return", guard="coordinator")
async def show_return(request: PageRequest, box: FromPath[int]) -> Response[str]:
    """Say what has to be checked before a member gets new keys."""
    return await _page(request, "return", box)


@post_page(f"{MEMBER}/return", guard="coordinator")
async def take_return(request: PageRequest, box: FromPath[int]) -> Response[Any]:
    """Show the code with which they come back, this once."""
    if fields_of(request).one("checked") != "yes":
        wrong = [("checked", say(request, "staff.problem.checked_required"))]
        return await _page(request, "return", box, wrong)

    async def act(member: MemberView) -> Response[Any]:
        desk, session = desk_of(request), session_of(request)
        code, works = await propose_return(desk, session, member.box)
        return code_page(request, code, "return", second=not works, who=member.handle)

    return await _act(request, "return", box, act)


@get_page(f"{MEMBER}/keys", guard="coordinator")
async def show_keys(request: PageRequest, box: FromPath[int]) -> Response[str]:
    """Say what it means to give a member's keys back."""
    return await _page(request, "keys", box)


@post_page(f"{MEMBER}/keys", guard="coordinator")
async def take_keys(request: PageRequest, box: FromPath[int]) -> Response[Any]:
    """Give them back, as far as this account holds them."""

    async def act(member: MemberView) -> Response[Any]:
        await give_back(desk_of(request), session_of(request), member.box)
        return back_to_members(request, "keys_given")

    return await _act(request, "keys", box, act)


async def find_colleague(request: PageRequest, box: int) -> tuple[MemberView, bool]:
    """Return a member, and whether a second coordinator has to agree to what is done."""
    members = await list_members(desk_of(request), session_of(request))
    member = next((member for member in members if member.box == box), None)
    if member is None:
        raise NotFound("staff.members.not_found")
    return member, needs_second(members)


async def _act(
    request: PageRequest,
    kind: str,
    box: int,
    act: Callable[[MemberView], Awaitable[Response[Any]]],
) -> Response[Any]:
    """Do it once the passphrase is right; what the desk refuses is said on the same page."""
    member, _ = await find_colleague(request, box)
    problems = await step_up(request)
    if problems:
        return await _page(request, kind, box, problems)
    try:
        return await act(member)
    except NotAllowed as error:
        return await _page(request, kind, box, [("", say(request, error.key))])


async def _page(
    request: PageRequest, kind: str, box: int, problems: Problems | None = None
) -> Response[str]:
    member, second = await find_colleague(request, box)
    desk, session = desk_of(request), session_of(request)
    if kind == "keys" and not await can_give_back(desk, session, Box(box)):
        raise NotFound("staff.keys.nothing")
    name = member.handle or say(request, "staff.box", number=box)
    return render(
        request,
        f"staff/member_{kind}.html",
        status=422 if problems else 200,
        here="members",
        name=name,
        is_me=member.is_me,
        role=say(request, f"staff.role.{member.role or 'other'}"),
        roles=[option for option in role_options(request) if option[0] != member.role],
        chosen=fields_of(request).one("role") if request.method == "POST" else "",
        needs_second=second,
        problems=problems or [],
    )


ROUTES: tuple[HTTPRouteHandler, ...] = (
    show_leave,
    take_leave,
    show_role,
    take_role,
    show_return,
    take_return,
    show_keys,
    take_keys,
)
