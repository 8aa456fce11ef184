"""A coordinator's work on requests: list, read, answer, move."""

import asyncio
from collections.abc import Iterable
from datetime import date, timedelta

import msgspec

from pe_core.desk.desk import Desk
from pe_core.desk.epochs import current_epoch, open_grants
from pe_core.desk.moving import move_parts, move_request
from pe_core.desk.sealing import change_state, seal_message, seal_reply
from pe_core.desk.sessions import Session
from pe_core.desk.summaries import (
    change_summary,
    open_original,
    refresh_summaries,
    summary_of,
)
from pe_core.desk.timers import forget_timer
from pe_core.errors import Conflict, NotAllowed, NotFound
from pe_core.model import (
    Author,
    ClosingFellDue,
    FileNote,
    HelpRequest,
    Message,
    MessageId,
    MessageKind,
    Original,
    Outcome,
    Problem,
    Reply,
    ReplySent,
    RequestId,
    State,
    StateChanged,
    Summary,
    WaitingOn,
)
from pe_core.model.struct import Model
from pe_core.model.week import Week, week_of
from pe_core.rules.lifecycle import may_move, move_problems
from pe_core.rules.retention import keep_at_closing, keep_at_submit, withdrawal_day
from pe_core.store import Change, FileRow, Insert, MessageRow, RequestRow, Tell, Update
from pe_core.vault import open_envelope

RESOLVED_FOR = timedelta(days=14)


class Entry(Model):
    """A request in the list; no summary means that this account has no grant to it."""

    id: RequestId
    state: State
    week: Week
    keep_until: Week
    summary: Summary | None
    fresh: bool


class Moving(Model):
    """Where a coordinator moves a request, and what goes with it."""

    to: State
    outcome: Outcome | None = None
    waiting_on: WaitingOn | None = None
    wake: date | None = None
    text: str = ""
    language: str = ""


async def list_requests(desk: Desk, session: Session) -> list[Entry]:
    """Return all requests, newest first, with what this account may know of each."""
    await open_grants(desk, session)
    heads = await desk.store.pick(
        RequestRow, ("id", "state", "week", "keep_until", "epoch", "revision")
    )
    await refresh_summaries(desk, session, [(head[0], head[4], head[5]) for head in heads])
    lengths = await _thread_lengths(desk)
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


async def open_request(desk: Desk, session: Session, request: RequestId) -> HelpRequest:
    """Return one request with its answers and its thread; NotFound also without a grant."""
    row, original = await _open(desk, session, request)
    rows = await desk.store.select(MessageRow, {"request": request}, order="number")
    thread = tuple(
        (MessageId(item.id), _open_message(desk, session, item))
        for item in rows
        if item.epoch in session.epochs
    )
    summary = summary_of(desk, session, row, original)
    if summary.seen < len(rows) or row.summary is None:
        summary = msgspec.structs.replace(summary, seen=len(rows))
        await _note_seen(desk, session, row, summary)
    return HelpRequest(
        id=request,
        state=State(row.state),
        week=Week(row.week),
        keep_until=Week(row.keep_until),
        original=original,
        summary=summary,
        thread=thread,
        withdrawal_due=_withdrawal_due(message for _, message in thread),
    )


async def _note_seen(desk: Desk, session: Session, row: RequestRow, summary: Summary) -> None:
    try:
        await desk.store.write([change_summary(desk, session, row, summary)])
    except Conflict:
        # A colleague changed the summary in this moment: looking is no reason to refuse.
        return


async def open_file(
    desk: Desk, session: Session, request: RequestId, file_id: str
) -> tuple[FileNote, bytes]:
    """Return one file of a request, as the cleaning left it."""
    help_request = await open_request(desk, session, request)
    notes = list(help_request.original.files)
    for _, message in help_request.thread:
        notes.extend(message.files)
    row = await desk.store.get(FileRow, file_id)
    note = next((note for note in notes if note.id == file_id), None)
    if note is None or row is None or row.request != request or row.epoch not in session.epochs:
        raise NotFound("staff.file.not_found")
    context = desk.context("file", file_id)
    keys = session.epochs[row.epoch]
    return note, await asyncio.to_thread(open_envelope, row.body, keys, context)


async def reply(desk: Desk, session: Session, request: RequestId, text: str, language: str) -> None:
    """Answer the asker; a first answer takes a new request into triage."""
    row, original = await _open(desk, session, request)
    if row.state in (State.CLOSED, State.TRANSFERRED):
        raise NotAllowed("staff.request.closed")
    now = desk.now()
    message = Message(at=now, author=Author.STAFF, text=text, language=language, box=session.box)
    answer = Reply(at=now, text=text, language=language)
    epoch = await current_epoch(desk, "intake")
    entry = await seal_message(desk, request, epoch, message)
    summary = summary_of(desk, session, row, original)
    changes: list[Change] = [
        Insert(entry),
        Insert(await seal_reply(desk, request, original.reply_key, answer)),
        Tell(ReplySent(request=request)),
        change_summary(desk, session, row, msgspec.structs.replace(summary, seen=entry.number)),
    ]
    if row.state == State.NEW:
        changes += change_state(row, State.TRIAGE)
    await desk.store.write(changes)


async def move(
    desk: Desk, session: Session, request: RequestId, moving: Moving
) -> tuple[Problem, ...]:
    """Move a request; returns what is missing, or nothing when it is done.

    The asker is told the new state under their receipt, with the text if there is one.
    """
    row, original = await _open(desk, session, request)
    now_state = State(row.state)
    if not may_move(now_state, moving.to, Author.STAFF):
        raise NotAllowed("staff.request.no_such_move")
    wrong = move_problems(
        now_state, moving.to, outcome=moving.outcome, waiting_on=moving.waiting_on, wake=moving.wake
    )
    if wrong:
        return wrong
    epoch = await current_epoch(desk, "intake")
    entry = await seal_message(desk, request, epoch, _entry_of(desk, session, moving))
    notice = await seal_reply(desk, request, original.reply_key, _notice_of(desk, moving))
    summary = msgspec.structs.replace(
        summary_of(desk, session, row, original),
        outcome=moving.outcome,
        waiting_on=moving.waiting_on,
        wake=moving.wake,
        seen=entry.number,
    )
    changes = [
        *await _state_changes(desk, session, row, moving.to, summary),
        Insert(entry),
        Insert(notice),
        *_timers(desk, request, now_state, moving.to),
    ]
    await desk.store.write(changes)
    return ()


async def _state_changes(
    desk: Desk, session: Session, row: RequestRow, to: State, summary: Summary
) -> list[Change]:
    """Return the changes of state and summary; closing and reopening set how long it is kept."""
    week = week_of(desk.now().date())
    if to is State.CLOSED:
        keep_until = keep_at_closing(week, summary.keep_weeks)
    elif row.state == State.CLOSED:
        keep_until = keep_at_submit(week)
    else:
        return [*change_state(row, to), change_summary(desk, session, row, summary)]
    moved = await move_request(desk, session, row, summary, keep_until)
    parts = await move_parts(desk, session, row, keep_until)
    if moved is None:
        summary_change = change_summary(desk, session, row, summary)
        return [*parts, *change_state(row, to, keep_until), summary_change]
    values = {**moved, "state": to.value, "keep_until": keep_until}
    expect = {"state": row.state, "revision": row.revision}
    return [
        *parts,
        Update(RequestRow, (row.id,), values, expect=expect),
        Tell(StateChanged(request=RequestId(row.id), state=to)),
    ]


def _entry_of(desk: Desk, session: Session, moving: Moving) -> Message:
    return Message(
        at=desk.now(),
        author=Author.STAFF,
        kind=MessageKind.STATE,
        text=moving.text,
        language=moving.language,
        box=session.box,
        state=moving.to,
        outcome=moving.outcome,
        waiting_on=moving.waiting_on,
    )


def _notice_of(desk: Desk, moving: Moving) -> Reply:
    return Reply(
        at=desk.now(),
        kind=MessageKind.STATE,
        text=moving.text,
        language=moving.language,
        state=moving.to,
        waiting_on=moving.waiting_on,
        outcome=moving.outcome,
    )


def _timers(desk: Desk, request: RequestId, now_state: State, to: State) -> list[Change]:
    closing = ClosingFellDue(request=request)
    if to is State.RESOLVED:
        return [Tell(closing, due=(desk.now() + RESOLVED_FOR).date())]
    return [forget_timer(closing)] if now_state is State.RESOLVED else []


async def _open(desk: Desk, session: Session, request: RequestId) -> tuple[RequestRow, Original]:
    await open_grants(desk, session)
    row = await desk.store.get(RequestRow, request)
    if row is None or row.epoch not in session.epochs:
        raise NotFound("staff.request.not_found")
    return row, open_original(desk, session.epochs[row.epoch], row)


def _open_message(desk: Desk, session: Session, row: MessageRow) -> Message:
    keys = session.epochs[row.epoch]
    body = open_envelope(row.body, keys, desk.context("message", row.id))
    return msgspec.msgpack.decode(body, type=Message)


async def _thread_lengths(desk: Desk) -> dict[str, int]:
    lengths: dict[str, int] = {}
    for request, number in await desk.store.pick(MessageRow, ("request", "number")):
        lengths[request] = max(lengths.get(request, 0), number)
    return lengths


def _withdrawal_due(thread: Iterable[Message]) -> date | None:
    asked: date | None = None
    for message in thread:
        if message.kind is MessageKind.WITHDRAWAL:
            asked = withdrawal_day(message.at)
        elif message.kind is MessageKind.KEPT:
            asked = None
    return asked


def _newest_first(entry: Entry) -> tuple[int, float, str]:
    submitted = entry.summary.submitted.timestamp() if entry.summary else 0.0
    return (-entry.week, -submitted, entry.id)
