"""A week of hours as a plain grid of days and parts of the day, and the zones of clocks."""

from collections.abc import Iterable
from functools import lru_cache
from zoneinfo import available_timezones

from pe_core.model.volunteer import NEVER, Hours

PARTS = ((6, 12), (12, 18), (18, 22), (22, 30))
"""Each part's first hour and the hour after its last one; the night goes on into the next day."""
DAYS = range(7)
Cell = tuple[int, int]
"""A day from Monday (0) on, and the place of a part in ``PARTS``."""

CONTINENTS = (
    "Europe",
    "Asia",
    "Africa",
    "America",
    "Atlantic",
    "Australia",
    "Indian",
    "Pacific",
)
"""Where people's clocks are; other names of the database are old spellings and offsets."""


def hours_of(cells: Iterable[Cell], before: Hours = NEVER) -> Hours:
    """Return the hours that ticked cells stand for; the night of Sunday ends on Monday.

    Who was brought in from a table may have said less than a whole cell: what was there
    ``before`` of a cell that is still ticked stays as it was.
    """
    found = [0] * 7
    for day, part in cells:
        whole = list(_hours_in(day, part))
        known = [(at, hour) for at, hour in whole if before[at] >> hour & 1]
        for at, hour in known or whole:
            found[at] |= 1 << hour
    return (found[0], found[1], found[2], found[3], found[4], found[5], found[6])


def cells_of(hours: Hours) -> frozenset[Cell]:
    """Return the cells that some of these hours are in."""
    return frozenset(
        (day, part)
        for day in DAYS
        for part in range(len(PARTS))
        if any(hours[at] & 1 << hour for at, hour in _hours_in(day, part))
    )


def read_cell(typed: str) -> Cell | None:
    """Return the cell that a form's value names, such as ``0-3``; None if there is none."""
    day, _, part = typed.partition("-")
    if not (day.isdecimal() and part.isdecimal() and len(typed) == len("0-0")):
        return None
    cell = (int(day), int(part))
    return cell if cell[0] in DAYS and cell[1] < len(PARTS) else None


@lru_cache(maxsize=1)
def zones() -> tuple[str, ...]:
    """Return the names of all zones that people's clocks show, such as ``Europe/Minsk``."""
    return tuple(
        sorted(name for name in available_timezones() if name.partition("/")[0] in CONTINENTS)
    )


def is_zone(name: str) -> bool:
    """Return whether a zone can be chosen; UTC is what an embassy without one has."""
    return name == "Etc/UTC" or name in zones()


def _hours_in(day: int, part: int) -> Iterable[tuple[int, int]]:
    first, end = PARTS[part]
    return (((day + hour // 24) % 7, hour % 24) for hour in range(first, end))
