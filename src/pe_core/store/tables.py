"""What each table promises about its rows: how they are found, and when they go."""

from collections.abc import Callable

from pe_core.errors import StoreError
from pe_core.model.event import Event, RequestErased
from pe_core.model.request import RequestId
from pe_core.model.struct import Model
from pe_core.store.peer_rows import (
    DeskKeyRow,
    IncomingRow,
    OutgoingRow,
    OutgoingThreadRow,
    OwnKeysetRow,
    PeerKeysetRow,
    PeerRow,
    ReferralNoteRow,
    ReferralRow,
)
from pe_core.store.rows import (
    AccountRow,
    BriefNoteRow,
    BriefRow,
    CallRow,
    CountRow,
    EpochRow,
    FeedRow,
    FileRow,
    GrantRow,
    GuideDraftRow,
    GuideRow,
    HeardRow,
    InviteRow,
    MemberListRow,
    MessageRow,
    MetaRow,
    NeedRow,
    OpenAddressRow,
    OutboxRow,
    ProposalRow,
    ReplyRow,
    RequestRow,
    RosterRow,
    Row,
    ShareRow,
    ShiftRow,
    TrailRow,
    VolunteerNoteRow,
    VolunteerRow,
)


class Table(Model):
    """How rows of one type are kept, and when they go.

    ``keep_until`` names the column with the last week of a row, ``keep_until_day`` the one with
    its last day. ``follows`` names a parent and the column that holds the parent's key: a row
    without its parent is erased. ``keys`` marks what belongs into the key file of a backup and
    dies first. ``numbered`` keys are given by the database. ``erased`` makes the event that
    tells of a row's end. ``indexes`` and ``unique`` say what is found fast, and what is single.
    Rows of a ``large`` table are read away from the loop, even one by its key.
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
    large: bool = False


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
        large=True,
    ),
    Table(row=MemberListRow, name="member_lists", key=("serial",)),
    Table(row=RosterRow, name="roster", key=("box",)),
    Table(row=InviteRow, name="invites", key=("locator",), keep_until_day="day"),
    Table(row=ProposalRow, name="proposals", key=("id",), keep_until_day="day"),
    Table(row=GuideDraftRow, name="guide_drafts", key=("id",), keep_until_day="day"),
    Table(row=GuideRow, name="guides", key=("name", "edition")),
    Table(row=ShareRow, name="shares", key=("box",), keep_until_day="day"),
    Table(row=TrailRow, name="trail", key=("number",), keep_until="keep_until"),
    Table(row=VolunteerRow, name="volunteers", key=("box",), keep_until="keep_until"),
    Table(
        row=VolunteerNoteRow,
        name="volunteer_notes",
        key=("id",),
        follows=(VolunteerRow, "box"),
        unique=(("box", "number"),),
    ),
    Table(
        row=NeedRow,
        name="needs",
        key=("id",),
        follows=(RequestRow, "request"),
        indexes=(("request",),),
    ),
    Table(row=CallRow, name="calls", key=("id",), keep_until="keep_until"),
    Table(
        row=BriefRow,
        name="briefs",
        key=("id",),
        keep_until="keep_until",
        follows=(CallRow, "call"),
        indexes=(("box",), ("call",)),
    ),
    Table(
        row=BriefNoteRow,
        name="brief_notes",
        key=("id",),
        follows=(BriefRow, "brief"),
        unique=(("brief", "number"),),
    ),
    Table(row=ShiftRow, name="shifts", key=("id",), keep_until="keep_until"),
    Table(
        row=FeedRow,
        name="feeds",
        key=("box",),
        follows=(VolunteerRow, "box"),
        unique=(("locator",),),
    ),
    Table(
        row=OpenAddressRow,
        name="open_addresses",
        key=("box", "notifier"),
        follows=(VolunteerRow, "box"),
    ),
    Table(row=PeerRow, name="peers", key=("code",)),
    Table(
        row=PeerKeysetRow,
        name="peer_keysets",
        key=("peer", "serial"),
        follows=(PeerRow, "peer"),
    ),
    Table(row=OwnKeysetRow, name="own_keysets", key=("serial",)),
    Table(row=DeskKeyRow, name="desk_keys", key=("id",)),
    Table(
        # Not with its peer: what is taken back once that was forgotten waits until people see it.
        row=OutgoingRow,
        name="outgoing",
        key=("id",),
        unique=(("peer", "thread", "number", "id"),),
    ),
    Table(
        # Not with its peer: one that is known anew still has the numbers of its threads.
        row=OutgoingThreadRow,
        name="outgoing_threads",
        key=("peer", "thread"),
        keep_until="keep_until",
    ),
    Table(
        row=IncomingRow,
        name="incoming",
        key=("peer", "id"),
        keep_until="keep_until",
        indexes=(("thread", "peer", "number"),),
    ),
    Table(
        row=ReferralRow,
        name="referrals",
        key=("id",),
        keep_until="keep_until",
        indexes=(("request",),),
    ),
    Table(
        row=ReferralNoteRow,
        name="referral_notes",
        key=("id",),
        follows=(ReferralRow, "referral"),
        unique=(("referral", "number"),),
    ),
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
