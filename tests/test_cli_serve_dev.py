"""`pe serve --dev` for authors: what they change is on the page, what they break is told."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from pe_core.cli.dev import missing, print_missing
from pe_core.hooks import Plugins
from pe_core.rules.catalogue import Catalogue, Compiled
from planting import HELP, TEXTS, plant
from serving import PE, open_the_doors, wait_until_served, write_settings

PATIENCE = 60
"""Seconds until a change must be seen; the machine may be busy."""


class Author:
    """Somebody who writes a plugin beside a running portal."""

    def __init__(self, folder: Path, package: Path, address: str) -> None:
        self.folder, self.package, self.address = folder, package, address

    def write(self, file: str, text: str) -> None:
        """Put a whole file in the place of another, as editors do."""
        beside = self.folder / "half-written"
        beside.write_text(text.replace("{code}", "aa"), encoding="utf-8")
        beside.replace(self.package / file)

    def printed(self) -> str:
        return (self.folder / "log.txt").read_text(encoding="utf-8")

    def topics(self) -> str:
        try:
            return httpx.get(f"{self.address}/en/ask", timeout=5).text
        except httpx.TransportError:
            return ""  # it begins anew

    def sees(self, what: str) -> None:
        """Wait for a page with these words."""
        self.wait(lambda: what in self.topics(), f"a page with {what!r}")

    def reads(self, line: str) -> None:
        """Wait for a printed line."""
        self.wait(lambda: line in self.printed(), line)

    def wait(self, is_there: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while not is_there():
            assert time.monotonic() < deadline, f"{what} did not come:\n{self.printed()}"
            time.sleep(0.05)  # the processor is the other process's


@contextmanager
def serving_author(folder: Path, package: Path, address: str) -> Iterator[Author]:
    """Run `pe serve --dev` until the block ends; it ends well."""
    with (folder / "log.txt").open("wb") as log:
        process = subprocess.Popen(
            [*PE, "serve", "--dev"],
            cwd=folder,
            stdout=log,
            stderr=log,
            env={**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
        )
        try:
            wait_until_served(address, process)
            yield Author(folder, package, address)
        finally:
            process.send_signal(signal.SIGTERM)
            code = process.wait(timeout=20)
    assert 0 == code, (folder / "log.txt").read_text()


@pytest.fixture
def author(tmp_path: Path) -> Iterator[Author]:
    """An author before a portal that runs a plugin of one question beside Exampleland's."""
    package = plant(tmp_path, "aa")
    address = write_settings(tmp_path)
    open_embassy(tmp_path)
    settings = tmp_path / "pe.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace('["zz"]', '["zz", "aa"]'), encoding="utf-8")
    with serving_author(tmp_path, package, address) as found:
        yield found


def open_embassy(folder: Path) -> None:
    subprocess.run([*PE, "init"], cwd=folder, check=True, capture_output=True)
    open_the_doors(folder)


def test_an_author_sees_each_change_and_reads_each_fault(author: Author) -> None:
    author.sees("A planted topic")
    assert "missing in be: aa.help.title" in author.printed()

    author.write("locales/en.po", TEXTS.replace("planted", "changed"))
    author.sees("A changed topic")

    author.write("locales/en.po", TEXTS.replace("help.title", "help.tittle"))
    author.reads('no English text; add msgid "aa.help.title" to pe_embassy_aa/locales/en.po')
    author.reads("what was there before is still served")
    assert "A changed topic" in author.topics()

    author.write("locales/en.po", TEXTS.replace("planted", "mended"))
    author.sees("A mended topic")

    (author.package / "guides").mkdir()
    author.write("guides/first.md", "# a guide without its facts")
    author.reads("aa: guides/first.md")
    assert "A mended topic" in author.topics()
    (author.package / "guides/first.md").unlink()

    author.write("__init__.py", HELP + "\ndef half_typed(\n")
    author.reads("raised SyntaxError: '(' was never closed (__init__.py, line ")
    assert "A mended topic" in author.topics()

    twice = HELP.replace("[Form(", '[Form(name="{code}.more", answers=Help), Form(')
    author.write("__init__.py", twice)
    author.reads('no English text; add msgid "aa.more.title"')
    more = TEXTS + TEXTS.partition("\n\n")[2].replace("help", "more").replace("planted", "new")
    author.write("locales/en.po", more)
    author.sees("A new topic")
    # It says so a moment after it serves: so it is waited for, and must not come a third time.
    author.wait(lambda: author.printed().count("serving http") > 1, "a second beginning")
    assert 2 == author.printed().count("serving http"), "it began anew once"


def test_a_server_in_earnest_loads_nothing_that_watches() -> None:
    code = "import sys, pe_core.cli.serve, pe_core.web.app; print('pe_core.cli.dev' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)

    assert "False\n" == done.stdout


def test_missing_texts_are_listed_those_of_the_author_first() -> None:
    english = Compiled(texts={"aa.help": "x", "core.yes": "Yes"}, plurals={}, rule="0")
    russian = Compiled(texts={"core.yes": "Да"}, plurals={}, rule="0")
    texts = Catalogue(("be", "ru", "en"), {"be": [], "ru": [russian], "en": [english]})
    plugins = Plugins(names=("aa",), jurisdictions={}, forms={}, listeners=(), folders={})

    assert [
        "missing in be: aa.help",
        "missing in ru: aa.help",
        "missing in be: core.yes",
    ] == list(missing(plugins, texts))


def test_of_many_missing_texts_the_first_are_printed_and_the_rest_is_counted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    english = Compiled(texts={f"aa.{number:02}": "x" for number in range(25)}, plurals={}, rule="0")
    texts = Catalogue(("be", "en"), {"be": [], "ru": [], "en": [english]})
    plugins = Plugins(names=("aa",), jurisdictions={}, forms={}, listeners=(), folders={})

    print_missing(plugins, texts)

    lines = capsys.readouterr().err.splitlines()
    assert [f"missing in be: aa.{number:02}" for number in range(20)] == lines[:-1]
    assert "... and 5 texts more are missing" == lines[-1]
