"""What embassies say to each other about helping somebody: the bodies of letters, and consent.

Each kind of letter carries one of these, as msgpack, signed inside an envelope that only an
unlocked coordinator of the receiver opens. Lengths are the receiver's defence: what is longer
is not read. Design: network, "Private layer"; docs/decisions/0017.
"""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, TypeAlias

from msgspec import Meta

from pe_core.model.consent import Consent, Tag, Tags
from pe_core.model.guide import Guide
from pe_core.model.peer import Kind, PacketId, ThreadId
from pe_core.model.request import Box, RequestId, Where
from pe_core.model.struct import Model
from pe_core.model.volunteer import Fluency, Skill

Words = Annotated[str, Meta(max_length=8000)]
"""What a coordinator writes to a colleague elsewhere."""
Line = Annotated[str, Meta(max_length=200)]
SealedSmall = Annotated[bytes, Meta(max_length=65536)]


class Sharing(Model):
    """What a plugin lets go to another embassy, of a request: names of fields, and no more.

    A file is named by its ``item``.
    """

    fields: tuple[str, ...]


class Shared(Model):
    """One answer that leaves: the question as the asker saw it, and the answer as they read it."""

    field: Tag
    question: Annotated[str, Meta(max_length=1000)]
    answer: Annotated[str, Meta(max_length=40_000)]
    personal: bool = False


class Enclosed(Model):
    """A file that goes along in letters of its own: what its sender says of it.

    ``size`` is in bytes. Whoever receives it believes none of this, and cleans it anew; what
    does not fit costs this file alone.
    """

    media_type: Line
    size: Annotated[int, Meta(ge=0, le=2**40)]
    sha256: Annotated[bytes, Meta(max_length=64)]


class Consult(Model):
    """A question to colleagues; nothing in it is about one person."""

    question: Words
    language: Tag
    topic: Line = ""
    urgent: bool = False
    answer_by: date


class Refer(Model):
    """A request that both embassies keep: what the asker lets go, and what is asked of the peer.

    ``files`` come in the letters that follow, by their place in this list.
    """

    topic: Tag
    title: Line
    language: Tag
    where: Where
    answers: Annotated[tuple[Shared, ...], Meta(max_length=200)]
    consent: Consent
    asked: Words
    asked_language: Tag
    urgent: bool = False
    answer_by: date
    files: Annotated[tuple[Enclosed, ...], Meta(max_length=50)] = ()


class Transfer(Refer):
    """A request that the other embassy is to take; ``reply_key`` is the asker's own.

    Only a new receipt is sealed to it, so that the page of the old one leads on.
    """

    reply_key: Annotated[bytes, Meta(min_length=1216, max_length=1216)]


class Ask(Model):
    """Whom the other embassy may know: words of the vocabulary, and nobody's identity.

    ``number`` is how many are looked for, ``until`` the last day on which they are needed.
    ``city`` is a place of the asking embassy, '' where all can be done from afar.
    """

    required: Annotated[tuple[Skill, ...], Meta(max_length=20)] = ()
    wished: Annotated[tuple[Skill, ...], Meta(max_length=20)] = ()
    languages: Tags = ()
    fluency: Fluency = Fluency.WORKING
    city: Tag = ""
    number: Annotated[int, Meta(ge=1, le=50)] = 1
    until: date | None = None
    line: Line = ""
    language: Tag
    urgent: bool = False
    answer_by: date


class Share(Model):
    """An edition of a guide that the sender published; whoever gets it may take it over."""

    guide: Guide
    edition: int = 0
    words: Words = ""
    language: Tag


class About(StrEnum):
    """What a notice is about."""

    PAUSED = "paused"
    COMPROMISED = "compromised"
    RETRACTED = "retracted"
    OTHER = "other"


class Notice(Model):
    """Something that colleagues elsewhere must know."""

    about: About
    words: Words
    language: Tag


class Accept(Model):
    """The receiver helps with it, or takes it.

    ``receipt`` is, for a transfer, the asker's new receipt, sealed to their own key.
    """

    words: Words = ""
    language: Tag
    receipt: SealedSmall = b""


class Reason(StrEnum):
    """Why an embassy does not take something on."""

    NO_CAPACITY = "no_capacity"
    NOT_OUR_PLACE = "not_our_place"
    NOT_OUR_FIELD = "not_our_field"
    TOO_LITTLE_KNOWN = "too_little_known"
    OTHER = "other"


class Decline(Model):
    """The receiver does not take it on; what was sent is erased there with this word."""

    reason: Reason
    words: Words = ""
    language: Tag


class Count(StrEnum):
    """How many people an embassy knows who fit, in steps, so that nobody can be counted out."""

    NONE = "0"
    FEW = "1-2"
    SOME = "3-9"
    MANY = "10+"


class Answer(Model):
    """Words in a conversation; to an ask, with how many fit and what is offered."""

    words: Words
    language: Tag
    count: Count | None = None


class Return(Model):
    """The receiver gives back what it had taken on."""

    words: Words = ""
    language: Tag


class Close(Model):
    """Nothing more is awaited of anybody."""

    words: Words = ""
    language: Tag


class FilePart(Model):
    """One of the ``parts`` pieces of a file that goes along; ``file`` is its place, from 1 on."""

    file: Annotated[int, Meta(ge=1, le=1000)]
    part: Annotated[int, Meta(ge=1, le=100_000)]
    parts: Annotated[int, Meta(ge=1, le=100_000)]
    data: bytes


Body: TypeAlias = (
    Consult
    | Refer
    | Transfer
    | Ask
    | Share
    | Notice
    | Accept
    | Decline
    | Answer
    | Return
    | Close
    | FilePart
)
BODIES: Mapping[Kind, type[Body]] = MappingProxyType(
    {
        Kind.CONSULT: Consult,
        Kind.REFER: Refer,
        Kind.TRANSFER: Transfer,
        Kind.ASK: Ask,
        Kind.SHARE: Share,
        Kind.NOTICE: Notice,
        Kind.ACCEPT: Accept,
        Kind.DECLINE: Decline,
        Kind.ANSWER: Answer,
        Kind.RETURN: Return,
        Kind.CLOSE: Close,
        Kind.FILE: FilePart,
    }
)
"""What each kind of letter carries."""


class ReferralState(StrEnum):
    """Where a conversation stands, alike on both sides; its one word in clear.

    ``taken`` is a transfer that was accepted: the case is the receiver's. ``told`` awaits no
    answer, ``revoked`` was taken back by its sender, or by the asker.
    """

    WAITING = "waiting"
    ACCEPTED = "accepted"
    TAKEN = "taken"
    ANSWERED = "answered"
    TOLD = "told"
    DECLINED = "declined"
    RETURNED = "returned"
    REVOKED = "revoked"
    CLOSED = "closed"


class Side(StrEnum):
    """Who began a conversation, and who was written to."""

    SENDER = "sender"
    RECEIVER = "receiver"


class Referral(Model):
    """What the team keeps of a conversation beside its letters, sealed to its own compartment.

    No word of an asker is in it: those are in the letters alone, and go with them. ``taken_in``
    are the letters of the peer that were looked at. ``answered`` is the day on which we first
    answered, ``own`` a request of ours that was made from a transfer, ``lead`` the reply that
    leads the asker on, ``parent`` the conversation that this one forwards, ``guide`` the name
    of the guide of ours that a shared one was made into. ``parts`` are the pieces of files that
    came: the letter's number, which file, which part, of how many. ``heard`` is the number of the
    last letter of ours that the peer had read when it ended the conversation, ``dropped`` are
    letters of ours that did not arrive and were given up.
    """

    kind: Kind
    side: Side
    at: datetime
    by: Box | None = None
    urgent: bool = False
    taken_in: tuple[PacketId, ...] = ()
    answered: date | None = None
    own: RequestId | None = None
    lead: str = ""
    parent: ThreadId | None = None
    parts: tuple[tuple[int, int, int, int], ...] = ()
    guide: str = ""
    heard: int | None = None
    dropped: tuple[PacketId, ...] = ()
