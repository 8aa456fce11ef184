"""`pe peer`: the other embassies, for whoever sits at the server."""

import asyncio
from pathlib import Path
from typing import Any

import click

from pe_core.cli.options import config_option, json_option, print_json, read_config
from pe_core.running import in_instance


@click.group("peer")
def command() -> None:
    """See the other embassies, add one, compare words, pause or block one.

    Coordinators do all of this on their page *Embassies*. Adding, confirming and resuming here
    want one of them to be unlocked; pausing and blocking do not.

    \b
    Example:
      pe peer list
    """


@command.command("list")
@config_option
@json_option
def list_peers(config: Path, as_json: bool) -> None:
    """List the other embassies, and where each stands.

    \b
    Example:
      pe peer list --json
    """
    peers = _call(config, "peers", {})
    if as_json:
        print_json(peers)
        return
    if not peers:
        click.echo("No other embassy is known yet. Add one with `pe peer add ADDRESS`.")
    for peer in peers:
        click.echo(f"{peer['code']:<9} {peer['state']:<9} {_words_of(peer):<34} {peer['address']}")


@command.command("words")
@config_option
@json_option
def show_words(config: Path, as_json: bool) -> None:
    """Print our own words and digits, to be read aloud to the other embassy.

    \b
    Example:
      pe peer words
    """
    own = _call(config, "peer-words", {})
    if as_json:
        print_json(own)
        return
    words, digits = own["words"], own["digits"]
    click.echo(f"The words of {own['code']}, to be read aloud, never sent by e-mail or chat:\n")
    for start in (0, 4, 8):
        line = enumerate(words[start : start + 4], start + 1)
        click.echo("  " + "".join(f"{number:>2} {word:<10}" for number, word in line).rstrip())
    click.echo("\nThe same in digits:\n")
    for start in (0, 4):
        click.echo("  " + "  ".join(digits[start : start + 4]))


@command.command("add")
@config_option
@click.argument("address")
def add_peer(config: Path, address: str) -> None:
    """Ask the portal at ADDRESS who it is, and put it on the list; a coordinator is unlocked.

    \b
    Example:
      pe peer add https://help.example
    """
    code = _call(config, "peer-add", {"address": address})
    click.echo(f"Added {code}. Nothing passes yet: compare words, then `pe peer confirm {code}`.")


@command.command("confirm")
@config_option
@click.argument("code")
@click.option("--words", default="", help="The words or digits; better typed at the prompt.")
def confirm_peer(config: Path, code: str, words: str) -> None:
    """Type the words that embassy CODE has read aloud; a coordinator is unlocked.

    \b
    Example:
      pe peer confirm ab
    """
    typed = words or click.prompt("The twelve words, or forty digits, that you hear")
    state = _call(config, "peer-confirm", {"code": code, "words": typed})
    if state == "active":
        click.echo(f"The words fit, and ours were typed there: {code} is connected.")
    else:
        click.echo(f"The words fit. Now {code} has to type ours: `pe peer words`.")


@command.command("pause")
@config_option
@click.argument("code")
def pause_peer(config: Path, code: str) -> None:
    """Take no letters of CODE, and send it none, until somebody resumes; it is told.

    \b
    Example:
      pe peer pause ab
    """
    _call(config, "peer-pause", {"code": code})
    click.echo(f"Paused {code}. Go on with `pe peer resume {code}`.")


@command.command("resume")
@config_option
@click.argument("code")
def resume_peer(config: Path, code: str) -> None:
    """Go on with CODE after a pause; a coordinator is unlocked.

    \b
    Example:
      pe peer resume ab
    """
    _call(config, "peer-resume", {"code": code})
    click.echo(f"Resumed with {code}.")


@command.command("block")
@config_option
@click.argument("code")
@click.option("--yes", is_flag=True, help="Ask nothing; for scripts.")
def block_peer(config: Path, code: str, yes: bool) -> None:
    """Take nothing more of CODE; to know it again, words are compared anew.

    \b
    Example:
      pe peer block ab
    """
    if not yes:
        click.confirm(f"Block {code}? It cannot be undone here.", abort=True)
    _call(config, "peer-block", {"code": code})
    click.echo(f"Blocked {code}.")


def _words_of(peer: dict[str, Any]) -> str:
    if not peer["keys_until"]:
        return "its keys here are spoilt"
    if peer["state"] == "active":
        return "paused by them" if peer["paused_there"] else ""
    if peer["state"] != "proposed":
        return ""
    if peer["typed_here"]:
        return "waits for them to type our words"
    return "waits for us to type its words"


def _call(config: Path, name: str, arguments: dict[str, Any]) -> Any:
    settings, folder = read_config(config)
    return asyncio.run(in_instance(settings, folder, name, arguments))
