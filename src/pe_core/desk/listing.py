"""The list of requests, its figures and the search: all in memory, of what an account may open."""

from collections.abc import Iterable, Sequence

from pe_core.desk.desk import Desk, here_and_now
from pe_core.desk.epochs import open_grants
from pe_core.desk.sessions import Session
from pe_core.desk.shelf import Entry, Shelf
from pe_core.desk.summaries import Part, refresh_summaries
from pe_core.desk.trail import record
from pe_core.model import RequestId, State
from pe_core.model.trail import Act
from pe_core.model.week import Week
from pe_core.rules.search import fits, read_query
from pe_core.store import In, MessageRow, RequestRow

Head = tuple[str, str, int, int, str, int]
"""Of a request: id, state, week, the last week that it is kept, epoch and revision."""
COLUMNS = ("id", "state", "week", "keep_until", "epoch", "revision")


async def look_over(desk: Desk, session: Session) -> Shelf:
    """Return the requests as this account may know them now, in order and counted.

    The first look of a session is in the trail and opens every summary; later ones open what
    was touched meanwhile.
    """
    if not session.listed:
        await record(desk, session.box, Act.LISTED)
        session.listed = True
    return await catch_up(desk, session)


async def catch_up(desk: Desk, session: Session) -> Shelf:
    """Return the requests as they are now, for an act that shows none of them."""
    await open_grants(desk, session)
    async with session.looking:
        await _catch_up(desk, session)
    return session.shelf


async def keep_up(desk: Desk, session: Session) -> None:
    """Take in what was touched since the session's last list; nothing before its first."""
    async with session.looking:
        if session.shelf.look is not None:
            await _catch_up(desk, session)


async def list_requests(desk: Desk, session: Session) -> list[Entry]:
    """Return all requests, newest first, with what this account may know of each.

    It grows with the store; pages ask the shelf for what they show.
    """
    shelf = await look_over(desk, session)
    return sorted([*shelf.all(), *shelf.closed.values()], key=_newest_first)


async def search(desk: Desk, session: Session, query: str) -> list[Entry]:
    """Return the requests in which every word of the query begins a word, newest first.

    That somebody searched is in the trail; for what is not.
    """
    wanted = read_query(query)
    if not wanted:
        return []
    await record(desk, session.box, Act.SEARCHED)
    shelf = await look_over(desk, session)
    return [entry for entry in shelf.all() if entry.summary and fits(entry.summary.words, wanted)]


async def _catch_up(desk: Desk, session: Session) -> None:
    """Take in what was touched since the last look: all, at the first one."""
    shelf, look, epochs = session.shelf, desk.touched.now, len(session.epochs)
    touched = None if shelf.look is None else desk.touched.since(shelf.look)
    if touched is None:
        entries, left = await _read(desk, session, None)
        shelf.fill(entries, here_and_now(desk))
        shelf.left = left
    else:
        touched |= shelf.left
        if epochs != shelf.epochs:  # a new grant may open what was closed
            touched |= shelf.closed.keys()
        if touched:
            await _take_in(desk, session, touched)
        shelf.turn(here_and_now(desk))
    shelf.look, shelf.epochs = look, epochs


async def _take_in(desk: Desk, session: Session, touched: Iterable[str]) -> None:
    wanted = tuple(touched)
    entries, session.shelf.left = await _read(desk, session, wanted)
    found = {entry.id: entry for entry in entries}
    for name in wanted:
        request = RequestId(name)
        if request in found:
            session.shelf.put(found[request], here_and_now(desk))
        else:
            session.shelf.drop(request)
            session.summaries.pop(request, None)


async def _read(
    desk: Desk, session: Session, ids: Sequence[str] | None
) -> tuple[list[Entry], frozenset[str]]:
    """Return these requests, or all, with their summaries opened, and which are not up to date."""
    heads: list[Head] = await desk.store.pick(
        RequestRow, COLUMNS, {} if ids is None else {"id": In(ids)}
    )
    parts: list[Part] = await desk.store.pick(
        MessageRow,
        ("id", "request", "number", "epoch"),
        {} if ids is None else {"request": In(ids)},
    )
    opened = [(head[0], head[4], head[5]) for head in heads]
    left = await refresh_summaries(desk, session, opened, parts)
    lengths: dict[str, int] = {}
    for _, request, number, _ in parts:
        lengths[request] = max(lengths.get(request, 0), number)
    return [_entry(session, head, lengths.get(head[0], 0)) for head in heads], left


def _entry(session: Session, head: Head, length: int) -> Entry:
    request, state, week, keep_until, _, _ = head
    summary = session.summaries.get(RequestId(request))
    return Entry(
        id=RequestId(request),
        state=State(state),
        week=Week(week),
        keep_until=Week(keep_until),
        summary=summary,
        fresh=summary is not None and length > summary.seen,
    )


def _newest_first(entry: Entry) -> tuple[int, float, str]:
    submitted = entry.summary.submitted.timestamp() if entry.summary else 0.0
    return (-entry.week, -submitted, entry.id)
