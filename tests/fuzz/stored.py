"""Target of what is decoded behind a seal: every model that a row or an envelope holds."""

from datetime import datetime
from typing import Any

import msgspec

from pe_core.courier.courier import AnyEvent
from pe_core.desk.accounts import Private
from pe_core.desk.agreed import Proposal
from pe_core.desk.desk import Identity
from pe_core.desk.feeds import Entry as Feed
from pe_core.desk.guide_drafts import GuideDraft
from pe_core.desk.locking import Freeze
from pe_core.desk.resealing import Resealed
from pe_core.desk.roster import RosterEntry
from pe_core.desk.sealed_invites import Invite
from pe_core.desk.sessions import Claim
from pe_core.desk.shares import SealedShare, Share, Shares
from pe_core.desk.trail import Head
from pe_core.model import (
    BriefCard,
    BriefDetail,
    BriefNote,
    Card,
    Guide,
    Message,
    OpenNeed,
    Original,
    Profile,
    Reply,
    Shift,
    Standing,
    Stub,
    Summary,
)
from pe_core.model.trail import Entry
from pe_core.model.volunteer import VolunteerNote
from pe_core.network.impostors import Told
from pe_core.upkeep import Upkeep
from pe_core.vault import SignedBody

from .cutting import Cut

MODELS: tuple[Any, ...] = (
    *(Original, Summary, Message, Reply, Entry, Private, Proposal, Identity, Freeze, Resealed),
    *(RosterEntry, Invite, Shares, SealedShare, Share, Head, Upkeep, AnyEvent),
    *(list[str], dict[str, int]),
    *(GuideDraft, Guide | None),
    *(Profile, Standing, Card, VolunteerNote, OpenNeed, Shift, SignedBody, Claim),
    *(BriefCard, BriefDetail, BriefNote, Stub, Feed, Told),
)
"""In the order in which the first byte chooses them; new ones go to the end."""


def stored_model(data: bytes) -> None:
    """Bytes as one of the models: an instance that encodes to itself, or a plain refusal."""
    cut = Cut(data)
    model = MODELS[cut.number(len(MODELS))]
    try:
        found = msgspec.msgpack.decode(cut.rest, type=model)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return
    again = msgspec.msgpack.decode(msgspec.msgpack.encode(found), type=model)
    assert _plain(found) == _plain(again)


def _plain(found: Any) -> Any:
    return msgspec.to_builtins(found, builtin_types=(datetime, bytes))
