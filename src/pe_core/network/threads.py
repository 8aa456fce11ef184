"""Conversations with peers as an unlocked coordinator sees them: the row, and every letter."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime
from enum import StrEnum

import msgspec

from pe_core.desk.desk import Desk, today_of
from pe_core.desk.epochs import AT_ONCE, current_epoch, open_grants
from pe_core.desk.sessions import Session
from pe_core.desk.summaries import NONSENSE
from pe_core.errors import EnvelopeRefused, KeysetRefused, NotFound
from pe_core.model import RequestId
from pe_core.model.peer import Kind, OutState, PacketId, PeerCode, ThreadId
from pe_core.model.referral import Body, Referral, ReferralState, Side
from pe_core.model.struct import Model
from pe_core.model.week import Week, week_of
from pe_core.network.bodies import decode_body
from pe_core.network.letters import open_kept
from pe_core.network.posting import CASE_LASTS, TALK_LASTS, WEEK
from pe_core.network.sending import STILL_TRIED
from pe_core.network.wire import Letter
from pe_core.rules.referring import Pressure, pressure
from pe_core.store import (
    Change,
    IncomingRow,
    OutgoingRow,
    PeerKeysetRow,
    ReferralNoteRow,
    ReferralRow,
    Update,
)
from pe_core.vault import Keys, Keyset, open_envelope, read_keyset, seal

KEPT_LONGER = 5
"""Weeks that a conversation outlives its last letter."""
FIRST_WEEK = Week(0)
CASES = (Kind.REFER, Kind.TRANSFER)

_DAY = 24 * 3600
_DAY_0 = date(1970, 1, 1).toordinal()
"""The day of the second 0."""


class ReferralView(Model):
    """A conversation: its row, and what the team keeps of it."""

    row: ReferralRow
    body: Referral

    @property
    def id(self) -> ThreadId:
        """Return what both embassies call it."""
        return ThreadId(self.row.id)

    @property
    def peer(self) -> PeerCode:
        """Return the other embassy."""
        return PeerCode(self.row.peer)

    @property
    def state(self) -> ReferralState:
        """Return where it stands."""
        return ReferralState(self.row.state)

    @property
    def request(self) -> RequestId | None:
        """Return the request of ours that it is about, if it is about one."""
        return RequestId(self.row.request) if self.row.request else None

    @property
    def is_ours(self) -> bool:
        """Return whether we began it."""
        return self.body.side is Side.SENDER

    @property
    def due(self) -> date | None:
        """Return the last day for an answer, if one is awaited."""
        return date.fromordinal(self.row.due) if self.row.due else None

    def pressure(self, today: date) -> Pressure:
        """Return how much of the time for an answer is over."""
        if self.due is None or self.state is not ReferralState.WAITING:
            return Pressure.NONE
        return pressure(self.body.at.date(), self.due, today)


class Way(StrEnum):
    """What became of a letter of ours that nobody there has read.

    ``waits`` to go out, or ``failed`` to and may be ``dropped`` then; ``unheard`` where the peer
    ended the conversation before anybody there read it.
    """

    WAITS = "waits"
    FAILED = "failed"
    DROPPED = "dropped"
    UNHEARD = "unheard"


class Said(Model):
    """One letter of a conversation.

    ``way`` is None where nothing is to be said of how it went. ``body`` is None where it is gone:
    taken back, or not to be read. ``raw`` are its exact bytes.
    """

    id: PacketId
    number: int
    ours: bool
    at: datetime
    kind: Kind | None
    body: Body | None
    raw: bytes = b""
    is_gone: bool = False
    way: Way | None = None


def keep_until(desk: Desk, kind: Kind, at_least: Week = FIRST_WEEK) -> Week:
    """Return the last week of a conversation that a letter goes into now.

    ``at_least`` is that of a letter of the peer: its conversation goes no earlier, or it would
    begin another one.
    """
    lasts = CASE_LASTS if kind in CASES else TALK_LASTS
    return Week(max(week_of(today_of(desk)) + lasts // WEEK + KEPT_LONGER, at_least))


async def new_referral(
    desk: Desk,
    thread: ThreadId,
    peer: PeerCode,
    body: Referral,
    state: ReferralState,
    *,
    request: RequestId | None = None,
    due: date | None = None,
    at_least: Week = FIRST_WEEK,
) -> ReferralRow:
    """Return the row of a new conversation, sealed to our own referral compartment."""
    epoch = await current_epoch(desk, "referral")
    context = desk.context("referral", thread)
    return ReferralRow(
        id=thread,
        peer=peer,
        request=request or "",
        state=state.value,
        due=due.toordinal() if due is not None else 0,
        keep_until=keep_until(desk, body.kind, at_least),
        epoch=epoch.id,
        revision=0,
        body=seal(msgspec.msgpack.encode(body), to=[epoch.public], context=context),
        ours=int(body.side is Side.SENDER),
    )


async def change_referral(
    desk: Desk, view: ReferralView, body: Referral, state: ReferralState, **values: object
) -> Change:
    """Return the change that stores a conversation anew; Conflict if a colleague was faster."""
    epoch = await current_epoch(desk, "referral")
    context = desk.context("referral", view.id)
    changed = {
        "state": state.value,
        "epoch": epoch.id,
        "revision": view.row.revision + 1,
        "keep_until": max(keep_until(desk, body.kind), view.row.keep_until),
        "body": seal(msgspec.msgpack.encode(body), to=[epoch.public], context=context),
        **values,
    }
    expect = {"revision": view.row.revision, "state": view.row.state}
    return Update(ReferralRow, (view.id,), changed, expect=expect)


def open_referral(desk: Desk, session: Session, row: ReferralRow) -> ReferralView | None:
    """Return a conversation, None without a grant or if none of ours wrote it."""
    keys = session.epochs.get(row.epoch)
    if keys is None:
        return None
    try:
        opened = open_envelope(row.body, keys, desk.context("referral", row.id))
        return ReferralView(row=row, body=msgspec.msgpack.decode(opened, type=Referral))
    except NONSENSE:
        return None


async def read_referral(desk: Desk, session: Session, thread: str) -> ReferralView:
    """Return one conversation; NotFound also without a grant."""
    await open_grants(desk, session)
    row = await desk.store.get(ReferralRow, thread)
    view = open_referral(desk, session, row) if row is not None else None
    if view is None:
        raise NotFound("staff.referrals.not_found")
    return view


async def read_referrals(
    desk: Desk, session: Session, request: RequestId | None = None
) -> list[ReferralView]:
    """Return all conversations that this session opens, or those about a request; newest first."""
    await open_grants(desk, session)
    where = {"request": request} if request is not None else {}
    rows = await desk.store.select(ReferralRow, where)
    views = []
    for number, row in enumerate(rows):
        if number % AT_ONCE == AT_ONCE - 1:
            await asyncio.sleep(0)
        view = open_referral(desk, session, row)
        if view is not None:
            views.append(view)
    return sorted(views, key=lambda view: (view.body.at, view.id), reverse=True)


async def read_thread(desk: Desk, session: Session, view: ReferralView) -> list[Said]:
    """Return the letters of a conversation, the first first, without the pieces of files."""
    ours = await desk.store.select(ReferralNoteRow, {"referral": view.id}, order="number")
    where = {"thread": view.id, "peer": view.peer}
    going = dict(await desk.store.pick(OutgoingRow, ("id", "state"), where))
    said = []
    for number, note in enumerate(ours):
        if number % AT_ONCE == AT_ONCE - 1:
            await asyncio.sleep(0)
        one = _read_ours(desk, session, note)
        said.append(msgspec.structs.replace(one, way=_way(view, one, going.get(note.id, ""))))
    for name in await _names(desk, view):
        await asyncio.sleep(0)
        row = await desk.store.get(IncomingRow, view.peer, name)
        if row is not None:
            said.append(await read_theirs(desk, session, row))
    said = [one for one in said if one.kind is not Kind.FILE]
    return sorted(said, key=lambda one: (one.at, one.number, one.ours is not view.is_ours))


def _way(view: ReferralView, one: Said, state: str) -> Way | None:
    if one.id in view.body.dropped:
        return Way.DROPPED
    heard = view.body.heard
    if heard is not None and one.number > heard and one.kind is Kind.ANSWER:
        return Way.UNHEARD
    return {OutState.WAITING.value: Way.WAITS, OutState.DEAD.value: Way.FAILED}.get(state)


async def read_first(desk: Desk, session: Session, view: ReferralView) -> Body | None:
    """Return what began a conversation, None where it is gone; no other letter is read."""
    if view.is_ours:
        ours = await desk.store.select(
            ReferralNoteRow, {"referral": view.id}, order="number", limit=1
        )
        return _read_ours(desk, session, ours[0]).body if ours else None
    for name in (await _names(desk, view))[:1]:
        row = await desk.store.get(IncomingRow, view.peer, name)
        return (await read_theirs(desk, session, row)).body if row is not None else None
    return None


async def _names(desk: Desk, view: ReferralView) -> list[str]:
    """Return the ids of a peer's letters by their numbers; pieces of files are left out."""
    where = {"thread": view.id, "peer": view.peer}
    came = await desk.store.pick(IncomingRow, ("number", "id"), where)
    pieces = {0, *(letter for letter, _, _, _ in view.body.parts)}
    return [name for number, name in sorted(came) if number not in pieces]


async def read_theirs(desk: Desk, session: Session, row: IncomingRow) -> Said:
    """Return a letter that came, verified with the keys that were in force then or just before."""
    said = Said(
        id=PacketId(row.id),
        number=row.number,
        ours=False,
        at=datetime.combine(date.fromordinal(row.day), datetime.min.time(), UTC),
        kind=None,
        body=None,
        is_gone=row.body is None,
    )
    letter = await open_incoming(desk, session, row)
    return said if letter is None else _said(letter, said)


async def open_incoming(desk: Desk, session: Session, row: IncomingRow) -> Letter | None:
    """Return the letter in a row, None where it is gone, not ours to open, or not to be believed.

    It must say of itself what the row says, which the packet's own signature was checked for,
    and that it was made when such a packet is still let in on the row's day.
    """
    keys = session.epochs.get(row.epoch)
    rows = await desk.store.select(PeerKeysetRow, {"peer": row.peer}, order="-serial")
    held = [one.body for one in rows if one.serial <= row.serial]
    if row.body is None or keys is None or not held:
        return None
    try:
        letter = _open(row, row.body, PeerCode(desk.embassy.code), keys, held)
        decode_body(letter.kind, letter.body)
    except (*NONSENSE, KeysetRefused):
        return None
    fits = (letter.sender, letter.thread, letter.number) == (row.peer, row.thread, row.number)
    return letter if fits and _is_of_its_day(letter, row.day) else None


def _open(
    row: IncomingRow, sealed: bytes, to: PeerCode, keys: Keys, held: Sequence[bytes]
) -> Letter:
    """Return a letter; ``held`` are the keysets that its sender had had when it came.

    A key before the newest is believed of what was signed while it was in force: keys may be
    renewed while a letter waits, and again. Raises EnvelopeRefused and KeysetRefused.
    """
    oldest = (row.day - _DAY_0 - STILL_TRIED // _DAY - 1) * _DAY
    later: Keyset | None = None
    for signed in held:
        if later is not None and later.made < oldest:
            break
        keyset = read_keyset(signed)
        try:
            letter = open_kept(sealed, PacketId(row.id), to, keys, keyset)
        except EnvelopeRefused:
            later = keyset
            continue
        if later is not None and letter.created > later.made:
            break
        return letter
    raise EnvelopeRefused("no desk key that was in force then signed this letter")


def _is_of_its_day(letter: Letter, day: int) -> bool:
    """Return whether a letter that came on a day can have been made when it says it was."""
    made = _DAY_0 + letter.created // _DAY
    return day - STILL_TRIED // _DAY - 1 <= made <= day + 1


def _read_ours(desk: Desk, session: Session, row: ReferralNoteRow) -> Said:
    nothing = Said(
        id=PacketId(row.id),
        number=row.number,
        ours=True,
        at=datetime.min.replace(tzinfo=UTC),
        kind=None,
        body=None,
    )
    keys = session.epochs.get(row.epoch)
    if keys is None:
        return nothing
    try:
        opened = open_envelope(row.body, keys, desk.context("referral-note", row.id))
        return _said(msgspec.msgpack.decode(opened, type=Letter), nothing)
    except NONSENSE:
        return nothing


def _said(letter: Letter, known: Said) -> Said:
    return msgspec.structs.replace(
        known,
        at=datetime.fromtimestamp(letter.created, UTC),
        kind=letter.kind,
        body=decode_body(letter.kind, letter.body),
        raw=letter.body,
    )
