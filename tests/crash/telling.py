"""Does the outbox lose or double anything: what the ear heard against what must have been told."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path

import msgspec
from tests.crash.laws import spell, states
from tests.crash.reading import Contents

from pe_core.model import (
    Author,
    ClosingFellDue,
    Event,
    Message,
    MessageAdded,
    MessageId,
    MessageKind,
    ReplySent,
    RequestErased,
    RequestId,
    RequestSubmitted,
    State,
    StateChanged,
    WithdrawalAsked,
    WithdrawalFellDue,
)

EAR = "crash.ear"


class Telling:
    """Keeps what was heard in each run, and what waited at each kill."""

    def __init__(self, path: Path) -> None:
        """Read the ear's file at ``path``."""
        self.path = path
        self.heard: Counter[str] = Counter()
        self.may_repeat: Counter[str] = Counter()
        self.repeated = 0
        self._read = 0
        self._waiting: dict[int, str] = {}
        self._last = 0

    def look(
        self,
        contents: Contents,
        threads: Mapping[str, Sequence[Message]],
        ids: Mapping[str, Sequence[str]],
        erased: Iterable[str],
        today: date,
    ) -> Iterable[str]:
        """Yield what was lost or told too often since the last look.

        ``ids`` are the entries of each request, in the order of its thread.
        """
        now = self._listen()
        waiting = {row.id: spell(row.event) for row in contents.outbox}
        yield from self._told_at_most(now, contents)
        yield from self._gone_unheard(now, waiting, threads)
        unheard = {n: e for n, e in waiting.items() if (n, EAR) not in contents.heard}
        self._waiting, self._last = unheard, contents.last_event
        made = Counter(_made(threads, ids, erased))
        left = Counter(waiting.values())
        forgotten = _forgotten(threads)
        for event, number in made.items():
            told = self.heard[event]
            if told + left[event] + forgotten[event] < number:
                yield f"lost: {event} told {number} times, heard {told}, waits {left[event]}"
            if told > number + self.may_repeat[event]:
                yield f"doubled: {event} told {number} times, heard {told}"
        due = {row.id for row in contents.outbox if row.due <= today.toordinal()}
        self.may_repeat.update(event for number, event in unheard.items() if number in due)
        self.repeated = sum(max(self.heard[event] - made[event], 0) for event in made)

    def _listen(self) -> Counter[str]:
        """Read what was heard since the last look."""
        now: Counter[str] = Counter()
        if self.path.exists():
            with self.path.open("rb") as file:
                file.seek(self._read)
                for line in file:
                    _, event = msgspec.json.decode(line)
                    now[spell(event)] += 1
                self._read = file.tell()
        self.heard += now
        return now

    def _told_at_most(self, now: Counter[str], contents: Contents) -> Iterable[str]:
        """In one run everything that waited, and all that is new, is heard once at most."""
        most = len(self._waiting) + contents.last_event - self._last
        if sum(now.values()) > most:
            yield f"heard {sum(now.values())} events of {most} in one run"

    def _gone_unheard(
        self,
        now: Counter[str],
        waiting: Mapping[int, str],
        threads: Mapping[str, Sequence[Message]],
    ) -> Iterable[str]:
        """What our ear had not heard at the last kill, and waits no more, it has heard now.

        Or it was taken back, as a timer can be.
        """
        gone = [event for number, event in self._waiting.items() if number not in waiting]
        for event, number in Counter(gone).items():
            taken_back = "FellDue" in event and _forgotten(threads)[event]
            if now[event] < number and not taken_back:
                yield f"lost: {event} is gone and was not heard in this run"


def _made(
    threads: Mapping[str, Sequence[Message]],
    ids: Mapping[str, Sequence[str]],
    erased: Iterable[str],
) -> Iterable[str]:
    """Yield every event that the requests which are there must have told of."""
    for name, thread in threads.items():
        request = RequestId(name)
        events: list[Event] = [RequestSubmitted(request=request)]
        for message, number in zip(thread, ids[name], strict=True):
            events += _of(request, MessageId(number), message)
        events += [StateChanged(request=request, state=state) for state in states(thread)]
        yield from map(spell, events)
    for name in erased:
        yield spell(RequestErased(request=RequestId(name)))


def _of(request: RequestId, number: MessageId, message: Message) -> list[Event]:
    match message.author, message.kind:
        case Author.ASKER, MessageKind.WITHDRAWAL:
            asked = WithdrawalAsked(request=request)
            due = WithdrawalFellDue(request=request)
            return [MessageAdded(request=request, message=number), asked, due]
        case Author.ASKER, _:
            return [MessageAdded(request=request, message=number)]
        case Author.STAFF, MessageKind.MESSAGE:
            return [ReplySent(request=request)]
        case Author.STAFF, MessageKind.STATE if message.state is State.RESOLVED:
            return [ClosingFellDue(request=request)]
    return []


def _forgotten(threads: Mapping[str, Sequence[Message]]) -> Counter[str]:
    """Return how many closings were taken back: the asker said whether it is solved."""
    answered = (MessageKind.SOLVED, MessageKind.UNSOLVED)
    return Counter(
        spell(ClosingFellDue(request=RequestId(name)))
        for name, thread in threads.items()
        for message in thread
        if message.kind in answered
    )
