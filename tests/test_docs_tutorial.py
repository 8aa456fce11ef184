"""The tutorial is true: a test spends the evening, in an empty folder, and sees what it shows."""

import doctest
import os
import re
import shlex
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from documents import ROOT, blocks
from pe_core.toolkit.documenting import markers
from serving import free_port, wait_until_served

TUTORIAL = ROOT / "docs/authors/tutorial.md"
OURS = re.compile(r"(_editable_impl_)?pe_")
"""What the environment of this tree has installed of ours; the evening begins without."""
PYTEST = "#!{}\nimport pytest\nraise SystemExit(pytest.console_main())\n"
"""The one program that pip would make of what is copied."""
SHOWN = {"pe demo": ("/en/ask", "A paper I cannot get"), "pe serve": ("/en/guides", "passport")}
"""What is looked at while a command serves."""


@dataclass(frozen=True)
class Step:
    """A file that is written, or a command that is typed with what it answers."""

    file: str = ""
    command: str = ""
    answer: str = ""


def steps(text: str) -> list[Step]:
    """Return what somebody does who follows a page."""
    found = [
        (marker.begin, Step(file=marker.path)) for marker in markers(text) if marker.kind == "file"
    ]
    for block in blocks(text):
        if block.language == "console":
            found += [(block.begin, step) for step in typed(block.text)]
    return [step for _, step in sorted(found, key=lambda item: item[0])]


def typed(console: str) -> Iterator[Step]:
    """Yield the commands of a console, each with its answer."""
    for part in re.split(r"^\$ ", console, flags=re.MULTILINE)[1:]:
        command, _, answer = part.partition("\n")
        yield Step(command=command, answer=answer)


class Evening:
    """An empty folder with a copy of this project beside it, and a terminal."""

    def __init__(self, folder: Path) -> None:
        """Sit down; nothing of this tree's environment is seen."""
        self.folder = folder
        self.port = free_port()
        (folder / "pe_core").symlink_to(ROOT)
        self.variables = {
            "PATH": f"{Path(sys.base_prefix) / 'bin'}{os.pathsep}{os.defpath}",
            "HOME": str(folder),
            "LC_ALL": "C.UTF-8",
            # A reader's pip fetches what is needed; here it lies in the copied environment.
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_NO_INDEX": "1",
            "PIP_NO_DEPS": "1",
            "PIP_NO_BUILD_ISOLATION": "0",
        }

    def write(self, file: str) -> None:
        """Write a file of Exampleland, whole, where the tutorial says that it goes."""
        target = self.folder / file.removeprefix("plugins/").removeprefix("deployments/zz/")
        target.parent.mkdir(parents=True, exist_ok=True)
        text = (ROOT / file).read_text(encoding="utf-8")
        if target.name == "pe.toml":
            text = text.replace("8000", str(self.port))
        target.write_text(text, encoding="utf-8")

    def type(self, command: str, answer: str = "") -> str:
        """Type a command and return what it says; what serves is let say an answer to its end."""
        words = shlex.split(command)
        if words[0] == ".":
            environment = (self.folder / words[1]).parent
            self.variables["PATH"] = f"{environment}{os.pathsep}{self.variables['PATH']}"
            return ""
        kind = " ".join(words[:2])
        if kind in SHOWN:
            return self.serve(command, *SHOWN[kind], answer)
        done = subprocess.run(
            ["sh", "-c", command],
            cwd=self.folder,
            env=self.variables,
            capture_output=True,
            text=True,
            check=False,
        )
        assert 0 == done.returncode, f"{command}\n{done.stdout}{done.stderr}"
        if kind == "python3 -m":
            self.copy_environment(self.folder / words[-1])
        return done.stdout

    def copy_environment(self, environment: Path) -> None:
        """Let a new environment have what ours has beside pe_core and its plugins."""
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        target = environment / "lib" / version / "site-packages"
        for path in Path(sysconfig.get_paths()["purelib"]).iterdir():
            if not OURS.match(path.name) and not (target / path.name).exists():
                (target / path.name).symlink_to(path)
        program = environment / "bin/pytest"
        program.write_text(PYTEST.format(environment / "bin/python"), encoding="utf-8")
        program.chmod(0o755)

    def serve(self, command: str, path: str, words: str, answer: str) -> str:
        """Run what serves, look at a page of it, press Ctrl-C, and return what it said."""
        if "demo" in command:
            command += f" --port {self.port}"
        address = f"http://127.0.0.1:{self.port}"
        said = self.folder / "said.txt"
        with said.open("wb") as stream:
            process = subprocess.Popen(
                shlex.split(f"{self.folder / 'evening/bin'}/{command}"),
                cwd=self.folder,
                env=self.variables,
                stdout=stream,
                stderr=stream,
            )
            try:
                wait_until_served(address, process)
                page = httpx.get(f"{address}{path}")
                until_shown(answer, said, str(self.port))
            finally:
                process.send_signal(signal.SIGINT)
                code = process.wait(timeout=30)
        text = told(said, str(self.port))
        assert (200, 0) == (page.status_code, code), text
        assert words in page.text
        return text


def test_the_evening_goes_as_the_tutorial_says(tmp_path: Path) -> None:
    evening = Evening(tmp_path)
    wrong = []

    for step in steps(TUTORIAL.read_text(encoding="utf-8")):
        if step.file:
            evening.write(step.file)
            continue
        answer = evening.type(step.command, step.answer)
        if step.answer and not is_shown(step.answer, answer):
            wrong.append(f"$ {step.command}\n{answer}")

    assert "" == "\n".join(wrong), "the page shows something else"


def told(said: Path, port: str) -> str:
    """Return what was said by what serves at a port, as if it were that of the tutorial."""
    return said.read_text(encoding="utf-8").replace(port, "8000")


def until_shown(answer: str, said: Path, port: str) -> None:
    """Wait for the rest of an answer: a page may come before its server has said everything.

    What never comes is found by whoever compares.
    """
    deadline = time.monotonic() + 30
    while not is_shown(answer, told(said, port)) and time.monotonic() < deadline:
        time.sleep(0.05)


def is_shown(answer: str, real: str) -> bool:
    """Return whether a page shows a real answer; ``...`` stands for what it leaves out."""
    one, other = (f"{text.strip()}\n" for text in (answer, real))
    if "serving http://" in one:
        # What a server and its chores say first is nobody's promise.
        one, other = ("\n".join(sorted(text.splitlines())) for text in (one, other))
    return doctest.OutputChecker().check_output(one, other, doctest.ELLIPSIS)


def test_an_answer_that_is_not_the_real_one_would_be_found() -> None:
    (one, two) = typed("$ first\n1 passed in ...\n$ second\n")

    assert (Step(command="first", answer="1 passed in ...\n"), Step(command="second")) == (one, two)
    assert is_shown(one.answer, "1 passed in 2.3 s\n\n")
    assert not is_shown(one.answer, "1 failed in 2.3 s\n")
    assert is_shown("WARNING a\nserving http://b\n", "serving http://b\nWARNING a\n")
    assert not is_shown("WARNING a\nserving http://b\n", "serving http://b\nWARNING c\n")
