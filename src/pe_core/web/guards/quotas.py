"""How often something may happen, counted in memory and without anybody's address.

A counter belongs to an act of the whole door, or to an act of one cookie or form token. The
growing delay per account lives in the desk. Guesses of receipts have no counter of their own:
at 115 bits guessing is hopeless, and a counter would let a flood keep people out.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from pe_core.errors import TooMany

COUNTERS_LIMIT = 16_384


class Quotas:
    """Counts acts in fixed windows of time."""

    def __init__(self, now: Callable[[], datetime], limit: int = COUNTERS_LIMIT) -> None:
        """``limit`` is how many counters may live at once."""
        self._now = now
        self._limit = limit
        self._counts: dict[tuple[str, bytes], tuple[datetime, int]] = {}

    def take(self, act: str, *, limit: int, window: timedelta, key: bytes = b"") -> None:
        """Count one ``act``; raises TooMany after ``limit`` in ``window``.

        ``key`` is b"" for the whole door, or the cookie id of whom it is counted for.
        """
        now = self._now()
        ends, count = self._counts.get((act, key), (now + window, 0))
        if not ends - window <= now < ends:  # over, or begun under a clock that was ahead
            ends, count = now + window, 0
        if count >= limit:
            raise TooMany("core.busy")
        if (act, key) not in self._counts:
            self._make_room(now)
        self._counts[act, key] = (ends, count + 1)

    def _make_room(self, now: datetime) -> None:
        if len(self._counts) >= self._limit:
            self._counts = {key: kept for key, kept in self._counts.items() if kept[0] > now}
        if len(self._counts) >= self._limit:
            raise TooMany("core.busy")
