"""The embedded engine: one SQLite file, one connection that writes, two that read."""

from pe_core.store.sqlite.engine import SqliteStore, open_sqlite, pending_in, read_sqlite

__all__ = ["SqliteStore", "open_sqlite", "pending_in", "read_sqlite"]
