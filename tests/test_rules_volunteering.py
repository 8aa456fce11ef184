"""Where a volunteer stands: every state, every move, and every step that is missing."""

from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pe_core.model import Agreement, Box, Profile, Standing, VolunteerState
from pe_core.model.week import Week
from pe_core.rules import volunteering as rules
from pe_core.rules.volunteering import AGREEMENT, Step, Who

V = VolunteerState
BEGAN = datetime(2026, 11, 24, 10, tzinfo=UTC)
LATER = BEGAN + timedelta(days=1)
LAST = BEGAN + timedelta(days=2)
TODAY = date(2026, 11, 27)


def profile(**changes: Any) -> Profile:
    first = Profile(
        box=Box(7), handle="wouk", public=b"p", verify_key=b"v", language="en", began=BEGAN
    )
    return msgspec.structs.replace(first, **changes)


def agreement(version: int = AGREEMENT) -> Agreement:
    return Agreement(version=version, language="en", text=b"t", at=LATER, signature=b"s")


@pytest.mark.parametrize(
    ("said", "judged", "state"),
    [
        ({}, {}, V.APPLIED),
        ({"sent": LATER}, {}, V.APPLIED),
        ({"sent": LATER}, {"state": V.SCREENING, "since": LAST}, V.SCREENING),
        ({"sent": LATER}, {"state": V.ACTIVE, "since": LAST}, V.ACTIVE),
        ({"sent": LATER}, {"state": V.DECLINED, "since": LAST}, V.DECLINED),
        ({"sent": LAST}, {"state": V.DECLINED, "since": LATER}, V.APPLIED),
        ({"sent": LAST}, {"state": V.BLOCKED, "since": LATER}, V.BLOCKED),
        ({"sent": LATER, "left": LAST}, {"state": V.ACTIVE, "since": LATER}, V.LEFT),
        ({"sent": LATER, "left": LAST}, {"state": V.BLOCKED, "since": LATER}, V.BLOCKED),
        ({"sent": LAST}, {"state": V.ACTIVE, "since": LATER}, V.APPLIED),
        ({}, {"state": V.ACTIVE, "since": LATER}, V.APPLIED),
        ({"sent": LATER, "paused_until": TODAY}, {"state": V.ACTIVE, "since": LAST}, V.PAUSED),
        (
            {"sent": LATER},
            {"state": V.ACTIVE, "since": LAST, "paused_until": TODAY},
            V.PAUSED,
        ),
        (
            {"sent": LATER, "paused_until": TODAY - timedelta(days=1)},
            {"state": V.ACTIVE, "since": LAST},
            V.ACTIVE,
        ),
        ({"paused_until": TODAY}, {"state": V.SCREENING, "since": LAST}, V.SCREENING),
    ],
)
def test_both_sides_words_say_where_somebody_stands(
    said: dict[str, Any], judged: dict[str, Any], state: VolunteerState
) -> None:
    standing = Standing(**{"since": BEGAN, **judged})

    assert state is rules.state_of(profile(**said), standing, TODAY)


@pytest.mark.parametrize(
    ("said", "judged", "since"),
    [
        ({}, {}, None),
        ({"wrote": LATER}, {}, LATER),
        ({"wrote": LATER}, {"answered": BEGAN}, LATER),
        ({"wrote": LATER}, {"answered": LATER}, None),
        ({"wrote": LATER}, {"state": V.ACTIVE}, LATER),
        ({"wrote": LATER, "paused_until": TODAY}, {"state": V.ACTIVE}, LATER),
        ({"wrote": LATER, "left": LATER}, {"state": V.ACTIVE}, None),
        ({"wrote": LATER}, {"state": V.DECLINED}, None),
        ({"wrote": LATER}, {"state": V.BLOCKED}, None),
    ],
)
def test_a_message_waits_until_it_is_answered_or_its_writer_is_gone(
    said: dict[str, Any], judged: dict[str, Any], since: datetime | None
) -> None:
    standing = Standing(**{"since": BEGAN, **judged})

    assert since == rules.asks_since(profile(**said), standing)


@pytest.mark.parametrize(
    ("said", "talked", "vouched", "missing"),
    [
        ({}, None, False, (Step.PROFILE, Step.AGREEMENT, Step.TALK, Step.VOUCHES)),
        ({"sent": LATER}, None, False, (Step.AGREEMENT, Step.TALK, Step.VOUCHES)),
        ({"sent": LATER, "agreement": agreement()}, LAST, True, ()),
        ({"sent": LATER, "agreement": agreement()}, LAST, False, (Step.VOUCHES,)),
        ({"sent": LATER, "agreement": agreement()}, None, True, (Step.TALK,)),
        ({"sent": LATER, "agreement": agreement(AGREEMENT - 1)}, LAST, True, (Step.AGREEMENT,)),
        ({"agreement": agreement()}, LAST, True, (Step.PROFILE,)),
    ],
)
def test_what_is_missing_is_said_in_the_order_of_the_steps(
    said: dict[str, Any], talked: datetime | None, vouched: bool, missing: tuple[Step, ...]
) -> None:
    standing = Standing(since=BEGAN, talked=talked)

    assert missing == rules.missing_steps(profile(**said), standing, vouched=vouched)


MOVES = {
    Who.SELF: {
        (V.ACTIVE, V.PAUSED),
        (V.PAUSED, V.ACTIVE),
        *((now, V.LEFT) for now in (V.APPLIED, V.SCREENING, V.ACTIVE, V.PAUSED)),
        (V.LEFT, V.APPLIED),
        (V.DECLINED, V.APPLIED),
    },
    Who.STAFF: {
        (V.APPLIED, V.SCREENING),
        (V.APPLIED, V.ACTIVE),
        (V.SCREENING, V.ACTIVE),
        (V.ACTIVE, V.PAUSED),
        (V.PAUSED, V.ACTIVE),
    },
    Who.TWO: {
        (V.APPLIED, V.DECLINED),
        (V.SCREENING, V.DECLINED),
        *((now, V.BLOCKED) for now in V if now is not V.BLOCKED),
    },
}


@pytest.mark.parametrize("by", list(Who))
def test_the_table_knows_these_moves_and_no_others(by: Who) -> None:
    known = {(now, to) for now, to in product(V, V) if rules.may_move(now, to, by)}

    assert MOVES[by] == known
    assert known == {(now, to) for now in V for to in rules.moves(now, by)}


def test_nobody_comes_back_from_being_blocked() -> None:
    assert [] == [move for move in rules.TABLE if move.now is V.BLOCKED]


def test_only_a_no_needs_a_reason() -> None:
    needing = {to for now, to in product(V, V) if rules.needs_reason(now, to)}

    assert {V.DECLINED, V.BLOCKED} == needing


@pytest.mark.parametrize(
    ("state", "sent", "weeks"),
    [
        (V.APPLIED, None, 1),
        (V.APPLIED, LATER, 26),
        (V.SCREENING, LATER, 26),
        (V.ACTIVE, LATER, 52),
        (V.PAUSED, LATER, 52),
        (V.LEFT, LATER, 4),
        (V.DECLINED, LATER, 4),
        (V.BLOCKED, LATER, 4),
    ],
)
def test_records_are_kept_as_long_as_they_are_of_use(
    state: VolunteerState, sent: datetime | None, weeks: int
) -> None:
    now = Week(3_000)

    assert now + weeks == rules.keep_volunteer(profile(sent=sent), state, now)


@given(st.dates(date(2026, 1, 1), date(2028, 1, 1)), st.dates(date(2026, 1, 1), date(2028, 1, 1)))
def test_a_pause_holds_until_the_end_of_its_last_day(until: date, today: date) -> None:
    standing = Standing(since=BEGAN, paused_until=until)

    assert (today <= until) == rules.is_paused(profile(), standing, today)
