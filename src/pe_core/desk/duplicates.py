"""Duplicates: two requests of one asker, suggested from what is open in memory, never on disk."""

import asyncio
import heapq
from collections.abc import Iterable

import msgspec

from pe_core.desk.desk import Desk
from pe_core.desk.listing import keep_up
from pe_core.desk.sessions import Session
from pe_core.desk.working import note_work, take_up
from pe_core.errors import NotAllowed
from pe_core.model import Author, Message, MessageKind, RequestId, Summary
from pe_core.model.trail import Act
from pe_core.rules.search import likeness_to
from pe_core.store import RequestRow

MOST = 3
AROUND = 1_000
"""Requests that one is compared with, so that its page does not grow with the store."""
ALIKE_FROM = 0.25
"""Below, two texts share no more than what everybody writes who asks for help."""
SAME_FORM = 1.3
SAME_LANGUAGE = 1.1
"""What the likeness of two requests is multiplied by; it is shown as 1 at most."""


async def suggest_duplicates(
    desk: Desk, session: Session, request: RequestId
) -> tuple[tuple[RequestId, float], ...]:
    """Return up to three requests that may be the same as this one, with how alike they are.

    It looks through those sent soonest before and after it, of what this session has listed,
    in a thread: who asks twice does so within days. Before the first list it finds none.
    """
    await keep_up(desk, session)
    mine = session.summaries.get(request)
    if mine is None or not mine.words:
        return ()
    others = [
        (other, summary)
        for other, summary in session.shelf.near(request, AROUND)
        if other != mine.duplicate_of and summary.duplicate_of != request
    ]
    found = await asyncio.to_thread(_most_alike, mine, others)
    alive = [await desk.store.get(RequestRow, other) is not None for other, _ in found]
    return tuple(item for item, lives in zip(found, alive, strict=True) if lives)


async def mark_duplicate(
    desk: Desk, session: Session, request: RequestId, other: RequestId | None
) -> None:
    """Mark a request as the duplicate of another, or of none any more.

    Raises NotFound when the other one is not there or not open to this account, NotAllowed
    when it is this one or marked as its duplicate, Conflict when a colleague was faster.
    """
    work = await take_up(desk, session, request)
    if other == work.summary.duplicate_of:
        return
    if other is not None:
        theirs = (await take_up(desk, session, other)).summary.duplicate_of
        if request in (other, theirs):
            raise NotAllowed("staff.duplicate.circle")
    summary = msgspec.structs.replace(work.summary, duplicate_of=other)
    message = Message(
        at=desk.now(),
        author=Author.STAFF,
        kind=MessageKind.DUPLICATE,
        box=session.box,
        other=other,
    )
    await note_work(desk, session, work, message, Act.CHANGED, summary=summary)


def duplicates_of(session: Session, request: RequestId) -> tuple[RequestId, ...]:
    """Return the requests, as far as this session has them open, marked as this one's."""
    return session.shelf.repeats(request)


def _most_alike(
    mine: Summary, others: Iterable[tuple[RequestId, Summary]]
) -> list[tuple[RequestId, float]]:
    measure = likeness_to(mine.words)
    scores = ((other, measure(summary.words) * _weight(mine, summary)) for other, summary in others)
    alike = ((other, score) for other, score in scores if score >= ALIKE_FROM)
    most = heapq.nlargest(MOST, alike, key=lambda item: item[1])
    return [(other, min(score, 1.0)) for other, score in most]


def _weight(mine: Summary, other: Summary) -> float:
    same_form = SAME_FORM if mine.form == other.form else 1.0
    return same_form * (SAME_LANGUAGE if mine.language == other.language else 1.0)
