"""Empty the outbox: every due event to every listener, with retries."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import msgspec

from pe_core.errors import StoreError
from pe_core.hooks import Listener
from pe_core.model import Event
from pe_core.model import event as events
from pe_core.store import AtMost, Delete, HeardRow, Insert, OutboxRow, Store, Update

PATIENCE = 30.0
"""Seconds that a listener may take for one event."""
LONGEST_WAIT = timedelta(hours=1)
TRIES = 200
"""With waits of up to an hour, about eight days; then the event is dropped and that is logged."""

log = logging.getLogger("pe.courier")

AnyEvent = (
    events.RequestSubmitted
    | events.MessageAdded
    | events.ReplySent
    | events.StateChanged
    | events.WithdrawalAsked
    | events.WithdrawalFellDue
    | events.ClosingFellDue
    | events.RequestErased
    | events.MemberJoined
)


class Courier:
    """Tells listeners; one that fails waits and is asked again, and never holds up the others."""

    def __init__(
        self, store: Store, listeners: Sequence[Listener], now: Callable[[], datetime]
    ) -> None:
        """Serve these listeners from this store's outbox."""
        self._store = store
        self._listeners = tuple(listeners)
        self._now = now
        self._wake = asyncio.Event()
        self._waits: dict[tuple[int, str], datetime] = {}

    async def run(self) -> None:
        """Deliver whenever something is told, and look again each minute, until cancelled."""
        self._store.on_tell(self._wake.set)
        while True:
            self._wake.clear()
            try:
                await self.deliver()
            except StoreError as error:
                log.error("the outbox cannot be emptied now: %s", error)
            try:
                await asyncio.wait_for(self._wake.wait(), timeout=60)
            except TimeoutError:
                continue

    async def deliver(self) -> int:
        """Tell everything that is due once; returns how many events are done with."""
        today = self._now().date().toordinal()
        due = await self._store.pick(OutboxRow, ("id",), {"due": AtMost(today)})
        done = 0
        for (event_id,) in sorted(due):
            row = await self._store.get(OutboxRow, event_id)
            if row is not None:
                done += await self._tell_all(row)
        return done

    async def _tell_all(self, row: OutboxRow) -> int:
        event: Event = msgspec.msgpack.decode(row.event, type=AnyEvent)
        heard = {item.listener for item in await self._store.select(HeardRow, {"event": row.id})}
        open_for = [listener for listener in self._listeners if listener.name not in heard]
        failed = 0
        for listener in open_for:
            if not await self._tell(row, event, listener):
                failed += 1
        if failed and row.tries < TRIES:
            return 0
        if failed:
            log.error("gave up telling %s after %d tries", type(event).__name__, TRIES)
        await self._store.write(
            [Delete(HeardRow, {"event": row.id}), Delete(OutboxRow, {"id": row.id})]
        )
        return 1

    async def _tell(self, row: OutboxRow, event: Event, listener: Listener) -> bool:
        key = (row.id, listener.name)
        if key in self._waits and self._now() < self._waits[key]:
            return False
        try:
            await asyncio.wait_for(listener.hear(event), timeout=PATIENCE)
        except Exception as error:  # a listener may fail in any way; it is named and asked again
            log.warning(
                "listener %s failed on %s: %s",
                listener.name,
                type(event).__name__,
                type(error).__name__,
            )
            wait = min(timedelta(seconds=2 ** min(row.tries, 12)), LONGEST_WAIT)
            self._waits[key] = self._now() + wait
            await self._store.write([Update(OutboxRow, (row.id,), {"tries": row.tries + 1})])
            return False
        self._waits.pop(key, None)
        await self._store.write([Insert(HeardRow(event=row.id, listener=listener.name))])
        return True
