"""Hosts apart: a network namespace for each embassy, and a bridge that joins them.

Where the machine allows it the whole world lives in a namespace of its own, so that nothing of
the machine's network changes and nothing is left of it in the end. What happens between two
hosts is then what happens between two machines: a cable that is pulled answers nothing, where a
process that is gone answers at once.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

BRIDGE = "world"
PORT = 8000
_HERE = "WORLD_HOSTS_APART"
_NEW = ("unshare", "--net") if os.geteuid() == 0 else ("unshare", "--map-root-user", "--net")
_PROBE = ("ip", "link", "add", BRIDGE, "type", "bridge")


def go_apart() -> bool:
    """Begin this program again in a namespace; returns whether it is in one, or cannot be."""
    if _HERE in os.environ:
        _run(*_PROBE)
        _run("ip", "link", "set", "lo", "up")
        _run("ip", "link", "set", BRIDGE, "up")
        return True
    if not (shutil.which("ip") and shutil.which("nsenter") and _works(*_NEW, *_PROBE)):
        return False
    sys.stdout.flush()
    os.environ[_HERE] = "1"
    again = (sys.executable, "-m", "tests.world", *sys.argv[1:])
    os.execvp(_NEW[0], [*_NEW, *again])  # noqa: S606 (our own program, no shell is wanted)


class Host:
    """A machine as far as an embassy can tell: its own address, its own cable to the others."""

    def __init__(self, number: int) -> None:
        """Lay a cable to a new machine; ``number`` is from 1 to 250."""
        self.address = f"10.77.0.{number}"
        self.front = f"10.77.1.{number}"
        """What others know it by: there its wire listens, which may be bad."""
        self._cable = f"cable{number}"
        # It lives for as long as we do: what it reads from ends with us, however we end.
        self._alive = subprocess.Popen(("unshare", "--net", "cat"), stdin=subprocess.PIPE)
        pid = str(self._alive.pid)
        self.enter = ("nsenter", "--net", "--target", pid)
        _until_apart(pid)
        peer = ("peer", "name", "eth0", "netns", pid)
        _run("ip", "link", "add", self._cable, "type", "veth", *peer)
        _run("ip", "link", "set", self._cable, "master", BRIDGE, "up")
        _run("ip", "address", "add", f"{self.front}/16", "dev", BRIDGE)
        _run(*self.enter, "ip", "address", "add", f"{self.address}/16", "dev", "eth0")
        _run(*self.enter, "ip", "link", "set", "lo", "up")
        _run(*self.enter, "ip", "link", "set", "eth0", "up")

    def pull_cable(self) -> None:
        """Let nothing through from now on, and let nobody know."""
        _run("ip", "link", "set", self._cable, "down")

    def plug_in(self) -> None:
        """Let everything through again."""
        _run("ip", "link", "set", self._cable, "up")

    def close(self) -> None:
        """Let the machine be gone."""
        if self._alive.stdin is not None:
            self._alive.stdin.close()
        self._alive.wait()


def _until_apart(pid: str) -> None:
    """Wait until a process is in a namespace that is not ours."""
    while _network_of(pid) == _network_of("self"):
        os.sched_yield()


def _network_of(pid: str) -> Path:
    return Path(f"/proc/{pid}/ns/net").readlink()


def _run(*command: str) -> None:
    subprocess.run(command, check=True)


def _works(*command: str) -> bool:
    return subprocess.run(command, check=False, capture_output=True).returncode == 0
