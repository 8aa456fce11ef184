"""The colleagues, what waits for a second coordinator, and the open invites."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from litestar import Response
from litestar.handlers import HTTPRouteHandler

from pe_core.desk.invites import InviteView, drop_invite, list_invites
from pe_core.desk.pace import note_roster
from pe_core.desk.proposals import ProposalView, list_proposals, withdraw
from pe_core.desk.returning import can_give_back
from pe_core.desk.roster import MemberView, list_members
from pe_core.desk.trail import record
from pe_core.errors import NotFound
from pe_core.model import Box
from pe_core.model.struct import Model
from pe_core.model.trail import HOST, Act
from pe_core.web.guards.caller import fields_of, session_of
from pe_core.web.guards.refusals import refusal
from pe_core.web.guards.routes import get_page, post_page
from pe_core.web.pages import redirect, render
from pe_core.web.portal import PageRequest, desk_of, language_of
from pe_core.web.staff.address import address, query_of
from pe_core.web.staff.words import name_of, say, show_day

LOCATOR = re.compile(r"[0-9a-f]{64}")
DONE = (
    "signed",
    "taken_back",
    "withdrawn",
    "proposed",
    "left",
    "role_changed",
    "return_confirmed",
    "recovery_confirmed",
    "session_ended",
    "keys_given",
    "work_given",
)


class InviteLine(Model):
    """An open invite as the page shows it; ``who`` is whom it lets come back."""

    locator: str
    by: str
    ready: bool
    mine: bool
    role: str
    who: str


class ProposalLine(Model):
    """A proposal as the pages show it; ``what`` is a sentence about ``who``."""

    id: str
    kind: str
    who: str
    what: str
    by: str
    day: str
    mine: bool
    fitting: bool


class MemberLine(Model):
    """A colleague as the page shows them; ``minutes`` since they unlocked, None if not now."""

    box: Box
    name: str
    known: bool
    is_me: bool
    role: str
    reads: bool
    lacks_keys: bool
    minutes: int | None


@get_page("/{language:str}/staff/members", guard="coordinator")
async def show_members(request: PageRequest) -> Response[str]:
    """Show who belongs to the team, who is unlocked, what is proposed and who is invited."""
    desk, session = desk_of(request), session_of(request)
    await note_roster(desk, session)
    members = await list_members(desk, session)
    names: dict[int, str] = {m.box: m.handle for m in members if m.handle}
    done = query_of(request).get("done", "")
    ordered = sorted(members, key=lambda member: (not member.is_me, member.handle))
    return render(
        request,
        "staff/members.html",
        here="members",
        members=[await _member_line(request, names, member) for member in ordered],
        proposals=[
            proposal_line(request, names, view) for view in await list_proposals(desk, session)
        ],
        invites=[invite_line(request, names, view) for view in await list_invites(desk, session)],
        alone=not needs_second(members),
        done=done if done in DONE else "",
    )


@post_page("/{language:str}/staff/members", guard="coordinator")
async def change_members(request: PageRequest) -> Response[Any]:
    """End a session, withdraw a proposal, or take an invite back."""
    act = fields_of(request).one("act")
    desk, session = desk_of(request), session_of(request)
    if act == "take_back":
        await drop_invite(desk, session, read_locator(fields_of(request).one("invite")))
        return back_to_members(request, "taken_back")
    if act == "withdraw":
        await withdraw(desk, session, fields_of(request).one("proposal"))
        return back_to_members(request, "withdrawn")
    if act == "end_session":
        await _end_session(request, fields_of(request).one("box"))
        return back_to_members(request, "session_ended")
    raise refusal("bad_request")


def proposal_line(
    request: PageRequest, names: Mapping[int, str], view: ProposalView
) -> ProposalLine:
    """Return a proposal as the pages show it."""
    who = name_of(request, names, view.box) if view.box != HOST else ""
    role = say(request, f"staff.role.{view.role}") if view.role else ""
    return ProposalLine(
        id=view.id,
        kind=view.kind,
        who=who,
        what=say(request, f"staff.proposals.what_{view.kind}", name=who, role=role),
        by=name_of(request, names, view.by),
        day=show_day(request, view.at),
        mine=view.mine,
        fitting=view.fitting,
    )


def invite_line(request: PageRequest, names: Mapping[int, str], view: InviteView) -> InviteLine:
    """Return an invite as the pages show it."""
    return InviteLine(
        locator=view.locator,
        by=say(request, "staff.invites.root")
        if view.by is None
        else name_of(request, names, view.by),
        ready=view.ready,
        mine=view.mine,
        role=say(request, f"staff.role.{view.role}") if view.role else "",
        who=name_of(request, names, view.returns) if view.returns is not None else "",
    )


def needs_second(members: list[MemberView]) -> bool:
    """Return whether there are coordinators enough that a second one has to sign."""
    return sum(1 for member in members if member.role == "coordinator") > 1


def read_locator(typed: str) -> str:
    """Return an invite's locator; NotFound if it can be none."""
    if LOCATOR.fullmatch(typed) is None:
        raise NotFound("staff.invites.not_found")
    return typed


def back_to_members(request: PageRequest, done: str) -> Response[Any]:
    """Send the browser to the members page, which says what was done."""
    return redirect(address(f"/{language_of(request)}/staff/members", done=done))


async def _member_line(
    request: PageRequest, names: Mapping[int, str], member: MemberView
) -> MemberLine:
    desk = desk_of(request)
    since = member.unlocked
    return MemberLine(
        box=member.box,
        name=name_of(request, names, member.box),
        known=bool(member.handle),
        is_me=member.is_me,
        role=say(request, f"staff.role.{member.role or 'other'}"),
        reads=member.role == "coordinator",
        lacks_keys=await can_give_back(desk, session_of(request), member.box),
        minutes=None if since is None else (desk.now() - since) // timedelta(minutes=1),
    )


async def _end_session(request: PageRequest, typed: str) -> None:
    desk = desk_of(request)
    boxes = {str(other.box): other.box for other in desk.sessions.items()}
    if typed not in boxes:
        raise NotFound("staff.members.not_unlocked")
    box = boxes[typed]
    desk.sessions.drop_where(lambda other: other.box == box)
    await record(desk, session_of(request).box, Act.SESSION_ENDED, str(box))


ROUTES: tuple[HTTPRouteHandler, ...] = (show_members, change_members)
