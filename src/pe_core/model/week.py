"""ISO weeks as plain numbers, the only clock that the disk knows."""

from datetime import date
from typing import NewType

Week = NewType("Week", int)
"""Weeks since Monday 1970-01-05, so that weeks can be added and compared."""

_FIRST_MONDAY = date(1970, 1, 5).toordinal()


def week_of(day: date) -> Week:
    """Return the week that holds this day."""
    return Week((day.toordinal() - _FIRST_MONDAY) // 7)


def week_name(week: Week) -> str:
    """Return the ISO name of the week, such as ``2026-W48``."""
    year, number, _ = date.fromordinal(_FIRST_MONDAY + week * 7).isocalendar()
    return f"{year}-W{number:02d}"


def week_start(week: Week) -> date:
    """Return the Monday of the week."""
    return date.fromordinal(_FIRST_MONDAY + week * 7)
