"""How far two embassies trust each other: what may be done in which state, and what follows.

Letters pass only while both have typed the other's words and neither has paused. Nothing here
knows of keys: whoever calls has verified them. Design: network, "Pairing".
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from pe_core.model.peer import PeerState
from pe_core.model.struct import Model
from pe_core.model.trail import Act


class Step(StrEnum):
    """What people here do about another embassy, and hearing a word of it."""

    CONFIRM = "confirm"
    PAUSE = "pause"
    RESUME = "resume"
    BLOCK = "block"
    FORGET = "forget"
    HEAR = "hear"


class Pairing(Model):
    """Where this embassy stands with another one.

    ``ours`` is whether its words were typed here, ``theirs`` whether it says that ours were
    typed there, ``away`` whether it says that it paused us.
    """

    state: PeerState = PeerState.PROPOSED
    ours: bool = False
    theirs: bool = False
    away: bool = False


ALLOWED: Mapping[Step, frozenset[PeerState]] = MappingProxyType(
    {
        Step.CONFIRM: frozenset({PeerState.PROPOSED}),
        Step.PAUSE: frozenset({PeerState.ACTIVE}),
        Step.RESUME: frozenset({PeerState.PAUSED}),
        Step.BLOCK: frozenset({PeerState.PROPOSED, PeerState.ACTIVE, PeerState.PAUSED}),
        # Of an active one it must be told first, and nothing is told to whom nobody knows.
        Step.FORGET: frozenset({PeerState.PROPOSED, PeerState.PAUSED, PeerState.BLOCKED}),
        Step.HEAR: frozenset({PeerState.PROPOSED, PeerState.ACTIVE, PeerState.PAUSED}),
    }
)
"""The one table of guards: in which states a step may be taken."""


def may_step(pairing: Pairing, step: Step) -> bool:
    """Return whether a step may be taken; the words of an embassy are typed once."""
    if step is Step.CONFIRM and pairing.ours:
        return False
    return pairing.state in ALLOWED[step]


def steps_of(pairing: Pairing) -> tuple[Step, ...]:
    """Return what people here may do now, in the order in which it is offered."""
    return tuple(s for s in Step if s is not Step.HEAR and may_step(pairing, s))


def confirm(pairing: Pairing) -> Pairing:
    """Return where they stand once the other's words were typed here."""
    return _settled(pairing, PeerState.PROPOSED, ours=True)


def pause(pairing: Pairing) -> Pairing:
    """Return where they stand once this embassy pauses."""
    return _changed(pairing, state=PeerState.PAUSED)


def resume(pairing: Pairing) -> Pairing:
    """Return where they stand once this embassy goes on: active only if both still confirm."""
    return _settled(pairing, PeerState.PROPOSED)


def block(pairing: Pairing) -> Pairing:
    """Return where they stand once this embassy hears no more of the other."""
    return _changed(pairing, state=PeerState.BLOCKED, ours=False)


def hear(pairing: Pairing, *, confirmed: bool, paused: bool) -> Pairing:
    """Return where they stand after a hello; it changes nothing that people here decided."""
    state = pairing.state
    if state is PeerState.ACTIVE and not confirmed:
        state = PeerState.PROPOSED
    return _settled(pairing, state, theirs=confirmed, away=paused)


def acts_of(before: Pairing, after: Pairing) -> tuple[Act, ...]:
    """Return what the trail says that a hello has changed, most important first."""
    told = (
        (after.theirs and not before.theirs, Act.PEER_ACTIVE),
        (before.theirs and not after.theirs, Act.PEER_WITHDREW),
        (after.away and not before.away, Act.PEER_AWAY),
        (before.away and not after.away, Act.PEER_BACK),
    )
    return tuple(act for is_so, act in told if is_so)


def _settled(pairing: Pairing, state: PeerState, **values: bool) -> Pairing:
    """Return it with these values, active if it waited only for both to confirm."""
    changed = _changed(pairing, state=state, **values)
    if changed.state is PeerState.PROPOSED and changed.ours and changed.theirs:
        return _changed(changed, state=PeerState.ACTIVE)
    return changed


def _changed(
    pairing: Pairing,
    *,
    state: PeerState,
    ours: bool | None = None,
    theirs: bool | None = None,
    away: bool | None = None,
) -> Pairing:
    return Pairing(
        state=state,
        ours=pairing.ours if ours is None else ours,
        theirs=pairing.theirs if theirs is None else theirs,
        away=pairing.away if away is None else away,
    )
