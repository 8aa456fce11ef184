"""Rings go at people's hours, come back when a server does, and name nobody."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from aiohttp import web
from aiosmtpd.smtp import SMTP, Envelope
from aiosmtpd.smtp import Session as Connection

from pe_core import Notifier, RingFailed, hookimpl
from pe_core.courier import Rings, ringing
from pe_core.desk.desk import Desk
from pe_core.doctor import look_at_away
from pe_core.errors import AnswerRefused, PluginError
from pe_core.hooks.troubles import Kind
from pe_core.model.volunteer import NEVER, Hours
from pe_core.settings import DoorSettings, RingsSettings, RingTo
from pe_core.store import Insert, OpenAddressRow
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.toolkit.invented import Clock
from pe_core.toolkit.pytest_plugin import Register
from serving import free_port

Run = Callable[[Awaitable[Any]], Any]

HERE = "a-secret-address"
TEN = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
AGAIN = RingFailed("a marker", again=True)
NEVER_AGAIN = RingFailed("a marker", again=False)
EVENINGS: Hours = (0b11 << 18,) * 7
"""From six to eight in the evening."""


class Way:
    """A notifier that keeps what it rang, and fails as it is told to."""

    name = "zz.desk"
    problems = ("no_desk",)

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.rang: list[tuple[str, str]] = []
        self.tries = 0

    def check(self, address: str) -> str | None:
        return None

    async def ring(self, address: str, words: str) -> None:
        self.tries += 1
        if self.failures:
            raise self.failures.pop(0)
        self.rang.append((address, words))


class House:
    """A desk whose one notifier is ours, and its rings."""

    def __init__(self, desk: Desk, clock: Clock, run: Run) -> None:
        self.desk, self.clock, self.run = desk, clock, run
        clock.time = TEN
        self.rings = Rings(desk)

    def with_way(self, *failures: Exception) -> Way:
        """Put a notifier in the place of the desk's bell."""
        way = Way(*failures)
        self.desk.plugins = msgspec.structs.replace(self.desk.plugins, notifiers={way.name: way})
        return way

    def ring(
        self,
        address: str = HERE,
        language: str = "en",
        hours: Hours = NEVER,
        zone: str = "Etc/UTC",
    ) -> None:
        """Ask for a ring."""
        self.rings.ring("zz.desk", address, language, hours, zone)

    def deliver(self) -> int:
        """Ring what is due."""
        rang: int = self.run(self.rings.deliver())
        return rang

    def after(self, **by: float) -> int:
        """Ring what is due a while later."""
        self.clock.move(**by)
        return self.deliver()


@pytest.fixture
def house(pe_desk: Desk, pe_clock: Clock, pe_run: Run) -> House:
    return House(pe_desk, pe_clock, pe_run)


def test_a_ring_says_the_words_in_the_persons_language(house: House) -> None:
    way = house.with_way()
    for language in ("en", "be", "xx"):
        house.ring(f"{HERE}-{language}", language)

    assert 3 == house.deliver()

    assert [
        (f"{HERE}-en", "There is something new."),
        (f"{HERE}-be", "Ёсць нешта новае."),
        (f"{HERE}-xx", "Ёсць нешта новае."),  # not offered here: the first language
    ] == way.rang
    assert 0 == len(house.rings)


def test_what_is_new_within_ten_minutes_rings_once(house: House) -> None:
    way = house.with_way()

    house.ring()
    house.ring()
    house.deliver()
    house.clock.move(minutes=3)
    house.ring()
    house.deliver()
    early = len(way.rang)
    house.after(minutes=7)

    assert 1 == early, "it rang just now"
    assert 2 == len(way.rang), "and what came since is rung when ten minutes are over"


@pytest.mark.parametrize("failures", [[], [AGAIN]])
def test_what_is_new_while_it_rings_rings_after_ten_minutes(
    house: House, failures: list[Exception]
) -> None:
    class Slow(Way):
        async def ring(self, address: str, words: str) -> None:
            if self.tries == len(failures):
                house.ring()
            await super().ring(address, words)

    way = Slow(*failures)
    house.desk.plugins = msgspec.structs.replace(house.desk.plugins, notifiers={way.name: way})
    house.ring()
    first = [house.deliver(), house.after(minutes=1)]
    again = [house.after(minutes=8), house.after(minutes=2), house.after(hours=1)]

    assert 1 == sum(first)
    assert ([0, 1, 0], 2) == (again, len(way.rang))


def test_different_addresses_and_ways_are_different_rings(house: House) -> None:
    way = house.with_way()

    house.ring("one")
    house.ring("two")

    assert 2 == house.deliver()
    assert ["one", "two"] == [address for address, _ in way.rang]


@pytest.mark.parametrize(
    ("zone", "hours_later"), [("Etc/UTC", 8), ("Europe/Minsk", 5), ("America/New_York", 13)]
)
def test_a_ring_waits_for_the_persons_hours_on_their_clocks(
    house: House, zone: str, hours_later: int
) -> None:
    way = house.with_way()
    house.ring(hours=EVENINGS, zone=zone)

    early = house.after(hours=hours_later, minutes=-1)
    rang = house.after(minutes=1)

    assert (0, 1) == (early, rang)
    assert 1 == way.tries


def test_a_zone_that_does_not_exist_is_the_embassys(house: House) -> None:
    house.with_way()
    house.ring(hours=EVENINGS, zone="Mars/Base")

    assert (0, 1) == (house.after(hours=7, minutes=59), house.after(minutes=1))


def test_a_server_that_comes_back_rings_everybody_who_waited(house: House) -> None:
    way = house.with_way(*[AGAIN] * 30)
    for number in range(3):
        house.ring(f"{HERE}-{number}")

    for _ in range(22):
        house.after(hours=1)

    assert {f"{HERE}-{number}" for number in range(3)} == {address for address, _ in way.rang}
    assert 0 == len(house.rings)


def test_the_pauses_grow_from_half_a_minute_to_an_hour(house: House) -> None:
    way = house.with_way(*[AGAIN] * 100)
    house.ring()
    begun, tried = house.clock.now(), []

    for _ in range(60 * 5 * 2):
        before = way.tries
        house.deliver()
        if way.tries > before:
            tried.append(int((house.clock.now() - begun).total_seconds()))
        house.clock.move(seconds=30)

    assert [0, 30, 90, 210, 450, 930, 1890, 3810, 7410, 11010, 14610] == tried


def test_the_pause_that_the_other_side_names_is_kept(house: House) -> None:
    way = house.with_way(RingFailed("busy", again=True, after=1800.0))
    house.ring()

    assert (0, 0) == (house.deliver(), house.after(seconds=1799))
    assert 1 == house.after(seconds=1)
    assert 2 == way.tries


@pytest.mark.parametrize("after", [0.0, 1.0, -5.0, float("nan")])
def test_a_pause_of_no_time_makes_nobody_knock_without_end(house: House, after: float) -> None:
    way = house.with_way(*[RingFailed("busy", again=True, after=after)] * 1000)
    house.ring()
    for _ in range(120):
        house.after(seconds=1)

    assert 3 == way.tries, "as where no pause is named: at once, after 30 s, after 90 s"


@pytest.mark.parametrize("after", [float("inf"), 1e300])
def test_a_pause_without_end_is_one_of_a_day(house: House, after: float) -> None:
    way = house.with_way(RingFailed("busy", again=True, after=after))
    house.ring()

    assert (0, 0, 1) == (house.deliver(), house.after(hours=23), house.after(hours=1))
    assert 2 == way.tries


def refused_by_the_mail_server() -> RingFailed:
    try:
        try:
            raise ConnectionRefusedError(HERE)
        except OSError:
            raise RingFailed(HERE, again=True) from None
    except RingFailed as failed:
        return failed


def test_the_host_is_told_of_a_server_that_is_away_and_of_nobodys_address(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    house.with_way(*[refused_by_the_mail_server() for _ in range(4)])
    for number in range(3):
        house.ring(f"{HERE}-{number}")
    house.deliver()
    (told,) = look_at_away(house.desk.troubles.away())
    for _ in range(3):
        house.after(hours=1)

    lines = [one.getMessage() for one in caplog.records if "does not ring now" in one.getMessage()]
    assert [
        "zz.desk does not ring now (ConnectionRefusedError); look at its server and its settings"
    ] == lines
    assert "zz.desk does not ring: ConnectionRefusedError" == told.found
    assert () == look_at_away(house.desk.troubles.away()), "it rang again"
    assert HERE not in caplog.text


def test_what_another_server_answered_is_told_in_words_of_the_door(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    failed = RingFailed("busy", again=True)
    failed.__context__ = AnswerRefused(429)
    house.with_way(failed)
    house.ring()
    house.deliver()

    assert "zz.desk does not ring now (it answered with 429)" in caplog.text


def test_a_ring_that_never_goes_is_given_up_after_a_day(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    way = house.with_way(*[AGAIN] * 1000)
    house.ring()

    for _ in range(23):
        house.after(hours=1)
    waiting = len(house.rings)
    house.after(hours=1)

    assert (1, 0) == (waiting, len(house.rings))
    assert "gave up ringing by zz.desk" in caplog.text
    assert way.tries > 20


def test_a_retry_too_waits_for_the_persons_hours(house: House) -> None:
    house.with_way(RingFailed("busy", again=True, after=1800.0))
    house.ring(hours=EVENINGS, zone="Europe/Minsk")
    at: list[datetime] = []
    house.clock.move(hours=6, minutes=45)  # a quarter before eight there
    house.deliver()
    house.clock.move(minutes=-15)

    for _ in range(60):
        if house.after(minutes=30):
            at.append(house.clock.now())

    assert [TEN + timedelta(days=1, hours=5)] == at


def test_what_is_refused_for_good_is_dropped(house: House) -> None:
    way = house.with_way(NEVER_AGAIN)
    house.ring()

    assert (0, 0) == (house.deliver(), house.after(hours=2))
    assert 1 == way.tries


def test_what_is_forgotten_rings_no_more_not_even_again(house: House) -> None:
    way = house.with_way(AGAIN)
    house.ring()
    house.ring("another")
    house.rings.forget("zz.desk", HERE)

    assert 0 == house.deliver(), "the other one could not be rung now"
    assert (1, 1) == (way.tries, len(house.rings))


def test_a_ring_that_is_forgotten_while_it_is_tried_is_not_tried_again(house: House) -> None:
    class Forgetful(Way):
        async def ring(self, address: str, words: str) -> None:
            house.rings.forget(self.name, address)
            await super().ring(address, words)

    way = Forgetful(AGAIN)
    house.desk.plugins = msgspec.structs.replace(house.desk.plugins, notifiers={way.name: way})
    house.ring()
    house.deliver()

    assert (0, 0) == (len(house.rings), house.after(hours=2))


def test_a_broken_notifier_is_switched_off_and_rings_when_it_is_switched_on(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    way = house.with_way(*[RuntimeError(f"a marker and {HERE}")] * 5)
    house.ring()

    for _ in range(5):
        house.after(hours=1)
    off = house.desk.troubles.is_off(Kind.RING, "zz.desk")
    house.after(hours=1)
    tries = way.tries
    house.desk.troubles.switch_on("zz.desk")
    rang = house.deliver()

    assert off
    assert 5 == tries, "what is off is not asked"
    assert 1 == rang
    assert "RuntimeError" in caplog.text
    assert "marker" not in caplog.text and HERE not in caplog.text


def test_a_server_that_says_later_is_no_fault_of_the_notifier(house: House) -> None:
    house.with_way(*[AGAIN] * 20)
    house.ring()

    for _ in range(10):
        house.after(hours=1)

    assert () == house.desk.troubles.all()


def test_only_faults_in_a_row_switch_a_notifier_off(house: House) -> None:
    broken = [RuntimeError() for _ in range(4)]
    house.with_way(*broken, AGAIN, *broken)
    house.ring()

    for _ in range(9):
        house.after(hours=1)

    assert () == house.desk.troubles.all()


def test_a_notifier_that_hangs_is_given_up_on_and_holds_up_nobody(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ringing, "PATIENCE", 0.05)

    class Hanging(Way):
        async def ring(self, address: str, words: str) -> None:
            if address == "slow":
                await asyncio.Event().wait()
            await super().ring(address, words)

    way = Hanging()
    plugins = msgspec.structs.replace(house.desk.plugins, notifiers={way.name: way})
    house.desk.plugins = plugins
    house.ring("slow")
    house.ring("fast")

    assert 1 == house.deliver()
    assert 1 == len(house.rings)


def test_a_notifier_that_nobody_brings_any_more_is_named(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    house.rings.ring("gone.away", HERE, "en")

    assert 0 == house.deliver()
    assert 0 == len(house.rings)
    assert "gone.away" in caplog.text and HERE not in caplog.text


def test_ten_thousand_rings_wait_and_no_more(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assert 10_000 == ringing.MOST
    monkeypatch.setattr(ringing, "MOST", 3)
    way = house.with_way()

    for number in range(6):
        house.ring(str(number))

    assert 3 == house.deliver()
    assert ["0", "1", "2"] == [address for address, _ in way.rang]
    assert 1 == sum("wait already" in record.getMessage() for record in caplog.records)


def test_no_address_is_logged_whatever_happens(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    house.with_way(AGAIN, NEVER_AGAIN, RuntimeError(HERE))
    for number in range(4):
        house.ring(f"{HERE}-{number}")

    for _ in range(30):
        house.after(hours=1)

    assert caplog.records
    assert HERE not in caplog.text and "marker" not in caplog.text


def test_what_wakes_it_is_rung_without_a_minute_of_waiting(house: House) -> None:
    way = house.with_way()

    async def scene() -> None:
        running = asyncio.create_task(house.rings.run())
        await asyncio.sleep(0)
        house.ring()
        async with asyncio.timeout(10):
            while not way.rang:
                await asyncio.sleep(0.01)
        running.cancel()

    house.run(scene())

    assert 1 == len(way.rang)


def test_whoever_is_woken_in_the_moment_of_its_end_ends(house: House) -> None:
    house.with_way()

    async def scene() -> bool:
        running = asyncio.create_task(house.rings.run())
        for _ in range(10):
            await asyncio.sleep(0)  # Until it rests.
        house.ring()
        running.cancel()
        await asyncio.wait({running}, timeout=2)
        by_itself = running.cancelled()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        return by_itself

    assert house.run(scene())


def settings_of(*at: str) -> RingsSettings:
    """Return a pe.toml's table that rings one address at these hours."""
    return RingsSettings(to=(RingTo(notifier="zz.desk", address="7"),), at=at)


def test_fixed_hours_ring_news_or_not_and_those_who_left_their_address_readable(
    house: House,
) -> None:
    house.desk.embassy = msgspec.structs.replace(house.desk.embassy, zone="Europe/Minsk")
    way = house.with_way()
    house.rings = Rings(house.desk, settings_of("09:00", "18:00"))
    row = OpenAddressRow(box=5, notifier="zz.desk", address="8", hours="")
    house.run(house.desk.store.write([Insert(row)]))

    rang = [house.after(minutes=30) for _ in range(48)]

    # It is one in the afternoon there, and ten in UTC.
    assert [10, 40] == [number for number, count in enumerate(rang, start=1) if count]
    assert ["7", "8", "7", "8"] == [address for address, _ in way.rang]
    # Which language somebody speaks is not kept readable.
    assert {"Ёсць нешта новае."} == {words for _, words in way.rang}


def test_a_fixed_hour_rings_nobody_outside_the_hours_that_they_chose(house: House) -> None:
    house.desk.embassy = msgspec.structs.replace(house.desk.embassy, zone="Europe/Minsk")
    way = house.with_way()
    house.rings = Rings(house.desk, RingsSettings(at=("09:00", "18:00")))
    hours = msgspec.json.encode(EVENINGS).decode()
    row = OpenAddressRow(box=5, notifier="zz.desk", address="8", hours=hours)
    house.run(house.desk.store.write([Insert(row)]))

    rang = [house.after(minutes=30) for _ in range(48)]

    # It is one in the afternoon there: six in the evening is five hours away.
    assert [10] == [number for number, count in enumerate(rang, start=1) if count]
    assert ["8"] == [address for address, _ in way.rang]


def test_nobody_is_rung_at_fixed_hours_unless_pe_toml_says_so(house: House) -> None:
    house.with_way()

    assert 0 == sum(house.after(minutes=30) for _ in range(48))


def test_an_hour_that_passed_while_the_process_was_down_is_over(house: House) -> None:
    house.with_way()
    house.clock.move(hours=-1)
    house.clock.move(hours=1, seconds=1)
    house.rings = Rings(house.desk, settings_of("10:00"))

    assert 0 == house.deliver()


def test_a_clock_that_goes_back_rings_nobody_twice(house: House) -> None:
    way = house.with_way()
    house.rings = Rings(house.desk, settings_of("11:00"))

    house.after(hours=2)
    house.after(hours=-0.5)
    house.after(minutes=20)

    assert 1 == len(way.rang)


def test_a_clock_that_was_far_ahead_keeps_nobody_waiting(house: House) -> None:
    way = house.with_way(AGAIN)
    house.clock.move(days=365)
    house.ring("who waits")
    house.deliver()
    house.ring("who rang")
    house.deliver()
    house.ring("who rang")

    house.clock.move(days=-365)
    house.after(minutes=11)
    house.after(minutes=11)

    assert ["who rang", "who rang", "who waits"] == sorted(address for address, _ in way.rang)
    assert 0 == len(house.rings)


def test_a_clock_that_was_set_back_rings_nobody_outside_their_hours(house: House) -> None:
    way = house.with_way()
    house.clock.move(days=365)
    house.ring(hours=EVENINGS)
    house.deliver()

    house.clock.move(days=-365)
    house.deliver()
    assert [] == way.rang
    assert 1 == house.after(hours=8)


def test_the_desk_of_an_instance_rings(pe_instance: TestEmbassy) -> None:
    assert "Rings.ring" == pe_instance.desk.ring.__qualname__  # type: ignore[attr-defined]
    forget = pe_instance.desk.forget_ring
    assert "Rings.forget" == forget.__qualname__  # type: ignore[attr-defined]


def test_a_dead_mail_server_that_comes_back_gets_every_letter(
    pe_instance: TestEmbassy, pe_register: Register, pe_clock: Clock, pe_run: Run
) -> None:
    import pe_email

    port, letters = free_port(), []

    class Office:
        async def handle_DATA(self, server: SMTP, session: Connection, envelope: Envelope) -> str:
            letters.append(envelope.rcpt_tos)
            return "250 OK"

    table = {"email": {"port": port, "sender": "ring@quiet.example"}}
    pe_instance.settings = msgspec.structs.replace(pe_instance.settings, plugin=table)
    pe_register(pe_email, name="email")
    rings = Rings(pe_instance.desk)
    for name in ("one", "two"):
        rings.ring("email.mail", f"{name}@mail.example", "be")

    async def scene() -> tuple[int, int]:
        dead = await rings.deliver()
        pe_clock.move(hours=1)
        loop = asyncio.get_running_loop()

        def serve() -> SMTP:
            return SMTP(Office(), hostname="smtp.quiet.example", loop=loop)

        server = await loop.create_server(serve, "127.0.0.1", port)
        back = await rings.deliver()
        server.close()
        await server.wait_closed()
        return dead, back

    assert (0, 2) == pe_run(scene())
    assert [["one@mail.example"], ["two@mail.example"]] == sorted(letters)


def test_a_server_that_says_429_is_rung_after_the_time_that_it_names(
    pe_instance: TestEmbassy, pe_register: Register, pe_clock: Clock, pe_run: Run
) -> None:
    import pe_ntfy

    port, published = free_port(), []
    answers = [web.Response(status=429, headers={"Retry-After": "300"})]

    async def publish(request: web.Request) -> web.StreamResponse:
        if answers:
            return answers.pop()
        published.append(await request.text())
        return web.json_response({"event": "message"})

    allowed = DoorSettings(allow=(f"127.0.0.1:{port}",))
    pe_instance.settings = msgspec.structs.replace(pe_instance.settings, door=allowed)
    pe_register(pe_ntfy, name="ntfy")
    rings = Rings(pe_instance.desk)
    rings.ring("ntfy.push", f"http://127.0.0.1:{port}/word", "en")

    async def scene() -> list[int]:
        app = web.Application()
        app.router.add_post("/word", publish)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        rang = []
        for seconds in (0, 299, 1):
            pe_clock.move(seconds=seconds)
            rang.append(await rings.deliver())
        await runner.cleanup()
        return rang

    assert [0, 0, 1] == pe_run(scene())
    assert ["There is something new."] == published


def test_a_notifier_without_its_words_is_refused_with_their_keys(pe_register: Register) -> None:
    class Unsaid(Way):
        name = "test.way"

    class Plugin:
        @hookimpl
        def register_notifiers(self) -> Sequence[Notifier]:
            return [Unsaid()]

    with pytest.raises(PluginError) as refused:
        pe_register(Plugin())

    keys = ("title", "hint", "problem.no_desk")
    assert [True] * 3 == [
        f'add msgid "test.way.{key}"' in fault
        for key, fault in zip(keys, refused.value.faults, strict=True)
    ]
