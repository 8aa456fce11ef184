"""The desk in plain Python: what must be true after every act, without keys, rows or files."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from pe_core.model import (
    Author,
    Box,
    Event,
    MessageKind,
    Outcome,
    Sensitivity,
    State,
    Urgency,
    WaitingOn,
)
from pe_core.model.trail import Act
from pe_core.model.week import week_of
from pe_core.rules.retention import epoch_id
from pe_core.toolkit.invented import Account, Clock
from pe_core.vault import Keys

LIFE = {"intake": 30, "trail": 30, "roster": 82}
OVER = (State.CLOSED, State.TRANSFERRED)
OPEN = (State.NEW, State.TRIAGE, State.MATCHING, State.ACTIVE, State.WAITING)

Signer = tuple[int, int]
"""A box, and which of its keys: 0 the first, 1 after a return."""


@dataclass
class Entry:
    """An entry of a thread."""

    author: Author
    kind: MessageKind
    at: datetime
    epoch: str
    text: str = ""
    state: State | None = None


@dataclass
class Told:
    """What waits for the asker under their receipt."""

    kind: MessageKind
    text: str = ""
    state: State | None = None
    outcome: Outcome | None = None
    waiting_on: WaitingOn | None = None
    opened: int | None = None


@dataclass(eq=False)
class Request:
    """A request that was acknowledged: somebody has its receipt."""

    receipt: str
    id: str
    word: str
    form: str
    keep_weeks: int
    submitted: datetime
    week: int
    keep_until: int
    epoch: str
    files: dict[str, str]
    states: list[State] = field(default_factory=lambda: [State.NEW])
    thread: list[Entry] = field(default_factory=list)
    replies: list[Told] = field(default_factory=list)
    seen: int = 0
    claimed_by: int | None = None
    topic: str = ""
    urgency: Urgency = Urgency.NORMAL
    sensitivity: Sensitivity = Sensitivity.NORMAL
    duplicate_of: str | None = None
    waiting_on: WaitingOn | None = None
    wake: date | None = None
    outcome: Outcome | None = None
    withdrawal: date | None = None
    erased: bool = False

    @property
    def state(self) -> State:
        """Return where it stands now, the last of all its states."""
        return self.states[-1]

    @state.setter
    def state(self, to: State) -> None:
        self.states.append(to)

    def epochs(self) -> set[str]:
        """Return every epoch that something of it is sealed to."""
        return {self.epoch, *(entry.epoch for entry in self.thread), *self.files.values()}

    def awaiting(self) -> datetime | None:
        """Return since when the asker waits for a word of ours, None if they do not."""
        since: datetime | None = self.submitted
        for entry in self.thread:
            if entry.author is Author.ASKER:
                if entry.kind is MessageKind.UNSOLVED:
                    since = entry.at
                elif entry.kind is MessageKind.MESSAGE:
                    since = since or entry.at
                elif entry.kind is MessageKind.SOLVED:
                    since = None
            elif entry.kind is MessageKind.MESSAGE or (
                entry.kind is MessageKind.STATE
                and (entry.text or entry.state in (State.RESOLVED, State.CLOSED))
            ):
                since = None
        return since

    def add(self, entry: Entry) -> None:
        """Add an entry; ours leaves nothing unseen that was seen before it."""
        if entry.author is not Author.ASKER and self.seen == len(self.thread):
            self.seen += 1
        self.thread.append(entry)


@dataclass(eq=False)
class Person:
    """Somebody who joined once; ``keys`` are all that they ever had, the last in force."""

    account: Account
    box: Box
    keys: list[Keys]
    has_account: bool = True
    trail_seen: int | None = None

    @property
    def signer(self) -> Signer:
        """Return the keys in force."""
        return self.box, len(self.keys) - 1


@dataclass
class Unlocked:
    """A session as the model knows it."""

    cookie: bytes
    began: datetime
    touched: datetime
    listed: bool = False
    opened: dict[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True)
class Epoch:
    """A dated key."""

    compartment: str
    week: int
    number: int
    ends: int


@dataclass
class Trace:
    """An entry of the trail; ``keep_until`` is its last week."""

    box: int
    act: Act
    what: str
    keep_until: int
    epoch: str


@dataclass(eq=False)
class Invite:
    """An invite, or a code for somebody who comes back."""

    code: str
    by: Box
    signers: set[Signer]
    after: int
    until: datetime
    epoch: str
    returns: Person | None = None
    gone: bool = False


@dataclass(eq=False)
class Proposal:
    """What one coordinator proposed."""

    id: str
    kind: str
    box: int
    by: Signer
    serial: int
    day: int
    epoch: str
    invite: Invite | None = None
    public: bytes = b""
    gone: bool = False


@dataclass
class Shares:
    """The recovery shares that were made last; ``waiting`` has the keys that each is sealed to."""

    public: bytes
    by: Signer
    holders: tuple[int, ...]
    day: int
    waiting: dict[int, Signer]
    words: dict[int, str] = field(default_factory=dict)


@dataclass
class Freeze:
    """Who froze, until when, and who froze when."""

    until: datetime | None = None
    by: int = 0
    last: dict[int, datetime] = field(default_factory=dict)


class Model:
    """What the embassy holds and who may open it."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.requests: list[Request] = []
        self.people: list[Person] = []
        self.lists: list[tuple[Signer, ...]] = [()]
        self.recovery = b""
        self.epochs: dict[str, Epoch] = {}
        self.grants: dict[tuple[str, int], int] = {}
        self.owed: dict[int, set[str]] = {}
        self.roster: dict[int, str] = {}
        self.trail: list[Trace] = []
        self.outbox: list[tuple[Event, int]] = []
        self.counts: Counter[int] = Counter()
        self.sessions: dict[int, Unlocked] = {}
        self.invites: list[Invite] = []
        self.proposals: list[Proposal] = []
        self.shares: Shares | None = None
        self.freeze = Freeze()
        self.upkeep_week: int | None = None

    # The calendar

    @property
    def now(self) -> datetime:
        return self.clock.now()

    @property
    def today(self) -> date:
        return self.now.date()

    @property
    def week(self) -> int:
        return week_of(self.today)

    # Members, keys and what they open

    @property
    def members(self) -> tuple[Signer, ...]:
        return self.lists[-1]

    @property
    def serial(self) -> int:
        return len(self.lists) - 1

    def person(self, box: int) -> Person:
        return next(person for person in self.people if person.box == box)

    def listed(self, box: int) -> bool:
        return any(box == known for known, _ in self.members)

    def latest(self, compartment: str) -> str | None:
        """Return the name of the epoch that came last."""
        named = {n: e for n, e in self.epochs.items() if e.compartment == compartment}
        return max(named, key=lambda n: (named[n].week, named[n].number), default=None)

    def begin(self, compartment: str) -> str:
        """Begin an epoch of a compartment for whoever is on the list now."""
        before = self.latest(compartment)
        week = max(self.week, self.epochs[before].week) if before else self.week
        number = 1
        while epoch_id(compartment, week, number) in self.epochs:
            number += 1
        name = epoch_id(compartment, week, number)
        self.epochs[name] = Epoch(compartment, week, number, week + LIFE[compartment])
        self.grants |= {(name, box): version for box, version in self.members}
        return name

    def current(self, compartment: str) -> str:
        """Return the epoch that is sealed to now, begun if its week or year is over."""
        name = self.latest(compartment)
        if name is not None:
            last = self.epochs[name].week + (51 if compartment == "roster" else 0)
            if self.week <= last:
                return name
        return self.begin(compartment)

    def change_members(self, members: Iterable[Signer], *, begin: bool = True) -> None:
        """Put the next list of members into force."""
        self.lists.append(tuple(members))
        if begin:
            for compartment in sorted(LIFE):
                self.begin(compartment)

    def opens(self, box: int, *epochs: str) -> bool:
        """Return whether the account in force has a grant, to its own keys, of all of these."""
        version = len(self.person(box).keys) - 1
        return all(self.grants.get((epoch, box)) == version for epoch in epochs)

    def lacks(self, box: int) -> set[str]:
        """Return the living epochs whose keys are owed to a member."""
        return {e for e in self.owed.get(box, ()) if e in self.epochs and self.listed(box)}

    # What was done

    def trace(self, box: int, act: Act, what: object = "") -> None:
        """Note an entry of the trail."""
        epoch = self.current("trail")
        self.trail.append(Trace(box, act, str(what), self.week + 13, epoch))

    def tell(self, event: Event, due: date | None = None) -> None:
        """Put an event into the outbox."""
        self.outbox.append((event, due.toordinal() if due else 0))

    def forget(self, event: Event) -> None:
        """Take an event back that has not fallen due."""
        self.outbox = [(told, due) for told, due in self.outbox if told != event]

    # Sessions

    def unlocked(self, box: int) -> Unlocked | None:
        """Return the session of a box that is not over."""
        known = self.sessions.get(box)
        if known is None or self._over(known):
            return None
        return known

    def _over(self, known: Unlocked) -> bool:
        idle = self.now - known.touched >= timedelta(minutes=15)
        return idle or self.now - known.began >= timedelta(hours=8)

    def frozen(self) -> bool:
        return self.freeze.until is not None and self.now < self.freeze.until

    # Signing

    def is_ready(self, invite: Invite) -> bool:
        """Return whether enough coordinators of then and of now have signed an invite."""
        under, before = set(self.lists[invite.after]), set(self.members)
        return (
            bool(under)
            and invite.signers <= under
            and len(invite.signers) >= min(2, len(under))
            and len(invite.signers & before) >= min(2, len(before))
        )

    def is_fitting(self, proposal: Proposal) -> bool:
        """Return whether a proposal can still be confirmed by somebody."""
        if proposal.by not in self.members:
            return False
        if proposal.kind != "return":
            return proposal.serial == self.serial
        invite = proposal.invite
        return (
            invite is not None
            and not invite.gone
            and self.now < invite.until
            and self.listed(proposal.box)
        )
