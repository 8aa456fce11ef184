"""Connections to the one file, prepared so that nothing erased stays behind."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pe_core.errors import Conflict, StoreError

FILE_NAME = "instance.sqlite"

_WRITER_PRAGMAS = (
    # A truncating checkpoint waits for readers, and whoever else holds the file is a stranger:
    # askers wait behind both, so it is soon said that it does not go.
    "busy_timeout = 5000",
    "trusted_schema = OFF",
    "foreign_keys = OFF",
    "secure_delete = ON",
    "temp_store = MEMORY",
    "synchronous = FULL",
    "journal_size_limit = 4194304",
    "wal_autocheckpoint = 4000",
)
_READER_PRAGMAS = ("trusted_schema = OFF", "temp_store = MEMORY", "query_only = ON")

_SINGLE = {
    sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY,
    sqlite3.SQLITE_CONSTRAINT_ROWID,
    sqlite3.SQLITE_CONSTRAINT_UNIQUE,
}
_DAMAGE = (
    "the database is damaged: stop the instance, keep the file, and bring back the last "
    "backup, by hand if this version has no `pe restore`"
)
_TEXTS = {
    sqlite3.SQLITE_CORRUPT: _DAMAGE,
    sqlite3.SQLITE_NOTADB: _DAMAGE,
    sqlite3.SQLITE_FULL: "the disk is full, nothing was written: make room and try again",
    sqlite3.SQLITE_BUSY: (
        "another program holds the database, nothing was written: close that program"
    ),
    sqlite3.SQLITE_READONLY: "the disk or the database cannot be written to: mount it for writing",
    sqlite3.SQLITE_IOERR: "the disk failed: look at its room, its health and the system's log",
    sqlite3.SQLITE_CANTOPEN: "the database cannot be opened: look at the data folder and the disk",
}
"""What to do, by the primary code of SQLite (https://sqlite.org/rescode.html)."""


def make_folder(directory: Path) -> Path:
    """Make the data folder (0700) and its database file (0600), whatever the umask is.

    SQLite gives its log files the mode of the database file. Returns the file's path.
    """
    path = directory / FILE_NAME
    try:
        directory.mkdir(parents=True, exist_ok=True)
        directory.chmod(0o700)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.fchmod(descriptor, 0o600)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise StoreError(f"cannot use {path}: {error.strerror}") from None
    return path


def connect_writer(path: Path) -> sqlite3.Connection:
    """Return the one connection that may write; the caller hands it to the writer's thread."""
    connection = sqlite3.connect(
        path, isolation_level=None, check_same_thread=False, cached_statements=256
    )
    try:
        for pragma in _WRITER_PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
    except BaseException:
        connection.close()
        raise
    return connection


def connect_reader(path: Path, *, waits: bool = True) -> sqlite3.Connection:
    """Return a connection that cannot write; one thread at a time may use it.

    One that never waits says at once that somebody else holds the database.
    """
    connection = sqlite3.connect(
        f"{path.resolve().as_uri()}?mode=ro",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=256,
        timeout=5.0 if waits else 0.0,
    )
    try:
        for pragma in _READER_PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Do all of the block or nothing; it is safe on disk when the block is left."""
    roll_back(connection)
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        roll_back(connection)
        raise


def roll_back(connection: sqlite3.Connection) -> None:
    """End a transaction that is still open; a full disk may have ended it already."""
    if connection.in_transaction:
        connection.execute("ROLLBACK")


def check_pages(connection: sqlite3.Connection) -> None:
    """Read every page once; StoreError if one is damaged. It takes a second for 2 GB in memory."""
    (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if found != "ok":
        raise StoreError(f"{_DAMAGE} (quick_check)")


def checkpoint(
    connection: sqlite3.Connection,
    busy_text: str = "what was erased is still in the database's log, for another program reads "
    "it: close that program and run `pe upkeep`",
) -> None:
    """Move the log into the database and cut it to nothing; the writer alone may do this."""
    (busy, _, _) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy:
        raise StoreError(busy_text)


def store_error(error: Exception) -> StoreError:
    """Translate what went wrong; the texts hold no values, and sqlite3's own are left out."""
    if isinstance(error, StoreError):
        return error
    if not isinstance(error, sqlite3.Error):
        return StoreError(f"a change cannot be stored ({type(error).__name__})")
    code: int = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    name: str = getattr(error, "sqlite_errorname", type(error).__name__)
    if code in _SINGLE:
        return Conflict("a row with this key is there already")
    text = _TEXTS.get(code & 0xFF, "the database could not be read or written; see `pe doctor`")
    return StoreError(f"{text} ({name})")
