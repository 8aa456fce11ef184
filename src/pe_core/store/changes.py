"""What can be written: changes as data, so that every engine carries out the same ones."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, TypeAlias

from pe_core.model.event import Event
from pe_core.model.struct import Model
from pe_core.store.rows import Row


class In(Model, kw_only=False):
    """A condition: the column has one of these values, however many they are."""

    values: Sequence[str | int]


class AtMost(Model, kw_only=False):
    """A condition: the column is this value or less; an empty column is not."""

    value: str | int


class Insert(Model, kw_only=False):
    """Add a row; Conflict if its key (or what else must be single) is there already."""

    row: Row


class Update(Model, kw_only=False):
    """Set columns of the row with this key; Conflict if it is gone or not as expected."""

    table: type[Row]
    key: tuple[str | int | bytes, ...]
    values: Mapping[str, Any]
    expect: Mapping[str, Any] = {}


class Delete(Model, kw_only=False):
    """Erase all rows that meet ``where``, which must not be empty.

    With ``expect`` they must meet that too, and Conflict is raised if none does.
    """

    table: type[Row]
    where: Mapping[str, Any]
    expect: Mapping[str, Any] = {}


class Tell(Model, kw_only=False):
    """Put an event into the outbox, to be told at once or from the day ``due`` on."""

    event: Event
    due: date | None = None


class Add(Model, kw_only=False):
    """Count: add ``by`` to a column of the row with this key, which begins at nought."""

    table: type[Row]
    key: tuple[str | int | bytes, ...]
    column: str
    by: int = 1


Change: TypeAlias = Insert | Update | Delete | Tell | Add
