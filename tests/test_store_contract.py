"""What every engine promises to the floors above; a new engine joins ``ENGINES``."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pe_core.errors import Conflict, StoreError
from pe_core.model.event import ReplySent, RequestErased, RequestSubmitted
from pe_core.model.request import RequestId, State
from pe_core.model.week import Week, week_start
from pe_core.store import (
    TABLES,
    AccountRow,
    Add,
    AtMost,
    BriefNoteRow,
    BriefRow,
    CallRow,
    Change,
    CountRow,
    Delete,
    DeskKeyRow,
    EpochRow,
    FeedRow,
    FileRow,
    GrantRow,
    GuideDraftRow,
    GuideRow,
    HeardRow,
    In,
    IncomingRow,
    Insert,
    InviteRow,
    MemberListRow,
    MessageRow,
    MetaRow,
    NeedRow,
    OpenAddressRow,
    OutboxRow,
    OutgoingRow,
    OutgoingThreadRow,
    OwnKeysetRow,
    PeerKeysetRow,
    PeerRow,
    ProposalRow,
    ReferralNoteRow,
    ReferralRow,
    ReplyRow,
    RequestRow,
    RosterRow,
    Row,
    ShareRow,
    ShiftRow,
    Store,
    Tell,
    TrailRow,
    Update,
    VolunteerNoteRow,
    VolunteerRow,
    open_store,
)

Engine = Callable[[Path], Awaitable[Store]]
Act = Callable[[Store], Awaitable[Any]]

ENGINES = [pytest.param(open_store, id="sqlite")]
WEEK = Week(2970)


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Engine:
    """A function that opens a store in a folder."""
    opened: Engine = request.param
    return opened


@pytest.fixture
def on_store(engine: Engine, tmp_path: Path) -> Callable[[Act], Any]:
    """Run an async function on a fresh store, and return what it returns."""

    async def whole(act: Act) -> Any:
        store = await engine(tmp_path / "data")
        try:
            return await act(store)
        finally:
            await store.close()

    return lambda act: asyncio.run(whole(act))


def request_row(name: str, **changed: Any) -> RequestRow:
    row = RequestRow(
        id=name,
        locator=b"locator of " + name.encode(),
        state="new",
        week=WEEK,
        keep_until=WEEK + 26,
        epoch="intake/2026-W48.1",
        bucket=1024,
        body=b"sealed \x00 body",
        summary=None,
        revision=0,
    )
    return msgspec.structs.replace(row, **changed)


def message_row(name: str, request: str, number: int = 1) -> MessageRow:
    return MessageRow(
        id=name, request=request, number=number, epoch="e", bucket=1024, body=b"sealed"
    )


def epoch_row(name: str, ends: int) -> EpochRow:
    return EpochRow(
        id=name, compartment="intake", week=ends - 30, ends=ends, public=b"public", serial=1
    )


ONE_OF_EACH: tuple[Row, ...] = (
    epoch_row("intake/2026-W48.1", 3000),
    GrantRow(epoch="intake/2026-W48.1", box=7, body=b"grant"),
    AccountRow(box=7, first=b"1", second=b"2", private=b"p"),
    request_row("r1"),
    message_row("m1", "r1"),
    ReplyRow(id="p1", request="r1", number=1, bucket=1024, body=b"sealed", opened=None),
    FileRow(id="f1", request="r1", epoch="e", bucket=1024, body=b"\xff" * 9000),
    MemberListRow(serial=0, body=b"signed"),
    RosterRow(box=7, epoch="roster/2026.1", body=b"sealed"),
    InviteRow(locator=b"hash", body=b"sealed", day=739000),
    ProposalRow(id="p1", epoch="roster/2026.1", body=b"sealed", day=739000),
    GuideDraftRow(id="g1", epoch="drafts/2026-W48.1", body=b"sealed", day=739000),
    GuideRow(name="own.office", edition=1, week=WEEK, body=b"public"),
    ShareRow(box=7, body=b"sealed", day=739000),
    VolunteerRow(
        box=9,
        epoch="roster/2026.1",
        keep_until=WEEK,
        revision=1,
        body=b"sealed",
        standing=b"sealed",
        card=None,
    ),
    VolunteerNoteRow(id="n1", box=9, number=1, epoch="e", bucket=1024, body=b"sealed"),
    NeedRow(id="d1", request="r1", state="open", epoch="e", bucket=1024, revision=0, body=b"s"),
    CallRow(id="c1", keep_until=WEEK, places=2, taken=0),
    BriefRow(
        id="b1",
        call="c1",
        box=9,
        state="offered",
        day=739000,
        keep_until=WEEK,
        epoch="e",
        own=b"sealed",
        team=b"sealed",
        card=b"sealed",
        detail=None,
        stub=b"sealed",
    ),
    BriefNoteRow(id="o1", brief="b1", number=1, bucket=1024, body=b"sealed"),
    ShiftRow(
        id="s1", epoch="roster/2026.1", keep_until=WEEK, bucket=1024, revision=0, body=b"sealed"
    ),
    FeedRow(box=9, locator=b"hash", body=b"sealed"),
    OpenAddressRow(box=9, notifier="zz.bell", address="bell", hours="0,0,0,0,0,0,0"),
    TrailRow(number=3, keep_until=2983, epoch="trail/2026-W48.1", before=b"hash", body=b"sealed"),
    PeerRow(
        code="yy",
        state="active",
        ours=1,
        theirs=1,
        day=739000,
        serial=1,
        address="https://yy.example",
        referral=b"signed",
    ),
    PeerKeysetRow(peer="yy", serial=1, day=739000, body=b"signed"),
    OwnKeysetRow(serial=1, day=739000, body=b"signed"),
    DeskKeyRow(id="0123456789abcdef", epoch="referral/2026-W48.1", body=b"sealed"),
    OutgoingRow(
        id="k1",
        peer="yy",
        thread="t1",
        number=1,
        state="waiting",
        day=739000,
        until=739007,
        tries=0,
        size=6,
        packet=b"sealed",
    ),
    OutgoingThreadRow(peer="yy", thread="t1", number=1, keep_until=WEEK),
    IncomingRow(
        peer="yy",
        id="k2",
        thread="t1",
        number=1,
        day=739000,
        keep_until=WEEK,
        serial=1,
        epoch="referral/2026-W48.1",
        receipt=b"signed",
        body=None,
    ),
    ReferralRow(
        id="t1",
        peer="yy",
        request="r1",
        state="sent",
        due=739003,
        keep_until=WEEK,
        epoch="referral/2026-W48.1",
        revision=0,
        body=b"sealed",
    ),
    ReferralNoteRow(id="k1", referral="t1", number=1, epoch="e", bucket=1024, body=b"sealed"),
    OutboxRow(id=5, event=b"event", due=0, tries=2),
    HeardRow(event=5, listener="zz.ears"),
    CountRow(week=WEEK, number=3),
    MetaRow(key="salt", value=b""),
)


@pytest.mark.parametrize("row", ONE_OF_EACH, ids=lambda row: type(row).__name__)
def test_what_is_inserted_is_got_by_its_key(on_store: Callable[[Act], Any], row: Row) -> None:
    (table,) = (table for table in TABLES if table.row is type(row))
    key = tuple(getattr(row, part) for part in table.key)

    async def act(store: Store) -> Row | None:
        await store.write([Insert(row)])
        return await store.get(type(row), *key)

    assert row == on_store(act)


def test_there_is_a_row_of_each_table_here() -> None:
    declared = {table.row for table in TABLES}

    assert declared == {type(row) for row in ONE_OF_EACH}


def test_a_row_that_is_not_there_is_none(on_store: Callable[[Act], Any]) -> None:
    assert on_store(lambda store: store.get(RequestRow, "nobody")) is None


@pytest.mark.parametrize(
    "where, expected",
    [
        ({}, {"a", "b", "c"}),
        ({"state": "new"}, {"a", "c"}),
        ({"state": State.NEW}, {"a", "c"}),
        ({"state": "new", "revision": 2}, {"c"}),
        ({"summary": None}, {"b", "c"}),
        ({"summary": b"sum"}, {"a"}),
        ({"summary": b""}, set()),
        ({"id": In(("a", "c", "nobody"))}, {"a", "c"}),
        ({"id": In(())}, set()),
        ({"revision": In([0, 2])}, {"a", "c"}),
        ({"id": In([str(number) for number in range(200_000)])}, set()),
        ({"revision": AtMost(1)}, {"a", "b"}),
        ({"revision": AtMost(-1)}, set()),
        ({"locator": b"locator of b"}, {"b"}),
        ({"id": "a' OR '1'='1"}, set()),
    ],
)
def test_select_finds_what_meets_all_conditions(
    on_store: Callable[[Act], Any], where: dict[str, Any], expected: set[str]
) -> None:
    async def act(store: Store) -> tuple[set[str], int, set[str]]:
        await store.write(
            [
                Insert(request_row("a", summary=b"sum")),
                Insert(request_row("b", state="triage", revision=1)),
                Insert(request_row("c", revision=2)),
            ]
        )
        rows = await store.select(RequestRow, where)
        picked = await store.pick(RequestRow, ("id",), where)
        number = await store.count(RequestRow, where)
        return {row.id for row in rows}, number, {name for (name,) in picked}

    assert (expected, len(expected), expected) == on_store(act)


def test_an_empty_column_is_not_at_most_anything(on_store: Callable[[Act], Any]) -> None:
    async def act(store: Store) -> int:
        reply = ReplyRow(id="p", request="r", number=1, bucket=1, body=b"", opened=None)
        await store.write([Insert(reply)])
        return await store.count(ReplyRow, {"opened": AtMost(10**6)})

    assert on_store(act) == 0


@pytest.mark.parametrize(
    "order, limit, expected",
    [
        ("number", None, [1, 2, 3]),
        ("-number", None, [3, 2, 1]),
        ("number", 2, [1, 2]),
        ("-number", 1, [3]),
        ("number", 0, []),
    ],
)
def test_select_sorts_and_limits(
    on_store: Callable[[Act], Any], order: str, limit: int | None, expected: list[int]
) -> None:
    async def act(store: Store) -> list[int]:
        numbers = ((2, "x"), (3, "y"), (1, "z"))
        await store.write([Insert(message_row(name, "r", number)) for number, name in numbers])
        rows = await store.select(MessageRow, {"request": "r"}, order=order, limit=limit)
        return [row.number for row in rows]

    assert expected == on_store(act)


def test_pick_gives_the_columns_in_the_order_asked_for(on_store: Callable[[Act], Any]) -> None:
    async def act(store: Store) -> list[tuple[Any, ...]]:
        await store.write([Insert(request_row("a", revision=4))])
        return await store.pick(RequestRow, ("revision", "summary", "id"))

    assert [(4, None, "a")] == on_store(act)


@pytest.mark.parametrize(
    "changes",
    [
        [Insert(request_row("old"))],
        [Insert(request_row("other", locator=b"locator of old"))],
        [Update(RequestRow, ("nobody",), {"state": "triage"})],
        [Update(RequestRow, ("old",), {"state": "triage"}, expect={"revision": 1})],
        [Update(RequestRow, ("old",), {"state": "triage"}, expect={"summary": b""})],
        [Delete(RequestRow, {"id": "old"}, expect={"revision": 1})],
        [Insert(request_row("new")), Insert(request_row("new", locator=b"2"))],
    ],
)
def test_a_conflict_writes_nothing_of_its_changes(
    on_store: Callable[[Act], Any], changes: list[Change]
) -> None:
    old = request_row("old")

    async def act(store: Store) -> tuple[list[RequestRow], int, int]:
        await store.write([Insert(old)])
        beside = [Add(CountRow, (WEEK,), "number"), Tell(ReplySent(request=RequestId("old")))]
        with pytest.raises(Conflict):
            await store.write([*beside, *changes])
        rows = await store.select(RequestRow)
        return rows, await store.count(CountRow), await store.count(OutboxRow)

    assert ([old], 0, 0) == on_store(act)


def test_an_update_sets_columns_of_one_row(on_store: Callable[[Act], Any]) -> None:
    async def act(store: Store) -> list[RequestRow]:
        await store.write([Insert(request_row("a")), Insert(request_row("b"))])
        values = {"state": State.TRIAGE, "summary": b"sum", "revision": 1}
        expect = {"revision": 0, "summary": None}
        await store.write([Update(RequestRow, ("a",), values, expect=expect)])
        return await store.select(RequestRow, order="id")

    changed = request_row("a", state="triage", summary=b"sum", revision=1)

    assert [changed, request_row("b")] == on_store(act)


def test_a_delete_erases_all_that_meet_it_and_may_find_none(
    on_store: Callable[[Act], Any],
) -> None:
    async def act(store: Store) -> list[tuple[Any, ...]]:
        rows = [message_row(f"m{number}", f"r{number % 2}", number) for number in range(4)]
        await store.write([Insert(row) for row in rows])
        await store.write([Delete(MessageRow, {"request": "r0"})])
        await store.write([Delete(MessageRow, {"request": "r0"})])
        await store.write([Delete(MessageRow, {"request": "r1"}, expect={"number": AtMost(1)})])
        return await store.pick(MessageRow, ("id",))

    assert [("m3",)] == on_store(act)


def test_counting_begins_at_nought_and_adds_up(on_store: Callable[[Act], Any]) -> None:
    async def act(store: Store) -> list[CountRow]:
        await store.write([Add(CountRow, (WEEK,), "number")])
        await store.write([Add(CountRow, (WEEK,), "number", by=4)])
        await store.write([Add(CountRow, (WEEK + 1,), "number", by=2)])
        return await store.select(CountRow, order="week")

    assert [CountRow(week=WEEK, number=5), CountRow(week=WEEK + 1, number=2)] == on_store(act)


def test_what_is_told_lies_in_the_outbox_and_wakes_the_courier(
    on_store: Callable[[Act], Any],
) -> None:
    event = RequestSubmitted(request=RequestId("r"))
    woken: list[str] = []

    async def act(store: Store) -> list[OutboxRow]:
        store.on_tell(lambda: woken.append("woken"))
        await store.write([Insert(request_row("r"))])
        woken.append("nothing told")
        await store.write([Tell(event), Tell(event, due=date(2026, 12, 1))])
        await asyncio.sleep(0)
        return await store.select(OutboxRow, order="id")

    body = msgspec.msgpack.encode(event)
    due = date(2026, 12, 1).toordinal()
    expected = [
        OutboxRow(id=1, event=body, due=0, tries=0),
        OutboxRow(id=2, event=body, due=due, tries=0),
    ]

    assert expected == on_store(act)
    assert ["nothing told", "woken"] == woken


def test_each_commit_is_noted_with_its_changes_and_a_failed_one_is_not(
    on_store: Callable[[Act], Any],
) -> None:
    noted: list[Change] = []
    row = request_row("r", keep_until=WEEK)
    missing = Update(RequestRow, ("nobody",), {"state": "new"})

    async def act(store: Store) -> None:
        store.on_write(noted.extend)
        await store.write([Insert(row)])
        with pytest.raises(Conflict):
            await store.write([Add(CountRow, (1,), "number"), missing])
        await store.purge(Week(WEEK + 1))

    on_store(act)

    assert [Insert(row), Tell(RequestErased(request=RequestId("r")))] == noted


def test_a_commit_whose_task_was_cancelled_is_noted_all_the_same(
    on_store: Callable[[Act], Any],
) -> None:
    noted: list[Change] = []

    async def act(store: Store) -> RequestRow | None:
        store.on_write(noted.extend)
        writing = asyncio.ensure_future(store.write([Insert(request_row("r"))]))
        await asyncio.sleep(0)
        writing.cancel()
        await store.write([Add(CountRow, (1,), "number")])
        return await store.get(RequestRow, "r")

    assert on_store(act) is not None
    assert Insert(request_row("r")) in noted


def test_an_outbox_number_is_never_used_twice(on_store: Callable[[Act], Any]) -> None:
    event = ReplySent(request=RequestId("r"))

    async def act(store: Store) -> list[tuple[Any, ...]]:
        await store.write([Tell(event)])
        await store.write([Delete(OutboxRow, {"id": 1})])
        await store.write([Tell(event)])
        return await store.pick(OutboxRow, ("id",))

    assert [(2,)] == on_store(act)


def test_a_failed_write_wakes_nobody(on_store: Callable[[Act], Any]) -> None:
    woken: list[str] = []

    async def act(store: Store) -> None:
        store.on_tell(lambda: woken.append("woken"))
        missing = Update(RequestRow, ("nobody",), {"state": "new"})
        with pytest.raises(Conflict):
            await store.write([Tell(ReplySent(request=RequestId("r"))), missing])
        await store.write([])

    on_store(act)

    assert [] == woken


@pytest.mark.parametrize(
    "change",
    [
        Update(RequestRow, ("r",), {"nickname": "x"}),
        Update(RequestRow, ("r",), {'state" = "x" --': "x"}),
        Update(RequestRow, ("r",), {}),
        Update(RequestRow, ("r", "s"), {"state": "new"}),
        Update(RequestRow, ("r",), {"state": "new"}, expect={"nickname": "x"}),
        Update(RequestRow, ("r",), {"revision": 1.5}),
        Update(RequestRow, ("r",), {"revision": "one"}),
        Update(RequestRow, ("r",), {"revision": 2**64}),
        Update(RequestRow, ("r",), {"state": "\ud800"}),
        Update(RequestRow, ("r",), {"body": None}),
        Delete(RequestRow, {}),
        Delete(RequestRow, {"1=1 OR id": "x"}),
        Delete(RequestRow, {"id": In(["\ud800"])}),
        Delete(RequestRow, {"id": In([b"bytes"])}),  # type: ignore[list-item]
        Add(CountRow, (1,), "nickname"),
        Add(CountRow, (1, 2), "number"),
        Insert(Row()),
        Insert(request_row("s", body=["a list"])),
    ],
)
def test_a_change_that_is_not_well_formed_is_refused_without_quoting_it(
    on_store: Callable[[Act], Any], change: Change
) -> None:
    async def act(store: Store) -> tuple[RequestRow | None, str]:
        await store.write([Insert(request_row("r"))])
        with pytest.raises(StoreError) as caught:
            await store.write([change])
        assert not isinstance(caught.value, Conflict)
        return await store.get(RequestRow, "r"), str(caught.value)

    row, text = on_store(act)

    assert row == request_row("r")
    assert "nickname" not in text


@pytest.mark.parametrize(
    "read",
    [
        lambda store: store.select(RequestRow, {"nickname": "x"}),
        lambda store: store.select(RequestRow, order="nickname"),
        lambda store: store.select(RequestRow, order="id; DROP TABLE requests"),
        lambda store: store.select(RequestRow, {"week": 2**64}),
        lambda store: store.select(RequestRow, {"state": "\ud800"}),
        lambda store: store.select(Row),
        lambda store: store.pick(RequestRow, ("id", "count(*)")),
        lambda store: store.count(RequestRow, {"": "x"}),
        lambda store: store.get(RequestRow),
        lambda store: store.get(GrantRow, "epoch"),
    ],
)
def test_a_read_that_is_not_well_formed_is_refused(
    on_store: Callable[[Act], Any], read: Act
) -> None:
    async def act(store: Store) -> None:
        with pytest.raises(StoreError):
            await read(store)

    on_store(act)


def test_readers_see_what_was_acknowledged(on_store: Callable[[Act], Any]) -> None:
    async def act(store: Store) -> int:
        seen = 0
        for number in range(50):
            await store.write([Insert(MetaRow(key=str(number), value=b""))])
            seen += await store.get(MetaRow, str(number)) is not None
        return seen

    assert on_store(act) == 50


def test_sixty_four_writers_at_once_lose_nothing(on_store: Callable[[Act], Any]) -> None:
    async def submit(store: Store, who: int) -> None:
        for number in range(10):
            name = f"{who}/{number}"
            told = Tell(RequestSubmitted(request=RequestId(name)))
            counted = Add(CountRow, (WEEK,), "number")
            await store.write([Insert(request_row(name)), told, counted])

    async def act(store: Store) -> tuple[int, int, CountRow | None]:
        await asyncio.gather(*(submit(store, who) for who in range(64)))
        counted = await store.get(CountRow, WEEK)
        return await store.count(RequestRow), await store.count(OutboxRow), counted

    assert (640, 640, CountRow(week=WEEK, number=640)) == on_store(act)


def test_of_writers_that_expect_the_same_one_wins(on_store: Callable[[Act], Any]) -> None:
    async def act(store: Store) -> tuple[int, int]:
        await store.write([Insert(request_row("r"))])
        changes = [
            Update(RequestRow, ("r",), {"revision": 1, "bucket": who}, expect={"revision": 0})
            for who in range(20)
        ]
        results = await asyncio.gather(
            *(store.write([change]) for change in changes), return_exceptions=True
        )
        row = await store.get(RequestRow, "r")
        assert row is not None
        return row.revision, [type(result) for result in results].count(Conflict)

    assert (1, 19) == on_store(act)


def test_purge_kills_keys_then_rows_then_what_follows_them(
    on_store: Callable[[Act], Any],
) -> None:
    week = Week(WEEK + 26)
    monday = week_start(week).toordinal()
    woken: list[str] = []
    rows: list[Row] = [
        epoch_row("ended", week - 1),
        epoch_row("living", week),
        *(
            GrantRow(epoch=epoch, box=box, body=b"g")
            for epoch in ("ended", "living")
            for box in (0, 7)
        ),
        GrantRow(epoch="never was", box=7, body=b"g"),
        request_row("gone", keep_until=week - 1),
        request_row("kept", keep_until=week),
        *(
            message_row(f"m {request} {n}", request, n)
            for request in ("gone", "kept")
            for n in (1, 2)
        ),
        ReplyRow(id="p", request="gone", number=1, bucket=1, body=b"", opened=None),
        FileRow(id="f", request="gone", epoch="ended", bucket=1, body=b""),
        FileRow(id="g", request="never was", epoch="ended", bucket=1, body=b""),
        InviteRow(locator=b"old", body=b"", day=monday - 1),
        InviteRow(locator=b"new", body=b"", day=monday),
        HeardRow(event=99, listener="zz.ears"),
        AccountRow(box=7, first=b"", second=b"", private=b""),
    ]

    async def act(store: Store) -> tuple[dict[str, int], list[tuple[Any, ...]], list[bytes]]:
        store.on_tell(lambda: woken.append("woken"))
        await store.write([Insert(row) for row in rows])
        counts = await store.purge(week)
        left = [
            *await store.pick(EpochRow, ("id",)),
            *await store.pick(GrantRow, ("epoch", "box")),
            *await store.pick(RequestRow, ("id",)),
            *await store.pick(MessageRow, ("id",)),
            *await store.pick(InviteRow, ("locator",)),
            *await store.pick(AccountRow, ("box",)),
        ]
        events = [event for (event,) in await store.pick(OutboxRow, ("event",))]
        assert await store.count(FileRow) + await store.count(ReplyRow) == 0
        return counts, sorted(left, key=repr), events

    counts, left, events = on_store(act)
    expected_left = [
        ("living",),
        ("living", 0),
        ("living", 7),
        ("kept",),
        ("m kept 1",),
        ("m kept 2",),
        (b"new",),
        (7,),
    ]
    expected_counts = {
        "epochs": 1,
        "grants": 3,
        "requests": 1,
        "messages": 2,
        "replies": 1,
        "files": 2,
        "invites": 1,
        "heard": 1,
        "proposals": 0,
        "guide_drafts": 0,
        "shares": 0,
        "trail": 0,
        "volunteers": 0,
        "volunteer_notes": 0,
        "needs": 0,
        "calls": 0,
        "briefs": 0,
        "brief_notes": 0,
        "shifts": 0,
        "feeds": 0,
        "open_addresses": 0,
        "peer_keysets": 0,
        "outgoing_threads": 0,
        "incoming": 0,
        "referrals": 0,
        "referral_notes": 0,
    }

    assert expected_counts == counts
    assert sorted(expected_left, key=repr) == left
    assert [msgspec.msgpack.encode(RequestErased(request=RequestId("gone")))] == events
    assert ["woken"] == woken


def test_a_second_purge_finds_nothing_and_tells_nothing(on_store: Callable[[Act], Any]) -> None:
    async def act(store: Store) -> tuple[int, int]:
        await store.write([Insert(request_row("gone", keep_until=WEEK - 1))])
        await store.purge(WEEK)
        counts = await store.purge(WEEK)
        return sum(counts.values()), await store.count(OutboxRow)

    assert (0, 1) == on_store(act)


def test_a_closed_store_refuses_and_closes_again_quietly(on_store: Callable[[Act], Any]) -> None:
    async def act(store: Store) -> None:
        await store.close()
        await store.close()
        for attempt in (
            store.write([Insert(request_row("r"))]),
            store.get(RequestRow, "r"),
            store.shred(),
            store.purge(WEEK),
        ):
            with pytest.raises(StoreError):
                await attempt

    on_store(act)


def test_closing_finishes_what_is_being_written(engine: Engine, tmp_path: Path) -> None:
    async def whole() -> int:
        store = await engine(tmp_path)
        writing = [
            asyncio.create_task(store.write([Insert(request_row(str(n)))])) for n in range(30)
        ]
        await asyncio.sleep(0)
        await store.close()
        await asyncio.gather(*writing)
        again = await engine(tmp_path)
        try:
            return await again.count(RequestRow)
        finally:
            await again.close()

    assert asyncio.run(whole()) == 30


def test_a_cancelled_task_does_not_break_its_neighbours(on_store: Callable[[Act], Any]) -> None:
    async def act(store: Store) -> tuple[list[bool], bool]:
        tasks = [asyncio.create_task(store.write([Insert(request_row(str(n)))])) for n in range(10)]
        await asyncio.sleep(0)
        tasks[3].cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        await store.write([Insert(request_row("after"))])
        there = {name for (name,) in await store.pick(RequestRow, ("id",))}
        expected = {str(n) for n in range(10) if n != 3} | {"after"}
        cancelled = [isinstance(result, asyncio.CancelledError) for result in results]
        return cancelled, expected <= there

    assert ([n == 3 for n in range(10)], True) == on_store(act)


KEYS = ("a", "b", "c")
values = st.binary(max_size=2)
expected = st.one_of(st.just({}), st.fixed_dictionaries({"value": values}))
change = st.one_of(
    st.builds(
        lambda key, value: Insert(MetaRow(key=key, value=value)), st.sampled_from(KEYS), values
    ),
    st.builds(
        lambda key, value, expect: Update(MetaRow, (key,), {"value": value}, expect=expect),
        st.sampled_from(KEYS),
        values,
        expected,
    ),
    st.builds(
        lambda key, expect: Delete(MetaRow, {"key": key}, expect=expect),
        st.sampled_from(KEYS),
        expected,
    ),
)


def after(rows: dict[str, bytes], changes: list[Change]) -> dict[str, bytes] | None:
    """Return what is there after all changes, or None for a conflict: the contract in short."""
    rows = dict(rows)
    for one in changes:
        match one:
            case Insert(row=MetaRow(key=key, value=value)):
                if key in rows:
                    return None
                rows[key] = value
            case Update(key=(key,), values=set_to, expect=expect):
                if key not in rows or rows[key] != expect.get("value", rows[key]):
                    return None
                rows[key] = set_to["value"]
            case Delete(where=where, expect=expect):
                key = where["key"]
                hit = key in rows and rows[key] == expect.get("value", rows[key])
                if expect and not hit:
                    return None
                if hit:
                    del rows[key]
    return rows


@pytest.mark.parametrize("engine", ENGINES)
@settings(max_examples=60, deadline=None)
@given(jobs=st.lists(st.lists(change, min_size=1, max_size=3), min_size=1, max_size=8))
def test_jobs_written_together_end_as_if_written_one_after_the_other(
    engine: Engine, jobs: list[list[Change]]
) -> None:
    rows: dict[str, bytes] = {}
    conflicts: list[bool] = []
    for changes in jobs:
        then = after(rows, changes)
        conflicts.append(then is None)
        rows = rows if then is None else then

    async def whole(directory: Path) -> tuple[dict[Any, Any], list[bool]]:
        store = await engine(directory)
        try:
            results = await asyncio.gather(*map(store.write, jobs), return_exceptions=True)
            there = dict(await store.pick(MetaRow, ("key", "value")))
            return there, [isinstance(result, Conflict) for result in results]
        finally:
            await store.close()

    with TemporaryDirectory() as directory:
        assert (rows, conflicts) == asyncio.run(whole(Path(directory)))
