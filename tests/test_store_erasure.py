"""What is erased is in no file of the SQLite engine any more."""

import sqlite3
from pathlib import Path

import pytest

from pe_core.errors import StoreError
from pe_core.model.week import Week
from pe_core.store import (
    Delete,
    EpochRow,
    GrantRow,
    Insert,
    MetaRow,
    RequestRow,
    Update,
)
from pe_core.store.sqlite import SqliteStore
from storing import WEEK, bytes_on_disk, meta, on_store, request_row


@pytest.mark.parametrize("size", [40, 700, 2500, 70_000])
def test_what_purge_erased_is_in_no_file(tmp_path: Path, size: int) -> None:
    gone, kept = b"MARKER-GONE.", b"MARKER-KEPT."

    async def act(store: SqliteStore) -> tuple[int, int]:
        week = WEEK + 1
        for start in range(0, 120, 20):
            rows = [
                request_row(
                    f"{n * 7919 % 120:03d} of many",
                    (gone if n % 5 == 0 else kept) * (size // 12),
                    WEEK if n % 5 == 0 else week,
                )
                for n in range(start, start + 20)
            ]
            await store.write([Insert(row) for row in rows])
        ended = EpochRow(id="e", compartment="c", week=1, ends=WEEK, public=gone, serial=1)
        await store.write([Insert(ended), Insert(GrantRow(epoch="e", box=1, body=gone * 99))])
        before = bytes_on_disk(tmp_path).count(gone)
        await store.purge(Week(week))
        return before, bytes_on_disk(tmp_path).count(kept)

    before, still_kept = on_store(tmp_path, act)

    assert before > 0
    assert still_kept > 0
    assert bytes_on_disk(tmp_path).count(gone) == 0


def test_what_purge_erased_is_gone_while_the_store_is_open(tmp_path: Path) -> None:
    marker = b"MARKER-GONE."

    async def act(store: SqliteStore) -> tuple[int, int]:
        await store.write([Insert(request_row("r", marker * 500))])
        before = bytes_on_disk(tmp_path).count(marker)
        await store.purge(Week(WEEK + 1))
        return before, bytes_on_disk(tmp_path).count(marker)

    before, after = on_store(tmp_path, act)

    assert (before > 0, after) == (True, 0)


def test_keys_are_dead_even_if_the_rows_cannot_be_erased(tmp_path: Path) -> None:
    marker = b"MARKER-GONE."

    async def act(store: SqliteStore) -> tuple[int, int, int, int]:
        ended = EpochRow(id="e", compartment="c", week=1, ends=WEEK, public=b"", serial=1)
        grant = GrantRow(epoch="e", box=1, body=marker * 99)
        await store.write([Insert(ended), Insert(grant), Insert(request_row("r"))])
        store.writer.connection.execute(
            "CREATE TEMP TRIGGER broken BEFORE DELETE ON requests "
            "BEGIN SELECT RAISE(ABORT, 'broken'); END"
        )
        with pytest.raises(StoreError):
            await store.purge(Week(WEEK + 1))
        epochs, grants = await store.count(EpochRow), await store.count(GrantRow)
        return epochs, grants, await store.count(RequestRow), bytes_on_disk(tmp_path).count(marker)

    assert (0, 0, 1, 0) == on_store(tmp_path, act)


def test_a_replaced_and_a_deleted_body_are_gone_after_shredding(tmp_path: Path) -> None:
    marker = b"MARKER-GONE."

    async def act(store: SqliteStore) -> int:
        await store.write([meta("replaced", marker * 500), meta("deleted", marker * 20)])
        await store.write(
            [
                Update(MetaRow, ("replaced",), {"value": b"x" * 6000}),
                Delete(MetaRow, {"key": "deleted"}),
            ]
        )
        await store.shred()
        return bytes_on_disk(tmp_path).count(marker)

    assert on_store(tmp_path, act) == 0


def test_shredding_says_if_another_program_keeps_the_log(tmp_path: Path) -> None:
    async def act(store: SqliteStore) -> str:
        await store.write([meta("k")])
        other = sqlite3.connect(tmp_path / "instance.sqlite", isolation_level=None)
        other.execute("BEGIN")
        other.execute("SELECT * FROM meta").fetchall()
        store.writer.connection.execute("PRAGMA busy_timeout = 0")
        try:
            await store.write([meta("l")])
            with pytest.raises(StoreError) as caught:
                await store.shred()
        finally:
            other.close()
        return str(caught.value)

    assert "close that program" in on_store(tmp_path, act)
