"""Watching the trail: does it go on from what this account saw last, and what was done since.

It detects and does not refuse: whoever may have cut the trail must not be able to lock the
team out by it (design: vault, "Trail").
"""

import asyncio
from collections.abc import Mapping

from pe_core.desk.desk import Desk
from pe_core.desk.epochs import open_grants
from pe_core.desk.sessions import Session
from pe_core.desk.trail import START, Head, link_through, read_entries, read_head
from pe_core.model.struct import Model
from pe_core.model.trail import Entry, is_alert
from pe_core.model.week import Week, week_of
from pe_core.rules.retention import KEEP_TRAIL
from pe_core.store import In, TrailRow

CHUNK = 200
"""Rows that are read and hashed at once: half a megabyte, some milliseconds."""


class Seen(Model):
    """What an account remembers of the trail, sealed under its own key.

    ``number`` and ``link`` are the end of the chain at its last unlock. ``weeks`` says for each
    week which number was the last at its first unlock in it: what came later must still be
    there 13 weeks on, so a front that is cut too early shows. ``broken`` is the week in which
    it did not fit, 0 if it always did.
    """

    number: int = 0
    link: bytes = START
    weeks: Mapping[int, int] = {}
    broken: int = 0


class Verified(Model):
    """Whether the trail as it stands is one chain, from which entry and week on to which entry.

    ``first`` is 0 if there is none.
    """

    unbroken: bool
    first: int
    last: int
    since: Week


class Ends(Model):
    """Both ends of the trail in one moment; ``last`` is the number of the last row, or 0."""

    head: Head
    first: TrailRow | None
    last: int


async def look_at_trail(desk: Desk, session: Session, seen: Seen) -> Seen:
    """Compare the trail with what this account saw at its last unlock; return what it saw now.

    A trail that does not go on from there sets ``session.trail_broken`` for 13 weeks. What
    colleagues did since that all should know goes to ``session.alerts``.
    """
    week = week_of(desk.now().date())
    ends = await _ends(desk)
    known = {w: n for w, n in seen.weeks.items() if w + KEEP_TRAIL >= week}
    fits = await _goes_on(desk, ends, seen, known)
    broken = seen.broken if fits else week
    session.trail_broken = bool(broken) and broken + KEEP_TRAIL >= week
    head = ends.head
    session.trail_seen = min(seen.number, head.number) if seen.weeks else head.number
    await _gather(desk, session, head)
    weeks = known if fits else {}
    return Seen(
        number=head.number,
        link=head.link,
        weeks={**weeks, week: weeks.get(week, head.number)},
        broken=broken if session.trail_broken else 0,
    )


async def refresh_alerts(desk: Desk, session: Session) -> None:
    """Read what came into the trail since this session looked last, and note what is new."""
    head = await read_head(desk)
    if head.number == session.trail_seen and head.link == session.trail_link:
        return
    start = Head(number=session.trail_seen, link=session.trail_link)
    if head.number <= session.trail_seen or not await _leads(desk, start, head):
        session.trail_broken = True
    await _gather(desk, session, head)


async def verify_trail(desk: Desk, session: Session | None = None) -> Verified:
    """Return whether every row that is there follows from the one before, up to the end.

    Reads all rows, some at a time and hashed off the loop; a session that has found it whole
    goes on from there, as long as the front is the same. Upkeep may cut the front meanwhile;
    then it is verified once more. A trail without any row is whole only if it never had one:
    whoever asks is unlocked, and that is an entry.
    """
    known = session.trail_whole if session is not None else None
    ends = await _ends(desk)
    unbroken = await _is_whole(desk, ends, known)
    if not unbroken:
        before, ends = ends, await _ends(desk)
        unbroken = ends.first != before.first and await _is_whole(desk, ends, None)
    first, head = ends.first, ends.head
    if session is not None:
        whole = (first.number, first.before, head.number, head.link) if first else None
        session.trail_whole = whole if unbroken else None
    now = week_of(desk.now().date())
    return Verified(
        unbroken=unbroken,
        first=first.number if first is not None else 0,
        last=ends.head.number,
        since=Week(first.keep_until - KEEP_TRAIL) if first is not None else now,
    )


async def _is_whole(desk: Desk, ends: Ends, known: tuple[int, bytes, int, bytes] | None) -> bool:
    first = ends.first
    if first is None:
        return ends.head == Head()
    start = _before(first)
    if known is not None and known[:2] == (first.number, first.before):
        start = Head(number=known[2], link=known[3])
    begins = first.number > 1 or first.before == START
    return begins and ends.last == ends.head.number and await _leads(desk, start, ends.head)


async def _goes_on(desk: Desk, ends: Ends, seen: Seen, known: Mapping[int, int]) -> bool:
    """Return whether the trail goes on from what was seen; ``known`` are the weeks still kept."""
    head, first = ends.head, ends.first
    start = Head(number=seen.number, link=seen.link)
    if first is None:
        return not known or head == start
    if ends.last != head.number:
        return False
    if any(first.number > number + 1 for number in known.values()):
        return False
    if first.number > seen.number + 1 or not seen.weeks:
        start = _before(first)
    return await _leads(desk, start, head)


async def _ends(desk: Desk) -> Ends:
    async with desk.trail_lock:
        head = await read_head(desk)
        first = await desk.store.select(TrailRow, order="number", limit=1)
        last = await desk.store.select(TrailRow, order="-number", limit=1)
    return Ends(head=head, first=first[0] if first else None, last=last[0].number if last else 0)


def _before(first: TrailRow) -> Head:
    """Return the end of what came before the first row that stands."""
    return Head(number=first.number - 1, link=first.before)


async def _leads(desk: Desk, start: Head, head: Head) -> bool:
    """Return whether the rows after ``start`` are one chain that ends in ``head``."""
    end: Head | None = start
    while end is not None and end.number < head.number:
        rows = await _rows(desk, end.number + 1, min(end.number + CHUNK, head.number))
        if not rows:
            return False
        end = await asyncio.to_thread(link_through, rows, end)
    return end == head


async def _gather(desk: Desk, session: Session, head: Head) -> None:
    """Add the alerts between what the session saw and ``head``, and move it there."""
    await open_grants(desk, session)
    number = session.trail_seen
    while number < head.number:
        last = min(number + CHUNK, head.number)
        rows = await _rows(desk, number + 1, last)
        entries = await read_entries(desk, session, rows)
        session.alerts += [e for e in entries if e is not None and _is_alert(session, e)]
        number = last
    session.trail_seen = head.number
    session.trail_link = head.link


def _is_alert(session: Session, entry: Entry) -> bool:
    return is_alert(entry) and entry.box != session.box


async def _rows(desk: Desk, first: int, last: int) -> list[TrailRow]:
    wanted = {"number": In(range(first, last + 1))}
    return await desk.store.select(TrailRow, wanted, order="number")
