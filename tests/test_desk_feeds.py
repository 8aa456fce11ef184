"""A calendar feed says when somebody is busy to whoever has its address, and nothing to a thief."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from pe_core.desk import briefs, feeds, offering, screening
from pe_core.model import BriefId, Report, VolunteerState
from pe_core.store import TABLES, FeedRow, RequestRow, Update, VolunteerRow
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.toolkit.invented import unlock_account
from pe_core.upkeep import do_upkeep
from teamwork import Team

Run = Callable[[Awaitable[Any]], Any]
Span = tuple[datetime, datetime]
HOUR = timedelta(hours=1)


@pytest.fixture
def team(pe_embassy: TestEmbassy, pe_run: Run) -> Team:
    """The team and everybody before it."""
    return Team(pe_embassy, pe_run)


def promise(team: Team, days: int, handle: str = "dzik") -> tuple[Span, BriefId, Any]:
    """Let somebody accept a task of an hour; return its time, its brief, and its need."""
    start = team.clock.now() + timedelta(days=days)
    view = team.need(start=start, end=start + HOUR)
    team.offer(view, handle)
    (brief,) = [
        one.id
        for one in team.run(briefs.list_briefs(team.desk, team.people[handle]))
        if one.state == "offered"
    ]
    team.run(briefs.accept(team.desk, team.people[handle], brief))
    return (start, start + HOUR), brief, view


def times(team: Team, token: bytes) -> list[Span] | None:
    """Return what a calendar reads at an address, None where there is nothing."""
    found = team.run(feeds.read_feed(team.desk, token))
    return None if found is None else [(entry.start, entry.end) for entry in found]


def test_a_feed_follows_what_its_owner_accepts_gives_back_and_ends(team: Team) -> None:
    desk, dzik = team.desk, team.people["dzik"]
    token = team.run(briefs.begin_feed(desk, dzik))
    empty = times(team, token)
    first, given_back, _ = promise(team, 1)
    second, done, _ = promise(team, 2)
    both = times(team, token)
    team.run(briefs.give_back(desk, dzik, given_back))
    one = times(team, token)
    team.run(briefs.report_done(desk, dzik, done, Report(minutes=5)))

    assert [] == empty
    assert [first, second] == both
    assert [second] == one
    assert [] == times(team, token)


def test_what_has_no_time_and_what_is_only_offered_is_in_no_feed(team: Team) -> None:
    token = team.run(briefs.begin_feed(team.desk, team.people["dzik"]))
    team.offer(team.need(), "dzik")
    team.accept("dzik")
    start = team.clock.now() + HOUR
    team.offer(team.need(start=start, end=start + HOUR), "dzik")

    assert [] == times(team, token)


def test_a_feed_that_begins_later_holds_what_was_promised_before(team: Team) -> None:
    span, _, _ = promise(team, 1)

    assert [span] == times(team, team.run(briefs.begin_feed(team.desk, team.people["dzik"])))


def test_an_entry_keeps_its_id_and_the_id_is_not_the_briefs(team: Team) -> None:
    dzik = team.people["dzik"]
    token = team.run(briefs.begin_feed(team.desk, dzik))
    _, brief, _ = promise(team, 1)
    (before,) = team.run(feeds.read_feed(team.desk, token))
    promise(team, 2)
    after = team.run(feeds.read_feed(team.desk, token))
    other = feeds.entry_id(team.people["wouk"], brief)

    assert before == after[0]
    assert feeds.entry_id(dzik, brief) == before.id
    assert brief not in before.id
    assert other != before.id, "it is each account's own"


@pytest.mark.parametrize("token", [b"", b"x", bytes(32), b"\xb4" * 32])
def test_an_address_that_is_none_says_nothing(team: Team, token: bytes) -> None:
    team.run(briefs.begin_feed(team.desk, team.people["dzik"]))

    assert times(team, token) is None


def test_a_renewed_address_leaves_the_old_one_leading_nowhere(team: Team) -> None:
    desk, dzik = team.desk, team.people["dzik"]
    old = team.run(briefs.begin_feed(desk, dzik))
    new = team.run(briefs.begin_feed(desk, dzik))

    assert (None, []) == (times(team, old), times(team, new))
    assert new == team.run(feeds.feed_token(desk, dzik))
    assert 1 == team.run(desk.store.count(FeedRow))


def test_a_stopped_feed_is_gone_and_stays_gone(team: Team) -> None:
    desk, dzik = team.desk, team.people["dzik"]
    token = team.run(briefs.begin_feed(desk, dzik))
    team.run(briefs.end_feed(desk, dzik))
    team.run(briefs.end_feed(desk, dzik))
    promise(team, 1)

    assert (None, b"") == (times(team, token), team.run(feeds.feed_token(desk, dzik)))
    assert 0 == team.run(desk.store.count(FeedRow))


def test_the_address_outlives_the_session_and_is_known_to_nobody_else(
    pe_embassy: TestEmbassy, pe_run: Run
) -> None:
    team = Team(pe_embassy, pe_run)
    desk, account = team.desk, team.accounts["dzik"]
    token = pe_run(briefs.begin_feed(desk, team.people["dzik"]))
    again = pe_run(unlock_account(desk, team.clock, account))

    assert token == pe_run(feeds.feed_token(desk, again))
    assert b"" == pe_run(feeds.feed_token(desk, team.people["wouk"]))


def test_nothing_on_disk_opens_a_feed_or_tells_its_address(team: Team) -> None:
    desk, dzik = team.desk, team.people["dzik"]
    token = team.run(briefs.begin_feed(desk, dzik))
    promise(team, 1)
    (row,) = team.run(desk.store.select(FeedRow))
    rows = [row for table in TABLES for row in team.run(desk.store.select(table.row))]
    disk = b"".join(msgspec.msgpack.encode(row) for row in rows)

    assert token not in disk
    for known in (row.locator, row.body[:32], dzik.keys.public[:32], desk.identity.salt):
        assert times(team, known) is None


def test_a_feed_put_before_another_address_does_not_open(team: Team) -> None:
    desk = team.desk
    mine = team.run(briefs.begin_feed(desk, team.people["dzik"]))
    theirs = team.run(briefs.begin_feed(desk, team.people["wouk"]))
    promise(team, 1)
    box, other = team.box("dzik"), team.box("wouk")
    body = team.run(desk.store.get(FeedRow, box)).body
    team.run(desk.store.write([Update(FeedRow, (other,), {"body": body})]))

    assert times(team, mine) is not None
    assert times(team, theirs) is None


@pytest.mark.parametrize("by", ["coordinator", "asker"])
def test_what_others_end_stays_in_the_feed_until_its_owner_looks_again(team: Team, by: str) -> None:
    desk, dzik = team.desk, team.people["dzik"]
    token = team.run(briefs.begin_feed(desk, dzik))
    span, brief, view = promise(team, 1)
    if by == "coordinator":
        team.run(offering.take_back(desk, team.busel, view.id, brief))
    else:
        ended = Update(RequestRow, (team.request,), {"state": "closed"})
        team.run(desk.store.write([ended]))
    before = times(team, token)
    team.run(briefs.put_feed_right(desk, dzik))

    assert ([span], []) == (before, times(team, token))


def test_a_feed_that_is_stopped_while_another_page_puts_it_right_stays_stopped(team: Team) -> None:
    desk, dzik = team.desk, team.people["dzik"]
    token = team.run(briefs.begin_feed(desk, dzik))
    _, brief, view = promise(team, 1)
    team.run(offering.take_back(desk, team.busel, view.id, brief))

    async def both() -> None:
        await asyncio.gather(briefs.put_feed_right(desk, dzik), briefs.end_feed(desk, dzik))

    team.run(both())

    assert times(team, token) is None
    assert 0 == team.run(desk.store.count(FeedRow))


def test_a_feed_that_is_right_is_not_written_again(team: Team) -> None:
    desk, dzik = team.desk, team.people["dzik"]
    team.run(briefs.begin_feed(desk, dzik))
    promise(team, 1)
    before = team.run(desk.store.select(FeedRow))
    team.run(briefs.put_feed_right(desk, dzik))

    assert before == team.run(desk.store.select(FeedRow))


def test_leaving_ends_the_feed(team: Team) -> None:
    token = team.run(briefs.begin_feed(team.desk, team.people["dzik"]))
    promise(team, 1)
    team.run(briefs.end_own_work(team.desk, team.people["dzik"]))

    assert times(team, token) is None


def test_whoever_is_blocked_has_no_feed_any_more(team: Team) -> None:
    token = team.run(briefs.begin_feed(team.desk, team.people["dzik"]))
    promise(team, 1)
    known = team.run(screening.find_for(team.desk, team.busel, team.box("dzik")))
    block = VolunteerState.BLOCKED
    team.run(screening.turn_away(team.desk, team.busel, known, block, "Known to harm."))

    assert times(team, token) is None
    assert 0 == team.run(team.desk.store.count(FeedRow))


def test_a_feed_is_erased_with_its_owners_record(team: Team) -> None:
    token = team.run(briefs.begin_feed(team.desk, team.people["dzik"]))
    over = Update(VolunteerRow, (team.box("dzik"),), {"keep_until": 0})
    team.run(team.desk.store.write([over]))
    team.run(do_upkeep(team.desk))

    assert times(team, token) is None
