"""Where a request stands for the coordinators: whose turn it is, and whether it is late."""

from datetime import date, datetime, timedelta

from pe_core.model import State, Summary

ANSWERED_WITHIN = timedelta(days=3)
"""What an asker is promised: until then somebody answers."""
OPEN = frozenset({State.NEW, State.TRIAGE, State.MATCHING, State.ACTIVE, State.WAITING})


def is_open(state: State) -> bool:
    """Return whether something is still to be done for the asker."""
    return state in OPEN


def is_unclaimed(state: State, summary: Summary) -> bool:
    """Return whether an open request is nobody's."""
    return is_open(state) and summary.claimed_by is None


def waits_on_us(state: State, summary: Summary) -> bool:
    """Return whether the asker waits for a word of ours."""
    return is_open(state) and state is not State.WAITING and summary.awaiting is not None


def wakes(state: State, summary: Summary, today: date) -> bool:
    """Return whether the day has come on which a waiting request is looked at again."""
    return state is State.WAITING and summary.wake is not None and summary.wake <= today


def is_late(state: State, summary: Summary, now: datetime, today: date) -> bool:
    """Return whether the asker waits longer than promised, or the wake date is past."""
    if waits_on_us(state, summary) and summary.awaiting is not None:
        return now - summary.awaiting > ANSWERED_WITHIN
    return wakes(state, summary, today) and summary.wake != today
