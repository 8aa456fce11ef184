"""Coming back with a receipt: read, add a word, say whether it is solved, withdraw."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import date, datetime, time

import msgspec

from pe_core.desk.brief_keys import TAKEN
from pe_core.desk.desk import Desk
from pe_core.desk.epochs import current_epoch
from pe_core.desk.files import CleanFile
from pe_core.desk.sealing import (
    change_state,
    new_id,
    seal_file,
    seal_message,
    seal_reply,
    seal_reply_body,
)
from pe_core.desk.sessions import Visit
from pe_core.desk.timers import (
    close_unattended,
    forget_timer,
    reopen_unattended,
    timer_of,
)
from pe_core.errors import Conflict, NotAllowed, NotFound
from pe_core.model import (
    Author,
    ClosingFellDue,
    FileNote,
    Message,
    MessageAdded,
    MessageId,
    MessageKind,
    Outcome,
    Reply,
    RequestId,
    State,
    WaitingOn,
    WithdrawalAsked,
    WithdrawalFellDue,
)
from pe_core.model.struct import Model
from pe_core.model.week import Week
from pe_core.rules.lifecycle import may_move
from pe_core.rules.receipts import read_receipt
from pe_core.rules.retention import withdrawal_day
from pe_core.store import BriefRow, Change, Delete, In, Insert, ReplyRow, RequestRow, Tell, Update
from pe_core.vault import bucket_of, locator_hash, open_envelope, receipt_keys

TRIES = 16
"""How often an act of the asker is tried when others act on the same request at that moment."""
OVER = (State.CLOSED, State.TRANSFERRED)


class Shown(Model):
    """A reply as it is shown, with the id that *I have read it* sends back."""

    id: str
    reply: Reply


class View(Model):
    """What the asker sees: the state in clear and what was written to them.

    ``helpers`` are the tasks of volunteers who have accepted, whom one may write to; none once
    the request is over, for what was asked of them ended with it.
    """

    state: State
    week: Week
    replies: tuple[Shown, ...]
    waiting_on: WaitingOn | None
    outcome: Outcome | None
    withdrawal_due: date | None
    may_write: bool
    may_withdraw: bool
    asks_solved: bool
    may_reopen: bool
    helpers: tuple[str, ...] = ()


async def come_back(desk: Desk, typed: str) -> tuple[bytes, Visit]:
    """Open a visit for a receipt and return its cookie.

    Raises NotFound: ``core.code.slip`` for what cannot be a receipt, ``core.code.unknown`` for
    unknown, wrong and erased ones, which all make the same look-ups and the same one opening.
    """
    receipt = read_receipt(typed)
    if receipt is None:
        raise NotFound("core.code.slip")
    locator = locator_hash(receipt, desk.identity.salt)
    keys = receipt_keys(receipt, desk.identity.salt)
    found = await desk.store.select(RequestRow, {"locator": locator}, limit=1)
    request = RequestId(found[0].id if found else "")
    replies = await desk.store.select(ReplyRow, {"request": request}, order="number", limit=1)
    visit = Visit(request, keys)
    if replies:
        _open_reply(desk, visit, replies[0])
    else:
        open_envelope(desk.dummy.envelope, desk.dummy.keys, desk.context("reply", "dummy"))
    if not found:
        raise NotFound("core.code.unknown")
    return desk.visits.add(visit), visit


async def look(desk: Desk, visit: Visit) -> View:
    """Return the request's state and replies; notes the day a reply was first opened."""
    row = await _row(desk, visit)
    shown = await read_replies(desk, visit)
    unopened = await desk.store.pick(ReplyRow, ("id",), {"request": visit.request, "opened": None})
    # The way to a helper stays as long as the helper does, read or not; so does a consent.
    lasting = {item.id for item in shown if is_lasting(item.reply)}
    await _note_opened(desk, [reply for (reply,) in unopened if reply not in lasting])
    state = State(row.state)
    notice = _last_notice(shown, state)
    return View(
        state=state,
        week=Week(row.week),
        replies=tuple(item for item in shown if item.reply.text),
        helpers=() if state in OVER else await _helpers(desk, shown),
        waiting_on=notice.waiting_on if notice else None,
        outcome=notice.outcome if notice else None,
        withdrawal_due=await timer_of(desk, WithdrawalFellDue(request=visit.request)),
        may_write=state not in OVER,
        may_withdraw=may_move(state, State.CLOSED, Author.ASKER) and state is not State.RESOLVED,
        asks_solved=state is State.RESOLVED,
        may_reopen=may_move(state, State.TRIAGE, Author.ASKER),
    )


async def read_replies(desk: Desk, visit: Visit) -> tuple[Shown, ...]:
    """Return what was written to the asker, opened with the receipt's keys."""
    rows = await desk.store.select(ReplyRow, {"request": visit.request}, order="number")
    return tuple(Shown(id=reply.id, reply=_open_reply(desk, visit, reply)) for reply in rows)


def is_introduction(reply: Reply) -> bool:
    """Return whether a reply says that somebody helps, and how to write to them."""
    return reply.kind is MessageKind.HELPER and not reply.text


async def _helpers(desk: Desk, shown: Sequence[Shown]) -> tuple[str, ...]:
    """Return the tasks of who still helps: who ended one may not have been able to say so here."""
    briefs = tuple(item.reply.brief for item in shown if is_introduction(item.reply))
    taken = {"id": In(briefs), "state": In([state.value for state in TAKEN])}
    there = {brief for (brief,) in await desk.store.pick(BriefRow, ("id",), taken)}
    return tuple(brief for brief in briefs if brief in there)


def is_lasting(reply: Reply) -> bool:
    """Return whether a reply is more than words that were read, and stays until it is done with."""
    shared = (reply.wish, reply.given, reply.lead)
    return is_introduction(reply) or any(part is not None for part in shared)


async def add_word(desk: Desk, visit: Visit, text: str, files: Sequence[CleanFile] = ()) -> None:
    """Add a word and files for the coordinators; wakes a request that waits for the asker."""
    epoch = await current_epoch(desk, "intake")
    changes: list[Change] = []
    notes: list[FileNote] = []
    for file in files:
        file_id = new_id()
        changes.append(Insert(await seal_file(desk, visit.request, epoch, file_id, file.data)))
        notes.append(FileNote(id=file_id, media_type=file.media_type, size=len(file.data)))
    message = Message(at=desk.now(), author=Author.ASKER, text=text, files=tuple(notes))

    async def word() -> list[Change]:
        return [*changes, *await _word_changes(desk, visit, message)]

    await write_for_asker(desk, word)


async def _word_changes(desk: Desk, visit: Visit, message: Message) -> list[Change]:
    row = await _row(desk, visit)
    if row.state in OVER:
        raise NotAllowed("core.mine.closed")
    changes = await _entry(desk, visit, message)
    return changes + (change_state(row, State.ACTIVE) if row.state == State.WAITING else [])


async def have_read(desk: Desk, visit: Visit, reply_id: str) -> None:
    """Delete the words of a reply that the asker has read.

    What a notice says about the state stays until the next one, without its words.
    """
    row = await desk.store.get(ReplyRow, reply_id)
    if row is None or row.request != visit.request:
        raise NotFound("core.mine.no_such_reply")
    reply = _open_reply(desk, visit, row)
    if is_lasting(reply):
        raise NotFound("core.mine.no_such_reply")
    if reply.kind in (MessageKind.MESSAGE, MessageKind.HELPER):
        await desk.store.write([Delete(ReplyRow, {"id": reply_id})])
    else:
        kept = msgspec.structs.replace(reply, text="")
        await desk.store.write([_sealed_anew(desk, visit, reply_id, kept)])
    await desk.store.shred()


async def say_solved(desk: Desk, visit: Visit, solved: bool, text: str = "") -> None:
    """Answer "we think this is solved": yes closes the request, no reopens it."""
    kind = MessageKind.SOLVED if solved else MessageKind.UNSOLVED
    message = Message(at=desk.now(), author=Author.ASKER, kind=kind, text=text)

    async def answer() -> list[Change]:
        row = await _row(desk, visit)
        if row.state != State.RESOLVED:
            raise NotAllowed("core.mine.not_asked")
        changes = await _entry(desk, visit, message)
        changes.append(forget_timer(ClosingFellDue(request=visit.request)))
        moved = await close_unattended(desk, row) if solved else change_state(row, State.ACTIVE)
        return [*changes, *moved]

    await write_for_asker(desk, answer)


async def reopen(desk: Desk, visit: Visit, text: str = "") -> None:
    """Open a closed request again, while it is still kept."""
    message = Message(at=desk.now(), author=Author.ASKER, kind=MessageKind.UNSOLVED, text=text)

    async def opening() -> list[Change]:
        row = await _row(desk, visit)
        if not may_move(State(row.state), State.TRIAGE, Author.ASKER):
            raise NotAllowed("core.mine.not_closed")
        entry = await _entry(desk, visit, message)
        ended = await _not_ended(desk, visit)
        return [*entry, *ended, *await reopen_unattended(desk, row)]

    await write_for_asker(desk, opening)


async def withdraw(desk: Desk, visit: Visit) -> date:
    """Ask to withdraw: it takes effect on the day returned, unless the asker says keep it.

    A found receipt can write as its owner, so the coordinators are warned and 48 hours pass.
    """
    due = withdrawal_day(desk.now())

    async def asking() -> list[Change]:
        nonlocal due
        row = await _row(desk, visit)
        if not may_move(State(row.state), State.CLOSED, Author.ASKER):
            raise NotAllowed("core.mine.closed")
        waiting = await timer_of(desk, WithdrawalFellDue(request=visit.request))
        if waiting is not None:
            due = waiting
            return []
        # The notice of an earlier one, which took effect, goes.
        stale = [Delete(ReplyRow, {"id": item.id}) for item in await _withdrawals(desk, visit)]
        return [*stale, *await _withdrawal_changes(desk, visit, due)]

    await write_for_asker(desk, asking)
    return due


async def _withdrawal_changes(desk: Desk, visit: Visit, due: date) -> list[Change]:
    kind = MessageKind.WITHDRAWAL
    notice = Reply(at=datetime.combine(due, time(), tzinfo=desk.now().tzinfo), kind=kind)
    entry = await _entry(desk, visit, Message(at=desk.now(), author=Author.ASKER, kind=kind))
    return [
        *entry,
        Insert(await seal_reply(desk, visit.request, visit.keys.public, notice)),
        Tell(WithdrawalAsked(request=visit.request)),
        Tell(WithdrawalFellDue(request=visit.request), due=due),
    ]


async def keep(desk: Desk, visit: Visit) -> None:
    """Take a withdrawal back before it takes effect."""
    message = Message(at=desk.now(), author=Author.ASKER, kind=MessageKind.KEPT)

    async def keeping() -> list[Change]:
        await _row(desk, visit)
        waiting = await _withdrawals(desk, visit)
        if await timer_of(desk, WithdrawalFellDue(request=visit.request)) is None:
            return []
        changes = await _entry(desk, visit, message)
        changes.append(forget_timer(WithdrawalFellDue(request=visit.request)))
        return [*changes, *(Delete(ReplyRow, {"id": item.id}) for item in waiting)]

    await write_for_asker(desk, keeping)


def leave(desk: Desk, cookie: bytes) -> None:
    """End the visit."""
    desk.visits.drop(cookie)


async def write_for_asker(desk: Desk, changes: Callable[[], Awaitable[list[Change]]]) -> None:
    """Write what ``changes`` makes of the request as it stands, and again if it has changed.

    A coordinator, or the same asker in another tab, may add to the thread or move the request
    in this moment; what an asker says must not be lost for that.
    """
    for _ in range(TRIES - 1):
        try:
            return await desk.store.write(await changes())
        except Conflict:
            continue
    await desk.store.write(await changes())


async def _note_opened(desk: Desk, reply_ids: Sequence[str]) -> None:
    today = desk.now().date().toordinal()
    try:
        await desk.store.write([Update(ReplyRow, (i,), {"opened": today}) for i in reply_ids])
    except Conflict:
        # One was deleted from another tab in this moment; the others are noted next time.
        return


async def _row(desk: Desk, visit: Visit) -> RequestRow:
    row = await desk.store.get(RequestRow, visit.request)
    if row is None:
        raise NotFound("core.code.unknown")
    return row


async def _entry(desk: Desk, visit: Visit, message: Message) -> list[Change]:
    epoch = await current_epoch(desk, "intake")
    row = await seal_message(desk, visit.request, epoch, message)
    return [Insert(row), Tell(MessageAdded(request=visit.request, message=MessageId(row.id)))]


def _open_reply(desk: Desk, visit: Visit, row: ReplyRow) -> Reply:
    body = open_envelope(row.body, visit.keys, desk.context("reply", row.id))
    return msgspec.msgpack.decode(body, type=Reply)


async def _not_ended(desk: Desk, visit: Visit) -> list[Change]:
    """Return what takes out of the notices how a request ended that is opened again.

    Should it be closed without a coordinator, it did not end as it had before.
    """
    ended = [item for item in await read_replies(desk, visit) if item.reply.outcome is not None]
    return [
        _sealed_anew(desk, visit, item.id, msgspec.structs.replace(item.reply, outcome=None))
        for item in ended
    ]


def _sealed_anew(desk: Desk, visit: Visit, reply_id: str, reply: Reply) -> Change:
    body = seal_reply_body(desk, visit.keys.public, reply_id, reply)
    return Update(ReplyRow, (reply_id,), {"body": body, "bucket": bucket_of(body)})


async def _withdrawals(desk: Desk, visit: Visit) -> list[Shown]:
    rows = await desk.store.select(ReplyRow, {"request": visit.request}, order="number")
    shown = [Shown(id=row.id, reply=_open_reply(desk, visit, row)) for row in rows]
    return [item for item in shown if item.reply.kind is MessageKind.WITHDRAWAL]


def _last_notice(shown: Iterable[Shown], state: State) -> Reply | None:
    """Return the latest notice about the state that is still the request's."""
    notices = [item.reply for item in shown if item.reply.kind is MessageKind.STATE]
    return notices[-1] if notices and notices[-1].state is state else None
