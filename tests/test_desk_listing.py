"""The list, its figures, the search, and what the summaries behind them know."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from pe_core.desk import intake, invites, listing, requests, summaries, visits
from pe_core.desk.desk import today_of
from pe_core.desk.epochs import current_epoch
from pe_core.desk.sessions import Session
from pe_core.desk.shelf import Entry, Figure
from pe_core.desk.trail import read_entry
from pe_core.errors import Conflict
from pe_core.model import (
    Author,
    Box,
    Message,
    MessageKind,
    Outcome,
    RequestId,
    State,
    Summary,
    WaitingOn,
    Where,
)
from pe_core.model.trail import Act
from pe_core.store import Insert, MessageRow, RequestRow, TrailRow, Update
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.toolkit.invented import ASKED, Asked, ask, open_account, unlock_account
from pe_core.vault import seal, seal_symmetric

Run = Callable[[Awaitable[Any]], Any]
BED = ASKED[2]
NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
STORY = "Сястра Вольга Хадасевіч шукае ложак у Гродне."


class Scene:
    """A coordinator before a list of one request, and its asker."""

    def __init__(self, embassy: TestEmbassy, session: Session, run: Run) -> None:
        self.embassy = embassy
        self.desk = embassy.desk
        self.clock = embassy.clock
        self.session = session
        self.run = run
        self.receipt: str = run(ask(self.desk, BED))
        (self.id,) = (entry.id for entry in self.entries())

    def entries(self, session: Session | None = None) -> list[Entry]:
        entries: list[Entry] = self.run(listing.list_requests(self.desk, session or self.session))
        return entries

    def summary(self, session: Session | None = None) -> Summary:
        (summary,) = (e.summary for e in self.entries(session) if e.id == self.id)

        assert summary is not None
        return summary

    def say(self, text: str) -> None:
        self.clock.move(hours=1)
        _, visit = self.run(visits.come_back(self.desk, self.receipt))
        self.run(visits.add_word(self.desk, visit, text))

    def reply(self) -> None:
        self.clock.move(hours=1)
        self.run(requests.reply(self.desk, self.session, self.id, "We look into it.", "en"))

    def move(self, to: State, **more: Any) -> None:
        self.clock.move(hours=1)
        moving = requests.Moving(to=to, **more)

        assert () == self.run(requests.move(self.desk, self.session, self.id, moving))

    def change(self, **values: Any) -> None:
        row = self.run(self.desk.store.get(RequestRow, self.id))
        changed = msgspec.structs.replace(self.summary(), **values)
        change = summaries.change_summary(self.desk, self.session, row, changed)
        self.run(self.desk.store.write([change]))

    def figures(self) -> set[Figure]:
        found = self.run(listing.look_over(self.desk, self.session)).figures()

        assert set(found.values()) <= {0, 1}
        return {figure for figure, number in found.items() if number}

    def search(self, query: str, session: Session | None = None) -> list[RequestId]:
        found = self.run(listing.search(self.desk, session or self.session, query))
        return [entry.id for entry in found]

    def acts(self) -> list[Act]:
        rows = self.run(self.desk.store.select(TrailRow, order="number"))
        entries = [read_entry(self.desk, self.session, row) for row in rows]
        return [entry.act for entry in entries if entry is not None]


@pytest.fixture
def scene(pe_embassy: TestEmbassy, pe_staff: Session, pe_run: Run) -> Scene:
    return Scene(pe_embassy, pe_staff, pe_run)


async def tell(scene: Scene, story: str, name: str) -> None:
    _, draft = intake.begin(scene.desk, "zz.bed", "be")
    intake.set_where(draft, Where.ABROAD)
    for field, value in {"people": "2", "nights": "3", "story": story, "name": name}.items():
        assert intake.give_answer(draft, field, [value]) is None
    await intake.submit(scene.desk, draft)


def test_a_new_request_waits_for_us_since_it_was_sent(scene: Scene) -> None:
    summary = scene.summary()

    assert summary.submitted == summary.awaiting
    assert {Figure.UNCLAIMED, Figure.OURS} == scene.figures()


def test_after_three_days_without_a_word_of_ours_it_is_late(scene: Scene) -> None:
    scene.clock.move(days=3)
    assert Figure.LATE not in scene.figures()

    scene.clock.move(seconds=1)

    assert Figure.LATE in scene.figures()


def test_our_answer_ends_the_waiting_and_the_next_word_begins_it_again(scene: Scene) -> None:
    scene.reply()
    answered = scene.summary().awaiting
    scene.say("Thank you! And the second night?")
    first = scene.clock.now()
    scene.say("Are you there?")
    waiting = scene.summary().awaiting

    assert answered is None
    assert first == waiting, "the earliest word that is not answered counts"


def test_what_was_said_and_answered_between_two_looks_is_taken_in_order(scene: Scene) -> None:
    scene.say("One more thing.")
    scene.reply()
    answered = scene.summary()
    scene.say("And one more.")
    asked = scene.clock.now()
    scene.move(State.ACTIVE)

    assert (None, 2) == (answered.awaiting, answered.taken)
    assert (asked, 4) == (scene.summary().awaiting, scene.summary().taken)


@pytest.mark.parametrize(("text", "waits"), [("You have a bed.", False), ("", True)])
def test_a_move_answers_if_it_says_something(scene: Scene, text: str, waits: bool) -> None:
    scene.move(State.TRIAGE, text=text, language="en")

    assert waits == (scene.summary().awaiting is not None)


def test_a_request_that_ended_waits_no_more_until_its_asker_says_it_is_not_solved(
    scene: Scene,
) -> None:
    for state in (State.TRIAGE, State.ACTIVE):
        scene.move(state)
    scene.move(State.RESOLVED, outcome=Outcome.HELPED)
    ended = scene.figures()
    silent = scene.summary().awaiting
    scene.clock.move(days=5)
    _, visit = scene.run(visits.come_back(scene.desk, scene.receipt))
    scene.run(visits.say_solved(scene.desk, visit, False, "Not yet."))

    assert set() == ended
    assert silent is None
    assert scene.clock.now() == scene.summary().awaiting
    assert Figure.LATE not in scene.figures()


@pytest.mark.parametrize(
    ("message", "waits"),
    [
        (Message(at=NOW, author=Author.ASKER), True),
        (Message(at=NOW, author=Author.ASKER, kind=MessageKind.SOLVED), False),
        (Message(at=NOW, author=Author.ASKER, kind=MessageKind.WITHDRAWAL), None),
        (Message(at=NOW, author=Author.STAFF), False),
        (Message(at=NOW, author=Author.STAFF, kind=MessageKind.NOTE, text="Called."), None),
        (Message(at=NOW, author=Author.STAFF, kind=MessageKind.CLAIMED), None),
        (Message(at=NOW, author=Author.STAFF, kind=MessageKind.SORTED), None),
        (Message(at=NOW, author=Author.STAFF, kind=MessageKind.STATE), None),
        (Message(at=NOW, author=Author.STAFF, kind=MessageKind.STATE, text="Hello"), False),
        (
            Message(at=NOW, author=Author.STAFF, kind=MessageKind.STATE, state=State.RESOLVED),
            False,
        ),
        (
            Message(at=NOW, author=Author.SYSTEM, kind=MessageKind.STATE, state=State.CLOSED),
            False,
        ),
    ],
)
def test_an_entry_decides_whose_turn_it_is(
    scene: Scene, message: Message, waits: bool | None
) -> None:
    now = scene.clock.now()
    told = msgspec.structs.replace(message, at=now)
    asked = msgspec.structs.replace(scene.summary(), awaiting=now - timedelta(days=1))
    quiet = msgspec.structs.replace(asked, awaiting=None)

    assert (asked.awaiting if waits is not False else None) == summaries.take_in(
        asked, [(1, told)]
    ).awaiting
    assert (now if waits else None) == summaries.take_in(quiet, [(1, told)]).awaiting


def test_an_asker_s_words_are_found_and_ours_are_not(scene: Scene) -> None:
    scene.say("Дачка мая захварэла.")
    scene.reply()
    scene.entries()

    assert [scene.id] == scene.search("dačka zachv")
    assert [] == scene.search("look into")


@pytest.mark.parametrize(
    "query", ["Хадасевіч", "chadasievič", "KHADASEVICH volha", "грод", "сестра Вольга"]
)
def test_search_finds_answers_personal_ones_too_in_every_script(scene: Scene, query: str) -> None:
    scene.run(tell(scene, STORY, "Вольга Сестра"))
    found = scene.search(query)

    assert 1 == len(found)
    assert [scene.id] != found


@pytest.mark.parametrize("query", ["", "?!", "Нікога"])
def test_a_search_for_nothing_finds_nothing(scene: Scene, query: str) -> None:
    assert [] == scene.search(query)


def test_a_newcomer_finds_nothing_of_what_came_before_them(scene: Scene) -> None:
    code = scene.run(invites.make_invite(scene.desk, scene.session))
    account = scene.run(open_account(scene.desk, scene.clock, code, "zubr"))
    scene.run(tell(scene, STORY, "Вольга"))
    newcomer = scene.run(unlock_account(scene.desk, scene.clock, account))
    word = scene.summary().words.split()[0]

    assert scene.id in scene.search(word)
    assert scene.id not in scene.search(word, newcomer)
    assert 1 == len(scene.search("Гродне", newcomer))


def test_entries_that_a_newcomer_cannot_open_are_left_for_who_can(scene: Scene) -> None:
    """A request from before the newcomer stays closed, whatever was added to it since."""
    code = scene.run(invites.make_invite(scene.desk, scene.session))
    account = scene.run(open_account(scene.desk, scene.clock, code, "zubr"))
    newcomer = scene.run(unlock_account(scene.desk, scene.clock, account))
    scene.say("Дачка мая захварэла.")
    entries = scene.entries(newcomer)

    assert [None] == [entry.summary for entry in entries]
    assert 1 == scene.summary().taken


def test_the_first_list_of_a_session_and_every_search_are_in_the_trail_without_words(
    scene: Scene,
) -> None:
    scene.entries()
    scene.search("ложак")
    scene.search("lozak")
    scene.search("?")
    rows = scene.run(scene.desk.store.select(TrailRow, order="number"))
    entries = [read_entry(scene.desk, scene.session, row) for row in rows]
    searched = [entry for entry in entries if entry.act is Act.SEARCHED]

    assert 1 == scene.acts().count(Act.LISTED)
    assert [("", scene.session.box)] * 2 == [(entry.what, entry.box) for entry in searched]


def test_nothing_is_opened_or_written_again_when_nothing_changed(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.say("One more thing.")
    before = scene.entries()
    row = scene.run(scene.desk.store.get(RequestRow, scene.id))

    def refuse(*_: Any, **__: Any) -> Any:
        raise AssertionError("something was opened again")

    for name in ("open_envelope", "open_symmetric"):
        monkeypatch.setattr(summaries, name, refuse)

    assert before == scene.entries()
    assert row == scene.run(scene.desk.store.get(RequestRow, scene.id))


def test_only_new_entries_are_opened(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.say("One.")
    scene.entries()
    opened = []
    real = summaries.open_envelope

    def watch(body: bytes, *rest: Any) -> bytes:
        opened.append(body)
        return real(body, *rest)

    monkeypatch.setattr(summaries, "open_envelope", watch)
    scene.say("Two.")
    scene.entries()

    assert 1 == len(opened)


def test_a_colleague_s_change_in_the_same_moment_wins_and_the_next_look_takes_it_in(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.say("Дачка мая захварэла.")

    async def refuse(_: Any) -> None:
        raise Conflict("somebody was faster")

    with monkeypatch.context() as patch:
        patch.setattr(scene.desk.store, "write", refuse)
        before = scene.summary()
    after = scene.summary()

    assert (0, 1) == (before.taken, after.taken)
    assert "dačka" not in before.words
    assert "dačka" in after.words.split()


def test_an_entry_that_does_not_open_closes_neither_the_list_nor_what_comes_after(
    scene: Scene,
) -> None:
    scene.say("Broken.")
    (row,) = scene.run(scene.desk.store.select(MessageRow))
    broken = row.body[:-1] + bytes([row.body[-1] ^ 1])
    scene.run(scene.desk.store.write([Update(MessageRow, (row.id,), {"body": broken})]))
    scene.say("Дачка мая захварэла.")
    summary = scene.summary()

    assert 2 == summary.taken
    assert "dačka" in summary.words.split()
    assert "broken" not in summary.words.split()


def test_what_waits_is_late_only_after_its_wake_date(scene: Scene) -> None:
    for state in (State.TRIAGE, State.ACTIVE):
        scene.move(state)
    wake = (scene.clock.now() + timedelta(days=7)).date()
    scene.move(State.WAITING, waiting_on=WaitingOn.AUTHORITY, wake=wake)
    before = scene.figures()
    scene.clock.move(days=7)
    waking = scene.figures()
    scene.clock.move(days=1)

    assert {Figure.UNCLAIMED} == before
    assert {Figure.UNCLAIMED, Figure.WAKING} == waking
    assert {Figure.UNCLAIMED, Figure.WAKING, Figure.LATE} == scene.figures()


def test_the_day_of_waking_is_the_embassy_s_own(scene: Scene) -> None:
    eastern = msgspec.structs.replace(scene.desk.embassy, zone="Pacific/Kiritimati")
    here = today_of(scene.desk)
    scene.desk.embassy = eastern

    assert here + timedelta(days=1) == today_of(scene.desk)


def test_whose_a_request_is_decides_between_mine_and_unclaimed(scene: Scene) -> None:
    scene.change(claimed_by=scene.session.box)
    mine = scene.figures()
    scene.change(claimed_by=Box(12345))

    assert {Figure.MINE, Figure.OURS} == mine
    assert {Figure.OURS} == scene.figures()


def test_what_is_over_is_in_no_figure(scene: Scene) -> None:
    scene.change(claimed_by=scene.session.box)
    scene.move(State.CLOSED, outcome=Outcome.INFORMATION_GIVEN)
    scene.clock.move(days=9)

    assert set() == scene.figures()


def test_a_choice_is_found_by_the_words_that_the_asker_saw(scene: Scene) -> None:
    scene.run(ask(scene.desk, ASKED[0]))
    choice = scene.desk.texts.text("be", "zz.paper.paper.passport")
    word = max(choice.split(), key=len)

    assert 1 == len(scene.search(word))


def test_a_very_long_story_keeps_a_summary_small(scene: Scene) -> None:
    typed = {"story": [" ".join(f"слова{number}" for number in range(700))]}
    scene.run(ask(scene.desk, Asked(form="zz.other", language="be", typed=typed)))
    (summary,) = (e.summary for e in scene.entries() if e.id != scene.id)

    assert summary is not None
    assert len(summary.words) <= 3000


@pytest.mark.parametrize("nonsense", [b"\xc1", b"\x81\xa8revision\xa1\xff", b"\x91" * 5000])
def test_a_summary_that_somebody_forged_is_made_anew(scene: Scene, nonsense: bytes) -> None:
    row = scene.run(scene.desk.store.get(RequestRow, scene.id))
    key = scene.session.epochs[row.epoch].symmetric
    forged = seal_symmetric(nonsense, key=key, context=scene.desk.context("summary", scene.id))
    values = {"summary": forged, "revision": row.revision + 1}
    scene.run(scene.desk.store.write([Update(RequestRow, (scene.id,), values)]))

    assert {Figure.UNCLAIMED, Figure.OURS} == scene.figures()


@pytest.mark.parametrize("nonsense", [b"\xc1", b"\x81\xa4form\xa1\xff", b"\x91" * 5000])
def test_a_request_that_none_of_ours_sealed_closes_the_list_to_nobody(
    scene: Scene, nonsense: bytes
) -> None:
    epoch = scene.run(current_epoch(scene.desk, "intake"))
    row = scene.run(scene.desk.store.get(RequestRow, scene.id))
    body = seal(nonsense, to=[epoch.public], context=scene.desk.context("request", "forged"))
    forged = msgspec.structs.replace(
        row, id="forged", locator=b"forged", epoch=epoch.id, body=body, summary=None, revision=0
    )
    scene.run(scene.desk.store.write([Insert(forged)]))
    for _ in range(2):
        readable = [entry.id for entry in scene.entries() if entry.summary is not None]

    assert [scene.id] == readable
