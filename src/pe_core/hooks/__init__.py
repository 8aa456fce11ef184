"""Hooks: what a plugin may answer, how plugins are loaded, and all that they may know."""

from pe_core.hooks.installed import Found, find_plugins, fingerprint
from pe_core.hooks.instance import Instance
from pe_core.hooks.listener import Listener
from pe_core.hooks.loader import Plugins, load_plugins
from pe_core.hooks.notifier import Notifier
from pe_core.hooks.specs import hookimpl
from pe_core.hooks.texts import missing_texts, notifier_keys

__all__ = [
    "Found",
    "Instance",
    "Listener",
    "Notifier",
    "Plugins",
    "find_plugins",
    "fingerprint",
    "hookimpl",
    "load_plugins",
    "missing_texts",
    "notifier_keys",
]
