"""The courier tells listeners at least once, and a broken one holds up nobody."""

import logging
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from pe_core.courier import Courier
from pe_core.desk.desk import Desk
from pe_core.model import Event, MemberJoined, RequestSubmitted
from pe_core.store import HeardRow, OutboxRow
from pe_core.toolkit.invented import ASKED, Clock, ask

Run = Callable[[Awaitable[Any]], Any]


class Ear:
    """A listener that keeps what it hears, and fails as often as it is told to."""

    def __init__(self, name: str, failures: int = 0) -> None:
        self.name = name
        self.failures = failures
        self.heard: list[Event] = []

    async def hear(self, event: Event) -> None:
        if self.failures:
            self.failures -= 1
            raise RuntimeError("a marker that must not be logged")
        self.heard.append(event)


def kinds(ear: Ear) -> list[type[Event]]:
    """Return what kinds of event an ear has heard."""
    return [type(event) for event in ear.heard]


def test_every_listener_hears_every_event_once_and_the_outbox_is_empty(
    pe_desk: Desk, pe_run: Run, pe_clock: Clock
) -> None:
    ears = [Ear("zz.one"), Ear("zz.two")]
    courier = Courier(pe_desk.store, ears, pe_clock.now)
    pe_run(ask(pe_desk, ASKED[2]))

    pe_run(courier.deliver())
    pe_run(courier.deliver())

    assert [[MemberJoined, RequestSubmitted]] * 2 == [kinds(ear) for ear in ears]
    assert 0 == pe_run(pe_desk.store.count(OutboxRow))
    assert 0 == pe_run(pe_desk.store.count(HeardRow))


def test_a_failing_listener_is_named_asked_again_and_holds_up_nobody(
    pe_desk: Desk, pe_run: Run, pe_clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    broken, well = Ear("zz.broken", failures=2), Ear("zz.well")
    courier = Courier(pe_desk.store, [broken, well], pe_clock.now)

    with caplog.at_level(logging.WARNING):
        pe_run(courier.deliver())
    assert [MemberJoined] == kinds(well)
    assert [] == kinds(broken)
    pe_run(courier.deliver())
    assert 1 == broken.failures, "it is given time before it is asked again"
    for _ in range(2):
        pe_clock.move(hours=1)
        pe_run(courier.deliver())

    assert [MemberJoined] == kinds(broken)
    assert [MemberJoined] == kinds(well), "the other hears nothing twice"
    assert "zz.broken" in caplog.text
    assert "marker" not in caplog.text
    assert 0 == pe_run(pe_desk.store.count(OutboxRow))


def test_what_was_told_before_a_crash_is_told_after_it(
    pe_desk: Desk, pe_run: Run, pe_clock: Clock
) -> None:
    pe_run(ask(pe_desk, ASKED[2]))
    late = Ear("zz.late")

    pe_run(Courier(pe_desk.store, [late], pe_clock.now).deliver())

    assert [MemberJoined, RequestSubmitted] == kinds(late)


def test_a_listener_that_never_succeeds_is_given_up_after_days_and_that_is_logged(
    pe_desk: Desk, pe_run: Run, pe_clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    dead = Ear("zz.dead", failures=10_000)
    courier = Courier(pe_desk.store, [dead], pe_clock.now)

    for _ in range(201):
        pe_run(courier.deliver())
        pe_clock.move(hours=1)

    assert 0 == pe_run(pe_desk.store.count(OutboxRow))
    assert "gave up" in caplog.text


def test_a_running_courier_wakes_when_something_is_told(
    pe_desk: Desk, pe_run: Run, pe_clock: Clock
) -> None:
    import asyncio

    ear = Ear("zz.ear")
    courier = Courier(pe_desk.store, [ear], pe_clock.now)

    async def scene() -> None:
        running = asyncio.create_task(courier.run())
        await ask(pe_desk, ASKED[2])
        async with asyncio.timeout(10):
            while RequestSubmitted not in kinds(ear):
                await asyncio.sleep(0.01)
        running.cancel()

    pe_run(scene())

    assert [MemberJoined, RequestSubmitted] == kinds(ear)
