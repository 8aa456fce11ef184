"""What a plugin is told about the instance that enabled it."""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from pe_core.door import Door
from pe_core.model import Embassy
from pe_core.settings import convert_table

S = TypeVar("S", bound=msgspec.Struct)


SHUT = Door()
"""Lets through what is public, and nothing inside."""


class Instance:
    """The running portal as a plugin sees it: its embassy, its address, a clock, a log, a door.

    There is no way from here to a row, a key or a session; that is meant.
    """

    def __init__(
        self,
        embassy: Embassy,
        address: str,
        now: Callable[[], datetime],
        tables: Mapping[str, Mapping[str, Any]],
        door: Door = SHUT,
    ) -> None:
        """Keep what plugins may know; ``tables`` is ``[plugin.<name>]`` of pe.toml."""
        self.embassy = embassy
        self.address = address
        self.now = now
        self._tables = tables
        self._door = door

    def settings(self, plugin: str, kind: type[S]) -> S:
        """Return the ``[plugin.<plugin>]`` table as ``kind``; SettingsError names a wrong key."""
        return convert_table(self._tables.get(plugin, {}), kind, f"plugin.{plugin}")

    def log(self, plugin: str) -> logging.Logger:
        """Return the plugin's logger; whatever is written there is public: ids, never words."""
        return logging.getLogger(f"pe.plugin.{plugin}")

    async def fetch(self, url: str, *, body: bytes, headers: Mapping[str, str]) -> bytes:
        """POST a small body to another machine and return its answer, 16 KiB at most.

        It is the only way out. Raises DoorError: AddressRefused for anything but https at a
        public address (and the hosts of ``[door] allow``), AnswerRefused with a status, NoAnswer.
        """
        return await self._door.fetch(url, body=body, headers=headers)

    def may_fetch(self, url: str) -> bool:
        """Return whether ``fetch`` would try this address; nothing is looked up."""
        return self._door.may_fetch(url)
