"""What a process under the crash test has inside: an ear, a lame listener, a clock, a trap.

A plugin like any other (``embassy.install`` makes it known), so the process stays `pe serve`
itself. What it does is told by the environment:

- ``CRASH_HEARD`` and ``CRASH_RUN``: the file, outside of the data folder, that every event is
  added to, and the number of this run, which is written with each;
- ``CRASH_LAME``: a second listener fails now and then, so that some events have been heard by
  one and not yet by the other;
- ``CRASH_CLOCK``: "what the clock showed,when that was,how fast it goes", so that weeks pass;
- ``CRASH_TRAP``: "word,number"; the process kills itself as the statement that begins with this
  word is about to run for the so-manieth time, such as ``COMMIT,2``.
"""

import os
import signal
import sqlite3
import time
from collections.abc import Sequence
from datetime import datetime, tzinfo
from pathlib import Path

import msgspec

import pe_core.running
from pe_core import Event, Instance, Listener, hookimpl
from pe_core.store.sqlite import engine
from pe_core.store.sqlite.connection import connect_writer


def shown_at(setting: str, moment: float) -> float:
    """Return what the clock of ``CRASH_CLOCK`` shows, in seconds, at a moment of the machine's."""
    base, begun, speed = map(float, setting.split(","))
    return base + (moment - begun) * speed


class Ear:
    """Writes down each event that it hears, before it says that it heard it."""

    name = "crash.ear"

    def __init__(self, path: Path, run: int) -> None:
        """Write to the end of ``path``; what is written outlives the process."""
        self.file = path.open("ab", buffering=0)
        self.run = run

    async def hear(self, event: Event) -> None:
        """Add a line."""
        self.file.write(msgspec.json.encode([self.run, event]) + b"\n")


class Lame:
    """Fails at every seventh event that it hears."""

    name = "crash.lame"

    def __init__(self) -> None:
        """Begin to count."""
        self.heard = 0

    async def hear(self, event: Event) -> None:
        """Hear it, or fail."""
        self.heard += 1
        if self.heard % 7 == 0:
            raise RuntimeError("lame")


@hookimpl
def register_listeners(instance: Instance) -> Sequence[Listener]:
    """Listen, as far as the environment asks for it."""
    listeners: list[Listener] = []
    if "CRASH_HEARD" in os.environ:
        run = int(os.environ["CRASH_RUN"])
        listeners.append(Ear(Path(os.environ["CRASH_HEARD"]), run))
    if "CRASH_LAME" in os.environ:
        listeners.append(Lame())
    return listeners


def set_clock(setting: str) -> None:
    """Let the instance's one clock show another time."""

    class Moved(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.fromtimestamp(shown_at(setting, time.time()), tz)

    setattr(pe_core.running, "datetime", Moved)  # noqa: B010 (a name that mypy holds to be fixed)


def set_trap(word: str, number: int) -> None:
    """Kill this process when the one connection that writes comes to a certain statement."""
    seen = 0

    def watch(statement: str) -> None:
        nonlocal seen
        seen += statement.startswith(word)
        if seen == number:
            os.kill(os.getpid(), signal.SIGKILL)

    def connect_watched(path: Path) -> sqlite3.Connection:
        connection = connect_writer(path)
        connection.set_trace_callback(watch)
        return connection

    setattr(engine, "connect_writer", connect_watched)  # noqa: B010 (as above)


if "CRASH_CLOCK" in os.environ:
    set_clock(os.environ["CRASH_CLOCK"])
if "CRASH_TRAP" in os.environ:
    _word, _number = os.environ["CRASH_TRAP"].split(",")
    set_trap(_word, int(_number))
