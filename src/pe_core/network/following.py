"""What a letter of a peer moves: its conversation, and the request of ours that it is about."""

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from pe_core.desk.desk import Desk, here_and_now
from pe_core.desk.epochs import current_epoch
from pe_core.desk.moving import keep_changes
from pe_core.desk.offering import ending_changes, helpers_of
from pe_core.desk.reminding import ring_people
from pe_core.desk.sealing import seal_message, seal_reply
from pe_core.desk.sessions import Session
from pe_core.desk.trail import record
from pe_core.desk.working import Work, past, take_up
from pe_core.errors import NotAllowed, NotFound
from pe_core.model import Author, Box, Message, MessageKind, Reply, RequestId, State
from pe_core.model import trail as trails
from pe_core.model.consent import Lead
from pe_core.model.peer import Kind, PeerCode
from pe_core.model.referral import (
    Accept,
    Ask,
    Body,
    Consult,
    Refer,
    Referral,
    ReferralState,
    Return,
    Side,
)
from pe_core.model.week import Week, week_of
from pe_core.network.bodies import decode_body
from pe_core.network.erasing import stop_sending
from pe_core.network.knowing import read_peer
from pe_core.network.referring import trace_of
from pe_core.network.threads import (
    CASES,
    FIRST_WEEK,
    ReferralView,
    change_referral,
    keep_until,
    new_referral,
)
from pe_core.network.wire import Letter
from pe_core.rules.lifecycle import may_move
from pe_core.rules.referring import ACT_OF, LASTING, answer_day, first_state, follow, keeps, other
from pe_core.rules.retention import keep_at_closing, keep_at_submit
from pe_core.store import (
    Change,
    Delete,
    IncomingRow,
    Insert,
    ReferralNoteRow,
    ReplyRow,
    RequestRow,
    Update,
)

MOST = 500
"""Letters of a peer that move one conversation; later ones are only shown."""
_ENDED = (ReferralState.DECLINED, ReferralState.RETURNED, ReferralState.CLOSED)
"""Where a peer leaves a conversation that hears no more of us."""


async def begin_theirs(desk: Desk, session: Session, letter: Letter) -> None:
    """Note a conversation that a peer began; Conflict if a colleague was faster."""
    body = decode_body(letter.kind, letter.body)
    known = Referral(
        kind=letter.kind,
        side=Side.RECEIVER,
        at=_moment(desk, letter),
        urgent=isinstance(body, Consult | Refer | Ask) and body.urgent,
        taken_in=(letter.id,),
    )
    due = body.answer_by if isinstance(body, Consult | Refer | Ask) else None
    row = await new_referral(
        desk,
        letter.thread,
        letter.sender,
        known,
        first_state(letter.kind),
        due=due,
        at_least=await _kept_until(desk, letter),
    )
    await _note(desk, session, letter, [Insert(row)])


async def go_on(desk: Desk, session: Session, view: ReferralView, letter: Letter) -> bool:
    """Let a letter move a conversation on, if it is its turn; else it is only read.

    What came too late to be kept here is erased. Returns False, and changes nothing, where this
    account cannot open the request, or all of it: a colleague's look does it. Raises Conflict if
    one was faster.
    """
    body = decode_body(letter.kind, letter.body)
    heard = await _heard(desk, view, letter)
    led = await _led(desk, view, letter, heard)
    after = led or view.state
    taken = (*view.body.taken_in, letter.id)
    known = msgspec.structs.replace(view.body, taken_in=taken)
    if led in _ENDED:
        known = msgspec.structs.replace(known, heard=heard)
    more: list[Change] = []
    helpers: list[Box] = []
    if led and view.request is not None and view.is_ours:
        try:
            if isinstance(body, Accept):  # Before it ends; they are rung once it is written.
                helpers = await helpers_of(desk, session, view.request)
            known, more = await _about_request(desk, session, view, known, body)
        except (NotFound, NotAllowed):
            return False
    due = _due(desk, view) if after is ReferralState.WAITING else 0
    kept = max(view.row.keep_until, await _kept_until(desk, letter))
    week = keep_until(desk, view.body.kind, Week(kept))
    change = await change_referral(desk, view, known, after, due=due, keep_until=week)
    gone = await _unsent(desk, view, after)
    if not keeps(view.body.kind, view.body.side, after):
        gone.append(Update(IncomingRow, (view.peer, letter.id), {"body": None}))
    await _note(desk, session, letter, [change, *more, *gone])
    await ring_people(desk, session, helpers if more else [])
    if gone:
        await desk.store.shred()
    return True


async def _kept_until(desk: Desk, letter: Letter) -> Week:
    """Return the last week of a letter's row: its sender said of how much use it is."""
    where = {"peer": letter.sender, "id": letter.id}
    rows = await desk.store.pick(IncomingRow, ("keep_until",), where, limit=1)
    return Week(rows[0][0]) if rows else FIRST_WEEK


def _due(desk: Desk, view: ReferralView) -> int:
    """Return the last day for an answer; a question that is asked on gives as long again."""
    return view.row.due or answer_day(here_and_now(desk), view.body.urgent).toordinal()


async def _heard(desk: Desk, view: ReferralView, letter: Letter) -> int | None:
    """Return the number of our last letter that was read before this one, None if unknown."""
    note = await desk.store.get(ReferralNoteRow, letter.answers) if letter.answers else None
    return note.number if note is not None and note.referral == view.id else None


async def _led(
    desk: Desk, view: ReferralView, letter: Letter, heard: int | None
) -> ReferralState | None:
    """Return where a letter leads its conversation, None where it changes nothing."""
    act = ACT_OF.get(letter.kind)
    if act is None:
        return None
    last = await desk.store.pick(
        ReferralNoteRow, ("number",), {"referral": view.id}, order="-number", limit=1
    )
    stale = heard is not None and bool(last) and heard < last[0][0]
    led = follow(view.body.kind, other(view.body.side), view.state, act, stale=stale)
    return led if isinstance(led, ReferralState) else None


async def _unsent(desk: Desk, view: ReferralView, after: ReferralState) -> list[Change]:
    """Return what takes the rest of a case of ours out of the outbox once nobody keeps it."""
    if not view.is_ours or view.body.kind not in CASES or after in LASTING:
        return []
    return await stop_sending(desk, view.peer, view.id)


async def _about_request(
    desk: Desk, session: Session, view: ReferralView, known: Referral, body: Body
) -> tuple[Referral, list[Change]]:
    """Return what a peer's yes, or its giving back, changes about a request of ours."""
    if view.request is None or view.body.kind is not Kind.TRANSFER:
        return known, []
    if await desk.store.get(RequestRow, view.request) is None:
        return known, []  # Erased: no colleague will ever open it, and nothing is left to move.
    if isinstance(body, Accept):
        return await _hand_over(desk, session, view, known, body)
    if isinstance(body, Return):
        return known, await _take_again(desk, session, view)
    return known, []


async def _hand_over(
    desk: Desk, session: Session, view: ReferralView, known: Referral, body: Accept
) -> tuple[Referral, list[Change]]:
    """Move a request to *transferred*; the asker's page leads on with their new receipt."""
    work = await take_up(desk, session, _request_of(view))
    if not may_move(work.state, State.TRANSFERRED, Author.SYSTEM):
        return known, []
    keep = keep_at_closing(week_of(here_and_now(desk).date()), work.summary.keep_weeks)
    peer = await read_peer(desk, view.peer)
    lead = Lead(peer=view.peer, address=peer.row.address, thread=view.id, sealed=body.receipt)
    reply = Reply(at=desk.now(), kind=MessageKind.LEADS_ON, lead=lead, state=State.TRANSFERRED)
    row = await seal_reply(desk, work.id, work.original.reply_key, reply)
    moved = await _move(desk, session, work, State.TRANSFERRED, keep, view.peer)
    ended = await ending_changes(desk, session, work.id)
    return msgspec.structs.replace(known, lead=row.id), [*moved, *ended, Insert(row)]


async def _take_again(desk: Desk, session: Session, view: ReferralView) -> list[Change]:
    """Take a request up again that was given back; the asker's page leads nowhere any more.

    Only whoever it was handed to gives it back: of two who were asked, one alone has it.
    """
    work = await take_up(desk, session, _request_of(view))
    if not view.body.lead or not may_move(work.state, State.TRIAGE, Author.SYSTEM):
        return []
    keep = keep_at_submit(week_of(here_and_now(desk).date()))
    notice = Reply(at=desk.now(), kind=MessageKind.STATE, state=State.TRIAGE)
    row = await seal_reply(desk, work.id, work.original.reply_key, notice)
    moved = await _move(desk, session, work, State.TRIAGE, keep, view.peer)
    return [*moved, Delete(ReplyRow, {"id": view.body.lead}), Insert(row)]


async def _move(
    desk: Desk, session: Session, work: Work, to: State, keep: Week, peer: PeerCode
) -> list[Change]:
    entry = Message(
        at=desk.now(), author=Author.SYSTEM, kind=MessageKind.STATE, state=to, peer=peer
    )
    row = await seal_message(desk, work.id, await current_epoch(desk, "intake"), entry)
    summary = past(work.summary, row.number)
    moved = await keep_changes(desk, session, work.row, summary, keep, to)
    return [*moved, Insert(row)]


async def _note(desk: Desk, session: Session, letter: Letter, changes: Sequence[Change]) -> None:
    """Write what a letter changes, and the trail; Conflict if a colleague was faster."""
    await record(desk, session.box, trails.Act.REFERRAL_CAME, trace_of(letter.thread), changes)


def _request_of(view: ReferralView) -> RequestId:
    if view.request is None:
        raise NotFound("staff.request.not_found")
    return view.request


def _moment(desk: Desk, letter: Letter) -> datetime:
    """Return when a letter was written, on our own clocks; never later than now."""
    return min(datetime.fromtimestamp(letter.created, UTC), desk.now()).astimezone(
        here_and_now(desk).tzinfo
    )
