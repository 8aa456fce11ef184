"""Sorting, notes, keeping longer, duplicates."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from pe_core.desk import duplicates, listing, requests, sorting, visits
from pe_core.desk.desk import Desk
from pe_core.desk.sessions import Session
from pe_core.desk.trail import read_entry
from pe_core.errors import Conflict, NotAllowed, NotFound
from pe_core.model import (
    HelpRequest,
    MessageKind,
    RequestId,
    Sensitivity,
    Summary,
    Urgency,
)
from pe_core.model.trail import Act
from pe_core.model.week import Week, week_of
from pe_core.store import Delete, EpochRow, MessageRow, ReplyRow, RequestRow, TrailRow
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.toolkit.invented import ASKED, Asked, Clock, ask, unlock_account
from pe_core.upkeep import do_upkeep

Run = Callable[[Awaitable[Any]], Any]
NOTE = "A marker that the asker must never read."
CYRILLIC = "Страціў пашпарт на вакзале, патрэбна даведка для гасцініцы ў Мінску"
LATIN = "Straciŭ pašpart na vakzale, patrebna daviedka dla haścinicy ŭ Minsku"
OTHER = "Как записать ребёнка в школу посреди учебного года"


class Scene:
    """A coordinator, and requests that come in."""

    def __init__(self, desk: Desk, session: Session, run: Run) -> None:
        self.desk = desk
        self.session = session
        self.run = run

    def ask(self, asked: Asked = ASKED[2]) -> tuple[RequestId, str]:
        before = {row.id for row in self.run(self.desk.store.select(RequestRow))}
        receipt = self.run(ask(self.desk, asked))
        after = {row.id for row in self.run(self.desk.store.select(RequestRow))}
        return RequestId((after - before).pop()), receipt

    def story(self, words: str, language: str = "be") -> RequestId:
        return self.ask(Asked(form="zz.other", language=language, typed={"story": [words]}))[0]

    def list_all(self) -> None:
        self.run(listing.list_requests(self.desk, self.session))

    def summary(self, request: RequestId) -> Summary:
        self.list_all()
        return self.session.summaries[request]

    def open(self, request: RequestId) -> HelpRequest:
        opened: HelpRequest = self.run(requests.open_request(self.desk, self.session, request))
        return opened

    def row(self, request: RequestId) -> RequestRow:
        row: RequestRow = self.run(self.desk.store.get(RequestRow, request))
        return row

    def sort(self, request: RequestId, **fields: Any) -> None:
        wanted = sorting.Sorting(**fields)
        self.run(sorting.sort_request(self.desk, self.session, request, wanted))

    def suggested(self, request: RequestId) -> list[RequestId]:
        found = self.run(duplicates.suggest_duplicates(self.desk, self.session, request))
        return [other for other, _ in found]

    def mark(self, request: RequestId, other: RequestId | None) -> None:
        self.run(duplicates.mark_duplicate(self.desk, self.session, request, other))

    def acts(self, request: RequestId) -> list[Act]:
        rows = self.run(self.desk.store.select(TrailRow, order="number"))
        entries = [read_entry(self.desk, self.session, row) for row in rows]
        return [entry.act for entry in entries if entry and entry.what == request]


@pytest.fixture
def scene(pe_desk: Desk, pe_staff: Session, pe_run: Run) -> Scene:
    return Scene(pe_desk, pe_staff, pe_run)


def test_sorting_is_one_act_and_says_what_it_became(scene: Scene) -> None:
    request, _ = scene.ask()
    scene.sort(request, topic="zz.other", urgency=Urgency.URGENT)
    summary = scene.summary(request)
    acts = scene.acts(request)
    ((_, message),) = scene.open(request).thread

    assert ("zz.other", Urgency.URGENT) == (summary.topic, summary.urgency)
    assert Sensitivity.NORMAL is summary.sensitivity
    assert MessageKind.SORTED is message.kind
    assert ("zz.other", Urgency.URGENT, None) == (
        message.topic,
        message.urgency,
        message.sensitivity,
    )
    assert [Act.CHANGED] == acts


def test_the_asker_s_own_topic_is_no_other_one(scene: Scene) -> None:
    request, _ = scene.ask()
    scene.sort(request, topic="zz.other")
    scene.sort(request, topic="zz.bed")

    assert "" == scene.summary(request).topic
    assert ["zz.other", "zz.bed"] == [m.topic for _, m in scene.open(request).thread]


def test_sorting_that_changes_nothing_writes_nothing(scene: Scene) -> None:
    request, _ = scene.ask()
    scene.sort(request, topic="zz.bed")

    assert 0 == scene.run(scene.desk.store.count(MessageRow))
    assert [] == scene.acts(request)


def test_a_topic_that_is_no_form_here_is_refused(scene: Scene) -> None:
    request, _ = scene.ask()

    with pytest.raises(NotAllowed):
        scene.sort(request, topic="zz.nothing")


def test_a_note_is_for_the_team_and_nothing_of_it_is_sealed_to_the_asker(scene: Scene) -> None:
    request, receipt = scene.ask()
    replies = scene.run(scene.desk.store.count(ReplyRow))
    scene.run(sorting.add_note(scene.desk, scene.session, request, NOTE))
    _, visit = scene.run(visits.come_back(scene.desk, receipt))
    view = scene.run(visits.look(scene.desk, visit))
    acts = scene.acts(request)
    ((_, message),) = scene.open(request).thread

    assert (MessageKind.NOTE, NOTE) == (message.kind, message.text)
    assert scene.session.box == message.box
    assert () == view.replies
    assert replies == scene.run(scene.desk.store.count(ReplyRow))
    assert [Act.NOTED] == acts


def test_a_note_is_no_answer_to_the_asker(scene: Scene) -> None:
    request, _ = scene.ask()
    scene.run(sorting.add_note(scene.desk, scene.session, request, NOTE))

    assert scene.summary(request).awaiting is not None


def test_what_is_kept_longer_moves_to_a_newer_epoch_and_outlives_its_own(
    scene: Scene, pe_clock: Clock, pe_embassy: TestEmbassy
) -> None:
    request, receipt = scene.ask()
    other, _ = scene.ask()
    scene.run(requests.reply(scene.desk, scene.session, request, "An old answer.", "en"))
    first = scene.row(request).epoch
    _keep_up(scene, pe_clock, 20)
    scene.session = scene.run(unlock_account(scene.desk, pe_clock, pe_embassy.account))
    until = scene.run(sorting.extend(scene.desk, scene.session, request, 26))
    moved = scene.row(request)
    acts = scene.acts(request)
    _keep_up(scene, pe_clock, 24)
    scene.session = scene.run(unlock_account(scene.desk, pe_clock, pe_embassy.account))
    opened = scene.open(request)

    assert Week(week_of(pe_clock.now().date()) + 2) == until
    assert first != moved.epoch
    assert until == moved.keep_until
    assert scene.run(scene.desk.store.get(EpochRow, first)) is None, "its own epoch is dead"
    assert [MessageKind.MESSAGE, MessageKind.EXTENDED] == [m.kind for _, m in opened.thread]
    assert "An old answer." == opened.thread[0][1].text
    assert until == opened.thread[1][1].keep_until
    assert Act.EXTENDED is acts[-1]
    assert scene.run(scene.desk.store.get(RequestRow, other)) is None, "upkeep erased this one"
    scene.run(visits.come_back(scene.desk, receipt))


def test_what_is_kept_as_long_already_is_not_kept_longer(scene: Scene) -> None:
    request, _ = scene.ask()

    with pytest.raises(NotAllowed):
        scene.run(sorting.extend(scene.desk, scene.session, request, 26))
    with pytest.raises(ValueError, match="4 to 26"):
        scene.run(sorting.extend(scene.desk, scene.session, request, 27))
    assert [] == scene.acts(request)


def test_the_same_story_in_another_script_is_suggested(scene: Scene) -> None:
    first = scene.story(CYRILLIC)
    scene.story(OTHER, "ru")
    second = scene.story(LATIN, "en")
    scene.list_all()

    assert [first] == scene.suggested(second)
    assert [second] == scene.suggested(first)


def test_no_more_than_three_are_suggested_and_the_likest_comes_first(scene: Scene) -> None:
    request = scene.story(CYRILLIC)
    more = " і яшчэ нешта зусім іншае, чаго там раней не было".split(" ")
    near = [scene.story(CYRILLIC + " ".join(more[: 3 * n])) for n in range(4)]
    scene.list_all()

    assert 3 == len(scene.suggested(request))
    assert near[0] == scene.suggested(request)[0]


def test_same_form_and_language_weigh_more(scene: Scene) -> None:
    request = scene.story(CYRILLIC)
    elsewhere = scene.story(CYRILLIC + " цяпер", "en")
    same = scene.story(CYRILLIC + " цяпер")
    scene.list_all()

    assert [same, elsewhere] == scene.suggested(request)


def test_nothing_is_suggested_before_the_requests_were_listed(scene: Scene) -> None:
    request = scene.story(CYRILLIC)
    scene.story(CYRILLIC)

    assert [] == scene.suggested(request)


def test_an_erased_request_is_not_suggested(scene: Scene) -> None:
    request, gone = scene.story(CYRILLIC), scene.story(CYRILLIC)
    scene.list_all()
    scene.run(scene.desk.store.write([Delete(RequestRow, {"id": gone})]))

    assert [] == scene.suggested(request)


def test_a_duplicate_is_marked_unmarked_and_not_suggested_any_more(scene: Scene) -> None:
    request, other = scene.story(CYRILLIC), scene.story(CYRILLIC)
    scene.list_all()
    scene.mark(request, other)
    marked = scene.summary(request).duplicate_of
    suggested = (scene.suggested(request), scene.suggested(other))
    back = duplicates.duplicates_of(scene.session, other)
    scene.mark(request, None)
    entries = [(m.kind, m.other) for _, m in scene.open(request).thread]

    assert other == marked
    assert ([], []) == suggested
    assert (request,) == back
    assert scene.summary(request).duplicate_of is None
    assert [(MessageKind.DUPLICATE, other), (MessageKind.DUPLICATE, None)] == entries
    assert [Act.CHANGED, Act.CHANGED, Act.OPENED] == scene.acts(request)


def test_nothing_is_a_duplicate_of_itself_in_a_circle_or_of_what_is_not_there(
    scene: Scene,
) -> None:
    request, other = scene.story(CYRILLIC), scene.story(CYRILLIC)
    scene.mark(request, other)

    for one, two in ((request, request), (other, request)):
        with pytest.raises(NotAllowed):
            scene.mark(one, two)
    with pytest.raises(NotFound):
        scene.mark(request, RequestId("nothing"))


def test_of_two_who_change_at_once_one_is_told(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    request, _ = scene.ask()
    real = sorting.take_up

    async def late(desk: Desk, session: Session, wanted: RequestId) -> Any:
        work = await real(desk, session, wanted)
        monkeypatch.setattr(sorting, "take_up", real)
        await sorting.add_note(desk, session, wanted, "A colleague was faster.")
        return work

    monkeypatch.setattr(sorting, "take_up", late)

    with pytest.raises(Conflict):
        scene.sort(request, urgency=Urgency.SOON)
    assert [Act.NOTED] == scene.acts(request)


def _keep_up(scene: Scene, clock: Clock, weeks: int) -> None:
    for _ in range(weeks):
        clock.move(weeks=1)
        scene.run(do_upkeep(scene.desk))
