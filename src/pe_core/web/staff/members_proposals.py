"""Confirming what a colleague proposed, as the second coordinator."""

from typing import Any

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from pe_core.desk.proposals import ProposalView, confirm, list_proposals
from pe_core.errors import NotAllowed, NotFound
from pe_core.web.guards.caller import session_of
from pe_core.web.guards.routes import get_page, post_page
from pe_core.web.pages import redirect, render
from pe_core.web.portal import PageRequest, desk_of, language_of
from pe_core.web.staff.members import back_to_members, proposal_line
from pe_core.web.staff.step_up import Problems, step_up
from pe_core.web.staff.words import read_names, say

PATH = "/{language:str}/staff/members/proposals/{proposal_id:str}"
DONE = {
    "leave": "left",
    "role": "role_changed",
    "return": "return_confirmed",
    "recovery": "recovery_confirmed",
}


@get_page(PATH, guard="coordinator")
async def show_proposal(request: PageRequest, proposal_id: FromPath[str]) -> Response[str]:
    """Say what confirming does and what it cannot undo."""
    return await _page(request, await _find(request, proposal_id))


@post_page(PATH, guard="coordinator")
async def take_proposal(request: PageRequest, proposal_id: FromPath[str]) -> Response[Any]:
    """Confirm it."""
    view = await _find(request, proposal_id)
    problems = await step_up(request)
    if problems:
        return await _page(request, view, problems)
    session = session_of(request)
    try:
        await confirm(desk_of(request), session, view.id)
    except NotAllowed as error:
        return await _page(request, view, [("", say(request, error.key))])
    if view.kind in ("leave", "role") and view.box == session.box:
        return redirect(f"/{language_of(request)}/staff/unlock")
    return back_to_members(request, DONE[view.kind])


async def _find(request: PageRequest, proposal_id: str) -> ProposalView:
    for view in await list_proposals(desk_of(request), session_of(request)):
        if view.id == proposal_id:
            return view
    raise NotFound("staff.proposals.not_found")


async def _page(
    request: PageRequest, view: ProposalView, problems: Problems | None = None
) -> Response[str]:
    return render(
        request,
        "staff/proposal.html",
        status=422 if problems else 200,
        here="members",
        proposal=proposal_line(request, await read_names(request), view),
        problems=problems or [],
    )


ROUTES: tuple[HTTPRouteHandler, ...] = (show_proposal, take_proposal)
