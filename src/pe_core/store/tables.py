"""What is on disk: one row type per table, and what each table promises about its rows.

Columns hold text, whole numbers, bytes or nothing. What stands in clear is listed in the
design page *vault* ("What is in clear"); every ``body`` is an envelope. A week is a
``model.Week``, a day is the ordinal of a date.
"""

from collections.abc import Callable

from pe_core.errors import StoreError
from pe_core.model.event import Event, RequestErased
from pe_core.model.request import RequestId
from pe_core.model.struct import Model


class Row(Model):
    """The root of all rows; a field is a column of the same name."""


class RequestRow(Row):
    """A help request. ``locator`` is the hash of its receipt; ``summary`` can be made anew."""

    id: str
    locator: bytes
    state: str
    week: int
    keep_until: int
    epoch: str
    bucket: int
    body: bytes
    summary: bytes | None
    revision: int


class MessageRow(Row):
    """An entry of a request's thread, for staff; ``number`` is its place in the thread."""

    id: str
    request: str
    number: int
    epoch: str
    bucket: int
    body: bytes


class ReplyRow(Row):
    """What the asker reads under their receipt; ``opened`` is the day of the first reading."""

    id: str
    request: str
    number: int
    bucket: int
    body: bytes
    opened: int | None


class FileRow(Row):
    """A cleaned file of a request."""

    id: str
    request: str
    epoch: str
    bucket: int
    body: bytes


class EpochRow(Row):
    """A compartment's dated key, public half; made under the member list ``serial``."""

    id: str
    compartment: str
    week: int
    ends: int
    public: bytes
    serial: int


class GrantRow(Row):
    """An epoch's seed, sealed to one account."""

    epoch: str
    box: int
    body: bytes


class AccountRow(Row):
    """An account: its two slots, and what is sealed under its own key.

    ``tags`` are two bytes for each slot that let most wrong passphrases be refused without the
    slow hash (docs/decisions/0007); None in accounts made before they were known.
    """

    box: int
    first: bytes
    second: bytes
    private: bytes
    tags: bytes | None = None


class MemberListRow(Row):
    """A signed member list."""

    serial: int
    body: bytes


class RosterRow(Row):
    """Who has a box, sealed to the roster."""

    box: int
    epoch: str
    body: bytes


class InviteRow(Row):
    """An invite, sealed to its own code; ``day`` is the last day on which it is good."""

    locator: bytes
    body: bytes
    day: int


class ProposalRow(Row):
    """What one coordinator proposed and another has to confirm, sealed to the roster.

    ``day`` is the last day on which it can be confirmed.
    """

    id: str
    epoch: str
    body: bytes
    day: int


class GuideDraftRow(Row):
    """A change to a guide that a second person has not approved, sealed to ``drafts``.

    ``day`` is the last day on which it waits.
    """

    id: str
    epoch: str
    day: int
    body: bytes


class GuideRow(Row):
    """An edition of a guide that this embassy published: public, so in clear; nobody's name.

    ``body`` is the msgpack of a ``model.Guide``, or of nothing where it was withdrawn.
    """

    name: str
    edition: int
    week: int
    body: bytes


class ShareRow(Row):
    """A recovery share on its way to its holder, sealed to that account; gone once confirmed."""

    box: int
    body: bytes
    day: int


class TrailRow(Row):
    """An entry of the trail; ``before`` is the chain's hash before it (design: vault, "Trail")."""

    number: int
    keep_until: int
    epoch: str
    before: bytes
    body: bytes


class OutboxRow(Row):
    """An event that waits to be told; ``due`` is the day from which on, 0 for at once.

    ``event`` is the msgpack of a ``model.Event``; ``id`` grows and is never used twice.
    """

    id: int
    event: bytes
    due: int
    tries: int


class HeardRow(Row):
    """A listener that has heard an event which others still wait for."""

    event: int
    listener: str


class CountRow(Row):
    """How many requests a week brought, the only statistic kept in clear."""

    week: int
    number: int


class MetaRow(Row):
    """A thing of which the instance has one, such as its salt."""

    key: str
    value: bytes


class Table(Model):
    """How rows of one type are kept, and when they go.

    ``keep_until`` names the column with the last week of a row, ``keep_until_day`` the one with
    its last day. ``follows`` names a parent and the column that holds the parent's key: a row
    without its parent is erased. ``keys`` marks what belongs into the key file of a backup and
    dies first. ``numbered`` keys are given by the database. ``erased`` makes the event that
    tells of a row's end. ``indexes`` and ``unique`` say what is found fast, and what is single.
    """

    row: type[Row]
    name: str
    key: tuple[str, ...]
    keep_until: str | None = None
    keep_until_day: str | None = None
    follows: tuple[type[Row], str] | None = None
    keys: bool = False
    numbered: bool = False
    indexes: tuple[tuple[str, ...], ...] = ()
    unique: tuple[tuple[str, ...], ...] = ()
    erased: Callable[[str], Event] | None = None


def _request_erased(request: str) -> Event:
    return RequestErased(request=RequestId(request))


TABLES: tuple[Table, ...] = (
    Table(row=EpochRow, name="epochs", key=("id",), keep_until="ends", keys=True),
    Table(
        row=GrantRow,
        name="grants",
        key=("epoch", "box"),
        follows=(EpochRow, "epoch"),
        keys=True,
        indexes=(("box",),),
    ),
    Table(row=AccountRow, name="accounts", key=("box",), keys=True),
    Table(
        row=RequestRow,
        name="requests",
        key=("id",),
        keep_until="keep_until",
        unique=(("locator",),),
        erased=_request_erased,
    ),
    Table(
        row=MessageRow,
        name="messages",
        key=("id",),
        follows=(RequestRow, "request"),
        unique=(("request", "number"),),
    ),
    Table(
        row=ReplyRow,
        name="replies",
        key=("id",),
        follows=(RequestRow, "request"),
        unique=(("request", "number"),),
    ),
    Table(
        row=FileRow,
        name="files",
        key=("id",),
        follows=(RequestRow, "request"),
        indexes=(("request",),),
    ),
    Table(row=MemberListRow, name="member_lists", key=("serial",)),
    Table(row=RosterRow, name="roster", key=("box",)),
    Table(row=InviteRow, name="invites", key=("locator",), keep_until_day="day"),
    Table(row=ProposalRow, name="proposals", key=("id",), keep_until_day="day"),
    Table(row=GuideDraftRow, name="guide_drafts", key=("id",), keep_until_day="day"),
    Table(row=GuideRow, name="guides", key=("name", "edition")),
    Table(row=ShareRow, name="shares", key=("box",), keep_until_day="day"),
    Table(row=TrailRow, name="trail", key=("number",), keep_until="keep_until"),
    Table(
        row=OutboxRow,
        name="outbox",
        key=("id",),
        numbered=True,
        indexes=(("due",), ("event",)),
    ),
    Table(
        row=HeardRow,
        name="heard",
        key=("event", "listener"),
        follows=(OutboxRow, "event"),
    ),
    Table(row=CountRow, name="counts", key=("week",)),
    Table(row=MetaRow, name="meta", key=("key",)),
)
"""All tables; a parent stands before what follows it."""

_BY_ROW = {table.row: table for table in TABLES}


def table_of(row: type[Row]) -> Table:
    """Return the table that keeps rows of this type; raises StoreError if there is none."""
    table = _BY_ROW.get(row)
    if table is None:
        raise StoreError(f"{row.__name__} is not declared in TABLES")
    return table
