"""The command `pe`, as real processes."""

import json
import shutil
import subprocess
from pathlib import Path

import httpx
import pytest

from pe_core.settings import read_settings
from serving import PE, serving, write_settings


def pe(*arguments: str, folder: Path, code: int = 0) -> subprocess.CompletedProcess[str]:
    """Run `pe` in a folder and expect an exit code."""
    done = subprocess.run(
        [*PE, *arguments], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )
    assert code == done.returncode, done.stderr
    return done


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the pe.toml of Exampleland."""
    write_settings(tmp_path)
    return tmp_path


def test_init_shows_everything_once_and_refuses_a_second_time(folder: Path) -> None:
    shown = json.loads(pe("init", "--json", folder=folder).stdout)
    again = pe("init", folder=folder, code=1)

    assert 33 == len(shown["root_words"].split())
    assert [33, 33, 33] == [len(share.split()) for share in shown["recovery_shares"]]
    assert 24 == len(shown["invite"])
    assert "nothing was changed" in again.stderr
    disk = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    for secret in (shown["root_words"], *shown["recovery_shares"], shown["invite"]):
        assert secret.encode() not in disk


@pytest.mark.parametrize("how", [[], ["--json"]])
def test_keys_that_could_not_be_shown_are_said_to_be_lost_and_made_anew(
    folder: Path, how: list[str]
) -> None:
    with Path("/dev/full").open("w") as full:
        lost = subprocess.run(
            [*PE, "init", *how],
            cwd=folder,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
    again = pe("init", folder=folder, code=1)
    shutil.rmtree(folder / "data")
    shown = pe("init", folder=folder)

    assert 1 == lost.returncode
    assert "Traceback" not in lost.stderr
    assert "could not be shown (No space left on device) and are stored nowhere" in lost.stderr
    assert "remove the data folder" in again.stderr
    assert "The first invite" in shown.stdout


def test_init_for_people_numbers_the_words(folder: Path) -> None:
    shown = pe("init", folder=folder).stdout

    assert "2.3 Recovery share 3 of 3" in shown
    assert "staff/join" in shown
    assert max(len(line) for line in shown.splitlines()) <= 110


def test_what_is_missing_is_said_in_one_line(folder: Path) -> None:
    unopened = pe("upkeep", folder=folder, code=1)
    nowhere = pe("serve", "--config", "nothing.toml", folder=folder, code=1)

    assert "run `pe init` first" in unopened.stderr
    assert "name it with --config" in nowhere.stderr
    assert "Traceback" not in unopened.stderr + nowhere.stderr


def test_files_are_for_their_owner_alone(folder: Path) -> None:
    pe("init", folder=folder)

    modes = {
        path.name: oct(path.stat().st_mode & 0o777)
        for path in [folder / "data", *(folder / "data").rglob("*")]
        if path.is_file() or path.name == "data"
    }
    assert "0o700" == modes.pop("data")
    assert {"0o600"} == set(modes.values())


def test_a_served_embassy_answers_commands_and_a_second_process_is_refused(folder: Path) -> None:
    pe("init", folder=folder)
    address = read_settings(folder / "pe.toml").server.address
    with serving(folder, address):
        home = httpx.get(f"{address}/be/")
        accounts = json.loads(pe("account", "list", "--json", folder=folder).stdout)
        upkeep = json.loads(pe("upkeep", "--json", folder=folder).stdout)
        ended = pe("account", "end-sessions", folder=folder).stdout
        second = pe("serve", folder=folder, code=1)
        socket_mode = (folder / "data/control.sock").stat().st_mode & 0o777

    assert 200 == home.status_code
    assert "server" not in home.headers
    assert [] == accounts
    assert {"week", "day", "erased"} == set(upkeep)
    assert "0 ended" in ended
    assert second.stderr.startswith("pe: ")
    assert 0o600 == socket_mode
    assert "/be/" not in (folder / "log.txt").read_text()


def test_the_first_invite_is_made_again_with_the_root_words(folder: Path) -> None:
    shown = json.loads(pe("init", "--json", folder=folder).stdout)

    again = pe("account", "first-invite", "--words", shown["root_words"], folder=folder)
    wrong = pe(
        "account", "first-invite", "--words", shown["recovery_shares"][0], folder=folder, code=1
    )

    assert "24 hours" in again.stdout
    assert "root key" in wrong.stderr or "shares" in wrong.stderr


def test_openapi_is_one_document_with_every_form(folder: Path) -> None:
    described = json.loads(pe("openapi", folder=folder).stdout)

    assert described["openapi"].startswith("3.1")
    assert {"zz.paper", "zz.bed", "zz.other"} <= set(described["components"]["schemas"])
    assert len(described["paths"]) > 15


def test_every_command_has_help_with_an_example(folder: Path) -> None:
    from pe_core.cli.main import COMMANDS

    for name in COMMANDS:
        helped = pe(name, "--help", folder=folder).stdout

        assert "Example" in helped or name == "account"


def test_the_log_has_no_words_of_an_exception(capsys: pytest.CaptureFixture[str]) -> None:
    import logging

    from pe_core.cli.serve import PlainFormatter

    handler = logging.StreamHandler()
    handler.setFormatter(PlainFormatter("%(message)s"))
    log = logging.Logger("test")
    log.addHandler(handler)
    try:
        raise ValueError("a marker that somebody wrote")
    except ValueError:
        log.exception("something broke")

    logged = capsys.readouterr().err
    assert "something broke" in logged
    assert "ValueError at test_cli.py:" in logged
    assert "marker" not in logged
