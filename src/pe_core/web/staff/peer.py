"""One other embassy: type its words, pause, go on, block it, take it off the list."""

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from pe_core.desk.desk import Desk
from pe_core.desk.sessions import Session
from pe_core.errors import DeskError, KeysetRefused, NotFound
from pe_core.network import pairing
from pe_core.network.identity import read_own
from pe_core.network.knowing import Listed, read_listed
from pe_core.rules.pairing import Step, steps_of
from pe_core.rules.texts import show_date
from pe_core.web.guards.caller import fields_of, session_of
from pe_core.web.guards.refusals import refusal
from pe_core.web.guards.routes import get_page, post_page
from pe_core.web.pages import redirect, render
from pe_core.web.portal import PageRequest, desk_of, language_of
from pe_core.web.staff.address import address, query_of
from pe_core.web.staff.peers import PEERS, keys_words, own_words, refused_words, stands_of
from pe_core.web.staff.step_up import Problems, step_up

PEER = f"{PEERS}/{{peer:str}}"
DONE = ("added", "confirmed", "active", "paused", "resumed", "blocked")
Act = Callable[[Desk, Session | None, str], Awaitable[None]]
ACTS: Mapping[Step, tuple[Act, str]] = MappingProxyType(
    {
        Step.PAUSE: (pairing.pause, "paused"),
        Step.RESUME: (pairing.resume, "resumed"),
        Step.FORGET: (pairing.forget, "forgotten"),
    }
)


@get_page(PEER, guard="coordinator")
async def show_peer(request: PageRequest, peer: FromPath[str]) -> Response[str]:
    """Show where we stand with an embassy, and what can be done."""
    return await _page(request, await _find(request, peer))


@post_page(PEER, guard="coordinator")
async def take_peer(request: PageRequest, peer: FromPath[str]) -> Response[Any]:
    """Compare the words that were typed, or do what a button says."""
    known = await _find(request, peer)
    step = next((step for step in Step if step.value == fields_of(request).one("act")), None)
    if step is None or (step is not Step.CONFIRM and step not in ACTS):
        raise refusal("bad_request")
    problems = await step_up(request) if step is Step.CONFIRM else []
    if problems:
        return await _page(request, known, problems)
    try:
        done = await _act(request, known, step)
    except (DeskError, KeysetRefused) as error:
        field = "words" if step is Step.CONFIRM else ""
        return await _page(request, known, [(field, refused_words(request, error))])
    return _back(request, "" if step is Step.FORGET else peer, done)


@get_page(f"{PEER}/block", guard="coordinator")
async def show_block(request: PageRequest, peer: FromPath[str]) -> Response[str]:
    """Say what it means to block an embassy."""
    return _block_page(request, await _find(request, peer))


@post_page(f"{PEER}/block", guard="coordinator")
async def take_block(request: PageRequest, peer: FromPath[str]) -> Response[Any]:
    """Block it once the passphrase is right."""
    known = await _find(request, peer)
    problems = await step_up(request)
    if problems:
        return _block_page(request, known, problems)
    try:
        await pairing.block(desk_of(request), session_of(request), peer)
    except DeskError as error:
        return _block_page(request, known, [("", refused_words(request, error))])
    return _back(request, peer, "blocked")


async def _act(request: PageRequest, known: Listed, step: Step) -> str:
    """Do it, and return the word for what was done."""
    desk, session = desk_of(request), session_of(request)
    if step is Step.CONFIRM:
        typed = fields_of(request).one("words")
        state = await pairing.confirm(desk, session, known.code, typed)
        return "active" if state.value == "active" else "confirmed"
    act, done = ACTS[step]
    await act(desk, session, known.code)
    return done


async def _find(request: PageRequest, code: str) -> Listed:
    """Return a known embassy; NotFound for what can be no code too."""
    if not code.isascii() or not code.islower() or not code.isalpha():
        raise NotFound("staff.peers.not_found")
    return await read_listed(desk_of(request), code)


def _back(request: PageRequest, code: str, done: str) -> Response[Any]:
    """Send the browser to an embassy's page, or to the list, which says what was done."""
    at = f"/{language_of(request)}/staff/peers"
    return redirect(address(f"{at}/{code}" if code else at, done=done))


async def _page(
    request: PageRequest, known: Listed, problems: Problems | None = None
) -> Response[str]:
    posted = request.method == "POST"
    done = "" if posted else query_of(request).get("done", "")
    return render(
        request,
        "staff/peer.html",
        status=422 if problems else 200,
        here="peers",
        code=known.code,
        address=known.row.address,
        since=show_date(known.changed, language_of(request)),
        stands=stands_of(known),
        keys=keys_words(request, known),
        standing=known.pairing,
        steps=[step.value for step in steps_of(known.pairing)],
        typed=fields_of(request).one("words") if posted else "",
        own=own_words(request, await read_own(desk_of(request))),
        done=done if done in DONE else "",
        problems=problems or [],
    )


def _block_page(
    request: PageRequest, known: Listed, problems: Problems | None = None
) -> Response[str]:
    return render(
        request,
        "staff/peer_block.html",
        status=422 if problems else 200,
        here="peers",
        code=known.code,
        problems=problems or [],
    )


ROUTES: tuple[HTTPRouteHandler, ...] = (show_peer, take_peer, show_block, take_block)
