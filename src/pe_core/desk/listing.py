"""The list of requests, its figures and the search: all in memory, of what an account may open."""

from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum
from zoneinfo import ZoneInfo

from pe_core.desk.desk import Desk
from pe_core.desk.epochs import open_grants
from pe_core.desk.sessions import Session
from pe_core.desk.summaries import Part, refresh_summaries
from pe_core.desk.trail import record
from pe_core.model import RequestId, State, Summary
from pe_core.model.struct import Model
from pe_core.model.trail import Act
from pe_core.model.week import Week
from pe_core.rules.search import fits, read_query
from pe_core.rules.standing import is_late, is_open, is_unclaimed, waits_on_us, wakes
from pe_core.store import MessageRow, RequestRow


class Entry(Model):
    """A request in the list; no summary means that this account has no grant to it."""

    id: RequestId
    state: State
    week: Week
    keep_until: Week
    summary: Summary | None
    fresh: bool


class Figure(StrEnum):
    """What the day begins with: how many requests there are that somebody must look at."""

    UNCLAIMED = "unclaimed"
    LATE = "late"
    OURS = "ours"
    WAKING = "waking"
    MINE = "mine"


async def list_requests(desk: Desk, session: Session) -> list[Entry]:
    """Return all requests, newest first, with what this account may know of each.

    The first list of a session is in the trail.
    """
    if not session.listed:
        await record(desk, session.box, Act.LISTED)
        session.listed = True
    await open_grants(desk, session)
    heads = await desk.store.pick(
        RequestRow, ("id", "state", "week", "keep_until", "epoch", "revision")
    )
    parts: list[Part] = await desk.store.pick(MessageRow, ("id", "request", "number", "epoch"))
    await refresh_summaries(desk, session, [(head[0], head[4], head[5]) for head in heads], parts)
    lengths = _thread_lengths(parts)
    entries = []
    for request, state, week, keep_until, _, _ in heads:
        summary = session.summaries.get(request)
        entries.append(
            Entry(
                id=RequestId(request),
                state=State(state),
                week=Week(week),
                keep_until=Week(keep_until),
                summary=summary,
                fresh=summary is not None and lengths.get(request, 0) > summary.seen,
            )
        )
    return sorted(entries, key=_newest_first)


async def search(desk: Desk, session: Session, query: str) -> list[Entry]:
    """Return the requests in which every word of the query begins a word, newest first.

    That somebody searched is in the trail; for what is not.
    """
    wanted = read_query(query)
    if not wanted:
        return []
    await record(desk, session.box, Act.SEARCHED)
    entries = await list_requests(desk, session)
    return [entry for entry in entries if entry.summary and fits(entry.summary.words, wanted)]


def figures(desk: Desk, session: Session, entries: Sequence[Entry]) -> Mapping[Figure, int]:
    """Return how many of these requests count under each figure."""
    return {
        figure: sum(counts(desk, session, entry, figure) for entry in entries) for figure in Figure
    }


def counts(desk: Desk, session: Session, entry: Entry, figure: Figure) -> bool:
    """Return whether a request counts under a figure, now and by the embassy's calendar."""
    state, summary = entry.state, entry.summary
    if summary is None:
        return False
    match figure:
        case Figure.UNCLAIMED:
            return is_unclaimed(state, summary)
        case Figure.LATE:
            return is_late(state, summary, desk.now(), today_of(desk))
        case Figure.OURS:
            return waits_on_us(state, summary)
        case Figure.WAKING:
            return wakes(state, summary, today_of(desk))
        case Figure.MINE:
            return is_open(state) and summary.claimed_by == session.box


def today_of(desk: Desk) -> date:
    """Return today where the embassy is."""
    return desk.now().astimezone(ZoneInfo(desk.embassy.zone)).date()


def _thread_lengths(parts: Sequence[Part]) -> dict[str, int]:
    lengths: dict[str, int] = {}
    for _, request, number, _ in parts:
        lengths[request] = max(lengths.get(request, 0), number)
    return lengths


def _newest_first(entry: Entry) -> tuple[int, float, str]:
    submitted = entry.summary.submitted.timestamp() if entry.summary else 0.0
    return (-entry.week, -submitted, entry.id)
