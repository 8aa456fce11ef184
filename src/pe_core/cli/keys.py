"""`pe keys`: the living keys, and the way back when nobody can unlock."""

import asyncio
import base64
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TextIO

import click

from pe_core.cli.options import config_option, json_option, print_json, read_config
from pe_core.desk.desk import Desk
from pe_core.desk.recovering import (
    Recovered,
    Recovery,
    begin_recovery,
    check_code,
    check_root,
    check_shares,
    recover,
)
from pe_core.errors import SharesRefused
from pe_core.running import in_instance, run_instance
from pe_core.settings import Settings
from pe_core.store import InstanceLock
from pe_core.vault import Keys, totp_uri

BEFORE = """\
This begins anew with one coordinator, and cannot be undone:

  * Every account goes, with its grants and its name. Nobody who was a coordinator can
    unlock again; they are invited anew by the new coordinator.
  * The new coordinator opens every request that is still kept. What has ended stays ended.
  * Open invitations, proposals and waiting recovery shares go.
  * This machine sees the recovery key. Make new recovery shares afterwards.

You need the recovery shares of two holders and the paper with the root key.
Nothing is changed before all of it is typed and fits."""
"""What is said before anything is asked."""


@click.group("keys")
def command() -> None:
    """See the living keys, make those for other embassies, begin anew when nobody can unlock.

    \b
    Example:
      pe keys list
    """


@command.command("list")
@config_option
@json_option
def list_keys(config: Path, as_json: bool) -> None:
    """List the living epochs: the last day of each, and how many accounts open it.

    \b
    Example:
      pe keys list --json
    """
    keys = _call(config, "keys")
    if as_json:
        print_json(keys)
        return
    if not keys:
        click.echo("No key is made yet: nobody has joined.")
    for key in keys:
        recovery = "recovery" if key["recovery"] else "NO recovery"
        click.echo(f"{key['epoch']:<24}until {key['ends']}  {key['grants']:>3} grants  {recovery}")


@command.command("check")
@config_option
@json_option
def check_keys(config: Path, as_json: bool) -> None:
    """Check that the recovery shares could open every living epoch; exit code 1 if not.

    \b
    Example:
      pe keys check
    """
    bare = [key["epoch"] for key in _call(config, "keys") if not key["recovery"]]
    if as_json:
        print_json({"without_recovery": bare})
    elif bare:
        click.echo("The recovery shares do not open: " + ", ".join(bare))
    else:
        click.echo("Every living epoch is also sealed to the recovery key.")
    if bare:
        sys.exit(1)


@command.command("root")
@config_option
@click.option("--check", is_flag=True, help="Only say whether these are the right words.")
@click.option("--keep-peer", is_flag=True, help="Renew the coordinators' key alone.")
@click.option("--keep-desk", is_flag=True, help="Renew the server's key alone.")
@click.option("--words", default="", help="The root key's words; better typed at the prompt.")
@click.option("--yes", is_flag=True, help="Ask nothing; for scripts.")
def sign_with_root(
    config: Path, check: bool, keep_peer: bool, keep_desk: bool, words: str, yes: bool
) -> None:
    """Make or renew the keys for other embassies, with the root key from its paper.

    Do it once to begin, within a year again, and at once if the server or a coordinator's
    account was in wrong hands. Other embassies are told. Lock the paper away again afterwards.

    \b
    Example:
      pe keys root
      pe keys root --check
    """
    if not check and not yes:
        _ask_to_renew(_call(config, "keyset"))
    typed = {"words": words or click.prompt("The words of the root key", hide_input=True)}
    if check:
        _call(config, "check-root", typed)
        click.echo("These are the words of this embassy's root key.")
        return
    renew = {"peer": not keep_peer, "desk": not keep_desk}
    made = _call(config, "begin-network", {**typed, **renew})
    click.echo(f"Keys number {made['serial']} are in force until {made['until']}.")
    click.echo("Read `pe peer words` aloud to another embassy to be known there.")


@command.command("recover")
@config_option
@click.option("--handle", required=True, help="The name of the new coordinator.")
@click.option("--shares", "count", default=2, show_default=True, help="How many are asked for.")
@click.option(
    "--shares-file",
    type=click.File("r", encoding="utf-8-sig"),
    help="Read the shares, and then the root key's words, one a line; - is standard input.",
)
@click.option("--yes", is_flag=True, help="Ask nothing; for scripts, with --shares-file.")
@json_option
def recover_embassy(
    config: Path,
    handle: str,
    count: int,
    shares_file: TextIO | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Begin anew with one coordinator, by recovery shares and the root key's paper.

    Stop the instance first; better still, do it on another machine with a copy of the data
    folder. It says what will happen before it asks for anything.

    \b
    Example:
      pe keys recover --handle busel
    """
    settings, folder = read_config(config)
    if not as_json:
        click.echo(BEFORE + "\n")
    if not yes:
        click.confirm("Go on?", abort=True)
    # Somebody who has the papers in hand hears at once that the instance still runs.
    InstanceLock.acquire(folder / settings.data).release()
    typed = _read_file(shares_file) if shares_file is not None else _prompt(count)
    asyncio.run(_recover(settings, folder, handle, typed, (yes, as_json)))


def _ask_to_renew(now: dict[str, Any]) -> None:
    if not now["serial"]:
        return
    click.echo(f"Keys number {now['serial']} are good until {now['until']}.")
    if now["unheard"]:
        click.echo(
            f"Not told of them yet: {', '.join(now['unheard'])}. They can miss nine renewals; "
            "after more they would have to compare words anew."
        )
    click.confirm("Renew them?", abort=True)


async def _recover(
    settings: Settings, folder: Path, handle: str, typed: Sequence[str], how: tuple[bool, bool]
) -> None:
    yes, as_json = how
    async with run_instance(settings, folder, at_work=False) as running:
        desk = running.desk
        recovery, root = await _check(desk, typed)
        begun = begin_recovery(recovery, root, handle)
        if not as_json:
            _show_account(begun)
        step = 0 if yes else _typed_back(desk, begun)
        done = await recover(desk, begun, step)
    if as_json:
        print_json(_as_json(begun, done))
    else:
        _show_done(settings, done)


async def _check(desk: Desk, typed: Sequence[str]) -> tuple[Keys, Keys]:
    *shares, words = typed
    return await check_shares(desk, shares), check_root(desk, words)


def _read_file(file: TextIO) -> list[str]:
    try:
        lines = [line.strip() for line in file if line.strip()]
    except UnicodeError:
        raise SharesRefused("the file is no text in UTF-8: save it as plain text") from None
    if len(lines) < 2:
        raise SharesRefused("the file holds no shares with the root key's words in its last line")
    return lines


def _prompt(count: int) -> list[str]:
    shares = [
        str(click.prompt(f"Recovery share {number} of {count}", hide_input=True))
        for number in range(1, count + 1)
    ]
    return [*shares, str(click.prompt("The words of the root key", hide_input=True))]


def _typed_back(desk: Desk, begun: Recovery) -> int:
    """Return the step of the code that the new coordinator types, asked until it is right."""
    while True:
        step = check_code(desk, begun, str(click.prompt("The code that the app shows now")))
        if step is not None:
            return step
        click.echo("That is not the code of this moment. Is the phone's clock right?")


def _secret(begun: Recovery) -> str:
    return base64.b32encode(begun.totp_secret).decode().rstrip("=")


def _show_account(begun: Recovery) -> None:
    click.echo("The shares and the root key fit. The new account, shown once:\n")
    click.echo(f"  name        {begun.handle}")
    click.echo(f"  passphrase  {begun.passphrase}   (write it on paper)")
    click.echo(f"  app         {_secret(begun)}")
    click.echo(f"              {totp_uri(begun.totp_secret, 'Portal', 'Portal')}\n")


def _as_json(begun: Recovery, done: Recovered) -> dict[str, Any]:
    return {
        "handle": begun.handle,
        "passphrase": begun.passphrase,
        "totp_secret": _secret(begun),
        "box": done.box,
        "opened": done.opened,
        "lost": list(done.lost),
    }


def _show_done(settings: Settings, done: Recovered) -> None:
    click.echo(f"\nDone: {done.opened} keys open for the new account.")
    if done.lost:
        click.echo("Nobody opens any more: " + ", ".join(done.lost))
    click.echo("\nNext, after `pe serve`:")
    click.echo(
        f"  1. Unlock at {settings.server.address}/{settings.embassy.languages[0]}/staff/unlock"
    )
    click.echo("  2. Invite a second coordinator.")
    click.echo("  3. Make new recovery shares on the set-up page: these have been seen here.")
    click.echo("Then clear this screen.")


def _call(config: Path, name: str, arguments: dict[str, Any] | None = None) -> Any:
    settings, folder = read_config(config)
    return asyncio.run(in_instance(settings, folder, name, arguments or {}))
