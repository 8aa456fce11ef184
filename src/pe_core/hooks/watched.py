"""Call what a plugin wrote while it is watched: what it raises, prints, and how long it takes."""

import contextlib
import io
import logging
from collections.abc import Callable
from typing import Any

from pe_core.errors import SettingsError
from pe_core.hooks.blame import place_of
from pe_core.model.struct import Model

SLOW = 2.0
"""Seconds after which the start of an instance waits too long for one plugin."""
SHOWN = 80
"""Characters that are shown of what a plugin printed."""

log = logging.getLogger("pe.plugins")


class Result(Model):
    """What came of a call: a value, or faults that are worth a line each."""

    value: Any = None
    faults: tuple[str, ...] = ()


class Printed(io.TextIOBase):
    """Takes the place of a stream and keeps the beginning of what is written to it."""

    def __init__(self) -> None:
        """Nothing was written yet."""
        self.shown = ""
        self.any = False

    def writable(self) -> bool:
        """Return that one may write."""
        return True

    def write(self, text: str, /) -> int:
        """Keep no more of ``text`` than is ever shown."""
        self.any = self.any or bool(text)
        self.shown += text[: SHOWN + 1 - len(self.shown)]
        return len(text)


def call_watched(
    plugin: str, doing: str, function: Callable[[], Any], clock: Callable[[], float], package: str
) -> Result:
    """Call ``function`` of a plugin at the start of an instance and say what is wrong with it.

    ``doing`` names the call, such as ``register_forms``. The words of an exception are shown:
    no person has written anything yet. A slow call is warned of in the log.
    """
    printed, begun = Printed(), clock()
    faults: list[str] = []
    value: Any = None
    try:
        with contextlib.redirect_stdout(printed):
            value = function()
    except SystemExit as error:
        faults.append(
            f"{plugin}: {doing} would end the process (SystemExit){_at(error, package)}; "
            "raise an exception that says what is wrong instead"
        )
    except Exception as error:  # a plugin may fail in any way; it is named, not hidden
        faults.append(
            f"{plugin}: {doing} raised {type(error).__name__}: {error}"
            f"{_at(error, package)}; {_mend(error)}"
        )
    took = clock() - begun
    if took > SLOW:
        log.warning(
            "plugin %s: %s took %.1f s, and the start waits for it; "
            "leave such work to the objects that a hook returns",
            plugin,
            doing,
            took,
        )
    if printed.any:
        more = "..." if len(printed.shown) > SHOWN else ""
        faults.append(
            f"{plugin}: {doing} printed {printed.shown[:SHOWN]!r}{more}; "
            f"standard output is no log of a plugin, use instance.log({plugin!r}).info(...)"
        )
    return Result(value=value, faults=tuple(faults))


def _mend(error: Exception) -> str:
    if isinstance(error, ModuleNotFoundError):
        return f"install {error.name}, and name what brings it among the plugin's dependencies"
    if isinstance(error, SettingsError):
        return "mend pe.toml"
    return "mend that line"


def _at(error: BaseException, package: str) -> str:
    place = place_of(error, package)
    return f" ({place})" if place else ""
