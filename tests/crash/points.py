"""Acts that are killed at a certain statement, each in a child that is forked for it.

The children come from a fork server that has everything imported, so that one costs a fraction
of a second and not the start of a process.
"""

import asyncio
import multiprocessing
import shutil
import signal
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
from tests.crash.plugin import set_trap

from pe_core.control import commands_of
from pe_core.desk import accounts, requests
from pe_core.desk.locking import lock_account
from pe_core.model import Box, RequestId, State
from pe_core.running import Running, run_instance
from pe_core.settings import read_settings
from pe_core.toolkit.invented import ASKED, Account, ask

CHECKPOINT = "PRAGMA wal_checkpoint"
LATER = timedelta(days=8)
"""The acts come a week and a day after the embassy opened: every weekly epoch is over."""
MOST = 40


class Scene(msgspec.Struct):
    """Whose folder it is, who works there, on what, and what the clock shows."""

    folder: Path
    account: Account
    box: Box
    request: RequestId
    now: datetime


async def upkeep(running: Running, scene: Scene) -> None:
    """Do what is done each hour."""
    await commands_of(running.desk)["upkeep"]({"confirm": False})


async def lock(running: Running, scene: Scene) -> None:
    """Lock the coordinator's account, as `pe lock --box` does."""
    await lock_account(running.desk, scene.box)


async def submit(running: Running, scene: Scene) -> None:
    """Ask for help at the turn of a week: an epoch of intake begins."""
    await ask(running.desk, ASKED[2])


async def work(running: Running, scene: Scene) -> None:
    """Unlock at the turn of a week, where an epoch of the trail begins; answer, and move on."""
    account = scene.account
    code = account.code(scene.now)
    _, session = await accounts.unlock(running.desk, account.handle, account.passphrase, code)
    await requests.reply(running.desk, session, scene.request, "answered", "en")
    await requests.move(
        running.desk, session, scene.request, requests.Moving(to=State.ACTIVE, text="moved")
    )


ACTS: Mapping[str, Callable[[Running, Scene], Awaitable[None]]] = {
    "upkeep": upkeep,
    "lock": lock,
    "submit": submit,
    "work": work,
}


def act(name: str, scene: Scene) -> None:
    """Carry out one of ``ACTS`` in the folder of a scene, with nobody else at work there."""

    async def whole() -> None:
        settings = read_settings(scene.folder / "pe.toml")
        async with run_instance(
            settings, scene.folder, now=lambda: scene.now, at_work=False
        ) as running:
            await ACTS[name](running, scene)

    asyncio.run(whole())


def act_trapped(name: str, scene: Scene, word: str, number: int) -> None:
    """Carry out an act in a process that dies when it comes to a certain statement."""
    set_trap(word, number)
    act(name, scene)


def killed_copies(name: str, scene: Scene, word: str, place: Path) -> Iterator[Scene]:
    """Yield the folder as it is after a kill at the first, the second, ... such statement."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.crash.points"])
    for number in range(1, MOST):
        copy = place / str(number)
        shutil.copytree(scene.folder, copy)
        killed = msgspec.structs.replace(scene, folder=copy)
        process = context.Process(target=act_trapped, args=(name, killed, word, number))
        process.start()
        process.join()
        if process.exitcode == 0:
            return
        if process.exitcode != -signal.SIGKILL:
            raise RuntimeError(f"{name} ended with {process.exitcode}")
        yield killed
