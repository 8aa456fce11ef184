"""The store on SQLite: reads on connections of their own, writes through the writer.

One row by its key, or the first by an index, is read on the loop itself, because a thread costs
five times as much as the row; whatever may take longer is read by threads. See
docs/decisions/0019.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import Any, TypeVar

from pe_core.errors import StoreError
from pe_core.model.week import Week
from pe_core.store.changes import Change, Tell
from pe_core.store.protocol import R
from pe_core.store.rows import Row
from pe_core.store.sqlite.connection import (
    FILE_NAME,
    check_pages,
    checkpoint,
    connect_reader,
    connect_writer,
    make_folder,
    store_error,
)
from pe_core.store.sqlite.migrations import migrate, pending_steps
from pe_core.store.sqlite.purge import Purged, purge
from pe_core.store.sqlite.statements import (
    Statement,
    count_statement,
    get_statement,
    select_statement,
    write_statement,
)
from pe_core.store.sqlite.writer import Writer
from pe_core.store.tables import table_of

T = TypeVar("T")

READERS = 2
_EVERYTHING: Mapping[str, Any] = {}


class Readers:
    """Read-only connections, one for the loop and one for each thread; all is committed."""

    def __init__(
        self, at_hand: sqlite3.Connection, connections: Sequence[sqlite3.Connection]
    ) -> None:
        """Read through these connections; the one ``at_hand`` never waits."""
        self._at_hand = at_hand
        self._connections = connections
        self._idle: SimpleQueue[sqlite3.Connection] = SimpleQueue()
        for connection in connections:
            self._idle.put(connection)
        self._threads = ThreadPoolExecutor(len(connections), thread_name_prefix="pe-store-reader")
        self._closed = False

    async def look(self, statement: Statement, make: Callable[[list[tuple[Any, ...]]], T]) -> T:
        """Run a query that is quick, on the loop; where it had to wait, away from it."""
        if self._closed:
            raise StoreError("the store is closed")
        try:
            return make(self._at_hand.execute(statement.sql, statement.values).fetchall())
        except (sqlite3.Error, OverflowError, UnicodeError) as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF != sqlite3.SQLITE_BUSY:
                raise store_error(error) from None
        return await self.read(statement, make)

    async def read(self, statement: Statement, make: Callable[[list[tuple[Any, ...]]], T]) -> T:
        """Run a query, and make something of its rows, away from the loop."""
        if self._closed:
            raise StoreError("the store is closed")
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._read, statement, make)

    def _read(self, statement: Statement, make: Callable[[list[tuple[Any, ...]]], T]) -> T:
        connection = self._idle.get()
        try:
            return make(connection.execute(statement.sql, statement.values).fetchall())
        except (sqlite3.Error, OverflowError, UnicodeError) as error:
            raise store_error(error) from None
        finally:
            self._idle.put(connection)

    def close(self) -> None:
        """Wait for what is being read, and close the connections."""
        self._closed = True
        self._threads.shutdown()
        for connection in (self._at_hand, *self._connections):
            connection.close()


class SqliteStore:
    """The embedded engine; see ``pe_core.store.protocol.Store`` for what each method promises."""

    def __init__(self, writer: sqlite3.Connection, readers: Readers) -> None:
        """Take over prepared connections, on the running loop."""
        self.writer = Writer(writer, self._written)
        self.readers = readers
        self._wake: Callable[[], None] | None = None
        self._note: Callable[[Sequence[Change]], None] | None = None

    async def write(self, changes: Sequence[Change]) -> None:
        """Carry out all changes in one transaction."""
        if not changes:
            return
        statements = [write_statement(change) for change in changes]
        await self.writer.write(statements, changes)

    async def get(self, table: type[R], *key: str | int | bytes) -> R | None:
        """Return one row."""
        read = self.readers.read if table_of(table).large else self.readers.look
        rows = await read(get_statement(table, key), partial(_rows, table))
        return rows[0] if rows else None

    async def select(
        self,
        table: type[R],
        where: Mapping[str, Any] = _EVERYTHING,
        *,
        order: str = "",
        limit: int | None = None,
    ) -> list[R]:
        """Return rows."""
        statement = select_statement(table, table.__struct_fields__, where, order, limit)
        return await self.readers.read(statement, partial(_rows, table))

    async def pick(
        self,
        table: type[Row],
        columns: Sequence[str],
        where: Mapping[str, Any] = _EVERYTHING,
        *,
        order: str = "",
        limit: int | None = None,
    ) -> list[tuple[Any, ...]]:
        """Return some columns of rows; where it is one row, an index must find it."""
        read = self.readers.look if limit == 1 else self.readers.read
        return await read(select_statement(table, columns, where, order, limit), list)

    async def count(self, table: type[Row], where: Mapping[str, Any] = _EVERYTHING) -> int:
        """Count rows."""
        return await self.readers.read(count_statement(table, where), _number)

    async def purge(self, week: Week) -> dict[str, int]:
        """Erase what has reached its end."""
        purged: Purged = await self.writer.act(partial(purge, week=week))
        self._written(purged.changes)
        return purged.rows

    async def shred(self) -> None:
        """Cut the log to nothing."""
        await self.writer.act(checkpoint)

    def on_tell(self, wake: Callable[[], None]) -> None:
        """Call this after each commit with events."""
        self._wake = wake

    def on_write(self, note: Callable[[Sequence[Change]], None]) -> None:
        """Call this after each commit."""
        self._note = note

    async def close(self) -> None:
        """Close the readers first: the last connection to close empties the log."""
        self.readers.close()
        await self.writer.close()

    def _written(self, changes: Sequence[Change]) -> None:
        if self._note is not None:
            self._note(changes)
        if self._wake is not None and any(isinstance(change, Tell) for change in changes):
            self._wake()


def pending_in(directory: Path) -> list[str]:
    """Return the migrations that a data folder's database lacks; it is only looked at.

    Raises StoreError if there is none, if one of its pages is damaged, or if it is newer.
    """
    path = directory / FILE_NAME
    try:
        if not path.is_file():
            raise StoreError("there is no database; run `pe init` first")
        if path.stat().st_size == 0:
            raise StoreError(
                f"{path} is empty: bring back the last backup; only where there never was an "
                "embassy, remove the file and run `pe init`"
            )
        with closing(connect_reader(path)) as connection:
            pending = pending_steps(connection)
            check_pages(connection)
            return pending
    except OSError as error:
        raise StoreError(f"cannot use {path}: {error.strerror}") from None
    except sqlite3.Error as error:
        raise store_error(error) from None


async def read_sqlite(directory: Path) -> SqliteStore:
    """Open ``instance.sqlite`` so that nothing can be written, beside a process that may write."""
    path = directory / FILE_NAME
    opened: list[sqlite3.Connection] = []
    try:
        opened.append(connect_reader(path))
        return SqliteStore(opened[0], _connect_readers(path, opened))
    except sqlite3.Error as error:
        for connection in opened:
            connection.close()
        raise store_error(error) from None


async def open_sqlite(directory: Path) -> SqliteStore:
    """Open ``instance.sqlite`` in the data folder, making or upgrading it if need be."""
    writer, readers = await asyncio.to_thread(_connect, directory)
    return SqliteStore(writer, readers)


def _connect_readers(path: Path, opened: list[sqlite3.Connection]) -> Readers:
    """Return readers of a database; each connection is noted in ``opened`` as well."""
    at_hand = connect_reader(path, waits=False)
    opened.append(at_hand)
    connections = []
    for _ in range(READERS):
        connections.append(connect_reader(path))
        opened.append(connections[-1])
    return Readers(at_hand, connections)


def _connect(directory: Path) -> tuple[sqlite3.Connection, Readers]:
    path = make_folder(directory)
    opened: list[sqlite3.Connection] = []
    try:
        opened.append(connect_writer(path))
        _prepare(opened[0])
        return opened[0], _connect_readers(path, opened)
    except Exception as error:
        for connection in opened:
            connection.close()
        raise store_error(error) from None


def _prepare(connection: sqlite3.Connection) -> None:
    migrate(connection)
    (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
    if mode != "wal":
        raise StoreError("the data folder must lie on a local disk, not on a network share")
    # A crash may have left erased rows in the log.
    checkpoint(connection, "another program holds the database: close that program and start anew")


def _rows(table: type[R], found: list[tuple[Any, ...]]) -> list[R]:
    columns = table.__struct_fields__
    return [table(**dict(zip(columns, values, strict=True))) for values in found]


def _number(found: list[tuple[Any, ...]]) -> int:
    number: int = found[0][0]
    return number
