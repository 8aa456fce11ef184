"""`pe import volunteers`: a dry run first, mistakes by their place, and what to do afterwards."""

import asyncio
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from pe_core.cli import import_
from pe_core.rules.people_csv import BYTES_LIMIT, COLUMNS
from pe_core.settings import read_settings
from pe_core.store import InstanceLock, serve_control
from serving import PE, serving, write_settings

TABLE = "pseudonym,languages\nbocian,be:4\n"


def pe(*arguments: str, folder: Path, code: int) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [*PE, *arguments], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )
    assert code == done.returncode, done.stderr
    return done


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An opened embassy that nobody has joined yet."""
    write_settings(tmp_path)
    pe("init", "--json", folder=tmp_path, code=0)
    return tmp_path


def test_a_file_is_tried_out_told_about_and_refused_while_nobody_could_read_it(
    folder: Path,
) -> None:
    (folder / "good.csv").write_text(TABLE, encoding="utf-8")
    (folder / "bad.csv").write_text(TABLE + "Anna Novak,be\n", encoding="utf-8")
    tried = pe("import", "volunteers", "good.csv", folder=folder, code=0)
    bad = pe("import", "volunteers", "bad.csv", "--yes", folder=folder, code=1)
    refused = pe("import", "volunteers", "good.csv", "--yes", folder=folder, code=1)
    missing = pe("import", "volunteers", "none.csv", folder=folder, code=1)

    assert "1 person, and nothing is wrong. Nothing was written." in tried.stdout
    assert (
        "line 3, column pseudonym: 1 to 40 letters, digits, dots, dashes or underlines\n"
        "Nothing was written.\n"
    ) == bad.stderr
    assert refused.stderr.startswith("pe: nothing was written: nobody could read it before")
    assert "cannot read the file: No such file or directory" in missing.stderr


def called(monkeypatch: pytest.MonkeyPatch, answer: dict[str, Any]) -> list[dict[str, Any]]:
    """Let an instance answer that is not there; returns what it is asked."""
    asked: list[dict[str, Any]] = []

    async def in_instance(_settings: Any, _folder: Any, name: str, arguments: Any) -> Any:
        asked.append({"name": name, **arguments})
        return answer

    monkeypatch.setattr(import_, "in_instance", in_instance)
    monkeypatch.setattr(import_, "read_config", lambda config: (None, config.parent))
    return asked


def test_once_it_is_done_the_source_has_to_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "people.csv"
    file.write_text(TABLE, encoding="utf-8")
    asked = called(monkeypatch, {"people": 1, "flaws": [], "done": True})
    told = CliRunner().invoke(import_.command, ["volunteers", str(file), "--yes"])

    assert 0 == told.exit_code, told.output
    assert [{"name": "import-volunteers", "content": TABLE.encode(), "write": True}] == asked
    assert "1 person was brought in" in told.output
    assert "Destroy it now, with every copy" in told.output
    assert "`shred` is of no use on an SSD" in told.output


def test_of_many_mistakes_the_first_fifty_are_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "people.csv"
    file.write_text(TABLE, encoding="utf-8")
    flaws = [{"line": line, "column": "", "words": "wrong"} for line in range(1, 61)]
    called(monkeypatch, {"people": 0, "flaws": flaws, "more": 7, "done": False})
    told = CliRunner().invoke(import_.command, ["volunteers", str(file)])

    assert 1 == told.exit_code
    assert 50 == told.output.count(": wrong")
    assert "... and 17 more" in told.output


def test_a_file_of_any_size_is_not_read_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "people.csv"
    file.write_bytes(b"x" * (BYTES_LIMIT + 1))
    asked = called(monkeypatch, {})
    told = CliRunner().invoke(import_.command, ["volunteers", str(file)])

    assert (1, []) == (told.exit_code, asked)
    assert "too large" in str(told.exception)


def test_a_running_portal_names_the_mistakes_of_the_worst_file(folder: Path) -> None:
    (folder / "bad.csv").write_text("pseudonym\n" + "!\n" * 200_000, encoding="utf-8")
    with serving(folder, read_settings(folder / "pe.toml").server.address):
        bad = pe("import", "volunteers", "bad.csv", "--yes", folder=folder, code=1)

    assert "line 2, column pseudonym: 1 to 40 letters" in bad.stderr
    assert "... and 199950 more\n" in bad.stderr


def test_a_portal_that_nobody_has_joined_says_so_while_it_runs(folder: Path) -> None:
    (folder / "good.csv").write_text(TABLE, encoding="utf-8")
    with serving(folder, read_settings(folder / "pe.toml").server.address):
        refused = pe("import", "volunteers", "good.csv", "--yes", folder=folder, code=1)

    assert refused.stderr.startswith("pe: nothing was written: nobody could read it before")


@pytest.mark.parametrize("more", [["--yes"], []])
def test_whoever_breaks_off_hears_that_people_may_be_there(folder: Path, more: list[str]) -> None:
    (folder / "good.csv").write_text(TABLE, encoding="utf-8")

    async def act() -> tuple[int | None, str]:
        asked = asyncio.Event()

        async def bring_in(_arguments: Any) -> None:
            asked.set()
            await asyncio.Event().wait()

        with InstanceLock.acquire(folder / "data"):
            control = await serve_control(
                folder / "data/control.sock", {"import-volunteers": bring_in}
            )
            process = await asyncio.create_subprocess_exec(
                *(*PE, "import", "volunteers", "good.csv", *more),
                cwd=folder,
                stderr=asyncio.subprocess.PIPE,
                # Where the tests run in the background it is ignored, and children inherit that.
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            )
            await asyncio.wait_for(asked.wait(), 30)
            process.send_signal(signal.SIGINT)
            _, said = await asyncio.wait_for(process.communicate(), 30)
            await control.close()
            return process.returncode, said.decode()

    code, said = asyncio.run(act())

    assert 130 == code
    assert ("everybody is there twice" in said) is bool(more)


def test_the_help_names_every_column() -> None:
    told = CliRunner().invoke(import_.command, ["volunteers", "--help"]).output

    assert [] == [name for name in COLUMNS if f"\n    {name} " not in told]
