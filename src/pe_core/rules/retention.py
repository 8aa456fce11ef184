"""How long things are kept and whose keys open them (vault.md, "Keys" and "Epochs end")."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from types import MappingProxyType

from pe_core.model.week import Week, week_name

KEEP_OPEN = 26
SHORTEST_KEEP = 4
DEFAULT_KEEP = 12
LONGEST_KEEP = 26
EPOCH_LIFE = 30
"""Weeks; all of them in this module are."""
KEEP_TRAIL = 13
"""Weeks, as 90 days."""
YEAR = 52
"""How long a yearly epoch is sealed to."""

WEEKLY = ("intake", "referral", "trail")
YEARLY = ("roster", "outreach", "drafts")

ROLES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "coordinator": ("intake", "referral", "trail", "roster", "outreach", "drafts"),
        "editor": ("outreach", "drafts"),
    }
)
"""The compartments that a role is granted; access is possession of a grant.

Volunteers have none and are no members: two coordinators vouch for each (docs/decisions/0014).
"""


def keep_at_submit(now: Week) -> Week:
    """Return the last week that a request submitted now is kept, if nobody moves it."""
    return Week(now + KEEP_OPEN)


def keep_at_closing(now: Week, keep_weeks: int) -> Week:
    """Return the last week that a request closed now is kept; ValueError outside 4 to 26."""
    if not SHORTEST_KEEP <= keep_weeks <= LONGEST_KEEP:
        raise ValueError(f"a closed request is kept {SHORTEST_KEEP} to {LONGEST_KEEP} weeks")
    return Week(now + keep_weeks)


def withdrawal_day(asked: datetime) -> date:
    """Return the day on which a withdrawal takes effect: the first that begins 48 hours later.

    Whoever finds a receipt can write as its owner, so there is time to take it back; the
    outbox knows days only (vault.md, "Receipt").
    """
    return (asked + timedelta(hours=48)).date() + timedelta(days=1)


def epoch_end(week: Week, compartment: str = "intake") -> Week:
    """Return the week at whose end an epoch begun in ``week`` dies, whatever is in it.

    A yearly epoch lives as long after its last sealing as a weekly one does.
    """
    _check(compartment)
    return Week(week + EPOCH_LIFE + (YEAR if compartment in YEARLY else 0))


def epoch_id(compartment: str, week: Week, number: int) -> str:
    """Return an epoch's name: ``intake/2026-W48.1``, or ``roster/2026.1`` for a yearly one."""
    _check(compartment)
    if number < 1:
        raise ValueError("epochs are numbered from 1")
    when = week_name(week)
    return f"{compartment}/{when.partition('-W')[0] if compartment in YEARLY else when}.{number}"


def _check(compartment: str) -> None:
    if compartment not in WEEKLY + YEARLY:
        raise ValueError(f"no such compartment: {compartment}")
