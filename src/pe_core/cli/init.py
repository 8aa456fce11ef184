"""`pe init`: open an embassy."""

import asyncio
import sys
from pathlib import Path

import click

from pe_core.cli.options import config_option, json_option, print_json, read_config
from pe_core.desk.opening import Opening, open_embassy
from pe_core.errors import StoreError
from pe_core.rules.receipts import show_receipt
from pe_core.running import data_folder, enabled_plugins, read_texts, utc_now
from pe_core.settings import Settings
from pe_core.store import InstanceLock, open_store


@click.command("init")
@config_option
@json_option
def command(config: Path, as_json: bool) -> None:
    """Open the embassy that pe.toml describes: make its keys, show them once, forget them.

    Sit where nobody sees the screen, with paper and at least two trusted people. What is shown
    is stored nowhere: the root key's words, the recovery shares, and the first invite. The
    shares hold until members make new ones on the set-up page, which also opens the doors.

    \b
    Example:
      pe init --config /srv/embassy/pe.toml
    """
    settings, folder = read_config(config)
    read_texts(enabled_plugins(settings, utc_now), settings.embassy.languages)
    opening = asyncio.run(_open(settings, folder))
    try:
        _print(settings, opening, as_json=as_json)
        sys.stdout.flush()
    except OSError as error:
        raise StoreError(
            f"the keys could not be shown ({error.strerror}) and are stored nowhere: remove "
            f"{data_folder(settings, folder)}, and run `pe init` again"
        ) from None


def _print(settings: Settings, opening: Opening, *, as_json: bool) -> None:
    if not as_json:
        _show(settings, opening)
        return
    print_json(
        {
            "root_words": opening.root_words,
            "recovery_shares": list(opening.recovery_shares),
            "invite": opening.invite,
        }
    )


async def _open(settings: Settings, folder: Path) -> Opening:
    data = data_folder(settings, folder)
    lock = InstanceLock.acquire(data)
    try:
        store = await open_store(data)
        try:
            return await open_embassy(store, settings.embassy.code, utc_now)
        finally:
            await store.close()
    finally:
        lock.release()


def _show(settings: Settings, opening: Opening) -> None:
    click.echo("The embassy is open. All of this is shown once and stored nowhere.\n")
    click.echo("1. The root key. Write it on paper and keep it away from the server.")
    click.echo("   It is needed to name members and channels again after a disaster.\n")
    click.echo(_numbered(opening.root_words))
    for number, share in enumerate(opening.recovery_shares, start=1):
        click.echo(
            f"\n2.{number} Recovery share {number} of {len(opening.recovery_shares)}. "
            "Give each to another person, in another place."
        )
        click.echo("    Any two together open every living request.\n")
        click.echo(_numbered(share))
    click.echo("\n3. The first invite, for one person and 24 hours:\n")
    click.echo(f"    {show_receipt(opening.invite)}\n")
    click.echo(
        f"   Type it at {settings.server.address}/{settings.embassy.languages[0]}/staff/join"
    )
    click.echo("   once `pe serve` runs. Then clear this screen.\n")
    click.echo("What comes next: the embassy takes no requests yet. The set-up page")
    click.echo("(/staff/setup, once you have unlocked) lists what is missing and goes live at the")
    click.echo("end. There the members make recovery shares of their own, each seen by one person")
    click.echo("alone; the shares above hold until then, and open nothing after.")


def _numbered(words: str) -> str:
    listed = [f"{number:>2} {word:<10}" for number, word in enumerate(words.split(), start=1)]
    rows = [listed[start : start + 6] for start in range(0, len(listed), 6)]
    return "\n".join("    " + " ".join(row).rstrip() for row in rows)
