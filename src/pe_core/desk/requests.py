"""A coordinator's work on requests: read, answer, move."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import takewhile

import msgspec

from pe_core.desk.desk import Desk
from pe_core.desk.epochs import current_epoch
from pe_core.desk.looking import find_request, note_look, note_opening, open_message
from pe_core.desk.moving import keep_changes
from pe_core.desk.offering import ending_changes, helpers_of
from pe_core.desk.reminding import ring_people
from pe_core.desk.sealing import change_state, seal_message, seal_reply
from pe_core.desk.sessions import Session
from pe_core.desk.summaries import change_summary, open_original, summary_of, take_in
from pe_core.desk.timers import forget_timer, timer_of
from pe_core.desk.trail import record
from pe_core.desk.working import OVER, Work, past, take_up
from pe_core.errors import Conflict, NotAllowed, NotFound
from pe_core.model import (
    Author,
    ClosingFellDue,
    FileNote,
    HelpRequest,
    Message,
    MessageId,
    MessageKind,
    Outcome,
    Problem,
    Reply,
    ReplySent,
    RequestId,
    State,
    Summary,
    WaitingOn,
    WithdrawalFellDue,
)
from pe_core.model.struct import Model
from pe_core.model.trail import Act
from pe_core.model.week import Week, week_of
from pe_core.rules.lifecycle import may_move, move_problems
from pe_core.rules.retention import keep_at_closing, keep_at_submit
from pe_core.store import Change, FileRow, Insert, MessageRow, RequestRow, Tell
from pe_core.vault import open_envelope

RESOLVED_FOR = timedelta(days=14)


class Moving(Model):
    """Where a coordinator moves a request, and what goes with it."""

    to: State
    outcome: Outcome | None = None
    waiting_on: WaitingOn | None = None
    wake: date | None = None
    text: str = ""
    language: str = ""


async def open_request(desk: Desk, session: Session, request: RequestId) -> HelpRequest:
    """Return one request with its answers and its thread; NotFound also without a grant.

    The trail knows of it first, once an hour; TooMany when this account opens too many.
    """
    row = await find_request(desk, session, request)
    await note_opening(desk, session, request)
    note_look(desk, session, request)
    original = open_original(desk, session.epochs[row.epoch], row)
    rows = await desk.store.select(MessageRow, {"request": request}, order="number")
    opened = {
        item.number: (MessageId(item.id), open_message(desk, session, item))
        for item in rows
        if item.epoch in session.epochs
    }
    stored = summary_of(desk, session, row, original)
    summary = _looked_at(stored, [item.number for item in rows], opened)
    if summary != stored or row.summary is None:
        await _note_seen(desk, session, row, summary)
    thread = tuple(opened.values())
    return HelpRequest(
        id=request,
        state=State(row.state),
        week=Week(row.week),
        keep_until=Week(row.keep_until),
        original=original,
        summary=summary,
        thread=thread,
        withdrawal_due=await timer_of(desk, WithdrawalFellDue(request=request)),
    )


async def open_file(
    desk: Desk, session: Session, request: RequestId, file_id: str
) -> tuple[FileNote, bytes]:
    """Return one file of a request, as the cleaning left it; the trail knows of each."""
    help_request = await open_request(desk, session, request)
    notes = list(help_request.original.files)
    for _, message in help_request.thread:
        notes.extend(message.files)
    row = await desk.store.get(FileRow, file_id)
    note = next((note for note in notes if note.id == file_id), None)
    if note is None or row is None or row.request != request or row.epoch not in session.epochs:
        raise NotFound("staff.file.not_found")
    await record(desk, session.box, Act.FILE_OPENED, request)
    context = desk.context("file", file_id)
    keys = session.epochs[row.epoch]
    return note, await asyncio.to_thread(open_envelope, row.body, keys, context)


async def reply(desk: Desk, session: Session, request: RequestId, text: str, language: str) -> None:
    """Answer the asker; a first answer takes a new request into triage."""
    work = await take_up(desk, session, request)
    if work.state in OVER:
        raise NotAllowed("staff.request.closed")
    now = desk.now()
    message = Message(at=now, author=Author.STAFF, text=text, language=language, box=session.box)
    answer = Reply(at=now, text=text, language=language)
    epoch = await current_epoch(desk, "intake")
    entry = await seal_message(desk, request, epoch, message)
    summary = _answered(work.summary, entry.number)
    changes: list[Change] = [
        Insert(entry),
        Insert(await seal_reply(desk, request, work.original.reply_key, answer)),
        Tell(ReplySent(request=request)),
        change_summary(desk, session, work.row, summary),
    ]
    if work.state is State.NEW:
        changes += change_state(work.row, State.TRIAGE)
    await record(desk, session.box, Act.REPLIED, request, changes)


async def move(
    desk: Desk, session: Session, request: RequestId, moving: Moving
) -> tuple[Problem, ...]:
    """Move a request; returns what is missing, or nothing when it is done.

    The asker is told the new state under their receipt, with the text if there is one. Whose
    task ends with the request is rung.
    """
    work = await take_up(desk, session, request)
    if not may_move(work.state, moving.to, Author.STAFF):
        raise NotAllowed("staff.request.no_such_move")
    wrong = move_problems(
        work.state,
        moving.to,
        outcome=moving.outcome,
        waiting_on=moving.waiting_on,
        wake=moving.wake,
    )
    if wrong:
        return wrong
    epoch = await current_epoch(desk, "intake")
    entry = await seal_message(desk, request, epoch, _entry_of(desk, session, moving))
    notice = await seal_reply(desk, request, work.original.reply_key, _notice_of(desk, moving))
    over = moving.to in (State.RESOLVED, State.CLOSED)
    helpers = await helpers_of(desk, session, request) if over else []
    changes = [
        *await _state_changes(desk, session, work, moving, entry.number),
        *(await ending_changes(desk, session, request) if over else ()),
        Insert(entry),
        Insert(notice),
        *_timers(desk, request, work.state, moving.to),
    ]
    await record(desk, session.box, Act.MOVED, request, changes)
    await ring_people(desk, session, helpers)
    return ()


def _looked_at(
    summary: Summary, numbers: Sequence[int], opened: Mapping[int, tuple[MessageId, Message]]
) -> Summary:
    """Return a summary that knows of a thread, up to an entry that this account cannot open."""
    untaken = (number for number in numbers if number > summary.taken)
    entries = [(number, opened[number][1]) for number in takewhile(opened.__contains__, untaken)]
    seen = max(numbers, default=summary.seen)
    return msgspec.structs.replace(take_in(summary, entries), seen=seen)


async def _note_seen(desk: Desk, session: Session, row: RequestRow, summary: Summary) -> None:
    try:
        await desk.store.write([change_summary(desk, session, row, summary)])
    except Conflict:
        # A colleague changed the summary in this moment: looking is no reason to refuse.
        return


def _answered(summary: Summary, number: int) -> Summary:
    """Return the summary of a request whose asker waits for nothing any more."""
    return msgspec.structs.replace(past(summary, number), awaiting=None)


async def _state_changes(
    desk: Desk, session: Session, work: Work, moving: Moving, number: int
) -> list[Change]:
    """Return the changes of state and summary; closing and reopening set how long it is kept."""
    over = moving.to in (State.RESOLVED, State.CLOSED)
    answered = over or bool(moving.text)
    known = _answered(work.summary, number) if answered else past(work.summary, number)
    summary = msgspec.structs.replace(
        known, outcome=moving.outcome, waiting_on=moving.waiting_on, wake=moving.wake
    )
    week = week_of(desk.now().date())
    if moving.to is State.CLOSED:
        keep_until = keep_at_closing(week, summary.keep_weeks)
    elif work.state is State.CLOSED:
        keep_until = keep_at_submit(week)
    else:
        stored = change_summary(desk, session, work.row, summary)
        return [*change_state(work.row, moving.to), stored]
    return await keep_changes(desk, session, work.row, summary, keep_until, moving.to)


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
