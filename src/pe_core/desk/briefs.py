"""A volunteer's tasks: what is offered to them, what they accepted, and how it ended.

Everything here is opened with the volunteer's own key. They see no request, no asker and no
other volunteer; the way to the asker lies sealed in the brief, and the portal alone walks it.
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec

from pe_core.desk.brief_ends import (
    accepted_changes,
    given_back_changes,
    is_still_open,
    reported_changes,
)
from pe_core.desk.brief_keys import (
    LIVING,
    TAKEN,
    end_brief,
    open_brief_keys,
    open_card,
    open_detail,
    open_notes,
)
from pe_core.desk.desk import Desk, here_and_now
from pe_core.desk.feeds import Entry, correct_feed, entry_id, feed_changes, make_feed, stop_feed
from pe_core.desk.sessions import Session
from pe_core.desk.visits import write_for_asker
from pe_core.desk.volunteers import (
    Known,
    change_record,
    read_own,
    sign_profile,
    state_now,
    steps_left,
)
from pe_core.errors import Conflict, EnvelopeRefused, NotAllowed, NotFound
from pe_core.model import (
    BriefCard,
    BriefDetail,
    BriefId,
    BriefNote,
    BriefState,
    Month,
    Need,
    Profile,
    Report,
    VolunteerState,
)
from pe_core.model.struct import Model
from pe_core.rules.matching import gate_day
from pe_core.rules.needs import overlapping
from pe_core.store import BriefRow, Change
from pe_core.vault import Keys

S = BriefState
MINUTES_LIMIT = 7 * 24 * 60
"""What lasts longer is several tasks."""
TRIES = 5
"""How often a yes is written anew when somebody else's came in between; places may be left."""


class BriefView(Model):
    """A task as its volunteer sees it; without a card once it is over.

    ``detail`` and ``notes`` are there from the moment on when it was accepted. ``is_idle`` is
    whether the request behind an accepted task is over: nothing is left to do.
    """

    row: BriefRow
    card: BriefCard | None = None
    detail: BriefDetail | None = None
    notes: tuple[BriefNote, ...] = ()
    is_idle: bool = False

    @property
    def id(self) -> BriefId:
        """Return the brief's id."""
        return BriefId(self.row.id)

    @property
    def state(self) -> BriefState:
        """Return where it stands."""
        return S(self.row.state)

    @property
    def is_taken(self) -> bool:
        """Return whether it is this volunteer's to do."""
        return self.state in TAKEN


class OwnBrief(NamedTuple):
    """A living task that was opened with its volunteer's key, the words of a coordinator in it."""

    row: BriefRow
    keys: Keys
    card: BriefCard
    detail: BriefDetail


async def list_briefs(desk: Desk, session: Session) -> list[BriefView]:
    """Return a volunteer's living tasks, those that begin first first; what is over has no card.

    An offer whose time to answer is over, or whose request is, is not listed.
    """
    views = []
    for row in await desk.store.select(BriefRow, {"box": session.box}):
        if S(row.state) not in LIVING:
            views.append(BriefView(row=row))
            continue
        own = await _open(desk, session, row)
        if own is not None and await _is_listed(desk, own):
            views.append(await _view(desk, own))
    return sorted(views, key=_order)


async def open_brief(desk: Desk, session: Session, brief: BriefId) -> BriefView:
    """Return one task, with its detail and thread once accepted; NotFound for anybody else's."""
    own = await open_own_brief(desk, session, brief)
    if not await _is_listed(desk, own):
        raise NotFound("work.brief.over")
    view = await _view(desk, own)
    if not view.is_taken:
        return view
    notes = tuple(await open_notes(desk, brief, own.keys))
    return msgspec.structs.replace(view, detail=own.detail, notes=notes)


async def find_overlap(desk: Desk, session: Session, card: BriefCard) -> BriefView | None:
    """Return the task that a volunteer has promised for the same time, if there is one."""
    if card.start is None or card.end is None:
        return None
    for view in await _promised(desk, session):
        other = view.card
        if other is None or other.start is None or other.end is None:
            continue
        if overlapping((card.start, card.end), [(other.start, other.end)]):
            return view
    return None


async def accept(desk: Desk, session: Session, brief: BriefId) -> None:
    """Take a task: the first to accept has it.

    A second press finds it taken already, and that is no fault. Raises NotAllowed for who is
    not active or no longer holds a qualification that it wants,
    for an offer that is over, for a task that lies over another one, and when others were
    faster.
    """
    async with _turn(desk, session):
        if S((await open_own_brief(desk, session, brief)).row.state) in TAKEN:
            return
        changes = await _accepting(desk, session, brief)
        for _ in range(TRIES):
            try:
                await desk.store.write(changes)
            except Conflict:
                # Somebody accepted, a coordinator took it back, or wrote, in this very moment.
                try:
                    changes = await _accepting(desk, session, brief)
                except NotFound:
                    raise NotAllowed("work.brief.taken") from None
            else:
                return
        raise NotAllowed("work.brief.taken")


async def decline(desk: Desk, session: Session, brief: BriefId) -> None:
    """Say "not this time"; nobody asks why. NotAllowed for what they accepted already."""
    row = (await open_own_brief(desk, session, brief)).row
    if row.state != S.OFFERED.value:
        raise NotAllowed("work.brief.yours")
    await desk.store.write(end_brief(desk, row, S.DECLINED))


async def give_back(desk: Desk, session: Session, brief: BriefId) -> None:
    """Give an accepted task back; it is looked for again, and nobody asks why."""

    async def given_back() -> list[Change]:
        row, keys, _, detail = await open_taken_brief(desk, session, brief)
        known = await read_own(desk, session)
        entries = await _entries(desk, session, without=brief)
        return [
            *await given_back_changes(desk, known, row, keys, detail),
            *await feed_changes(desk, session, entries),
        ]

    async with _turn(desk, session):
        await write_for_asker(desk, given_back)
    await desk.store.shred()


async def report_done(desk: Desk, session: Session, brief: BriefId, report: Report) -> None:
    """End a task: how long it took, a line for the team, and whether one needs support.

    From then on its detail is closed to the volunteer: the keys are gone.
    """

    async def reported() -> list[Change]:
        row, keys, _, detail = await open_taken_brief(desk, session, brief)
        known = await read_own(desk, session)
        profile = helped(known.profile, here_and_now(desk), report)
        said = sign_profile(desk, profile, session.keys)
        noted = msgspec.structs.replace(known, profile=profile, said=said)
        entries = await _entries(desk, session, without=brief)
        return [
            *await reported_changes(desk, known, row, keys, detail, report),
            await change_record(desk, noted),
            *await feed_changes(desk, session, entries),
        ]

    async with _turn(desk, session):
        await write_for_asker(desk, reported)
    await desk.store.shred()


async def end_own_work(desk: Desk, session: Session) -> None:
    """Give back or decline all that a volunteer has, and end their feed, because they leave."""
    for row in await desk.store.select(BriefRow, {"box": session.box}):
        state = S(row.state)
        if state not in LIVING or await _open(desk, session, row) is None:
            continue
        if state is S.OFFERED:
            await decline(desk, session, BriefId(row.id))
        else:
            await give_back(desk, session, BriefId(row.id))
    await end_feed(desk, session)


async def begin_feed(desk: Desk, session: Session) -> bytes:
    """Begin a volunteer's calendar feed, or renew its address; returns the address's token."""
    async with _turn(desk, session):
        return await make_feed(desk, session, await _entries(desk, session))


async def end_feed(desk: Desk, session: Session) -> None:
    """End a volunteer's calendar feed; what another page of theirs puts right stays ended."""
    async with _turn(desk, session):
        await stop_feed(desk, session)


async def put_feed_right(desk: Desk, session: Session) -> None:
    """Correct a volunteer's calendar feed, if something was ended without them."""
    async with _turn(desk, session):
        await correct_feed(desk, session, await _entries(desk, session))


def helped(profile: Profile, now: datetime, report: Report) -> Profile:
    """Return a profile that counts a task in its month, and remembers a wish for support.

    The month is that of ``now``, which is on the embassy's clocks.
    """
    months = list(profile.helped)
    last = months[-1] if months else None
    if last is not None and (last.year, last.month) == (now.year, now.month):
        months[-1] = Month(
            year=now.year,
            month=now.month,
            minutes=last.minutes + report.minutes,
            tasks=last.tasks + 1,
        )
    else:
        months.append(Month(year=now.year, month=now.month, minutes=report.minutes))
    support = now.astimezone(UTC) if report.support else profile.support
    return msgspec.structs.replace(profile, helped=tuple(months), support=support)


async def open_own_brief(desk: Desk, session: Session, brief: BriefId) -> OwnBrief:
    """Return a volunteer's own living task; NotFound for anybody else's, and once it is over."""
    row = await desk.store.get(BriefRow, brief)
    if row is None or row.box != session.box:
        raise NotFound("work.brief.not_found")
    if S(row.state) not in LIVING:
        raise NotFound("work.brief.over")
    own = await _open(desk, session, row)
    if own is None:
        raise NotFound("work.brief.not_found")
    return own


async def open_taken_brief(desk: Desk, session: Session, brief: BriefId) -> OwnBrief:
    """Return a task that a volunteer has accepted; NotAllowed for one that is only offered."""
    own = await open_own_brief(desk, session, brief)
    if S(own.row.state) not in TAKEN:
        raise NotAllowed("work.brief.not_accepted")
    return own


def _turn(desk: Desk, session: Session) -> asyncio.Lock:
    """Return what one act about a volunteer's tasks holds, so that the next one waits for it.

    It is the person's, not the session's: somebody may have unlocked on two devices.
    """
    return desk.acting.setdefault(session.box, asyncio.Lock())


async def _accepting(desk: Desk, session: Session, brief: BriefId) -> list[Change]:
    """Return the changes by which a task is taken, as everything stands now."""
    own = await open_own_brief(desk, session, brief)
    known = await _active(desk, session)
    row, keys, card, detail = own
    if row.state != S.OFFERED.value or card.answer_by <= desk.now():
        raise NotAllowed("work.brief.over")
    if _lacks_gate(desk, card, known):
        raise NotAllowed("work.brief.gate")
    if await find_overlap(desk, session, card) is not None:
        raise NotAllowed("work.brief.overlap")
    taken = await accepted_changes(desk, known, row, keys, card, detail)
    entries = await _entries(desk, session, also=(brief, card))
    return [*taken, *await feed_changes(desk, session, entries)]


def _lacks_gate(desk: Desk, card: BriefCard, known: Known) -> bool:
    """Return whether a qualification has ended, or was taken away, since they were asked."""
    need = Need(gates=card.gates, start=card.start, end=card.end)
    day = gate_day(need, here_and_now(desk))
    held = {
        gate.code
        for gate in known.standing.gates
        if gate.until is None or gate.until.toordinal() >= day
    }
    return not held.issuperset(card.gates)


async def _open(desk: Desk, session: Session, row: BriefRow) -> OwnBrief | None:
    """Open a living task; None if it is not a coordinator's word, whoever wrote the row."""
    try:
        keys = open_brief_keys(desk, row, session.keys)
        if keys is None:
            return None
        card = await open_card(desk, row, keys)
        return OwnBrief(row, keys, card, await open_detail(desk, row, keys))
    except EnvelopeRefused:
        return None


async def _view(desk: Desk, own: OwnBrief) -> BriefView:
    is_idle = S(own.row.state) in TAKEN and not await is_still_open(desk, own.detail)
    return BriefView(row=own.row, card=own.card, is_idle=is_idle)


async def _is_listed(desk: Desk, own: OwnBrief) -> bool:
    """Return whether a living task is shown: what was promised always, an offer while it stands."""
    if S(own.row.state) in TAKEN:
        return True
    return own.card.answer_by > desk.now() and await is_still_open(desk, own.detail)


async def _promised(desk: Desk, session: Session) -> list[BriefView]:
    views = await list_briefs(desk, session)
    return [view for view in views if view.is_taken and not view.is_idle]


async def _entries(
    desk: Desk,
    session: Session,
    *,
    without: BriefId | None = None,
    also: tuple[BriefId, BriefCard] | None = None,
) -> tuple[Entry, ...]:
    """Return when a volunteer has promised to be somewhere, as it will be after an act."""
    views = await _promised(desk, session)
    kept = [(view.id, view.card) for view in views if view.id != without]
    return tuple(
        Entry(id=entry_id(session, brief), start=card.start, end=card.end)
        for brief, card in [*kept, *([also] if also is not None else [])]
        if card is not None and card.start is not None and card.end is not None
    )


async def _active(desk: Desk, session: Session) -> Known:
    known = await read_own(desk, session)
    if state_now(desk, known) is not VolunteerState.ACTIVE or steps_left(known):
        raise NotAllowed("work.brief.not_active")
    return known


def _order(view: BriefView) -> tuple[int, float, str]:
    places: Sequence[BriefState] = (*TAKEN, S.OFFERED)
    if view.state not in places:
        return (len(places), -view.row.day, view.row.id)  # what is over: the latest first
    start = view.card.start if view.card is not None else None
    begins = start.timestamp() if start is not None else float("inf")
    return (places.index(view.state), begins, view.row.id)
