"""Summaries: the compact form of each request, sealed in the symmetric lane of its epoch.

The original beside it is never touched. Opening one costs microseconds, so the list and the
search work on all of them in an unlocked session, and nothing needs an index on disk.
"""

import asyncio
from collections.abc import Iterable, Sequence

import msgspec

from pe_core.desk.desk import Desk
from pe_core.desk.sessions import Session
from pe_core.errors import Conflict
from pe_core.model import Original, RequestId, Summary
from pe_core.store import Change, In, RequestRow, Update
from pe_core.vault import Keys, open_envelope, open_symmetric, seal_symmetric

GLIMPSE = 80
"""Characters of the asker's own words that the list shows."""
BATCH = 200


async def refresh_summaries(
    desk: Desk, session: Session, heads: Iterable[tuple[str, str, int]]
) -> None:
    """Open what changed since this session last looked; ``heads`` are (id, epoch, revision)."""
    stale = {
        request
        for request, epoch, revision in heads
        if epoch in session.epochs and not _is_known(session, request, revision)
    }
    if not stale:
        return
    rows = await desk.store.pick(RequestRow, ("id", "epoch", "revision", "summary"))
    wanted = [row for row in rows if row[0] in stale]
    missing = await asyncio.to_thread(_open_known, desk, session, wanted)
    for start in range(0, len(missing), BATCH):
        await _make_missing(desk, session, missing[start : start + BATCH])


def open_original(desk: Desk, keys: Keys, row: RequestRow) -> Original:
    """Open the sealed body of a request."""
    opened = open_envelope(row.body, keys, desk.context("request", row.id))
    return msgspec.msgpack.decode(opened, type=Original)


def summary_of(desk: Desk, session: Session, row: RequestRow, original: Original) -> Summary:
    """Return the summary of a request as it is stored, or the first one, from the original."""
    if row.summary is None:
        return _first(row, original)
    key = session.epochs[row.epoch].symmetric
    opened = open_symmetric(row.summary, key=key, context=desk.context("summary", row.id))
    return msgspec.msgpack.decode(opened, type=Summary)


def seal_summary(desk: Desk, row: RequestRow, summary: Summary, key: bytes) -> dict[str, object]:
    """Return the columns of a summary, one revision on from ``row``'s."""
    numbered = msgspec.structs.replace(summary, revision=row.revision + 1)
    body = seal_symmetric(
        msgspec.msgpack.encode(numbered), key=key, context=desk.context("summary", row.id)
    )
    return {"summary": body, "revision": numbered.revision}


def change_summary(desk: Desk, session: Session, row: RequestRow, summary: Summary) -> Change:
    """Return the change that stores a new summary, if nobody else has stored one meanwhile."""
    columns = seal_summary(desk, row, summary, session.epochs[row.epoch].symmetric)
    return Update(RequestRow, (row.id,), columns, expect={"revision": row.revision})


def _is_known(session: Session, request: str, revision: int) -> bool:
    known = session.summaries.get(RequestId(request))
    return known is not None and known.revision == revision


def _open_known(
    desk: Desk, session: Session, rows: Sequence[tuple[str, str, int, bytes | None]]
) -> list[str]:
    """Open the summaries that exist and return the ids of those that do not."""
    missing = []
    decode = msgspec.msgpack.Decoder(Summary).decode
    for request, epoch, _, summary in rows:
        if summary is None:
            missing.append(request)
            continue
        key = session.epochs[epoch].symmetric
        opened = open_symmetric(summary, key=key, context=desk.context("summary", request))
        session.summaries[RequestId(request)] = decode(opened)
    return missing


async def _make_missing(desk: Desk, session: Session, requests: Sequence[str]) -> None:
    rows = await desk.store.select(RequestRow, {"id": In(tuple(requests))})
    changes, summaries = await asyncio.to_thread(_make, desk, session, rows)
    try:
        await desk.store.write(changes)
    except Conflict:
        # A colleague made them in this moment; the next look opens theirs.
        return
    session.summaries.update(summaries)


def _make(
    desk: Desk, session: Session, rows: Sequence[RequestRow]
) -> tuple[list[Change], dict[RequestId, Summary]]:
    changes: list[Change] = []
    summaries: dict[RequestId, Summary] = {}
    for row in rows:
        summary = _first(row, open_original(desk, session.epochs[row.epoch], row))
        changes.append(change_summary(desk, session, row, summary))
        numbered = msgspec.structs.replace(summary, revision=row.revision + 1)
        summaries[RequestId(row.id)] = numbered
    return changes, summaries


def _first(row: RequestRow, original: Original) -> Summary:
    return Summary(
        revision=row.revision,
        form=original.form,
        title=original.title,
        language=original.language,
        where=original.where,
        submitted=original.submitted,
        glimpse=_glimpse(original),
        keep_weeks=original.keep_weeks,
    )


def _glimpse(original: Original) -> str:
    texts = [a.shown for a in original.answers if not a.personal and isinstance(a.value, str)]
    line = " ".join(max(texts, key=len, default="").split())
    return line if len(line) <= GLIMPSE else line[: GLIMPSE - 1] + "…"
