"""Which requests have changed since somebody last looked: in memory, ids only.

A list that asks for all rows again grows with the store; so every commit notes here whose
request it touched, and each session asks for what came after its own last look.
"""

from collections import deque
from collections.abc import Sequence

from pe_core.model.event import RequestErased
from pe_core.store import Change, Insert, MessageRow, RequestRow, Tell, Update

KEPT = 20_000
"""Touches that are remembered; who looked longer ago than that looks at all requests."""


class Touched:
    """The ids of touched requests in order, as far back as ``limit`` touches."""

    def __init__(self, limit: int = KEPT) -> None:
        """Nothing was touched yet."""
        self._ids: deque[str] = deque(maxlen=limit)
        self._end = 0

    @property
    def now(self) -> int:
        """Return the number of touches so far: what a look remembers."""
        return self._end

    def note(self, changes: Sequence[Change]) -> None:
        """Remember whose request these changes touch."""
        for change in changes:
            touched = _touched_by(change)
            if touched:
                self._ids.append(touched)
                self._end += 1

    def since(self, look: int) -> frozenset[str] | None:
        """Return what was touched after a look; None if that is longer ago than remembered."""
        missed = self._end - look
        if missed > len(self._ids):
            return None
        return frozenset(self._ids[-number] for number in range(1, missed + 1))


def _touched_by(change: Change) -> str:
    """Return the id of the request that a change touches, '' for none.

    Whatever else happens to an entry of a thread happens together with its request.
    """
    match change:
        case Insert(row=RequestRow(id=request)) | Insert(row=MessageRow(request=request)):
            return request
        case Update(table=table, key=(str(request),)) if table is RequestRow:
            return request
        case Tell(event=RequestErased(request=request)):
            return request
    return ""
