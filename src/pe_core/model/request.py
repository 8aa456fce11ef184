"""A help request, from the first message to the end, and what is sealed with it."""

from datetime import date, datetime
from enum import StrEnum
from typing import NewType

import msgspec

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


class Author(StrEnum):
    """Who wrote an entry of the thread."""

    ASKER = "asker"
    STAFF = "staff"
    SYSTEM = "system"


class MessageKind(StrEnum):
    """What an entry of the thread is."""

    MESSAGE = "message"
    STATE = "state"
    SOLVED = "solved"
    UNSOLVED = "unsolved"
    WITHDRAWAL = "withdrawal"
    KEPT = "kept"


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


class Original(Model):
    """The sealed body of a request, written once; replies go to its ``reply_key``."""

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


class Summary(Model):
    """What the list of requests shows, sealed in the symmetric lane; any member can forge it."""

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


class Message(Model):
    """One sealed entry of the thread, for staff."""

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


class Reply(Model):
    """What the asker reads under their receipt, sealed to the requester's own key."""

    at: datetime
    kind: MessageKind = MessageKind.MESSAGE
    text: str = ""
    language: str = ""
    state: State | None = None
    waiting_on: WaitingOn | None = None
    outcome: Outcome | None = None


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
