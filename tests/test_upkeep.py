"""Upkeep erases what is over, and believes no strange clock."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from pe_core.desk import listing, requests, visits
from pe_core.desk.desk import Desk
from pe_core.desk.sessions import Session
from pe_core.desk.trail import read_entry
from pe_core.errors import NotFound, UpkeepRefused
from pe_core.model import Outcome, State
from pe_core.model.trail import Act
from pe_core.store import (
    AtMost,
    CountRow,
    Delete,
    EpochRow,
    GrantRow,
    MemberListRow,
    MessageRow,
    OutboxRow,
    ReplyRow,
    RequestRow,
    TrailRow,
)
from pe_core.toolkit.invented import ASKED, Clock, ask
from pe_core.upkeep import do_upkeep, last_upkeep

Run = Callable[[Awaitable[Any]], Any]
ALL = {"week": AtMost(100_000)}


def keep_up(desk: Desk, run: Run, clock: Clock, weeks: int) -> None:
    """Let the weeks pass as they do for a running process."""
    for _ in range(weeks):
        clock.move(weeks=1)
        run(do_upkeep(desk))


def test_a_closed_request_is_erased_with_all_that_follows_it(
    pe_desk: Desk, pe_staff: Session, pe_run: Run, pe_clock: Clock
) -> None:
    receipt = pe_run(ask(pe_desk, ASKED[2]))
    (entry,) = pe_run(listing.list_requests(pe_desk, pe_staff))
    pe_run(requests.reply(pe_desk, pe_staff, entry.id, "A marker of ours.", "en"))
    moving = requests.Moving(to=State.CLOSED, outcome=Outcome.HELPED)
    pe_run(requests.move(pe_desk, pe_staff, entry.id, moving))
    pe_run(do_upkeep(pe_desk))

    keep_up(pe_desk, pe_run, pe_clock, 4)
    assert 1 == pe_run(pe_desk.store.count(RequestRow))
    keep_up(pe_desk, pe_run, pe_clock, 1)

    for table in (RequestRow, MessageRow, ReplyRow):
        assert 0 == pe_run(pe_desk.store.count(table))
    assert 1 == pe_run(pe_desk.store.count(CountRow)), "the count per week stays"
    assert any(b"RequestErased" in row.event for row in pe_run(pe_desk.store.select(OutboxRow)))
    with pytest.raises(NotFound):
        pe_run(visits.come_back(pe_desk, receipt))
    assert 1 == pe_run(last_upkeep(pe_desk)).erased["requests"]


def test_what_nobody_moved_dies_with_its_epoch(
    pe_desk: Desk, pe_staff: Session, pe_run: Run, pe_clock: Clock
) -> None:
    pe_run(ask(pe_desk, ASKED[2]))
    pe_run(do_upkeep(pe_desk))
    first = pe_run(pe_desk.store.select(RequestRow))[0].epoch

    keep_up(pe_desk, pe_run, pe_clock, 31)

    assert 0 == pe_run(pe_desk.store.count(RequestRow))
    assert pe_run(pe_desk.store.get(EpochRow, first)) is None
    assert [] == pe_run(pe_desk.store.select(GrantRow, {"epoch": first}))


def test_a_reply_goes_fourteen_days_after_it_was_first_opened(
    pe_desk: Desk, pe_staff: Session, pe_run: Run, pe_clock: Clock
) -> None:
    receipt = pe_run(ask(pe_desk, ASKED[2]))
    (entry,) = pe_run(listing.list_requests(pe_desk, pe_staff))
    pe_run(requests.reply(pe_desk, pe_staff, entry.id, "Hello.", "en"))
    pe_clock.move(days=20)
    pe_run(do_upkeep(pe_desk))
    assert 1 == pe_run(pe_desk.store.count(ReplyRow))
    _, visit = pe_run(visits.come_back(pe_desk, receipt))
    pe_run(visits.look(pe_desk, visit))

    pe_clock.move(days=13)
    pe_run(do_upkeep(pe_desk))
    assert 1 == pe_run(pe_desk.store.count(ReplyRow))
    pe_clock.move(days=1)
    pe_run(do_upkeep(pe_desk))

    assert 0 == pe_run(pe_desk.store.count(ReplyRow))


@pytest.mark.parametrize(
    ("weeks", "key"),
    [(-1, "upkeep.clock_went_back"), (3, "upkeep.clock_went_forward")],
)
def test_a_strange_clock_is_not_believed_until_somebody_confirms(
    pe_desk: Desk, pe_run: Run, pe_clock: Clock, weeks: int, key: str
) -> None:
    pe_run(do_upkeep(pe_desk))
    pe_clock.move(weeks=weeks)

    with pytest.raises(UpkeepRefused) as refused:
        pe_run(do_upkeep(pe_desk))
    assert key == refused.value.key
    pe_run(do_upkeep(pe_desk, confirmed=True))
    pe_run(do_upkeep(pe_desk))


def test_more_than_a_quarter_of_the_epochs_does_not_end_unasked(
    pe_desk: Desk, pe_run: Run, pe_clock: Clock
) -> None:
    pe_clock.move(weeks=31)

    with pytest.raises(UpkeepRefused) as refused:
        pe_run(do_upkeep(pe_desk))
    assert "upkeep.too_many_epochs_end" == refused.value.key


def test_upkeep_twice_erases_nothing_more(pe_desk: Desk, pe_run: Run) -> None:
    first = pe_run(do_upkeep(pe_desk))
    second = pe_run(do_upkeep(pe_desk))

    assert not any(first.erased.values())
    assert first == second


def test_the_trail_tells_who_overruled_the_clock(
    pe_desk: Desk, pe_staff: Session, pe_run: Run
) -> None:
    pe_run(do_upkeep(pe_desk))
    pe_run(do_upkeep(pe_desk, confirmed=True))
    rows = pe_run(pe_desk.store.select(TrailRow))
    entries = [entry for row in rows if (entry := read_entry(pe_desk, pe_staff, row))]

    assert [0] == [entry.box for entry in entries if entry.act is Act.UPKEEP_CONFIRMED]


def test_upkeep_before_anybody_joined_is_no_fault(
    pe_desk: Desk, pe_run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    pe_run(pe_desk.store.write([Delete(MemberListRow, {"serial": 1}), Delete(EpochRow, ALL)]))
    pe_desk.epochs_now.clear()

    pe_run(do_upkeep(pe_desk, confirmed=True))

    assert "nothing was noted in the trail" in caplog.text
