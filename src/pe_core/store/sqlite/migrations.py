"""How the file came to be as it is: steps that are never changed once released.

The SQL is spelled out, not made from ``TABLES``, since a step must do the same for ever; a
test holds that all steps together give what ``TABLES`` declares. In wide tables the columns
that lists show stand first and the bodies last, so that lists need not read the bodies. What
only upkeep asks for has no index: each one costs a random page at every submission. The timer
of a request is looked for by its whole event, in an outbox that is nearly always small.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import TYPE_CHECKING

from pe_core.errors import StoreError
from pe_core.store.sqlite.connection import transaction

if TYPE_CHECKING:
    from sqlite_utils import Database

_SET = "pe_core"


def _first(database: Database) -> None:
    for statement in _FIRST:
        database.execute(statement)


_FIRST = (
    """CREATE TABLE epochs (id TEXT PRIMARY KEY, compartment TEXT NOT NULL, week INTEGER NOT NULL,
    ends INTEGER NOT NULL, serial INTEGER NOT NULL, public BLOB NOT NULL) STRICT, WITHOUT ROWID""",
    """CREATE TABLE grants (epoch TEXT NOT NULL, box INTEGER NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (epoch, box)) STRICT, WITHOUT ROWID""",
    "CREATE INDEX grants_box ON grants (box)",
    """CREATE TABLE accounts (box INTEGER PRIMARY KEY, first BLOB NOT NULL, second BLOB NOT NULL,
    private BLOB NOT NULL) STRICT, WITHOUT ROWID""",
    """CREATE TABLE requests (id TEXT PRIMARY KEY, locator BLOB NOT NULL, state TEXT NOT NULL,
    week INTEGER NOT NULL, keep_until INTEGER NOT NULL, epoch TEXT NOT NULL,
    bucket INTEGER NOT NULL, revision INTEGER NOT NULL, summary BLOB, body BLOB NOT NULL)
    STRICT, WITHOUT ROWID""",
    "CREATE UNIQUE INDEX requests_locator ON requests (locator)",
    """CREATE TABLE messages (id TEXT PRIMARY KEY, request TEXT NOT NULL, number INTEGER NOT NULL,
    epoch TEXT NOT NULL, bucket INTEGER NOT NULL, body BLOB NOT NULL) STRICT, WITHOUT ROWID""",
    "CREATE INDEX messages_request_number ON messages (request, number)",
    """CREATE TABLE replies (id TEXT PRIMARY KEY, request TEXT NOT NULL, number INTEGER NOT NULL,
    bucket INTEGER NOT NULL, opened INTEGER, body BLOB NOT NULL) STRICT, WITHOUT ROWID""",
    "CREATE INDEX replies_request_number ON replies (request, number)",
    """CREATE TABLE files (id TEXT PRIMARY KEY, request TEXT NOT NULL, epoch TEXT NOT NULL,
    bucket INTEGER NOT NULL, body BLOB NOT NULL) STRICT, WITHOUT ROWID""",
    "CREATE INDEX files_request ON files (request)",
    """CREATE TABLE member_lists (serial INTEGER PRIMARY KEY, body BLOB NOT NULL)
    STRICT, WITHOUT ROWID""",
    """CREATE TABLE roster (box INTEGER PRIMARY KEY, epoch TEXT NOT NULL, body BLOB NOT NULL)
    STRICT, WITHOUT ROWID""",
    """CREATE TABLE invites (locator BLOB PRIMARY KEY, day INTEGER NOT NULL, body BLOB NOT NULL)
    STRICT, WITHOUT ROWID""",
    """CREATE TABLE outbox (id INTEGER PRIMARY KEY AUTOINCREMENT, event BLOB NOT NULL,
    due INTEGER NOT NULL, tries INTEGER NOT NULL) STRICT""",
    "CREATE INDEX outbox_due ON outbox (due)",
    """CREATE TABLE heard (event INTEGER NOT NULL, listener TEXT NOT NULL,
    PRIMARY KEY (event, listener)) STRICT, WITHOUT ROWID""",
    """CREATE TABLE counts (week INTEGER PRIMARY KEY, number INTEGER NOT NULL)
    STRICT, WITHOUT ROWID""",
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID",
)


def _desk_day(database: Database) -> None:
    for statement in _DESK_DAY:
        database.execute(statement)


_DESK_DAY = (
    "ALTER TABLE accounts ADD COLUMN tags BLOB",
    """CREATE TABLE proposals (id TEXT PRIMARY KEY, epoch TEXT NOT NULL, day INTEGER NOT NULL,
    body BLOB NOT NULL) STRICT, WITHOUT ROWID""",
    """CREATE TABLE shares (box INTEGER PRIMARY KEY, day INTEGER NOT NULL, body BLOB NOT NULL)
    STRICT, WITHOUT ROWID""",
    """CREATE TABLE trail (number INTEGER PRIMARY KEY, keep_until INTEGER NOT NULL,
    epoch TEXT NOT NULL, before BLOB NOT NULL, body BLOB NOT NULL) STRICT, WITHOUT ROWID""",
)


def _one_place_each(database: Database) -> None:
    for statement in _ONE_PLACE_EACH:
        database.execute(statement)


_ONE_PLACE_EACH = (
    "CREATE INDEX outbox_event ON outbox (event)",
    # Two that were written in one moment could get one place in the thread: they are put in order,
    # by places that are all read before the first one is changed.
    """UPDATE messages SET number = placed.place FROM (SELECT id AS message, row_number() OVER
    (PARTITION BY request ORDER BY number, id) AS place FROM messages) AS placed
    WHERE placed.message = messages.id
    AND request IN (SELECT request FROM messages GROUP BY request, number HAVING count(*) > 1)""",
    """UPDATE replies SET number = placed.place FROM (SELECT id AS reply, row_number() OVER
    (PARTITION BY request ORDER BY number, id) AS place FROM replies) AS placed
    WHERE placed.reply = replies.id
    AND request IN (SELECT request FROM replies GROUP BY request, number HAVING count(*) > 1)""",
    "DROP INDEX messages_request_number",
    "CREATE UNIQUE INDEX messages_request_number ON messages (request, number)",
    "DROP INDEX replies_request_number",
    "CREATE UNIQUE INDEX replies_request_number ON replies (request, number)",
)


def _local_guides(database: Database) -> None:
    for statement in _LOCAL_GUIDES:
        database.execute(statement)


_LOCAL_GUIDES = (
    """CREATE TABLE guide_drafts (id TEXT PRIMARY KEY, epoch TEXT NOT NULL, day INTEGER NOT NULL,
    body BLOB NOT NULL) STRICT, WITHOUT ROWID""",
    """CREATE TABLE guides (name TEXT NOT NULL, edition INTEGER NOT NULL, week INTEGER NOT NULL,
    body BLOB NOT NULL, PRIMARY KEY (name, edition)) STRICT, WITHOUT ROWID""",
)


def _volunteers(database: Database) -> None:
    for statement in _VOLUNTEERS:
        database.execute(statement)


_VOLUNTEERS = (
    """CREATE TABLE volunteers (box INTEGER PRIMARY KEY, epoch TEXT NOT NULL,
    keep_until INTEGER NOT NULL, revision INTEGER NOT NULL, card BLOB, standing BLOB NOT NULL,
    body BLOB NOT NULL) STRICT, WITHOUT ROWID""",
    """CREATE TABLE volunteer_notes (id TEXT PRIMARY KEY, box INTEGER NOT NULL,
    number INTEGER NOT NULL, epoch TEXT NOT NULL, bucket INTEGER NOT NULL, body BLOB NOT NULL)
    STRICT, WITHOUT ROWID""",
    "CREATE UNIQUE INDEX volunteer_notes_box_number ON volunteer_notes (box, number)",
    """CREATE TABLE needs (id TEXT PRIMARY KEY, request TEXT NOT NULL, state TEXT NOT NULL,
    epoch TEXT NOT NULL, bucket INTEGER NOT NULL, revision INTEGER NOT NULL, body BLOB NOT NULL)
    STRICT, WITHOUT ROWID""",
    "CREATE INDEX needs_request ON needs (request)",
    """CREATE TABLE calls (id TEXT PRIMARY KEY, keep_until INTEGER NOT NULL,
    places INTEGER NOT NULL, taken INTEGER NOT NULL) STRICT, WITHOUT ROWID""",
    """CREATE TABLE briefs (id TEXT PRIMARY KEY, call TEXT NOT NULL, box INTEGER NOT NULL,
    state TEXT NOT NULL, day INTEGER NOT NULL, keep_until INTEGER NOT NULL, epoch TEXT NOT NULL,
    own BLOB, team BLOB, card BLOB NOT NULL, detail BLOB, stub BLOB NOT NULL)
    STRICT, WITHOUT ROWID""",
    "CREATE INDEX briefs_box ON briefs (box)",
    "CREATE INDEX briefs_call ON briefs (call)",
    """CREATE TABLE brief_notes (id TEXT PRIMARY KEY, brief TEXT NOT NULL, number INTEGER NOT NULL,
    bucket INTEGER NOT NULL, body BLOB NOT NULL) STRICT, WITHOUT ROWID""",
    "CREATE UNIQUE INDEX brief_notes_brief_number ON brief_notes (brief, number)",
    """CREATE TABLE shifts (id TEXT PRIMARY KEY, epoch TEXT NOT NULL, keep_until INTEGER NOT NULL,
    bucket INTEGER NOT NULL, revision INTEGER NOT NULL, body BLOB NOT NULL)
    STRICT, WITHOUT ROWID""",
    """CREATE TABLE feeds (box INTEGER PRIMARY KEY, locator BLOB NOT NULL, body BLOB NOT NULL)
    STRICT, WITHOUT ROWID""",
    "CREATE UNIQUE INDEX feeds_locator ON feeds (locator)",
    """CREATE TABLE open_addresses (box INTEGER NOT NULL, notifier TEXT NOT NULL,
    address TEXT NOT NULL, hours TEXT NOT NULL, PRIMARY KEY (box, notifier))
    STRICT, WITHOUT ROWID""",
)


def _network(database: Database) -> None:
    for statement in _NETWORK:
        database.execute(statement)


_NETWORK = (
    """CREATE TABLE peers (code TEXT PRIMARY KEY, state TEXT NOT NULL, ours INTEGER NOT NULL,
    theirs INTEGER NOT NULL, day INTEGER NOT NULL, serial INTEGER NOT NULL,
    address TEXT NOT NULL, referral BLOB, away INTEGER NOT NULL DEFAULT 0) STRICT, WITHOUT ROWID""",
    """CREATE TABLE peer_keysets (peer TEXT NOT NULL, serial INTEGER NOT NULL,
    day INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY (peer, serial)) STRICT, WITHOUT ROWID""",
    """CREATE TABLE own_keysets (serial INTEGER PRIMARY KEY, day INTEGER NOT NULL,
    body BLOB NOT NULL) STRICT, WITHOUT ROWID""",
    """CREATE TABLE desk_keys (id TEXT PRIMARY KEY, epoch TEXT NOT NULL, body BLOB NOT NULL)
    STRICT, WITHOUT ROWID""",
    """CREATE TABLE outgoing (id TEXT PRIMARY KEY, peer TEXT NOT NULL, thread TEXT NOT NULL,
    number INTEGER NOT NULL, state TEXT NOT NULL, day INTEGER NOT NULL, until INTEGER NOT NULL,
    tries INTEGER NOT NULL, size INTEGER NOT NULL, packet BLOB NOT NULL) STRICT, WITHOUT ROWID""",
    "CREATE UNIQUE INDEX outgoing_peer_thread_number_id ON outgoing (peer, thread, number, id)",
    """CREATE TABLE outgoing_threads (peer TEXT NOT NULL, thread TEXT NOT NULL,
    number INTEGER NOT NULL, keep_until INTEGER NOT NULL, PRIMARY KEY (peer, thread))
    STRICT, WITHOUT ROWID""",
    """CREATE TABLE incoming (peer TEXT NOT NULL, id TEXT NOT NULL, thread TEXT NOT NULL,
    number INTEGER NOT NULL, day INTEGER NOT NULL, keep_until INTEGER NOT NULL,
    serial INTEGER NOT NULL, epoch TEXT NOT NULL, receipt BLOB NOT NULL, body BLOB,
    PRIMARY KEY (peer, id)) STRICT, WITHOUT ROWID""",
    "CREATE INDEX incoming_thread_peer_number ON incoming (thread, peer, number)",
    """CREATE TABLE referrals (id TEXT PRIMARY KEY, peer TEXT NOT NULL, request TEXT NOT NULL,
    state TEXT NOT NULL, due INTEGER NOT NULL, keep_until INTEGER NOT NULL, epoch TEXT NOT NULL,
    revision INTEGER NOT NULL, erased INTEGER NOT NULL, body BLOB NOT NULL)
    STRICT, WITHOUT ROWID""",
    "CREATE INDEX referrals_request ON referrals (request)",
    """CREATE TABLE referral_notes (id TEXT PRIMARY KEY, referral TEXT NOT NULL,
    number INTEGER NOT NULL, epoch TEXT NOT NULL, bucket INTEGER NOT NULL, body BLOB NOT NULL)
    STRICT, WITHOUT ROWID""",
    "CREATE UNIQUE INDEX referral_notes_referral_number ON referral_notes (referral, number)",
)


def _whose_conversation(database: Database) -> None:
    for statement in _WHOSE_CONVERSATION:
        database.execute(statement)


_WHOSE_CONVERSATION = (
    "ALTER TABLE referrals ADD COLUMN ours INTEGER NOT NULL DEFAULT 0",
    # One that is about a request was begun here, unless the request was made of it.
    """UPDATE referrals SET ours = 1 WHERE request <> ''
    AND (state IN ('waiting', 'accepted', 'declined', 'closed')
    OR request IN (SELECT id FROM requests WHERE state = 'transferred'))""",
)


STEPS: tuple[tuple[str, Callable[[Database], None]], ...] = (
    ("0001_first", _first),
    ("0002_desk_day", _desk_day),
    ("0003_one_place_each", _one_place_each),
    ("0004_local_guides", _local_guides),
    ("0005_volunteers", _volunteers),
    ("0006_network", _network),
    ("0007_whose_conversation", _whose_conversation),
)
"""Names and functions, in order; a new one goes to the end."""


def pending_steps(connection: sqlite3.Connection) -> list[str]:
    """Return the steps that are still to do; StoreError if the file is newer than this code."""
    done = _done(connection)
    unknown = done - {name for name, _ in STEPS}
    if unknown:
        raise StoreError(
            f"the database was made by a newer pe_core (it has {', '.join(sorted(unknown))}): "
            "install that version again; going back is not possible"
        )
    return [name for name, _ in STEPS if name not in done]


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the file to the newest schema, once; raises StoreError as ``pending_steps`` does."""
    if not pending_steps(connection):
        return
    # It brings much along, and is needed once in the life of a file.
    from sqlite_utils import Database
    from sqlite_utils.migrations import Migrations

    migrations = Migrations(_SET)
    for name, step in STEPS:
        migrations(name=name)(step)
    migrations.apply(Database(connection, recursive_triggers=False, execute_plugins=False))
    with transaction(connection):
        # The disk knows days, no finer times.
        connection.execute("UPDATE _sqlite_migrations SET applied_at = substr(applied_at, 1, 10)")


def _done(connection: sqlite3.Connection) -> set[str]:
    known = "SELECT count(*) FROM sqlite_schema WHERE name = '_sqlite_migrations'"
    if not connection.execute(known).fetchone()[0]:
        return set()
    names = "SELECT name FROM _sqlite_migrations WHERE migration_set = ?"
    return {name for (name,) in connection.execute(names, (_SET,))}
