"""What is particular to the SQLite engine: files, group commit, damage, versions."""

import asyncio
import os
import sqlite3
import stat
import threading
from pathlib import Path
from typing import Any

import pytest

from pe_core.errors import Conflict, StoreError
from pe_core.store import (
    TABLES,
    Add,
    CountRow,
    FileRow,
    MessageRow,
    MetaRow,
    ReferralRow,
    Table,
    Update,
)
from pe_core.store.sqlite import SqliteStore, open_sqlite
from pe_core.store.sqlite.connection import connect_reader
from pe_core.store.sqlite.engine import Readers
from pe_core.store.sqlite.statements import Statement
from storing import bytes_on_disk, meta, on_store, trace

# The schema and the files


def columns_of(database: sqlite3.Connection, table: Table) -> dict[str, tuple[str, bool, int]]:
    found = database.execute(f"PRAGMA table_info({table.name})")
    return {name: (kind, bool(filled), key) for _, name, kind, filled, _, key in found}


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_the_migrations_build_what_tables_declares(tmp_path: Path, table: Table) -> None:
    async def act(store: SqliteStore) -> tuple[Any, ...]:
        database = store.writer.connection
        (sql,) = database.execute(
            "SELECT sql FROM sqlite_schema WHERE name = ?", (table.name,)
        ).fetchone()
        made = [
            (
                tuple(column for _, _, column in database.execute(f"PRAGMA index_info({name})")),
                alone,
            )
            for _, name, alone, origin, _ in database.execute(f"PRAGMA index_list({table.name})")
            if origin == "c"
        ]
        return columns_of(database, table), sql, sorted(made)

    columns, sql, indexes = on_store(tmp_path, act)
    kinds = {str: "TEXT", int: "INTEGER", bytes: "BLOB"}
    expected: dict[str, tuple[str, bool, int]] = {}
    for name, hint in table.row.__annotations__.items():
        optional = not isinstance(hint, type)
        kind = hint.__args__[0] if optional else hint
        place = table.key.index(name) + 1 if name in table.key else 0
        filled = (not optional and not table.numbered) or (table.numbered and not place)
        expected[name] = (kinds[kind], filled, place)
    declared = [(index, 0) for index in table.indexes] + [(index, 1) for index in table.unique]

    assert expected == columns
    assert sorted(declared) == indexes
    assert table.numbered is not ("WITHOUT ROWID" in sql)
    assert "STRICT" in sql
    assert table.numbered is ("AUTOINCREMENT" in sql)


def test_a_parent_stands_before_what_follows_it() -> None:
    rows = [table.row for table in TABLES]
    followers = [table for table in TABLES if table.follows]

    assert followers
    assert all(
        rows.index(table.follows[0]) < rows.index(table.row) for table in followers if table.follows
    )


@pytest.mark.parametrize("umask", [0o000, 0o777 & ~0o700, 0o277])
def test_folder_and_files_are_ours_alone_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    directory = tmp_path / "new" if umask == 0 else tmp_path

    async def act(store: SqliteStore) -> dict[str, int]:
        await store.write([meta("k")])
        files = (directory, *directory.iterdir())
        return {path.name: stat.S_IMODE(path.stat().st_mode) for path in files}

    before = os.umask(umask)
    try:
        modes = on_store(directory, act)
    finally:
        os.umask(before)
    names = ("instance.sqlite", "instance.sqlite-wal", "instance.sqlite-shm")

    assert {directory.name: 0o700, **dict.fromkeys(names, 0o600)} == modes


def test_the_writer_is_set_to_lose_and_to_leave_nothing(tmp_path: Path) -> None:
    async def act(store: SqliteStore) -> dict[str, Any]:
        names = ("journal_mode", "synchronous", "secure_delete", "temp_store", "trusted_schema")
        run = store.writer.connection.execute
        return {name: run(f"PRAGMA {name}").fetchone()[0] for name in names}

    expected = {
        "journal_mode": "wal",
        "synchronous": 2,
        "secure_delete": 1,
        "temp_store": 2,
        "trusted_schema": 0,
    }

    assert expected == on_store(tmp_path, act)


def test_the_readers_cannot_write(tmp_path: Path) -> None:
    async def act(store: SqliteStore) -> list[str]:
        refused = []
        for _ in range(2):
            connection = store.readers._idle.get()
            with pytest.raises(sqlite3.OperationalError) as caught:
                connection.execute("DELETE FROM meta")
            refused.append(caught.value.sqlite_errorname)
            store.readers._idle.put(connection)
        return refused

    assert ["SQLITE_READONLY"] * 2 == on_store(tmp_path, act)


def test_closing_leaves_one_file_and_opening_again_finds_the_rows(tmp_path: Path) -> None:
    on_store(tmp_path, lambda store: store.write([meta("k", b"v")]))
    left = [path.name for path in tmp_path.iterdir()]

    async def act(store: SqliteStore) -> MetaRow | None:
        return await store.get(MetaRow, "k")

    assert ["instance.sqlite"] == left
    assert MetaRow(key="k", value=b"v") == on_store(tmp_path, act)


@pytest.mark.parametrize(
    "sql",
    [
        'SELECT * FROM "requests" WHERE "id" IS ?',
        'SELECT * FROM "requests" WHERE "locator" IS ?',
        'SELECT * FROM "requests" WHERE "id" IN (SELECT value FROM json_each(?))',
        'SELECT * FROM "messages" WHERE "request" IS ?',
        'SELECT * FROM "grants" WHERE "box" IS ?',
        'SELECT * FROM "outbox" WHERE "due" <= ?',
        'SELECT "number" FROM "incoming" WHERE "peer" IS ? AND "thread" IS ? '
        'ORDER BY "number" DESC LIMIT ?',
    ],
)
def test_these_conditions_search_and_do_not_scan(tmp_path: Path, sql: str) -> None:
    async def act(store: SqliteStore) -> list[str]:
        values = (1,) * sql.count("?")
        plan = store.writer.connection.execute(f"EXPLAIN QUERY PLAN {sql}", values)
        return [detail for *_, detail in plan if not detail.startswith("SCAN json_each")]

    plan = on_store(tmp_path, act)

    assert any(detail.startswith("SEARCH") for detail in plan)
    assert not any(detail.startswith(("SCAN", "USE TEMP")) for detail in plan)


# Group commit


def test_the_jobs_of_one_tick_are_one_transaction(tmp_path: Path) -> None:
    async def act(store: SqliteStore) -> tuple[list[str], int]:
        seen = trace(store)
        await asyncio.gather(*(store.write([meta(str(n))]) for n in range(64)))
        return [sql for sql in seen if not sql.startswith("INSERT")], len(seen)

    assert (["BEGIN IMMEDIATE", "COMMIT"], 66) == on_store(tmp_path, act)


def test_what_comes_while_the_writer_is_at_work_collects_for_the_next_batch(tmp_path: Path) -> None:
    async def act(store: SqliteStore) -> tuple[int, int]:
        seen = trace(store)
        gate = threading.Event()
        at_work = asyncio.create_task(store.writer.act(lambda _: gate.wait()))
        await asyncio.sleep(0)
        writing = []
        for n in range(40):
            writing.append(asyncio.create_task(store.write([meta(str(n))])))
            await asyncio.sleep(0)
        before = seen.count("COMMIT")
        gate.set()
        await asyncio.gather(at_work, *writing)
        return before, seen.count("COMMIT")

    assert (0, 1) == on_store(tmp_path, act)


def test_a_conflict_fails_alone_among_its_neighbours(tmp_path: Path) -> None:
    async def act(store: SqliteStore) -> tuple[list[type | None], set[str], int]:
        await store.write([meta("there")])
        seen = trace(store)
        jobs = [
            [meta("a"), Add(CountRow, (1,), "number")],
            [meta("half"), meta("there")],
            [meta("b"), Add(CountRow, (1,), "number")],
            [Update(MetaRow, ("b",), {"value": b"seen"}, expect={"value": b""})],
            [meta("half, too"), Update(MetaRow, ("nobody",), {"value": b""})],
            [meta("wrong"), Update(MetaRow, ("a",), {"value": None})],
        ]
        results = await asyncio.gather(*map(store.write, jobs), return_exceptions=True)
        names = {name for (name,) in await store.pick(MetaRow, ("key",))}
        assert await store.get(CountRow, 1) == CountRow(week=1, number=2)
        assert await store.get(MetaRow, "b") == MetaRow(key="b", value=b"seen")
        return [type(result) for result in results if result], names, seen.count("COMMIT")

    expected = ([Conflict, Conflict, StoreError], {"there", "a", "b"}, 1)

    assert expected == on_store(tmp_path, act)


def test_a_full_disk_reaches_every_job_and_the_writer_lives_on(tmp_path: Path) -> None:
    async def act(store: SqliteStore) -> tuple[list[str], int]:
        pages = store.writer.connection.execute("PRAGMA page_count").fetchone()[0]
        store.writer.connection.execute(f"PRAGMA max_page_count = {pages + 3}")
        jobs = [[meta("small")], [meta("large", bytes(10**6))], [meta("small, too")]]
        results = await asyncio.gather(*map(store.write, jobs), return_exceptions=True)
        store.writer.connection.execute("PRAGMA max_page_count = 1000000")
        assert await store.count(MetaRow) == 0
        await asyncio.gather(*map(store.write, jobs))
        texts = [str(result) for result in results if type(result) is StoreError]
        return texts, await store.count(MetaRow)

    texts, rows = on_store(tmp_path, act)

    assert len(texts) == 3
    assert all("disk is full" in text for text in texts)
    assert rows == 3


def test_readers_do_not_see_a_transaction_that_is_not_committed(tmp_path: Path) -> None:
    async def act(store: SqliteStore) -> tuple[int, int]:
        await store.write([meta("first")])
        connection = store.writer.connection  # idle now: nothing else is waiting
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO meta VALUES ('second', x'')")
        before = await store.count(MetaRow)
        connection.execute("COMMIT")
        return before, await store.count(MetaRow)

    assert (1, 2) == on_store(tmp_path, act)


def test_one_row_by_its_key_needs_no_thread_and_a_file_does(tmp_path: Path) -> None:
    async def act(store: SqliteStore) -> list[int]:
        await store.write([meta("a", b"1")])
        seen = []
        for table in (MetaRow, FileRow):
            before = threading.active_count()
            await store.get(table, "a")
            seen.append(threading.active_count() - before)
        return seen

    assert [0, 1] == on_store(tmp_path, act)


def test_a_row_that_somebody_holds_is_waited_for_away_from_the_loop(tmp_path: Path) -> None:
    path = tmp_path / "held.sqlite"
    holder = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    holder.execute("CREATE TABLE told (word TEXT)")
    holder.execute("INSERT INTO told VALUES ('here')")
    readers = Readers(connect_reader(path, waits=False), [connect_reader(path)])
    holder.execute("BEGIN EXCLUSIVE")

    async def act() -> list[Any]:
        looking = asyncio.create_task(readers.look(Statement("SELECT word FROM told", ()), list))
        # Were the loop held up, nobody would come to let go.
        await asyncio.sleep(0.1)
        assert not looking.done()
        holder.execute("COMMIT")
        return await looking

    try:
        assert [("here",)] == asyncio.run(act())
    finally:
        readers.close()
        holder.close()


def test_shredding_asked_for_by_many_is_done_once(tmp_path: Path) -> None:
    async def act(store: SqliteStore) -> int:
        seen = trace(store)
        await asyncio.gather(*(store.shred() for _ in range(20)))
        return sum("wal_checkpoint" in sql for sql in seen)

    assert on_store(tmp_path, act) == 1


def test_a_loop_closed_without_closing_the_store_does_not_hang(tmp_path: Path) -> None:
    async def whole() -> SqliteStore:
        store = await open_sqlite(tmp_path)
        await store.write([meta("k")])
        store.writer._hand_over()
        return store

    store = asyncio.run(whole())
    store.writer._handed.put([])
    store.writer._thread.join()
    store.readers.close()

    assert not store.writer._thread.is_alive()


# Damage, and other versions


def test_a_file_that_is_no_database_is_refused_with_the_mend(tmp_path: Path) -> None:
    (tmp_path / "instance.sqlite").write_bytes(b"not a database at all" * 500)
    with pytest.raises(StoreError) as caught:
        on_store(tmp_path, lambda store: store.count(MetaRow))

    assert "pe restore" in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_a_damaged_page_is_a_store_error_with_the_mend(tmp_path: Path) -> None:
    on_store(tmp_path, lambda store: store.write([meta(str(n), bytes(900)) for n in range(99)]))
    path = tmp_path / "instance.sqlite"
    database = sqlite3.connect(path)
    (page,) = database.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'meta'").fetchone()
    database.close()
    with path.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xaa" * 4096)

    async def act(store: SqliteStore) -> tuple[str, str]:
        with pytest.raises(StoreError) as read:
            await store.select(MetaRow)
        with pytest.raises(StoreError) as written:
            await store.write([meta("new")])
        return str(read.value), str(written.value)

    assert all("pe restore" in text for text in on_store(tmp_path, act))


def test_a_database_of_a_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    on_store(tmp_path, lambda store: store.write([meta("k")]))
    database = sqlite3.connect(tmp_path / "instance.sqlite")
    with database:
        database.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) "
            "VALUES ('pe_core', '9999_later', '2031-01-01')"
        )
    database.close()
    before = bytes_on_disk(tmp_path)
    with pytest.raises(StoreError) as caught:
        on_store(tmp_path, lambda store: store.count(MetaRow))

    assert "9999_later" in str(caught.value)
    assert "newer" in str(caught.value)
    assert before == bytes_on_disk(tmp_path)


def test_a_folder_that_cannot_be_made_is_a_store_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreError) as caught:
        on_store(tmp_path / "file" / "data", lambda store: store.count(MetaRow))

    assert "cannot use" in str(caught.value)


def test_migrations_leave_no_time_finer_than_a_day(tmp_path: Path) -> None:
    async def act(store: SqliteStore) -> list[int]:
        found = store.writer.connection.execute("SELECT length(applied_at) FROM _sqlite_migrations")
        return [length for (length,) in found]

    lengths = on_store(tmp_path, act)

    assert lengths
    assert {len("2026-11-24")} == set(lengths)


def test_two_entries_with_one_place_in_a_thread_are_put_in_order(tmp_path: Path) -> None:
    on_store(tmp_path, lambda store: store.count(MetaRow))
    database = sqlite3.connect(tmp_path / "instance.sqlite")
    with database:
        database.execute("DELETE FROM _sqlite_migrations WHERE name = '0003_one_place_each'")
        database.execute("DROP INDEX outbox_event")
        for table in ("messages", "replies"):
            database.execute(f"DROP INDEX {table}_request_number")
            database.execute(f"CREATE INDEX {table}_request_number ON {table} (request, number)")
        twice = ("e", "t", 0), ("f", "t", 0), ("g", "t", 1), ("h", "t", 1), ("i", "t", 2)
        once = ("a", "r", 1), ("b", "r", 2), ("c", "r", 2), ("d", "s", 4)
        for name, request, number in (*once, *twice):
            columns = "id, request, number, epoch, bucket, body"
            sql = f"INSERT INTO messages ({columns}) VALUES (?, ?, ?, 'e', 1, x'00')"  # noqa: S608
            database.execute(sql, (name, request, number))
    database.close()

    async def act(store: SqliteStore) -> list[tuple[str, int]]:
        return sorted(await store.pick(MessageRow, ("id", "number")))

    in_order = [("e", 1), ("f", 2), ("g", 3), ("h", 4), ("i", 5)]
    assert [("a", 1), ("b", 2), ("c", 3), ("d", 4), *in_order] == on_store(tmp_path, act)


def test_a_conversation_about_a_request_of_ours_is_known_as_begun_here(tmp_path: Path) -> None:
    rows = (
        ("asked", "r1", "waiting"),
        ("handed on", "r2", "taken"),
        ("made of it", "r3", "taken"),
        ("about nobody", "", "waiting"),
    )
    on_store(tmp_path, lambda store: store.count(MetaRow))
    database = sqlite3.connect(tmp_path / "instance.sqlite")
    with database:
        database.execute("DELETE FROM _sqlite_migrations WHERE name = '0007_whose_conversation'")
        database.execute("ALTER TABLE referrals DROP COLUMN ours")
        database.executemany(
            """INSERT INTO requests (id, locator, state, week, keep_until, epoch, bucket, revision,
            body) VALUES (?, ?, ?, 1, 1, 'e', 1, 1, x'00')""",
            [("r1", b"1", "active"), ("r2", b"2", "transferred"), ("r3", b"3", "active")],
        )
        database.executemany(
            """INSERT INTO referrals (id, peer, request, state, due, keep_until, epoch, revision,
            erased, body) VALUES (?, 'yy', ?, ?, 0, 1, 'e', 0, 0, x'00')""",
            rows,
        )
    database.close()

    async def act(store: SqliteStore) -> dict[str, int]:
        return dict(await store.pick(ReferralRow, ("id", "ours")))

    expected = {"asked": 1, "handed on": 1, "made of it": 0, "about nobody": 0}
    assert expected == on_store(tmp_path, act)
