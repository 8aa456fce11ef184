"""Hooks: what a plugin may answer, how plugins are loaded, and all that they may know."""

from pe_core.hooks.instance import Instance
from pe_core.hooks.listener import Listener
from pe_core.hooks.loader import Found, Plugins, find_plugins, load_plugins
from pe_core.hooks.specs import hookimpl

__all__ = [
    "Found",
    "Instance",
    "Listener",
    "Plugins",
    "find_plugins",
    "hookimpl",
    "load_plugins",
]
