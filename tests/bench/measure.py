"""Clocks: CPU time and memory of a process from /proc, cores, and the best of several rounds."""

import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE, LOADER_CORE = _CORES[0], _CORES[-1]
PATIENCE = 60.0
"""Seconds that a server may take to answer for the first time."""


def cpu_seconds(pid: int) -> float:
    """Return the CPU time of a process and its living threads so far, to the nanosecond.

    The ticks of /proc/PID/stat are too coarse for a round of half a second.
    """
    threads = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / 1e9


def resident_megabytes(pid: int) -> float:
    """Return the resident memory of a process (VmRSS), in MB of 10^6 bytes."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise RuntimeError(f"process {pid} is gone")


def wait_until_idle(pid: int) -> float:
    """Wait until a process uses no more CPU time, and return how much it has used in all."""
    used = cpu_seconds(pid)
    while True:
        time.sleep(0.5)
        now = cpu_seconds(pid)
        if now - used < 0.005:
            return now
        used = now


@contextmanager
def on_core(core: int) -> Iterator[None]:
    """Run the block, and start its children, on one core."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextmanager
def child(command: Sequence[str], port: int) -> Iterator[int]:
    """Run a server on its core while the block runs; gives its pid once it answers."""
    # Its log goes to a file: nobody would empty a pipe.
    with tempfile.TemporaryFile() as log:
        with on_core(SERVER_CORE):
            process = subprocess.Popen(command, cwd=ROOT, env=environment(), stderr=log)
        try:
            wait_for_answer(port, process)
            yield process.pid
        except BaseException:
            log.seek(0)
            sys.stderr.buffer.write(log.read()[-2000:])
            raise
        finally:
            process.terminate()
            process.wait(timeout=30)


def environment() -> Mapping[str, str]:
    """Return the environment of children: bytecode is read and, where it is old, renewed."""
    return {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}


def module(name: str, *arguments: object) -> list[str]:
    """Return the command that runs one of our own modules."""
    return [sys.executable, "-m", f"tests.bench.{name}", *map(str, arguments)]


def wait_for_answer(port: int, process: subprocess.Popen[bytes], path: str = "/be/") -> None:
    """Ask a server again and again until it answers at all."""
    ends = time.monotonic() + PATIENCE
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n"
    while time.monotonic() < ends:
        if process.poll() is not None:
            raise RuntimeError("a server ended before it answered")
        try:
            with socket.create_connection(("127.0.0.1", port)) as connection:
                connection.sendall(request.encode())
                if connection.recv(64).startswith(b"HTTP/1.1 "):
                    return
        except ConnectionError:
            time.sleep(0.001)
    raise RuntimeError(f"nobody answers at port {port}")


def cpu_each(act: Callable[[], object], times: int) -> float:
    """Return the CPU microseconds of one call, all threads of this process counted."""
    begun = time.process_time()
    for _ in range(times):
        act()
    return (time.process_time() - begun) / times * 1e6


def middle(values: Sequence[float]) -> float:
    """Return the median."""
    return statistics.median(values)
