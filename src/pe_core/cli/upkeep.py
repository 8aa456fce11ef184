"""`pe upkeep`: what the process does each hour, done now."""

import asyncio
from datetime import date
from pathlib import Path

import click

from pe_core.cli.options import config_option, json_option, print_json, read_config
from pe_core.running import in_instance


@click.command("upkeep")
@config_option
@click.option("--confirm", is_flag=True, help="The clock is right; erase what it says is over.")
@click.option("--last", is_flag=True, help="Show what the last upkeep did, and do nothing.")
@json_option
def command(config: Path, confirm: bool, last: bool, as_json: bool) -> None:
    """Erase what is over and begin what is due; the running process does it each hour.

    \b
    Example:
      pe upkeep --last
    """
    settings, folder = read_config(config)
    name, arguments = ("last-upkeep", {}) if last else ("upkeep", {"confirm": confirm})
    done = asyncio.run(in_instance(settings, folder, name, arguments))
    if as_json:
        print_json(done)
        return
    if done is None:
        click.echo("Upkeep never ran here.")
        return
    if last:
        click.echo(f"Last upkeep: {date.fromordinal(done['day']).isoformat()}")
    erased = {table: number for table, number in done["erased"].items() if number}
    if not erased:
        click.echo("Nothing was over; nothing was erased.")
    for table, number in erased.items():
        click.echo(f"{table:<14}{number:>8} erased")
