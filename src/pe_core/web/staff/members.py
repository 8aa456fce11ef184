"""The colleagues, and the open invites."""

import re
from collections.abc import Mapping
from typing import Any

from litestar import Response
from litestar.handlers import HTTPRouteHandler

from pe_core.desk.invites import (
    InviteView,
    drop_invite,
    list_invites,
    make_invite,
    sign_invite,
)
from pe_core.desk.roster import list_members
from pe_core.errors import NotFound
from pe_core.model.struct import Model
from pe_core.rules.receipts import show_receipt
from pe_core.web.guards.caller import fields_of, session_of
from pe_core.web.guards.refusals import refusal
from pe_core.web.guards.routes import get_page, post_page
from pe_core.web.pages import redirect, render
from pe_core.web.portal import PageRequest, desk_of, language_of
from pe_core.web.staff.address import address, query_of
from pe_core.web.staff.words import name_of, say

LOCATOR = re.compile(r"[0-9a-f]{64}")
DONE = ("signed", "taken_back")
SECOND_SIGNS_FROM = 2
"""Members from which on a second coordinator signs each invite (vault.md)."""


class InviteLine(Model):
    """An open invite as the page shows it."""

    locator: str
    by: str
    ready: bool
    mine: bool


class MemberLine(Model):
    """A colleague as the page shows them."""

    name: str
    known: bool
    is_me: bool


@get_page("/{language:str}/staff/members", guard="staff")
async def show_members(request: PageRequest) -> Response[str]:
    """Show who belongs to the team and who is invited."""
    desk, session = desk_of(request), session_of(request)
    members = await list_members(desk, session)
    names: dict[int, str] = {m.box: m.handle for m in members if m.handle}
    invites = await list_invites(desk, session)
    done = query_of(request).get("done", "")
    return render(
        request,
        "staff/members.html",
        here="members",
        members=[
            MemberLine(
                name=name_of(request, names, member.box),
                known=bool(member.handle),
                is_me=member.is_me,
            )
            for member in sorted(members, key=lambda member: (not member.is_me, member.handle))
        ],
        invites=[_line(request, names, invite) for invite in invites],
        needs_second=len(members) >= SECOND_SIGNS_FROM,
        done=done if done in DONE else "",
    )


@post_page("/{language:str}/staff/members", guard="staff")
async def change_invites(request: PageRequest) -> Response[Any]:
    """Invite somebody, sign a colleague's invite, or take one back."""
    act = fields_of(request).one("act")
    if act == "invite":
        return await _invite(request)
    if act == "sign":
        await sign_invite(desk_of(request), session_of(request), _locator(request))
        return _back(request, "signed")
    if act == "take_back":
        await drop_invite(desk_of(request), session_of(request), _locator(request))
        return _back(request, "taken_back")
    raise refusal("bad_request")


async def _invite(request: PageRequest) -> Response[str]:
    """Make an invite and show its code, this once: it is stored nowhere."""
    desk, session = desk_of(request), session_of(request)
    code = await make_invite(desk, session)
    members = await list_members(desk, session)
    return render(
        request,
        "staff/invite.html",
        here="members",
        groups=show_receipt(code).split(),
        needs_second=len(members) >= SECOND_SIGNS_FROM,
    )


def _line(request: PageRequest, names: Mapping[int, str], invite: InviteView) -> InviteLine:
    by = invite.by
    return InviteLine(
        locator=invite.locator,
        by=say(request, "staff.invites.root") if by is None else name_of(request, names, by),
        ready=invite.ready,
        mine=invite.mine,
    )


def _locator(request: PageRequest) -> str:
    locator = fields_of(request).one("invite")
    if LOCATOR.fullmatch(locator) is None:
        raise NotFound("staff.invites.not_found")
    return locator


def _back(request: PageRequest, done: str) -> Response[Any]:
    return redirect(address(f"/{language_of(request)}/staff/members", done=done))


ROUTES: tuple[HTTPRouteHandler, ...] = (show_members, change_invites)
