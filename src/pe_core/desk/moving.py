"""Moving a request to a later epoch, so that it may be kept longer than its own lives."""

import asyncio
from collections.abc import Mapping

from pe_core.desk.desk import Desk
from pe_core.desk.epochs import current_epoch, ends_before, open_grants
from pe_core.desk.need_moves import move_needs
from pe_core.desk.sessions import Session
from pe_core.desk.summaries import seal_summary
from pe_core.errors import NotAllowed
from pe_core.model import RequestId, State, StateChanged, Summary
from pe_core.model.week import Week
from pe_core.store import Change, EpochRow, FileRow, MessageRow, RequestRow, Tell, Update
from pe_core.vault import Keys, bucket_of, open_envelope, seal


async def keep_changes(
    desk: Desk,
    session: Session,
    row: RequestRow,
    summary: Summary,
    keep_until: Week,
    state: State | None = None,
) -> list[Change]:
    """Return the changes that keep a request until ``keep_until``, moved on where it must be.

    They also store its summary, and its new state if there is one. What ends its needs comes
    after them: it closes what these seal anew. Raises NotAllowed as ``move_parts`` does.
    """
    moved = await move_request(desk, session, row, summary, keep_until)
    parts = await move_parts(desk, session, row, keep_until, keep_until)
    key = session.epochs[row.epoch].symmetric
    columns = moved if moved is not None else seal_summary(desk, row, summary, key)
    expect = {"state": row.state, "revision": row.revision}
    values = {**columns, "keep_until": keep_until, "state": (state or State(row.state)).value}
    changes = [*parts, Update(RequestRow, (row.id,), values, expect=expect)]
    if state is None:
        return changes
    return [*changes, Tell(StateChanged(request=RequestId(row.id), state=state))]


async def move_parts(
    desk: Desk, session: Session, row: RequestRow, ends: Week, keep_until: Week
) -> list[Change]:
    """Return the changes that re-seal the thread and files whose epochs end before ``ends``.

    Each part gets a new content key and goes to the current epoch; what was offered goes along
    and is kept until ``keep_until``. Raises NotAllowed when a part is not open to this account:
    then a colleague who can read it must do this.
    """
    changes: list[Change] = []
    target = await current_epoch(desk, "intake")
    for message in await desk.store.select(MessageRow, {"request": row.id}):
        if await ends_before(desk, message.epoch, ends):
            columns = await _reseal(desk, session, target, message, "message")
            changes.append(Update(MessageRow, (message.id,), columns))
    for file in await desk.store.select(FileRow, {"request": row.id}):
        if await ends_before(desk, file.epoch, ends):
            columns = await _reseal(desk, session, target, file, "file")
            changes.append(Update(FileRow, (file.id,), columns))
    needs = await move_needs(desk, session, target, RequestId(row.id), ends, keep_until)
    return [*changes, *needs]


async def move_request(
    desk: Desk, session: Session, row: RequestRow, summary: Summary, keep_until: Week
) -> Mapping[str, object] | None:
    """Return the columns of the request itself in the current epoch, or None if it may stay."""
    if not await ends_before(desk, row.epoch, keep_until):
        return None
    target = await current_epoch(desk, "intake")
    await open_grants(desk, session)
    columns = await _reseal(desk, session, target, row, "request")
    key = session.epochs[target.id].symmetric
    return {**columns, **seal_summary(desk, row, summary, key)}


async def _reseal(
    desk: Desk,
    session: Session,
    target: EpochRow,
    row: RequestRow | MessageRow | FileRow,
    purpose: str,
) -> dict[str, object]:
    keys = session.epochs.get(row.epoch)
    if keys is None:
        raise NotAllowed("staff.request.not_all_yours")
    context = desk.context(purpose, row.id)
    body = await asyncio.to_thread(_seal_again, row.body, keys, target.public, context)
    return {"epoch": target.id, "body": body, "bucket": bucket_of(body)}


def _seal_again(body: bytes, keys: Keys, public: bytes, context: tuple[str, str, str]) -> bytes:
    return seal(open_envelope(body, keys, context), to=[public], context=context)
