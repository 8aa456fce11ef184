"""`pe account`: what the host may know of accounts, and where the root key's paper stands in."""

import asyncio
from pathlib import Path
from typing import Any

import click

from pe_core.cli.options import config_option, json_option, print_json, read_config
from pe_core.rules.receipts import show_receipt
from pe_core.running import in_instance


@click.group("account")
def command() -> None:
    """See the accounts, end what is unlocked, stand in with the root key's paper.

    Handles are sealed: the host sees box numbers. New accounts are invited by coordinators on
    their pages; only while nobody has joined does the root key's paper make an invite here.
    Where a second coordinator is missing, it confirms what the first one proposed.
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


@command.command("confirm")
@config_option
@click.option("--id", "proposal", default="", help="The proposal, where there are several.")
@click.option("--words", default="", help="The root key's words; better typed at the prompt.")
def confirm(config: Path, proposal: str, words: str) -> None:
    """Confirm a coordinator's proposal with the root key, as the second signature.

    For an embassy of two coordinators of whom one is lost: the other one proposes on the
    members page and stays unlocked; this lists what is proposed, asks for the words from the
    paper, and puts it into force. Lock the paper away again afterwards.

    \b
    Example:
      pe account confirm
    """
    found = _call(config, "proposals", {})
    for one in found:
        click.echo(f"{one['id']}  {_words_of(one)}, proposed by box {one['by']}")
    if not found:
        click.echo("Nothing is proposed.")
        return
    chosen = proposal or (found[0]["id"] if len(found) == 1 else "")
    if not chosen:
        raise click.UsageError("several things are proposed; choose one with --id")
    words = words or click.prompt("The words of the root key", hide_input=True)
    _call(config, "confirm", {"id": chosen, "words": words})
    click.echo("Confirmed. It is in the trail.")


def _words_of(proposal: dict[str, Any]) -> str:
    box = proposal["box"]
    return {
        "leave": f"box {box} leaves the team",
        "role": f"box {box} becomes {proposal['role']}",
        "return": f"box {box} comes back with a new passphrase",
        "recovery": "a new recovery key",
    }[proposal["kind"]]


def _call(config: Path, name: str, arguments: dict[str, Any]) -> Any:
    settings, folder = read_config(config)
    return asyncio.run(in_instance(settings, folder, name, arguments))
