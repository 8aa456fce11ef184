"""What went wrong in plugins while the instance is at work, and which parts are off since.

A part is a form whose ``check`` is called, a listener, a notifier, a guide or a letter, by name.
"""

import logging
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum

from pe_core.hooks.blame import package_of, place_of
from pe_core.model.struct import Model

TRIES = 5
"""Failures in a row, on different tries, after which a listener or notifier is switched off."""
SAID_EVERY = 3600.0
"""Seconds between two lines of the log about one notifier that cannot ring now."""

log = logging.getLogger("pe.plugins")


class Kind(StrEnum):
    """What kind of part it is."""

    CHECK = "check"
    LISTENER = "listener"
    PAGE = "page"
    RANKING = "ranking"
    RING = "ring"
    SHARING = "sharing"


class Trouble(Model):
    """A part that is off: since when, and after what.

    ``what`` is the class of an exception or a word of ours, never words of the plugin, which
    may quote an answer; ``place`` is a file and a line, '' if unknown.
    """

    kind: Kind
    part: str
    what: str
    place: str
    since: datetime

    @property
    def plugin(self) -> str:
        """Return the plugin that the part belongs to."""
        return plugin_of(self.part)


class Troubles:
    """The parts of plugins that are off, for one instance; memory only, a restart forgets them."""

    def __init__(
        self, now: Callable[[], datetime], clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Everything is on; ``clock`` counts the seconds that a call takes."""
        self.clock = clock
        self._now = now
        self._off: dict[tuple[Kind, str], Trouble] = {}
        self._failures: dict[str, int] = {}
        self._away: dict[str, str] = {}
        self._said: dict[str, float] = {}
        self._heard: list[Callable[[str], None]] = []

    def is_off(self, kind: Kind, part: str) -> bool:
        """Return whether a part is off."""
        return (kind, part) in self._off

    def all(self) -> tuple[Trouble, ...]:
        """Return everything that is off, the first first."""
        return tuple(self._off.values())

    def switch_off(self, kind: Kind, part: str, what: str, place: str = "") -> None:
        """Switch a part off and log one line; nothing happens if it is off already."""
        if self.is_off(kind, part):
            return
        trouble = Trouble(kind=kind, part=part, what=what, place=place, since=self._now())
        self._off[kind, part] = trouble
        log.error(
            "plugin %s: the %s of %s is switched off (%s%s); see the plugin page",
            trouble.plugin,
            kind.value,
            part,
            what,
            f" at {place}" if place else "",
        )

    def raised(self, kind: Kind, part: str, error: BaseException, culprit: object) -> None:
        """Switch a part off because of an exception; ``culprit`` is the function or object."""
        self.switch_off(kind, part, type(error).__name__, place_of(error, package_of(culprit)))

    def failed(
        self, culprit: object, part: str, error: BaseException, kind: Kind = Kind.LISTENER
    ) -> None:
        """Count a failed try of a listener or notifier; the fifth in a row switches it off.

        What is the core's own is never off.
        """
        if plugin_of(part) == "core":
            return
        self._failures[part] = self._failures.get(part, 0) + 1
        if self._failures[part] >= TRIES:
            self.raised(kind, part, error, culprit)

    def worked(self, part: str) -> None:
        """Forget the failed tries of a listener that has heard, or of a notifier that rang."""
        self._failures.pop(part, None)
        self._away.pop(part, None)

    def later(self, part: str, what: str) -> None:
        """Note that a notifier cannot ring now, which is no fault of its code.

        The host is told: a wrong password of a mail server is mended by nobody else.
        """
        self.worked(part)
        self._away[part] = what
        now = self.clock()
        if now - self._said.get(part, float("-inf")) >= SAID_EVERY:
            self._said[part] = now
            log.warning(
                "%s does not ring now (%s); look at its server and its settings", part, what
            )

    def away(self) -> Mapping[str, str]:
        """Return the notifiers whose last try was put off, and why."""
        return dict(self._away)

    def switch_on(self, part: str) -> bool:
        """Switch on whatever is off of this name; returns whether anything was."""
        kinds = [kind for kind in Kind if self._off.pop((kind, part), None) is not None]
        self._failures.pop(part, None)
        for hear in self._heard if kinds else ():
            hear(part)
        return bool(kinds)

    def on_switch_on(self, hear: Callable[[str], None]) -> None:
        """Call ``hear`` with the name of each part that is switched on again."""
        self._heard.append(hear)


def plugin_of(part: str) -> str:
    """Return the plugin that a form, a listener, a guide and the like belongs to, by its name."""
    return part.partition(".")[0]
