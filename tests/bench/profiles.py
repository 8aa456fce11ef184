"""Where the CPU time of a server goes: a sampling profiler, which slows nothing that it counts.

Each millisecond of CPU time the kernel interrupts, and the innermost function of ours counts.
"""

import json
import signal
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

EVERY = 0.001
LISTED = 14
_WAITING = {"select", "wait", "_worker", "_work", "run"}
"""Functions in which a thread is when it does nothing."""


class Sampler:
    """Counts what this process does whenever it has used another millisecond of CPU time."""

    def __init__(self) -> None:
        """Nothing is counted until ``start``."""
        self.found: Counter[str] = Counter()

    def start(self) -> None:
        """Start to count; to start twice changes nothing."""
        if signal.getsignal(signal.SIGPROF) is signal.SIG_DFL:
            signal.signal(signal.SIGPROF, self._sample)
            signal.setitimer(signal.ITIMER_PROF, EVERY, EVERY)

    def stop(self) -> Counter[str]:
        """Count no more; return how often each name was found."""
        signal.setitimer(signal.ITIMER_PROF, 0)
        return self.found

    def _sample(self, _number: int, frame: FrameType | None) -> None:
        if frame is not None and frame.f_code.co_name in _WAITING:
            frames = sys._current_frames()
            frames.pop(threading.get_ident())
            busy = (f for f in frames.values() if f.f_code.co_name not in _WAITING)
            found = next(busy, None)
            self.found[f"thread {_name(found)}" if found else "loop"] += 1
        elif frame is not None:
            self.found[_name(frame)] += 1


def write_samples(found: Counter[str], path: Path) -> None:
    """Keep what a server found for whoever started it."""
    path.write_text(json.dumps(found), encoding="utf-8")


def read_samples(path: Path) -> Counter[str]:
    """Return what a server found."""
    return Counter(json.loads(path.read_text(encoding="utf-8")))


def describe(found: Counter[str], total: float) -> str:
    """Say how the dearest functions share ``total``."""
    each = total / max(1, found.total())
    return ", ".join(f"{name} {count * each:,.3g}" for name, count in found.most_common(LISTED))


def _name(frame: FrameType) -> str:
    """Return the innermost function of ours, else the package that is at work."""
    files = [(Path(f.f_code.co_filename), f.f_code.co_name) for f in _outwards(frame)]
    if any(file.parent.name == "courier" for file, _ in files):
        return "courier"
    for file, function in files:
        if "pe_core" in file.parts and file.parent.name != "cli":
            return f"{file.parent.name}/{file.stem}.{function}"
    for file, _ in files:
        if "site-packages" in file.parts and "click" not in file.parts:
            return file.parts[file.parts.index("site-packages") + 1]
    return files[0][0].parent.name


def _outwards(frame: FrameType) -> Iterator[FrameType]:
    at: FrameType | None = frame
    while at is not None:
        yield at
        at = at.f_back
