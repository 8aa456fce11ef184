"""The shelf answers as a plain walk over all requests would, whatever was put and dropped."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from pe_core.desk.shelf import Entry, Figure, Shelf, Wanted, topic_of
from pe_core.model import Box, RequestId, State, Summary, Urgency, Where
from pe_core.model.week import week_of
from pe_core.rules.standing import is_late, is_open, is_unclaimed, waits_on_us, wakes

ZONE = ZoneInfo("Pacific/Auckland")
"""Far from UTC, so that a day that is reckoned elsewhere shows; with daylight saving."""
START = datetime(2026, 9, 25, 11, 0, tzinfo=UTC).astimezone(ZONE)
ME = Box(1)
IDS = [RequestId(f"r{number:02d}") for number in range(12)]


@st.composite
def entries(draw: st.DrawFn, request: RequestId) -> Entry:
    """Draw a request as it may stand around the start."""
    submitted = START - timedelta(hours=draw(st.integers(-40, 200)))
    awaiting = st.none() | st.just(submitted) | st.just(submitted + timedelta(hours=30))
    wake = st.none() | st.dates(date(2026, 9, 24), date(2026, 9, 30))
    summary = Summary(
        revision=1,
        form=draw(st.sampled_from(["zz.bed", "zz.paper"])),
        title="Title",
        language="be",
        where=Where.ABROAD,
        submitted=submitted,
        claimed_by=draw(st.sampled_from([None, ME, Box(2)])),
        wake=draw(wake),
        topic=draw(st.sampled_from(["", "zz.other"])),
        urgency=draw(st.sampled_from(list(Urgency))),
        duplicate_of=draw(st.none() | st.sampled_from(IDS)),
        awaiting=draw(awaiting),
    )
    known = draw(st.booleans() | st.just(True))
    return Entry(
        id=request,
        state=draw(st.sampled_from(list(State))),
        week=week_of(submitted.date()),
        keep_until=week_of(submitted.date()),
        summary=summary if known else None,
        fresh=known and draw(st.booleans()),
    )


@st.composite
def wanteds(draw: st.DrawFn) -> Wanted:
    """Draw a filter."""
    return Wanted(
        state=draw(st.none() | st.sampled_from(list(State))),
        topic=draw(st.sampled_from(["", "zz.bed", "zz.other", "zz.none"])),
        show=draw(st.none() | st.sampled_from(list(Figure))),
        urgency=draw(st.none() | st.sampled_from(list(Urgency))),
        fresh=draw(st.booleans()),
    )


@dataclass
class Plain:
    """The same as a shelf, by looking at everything each time."""

    known: dict[RequestId, Entry] = field(default_factory=dict)

    def readable(self) -> list[tuple[Entry, Summary]]:
        found = [(e, e.summary) for e in self.known.values() if e.summary is not None]
        return sorted(found, key=lambda pair: (pair[0].week, pair[1].submitted, pair[0].id))[::-1]

    def find(self, wanted: Wanted, now: datetime, *, any_state: bool = False) -> list[Entry]:
        return [
            entry
            for entry, summary in self.readable()
            if (any_state or wanted.state in (None, entry.state))
            and wanted.topic in ("", topic_of(summary))
            and wanted.urgency in (None, summary.urgency)
            and (entry.fresh or not wanted.fresh)
            and (wanted.show is None or counts(entry, summary, wanted.show, now))
        ]


def counts(entry: Entry, summary: Summary, figure: Figure, now: datetime) -> bool:
    """Return whether a request counts under a figure, from the rules alone."""
    state, today = entry.state, now.astimezone(ZONE).date()
    return {
        Figure.UNCLAIMED: is_unclaimed(state, summary),
        Figure.LATE: is_late(state, summary, now, today),
        Figure.OURS: waits_on_us(state, summary),
        Figure.WAKING: wakes(state, summary, today),
        Figure.MINE: is_open(state) and summary.claimed_by == ME,
    }[figure]


class ShelfMachine(RuleBasedStateMachine):
    """Requests come, change and go, and the clock moves, also back."""

    def __init__(self) -> None:
        super().__init__()
        self.shelf = Shelf(ME)
        self.plain = Plain()
        self.now = START

    @rule(data=st.data(), request=st.sampled_from(IDS))
    def put(self, data: st.DataObject, request: RequestId) -> None:
        entry = data.draw(entries(request))
        self.shelf.put(entry, self.now)
        self.plain.known[request] = entry

    @rule(request=st.sampled_from(IDS))
    def drop(self, request: RequestId) -> None:
        self.shelf.drop(request)
        self.plain.known.pop(request, None)

    @rule(minutes=st.integers(-200, 3_000))
    def move_the_clock(self, minutes: int) -> None:
        moved = (self.now.astimezone(UTC) + timedelta(minutes=minutes)).astimezone(ZONE)
        self.shelf.turn(moved)
        self.now = moved

    @precondition(lambda self: self.plain.known)
    @rule()
    def fill(self) -> None:
        self.shelf.fill(list(self.plain.known.values()), self.now)

    @rule(wanted=wanteds(), skip=st.integers(0, 13), size=st.integers(1, 5))
    def page(self, wanted: Wanted, skip: int, size: int) -> None:
        found = self.plain.find(wanted, self.now)

        assert found[skip : skip + size] == self.shelf.page(wanted, skip, size)
        assert len(found) == self.shelf.count(wanted)

    @rule(wanted=wanteds())
    def states(self, wanted: Wanted) -> None:
        found = self.plain.find(wanted, self.now, any_state=True)

        assert Counter(entry.state for entry in found) == self.shelf.states(wanted)

    @rule(request=st.sampled_from(IDS), number=st.integers(1, 6).map(lambda half: half * 2))
    def near(self, request: RequestId, number: int) -> None:
        order = [entry.id for entry, _ in reversed(self.plain.readable())]
        around: Sequence[RequestId] = ()
        if request in order:
            at = order.index(request)
            around = order[max(0, at - number // 2) : at + number // 2 + 1]

        assert [other for other in around if other != request] == [
            other for other, _ in self.shelf.near(request, number)
        ]

    @invariant()
    def all_is_as_a_plain_walk_would_find_it(self) -> None:
        readable = self.plain.readable()
        closed = {entry.id for entry in self.plain.known.values() if entry.summary is None}

        assert [entry for entry, _ in readable] == list(self.shelf.all())
        assert closed == self.shelf.closed.keys()
        assert {topic_of(summary) for _, summary in readable} == self.shelf.topics().keys()
        assert {
            figure: sum(counts(entry, summary, figure, self.now) for entry, summary in readable)
            for figure in Figure
        } == self.shelf.figures()
        for request in IDS:
            assert tuple(
                sorted(entry.id for entry, summary in readable if summary.duplicate_of == request)
            ) == self.shelf.repeats(request)


TestShelf = ShelfMachine.TestCase


@given(st.data())
def test_a_shelf_that_was_filled_is_one_that_was_put(data: st.DataObject) -> None:
    made = [data.draw(entries(request)) for request in IDS]
    filled, put = Shelf(ME), Shelf(ME)
    filled.fill(made, START)
    for entry in made:
        put.put(entry, START)

    assert list(filled.all()) == list(put.all())
    assert filled.figures() == put.figures()
    assert filled.closed == put.closed


def test_a_cleared_shelf_holds_nothing() -> None:
    shelf = Shelf(ME)
    shelf.fill(
        [
            Entry(
                id=IDS[0],
                state=State.NEW,
                week=week_of(START.date()),
                keep_until=week_of(START.date()),
                summary=Summary(
                    revision=0,
                    form="zz.bed",
                    title="",
                    language="be",
                    where=Where.ABROAD,
                    submitted=START,
                ),
                fresh=False,
            )
        ],
        START,
    )
    held = len(shelf)
    shelf.clear()

    assert 1 == held
    assert 0 == len(shelf)
    assert [] == list(shelf.all())
    assert shelf.look is None
    assert not Wanted().narrows
    assert Wanted(fresh=True).narrows
