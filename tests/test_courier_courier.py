"""The courier tells listeners at least once, and a broken one holds up nobody."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, get_args

import pytest

import pe_core.courier.courier as courier_module
from pe_core.courier import Courier
from pe_core.courier.courier import AnyEvent
from pe_core.desk.desk import Desk
from pe_core.hooks.troubles import Kind, Troubles
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


def test_every_kind_of_event_is_known_to_the_courier() -> None:
    assert set(Event.__subclasses__()) == set(get_args(AnyEvent))


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


async def ended(running: asyncio.Task[None]) -> bool:
    """Return whether a task that was cancelled ends by it."""
    await asyncio.wait({running}, timeout=2)
    by_itself = running.cancelled()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    return by_itself


def test_a_courier_that_is_woken_in_the_moment_of_its_end_ends(
    pe_desk: Desk, pe_run: Run, pe_clock: Clock
) -> None:
    troubles = Troubles(pe_clock.now)
    courier = Courier(pe_desk.store, [Ear("zz.ear")], pe_clock.now, troubles)

    async def scene() -> bool:
        running = asyncio.create_task(courier.run())
        while await pe_desk.store.count(OutboxRow):
            await asyncio.sleep(0)
        for _ in range(100):
            await asyncio.sleep(0)  # Until it rests.
        troubles.switch_off(Kind.LISTENER, "zz.ear", "RuntimeError")
        troubles.switch_on("zz.ear")
        running.cancel()
        return await ended(running)

    assert pe_run(scene())


def test_a_courier_ends_though_its_listener_is_done_in_that_moment(
    pe_desk: Desk, pe_run: Run, pe_clock: Clock
) -> None:
    hears, go_on = asyncio.Event(), asyncio.Event()

    class Slow(Ear):
        async def hear(self, event: Event) -> None:
            hears.set()
            await go_on.wait()

    courier = Courier(pe_desk.store, [Slow("zz.slow")], pe_clock.now)

    async def scene() -> bool:
        running = asyncio.create_task(courier.run())
        await hears.wait()
        go_on.set()
        running.cancel()
        return await ended(running)

    assert pe_run(scene())
    assert 1 == pe_run(pe_desk.store.count(OutboxRow)), "what was not noted is told again"


def test_a_clock_that_was_far_ahead_keeps_no_listener_waiting(
    pe_desk: Desk, pe_run: Run, pe_clock: Clock
) -> None:
    broken = Ear("zz.broken", failures=1)
    courier = Courier(pe_desk.store, [broken], pe_clock.now)
    right = pe_clock.now()
    pe_clock.move(days=365)
    pe_run(courier.deliver())
    assert [] == kinds(broken)

    pe_clock.time = right
    pe_run(courier.deliver())
    assert [MemberJoined] == kinds(broken)


def test_a_listener_that_hangs_holds_the_others_up_once_in_a_round(
    pe_desk: Desk, pe_run: Run, pe_clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Event] = []

    class Hanging(Ear):
        async def hear(self, event: Event) -> None:
            asked.append(event)
            await asyncio.Event().wait()

    monkeypatch.setattr(courier_module, "PATIENCE", 0.0)
    well, troubles = Ear("zz.well"), Troubles(pe_clock.now)
    courier = Courier(pe_desk.store, [Hanging("zz.hangs"), well], pe_clock.now, troubles)
    for _ in range(3):
        pe_run(ask(pe_desk, ASKED[2]))

    pe_run(courier.deliver())
    assert [MemberJoined] == [type(event) for event in asked]
    assert [MemberJoined, *[RequestSubmitted] * 3] == kinds(well)

    for _ in range(4):
        pe_clock.move(hours=1)
        pe_run(courier.deliver())
    assert 5 == len(asked)
    assert troubles.is_off(Kind.LISTENER, "zz.hangs")
    assert 4 == pe_run(pe_desk.store.count(OutboxRow)), "all of it waits for it"


def fail_until_off(
    courier: Courier, troubles: Troubles, ear: Ear, run: Run, clock: Clock
) -> list[int]:
    """Deliver hour by hour until the ear is switched off; how often it was asked each time."""
    asked = []
    while not troubles.is_off(Kind.LISTENER, ear.name):
        before = ear.failures
        run(courier.deliver())
        asked.append(before - ear.failures)
        clock.move(hours=1)
    return asked


def test_a_listener_that_fails_five_times_in_a_row_is_switched_off_and_the_others_go_on(
    pe_desk: Desk, pe_run: Run, pe_clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    broken, well = Ear("zz.broken", failures=10_000), Ear("zz.well")
    troubles = Troubles(pe_clock.now)
    courier = Courier(pe_desk.store, [broken, well], pe_clock.now, troubles)
    pe_run(ask(pe_desk, ASKED[2]))

    asked = fail_until_off(courier, troubles, broken, pe_run, pe_clock)
    left = broken.failures
    pe_run(ask(pe_desk, ASKED[2]))
    for _ in range(3):
        pe_run(courier.deliver())
        pe_clock.move(hours=1)

    assert [2] * 5 == asked, "two events are one try"
    assert left == broken.failures, "it is not asked any more"
    assert [MemberJoined, RequestSubmitted, RequestSubmitted] == kinds(well)
    (line,) = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert line.startswith(
        "plugin zz: the listener of zz.broken is switched off (RuntimeError at "
        "tests/test_courier_courier.py:"
    )
    assert "marker" not in caplog.text


def test_what_a_listener_missed_while_it_was_off_is_told_when_it_is_on_again(
    pe_desk: Desk, pe_run: Run, pe_clock: Clock
) -> None:
    broken = Ear("zz.broken", failures=5)
    troubles = Troubles(pe_clock.now)
    courier = Courier(pe_desk.store, [broken], pe_clock.now, troubles)
    fail_until_off(courier, troubles, broken, pe_run, pe_clock)
    pe_run(ask(pe_desk, ASKED[2]))
    for _ in range(100):
        pe_clock.move(hours=1)
        pe_run(courier.deliver())
    assert [] == kinds(broken)

    troubles.switch_on("zz.broken")
    pe_run(courier.deliver())

    assert [MemberJoined, RequestSubmitted] == kinds(broken)
    assert 0 == pe_run(pe_desk.store.count(OutboxRow))


def test_the_events_of_a_listener_that_stays_off_come_to_their_usual_end(
    pe_desk: Desk, pe_run: Run, pe_clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    troubles = Troubles(pe_clock.now)
    troubles.switch_off(Kind.LISTENER, "zz.dead", "RuntimeError")
    courier = Courier(pe_desk.store, [Ear("zz.dead")], pe_clock.now, troubles)

    for _ in range(201):
        pe_run(courier.deliver())
        pe_clock.move(hours=1)

    assert 0 == pe_run(pe_desk.store.count(OutboxRow))
    assert "gave up" in caplog.text


def test_a_listener_that_works_in_between_is_not_switched_off(
    pe_desk: Desk, pe_run: Run, pe_clock: Clock
) -> None:
    ear, troubles = Ear("zz.ear", failures=4), Troubles(pe_clock.now)
    courier = Courier(pe_desk.store, [ear], pe_clock.now, troubles)
    for _ in range(5):
        pe_run(courier.deliver())
        pe_clock.move(hours=1)
    ear.failures = 4
    pe_run(ask(pe_desk, ASKED[2]))

    for _ in range(5):
        pe_run(courier.deliver())
        pe_clock.move(hours=1)

    assert () == troubles.all()
    assert [MemberJoined, RequestSubmitted] == kinds(ear)


def test_what_is_the_core_s_own_is_never_switched_off(
    pe_desk: Desk, pe_run: Run, pe_clock: Clock
) -> None:
    ear, troubles = Ear("core.timers", failures=50), Troubles(pe_clock.now)
    courier = Courier(pe_desk.store, [ear], pe_clock.now, troubles)

    for _ in range(51):
        pe_run(courier.deliver())
        pe_clock.move(hours=1)

    assert () == troubles.all()
    assert [MemberJoined] == kinds(ear)
