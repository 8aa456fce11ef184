"""`pe openapi`: the pages and forms of an embassy for programs."""

import sys
from pathlib import Path

import click
import msgspec

from pe_core.cli.options import config_option, read_config
from pe_core.running import enabled_plugins, read_texts, utc_now


@click.command("openapi")
@config_option
def command(config: Path) -> None:
    """Print the OpenAPI 3.1 description of this embassy; a live instance does not serve it.

    \b
    Example:
      pe openapi > openapi.json
    """
    from pe_core.web.openapi import describe

    settings, _ = read_config(config)
    plugins = enabled_plugins(settings, utc_now)
    texts = read_texts(plugins, settings.embassy.languages)
    described = describe(plugins.forms, texts, settings.embassy.languages, plugins.letters)
    encoded = msgspec.json.format(msgspec.json.encode(described), indent=2)
    sys.stdout.buffer.write(encoded + b"\n")
