"""`pe import`: people whom the embassy knew before it had this portal."""

import asyncio
from pathlib import Path
from typing import Any

import click

from pe_core.cli.options import config_option, read_config
from pe_core.errors import SettingsError
from pe_core.rules.people_csv import BYTES_LIMIT
from pe_core.running import in_instance
from pe_core.settings import Settings

SHOWN = 50
"""Mistakes that are listed; mending these comes first."""
AFTERWARDS = """\
The file is still there, in clear. Destroy it now, with every copy: the one that was sent, the
one in the mail, the one in the trash, the spreadsheet it came from, the backups of that machine.
`shred` is of no use on an SSD, a memory card or a file system that copies: only a disk that was
encrypted, and whose key is destroyed, forgets. People who saw the list know it still."""

BROKEN_OFF = """
Broken off. The portal may have brought them in all the same: a coordinator looks under "All" on
the volunteers page before this is done again, or everybody is there twice."""
"""The running instance goes on with what it was told, whoever still listens."""


@click.group("import")
def command() -> None:
    """Bring people in whom the embassy knew before it had this portal.

    \b
    Example:
      pe import volunteers people.csv
    """


@command.command("volunteers")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@config_option
@click.option("--yes", is_flag=True, help="Write it; without this nothing is written.")
def volunteers(file: Path, config: Path, yes: bool) -> None:
    """Bring in volunteers from FILE, a table in CSV (UTF-8), sealed at once.

    Without --yes the file is only read, and every mistake is listed with line and column. All
    people come in or nobody does. Coordinators then find them under "All" on the volunteers
    page, talk with them, and make each a joining code: until then nobody has an account, and
    nobody is asked for anything. Who is brought in twice is there twice.

    \b
    The first line names the columns, in any order; only pseudonym must be there:
      pseudonym  1 to 40 letters, digits, dots, dashes or underlines; no real name
      language   one of the embassy's, for their pages
      languages  spoken, with a level from 1 (basics) to 4 (native): be:4 ru:3
      skills     codes, with a level from 1 to 3: driving:2 core.skill.papers
      city       one of the jurisdiction's cities
      remote     yes or no
      reach      kilometres that they would go
      zone       of their own clocks, such as Europe/Vilnius
      hours      of each week, on those clocks: mon:18-21 sat:9-12+14-17
      load       tasks at once, 1 to 5
      gender     woman or man, only if they want it known
      note       what a coordinator should know, at most 2000 characters

    \b
    Example of a file:
      pseudonym,languages,skills,remote,hours
      bocian,be:4 ru:3,driving:2,no,sat:9-17
      sinica,be:4 en:2,translating:3,yes,mon:18-21 tue:18-21

    \b
    Example:
      pe import volunteers people.csv
      pe import volunteers people.csv --yes
    """
    settings, folder = read_config(config)
    brought = _bring_in(settings, folder, {"content": _read(file), "write": yes})
    if brought["flaws"]:
        _show(brought["flaws"], brought["more"])
        raise SystemExit(1)
    people = "1 person" if brought["people"] == 1 else f"{brought['people']} people"
    if not brought["done"]:
        click.echo(f"{people}, and nothing is wrong. Nothing was written.")
        click.echo("Bring them in with the same command and --yes.")
        return
    were = "was" if brought["people"] == 1 else "were"
    click.echo(f"{people} {were} brought in, sealed to the coordinators.\n")
    click.echo(AFTERWARDS)


def _bring_in(settings: Settings, folder: Path, arguments: dict[str, Any]) -> Any:
    try:
        return asyncio.run(in_instance(settings, folder, "import-volunteers", arguments))
    except KeyboardInterrupt:
        if arguments["write"]:
            click.echo(BROKEN_OFF, err=True)
        raise


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            content = opened.read(BYTES_LIMIT + 1)
    except OSError as error:
        raise SettingsError(f"cannot read the file: {error.strerror}") from None
    if len(content) > BYTES_LIMIT:
        raise SettingsError("the file is too large: split it, 512 KiB at most")
    return content


def _show(flaws: list[dict[str, Any]], more: int) -> None:
    for flaw in flaws[:SHOWN]:
        place = f"line {flaw['line']}" + (f", column {flaw['column']}" if flaw["column"] else "")
        click.echo(f"{place}: {flaw['words']}", err=True)
    if len(flaws) > SHOWN:
        click.echo(f"... and {len(flaws) - SHOWN + more} more", err=True)
    click.echo("Nothing was written.", err=True)
