"""The group of all commands; each lives in a module of its name and is imported when asked for."""

import importlib
import keyword
import resource
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from pe_core.errors import DeskError, PeError, PluginError

COMMANDS = {
    "account": "who has an account; confirm with the root key; the first invite again",
    "demo": "an embassy with invented people, to look at",
    "doctor": "what is wrong with this embassy's machine and keys, and the mend",
    "import": "bring in people whom the embassy knew before it had this portal",
    "init": "open an embassy: its keys, its recovery shares, its first invite",
    "keys": "the living keys; keys for other embassies; begin anew when nobody can unlock",
    "lock": "in need: end all sessions, let nobody unlock for a day",
    "openapi": "print the OpenAPI description of this embassy's pages and forms",
    "peer": "the other embassies: add one, compare words, pause or block one",
    "plugin": "what is installed, a new one, and how good one is",
    "serve": "run the embassy that pe.toml describes",
    "upkeep": "erase what is over, begin what is due",
}


class Commands(click.Group):
    """Imports a command's module only when that command is asked for: starting is fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands, in alphabetical order."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, or None if there is none of this name."""
        if cmd_name not in COMMANDS:
            return None
        # A word of the language itself cannot name a module.
        name = f"{cmd_name}_" if keyword.iskeyword(cmd_name) else cmd_name
        module = importlib.import_module(f"pe_core.cli.{name}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="pe-core", prog_name="pe")
def group() -> None:
    """The portal of a People's Embassy: people ask for help without a name, a team answers.

    Begin with `pe demo`. To open a real embassy: write a pe.toml, then `pe init`, `pe serve`.
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run `pe`; what goes wrong on purpose is said in one line each, with exit code 1."""
    forbid_core_dumps()
    try:
        group.main(args=arguments, prog_name="pe", standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except PluginError as error:
        for fault in error.faults:
            click.echo(f"pe: plugin {fault}", err=True)
        sys.exit(1)
    except DeskError as error:
        click.echo(f"pe: {words_of(error.key)}", err=True)
        sys.exit(1)
    except PeError as error:
        click.echo(f"pe: {error}", err=True)
        sys.exit(1)


def words_of(key: str) -> str:
    """Return what a refusal means at the terminal: its words here, else those of the pages."""
    if key in REFUSALS:
        return REFUSALS[key]
    from pe_core.rules.texts import Source, load_catalogue

    locales = Path(__file__).parent.parent / "locales"
    texts = load_catalogue([Source(domain="core", directory=locales)], ["en"], None)
    return texts.text("en", key) if texts.has("en", key) else key


def forbid_core_dumps() -> None:
    """Let no crash of this process write its memory, with whatever is unlocked, to the disk."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


REFUSALS = {
    "staff.import.nobody_joined": (
        "nothing was written: nobody could read it before a coordinator has joined with the "
        "first invite"
    ),
    "staff.lock.no_account": "there is no account with this box; see `pe account list`",
    "staff.init.open_already": (
        "this folder holds an embassy already; nothing was changed. Only if nobody has joined, and "
        "what it showed was never written down: remove the data folder, and begin anew"
    ),
    "staff.init.joined_already": "somebody has joined already; members invite on their pages",
    "staff.problem.handle": (
        "a name is 1 to 40 letters, digits, dots, dashes or underlines; nothing was changed"
    ),
    "staff.proposals.nobody_unlocked": (
        "proposals are sealed: a coordinator has to be unlocked on the pages while you confirm"
    ),
    "staff.proposals.not_the_root": "these are not the words of this embassy's root key",
    "staff.peers.nobody_unlocked": (
        "a coordinator has to be unlocked on the pages, so that one of the team knows of it"
    ),
    "staff.peers.not_begun": (
        "there are no keys for other embassies yet; make them with `pe keys root`"
    ),
    "staff.proposals.not_found": "there is no such proposal; see `pe account confirm`",
    "staff.proposals.own": "the root key alone cannot confirm this; nothing was changed",
    "staff.proposals.moved_on": (
        "the members have changed since it was proposed; it was dropped, propose it again"
    ),
    "upkeep.clock_went_back": (
        "the clock is behind the last upkeep; set it right, or `pe upkeep --confirm`"
    ),
    "upkeep.clock_went_forward": (
        "more than two weeks have passed since the last upkeep; if the clock is right, "
        "`pe upkeep --confirm`"
    ),
    "upkeep.too_many_epochs_end": (
        "more than a quarter of all keys would die now; if the clock is right, "
        "`pe upkeep --confirm`"
    ),
}
