"""`pe lock`, with and without an instance at work."""

import asyncio
import os
from pathlib import Path
from pwd import getpwuid

import pytest
from click.testing import CliRunner

from pe_core.cli.lock import command
from pe_core.cli.main import main
from pe_core.desk.locking import read_frozen
from pe_core.running import run_instance, utc_now
from pe_core.settings import read_settings
from pe_core.store import AccountRow, GrantRow, VolunteerRow
from pe_core.toolkit.invented import Clock, offer_help, open_account
from serving import write_settings


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An embassy with one coordinator that nobody serves."""
    from pe_core.running import open_new
    from pe_core.vault import Passphrases

    write_settings(tmp_path)
    settings = read_settings(tmp_path / "pe.toml")

    async def make() -> None:
        passphrases = Passphrases(memory_mib=1)
        opening, running = await open_new(settings, tmp_path, now=utc_now, passphrases=passphrases)
        await open_account(running.desk, Clock(utc_now()), opening.invite, "busel")
        await running.desk.store.close()
        passphrases.close()

    asyncio.run(make())
    return tmp_path


def look(folder: Path) -> tuple[bool, int, list[int]]:
    """Return whether it is frozen, how many grants there are, and the accounts' boxes."""

    async def read() -> tuple[bool, int, list[int]]:
        settings = read_settings(folder / "pe.toml")
        async with run_instance(settings, folder, at_work=False) as running:
            store = running.desk.store
            boxes = [row.box for row in await store.select(AccountRow)]
            grants = await store.count(GrantRow)
            return await read_frozen(running.desk) is not None, grants, boxes

    return asyncio.run(read())


def lock(folder: Path, *arguments: str, typed: str = "") -> str:
    done = CliRunner().invoke(
        command, ["--config", str(folder / "pe.toml"), *arguments], input=typed
    )
    return done.output


def test_the_host_freezes_and_destroys_nothing(folder: Path) -> None:
    before = look(folder)
    shown = lock(folder, "--yes")
    frozen, grants, _ = look(folder)

    assert (False, True) == (before[0], frozen)
    assert before[1] == grants
    assert "Nobody can unlock or join for 24 hours" in shown


def test_the_host_can_destroy_the_grants_of_one_account(folder: Path) -> None:
    _, before, (box,) = look(folder)
    first = lock(folder, "--box", str(box), "--yes")
    again = lock(folder, "--box", str(box), "--yes")
    frozen, after, boxes = look(folder)

    assert frozen
    assert (before // 2, [box]) == (after, boxes), "recovery keeps its half"
    assert "Nobody can unlock" in first
    assert "Not frozen" in again


def test_of_a_volunteer_it_ends_what_is_theirs_and_the_embassy_goes_on(folder: Path) -> None:
    async def apply() -> int:
        settings = read_settings(folder / "pe.toml")
        async with run_instance(settings, folder, at_work=False) as running:
            await offer_help(running.desk, Clock(utc_now()), "wouk")
            (row,) = await running.desk.store.select(VolunteerRow)
            return int(row.box)

    box = asyncio.run(apply())
    before = look(folder)
    shown = lock(folder, "--box", str(box), "--yes")

    assert "this volunteer's session and the keys of their tasks are gone" in shown
    assert "all sessions" not in shown
    assert "frozen" not in shown
    assert before == look(folder)


def test_it_says_what_it_does_and_asks(folder: Path) -> None:
    shown = lock(folder, "--box", "7", typed="n\n")

    assert "This cannot be undone" in shown
    assert not look(folder)[0]


def test_a_box_that_is_nobodys_locks_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["lock", "--config", str(folder / "pe.toml"), "--box", "7", "--yes"])

    assert 1 == ended.value.code
    assert "no account with this box" in capsys.readouterr().err
    assert not look(folder)[0]


@pytest.mark.parametrize("command", [["lock", "--yes"], ["doctor"], ["account", "list"]])
def test_a_command_of_another_account_says_whose_it_is_and_leaves_nothing(
    folder: Path,
    command: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = sorted((folder / "data").rglob("*"))
    whose = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: whose + 1)

    with pytest.raises(SystemExit) as ended:
        main([*command, "--config", str(folder / "pe.toml")])

    assert 1 == ended.value.code
    assert f"`sudo -u {getpwuid(whose).pw_name} pe ...`" in capsys.readouterr().err
    assert before == sorted((folder / "data").rglob("*"))
