"""The trail as coordinators read it: who did what, when, to which object; never any content."""

import re
from collections.abc import Mapping

from litestar import Response
from litestar.handlers import HTTPRouteHandler

from pe_core.desk.shifts import TRACE
from pe_core.desk.tracing import Trace, find_requests, find_shifts, read_trail
from pe_core.desk.watching import refresh_alerts, verify_trail
from pe_core.model import Box
from pe_core.model.struct import Model
from pe_core.model.trail import COUNTED, OF_OTHERS, Act, Entry, is_alert
from pe_core.model.week import week_start
from pe_core.network.referring import TRACE as TALK
from pe_core.rules.texts import show_date, show_number
from pe_core.web.guards.caller import session_of
from pe_core.web.guards.routes import get_page
from pe_core.web.pages import render
from pe_core.web.portal import PageRequest, desk_of, language_of
from pe_core.web.staff.address import address, query_of
from pe_core.web.staff.words import name_of, read_names, say, show_moment

REQUEST = re.compile(r"[a-z2-7]{26}")
"""The id of a request, and of a shift."""
NUMBER = re.compile(r"[0-9]{1,15}")
"""A box or the number of an entry: 48 bits."""


class Wanted(Model):
    """What the address asks for; what it asks for wrongly is left out."""

    by: Box | None = None
    act: Act | None = None
    until: int | None = None
    whole: bool = False


class Line(Model):
    """One entry in words; ``address`` is where its object is, '' without one."""

    number: str
    when: str
    who: str
    act: str
    alert: bool
    what: str
    address: str


@get_page("/{language:str}/staff/trail", guard="coordinator")
async def show_trail(request: PageRequest) -> Response[str]:
    """Show a page of the trail, whether it is whole, and what it can and cannot do."""
    desk, session, wanted = desk_of(request), session_of(request), _read_wanted(request)
    await refresh_alerts(desk, session)
    if wanted.whole:
        session.trail_whole = None
    verified = await verify_trail(desk, session)
    traces = await read_trail(desk, session, until=wanted.until, by=wanted.by, act=wanted.act)
    names = await read_names(request)
    entries = [trace.entry for trace in traces.lines if trace.entry is not None]
    there = {
        **dict.fromkeys(await find_requests(desk, {_request_in(e) for e in entries}), "requests"),
        **dict.fromkeys(await find_shifts(desk, {_shift_in(e) for e in entries}), "shifts"),
        **dict.fromkeys({_talk_in(e) for e in entries} - {""}, "referrals"),
    }
    return render(
        request,
        "staff/trail.html",
        here="trail",
        lines=[_line(request, trace, names, there) for trace in traces.lines],
        unbroken=verified.unbroken and not session.trail_broken,
        since=show_date(week_start(verified.since), language_of(request)),
        total=verified.last - verified.first + 1 if verified.first else 0,
        people=_people(request, names),
        acts=sorted(((act.value, _act(request, act)) for act in Act), key=lambda item: item[1]),
        by="" if wanted.by is None else str(wanted.by),
        act=wanted.act.value if wanted.act else "",
        filtered=wanted.by is not None or wanted.act is not None,
        newest=_address(request, wanted, None) if wanted.until is not None else "",
        older=_address(request, wanted, traces.older) if traces.older else "",
    )


def _read_wanted(request: PageRequest) -> Wanted:
    query = query_of(request)
    by, until = query.get("by", ""), query.get("until", "")
    return Wanted(
        by=Box(int(by)) if NUMBER.fullmatch(by) else None,
        act=next((act for act in Act if act.value == query.get("act")), None),
        until=int(until) if NUMBER.fullmatch(until) else None,
        whole=query.get("whole") == "1",
    )


def _address(request: PageRequest, wanted: Wanted, until: int | None) -> str:
    return address(
        f"/{language_of(request)}/staff/trail",
        by="" if wanted.by is None else str(wanted.by),
        act=wanted.act.value if wanted.act else "",
        until=str(until) if until else "",
    )


def _people(request: PageRequest, names: Mapping[int, str]) -> list[tuple[str, str]]:
    people = sorted(((str(box), name) for box, name in names.items()), key=lambda item: item[1])
    return [*people, ("0", say(request, "staff.trail.host"))]


def _request_in(entry: Entry) -> str:
    """Return the request that an entry is about, '' if it is about something else."""
    first = entry.what.partition("/")[0]
    return first if REQUEST.fullmatch(first) else ""


def _shift_in(entry: Entry) -> str:
    """Return the shift that an entry is about, '' if it is about something else."""
    kind, _, shift = entry.what.partition("/")
    return shift if kind == TRACE and REQUEST.fullmatch(shift) else ""


def _talk_in(entry: Entry) -> str:
    """Return the conversation with another embassy that an entry is about, '' without one."""
    kind, _, thread = entry.what.partition("/")
    return thread if kind == TALK and REQUEST.fullmatch(thread) else ""


def _line(
    request: PageRequest, trace: Trace, names: Mapping[int, str], there: Mapping[str, str]
) -> Line:
    number = show_number(trace.number, language_of(request))
    entry = trace.entry
    if entry is None:
        closed = say(request, "staff.trail.closed")
        return Line(number=number, when="", who="", act=closed, alert=False, what="", address="")
    about = _request_in(entry) or _shift_in(entry) or _talk_in(entry)
    at = f"/{language_of(request)}/staff/{there[about]}/{about}" if about in there else ""
    return Line(
        number=number,
        when=show_moment(request, entry.at),
        who=who_words(request, names, entry),
        act=_act(request, entry.act),
        alert=is_alert(entry),
        what=_what(request, entry, names, there),
        address=at,
    )


def who_words(request: PageRequest, names: Mapping[int, str], entry: Entry) -> str:
    """Return who did it: a handle, a box, another embassy, or the server's command line."""
    if entry.box:
        return name_of(request, names, entry.box)
    if entry.act in OF_OTHERS:
        return say(request, "staff.trail.embassy", code=entry.what)
    return say(request, "staff.trail.host")


def _act(request: PageRequest, act: Act) -> str:
    return say(request, f"staff.trail.act.{act.value}")


def _what(
    request: PageRequest, entry: Entry, names: Mapping[int, str], there: Mapping[str, str]
) -> str:
    about, shift = _request_in(entry), _shift_in(entry)
    if entry.act in COUNTED:
        return entry.what
    if about:
        known = "staff.trail.request" if about in there else "staff.trail.request_gone"
        return say(request, known, id=about[:6])
    if shift:
        known = "staff.trail.shift" if shift in there else "staff.trail.shift_gone"
        return say(request, known, id=shift[:6])
    if talk := _talk_in(entry):
        return say(request, "staff.trail.referral", id=talk[:6])
    words = (_word(request, part, names) for part in re.split(r"[ :/,]+", entry.what) if part)
    return ", ".join(words)


def _word(request: PageRequest, word: str, names: Mapping[int, str]) -> str:
    """Return a part of what an entry is about: a box by its name, a word of the house as it is."""
    return name_of(request, names, Box(int(word))) if NUMBER.fullmatch(word) else word


ROUTES: tuple[HTTPRouteHandler, ...] = (show_trail,)
