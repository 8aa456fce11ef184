"""Begin a conversation with a peer, and do what one of its two sides may do in it.

Each act is one transaction: the letter, the state, the request that it is about, the trail.
"""

import hashlib
from collections.abc import Awaitable, Callable, Sequence

import msgspec

from pe_core.desk.desk import Desk, here_and_now, today_of
from pe_core.desk.sealing import change_state, id_of, new_id
from pe_core.desk.sessions import Session
from pe_core.desk.timers import timer_of
from pe_core.desk.trail import record, record_each
from pe_core.desk.working import OVER, note_work, take_up
from pe_core.errors import Conflict, NotAllowed
from pe_core.model import (
    Author,
    Message,
    MessageKind,
    RequestId,
    State,
    WithdrawalFellDue,
)
from pe_core.model import trail as trails
from pe_core.model.peer import Kind, PeerCode, ThreadId
from pe_core.model.referral import (
    BODIES,
    Answer,
    Body,
    Close,
    Decline,
    Refer,
    Referral,
    ReferralState,
    Side,
)
from pe_core.network.bodies import decode_body, encode_body
from pe_core.network.consenting import check_consent
from pe_core.network.erasing import take_back
from pe_core.network.posting import post, post_parts
from pe_core.network.preparing import Prepared
from pe_core.network.threads import (
    CASES,
    ReferralView,
    change_referral,
    new_referral,
    read_referral,
    read_referrals,
)
from pe_core.rules.referring import (
    ASKS_A_DAY,
    Act,
    answer_day,
    first_state,
    step,
)
from pe_core.store import Change, In, IncomingRow, Insert, ReferralRow, Update

TRACE = "referral"
"""Before the id of a conversation in the trail."""


async def begin(
    desk: Desk,
    session: Session,
    prepared: Prepared,
    *,
    press: str = "",
    request: RequestId | None = None,
    parent: ThreadId | None = None,
) -> ThreadId:
    """Send the bytes that were prepared, and begin a conversation with them; returns its id.

    Files that go along follow in letters of their own, in the same transaction. ``press`` names
    the page that was pressed: pressed twice it sends once. Raises NotAllowed as ``post`` does,
    and for a request that is over; Conflict where the asker's consent has changed since.
    """
    thread = _thread_of(press, prepared)

    async def write() -> None:
        changes = await _beginning(desk, session, thread, prepared, request, parent)
        if request is None:
            await record(desk, session.box, trails.Act.REFERRAL_BEGUN, trace_of(thread), changes)
        else:
            await _begin_about(desk, session, request, prepared, changes)

    await _once(desk, [thread], write)
    return thread


async def begin_all(
    desk: Desk, session: Session, prepared: Sequence[Prepared], *, press: str = ""
) -> list[ThreadId]:
    """Begin a conversation with each of several peers, with all of them or with none.

    Raises as ``begin`` does.
    """
    threads = [_thread_of(press, one) for one in prepared]

    async def write() -> None:
        changes: list[Change] = []
        for thread, one in zip(threads, prepared, strict=True):
            changes += await _beginning(desk, session, thread, one)
        traces = [trace_of(thread) for thread in threads]
        await record_each(desk, session.box, trails.Act.REFERRAL_BEGUN, traces, changes)

    await _once(desk, threads, write)
    return threads


def _thread_of(press: str, prepared: Prepared) -> ThreadId:
    """Return what a conversation is called: pressed again, the same bytes to a peer are the same.

    Nobody who does not know ``press`` finds anything in it.
    """
    if not press:
        return ThreadId(new_id())
    named = f"{press} {prepared.peer} {prepared.digest}"
    return ThreadId(id_of(hashlib.sha256(named.encode()).digest()[:16]))


async def _once(
    desk: Desk, threads: Sequence[ThreadId], write: Callable[[], Awaitable[None]]
) -> None:
    """Begin conversations, unless another press of the same page has begun them."""
    if await _have_begun(desk, threads):
        return
    try:
        await write()
    except Conflict:
        if not await _have_begun(desk, threads):
            raise


async def _have_begun(desk: Desk, threads: Sequence[ThreadId]) -> bool:
    return await desk.store.count(ReferralRow, {"id": In(threads)}) == len(threads)


async def _beginning(
    desk: Desk,
    session: Session,
    thread: ThreadId,
    prepared: Prepared,
    request: RequestId | None = None,
    parent: ThreadId | None = None,
) -> list[Change]:
    """Return the changes that begin a conversation: its row, the letter, files that go along."""
    kind = prepared.kind
    body = Referral(
        kind=kind,
        side=Side.SENDER,
        at=here_and_now(desk),
        by=session.box,
        urgent=prepared.urgent,
        parent=parent,
    )
    row = await new_referral(
        desk,
        thread,
        prepared.peer,
        body,
        first_state(kind),
        request=request,
        due=prepared.due,
    )
    letter = await post(
        desk, session, prepared.peer, kind, thread, prepared.raw, about_case=kind in CASES
    )
    parts = await post_parts(desk, session, prepared.peer, thread, prepared.files)
    return [Insert(row), *letter, *parts]


async def answer(
    desk: Desk, session: Session, thread: ThreadId, body: Answer, revision: int | None = None
) -> None:
    """Say something in a conversation; NotAllowed where the state does not allow it.

    Of the asks of one peer no more than twenty are answered in a day.
    """
    view = await _at(desk, session, thread, revision)
    after = may_do(view, Act.ANSWER)
    known = view.body
    if known.kind is Kind.ASK and not view.is_ours and known.answered is None:
        await _check_asks(desk, session, view.peer)
    if not view.is_ours and known.answered is None:
        known = msgspec.structs.replace(known, answered=today_of(desk))
    due = _due_after(desk, view, after)
    await _write(desk, session, view, known, after, body, trails.Act.REFERRAL_ANSWERED, due=due)


async def decline(
    desk: Desk, session: Session, thread: ThreadId, body: Decline, revision: int | None = None
) -> None:
    """Say no, with a reason; what was sent about somebody is erased here with it."""
    view = await _at(desk, session, thread, revision)
    after = may_do(view, Act.DECLINE)
    erased = await forget_letters(desk, view) if view.body.kind in CASES else []
    await _write(desk, session, view, view.body, after, body, trails.Act.REFERRAL_DECLINED, erased)
    if erased:
        await desk.store.shred()


async def close(
    desk: Desk, session: Session, thread: ThreadId, body: Close, revision: int | None = None
) -> None:
    """End a conversation in which nothing more is awaited."""
    view = await _at(desk, session, thread, revision)
    after = may_do(view, Act.CLOSE)
    await _write(desk, session, view, view.body, after, body, trails.Act.REFERRAL_CLOSED)


async def revoke(desk: Desk, session: Session, thread: ThreadId) -> None:
    """Take back what we sent: it is erased here now, and there as soon as their server hears."""
    view = await read_referral(desk, session, thread)
    may_do(view, Act.REVOKE)
    changes = await take_back(desk, view.row)
    await record(desk, session.box, trails.Act.REFERRAL_REVOKED, trace_of(thread), changes)
    await desk.store.shred()


async def wait_on(desk: Desk, session: Session, thread: ThreadId) -> None:
    """Give a peer as long again for its answer, when the time is over."""
    view = await read_referral(desk, session, thread)
    state = may_do(view, Act.WAIT)
    due = answer_day(here_and_now(desk), view.body.urgent)
    values = {"due": due.toordinal()}
    change = await change_referral(desk, view, view.body, state, **values)
    await record(desk, session.box, trails.Act.REFERRAL_EXTENDED, trace_of(thread), [change])


def may_do(view: ReferralView, act: Act) -> ReferralState:
    """Return where an act of ours leads; NotAllowed with the reason where it is not possible."""
    after = step(view.body.kind, view.body.side, view.state, act)
    if not isinstance(after, ReferralState):
        raise NotAllowed(f"staff.referrals.{after.value}")
    return after


def trace_of(thread: str) -> str:
    """Return how the trail names a conversation."""
    return f"{TRACE}/{thread}"


async def forget_letters(desk: Desk, view: ReferralView) -> list[Change]:
    """Return the changes that erase here what a peer sent about somebody."""
    where = {"thread": view.id, "peer": view.peer}
    names = await desk.store.pick(IncomingRow, ("id",), where)
    return [Update(IncomingRow, (view.peer, name), {"body": None}) for (name,) in names]


async def _begin_about(
    desk: Desk,
    session: Session,
    request: RequestId,
    prepared: Prepared,
    changes: Sequence[Change],
) -> None:
    """Write the beginning of a conversation with an entry in the thread of its request.

    The asker may have taken their consent back since the letter was put together: it is looked
    at once more, and whoever writes into the thread from then on makes this a Conflict.
    """
    work = await take_up(desk, session, request)
    if work.state in (*OVER, State.RESOLVED):
        raise NotAllowed("staff.refer.closed")
    if await timer_of(desk, WithdrawalFellDue(request=request)) is not None:
        raise NotAllowed("staff.refer.withdrawing")
    body = decode_body(prepared.kind, prepared.raw)
    last = None
    if prepared.kind is Kind.TRANSFER:
        await _check_alone(desk, session, request)
    if isinstance(body, Refer):
        last = await check_consent(desk, session, work, body.consent)
    moved = change_state(work.row, State.TRIAGE) if work.state is State.NEW else []
    entry = Message(
        at=desk.now(),
        author=Author.STAFF,
        kind=MessageKind.SENT_ON,
        box=session.box,
        peer=prepared.peer,
    )
    act, all_changes = trails.Act.REFERRAL_BEGUN, [*changes, *moved]
    await note_work(desk, session, work, entry, act, changes=all_changes, last=last)


async def _check_alone(desk: Desk, session: Session, request: RequestId) -> None:
    """Raise NotAllowed while an embassy that was asked to take a request may still do so.

    Of two that took it, one would have a case whose asker never hears where it went.
    """
    for view in await read_referrals(desk, session, request):
        may_take = view.state is ReferralState.WAITING and view.body.kind is Kind.TRANSFER
        if may_take and view.is_ours:
            raise NotAllowed("staff.refer.transfer_waits")


async def _at(desk: Desk, session: Session, thread: ThreadId, revision: int | None) -> ReferralView:
    """Return a conversation as the page showed it; NotAllowed if something has come since."""
    view = await read_referral(desk, session, thread)
    if revision is not None and revision != view.row.revision:
        raise NotAllowed("staff.referrals.changed")
    return view


async def _write(
    desk: Desk,
    session: Session,
    view: ReferralView,
    known: Referral,
    after: ReferralState,
    body: Body,
    act: trails.Act,
    more: Sequence[Change] = (),
    *,
    due: int = 0,
) -> None:
    changes = await letter_changes(desk, session, view, known, after, body, due=due)
    await record(desk, session.box, act, trace_of(view.id), [*changes, *more])


async def letter_changes(
    desk: Desk,
    session: Session,
    view: ReferralView,
    known: Referral,
    after: ReferralState,
    body: Body,
    *,
    due: int = 0,
    **values: object,
) -> list[Change]:
    """Return the changes that post a letter in a conversation and move it on.

    It names the last letter of the peer that was looked at, so that the peer knows what was not.
    """
    kind = next(kind for kind, carried in BODIES.items() if carried is type(body))
    letter = await post(
        desk,
        session,
        view.peer,
        kind,
        view.id,
        encode_body(body),
        answers=view.body.taken_in[-1] if view.body.taken_in else "",
        about_case=view.body.kind in CASES,
    )
    return [*letter, await change_referral(desk, view, known, after, due=due, **values)]


def _due_after(desk: Desk, view: ReferralView, after: ReferralState) -> int:
    if after is not ReferralState.WAITING:
        return 0
    return answer_day(here_and_now(desk), view.body.urgent).toordinal()


async def _check_asks(desk: Desk, session: Session, peer: PeerCode) -> None:
    today = today_of(desk)
    answered = [
        view
        for view in await read_referrals(desk, session)
        if view.peer == peer and view.body.kind is Kind.ASK and view.body.answered == today
    ]
    if len(answered) >= ASKS_A_DAY:
        raise NotAllowed("staff.referrals.enough_asks")
