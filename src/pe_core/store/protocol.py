"""What the floors above see of a store; an engine is whatever keeps this contract.

``tests/test_store_contract.py`` runs against every engine.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from pe_core.model.week import Week
from pe_core.store.changes import Change
from pe_core.store.rows import Row

R = TypeVar("R", bound=Row)


class Store(Protocol):
    """Rows and the outbox of one instance.

    All methods are called on the event loop that opened the store. ``where`` maps columns to
    a value (None: the column is empty), ``In`` or ``AtMost``; all must hold. Whatever fails
    raises StoreError, whose text never quotes a value.
    """

    async def write(self, changes: Sequence[Change]) -> None:
        """Carry out all changes or none, and return when they are safe on disk.

        Raises Conflict if a row was not as a change expected it. If the waiting task is
        cancelled the changes may have been written or not, but never in part.
        """
        ...

    async def get(self, table: type[R], *key: str | int | bytes) -> R | None:
        """Return the row with this key, or None."""
        ...

    async def select(
        self,
        table: type[R],
        where: Mapping[str, Any] = ...,
        *,
        order: str = "",
        limit: int | None = None,
    ) -> list[R]:
        """Return rows; ``order`` is a column, with a minus before it for the largest first."""
        ...

    async def pick(
        self,
        table: type[Row],
        columns: Sequence[str],
        where: Mapping[str, Any] = ...,
        *,
        order: str = "",
        limit: int | None = None,
    ) -> list[tuple[Any, ...]]:
        """Return some columns of many rows; cheaper than rows, since bodies stay on disk.

        With a ``limit`` of one the row must be found by an index: it is read on the loop.
        """
        ...

    async def count(self, table: type[Row], where: Mapping[str, Any] = ...) -> int:
        """Return how many rows there are."""
        ...

    async def purge(self, week: Week) -> dict[str, int]:
        """Erase what was to be kept until a week before this one; return the rows per table.

        Keys die first, in a transaction of their own. Then go the rows, all that follows
        them, and into the outbox the events that tell of it. Nothing is left in the files.
        """
        ...

    async def shred(self) -> None:
        """Take what was deleted or replaced out of the files too."""
        ...

    def on_tell(self, wake: Callable[[], None]) -> None:
        """Call ``wake`` on the loop whenever events have come into the outbox."""
        ...

    def on_write(self, note: Callable[[Sequence[Change]], None]) -> None:
        """Call ``note`` on the loop with the changes of each commit, before who waits goes on.

        Of a purge they are the events that it put into the outbox.
        """
        ...

    async def close(self) -> None:
        """Finish what is being written, and let go of the files."""
        ...
