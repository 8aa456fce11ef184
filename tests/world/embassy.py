"""One embassy of the world: its folder, its process, and what unlocks it."""

import asyncio
import os
import resource
import subprocess
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from tests.serving import PE, ROOT, free_port
from tests.world.apart import PORT, Host

from pe_core.desk.setup import open_doors
from pe_core.errors import InstanceBusy, StoreError
from pe_core.network.identity import begin_network
from pe_core.network.words import words_of
from pe_core.running import CONTROL, open_new
from pe_core.settings import read_settings
from pe_core.store import call_control
from pe_core.toolkit.invented import Account, Clock, open_account
from pe_core.vault import Passphrases, Seed, fingerprint, join_shares, keys_of

PATIENCE = 60.0
DEPLOYMENTS = ROOT / "deployments"
SETTINGS = """
[embassy]
code = "{code}"
languages = {languages}
zone = "{zone}"
contact = "desk@{code}.example"
jurisdiction = "{country}"

[embassy.names]
be = "Амбасада {code}"
en = "Embassy {code}"

[plugins]
enabled = {plugins}

[server]
host = "{host}"
port = {port}
address = "{address}"

[door]
allow = [{allow}]

[vault]
argon2_memory = 64
swap_encrypted = true
"""


class Embassy:
    """A folder with pe.toml and data, a process at work in it, and a journal beside it."""

    def __init__(
        self,
        place: Path,
        code: str,
        address: str,
        allow: list[str],
        machine: Host | None = None,
        *,
        wired: bool = True,
    ) -> None:
        """Keep everything under ``place``; others reach it at ``address``, ``wired`` or not."""
        self.code = code
        self.address = address
        self.machine = machine
        host, _, port = address.removeprefix("http://").partition(":")
        self.host = machine.address if machine else host
        self.own_port = PORT if machine else (0 if wired else int(port))
        self.folder = place / code
        self.journal = place / f"{code}.journal"
        self.log = place / f"{code}.log"
        self.plugin = place / "plugin"
        self.allow = ", ".join(f'"{host}"' for host in allow)
        self.environment: dict[str, str] = {}
        self.ahead = 0
        self.last_code = 0
        self.port = 0
        self.words = ""
        self.account: Account | None = None
        self.process: subprocess.Popen[bytes] | None = None

    async def open(self) -> None:
        """Make the embassy, its coordinator and its keys for others, as people do."""
        self.folder.mkdir()
        self.write_settings()
        settings = read_settings(self.folder / "pe.toml")
        # An hour ago, so that every code of the authenticator from now on is a new one.
        clock = Clock(datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1))
        passphrases = Passphrases(memory_mib=settings.vault.argon2_memory)
        opening, running = await open_new(
            settings, self.folder, now=clock.now, passphrases=passphrases
        )
        self.account = await open_account(running.desk, clock, opening.invite, "busel")
        await open_doors(running.desk)
        root = keys_of(Seed(join_shares([opening.root_words])))
        await begin_network(running.desk, root)
        self.words = " ".join(words_of(fingerprint(root.verify_key, self.code)))
        passphrases.close()
        await running.desk.store.close()

    async def start(self, ahead: int = 0) -> None:
        """Start `pe serve` with a clock that is ``ahead``, and return once it answers."""
        self.ahead = ahead
        # On a machine that all share, whoever is killed leaves its port to anybody, so that each
        # start has one of its own.
        self.write_settings("world")
        path = (str(self.plugin), str(ROOT), os.environ.get("PYTHONPATH"))
        more = {
            "PYTHONPATH": ":".join(filter(None, path)),
            "WORLD_JOURNAL": str(self.journal),
            "WORLD_AHEAD": str(ahead),
            **self.environment,
        }
        command = [*(self.machine.enter if self.machine else ()), *PE, "serve"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=self.folder, stdout=log, stderr=log, env={**os.environ, **more}
            )
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                _, writer = await asyncio.open_connection(self.host, self.port)
            except ConnectionError:
                await asyncio.sleep(0.02)
                continue
            writer.close()
            return
        raise RuntimeError(f"{self.code} does not serve; see {self.log}")

    def memory(self) -> int:
        """Return the bytes that its process has, what it shares with others divided by them."""
        if self.process is None:
            return 0
        lines = Path(f"/proc/{self.process.pid}/smaps_rollup").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))

    def kill(self) -> None:
        """Kill the process where it stands."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    async def stop(self) -> None:
        """Let the process end as it should; RuntimeError if it does not."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        code = await asyncio.to_thread(self.process.wait, 30)
        if code:
            raise RuntimeError(f"{self.code} ended with {code}; see {self.log}")

    def fill_disk(self) -> None:
        """Let no file of the process grow any more, as if the disk were full."""
        if self.process is not None:
            hard = resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE)[1]
            resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, (4096, hard))

    def empty_disk(self) -> None:
        """Let its files grow again."""
        if self.process is not None and self.process.poll() is None:
            hard = resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE)[1]
            resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, (hard, hard))

    async def ask(self, command: str, **arguments: object) -> Any:
        """Ask the running process through its control socket."""
        return await call_control(self.folder / "data" / CONTROL, command, arguments)

    async def unlock(self) -> bool:
        """Unlock its coordinator; returns False while the authenticator has no code that is new."""
        code = int(time.time() + self.ahead) // 30
        # The process may see the next half minute already.
        if code <= self.last_code + 1:
            return False
        self.last_code = code
        await self.ask("world-unlock", **msgspec.structs.asdict(self.account))
        return True

    async def left(self) -> int:
        """Return how many packets are still on their way from here, -1 if it cannot say."""
        try:
            return int(await self.ask("world-left"))
        except (OSError, InstanceBusy, StoreError, EOFError):
            return -1

    def write_settings(self, *plugins: str) -> None:
        """Write pe.toml with its country's plugin and these; on a shared machine, with a free port.

        It is of its own country, or of one that does not exist.
        """
        country = country_of(self.code)
        known = msgspec.toml.decode((DEPLOYMENTS / country / "pe.toml").read_bytes())["embassy"]
        self.port = self.own_port or free_port()
        settings = SETTINGS.format(
            code=self.code,
            country=country,
            languages=toml_list(known["languages"]),
            zone=known["zone"],
            host=self.host,
            port=self.port,
            address=self.address,
            allow=self.allow,
            plugins=toml_list([country, *plugins]),
        )
        (self.folder / "pe.toml").write_text(settings, encoding="utf-8")


def countries() -> list[str]:
    """Return the codes of the countries that have a deployment, the invented one last."""
    return sorted(path.parent.name for path in DEPLOYMENTS.glob("*/pe.toml"))


def country_of(code: str) -> str:
    """Return the country of an embassy's code, zz for one that has none."""
    return code if code in countries() else "zz"


def toml_list(words: Sequence[str]) -> str:
    """Return a list as pe.toml has it."""
    return msgspec.json.encode(words).decode()


def enable_plugin(place: Path) -> None:
    """Make the world's plugin known to all processes."""
    about = place / "plugin" / "pe_world-0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: pe-world\nVersion: 0\n")
    (about / "entry_points.txt").write_text("[pe]\nworld = tests.world.plugin\n")
