"""The one writer: a thread that commits whatever has come meanwhile as one transaction.

A commit costs a wait for the disk whether it holds one row or a thousand. So the jobs of one
loop tick are handed over as one list, and those that come while it is written wait for the
next one (measured: 25,000 durable rows a second against 3,000 one by one). No second
connection may write or checkpoint: SQLite before 3.51.3 can lose a log that two of them reset.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from threading import Thread
from typing import Any, NamedTuple, TypeAlias

from pe_core.errors import Conflict, StoreError
from pe_core.store.changes import Change
from pe_core.store.sqlite.connection import store_error, transaction
from pe_core.store.sqlite.statements import Statement


class Write(NamedTuple):
    """Statements that belong together, what they change, and the future of who waits for them."""

    statements: Sequence[Statement]
    changes: Sequence[Change]
    done: "asyncio.Future[Any]"


class Act(NamedTuple):
    """Something that needs the connection for itself; the same act asked twice is done once."""

    act: Callable[[sqlite3.Connection], Any]
    done: "asyncio.Future[Any]"


Job: TypeAlias = Write | Act
Outcome: TypeAlias = tuple[Job, Any]
"""A job and its result, or the exception that it gets."""

# Faults of one job; all others (a full disk, a broken one) strike whoever is in the batch.
_OWN_FAULTS = (
    Conflict,
    sqlite3.IntegrityError,
    sqlite3.DataError,
    sqlite3.InterfaceError,
    sqlite3.ProgrammingError,
    OverflowError,
    UnicodeError,
)


class Writer:
    """Takes jobs on the event loop, does them in its thread, answers on the loop."""

    def __init__(
        self, connection: sqlite3.Connection, written: Callable[[Sequence[Change]], None]
    ) -> None:
        """Start the thread; ``written`` is called on the loop with what a commit changed."""
        self.connection = connection
        self._written = written
        self._loop = asyncio.get_running_loop()
        self._waiting: list[Job] = []
        self._at_work = False
        self._closed = False
        self._handed: SimpleQueue[list[Job] | None] = SimpleQueue()
        self._thread = Thread(target=self._work, name="pe-store-writer", daemon=True)
        self._thread.start()

    async def write(self, statements: Sequence[Statement], changes: Sequence[Change]) -> None:
        """Carry out all statements or none; return when they are on disk."""
        self._refuse_if_closed()
        done = self._loop.create_future()
        self._take(Write(statements, changes, done))
        await done

    async def act(self, act: Callable[[sqlite3.Connection], Any]) -> Any:
        """Run a function on the connection, between two transactions; return its result."""
        self._refuse_if_closed()
        done = self._loop.create_future()
        self._take(Act(act, done))
        return await done

    async def close(self) -> None:
        """Finish all jobs, take no more, and close the connection."""
        if self._closed:
            return
        self._closed = True
        done = self._loop.create_future()
        self._take(Act(_nothing, done))
        await done
        self._handed.put(None)
        self._thread.join()

    def _refuse_if_closed(self) -> None:
        if self._closed:
            raise StoreError("the store is closed")

    def _take(self, job: Job) -> None:
        self._waiting.append(job)
        if not self._at_work:
            self._at_work = True
            # At the next tick, so that whoever else runs in this one comes along.
            self._loop.call_soon(self._hand_over)

    def _hand_over(self) -> None:
        self._handed.put(self._waiting)
        self._waiting = []

    def _answer(self, outcomes: list[Outcome]) -> None:
        self._at_work = bool(self._waiting)
        if self._waiting:
            self._hand_over()
        written: list[Change] = []
        for job, outcome in outcomes:
            failed = isinstance(outcome, Exception)
            if isinstance(job, Write) and not failed:
                written += job.changes  # also those whose task was cancelled meanwhile
            if job.done.done():  # its task was cancelled, and waits no more
                continue
            if failed:
                job.done.set_exception(outcome)
            else:
                job.done.set_result(outcome)
        if written:
            self._written(written)

    def _work(self) -> None:
        while (jobs := self._handed.get()) is not None:
            outcomes = carry_out(self.connection, jobs)
            try:
                self._loop.call_soon_threadsafe(self._answer, outcomes)
            except RuntimeError:
                # The loop was closed without closing the store: nobody is there to be answered.
                break
        self.connection.close()


def _nothing(_connection: sqlite3.Connection) -> None:
    """Do nothing; it is done when all before it is."""


def carry_out(connection: sqlite3.Connection, jobs: Sequence[Job]) -> list[Outcome]:
    """Do all jobs: the writes in one transaction, then each act by itself.

    They were handed over together, so nobody has had an answer on which another could rest.
    """
    writes = [job for job in jobs if isinstance(job, Write)]
    acts = [job for job in jobs if isinstance(job, Act)]
    outcomes: list[Outcome] = []
    if writes:
        outcomes += zip(writes, commit(connection, writes), strict=True)
    results = {act: _result(connection, act) for act in dict.fromkeys(job.act for job in acts)}
    outcomes += [(job, results[job.act]) for job in acts]
    return outcomes


def _result(connection: sqlite3.Connection, act: Callable[[sqlite3.Connection], Any]) -> Any:
    try:
        return act(connection)
    except Exception as error:
        return store_error(error)


def commit(connection: sqlite3.Connection, writes: Sequence[Write]) -> list[StoreError | None]:
    """Write a group of jobs; return for each None, or what it gets instead.

    If a job cannot be done all are rolled back and done again one by one, still in a single
    transaction, so that only the failing one fails. What fails for the group fails for all.
    """
    try:
        try:
            return _together(connection, writes)
        except _OWN_FAULTS as error:
            if len(writes) == 1:
                return [store_error(error)]
            return _one_by_one(connection, writes)
    except Exception as error:
        return [store_error(error) for _ in writes]


def _together(connection: sqlite3.Connection, writes: Sequence[Write]) -> list[StoreError | None]:
    with transaction(connection):
        cursor = connection.cursor()
        for write in writes:
            _execute(cursor, write)
    return [None] * len(writes)


def _one_by_one(connection: sqlite3.Connection, writes: Sequence[Write]) -> list[StoreError | None]:
    results: list[StoreError | None] = []
    with transaction(connection):
        cursor = connection.cursor()
        for write in writes:
            cursor.execute("SAVEPOINT job")
            try:
                _execute(cursor, write)
                results.append(None)
            except _OWN_FAULTS as error:
                cursor.execute("ROLLBACK TO job")
                results.append(store_error(error))
            cursor.execute("RELEASE job")
    return results


def _execute(cursor: sqlite3.Cursor, write: Write) -> None:
    for statement in write.statements:
        cursor.execute(statement.sql, statement.values)
        if statement.must_hit and cursor.rowcount < 1:
            raise Conflict("a row is gone, or is not as it was expected to be")
