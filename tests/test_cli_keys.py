"""`pe doctor`, `pe keys` and `pe upkeep --last`, as real processes."""

import asyncio
import json
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from pe_core.cli import keys
from pe_core.desk.accounts import unlock
from pe_core.desk.setup import open_doors
from pe_core.errors import NotAllowed
from pe_core.running import run_instance
from pe_core.settings import read_settings
from pe_core.toolkit.invented import ASKED, Account, Clock, ask, open_account
from serving import PE, serving, write_settings


def pe(
    *arguments: str, folder: Path, code: int | None = 0, typed: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run `pe` in a folder, type into it, and expect an exit code."""
    done = subprocess.run(
        [*PE, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        input=typed,
        timeout=60,
        check=False,
    )
    assert code is None or code == done.returncode, done.stdout + done.stderr
    return done


class Opened:
    """An embassy of one coordinator and one request, with the papers of `pe init`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.address = write_settings(folder)
        self.papers: dict[str, Any] = json.loads(pe("init", "--json", folder=folder).stdout)
        self.account: Account = self.on_desk(self._begin)

    def on_desk(self, act: Callable[[Any, Clock], Awaitable[Any]]) -> Any:
        """Do something at the desk while no other process holds the instance."""

        async def run() -> Any:
            settings = read_settings(self.folder / "pe.toml")
            async with run_instance(settings, self.folder, at_work=False) as running:
                return await act(running.desk, Clock(running.desk.now()))

        return asyncio.run(run())

    async def _begin(self, desk: Any, clock: Clock) -> Account:
        account = await open_account(desk, clock, self.papers["invite"], "busel")
        await ask(desk, ASKED[2])
        return account

    def typed(self, *, shares: int = 2) -> str:
        lines = [*self.papers["recovery_shares"][:shares], self.papers["root_words"]]
        return "\n".join(lines) + "\n"

    def recover(self, *more: str, typed: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        return pe(
            "keys",
            "recover",
            "--handle",
            "Bocian",
            "--shares-file",
            "-",
            "--yes",
            *more,
            folder=self.folder,
            typed=typed,
            code=code,
        )


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    return Opened(tmp_path)


def findings(done: subprocess.CompletedProcess[str]) -> dict[str, str]:
    return {finding["name"]: finding["health"] for finding in json.loads(done.stdout)}


def test_the_doctor_says_what_is_wrong_with_the_same_words_running_or_not(opened: Opened) -> None:
    pe("upkeep", folder=opened.folder)
    alone = findings(pe("doctor", "--json", folder=opened.folder, code=None))
    (opened.folder / "data").chmod(0o755)
    wrong = pe("doctor", folder=opened.folder, code=1)
    mode = (opened.folder / "data").stat().st_mode & 0o777
    (opened.folder / "data").chmod(0o700)
    with serving(opened.folder, opened.address):
        running = findings(pe("doctor", "--json", folder=opened.folder, code=None))

    assert set(alone) == set(running)
    for name in ("files", "plugins", "migrations", "clock", "keys", "core dumps"):
        assert ("ok", "ok") == (alone[name], running[name])
    assert "chmod -R go-rwx" in wrong.stdout
    assert "others may use data" in wrong.stdout
    assert 0o755 == mode, "it changed what it was to look at"


def test_a_process_that_starts_knows_whether_the_doors_are_open(opened: Opened) -> None:
    with serving(opened.folder, opened.address):
        closed = httpx.get(f"{opened.address}/be/ask").status_code
        home = httpx.get(f"{opened.address}/be/").status_code

    async def open_them(desk: Any, _: Clock) -> None:
        await open_doors(desk)

    opened.on_desk(open_them)
    with serving(opened.folder, opened.address):
        after = httpx.get(f"{opened.address}/be/ask").status_code

    assert (503, 200, 200) == (closed, home, after)


def test_the_doctor_of_an_empty_folder_says_to_begin(tmp_path: Path) -> None:
    write_settings(tmp_path)

    told = pe("doctor", folder=tmp_path, code=1)

    assert "pe init" in told.stdout
    assert "Traceback" not in told.stderr
    assert not (tmp_path / "data").exists()


def test_the_doctor_names_a_plugin_that_is_not_there(opened: Opened) -> None:
    settings = opened.folder / "pe.toml"
    text = settings.read_text().replace('enabled = ["zz"]', 'enabled = ["zz", "qq"]')
    settings.write_text(text)

    told = pe("doctor", folder=opened.folder, code=1)

    assert "qq: not installed" in told.stdout


def test_a_running_portal_is_told_of_the_mistakes_that_a_restart_would_meet(
    opened: Opened,
) -> None:
    settings = opened.folder / "pe.toml"
    before = settings.read_text()
    changed = before.replace('enabled = ["zz"]', 'enabled = ["zz", "qq"]')
    changed = changed.replace('code = "zz"', 'code = "zy"') + "\n[plugin.zzz]\nbell = true\n"
    with serving(opened.folder, opened.address):
        settings.write_text(changed)
        told = pe("doctor", folder=opened.folder, code=1).stdout
        settings.write_text(before)
        same = pe("doctor", "--json", folder=opened.folder, code=None).stdout

    assert "after a restart: qq: not installed" in told
    assert "after a restart: [embassy] code is 'zy', but this embassy was opened as 'zz'" in told
    assert "after a restart: [plugin.zzz] is read by nobody" in told
    assert "did you mean [plugin.zz]?" in told
    assert "after a restart" not in same


def test_the_doctor_of_a_stopped_embassy_names_a_code_that_it_was_not_opened_under(
    opened: Opened,
) -> None:
    settings = opened.folder / "pe.toml"
    settings.write_text(settings.read_text().replace('code = "zz"', 'code = "zy"'))

    told = pe("doctor", folder=opened.folder, code=1).stdout

    assert "[embassy] code is 'zy', but this embassy was opened as 'zz'" in told
    assert "put it back" in told


def test_keys_are_listed_and_checked(opened: Opened) -> None:
    listed = json.loads(pe("keys", "list", "--json", folder=opened.folder).stdout)
    shown = pe("keys", "list", folder=opened.folder).stdout
    checked = pe("keys", "check", folder=opened.folder).stdout

    async def lose(desk: Any, _: Clock) -> None:
        from pe_core.store import Delete, GrantRow

        await desk.store.write([Delete(GrantRow, {"epoch": listed[0]["epoch"], "box": 0})])

    opened.on_desk(lose)
    missing = pe("keys", "check", "--json", folder=opened.folder, code=1)

    assert {"intake", "roster", "trail"} <= {key["epoch"].partition("/")[0] for key in listed}
    assert {1} == {key["grants"] for key in listed}
    assert {True} == {key["recovery"] for key in listed}
    assert all(key["epoch"] in shown and key["ends"] in shown for key in listed)
    assert "also sealed to the recovery key" in checked
    assert {"without_recovery": [listed[0]["epoch"]]} == json.loads(missing.stdout)


def test_the_last_upkeep_is_shown_in_numbers_and_does_nothing(opened: Opened) -> None:
    never = pe("upkeep", "--last", folder=opened.folder).stdout
    pe("upkeep", folder=opened.folder)
    last = pe("upkeep", "--last", folder=opened.folder).stdout
    data = json.loads(pe("upkeep", "--last", "--json", folder=opened.folder).stdout)

    assert "never ran" in never
    assert "Last upkeep: 20" in last
    assert {"week", "day", "erased"} == set(data)


def test_recovery_gives_one_new_account_everything_that_lives(opened: Opened) -> None:
    told = json.loads(opened.recover("--json", typed=opened.typed()).stdout)
    account = Account(
        handle="bocian", passphrase=told["passphrase"], totp_secret=told["totp_secret"]
    )

    async def look(desk: Any, clock: Clock) -> list[bool]:
        from pe_core.desk.listing import list_requests

        code = account.code(clock.now())
        _, session = await unlock(desk, account.handle, account.passphrase, code)
        return [entry.summary is not None for entry in await list_requests(desk, session)]

    async def old(desk: Any, clock: Clock) -> None:
        was = opened.account
        await unlock(desk, was.handle, was.passphrase, was.code(clock.now()))

    assert [True] == opened.on_desk(look)
    assert "bocian" == told["handle"]
    assert [] == told["lost"]
    with pytest.raises(NotAllowed) as refused:
        opened.on_desk(old)
    assert "staff.unlock.wrong" == refused.value.key


def test_recovery_for_people_says_first_what_it_does_and_takes_no_for_an_answer(
    opened: Opened,
) -> None:
    no = pe("keys", "recover", "--handle", "bocian", folder=opened.folder, typed="n\n", code=130)
    done = opened.recover(typed=opened.typed()).stdout

    assert "cannot be undone" in no.stdout
    assert done.index("cannot be undone") < done.index("passphrase  ")
    assert "Make new recovery shares" in done


@pytest.mark.parametrize(
    "what", ["one share", "root of another", "share for root", "nothing", "mistyped"]
)
def test_recovery_without_the_right_papers_changes_nothing(opened: Opened, what: str) -> None:
    shares, root = opened.papers["recovery_shares"], opened.papers["root_words"]
    typed = {
        "one share": [shares[0], root],
        "root of another": [shares[0], shares[1], shares[2]],
        "share for root": [root, root],
        "nothing": [],
        "mistyped": [shares[0].replace(" ", " x", 1), shares[1], root],
    }[what]
    before = pe("account", "list", "--json", folder=opened.folder).stdout

    refused = opened.recover(typed="\n".join(typed), code=1)

    assert before == pe("account", "list", "--json", folder=opened.folder).stdout
    assert "Traceback" not in refused.stderr
    for word in shares[0].split()[4:] + root.split()[4:]:
        assert f" {word} " not in refused.stderr


def test_a_file_of_papers_from_another_editor_is_read_or_refused_in_words(opened: Opened) -> None:
    file = opened.folder / "papers.txt"
    command = ("keys", "recover", "--handle", "bocian", "--yes", "--shares-file", file.name)
    file.write_bytes(opened.typed().encode("utf-16"))
    refused = pe(*command, folder=opened.folder, code=1)
    file.write_bytes(opened.typed().encode("utf-8-sig"))
    done = pe(*command, folder=opened.folder)

    assert "Traceback" not in refused.stderr
    assert "UTF-8" in refused.stderr
    assert "keys open for the new account" in done.stdout


def test_recovery_refuses_while_the_instance_runs(opened: Opened) -> None:
    with serving(opened.folder, opened.address):
        refused = opened.recover(typed=opened.typed(), code=1)

    assert "stop the instance first" in refused.stderr


def test_no_process_of_ours_leaves_a_core_dump(tmp_path: Path) -> None:
    code = (
        "import resource; from pe_core.cli.main import forbid_core_dumps; forbid_core_dumps();"
        "print(resource.getrlimit(resource.RLIMIT_CORE))"
    )
    shown = subprocess.run(
        [PE[0], "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )

    assert "(0, 0)" == shown.stdout.strip()


def test_init_says_what_comes_next(tmp_path: Path) -> None:
    write_settings(tmp_path)

    shown = pe("init", folder=tmp_path).stdout

    assert "/staff/setup" in shown
    assert "the shares above hold until then" in " ".join(shown.split())


def test_typed_at_the_prompts_the_code_is_asked_until_it_is_right(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = iter([None, 7])
    monkeypatch.setattr(keys, "check_code", lambda desk, begun, code: next(steps))
    lines = ["y", *opened.typed().splitlines(), "000000", "123456"]

    done = CliRunner().invoke(
        keys.command,
        ["recover", "--config", str(opened.folder / "pe.toml"), "--handle", "bocian"],
        input="\n".join(lines) + "\n",
    )

    assert 0 == done.exit_code, done.output
    assert 1 == done.output.count("That is not the code of this moment")
    assert "keys open for the new account" in done.output
    assert opened.papers["root_words"] not in done.output
