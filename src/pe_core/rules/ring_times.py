"""When somebody is rung: at hours that they chose, on their own clocks, or at fixed times."""

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta, tzinfo

from pe_core.model.volunteer import NEVER, Hours

_LONGEST_LOOK = 15 * 24
"""Hours: an hour of the week that a clock leaves out once is there a week later."""


def next_moment(moment: datetime, hours: Hours, zone: tzinfo) -> datetime:
    """Return ``moment`` if its hour is one of somebody's, else the beginning of the next one.

    Without any hour it is ``moment`` itself: whoever chose none is rung at once.
    """
    if hours == NEVER:
        return moment
    at = moment.astimezone(UTC)
    for _ in range(_LONGEST_LOOK):
        local = at.astimezone(zone)
        if hours[local.weekday()] >> local.hour & 1:
            return at
        into_the_hour = timedelta(
            minutes=local.minute, seconds=local.second, microseconds=local.microsecond
        )
        at += timedelta(hours=1) - into_the_hour
    return moment


def is_struck(since: datetime, until: datetime, times: Iterable[time], zone: tzinfo) -> bool:
    """Return whether the clocks of a zone showed one of ``times`` after ``since``, to ``until``.

    A time that the clocks leave out, in the night on which they go forward, is struck when they
    have passed it; one that comes twice is struck once.
    """
    if until <= since:
        return False
    day, last = since.astimezone(zone).date(), until.astimezone(zone).date()
    while day <= last:
        for each in times:
            at = datetime.combine(day, each, zone).astimezone(UTC)
            if since < at <= until:
                return True
        day += timedelta(days=1)
    return False
