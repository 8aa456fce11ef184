"""Reading the trail back: a hundred entries at a time, newest first."""

from collections.abc import Iterable

from pe_core.desk.desk import Desk
from pe_core.desk.epochs import open_grants
from pe_core.desk.sessions import Session
from pe_core.desk.trail import read_entries
from pe_core.model import Box
from pe_core.model.struct import Model
from pe_core.model.trail import Act, Entry
from pe_core.store import AtMost, In, RequestRow, ShiftRow, TrailRow

PAGE = 100
"""Entries on a page."""
LOOKED_THROUGH = 2000
"""Rows that one page opens at most while it looks for a colleague or an act: about a second."""


class Trace(Model):
    """A line of the trail; no entry means that this account has no grant to it."""

    number: int
    entry: Entry | None


class Traces(Model):
    """A page of the trail; ``older`` is the number to go on from, 0 at the end."""

    lines: tuple[Trace, ...]
    older: int


async def read_trail(
    desk: Desk,
    session: Session,
    *,
    until: int | None = None,
    by: Box | None = None,
    act: Act | None = None,
) -> Traces:
    """Return the newest entries numbered at most ``until``, of one box or one act if given.

    Without a filter only the rows that are shown are read. Entries are sealed, so a filter
    opens row after row, at most 2,000 of them; the rest waits for the next page.
    """
    await open_grants(desk, session)
    found: list[Trace] = []
    looked = 0
    while len(found) < PAGE and looked < LOOKED_THROUGH:
        where = {} if until is None else {"number": AtMost(until)}
        rows = await desk.store.select(TrailRow, where, order="-number", limit=PAGE)
        if not rows:
            return Traces(lines=tuple(found), older=0)
        for row, entry in zip(rows, await read_entries(desk, session, rows), strict=True):
            if len(found) < PAGE:
                until = row.number - 1
                if _fits(entry, by, act):
                    found.append(Trace(number=row.number, entry=entry))
        looked += len(rows)
    where = {"number": AtMost(until or 0)}
    left = await desk.store.select(TrailRow, where, order="-number", limit=1)
    return Traces(lines=tuple(found), older=(until or 0) if left else 0)


async def find_requests(desk: Desk, ids: Iterable[str]) -> frozenset[str]:
    """Return those of the ids that are requests which are still there."""
    wanted = {"id": In(tuple(ids))}
    return frozenset([row[0] for row in await desk.store.pick(RequestRow, ("id",), wanted)])


async def find_shifts(desk: Desk, ids: Iterable[str]) -> frozenset[str]:
    """Return those of the ids that are shifts which are still there."""
    wanted = {"id": In(tuple(ids))}
    return frozenset([row[0] for row in await desk.store.pick(ShiftRow, ("id",), wanted)])


def _fits(entry: Entry | None, by: Box | None, act: Act | None) -> bool:
    if by is None and act is None:
        return True
    return entry is not None and by in (None, entry.box) and act in (None, entry.act)
