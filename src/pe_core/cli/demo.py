"""`pe demo`: an embassy with invented people, of a country that does not exist or of yours."""

import asyncio
import logging
import shutil
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import click
import msgspec
import uvloop

from pe_core.cli.serve import serve_pages, start_log
from pe_core.desk.opening import Opening
from pe_core.errors import SettingsError
from pe_core.rules.receipts import show_receipt
from pe_core.running import Running, open_new, run_instance
from pe_core.settings import EmbassySettings, PluginsSettings, ServerSettings, Settings
from pe_core.toolkit.invented import (
    ASKED,
    Account,
    Asked,
    Clock,
    Invented,
    demo_start,
    invent,
    steps_of,
)
from pe_core.vault import Passphrases

MARK = "this-is-a-demo"


@click.command("demo")
@click.option("--port", default=8000, show_default=True, help="Where to serve.")
@click.option(
    "--dir",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Keep the demo here, in place of an earlier one; else in a temporary folder.",
)
@click.option(
    "--ready-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write addresses, accounts and receipts here as JSON, once it serves.",
)
@click.option(
    "--plugin",
    metavar="CODE",
    help="For authors: the embassy of this installed plugin, with answers that its forms take.",
)
def command(port: int, folder: Path | None, ready_file: Path | None, plugin: str | None) -> None:
    """Start an embassy of Exampleland with invented people and requests, until Ctrl-C.

    Nothing here is real and nothing is kept secret: never use it for anything but looking.

    \b
    Example:
      pe demo --port 8000
    """
    settings = demo_settings(port) if plugin is None else plugin_settings(plugin, port)
    start_log(logging.WARNING)
    temporary = folder is None
    place = Path(tempfile.mkdtemp(prefix="pe-demo-")) if folder is None else folder
    try:
        _empty(place)
        uvloop.run(_demo(settings, place, ready_file, plugin))
    finally:
        if temporary:
            shutil.rmtree(place)


def demo_settings(port: int) -> Settings:
    """Return the settings of the demo embassy on this port of the loopback address."""
    return Settings(
        embassy=EmbassySettings(
            code="zz",
            names={
                "be": "Народная амбасада Беларусі ў Прыкладландыі",
                "ru": "Народное посольство Беларуси в Примерландии",
                "en": "People's Embassy of Belarus in Exampleland",
                "he": "שגרירות העם של בלארוס בארץ הדוגמה",
            },
            languages=("be", "ru", "en", "he"),
            zone="Etc/UTC",
            contact="desk@zz.example",
            jurisdiction="zz",
        ),
        plugins=PluginsSettings(enabled=("zz",)),
        server=ServerSettings(port=port, address=f"http://127.0.0.1:{port}"),
    )


def plugin_settings(plugin: str, port: int) -> Settings:
    """Return the settings of an invented embassy of a plugin; raises what is wrong with it."""
    # The toolkit's way to make settings brings what only authors need.
    from pe_core.toolkit.bringing import settings_for

    served = ServerSettings(port=port, address=f"http://127.0.0.1:{port}")
    return msgspec.structs.replace(settings_for([plugin]), server=served)


async def _demo(
    settings: Settings, folder: Path, ready_file: Path | None, plugin: str | None
) -> None:
    opening, invented = await _fill(settings, folder, plugin)
    async with run_instance(settings, folder) as running:
        ready = _ready(settings, opening, invented)

        def show() -> None:
            if ready_file is not None:
                ready_file.write_bytes(msgspec.json.format(msgspec.json.encode(ready)))
            _show(ready, settings.embassy.names["en"])

        clock_task = asyncio.create_task(_show_codes(invented.accounts[0]))
        try:
            await serve_pages(running, on_ready=show)
        finally:
            clock_task.cancel()


async def _fill(settings: Settings, folder: Path, plugin: str | None) -> tuple[Opening, Invented]:
    clock = Clock(demo_start())
    passphrases = Passphrases(memory_mib=settings.vault.argon2_memory)
    opening, running = await open_new(settings, folder, now=clock.now, passphrases=passphrases)
    try:
        asked = ASKED if plugin is None else _examples(running)
        steps = steps_of(asked)
        with click.progressbar(length=steps, label="Inventing people", file=sys.stderr) as bar:
            step = partial(bar.update, 1)
            filled = await invent(running.desk, clock, opening.invite, step, asked)
    finally:
        passphrases.close()
        await running.desk.store.close()
    return opening, filled


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
    shutil.rmtree(folder / "data", ignore_errors=True)
    mark.write_text("A demo of pe_core. It may be removed.\n", encoding="utf-8")


def _ready(settings: Settings, opening: Opening, invented: Invented) -> dict[str, Any]:
    address = settings.server.address
    return {
        "embassies": [
            {
                "code": settings.embassy.code,
                "url": f"{address}/",
                "staff_url": f"{address}/{settings.embassy.languages[0]}/staff/",
                "accounts": [
                    {
                        "handle": account.handle,
                        "role": "coordinator",
                        "passphrase": account.passphrase,
                        "totp_secret": account.totp_secret,
                    }
                    for account in invented.accounts
                ],
                "receipts": list(invented.receipts),
                "recovery_shares": list(opening.recovery_shares),
            }
        ]
    }


def _show(ready: dict[str, Any], name: str) -> None:
    embassy = ready["embassies"][0]
    account = embassy["accounts"][0]
    rows = [
        ("Ask for help", embassy["url"]),
        ("Come back", f"code {show_receipt(embassy['receipts'][0])}"),
        ("Coordinate", embassy["staff_url"]),
        ("  name", account["handle"]),
        ("  passphrase", account["passphrase"]),
        ("  code", _where_the_code_is()),
        ("", account["totp_secret"]),
    ]
    click.echo(f"\n{name} is open. Everybody in it is invented.\n")
    for label, value in rows:
        click.echo(f"  {label:<14}{value}")
    click.echo("\nStop it with Ctrl-C.\n")


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
