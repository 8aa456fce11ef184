"""Which requests, and which volunteers, have changed since somebody looked: in memory, ids only.

A list that asks for all rows again grows with the store; so every commit notes here what it
touched, and each session asks for what came after its own last look.
"""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from pe_core.model.event import RequestErased
from pe_core.store import (
    Change,
    Delete,
    Insert,
    MessageRow,
    RequestRow,
    Row,
    Tell,
    Update,
    VolunteerRow,
)

T = TypeVar("T", str, int)

KEPT = 20_000
"""Touches that are remembered; who looked longer ago than that looks at everything."""


class Touched(Generic[T]):
    """What was touched, in order, as far back as ``limit`` touches."""

    def __init__(
        self,
        touched_by: Callable[[Change], T | None],
        limit: int = KEPT,
        *,
        erased_from: type[Row] | None = None,
    ) -> None:
        """Nothing was touched yet; ``touched_by`` returns what a change touches, if anything.

        A change that erases rows ``erased_from`` a table does not say which.
        """
        self._erased_from = erased_from
        self._touched_by: Callable[[Change], T | None] = touched_by
        self._ids: deque[T] = deque(maxlen=limit)
        self._end = 0

    @property
    def now(self) -> int:
        """Return the number of touches so far: what a look remembers."""
        return self._end

    def note(self, changes: Sequence[Change]) -> None:
        """Remember what these changes touch."""
        for change in changes:
            if isinstance(change, Delete) and change.table is self._erased_from:
                self.forget()
            touched = self._touched_by(change)
            if touched is not None:
                self._ids.append(touched)
                self._end += 1

    def forget(self) -> None:
        """Remember nothing: rows went that no change named, so everybody looks at everything."""
        self._ids.clear()
        self._end += 1

    def since(self, look: int) -> frozenset[T] | None:
        """Return what was touched after a look; None if that is longer ago than remembered."""
        missed = self._end - look
        if missed > len(self._ids):
            return None
        return frozenset(self._ids[-number] for number in range(1, missed + 1))


def touched_request(change: Change) -> str | None:
    """Return the id of the request that a change touches.

    Whatever else happens to an entry of a thread happens together with its request.
    """
    match change:
        case Insert(row=RequestRow(id=request)) | Insert(row=MessageRow(request=request)):
            return request
        case Update(table=table, key=(str(request),)) if table is RequestRow:
            return request
        case Tell(event=RequestErased(request=request)):
            return request
    return None


def touched_volunteer(change: Change) -> int | None:
    """Return the box of the volunteer whose record a change touches."""
    match change:
        case Insert(row=VolunteerRow(box=box)):
            return box
        case Update(table=table, key=(int(box),)) if table is VolunteerRow:
            return box
    return None
