"""What a folder holds, read while nobody serves: every row, and all that our keys open."""

import hashlib
import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import msgspec
from tests.crash.embassy import Embassy
from tests.crash.ledger import Ledger

from pe_core.courier.courier import AnyEvent
from pe_core.desk.accounts import Private
from pe_core.desk.desk import Identity
from pe_core.desk.trail import Head
from pe_core.model import (
    ClosingFellDue,
    Event,
    Message,
    Original,
    Reply,
    Summary,
    WithdrawalFellDue,
)
from pe_core.model.trail import Act, Entry
from pe_core.store import TrailRow
from pe_core.store.sqlite.connection import FILE_NAME
from pe_core.vault import (
    Keys,
    locator_hash,
    open_envelope,
    open_grant,
    open_symmetric,
    receipt_keys,
)

CODE = "zz"


class RequestHead(NamedTuple):
    """What stands in clear of a request."""

    id: str
    locator: bytes
    state: str
    week: int
    keep_until: int
    epoch: str
    revision: int


class Part(NamedTuple):
    """An entry of a thread, a reply or a file: where it belongs; a file has no number."""

    id: str
    request: str
    number: int
    opened: int | None = None


class Waiting(NamedTuple):
    """A row of the outbox."""

    id: int
    event: Event
    due: int
    tries: int


@dataclass
class Contents:
    """The folder at one moment. ``closed`` names what no key of ours opens and one should."""

    integrity: str
    requests: dict[str, RequestHead]
    messages: list[Part]
    replies: list[Part]
    files: list[Part]
    outbox: list[Waiting]
    heard: set[tuple[int, str]]
    counts: dict[int, int]
    trail: list[TrailRow]
    head: Head
    remembered: list[Private]
    orphan_grants: int
    last_event: int
    closed: list[str] = field(default_factory=list)

    @property
    def timers(self) -> Mapping[tuple[str, str], list[int]]:
        """Return the days of what shall happen by itself, by kind and request."""
        found: dict[tuple[str, str], list[int]] = {}
        for row in self.outbox:
            if isinstance(row.event, WithdrawalFellDue | ClosingFellDue):
                kind = type(row.event).__name__
                found.setdefault((kind, row.event.request), []).append(row.due)
        return found


class Folder:
    """Reads an embassy's folder again and again, and opens what it has not opened before."""

    def __init__(self, embassy: Embassy, ledger: Ledger) -> None:
        """Read with the keys of the coordinators, and of the askers in the ledger."""
        self.embassy = embassy
        self.ledger = ledger
        self.originals: dict[str, Original] = {}
        self.messages: dict[str, Message] = {}
        self.replies: dict[str, Reply] = {}
        self.files: dict[str, bytes] = {}
        self.traced: dict[str, Counter[Act]] = {}
        self._epochs: dict[str, Keys] = {}
        self._askers: dict[bytes, Keys] = {}
        self._known: dict[str, object] = {}

    def read(self) -> Contents:
        """Read it, without writing anything; what a killed process left in the log counts."""
        path = (self.embassy.data / FILE_NAME).resolve()
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as database:
            database.execute("BEGIN")
            self._open_grants(database)
            contents = self._contents(database)
            for opened in (self._requests, self._threads, self._replies, self._files):
                contents.closed += opened(database, contents)
        contents.closed += self._trail(contents)
        return contents

    def _contents(self, database: sqlite3.Connection) -> Contents:
        def rows(sql: str) -> list[tuple[Any, ...]]:
            return database.execute(sql).fetchall()

        meta = dict(rows("SELECT key, value FROM meta"))
        self._learn_askers(msgspec.msgpack.decode(meta["identity"], type=Identity).salt)
        decode = msgspec.msgpack.Decoder(AnyEvent).decode
        heads = "SELECT id, locator, state, week, keep_until, epoch, revision FROM requests"
        trail = "SELECT number, keep_until, epoch, before, body FROM trail ORDER BY number"
        columns = ("number", "keep_until", "epoch", "before", "body")
        orphans = "SELECT count(*) FROM grants WHERE epoch NOT IN (SELECT id FROM epochs)"
        head = msgspec.msgpack.decode(meta["trail"], type=Head) if "trail" in meta else Head()
        given = rows("SELECT seq FROM sqlite_sequence WHERE name = 'outbox'")
        return Contents(
            integrity="; ".join(line for (line,) in rows("PRAGMA integrity_check")),
            requests={row[0]: RequestHead(*row) for row in rows(heads)},
            messages=[Part(*row) for row in rows("SELECT id, request, number FROM messages")],
            replies=[Part(*r) for r in rows("SELECT id, request, number, opened FROM replies")],
            files=[Part(*row) for row in rows("SELECT id, request, 0 FROM files")],
            outbox=[
                Waiting(number, decode(event), due, tries)
                for number, event, due, tries in rows("SELECT id, event, due, tries FROM outbox")
            ],
            heard=set(rows("SELECT event, listener FROM heard")),
            counts=dict(rows("SELECT week, number FROM counts")),
            trail=[TrailRow(**dict(zip(columns, row, strict=True))) for row in rows(trail)],
            head=head,
            remembered=list(self._remembered(rows("SELECT box, private FROM accounts"))),
            orphan_grants=rows(orphans)[0][0],
            last_event=given[0][0] if given else 0,
        )

    def _open_grants(self, database: sqlite3.Connection) -> None:
        public = dict(database.execute("SELECT id, public FROM epochs"))
        members = {member.box: member.keys for member in self.embassy.members}
        for epoch, box, body in database.execute("SELECT epoch, box, body FROM grants"):
            if epoch not in self._epochs and box in members:
                keys = open_grant(body, epoch, CODE, members[box], public[epoch])
                self._epochs[epoch] = keys

    def _learn_askers(self, salt: bytes) -> None:
        for sent in self.ledger.with_receipt():
            locator = locator_hash(sent.receipt, salt)
            if locator not in self._askers:
                self._askers[locator] = receipt_keys(sent.receipt, salt)
        self.locators = {
            locator_hash(sent.receipt, salt): sent.marker for sent in self.ledger.with_receipt()
        }

    def _remembered(self, rows: Iterable[tuple[int, bytes]]) -> Iterable[Private]:
        keys = {member.box: member.keys for member in self.embassy.members}
        for box, body in rows:
            context = ("account", CODE, str(box))
            opened = open_symmetric(body, key=keys[box].symmetric, context=context)
            yield msgspec.msgpack.decode(opened, type=Private)

    def _is_new(self, name: str, version: object) -> bool:
        if self._known.get(name) == version:
            return False
        self._known[name] = version
        return True

    def _open(self, purpose: str, name: str, epoch: str, body: bytes) -> bytes | None:
        try:
            return open_envelope(body, self._epochs[epoch], (purpose, CODE, name))
        except Exception:  # whatever it is, it does not open
            return None

    def _requests(self, database: sqlite3.Connection, contents: Contents) -> Iterable[str]:
        for head in contents.requests.values():
            if self._is_new(f"request {head.id}", head.epoch):
                (body,) = _row(database, "SELECT body FROM requests WHERE id = ?", head.id)
                opened = self._open("request", head.id, head.epoch, body)
                if opened is None:
                    yield f"request {head.id}"
                else:
                    self.originals[head.id] = msgspec.msgpack.decode(opened, type=Original)
            if self._is_new(f"summary {head.id}", (head.epoch, head.revision)):
                (body,) = _row(database, "SELECT summary FROM requests WHERE id = ?", head.id)
                yield from self._summary(head, body)

    def _summary(self, head: RequestHead, body: bytes | None) -> Iterable[str]:
        if body is None:
            if head.revision:
                yield f"summary {head.id}: none at revision {head.revision}"
            return
        key = self._epochs[head.epoch].symmetric
        opened = open_symmetric(body, key=key, context=("summary", CODE, head.id))
        if msgspec.msgpack.decode(opened, type=Summary).revision != head.revision:
            yield f"summary {head.id}: of another revision"

    def _threads(self, database: sqlite3.Connection, contents: Contents) -> Iterable[str]:
        for name, epoch in database.execute("SELECT id, epoch FROM messages").fetchall():
            if self._is_new(f"message {name}", epoch):
                (body,) = _row(database, "SELECT body FROM messages WHERE id = ?", name)
                opened = self._open("message", name, epoch, body)
                if opened is None:
                    yield f"message {name}"
                else:
                    self.messages[name] = msgspec.msgpack.decode(opened, type=Message)

    def _replies(self, database: sqlite3.Connection, contents: Contents) -> Iterable[str]:
        for name, request, body in database.execute("SELECT id, request, body FROM replies"):
            head = contents.requests.get(request)
            keys = self._askers.get(head.locator) if head is not None else None
            if keys is None:  # nobody has the receipt: its page was lost in a kill
                continue
            if self._is_new(f"reply {name}", hashlib.sha256(body).digest()):
                try:
                    opened = open_envelope(body, keys, ("reply", CODE, name))
                except Exception:  # whatever it is, it does not open
                    yield f"reply {name}"
                    continue
                self.replies[name] = msgspec.msgpack.decode(opened, type=Reply)

    def _files(self, database: sqlite3.Connection, contents: Contents) -> Iterable[str]:
        for name, epoch in database.execute("SELECT id, epoch FROM files").fetchall():
            if self._is_new(f"file {name}", epoch):
                (body,) = _row(database, "SELECT body FROM files WHERE id = ?", name)
                opened = self._open("file", name, epoch, body)
                if opened is None:
                    yield f"file {name}"
                else:
                    self.files[name] = opened

    def _trail(self, contents: Contents) -> Iterable[str]:
        for row in contents.trail:
            if row.epoch in self._epochs and self._is_new(f"trail {row.number}", row.epoch):
                opened = self._open("trail", str(row.number), row.epoch, row.body)
                if opened is None:
                    yield f"trail {row.number}"
                else:
                    entry = msgspec.msgpack.decode(opened, type=Entry)
                    self.traced.setdefault(entry.what, Counter())[entry.act] += 1


def _row(database: sqlite3.Connection, sql: str, key: str) -> tuple[Any, ...]:
    row: tuple[Any, ...] = database.execute(sql, (key,)).fetchone()
    return row


def by_request(parts: Iterable[Part]) -> Mapping[str, list[Part]]:
    """Return the parts of each request, in the order of their numbers."""
    found: dict[str, list[Part]] = {}
    for part in sorted(parts, key=lambda part: part.number):
        found.setdefault(part.request, []).append(part)
    return found
