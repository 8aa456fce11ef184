"""The whole desk against a plain model: whatever people do, in whatever order, as time passes.

``PE_LONG=1`` runs many more and longer lives of an embassy. Below stands what it has found.
"""

import os
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, multiple, rule, run_state_machine_as_test

from pe_core.desk import invites, requests, visits
from pe_core.desk.sessions import Session
from pe_core.errors import NotAllowed
from pe_core.model import Outcome, State
from pe_core.store import RequestRow
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.toolkit.invented import ASKED, Asked, ask, open_account, unlock_account
from pe_core.vault import locator_hash
from stateful.checks import Checks
from stateful.model import Person, Request
from stateful.passing import Passing
from stateful.world import asked, people

Run = Callable[[Awaitable[Any]], Any]
LONG = bool(os.environ.get("PE_LONG"))


BUSY: dict[str, st.SearchStrategy[Any]] = {
    "person": people,
    "to": people,
    "request": asked,
    "acts": st.lists(st.integers(0, 11), min_size=4, max_size=10),
}


class Embassy(Checks, Passing):
    """Everything that may happen to an embassy, and everything that must hold."""

    @initialize(target=people)
    def the_first_coordinator(self) -> Person:
        return self.first

    @initialize(target=people, alone=st.sampled_from([False, False, False, False, True]))
    def a_second_one(self, alone: bool) -> object:
        return multiple() if alone else self.invite_second()

    @initialize(target=asked, which=st.sampled_from(ASKED))
    def a_request(self, which: Asked) -> Request:
        return self.ask(which=which, photo=False)

    def busy(self, person: Person, to: Person, request: Request, acts: list[int]) -> None:
        """Several acts on one request, since its whole life seldom comes about one by one."""
        mine = {"person": person, "request": request}
        does: list[Callable[[], object]] = [
            lambda: self.open(**mine),
            lambda: self.list_requests(person=person),
            lambda: self.claim(**mine),
            lambda: self.reply(**mine),
            lambda: self.work_through(**mine, last=3),
            lambda: self.move(**mine, to=State.CLOSED, whole=True, text=""),
            lambda: self.extend(**mine, weeks=26),
            lambda: self.hand_over(**mine, to=to),
            lambda: self.add_word(request=request, photo=False),
            lambda: self.say_solved(request=request, solved=len(acts) % 2 == 0),
            lambda: self.reopen(request=request),
            lambda: self.withdraw(request=request),
        ]
        for act in acts:
            does[act]()
            self.everything_holds()

    # Rules have no weights: this one is drawn as often as three others.
    a_busy_day = rule(**BUSY)(busy)
    another_busy_day = rule(**BUSY)(busy)
    a_third_busy_day = rule(**BUSY)(busy)


def test_whatever_happens_the_desk_is_as_the_model_says() -> None:
    run_state_machine_as_test(
        Embassy,
        settings=settings(
            max_examples=500 if LONG else 20,
            stateful_step_count=60 if LONG else 30,
            suppress_health_check=list(HealthCheck),
        ),
    )


class Life:
    """One request and everybody about it, for what the long form has found."""

    def __init__(self, embassy: TestEmbassy, run: Run) -> None:
        self.embassy, self.desk, self.run = embassy, embassy.desk, run
        self.receipt = run(ask(self.desk, ASKED[2]))
        self.visit = run(visits.come_back(self.desk, self.receipt))[1]
        self.request = self.visit.request

    def days_pass(self, days: int) -> None:
        for _ in range(days):
            self.embassy.clock.move(days=1)
            self.run(self.embassy.courier.deliver())

    def move(self, *states: State) -> None:
        session = self.unlock()
        for state in states:
            outcome = Outcome.HELPED if state in (State.RESOLVED, State.CLOSED) else None
            moving = requests.Moving(to=state, outcome=outcome)
            assert () == self.run(requests.move(self.desk, session, self.request, moving))

    def unlock(self) -> Session:
        embassy = self.embassy
        session: Session = self.run(unlock_account(self.desk, embassy.clock, embassy.account))
        return session

    def state(self) -> State:
        row = self.run(self.desk.store.get(RequestRow, self.request))
        return State(row.state)


@pytest.fixture
def life(pe_embassy: TestEmbassy, pe_run: Run) -> Life:
    return Life(pe_embassy, pe_run)


def test_a_timer_of_before_closes_nothing_that_was_opened_again(life: Life) -> None:
    life.move(State.TRIAGE, State.ACTIVE, State.RESOLVED)
    life.run(visits.withdraw(life.desk, life.visit))
    life.days_pass(4)
    withdrawn = life.state()
    life.run(visits.reopen(life.desk, life.visit))
    life.days_pass(4)
    life.move(State.ACTIVE, State.RESOLVED)
    life.days_pass(8)
    before_its_time = life.state()
    life.days_pass(6)

    assert State.CLOSED is withdrawn
    assert State.RESOLVED is before_its_time, "14 days count from when it was solved again"
    assert State.CLOSED is life.state()


def test_who_opens_a_request_again_does_not_want_it_withdrawn(life: Life) -> None:
    life.run(visits.withdraw(life.desk, life.visit))
    life.move(State.CLOSED)
    life.run(visits.reopen(life.desk, life.visit))
    life.days_pass(4)

    opened = life.run(requests.open_request(life.desk, life.unlock(), life.request))

    assert State.TRIAGE is opened.state
    assert opened.withdrawal_due is None


def test_who_withdrew_once_and_opened_again_can_withdraw_again(life: Life) -> None:
    first = life.run(visits.withdraw(life.desk, life.visit))
    life.days_pass(4)
    life.run(visits.reopen(life.desk, life.visit))
    shown = life.run(visits.look(life.desk, life.visit)).withdrawal_due
    second = life.run(visits.withdraw(life.desk, life.visit))
    life.days_pass(4)

    assert shown is None
    assert second > first
    assert State.CLOSED is life.state()


def test_who_joined_later_cannot_spoil_an_invite_by_signing_it(life: Life) -> None:
    desk, run, clock = life.desk, life.run, life.embassy.clock

    def join(code: str, handle: str) -> Session:
        return run(unlock_account(desk, clock, run(open_account(desk, clock, code, handle))))

    def locator(code: str) -> str:
        return locator_hash(code, desk.identity.salt, "invite").hex()

    busel = life.unlock()
    zubr = join(run(invites.make_invite(desk, busel)), "zubr")
    earlier, code = (run(invites.make_invite(desk, busel)) for _ in range(2))
    run(invites.sign_invite(desk, zubr, locator(code)))
    wouk = join(code, "wouk")
    run(invites.sign_invite(desk, zubr, locator(earlier)))
    with pytest.raises(NotAllowed) as refused:
        run(invites.sign_invite(desk, wouk, locator(earlier)))

    assert "staff.proposals.moved_on" == refused.value.key
    assert "sava" == join(earlier, "sava").handle
