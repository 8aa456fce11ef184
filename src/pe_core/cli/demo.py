"""`pe demo`: embassies with invented people, of a country that does not exist or of yours."""

import asyncio
import contextlib
import logging
import math
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import click
import msgspec
import uvloop

from pe_core.cli.demo_places import Place, every_deployment, one_embassy, two_embassies
from pe_core.cli.demo_processes import (
    LAST_PORT,
    check_ports,
    served,
    stop_when_told,
    until_one_ends,
)
from pe_core.cli.serve import start_log
from pe_core.desk.opening import Opening
from pe_core.errors import SettingsError
from pe_core.model.struct import Model
from pe_core.network.identity import begin_network
from pe_core.rules.receipts import show_receipt
from pe_core.running import Running, open_new
from pe_core.toolkit.invented import (
    ASKED,
    Account,
    Asked,
    Clock,
    Invented,
    demo_start,
    invent,
    steps_of,
    unlock_account,
)
from pe_core.toolkit.invented_helpers import invent_volunteers
from pe_core.toolkit.invented_letters import exchange_letters
from pe_core.toolkit.neighbours import Side, pair_all
from pe_core.vault import Passphrases, Seed, join_shares, keys_of

MARK = "this-is-a-demo"
HELPING = "en/staff/unlock"
DEPLOYMENTS = Path("deployments")


class Opened(Model):
    """An embassy that was opened a moment ago, in the past of its invented clock."""

    place: Place
    clock: Clock
    opening: Opening
    running: Running
    asked: Sequence[Asked]


class Filled(Model):
    """An embassy with its invented people, and what was shown when it opened."""

    place: Place
    opening: Opening
    invented: Invented


@click.command("demo")
@click.option(
    "--port",
    type=click.IntRange(min=1, max=LAST_PORT),
    default=8000,
    show_default=True,
    help="Where the first serves; others follow.",
)
@click.option(
    "--dir",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Keep the demo here, in place of an earlier one; else in a temporary folder.",
)
@click.option(
    "--ready-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write addresses, accounts and receipts here as JSON, once all serve.",
)
@click.option("--alone", is_flag=True, help="One embassy only.")
@click.option(
    "--plugin",
    metavar="CODE",
    help="For authors: this installed plugin's embassy alone, with answers that its forms take.",
)
@click.option("--world", is_flag=True, help="Every embassy of --deployments, all of them peers.")
@click.option(
    "--deployments",
    type=click.Path(path_type=Path, file_okay=False),
    default=DEPLOYMENTS,
    show_default=True,
    help="With --world: where the folders with a pe.toml are.",
)
def command(
    port: int,
    folder: Path | None,
    ready_file: Path | None,
    alone: bool,
    plugin: str | None,
    world: bool,
    deployments: Path,
) -> None:
    """Start two embassies that know each other, with invented people, until Ctrl-C.

    One is of Exampleland, a country that does not exist. Nothing here is real and nothing is
    kept secret: never use it for anything but looking.

    \b
    Example:
      pe demo --port 8000
    """
    if world and (alone or plugin is not None):
        raise SettingsError("--world has all embassies; leave out --alone and --plugin")
    start_log(logging.WARNING)
    temporary = folder is None
    root = Path(tempfile.mkdtemp(prefix="pe-demo-")) if folder is None else folder
    try:
        if world:
            places = every_deployment(root, port, deployments)
        elif alone or plugin is not None:
            places = one_embassy(root, port, plugin)
        else:
            places = two_embassies(root, port)
        check_ports(places)
        _empty(root)
        uvloop.run(_demo(places, ready_file))
    finally:
        if temporary:
            shutil.rmtree(root)


async def _demo(places: Sequence[Place], ready_file: Path | None) -> None:
    stop_when_told()
    with contextlib.suppress(asyncio.CancelledError):
        await _show_all(places, ready_file)


async def _show_all(places: Sequence[Place], ready_file: Path | None) -> None:
    filled = await _fill_all(places)
    async with served(places) as processes:
        ready = {"embassies": [_ready(one) for one in filled]}
        if ready_file is not None:
            ready_file.write_bytes(msgspec.json.format(msgspec.json.encode(ready)))
        _show(filled, ready["embassies"])
        showing = asyncio.create_task(_show_codes(filled[0].invented.accounts[0]))
        try:
            await until_one_ends(processes)
        finally:
            showing.cancel()


async def _fill_all(places: Sequence[Place]) -> list[Filled]:
    """Open all embassies and invent their people, side by side, with one bar for all of them."""
    passphrases = Passphrases(memory_mib=places[0].settings.vault.argon2_memory)
    opened = []
    try:
        for place in places:
            opened.append(await _open(place, passphrases))
        steps = sum(steps_of(one.asked) + 1 for one in opened)
        with click.progressbar(length=steps, label="Inventing people", file=sys.stderr) as bar:
            step = partial(bar.update, 1)
            filled = await asyncio.gather(*(_fill(one, step) for one in opened))
        await _pair(opened, filled)
        return filled
    finally:
        passphrases.close()
        for one in opened:
            await one.running.desk.store.close()


async def _open(place: Place, passphrases: Passphrases) -> Opened:
    clock = Clock(demo_start())
    place.folder.mkdir(parents=True)
    opening, running = await open_new(
        place.settings, place.folder, now=clock.now, passphrases=passphrases
    )
    asked = ASKED if place.by_hand else _examples(running)
    return Opened(place=place, clock=clock, opening=opening, running=running, asked=asked)


async def _fill(opened: Opened, step: Callable[[], None]) -> Filled:
    """Invent people and requests, and make the keys that speak for the embassy."""
    desk, clock, invite = opened.running.desk, opened.clock, opened.opening.invite
    invented = await invent(desk, clock, invite, step, opened.asked)
    helping = await invent_volunteers(desk, clock, invented.accounts)
    await begin_network(desk, keys_of(Seed(join_shares([opened.opening.root_words]))))
    step()
    invented = msgspec.structs.replace(invented, volunteers=helping)
    return Filled(place=opened.place, opening=opened.opening, invented=invented)


async def _pair(opened: Sequence[Opened], filled: Sequence[Filled]) -> None:
    """Let every two embassies become peers, at the latest of their invented times.

    Where there are just two, they write to each other, too.
    """
    pairs = math.comb(len(opened), 2)
    if not pairs:
        return
    now = max(one.clock.now() for one in opened)
    sides = []
    for one, known in zip(opened, filled, strict=True):
        one.clock.time = now
        desk = one.running.desk
        sides.append(
            Side(
                desk=desk, session=await unlock_account(desk, one.clock, known.invented.accounts[0])
            )
        )
        one.clock.time = now
    with click.progressbar(length=pairs, label="Pairing", file=sys.stderr) as bar:
        await pair_all(sides, partial(bar.update, 1))
    if pairs == 1:
        await exchange_letters(*sides)


def _examples(running: Running) -> Sequence[Asked]:
    """Return requests with answers that the forms of an author's plugin take."""
    from pe_core.toolkit.examples import invented_requests

    embassy = running.settings.embassy
    asked = invented_requests(running.plugins.forms.values(), embassy.languages[0])
    if not asked:
        raise SettingsError("no form of the plugin takes an answer; `pe plugin check` says why")
    return asked


def _empty(folder: Path) -> None:
    """Make the folder ready; refuses one that holds anything but an earlier demo."""
    folder.mkdir(parents=True, exist_ok=True)
    mark = folder / MARK
    if any(folder.iterdir()) and not mark.exists():
        raise SettingsError(f"{folder} is not empty and no demo; choose another --dir")
    for embassy in folder.iterdir():
        if embassy.is_dir():
            shutil.rmtree(embassy)
    mark.write_text("A demo of pe_core. It may be removed.\n", encoding="utf-8")


def _ready(filled: Filled) -> dict[str, Any]:
    settings, invented = filled.place.settings, filled.invented
    address = filled.place.address
    return {
        "code": filled.place.code,
        "url": f"{address}/",
        "staff_url": f"{address}/{settings.embassy.languages[0]}/staff/",
        "accounts": [
            *(_account(account, "coordinator") for account in invented.accounts),
            *(_account(account, "volunteer") for account in invented.volunteers),
        ],
        "receipts": list(invented.receipts),
        "recovery_shares": list(filled.opening.recovery_shares),
    }


def _account(account: Account, role: str) -> dict[str, str]:
    return {
        "handle": account.handle,
        "role": role,
        "passphrase": account.passphrase,
        "totp_secret": account.totp_secret,
    }


def _show(filled: Sequence[Filled], ready: Sequence[dict[str, Any]]) -> None:
    for one, embassy in zip(filled, ready, strict=True):
        told = one.place.settings.embassy
        name = told.names.get("en", told.names[told.languages[0]])
        click.echo(f"\n{name} is open. Everybody in it is invented.\n")
        for label, value in _rows(embassy, is_first=one is filled[0]):
            click.echo(f"  {label:<14}{value}")
    if len(filled) > 1:
        click.echo("\nThey are peers: a request of one can be given to another.")
    click.echo("\nStop it with Ctrl-C.\n")


def _rows(embassy: dict[str, Any], *, is_first: bool) -> Sequence[tuple[str, str]]:
    account = embassy["accounts"][0]
    helping = [one for one in embassy["accounts"] if one["role"] == "volunteer"]
    code = _where_the_code_is() if is_first else f"of the key {account['totp_secret']}"
    return (
        ("Ask for help", embassy["url"]),
        ("Come back", f"code {show_receipt(embassy['receipts'][0])}"),
        ("Coordinate", embassy["staff_url"]),
        ("  name", account["handle"]),
        ("  passphrase", account["passphrase"]),
        ("  code", code),
        *((("", account["totp_secret"]),) if is_first else ()),
        *(_shown(helping[0], f"{embassy['url']}{HELPING}") if helping else ()),
    )


def _shown(account: dict[str, str], address: str) -> Sequence[tuple[str, str]]:
    """Return the lines that say how to unlock as a volunteer."""
    return (
        ("Help", address),
        ("  name", account["handle"]),
        ("  passphrase", account["passphrase"]),
        ("  code", f"of the key {account['totp_secret']}"),
    )


def _where_the_code_is() -> str:
    key = "add this key to an authenticator:"
    return f"shown below, or {key}" if sys.stdout.isatty() else key


async def _show_codes(account: Account) -> None:
    """Show the authenticator's code while somebody is looking at a terminal."""
    stream = sys.stdout
    while stream.isatty():
        now = datetime.now(UTC)
        left = 30 - int(now.timestamp()) % 30
        stream.write(f"\r  code now      {account.code(now)}  ({left:>2} s) ")
        stream.flush()
        await asyncio.sleep(1)
