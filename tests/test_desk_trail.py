"""The trail: one transaction with its act, one chain, and no content."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pe_core.desk import trail, watching
from pe_core.desk.desk import Desk
from pe_core.desk.sessions import Session
from pe_core.desk.tracing import PAGE, read_trail
from pe_core.errors import Conflict, NothingToSealTo
from pe_core.model import Box
from pe_core.model.trail import Act
from pe_core.model.week import Week, week_of
from pe_core.rules.retention import KEEP_TRAIL
from pe_core.running import open_new
from pe_core.store import Delete, Insert, MetaRow, TrailRow, Update
from pe_core.toolkit.embassy import example_settings
from pe_core.toolkit.invented import Clock
from pe_core.vault import Passphrases, seal

Run = Callable[[Awaitable[Any]], Any]
HOST = Box(0)
MARK = "zubraniatka"


def rows_of(desk: Desk, run: Run) -> list[TrailRow]:
    rows: list[TrailRow] = run(desk.store.select(TrailRow, order="number"))
    return rows


def write_some(desk: Desk, run: Run, number: int) -> None:
    for what in range(number):
        run(trail.record(desk, HOST, Act.SETUP, f"step{what}"))


def is_whole(desk: Desk, run: Run) -> bool:
    verified: watching.Verified = run(watching.verify_trail(desk))
    return verified.unbroken


def test_an_act_and_its_entry_are_one_transaction(
    pe_desk: Desk, pe_staff: Session, pe_run: Run
) -> None:
    before = rows_of(pe_desk, pe_run)
    fits = Insert(MetaRow(key="a", value=b""))
    does_not = Update(MetaRow, ("nothing such",), {"value": b""})

    with pytest.raises(Conflict):
        pe_run(trail.record(pe_desk, pe_staff.box, Act.SETUP, "a", [fits, does_not]))
    refused = rows_of(pe_desk, pe_run)
    pe_run(trail.record(pe_desk, pe_staff.box, Act.SETUP, "a", [fits]))

    assert before == refused
    assert len(before) + 1 == len(rows_of(pe_desk, pe_run))
    assert pe_run(pe_desk.store.get(MetaRow, "a")) is not None
    assert is_whole(pe_desk, pe_run)


def test_acts_in_the_same_moment_all_have_their_entry(
    pe_desk: Desk, pe_staff: Session, pe_run: Run
) -> None:
    before = len(rows_of(pe_desk, pe_run))

    async def all_at_once() -> None:
        await asyncio.gather(
            *(trail.record(pe_desk, pe_staff.box, Act.CHANGED, str(n)) for n in range(20))
        )

    pe_run(all_at_once())
    traces = pe_run(read_trail(pe_desk, pe_staff)).lines
    said = {trace.entry.what for trace in traces if trace.entry.act is Act.CHANGED}

    assert before + 20 == len(rows_of(pe_desk, pe_run))
    assert {str(n) for n in range(20)} == said
    assert is_whole(pe_desk, pe_run)


@pytest.mark.parametrize("which", [2, 3, -1], ids=["early", "middle", "end"])
def test_a_row_that_is_cut_out_is_noticed(
    pe_desk: Desk, pe_staff: Session, pe_run: Run, which: int
) -> None:
    write_some(pe_desk, pe_run, 6)
    whole = is_whole(pe_desk, pe_run)
    number = rows_of(pe_desk, pe_run)[which].number

    pe_run(pe_desk.store.write([Delete(TrailRow, {"number": number})]))

    assert whole
    assert not is_whole(pe_desk, pe_run)


def test_a_row_that_is_changed_is_noticed(pe_desk: Desk, pe_staff: Session, pe_run: Run) -> None:
    write_some(pe_desk, pe_run, 4)
    rows = rows_of(pe_desk, pe_run)

    pe_run(pe_desk.store.write([Update(TrailRow, (2,), {"body": rows[3].body})]))

    assert not is_whole(pe_desk, pe_run)


def test_the_last_row_changed_is_noticed(pe_desk: Desk, pe_staff: Session, pe_run: Run) -> None:
    write_some(pe_desk, pe_run, 4)
    rows = rows_of(pe_desk, pe_run)

    pe_run(pe_desk.store.write([Update(TrailRow, (rows[-1].number,), {"body": rows[0].body})]))

    assert not is_whole(pe_desk, pe_run)


def test_a_row_behind_the_end_is_noticed(pe_desk: Desk, pe_staff: Session, pe_run: Run) -> None:
    write_some(pe_desk, pe_run, 2)
    last = rows_of(pe_desk, pe_run)[-1]
    after = msgspec.structs.replace(last, number=last.number + 1, before=trail.link_after(last))

    pe_run(pe_desk.store.write([Insert(after)]))

    assert not is_whole(pe_desk, pe_run)


def test_a_trail_emptied_while_somebody_is_unlocked_is_noticed(
    pe_desk: Desk, pe_staff: Session, pe_run: Run
) -> None:
    numbers = [row.number for row in rows_of(pe_desk, pe_run)]

    pe_run(pe_desk.store.write([Delete(TrailRow, {"number": number}) for number in numbers]))

    assert not is_whole(pe_desk, pe_run)


def test_what_upkeep_cuts_after_90_days_leaves_a_chain_that_verifies(
    pe_desk: Desk, pe_staff: Session, pe_run: Run, pe_clock: Clock
) -> None:
    write_some(pe_desk, pe_run, 3)
    old = len(rows_of(pe_desk, pe_run))
    pe_clock.move(weeks=7)
    write_some(pe_desk, pe_run, 3)
    pe_clock.move(weeks=KEEP_TRAIL - 6)

    pe_run(pe_desk.store.purge(week_of(pe_desk.now().date())))
    left = rows_of(pe_desk, pe_run)

    assert [old + 1, old + 2, old + 3] == [row.number for row in left]
    assert is_whole(pe_desk, pe_run)
    write_some(pe_desk, pe_run, 1)
    assert is_whole(pe_desk, pe_run)


def test_an_entry_is_kept_13_weeks_and_no_day_less(
    pe_desk: Desk, pe_staff: Session, pe_run: Run
) -> None:
    week = week_of(pe_desk.now().date())
    before = len(rows_of(pe_desk, pe_run))

    pe_run(pe_desk.store.purge(Week(week + KEEP_TRAIL)))
    kept = len(rows_of(pe_desk, pe_run))
    pe_run(pe_desk.store.purge(Week(week + KEEP_TRAIL + 1)))

    assert before == kept
    assert [] == rows_of(pe_desk, pe_run)


def test_what_was_done_is_not_on_disk_in_clear(
    pe_desk: Desk, pe_staff: Session, pe_run: Run, tmp_path: Path
) -> None:
    pe_run(trail.record(pe_desk, pe_staff.box, Act.SETUP, MARK))
    pe_run(pe_desk.store.shred())
    found = [
        path
        for path in tmp_path.rglob("*")
        if path.is_file() and (MARK.encode() in path.read_bytes())
    ]

    assert [] == found
    assert MARK == pe_run(read_trail(pe_desk, pe_staff)).lines[0].entry.what


def test_an_entry_in_another_place_of_the_trail_does_not_open(
    pe_desk: Desk, pe_staff: Session, pe_run: Run
) -> None:
    write_some(pe_desk, pe_run, 2)
    pe_run(read_trail(pe_desk, pe_staff))
    row = rows_of(pe_desk, pe_run)[-1]

    assert trail.read_entry(pe_desk, pe_staff, row) is not None
    moved = msgspec.structs.replace(row, number=row.number + 1)
    assert trail.read_entry(pe_desk, pe_staff, moved) is None


def test_nonsense_that_somebody_sealed_to_the_trail_is_no_entry(
    pe_desk: Desk, pe_staff: Session, pe_run: Run
) -> None:
    from pe_core.desk.epochs import current_epoch

    epoch = pe_run(current_epoch(pe_desk, "trail"))
    pe_run(read_trail(pe_desk, pe_staff))
    row = rows_of(pe_desk, pe_run)[-1]
    body = seal(b"\xc1 nonsense", to=[epoch.public], context=pe_desk.context("trail", "1"))

    assert (
        trail.read_entry(pe_desk, pe_staff, msgspec.structs.replace(row, number=1, body=body))
        is None
    )


def test_before_anybody_joined_there_is_nothing_to_write_an_entry_to(
    pe_run: Run, pe_clock: Clock, tmp_path: Path
) -> None:
    (tmp_path / "new").mkdir()
    _, running = pe_run(
        open_new(
            example_settings(),
            tmp_path / "new",
            now=pe_clock.now,
            passphrases=Passphrases(memory_mib=1),
        )
    )
    store = running.desk.store

    with pytest.raises(NothingToSealTo):
        pe_run(
            trail.record(running.desk, HOST, Act.SETUP, "", [Insert(MetaRow(key="a", value=b""))])
        )

    assert pe_run(store.get(MetaRow, "a")) is None
    assert 0 == pe_run(store.count(TrailRow))
    assert is_whole(running.desk, pe_run)
    running.desk.passphrases.close()
    pe_run(store.close())


def test_the_trail_is_read_a_page_at_a_time(pe_desk: Desk, pe_staff: Session, pe_run: Run) -> None:
    write_some(pe_desk, pe_run, PAGE + 20)
    last = rows_of(pe_desk, pe_run)[-1].number

    first = pe_run(read_trail(pe_desk, pe_staff))
    second = pe_run(read_trail(pe_desk, pe_staff, until=first.older))

    assert list(range(last, last - PAGE, -1)) == [trace.number for trace in first.lines]
    assert last - PAGE == first.older
    assert list(range(last - PAGE, 0, -1)) == [trace.number for trace in second.lines]
    assert 0 == second.older


def test_the_trail_can_be_read_for_one_colleague_or_one_act(
    pe_desk: Desk, pe_staff: Session, pe_run: Run
) -> None:
    write_some(pe_desk, pe_run, 3)
    pe_run(trail.record(pe_desk, pe_staff.box, Act.NOTED, "here"))
    write_some(pe_desk, pe_run, PAGE + 5)

    by_me = pe_run(read_trail(pe_desk, pe_staff, by=pe_staff.box))
    noted = pe_run(read_trail(pe_desk, pe_staff, act=Act.NOTED))
    neither = pe_run(read_trail(pe_desk, pe_staff, by=HOST, act=Act.NOTED))

    assert {pe_staff.box} == {trace.entry.box for trace in by_me.lines}
    assert ["here"] == [trace.entry.what for trace in noted.lines]
    assert () == neither.lines
    assert 0 == noted.older
