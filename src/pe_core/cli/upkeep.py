"""`pe upkeep`: what the process does each hour, done now."""

import asyncio
from pathlib import Path
from typing import Any

import click

from pe_core.cli.options import config_option, json_option, print_json, read_config
from pe_core.running import in_instance
from pe_core.settings import Settings


@click.command("upkeep")
@config_option
@click.option("--confirm", is_flag=True, help="The clock is right; erase what it says is over.")
@json_option
def command(config: Path, confirm: bool, as_json: bool) -> None:
    """Erase what is over and begin what is due; the running process does it each hour.

    \b
    Example:
      pe upkeep --json
    """
    settings, folder = read_config(config)
    done = asyncio.run(_upkeep(settings, folder, confirm))
    if as_json:
        print_json(done)
        return
    erased = {table: number for table, number in done["erased"].items() if number}
    if not erased:
        click.echo("Nothing was over; nothing was erased.")
    for table, number in erased.items():
        click.echo(f"{table:<14}{number:>8} erased")


async def _upkeep(settings: Settings, folder: Path, confirm: bool) -> Any:
    return await in_instance(settings, folder, "upkeep", {"confirm": confirm})
