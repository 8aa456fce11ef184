"""The thread of a request as lines: who, when, what, and who else can read it."""

from collections.abc import Iterable, Mapping
from typing import Literal

from pe_core.model import Author, FileNote, Message, MessageId, MessageKind
from pe_core.model.struct import Model
from pe_core.rules.texts import direction, show_number
from pe_core.web.portal import PageRequest, language_of
from pe_core.web.staff.words import name_of, say, show_moment

_KILOBYTE = 1024
_EVENTS = {
    MessageKind.SOLVED: "staff.thread.solved",
    MessageKind.UNSOLVED: "staff.thread.unsolved",
    MessageKind.WITHDRAWAL: "staff.thread.withdrawal",
    MessageKind.KEPT: "staff.thread.kept",
}


class FileLink(Model):
    """A file, what it is and how large, and where to get it."""

    address: str
    words: str


class Line(Model):
    """One entry; ``events`` are what happened, ``text`` what was written."""

    who: str
    when: str
    side: Literal["asker", "ours"]
    seen_by: str
    events: tuple[str, ...]
    text: str
    language: str
    dir: str
    files: tuple[FileLink, ...]


def thread_lines(
    request: PageRequest,
    thread: Iterable[tuple[MessageId, Message]],
    names: Mapping[int, str],
    asker_language: str,
    at: str,
) -> list[Line]:
    """Return the lines of a thread; ``at`` is the address of its request."""
    return [_line(request, message, names, asker_language, at) for _, message in thread]


def file_links(request: PageRequest, files: Iterable[FileNote], at: str) -> tuple[FileLink, ...]:
    """Return links to files of the request whose address is ``at``."""
    return tuple(
        FileLink(
            address=f"{at}/files/{note.id}",
            words=say(
                request,
                f"staff.file.{note.media_type.rpartition('/')[2]}",
                size=show_number(-(-note.size // _KILOBYTE), language_of(request)),
            ),
        )
        for note in files
    )


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
    return Line(
        who=_who(request, message, names),
        when=show_moment(request, message.at),
        side="asker" if asker else "ours",
        seen_by=say(request, "staff.thread.team_only" if asker else "staff.thread.asker_too"),
        events=tuple(_events(request, message)),
        text=message.text,
        language=language,
        dir="auto" if asker else direction(language),
        files=file_links(request, message.files, at),
    )


def _who(request: PageRequest, message: Message, names: Mapping[int, str]) -> str:
    if message.author is Author.STAFF and message.box is not None:
        return name_of(request, names, message.box)
    return say(request, f"staff.thread.{message.author.value}")


def _events(request: PageRequest, message: Message) -> Iterable[str]:
    if message.kind in _EVENTS:
        yield say(request, _EVENTS[message.kind])
    if message.state is not None:
        state = say(request, f"staff.state.{message.state.value}")
        yield say(request, "staff.thread.moved", state=state)
    if message.outcome is not None:
        outcome = say(request, f"staff.outcome.{message.outcome.value}")
        yield say(request, "staff.thread.outcome", outcome=outcome)
    if message.waiting_on is not None:
        whom = say(request, f"staff.waiting_on.{message.waiting_on.value}")
        yield say(request, "staff.thread.waiting", whom=whom)
