"""Where a volunteer stands, what is still missing, and who may change it."""

from datetime import date, datetime
from enum import StrEnum

from pe_core.model import Profile, Standing, VolunteerState
from pe_core.model.struct import Model
from pe_core.model.week import Week

AGREEMENT = 1
"""The version of the volunteers' agreement; a new one has to be signed by everybody."""
KEEP_BEGUN = 1
"""Weeks that an offer of help is kept which was not sent to the coordinators."""
KEEP_APPLIED = 26
"""Weeks that a sent one is kept, and one that was brought in and nobody has claimed; from then
on, it lives as long as its owner comes back."""
KEEP_ACTIVE = 52
"""Weeks after the last visit of its owner that a volunteer's record is kept."""
KEEP_OVER = 4
"""Weeks that it is kept once they left, were declined or blocked: time to object, no more."""

V = VolunteerState


class Step(StrEnum):
    """What somebody needs before they are active."""

    PROFILE = "profile"
    AGREEMENT = "agreement"
    TALK = "talk"
    VOUCHES = "vouches"


class Who(StrEnum):
    """Who may make a move: the volunteer, one coordinator, or one with a second to confirm."""

    SELF = "self"
    STAFF = "staff"
    TWO = "two"


class Move(Model):
    """One row of the table: these people may move a volunteer from ``now`` to ``to``."""

    now: V
    to: V
    by: tuple[Who, ...]
    needs_steps: bool = False
    needs_reason: bool = False


_OPEN = (V.APPLIED, V.SCREENING, V.ACTIVE, V.PAUSED)
OVER = (V.LEFT, V.DECLINED, V.BLOCKED)
"""Where nobody works with the embassy any more."""

TABLE: tuple[Move, ...] = (
    Move(now=V.APPLIED, to=V.SCREENING, by=(Who.STAFF,)),
    *(
        Move(now=now, to=V.ACTIVE, by=(Who.STAFF,), needs_steps=True)
        for now in (V.APPLIED, V.SCREENING)
    ),
    Move(now=V.ACTIVE, to=V.PAUSED, by=(Who.SELF, Who.STAFF)),
    Move(now=V.PAUSED, to=V.ACTIVE, by=(Who.SELF, Who.STAFF)),
    *(Move(now=now, to=V.LEFT, by=(Who.SELF,)) for now in _OPEN),
    *(
        Move(now=now, to=V.DECLINED, by=(Who.TWO,), needs_reason=True)
        for now in (V.APPLIED, V.SCREENING)
    ),
    *(
        Move(now=now, to=V.BLOCKED, by=(Who.TWO,), needs_reason=True)
        for now in V
        if now is not V.BLOCKED
    ),
    *(Move(now=now, to=V.APPLIED, by=(Who.SELF,)) for now in (V.LEFT, V.DECLINED)),
)
"""Every move there is; from *blocked* there is none."""


def state_of(profile: Profile, standing: Standing, today: date) -> VolunteerState:
    """Return where somebody stands today, from both sides' words.

    Each side writes its own record only: who leaves or pauses says so in the profile, and what
    the coordinators decide stands in the other. Who sends the profile anew after leaving or
    after a no has applied again, and so has who was active and came back with parts missing.
    """
    if standing.state is V.BLOCKED:
        return V.BLOCKED
    if profile.left is not None:
        return V.LEFT
    if standing.state is V.APPLIED or _applied_again(profile, standing):
        return V.APPLIED
    if standing.state is V.ACTIVE and is_paused(profile, standing, today):
        return V.PAUSED
    return standing.state


def is_paused(profile: Profile, standing: Standing, today: date) -> bool:
    """Return whether either side has set a pause that is not over."""
    ends = (profile.paused_until, standing.paused_until)
    return any(end is not None and today <= end for end in ends)


def asks_since(profile: Profile, standing: Standing) -> datetime | None:
    """Return since when a message of a volunteer's waits for an answer; None if none does.

    Whoever left or was refused waits for none.
    """
    over = state_of(profile, standing, date.min) in OVER
    return None if over or standing.answered == profile.wrote else profile.wrote


def missing_steps(profile: Profile, standing: Standing, *, vouched: bool) -> tuple[Step, ...]:
    """Return what *active* still needs; ``vouched`` is whether enough coordinators signed."""
    signed = profile.agreement is not None and profile.agreement.version == AGREEMENT
    done = {
        Step.PROFILE: profile.sent is not None,
        Step.AGREEMENT: signed,
        Step.TALK: standing.talked is not None,
        Step.VOUCHES: vouched,
    }
    return tuple(step for step, is_done in done.items() if not is_done)


def may_move(now: V, to: V, by: Who) -> bool:
    """Return whether the table knows this move for these people."""
    return any(move.now is now and move.to is to and by in move.by for move in TABLE)


def moves(now: V, by: Who) -> tuple[V, ...]:
    """Return the states that these people may move somebody to, in the table's order."""
    return tuple(move.to for move in TABLE if move.now is now and by in move.by)


def needs_reason(now: V, to: V) -> bool:
    """Return whether whoever makes this move has to say why."""
    return any(move.needs_reason for move in TABLE if move.now is now and move.to is to)


def keep_volunteer(profile: Profile, state: V, now: Week) -> Week:
    """Return the last week that a record is kept if nobody touches it any more."""
    if state in OVER:
        return Week(now + KEEP_OVER)
    if state in (V.ACTIVE, V.PAUSED):
        return Week(now + KEEP_ACTIVE)
    begun = bool(profile.verify_key) and profile.sent is None
    return Week(now + (KEEP_BEGUN if begun else KEEP_APPLIED))


def _applied_again(profile: Profile, standing: Standing) -> bool:
    if profile.sent is None:
        return standing.state is V.ACTIVE
    return profile.sent > standing.since
