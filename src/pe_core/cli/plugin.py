"""`pe plugin`: what is installed, a new one, and how good one is."""

import shlex
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import click

from pe_core.cli.options import json_option, print_json, read_config
from pe_core.errors import SettingsError
from pe_core.hooks import Found, find_plugins
from pe_core.toolkit.quality import (
    Answer,
    Finding,
    Report,
    Source,
    check_plugin,
    find_source,
    look_alone,
)
from pe_core.toolkit.scaffold import new_plugin


@click.group("plugin")
def command() -> None:
    """Plugins: what is installed, begin a new one, and how good one is.

    \b
    Example:
      pe plugin new xx "Exampleland"
    """


@command.command("list")
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The embassy's pe.toml, to say which plugins it enables.  [default: pe.toml if there]",
)
def list_plugins(config: Path | None) -> None:
    """Show each installed plugin: its version, whether it is enabled, what it brings.

    Each is loaded alone in a process of its own, so a broken one is named and stops no other.

    \b
    Example:
      pe plugin list --config /srv/embassy/pe.toml
    """
    enabled = _enabled(config)
    installed = find_plugins()
    for name, found in sorted(installed.items()):
        state = "" if enabled is None else "  enabled" if name in enabled else "  not enabled"
        click.echo(f"{name} {found.version}{state}")
        for line in _told(found):
            click.echo(f"    {line}")
    for name in enabled or ():
        if name not in installed:
            click.echo(f"{name}  enabled, but not installed; pip install it first")
    if not installed:
        click.echo("No plugin is installed; begin one with `pe plugin new`.")


@command.command("new")
@click.argument("code")
@click.argument("name")
@click.option(
    "--into",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="Where the plugin's folder is made.  [default: here]",
)
def make_plugin(code: str, name: str, into: Path) -> None:
    """Write a whole plugin for a country into a new folder, ready to install and to try.

    CODE is 2 to 8 letters, NAME what people call the country in English.

    \b
    Example:
      pe plugin new xx "Exampleland" --into plugins
    """
    folder = new_plugin(code, name, into)
    place = shlex.quote(str(folder))
    click.echo(f"Written to {folder}; what is invented in it says so. Next:\n")
    click.echo(f"  pip install -e {place}")
    click.echo(f"  pytest {place}")
    click.echo(f"  pe plugin check {code}")


@command.command("check")
@click.argument("codes", nargs=-1, metavar="[CODE...]")
@click.option("--fast", is_flag=True, help="Leave out the rules that take seconds.")
@json_option
def check(codes: Sequence[str], fast: bool, as_json: bool) -> None:
    """Say where plugins fall short of the quality scale, and which tier they reach.

    Without a code: all that are installed with their sources. The exit code is 1 if one is
    below what its quality.toml promises. See docs/quality.md for the rules.

    \b
    Example:
      pe plugin check xx --fast
    """
    reports = [check_plugin(source, _today(), slow=not fast) for source in _sources(codes)]
    if as_json:
        print_json({"plugins": [_summary(report) for report in reports]})
    else:
        for report in reports:
            for line in _shown(report):
                click.echo(line)
    if not all(report.kept for report in reports):
        sys.exit(1)


def _enabled(config: Path | None) -> tuple[str, ...] | None:
    """Return the plugins that a pe.toml names; None if there is none and none was asked for."""
    if config is None and not Path("pe.toml").is_file():
        return None
    settings, _ = read_config(config or Path("pe.toml"))
    return settings.plugins.enabled


def _told(found: Found) -> Iterator[str]:
    """Yield what an installed plugin brings, or each of its faults."""
    if found.rivals:
        several = " and ".join((found.distribution, *found.rivals))
        yield f"fault: {several} both bring a plugin of this name; uninstall one"
        return
    try:
        answer = look_alone(find_source(found), _today())
    except SettingsError as error:
        answer = Answer(faults=(str(error),))
    yield from (f"fault: {fault.removeprefix(f'{found.name}: ')}" for fault in answer.faults)
    if answer.brought is not None:
        for what, names in (
            ("jurisdictions", answer.brought.jurisdictions),
            ("forms", answer.brought.forms),
            ("listeners", answer.brought.listeners),
            ("notifiers", answer.brought.notifiers),
            ("guides", answer.brought.guides),
            ("letters", answer.brought.letters),
            ("languages", answer.brought.languages),
        ):
            if names:
                yield f"{what}: {', '.join(names)}"


def _sources(codes: Sequence[str]) -> list[Source]:
    """Return where the wanted plugins lie; without codes, all whose sources are here."""
    installed = find_plugins()
    for code in codes:
        if code not in installed:
            known = ", ".join(sorted(installed)) or "none"
            raise SettingsError(f"{code} is not installed (installed: {known}); pip install -e it")
    wanted = list(dict.fromkeys(codes)) or sorted(installed)
    sources = [find_source(installed[code]) for code in wanted]
    return sources if codes else [source for source in sources if source.root is not None]


def _today() -> date:
    return datetime.now(UTC).date()


def _summary(report: Report) -> dict[str, object]:
    return {
        "code": report.code,
        "tier": report.tier,
        "promised": report.promised,
        "missing": list(report.missing),
    }


def _shown(report: Report) -> Iterator[str]:
    """Yield the lines for people: what falls short, what is exempt, the tiers."""
    for finding in report.findings:
        yield from _finding_lines(report.code, finding)
    promise = "as promised" if report.tier == report.promised else f"promised {report.promised}"
    yield f"{report.code}: {report.tier}, {promise}" + (
        "" if report.kept else ": below its promise"
    )
    unasked = [finding.rule for finding in report.findings if finding.unasked]
    if unasked:
        yield f"{report.code}: not asked: {', '.join(unasked)}"


def _finding_lines(code: str, finding: Finding) -> Iterator[str]:
    start = f"{code}: {finding.tier} {finding.rule}"
    if finding.exempt:
        yield f"{start}: exempt: {finding.exempt}"
    else:
        yield from (f"{start}: {line}" for line in finding.lines)
