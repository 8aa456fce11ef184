"""The embassies of a demo as processes of their own: started, watched, and ended together."""

import asyncio
import contextlib
import signal
import socket
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

from pe_core.cli.demo_places import HERE, Place, write_settings
from pe_core.errors import SettingsError, StoreError

PATIENCE = 60.0
"""Seconds until an embassy must serve; and as many until it must have ended."""
LAST_PORT = 65535
SOON = 0.05
AFTER_CTRL_C = 0.5

Processes = Mapping[str, asyncio.subprocess.Process]


def check_ports(places: Sequence[Place]) -> None:
    """Raise SettingsError with every port that somebody else listens on, or that there is not."""
    last = max(one.settings.server.port for one in places)
    if last > LAST_PORT:
        raise SettingsError(
            f"{len(places)} embassies need ports up to {last}, and the last is {LAST_PORT}; "
            "choose a lower --port"
        )
    taken = [str(one.settings.server.port) for one in places if not _is_free(one)]
    if taken:
        ports = f"ports {', '.join(taken)} are" if len(taken) > 1 else f"port {taken[0]} is"
        raise SettingsError(f"{ports} taken; choose another --port")


@contextlib.asynccontextmanager
async def served(places: Sequence[Place]) -> AsyncIterator[Processes]:
    """Run `pe serve` for each embassy, by code, from the first answer to the end of the block.

    They are of this process's group, so that Ctrl-C ends them too.
    """
    processes: dict[str, asyncio.subprocess.Process] = {}
    try:
        for place in places:
            processes[place.code] = await _start(write_settings(place))
        for place in places:
            await _until_served(place, processes[place.code])
        yield processes
    finally:
        await _end(list(processes.values()))


def stop_when_told() -> None:
    """End the running task at the first Ctrl-C or SIGTERM, whatever it does; what it began too.

    Called before anything is started, so that nothing is left behind.
    """
    task = asyncio.current_task()
    told = False

    def stop() -> None:
        nonlocal told
        if task is not None and not told:
            told = True
            task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop)


async def until_one_ends(processes: Processes) -> None:
    """Wait until an embassy ends by itself, and raise StoreError that names it."""
    ended = {asyncio.create_task(one.wait()): code for code, one in processes.items()}
    try:
        done, _ = await asyncio.wait(ended, return_when=asyncio.FIRST_COMPLETED)
        # Ctrl-C reaches them as well: then we are told to stop in this very moment.
        await asyncio.sleep(AFTER_CTRL_C)
    finally:
        for task in ended:
            task.cancel()
    gone = ", ".join(ended[task] for task in done)
    raise StoreError(f"the embassy {gone} has ended by itself; see what it said above")


async def _start(config: Path) -> asyncio.subprocess.Process:
    command = ("-m", "pe_core.cli", "serve", "--quiet", "--config", str(config))
    return await asyncio.create_subprocess_exec(
        sys.executable, *command, stdin=asyncio.subprocess.DEVNULL
    )


async def _until_served(place: Place, process: asyncio.subprocess.Process) -> None:
    """Return once somebody answers at the embassy's port; StoreError if it ends before."""
    async with asyncio.timeout(PATIENCE):
        while True:
            if process.returncode is not None:
                raise StoreError(f"the embassy {place.code} did not start; see what it said above")
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection(HERE, place.settings.server.port)
                writer.close()
                return
            await asyncio.sleep(SOON)


async def _end(processes: Sequence[asyncio.subprocess.Process]) -> None:
    for process in processes:
        if process.returncode is None:
            process.terminate()
    for process in processes:
        try:
            await asyncio.wait_for(process.wait(), PATIENCE)
        except TimeoutError:
            process.kill()
            await process.wait()


def _is_free(place: Place) -> bool:
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((HERE, place.settings.server.port))
        except OSError:
            return False
    return True
