"""What the tests of faults share: an embassy that is served for real, and ways to break it.

One embassy is opened for each module of tests and copied for each test. Its process is ``pe
serve`` itself; only constants of time are made shorter in it, by a ``sitecustomize``.
"""

import asyncio
import os
import shutil
import subprocess
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from pe_core.desk.setup import open_doors
from pe_core.rules.texts import Catalogue, Source, load_catalogue
from pe_core.running import CORE_LOCALES, open_new
from pe_core.settings import read_settings
from pe_core.store import call_control
from pe_core.toolkit.asker import Asker
from pe_core.toolkit.browser import Browser, Page
from pe_core.toolkit.invented import Account, Clock, open_account
from pe_core.vault import Passphrases
from serving import PE, serving, write_settings
from test_seizure import MARK, found_in

Run = Callable[[Awaitable[Any]], Any]
LANGUAGES = ("be", "ru", "en")
MARKED = {1: {"answer": f"{MARK} story"}, 2: {"answer": f"{MARK} name"}, 3: {"answer": MARK}}
"""What is typed into the questions of ``zz.other``."""
AT_ONCE = "pe_core.web.guards.tokens.SHORTEST = datetime.timedelta(0)"
"""Forms may be sent at once: a test need not wait five seconds to prove that it is a person."""
DEADLINE = 30.0


def open_template(folder: Path) -> Account:
    """Open an embassy in ``folder`` with one coordinator, who is returned, and its doors open."""
    write_settings(folder)
    settings = read_settings(folder / "pe.toml")

    async def act() -> Account:
        clock = Clock(datetime.now(UTC) - timedelta(minutes=5))
        passphrases = Passphrases(memory_mib=settings.vault.argon2_memory)
        opening, running = await open_new(settings, folder, now=clock.now, passphrases=passphrases)
        account = await open_account(running.desk, clock, opening.invite, "busel")
        await open_doors(running.desk)
        passphrases.close()
        await running.desk.store.close()
        return account

    return asyncio.run(act())


@dataclass
class Served:
    """An embassy in a folder of its own, and what a test does with it."""

    folder: Path
    address: str
    account: Account
    run: Run
    environment: dict[str, str]
    browsers: list[Browser] = field(default_factory=list)
    steps: Iterator[int] = field(default_factory=lambda: iter((-30, 0, 30)))

    @property
    def data(self) -> Path:
        """Return the data folder."""
        return self.folder / "data"

    @property
    def log(self) -> str:
        """Return what the process has logged."""
        return (self.folder / "log.txt").read_text(encoding="utf-8")

    @contextmanager
    def serving(self) -> Iterator[subprocess.Popen[bytes]]:
        """Run ``pe serve`` for a block."""
        with serving(self.folder, self.address, self.environment) as process:
            try:
                yield process
            finally:
                self.close()

    def pe(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command of ``pe`` beside the instance, or in its place, to its end."""
        return subprocess.run(
            [*PE, *arguments],
            cwd=self.folder,
            env={**os.environ, **self.environment},
            capture_output=True,
            text=True,
            timeout=60,
        )

    def call(self, command: str, **arguments: Any) -> Any:
        """Have the process carry out a command, as ``pe`` does."""
        return self.run(call_control(self.data / "control.sock", command, arguments))

    def browser(self) -> Browser:
        """Return a browser of its own; ``close`` closes them all."""
        self.browsers.append(Browser(None, self.run, self.address))
        return self.browsers[-1]

    def close(self) -> None:
        """Close all browsers."""
        while self.browsers:
            self.browsers.pop().close()

    def asker(self, language: str = "en") -> Asker:
        """Return an asker with a browser of their own."""
        return Asker(self.browser(), Clock(datetime.now(UTC)), language)

    def unlock(self, browser: Browser) -> Page:
        """Unlock the coordinator, with a later code each time: each is good once."""
        browser.go("/en/staff/unlock")
        code = self.account.code(datetime.now(UTC) + timedelta(seconds=next(self.steps)))
        typed = {"name": self.account.handle, "passphrase": self.account.passphrase, "code": code}
        return browser.send(typed)


def shorten(folder: Path, *settings: str) -> dict[str, str]:
    """Return the environment of a process in which constants are set; each as an assignment."""
    site = folder / "site"
    site.mkdir()
    modules = {setting.partition(" =")[0].rpartition(".")[0] for setting in settings}
    lines = ["import datetime", *(f"import {name}" for name in sorted(modules)), *settings]
    (site / "sitecustomize.py").write_text("\n".join(lines), encoding="utf-8")
    return {"PYTHONPATH": os.pathsep.join([str(site), os.environ.get("PYTHONPATH", "")])}


def copy_of(template: Path, account: Account, folder: Path, run: Run, *settings: str) -> Served:
    """Return a copy of the template for one test, at a free port; see ``shorten``."""
    if not (folder / "data").exists():
        (folder / "data").mkdir(parents=True, mode=0o700)
    shutil.copytree(template / "data", folder / "data", dirs_exist_ok=True)
    address = write_settings(folder)
    return Served(folder, address, account, run, shorten(folder, AT_ONCE, *settings))


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """Mount a disk of its own at ``folder`` for a block; skips where that is not allowed."""
    with mounted(folder, "-t", "tmpfs", "-o", f"size={size},mode=0700", "pe-test"):
        yield folder


@contextmanager
def journalled_disk(folder: Path, image: Path) -> Iterator[Path]:
    """Mount a disk with a journal, whose kernel code can be told that it has failed."""
    with image.open("wb") as file:
        file.truncate(16 * 1024 * 1024)
    if shutil.which("mkfs.ext4") is None:
        pytest.skip("needs mkfs.ext4: a disk of its own is made")
    subprocess.run(["mkfs.ext4", "-q", str(image)], check=True)
    with mounted(folder, "-o", "loop", str(image)):
        yield folder


@contextmanager
def mounted(folder: Path, *how: str) -> Iterator[None]:
    """Mount something at ``folder`` for a block."""
    if os.geteuid() != 0:
        pytest.skip("needs root: a disk of its own is mounted")
    folder.mkdir(parents=True, exist_ok=True)
    if subprocess.run(["mount", *how, str(folder)], check=False).returncode != 0:
        pytest.skip("needs the right to mount: a disk of its own is mounted")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def journalled_disk_again(folder: Path, image: Path) -> Iterator[Path]:
    """Mount such a disk once more, as a machine that starts anew does."""
    with mounted(folder, "-o", "loop", str(image)):
        yield folder


def remount(folder: Path, how: str) -> None:
    """Change how a disk is mounted, such as ``ro``."""
    subprocess.run(["mount", "-o", f"remount,{how}", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Fill the disk below ``folder`` to the last byte; return the file that does it."""
    path = folder / "filling"
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            return path


def refused_to_start(served: Served) -> str:
    """Return the one line with which ``pe serve`` refuses to start."""
    done = served.pe("serve")
    lines = done.stderr.splitlines()

    assert 1 == done.returncode, done.stderr
    assert [True] == [line.startswith("pe: ") for line in lines], done.stderr
    return lines[0]


def until(condition: Callable[[], bool], what: str) -> None:
    """Wait until it is so, or fail; it is looked at ten times a second."""
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


@cache
def texts() -> Catalogue:
    """Return the core's texts."""
    return load_catalogue([Source(domain="core", directory=CORE_LOCALES)], LANGUAGES, None)


def house_faults(page: Page, status: int, language: str, key: str) -> list[str]:
    """Return what is wrong with a page of trouble: nothing, if it is as every page of ours is."""
    wanted = {
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",
        "content-type": "text/html; charset=utf-8",
    }
    found = [name for name, value in wanted.items() if page.headers.get(name) != value]
    if not page.headers.get("content-security-policy", "").startswith("default-src 'none'"):
        found.append("content-security-policy")
    if status != page.status:
        found.append(f"status {page.status}")
    if language != page.tree.get("lang"):
        found.append(f"language {page.tree.get('lang')}")
    if [texts().text(language, key)] != [h.text_content() for h in page.tree.xpath("//h1")]:
        found.append(f"heading: {page.words[:200]}")
    if not page.tree.xpath("//header") or "Traceback" in page.text or "Error" in page.text:
        found.append("layout")
    return found


def broken(page: Page, language: str = "en") -> list[str]:
    """Return what is wrong with the page that says: not now, and it is our fault."""
    return house_faults(page, 503, language, "core.trouble.broken.title")


def personal(served: Served) -> list[str]:
    """Return where words of askers lie in clear: in the log, or anywhere beside it."""
    return found_in(served.folder, [MARK])
