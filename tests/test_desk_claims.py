"""Claims, and who has a request open: two people never answer one asker unawares."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from pe_core.desk import claims, invites, listing, looking, requests, visits
from pe_core.desk.desk import Desk
from pe_core.desk.sessions import Session
from pe_core.desk.trail import read_entry
from pe_core.errors import Conflict, NotAllowed, TooMany
from pe_core.model import MessageKind, Outcome, RequestId, State
from pe_core.model.trail import Act
from pe_core.store import RequestRow, TrailRow
from pe_core.toolkit.invented import ASKED, Clock, ask, open_account, unlock_account

Run = Callable[[Awaitable[Any]], Any]


class Team:
    """Two coordinators who hold the same request."""

    def __init__(self, desk: Desk, first: Session, run: Run, clock: Clock) -> None:
        self.desk = desk
        self.first = first
        self.run = run
        self.clock = clock
        code = run(invites.make_invite(desk, first))
        account = run(open_account(desk, clock, code, "zubr"))
        self.second: Session = run(unlock_account(desk, clock, account))
        self.receipt: str = run(ask(desk, ASKED[2]))
        self.id: RequestId = run(listing.list_requests(desk, first))[0].id

    def claimed_by(self) -> int | None:
        """Return the box that the stored summary names."""
        (entry,) = self.run(listing.list_requests(self.desk, self.first))
        box: int | None = entry.summary.claimed_by
        return box

    def kinds(self) -> list[MessageKind]:
        opened = self.run(requests.open_request(self.desk, self.first, self.id))
        return [message.kind for _, message in opened.thread]

    def acts(self) -> list[tuple[int, Act]]:
        """Return what the trail tells of this request: by whom, and what."""
        rows = self.run(self.desk.store.select(TrailRow, order="number"))
        entries = [read_entry(self.desk, self.first, row) for row in rows]
        return [(entry.box, entry.act) for entry in entries if entry and entry.what == self.id]


@pytest.fixture
def team(pe_desk: Desk, pe_staff: Session, pe_run: Run, pe_clock: Clock) -> Team:
    return Team(pe_desk, pe_staff, pe_run, pe_clock)


def test_a_claim_takes_a_new_request_into_review_and_is_in_thread_and_trail(team: Team) -> None:
    team.run(claims.claim(team.desk, team.first, team.id))

    assert team.first.box == team.claimed_by()
    assert State.TRIAGE == team.run(team.desk.store.get(RequestRow, team.id)).state
    assert [(team.first.box, Act.CLAIMED)] == team.acts()
    assert [MessageKind.CLAIMED] == team.kinds()


def test_of_two_people_who_claim_at_once_one_has_it_and_the_other_is_told(team: Team) -> None:
    async def both() -> list[object]:
        return await asyncio.gather(
            claims.claim(team.desk, team.first, team.id),
            claims.claim(team.desk, team.second, team.id),
            return_exceptions=True,
        )

    results = team.run(both())

    assert [True, False] == sorted((isinstance(r, Conflict) for r in results), reverse=True)
    assert [None] == [result for result in results if not isinstance(result, Conflict)]
    assert 1 == len([act for _, act in team.acts() if act is Act.CLAIMED])
    assert [MessageKind.CLAIMED] == team.kinds()


def test_a_claim_of_what_a_colleague_has_is_refused_and_written_nowhere(team: Team) -> None:
    team.run(claims.claim(team.desk, team.first, team.id))

    with pytest.raises(Conflict):
        team.run(claims.claim(team.desk, team.second, team.id))
    assert team.first.box == team.claimed_by()
    assert [(team.first.box, Act.CLAIMED)] == team.acts()


def test_a_second_claim_of_one_s_own_writes_nothing(team: Team) -> None:
    for _ in range(2):
        team.run(claims.claim(team.desk, team.first, team.id))

    assert [MessageKind.CLAIMED] == team.kinds()


def test_who_takes_over_names_whom_from(team: Team) -> None:
    team.run(claims.claim(team.desk, team.first, team.id))
    team.run(claims.take_over(team.desk, team.second, team.id, team.first.box))

    assert team.second.box == team.claimed_by()
    with pytest.raises(Conflict):
        team.run(claims.release(team.desk, team.first, team.id))
    team.run(claims.release(team.desk, team.second, team.id))
    with pytest.raises(Conflict):
        team.run(claims.take_over(team.desk, team.first, team.id, team.second.box))
    assert team.claimed_by() is None
    assert [MessageKind.CLAIMED, MessageKind.CLAIMED, MessageKind.RELEASED] == team.kinds()


def test_what_is_closed_cannot_be_claimed(team: Team) -> None:
    moving = requests.Moving(to=State.CLOSED, outcome=Outcome.HELPED)
    team.run(requests.move(team.desk, team.first, team.id, moving))

    with pytest.raises(NotAllowed) as refused:
        team.run(claims.claim(team.desk, team.first, team.id))
    assert "staff.claim.closed" == refused.value.key


def test_a_word_of_the_asker_before_a_claim_still_waits_to_be_read(team: Team) -> None:
    _, visit = team.run(visits.come_back(team.desk, team.receipt))
    team.run(visits.add_word(team.desk, visit, "Is anybody there?"))
    team.run(claims.claim(team.desk, team.first, team.id))
    (entry,) = team.run(listing.list_requests(team.desk, team.first))

    assert entry.fresh
    assert entry.summary.awaiting is not None


def test_an_opening_is_in_the_trail_once_an_hour(team: Team) -> None:
    for _ in range(2):
        team.run(requests.open_request(team.desk, team.first, team.id))
    team.run(requests.open_request(team.desk, team.second, team.id))
    team.clock.move(minutes=59)
    team.run(requests.open_request(team.desk, team.first, team.id))
    within_the_hour = team.acts()
    team.clock.move(minutes=1)
    team.run(requests.open_request(team.desk, team.first, team.id))

    assert [(team.first.box, Act.OPENED), (team.second.box, Act.OPENED)] == within_the_hour
    assert (team.first.box, Act.OPENED) == team.acts()[-1]
    assert 3 == len(team.acts())


def test_what_the_pace_stops_is_neither_opened_nor_in_the_trail(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def stop(*_: object) -> None:
        raise TooMany("staff.pace.too_many")

    monkeypatch.setattr(looking, "pace", stop)

    with pytest.raises(TooMany):
        team.run(requests.open_request(team.desk, team.first, team.id))
    assert [] == team.acts()
    assert {} == team.desk.looking


def test_acts_are_in_the_trail_with_who_and_which(team: Team) -> None:
    team.run(requests.reply(team.desk, team.first, team.id, "Hello.", "en"))
    team.run(requests.move(team.desk, team.second, team.id, requests.Moving(to=State.ACTIVE)))

    assert [(team.first.box, Act.REPLIED), (team.second.box, Act.MOVED)] == team.acts()


def test_an_answer_ends_the_asker_s_waiting(team: Team) -> None:
    team.run(requests.open_request(team.desk, team.first, team.id))
    team.run(requests.reply(team.desk, team.first, team.id, "Hello.", "en"))
    (entry,) = team.run(listing.list_requests(team.desk, team.first))

    assert not entry.fresh
    assert entry.summary.awaiting is None
    assert (1, 1) == (entry.summary.seen, entry.summary.taken)


def test_who_looked_is_known_for_ten_minutes_and_while_unlocked(team: Team) -> None:
    for session in (team.first, team.second):
        team.run(requests.open_request(team.desk, session, team.id))
    seen = looking.who_looks(team.desk, team.first, team.id)
    team.clock.move(minutes=9)
    later = looking.who_looks(team.desk, team.first, team.id)
    team.clock.move(minutes=1)
    over = looking.who_looks(team.desk, team.first, team.id)

    assert (team.second.box,) == seen == later
    assert () == over
    assert {} == team.desk.looking


def test_who_has_locked_looks_no_more(team: Team) -> None:
    team.run(requests.open_request(team.desk, team.second, team.id))
    team.desk.sessions.drop_where(lambda session: session is team.second)

    assert () == looking.who_looks(team.desk, team.first, team.id)
