"""Embassies as processes: a demo as people run it, and what its ready file says of each."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from people import Colleague, Demo

from pe_core.toolkit.invented import Account
from serving import free_port

COMPLAINTS = ("WARNING", "ERROR", "CRITICAL", "Traceback")
PE = str(Path(sys.executable).with_name("pe"))


@contextmanager
def run_demo(folder: Path) -> Iterator[Path]:
    """Run `pe demo` until the block ends, and yield its ready file.

    Its embassies lie in ``folder / "embassy"``. SIGTERM must end it and all that it started.
    """
    ready = folder / "ready.json"
    command = [PE, "demo", "--port", str(free_port(2))]
    command += ["--dir", str(folder / "embassy"), "--ready-file", str(ready)]
    with (folder / "stderr.txt").open("w+") as stderr:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=stderr, text=True, start_new_session=True
        )
        assert process.stdout is not None
        for line in process.stdout:
            if "Ctrl-C" in line:  # it says how to stop it when it is ready
                break
        try:
            assert ready.exists(), (folder / "stderr.txt").read_text()
            yield ready
        finally:
            process.send_signal(signal.SIGTERM)
            process.stdout.read()
            code = process.wait(timeout=30)
            process.stdout.close()
    said = (folder / "stderr.txt").read_text().splitlines()

    assert 0 == code
    assert [] == [line for line in said if line.startswith(COMPLAINTS)]
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)


def read_embassies(ready: Path) -> list[Demo]:
    """Return what a ready file says of each embassy."""
    return [_read(one) for one in msgspec.json.decode(ready.read_bytes())["embassies"]]


class Served:
    """An embassy that may be stopped and started: its folder, who knows it, its process."""

    def __init__(self, folder: Path, demo: Demo) -> None:
        """It does not run yet."""
        self.folder, self.demo = folder, demo
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Serve as `pe serve` does, and wait until it answers."""
        command = [PE, "serve", "--quiet", "--config", str(self.folder / "pe.toml")]
        self._process = subprocess.Popen(command)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                httpx.get(f"{self.demo.address}/peer/keys")
            except httpx.TransportError:
                assert self._process.poll() is None
                time.sleep(0.05)
            else:
                return
        raise AssertionError("the embassy does not answer")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it, well or not, if it runs."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(timeout=30)
            self._process = None


def _read(embassy: Any) -> Demo:
    accounts = {
        role: tuple(
            Colleague(
                Account(
                    handle=one["handle"],
                    passphrase=one["passphrase"],
                    totp_secret=one["totp_secret"],
                )
            )
            for one in embassy["accounts"]
            if one["role"] == role
        )
        for role in ("coordinator", "volunteer")
    }
    return Demo(
        code=embassy["code"],
        address=embassy["url"].rstrip("/"),
        receipts=tuple(embassy["receipts"]),
        colleagues=accounts["coordinator"],
        volunteers=accounts["volunteer"],
    )
