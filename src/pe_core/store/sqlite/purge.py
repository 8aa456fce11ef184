"""Erase what has reached its end, for every table that declares one."""

import sqlite3
from typing import Any

import msgspec

from pe_core.model.week import Week, week_start
from pe_core.store.changes import Tell
from pe_core.store.sqlite.connection import checkpoint, transaction
from pe_core.store.sqlite.statements import write_statement
from pe_core.store.tables import TABLES, Table, table_of


class Purged(msgspec.Struct, frozen=True):
    """Rows erased, by table, and the events that were put into the outbox."""

    rows: dict[str, int]
    changes: tuple[Tell, ...]


def purge(connection: sqlite3.Connection, week: Week) -> Purged:
    """Erase what was to be kept until before this week; see ``Store.purge``.

    First, in a transaction of their own, the keys, out of the log too: should the second one
    fail, what it would have erased can no longer be opened.
    """
    rows: dict[str, int] = {}
    told: list[Tell] = []
    for keys in (True, False):
        with transaction(connection):
            for table in TABLES:
                if table.keys is keys and _can_end(table):
                    rows[table.name], events = _erase(connection, table, week)
                    told += events
        checkpoint(connection)
    return Purged(rows, tuple(told))


def _can_end(table: Table) -> bool:
    return bool(table.keep_until or table.keep_until_day or table.follows)


def _erase(connection: sqlite3.Connection, table: Table, week: Week) -> tuple[int, list[Tell]]:
    """Erase the expired and the orphaned rows of one table; return their number and events."""
    erased: list[Any] = []
    for column, first_kept in (
        (table.keep_until, week),
        (table.keep_until_day, week_start(week).toordinal()),
    ):
        if column:
            erased += _delete(connection, table, f'"{column}" < ?', (first_kept,))
    if table.follows:
        parent, column = table_of(table.follows[0]), table.follows[1]
        living = " ".join(("SELECT", f'"{parent.key[0]}"', "FROM", f'"{parent.name}"'))
        erased += _delete(connection, table, f'"{column}" NOT IN ({living})', ())
    events = [Tell(table.erased(key)) for key in erased] if table.erased else []
    for event in events:
        connection.execute(*write_statement(event)[:2])
    return len(erased), events


def _delete(
    connection: sqlite3.Connection, table: Table, condition: str, values: tuple[int, ...]
) -> list[Any]:
    """Erase rows and return the first column of their keys; names come from ``TABLES`` alone."""
    parts = ("DELETE FROM", f'"{table.name}"', "WHERE", condition, f'RETURNING "{table.key[0]}"')
    return [key for (key,) in connection.execute(" ".join(parts), values)]
