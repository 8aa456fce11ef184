"""Real processes of `pe` for tests."""

import asyncio
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import httpx

from pe_core.desk.setup import open_doors
from pe_core.running import run_instance
from pe_core.settings import read_settings

ROOT = Path(__file__).parent.parent
PE = [sys.executable, "-m", "pe_core.cli"]


def free_port(of_a_row: int = 1) -> int:
    """Return a port that nobody listens on, nor on those that follow it ``of_a_row``.

    It is below those that a system gives to connections, so that none takes it in between.
    """
    while True:
        first = 20_000 + secrets.randbelow(12_000)
        with ExitStack() as held, suppress(OSError):
            for port in range(first, first + of_a_row):
                held.enter_context(socket.socket()).bind(("127.0.0.1", port))
            return first


def write_settings(folder: Path) -> str:
    """Write Exampleland's pe.toml for a free port and the lightest slow hash; its address."""
    port = free_port()
    settings = (ROOT / "deployments/zz/pe.toml").read_text(encoding="utf-8")
    settings = (
        settings.replace("8000", str(port))
        + "\n[vault]\nargon2_memory = 64\nswap_encrypted = true\n"
    )
    (folder / "pe.toml").write_text(settings, encoding="utf-8")
    return f"http://127.0.0.1:{port}"


def open_the_doors(folder: Path) -> None:
    """Let the embassy in ``folder`` take requests, as the demo does, without its set-up list."""

    async def act() -> None:
        settings = read_settings(folder / "pe.toml")
        async with run_instance(settings, folder, at_work=False) as running:
            await open_doors(running.desk)

    asyncio.run(act())


@contextmanager
def serving(
    folder: Path, address: str, environment: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Run `pe serve` in ``folder`` until the block ends; it ends well, unless it is killed."""
    with (folder / "log.txt").open("wb") as log:
        process = subprocess.Popen(
            [*PE, "serve"],
            cwd=folder,
            stderr=log,
            stdout=log,
            env={**os.environ, **(environment or {})},
        )
        try:
            wait_until_served(address, process)
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            code = process.wait(timeout=20)
    assert code in (0, -signal.SIGKILL), (folder / "log.txt").read_text()


def wait_until_served(address: str, process: subprocess.Popen[bytes]) -> None:
    """Wait until the process answers, or fail."""
    deadline = time.monotonic() + 60
    with httpx.Client() as client:
        while time.monotonic() < deadline and process.poll() is None:
            try:
                client.get(f"{address}/health")
            except httpx.TransportError:
                time.sleep(0.02)  # the processor is the other process's
                continue
            return
    raise AssertionError("it does not serve")
