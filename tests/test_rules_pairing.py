"""How far two embassies trust each other, as one table."""

from itertools import product

import pytest

from pe_core.model.peer import PeerState
from pe_core.model.trail import Act
from pe_core.rules.pairing import (
    Pairing,
    Step,
    acts_of,
    block,
    confirm,
    hear,
    may_step,
    pause,
    resume,
    steps_of,
)

P, A, U, B = PeerState.PROPOSED, PeerState.ACTIVE, PeerState.PAUSED, PeerState.BLOCKED
NEW = Pairing()
OURS = Pairing(ours=True)
THEIRS = Pairing(theirs=True)
ACTIVE = Pairing(state=A, ours=True, theirs=True)
PAUSED = Pairing(state=U, ours=True, theirs=True)
BLOCKED = Pairing(state=B, theirs=True)


@pytest.mark.parametrize(
    ("pairing", "steps"),
    [
        (NEW, "confirm block forget"),
        (THEIRS, "confirm block forget"),
        (OURS, "block forget"),
        (ACTIVE, "pause block"),
        (PAUSED, "resume block forget"),
        (BLOCKED, "forget"),
    ],
)
def test_what_may_be_done_depends_on_where_they_stand(pairing: Pairing, steps: str) -> None:
    assert steps.split() == [step.value for step in steps_of(pairing)]


@pytest.mark.parametrize(
    ("pairing", "may"), [(NEW, True), (ACTIVE, True), (PAUSED, True), (BLOCKED, False)]
)
def test_a_blocked_embassy_is_not_heard(pairing: Pairing, may: bool) -> None:
    assert may == may_step(pairing, Step.HEAR)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (NEW, confirm(NEW), OURS),
        (THEIRS, confirm(THEIRS), ACTIVE),
        (NEW, hear(NEW, confirmed=True, paused=False), THEIRS),
        (OURS, hear(OURS, confirmed=True, paused=False), ACTIVE),
        (OURS, hear(OURS, confirmed=False, paused=False), OURS),
        (ACTIVE, pause(ACTIVE), PAUSED),
        (PAUSED, resume(PAUSED), ACTIVE),
        (PAUSED, hear(PAUSED, confirmed=True, paused=False), PAUSED),
        (ACTIVE, hear(ACTIVE, confirmed=False, paused=False), OURS),
        (ACTIVE, block(ACTIVE), BLOCKED),
    ],
)
def test_what_follows_a_step(before: Pairing, after: Pairing, expected: Pairing) -> None:
    assert expected == after


def test_resuming_with_one_that_withdrew_meanwhile_waits_for_its_words() -> None:
    withdrawn = hear(PAUSED, confirmed=False, paused=False)

    assert OURS == resume(withdrawn)


def test_an_embassy_is_active_only_while_both_confirm() -> None:
    for state, ours, theirs, away in product(PeerState, *[(False, True)] * 3):
        before = Pairing(state=state, ours=ours, theirs=theirs, away=away)
        if state is A and not (ours and theirs):
            continue
        moved = [
            confirm(before) if may_step(before, Step.CONFIRM) else before,
            resume(before) if may_step(before, Step.RESUME) else before,
            block(before),
            *(
                hear(before, confirmed=confirmed, paused=paused)
                for confirmed, paused in product((False, True), repeat=2)
            ),
        ]
        for after in moved:
            assert after.state is not A or (after.ours and after.theirs)


def test_nothing_that_is_heard_undoes_what_people_here_decided() -> None:
    for confirmed, paused in product((False, True), repeat=2):
        for before in (PAUSED, BLOCKED):
            after = hear(before, confirmed=confirmed, paused=paused)

            assert (before.state, before.ours) == (after.state, after.ours)
        assert not hear(NEW, confirmed=confirmed, paused=paused).ours


@pytest.mark.parametrize(
    ("before", "confirmed", "paused", "acts"),
    [
        (OURS, True, False, (Act.PEER_ACTIVE,)),
        (ACTIVE, True, False, ()),
        (ACTIVE, True, True, (Act.PEER_AWAY,)),
        (ACTIVE, False, True, (Act.PEER_WITHDREW, Act.PEER_AWAY)),
        (Pairing(theirs=True, away=True), True, False, (Act.PEER_BACK,)),
        (NEW, False, False, ()),
    ],
)
def test_what_a_hello_changes_is_told(
    before: Pairing, confirmed: bool, paused: bool, acts: tuple[Act, ...]
) -> None:
    assert acts == acts_of(before, hear(before, confirmed=confirmed, paused=paused))
