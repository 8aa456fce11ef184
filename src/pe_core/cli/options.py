"""Options that several commands have, and what they mean."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from pe_core.settings import Settings, read_settings

F = TypeVar("F", bound=Callable[..., Any])

config_option = click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("pe.toml"),
    show_default=True,
    help="The embassy's pe.toml; its data folder lies beside it.",
)

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for a script.")


def read_config(config: Path) -> tuple[Settings, Path]:
    """Return the settings and the folder that they lie in."""
    return read_settings(config), config.resolve().parent


def print_json(value: Any) -> None:
    """Print one JSON document."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))
