"""A newcomer's path, from an empty folder to the first request, with nothing but our wheels.

It is the way of `pe plugin new`'s three commands and of deployments/README.md: no file of this
tree is used but the wheel of pe-core and the locks.
"""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from pe_core.toolkit.asker import Asker
from pe_core.toolkit.browser import Browser
from serving import ROOT, free_port, wait_until_served
from supply.locks import LOCK, SERVER_LOCK, Pinned, closure, read_lock
from supply.wheels import UV

TESTERS = ("pytest", "httpx", "lxml")
"""What `pe-core[toolkit]` brings beside the portal."""
NEW = ("new", "xx", "Exampleton")
PE_TOML = """
[embassy]
code = "xx"
languages = ["en"]
zone = "Etc/UTC"
contact = "desk@embassy.example"
jurisdiction = "xx"
names = {{ en = "Example embassy" }}

[plugins]
enabled = ["xx"]

[server]
port = {port}
address = "http://127.0.0.1:{port}"

[vault]
argon2_memory = 64
"""
OPEN_THE_DOORS = """
import asyncio, sys
from pathlib import Path
from pe_core.desk.setup import open_doors
from pe_core.running import run_instance, utc_now
from pe_core.settings import read_settings
from pe_core.toolkit.invented import Clock, open_account

async def act():
    settings = read_settings(Path("pe.toml"))
    async with run_instance(settings, Path(), at_work=False) as running:
        await open_account(running.desk, Clock(utc_now()), sys.argv[1], "busel")
        await open_doors(running.desk)

asyncio.run(act())
"""
"""What the first member does on the pages for joining and setting up, which have tests."""
PATIENCE = 30.0


class Machine:
    """A machine of somebody who has never seen this tree: one folder, one environment."""

    def __init__(self, folder: Path) -> None:
        """Install what a lock names, and the wheel of pe-core, into a new environment."""
        self.folder = folder
        self.environment = folder / "venv"
        self.install_locked()
        self.install(self.build(ROOT))

    def install_locked(self) -> None:
        """Install what a server needs and what tests need, as the locks have it."""
        lock = {**read_lock(LOCK), **read_lock(SERVER_LOCK)}
        names = sorted(set(read_lock(SERVER_LOCK)) | closure(TESTERS))
        lines = [_line(lock[name]) for name in names]
        needed = self.folder / "requirements.txt"
        needed.write_text("\n".join([*lines, ""]), encoding="utf-8")
        python = Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info.minor}"
        self.uv("venv", "--python", str(python), str(self.environment))
        self.uv("pip", "sync", "--python", str(self.environment), "--require-hashes", str(needed))

    def install(self, wheel: Path) -> None:
        """Install one wheel, and nothing that it needs."""
        self.uv(
            "pip",
            "install",
            "--python",
            str(self.environment),
            "--no-deps",
            "--no-index",
            str(wheel),
        )

    def uv(self, *arguments: str) -> None:
        """Run uv without a network and without settings of ours."""
        run([str(UV), "--quiet", "--offline", "--no-config", *arguments], self.folder, os.environ)

    def build(self, project: Path) -> Path:
        """Build the wheel of a project with the hatchling that is here, and return it."""
        out = self.folder / "wheels" / project.name
        hatchling = [sys.executable, "-m", "hatchling", "build", "--target", "wheel"]
        run([*hatchling, "-d", str(out)], project, os.environ)
        return next(out.glob("*.whl"))

    def run(self, command: str, *arguments: str, folder: Path | None = None) -> str:
        """Run a command of the environment, with nothing of this one, and return what it says."""
        program = str(self.environment / "bin" / command)
        return run([program, *arguments], folder or self.folder, self.clean())

    def clean(self) -> Mapping[str, str]:
        """Return the variables that processes of this machine see."""
        path = f"{self.environment / 'bin'}{os.pathsep}{os.defpath}"
        return {"PATH": path, "HOME": str(self.folder), "LC_ALL": "C.UTF-8"}

    @contextmanager
    def serving(self, address: str) -> Iterator[None]:
        """Run `pe serve` in the folder until the block ends; it must end well."""
        with (self.folder / "log.txt").open("wb") as log:
            process = subprocess.Popen(
                [self.environment / "bin/pe", "serve"],
                cwd=self.folder,
                env=dict(self.clean()),
                stdout=log,
                stderr=log,
            )
            try:
                wait_until_served(address, process)
                yield
            finally:
                process.send_signal(signal.SIGTERM)
                code = process.wait(timeout=30)
        assert 0 == code, (self.folder / "log.txt").read_text()


def run(command: list[str], folder: Path, environment: Mapping[str, str]) -> str:
    """Run a command to its good end and return its output."""
    done = subprocess.run(
        command, cwd=folder, env=dict(environment), capture_output=True, text=True, check=False
    )
    assert 0 == done.returncode, f"{command[0]}: {done.stdout[-3000:]}{done.stderr[-3000:]}"
    return done.stdout


def _line(pinned: Pinned) -> str:
    """Return a package as a requirements file wants it."""
    marker = f" ; {pinned.marker}" if pinned.marker else ""
    hashes = " ".join(f"--hash=sha256:{one}" for one in pinned.hashes)
    return f"{pinned.name}=={pinned.version}{marker} {hashes}"


class Patient(Asker):
    """An asker at a real clock: a form that comes too early is sent again a little later."""

    def begin(self, topic: str = "", where: str = "abroad") -> Any:
        """Choose a topic as soon as the portal takes it, and say where one is."""
        self.go("ask")
        form = self.page.forms()[0]
        fields = [(name, value or "") for name, value in form.form_values() if name != "topic"]
        deadline = time.monotonic() + PATIENCE
        while self.page.path.endswith("/ask") and time.monotonic() < deadline:
            time.sleep(0.5)  # the portal thinks that a person needs five seconds
            self.browser.post(form.action or "/en/ask", [*fields, ("topic", topic)])
        return self.browser.send({"where": where})


ANSWERS = {
    1: {"answer": "passport"},
    2: {"answer-day": "", "answer-month": "", "answer-year": ""},
    3: {"answer": "I cannot get a passport."},
    4: {"answer": "Invented Bird"},
    5: {"answer": "Only here, please"},
}


def test_a_newcomer_makes_a_plugin_and_is_asked_for_help_through_it(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    port = free_port()
    address = f"http://127.0.0.1:{port}"

    told = machine.run("pe", "plugin", *NEW, "--into", "mine")
    plugin = tmp_path / "mine" / "xx"
    machine.install(machine.build(plugin))
    tested = machine.run("python", "-m", "pytest", "-p", "no:cacheprovider", folder=plugin)
    listed = machine.run("pe", "plugin", "list")
    (tmp_path / "pe.toml").write_text(PE_TOML.format(port=port), encoding="utf-8")
    opened = json.loads(machine.run("pe", "init", "--json"))
    machine.run("python", "-c", OPEN_THE_DOORS, opened["invite"])
    with machine.serving(address), asyncio.Runner() as runner:
        with closing(Browser(None, lambda one: runner.run(awaited(one)), address)) as browser:
            asker = Patient(browser, SimpleNamespace())
            checked = asker.to_check("xx.document", ANSWERS).words
            browser.send()
            receipt = asker.groups()
            again = asker.come_back(" ".join(receipt)).words

    assert "pe plugin check xx" in told
    assert re.search(r"\b[0-9]+ passed", tested)
    assert "failed" not in tested
    assert "forms: xx.document, xx.other" in listed
    assert "I cannot get a passport." in checked
    assert 6 == len(receipt)
    assert "Your request" in again


async def awaited(awaitable: Any) -> Any:
    """Wait for something that can be waited for, as a coroutine."""
    return await awaitable
