"""A window of time on somebody's own clocks: the days and hours of the week that it touches.

Weekly hours are said in local time, so it is the local clock that counts, also on the night on
which it jumps: an hour that is left out is touched by nothing, one that comes twice is one.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

Touched = Mapping[int, int]
"""The ordinal of each day, and its hours as the bits of a number, as in ``Hours``."""

DAY = (1 << 24) - 1
"""All hours of a day."""
_QUARTER = 900
"""Seconds. Offsets from UTC, and the moments at which they change, are multiples of it."""
_STEADY = timedelta(days=7)
"""Within it no clock jumps forth and back again."""
_EPOCH_DAY = datetime(1970, 1, 1, tzinfo=UTC).toordinal()


@lru_cache(maxsize=1024)
def zone_of(name: str) -> ZoneInfo | None:
    """Return the zone of an IANA name, None if there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def touched(start: datetime, end: datetime, zone: tzinfo) -> Touched:
    """Return the days and hours that ``start`` to ``end`` touches on the clocks of a zone.

    The end is not part of it; a window without length touches the hour it is in.
    """
    days: dict[int, int] = {}
    moment, last = int(start.timestamp()), end.timestamp()
    while True:
        local = datetime.fromtimestamp(moment, zone)
        day = local.toordinal()
        days[day] = days.get(day, 0) | 1 << local.hour
        moment += _QUARTER - moment % _QUARTER
        if moment >= last:
            return days


class Window:
    """The same for one window and many zones: whoever has the same clocks shares the answer."""

    def __init__(self, start: datetime, end: datetime) -> None:
        """Look at ``start`` to ``end``, two aware moments."""
        self.start, self.end = start.astimezone(UTC), end.astimezone(UTC)
        self._steady: dict[timedelta, Touched] = {}

    def touched(self, zone: tzinfo) -> Touched:
        """Return what ``touched`` does, without a step for each quarter of an hour."""
        first = self.start.astimezone(zone).utcoffset()
        last = self.end.astimezone(zone).utcoffset()
        if first is None or first != last or self.end - self.start > _STEADY:
            return touched(self.start, self.end, zone)
        if first not in self._steady:
            self._steady[first] = self._at(first)
        return self._steady[first]

    def _at(self, offset: timedelta) -> Touched:
        away = offset.total_seconds()
        first = int(self.start.timestamp() + away) // 3600
        last = max(first, int(-((self.end.timestamp() + away) // -3600)) - 1)
        days: dict[int, int] = {}
        for day in range(first // 24, last // 24 + 1):
            begins = max(first - day * 24, 0)
            ends = min(last - day * 24, 23)
            days[day + _EPOCH_DAY] = (1 << ends + 1) - (1 << begins)
        return days
