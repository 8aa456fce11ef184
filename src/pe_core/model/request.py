"""A help request, from the first message to the end, and what is sealed with it."""

from datetime import date, datetime
from enum import StrEnum
from typing import NewType

import msgspec

from pe_core.model.consent import Consent, Given, Lead, Wish
from pe_core.model.peer import PeerCode
from pe_core.model.struct import Model
from pe_core.model.week import Week

RequestId = NewType("RequestId", str)
MessageId = NewType("MessageId", str)
Box = NewType("Box", int)
"""A random number for an account; which handle it belongs to is sealed."""


class State(StrEnum):
    """Where a request stands; the only word about it that the disk shows."""

    NEW = "new"
    TRIAGE = "triage"
    MATCHING = "matching"
    ACTIVE = "active"
    WAITING = "waiting"
    RESOLVED = "resolved"
    CLOSED = "closed"
    TRANSFERRED = "transferred"
    ERASED = "erased"


class Outcome(StrEnum):
    """How a closed request ended; sealed."""

    HELPED = "helped"
    PARTLY_HELPED = "partly_helped"
    INFORMATION_GIVEN = "information_given"
    REFERRED_ELSEWHERE = "referred_elsewhere"
    NOT_POSSIBLE = "not_possible"
    OUT_OF_SCOPE = "out_of_scope"
    NO_CONTACT = "no_contact"
    WITHDRAWN = "withdrawn"
    DUPLICATE = "duplicate"
    SPAM = "spam"


class WaitingOn(StrEnum):
    """Whom a waiting request waits for; sealed."""

    ASKER = "asker"
    HELPER = "helper"
    AUTHORITY = "authority"
    PARTNER = "partner"


class Where(StrEnum):
    """Where the asker is; the last two lead to the limited mode."""

    ABROAD = "abroad"
    INSIDE = "inside"
    GOING = "going"


class Urgency(StrEnum):
    """How soon somebody must act; sealed."""

    NORMAL = "normal"
    SOON = "soon"
    URGENT = "urgent"


class Sensitivity(StrEnum):
    """How carefully a request is shown; a sensitive one shows none of its words in lists."""

    NORMAL = "normal"
    SENSITIVE = "sensitive"


class Channel(StrEnum):
    """How a request came to the embassy.

    A coordinator entered all but the first and the last, which another embassy handed over.
    """

    PORTAL = "portal"
    PHONE = "phone"
    IN_PERSON = "in_person"
    LETTER = "letter"
    MESSENGER = "messenger"
    EMBASSY = "embassy"


class Author(StrEnum):
    """Who wrote an entry of the thread."""

    ASKER = "asker"
    STAFF = "staff"
    VOLUNTEER = "volunteer"
    SYSTEM = "system"


class MessageKind(StrEnum):
    """What an entry of the thread is."""

    MESSAGE = "message"
    STATE = "state"
    SOLVED = "solved"
    UNSOLVED = "unsolved"
    WITHDRAWAL = "withdrawal"
    KEPT = "kept"
    NOTE = "note"
    CLAIMED = "claimed"
    RELEASED = "released"
    GIVEN = "given"
    SORTED = "sorted"
    EXTENDED = "extended"
    DUPLICATE = "duplicate"
    NEEDED = "needed"
    ACCEPTED = "accepted"
    GIVEN_BACK = "given_back"
    TASK_DONE = "task_done"
    HELPER = "helper"
    TO_HELPER = "to_helper"
    CONSENT_ASKED = "consent_asked"
    CONSENT = "consent"
    CONSENT_BACK = "consent_back"
    SENT_ON = "sent_on"
    LEADS_ON = "leads_on"


class Answer(Model):
    """One answer, with the question and the choices as the asker saw them."""

    field: str
    question: str
    value: str | bool | int | list[str] | None
    shown: str
    personal: bool = False


class FileNote(Model):
    """What is known about a file beside its bytes; its name is ours, not the asker's."""

    id: str
    media_type: str
    size: int

    @property
    def item(self) -> str:
        """Return what it is called where fields are named; no field of a form has a colon."""
        return f"file:{self.id}"


class Original(Model):
    """The sealed body of a request, written once; replies go to its ``reply_key``.

    ``entered_by`` is the coordinator who wrote it down for somebody, who agreed in words.
    """

    form: str
    form_version: str
    title: str
    language: str
    where: Where
    answers: tuple[Answer, ...]
    reply_key: bytes
    submitted: datetime
    keep_weeks: int
    files: tuple[FileNote, ...] = ()
    channel: Channel = Channel.PORTAL
    entered_by: Box | None = None


class Summary(Model):
    """What the list of requests shows, sealed in the symmetric lane; any member can forge it.

    ``topic`` is the form's name that a coordinator sorted it under, '' for the asker's own.
    ``words`` are the folded words that search looks through. Of the thread, ``seen`` entries
    were looked at, and ``taken`` ones have gone into this summary: ``awaiting`` is the moment
    since when the asker waits for a word of ours, None if we said the last one.
    """

    revision: int
    form: str
    title: str
    language: str
    where: Where
    submitted: datetime
    glimpse: str = ""
    claimed_by: Box | None = None
    waiting_on: WaitingOn | None = None
    wake: date | None = None
    outcome: Outcome | None = None
    keep_weeks: int = 12
    seen: int = 0
    topic: str = ""
    urgency: Urgency = Urgency.NORMAL
    sensitivity: Sensitivity = Sensitivity.NORMAL
    duplicate_of: RequestId | None = None
    words: str = ""
    awaiting: datetime | None = None
    taken: int = 0


class Message(Model):
    """One sealed entry of the thread, for staff.

    ``given_to`` is whom a request was handed to, ``keep_until`` the week that it was extended
    to, ``other`` the request that it is a duplicate of; topic, urgency and sensitivity are
    what a coordinator sorted it as. ``consent`` is what the asker agreed to, or takes back,
    ``peer`` the embassy that an entry is about.
    """

    at: datetime
    author: Author
    kind: MessageKind = MessageKind.MESSAGE
    text: str = ""
    language: str = ""
    box: Box | None = None
    state: State | None = None
    outcome: Outcome | None = None
    waiting_on: WaitingOn | None = None
    files: tuple[FileNote, ...] = ()
    given_to: Box | None = None
    keep_until: Week | None = None
    other: RequestId | None = None
    topic: str = ""
    urgency: Urgency | None = None
    sensitivity: Sensitivity | None = None
    minutes: int = 0
    consent: Consent | None = None
    peer: PeerCode | None = None


class Reply(Model):
    """What the asker reads under their receipt, sealed to the requester's own key.

    ``brief`` and ``brief_key`` are the way to a helper who has accepted: what is written to
    them is sealed to that key. ``wish`` asks for consent, ``given`` is what was agreed to,
    ``lead`` says where a request is that another embassy took.
    """

    at: datetime
    kind: MessageKind = MessageKind.MESSAGE
    text: str = ""
    language: str = ""
    state: State | None = None
    waiting_on: WaitingOn | None = None
    outcome: Outcome | None = None
    brief: str = ""
    brief_key: bytes = b""
    wish: Wish | None = None
    given: Given | None = None
    lead: Lead | None = None


class HelpRequest(Model):
    """A request as an unlocked coordinator sees it."""

    id: RequestId
    state: State
    week: Week
    keep_until: Week
    original: Original
    summary: Summary
    thread: tuple[tuple[MessageId, Message], ...] = ()
    withdrawal_due: date | None = msgspec.field(default=None)

    @property
    def files(self) -> tuple[FileNote, ...]:
        """Return the files that its asker brought, with the request and with later words."""
        said = (message for _, message in self.thread if message.author is Author.ASKER)
        return (*self.original.files, *(note for message in said for note in message.files))
