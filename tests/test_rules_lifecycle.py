"""The lifecycle: who may move a request where, and that all of them end."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pe_core.model import Author, Outcome, State, WaitingOn
from pe_core.rules.lifecycle import TABLE, may_move, move_problems, moves

ASKER, STAFF, SYSTEM = Author.ASKER, Author.STAFF, Author.SYSTEM

WHO_MAY = {
    ("new", "triage"): {STAFF, SYSTEM},
    ("new", "closed"): {ASKER, STAFF},
    ("triage", "matching"): {STAFF},
    ("triage", "active"): {STAFF},
    ("triage", "closed"): {ASKER, STAFF},
    ("triage", "transferred"): {SYSTEM},
    ("matching", "active"): {STAFF, SYSTEM},
    ("matching", "waiting"): {STAFF},
    ("matching", "closed"): {ASKER, STAFF},
    ("matching", "transferred"): {SYSTEM},
    ("active", "waiting"): {STAFF},
    ("active", "resolved"): {STAFF},
    ("active", "closed"): {ASKER, STAFF},
    ("active", "transferred"): {SYSTEM},
    ("waiting", "matching"): {ASKER, STAFF, SYSTEM},
    ("waiting", "active"): {ASKER, STAFF, SYSTEM},
    ("waiting", "closed"): {ASKER, STAFF},
    ("waiting", "transferred"): {SYSTEM},
    ("resolved", "closed"): {ASKER, SYSTEM},
    ("resolved", "active"): {ASKER},
    ("transferred", "triage"): {SYSTEM},
    ("closed", "triage"): {ASKER, STAFF},
    **{(state.value, "erased"): {SYSTEM} for state in State if state is not State.ERASED},
}


@pytest.mark.parametrize("now", State)
@pytest.mark.parametrize("to", State)
def test_only_these_people_may_make_this_move(now: State, to: State) -> None:
    allowed = {author for author in Author if may_move(now, to, author)}

    assert WHO_MAY.get((now.value, to.value), set()) == allowed


def test_the_table_says_each_thing_once() -> None:
    rows = [(move.now, move.to, author) for move in TABLE for author in move.by]

    assert len(rows) == len(set(rows))


def test_moves_lists_what_may_move() -> None:
    for now in State:
        for author in Author:
            listed = moves(now, author)
            assert {to for to in State if may_move(now, to, author)} == set(listed)


def test_erased_is_final() -> None:
    assert [()] * len(Author) == [moves(State.ERASED, author) for author in Author]


@settings(deadline=None)
@given(st.data())
def test_every_path_can_end_and_its_end_is_erased(data: st.DataObject) -> None:
    state, steps = State.NEW, 0
    while state is not State.ERASED and steps < 12:
        onward = sorted({to for author in Author for to in moves(state, author)})
        assert State.ERASED in onward
        state = data.draw(st.sampled_from(onward))
        steps += 1
    if state is not State.ERASED:
        assert may_move(state, State.ERASED, SYSTEM)


def test_every_state_is_reachable() -> None:
    reached = {State.NEW}
    while more := {move.to for move in TABLE if move.now in reached} - reached:
        reached |= more

    assert set(State) == reached


@pytest.mark.parametrize(
    ("now", "to", "by", "missing"),
    [
        ("new", "triage", STAFF, []),
        ("new", "closed", STAFF, ["outcome"]),
        ("active", "closed", ASKER, ["outcome"]),
        ("active", "resolved", STAFF, ["outcome"]),
        ("resolved", "closed", SYSTEM, []),
        ("matching", "waiting", STAFF, ["waiting_on", "wake"]),
        ("active", "waiting", STAFF, ["waiting_on", "wake"]),
        ("closed", "triage", ASKER, []),
    ],
)
def test_a_move_asks_for_what_belongs_to_it(
    now: str, to: str, by: Author, missing: list[str]
) -> None:
    empty = move_problems(State(now), State(to), by)
    full = move_problems(
        State(now),
        State(to),
        by,
        outcome=Outcome.HELPED,
        waiting_on=WaitingOn.AUTHORITY,
        wake=date(2026, 12, 1),
    )

    assert missing == [problem.field for problem in empty]
    assert {"required"} >= {problem.code for problem in empty}
    assert () == full


def test_a_move_out_of_the_table_is_a_problem_of_the_state() -> None:
    (problem,) = move_problems(State.NEW, State.RESOLVED, outcome=Outcome.HELPED)

    assert ("state", "not_allowed") == (problem.field, problem.code)
