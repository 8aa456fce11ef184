"""Screening: from an offer of help to a volunteer whom two coordinators know.

``rules.volunteering.TABLE`` is the law of every move. What one coordinator says is signed by
them and in the trail; a no, and shutting somebody out, a second one has to confirm.
"""

from collections.abc import Callable, Sequence
from datetime import date, timedelta

import msgspec

from pe_core.desk.brief_ends import take_tasks
from pe_core.desk.desk import Desk, today_of
from pe_core.desk.epochs import read_members
from pe_core.desk.ringing import forget_rings
from pe_core.desk.sessions import Session
from pe_core.desk.volunteers import Known, read_volunteer, state_now, steps_left, write_standing
from pe_core.errors import Conflict, NotAllowed
from pe_core.model import Box, Gate, Pending, Standing, VolunteerState
from pe_core.model.trail import Act
from pe_core.rules.volunteering import Who, may_move, needs_reason
from pe_core.store import BriefRow, Change, Delete, FeedRow, Update
from pe_core.vault import coordinators_of, vouch_for

LONGEST_PAUSE = timedelta(days=366)
WORDS_LIMIT = 2_000
"""Characters of a reason, or of words for a volunteer."""
GATES_LIMIT = 30

V = VolunteerState
_OPEN = (V.APPLIED, V.SCREENING, V.ACTIVE, V.PAUSED)
_BEFORE = (V.APPLIED, V.SCREENING)


async def find_for(desk: Desk, session: Session, box: Box, revision: int | None = None) -> Known:
    """Return the record to act on; Conflict if it is not the revision that was looked at."""
    known = await read_volunteer(desk, session, box)
    if revision is not None and known.row.revision != revision:
        raise Conflict("a volunteer's record changed since it was shown")
    return known


async def take_up(desk: Desk, session: Session, known: Known) -> None:
    """Begin to look at an offer of help."""
    await _move(desk, session, known, V.SCREENING)


async def note_talk(desk: Desk, session: Session, known: Known, *, held: bool = True) -> None:
    """Note that a coordinator talked with a volunteer, or that this was noted by mistake."""
    _refuse_unless(desk, known, _OPEN if held else _BEFORE)
    talked = desk.now() if held else None
    await _write(desk, session, known, lambda standing: _with(standing, talked=talked))


async def set_gates(desk: Desk, session: Session, known: Known, gates: Sequence[Gate]) -> None:
    """Note which qualifications a coordinator has seen proof of, each with its last day."""
    _refuse_unless(desk, known, _OPEN)
    codes = {gate.code for gate in gates}
    if len(codes) != len(gates) or len(gates) > GATES_LIMIT:
        raise NotAllowed("staff.volunteers.not_now")
    ordered = tuple(sorted(gates, key=lambda gate: gate.code))
    await _write(desk, session, known, lambda standing: _with(standing, gates=ordered))


async def note_support(desk: Desk, session: Session, known: Known) -> None:
    """Note that somebody has looked after a volunteer who had asked for support.

    Whoever has left since may need it as much, and waits for us until it is noted.
    """
    supported = desk.now()
    await _write(desk, session, known, lambda standing: _with(standing, supported=supported))


async def set_words(desk: Desk, session: Session, known: Known, words: str) -> None:
    """Leave words that the volunteer reads on their own page; '' takes them back."""
    if len(words) > WORDS_LIMIT:
        raise NotAllowed("staff.volunteers.not_now")
    await _write(desk, session, known, lambda standing: _with(standing, words=words))


async def vouch(desk: Desk, session: Session, known: Known) -> VolunteerState:
    """Sign that these keys are a person whom this coordinator knows; returns the state after.

    The last vouch that was missing, with nothing else missing, makes the volunteer active.
    Raises NotAllowed for a second one by the same coordinator, and for who has no account.
    """
    _refuse_unless(desk, known, _OPEN)
    if not known.profile.verify_key:
        raise NotAllowed("staff.volunteers.no_account")
    if has_vouched(session, known):
        raise NotAllowed("staff.volunteers.vouched_already")
    profile = known.profile
    word = vouch_for(
        session.keys,
        desk.embassy.code,
        profile.box,
        profile.public,
        profile.verify_key,
        (await read_members(desk)).serial,
        desk.now(),
    )
    await _write(
        desk,
        session,
        known,
        lambda standing: _with(standing, vouches=(*standing.vouches, word)),
        Act.VOUCHED,
    )
    after = await read_volunteer(desk, session, known.box)
    if state_now(desk, after) in _BEFORE and not steps_left(after):
        await accept(desk, session, after)
        return V.ACTIVE
    return state_now(desk, after)


async def take_back_vouch(desk: Desk, session: Session, known: Known) -> None:
    """Take back this coordinator's own vouch, as long as nothing follows from it yet."""
    _refuse_unless(desk, known, _BEFORE)
    mine = session.keys.verify_key
    if not has_vouched(session, known):
        raise NotAllowed("staff.volunteers.not_now")
    left = tuple(word for word in known.standing.vouches if word.signer != mine)
    await _write(desk, session, known, lambda standing: _with(standing, vouches=left))


def has_vouched(session: Session, known: Known) -> bool:
    """Return whether this coordinator has vouched for the volunteer."""
    return any(word.signer == session.keys.verify_key for word in known.standing.vouches)


async def accept(desk: Desk, session: Session, known: Known) -> None:
    """Let a volunteer begin; NotAllowed while anything is missing."""
    if steps_left(known):
        raise NotAllowed("staff.volunteers.missing")
    await _move(desk, session, known, V.ACTIVE)


async def pause(desk: Desk, session: Session, known: Known, until: date) -> None:
    """Ask nothing of a volunteer until the end of this day, which is within a year."""
    today = today_of(desk)
    if not today <= until <= today + LONGEST_PAUSE:
        raise NotAllowed("staff.volunteers.pause_day")
    _refuse_unless(desk, known, (V.ACTIVE, V.PAUSED))
    await _write(desk, session, known, lambda standing: _with(standing, paused_until=until))


async def go_on(desk: Desk, session: Session, known: Known) -> None:
    """End the embassy's pause; the volunteer's own one only they can end."""
    _refuse_unless(desk, known, (V.PAUSED,))
    if known.standing.paused_until is None:
        raise NotAllowed("staff.volunteers.own_pause")
    await _write(desk, session, known, lambda standing: _with(standing, paused_until=None))


async def turn_away(
    desk: Desk, session: Session, known: Known, to: VolunteerState, reason: str
) -> bool:
    """Decline or block a volunteer for a reason that they will read; returns whether it is done.

    Where there are two coordinators or more it waits until another one has confirmed it.
    """
    now = state_now(desk, known)
    if not may_move(now, to, Who.TWO) or known.standing.pending is not None:
        raise NotAllowed("staff.volunteers.not_now")
    if needs_reason(now, to) and not 0 < len(reason.strip()) <= WORDS_LIMIT:
        raise NotAllowed("staff.volunteers.reason")
    pending = Pending(to=to, reason=reason.strip(), by=session.box, at=desk.now())
    if len(coordinators_of(await read_members(desk))) == 1:
        await _turn_away(desk, session, known, pending)
        return True
    await _write(desk, session, known, lambda standing: _with(standing, pending=pending))
    return False


async def confirm_pending(desk: Desk, session: Session, known: Known) -> None:
    """Carry out what a colleague began; NotAllowed for one's own, and for what fits no longer."""
    pending = known.standing.pending
    if pending is None or not may_move(state_now(desk, known), pending.to, Who.TWO):
        raise NotAllowed("staff.volunteers.not_now")
    alone = len(coordinators_of(await read_members(desk))) == 1
    if pending.by == session.box and not alone:
        raise NotAllowed("staff.volunteers.own_pending")
    await _turn_away(desk, session, known, pending)


async def drop_pending(desk: Desk, session: Session, known: Known) -> None:
    """Take back what waits for a second coordinator, one's own or a colleague's."""
    if known.standing.pending is None:
        raise NotAllowed("staff.volunteers.not_now")
    await _write(desk, session, known, lambda standing: _with(standing, pending=None))


async def _turn_away(desk: Desk, session: Session, known: Known, pending: Pending) -> None:
    """Shut somebody out: their vouches end, so that a new offer is looked at as a new one.

    Nobody rings them any more, at fixed hours neither, and no calendar reads when they were to
    be somewhere.
    """
    after = _with(
        known.standing,
        state=pending.to,
        since=desk.now(),
        reason=pending.reason,
        vouches=(),
        talked=None,
        pending=None,
    )
    tasks = await desk.store.pick(BriefRow, ("id",), {"box": known.box})
    ends: list[Change] = [Update(BriefRow, (task,), {"own": None}) for (task,) in tasks]
    ends.append(Delete(FeedRow, {"box": known.box}))
    _end_session(desk, known.box)
    await write_standing(desk, session, known, after, changes=ends)
    forget_rings(desk, known.profile.ways)
    # Once more, for who was unlocking meanwhile.
    _end_session(desk, known.box)
    await take_tasks(desk, session, known)
    await desk.store.shred()


async def _move(desk: Desk, session: Session, known: Known, to: VolunteerState) -> None:
    if not may_move(state_now(desk, known), to, Who.STAFF):
        raise NotAllowed("staff.volunteers.not_now")
    await _write(desk, session, known, lambda standing: _with(standing, state=to, since=desk.now()))


async def _write(
    desk: Desk,
    session: Session,
    known: Known,
    change: Callable[[Standing], Standing],
    act: Act = Act.VOLUNTEER_CHANGED,
) -> None:
    await write_standing(desk, session, known, change(known.standing), act)


def _refuse_unless(desk: Desk, known: Known, states: Sequence[VolunteerState]) -> None:
    if state_now(desk, known) not in states:
        raise NotAllowed("staff.volunteers.not_now")


def _with(standing: Standing, **changes: object) -> Standing:
    return msgspec.structs.replace(standing, **changes)


def _end_session(desk: Desk, box: Box) -> None:
    desk.sessions.drop_where(lambda other: other.box == box)
