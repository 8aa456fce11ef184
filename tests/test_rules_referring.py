"""Conversations between embassies: who may do what when, and how long an answer takes."""

from datetime import UTC, date, datetime
from itertools import product

import pytest

from pe_core.model.peer import OPENING, Kind
from pe_core.model.referral import BODIES, Ask, Count, ReferralState, Side
from pe_core.rules.referring import (
    ACT_OF,
    TABLE,
    Act,
    Pressure,
    Refused,
    acts,
    answer_day,
    count_step,
    first_state,
    need_of,
    other,
    pressure,
    step,
)

ALL = {state.value for state in ReferralState}
SENT = ALL - {"taken", "revoked"}
MAY = {
    ("accept", "receiver", "refer"): {"waiting": "accepted"},
    ("accept", "receiver", "transfer"): {"waiting": "taken"},
    **{
        ("decline", "receiver", kind): {"waiting": "declined"}
        for kind in ("consult", "ask", "refer", "transfer")
    },
    ("answer", "receiver", "consult"): {"waiting": "answered", "answered": "answered"},
    ("answer", "receiver", "ask"): {"waiting": "answered", "answered": "answered"},
    ("answer", "sender", "consult"): {"answered": "waiting"},
    ("answer", "receiver", "refer"): {"accepted": "accepted"},
    ("answer", "sender", "refer"): {"accepted": "accepted"},
    ("return", "receiver", "refer"): {"accepted": "returned", "taken": "returned"},
    ("return", "receiver", "transfer"): {"accepted": "returned", "taken": "returned"},
    **{
        ("close", side, kind): {"accepted": "closed", "answered": "closed"}
        for side in ("sender", "receiver")
        for kind in ("consult", "ask", "refer", "transfer")
    },
    **{
        ("revoke", "sender", kind): dict.fromkeys(SENT, "revoked")
        for kind in ("consult", "ask", "refer", "transfer", "share")
    },
    **{
        ("forward", "sender", kind): {one: one for one in ("declined", "returned", "revoked")}
        for kind in ("refer", "transfer")
    },
    **{("forward", "sender", kind): {one: one for one in ALL} for kind in ("consult", "ask")},
    **{
        ("forward", "receiver", kind): {one: one for one in ("waiting", "answered")}
        for kind in ("consult", "ask")
    },
    **{
        ("wait", "sender", kind): {"waiting": "waiting"}
        for kind in ("consult", "ask", "refer", "transfer")
    },
}


@pytest.mark.parametrize("act", Act)
@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("kind", Kind)
def test_an_act_leads_only_where_the_table_says(act: Act, side: Side, kind: Kind) -> None:
    found = {state.value: step(kind, side, state, act) for state in ReferralState}
    led = {state: to.value for state, to in found.items() if isinstance(to, ReferralState)}

    assert MAY.get((act.value, side.value, kind.value), {}) == led


def test_what_is_refused_is_refused_for_a_reason() -> None:
    waiting = ReferralState.WAITING

    assert Refused.NOT_YOURS is step(Kind.REFER, Side.SENDER, waiting, Act.ACCEPT)
    assert Refused.NOT_THIS_KIND is step(Kind.ASK, Side.RECEIVER, waiting, Act.ACCEPT)
    assert Refused.NOT_NOW is step(Kind.REFER, Side.RECEIVER, waiting, Act.RETURN)


def test_the_table_says_each_thing_once() -> None:
    rows = [
        (row.act, row.side, kind, state)
        for row in TABLE
        for kind, state in product(row.kinds, row.states)
    ]

    assert len(rows) == len(set(rows))


def test_acts_lists_what_step_allows() -> None:
    for kind, side, state in product(Kind, Side, ReferralState):
        allowed = {a for a in Act if isinstance(step(kind, side, state, a), ReferralState)}
        assert allowed == set(acts(kind, side, state))


@pytest.mark.parametrize("kind", sorted(OPENING))
def test_every_state_of_a_conversation_is_reached_by_letters_or_by_taking_back(kind: Kind) -> None:
    reached = {first_state(kind)}
    while (
        more := {
            to
            for state, side, act in product(reached, Side, Act)
            if isinstance(to := step(kind, side, state, act), ReferralState)
        }
        - reached
    ):
        reached |= more

    told = kind in (Kind.SHARE, Kind.NOTICE)
    assert told is (ReferralState.TOLD in reached)
    assert told is (ReferralState.WAITING not in reached)
    assert (kind is Kind.TRANSFER) is (ReferralState.TAKEN in reached)


def test_a_case_that_was_taken_is_not_taken_back() -> None:
    assert (Act.RETURN,) == acts(Kind.TRANSFER, Side.RECEIVER, ReferralState.TAKEN)
    assert () == acts(Kind.TRANSFER, Side.SENDER, ReferralState.TAKEN)


def test_a_kind_that_belongs_to_a_conversation_begins_none() -> None:
    for kind in set(Kind) - OPENING:
        with pytest.raises(ValueError, match="begins no conversation"):
            first_state(kind)
    assert set(Kind) == OPENING | set(ACT_OF) | {Kind.FILE} == set(BODIES)


def test_each_side_has_the_other() -> None:
    assert [Side.RECEIVER, Side.SENDER] == [other(Side.SENDER), other(Side.RECEIVER)]


@pytest.mark.parametrize(("urgent", "expected"), [(False, 27), (True, 25)])
def test_an_answer_is_awaited_for_72_hours_and_for_24_when_urgent(
    urgent: bool, expected: int
) -> None:
    now = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)

    assert date(2026, 11, expected) == answer_day(now, urgent)


@pytest.mark.parametrize(
    ("day", "expected"),
    [(24, "none"), (25, "none"), (26, "half"), (27, "half"), (28, "late"), (30, "late")],
)
def test_both_sides_are_reminded_at_half_time_and_when_it_is_over(day: int, expected: str) -> None:
    began, due = date(2026, 11, 24), date(2026, 11, 27)

    assert Pressure(expected) is pressure(began, due, date(2026, 11, day))


def test_of_one_day_the_last_is_half() -> None:
    began, due = date(2026, 11, 24), date(2026, 11, 25)

    assert [Pressure.NONE, Pressure.HALF, Pressure.LATE] == [
        pressure(began, due, date(2026, 11, day)) for day in (24, 25, 26)
    ]


@pytest.mark.parametrize(
    ("number", "expected"),
    [(0, "0"), (1, "1-2"), (2, "1-2"), (3, "3-9"), (9, "3-9"), (10, "10+"), (200, "10+")],
)
def test_people_are_counted_in_steps_so_that_nobody_can_be_counted_out(
    number: int, expected: str
) -> None:
    assert Count(expected) is count_step(number)


@pytest.mark.parametrize(("city", "expected"), [("Hillham", "Hillham"), ("Elsewhere", "")])
def test_an_ask_is_looked_for_as_a_need_that_can_be_met_from_afar(city: str, expected: str) -> None:
    ask = Ask(languages=("ko",), city=city, language="en", answer_by=date(2026, 11, 27))
    need = need_of(ask, ["Hillham"])

    assert (("ko",), expected, True) == (need.languages, need.city, need.remote)
