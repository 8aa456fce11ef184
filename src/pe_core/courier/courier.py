"""Empty the outbox: every due event to every listener, with retries.

A listener that fails five times in a row is switched off (``pe_core.hooks.troubles``). Its events
wait as if it went on failing, so that none is lost if it is switched on before their end.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import msgspec

from pe_core.errors import StoreError
from pe_core.hooks import Listener
from pe_core.hooks.troubles import Kind, Troubles
from pe_core.model import Event
from pe_core.model import event as events
from pe_core.store import AtMost, Change, Delete, HeardRow, In, Insert, OutboxRow, Store, Update

PATIENCE = 30.0
"""Seconds that a listener may take for one event."""
LOOK_EVERY = 60.0
"""Seconds after which the outbox is looked at even if nothing woke the courier."""
LONGEST_WAIT = timedelta(hours=1)
TRIES = 200
"""With waits of up to an hour, about eight days; then the event is dropped and that is logged."""

BATCH = 100
"""Events that are told before their outcome is written down, in one transaction."""

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
    | events.ConsentWithdrawn
)


class Courier:
    """Tells listeners; one that fails waits and is asked again, and never holds up the others."""

    def __init__(
        self,
        store: Store,
        listeners: Sequence[Listener],
        now: Callable[[], datetime],
        troubles: Troubles | None = None,
    ) -> None:
        """Serve these listeners from this store's outbox; ``troubles`` are the instance's."""
        self._store = store
        self._listeners = tuple(listeners)
        self._now = now
        self._wake = asyncio.Event()
        self._waits: dict[tuple[int, str], datetime] = {}
        self._unread: set[int] = set()
        self._late: set[str] = set()
        self._failed: dict[str, tuple[Listener, Exception]] = {}
        self._troubles = troubles or Troubles(now)
        self._troubles.on_switch_on(self._ask_again)

    async def run(self) -> None:
        """Deliver whenever something is told, and look again each minute, until cancelled."""
        self._store.on_tell(self._wake.set)
        while True:
            self._wake.clear()
            try:
                await self.deliver()
            except StoreError as error:
                log.error("the outbox cannot be emptied now: %s", error)
            # Not wait_for: of a wake and a cancelling in one moment it forgets the latter.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY):
                    await self._wake.wait()

    async def deliver(self) -> int:
        """Tell everything that is due once; returns how many events are done with."""
        self._late.clear()
        today = self._now().date().toordinal()
        due = await self._store.pick(OutboxRow, ("id",), {"due": AtMost(today)})
        waiting = sorted(event_id for (event_id,) in due)
        done = 0
        for start in range(0, len(waiting), BATCH):
            done += await self._tell_batch(waiting[start : start + BATCH])
        self._count_failures()
        return done

    async def _tell_batch(self, event_ids: Sequence[int]) -> int:
        """Tell some events to everybody and write down the outcome in one transaction.

        After a crash in between they are told again: at least once is the promise.
        """
        wanted = In(tuple(event_ids))
        rows = await self._store.select(OutboxRow, {"id": wanted}, order="id")
        heard: dict[int, set[str]] = {}
        for event_id, listener in await self._store.pick(
            HeardRow, ("event", "listener"), {"event": wanted}
        ):
            heard.setdefault(event_id, set()).add(listener)
        changes: list[Change] = []
        for row in rows:
            changes += await self._tell_all(row, heard.get(row.id, set()))
        await self._store.write(changes)
        return sum(1 for change in changes if isinstance(change, Delete)) // 2

    async def _tell_all(self, row: OutboxRow, heard: set[str]) -> list[Change]:
        """Tell an event to whoever has not heard it; return what is to be written down."""
        event = self._read(row)
        if event is None:
            return []
        told: list[str] = []
        failed = waiting = False
        for listener in self._listeners:
            if listener.name in heard:
                continue
            if self._must_wait(row, listener) or listener.name in self._late:
                waiting = True
            elif await self._tell(row, event, listener):
                told.append(listener.name)
            else:
                failed = True
        if (failed or waiting) and row.tries < TRIES:
            noted: list[Change] = [Insert(HeardRow(event=row.id, listener=n)) for n in told]
            tried = Update(OutboxRow, (row.id,), {"tries": row.tries + 1})
            return [*noted, tried] if failed else noted
        if failed or waiting:
            log.error("gave up telling %s after %d tries", type(event).__name__, TRIES)
        return [Delete(HeardRow, {"event": row.id}), Delete(OutboxRow, {"id": row.id})]

    def _read(self, row: OutboxRow) -> Event | None:
        """Return the event of a row, or None for one that only another version knows.

        It stays for that version, and must not keep everything else from being told.
        """
        try:
            event: Event = msgspec.msgpack.decode(row.event, type=AnyEvent)
        except (ValueError, RecursionError):
            if row.id not in self._unread:
                log.error("an event is of a kind that this version does not know; it waits")
            self._unread.add(row.id)
            return None
        return event

    def _must_wait(self, row: OutboxRow, listener: Listener) -> bool:
        until = self._waits.get((row.id, listener.name))
        # One that ends later than any does was noted before the clock was set back.
        return until is not None and timedelta() < until - self._now() <= LONGEST_WAIT

    def _count_failures(self) -> None:
        """Count one try of each listener that failed, however many events it failed on."""
        for name, (listener, error) in self._failed.items():
            self._troubles.failed(listener, name, error)
        self._failed.clear()

    def _ask_again(self, name: str) -> None:
        """Tell a listener that was switched on again at once what has waited for it."""
        self._waits = {key: until for key, until in self._waits.items() if key[1] != name}
        self._wake.set()

    async def _tell(self, row: OutboxRow, event: Event, listener: Listener) -> bool:
        key = (row.id, listener.name)
        if self._troubles.is_off(Kind.LISTENER, listener.name):
            self._put_off(row, listener)
            return False
        try:
            async with asyncio.timeout(PATIENCE):
                await listener.hear(event)
        except Exception as error:  # a listener may fail in any way; it is named and asked again
            log.warning(
                "listener %s failed on %s: %s",
                listener.name,
                type(event).__name__,
                type(error).__name__,
            )
            if isinstance(error, TimeoutError):
                # Others wait behind it, so it is told nothing more in this round.
                self._late.add(listener.name)
            self._failed[listener.name] = (listener, error)
            self._put_off(row, listener)
            return False
        self._waits.pop(key, None)
        self._troubles.worked(listener.name)
        return True

    def _put_off(self, row: OutboxRow, listener: Listener) -> None:
        wait = min(timedelta(seconds=2 ** min(row.tries, 12)), LONGEST_WAIT)
        self._waits[row.id, listener.name] = self._now() + wait
