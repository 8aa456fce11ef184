"""Coming back with a receipt, and a coordinator's answers to it."""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

import pytest

from pe_core.desk import listing, requests, visits
from pe_core.desk.sessions import Session, Visit
from pe_core.desk.visits import View
from pe_core.errors import NotAllowed, NotFound
from pe_core.model import Author, MessageKind, Outcome, RequestId, State, WaitingOn
from pe_core.rules.receipts import make_receipt, show_receipt
from pe_core.store import Delete, ReplyRow, RequestRow
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.toolkit.invented import ASKED, Clock, ask

Run = Callable[[Awaitable[Any]], Any]
BED = ASKED[2]


class Scene:
    """An asker with a receipt and a coordinator at the desk, on one request."""

    def __init__(self, embassy: TestEmbassy, session: Session, run: Run) -> None:
        self.desk = embassy.desk
        self.courier = embassy.courier
        self.session = session
        self.run = run
        self.receipt: str = run(ask(self.desk, BED))
        self.id: RequestId = run(listing.list_requests(self.desk, session))[0].id

    def come_back(self) -> Visit:
        visit: Visit = self.run(visits.come_back(self.desk, self.receipt))[1]
        return visit

    def look(self) -> View:
        view: View = self.run(visits.look(self.desk, self.come_back()))
        return view

    def reply(self, text: str) -> None:
        self.run(requests.reply(self.desk, self.session, self.id, text, "en"))

    def move(self, to: State, **more: Any) -> Any:
        moving = requests.Moving(to=to, **more)
        return self.run(requests.move(self.desk, self.session, self.id, moving))

    def resolve(self) -> None:
        for state in (State.TRIAGE, State.ACTIVE):
            self.move(state)
        self.move(State.RESOLVED, outcome=Outcome.HELPED, text="You have a bed.", language="en")

    def open(self) -> Any:
        return self.run(requests.open_request(self.desk, self.session, self.id))

    def state(self) -> str:
        return str(self.run(self.desk.store.get(RequestRow, self.id)).state)


@pytest.fixture
def scene(pe_embassy: TestEmbassy, pe_staff: Session, pe_run: Run) -> Scene:
    """One request from Exampleland, unanswered."""
    return Scene(pe_embassy, pe_staff, pe_run)


def test_the_receipt_opens_the_request_however_it_is_typed(scene: Scene) -> None:
    typed = show_receipt(scene.receipt).lower().replace(" ", "-")

    _, visit = scene.run(visits.come_back(scene.desk, typed))

    assert scene.id == visit.request
    assert State.NEW == scene.run(visits.look(scene.desk, visit)).state


def test_a_slip_is_told_at_once_and_an_unknown_receipt_like_an_erased_one(scene: Scene) -> None:
    slip = scene.receipt[:-1] + ("0" if scene.receipt[-1] != "0" else "1")
    unknown = make_receipt(bytes(32))

    with pytest.raises(NotFound) as slipped:
        scene.run(visits.come_back(scene.desk, slip))
    with pytest.raises(NotFound) as missing:
        scene.run(visits.come_back(scene.desk, unknown))
    assert "core.code.slip" == slipped.value.key
    assert "core.code.unknown" == missing.value.key


def test_known_and_unknown_receipts_make_the_same_calls(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    real_select, real_open = scene.desk.store.select, visits.open_envelope

    async def select(table: Any, *args: Any, **more: Any) -> Any:
        calls.append(table.__name__)
        return await real_select(table, *args, **more)

    def opened(*args: Any) -> bytes:
        calls.append("open")
        return real_open(*args)

    monkeypatch.setattr(scene.desk.store, "select", select)
    monkeypatch.setattr(visits, "open_envelope", opened)
    scene.come_back()
    known, calls[:] = list(calls), []
    with pytest.raises(NotFound):
        scene.run(visits.come_back(scene.desk, make_receipt(bytes(32))))
    unknown, calls[:] = list(calls), []
    scene.reply("An answer.")
    calls.clear()
    scene.come_back()

    assert ["RequestRow", "ReplyRow", "open"] == known == unknown == calls


def test_an_answer_is_read_and_then_gone_for_the_asker_but_not_for_staff(scene: Scene) -> None:
    scene.reply("Come to the coast on Monday.")
    view = scene.look()
    (shown,) = view.replies

    scene.run(visits.have_read(scene.desk, scene.come_back(), shown.id))

    assert "Come to the coast on Monday." == shown.reply.text
    assert State.TRIAGE == view.state
    assert () == scene.look().replies
    assert 0 == scene.run(scene.desk.store.count(ReplyRow))
    assert ["Come to the coast on Monday."] == [m.text for _, m in scene.open().thread]


def test_the_day_of_the_first_reading_is_kept(scene: Scene, pe_clock: Clock) -> None:
    scene.reply("Hello.")
    scene.look()
    pe_clock.move(days=3)
    scene.look()

    (row,) = scene.run(scene.desk.store.select(ReplyRow))
    assert date(2026, 11, 24).toordinal() == row.opened


def test_a_reply_deleted_from_another_tab_in_that_moment_breaks_nothing(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.reply("First.")
    scene.reply("Second.")
    visit = scene.come_back()
    real = scene.desk.store.select

    async def select(table: Any, *args: Any, **more: Any) -> Any:
        rows = await real(table, *args, **more)
        if table is ReplyRow and len(rows) == 2:
            await scene.desk.store.write([Delete(ReplyRow, {"id": rows[0].id})])
        return rows

    monkeypatch.setattr(scene.desk.store, "select", select)

    view = scene.run(visits.look(scene.desk, visit))

    assert ["First.", "Second."] == [shown.reply.text for shown in view.replies]


def test_nobody_reads_or_deletes_the_reply_of_another(scene: Scene) -> None:
    scene.reply("For you only.")
    (row,) = scene.run(scene.desk.store.select(ReplyRow))
    other = scene.run(ask(scene.desk, BED))
    _, stranger = scene.run(visits.come_back(scene.desk, other))

    with pytest.raises(NotFound):
        scene.run(visits.have_read(scene.desk, stranger, row.id))
    assert () == scene.run(visits.look(scene.desk, stranger)).replies


def test_a_word_reaches_the_coordinator_and_shows_as_fresh(scene: Scene) -> None:
    scene.open()
    assert not scene.run(listing.list_requests(scene.desk, scene.session))[0].fresh

    scene.run(visits.add_word(scene.desk, scene.come_back(), "We are three now."))

    assert scene.run(listing.list_requests(scene.desk, scene.session))[0].fresh
    (entry,) = scene.open().thread
    assert (Author.ASKER, "We are three now.") == (entry[1].author, entry[1].text)
    assert not scene.run(listing.list_requests(scene.desk, scene.session))[0].fresh


def test_a_word_wakes_a_request_that_waits(scene: Scene) -> None:
    scene.move(State.TRIAGE)
    scene.move(State.ACTIVE)
    scene.move(
        State.WAITING,
        waiting_on=WaitingOn.ASKER,
        wake=date(2026, 12, 1),
        text="When?",
        language="en",
    )
    view = scene.look()

    scene.run(visits.add_word(scene.desk, scene.come_back(), "On Monday."))

    assert (State.WAITING, WaitingOn.ASKER) == (view.state, view.waiting_on)
    assert State.ACTIVE == scene.look().state


def test_solved_closes_and_unsolved_reopens(scene: Scene) -> None:
    scene.resolve()
    assert scene.look().asks_solved

    scene.run(visits.say_solved(scene.desk, scene.come_back(), False, "Not yet."))
    assert State.ACTIVE == scene.look().state
    assert MessageKind.UNSOLVED == scene.open().thread[-1][1].kind

    scene.move(State.RESOLVED, outcome=Outcome.HELPED)
    scene.run(visits.say_solved(scene.desk, scene.come_back(), True))
    view = scene.look()
    assert State.CLOSED == view.state
    assert not view.may_write
    with pytest.raises(NotAllowed):
        scene.run(visits.say_solved(scene.desk, scene.come_back(), True))


def test_a_closed_request_can_be_opened_again_and_is_kept(scene: Scene) -> None:
    scene.resolve()
    scene.run(visits.say_solved(scene.desk, scene.come_back(), True))
    closed = scene.run(scene.desk.store.get(RequestRow, scene.id))

    scene.run(visits.reopen(scene.desk, scene.come_back(), "It came back."))

    opened = scene.run(scene.desk.store.get(RequestRow, scene.id))
    assert State.TRIAGE == opened.state
    assert closed.keep_until < opened.keep_until


def test_what_is_resolved_closes_by_itself_after_fourteen_days(
    scene: Scene, pe_clock: Clock
) -> None:
    scene.resolve()
    pe_clock.move(days=13)
    scene.run(scene.courier.deliver())
    assert State.RESOLVED == scene.state()

    pe_clock.move(days=1)
    scene.run(scene.courier.deliver())

    assert State.CLOSED == scene.state()


def test_an_earlier_resolution_does_not_close_a_later_one(scene: Scene, pe_clock: Clock) -> None:
    scene.resolve()
    pe_clock.move(days=10)
    scene.run(visits.say_solved(scene.desk, scene.come_back(), False))
    scene.move(State.RESOLVED, outcome=Outcome.HELPED)

    pe_clock.move(days=5)
    scene.run(scene.courier.deliver())

    assert State.RESOLVED == scene.state()


def test_a_withdrawal_takes_effect_after_48_hours_with_the_coordinator_warned(
    scene: Scene, pe_clock: Clock
) -> None:
    due = scene.run(visits.withdraw(scene.desk, scene.come_back()))
    assert date(2026, 11, 27) == due
    assert due == scene.look().withdrawal_due == scene.open().withdrawal_due
    again = scene.run(visits.withdraw(scene.desk, scene.come_back()))
    assert due == again

    pe_clock.move(hours=47)
    scene.run(scene.courier.deliver())
    assert State.NEW == scene.state()
    pe_clock.move(hours=24)
    scene.run(scene.courier.deliver())

    assert State.CLOSED == scene.state()


def test_a_withdrawal_taken_back_has_no_effect(scene: Scene, pe_clock: Clock) -> None:
    scene.run(visits.withdraw(scene.desk, scene.come_back()))

    scene.run(visits.keep(scene.desk, scene.come_back()))
    pe_clock.move(days=4)
    scene.run(scene.courier.deliver())

    assert State.NEW == scene.state()
    assert scene.look().withdrawal_due is None
    assert scene.open().withdrawal_due is None


def test_a_visit_ends_after_ten_idle_minutes_and_by_leaving(scene: Scene, pe_clock: Clock) -> None:
    cookie, visit = scene.run(visits.come_back(scene.desk, scene.receipt))
    assert visit is scene.desk.visits.find(cookie)
    visits.leave(scene.desk, cookie)
    assert scene.desk.visits.find(cookie) is None

    cookie, _ = scene.run(visits.come_back(scene.desk, scene.receipt))
    pe_clock.move(minutes=10)
    assert scene.desk.visits.find(cookie) is None


def test_a_move_that_is_not_in_the_table_is_refused_and_a_missing_outcome_named(
    scene: Scene,
) -> None:
    with pytest.raises(NotAllowed):
        scene.move(State.RESOLVED)
    scene.move(State.TRIAGE)

    problems = scene.move(State.CLOSED)

    assert ["outcome"] == [problem.field for problem in problems]
    assert State.TRIAGE == scene.state()


def test_closing_sets_how_long_a_request_is_kept(scene: Scene) -> None:
    before = scene.run(scene.desk.store.get(RequestRow, scene.id))

    scene.move(State.CLOSED, outcome=Outcome.INFORMATION_GIVEN)

    after = scene.run(scene.desk.store.get(RequestRow, scene.id))
    assert before.week + 26 == before.keep_until
    assert after.week + 4 == after.keep_until, "Exampleland keeps closed bed requests 4 weeks"
    assert Outcome.INFORMATION_GIVEN == scene.look().outcome


def test_closing_late_moves_the_request_to_an_epoch_that_lives_long_enough(
    scene: Scene, pe_clock: Clock
) -> None:
    receipt = scene.run(ask(scene.desk, ASKED[0]))
    paper = next(
        entry
        for entry in scene.run(listing.list_requests(scene.desk, scene.session))
        if entry.id != scene.id
    )
    scene.run(requests.reply(scene.desk, scene.session, paper.id, "Hello.", "be"))
    pe_clock.move(weeks=24)
    for _ in range(2):
        scene.run(listing.list_requests(scene.desk, scene.session))

    moving = requests.Moving(to=State.CLOSED, outcome=Outcome.HELPED)
    assert () == scene.run(requests.move(scene.desk, scene.session, paper.id, moving))

    row = scene.run(scene.desk.store.get(RequestRow, paper.id))
    opened = scene.run(requests.open_request(scene.desk, scene.session, paper.id))
    assert "intake/2027-W19.1" == row.epoch
    assert row.week + 24 + 12 == row.keep_until
    assert Outcome.HELPED == opened.summary.outcome
    assert ["Hello.", ""] == [message.text for _, message in opened.thread]
    _, visit = scene.run(visits.come_back(scene.desk, receipt))
    assert State.CLOSED == scene.run(visits.look(scene.desk, visit)).state


def test_the_original_is_never_shown_by_receipt(scene: Scene) -> None:
    view = scene.look()

    assert "We arrived this morning" not in repr(view)


def test_two_who_open_at_the_same_moment_both_see_it(scene: Scene) -> None:
    import asyncio

    scene.run(visits.add_word(scene.desk, scene.come_back(), "One word more."))
    before = scene.run(scene.desk.store.get(RequestRow, scene.id)).revision

    async def both() -> Any:
        return await asyncio.gather(
            *(requests.open_request(scene.desk, scene.session, scene.id) for _ in range(2))
        )

    first, second = scene.run(both())

    assert first.original == second.original
    assert before + 1 == scene.run(scene.desk.store.get(RequestRow, scene.id)).revision
