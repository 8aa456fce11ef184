"""Rows and the outbox; a table declares how long its rows are kept, and purge is generic."""

from pathlib import Path

from pe_core.store.changes import Add, AtMost, Change, Delete, In, Insert, Tell, Update
from pe_core.store.control import Control, call_control, serve_control
from pe_core.store.lock import InstanceLock, check_owner
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
from pe_core.store.protocol import Store
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
from pe_core.store.sqlite import open_sqlite, pending_in, read_sqlite
from pe_core.store.tables import TABLES, Table, table_of

__all__ = [
    "TABLES",
    "AccountRow",
    "Add",
    "AtMost",
    "BriefNoteRow",
    "BriefRow",
    "CallRow",
    "Change",
    "Control",
    "CountRow",
    "Delete",
    "DeskKeyRow",
    "EpochRow",
    "FeedRow",
    "FileRow",
    "GrantRow",
    "GuideDraftRow",
    "GuideRow",
    "HeardRow",
    "In",
    "IncomingRow",
    "Insert",
    "InstanceLock",
    "InviteRow",
    "MemberListRow",
    "MessageRow",
    "MetaRow",
    "NeedRow",
    "OpenAddressRow",
    "OutboxRow",
    "OutgoingRow",
    "OutgoingThreadRow",
    "OwnKeysetRow",
    "PeerKeysetRow",
    "PeerRow",
    "ProposalRow",
    "ReferralNoteRow",
    "ReferralRow",
    "ReplyRow",
    "RequestRow",
    "RosterRow",
    "Row",
    "ShareRow",
    "ShiftRow",
    "Store",
    "Table",
    "Tell",
    "TrailRow",
    "Update",
    "VolunteerNoteRow",
    "VolunteerRow",
    "call_control",
    "check_owner",
    "open_store",
    "pending_migrations",
    "read_store",
    "serve_control",
    "table_of",
]


async def open_store(directory: Path) -> Store:
    """Open the store in an instance's data folder, making or upgrading it if need be.

    Call it on the running event loop, while this process holds the ``InstanceLock``. Raises
    StoreError if the database is damaged or made by a newer version.
    """
    return await open_sqlite(directory)


async def read_store(directory: Path) -> Store:
    """Open the store of a data folder so that nothing can be written; no lock is needed.

    Raises StoreError if there is none or it is damaged; it is not upgraded.
    """
    return await read_sqlite(directory)


def pending_migrations(directory: Path) -> list[str]:
    """Return the upgrades that ``open_store`` would make, once every page has been read.

    Raises StoreError if there is no database, if it is empty, damaged, or newer than this code.
    """
    return pending_in(directory)
