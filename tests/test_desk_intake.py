"""Asking for help, through the desk."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import msgspec
import pytest

from pe_core.desk import intake, listing
from pe_core.desk.desk import Desk
from pe_core.desk.drafts import DRAFTS_LIMIT, Draft
from pe_core.desk.sessions import Session
from pe_core.errors import NotAllowed, NotFound, NothingToSealTo, TooMany
from pe_core.model import Problem, State, Where
from pe_core.store import CountRow, EpochRow, FileRow, OutboxRow, RequestRow
from pe_core.toolkit.invented import Clock

Run = Callable[[Awaitable[Any]], Any]


def begin_bed(desk: Desk, where: Where = Where.ABROAD) -> tuple[bytes, Draft]:
    """Start a request for a bed and answer everything that must be answered."""
    cookie, draft = intake.begin(desk, "zz.bed", "en")
    intake.set_where(draft, where)
    for field, typed in {"people": ["2"], "nights": ["3"], "story": ["Cold outside."]}.items():
        assert intake.give_answer(draft, field, typed) is None
    return cookie, draft


async def chunks(data: bytes) -> AsyncIterator[bytes]:
    """Yield data as an upload comes in."""
    for start in range(0, len(data), 1000):
        yield data[start : start + 1000]


def test_a_sent_request_is_one_sealed_row_an_event_and_a_count(pe_desk: Desk, pe_run: Run) -> None:
    _, draft = begin_bed(pe_desk)

    receipt = pe_run(intake.submit(pe_desk, draft))

    rows = pe_run(pe_desk.store.select(RequestRow))
    events = pe_run(pe_desk.store.select(OutboxRow))
    counts = pe_run(pe_desk.store.select(CountRow))
    assert 24 == len(receipt)
    assert [State.NEW.value] == [row.state for row in rows]
    assert b"Cold outside." not in rows[0].body
    assert ["MemberJoined", "RequestSubmitted"] == [
        msgspec.msgpack.decode(event.event)["type"] for event in events
    ]
    assert [1] == [count.number for count in counts]


def test_sending_twice_gives_the_same_receipt_and_one_request(pe_desk: Desk, pe_run: Run) -> None:
    _, draft = begin_bed(pe_desk)

    first = pe_run(intake.submit(pe_desk, draft))
    second = pe_run(intake.submit(pe_desk, draft))

    assert first == second
    assert 1 == pe_run(pe_desk.store.count(RequestRow))


def test_sending_at_the_same_moment_from_two_tabs_makes_one_request(
    pe_desk: Desk, pe_run: Run
) -> None:
    import asyncio

    _, draft = begin_bed(pe_desk)

    async def both() -> list[str]:
        return list(
            await asyncio.gather(intake.submit(pe_desk, draft), intake.submit(pe_desk, draft))
        )

    first, second = pe_run(both())

    assert first == second
    assert 1 == pe_run(pe_desk.store.count(RequestRow))


def test_what_is_missing_is_named_and_nothing_is_sent(pe_desk: Desk, pe_run: Run) -> None:
    _, draft = intake.begin(pe_desk, "zz.bed", "en")

    problems = intake.all_problems(pe_desk, draft)

    assert ["where", "people", "nights", "story"] == [problem.field for problem in problems]
    with pytest.raises(NotAllowed):
        pe_run(intake.submit(pe_desk, draft))
    assert 0 == pe_run(pe_desk.store.count(RequestRow))


def test_a_stopping_answer_cannot_be_sent(pe_desk: Desk, pe_run: Run) -> None:
    _, draft = intake.begin(pe_desk, "zz.paper", "en")
    intake.set_where(draft, Where.ABROAD)
    for field, typed in {
        "paper": ["passport"],
        "region": ["visiting"],
        "offices": ["none"],
        "refused": ["no"],
        "story": ["Passing through."],
    }.items():
        intake.give_answer(draft, field, typed)

    with pytest.raises(NotAllowed):
        pe_run(intake.submit(pe_desk, draft))


def test_changing_an_answer_drops_what_is_no_longer_asked(pe_desk: Desk) -> None:
    _, draft = intake.begin(pe_desk, "zz.paper", "en")
    intake.give_answer(draft, "paper", ["permit"])
    intake.give_answer(draft, "permit_ends", ["2026-12-20"])

    intake.give_answer(draft, "paper", ["passport"])

    assert {"paper": "passport"} == draft.answers


def test_in_the_limited_mode_nothing_personal_is_asked_or_sent(
    pe_desk: Desk, pe_run: Run, pe_staff: Session
) -> None:
    from pe_core.desk import requests

    _, draft = begin_bed(pe_desk)
    intake.give_answer(draft, "name", ["Invented Bird"])
    intake.set_where(draft, Where.GOING)

    pe_run(intake.submit(pe_desk, draft))
    (entry,) = pe_run(listing.list_requests(pe_desk, pe_staff))
    opened = pe_run(requests.open_request(pe_desk, pe_staff, entry.id))

    assert ["people", "nights", "story"] == [a.field for a in opened.original.answers]
    assert Where.GOING == opened.original.where


@pytest.mark.parametrize(
    ("field", "typed", "code"),
    [
        ("people", [""], "required"),
        ("people", ["0"], "too_small"),
        ("people", ["21"], "too_big"),
        ("people", ["two"], "not_a_number"),
        ("story", ["x" * 9000], "too_long"),
    ],
)
def test_a_wrong_answer_is_a_problem_and_changes_nothing(
    pe_desk: Desk, field: str, typed: list[str], code: str
) -> None:
    _, draft = intake.begin(pe_desk, "zz.bed", "en")

    problem = intake.give_answer(draft, field, typed)

    assert problem is not None
    assert (field, code) == (problem.field, problem.code)
    assert {} == draft.answers


def test_an_unknown_topic_and_an_unknown_question_are_not_found(pe_desk: Desk) -> None:
    _, draft = intake.begin(pe_desk, "zz.bed", "en")

    with pytest.raises(NotFound):
        intake.begin(pe_desk, "zz.nothing", "en")
    with pytest.raises(NotFound):
        intake.give_answer(draft, "nothing", ["x"])


def test_the_receipt_is_shown_until_two_groups_are_typed_back(pe_desk: Desk, pe_run: Run) -> None:
    _, draft = begin_bed(pe_desk)
    receipt = pe_run(intake.submit(pe_desk, draft))
    first, second = draft.asked_groups
    groups = [receipt[4 * n : 4 * n + 4] for n in range(6)]

    assert first != second
    assert receipt == intake.shown_receipt(pe_desk, draft)
    assert not intake.confirm_receipt(draft, (groups[second - 1], groups[first - 1]))
    assert intake.confirm_receipt(draft, (groups[first - 1].lower(), f" {groups[second - 1]} "))
    assert intake.shown_receipt(pe_desk, draft) is None


def test_the_receipt_is_shown_for_fifteen_minutes_at_most(
    pe_desk: Desk, pe_run: Run, pe_clock: Clock
) -> None:
    cookie, draft = begin_bed(pe_desk)
    pe_run(intake.submit(pe_desk, draft))

    pe_clock.move(minutes=14)
    assert pe_desk.drafts.find(cookie) is draft
    assert intake.shown_receipt(pe_desk, draft) is not None
    pe_clock.move(minutes=1)

    assert intake.shown_receipt(pe_desk, draft) is None


def test_an_answered_page_lives_ten_minutes_and_a_longer_draft_an_hour(
    pe_desk: Desk, pe_clock: Clock
) -> None:
    short, draft = intake.begin(pe_desk, "zz.bed", "en")
    intake.give_answer(draft, "people", ["2"])
    longer, _ = begin_bed(pe_desk)

    pe_clock.move(minutes=10)

    assert pe_desk.drafts.find(short) is None
    assert pe_desk.drafts.find(longer) is not None
    pe_clock.move(minutes=60)
    assert pe_desk.drafts.find(longer) is None


def test_when_memory_is_full_newcomers_are_refused_and_nobody_is_thrown_out(
    pe_desk: Desk,
) -> None:
    kept, draft = intake.begin(pe_desk, "zz.bed", "en")
    for _ in range(DRAFTS_LIMIT - 1):
        intake.begin(pe_desk, "zz.other", "en")

    with pytest.raises(TooMany):
        intake.begin(pe_desk, "zz.other", "en")
    assert pe_desk.drafts.find(kept) is draft


def test_a_draft_holds_64_kib_of_answers(pe_desk: Desk) -> None:
    _, draft = intake.begin(pe_desk, "zz.paper", "en")
    draft.answers = {f"kept_{n}": "ж" * 8000 for n in range(4)}

    problem = intake.give_answer(draft, "story", ["ж" * 8000])

    assert problem == Problem(field="story", code="too_much")


def test_a_file_lies_as_ciphertext_until_it_is_sent_and_then_with_the_request(
    pe_desk: Desk, pe_run: Run, pe_staff: Session
) -> None:
    from io import BytesIO

    from PIL import Image

    from pe_core.desk import requests

    picture = BytesIO()
    Image.new("RGB", (40, 30), "red").save(picture, "PNG")
    _, draft = intake.begin(pe_desk, "zz.other", "en")
    intake.set_where(draft, Where.ABROAD)
    intake.give_answer(draft, "story", ["See the picture."])

    file = pe_run(intake.add_file(pe_desk, draft, chunks(picture.getvalue())))
    on_disk = (pe_desk.draft_files.folder / file.id).read_bytes()
    pe_run(intake.submit(pe_desk, draft))
    (entry,) = pe_run(listing.list_requests(pe_desk, pe_staff))
    note, data = pe_run(requests.open_file(pe_desk, pe_staff, entry.id, file.id))

    assert picture.getvalue()[:8] not in on_disk
    assert [] == list(pe_desk.draft_files.folder.iterdir())
    assert 0 == pe_desk.draft_files.used
    assert 1 == pe_run(pe_desk.store.count(FileRow))
    assert "image/png" == note.media_type
    assert (40, 30) == Image.open(BytesIO(data)).size


def test_files_are_not_taken_in_the_limited_mode_or_where_the_form_wants_none(
    pe_desk: Desk, pe_run: Run
) -> None:
    _, bed = begin_bed(pe_desk)
    _, other = intake.begin(pe_desk, "zz.other", "en")
    intake.set_where(other, Where.INSIDE)

    for draft in (bed, other):
        with pytest.raises(NotAllowed):
            pe_run(intake.add_file(pe_desk, draft, chunks(b"x")))


def test_a_draft_that_is_over_takes_its_files_with_it(
    pe_desk: Desk, pe_run: Run, pe_clock: Clock
) -> None:
    from io import BytesIO

    from PIL import Image

    picture = BytesIO()
    Image.new("RGB", (4, 3)).save(picture, "PNG")
    _, draft = intake.begin(pe_desk, "zz.other", "en")
    pe_run(intake.add_file(pe_desk, draft, chunks(picture.getvalue())))

    pe_clock.move(hours=2)
    pe_desk.sweep()

    assert [] == list(pe_desk.draft_files.folder.iterdir())


def test_a_new_week_begins_a_new_epoch_at_the_first_request(
    pe_desk: Desk, pe_run: Run, pe_clock: Clock
) -> None:
    for _ in range(2):
        _, draft = begin_bed(pe_desk)
        pe_run(intake.submit(pe_desk, draft))
        pe_clock.move(days=7)

    rows = pe_run(pe_desk.store.select(RequestRow, order="week"))
    assert ["intake/2026-W48.1", "intake/2026-W49.1"] == [row.epoch for row in rows]


def test_without_anybody_to_open_it_a_request_is_refused_and_the_draft_stays(
    pe_desk: Desk, pe_run: Run, pe_clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pe_core.store import Delete, MemberListRow

    cookie, draft = begin_bed(pe_desk)
    pe_run(pe_desk.store.write([Delete(MemberListRow, {"serial": 1})]))
    pe_clock.move(minutes=30)
    assert pe_desk.drafts.find(cookie) is draft
    pe_clock.move(days=7)

    with pytest.raises(NothingToSealTo):
        pe_run(intake.submit(pe_desk, draft))
    assert 0 == pe_run(pe_desk.store.count(RequestRow))
    assert "Cold outside." == draft.answers["story"]


def test_a_changed_member_list_makes_no_epoch(pe_desk: Desk, pe_run: Run, pe_clock: Clock) -> None:
    from pe_core.store import MemberListRow, Update

    row = pe_run(pe_desk.store.get(MemberListRow, 1))
    forged = bytearray(row.body)
    forged[len(forged) // 2] ^= 1
    pe_run(pe_desk.store.write([Update(MemberListRow, (1,), {"body": bytes(forged)})]))
    pe_clock.move(days=7)
    _, draft = begin_bed(pe_desk)

    with pytest.raises(NothingToSealTo):
        pe_run(intake.submit(pe_desk, draft))
    weeks = {epoch.id for epoch in pe_run(pe_desk.store.select(EpochRow))}
    assert "intake/2026-W49.1" not in weeks
