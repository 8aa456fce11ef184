"""How each letter of ours went, as the page of its conversation says it."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from acting import MORE, begin, do, meet
from between import Between, House
from pe_core.model.peer import Kind, OutState, ThreadId
from pe_core.model.referral import ReferralState
from pe_core.network.threads import Way
from pe_core.network.waiting import drop
from pe_core.rules.referring import Act
from pe_core.store import OutgoingRow, Update

Run = Callable[[Awaitable[Any]], Any]
S = ReferralState


def ways(house: House, thread: ThreadId) -> list[Way | None]:
    """Return what the page says of how each of our letters went."""
    return [one.way for one in house.said(thread) if one.ours]


def test_what_was_answered_before_a_case_is_given_back_arrives_before_it(two: Between) -> None:
    thread = begin(two, Kind.REFER, (Act.ACCEPT,))
    do(two.far, thread, Act.ANSWER)
    waits = ways(two.far, thread)
    do(two.far, thread, Act.RETURN)
    two.clock.move(days=2)
    meet(two, far_first=True)

    assert [None, Way.WAITS] == waits
    assert [Kind.ACCEPT, Kind.ANSWER, Kind.RETURN] == [
        one.kind for one in two.near.said(thread) if not one.ours
    ]
    assert (S.RETURNED, [None, None, None]) == (two.near.view(thread).state, ways(two.far, thread))


@pytest.mark.parametrize("far_first", [False, True])
@pytest.mark.parametrize("end", [Act.RETURN, Act.CLOSE])
def test_what_nobody_read_before_they_ended_it_says_so(
    two: Between, end: Act, far_first: bool
) -> None:
    thread = begin(two, Kind.REFER, (Act.ACCEPT,))
    do(two.near, thread, Act.ANSWER)
    two.exchange()
    do(two.near, thread, Act.ANSWER)
    do(two.far, thread, end)
    meet(two, far_first=far_first)

    assert [None, None, Way.UNHEARD] == ways(two.near, thread)
    assert MORE == next(one.body for one in two.near.said(thread) if one.way)
    assert [] == two.near.outgoing()


def test_what_could_not_be_delivered_is_not_shown_as_said(two: Between) -> None:
    thread = begin(two, Kind.REFER, (Act.ACCEPT,))
    do(two.far, thread, Act.ANSWER)
    (row,) = two.far.outgoing()
    failed = Update(OutgoingRow, (row.id,), {"state": OutState.DEAD.value})
    two.run(two.far.desk.store.write([failed]))

    assert [None, Way.FAILED] == ways(two.far, thread)


def test_what_was_given_up_is_not_shown_as_said(two: Between) -> None:
    far = two.far
    thread = begin(two, Kind.REFER, (Act.ACCEPT,))
    do(far, thread, Act.ANSWER)
    (row,) = far.outgoing()
    failed = Update(OutgoingRow, (row.id,), {"state": OutState.DEAD.value})
    two.run(far.desk.store.write([failed]))
    two.run(drop(far.desk, far.session, row.id, 1))

    assert ([], [None, Way.DROPPED]) == (far.outgoing(), ways(far, thread))
    assert S.ACCEPTED is far.view(thread).state
