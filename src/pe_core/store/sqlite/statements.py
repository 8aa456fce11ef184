"""Changes and conditions as SQL; each text is built once, and its values are always bound.

Names of tables and columns are the only thing that is put into a text, and only names that
the row types declare.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple, TypeAlias

import msgspec

from pe_core.errors import StoreError
from pe_core.store.changes import Add, AtMost, Change, Delete, In, Insert, Tell, Update
from pe_core.store.rows import Row
from pe_core.store.tables import Table, table_of

Shape: TypeAlias = tuple[tuple[str, str], ...]
"""Columns and operators of a condition, without its values."""

_PLAIN = (str, int, bytes)


class Statement(NamedTuple):
    """One SQL statement; if ``must_hit`` it has to find a row."""

    sql: str
    values: tuple[Any, ...]
    must_hit: bool = False


def write_statement(change: Change) -> Statement:
    """Return the statement that carries out a change; StoreError if it is not well-formed."""
    match change:
        case Insert(row=row):
            return Statement(_insert_sql(type(row)), _plain(msgspec.structs.astuple(row)))
        case Tell(event=event, due=due):
            body = msgspec.msgpack.encode(event)
            return Statement(_TELL, (body, due.toordinal() if due else 0))
        case Add(table=row_type, key=key, column=column, by=by):
            return Statement(_add_sql(row_type, column, len(key)), _plain((*key, by)))
        case Update():
            return _update(change)
        case Delete():
            return _delete(change)


def select_statement(
    row_type: type[Row],
    columns: Sequence[str],
    where: Mapping[str, Any],
    order: str = "",
    limit: int | None = None,
) -> Statement:
    """Return the statement that reads these columns."""
    shape, values = _condition(where)
    sql = _select_sql(row_type, tuple(columns), shape, order, limit is not None)
    return Statement(sql, values if limit is None else (*values, limit))


def get_statement(row_type: type[Row], key: tuple[str | int | bytes, ...]) -> Statement:
    """Return the statement that reads the row with this key."""
    return Statement(_get_sql(row_type, len(key)), _plain(key))


def count_statement(row_type: type[Row], where: Mapping[str, Any]) -> Statement:
    """Return the statement that counts rows."""
    shape, values = _condition(where)
    return Statement(_count_sql(row_type, shape), values)


def _update(change: Update) -> Statement:
    shape, expected = _condition(change.expect)
    sql = _update_sql(change.table, tuple(change.values), len(change.key), shape)
    values = (*_plain(change.values.values()), *_plain(change.key), *expected)
    return Statement(sql, values, must_hit=True)


def _delete(change: Delete) -> Statement:
    if not change.where:
        raise StoreError("a Delete without a condition would empty the table")
    shape, values = _condition(change.where)
    expect_shape, expected = _condition(change.expect)
    sql = _delete_sql(change.table, shape + expect_shape)
    return Statement(sql, values + expected, must_hit=bool(change.expect))


def _condition(where: Mapping[str, Any]) -> tuple[Shape, tuple[Any, ...]]:
    shape: list[tuple[str, str]] = []
    values: list[Any] = []
    for column, wanted in where.items():
        if isinstance(wanted, In):
            # One bound value however many are looked for: one text, no limit on their number.
            shape.append((column, "IN (SELECT value FROM json_each(?))"))
            values.append(_json(wanted))
        elif isinstance(wanted, AtMost):
            shape.append((column, "<= ?"))
            values.append(wanted.value)
        else:
            shape.append((column, "IS ?"))
            values.append(wanted)
    return tuple(shape), _plain(values)


def _json(wanted: In) -> str:
    if not all(isinstance(value, str | int) for value in wanted.values):
        raise StoreError("In takes texts and whole numbers only")
    try:
        return msgspec.json.encode(tuple(wanted.values)).decode()
    except UnicodeError:
        raise StoreError("In takes well-formed texts only") from None


def _plain(values: Iterable[Any]) -> tuple[Any, ...]:
    checked = tuple(values)
    for value in checked:
        if value is not None and not isinstance(value, _PLAIN):
            kind = type(value).__name__
            raise StoreError(f"a column takes text, whole numbers, bytes or None, not {kind}")
    return checked


_TELL = 'INSERT INTO "outbox" ("event", "due", "tries") VALUES (?, ?, 0)'


@cache
def _insert_sql(row_type: type[Row]) -> str:
    table = table_of(row_type)
    columns = row_type.__struct_fields__
    return _text("INSERT INTO", _name(table.name), _values(table, columns))


@cache
def _add_sql(row_type: type[Row], column: str, parts: int) -> str:
    table = table_of(row_type)
    key = _key(table, parts)
    added = f"{_column(table, column)} = {_column(table, column)} + excluded.{_name(column)}"
    names = ", ".join(_name(part) for part in key)
    values = _values(table, (*key, column))
    return _text(
        "INSERT INTO", _name(table.name), values, f"ON CONFLICT ({names}) DO UPDATE SET", added
    )


@cache
def _update_sql(row_type: type[Row], columns: tuple[str, ...], parts: int, expect: Shape) -> str:
    table = table_of(row_type)
    if not columns:
        raise StoreError("an Update without values changes nothing")
    changed = ", ".join(f"{_column(table, column)} = ?" for column in columns)
    where = tuple((part, "IS ?") for part in _key(table, parts)) + expect
    return _text("UPDATE", _name(table.name), "SET", changed, _where(table, where))


@cache
def _delete_sql(row_type: type[Row], shape: Shape) -> str:
    table = table_of(row_type)
    return _text("DELETE FROM", _name(table.name), _where(table, shape))


@cache
def _get_sql(row_type: type[Row], parts: int) -> str:
    table = table_of(row_type)
    shape = tuple((part, "IS ?") for part in _key(table, parts))
    return _select_sql(row_type, row_type.__struct_fields__, shape, "", False)


@cache
def _select_sql(
    row_type: type[Row], columns: tuple[str, ...], shape: Shape, order: str, limited: bool
) -> str:
    table = table_of(row_type)
    names = ", ".join(_column(table, column) for column in columns)
    sorted_by = ""
    if order:
        direction = "DESC" if order.startswith("-") else "ASC"
        sorted_by = f"ORDER BY {_column(table, order.removeprefix('-'))} {direction}"
    limit = "LIMIT ?" if limited else ""
    return _text("SELECT", names, "FROM", _name(table.name), _where(table, shape), sorted_by, limit)


@cache
def _count_sql(row_type: type[Row], shape: Shape) -> str:
    table = table_of(row_type)
    return _text("SELECT count(*) FROM", _name(table.name), _where(table, shape))


def _where(table: Table, shape: Shape) -> str:
    if not shape:
        return ""
    return "WHERE " + " AND ".join(f"{_column(table, name)} {operator}" for name, operator in shape)


def _values(table: Table, columns: Sequence[str]) -> str:
    names = ", ".join(_column(table, column) for column in columns)
    return f"({names}) VALUES ({', '.join('?' for _ in columns)})"


def _key(table: Table, parts: int) -> tuple[str, ...]:
    if parts != len(table.key):
        raise StoreError(f"the key of {table.name} is {' and '.join(table.key)}")
    return table.key


def _column(table: Table, name: str) -> str:
    if name not in table.row.__struct_fields__:
        known = ", ".join(table.row.__struct_fields__)
        raise StoreError(f"{table.name} has no such column; it has {known}")
    return _name(name)


def _name(name: str) -> str:
    return f'"{name}"'


def _text(*parts: str) -> str:
    return " ".join(part for part in parts if part)
