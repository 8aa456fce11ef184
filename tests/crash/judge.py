"""Judges a folder after each kill: the laws, and the word that was given to every client."""

from collections import Counter
from collections.abc import Iterable, Mapping

from tests.crash.embassy import Embassy
from tests.crash.laws import broken_laws, threads
from tests.crash.ledger import Act, Ledger, Sent
from tests.crash.reading import Contents, Folder, Part, RequestHead, by_request
from tests.crash.telling import Telling

from pe_core.model import MessageKind, Original, State
from pe_core.model.week import week_of
from pe_core.upkeep import REPLY_LASTS


class Judge:
    """Remembers what was there at the last look, so that nothing goes away unseen."""

    def __init__(self, embassy: Embassy, ledger: Ledger) -> None:
        """Judge this embassy by this ledger."""
        self.embassy = embassy
        self.ledger = ledger
        self.folder = Folder(embassy, ledger)
        self.telling = Telling(embassy.heard)
        self.known: dict[str, RequestHead] = {}
        self.erased: dict[str, RequestHead] = {}
        self.parts: dict[str, Part] = {}
        self.replies: dict[str, Part] = {}
        self.lost: list[str] = []
        self.doubled: list[str] = []

    def judge(self) -> list[str]:
        """Return everything that is wrong now."""
        contents = self.folder.read()
        today = self.embassy.now().date()
        read = threads(self.folder, contents)
        parts = by_request(contents.messages)
        ids = {r: [p.id for p in parts.get(r, ()) if p.id in self.folder.messages] for r in read}
        faults = list(self.ledger.wrong)
        faults += self._gone(contents, week_of(today), today.toordinal())
        faults += [
            f"lost: the receipt of {sent.marker} did not open"
            for sent in self.ledger.unopened
            if sent.request not in self.erased
        ]
        faults += broken_laws(self.folder, contents)
        faults += self.telling.look(contents, read, ids, self.erased, today)
        faults += self._counts(contents)
        faults += self._requests(contents)
        faults += self._acts(contents)
        self._remember(contents)
        return faults

    def judge_afresh(self) -> list[str]:
        """Open everything once more, as whoever comes new to the folder would."""
        self.folder = Folder(self.embassy, self.ledger)
        return self.judge()

    def _remember(self, contents: Contents) -> None:
        self.known.update(contents.requests)
        self.parts = {part.id: part for part in (*contents.messages, *contents.files)}
        self.replies = {part.id: part for part in contents.replies}

    def _gone(self, contents: Contents, week: int, today: int) -> Iterable[str]:
        """Nothing goes by itself before its day, and then all of it goes."""
        for name in set(self.known) - set(contents.requests) - set(self.erased):
            head = self.known[name]
            self.erased[name] = head
            if head.keep_until >= week:
                yield f"lost: request {name} was to be kept"
        there = {part.id for part in (*contents.messages, *contents.files)}
        for part in self.parts.values():
            if part.id not in there and part.request not in self.erased:
                yield f"lost: a message or file of {part.request}"
        read = {act.about for act in self.ledger.acts if act.kind == "read"}
        there = {part.id for part in contents.replies}
        for part in self.replies.values():
            over = part.opened is not None and part.opened <= today - REPLY_LASTS.days
            if not (part.id in there or part.id in read or over or part.request in self.erased):
                yield f"lost: reply {part.id}"

    def _counts(self, contents: Contents) -> Iterable[str]:
        every = {**self.known, **contents.requests}
        weeks = Counter(head.week for head in every.values())
        if weeks != Counter(contents.counts):
            yield f"counted {contents.counts}, and there were {dict(weeks)}"

    def _requests(self, contents: Contents) -> Iterable[str]:
        """Every request that a client was told is stored is there once, just as it was typed."""
        found: dict[str, list[str]] = {}
        for name, original in self.folder.originals.items():
            found.setdefault(_marker(original), []).append(name)
        for marker in set(found) - set(self.ledger.sent):
            yield f"nobody sent {found[marker]}"
        for sent in self.ledger.sent.values():
            names = found.get(sent.marker, [])
            if len(names) > 1:
                self.doubled.append(sent.marker)
                yield f"doubled: {sent.marker} is there {len(names)} times"
            if not names and sent.stored and sent.request not in self.erased:
                self.lost.append(sent.marker)
                yield f"lost: {sent.marker}, which was said to be stored"
            if names and not sent.request:
                sent.request = names[0]
                yield from self._as_typed(contents, sent)

    def _as_typed(self, contents: Contents, sent: Sent) -> Iterable[str]:
        original = self.folder.originals[sent.request]
        if {a.field: _typed(a.value) for a in original.answers} != {
            name: [text.strip() for text in texts] for name, texts in sent.typed.items()
        }:
            yield f"{sent.marker} is not as it was typed"
        files = [self.folder.files.get(note.id) for note in original.files]
        if files != [sent.picture] * bool(sent.picture):
            yield f"{sent.marker} has other files than it was sent with"
        head = contents.requests[sent.request]
        if sent.receipt and self.folder.locators.get(head.locator) != sent.marker:
            yield f"lost: the receipt of {sent.marker} does not open it"

    def _acts(self, contents: Contents) -> Iterable[str]:
        """Every act that was acknowledged has its one effect, and no refused one has any."""
        texts: Counter[str] = Counter()
        withdrawn: Counter[str] = Counter()
        for part in contents.messages:
            message = self.folder.messages.get(part.id)
            if message is not None:
                texts[message.text] += 1
                withdrawn[part.request] += message.kind is MessageKind.WITHDRAWAL
        answered = Counter(reply.text for reply in self.folder.replies.values())
        ids = {sent.marker: sent.request for sent in self.ledger.sent.values()}
        for act in self.ledger.acts:
            act.request = ids.get(act.request, act.request)
            if act.request in self.erased:
                continue
            if act.kind == "read":
                yield from self._read(contents, act)
            elif act.kind == "withdraw":
                yield from self._effects(act, withdrawn[act.request])
            else:
                yield from self._effects(act, texts[act.about])
                if answered[act.about] > 1:
                    yield from self._effects(act, answered[act.about])
            if act.told and act.picture and act.picture not in self._files_of(contents, act):
                yield f"lost: the picture of {act.about}"
        yield from self._timers(contents)

    def _files_of(self, contents: Contents, act: Act) -> list[bytes]:
        ids = [part.id for part in contents.files if part.request == act.request]
        return [self.folder.files[name] for name in ids if name in self.folder.files]

    def _effects(self, act: Act, number: int) -> Iterable[str]:
        what = f"{act.kind} {act.about} of round {act.round} on {act.request}"
        if number > 1:
            self.doubled.append(what)
            yield f"doubled: {what}, {number} times"
        elif act.told and not number:
            self.lost.append(what)
            yield f"lost: {what}"
        elif act.told is False and number and act.kind != "withdraw":
            yield f"refused and yet done: {what}"

    def _read(self, contents: Contents, act: Act) -> Iterable[str]:
        there = {part.id for part in contents.replies}
        reply = self.folder.replies.get(act.about)
        if act.told and act.about in there and reply is not None and reply.text:
            self.lost.append(act.about)
            yield f"lost: that {act.about} was read"

    def _timers(self, contents: Contents) -> Iterable[str]:
        """What fell due, and was told, has closed its request; nothing closed before its day."""
        waiting: Mapping[tuple[str, str], list[int]] = contents.timers
        today = self.embassy.now().date().toordinal()
        for head in contents.requests.values():
            mark = f'{{"type":"WithdrawalFellDue","request":"{head.id}"}}'
            over = self.telling.heard[mark] and ("WithdrawalFellDue", head.id) not in waiting
            if over and head.state != State.CLOSED:
                yield f"lost: {head.id} was withdrawn and is {head.state}"
            days = waiting.get(("WithdrawalFellDue", head.id), [])
            if self.telling.heard[mark] and any(day > today for day in days):
                yield f"{head.id} was withdrawn before its day"


def _marker(original: Original) -> str:
    story = next(str(a.value) for a in original.answers if a.field == "story")
    return story.partition(" ")[0]


def _typed(value: object) -> list[str]:
    """Return an answer as it was typed."""
    if isinstance(value, list):
        return [str(one) for one in value]
    if isinstance(value, bool):
        return ["yes" if value else "no"]
    return [str(value)]
