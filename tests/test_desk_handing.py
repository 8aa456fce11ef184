"""Handing over: who is given a request can read all of it, and nobody else more than before."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from pe_core.desk import claims, handing, invites, listing, owed, requests, sorting
from pe_core.desk.desk import Desk
from pe_core.desk.epochs import current_epoch
from pe_core.desk.sessions import Session
from pe_core.errors import NotAllowed, NotFound
from pe_core.model import MessageKind, Outcome, RequestId, State
from pe_core.model.trail import Act
from pe_core.store import Delete, GrantRow, MessageRow, RequestRow
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.toolkit.invented import ASKED, Account, Clock, ask, open_account, unlock_account

Run = Callable[[Awaitable[Any]], Any]


class Pair:
    """A coordinator with two older requests, and a newcomer who opens neither."""

    def __init__(self, embassy: TestEmbassy, run: Run, clock: Clock) -> None:
        self.embassy, self.desk, self.run, self.clock = embassy, embassy.desk, run, clock
        busel = run(unlock_account(self.desk, clock, embassy.account))
        for asked in ASKED[:2]:
            run(ask(self.desk, asked))
        entries = run(listing.list_requests(self.desk, busel))
        self.first, self.second = (entry.id for entry in entries)
        run(sorting.add_note(self.desk, busel, self.first, "a note"))
        code = run(invites.make_invite(self.desk, busel))
        self.account: Account = run(open_account(self.desk, clock, code, "zubr"))
        self.zubr: Session = run(unlock_account(self.desk, clock, self.account))
        self.busel: Session = run(unlock_account(self.desk, clock, embassy.account))

    def opened(self, request: RequestId) -> Any:
        return self.run(requests.open_request(self.desk, self.zubr, request))

    def row(self, request: RequestId) -> RequestRow:
        found: RequestRow = self.run(self.desk.store.get(RequestRow, request))
        return found


@pytest.fixture
def pair(pe_embassy: TestEmbassy, pe_run: Run, pe_clock: Clock) -> Pair:
    return Pair(pe_embassy, pe_run, pe_clock)


def test_who_is_given_an_older_request_reads_all_of_it_and_no_other(pair: Pair) -> None:
    before = pair.row(pair.first).epoch
    pair.run(handing.give(pair.desk, pair.busel, pair.first, pair.zubr.box))

    given = pair.opened(pair.first)
    kinds = [message.kind for _, message in given.thread]

    assert pair.zubr.box == given.summary.claimed_by
    assert [MessageKind.NOTE, MessageKind.GIVEN] == kinds
    assert pair.zubr.box == given.thread[-1][1].given_to
    assert before != pair.row(pair.first).epoch
    with pytest.raises(NotFound):
        pair.opened(pair.second)


def test_what_a_colleague_can_open_already_stays_where_it_is(pair: Pair) -> None:
    pair.run(ask(pair.desk, ASKED[2]))
    entry = pair.run(listing.list_requests(pair.desk, pair.busel))[0]
    before = pair.row(entry.id)
    pair.run(handing.give(pair.desk, pair.busel, entry.id, pair.zubr.box))

    assert before.body == pair.row(entry.id).body
    assert pair.zubr.box == pair.opened(entry.id).summary.claimed_by


def test_one_part_that_they_lack_moves_the_whole(pair: Pair) -> None:
    pair.run(handing.give(pair.desk, pair.busel, pair.first, pair.zubr.box))
    pair.run(handing.give(pair.desk, pair.zubr, pair.first, pair.busel.box))
    rows = pair.run(pair.desk.store.select(MessageRow, {"request": pair.first}))
    now = pair.run(current_epoch(pair.desk, "intake")).id

    assert {now} == {row.epoch for row in rows}


def test_all_of_ones_work_is_handed_over_and_what_is_closed_is_not(pair: Pair) -> None:
    pair.run(claims.claim(pair.desk, pair.busel, pair.first))
    pair.run(claims.claim(pair.desk, pair.busel, pair.second))
    closing = requests.Moving(to=State.CLOSED, outcome=Outcome.SPAM)
    assert () == pair.run(requests.move(pair.desk, pair.busel, pair.second, closing))

    given = pair.run(handing.give_all(pair.desk, pair.busel, pair.zubr.box))
    again = pair.run(handing.give_all(pair.desk, pair.busel, pair.zubr.box))

    assert (1, 0) == (given, again)
    assert pair.zubr.box == pair.opened(pair.first).summary.claimed_by
    with pytest.raises(NotAllowed):
        pair.run(handing.give(pair.desk, pair.busel, pair.second, pair.zubr.box))


def test_nothing_is_given_to_who_is_no_colleague_or_oneself(pair: Pair) -> None:
    for box in (pair.busel.box, 1, 0):
        with pytest.raises(NotFound):
            pair.run(handing.give(pair.desk, pair.busel, pair.first, box))
    with pytest.raises(NotFound):
        pair.run(handing.give(pair.desk, pair.zubr, pair.first, pair.busel.box))

    assert [pair.zubr.box] == pair.run(handing.list_receivers(pair.desk, pair.busel))


def test_nothing_is_given_to_who_lacks_todays_keys(pair: Pair) -> None:
    now = pair.run(current_epoch(pair.desk, "intake")).id
    box = pair.zubr.box
    pair.run(pair.desk.store.write(pair.run(owed.note_owed(pair.desk, box, [now]))))
    with pytest.raises(NotAllowed) as owing:
        pair.run(handing.give(pair.desk, pair.busel, pair.first, box))
    pair.run(pair.desk.store.write([Delete(GrantRow, {"box": box})]))
    with pytest.raises(NotAllowed):
        pair.run(handing.give(pair.desk, pair.busel, pair.first, box))

    assert "staff.handing.no_keys" == owing.value.key


def test_handing_over_is_in_the_trail(pair: Pair) -> None:
    from pe_core.desk.tracing import read_trail

    pair.run(handing.give(pair.desk, pair.busel, pair.first, pair.zubr.box))
    newest = pair.run(read_trail(pair.desk, pair.busel, act=Act.GIVEN)).lines[0].entry

    assert newest is not None
    assert (pair.busel.box, pair.first) == (newest.box, newest.what)


def test_grants_are_opened_a_few_at_a_time(pe_desk: Desk, pe_staff: Session, pe_run: Run) -> None:
    import asyncio
    from itertools import pairwise

    from pe_core.desk.epochs import AT_ONCE, new_epochs, open_grants, read_members

    async def grow() -> tuple[int, int]:
        for _ in range(3 * AT_ONCE):
            members = await read_members(pe_desk)
            await pe_desk.store.write(await new_epochs(pe_desk, members, ["intake"]))
        pe_staff.epochs.clear()
        turns: list[int] = []

        async def others() -> None:
            while len(pe_staff.epochs) <= 3 * AT_ONCE:
                turns.append(len(pe_staff.epochs))
                await asyncio.sleep(0)

        watching = asyncio.create_task(others())
        await open_grants(pe_desk, pe_staff)
        await watching
        steps = [after - before for before, after in pairwise(turns)]
        return max(steps, default=0), len(pe_staff.epochs)

    most, opened = pe_run(grow())

    assert most <= AT_ONCE <= 8
    assert opened > 3 * AT_ONCE
