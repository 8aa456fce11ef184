"""Small things that the tests of the SQLite engine share: one store, a few rows, its bytes."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from pe_core.model.week import Week
from pe_core.store import Insert, MetaRow, RequestRow
from pe_core.store.sqlite import SqliteStore, open_sqlite

T = TypeVar("T")
WEEK = Week(2970)


def on_store(directory: Path, act: Callable[[SqliteStore], Awaitable[T]]) -> T:
    async def whole() -> T:
        store = await open_sqlite(directory)
        try:
            return await act(store)
        finally:
            await store.close()

    return asyncio.run(whole())


def meta(key: str, value: bytes = b"") -> Insert:
    return Insert(MetaRow(key=key, value=value))


def request_row(name: str, body: bytes = b"body", keep_until: int = WEEK) -> RequestRow:
    return RequestRow(
        id=name,
        locator=name.encode(),
        state="new",
        week=WEEK,
        keep_until=keep_until,
        epoch="e",
        bucket=1024,
        body=body,
        summary=None,
        revision=0,
    )


def bytes_on_disk(directory: Path) -> bytes:
    return b"".join(path.read_bytes() for path in directory.iterdir() if path.is_file())


def trace(store: SqliteStore) -> list[str]:
    """Return a list that grows by each statement of the connection that writes."""
    seen: list[str] = []
    store.writer.connection.set_trace_callback(seen.append)
    return seen
