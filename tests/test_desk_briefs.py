"""From a need to a finished task: who reads what, who comes first, and what is left behind."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from pe_core.desk import (
    brief_threads,
    briefs,
    handing,
    invites,
    needs,
    offering,
    requests,
    screening,
    visits,
)
from pe_core.desk.first_look import look_at_requests
from pe_core.desk.sealing import WORDS_LIMIT
from pe_core.desk.seeking import look_again, seek
from pe_core.desk.sorting import extend
from pe_core.desk.volunteers import read_own, read_volunteer, write_own
from pe_core.errors import Conflict, EnvelopeRefused, NotAllowed, NotFound
from pe_core.model import (
    Author,
    BriefId,
    BriefState,
    Gate,
    MessageKind,
    NeedState,
    Outcome,
    Report,
    RequestId,
    Skill,
    State,
    VolunteerState,
    Way,
)
from pe_core.store import (
    BriefNoteRow,
    BriefRow,
    CallRow,
    Delete,
    NeedRow,
    ReplyRow,
    RequestRow,
    Update,
)
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.toolkit.invented import ASKED, ask, open_account, unlock_account
from pe_core.upkeep import do_upkeep
from teamwork import Team, body

Run = Callable[[Awaitable[Any]], Any]
S = BriefState


@pytest.fixture
def team(pe_embassy: TestEmbassy, pe_run: Run) -> Team:
    """The team and everybody before it."""
    return Team(pe_embassy, pe_run)


def test_the_first_to_accept_has_it_and_the_others_need_not_think_about_it(team: Team) -> None:
    view = team.need()
    before = team.state()
    team.offer(view, "dzik", "lasica")
    lasica = team.brief("lasica")
    team.accept("dzik")

    assert "matching" == before
    assert {"dzik": "accepted", "lasica": "withdrawn"} == team.states()
    assert "active" == team.state()
    assert NeedState.MET is team.run(needs.read_need(team.desk, team.busel, view.id)).state
    with pytest.raises(NotFound):
        team.run(briefs.accept(team.desk, team.people["lasica"], lasica))


def test_two_who_accept_in_one_moment_do_not_both_have_it(team: Team) -> None:
    team.offer(team.need(), "dzik", "lasica")
    ids = {handle: team.brief(handle) for handle in ("dzik", "lasica")}

    async def both() -> list[Any]:
        acts = [briefs.accept(team.desk, team.people[who], ids[who]) for who in ids]
        return await asyncio.gather(*acts, return_exceptions=True)

    results = team.run(both())

    assert [None] == [result for result in results if result is None]
    assert [NotAllowed] == [type(result) for result in results if result is not None]
    assert ["accepted", "withdrawn"] == sorted(team.states().values())


def test_two_who_accept_two_tasks_of_one_request_in_one_moment_both_have_theirs(
    team: Team,
) -> None:
    for handle in ("dzik", "lasica"):
        team.offer(team.need(), handle)
    ids = {handle: team.brief(handle) for handle in ("dzik", "lasica")}

    async def both() -> list[Any]:
        acts = [briefs.accept(team.desk, team.people[who], ids[who]) for who in ids]
        return await asyncio.gather(*acts, return_exceptions=True)

    assert [None, None] == team.run(both())
    assert {"dzik": "accepted", "lasica": "accepted"} == team.states()


def test_before_it_is_accepted_nothing_of_the_detail_is_shown(team: Team) -> None:
    team.offer(team.need(), "dzik")
    dzik, brief = team.people["dzik"], team.brief("dzik")
    offered = team.run(briefs.open_brief(team.desk, dzik, brief))
    team.accept("dzik")
    accepted = team.run(briefs.open_brief(team.desk, dzik, brief))

    assert "Translate a page" == offered.card.title
    assert offered.detail is None
    assert "It is a refusal of the office." == accepted.detail.text
    assert 6 == len(accepted.detail.checklist)


@pytest.mark.parametrize("act", ["open", "accept", "decline", "give_back", "done", "write", "tick"])
def test_nobody_reaches_another_volunteers_brief(team: Team, act: str) -> None:
    team.offer(team.need(), "dzik")
    team.accept("dzik")
    desk, brief, thief = team.desk, team.brief("dzik"), team.people["wouk"]
    acts: dict[str, Callable[[], Awaitable[Any]]] = {
        "open": lambda: briefs.open_brief(desk, thief, brief),
        "accept": lambda: briefs.accept(desk, thief, brief),
        "decline": lambda: briefs.decline(desk, thief, brief),
        "give_back": lambda: briefs.give_back(desk, thief, brief),
        "done": lambda: briefs.report_done(desk, thief, brief, Report()),
        "write": lambda: brief_threads.write_asker(desk, thief, brief, "x", "en"),
        "tick": lambda: brief_threads.tick(desk, thief, brief, ()),
    }

    with pytest.raises(NotFound):
        team.run(acts[act]())
    assert [] == team.run(briefs.list_briefs(desk, thief))


def test_a_brief_put_before_another_volunteer_does_not_open(team: Team) -> None:
    team.offer(team.need(), "dzik", "wouk")
    dzik, wouk = team.brief("dzik"), team.brief("wouk")
    row = team.run(team.desk.store.get(BriefRow, dzik))
    moved = {"card": row.card, "detail": row.detail, "own": row.own}
    team.run(team.desk.store.write([Update(BriefRow, (wouk,), moved)]))

    with pytest.raises((NotFound, EnvelopeRefused)):
        team.run(briefs.open_brief(team.desk, team.people["wouk"], wouk))


def test_a_qualification_that_ended_since_somebody_was_asked_keeps_them_from_the_task(
    team: Team,
) -> None:
    aid, soon = "core.gate.first_aid", team.clock.now() + timedelta(days=3)

    def hold(*gates: Gate) -> None:
        known = team.run(read_volunteer(team.desk, team.busel, team.box("dzik")))
        team.run(screening.set_gates(team.desk, team.busel, known, gates))

    hold(Gate(code=aid))
    team.offer(team.need(gates=(aid,), start=soon, end=soon + timedelta(hours=1)), "dzik")
    for gates in ((), (Gate(code=aid, until=soon.date() - timedelta(days=1)),)):
        hold(*gates)
        with pytest.raises(NotAllowed, match=r"work\.brief\.gate"):
            team.accept("dzik")
    hold(Gate(code=aid, until=soon.date()))
    team.accept("dzik")

    assert {"dzik": "accepted"} == team.states()


def test_a_task_over_another_one_is_refused_and_says_which(team: Team) -> None:
    start = team.clock.now() + timedelta(days=2)
    end = start + timedelta(hours=2)
    team.offer(team.need(start=start, end=end), "dzik")
    team.accept("dzik")
    team.offer(team.need(start=end - timedelta(minutes=1), end=end + timedelta(hours=1)), "dzik")
    rows = team.run(team.desk.store.select(BriefRow, {"state": "offered"}))
    second = BriefId(rows[0].id)
    card = team.run(briefs.open_brief(team.desk, team.people["dzik"], second)).card
    over = team.run(briefs.find_overlap(team.desk, team.people["dzik"], card))

    with pytest.raises(NotAllowed) as refused:
        team.run(briefs.accept(team.desk, team.people["dzik"], second))
    assert "work.brief.overlap" == refused.value.key
    assert (start, end) == (over.card.start, over.card.end)


def test_tasks_that_touch_do_not_overlap(team: Team) -> None:
    start = team.clock.now() + timedelta(days=2)
    end = start + timedelta(hours=2)
    team.offer(team.need(start=start, end=end), "dzik")
    team.accept("dzik")
    team.offer(team.need(start=end, end=end + timedelta(hours=1)), "dzik")
    (row,) = team.run(team.desk.store.select(BriefRow, {"state": "offered"}))
    team.run(briefs.accept(team.desk, team.people["dzik"], BriefId(row.id)))

    assert 2 == len(team.run(briefs.list_briefs(team.desk, team.people["dzik"])))


def test_an_offer_ends_after_a_day_and_the_next_may_be_asked(team: Team) -> None:
    view = team.need()
    team.offer(view, "dzik")
    brief = team.brief("dzik")
    team.clock.move(hours=24)
    listed = team.run(briefs.list_briefs(team.desk, team.people["dzik"]))
    with pytest.raises(NotAllowed):
        team.run(briefs.accept(team.desk, team.people["dzik"], brief))
    team.clock.move(hours=24)
    expired = team.run(offering.expire_offers(team.desk))
    busel = team.run(unlock_account(team.desk, team.clock, team.account))
    team.run(offering.offer(team.desk, busel, view.id, {team.box("lasica"): ()}))

    assert [] == listed
    assert 1 == expired
    assert {"dzik": "expired", "lasica": "offered"} == team.states()


def test_whoever_did_not_answer_in_a_day_can_be_asked_again_before_any_upkeep(team: Team) -> None:
    view = team.need()
    team.offer(view, "dzik")
    team.clock.move(hours=25)
    busel = team.run(unlock_account(team.desk, team.clock, team.account))
    seen = team.run(needs.read_need(team.desk, busel, view.id))
    silent = team.run(offering.read_offers(team.desk, busel, seen))
    team.run(offering.offer(team.desk, busel, view.id, {team.box("dzik"): ()}))
    seen = team.run(needs.read_need(team.desk, busel, view.id))
    again = team.run(offering.read_offers(team.desk, busel, seen))

    assert [S.EXPIRED] == [one.state for one in silent]
    assert [S.EXPIRED, S.OFFERED] == [one.state for one in again]


def test_after_done_the_detail_and_the_thread_are_closed_and_gone(team: Team) -> None:
    team.offer(team.need(), "dzik")
    team.accept("dzik")
    dzik, brief, desk = team.people["dzik"], team.brief("dzik"), team.desk
    team.run(brief_threads.write_asker(desk, dzik, brief, "Hello", "en"))
    team.run(
        briefs.report_done(desk, dzik, brief, Report(minutes=90, line="It went well", support=True))
    )
    row = team.run(desk.store.get(BriefRow, brief))
    known = team.run(read_own(desk, dzik))
    shown = team.run(requests.open_request(desk, team.busel, team.request))

    assert (None, None, None, "done") == (row.own, row.team, row.detail, row.state)
    assert 0 == team.run(desk.store.count(BriefNoteRow))
    with pytest.raises(NotFound):
        team.run(briefs.open_brief(desk, dzik, brief))
    assert [90] == [month.minutes for month in known.profile.helped]
    assert desk.now() == known.profile.support
    told = [message for _, message in shown.thread if message.author is Author.VOLUNTEER]
    assert [MessageKind.ACCEPTED, MessageKind.HELPER, MessageKind.TASK_DONE] == [
        message.kind for message in told
    ]
    assert ("It went well", 90) == (told[-1].text, told[-1].minutes)


def test_helper_and_asker_write_to_each_other_and_the_team_reads_along(team: Team) -> None:
    team.offer(team.need(), "dzik")
    team.accept("dzik")
    desk, dzik, brief = team.desk, team.people["dzik"], team.brief("dzik")
    view = team.run(visits.look(desk, team.visit()))
    team.run(brief_threads.write_asker(desk, dzik, brief, "When does it suit you?", "en"))
    visit = team.visit()
    team.run(brief_threads.write_helper(desk, visit, view.helpers[0], "On Monday"))
    read = [item.reply.text for item in team.run(visits.look(desk, visit)).replies]
    notes = team.run(briefs.open_brief(desk, dzik, brief)).notes
    thread = team.run(requests.open_request(desk, team.busel, team.request)).thread

    assert (brief,) == view.helpers
    assert ["When does it suit you?"] == read[-1:]
    assert ["When does it suit you?", "On Monday"] == [note.text for note in notes]
    assert ["When does it suit you?", "On Monday"] == [m.text for _, m in thread][-2:]


@pytest.mark.parametrize("act", ["write", "done", "give_back"])
def test_what_a_helper_says_while_their_asker_writes_is_not_lost(team: Team, act: str) -> None:
    team.offer(team.need(), "dzik")
    team.accept("dzik")
    desk, dzik, brief, visit = team.desk, team.people["dzik"], team.brief("dzik"), team.visit()
    acts: dict[str, Callable[[], Awaitable[Any]]] = {
        "write": lambda: brief_threads.write_asker(desk, dzik, brief, "Tomorrow at ten?", "en"),
        "done": lambda: briefs.report_done(desk, dzik, brief, Report(line="It went well")),
        "give_back": lambda: briefs.give_back(desk, dzik, brief),
    }

    async def both() -> None:
        await asyncio.gather(
            acts[act](), brief_threads.write_helper(desk, visit, brief, "Are you there?")
        )

    team.run(both())
    last = team.run(requests.open_request(desk, team.busel, team.request)).thread[-2:]

    assert {Author.ASKER, Author.VOLUNTEER} == {message.author for _, message in last}


def test_nobody_writes_to_a_helper_who_gives_the_task_back_in_the_same_moment(
    team: Team,
) -> None:
    team.offer(team.need(), "dzik")
    team.accept("dzik")
    desk, dzik, brief, visit = team.desk, team.people["dzik"], team.brief("dzik"), team.visit()
    write = desk.store.write
    given_back: list[None] = []

    async def later(changes: Sequence[Any]) -> Any:
        if not given_back:
            given_back.append(None)
            await briefs.give_back(desk, dzik, brief)
        return await write(changes)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(desk.store, "write", later)
        with pytest.raises(NotAllowed, match="helper_gone"):
            team.run(brief_threads.write_helper(desk, visit, brief, "Are you there?"))

    assert 0 == team.run(desk.store.count(BriefNoteRow))


def test_an_asker_writes_to_nobody_elses_helper(team: Team) -> None:
    team.offer(team.need(), "dzik")
    team.accept("dzik")
    brief = team.brief("dzik")
    other = team.run(ask(team.desk, ASKED[5]))
    _, stranger = team.run(visits.come_back(team.desk, other))

    with pytest.raises(NotFound):
        team.run(brief_threads.write_helper(team.desk, stranger, brief, "x"))
    assert 0 == team.run(team.desk.store.count(BriefNoteRow))


def test_the_way_to_a_helper_outlives_two_weeks_and_ends_with_the_task(team: Team) -> None:
    team.offer(team.need(), "dzik")
    team.accept("dzik")
    team.run(visits.look(team.desk, team.visit()))
    opened = {
        row.opened
        for row in team.run(team.desk.store.select(ReplyRow))
        if row.body and team.run(visits.look(team.desk, team.visit())).helpers
    }
    team.run(briefs.give_back(team.desk, team.people["dzik"], team.brief("dzik")))
    view = team.run(visits.look(team.desk, team.visit()))

    assert None in opened
    assert () == view.helpers


def test_no_column_ties_a_brief_to_its_request(team: Team) -> None:
    team.offer(team.need(), "dzik")
    team.accept("dzik")
    row = team.run(team.desk.store.get(BriefRow, team.brief("dzik")))
    plain = [str(value) for value in msgspec.structs.astuple(row) if not isinstance(value, bytes)]
    needed = team.run(team.desk.store.pick(NeedRow, ("id",)))
    sealed = b"".join(value for value in msgspec.structs.astuple(row) if isinstance(value, bytes))

    assert team.request not in plain
    assert {need for (need,) in needed}.isdisjoint(plain)
    assert team.request.encode() not in sealed


@pytest.mark.parametrize("by", ["volunteer", "coordinator", "no_show"])
def test_what_is_given_back_is_looked_for_again(team: Team, by: str) -> None:
    view = team.need()
    team.offer(view, "dzik")
    team.accept("dzik")
    brief, desk = team.brief("dzik"), team.desk
    if by == "volunteer":
        team.run(briefs.give_back(desk, team.people["dzik"], brief))
    elif by == "coordinator":
        team.run(offering.take_back(desk, team.busel, view.id, brief))
    else:
        team.run(offering.note_no_show(desk, team.busel, view.id, brief))
    (call,) = team.run(desk.store.select(CallRow))
    row = team.run(desk.store.get(BriefRow, brief))

    assert NeedState.OPEN is team.run(needs.read_need(desk, team.busel, view.id)).state
    assert 0 == call.taken
    assert (None, None) == (row.own, row.team)
    assert () == team.run(visits.look(desk, team.visit())).helpers
    team.offer(team.run(needs.read_need(desk, team.busel, view.id)), "lasica")
    team.accept("lasica")
    assert "accepted" == team.states()["lasica"]


def test_a_request_that_is_over_ends_what_was_offered_for_it(team: Team) -> None:
    team.offer(team.need(), "dzik")
    brief = team.brief("dzik")
    closing = requests.Moving(to=State.CLOSED, outcome=Outcome.NOT_POSSIBLE)
    problems = team.run(requests.move(team.desk, team.busel, team.request, closing))

    assert () == problems
    assert {"dzik": "withdrawn"} == team.states()
    with pytest.raises(NotFound):
        team.run(briefs.open_brief(team.desk, team.people["dzik"], brief))


@pytest.mark.parametrize(("is_done", "state"), [(False, "dropped"), (True, "met")])
def test_a_need_is_met_after_its_request_only_if_somebody_has_done_it(
    team: Team, is_done: bool, state: str
) -> None:
    view = team.need()
    team.offer(view, "dzik")
    team.accept("dzik")
    if is_done:
        dzik, brief = team.people["dzik"], team.brief("dzik")
        team.run(briefs.report_done(team.desk, dzik, brief, Report(minutes=30)))
    for moving in (
        requests.Moving(to=State.CLOSED, outcome=Outcome.HELPED),
        requests.Moving(to=State.TRIAGE),
    ):
        team.run(requests.move(team.desk, team.busel, team.request, moving))

    after = team.run(needs.read_need(team.desk, team.busel, view.id))
    assert state == after.state.value
    team.run(look_again(team.desk, team.busel, view.id))
    again = team.run(needs.read_need(team.desk, team.busel, view.id))
    assert ("met" if is_done else "open") == again.state.value


def hear_rings(team: Team, *handles: str) -> list[str]:
    """Give these a way to be rung, and return where rings are noted, by handle."""
    for handle in handles:
        person = team.people[handle]
        known = team.run(read_own(team.desk, person))
        ways = (Way(notifier="zz.bell", address=handle),)
        changed = msgspec.structs.replace(known.profile, ways=ways)
        team.run(write_own(team.desk, person, known, changed))
    rung: list[str] = []
    team.desk.ring = lambda notifier, address, *_: rung.append(address)
    return rung


@pytest.mark.parametrize("by", ["take_back", "drop_need", "close"])
def test_whose_task_is_taken_away_is_rung_and_whoever_was_only_asked_is_not(
    team: Team, by: str
) -> None:
    rung = hear_rings(team, "dzik", "lasica")
    view = team.need(places=2)
    team.offer(view, "dzik", "lasica")
    team.accept("dzik")
    rung.clear()
    closed = requests.Moving(to=State.CLOSED, outcome=Outcome.NOT_POSSIBLE)
    acts: dict[str, Callable[[], Awaitable[Any]]] = {
        "take_back": lambda: offering.take_back(team.desk, team.busel, view.id, team.brief("dzik")),
        "drop_need": lambda: offering.drop_need(team.desk, team.busel, view.id),
        "close": lambda: requests.move(team.desk, team.busel, team.request, closed),
    }
    team.run(acts[by]())

    assert "withdrawn" == team.states()["dzik"]
    assert ["dzik"] == rung


def be_overtaken(
    team: Team, monkeypatch: pytest.MonkeyPatch, module: Any, step: str, change: Update
) -> None:
    """Let a colleague write a change just after this step of an act."""
    real = getattr(module, step)

    async def slow(*given: Any) -> Any:
        found = await real(*given)
        await team.desk.store.write([change])
        return found

    monkeypatch.setattr(module, step, slow)


def test_nobody_is_rung_when_a_colleague_was_faster_than_the_closing(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    rung = hear_rings(team, "dzik")
    team.offer(team.need(), "dzik")
    team.accept("dzik")
    rung.clear()
    row = team.run(team.desk.store.get(RequestRow, team.request))
    bump = Update(RequestRow, (row.id,), {"revision": row.revision + 1})
    be_overtaken(team, monkeypatch, requests, "seal_message", bump)
    closed = requests.Moving(to=State.CLOSED, outcome=Outcome.NOT_POSSIBLE)

    with pytest.raises(Conflict):
        team.run(requests.move(team.desk, team.busel, team.request, closed))
    assert [] == rung
    assert {"dzik": "accepted"} == team.states()


def test_a_request_that_its_asker_ended_is_not_accepted_any_more(team: Team) -> None:
    team.offer(team.need(), "dzik")
    row = team.run(team.desk.store.get(RequestRow, team.request))
    ended = Update(RequestRow, (row.id,), {"state": "closed"})
    team.run(team.desk.store.write([ended]))

    assert [] == team.run(briefs.list_briefs(team.desk, team.people["dzik"]))
    with pytest.raises(NotAllowed):
        team.accept("dzik")


@pytest.mark.parametrize("state", ["paused", "left"])
def test_nobody_who_is_not_active_is_offered_or_takes_a_task(team: Team, state: str) -> None:
    team.offer(team.need(), "dzik")
    dzik, brief = team.people["dzik"], team.brief("dzik")
    known = team.run(read_own(team.desk, dzik))
    today = team.clock.now().date()
    changed: dict[str, Any] = (
        {"paused_until": today} if state == "paused" else {"left": team.clock.now()}
    )
    team.run(write_own(team.desk, dzik, known, msgspec.structs.replace(known.profile, **changed)))

    with pytest.raises(NotAllowed) as refused:
        team.run(briefs.accept(team.desk, dzik, brief))
    assert "work.brief.not_active" == refused.value.key
    view = team.need()
    with pytest.raises(NotAllowed) as not_offered:
        team.offer(view, "dzik")
    assert "staff.offers.not_active" == not_offered.value.key


def test_a_need_and_its_briefs_move_with_their_request(team: Team) -> None:
    view = team.need()
    team.offer(view, "dzik")
    team.clock.move(weeks=10)
    busel = team.run(unlock_account(team.desk, team.clock, team.account))
    team.run(extend(team.desk, busel, team.request, 26))
    moved = team.run(needs.read_need(team.desk, busel, view.id))
    (seen,) = team.run(offering.read_offers(team.desk, busel, moved))

    assert view.row.epoch != moved.row.epoch
    assert view.body == msgspec.structs.replace(moved.body, briefs=())
    assert team.box("dzik") == seen.box
    (call,) = team.run(team.desk.store.select(CallRow))
    row = team.run(team.desk.store.get(RequestRow, team.request))
    assert row.keep_until == call.keep_until


def test_a_task_is_kept_as_long_as_its_request(team: Team) -> None:
    team.offer(team.need(), "dzik")
    team.accept("dzik")
    team.clock.move(weeks=4)
    busel = team.run(unlock_account(team.desk, team.clock, team.account))
    longer = team.run(extend(team.desk, busel, team.request, 26))
    kept = _kept(team)
    closing = requests.Moving(to=State.CLOSED, outcome=Outcome.HELPED)
    assert () == team.run(requests.move(team.desk, busel, team.request, closing))
    row = team.run(team.desk.store.get(RequestRow, team.request))

    assert {longer} == kept
    assert row.keep_until < longer
    assert {row.keep_until} == _kept(team)


def test_what_was_offered_before_a_need_was_changed_moves_on_too(team: Team) -> None:
    view = team.need(places=2)
    team.offer(view, "dzik")
    team.accept("dzik")
    team.clock.move(weeks=6)
    team.busel = team.run(unlock_account(team.desk, team.clock, team.account))
    (view,) = team.run(needs.read_needs(team.desk, team.busel, team.request))
    team.offer(view, "lasica")
    until = team.run(extend(team.desk, team.busel, team.request, 26))
    for _ in range(25):
        team.clock.move(weeks=1)
        team.run(do_upkeep(team.desk))
    busel = team.run(unlock_account(team.desk, team.clock, team.account))
    (view,) = team.run(needs.read_needs(team.desk, busel, team.request))
    offers = team.run(offering.read_offers(team.desk, busel, view))

    assert {until} == _kept(team)
    assert [team.box("dzik"), team.box("lasica")] == [offer.box for offer in offers]
    assert S.ACCEPTED is offers[0].state


def test_what_is_handed_to_a_colleague_is_kept_no_longer_for_that(team: Team) -> None:
    team.offer(team.need(), "dzik")
    code = team.run(invites.make_invite(team.desk, team.busel))
    account = team.run(open_account(team.desk, team.clock, code, "zubr"))
    zubr = team.run(unlock_account(team.desk, team.clock, account))
    busel = team.run(unlock_account(team.desk, team.clock, team.account))
    before = team.run(team.desk.store.get(RequestRow, team.request))
    team.run(handing.give(team.desk, busel, team.request, zubr.box))
    (view,) = team.run(needs.read_needs(team.desk, zubr, team.request))

    assert {before.keep_until} == _kept(team)
    assert [team.box("dzik")] == [
        offer.box for offer in team.run(offering.read_offers(team.desk, zubr, view))
    ]


def _kept(team: Team) -> set[int]:
    """Return until when the request, what was offered for it, and its call are kept."""
    picked = [
        team.run(team.desk.store.pick(table, ("keep_until",)))
        for table in (BriefRow, CallRow, RequestRow)
    ]
    return {until for rows in picked for (until,) in rows}


def test_an_old_request_is_closed_though_somebody_still_helps(
    pe_embassy: TestEmbassy, pe_run: Run
) -> None:
    team = Team(pe_embassy, pe_run, ASKED[1])
    team.offer(team.need(), "dzik")
    team.accept("dzik")
    team.clock.move(weeks=20)
    busel = team.run(unlock_account(team.desk, team.clock, team.account))
    closing = requests.Moving(to=State.CLOSED, outcome=Outcome.HELPED)
    before = team.run(team.desk.store.get(RequestRow, team.request))

    assert () == team.run(requests.move(team.desk, busel, team.request, closing))
    (row,) = team.run(team.desk.store.select(BriefRow))
    assert before.epoch != team.run(team.desk.store.get(RequestRow, team.request)).epoch
    assert (S.WITHDRAWN, None, None) == (S(row.state), row.own, row.team)
    assert () == team.run(visits.look(team.desk, team.visit())).helpers


@pytest.mark.parametrize(
    ("changed", "field", "code"),
    [
        ({"city": "Nowhere"}, "city", "unknown"),
        ({"remote": False}, "city", "required"),
        ({"places": 0}, "places", "places"),
        ({"wished": (Skill(code="zz.none"),)}, "skills", "unknown"),
        ({"start": datetime.fromisoformat("2030-01-01T10:00:00+00:00")}, "end", "required"),
        (
            {
                "start": datetime.fromisoformat("2030-01-01T10:00:00+00:00"),
                "end": datetime.fromisoformat("2030-01-01T10:00:00+00:00"),
            },
            "end",
            "before_start",
        ),
        (
            {
                "start": datetime.fromisoformat("2020-01-01T10:00:00+00:00"),
                "end": datetime.fromisoformat("2020-01-01T12:00:00+00:00"),
            },
            "start",
            "past",
        ),
    ],
)
def test_a_need_that_makes_no_sense_is_not_taken(
    team: Team, changed: dict[str, Any], field: str, code: str
) -> None:
    wrong = team.run(
        seek(team.desk, team.busel, team.request, body(team.desk, team.busel, **changed))
    )

    assert [(field, code)] == [(problem.field, problem.code) for problem in wrong]
    assert 0 == team.run(team.desk.store.count(NeedRow))


def test_nobody_is_offered_the_same_need_twice_at_once(team: Team) -> None:
    view = team.need()
    team.offer(view, "dzik")

    with pytest.raises(NotAllowed) as refused:
        team.offer(view, "dzik")
    assert "staff.offers.asked_already" == refused.value.key


def test_nobody_is_asked_once_the_time_has_begun(team: Team) -> None:
    start = team.clock.now() + timedelta(hours=2)
    view = team.need(start=start, end=start + timedelta(hours=2))
    team.clock.move(hours=3)

    with pytest.raises(NotAllowed, match=r"staff\.offers\.too_late"):
        team.offer(view, "dzik")
    assert 0 == team.run(team.desk.store.count(BriefRow))


def test_what_a_volunteer_made_of_a_need_is_not_written_over(team: Team) -> None:
    view = team.need()
    team.offer(view, "dzik")
    seen = team.run(needs.read_need(team.desk, team.busel, view.id))
    change = team.run(needs.change_need(team.desk, seen, seen.body))
    team.accept("dzik")

    with pytest.raises(Conflict):
        team.run(team.desk.store.write([change]))
    assert NeedState.MET is team.run(needs.read_need(team.desk, team.busel, view.id)).state


def test_who_is_blocked_keeps_no_task_though_somebody_takes_another_place_of_it(
    team: Team,
) -> None:
    view = team.need(places=2)
    team.offer(view, "dzik", "lasica")
    team.accept("dzik")
    lasica = team.brief("lasica")
    known = team.run(screening.find_for(team.desk, team.busel, team.box("dzik")))

    async def both() -> list[Any]:
        block = VolunteerState.BLOCKED
        acts: list[Awaitable[Any]] = [
            screening.turn_away(team.desk, team.busel, known, block, "Known to harm."),
            briefs.accept(team.desk, team.people["lasica"], lasica),
        ]
        return await asyncio.gather(*acts)

    assert [True, None] == team.run(both())
    assert {"dzik": "withdrawn", "lasica": "accepted"} == team.states()
    assert [1] == [call.taken for call in team.run(team.desk.store.select(CallRow))]
    assert NeedState.OPEN is team.run(needs.read_need(team.desk, team.busel, view.id)).state


@pytest.mark.parametrize("ended", [False, True])
def test_what_a_newcomer_took_from_who_was_blocked_is_looked_for_again_by_who_can_open_it(
    team: Team, ended: bool
) -> None:
    view = team.need()
    team.offer(view, "dzik")
    team.accept("dzik")
    code = team.run(invites.make_invite(team.desk, team.busel))
    account = team.run(open_account(team.desk, team.clock, code, "zubr"))
    zubr = team.run(unlock_account(team.desk, team.clock, account))
    busel = team.run(unlock_account(team.desk, team.clock, team.account))
    block, box = VolunteerState.BLOCKED, team.box("dzik")
    known = team.run(screening.find_for(team.desk, busel, box))
    team.run(screening.turn_away(team.desk, busel, known, block, "Known to harm."))
    pending = team.run(screening.find_for(team.desk, zubr, box))
    team.run(screening.confirm_pending(team.desk, zubr, pending))
    stuck = team.run(needs.read_need(team.desk, busel, view.id)).state
    if ended:
        closed = Update(RequestRow, (team.request,), {"state": State.CLOSED.value})
        team.run(team.desk.store.write([closed]))
    team.run(look_at_requests(team.desk, busel))
    after = team.run(needs.read_need(team.desk, busel, view.id)).state

    assert {"dzik": "withdrawn"} == team.states()
    assert () == team.run(visits.look(team.desk, team.visit())).helpers
    assert (NeedState.MET, NeedState.MET if ended else NeedState.OPEN) == (stuck, after)


def test_hours_of_a_months_last_evening_count_in_that_month_on_the_embassys_clocks(
    team: Team,
) -> None:
    desk, dzik = team.desk, team.people["dzik"]
    desk.embassy = msgspec.structs.replace(desk.embassy, zone="America/New_York")
    for evening in (datetime(2026, 12, 1, 1, 30, tzinfo=UTC), datetime(2026, 12, 1, 6, tzinfo=UTC)):
        team.offer(team.need(), "dzik")
        team.accept("dzik")
        team.clock.time = evening
        team.run(briefs.report_done(desk, dzik, team.brief("dzik"), Report(minutes=90)))
    months = team.run(read_own(desk, dzik)).profile.helped

    assert [(2026, 11), (2026, 12)] == [(month.year, month.month) for month in months]


def test_leaving_gives_back_all_that_one_has(team: Team) -> None:
    team.offer(team.need(), "dzik")
    team.accept("dzik")
    team.offer(team.need(), "dzik")
    team.run(briefs.end_own_work(team.desk, team.people["dzik"]))
    rows = team.run(team.desk.store.select(BriefRow, {"box": team.box("dzik")}))

    assert ["declined", "withdrawn"] == sorted(row.state for row in rows)
    assert all(row.own is None for row in rows)


def test_a_colleague_who_was_faster_is_noticed(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    view = team.need()
    stale = view.row.revision
    bump = Update(NeedRow, (view.id,), {"revision": stale + 1})
    be_overtaken(team, monkeypatch, offering, "change_need", bump)

    with pytest.raises(Conflict):
        team.offer(view, "dzik")
    assert 0 == team.run(team.desk.store.count(BriefRow))


def test_two_tasks_at_one_time_are_not_both_accepted_in_one_moment(team: Team) -> None:
    start = team.clock.now() + timedelta(days=2)
    for _ in range(2):
        team.offer(team.need(start=start, end=start + timedelta(hours=2)), "dzik")
    dzik = team.people["dzik"]
    ids = [view.id for view in team.run(briefs.list_briefs(team.desk, dzik))]

    async def both() -> list[Any]:
        acts = [briefs.accept(team.desk, dzik, brief) for brief in ids]
        return await asyncio.gather(*acts, return_exceptions=True)

    results = team.run(both())

    assert [None] == [result for result in results if result is None]
    assert ["work.brief.overlap"] == [result.key for result in results if result is not None]


def test_two_tasks_at_one_time_are_not_both_accepted_on_two_devices(team: Team) -> None:
    start = team.clock.now() + timedelta(days=2)
    team.offer(team.need(start=start, end=start + timedelta(hours=2)), "dzik")
    team.run(ask(team.desk, ASKED[1]))
    rows = team.run(team.desk.store.pick(RequestRow, ("id",)))
    (team.request,) = [RequestId(row) for (row,) in rows if row != team.request]
    team.offer(team.need(start=start, end=start + timedelta(hours=2)), "dzik")
    dzik = team.people["dzik"]
    phone = team.run(unlock_account(team.desk, team.clock, team.accounts["dzik"]))
    ids = [view.id for view in team.run(briefs.list_briefs(team.desk, dzik))]

    async def both() -> list[Any]:
        acts = [
            briefs.accept(team.desk, session, brief)
            for session, brief in zip((dzik, phone), ids, strict=True)
        ]
        return await asyncio.gather(*acts, return_exceptions=True)

    results = team.run(both())

    assert [None] == [result for result in results if result is None]
    assert ["work.brief.overlap"] == [result.key for result in results if result is not None]


@pytest.mark.parametrize("column", ["own", "card", "detail"])
def test_a_brief_that_somebody_spoilt_is_no_task_and_closes_no_page(
    team: Team, column: str
) -> None:
    for _ in range(2):
        team.offer(team.need(), "dzik")
    dzik = team.people["dzik"]
    spoilt, whole = [view.id for view in team.run(briefs.list_briefs(team.desk, dzik))]
    row = team.run(team.desk.store.get(BriefRow, spoilt))
    bitten = bytearray(getattr(row, column))
    bitten[-1] ^= 1
    changed = Update(BriefRow, (spoilt,), {column: bytes(bitten)})
    team.run(team.desk.store.write([changed]))

    assert [whole] == [view.id for view in team.run(briefs.list_briefs(team.desk, dzik))]
    with pytest.raises(NotFound):
        team.run(briefs.open_brief(team.desk, dzik, spoilt))
    with pytest.raises(NotFound):
        team.run(briefs.accept(team.desk, dzik, spoilt))
    team.run(briefs.end_own_work(team.desk, dzik))


def test_an_accepted_task_is_still_shown_when_its_asker_has_ended_the_request(team: Team) -> None:
    start = team.clock.now() + timedelta(days=2)
    span = {"start": start, "end": start + timedelta(hours=1)}
    team.offer(team.need(**span), "dzik")
    team.accept("dzik")
    dzik, brief = team.people["dzik"], team.brief("dzik")
    ended = Update(RequestRow, (team.request,), {"state": "closed"})
    team.run(team.desk.store.write([ended]))
    (listed,) = team.run(briefs.list_briefs(team.desk, dzik))
    card = team.run(briefs.open_brief(team.desk, dzik, brief)).card

    assert (brief, True) == (listed.id, listed.is_idle)
    assert team.run(briefs.find_overlap(team.desk, dzik, card)) is None
    with pytest.raises(NotAllowed):
        team.run(brief_threads.write_asker(team.desk, dzik, brief, "x", "en"))
    team.run(briefs.report_done(team.desk, dzik, brief, Report(minutes=10)))
    assert {"dzik": "done"} == team.states()


def test_a_task_is_given_back_even_when_its_request_is_erased(team: Team) -> None:
    team.offer(team.need(), "dzik")
    team.accept("dzik")
    dzik, brief = team.people["dzik"], team.brief("dzik")
    for row in (NeedRow, RequestRow):
        column = "request" if row is NeedRow else "id"
        team.run(team.desk.store.write([Delete(row, {column: team.request})]))
    team.run(briefs.give_back(team.desk, dzik, brief))

    assert {"dzik": "withdrawn"} == team.states()


def test_a_helper_who_writes_and_writes_does_not_silence_their_asker(team: Team) -> None:
    team.offer(team.need(), "dzik")
    team.accept("dzik")
    brief, visit = team.brief("dzik"), team.visit()

    async def write_on() -> None:
        for _ in range(WORDS_LIMIT):
            await brief_threads.write_asker(team.desk, team.people["dzik"], brief, "x", "en")

    with suppress(NotAllowed):
        team.run(write_on())
    team.run(visits.add_word(team.desk, visit, "I am afraid of them."))
    team.run(brief_threads.write_helper(team.desk, visit, brief, "Please stop."))


def test_a_checklist_keeps_its_last_marks_only_and_leaves_room_to_write(team: Team) -> None:
    team.offer(team.need(), "dzik")
    team.accept("dzik")
    desk, dzik, brief = team.desk, team.people["dzik"], team.brief("dzik")
    items = team.run(briefs.open_brief(desk, dzik, brief)).detail.checklist
    for number in range(4):
        team.run(brief_threads.tick(desk, dzik, brief, (*items[:number], "strange")))
    team.run(brief_threads.write_asker(desk, dzik, brief, "Hello", "en"))
    notes = team.run(briefs.open_brief(desk, dzik, brief)).notes

    assert [items[:3], None] == [note.ticked for note in notes]
    assert 2 == team.run(desk.store.count(BriefNoteRow))


def test_marks_are_kept_though_the_asker_writes_in_the_same_moment(team: Team) -> None:
    team.offer(team.need(), "dzik")
    team.accept("dzik")
    desk, dzik, brief, visit = team.desk, team.people["dzik"], team.brief("dzik"), team.visit()
    items = team.run(briefs.open_brief(desk, dzik, brief)).detail.checklist

    async def both() -> None:
        await asyncio.gather(
            brief_threads.tick(desk, dzik, brief, items[:2]),
            brief_threads.write_helper(desk, visit, brief, "Are you there?"),
        )

    team.run(both())
    notes = team.run(briefs.open_brief(desk, dzik, brief)).notes

    assert {items[:2], None} == {note.ticked for note in notes}


@pytest.mark.parametrize("act", ["give_back", "done", "write", "tick"])
def test_what_is_only_offered_is_not_worked_on(team: Team, act: str) -> None:
    team.offer(team.need(), "dzik")
    desk, dzik, brief = team.desk, team.people["dzik"], team.brief("dzik")
    acts: dict[str, Callable[[], Awaitable[Any]]] = {
        "give_back": lambda: briefs.give_back(desk, dzik, brief),
        "done": lambda: briefs.report_done(desk, dzik, brief, Report()),
        "write": lambda: brief_threads.write_asker(desk, dzik, brief, "x", "en"),
        "tick": lambda: brief_threads.tick(desk, dzik, brief, ()),
    }

    with pytest.raises(NotAllowed) as refused:
        team.run(acts[act]())
    assert "work.brief.not_accepted" == refused.value.key


def test_somebody_who_says_no_while_offers_expire_holds_up_no_other(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    team.offer(team.need(), "dzik", "lasica")
    first = min(team.brief("dzik"), team.brief("lasica"))
    team.clock.move(hours=48)
    real = offering.end_brief

    def slow(desk: Any, row: BriefRow, state: BriefState) -> Any:
        changes = real(desk, row, state)
        declined = Update(BriefRow, (row.id,), {"state": "declined"})
        return [declined, *changes] if row.id == first else changes

    monkeypatch.setattr(offering, "end_brief", slow)

    assert 1 == team.run(offering.expire_offers(team.desk))
    assert {"offered", "expired"} == set(team.states().values())


def test_upkeep_ends_offers_that_nobody_answered(team: Team) -> None:
    team.offer(team.need(), "dzik")
    team.run(do_upkeep(team.desk))
    fresh = team.states()
    team.clock.move(hours=48)
    team.run(do_upkeep(team.desk))

    assert ({"dzik": "offered"}, {"dzik": "expired"}) == (fresh, team.states())
