"""Two embassies act in one conversation before either hears of it: they end alike all the same.

Every pair of acts that can cross is tried, in both orders in which the letters may then come.
"""

import random
from collections.abc import Awaitable, Callable
from itertools import product
from typing import Any

import pytest

from acting import begin, begin_case, carry, do, meet
from between import Between, House
from pe_core.desk import visits
from pe_core.model import State, WithdrawalFellDue
from pe_core.model.peer import Kind, ThreadId
from pe_core.model.referral import ReferralState, Side
from pe_core.network import consenting
from pe_core.network.listening import TakingBack
from pe_core.rules.referring import Act, acts, follow, keeps, other
from pe_core.store import IncomingRow, RequestRow

Run = Callable[[Awaitable[Any]], Any]
S = ReferralState
SPOKEN = (Act.ACCEPT, Act.DECLINE, Act.ANSWER, Act.RETURN, Act.CLOSE, Act.REVOKE)
"""What the other side hears of; the other acts change nothing in the conversation."""
BEFORE: tuple[tuple[Kind, tuple[Act, ...]], ...] = (
    (Kind.REFER, ()),
    (Kind.REFER, (Act.ACCEPT,)),
    (Kind.REFER, (Act.ACCEPT, Act.CLOSE)),
    (Kind.TRANSFER, ()),
    (Kind.TRANSFER, (Act.ACCEPT,)),
    (Kind.CONSULT, ()),
    (Kind.CONSULT, (Act.ANSWER,)),
    (Kind.ASK, ()),
    (Kind.ASK, (Act.ANSWER,)),
)
"""Kinds of conversations, and what the receiver has said so that both know of it."""


def held(house: House, thread: ThreadId) -> list[bool]:
    """Return for each letter of the other side whether its words are still there."""
    rows = house.run(house.desk.store.select(IncomingRow, {"thread": thread}, order="number"))
    return [row.body is not None for row in rows if row.number]


def runs(kind: Kind, state: S) -> list[tuple[Act, ...]]:
    """Return what the receiver may do from a state without hearing anything, two acts at most."""

    def after(state: S) -> list[tuple[Act, S]]:
        possible = acts(kind, Side.RECEIVER, state)
        led = [(act, follow(kind, Side.RECEIVER, state, act)) for act in possible if act in SPOKEN]
        return [(act, to) for act, to in led if isinstance(to, S)]

    one = after(state)
    return [(act,) for act, _ in one] + [
        (act, then) for act, to in one for then, _ in after(to) if then not in (act, Act.ANSWER)
    ]


@pytest.mark.parametrize("far_first", [False, True])
@pytest.mark.parametrize(("kind", "before"), BEFORE)
def test_whatever_crosses_both_end_alike_and_nobody_keeps_too_much(
    two: Between, kind: Kind, before: tuple[Act, ...], far_first: bool
) -> None:
    state = two.near.view(begin(two, kind, before)).state
    ours = [act for act in acts(kind, Side.SENDER, state) if act in SPOKEN]
    for act, theirs in product(ours, runs(kind, state)):
        case = (act, theirs)
        thread = begin(two, kind, before)
        do(two.near, thread, act)
        for one in theirs:
            do(two.far, thread, one)
        meet(two, far_first=far_first)
        near, far = two.near.view(thread), two.far.view(thread)

        assert near.state is far.state, case
        assert [] == [*two.near.outgoing(), *two.far.outgoing()], case
        if act is Act.REVOKE:
            assert S.REVOKED is near.state, case
        for house, view in ((two.near, near), (two.far, far)):
            kept = keeps(kind, view.body.side, view.state)
            assert kept or not any(held(house, thread)), case
        if near.state is S.WAITING:
            assert Act.ANSWER in acts(kind, Side.RECEIVER, far.state), case
            assert near.due and far.due, case


def live(two: Between, kind: Kind, chance: random.Random) -> ThreadId:
    """Let both act, send and look in any order for a while; what ends it at once is rare."""
    near, far = two.near, two.far
    thread = begin(two, kind)
    steps = [near.look, far.look, lambda: carry(near, far), lambda: carry(far, near)]
    for _ in range(chance.randint(8, 24)):
        house = chance.choice([near, far, far])
        view = house.view(thread)
        possible = [act for act in acts(kind, view.body.side, view.state) if act in SPOKEN]
        act = chance.choice(possible) if possible and chance.random() < 0.6 else None
        if act is None or (act in (Act.REVOKE, Act.DECLINE) and chance.random() < 0.9):
            chance.choice(steps)()
        else:
            do(house, thread, act)
    return thread


@pytest.mark.parametrize("kind", [Kind.REFER, Kind.TRANSFER, Kind.CONSULT, Kind.ASK])
def test_in_whatever_order_both_act_and_hear_they_end_alike(two: Between, kind: Kind) -> None:
    for seed in range(18):
        thread = live(two, kind, random.Random(seed))  # noqa: S311, chance by a seed
        meet(two, far_first=bool(seed % 2))
        near, far = two.near.view(thread), two.far.view(thread)

        assert near.state is far.state, seed
        assert [] == [*two.near.outgoing(), *two.far.outgoing()], seed
        for house, view in ((two.near, near), (two.far, far)):
            kept = keeps(kind, view.body.side, view.state)
            assert kept or not any(held(house, thread)), seed


def test_a_question_that_was_asked_on_waits_until_it_is_answered(two: Between) -> None:
    thread = begin(two, Kind.CONSULT, (Act.ANSWER,))
    do(two.near, thread, Act.ANSWER)
    do(two.far, thread, Act.ANSWER)
    meet(two, far_first=True)
    crossed = two.near.view(thread).state, two.far.view(thread).state
    do(two.far, thread, Act.ANSWER)
    meet(two, far_first=True)

    assert (S.WAITING, S.WAITING) == crossed
    assert (S.ANSWERED, S.ANSWERED) == (two.near.view(thread).state, two.far.view(thread).state)


def test_what_comes_after_it_was_taken_back_is_erased_though_nobody_looks(two: Between) -> None:
    thread = begin(two, Kind.REFER, (Act.ACCEPT,))
    do(two.near, thread, Act.REVOKE)
    do(two.far, thread, Act.ANSWER)
    carry(two.far, two.near)

    assert [False, False] == held(two.near, thread)


def test_a_case_that_was_given_back_is_kept_no_longer_once_it_is_taken_back(two: Between) -> None:
    thread = begin(two, Kind.TRANSFER, (Act.ACCEPT, Act.RETURN))
    request = two.far.view(thread).request
    before = two.run(two.far.desk.store.get(RequestRow, request)).keep_until
    do(two.near, thread, Act.REVOKE)
    meet(two, far_first=False)
    after = two.run(two.far.desk.store.get(RequestRow, request)).keep_until

    assert (S.REVOKED, S.REVOKED) == (two.near.view(thread).state, two.far.view(thread).state)
    assert 8 == before - after


def test_a_withdrawal_reaches_whoever_took_the_case_over_meanwhile(two: Between) -> None:
    receipt, request, thread = begin_case(two, Kind.TRANSFER)
    _, visit = two.run(visits.come_back(two.near.desk, receipt))
    two.run(visits.withdraw(two.near.desk, visit))
    do(two.far, thread, Act.ACCEPT)
    two.exchange()
    moved = two.near.request(request).state
    own = two.far.view(thread).request
    two.run(TakingBack(two.near.desk).hear(WithdrawalFellDue(request=request)))
    two.exchange()

    assert State.TRANSFERRED is moved
    assert own is not None
    assert two.far.request(own).withdrawal_due
    assert (S.REVOKED, S.REVOKED) == (two.near.view(thread).state, two.far.view(thread).state)


def test_consent_that_is_taken_back_goes_before_a_yes_and_before_giving_back(
    two: Between,
) -> None:
    for theirs in ((Act.ACCEPT,), (Act.ACCEPT, Act.RETURN), (Act.DECLINE,)):
        receipt, _, thread = begin_case(two, Kind.REFER)
        _, visit = two.run(visits.come_back(two.near.desk, receipt))
        ((given, _),) = two.run(consenting.read_asked(two.near.desk, visit)).given
        two.run(consenting.take_back_consent(two.near.desk, visit, given))
        for act in theirs:
            do(two.far, thread, act)
        meet(two, far_first=True)

        assert (S.REVOKED, S.REVOKED) == (two.near.view(thread).state, two.far.view(thread).state)
        assert not any([*held(two.near, thread), *held(two.far, thread)]), theirs


@pytest.mark.parametrize(
    ("kind", "state", "act", "expected"),
    [
        (Kind.REFER, S.CLOSED, Act.RETURN, S.RETURNED),
        (Kind.CONSULT, S.WAITING, Act.CLOSE, S.CLOSED),
        (Kind.CONSULT, S.WAITING, Act.ANSWER, S.WAITING),
        (Kind.REFER, S.REVOKED, Act.ACCEPT, None),
        (Kind.TRANSFER, S.REVOKED, Act.ACCEPT, None),
    ],
)
def test_which_act_goes_before_the_other(
    kind: Kind, state: S, act: Act, expected: S | None
) -> None:
    led = follow(kind, other(Side.SENDER), state, act, stale=True)

    assert expected == (led if isinstance(led, S) else None)
