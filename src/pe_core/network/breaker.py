"""When a peer is spoken to: not while it is away, and not all at once when it is back.

Pure: moments are seconds of whatever clock the caller has, chance is given. After a failure the
peer is left alone for a while, after five in ten minutes but for one try in half an hour. Once a
try succeeds, what has waited goes out at an even pace. Design: network, "Courier".
"""

from collections import deque
from collections.abc import Callable

from pe_core.model.struct import Model

Chance = Callable[[float, float], float]
"""Returns a number between two, each as likely as another."""


class Pace(Model):
    """How patient a courier is, in seconds.

    ``jitter`` is the share of ``probe`` by which a probe comes earlier or later, so that peers do
    not come in step. After a return ``drain`` is the time over which what waited goes out, at
    ``a_second`` at most and one each ``slowest`` at least: it is longer than the time in which
    all peers find the returned one, so that their sum stays below twice its mean. ``a_second``
    is less than what an inbox lets through (``admission.PEER_RATE``), with room for letters that
    come in unevenly, so that none of what waited is refused for its pace.
    The first tries after a start are spread over ``spread``.
    """

    failures: int = 5
    within: float = 600.0
    first_wait: float = 30.0
    longest_wait: float = 6 * 3600.0
    probe: float = 1800.0
    jitter: float = 0.25
    a_second: float = 0.8
    drain: float = 2700.0
    slowest: float = 20.0
    spread: float = 120.0


class Breaker:
    """What is known of one peer's being there; begins as if all were well."""

    def __init__(self, pace: Pace, chance: Chance) -> None:
        """Nothing has failed yet."""
        self._pace = pace
        self._chance = chance
        self._failed: deque[float] = deque(maxlen=pace.failures)
        self._gap = 0.0
        self.next_try = 0.0
        self.is_open = False

    def may_try(self, at: float) -> bool:
        """Return whether a packet may go out now."""
        return at >= self.next_try

    def note_start(self, at: float) -> None:
        """A try begins: while open it is the one probe, after a return it takes its turn."""
        if self.is_open:
            self._probe_later(at)
        elif self._gap:
            self.next_try = at + self._gap

    def note_failure(self, at: float) -> None:
        """A try failed because the peer is away, or talks nonsense."""
        self._failed.append(at)
        full = len(self._failed) == self._pace.failures
        if self.is_open or (full and at - self._failed[0] <= self._pace.within):
            self.is_open = True
            self._probe_later(at)
        else:
            wait = wait_after(len(self._failed) - 1, self._pace, self._chance)
            self.next_try = max(self.next_try, at + wait)

    def note_success(self, at: float, waiting: int) -> bool:
        """A try was answered; return whether the peer has come back with it.

        Then the ``waiting`` packets go out evenly, see ``Pace``.
        """
        came_back = self.is_open
        self._failed.clear()
        if came_back:
            self.is_open = False
            pace = self._pace
            self._gap = max(1 / pace.a_second, min(pace.slowest, pace.drain / max(waiting, 1)))
            self.next_try = at + self._gap
        if not waiting:
            self._gap = 0.0
        return came_back

    def note_nothing(self, at: float) -> None:
        """What began was no try after all, so the next one need not wait for it."""
        self.next_try = min(self.next_try, at)

    def slow_down(self) -> None:
        """The peer asked to be left alone for a while: afterwards it is not run over."""
        self._gap = self._gap or 1 / self._pace.a_second

    def _probe_later(self, at: float) -> None:
        jitter = self._chance(1 - self._pace.jitter, 1 + self._pace.jitter)
        self.next_try = at + self._pace.probe * jitter


def wait_after(tries: int, pace: Pace, chance: Chance) -> float:
    """Return the seconds to wait after a failed try: full jitter, six hours at most."""
    return chance(0.0, min(pace.longest_wait, pace.first_wait * 2.0 ** min(tries, 20)))
