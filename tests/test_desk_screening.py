"""Screening: every step to an active volunteer, who may take it, and what it leaves behind."""

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any

import pytest

from pe_core.courier import Rings
from pe_core.desk import cards, invites, screening, volunteers
from pe_core.desk.desk import Desk
from pe_core.desk.own_record import apply_again
from pe_core.desk.own_ways import set_ways
from pe_core.desk.ringing import ring_volunteer
from pe_core.desk.sessions import Session
from pe_core.desk.tracing import read_trail
from pe_core.errors import Conflict, NotAllowed
from pe_core.model import Box, Gate, VolunteerState, Way
from pe_core.model.trail import Act
from pe_core.rules.volunteering import Step
from pe_core.store import BriefRow, CallRow, Insert, OpenAddressRow
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.toolkit.invented import (
    Account,
    Clock,
    active_volunteer,
    offer_help,
    open_account,
    send_profile,
    unlock_account,
)

Run = Callable[[Awaitable[Any]], Any]
V = VolunteerState


class Scene:
    """Two coordinators, and somebody who offered help and sent what they say of themselves."""

    def __init__(self, embassy: TestEmbassy, run: Run, clock: Clock) -> None:
        self.desk: Desk = embassy.desk
        self.run, self.clock = run, clock
        first: Session = run(unlock_account(self.desk, clock, embassy.account))
        code = run(invites.make_invite(self.desk, first))
        second: Account = run(open_account(self.desk, clock, code, "zubr"))
        self.zubr: Session = run(unlock_account(self.desk, clock, second))
        self.busel: Session = run(unlock_account(self.desk, clock, embassy.account))
        self.account: Account = run(offer_help(self.desk, clock, "wouk"))
        self.wouk: Session = run(unlock_account(self.desk, clock, self.account))
        run(send_profile(self.desk, self.wouk))
        clock.move(minutes=1)

    def known(self, session: Session | None = None, box: Box | None = None) -> Any:
        by = session or self.busel
        return self.run(volunteers.read_volunteer(self.desk, by, box or self.wouk.box))

    def state(self) -> VolunteerState:
        return volunteers.state_now(self.desk, self.known())

    def do(self, act: Callable[..., Awaitable[Any]], by: Session, *args: Any, **more: Any) -> Any:
        return self.run(act(self.desk, by, self.known(by), *args, **more))

    def make_active(self) -> None:
        self.do(screening.note_talk, self.busel)
        self.do(screening.vouch, self.busel)
        self.do(screening.vouch, self.zubr)
        self.clock.move(minutes=1)

    def acts(self) -> list[Act]:
        page = self.run(read_trail(self.desk, self.busel))
        return [line.entry.act for line in page.lines if line.entry is not None]


@pytest.fixture
def scene(pe_embassy: TestEmbassy, pe_run: Run, pe_clock: Clock) -> Scene:
    return Scene(pe_embassy, pe_run, pe_clock)


def test_the_second_vouch_with_nothing_missing_makes_active(scene: Scene) -> None:
    scene.do(screening.take_up, scene.busel)
    screened = scene.state()
    scene.do(screening.note_talk, scene.zubr)
    after_first = scene.do(screening.vouch, scene.busel)
    left = volunteers.steps_left(scene.known())

    assert V.SCREENING is screened
    assert (V.SCREENING, (Step.VOUCHES,)) == (after_first, left)
    assert V.ACTIVE is scene.do(screening.vouch, scene.zubr)
    assert (V.ACTIVE, ()) == (scene.state(), volunteers.steps_left(scene.known()))


def test_two_vouches_without_a_talk_wait_for_it_and_for_somebody_to_accept(scene: Scene) -> None:
    scene.do(screening.vouch, scene.busel)
    scene.do(screening.vouch, scene.zubr)
    before = scene.state()
    with pytest.raises(NotAllowed, match=r"staff\.volunteers\.missing"):
        scene.do(screening.accept, scene.busel)
    scene.do(screening.note_talk, scene.busel)
    scene.do(screening.accept, scene.busel)

    assert (V.APPLIED, V.ACTIVE) == (before, scene.state())


def test_nobody_vouches_twice(scene: Scene) -> None:
    scene.do(screening.vouch, scene.busel)

    with pytest.raises(NotAllowed, match=r"staff\.volunteers\.vouched_already"):
        scene.do(screening.vouch, scene.busel)
    assert 1 == len(scene.known().standing.vouches)


def test_a_vouch_can_be_taken_back_until_something_follows_from_it(scene: Scene) -> None:
    scene.do(screening.vouch, scene.busel)
    with pytest.raises(NotAllowed, match=r"staff\.volunteers\.not_now"):
        scene.do(screening.take_back_vouch, scene.zubr)
    scene.do(screening.take_back_vouch, scene.busel)
    taken_back = scene.known().standing.vouches
    scene.make_active()

    assert () == taken_back
    with pytest.raises(NotAllowed, match=r"staff\.volunteers\.not_now"):
        scene.do(screening.take_back_vouch, scene.busel)


def test_a_talk_noted_by_mistake_is_taken_off_again(scene: Scene) -> None:
    scene.do(screening.note_talk, scene.busel)
    noted = scene.known().standing.talked
    scene.do(screening.note_talk, scene.busel, held=False)

    assert noted == scene.clock.now()
    assert scene.known().standing.talked is None


def test_gates_are_kept_in_order_each_once(scene: Scene) -> None:
    gates = [Gate(code="zz.gate.b", until=date(2027, 1, 1)), Gate(code="zz.gate.a")]
    scene.do(screening.set_gates, scene.busel, gates)

    assert (gates[1], gates[0]) == scene.known().standing.gates
    with pytest.raises(NotAllowed):
        scene.do(screening.set_gates, scene.busel, [gates[0], gates[0]])


def test_a_pause_ends_by_itself_or_by_a_coordinator(scene: Scene) -> None:
    scene.make_active()
    today = scene.clock.now().date()
    scene.do(screening.pause, scene.busel, today + timedelta(days=2))
    paused = scene.state()
    scene.do(screening.go_on, scene.zubr)
    gone_on = scene.state()
    scene.do(screening.pause, scene.busel, today + timedelta(days=2))
    scene.clock.move(days=3)

    assert (V.PAUSED, V.ACTIVE, V.ACTIVE) == (paused, gone_on, scene.state())


@pytest.mark.parametrize("days", [-1, 367])
def test_a_pause_lies_within_a_year(scene: Scene, days: int) -> None:
    scene.make_active()

    with pytest.raises(NotAllowed, match=r"staff\.volunteers\.pause_day"):
        scene.do(screening.pause, scene.busel, scene.clock.now().date() + timedelta(days=days))


def test_a_volunteers_own_pause_is_not_ended_for_them(scene: Scene) -> None:
    scene.make_active()
    scene.run(send_profile(scene.desk, scene.wouk, sent=scene.known().profile.sent))
    until = scene.clock.now().date() + timedelta(days=2)
    scene.run(
        send_profile(scene.desk, scene.wouk, sent=scene.known().profile.sent, paused_until=until)
    )

    assert V.PAUSED is scene.state()
    with pytest.raises(NotAllowed, match=r"staff\.volunteers\.own_pause"):
        scene.do(screening.go_on, scene.busel)


@pytest.mark.parametrize("to", [V.DECLINED, V.BLOCKED])
def test_a_no_waits_for_a_second_coordinator(scene: Scene, to: VolunteerState) -> None:
    done = scene.do(screening.turn_away, scene.busel, to, " Not somebody whom we know. ")
    waits = scene.state()
    with pytest.raises(NotAllowed, match=r"staff\.volunteers\.own_pending"):
        scene.do(screening.confirm_pending, scene.busel)
    scene.do(screening.confirm_pending, scene.zubr)
    standing = scene.known().standing

    assert (False, V.APPLIED, to) == (done, waits, scene.state())
    assert ("Not somebody whom we know.", None) == (standing.reason, standing.pending)


def test_what_waits_can_be_refused_and_then_nothing_has_happened(scene: Scene) -> None:
    scene.do(screening.turn_away, scene.busel, V.BLOCKED, "A mistake.")
    with pytest.raises(NotAllowed, match=r"staff\.volunteers\.not_now"):
        scene.do(screening.turn_away, scene.zubr, V.DECLINED, "Another one.")
    scene.do(screening.drop_pending, scene.zubr)
    standing = scene.known().standing

    assert (None, "") == (standing.pending, standing.reason)
    with pytest.raises(NotAllowed, match=r"staff\.volunteers\.not_now"):
        scene.do(screening.confirm_pending, scene.zubr)
    with pytest.raises(NotAllowed, match=r"staff\.volunteers\.not_now"):
        scene.do(screening.drop_pending, scene.zubr)


def test_a_pending_no_is_nothing_once_the_volunteer_is_active(scene: Scene) -> None:
    scene.do(screening.turn_away, scene.busel, V.DECLINED, "Too soon.")
    scene.make_active()

    assert V.ACTIVE is scene.state()
    with pytest.raises(NotAllowed, match=r"staff\.volunteers\.not_now"):
        scene.do(screening.confirm_pending, scene.zubr)


@pytest.mark.parametrize("reason", ["", "   ", "x" * 2_001])
def test_a_no_needs_a_reason_of_bearable_length(scene: Scene, reason: str) -> None:
    with pytest.raises(NotAllowed, match=r"staff\.volunteers\.reason"):
        scene.do(screening.turn_away, scene.busel, V.DECLINED, reason)


def test_the_only_coordinator_acts_at_once(
    pe_desk: Desk, pe_staff: Session, pe_run: Run, pe_clock: Clock
) -> None:
    _, session = pe_run(active_volunteer(pe_desk, pe_clock, [pe_staff], "wouk"))
    known = pe_run(volunteers.read_volunteer(pe_desk, pe_staff, session.box))
    done = pe_run(screening.turn_away(pe_desk, pe_staff, known, V.BLOCKED, "Known to harm."))
    after = pe_run(volunteers.read_volunteer(pe_desk, pe_staff, session.box))

    assert done
    assert V.BLOCKED is volunteers.state_now(pe_desk, after)


def test_who_is_shut_out_loses_session_and_tasks_and_is_vouched_for_anew(scene: Scene) -> None:
    scene.make_active()
    box = scene.wouk.box
    brief = BriefRow(
        id="b" * 22,
        call="c" * 22,
        box=box,
        state="accepted",
        day=1,
        keep_until=9_999,
        epoch="intake/x",
        own=b"key",
        team=b"key",
        card=b"",
        detail=b"",
        stub=b"",
    )
    call = CallRow(id="c" * 22, keep_until=9_999, places=1, taken=1)
    scene.run(scene.desk.store.write([Insert(call), Insert(brief)]))
    before = [one.box for one in scene.desk.sessions.items()]
    scene.do(screening.turn_away, scene.busel, V.BLOCKED, "Known to harm.")
    scene.do(screening.confirm_pending, scene.zubr)
    (row,) = scene.run(scene.desk.store.select(BriefRow))

    assert box in before
    assert box not in [one.box for one in scene.desk.sessions.items()]
    assert (None, None, "withdrawn") == (row.own, row.team, row.state)
    assert [0] == [one.taken for one in scene.run(scene.desk.store.select(CallRow))]
    assert () == scene.known().standing.vouches


@pytest.mark.parametrize("to", [V.DECLINED, V.BLOCKED])
def test_who_was_turned_away_is_not_rung_any_more(scene: Scene, to: VolunteerState) -> None:
    rings = Rings(scene.desk)
    scene.desk.ring, scene.desk.forget_ring = rings.ring, rings.forget
    way = Way(notifier="zz.desk", address="7", readable=True)
    if to is V.BLOCKED:
        scene.make_active()
    scene.run(set_ways(scene.desk, scene.wouk, [way]))
    ring_volunteer(scene.desk, scene.known().profile)
    before = (len(rings), scene.run(scene.desk.store.count(OpenAddressRow)))
    scene.do(screening.turn_away, scene.busel, to, "Not now.")
    scene.do(screening.confirm_pending, scene.zubr)

    assert (1, to is V.BLOCKED) == before
    assert (0, 0) == (len(rings), scene.run(scene.desk.store.count(OpenAddressRow)))


def test_who_was_declined_is_rung_again_once_they_are_accepted_again(scene: Scene) -> None:
    way = Way(notifier="zz.desk", address="7", readable=True)
    scene.run(set_ways(scene.desk, scene.wouk, [way]))
    scene.do(screening.turn_away, scene.busel, V.DECLINED, "Not now.")
    scene.do(screening.confirm_pending, scene.zubr)
    scene.clock.move(minutes=1)
    again: Session = scene.run(unlock_account(scene.desk, scene.clock, scene.account))
    scene.run(apply_again(scene.desk, again))
    applied = scene.run(scene.desk.store.count(OpenAddressRow))
    scene.make_active()
    rows = scene.run(scene.desk.store.select(OpenAddressRow))

    assert 0 == applied
    assert [(scene.wouk.box, "7")] == [(row.box, row.address) for row in rows]


def test_who_was_declined_may_ask_again_and_begins_anew(scene: Scene) -> None:
    scene.do(screening.note_talk, scene.busel)
    scene.do(screening.turn_away, scene.busel, V.DECLINED, "Not now.")
    scene.do(screening.confirm_pending, scene.zubr)
    scene.clock.move(minutes=1)
    again: Session = scene.run(unlock_account(scene.desk, scene.clock, scene.account))
    scene.run(send_profile(scene.desk, again))

    assert V.APPLIED is scene.state()
    assert (Step.TALK, Step.VOUCHES) == volunteers.steps_left(scene.known())


def test_whoever_is_blocked_stays_so(scene: Scene) -> None:
    scene.do(screening.turn_away, scene.busel, V.BLOCKED, "Known to harm.")
    scene.do(screening.confirm_pending, scene.zubr)
    again: Session = scene.run(unlock_account(scene.desk, scene.clock, scene.account))
    scene.clock.move(minutes=1)
    scene.run(send_profile(scene.desk, again))

    assert V.BLOCKED is scene.state()
    for act in (screening.take_up, screening.vouch, screening.note_talk, screening.accept):
        with pytest.raises(NotAllowed):
            scene.do(act, scene.busel)


def test_words_for_the_volunteer_are_read_by_them(scene: Scene) -> None:
    scene.do(screening.set_words, scene.busel, "Welcome!")
    read: Any = scene.run(volunteers.read_own(scene.desk, scene.wouk))

    assert "Welcome!" == read.standing.words
    with pytest.raises(NotAllowed):
        scene.do(screening.set_words, scene.busel, "x" * 2_001)


def test_every_step_is_in_the_trail(scene: Scene) -> None:
    scene.do(screening.take_up, scene.busel)
    scene.do(screening.vouch, scene.busel)

    assert {Act.VOLUNTEER_CHANGED, Act.VOUCHED} <= set(scene.acts())


def test_of_two_who_act_at_once_the_second_is_told(scene: Scene) -> None:
    seen = scene.known()
    scene.do(screening.take_up, scene.zubr)

    with pytest.raises(Conflict):
        scene.run(screening.note_talk(scene.desk, scene.busel, seen))
    with pytest.raises(Conflict):
        scene.run(screening.find_for(scene.desk, scene.busel, scene.wouk.box, seen.row.revision))


def test_nobody_vouches_for_a_person_without_an_account(scene: Scene) -> None:
    import msgspec

    known = scene.known()
    nobody = msgspec.structs.replace(
        known, profile=msgspec.structs.replace(known.profile, verify_key=b"", public=b"")
    )

    with pytest.raises(NotAllowed, match=r"staff\.volunteers\.no_account"):
        scene.run(screening.vouch(scene.desk, scene.busel, nobody))


def test_a_wish_for_support_is_noted_as_heard(scene: Scene) -> None:
    scene.make_active()
    wished = scene.clock.now()
    sent = scene.known().profile.sent
    scene.run(send_profile(scene.desk, scene.wouk, sent=sent, support=wished))
    scene.clock.move(minutes=1)
    before = scene.run(cards.catch_up_cards(scene.desk, scene.busel))[scene.wouk.box]
    scene.do(screening.note_support, scene.busel)
    after = scene.run(cards.catch_up_cards(scene.desk, scene.busel))[scene.wouk.box]

    assert (True, False) == (before.support, after.support)
    assert scene.clock.now() == scene.known().standing.supported
