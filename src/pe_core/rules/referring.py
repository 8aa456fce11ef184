"""Conversations between embassies: who may do what in which state, and how long an answer takes.

Both sides walk the same table, each for its own acts and for what the other's letters say, so
that they stand alike once all letters have come. Where two acts cross on their way, an end goes
before going on, giving back before closing, and taking back before everything else.
docs/decisions/0017.
"""

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from pe_core.model.form import Problem
from pe_core.model.need import Need
from pe_core.model.peer import OPENING, Kind
from pe_core.model.referral import Ask, Count, ReferralState, Side
from pe_core.model.struct import Model

S = ReferralState
ANSWER_WITHIN = timedelta(hours=72)
URGENT_WITHIN = timedelta(hours=24)
MOST_SKILLS = 20
"""Needed skills of an ask, and as many welcome ones: no letter carries more."""
MOST_PEOPLE = 50
ASKS_A_DAY = 20
"""Asks of one peer that are answered in a day: more would count our people out."""

_CASES = (Kind.REFER, Kind.TRANSFER)
_QUESTIONS = (Kind.CONSULT, Kind.ASK)
_AWAITED = (*_QUESTIONS, *_CASES)
"""Kinds that await an answer."""


class Act(StrEnum):
    """What can be done in a conversation."""

    ACCEPT = "accept"
    DECLINE = "decline"
    ANSWER = "answer"
    RETURN = "return"
    CLOSE = "close"
    REVOKE = "revoke"
    FORWARD = "forward"
    WAIT = "wait"


ACT_OF: Mapping[Kind, Act] = MappingProxyType(
    {
        Kind.ACCEPT: Act.ACCEPT,
        Kind.DECLINE: Act.DECLINE,
        Kind.ANSWER: Act.ANSWER,
        Kind.RETURN: Act.RETURN,
        Kind.CLOSE: Act.CLOSE,
    }
)
"""What a letter in a conversation does there; the other acts send no letter in it."""


class Refused(StrEnum):
    """Why an act is not possible."""

    NOT_YOURS = "not_yours"
    NOT_THIS_KIND = "not_this_kind"
    NOT_NOW = "not_now"


class Guard(Model):
    """One row of the table: ``side`` may do this in these kinds and states.

    ``to`` is None where the state stays.
    """

    act: Act
    side: Side
    kinds: tuple[Kind, ...]
    states: tuple[ReferralState, ...]
    to: ReferralState | None = None


_SENDER, _RECEIVER = Side.SENDER, Side.RECEIVER
TABLE: tuple[Guard, ...] = (
    Guard(act=Act.ACCEPT, side=_RECEIVER, kinds=(Kind.REFER,), states=(S.WAITING,), to=S.ACCEPTED),
    Guard(act=Act.ACCEPT, side=_RECEIVER, kinds=(Kind.TRANSFER,), states=(S.WAITING,), to=S.TAKEN),
    Guard(act=Act.DECLINE, side=_RECEIVER, kinds=_AWAITED, states=(S.WAITING,), to=S.DECLINED),
    Guard(
        act=Act.ANSWER,
        side=_RECEIVER,
        kinds=_QUESTIONS,
        states=(S.WAITING, S.ANSWERED),
        to=S.ANSWERED,
    ),
    # Whoever asks on waits again.
    Guard(act=Act.ANSWER, side=_SENDER, kinds=(Kind.CONSULT,), states=(S.ANSWERED,), to=S.WAITING),
    # Both keep the case, so both speak.
    *(Guard(act=Act.ANSWER, side=side, kinds=(Kind.REFER,), states=(S.ACCEPTED,)) for side in Side),
    Guard(
        act=Act.RETURN,
        side=_RECEIVER,
        kinds=_CASES,
        states=(S.ACCEPTED, S.TAKEN),
        to=S.RETURNED,
    ),
    *(
        Guard(
            act=Act.CLOSE, side=side, kinds=_AWAITED, states=(S.ACCEPTED, S.ANSWERED), to=S.CLOSED
        )
        for side in Side
    ),
    # What was taken is the receiver's: its asker withdraws it there.
    Guard(
        act=Act.REVOKE,
        side=_SENDER,
        kinds=(*_AWAITED, Kind.SHARE),
        states=(S.WAITING, S.ACCEPTED, S.ANSWERED, S.TOLD, S.DECLINED, S.RETURNED, S.CLOSED),
        to=S.REVOKED,
    ),
    # Of a case only what the asker agreed to, for that peer; two must not take it at once.
    Guard(
        act=Act.FORWARD,
        side=_SENDER,
        kinds=_CASES,
        states=(S.DECLINED, S.RETURNED, S.REVOKED),
    ),
    Guard(act=Act.FORWARD, side=_SENDER, kinds=_QUESTIONS, states=tuple(S)),
    Guard(act=Act.FORWARD, side=_RECEIVER, kinds=_QUESTIONS, states=(S.WAITING, S.ANSWERED)),
    Guard(act=Act.WAIT, side=_SENDER, kinds=_AWAITED, states=(S.WAITING,)),
)
"""Every act there is, by each side; pages list acts in this order."""

CROSSING: tuple[Guard, ...] = (
    # Closed here, given back there: nothing of it is kept there, so it was given back.
    Guard(act=Act.RETURN, side=_RECEIVER, kinds=(Kind.REFER,), states=(S.CLOSED,), to=S.RETURNED),
    # Asked on here, ended there: nobody answers it any more.
    Guard(act=Act.CLOSE, side=_RECEIVER, kinds=(Kind.CONSULT,), states=(S.WAITING,), to=S.CLOSED),
)
"""What an act of the other side leads to as well, which was done before it heard of ours."""
LASTING = (S.WAITING, S.ACCEPTED, S.CLOSED)
"""Where a conversation stands while the letters of its case are kept."""


def first_state(kind: Kind) -> ReferralState:
    """Return where a conversation of this kind begins; ValueError for a kind that begins none."""
    if kind not in OPENING:
        raise ValueError("this kind begins no conversation")
    return S.WAITING if kind in _AWAITED else S.TOLD


def step(kind: Kind, side: Side, state: ReferralState, act: Act) -> ReferralState | Refused:
    """Return where an act of one side leads, or why it is not possible.

    ``kind`` is the kind that began the conversation.
    """
    rows = [row for row in TABLE if row.act is act]
    of_side = [row for row in rows if row.side is side]
    if not of_side:
        return Refused.NOT_YOURS
    of_kind = [row for row in of_side if kind in row.kinds]
    if not of_kind:
        return Refused.NOT_THIS_KIND
    row = next((row for row in of_kind if state in row.states), None)
    if row is None:
        return Refused.NOT_NOW
    return row.to or state


def follow(
    kind: Kind, side: Side, state: ReferralState, act: Act, *, stale: bool = False
) -> ReferralState | Refused:
    """Return where an act of the other ``side`` leads, or why it changes nothing.

    ``stale`` is what was said before our last letter was heard: it is no answer to that.
    """
    if stale and act is Act.ANSWER and state is S.WAITING:
        return state
    led = step(kind, side, state, act)
    if isinstance(led, ReferralState):
        return led
    crossed = (
        row.to
        for row in CROSSING
        if row.act is act and row.side is side and kind in row.kinds and state in row.states
    )
    return next(crossed, None) or led


def keeps(kind: Kind, side: Side, state: ReferralState) -> bool:
    """Return whether ``side`` keeps what the other one says in a conversation that stands so.

    What was taken back is kept by nobody, and a case by its receiver no longer than it has it.
    """
    if state is S.REVOKED:
        return False
    return side is Side.SENDER or kind not in _CASES or state in LASTING


def acts(kind: Kind, side: Side, state: ReferralState) -> tuple[Act, ...]:
    """Return what a side may do now, in the table's order."""
    possible = dict.fromkeys(row.act for row in TABLE)
    return tuple(act for act in possible if isinstance(step(kind, side, state, act), ReferralState))


def other(side: Side) -> Side:
    """Return the side of whoever is on the other one."""
    return Side.RECEIVER if side is Side.SENDER else Side.SENDER


def is_awaited(kind: Kind) -> bool:
    """Return whether a conversation of this kind awaits an answer."""
    return kind in _AWAITED


def answer_day(now: datetime, urgent: bool) -> date:
    """Return the last day for an answer that is asked for now: after 72 hours, urgent ones 24."""
    return (now + (URGENT_WITHIN if urgent else ANSWER_WITHIN)).date()


class Pressure(StrEnum):
    """How much of the time for an answer is over."""

    NONE = "none"
    HALF = "half"
    LATE = "late"


def pressure(began: date, due: date, today: date) -> Pressure:
    """Return whether half of the time is over, or all of it; ``due`` is the last good day."""
    if today > due:
        return Pressure.LATE
    half = began + (due - began) / 2
    return Pressure.HALF if today > half or today == due else Pressure.NONE


def count_step(number: int) -> Count:
    """Return the step that a number of people is told in."""
    if number < 1:
        return Count.NONE
    if number < 3:
        return Count.FEW
    return Count.SOME if number < 10 else Count.MANY


def ask_problems(
    ask: Ask,
    today: date,
    *,
    skills: Collection[str],
    cities: Collection[str],
    languages: Collection[str],
) -> tuple[Problem, ...]:
    """Return what is wrong with an ask before it goes to a peer; all words of it are ours.

    Fields: skills, languages, city, number, until.
    """
    found: list[Problem] = []
    wanted = [skill.code for skill in (*ask.required, *ask.wished)]
    if not (wanted or ask.languages):
        found.append(Problem(field="skills", code="nobody"))
    if not set(wanted) <= set(skills):
        found.append(Problem(field="skills", code="unknown"))
    if max(len(ask.required), len(ask.wished)) > MOST_SKILLS:
        found.append(Problem(field="skills", code="too_many"))
    if not set(ask.languages) <= set(languages):
        found.append(Problem(field="languages", code="unknown"))
    if ask.city and ask.city not in cities:
        found.append(Problem(field="city", code="unknown"))
    if not 1 <= ask.number <= MOST_PEOPLE:
        found.append(Problem(field="number", code="range"))
    if ask.until is not None and ask.until < today:
        found.append(Problem(field="until", code="past"))
    return tuple(found)


def need_of(ask: Ask, cities: Collection[str]) -> Need:
    """Return an ask as a need of ours: a place that we do not know can only be helped from afar."""
    city = ask.city if ask.city in cities else ""
    return Need(
        required=ask.required,
        wished=ask.wished,
        languages=ask.languages,
        fluency=ask.fluency,
        city=city,
        remote=True,
        places=ask.number,
    )
