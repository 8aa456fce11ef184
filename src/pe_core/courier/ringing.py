"""Ring people: from memory, at their hours, again where it helps, and never a word of content.

What waits to be rung is in memory alone, for the addresses are sealed everywhere else: a restart
forgets it. Design: vault, "Rings"; decision 0013.
"""

import asyncio
import contextlib
import logging
import math
from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta, tzinfo

import msgspec

from pe_core.desk.desk import Desk, here_and_now
from pe_core.desk.ringing import clocks_of
from pe_core.errors import DoorError, RingFailed, StoreError
from pe_core.hooks import Notifier
from pe_core.hooks.troubles import Kind
from pe_core.model.struct import Model
from pe_core.model.volunteer import NEVER, Hours
from pe_core.rules.ring_times import is_struck, next_moment
from pe_core.settings import RingsSettings
from pe_core.store import OpenAddressRow

PATIENCE = 60.0
"""Seconds that a notifier may take for one ring."""
ONE_RING = timedelta(minutes=10)
"""Whatever is new within it rings an address once."""
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=1)
"""Between the tries of one ring, doubled each time; longer where the other side names more."""
LASTS = timedelta(days=1)
"""From the first moment at which it could ring until nobody would care any more."""
MOST = 10_000
"""Rings that wait at once."""
AT_ONCE = 8
"""Rings under way at the same time; a mail server likes no more."""
LOOK_AGAIN = 60.0

NO_SETTINGS = RingsSettings()

Key = tuple[str, str]

log = logging.getLogger("pe.courier")


class Ring(Model):
    """One ring that waits: where to, in which language, when next, and until when."""

    notifier: str
    address: str
    language: str
    hours: Hours
    zone: tzinfo
    due: datetime
    until: datetime
    tries: int = 0

    @property
    def key(self) -> Key:
        """Return what two rings have in common that are one."""
        return (self.notifier, self.address)


class Rings:
    """The rings of one instance that wait, and the fixed hours at which nobody has to unlock."""

    def __init__(self, desk: Desk, settings: RingsSettings = NO_SETTINGS) -> None:
        """Nothing waits yet; a fixed hour that is over now is over."""
        self._desk = desk
        self._settings = settings
        self._waiting: dict[Key, Ring] = {}
        self._rang: dict[Key, datetime] = {}
        self._trying: dict[Key, tuple[str, Hours, str] | None] = {}
        self._looked = desk.now()
        self._wake = asyncio.Event()
        self._is_full = False
        desk.troubles.on_switch_on(self._ring_again)

    def __len__(self) -> int:
        """Return how many rings wait."""
        return len(self._waiting)

    def ring(
        self, notifier: str, address: str, language: str, hours: Hours = NEVER, zone: str = ""
    ) -> None:
        """Ring an address soon, within the hours on the clocks of a zone, '' for the embassy's.

        A ring that waits already is that ring; one that rang just now, or is ringing, waits until
        ten minutes are over. Nothing is raised: who has done something is not kept from it by a
        bell.
        """
        key = (notifier, address)
        if key in self._waiting:
            if key in self._trying:
                self._trying[key] = (language, hours, zone)
            return
        if len(self._waiting) >= MOST:
            self._say_full()
            return
        self._is_full = False
        now = self._desk.now()
        clocks = clocks_of(self._desk, zone)
        soonest = max(now, self._rang.get(key, now) + ONE_RING) if key in self._rang else now
        due = next_moment(soonest, hours, clocks)
        self._waiting[key] = Ring(
            notifier=notifier,
            address=address,
            language=language,
            hours=hours,
            zone=clocks,
            due=due,
            until=due + LASTS,
        )
        self._wake.set()

    def forget(self, notifier: str, address: str) -> None:
        """Ring an address no more for what was new so far: its owner has left, or changed it."""
        key = (notifier, address)
        self._waiting.pop(key, None)
        if key in self._trying:
            self._trying[key] = None

    async def run(self) -> None:
        """Ring whenever something is due, until cancelled."""
        while True:
            self._wake.clear()
            await self.deliver()
            # Not wait_for: of a wake and a cancelling in one moment it forgets the latter.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._pause()):
                    await self._wake.wait()

    async def deliver(self) -> int:
        """Ring everything that is due once; returns how many rang."""
        self._go_back(self._desk.now())
        await self._ring_fixed()
        now = self._desk.now()
        self._rang = {key: at for key, at in self._rang.items() if now - at < ONE_RING}
        turn = asyncio.Semaphore(AT_ONCE)

        async def in_turn(ring: Ring) -> bool:
            async with turn:
                return await self._try(ring)

        due = [ring for ring in self._waiting.values() if ring.due <= now]
        return sum(await asyncio.gather(*(in_turn(ring) for ring in due)))

    async def ring_open(self) -> int:
        """Ring the addresses of ``[rings]`` and those left readable, news or not; how many.

        Of the latter those whose hours it is; their clocks are not known, so on the embassy's.
        """
        language, now = self._desk.embassy.languages[0], here_and_now(self._desk)
        rows = await self._desk.store.select(OpenAddressRow)
        places = [(one.notifier, one.address) for one in self._settings.to]
        places += [(row.notifier, row.address) for row in rows if _may_ring(row, now)]
        for notifier, address in places:
            self.ring(notifier, address, language)
        return len(places)

    def _go_back(self, now: datetime) -> None:
        """Let rings wait no longer than before when the clock was set back since the last look."""
        back = self._looked - now
        if back <= timedelta():
            return
        self._looked = now
        self._rang = {key: at - back for key, at in self._rang.items()}
        for ring in list(self._waiting.values()):
            due = next_moment(max(now, ring.due - back), ring.hours, ring.zone)
            late = msgspec.structs.replace(ring, due=due, until=due + LASTS)
            self._waiting[ring.key] = late

    async def _ring_fixed(self) -> None:
        """Ring whoever is rung at fixed hours, if one of these was struck since the last look."""
        since, now = self._looked, self._desk.now()
        zone = here_and_now(self._desk).tzinfo or UTC
        if is_struck(since, now, _times(self._settings.at), zone):
            try:
                await self.ring_open()
            except StoreError as error:
                log.error("nobody is rung at this fixed hour: %s", error)
                return  # at the next look it is struck still
        self._looked = now

    async def _try(self, ring: Ring) -> bool:
        """Ring once, and put off or drop what did not ring."""
        notifier = self._desk.plugins.notifiers.get(ring.notifier)
        if notifier is None:
            log.warning("nobody can be rung by %s: no enabled plugin brings it", ring.notifier)
            self._waiting.pop(ring.key, None)
            return False
        if self._desk.troubles.is_off(Kind.RING, ring.notifier):
            self._put_off(ring)
            return False
        self._trying[ring.key] = None
        try:
            words = self._words(ring.language)
            await asyncio.wait_for(notifier.ring(ring.address, words), timeout=PATIENCE)
        except RingFailed as failed:
            self._failed(ring, failed)
            return False
        except Exception as error:  # a notifier may fail in any way; it is named and asked again
            self._broke(notifier, ring, error)
            return False
        finally:
            meanwhile = self._trying.pop(ring.key)
        self._desk.troubles.worked(ring.notifier)
        self._rang[ring.key] = self._desk.now()
        self._waiting.pop(ring.key, None)
        if meanwhile is not None:
            # Whoever was rung may have looked before it was there.
            language, hours, zone = meanwhile
            self.ring(ring.notifier, ring.address, language, hours, zone)
        return True

    def _failed(self, ring: Ring, failed: RingFailed) -> None:
        """Do what a notifier says of a ring; its own words are not repeated, they may name one."""
        if failed.again:
            self._desk.troubles.later(ring.notifier, _why(failed))
            self._put_off(ring, failed.after)
        else:
            self._desk.troubles.worked(ring.notifier)
            log.warning("a ring by %s is refused for good, and dropped", ring.notifier)
            self._waiting.pop(ring.key, None)

    def _broke(self, notifier: Notifier, ring: Ring, error: Exception) -> None:
        log.warning("notifier %s failed: %s", ring.notifier, type(error).__name__)
        self._desk.troubles.failed(notifier, ring.notifier, error, Kind.RING)
        self._put_off(ring)

    def _put_off(self, ring: Ring, after: float | None = None) -> None:
        """Let a ring wait for its next try; drop it where that would come too late."""
        if ring.key not in self._waiting:
            return  # forgotten while it was tried
        wait = max(_named(after), _wait(ring.tries))
        due = next_moment(self._desk.now() + wait, ring.hours, ring.zone)
        if due > ring.until:
            log.warning("gave up ringing by %s after a day", ring.notifier)
            self._waiting.pop(ring.key, None)
        else:
            self._replace(ring, due, ring.tries + 1)

    def _replace(self, ring: Ring, due: datetime, tries: int) -> None:
        self._waiting[ring.key] = Ring(
            notifier=ring.notifier,
            address=ring.address,
            language=ring.language,
            hours=ring.hours,
            zone=ring.zone,
            due=due,
            until=ring.until,
            tries=tries,
        )

    def _ring_again(self, notifier: str) -> None:
        """Ring at once what has waited for a notifier that was switched on again."""
        now = self._desk.now()
        for ring in list(self._waiting.values()):
            if ring.notifier == notifier:
                self._replace(ring, next_moment(now, ring.hours, ring.zone), 0)
        self._wake.set()

    def _words(self, language: str) -> str:
        offered = self._desk.embassy.languages
        tag = language if language in offered else offered[0]
        return self._desk.texts.text(tag, "core.ring.words")

    def _pause(self) -> float:
        """Return the seconds until something is due, a minute at most: clocks are set, too."""
        now = self._desk.now()
        waits = [(ring.due - now).total_seconds() for ring in self._waiting.values()]
        return max(0.0, min([LOOK_AGAIN, *waits]))

    def _say_full(self) -> None:
        if not self._is_full:
            log.error("%d rings wait already; what comes now is not rung", MOST)
        self._is_full = True


def _may_ring(row: OpenAddressRow, now: datetime) -> bool:
    """Return whether it is one of somebody's hours; always, if whoever has the disk spoilt them."""
    try:
        hours = msgspec.json.decode(row.hours, type=Hours)
    except msgspec.MsgspecError:
        return True
    return hours == NEVER or bool(hours[now.weekday()] >> now.hour & 1)


def _why(failed: RingFailed) -> str:
    """Return what kept a notifier from ringing: words of the door, else the name of a fault."""
    cause = failed.__context__ or failed
    return str(cause) if isinstance(cause, DoorError) else type(cause).__name__


def _named(after: float | None) -> timedelta:
    """Return the pause that the other side names, a day at most; none for what is no pause."""
    if after is None or math.isnan(after):
        return timedelta()
    return timedelta(seconds=min(max(after, 0.0), LASTS.total_seconds()))


def _wait(tries: int) -> timedelta:
    doubled: int = 2 ** min(tries, 12)
    return min(FIRST_WAIT * doubled, LONGEST_WAIT)


def _times(written: Iterable[str]) -> list[time]:
    return [time.fromisoformat(one) for one in written]
