"""The thread of a request as lines: who, when, what, and who else can read it."""

from collections.abc import Iterable, Mapping
from typing import Literal

from pe_core.model import Author, FileNote, Message, MessageId, MessageKind, RequestId
from pe_core.model.struct import Model
from pe_core.rules.texts import direction, show_number
from pe_core.web.portal import PageRequest, language_of
from pe_core.web.staff.facts import request_address
from pe_core.web.staff.words import name_of, say, show_last_day, show_moment, show_topic

_KILOBYTE = 1024
_EVENTS = {
    MessageKind.SOLVED: "staff.thread.solved",
    MessageKind.UNSOLVED: "staff.thread.unsolved",
    MessageKind.WITHDRAWAL: "staff.thread.withdrawal",
    MessageKind.KEPT: "staff.thread.kept",
    MessageKind.NOTE: "staff.thread.note",
    MessageKind.CLAIMED: "staff.thread.claimed",
    MessageKind.RELEASED: "staff.thread.released",
    MessageKind.NEEDED: "staff.thread.needed",
    MessageKind.ACCEPTED: "staff.thread.accepted",
    MessageKind.GIVEN_BACK: "staff.thread.given_back",
    MessageKind.TASK_DONE: "staff.thread.task_done",
    MessageKind.HELPER: "staff.thread.helper",
    MessageKind.TO_HELPER: "staff.thread.to_helper",
    MessageKind.CONSENT_ASKED: "staff.thread.consent_asked",
    MessageKind.CONSENT_BACK: "staff.thread.consent_back",
    MessageKind.SENT_ON: "staff.thread.sent_on",
}
_TEAM_ONLY = frozenset(
    {
        MessageKind.NOTE,
        MessageKind.CLAIMED,
        MessageKind.RELEASED,
        MessageKind.GIVEN,
        MessageKind.SORTED,
        MessageKind.EXTENDED,
        MessageKind.DUPLICATE,
        MessageKind.NEEDED,
        MessageKind.ACCEPTED,
        MessageKind.GIVEN_BACK,
        MessageKind.TASK_DONE,
        MessageKind.SENT_ON,
    }
)
"""Entries of ours that no reply to the asker goes with."""


class Link(Model):
    """A link: to a file, with what it is and how large, or to another request."""

    address: str
    words: str


class Line(Model):
    """One entry; ``events`` are what happened, ``text`` what was written.

    The side ``team`` is ours too, but no word of it goes to the asker.
    """

    who: str
    when: str
    side: Literal["asker", "ours", "team"]
    seen_by: str
    events: tuple[str, ...]
    text: str
    language: str
    dir: str
    files: tuple[Link, ...]
    other: Link | None = None


def thread_lines(
    request: PageRequest,
    thread: Iterable[tuple[MessageId, Message]],
    names: Mapping[int, str],
    asker_language: str,
    at: str,
) -> list[Line]:
    """Return the lines of a thread; ``at`` is the address of its request."""
    return [_line(request, message, names, asker_language, at) for _, message in thread]


def file_links(request: PageRequest, files: Iterable[FileNote], at: str) -> tuple[Link, ...]:
    """Return links to files of the request whose address is ``at``."""
    return tuple(
        Link(
            address=f"{at}/files/{note.id}",
            words=kind_of_file(request, note.media_type, note.size),
        )
        for note in files
    )


def kind_of_file(request: PageRequest, media_type: str, size: int) -> str:
    """Return what a file is and how large; ``media_type`` is one of the three that are taken."""
    number = show_number(-(-size // _KILOBYTE), language_of(request))
    return say(request, f"staff.file.{media_type.rpartition('/')[2]}", size=number)


def _line(
    request: PageRequest,
    message: Message,
    names: Mapping[int, str],
    asker_language: str,
    at: str,
) -> Line:
    asker = message.author is Author.ASKER
    # The asker writes in whatever language they like; their pages' one is the best guess.
    language = message.language or (asker_language if asker else language_of(request))
    free = asker or message.author is Author.VOLUNTEER or message.kind is MessageKind.NOTE
    return Line(
        who=_who(request, message, names),
        when=show_moment(request, message.at),
        side="asker" if asker else "team" if message.kind in _TEAM_ONLY else "ours",
        seen_by=say(request, f"staff.thread.{_readers(message)}"),
        events=tuple(_events(request, message, names)),
        text=message.text,
        language=language,
        dir="auto" if free else direction(language),
        files=file_links(request, message.files, at),
        other=_other(request, message.other),
    )


def _who(request: PageRequest, message: Message, names: Mapping[int, str]) -> str:
    if message.author is Author.STAFF and message.box is not None:
        return name_of(request, names, message.box)
    known = names.get(message.box or 0) if message.author is Author.VOLUNTEER else None
    return known or say(request, f"staff.thread.{message.author.value}")


def _readers(message: Message) -> str:
    """Return who else than the team reads an entry: the last part of a text's key."""
    if message.kind is MessageKind.TO_HELPER:
        return "helper_too"
    team_only = message.author is Author.ASKER or message.kind in _TEAM_ONLY
    return "team_only" if team_only else "asker_too"


def _other(request: PageRequest, other: RequestId | None) -> Link | None:
    if other is None:
        return None
    words = say(request, "staff.thread.other")
    return Link(address=request_address(request, other), words=words)


def _events(request: PageRequest, message: Message, names: Mapping[int, str]) -> Iterable[str]:
    if message.kind in _EVENTS:
        yield say(request, _EVENTS[message.kind])
    if message.kind is MessageKind.CONSENT and message.consent is not None:
        agreed = "consent" if message.consent.fields else "consent_no"
        yield say(request, f"staff.thread.{agreed}")
    if message.peer is not None:
        yield say(request, "staff.thread.peer", peer=message.peer.upper())
    if message.kind is MessageKind.DUPLICATE:
        marked = "duplicate" if message.other is not None else "no_duplicate"
        yield say(request, f"staff.thread.{marked}")
    if message.given_to is not None:
        yield say(request, "staff.thread.given", name=name_of(request, names, message.given_to))
    if message.keep_until is not None:
        until = show_last_day(request, message.keep_until)
        yield say(request, "staff.thread.extended", date=until)
    if message.minutes:
        hours, minutes = divmod(message.minutes, 60)
        key = "staff.thread.hours" if hours else "staff.thread.minutes"
        yield say(request, key, hours=hours, minutes=minutes)
    yield from _sorted(request, message)
    yield from _moved(request, message)


def _sorted(request: PageRequest, message: Message) -> Iterable[str]:
    if message.topic:
        topic = show_topic(request, message.topic, message.topic)
        yield say(request, "staff.thread.topic", topic=topic)
    if message.urgency is not None:
        urgency = say(request, f"staff.urgency.{message.urgency.value}")
        yield say(request, "staff.thread.urgency", urgency=urgency)
    if message.sensitivity is not None:
        sensitivity = say(request, f"staff.sensitivity.{message.sensitivity.value}")
        yield say(request, "staff.thread.sensitivity", sensitivity=sensitivity)


def _moved(request: PageRequest, message: Message) -> Iterable[str]:
    if message.state is not None:
        state = say(request, f"staff.state.{message.state.value}")
        yield say(request, "staff.thread.moved", state=state)
    if message.outcome is not None:
        outcome = say(request, f"staff.outcome.{message.outcome.value}")
        yield say(request, "staff.thread.outcome", outcome=outcome)
    if message.waiting_on is not None:
        whom = say(request, f"staff.waiting_on.{message.waiting_on.value}")
        yield say(request, "staff.thread.waiting", whom=whom)
