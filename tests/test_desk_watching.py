"""What an account notices about the trail when it is unlocked, and while it is."""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest

from pe_core.desk import accounts, invites, trail, watching
from pe_core.desk.desk import Desk
from pe_core.desk.sessions import Session
from pe_core.desk.tracing import read_trail
from pe_core.model import Box
from pe_core.model.trail import Act
from pe_core.model.week import week_of
from pe_core.rules.retention import KEEP_TRAIL
from pe_core.store import AccountRow, Delete, Insert, MetaRow, TrailRow, Update
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.toolkit.invented import Account, Clock, open_account, unlock_account

Run = Callable[[Awaitable[Any]], Any]
COLLEAGUE = Box(77)


class Watch:
    """One coordinator who unlocks now and then, and a trail that goes on meanwhile."""

    def __init__(self, embassy: TestEmbassy, run: Run) -> None:
        self.desk = embassy.desk
        self.embassy = embassy
        self.run = run

    def unlock(self) -> Session:
        account: Account = self.embassy.account
        session: Session = self.run(unlock_account(self.desk, self.embassy.clock, account))
        return session

    def unlocked(self) -> Session:
        return self.desk.sessions.items()[0]

    def done(self, act: Act, box: Box = COLLEAGUE) -> None:
        self.run(trail.record(self.desk, box, act))

    def rows(self) -> list[TrailRow]:
        rows: list[TrailRow] = self.run(self.desk.store.select(TrailRow, order="number"))
        return rows

    def cut(self, *numbers: int) -> None:
        changes = [Delete(TrailRow, {"number": number}) for number in numbers]
        self.run(self.desk.store.write(changes))

    def cut_end_and_head(self, last: int) -> None:
        """Do what a thief would: cut the end off and set the head back to fit."""
        self.cut(*(row.number for row in self.rows() if row.number > last))
        head = trail.Head(number=last, link=trail.link_after(self.rows()[-1]))
        value = msgspec.msgpack.encode(head)
        self.run(self.desk.store.write([Update(MetaRow, (trail.HEAD,), {"value": value})]))

    def purge(self) -> None:
        self.run(self.desk.store.purge(week_of(self.desk.now().date())))


@pytest.fixture
def watch(pe_embassy: TestEmbassy, pe_run: Run) -> Watch:
    return Watch(pe_embassy, pe_run)


def test_a_trail_that_goes_on_is_no_alarm(watch: Watch) -> None:
    sessions = [watch.unlock() for _ in range(3)]
    watch.done(Act.REPLIED)

    assert [False] * 3 == [session.trail_broken for session in sessions]
    assert not watch.unlock().trail_broken


def test_unlocking_is_an_entry_of_its_own(watch: Watch) -> None:
    session = watch.unlock()
    entry = watch.run(read_trail(watch.desk, session)).lines[0].entry

    assert (Act.UNLOCKED, session.box, "") == (entry.act, entry.box, entry.what)


def test_a_wrong_passphrase_is_no_entry(watch: Watch) -> None:
    watch.unlock()
    before = len(watch.rows())
    account = watch.embassy.account

    with pytest.raises(accounts.NotAllowed):
        watch.run(accounts.unlock(watch.desk, account.handle, "seven other words", "000000"))

    assert before == len(watch.rows())


def test_an_end_that_was_cut_off_is_noticed_even_with_the_head_set_back(watch: Watch) -> None:
    watch.unlock()
    for _ in range(3):
        watch.done(Act.OPENED)
    watch.unlock()
    watch.cut_end_and_head(2)
    whole = watch.run(watching.verify_trail(watch.desk)).unbroken

    assert whole
    assert watch.unlock().trail_broken


def test_an_end_that_was_written_anew_is_noticed(watch: Watch) -> None:
    watch.unlock()
    for _ in range(3):
        watch.done(Act.OPENED)
    watch.unlock()
    length = len(watch.rows())
    watch.cut_end_and_head(2)
    while len(watch.rows()) < length + 2:
        watch.done(Act.LISTED)
    whole = watch.run(watching.verify_trail(watch.desk)).unbroken

    assert whole
    assert watch.unlock().trail_broken


def test_what_was_cut_out_since_the_last_unlock_is_noticed(watch: Watch) -> None:
    watch.unlock()
    for _ in range(3):
        watch.done(Act.OPENED)
    watch.cut(watch.rows()[-2].number)

    assert watch.unlock().trail_broken


def test_a_session_that_found_the_trail_whole_goes_on_from_there(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = watch.unlock()
    for _ in range(5):
        watch.done(Act.OPENED)
    first = watch.run(watching.verify_trail(watch.desk, session))
    watch.done(Act.REPLIED)
    read: list[tuple[int, int]] = []
    rows = watching._rows

    async def watched(desk: Any, start: int, end: int) -> Any:
        read.append((start, end))
        return await rows(desk, start, end)

    monkeypatch.setattr(watching, "_rows", watched)
    second = watch.run(watching.verify_trail(watch.desk, session))

    assert (True, True) == (first.unbroken, second.unbroken)
    assert first.last + 1 == second.last
    assert [(second.last, second.last)] == read


def test_an_end_that_is_cut_off_within_a_session_is_noticed(watch: Watch) -> None:
    session = watch.unlock()
    for _ in range(3):
        watch.done(Act.OPENED)
    before = watch.run(watching.verify_trail(watch.desk, session)).unbroken
    watch.cut_end_and_head(2)
    after = [watch.run(watching.verify_trail(watch.desk, session)).unbroken for _ in range(2)]

    assert before
    assert [False, True] == after, "the second look knows nothing of what was there"


def test_a_row_behind_the_end_is_noticed(watch: Watch) -> None:
    watch.unlock()
    last = watch.rows()[-1]
    after = msgspec.structs.replace(last, number=last.number + 1, before=trail.link_after(last))
    watch.run(watch.desk.store.write([Insert(after)]))

    assert watch.run(watching.look_at_trail(watch.desk, watch.unlocked(), watching.Seen())).broken


def test_a_front_that_is_cut_too_early_is_noticed(watch: Watch) -> None:
    watch.unlock()
    watch.embassy.clock.move(weeks=1)
    for _ in range(4):
        watch.done(Act.OPENED)
    watch.unlock()
    watch.unlock()
    watch.cut(*(row.number for row in watch.rows()[:4]))
    whole = watch.run(watching.verify_trail(watch.desk)).unbroken

    assert whole
    assert watch.unlock().trail_broken


def test_what_upkeep_cuts_is_no_alarm_whether_one_was_here_or_away(watch: Watch) -> None:
    watch.unlock()
    broken = []
    for weeks in (1, 6, 7, 8, 3, KEEP_TRAIL + 2, 1, 2 * KEEP_TRAIL):
        watch.done(Act.OPENED)
        watch.embassy.clock.move(weeks=weeks)
        watch.done(Act.OPENED)
        watch.purge()
        broken.append(watch.unlock().trail_broken)

    assert [False] * 8 == broken
    assert watch.rows()[0].number > 1


def test_a_trail_that_died_of_age_altogether_is_no_alarm(watch: Watch) -> None:
    watch.unlock()
    watch.embassy.clock.move(weeks=KEEP_TRAIL + 1)
    watch.purge()

    assert [] == watch.rows()
    assert not watch.unlock().trail_broken
    assert not watch.unlock().trail_broken


def test_the_alarm_stays_for_13_weeks_and_nobody_is_kept_out(watch: Watch) -> None:
    watch.unlock()
    watch.done(Act.OPENED)
    watch.cut(watch.rows()[-1].number)

    first = watch.unlock().trail_broken
    watch.embassy.clock.move(weeks=KEEP_TRAIL)
    still = watch.unlock().trail_broken
    watch.embassy.clock.move(weeks=1)
    later = watch.unlock().trail_broken

    assert [True, True, False] == [first, still, later]


def test_colleagues_acts_that_all_should_know_are_told_at_the_next_unlock(watch: Watch) -> None:
    session = watch.unlock()
    for act in (Act.OPENED, Act.LOCKED, Act.REPLIED, Act.MANY_OPENED):
        watch.done(act)
    watch.done(Act.BURNT, session.box)

    told = [(entry.act, entry.box) for entry in watch.unlock().alerts]

    assert [(Act.LOCKED, COLLEAGUE), (Act.MANY_OPENED, COLLEAGUE)] == told
    assert [] == watch.unlock().alerts


def test_an_open_session_is_told_too_and_reads_each_entry_once(watch: Watch) -> None:
    session = watch.unlock()
    watch.run(watching.refresh_alerts(watch.desk, session))
    before = list(session.alerts)
    watch.done(Act.MANY_OPENED)

    watch.run(watching.refresh_alerts(watch.desk, session))
    watch.run(watching.refresh_alerts(watch.desk, session))

    assert [] == before
    assert [Act.MANY_OPENED] == [entry.act for entry in session.alerts]
    assert not session.trail_broken


def test_an_open_session_notices_a_cut(watch: Watch) -> None:
    session = watch.unlock()
    watch.run(watching.refresh_alerts(watch.desk, session))
    watch.cut_end_and_head(len(watch.rows()) - 1)

    watch.run(watching.refresh_alerts(watch.desk, session))

    assert session.trail_broken


def test_a_newcomer_starts_from_the_trail_as_it_is(
    watch: Watch, pe_desk: Desk, pe_clock: Clock
) -> None:
    session = watch.unlock()
    watch.done(Act.LOCKED)
    code = watch.run(invites.make_invite(pe_desk, session))
    account = watch.run(open_account(pe_desk, pe_clock, code, "zubr"))

    newcomer = watch.run(unlock_account(pe_desk, pe_clock, account))
    old = watch.run(read_trail(pe_desk, newcomer)).lines[-1]

    assert not newcomer.trail_broken
    assert old.entry is None
    assert Act.LOCKED not in {entry.act for entry in newcomer.alerts}


def test_what_an_account_saw_is_sealed_to_it_alone(watch: Watch) -> None:
    session = watch.unlock()
    watch.unlock()
    row = watch.run(watch.desk.store.get(AccountRow, session.box))
    head = watch.run(trail.read_head(watch.desk))

    assert head.link not in row.private
