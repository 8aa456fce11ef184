"""What an honest courier sends and what an inbox takes fit together, and a hostile one is bound.

A courier that goes on after an outage is never told that it sends too much.
"""

import random
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pytest

from neighbours import Wire, arrived, courier_of, send
from pe_core.errors import AnswerRefused, PacketRefused
from pe_core.network.admission import PEER_BURST, PEER_RATE, Admission, admit
from pe_core.network.breaker import Breaker, Pace
from pe_core.network.carrying import AT_ONCE_EACH
from pe_core.network.receiving import take_in
from pe_core.network.signing import Verified
from pe_core.network.wire import MOST_BYTES
from pe_core.store import OutgoingRow
from pe_core.toolkit.invented import Clock

Run = Callable[[Awaitable[Any]], Any]
DAY = 24 * 3600
PACE = Pace()


class Inbox:
    """The quota of a receiver, as one peer meets it."""

    def __init__(self) -> None:
        self.admission = Admission()
        self.taken = 0

    def take(self, at: float) -> float:
        """Take a packet in; return the seconds to wait where it is too much, else nought."""
        self.taken += 1
        verified = Verified(sender="aa", key="key", nonce=str(self.taken), created=int(at))
        try:
            self.admission.take(verified, "digest", is_known=True, now=at)
        except PacketRefused as error:
            assert ("too_many", 429) == (error.code, error.status)
            return float(error.after or 0)
        return 0.0

    def empty(self, at: float) -> None:
        """Let the peer have used up all that it may send."""
        while not self.take(at):
            pass


def drain(
    breaker: Breaker, inbox: Inbox, waiting: int, at: float, late: float
) -> tuple[int, float]:
    """Send what waits at the breaker's pace; return how much was refused, and when it ended.

    Each comes in up to ``late`` seconds after it went out.
    """
    chance = random.Random(1)  # noqa: S311, chance by a seed
    refused = 0
    while waiting:
        at = max(at, breaker.next_try)
        breaker.note_start(at)
        wait = inbox.take(at + chance.uniform(0.0, late))
        refused += wait > 0
        waiting -= wait == 0
        breaker.note_success(at, waiting)
        at += wait
    return refused, at


def test_a_courier_goes_on_more_slowly_than_an_inbox_takes_in() -> None:
    gap = 1 / PACE.a_second

    assert PACE.a_second < PEER_RATE
    assert (gap - 0.2) * PEER_RATE >= 1, "also if one comes a fifth of a second late, the next not"


@pytest.mark.parametrize("waiting", [1, 200, 2_700, 20_000])
@pytest.mark.parametrize("full", [True, False])
def test_what_waited_through_an_outage_is_never_refused_for_its_pace(
    waiting: int, full: bool
) -> None:
    breaker, inbox = Breaker(PACE, lambda low, _high: low), Inbox()
    for at in range(PACE.failures):
        breaker.note_failure(float(at))
    assert breaker.is_open
    back = breaker.next_try
    if not full:
        # Whatever else came from it just before: one packet may still come, the probe.
        inbox.empty(back - 1 / PEER_RATE)
    refused, end = drain(breaker, inbox, waiting, back, late=0.2)

    assert 0 == refused
    assert end - back <= max(PACE.drain, waiting / PACE.a_second) + PACE.slowest


def test_after_a_full_inbox_has_asked_for_a_pause_nothing_more_is_refused() -> None:
    breaker, inbox = Breaker(PACE, lambda low, _high: low), Inbox()
    inbox.empty(0.0)
    wait = inbox.take(0.0)
    breaker.slow_down()

    assert 1.0 == wait
    assert 0 == drain(breaker, inbox, 5_000, wait, late=0.2)[0]


def test_more_than_goes_at_once_is_refused_once_and_then_all_of_it_arrives(
    wire: Wire, pe_run: Run, pe_clock: Clock
) -> None:
    admission, refusals = Admission(), []

    async def take(to: str, url: str, body: bytes, headers: Mapping[str, str]) -> bytes:
        desk = wire.embassies[to].desk
        desk.address = f"https://{to}.example"
        lower = {name.lower(): value for name, value in headers.items()}
        try:
            came = await admit(desk, admission, lower, body)
        except PacketRefused as error:
            refusals.append(error.code)
            raise AnswerRefused(error.status, float(error.after or 0)) from None
        return await take_in(desk, came.body, came.sender, came.now)

    wire.take = take  # type: ignore[method-assign]
    letters = PEER_BURST + 60
    for _ in range(letters):
        pe_run(send(wire, "aa", "bb"))
    courier = courier_of(wire, "aa")
    pe_run(courier.deliver())
    at_once = len(pe_run(arrived(wire, "bb")))
    while pe_run(wire.embassies["aa"].store.count(OutgoingRow)):
        pe_clock.move(seconds=max(courier.rest(), 0.001))
        pe_run(courier.deliver())

    assert PEER_BURST == at_once
    assert letters == len(pe_run(arrived(wire, "bb")))
    assert {"too_many"} == set(refusals)
    assert len(refusals) <= AT_ONCE_EACH, "those that were on their way together"


def test_a_hostile_peer_gets_in_no_more_in_a_day_than_the_page_says() -> None:
    inbox, at, let_in = Inbox(), 0.0, 0
    while at < DAY:
        wait = inbox.take(at)
        let_in += wait == 0
        at += 0.5 if wait else 0.0

    assert let_in <= PEER_BURST + DAY * PEER_RATE
    assert let_in * MOST_BYTES < 21.2 * 1024**3
