"""What a plugin is told about the instance that enabled it."""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from pe_core.model import Embassy
from pe_core.settings import convert_table

S = TypeVar("S", bound=msgspec.Struct)


class Instance:
    """The running portal as a plugin sees it: its embassy, its address, a clock and a log.

    There is no way from here to a row, a key or a session; that is meant.
    """

    def __init__(
        self,
        embassy: Embassy,
        address: str,
        now: Callable[[], datetime],
        tables: Mapping[str, Mapping[str, Any]],
    ) -> None:
        """Keep what plugins may know; ``tables`` is ``[plugin.<name>]`` of pe.toml."""
        self.embassy = embassy
        self.address = address
        self.now = now
        self._tables = tables

    def settings(self, plugin: str, kind: type[S]) -> S:
        """Return the ``[plugin.<plugin>]`` table as ``kind``; SettingsError names a wrong key."""
        return convert_table(self._tables.get(plugin, {}), kind, f"plugin.{plugin}")

    def log(self, plugin: str) -> logging.Logger:
        """Return the plugin's logger; whatever is written there is public: ids, never words."""
        return logging.getLogger(f"pe.plugin.{plugin}")
