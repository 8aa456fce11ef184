"""`pe lock`: end all sessions and freeze the embassy, from the host's command line."""

import asyncio
from pathlib import Path

import click

from pe_core.cli.options import config_option, read_config
from pe_core.running import in_instance

WARNING = """\
This ends every session at once and, for 24 hours, lets nobody unlock or join.
A coordinator can lift the freeze before; people can go on asking all the while."""
WARNING_BOX = """
It also destroys every grant of box {box}: that account opens nothing that came in until now,
unless colleagues grant it again. This cannot be undone.
Of a volunteer it ends the session and destroys the keys of their tasks, and nothing else."""


@click.command("lock")
@config_option
@click.option(
    "--box",
    type=click.IntRange(min=1),
    help="Also destroy the grants of this account, or the keys of this volunteer's tasks.",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
def command(config: Path, box: int | None, yes: bool) -> None:
    """Lock the embassy in need: end all sessions, and freeze unlocking for a day.

    Without --box nothing is destroyed. `pe account list` has the boxes of the team; a
    volunteer's is the number in the address of their page. What a volunteer accepted stays
    theirs: the coordinators see that it is locked, and take it back or not. It does not help
    against a copy of the disk that was made before.

    \b
    Examples:
      pe lock
      pe lock --box 123456789012345 --yes
    """
    if not yes:
        click.echo(WARNING + (WARNING_BOX.format(box=box) if box else ""))
        click.confirm("Lock now?", abort=True)
    settings, folder = read_config(config)
    locked = asyncio.run(in_instance(settings, folder, "lock", {"box": box or 0}))
    if locked["volunteer"]:
        click.echo("Locked: this volunteer's session and the keys of their tasks are gone.")
        click.echo("The embassy goes on; coordinators see it beside their tasks.")
        return
    click.echo("Locked: all sessions are ended.")
    if locked["froze"]:
        click.echo("Nobody can unlock or join for 24 hours, unless a coordinator lifts it.")
    else:
        click.echo("Not frozen: this account has frozen the embassy within the last seven days.")
