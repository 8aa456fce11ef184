"""One embassy that lives through all rounds: made once, started and killed as often as wanted."""

import asyncio
import os
import subprocess
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
from tests.crash.plugin import shown_at
from tests.serving import PE, ROOT, free_port, write_settings

from pe_core.desk import invites
from pe_core.desk.setup import open_doors
from pe_core.running import CONTROL, open_new
from pe_core.settings import Settings, read_settings
from pe_core.store import call_control
from pe_core.toolkit.invented import Account, Clock, open_account, unlock_account
from pe_core.vault import Keys, Passphrases

SPEED = 12.0
"""Seconds of the embassy's clock in one of ours: a form may be sent after five of them."""
PATIENCE = 60.0


class Member(msgspec.Struct):
    """A coordinator: what unlocks the account, and what a thief would need the passphrase for."""

    account: Account
    box: int
    keys: Keys


class Embassy:
    """A folder with pe.toml and data, and beside it what the test itself writes down."""

    def __init__(self, place: Path) -> None:
        """Keep everything under ``place``."""
        self.folder = place / "embassy"
        self.beside = place / "beside"
        self.data = self.folder / "data"
        self.heard = self.beside / "heard.jsonl"
        self.address = ""
        self.members: list[Member] = []
        self.clock = datetime.now(UTC).replace(microsecond=0)
        self.ticking = ""
        self.process: subprocess.Popen[bytes] | None = None

    def now(self) -> datetime:
        """Return what the embassy's clock shows, running or not."""
        if not self.ticking:
            return self.clock
        return datetime.fromtimestamp(shown_at(self.ticking, time.time()), UTC)

    def environment(self, run: int = 0, **more: str) -> Mapping[str, str]:
        """Return the environment of a process of this embassy; its clock goes on from now."""
        self.clock = self.now() + timedelta(seconds=1)
        self.ticking = f"{self.clock.timestamp()},{time.time()},{SPEED}"
        path = (str(self.beside / "plugin"), str(ROOT), os.environ.get("PYTHONPATH"))
        return {
            **os.environ,
            "PYTHONPATH": ":".join(filter(None, path)),
            "TMPDIR": str(self.beside),
            "CRASH_CLOCK": self.ticking,
            "CRASH_HEARD": str(self.heard),
            "CRASH_RUN": str(run),
            **more,
        }

    def pass_time(self, time_passed: timedelta) -> None:
        """Let time pass while nobody serves."""
        self.clock, self.ticking = self.now() + time_passed, ""

    async def start(self, run: int, **more: str) -> subprocess.Popen[bytes]:
        """Start `pe serve` and return once it answers."""
        # Whoever is killed leaves its port to anybody, so that each start has one of its own.
        port = free_port()
        old, self.address = self.address, f"http://127.0.0.1:{port}"
        config = self.folder / "pe.toml"
        settings = config.read_text(encoding="utf-8").replace(old.rpartition(":")[2], str(port))
        config.write_text(settings, encoding="utf-8")
        with (self.beside / "log.txt").open("ab") as log:
            self.process = subprocess.Popen(
                [*PE, "serve"],
                cwd=self.folder,
                stdout=log,
                stderr=log,
                env=self.environment(run, **more),
            )
        await self._wait_until_served(port)
        return self.process

    async def _wait_until_served(self, port: int) -> None:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and self.process and self.process.poll() is None:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionError:
                await asyncio.sleep(0.01)
                continue
            writer.close()
            return
        raise RuntimeError(f"it does not serve; see {self.beside / 'log.txt'}")

    def kill(self) -> list[int]:
        """Kill the process where it stands; return those of its children that live on."""
        process = self.process
        if process is None:
            return []
        children = children_of(process.pid)
        process.kill()
        process.wait()
        self.process = None
        return wait_for_end(children)

    async def ask_control(self, command: str, **arguments: object) -> object:
        """Ask the running process through its control socket."""
        return await call_control(self.data / CONTROL, command, arguments)


def children_of(pid: int) -> list[int]:
    """Return the processes that a process has started, as far as they live."""
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        return [int(c) for task in tasks for c in (task / "children").read_text().split()]
    except OSError:
        return []


def wait_for_end(pids: list[int]) -> list[int]:
    """Return which of some processes are still there after a while."""
    deadline = time.monotonic() + 10
    living = pids
    while living and time.monotonic() < deadline:
        living = [pid for pid in living if _lives(pid)]
        time.sleep(0.005)
    return living


def _lives(pid: int) -> bool:
    try:
        return " Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


async def make_embassy(place: Path) -> Embassy:
    """Open an embassy of Exampleland with two coordinators and open doors under ``place``."""
    embassy = Embassy(place)
    embassy.folder.mkdir(parents=True)
    embassy.beside.mkdir()
    embassy.address = write_settings(embassy.folder)
    embassy.members = await _open(embassy, read_settings(embassy.folder / "pe.toml"))
    return embassy


def enable_plugin(embassy: Embassy) -> None:
    """Make the crash test's plugin known to the embassy's processes, and enable it."""
    about = embassy.beside / "plugin" / "pe_crash-0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: pe-crash\nVersion: 0\n")
    (about / "entry_points.txt").write_text("[pe]\ncrash = tests.crash.plugin\n")
    config = embassy.folder / "pe.toml"
    text = config.read_text(encoding="utf-8").replace('["zz"]', '["zz", "crash"]')
    config.write_text(text + "\n[plugin.zz]\nbell = false\n", encoding="utf-8")


async def _open(embassy: Embassy, settings: Settings) -> list[Member]:
    clock = Clock(embassy.clock)
    passphrases = Passphrases(memory_mib=settings.vault.argon2_memory)
    opening, running = await open_new(
        settings, embassy.folder, now=clock.now, passphrases=passphrases
    )
    desk, members = running.desk, []
    await open_doors(desk)
    accounts = [await open_account(desk, clock, opening.invite, "busel")]
    session = await unlock_account(desk, clock, accounts[0])
    invite = await invites.make_invite(desk, session)
    accounts.append(await open_account(desk, clock, invite, "zubr"))
    for account in accounts:
        session = await unlock_account(desk, clock, account)
        members.append(Member(account=account, box=session.box, keys=session.keys))
    passphrases.close()
    await desk.store.close()
    embassy.clock = clock.time + timedelta(minutes=2)
    return members
