"""Summaries: the compact form of each request, sealed in the symmetric lane of its epoch.

The original beside it is never touched. Opening one costs microseconds, so the list and the
search work on all of them in an unlocked session, and nothing needs an index on disk.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import takewhile
from operator import itemgetter

import msgspec

from pe_core.desk.desk import Desk
from pe_core.desk.sessions import Session
from pe_core.errors import Conflict, EnvelopeRefused
from pe_core.model import (
    Author,
    Message,
    MessageKind,
    Original,
    RequestId,
    State,
    Summary,
)
from pe_core.rules.search import fold_words
from pe_core.store import Change, In, MessageRow, RequestRow, Update
from pe_core.vault import Keys, open_envelope, open_symmetric, seal_symmetric

GLIMPSE = 80
"""Characters of the asker's own words that the list shows."""
BATCH = 200
FEW = 1_000
NONSENSE = (EnvelopeRefused, ValueError, RecursionError)
"""What opening raises for bytes that none of ours wrote: whoever has the disk can seal anything
to a public key, and that must not close the list to everybody."""


Part = tuple[str, str, int, str]
"""An entry of a thread, closed: its id, its request, its number and its epoch."""


async def refresh_summaries(
    desk: Desk,
    session: Session,
    heads: Iterable[tuple[str, str, int]],
    parts: Iterable[Part],
) -> frozenset[str]:
    """Open what changed since this session last looked; return the ids left for the next look.

    ``heads`` are (id, epoch, revision) of requests, ``parts`` the entries of their threads.
    Only those that are not in the summaries yet are opened, and taken in. Left is what a
    colleague changed in this very moment.
    """
    left = await _refresh(desk, session, heads)
    untaken = _untaken(session, parts)
    ids = list(untaken)
    for start in range(0, len(ids), BATCH):
        left += await _take_in(
            desk, session, {request: untaken[request] for request in ids[start : start + BATCH]}
        )
    return frozenset(left)


async def _refresh(
    desk: Desk, session: Session, heads: Iterable[tuple[str, str, int]]
) -> list[str]:
    stale = {
        request
        for request, epoch, revision in heads
        if epoch in session.epochs and not _is_known(session, request, revision)
    }
    if not stale:
        return []
    # Above some number, reading all of them once is quicker than finding each.
    where = {"id": In(tuple(stale))} if len(stale) < FEW else {}
    rows = await desk.store.pick(RequestRow, ("id", "epoch", "revision", "summary"), where)
    wanted = [row for row in rows if row[0] in stale]
    missing = await asyncio.to_thread(_open_known, desk, session, wanted)
    left: list[str] = []
    for start in range(0, len(missing), BATCH):
        left += await _make_missing(desk, session, missing[start : start + BATCH])
    return left


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
        try:
            opened = open_symmetric(summary, key=key, context=desk.context("summary", request))
            session.summaries[RequestId(request)] = decode(opened)
        except NONSENSE:
            missing.append(request)  # any member can forge one; it is made anew
    return missing


async def _make_missing(desk: Desk, session: Session, requests: Sequence[str]) -> Sequence[str]:
    rows = await desk.store.select(RequestRow, {"id": In(tuple(requests))})
    changes, summaries = await asyncio.to_thread(_make, desk, session, rows)
    try:
        await desk.store.write(changes)
    except Conflict:
        # A colleague made them in this moment; the next look opens theirs.
        return requests
    session.summaries.update(summaries)
    return ()


def _make(
    desk: Desk, session: Session, rows: Sequence[RequestRow]
) -> tuple[list[Change], dict[RequestId, Summary]]:
    changes: list[Change] = []
    summaries: dict[RequestId, Summary] = {}
    for row in rows:
        try:
            summary = _first(row, open_original(desk, session.epochs[row.epoch], row))
        except NONSENSE:
            continue  # it counts among those that this account cannot open
        changes.append(change_summary(desk, session, row, summary))
        numbered = msgspec.structs.replace(summary, revision=row.revision + 1)
        summaries[RequestId(row.id)] = numbered
    return changes, summaries


def take_in(summary: Summary, entries: Iterable[tuple[int, Message | None]]) -> Summary:
    """Return a summary that knows of further entries: (number, entry), in order.

    The asker's words join what search looks through. Whoever spoke last decides whether the
    asker waits for us, and they wait since the first word that we left unanswered. An entry
    that does not open is None: it counts as taken, and says nothing.
    """
    awaiting, taken = summary.awaiting, summary.taken
    texts = []
    for number, message in entries:
        taken = max(taken, number)
        if message is None:
            continue
        if message.author is Author.ASKER:
            texts.append(message.text)
        if _asks(message):
            # "It is not solved" begins anew: it comes only after we had said that it is.
            anew = awaiting is None or message.kind is MessageKind.UNSOLVED
            awaiting = message.at if anew else awaiting
        elif _answers(message):
            awaiting = None
    words = fold_words(texts, summary.words) if texts else summary.words
    return msgspec.structs.replace(summary, awaiting=awaiting, taken=taken, words=words)


def _asks(message: Message) -> bool:
    kinds = (MessageKind.MESSAGE, MessageKind.UNSOLVED)
    return message.author is Author.ASKER and message.kind in kinds


def _answers(message: Message) -> bool:
    """Return whether the asker was told something, or asks for nothing more."""
    if message.author is Author.ASKER:
        return message.kind is MessageKind.SOLVED
    if message.kind is MessageKind.MESSAGE:
        return message.author is Author.STAFF
    ended = message.state in (State.RESOLVED, State.CLOSED)
    return message.kind is MessageKind.STATE and (bool(message.text) or ended)


def _untaken(session: Session, parts: Iterable[Part]) -> dict[str, list[Part]]:
    """Return the entries to take in by request, in order, up to one this account cannot open."""
    found: dict[str, list[Part]] = {}
    for part in parts:
        summary = session.summaries.get(RequestId(part[1]))
        if summary is not None and part[2] > summary.taken:
            found.setdefault(part[1], []).append(part)
    untaken = {}
    for request, new in found.items():
        new.sort(key=itemgetter(2))
        openable = list(takewhile(lambda part: part[3] in session.epochs, new))
        if openable:
            untaken[request] = openable
    return untaken


async def _take_in(
    desk: Desk, session: Session, untaken: Mapping[str, Sequence[Part]]
) -> Sequence[str]:
    ids = tuple(part[0] for parts in untaken.values() for part in parts)
    bodies = dict(await desk.store.pick(MessageRow, ("id", "body"), {"id": In(ids)}))
    rows = await desk.store.select(RequestRow, {"id": In(tuple(untaken))})
    known = [row for row in rows if _is_known(session, row.id, row.revision)]
    changes, summaries = await asyncio.to_thread(_taken, desk, session, known, untaken, bodies)
    try:
        await desk.store.write(changes)
    except Conflict:
        # A colleague took them in, or changed a summary, in this moment; the next look does it.
        return tuple(untaken)
    session.summaries.update(summaries)
    return tuple(untaken.keys() - {row.id for row in known})


def _taken(
    desk: Desk,
    session: Session,
    rows: Sequence[RequestRow],
    untaken: Mapping[str, Sequence[Part]],
    bodies: Mapping[str, bytes],
) -> tuple[list[Change], dict[RequestId, Summary]]:
    changes: list[Change] = []
    summaries: dict[RequestId, Summary] = {}
    for row in rows:
        entries = [
            (number, _open_entry(desk, session.epochs[epoch], entry, bodies.get(entry)))
            for entry, _, number, epoch in untaken[row.id]
        ]
        summary = take_in(session.summaries[RequestId(row.id)], entries)
        changes.append(change_summary(desk, session, row, summary))
        numbered = msgspec.structs.replace(summary, revision=row.revision + 1)
        summaries[RequestId(row.id)] = numbered
    return changes, summaries


def _open_entry(desk: Desk, keys: Keys, entry: str, body: bytes | None) -> Message | None:
    if body is None:
        return None
    try:
        opened = open_envelope(body, keys, desk.context("message", entry))
        return msgspec.msgpack.decode(opened, type=Message)
    except NONSENSE:
        return None


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
        words=fold_words(_texts(original)),
        awaiting=original.submitted,
    )


def _texts(original: Original) -> Iterator[str]:
    """Yield what was typed or chosen, personal answers too: the summary is sealed."""
    yield original.title
    for answer in original.answers:
        if isinstance(answer.value, str | list):
            yield answer.shown


def _glimpse(original: Original) -> str:
    texts = [a.shown for a in original.answers if not a.personal and isinstance(a.value, str)]
    line = " ".join(max(texts, key=len, default="").split())
    return line if len(line) <= GLIMPSE else line[: GLIMPSE - 1] + "…"
