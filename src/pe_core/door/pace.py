"""How often other machines are read from: nobody makes us knock at a door again and again.

Design: network, "The door".
"""

from pe_core.errors import AskedTooOften

MINUTE = 60.0
MOST_A_MINUTE = 20
"""Hosts; each of them once."""


class Pace:
    """Which hosts were read from within the minute: at most one time each, and twenty in all."""

    def __init__(self) -> None:
        """Nobody was asked yet."""
        self._asked: dict[str, float] = {}

    def take(self, host: str, now: float) -> None:
        """Note that a host is asked ``now``, in seconds; AskedTooOften if it is too early.

        What is noted under a clock that was ahead counts no more: it would count for years.
        """
        self._asked = {name: at for name, at in self._asked.items() if at <= now < at + MINUTE}
        if host in self._asked:
            raise AskedTooOften(self._asked[host] + MINUTE - now)
        if len(self._asked) >= MOST_A_MINUTE:
            raise AskedTooOften(min(self._asked.values()) + MINUTE - now)
        self._asked[host] = now
