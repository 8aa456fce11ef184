"""`pe doctor`: what is wrong, and the mend."""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

import click
import msgspec

from pe_core.cli.options import config_option, json_option, print_json, read_config
from pe_core.desk.desk import read_identity
from pe_core.desk.opening import opened_as
from pe_core.doctor import (
    Facts,
    look_at_code,
    look_at_imprint,
    look_at_machine,
    look_at_migrations,
    look_at_plugins,
    look_at_rings,
    look_at_store,
)
from pe_core.errors import PluginError, SettingsError
from pe_core.model.finding import Finding, Health
from pe_core.running import CONTROL, enabled_plugins, read_texts, utc_now
from pe_core.settings import Settings, look_at_settings
from pe_core.store import call_control, check_owner, read_store


@click.command("doctor")
@config_option
@json_option
def command(config: Path, as_json: bool) -> None:
    """Look at files, disk, memory, clock, settings, plugins and keys; change nothing.

    It asks the running process, or looks by itself if none runs; of a pe.toml that was changed
    since, it says what would be wrong after a restart. The exit code is 1 while something is
    wrong; warnings do not count.

    \b
    Example:
      pe doctor --json
    """
    settings, folder = read_config(config)
    facts = Facts(
        settings=settings,
        config=config.resolve(),
        data=folder / settings.data,
        core_limit=lambda: 0,  # this process is not the one that holds anything
    )
    check_owner(facts.data)
    findings = asyncio.run(_look(facts))
    if as_json:
        print_json(msgspec.to_builtins(findings))
    else:
        _show(findings)
    if any(finding.health is Health.WRONG for finding in findings):
        sys.exit(1)


async def _look(facts: Facts) -> Sequence[Finding]:
    try:
        told = await call_control(facts.data / CONTROL, "doctor", {})
    except SettingsError:
        return await _look_alone(facts)
    running = msgspec.convert(told, tuple[Finding, ...])
    return (*running, *await _after_a_restart(facts, running))


async def _after_a_restart(facts: Facts, running: Sequence[Finding]) -> Sequence[Finding]:
    """Return what is wrong with pe.toml as it is now, of which the running process knows nothing.

    Whoever changed it asks the doctor first: a restart with a mistake in it ends everything.
    """
    ahead = [*look_at_settings(facts.settings), *_plugins(facts.settings)]
    store = await read_store(facts.data)
    try:
        ahead += look_at_code(await opened_as(store), facts.settings)
    finally:
        await store.close()
    return [
        msgspec.structs.replace(finding, found=f"after a restart: {finding.found}")
        for finding in ahead
        if finding.health is not Health.OK and finding not in running
    ]


async def _look_alone(facts: Facts) -> Sequence[Finding]:
    migrations = look_at_migrations(facts.data)
    outside = (
        *look_at_machine(facts),
        *_plugins(facts.settings),
        migrations,
    )
    if migrations.health is not Health.OK:
        return outside
    store = await read_store(facts.data)
    try:
        inside = (
            *look_at_code(await opened_as(store), facts.settings),
            *await look_at_store(store, await read_identity(store), utc_now()),
        )
    finally:
        await store.close()
    return (*outside, *inside)


def _plugins(settings: Settings) -> Sequence[Finding]:
    try:
        plugins = enabled_plugins(settings, utc_now)
        read_texts(plugins, settings.embassy.languages)
    except PluginError as error:
        return (look_at_plugins(error.faults),)
    except SettingsError as error:
        return (look_at_plugins((str(error),)),)
    law = plugins.jurisdictions[settings.embassy.jurisdiction].imprint
    return (
        look_at_plugins(()),
        *look_at_rings(settings.rings, plugins.notifiers),
        *look_at_imprint(law, settings.embassy.imprint),
    )


def _show(findings: Sequence[Finding]) -> None:
    widest = max(len(finding.name) for finding in findings)
    for finding in findings:
        click.echo(f"{finding.name:<{widest}}  {finding.health.value:<8} {finding.found}")
        if finding.mend:
            click.echo(f"{'':<{widest}}  {'':<8} mend: {finding.mend}")
    wrong = sum(finding.health is Health.WRONG for finding in findings)
    click.echo(f"\n{wrong} wrong." if wrong else "\nNothing is wrong.")
