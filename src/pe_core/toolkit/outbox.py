"""The outbox of a test's instance: what waits to be told, and what was told when it is emptied."""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from pe_core.courier.courier import AnyEvent
from pe_core.model import Event
from pe_core.store import AtMost, OutboxRow
from pe_core.toolkit.embassy import TestEmbassy

Run = Callable[[Awaitable[Any]], Any]


class Outbox:
    """Empties the outbox on demand, as the courier does by itself in a running instance."""

    def __init__(self, instance: TestEmbassy, run: Run) -> None:
        """Nothing was told yet."""
        self.told: list[Event] = []
        self._instance = instance
        self._run = run

    def waiting(self) -> list[Event]:
        """Return the events that are due and not told yet, in their order."""
        return list(self._due().values())

    def empty(self) -> list[Event]:
        """Tell everything that is due to every listener and return it; ``told`` keeps it too.

        Raises AssertionError for an event that a listener failed on: in an instance it would be
        told again later.
        """
        told: list[Event] = []
        while due := self._due():
            self._run(self._instance.courier.deliver())
            left = self._due()
            gone = [event for number, event in due.items() if number not in left]
            told += gone
            if not gone:
                kinds = ", ".join(sorted({type(event).__name__ for event in left.values()}))
                raise AssertionError(
                    f"a listener fails on {kinds} (the log names it); await its hear(event) in "
                    "your test to see why, or call pe_instance.courier.deliver() to test retries"
                )
        self.told += told
        return told

    def _due(self) -> dict[int, Event]:
        instance = self._instance
        today = instance.clock.now().date().toordinal()
        rows = self._run(instance.store.select(OutboxRow, {"due": AtMost(today)}, order="id"))
        return {row.id: msgspec.msgpack.decode(row.event, type=AnyEvent) for row in rows}
