"""Rules about what stands beside the code: the README, and the embassy that uses the plugin."""

import re
from collections.abc import Iterable

import msgspec

from pe_core.errors import SettingsError
from pe_core.settings import read_settings
from pe_core.toolkit.quality.subject import Subject

_REMOVAL = re.compile(
    r"^#+ [^\n]*\b(?:disabled?|remov\w+)\b[^\n]*\n(?P<said>.*?)(?=^#|\Z)", re.M | re.S | re.I
)
_SHORTEST = 40
"""Characters; less says nothing of what is left."""


def settings_documented(plugin: Subject) -> Iterable[str]:
    """Have a row in the README for each key of the plugin's table in `pe.toml`.

    A row begins with the key: "| `bell` | what it does | default |".
    Keys are those of the struct that the plugin gives to `instance.settings`.
    """
    for kind in plugin.alone.settings:
        for field in msgspec.structs.fields(kind):
            row = re.compile(rf"^\|\s*`{re.escape(field.encode_name)}`\s*\|", re.MULTILINE)
            if not row.search(plugin.readme):
                yield (
                    f"README.md: the setting {field.encode_name!r} has no row; add "
                    f"| `{field.encode_name}` | what it does | default |"
                )


def removal_documented(plugin: Subject) -> Iterable[str]:
    """Say in the README, under a heading of its own, what is left when the plugin is disabled.

    Whoever takes it out must know what stays: requests that it brought, and what listeners kept.
    """
    found = _REMOVAL.search(plugin.readme)
    if found is None or len(found["said"].strip()) < _SHORTEST:
        yield 'README.md: add "## When it is disabled" and say what is left then'


def deployment_there(plugin: Subject) -> Iterable[str]:
    """Have an embassy to copy: `deployments/<code>/pe.toml`, which reads and uses the plugin.

    It is asked of plugins in the tree of pe_core; elsewhere there is no such folder.
    It is not asked of one that brings no jurisdiction and no form.
    """
    path = plugin.deployment
    if path is None or not plugin.is_of_a_country:
        return
    where = f"deployments/{plugin.code}/pe.toml"
    if not path.is_file():
        yield f"{where} is missing; write the embassy that somebody would open here"
        return
    try:
        settings = read_settings(path)
    except SettingsError as error:
        yield from (f"{where}: {line}" for line in str(error).splitlines())
        return
    if plugin.code not in settings.plugins.enabled:
        yield f"{where}: [plugins] enabled does not name {plugin.code!r}"
    if settings.embassy.jurisdiction not in plugin.brought.jurisdictions:
        known = ", ".join(plugin.brought.jurisdictions) or "none"
        yield f"{where}: [embassy] jurisdiction is none of this plugin's ({known})"
