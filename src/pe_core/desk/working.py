"""What every act of the team on a request has in common: an entry, a summary, the trail."""

from collections.abc import Sequence

import msgspec

from pe_core.desk.desk import Desk
from pe_core.desk.epochs import current_epoch
from pe_core.desk.looking import find_request
from pe_core.desk.sealing import seal_message
from pe_core.desk.sessions import Session
from pe_core.desk.summaries import change_summary, open_original, summary_of
from pe_core.desk.trail import record
from pe_core.errors import Conflict
from pe_core.model import Message, Original, RequestId, State, Summary
from pe_core.model.struct import Model
from pe_core.model.trail import Act
from pe_core.store import Change, Insert, RequestRow

OVER = (State.CLOSED, State.TRANSFERRED)


class Work(Model):
    """A request as an act finds it; the row's revision guards against a faster colleague."""

    row: RequestRow
    original: Original
    summary: Summary

    @property
    def id(self) -> RequestId:
        """Return the request's id."""
        return RequestId(self.row.id)

    @property
    def state(self) -> State:
        """Return where the request stands."""
        return State(self.row.state)


async def take_up(desk: Desk, session: Session, request: RequestId) -> Work:
    """Return a request to act on; NotFound without a grant."""
    row = await find_request(desk, session, request)
    original = open_original(desk, session.epochs[row.epoch], row)
    return Work(row=row, original=original, summary=summary_of(desk, session, row, original))


def past(summary: Summary, number: int) -> Summary:
    """Return a summary that knows of our entry ``number``.

    An entry of the asker that came in just before it, unseen, stays to be seen.
    """
    return msgspec.structs.replace(
        summary,
        seen=number if summary.seen == number - 1 else summary.seen,
        taken=number if summary.taken == number - 1 else summary.taken,
    )


async def note_work(
    desk: Desk,
    session: Session,
    work: Work,
    message: Message,
    act: Act,
    *,
    summary: Summary | None = None,
    changes: Sequence[Change] = (),
    last: int | None = None,
) -> None:
    """Write an entry for the team, the summary it leads to, and the trail, all or nothing.

    Raises Conflict when a colleague changed the request meanwhile, and when somebody wrote
    behind the entry ``last``, where that is the last one that was read.
    """
    epoch = await current_epoch(desk, "intake")
    entry = await seal_message(desk, work.id, epoch, message)
    if last is not None and entry.number != last + 1:
        raise Conflict
    after = past(summary or work.summary, entry.number)
    stored = change_summary(desk, session, work.row, after)
    await record(desk, session.box, act, work.id, [*changes, Insert(entry), stored])
    session.summaries[work.id] = msgspec.structs.replace(after, revision=work.row.revision + 1)
