"""Shifts: places, signing up, swapping, reminders, and a count instead of a list."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from pe_core.courier import Rings
from pe_core.desk import briefs, invites, offering, reminding, shift_places, shifts
from pe_core.desk.desk import Desk
from pe_core.desk.own_ways import WHEN
from pe_core.desk.reminding import ring_people
from pe_core.desk.shifts import KEEP_AFTER
from pe_core.desk.suggesting import read_duties, suggest_for_shift
from pe_core.desk.tracing import read_trail
from pe_core.desk.volunteers import read_own, write_own
from pe_core.errors import NotAllowed, NotFound
from pe_core.model import (
    Box,
    BriefId,
    BriefState,
    CallId,
    Need,
    Reason,
    Report,
    Shift,
    ShiftId,
    Way,
)
from pe_core.model.trail import Act
from pe_core.model.week import week_of
from pe_core.rules.matching import LATELY
from pe_core.store import BriefRow, CallRow, Delete, ShiftRow, VolunteerRow
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.toolkit.invented import Clock, active_volunteer, open_account, unlock_account

Run = Callable[[Awaitable[Any]], Any]
S = BriefState


class Fair:
    """A shift with two places tomorrow, and three volunteers who are invited."""

    def __init__(self, embassy: TestEmbassy, run: Run) -> None:
        self.run, self.desk, self.clock = run, embassy.desk, embassy.clock
        self.account = embassy.account
        self.rung: list[str] = []
        self.desk.ring = lambda notifier, address, *_: self.rung.append(address)
        self.busel = run(unlock_account(self.desk, self.clock, embassy.account))
        self.people = {
            handle: run(
                active_volunteer(
                    self.desk,
                    self.clock,
                    [self.busel],
                    handle,
                    ways=(Way(notifier="zz.bell", address=handle),),
                )
            )[1]
            for handle in ("dzik", "lasica", "wouk")
        }
        self.shift = self.make()
        self.invite("dzik", "lasica", "wouk")

    def body(self, **changed: Any) -> Shift:
        start = self.clock.now() + timedelta(days=1, hours=2)
        need = Need(start=start, end=start + timedelta(hours=4), places=2)
        body = Shift(
            title="A stall at the fair",
            detail="Meet at the gate.",
            language="en",
            need=need,
            call=CallId(""),
            by=Box(0),
            at=self.clock.now(),
            day=start.date(),
        )
        return msgspec.structs.replace(body, **changed)

    def make(self, **when: float) -> ShiftId:
        body = self.body()
        if when:
            start = self.clock.now() + timedelta(**when)
            body = self.body(need=Need(start=start, end=start + timedelta(hours=1)))
        problems, shift = self.run(shifts.make_shift(self.desk, self.busel, body))
        assert () == problems
        return ShiftId(shift)

    def invite(self, *handles: str) -> None:
        chosen: dict[Box, tuple[Reason, ...]] = {self.people[name].box: () for name in handles}
        self.run(shift_places.invite(self.desk, self.busel, self.shift, chosen))

    def brief(self, handle: str) -> BriefId:
        return BriefId(self.view().states[self.people[handle].box][0])

    def take(self, handle: str) -> None:
        self.run(briefs.accept(self.desk, self.people[handle], self.brief(handle)))

    def swap(self, handle: str, wanted: bool = True) -> None:
        self.run(shift_places.want_swap(self.desk, self.people[handle], self.brief(handle), wanted))

    def ring(self) -> int:
        """Ring the others because somebody would swap; return how many were."""
        rung: int = self.run(reminding.ring_for_swap(self.desk, self.busel, self.shift))
        return rung

    def view(self) -> shifts.ShiftView:
        found: shifts.ShiftView = self.run(shifts.read_shift(self.desk, self.busel, self.shift))
        return found

    def states(self) -> dict[str, str]:
        return self.states_of(*self.people)

    def states_of(self, *handles: str) -> dict[str, str]:
        states = self.view().states
        return {handle: states[self.people[handle].box][1].value for handle in handles}

    def taken(self) -> int:
        (row,) = self.run(self.desk.store.select(CallRow))
        return int(row.taken)


@pytest.fixture
def fair(pe_embassy: TestEmbassy, pe_run: Run) -> Fair:
    return Fair(pe_embassy, pe_run)


def test_as_many_sign_up_as_there_are_places_and_the_others_may_wait(fair: Fair) -> None:
    fair.take("dzik")
    fair.take("lasica")
    with pytest.raises(NotAllowed) as refused:
        fair.take("wouk")

    assert "work.brief.taken" == refused.value.key
    assert {"dzik": "accepted", "lasica": "accepted", "wouk": "offered"} == fair.states()
    assert 2 == fair.taken()


def test_a_place_that_is_given_away_is_ones_own_until_another_takes_it(fair: Fair) -> None:
    fair.take("dzik")
    fair.take("lasica")
    fair.swap("dzik")
    between = fair.states()
    fair.take("wouk")

    assert "swapping" == between["dzik"]
    assert {"dzik": "withdrawn", "lasica": "accepted", "wouk": "accepted"} == fair.states()
    assert 2 == fair.taken()


def test_who_keeps_the_place_after_all_is_not_replaced(fair: Fair) -> None:
    fair.take("dzik")
    fair.take("lasica")
    fair.swap("dzik")
    fair.swap("dzik", wanted=False)

    with pytest.raises(NotAllowed):
        fair.take("wouk")
    assert "accepted" == fair.states()["dzik"]


def test_whoever_says_twice_that_they_would_swap_or_keep_a_place_has_said_it(fair: Fair) -> None:
    fair.take("dzik")
    for wanted, state in ((True, "swapping"), (False, "accepted")):
        for _ in range(2):
            fair.swap("dzik", wanted)
        assert state == fair.states()["dzik"]


def test_nobody_swaps_what_they_have_not_or_what_is_anothers(fair: Fair) -> None:
    fair.take("dzik")
    with pytest.raises(NotAllowed):
        fair.swap("wouk")
    with pytest.raises(NotFound):
        fair.run(shift_places.want_swap(fair.desk, fair.people["wouk"], fair.brief("dzik")))
    assert "accepted" == fair.states()["dzik"]


def test_a_place_that_is_given_back_can_be_taken_again(fair: Fair) -> None:
    fair.take("dzik")
    fair.take("lasica")
    fair.run(briefs.give_back(fair.desk, fair.people["dzik"], fair.brief("dzik")))
    fair.take("wouk")

    assert {"dzik": "withdrawn", "lasica": "accepted", "wouk": "accepted"} == fair.states()


def test_each_place_of_tomorrow_is_rung_once(fair: Fair) -> None:
    fair.take("dzik")
    fair.rung.clear()
    first = fair.run(reminding.remind(fair.desk, fair.busel))
    again = fair.run(reminding.remind(fair.desk, fair.busel))

    assert (1, 0) == (first, again)
    assert ["dzik"] == fair.rung


def test_whoever_had_no_reminder_the_day_before_gets_it_on_the_day(fair: Fair) -> None:
    fair.take("dzik")
    fair.rung.clear()
    fair.clock.move(days=1)
    busel = fair.run(unlock_account(fair.desk, fair.clock, fair.account))
    before = fair.run(reminding.remind(fair.desk, busel))
    fair.desk.reminded.clear()
    fair.clock.move(hours=2)
    begun = fair.run(reminding.remind(fair.desk, busel))

    assert (1, 0) == (before, begun)
    assert ["dzik"] == fair.rung


def test_a_place_to_be_swapped_rings_whoever_was_invited_and_has_none_once(fair: Fair) -> None:
    fair.take("dzik")
    fair.take("lasica")
    fair.rung.clear()
    with pytest.raises(NotAllowed):
        fair.ring()
    fair.swap("dzik")
    by_itself = list(fair.rung)
    rung = fair.ring()
    with pytest.raises(NotAllowed) as again:
        fair.ring()

    assert ([], 1, ["wouk"]) == (by_itself, rung, fair.rung)
    assert "staff.shifts.no_swap" == again.value.key


def test_another_place_and_a_wish_that_comes_back_ring_anew(fair: Fair) -> None:
    fair.take("dzik")
    fair.take("lasica")
    fair.rung.clear()
    fair.swap("dzik")
    fair.ring()
    fair.swap("lasica")
    fair.ring()
    fair.swap("dzik", wanted=False)
    fair.swap("dzik")
    fair.ring()

    assert ["wouk"] * 3 == fair.rung


def test_who_said_no_or_whose_record_is_gone_is_not_rung_for_a_swap(fair: Fair) -> None:
    fair.take("dzik")
    fair.swap("dzik")
    fair.run(briefs.decline(fair.desk, fair.people["wouk"], fair.brief("wouk")))
    fair.run(fair.desk.store.write([Delete(VolunteerRow, {"box": fair.people["lasica"].box})]))
    fair.rung.clear()

    assert 0 == fair.ring()
    assert [] == fair.rung


def test_without_anybody_to_ring_a_swap_stays_to_be_rung(fair: Fair) -> None:
    fair.take("dzik")
    fair.swap("dzik")
    for handle in ("lasica", "wouk"):
        fair.run(briefs.decline(fair.desk, fair.people[handle], fair.brief(handle)))
    with pytest.raises(NotAllowed):
        fair.ring()
    fair.invite("wouk")
    fair.rung.clear()

    assert (1, ["wouk"]) == (fair.ring(), fair.rung)


def test_nobody_is_rung_for_a_shift_that_has_begun(fair: Fair) -> None:
    fair.take("dzik")
    fair.swap("dzik")
    before = fair.run(reminding.count_swaps(fair.desk, fair.busel))
    fair.clock.move(days=1, hours=3)
    fair.busel = fair.run(unlock_account(fair.desk, fair.clock, fair.account))

    with pytest.raises(NotAllowed):
        fair.ring()
    assert (1, 0) == (before, fair.run(reminding.count_swaps(fair.desk, fair.busel)))


def test_a_volunteer_reaches_no_address_of_another(fair: Fair) -> None:
    fair.take("dzik")
    fair.swap("dzik")
    fair.rung.clear()
    with pytest.raises(NotFound):
        fair.run(reminding.ring_for_swap(fair.desk, fair.people["dzik"], fair.shift))
    rung = fair.run(ring_people(fair.desk, fair.people["dzik"], [fair.people["wouk"].box]))

    assert (0, []) == (rung, fair.rung)


class Clapper:
    """A notifier that keeps when it rang."""

    name = "zz.bell"

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.rang: list[datetime] = []

    def check(self, address: str) -> str | None:
        return None

    async def ring(self, address: str, words: str) -> None:
        self.rang.append(self.clock.now())


@pytest.mark.parametrize(
    ("looked", "begins", "when", "rung"),
    [
        (10, 8, "evening", ["rung", 24, 17]),
        (10, 8, "day", ["rung", 24, 10]),
        (22, 8, "day", ["late"]),
        (22, 8, "evening", ["late"]),
        (22, 10, "day", ["rung", 25, 8]),
        (22, 8, "any", ["rung", 24, 22]),
        (22, 20, "evening", ["rung", 25, 17]),
    ],
)
def test_a_reminder_rings_at_ones_own_hours_before_the_shift_or_not_at_all(
    fair: Fair, looked: int, begins: int, when: str, rung: list[Any]
) -> None:
    desk, clock, dzik = fair.desk, fair.clock, fair.people["dzik"]
    clock.time = datetime(2026, 11, 24, looked, tzinfo=UTC)
    start = datetime(2026, 11, 25, begins, tzinfo=UTC)
    known = fair.run(read_own(desk, dzik))
    ways = (Way(notifier="zz.bell", address="dzik", hours=WHEN[when]),)
    changed = msgspec.structs.replace(known.profile, ways=ways, zone="Etc/UTC")
    fair.run(write_own(desk, dzik, known, changed))
    fair.shift = fair.make(hours=(start - clock.now()) / timedelta(hours=1))
    fair.invite("dzik")
    fair.take("dzik")
    clapper, rings = Clapper(clock), Rings(desk)
    desk.plugins = msgspec.structs.replace(desk.plugins, notifiers={clapper.name: clapper})
    desk.ring = rings.ring
    fair.run(reminding.remind(desk, fair.busel))
    bells = fair.run(reminding.bells_of(desk, fair.busel, fair.view()))
    for _ in range(48):
        fair.run(rings.deliver())
        clock.move(hours=1)
    heard = [part for at in clapper.rang for part in (at.day, at.hour)]

    assert rung == [bells[dzik.box].value, *heard]
    assert all(at < start for at in clapper.rang)


def test_a_shift_of_another_day_reminds_nobody(fair: Fair) -> None:
    fair.make(days=3)
    fair.clock.move(days=-2)

    assert 0 == fair.run(reminding.remind(fair.desk, fair.busel))


def test_somebody_whose_record_is_gone_stops_no_reminder(fair: Fair) -> None:
    fair.take("dzik")
    fair.take("lasica")
    fair.run(fair.desk.store.write([Delete(VolunteerRow, {"box": fair.people["dzik"].box})]))
    fair.rung.clear()
    rung = fair.run(reminding.remind(fair.desk, fair.busel))
    fair.run(shift_places.call_off(fair.desk, fair.busel, fair.shift))

    assert 1 == rung
    assert ["lasica", "lasica"] == fair.rung


def test_how_many_came_is_counted_and_who_is_forgotten(fair: Fair) -> None:
    fair.take("dzik")
    fair.run(briefs.report_done(fair.desk, fair.people["dzik"], fair.brief("dzik"), Report()))
    with pytest.raises(NotAllowed) as early:
        fair.run(shift_places.count_attended(fair.desk, fair.busel, fair.shift, 2))
    fair.clock.move(days=2)
    busel = fair.run(unlock_account(fair.desk, fair.clock, fair.account))
    wrong = fair.run(shift_places.count_attended(fair.desk, busel, fair.shift, -1))
    counted = fair.run(shift_places.count_attended(fair.desk, busel, fair.shift, 2))
    view = fair.run(shifts.read_shift(fair.desk, busel, fair.shift))

    assert "staff.shifts.not_yet" == early.value.key
    assert ["number"] == [problem.code for problem in wrong]
    assert () == counted
    assert (2, True, ()) == (view.body.attended, view.body.over, view.body.briefs)
    assert 0 == fair.run(fair.desk.store.count(BriefRow))
    assert 0 == fair.run(fair.desk.store.count(CallRow))


def test_a_shift_that_is_called_off_ends_all_places_and_rings(fair: Fair) -> None:
    fair.take("dzik")
    fair.rung.clear()
    fair.run(shift_places.call_off(fair.desk, fair.busel, fair.shift))

    assert ["dzik"] == fair.rung
    assert {"withdrawn"} == set(fair.states().values())
    with pytest.raises(NotAllowed):
        fair.invite("wouk")


def test_an_invitation_is_taken_back_with_its_place(fair: Fair) -> None:
    fair.take("dzik")
    fair.rung.clear()
    fair.run(shift_places.uninvite(fair.desk, fair.busel, fair.shift, fair.people["dzik"].box))

    assert 0 == fair.taken()
    assert "withdrawn" == fair.states()["dzik"]
    assert ["dzik"] == fair.rung
    with pytest.raises(NotFound):
        fair.run(shift_places.uninvite(fair.desk, fair.busel, fair.shift, fair.people["dzik"].box))


@pytest.mark.parametrize(
    ("changed", "field"), [({"title": ""}, "title"), ({"need": Need()}, "start")]
)
def test_a_shift_needs_a_name_and_a_time(fair: Fair, changed: dict[str, Any], field: str) -> None:
    problems, _ = fair.run(shifts.make_shift(fair.desk, fair.busel, fair.body(**changed)))

    assert [field] == [problem.field for problem in problems]
    assert 1 == fair.run(fair.desk.store.count(ShiftRow))


def test_a_coordinator_who_joins_later_sees_the_shifts_that_are_to_come(
    fair: Fair, pe_desk: Desk
) -> None:
    code = fair.run(invites.make_invite(pe_desk, fair.busel))
    account = fair.run(open_account(pe_desk, fair.clock, code, "zubr"))
    zubr = fair.run(unlock_account(pe_desk, fair.clock, account))
    before = fair.run(shifts.list_shifts(pe_desk, zubr))
    fair.run(shifts.list_shifts(pe_desk, fair.busel))
    after = fair.run(shifts.list_shifts(pe_desk, zubr))

    assert [] == before
    assert [fair.shift] == [view.id for view in after]


def test_places_are_counted_however_far_ahead_the_shift_lies(fair: Fair) -> None:
    fair.shift = fair.make(weeks=45)
    fair.invite("wouk")
    fair.clock.move(weeks=40)
    fair.run(fair.desk.store.purge(week_of(fair.clock.now().date())))
    fair.take("wouk")

    assert {"wouk": "accepted"} == fair.states_of("wouk")


def test_the_next_shift_is_the_first_and_what_is_over_comes_last(fair: Fair) -> None:
    late, soon, same_day = fair.make(days=9), fair.make(hours=2), fair.make(hours=1)
    fair.run(shift_places.call_off(fair.desk, fair.busel, soon))
    fair.run(shift_places.call_off(fair.desk, fair.busel, same_day))
    listed = fair.run(shifts.list_shifts(fair.desk, fair.busel))

    assert [fair.shift, late, soon, same_day] == [view.id for view in listed]
    assert [False, False, True, True] == [view.is_off for view in listed]


def test_those_who_were_not_invited_are_suggested_with_reasons_that_their_card_keeps(
    fair: Fair,
) -> None:
    fair.shift = fair.make(hours=3)
    fair.invite("dzik")
    before = fair.run(shifts.read_shift(fair.desk, fair.busel, fair.shift))
    suggested = fair.run(suggest_for_shift(fair.desk, fair.busel, before))
    chosen = {one.box: one.reasons for one in suggested}
    fair.run(shift_places.invite(fair.desk, fair.busel, fair.shift, chosen))
    brief = fair.view().states[fair.people["wouk"].box][0]
    shown = fair.run(briefs.open_brief(fair.desk, fair.people["wouk"], brief))

    assert {fair.people["lasica"].box, fair.people["wouk"].box} == set(chosen)
    assert () != shown.card.reasons == chosen[fair.people["wouk"].box]


def test_whoever_is_invited_learns_how_many_places_there_are_and_no_name(fair: Fair) -> None:
    fair.take("dzik")
    fair.take("lasica")
    fair.swap("dzik")
    row = fair.run(fair.desk.store.get(BriefRow, fair.brief("wouk")))
    places = fair.run(shift_places.read_places(fair.desk, row))
    fair.run(fair.desk.store.write([Delete(CallRow, {"id": row.call})]))
    gone = fair.run(shift_places.read_places(fair.desk, row))

    assert shift_places.Places(places=2, taken=2, swapping=1) == places
    assert shift_places.Places(places=0, taken=0, swapping=0) == gone


@pytest.mark.parametrize("how_many", [0, shift_places.INVITED_AT_ONCE + 1])
def test_nobody_or_a_crowd_is_not_invited(fair: Fair, how_many: int) -> None:
    chosen: dict[Box, tuple[Reason, ...]] = {Box(number): () for number in range(how_many)}
    with pytest.raises(NotAllowed) as refused:
        fair.run(shift_places.invite(fair.desk, fair.busel, fair.shift, chosen))

    assert "staff.shifts.how_many" == refused.value.key


def test_the_trail_says_that_it_was_about_a_shift(fair: Fair) -> None:
    fair.run(shift_places.uninvite(fair.desk, fair.busel, fair.shift, fair.people["dzik"].box))
    traces = fair.run(read_trail(fair.desk, fair.busel))
    about = {trace.entry.act for trace in traces.lines if trace.entry.what == f"shift/{fair.shift}"}

    assert {Act.SHIFT_CHANGED, Act.OFFERED, Act.OFFER_WITHDRAWN} == about


def test_of_three_who_sign_up_in_one_moment_two_have_the_two_places(fair: Fair) -> None:
    ids = {handle: fair.brief(handle) for handle in fair.people}

    async def all_of_them() -> list[Any]:
        acts = [briefs.accept(fair.desk, fair.people[who], ids[who]) for who in ids]
        return await asyncio.gather(*acts, return_exceptions=True)

    results = fair.run(all_of_them())

    assert [None, None] == [result for result in results if result is None]
    assert ["work.brief.taken"] == [result.key for result in results if result is not None]
    assert 2 == fair.view().taken


def test_what_nobody_answered_expires_with_the_day(fair: Fair) -> None:
    fair.clock.move(days=3)

    assert 3 == fair.run(offering.expire_offers(fair.desk))


def test_an_invitation_waits_until_the_shift_begins_wherever_the_embassy_is(fair: Fair) -> None:
    fair.desk.embassy = msgspec.structs.replace(fair.desk.embassy, zone="America/New_York")
    # At ten in the evening there, it is the next day already in UTC.
    three = fair.clock.now().replace(hour=3, minute=0, second=0, microsecond=0)
    wait = (three + timedelta(days=1) - fair.clock.now()).total_seconds()
    fair.clock.move(seconds=wait)
    fair.shift = fair.make(days=1)
    fair.invite("wouk")
    fair.clock.move(hours=23)
    fair.run(offering.expire_offers(fair.desk))
    fair.take("wouk")

    assert {"wouk": "accepted"} == fair.states_of("wouk")


@pytest.mark.parametrize("ends", ["silence", "no"])
def test_who_was_invited_weeks_ago_was_not_asked_lately_whenever_that_ended(
    fair: Fair, ends: str
) -> None:
    fair.shift = fair.make(days=20)
    fair.clock.move(days=1)
    fair.busel = fair.run(unlock_account(fair.desk, fair.clock, fair.account))
    fair.invite("wouk")
    brief = fair.brief("wouk")
    if ends == "no":
        fair.clock.move(days=18)
        fair.run(briefs.decline(fair.desk, fair.people["wouk"], brief))
    else:
        fair.clock.move(days=21)
        fair.run(offering.expire_offers(fair.desk))
    fair.busel = fair.run(unlock_account(fair.desk, fair.clock, fair.account))
    duties = fair.run(read_duties(fair.desk, fair.busel))
    row = fair.run(fair.desk.store.get(BriefRow, brief))

    assert {"no": "declined", "silence": "expired"}[ends] == row.state
    assert fair.clock.now().date().toordinal() - duties.asked.get(row.box, 0) >= LATELY


def test_an_invitation_far_ahead_counts_as_asked_on_the_day_it_was_made(fair: Fair) -> None:
    box = fair.people["wouk"].box
    fair.run(shift_places.call_off(fair.desk, fair.busel, fair.shift))
    fair.shift = fair.make(weeks=8)
    fair.invite("wouk")
    day = fair.clock.now().date().toordinal()
    fair.clock.move(weeks=5)
    busel = fair.run(unlock_account(fair.desk, fair.clock, fair.account))
    duties = fair.run(read_duties(fair.desk, busel))

    assert (day, 0) == (duties.asked[box], duties.load.get(box, 0))
    assert box not in duties.busy


@pytest.mark.parametrize("weekday", range(7))
def test_all_of_it_goes_within_two_weeks_after_its_day(fair: Fair, weekday: int) -> None:
    fair.clock.move(days=(weekday - fair.clock.now().weekday() - 1) % 7)
    fair.shift = fair.make(days=1)
    fair.invite("wouk")
    day = fair.view().body.day
    kept = []
    for later in (timedelta(days=7), timedelta(weeks=KEEP_AFTER)):
        fair.run(fair.desk.store.purge(week_of(day + later)))
        rows = (ShiftRow, BriefRow, CallRow)
        kept.append([fair.run(fair.desk.store.count(row)) > 0 for row in rows])

    assert weekday == day.weekday()
    assert [[True, True, True], [False, False, False]] == kept
