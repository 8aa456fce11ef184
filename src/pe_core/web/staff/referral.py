"""One conversation with another embassy: every letter, and what can be done now."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from enum import StrEnum
from typing import Any, TypeVar

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from pe_core.desk.desk import here_and_now, today_of
from pe_core.desk.sealing import new_id
from pe_core.desk.suggesting import count_fitting
from pe_core.desk.trail import record
from pe_core.errors import Conflict, NotAllowed, TooMany
from pe_core.model import trail as trails
from pe_core.model.peer import PeerCode, ThreadId
from pe_core.model.referral import (
    Answer,
    Ask,
    Close,
    Consult,
    Count,
    Decline,
    Reason,
    Refer,
    ReferralState,
)
from pe_core.network import accepting, referring
from pe_core.network.bodies import encode_body
from pe_core.network.gathering import look_over
from pe_core.network.preparing import WORDS_LIMIT, Prepared
from pe_core.network.threads import ReferralView, Said, read_referral, read_thread
from pe_core.rules.referring import Act, Pressure, acts, answer_day, count_step, need_of
from pe_core.rules.texts import show_date
from pe_core.web.guards.body import Fields
from pe_core.web.guards.caller import fields_of, session_of
from pe_core.web.guards.routes import get_page, post_page
from pe_core.web.pages import redirect, render
from pe_core.web.portal import PageRequest, desk_of, language_of
from pe_core.web.staff.address import address, query_of
from pe_core.web.staff.facts import request_address
from pe_core.web.staff.referral_words import (
    count_words,
    letter_lines,
    open_peers,
    peer_names,
    referral_address,
    referral_line,
    show_due,
)
from pe_core.web.staff.taking_over import TAKE_OVER, offer_guide, take_guide
from pe_core.web.staff.words import count, say, show_moment

PATH = "/{language:str}/staff/referrals/{thread_id:str}"
DONE = (
    "sent",
    "accept",
    "decline",
    "answer",
    "return",
    "close",
    "revoke",
    "forward",
    "wait",
)
LETTER_BYTES = 64 * 1024
T = TypeVar("T", bound=StrEnum)
Do = Callable[[], Awaitable[Any]]


@get_page(PATH, guard="coordinator")
async def show_referral(request: PageRequest, thread_id: FromPath[str]) -> Response[str]:
    """Show a conversation; the trail knows that it was opened."""
    view = await _open(request, thread_id)
    return await _page(request, view)


@get_page(f"{PATH}/print", guard="coordinator")
async def show_referral_print(request: PageRequest, thread_id: FromPath[str]) -> Response[str]:
    """Show a conversation for the printer."""
    desk, session = desk_of(request), session_of(request)
    view = await read_referral(desk, session, thread_id)
    await record(desk, session.box, trails.Act.PRINTED, referring.trace_of(view.id))
    return render(
        request,
        "staff/referral_print.html",
        here="referrals",
        printed=show_moment(request, desk.now()),
        printed_by=session.handle,
        **await _contents(request, view, await read_thread(desk, session, view)),
    )


@post_page(PATH, guard="coordinator", limit=LETTER_BYTES)
async def take_referral_act(request: PageRequest, thread_id: FromPath[str]) -> Response[Any]:
    """Do what was pressed, or say why it cannot be."""
    view = await read_referral(desk_of(request), session_of(request), thread_id)
    fields = fields_of(request)
    if fields.one("act") == TAKE_OVER:
        return await _take_guide(request, view, fields)
    act = next((one for one in Act if one.value == fields.one("act")), None)
    if act is None:
        return await _page(request, view)
    problems = _problems(request, view, act, fields)
    if problems:
        return await _page(request, view, problems=problems, typed=fields)
    try:
        await _acts(request, view, fields)[act]()
    except (Conflict, NotAllowed, TooMany) as error:
        key = "staff.referrals.changed" if isinstance(error, Conflict) else error.key
        now = await read_referral(desk_of(request), session_of(request), thread_id)
        return await _page(request, now, refused=say(request, key), typed=fields)
    return redirect(address(referral_address(request, view.id), done=act.value))


async def _take_guide(request: PageRequest, view: ReferralView, fields: Fields) -> Response[Any]:
    """Make a draft of the guide in a conversation, and go on to it."""
    said = await read_thread(desk_of(request), session_of(request), view)
    try:
        draft, problems = await take_guide(request, view, said, fields)
    except (NotAllowed, TooMany) as error:
        now = await read_referral(desk_of(request), session_of(request), view.id)
        return await _page(request, now, refused=say(request, error.key), typed=fields)
    if problems:
        return await _page(request, view, problems=problems, typed=fields)
    return redirect(address(draft, done="taken_over"))


def words_of(typed: str) -> str:
    """Return what was typed, line ends as they are stored, no longer than a letter's words."""
    return typed.replace("\r\n", "\n").strip()[:WORDS_LIMIT]


def _problems(
    request: PageRequest, view: ReferralView, act: Act, fields: Fields
) -> list[tuple[str, str]]:
    """Return what is missing for an act, as (field, words)."""
    required = say(request, "staff.problem.required")
    choose = say(request, "core.problem.required_choice")
    if act is Act.ANSWER and not words_of(fields.one("words")):
        return [("words", required)]
    if act is Act.DECLINE and _member(Reason, fields.one("reason")) is None:
        return [("reason", choose)]
    if act is Act.FORWARD and not fields.one("peer"):
        return [("peer", choose)]
    return []


def _acts(request: PageRequest, view: ReferralView, fields: Fields) -> dict[Act, Do]:
    desk, session = desk_of(request), session_of(request)
    language, thread = language_of(request), view.id
    words = words_of(fields.one("words"))
    typed = fields.one("revision")
    revision = int(typed) if typed.isdecimal() and len(typed) < 10 else None
    answer = Answer(words=words, language=language, count=_member(Count, fields.one("count")))
    reason = _member(Reason, fields.one("reason")) or Reason.OTHER
    decline = Decline(reason=reason, words=words, language=language)
    close = Close(words=words, language=language)
    return {
        Act.ACCEPT: lambda: accepting.accept(
            desk, session, thread, words, language, without=fields.one("without") == "yes"
        ),
        Act.DECLINE: lambda: referring.decline(desk, session, thread, decline, revision),
        Act.ANSWER: lambda: referring.answer(desk, session, thread, answer, revision),
        Act.RETURN: lambda: accepting.give_back(desk, session, thread, words, language),
        Act.CLOSE: lambda: referring.close(desk, session, thread, close, revision),
        Act.REVOKE: lambda: referring.revoke(desk, session, thread),
        Act.WAIT: lambda: referring.wait_on(desk, session, thread),
        Act.FORWARD: lambda: _forward(request, view, PeerCode(fields.one("peer"))),
    }


async def _forward(request: PageRequest, view: ReferralView, peer: PeerCode) -> ThreadId:
    """Put the same question, in which nobody is named, to another embassy."""
    desk, session = desk_of(request), session_of(request)
    referring.may_do(view, Act.FORWARD)
    said = await read_thread(desk, session, view)
    first = said[0].body if said else None
    if not isinstance(first, Consult | Ask):
        raise NotAllowed("staff.referrals.gone")
    if isinstance(first, Ask) and first.until is not None and first.until < today_of(desk):
        raise NotAllowed("staff.referrals.ask_is_over")
    due = answer_day(here_and_now(desk), first.urgent)
    body = msgspec.structs.replace(first, answer_by=due)
    prepared = Prepared(
        peer=peer, kind=view.body.kind, raw=encode_body(body), urgent=first.urgent, due=due
    )
    press = fields_of(request).one("press")
    return await referring.begin(desk, session, prepared, press=press, parent=view.id)


def _member(kind: type[T], typed: str) -> T | None:
    return next((one for one in kind if one.value == typed), None)


async def _open(request: PageRequest, thread_id: str) -> ReferralView:
    desk, session = desk_of(request), session_of(request)
    view = await read_referral(desk, session, thread_id)
    act = trails.Act.REFERRAL_OPENED
    await record(desk, session.box, act, referring.trace_of(view.id))
    return view


async def _contents(
    request: PageRequest, view: ReferralView, said: Sequence[Said]
) -> dict[str, Any]:
    """Return what a conversation says, for the screen and for paper."""
    names = await peer_names(request)
    first = next((one.body for one in said if one.ours is view.is_ours), None)
    files = {
        one.id: await look_over(desk_of(request), session_of(request), view, one.body)
        for one in said
        if isinstance(one.body, Refer) and not one.ours and not view.is_ours
    }
    return {
        "at": referral_address(request, view.id),
        "line": referral_line(request, view, first, names),
        "letters": letter_lines(request, said, names, view, files),
        "has_files": any(files.values()),
        "request_address": request_address(request, view.request) if view.request else "",
        "erased": _erased(request, view),
        "fitting": await _fitting(request, view, said),
    }


async def _page(
    request: PageRequest,
    view: ReferralView,
    *,
    problems: list[tuple[str, str]] | None = None,
    refused: str = "",
    typed: Fields | None = None,
) -> Response[str]:
    done = query_of(request).get("done", "")
    possible = acts(view.body.kind, view.body.side, view.state)
    late = view.pressure(today_of(desk_of(request))) is Pressure.LATE
    given = typed or Fields(pairs=())
    said = await read_thread(desk_of(request), session_of(request), view)
    contents = await _contents(request, view, said)
    return render(
        request,
        "staff/referral.html",
        status=403 if refused else 422 if problems else 200,
        here="referrals",
        problems=problems or (),
        refused=refused,
        done=say(request, f"staff.referrals.done_{done}") if done in DONE else "",
        acts=[act.value for act in possible],
        pressed=given.one("act"),
        typed=given.one("words"),
        chosen_reason=given.one("reason"),
        revision=view.row.revision,
        press=new_id(),
        late=late,
        sender=view.is_ours,
        kind=view.body.kind.value,
        reasons=[(one.value, say(request, f"staff.decline.{one.value}")) for one in Reason],
        counts=[(one.value, count_words(request, one.value)) for one in Count],
        others=[one for one in await open_peers(request) if one[0] != view.peer],
        text_limit=WORDS_LIMIT,
        taking=await offer_guide(request, view, said, given),
        **contents,
    )


async def _fitting(
    request: PageRequest, view: ReferralView, said: Sequence[Said]
) -> dict[str, str] | None:
    """Return how many of our own fit what a peer asks for; no name is shown, here or there."""
    first = said[0].body if said else None
    waits = view.state is ReferralState.WAITING and not view.is_ours
    if not isinstance(first, Ask) or not waits:
        return None
    desk = desk_of(request)
    cities = {city.name for city in desk.jurisdiction.cities}
    number = await count_fitting(desk, session_of(request), need_of(first, cities))
    return {
        "words": count(request, "staff.ask.fitting", number),
        "count": count_step(number).value,
        "due": show_due(request, view.due),
    }


def _erased(request: PageRequest, view: ReferralView) -> str:
    """Return whether the other embassy confirmed that what we sent is erased there."""
    if view.state is not ReferralState.REVOKED or not view.is_ours:
        return ""
    if not view.row.erased:
        return say(request, "staff.referrals.not_erased")
    day = show_date(date.fromordinal(view.row.erased), language_of(request))
    return say(request, "staff.referrals.erased", date=day)


ROUTES: tuple[HTTPRouteHandler, ...] = (show_referral, show_referral_print, take_referral_act)
