"""`pe account confirm`: the root key's paper stands in for a second coordinator."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from pe_core.cli import account as cli
from pe_core.control import commands_of
from pe_core.desk import invites, proposals
from pe_core.desk.epochs import read_members
from pe_core.desk.sessions import Session
from pe_core.errors import NotAllowed
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.toolkit.invented import Clock, open_account, unlock_account

Run = Callable[[Awaitable[Any]], Any]


class Host:
    """A host at the command line of an embassy with two coordinators, one of them unlocked."""

    def __init__(self, embassy: TestEmbassy, run: Run, clock: Clock, patch: Any) -> None:
        self.embassy, self.desk, self.run = embassy, embassy.desk, run
        self.busel: Session = run(unlock_account(self.desk, clock, embassy.account))
        code = run(invites.make_invite(self.desk, self.busel))
        lost = run(open_account(self.desk, clock, code, "zubr"))
        self.lost = run(unlock_account(self.desk, clock, lost)).box
        self.busel = run(unlock_account(self.desk, clock, embassy.account))
        patch.setattr(cli, "read_config", lambda config: (embassy.settings, Path()))
        patch.setattr(cli.asyncio, "run", lambda call: call)
        patch.setattr(cli, "in_instance", self._call)

    def _call(self, settings: Any, folder: Path, name: str, arguments: Any) -> Any:
        return self.run(commands_of(self.desk)[name](arguments))

    def pe(self, *arguments: str, typed: str = "") -> Result:
        return CliRunner().invoke(cli.command, ["confirm", *arguments], input=typed)

    def boxes(self) -> set[int]:
        return {member.box for member in self.run(read_members(self.desk)).members}


@pytest.fixture
def host(
    pe_embassy: TestEmbassy, pe_run: Run, pe_clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> Host:
    return Host(pe_embassy, pe_run, pe_clock, monkeypatch)


def test_the_words_from_paper_confirm_what_is_listed(host: Host) -> None:
    host.run(proposals.propose(host.desk, host.busel, "leave", host.lost))
    before = host.boxes()
    words = host.embassy.opening.root_words
    said = host.pe(typed=f"{words}\n")

    assert host.lost in before
    assert f"box {host.lost} leaves the team, proposed by box {host.busel.box}" in said.output
    assert "Confirmed" in said.output
    assert words not in said.output, "what is typed is not shown"
    assert host.lost not in host.boxes()


def test_of_several_proposals_one_is_chosen(host: Host) -> None:
    host.run(proposals.propose(host.desk, host.busel, "leave", host.lost))
    chosen = host.run(proposals.propose(host.desk, host.busel, "role", host.lost, "editor"))
    words = host.embassy.opening.root_words
    unclear = host.pe("--words", words)
    clear = host.pe("--words", words, "--id", chosen)

    assert 2 == unclear.exit_code
    assert "choose one with --id" in unclear.output
    assert 0 == clear.exit_code
    assert host.lost in host.boxes()


def test_wrong_words_and_nobody_unlocked_confirm_nothing(host: Host) -> None:
    host.run(proposals.propose(host.desk, host.busel, "leave", host.lost))
    wrong = host.pe("--words", host.embassy.opening.recovery_shares[0])
    host.desk.sessions.drop_where(lambda _: True)
    nobody = host.pe("--words", host.embassy.opening.root_words)

    for said, key in ((wrong, "not_the_root"), (nobody, "nobody_unlocked")):
        assert isinstance(said.exception, NotAllowed)
        assert f"staff.proposals.{key}" == said.exception.key
    assert host.lost in host.boxes()


def test_nothing_proposed_asks_for_no_words(host: Host) -> None:
    said = host.pe()

    assert 0 == said.exit_code
    assert "Nothing is proposed.\n" == said.output
