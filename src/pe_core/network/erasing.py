"""Take back what was sent: the server does it in the act itself, though nobody is unlocked.

Which packets belong to a request needs no key: conversations name their request, and our copies
have the ids of the packets. What still waits to go out is taken from the outbox, what may have
gone is erased there by the peer's server, which confirms it. docs/decisions/0017.
"""

from collections.abc import Sequence

from pe_core.desk.desk import Desk, today_of
from pe_core.desk.sealing import new_id
from pe_core.desk.timers import timer_of
from pe_core.model import RequestId, State, WithdrawalAsked, WithdrawalFellDue
from pe_core.model.peer import PeerCode, ThreadId
from pe_core.model.referral import ReferralState
from pe_core.model.week import week_of
from pe_core.network.sending import queue
from pe_core.network.wire import Erase
from pe_core.rules.retention import SHORTEST_KEEP, withdrawal_day
from pe_core.store import (
    Change,
    Delete,
    In,
    IncomingRow,
    OutgoingRow,
    ReferralNoteRow,
    ReferralRow,
    RequestRow,
    Tell,
    Update,
)

AT_ONCE = 64
"""Packets that one erase may name."""


async def take_back_all(
    desk: Desk,
    request: RequestId,
    peer: PeerCode | None = None,
    *,
    unanswered: bool = False,
    taken: bool = False,
) -> list[Change]:
    """Return the changes that take back what we sent about a request, to one peer or to all.

    What a peer has taken over is not taken back, since its asker has a receipt there, unless
    ``taken`` is said. ``unanswered`` leaves all that a peer has said something to.
    """
    where: dict[str, object] = {"request": request}
    if peer is not None:
        where["peer"] = peer
    if unanswered:
        where |= {"ours": 1, "state": ReferralState.WAITING.value}
    changes: list[Change] = []
    for row in await desk.store.select(ReferralRow, where):
        is_theirs = row.state == ReferralState.TAKEN and not (taken and row.ours)
        if row.state != ReferralState.REVOKED and not is_theirs:
            changes += await take_back(desk, row)
    return changes


async def take_back(
    desk: Desk, row: ReferralRow, values: dict[str, object] | None = None
) -> list[Change]:
    """Return the changes that take back all that was said in a conversation; its row stays.

    ``values`` are other columns of it that change. Both sides' letters go: what a peer
    answered may repeat what it was told.
    """
    week = week_of(today_of(desk))
    known = {
        "state": ReferralState.REVOKED.value,
        "due": 0,
        "erased": 0,
        "keep_until": week + SHORTEST_KEEP,
        **(values or {}),
    }
    ours = [name for (name,) in await desk.store.pick(ReferralNoteRow, ("id",), _of(row.id))]
    changes: list[Change] = [
        Update(ReferralRow, (row.id,), known, expect={"state": row.state}),
        Delete(ReferralNoteRow, _of(row.id)),
        *await stop_sending(desk, PeerCode(row.peer), row.id),
        *await _forget_theirs(desk, row),
    ]
    return [*changes, *_erases(desk, PeerCode(row.peer), ThreadId(row.id), ours)]


async def stop_sending(desk: Desk, peer: PeerCode, thread: str) -> list[Change]:
    """Return what takes the letters of a conversation that wait or failed out of the outbox.

    The gap in its numbers holds nothing up: a peer refuses only what is lower than what it has.
    What takes something back stays.
    """
    where = {"peer": peer, "thread": thread}
    rows = await desk.store.pick(OutgoingRow, ("id", "number"), where)
    letters = tuple(name for name, number in rows if number)
    return [Delete(OutgoingRow, {"id": In(letters)})] if letters else []


async def taken_back(desk: Desk, sender: PeerCode, thread: ThreadId) -> list[Change]:
    """Return what an erase of a peer changes beside the bodies of the packets that it names.

    Nothing in a conversation that we began: it is ours to take back, and what has to be erased
    there is found by our own letters. In one that the peer began they go, also those that still
    wait to go out, but for the yes to a case that was taken over: the asker's receipt is in it.
    A request that was made of it is withdrawn as if its asker had asked for it: after 48 hours,
    and with the coordinators warned. One that was given back is kept no longer than a withdrawn
    one.
    """
    row = await desk.store.get(ReferralRow, thread)
    if row is None or row.peer != sender or row.ours:
        return []
    revoked = {"state": ReferralState.REVOKED.value, "due": 0}
    changes: list[Change] = [
        Update(ReferralRow, (row.id,), revoked, expect={"state": row.state}),
        Delete(ReferralNoteRow, _of(row.id)),
    ]
    if row.state == ReferralState.TAKEN:
        return [*changes, *await _withdraw(desk, RequestId(row.request))]
    unsent = await stop_sending(desk, sender, row.id)
    return [*changes, *unsent, *await _keep_shorter(desk, row)]


async def is_taken_back(desk: Desk, peer: PeerCode, thread: ThreadId) -> bool:
    """Return whether a conversation was taken back, so that nothing more of it is kept."""
    row = await desk.store.get(ReferralRow, thread)
    return row is not None and row.peer == peer and row.state == ReferralState.REVOKED


async def note_erased(desk: Desk, thread: ThreadId) -> list[Change]:
    """Return the change that notes the day on which a peer confirmed the last erase of a thread."""
    row = await desk.store.get(ReferralRow, thread)
    waiting = await desk.store.count(OutgoingRow, {"thread": thread, "number": 0})
    if row is None or waiting > 1:
        return []
    return [Update(ReferralRow, (row.id,), {"erased": today_of(desk).toordinal()})]


async def _withdraw(desk: Desk, request: RequestId) -> list[Change]:
    """Return what withdraws a request in 48 hours; nothing where its asker has asked for it."""
    fell_due = WithdrawalFellDue(request=request)
    if await timer_of(desk, fell_due) is not None:
        return []
    due = withdrawal_day(desk.now())
    return [Tell(WithdrawalAsked(request=request)), Tell(fell_due, due=due)]


async def _keep_shorter(desk: Desk, row: ReferralRow) -> list[Change]:
    """Return what lets a closed request go that was made of what is now taken back."""
    made = await desk.store.get(RequestRow, row.request) if row.request else None
    soon = week_of(today_of(desk)) + SHORTEST_KEEP
    if made is None or made.state != State.CLOSED or made.keep_until <= soon:
        return []
    return [Update(RequestRow, (made.id,), {"keep_until": soon}, expect={"state": made.state})]


async def _forget_theirs(desk: Desk, row: ReferralRow) -> list[Change]:
    """Return the changes that erase what the peer said in a conversation of ours."""
    rows = await desk.store.pick(IncomingRow, ("id",), {"thread": row.id, "peer": row.peer})
    return [Update(IncomingRow, (row.peer, name), {"body": None}) for (name,) in rows]


def _erases(desk: Desk, peer: PeerCode, thread: ThreadId, packets: Sequence[str]) -> list[Change]:
    changes: list[Change] = []
    for start in range(0, len(packets), AT_ONCE):
        erase = Erase(
            id=new_id(),
            sender=PeerCode(desk.embassy.code),
            to=peer,
            created=int(desk.now().timestamp()),
            thread=thread,
            packets=tuple(packets[start : start + AT_ONCE]),
        )
        changes += queue(erase, today_of(desk))
    return changes


def _of(thread: str) -> dict[str, str]:
    return {"referral": thread}
