"""Recovery shares: made on one page by a coordinator, each opened on another by its holder."""

from typing import Any

from litestar import Response
from litestar.handlers import HTTPRouteHandler

from pe_core.desk.accounts import confirm_passphrase
from pe_core.desk.roster import MemberView, list_members
from pe_core.desk.shares import (
    FEWEST,
    THRESHOLD,
    Shares,
    confirm_share,
    make_shares,
    open_share,
    read_shares,
    read_shares_state,
    waiting_share,
)
from pe_core.errors import NotAllowed, NotFound
from pe_core.model import Box, Problem
from pe_core.model.struct import Model
from pe_core.web.guards.caller import fields_of, session_of
from pe_core.web.guards.refusals import refusal
from pe_core.web.guards.routes import get_page, post_page
from pe_core.web.pages import redirect, render
from pe_core.web.portal import PageRequest, desk_of, language_of
from pe_core.web.staff.address import address, query_of
from pe_core.web.staff.words import explain, name_of, say

MAKE = "/{language:str}/staff/setup/shares"
OWN = "/{language:str}/staff/shares"


class HolderLine(Model):
    """A holder of the last set, and whether they wrote their share down."""

    name: str
    confirmed: bool


@get_page(MAKE, guard="coordinator")
async def show_making(request: PageRequest) -> Response[str]:
    """Say what new shares do and cannot undo, and ask who is to hold them."""
    return await _making_page(request)


@post_page(MAKE, guard="coordinator")
async def take_making(request: PageRequest) -> Response[Any]:
    """Make a new recovery key and its shares."""
    desk, session, fields = desk_of(request), session_of(request), fields_of(request)
    members = await list_members(desk, session)
    known = {str(member.box): member.box for member in members}
    chosen = [known[typed] for typed in dict.fromkeys(fields.all("holder")) if typed in known]
    field = "passphrase"
    try:
        await confirm_passphrase(desk, session, fields.one("passphrase"))
        field = "holder"
        await make_shares(desk, session, chosen)
    except NotAllowed as error:
        return await _making_page(request, chosen, [(field, say(request, error.key))])
    return redirect(address(f"/{language_of(request)}/staff/setup", done="shares"))


@get_page(OWN, guard="member")
async def show_own(request: PageRequest) -> Response[str]:
    """Say what a share is, before it is shown."""
    waits = await waiting_share(desk_of(request), session_of(request))
    done = query_of(request).get("done", "") == "confirmed"
    return render(request, "staff/share.html", here="setup", waits=waits, done=done, share=None)


@post_page(OWN, guard="member")
async def take_own(request: PageRequest) -> Response[Any]:
    """Show this account's own share, or erase it once two of its words are typed back."""
    fields = fields_of(request)
    act = fields.one("act")
    if act == "show":
        return await _share_page(request)
    if act != "confirm":
        raise refusal("bad_request")
    typed = (fields.one("first"), fields.one("second"))
    problems = await confirm_share(desk_of(request), session_of(request), typed)
    if problems:
        return await _share_page(request, problems, typed)
    return redirect(address(f"/{language_of(request)}/staff/shares", done="confirmed"))


async def _making_page(
    request: PageRequest,
    chosen: list[Box] | None = None,
    problems: list[tuple[str, str]] | None = None,
) -> Response[str]:
    desk, session = desk_of(request), session_of(request)
    members = await list_members(desk, session)
    names: dict[int, str] = {member.box: member.handle for member in members if member.handle}
    made = await read_shares(desk)
    state = await read_shares_state(desk)
    return render(
        request,
        "staff/shares.html",
        status=422 if problems else 200,
        here="setup",
        state=say(request, f"staff.setup.shares.{state}") if state else "",
        first=made is None,
        holders=_holders(request, names, made),
        members=[(str(m.box), name_of(request, names, m.box)) for m in _sorted(members)],
        chosen=[str(box) for box in chosen or ()],
        too_few=len(members) < FEWEST,
        threshold=THRESHOLD,
        problems=problems or [],
    )


async def _share_page(
    request: PageRequest, problems: tuple[Problem, ...] = (), typed: tuple[str, str] = ("", "")
) -> Response[Any]:
    try:
        share = await open_share(desk_of(request), session_of(request))
    except NotFound as error:
        return render(
            request,
            "staff/share.html",
            status=404,
            here="setup",
            waits=False,
            done=False,
            share=None,
            problems=[("", say(request, error.key))],
        )
    return render(
        request,
        "staff/share.html",
        status=422 if problems else 200,
        here="setup",
        waits=True,
        done=False,
        share=share,
        words=share.words.split(),
        typed=typed,
        problems=explain(request, problems),
    )


def _holders(request: PageRequest, names: dict[int, str], made: Shares | None) -> list[HolderLine]:
    if made is None:
        return []
    return [
        HolderLine(name=name_of(request, names, box), confirmed=box in made.confirmed)
        for box in made.holders
    ]


def _sorted(members: list[MemberView]) -> list[MemberView]:
    return sorted(members, key=lambda member: (not member.handle, member.handle, member.box))


ROUTES: tuple[HTTPRouteHandler, ...] = (show_making, take_making, show_own, take_own)
