"""What must hold of any folder, whoever did whatever to it and whenever it was killed."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import msgspec
from tests.crash.reading import Contents, Folder, Part, RequestHead, by_request

from pe_core.desk.trail import Head, link_through
from pe_core.model import Author, Message, MessageKind, State
from pe_core.model.trail import Act
from pe_core.rules.retention import withdrawal_day

_TRACED = {
    (Author.STAFF, MessageKind.MESSAGE): Act.REPLIED,
    (Author.STAFF, MessageKind.STATE): Act.MOVED,
    (Author.STAFF, MessageKind.NOTE): Act.NOTED,
}


def broken_laws(folder: Folder, contents: Contents) -> Iterable[str]:
    """Yield a line for everything that does not fit together."""
    if contents.integrity != "ok":
        yield f"the database is damaged: {contents.integrity}"
    for name in contents.closed:
        yield f"does not open: {name}"
    yield from _orphans(contents)
    yield from _numbers(contents)
    yield from _trail(contents)
    for request, thread in threads(folder, contents).items():
        yield from _state(contents.requests[request], thread, contents)
        yield from _traces(folder, contents, request, thread)
        yield from _due_days(contents, request, thread)


def threads(folder: Folder, contents: Contents) -> Mapping[str, Sequence[Message]]:
    """Return the thread of every request, in order, as far as it opens."""
    parts = by_request(contents.messages)
    return {
        request: [folder.messages[p.id] for p in parts.get(request, ()) if p.id in folder.messages]
        for request in contents.requests
    }


def _orphans(contents: Contents) -> Iterable[str]:
    kinds: Mapping[str, Sequence[Part]] = {
        "message": contents.messages,
        "reply": contents.replies,
        "file": contents.files,
    }
    for kind, parts in kinds.items():
        lost = sum(part.request not in contents.requests for part in parts)
        if lost:
            yield f"{lost} of kind {kind} belong to no request"
    if contents.orphan_grants:
        yield f"{contents.orphan_grants} grants belong to no epoch"
    waiting = {row.id for row in contents.outbox}
    if any(event not in waiting for event, _ in contents.heard):
        yield "something was heard that is not in the outbox"


def _numbers(contents: Contents) -> Iterable[str]:
    for request, parts in by_request(contents.messages).items():
        numbers = [part.number for part in parts]
        if numbers != list(range(1, len(numbers) + 1)):
            yield f"the entries of {request} are numbered {numbers}"
    for request, parts in by_request(contents.replies).items():
        numbers = [part.number for part in parts]
        if len(set(numbers)) != len(numbers):
            yield f"the replies of {request} are numbered {numbers}"


def _trail(contents: Contents) -> Iterable[str]:
    end = link_through(contents.trail, Head())
    if end is None or end != contents.head:
        yield "the trail is no unbroken chain up to its head"
    links = {row.number - 1: row.before for row in contents.trail}
    links[contents.head.number] = contents.head.link
    for private in contents.remembered:
        seen = private.trail
        if seen.broken or links.get(seen.number, seen.link) != seen.link:
            yield "a coordinator remembers another trail"


def states(thread: Sequence[Message]) -> Sequence[State]:
    """Return every state that a thread moved its request to, in order."""
    moved: list[State] = []
    now = State.NEW
    for message in thread:
        to = _moved_to(now, message)
        if to is not None:
            moved.append(to)
            now = to
    return moved


def _moved_to(now: State, message: Message) -> State | None:
    match message.author, message.kind:
        case Author.STAFF, MessageKind.STATE:
            return message.state
        case Author.STAFF, MessageKind.MESSAGE:
            return State.TRIAGE if now is State.NEW else None
        case Author.ASKER, MessageKind.MESSAGE:
            return State.ACTIVE if now is State.WAITING else None
        case Author.ASKER, MessageKind.SOLVED:
            return State.CLOSED
        case Author.ASKER, MessageKind.UNSOLVED:
            return State.ACTIVE
        case _:
            return None


def _state(head: RequestHead, thread: Sequence[Message], contents: Contents) -> Iterable[str]:
    """A request stands where its thread says, or a timer closed it, which no entry tells."""
    told = (State.NEW, *states(thread))[-1]
    closed_by_timer = head.state == State.CLOSED and any(
        message.kind is MessageKind.WITHDRAWAL or message.state is State.RESOLVED
        for message in thread
    )
    if head.state != told and not closed_by_timer:
        yield f"{head.id} is {head.state}, and its thread says {told}"


def _traces(
    folder: Folder, contents: Contents, request: str, thread: Sequence[Message]
) -> Iterable[str]:
    """No act without its entry in the trail, and no entry without its act."""
    done = Counter(_TRACED[m.author, m.kind] for m in thread if (m.author, m.kind) in _TRACED)
    traced = folder.traced.get(request, Counter())
    for act in _TRACED.values():
        if done[act] != traced[act]:
            yield f"{request}: {done[act]} times {act}, and {traced[act]} times in the trail"


def _due_days(contents: Contents, request: str, thread: Sequence[Message]) -> Iterable[str]:
    asked = [m for m in thread if m.kind is MessageKind.WITHDRAWAL]
    due = contents.timers.get(("WithdrawalFellDue", request), [])
    if len(due) > len(asked) or len(due) > 1:
        yield f"{request} has {len(due)} withdrawals to come, asked for {len(asked)} times"
    if due and due != [withdrawal_day(asked[-1].at).toordinal()]:
        yield f"{request} is withdrawn on another day than was said"
    resolved = [m for m in thread if m.state is State.RESOLVED]
    closing = contents.timers.get(("ClosingFellDue", request), [])
    if len(closing) > 1 or len(closing) > len(resolved):
        yield f"{request} has {len(closing)} closings to come, resolved {len(resolved)} times"


def spell(event: object) -> str:
    """Return an event as the ear writes it down."""
    return msgspec.json.encode(event).decode()
