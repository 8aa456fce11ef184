"""`pe account`: what the host may know of accounts, and the first invite again."""

import asyncio
from pathlib import Path
from typing import Any

import click

from pe_core.cli.options import config_option, json_option, print_json, read_config
from pe_core.rules.receipts import show_receipt
from pe_core.running import in_instance


@click.group("account")
def command() -> None:
    """See the accounts, end what is unlocked, make the first invite again.

    Handles are sealed: the host sees box numbers. New accounts are invited by coordinators on
    their pages; only while nobody has joined does the root key's paper make an invite here.
    """


@command.command("list")
@config_option
@json_option
def list_accounts(config: Path, as_json: bool) -> None:
    """List the accounts by box number, and whether one is unlocked now.

    \b
    Example:
      pe account list --json
    """
    accounts = _call(config, "accounts", {})
    if as_json:
        print_json(accounts)
        return
    if not accounts:
        click.echo("Nobody has joined yet. The first invite was shown by `pe init`.")
    for account in accounts:
        unlocked = "unlocked" if account["unlocked"] else "locked"
        click.echo(f"{account['box']:>16}  {unlocked:<9} {', '.join(account['compartments'])}")


@command.command("end-sessions")
@config_option
def end_sessions(config: Path) -> None:
    """End all sessions at once: every coordinator has to unlock again.

    \b
    Example:
      pe account end-sessions
    """
    click.echo(f"{_call(config, 'end-sessions', {})} ended")


@command.command("first-invite")
@config_option
@click.option(
    "--words",
    prompt="The words of the root key",
    hide_input=True,
    help="The root key's words; better typed at the prompt.",
)
def first_invite(config: Path, words: str) -> None:
    """Make the first invite again, if it ran out before anybody joined.

    \b
    Example:
      pe account first-invite
    """
    code = _call(config, "first-invite", {"words": words})
    click.echo("This invite is good for one person and 24 hours:")
    click.echo(f"\n    {show_receipt(code)}\n")


def _call(config: Path, name: str, arguments: dict[str, Any]) -> Any:
    settings, folder = read_config(config)
    return asyncio.run(in_instance(settings, folder, name, arguments))
