"""Embassies in one process that pair with each other, by the acts that coordinators do."""

import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager

import msgspec

from pe_core.desk.desk import Desk
from pe_core.desk.sessions import Session
from pe_core.door import Door, Pace
from pe_core.errors import AnswerRefused, NoAnswer, PacketRefused
from pe_core.model.struct import Model
from pe_core.network import pairing
from pe_core.network.carrying import PeerCourier
from pe_core.network.identity import introduce, read_begun
from pe_core.network.receiving import take_in
from pe_core.network.strict import read_packet
from pe_core.network.wire import INBOX, KEYS
from pe_core.network.words import words_of
from pe_core.vault import fingerprint


class Side(Model):
    """An embassy whose network has begun, and the session of a coordinator of it."""

    desk: Desk
    session: Session


class WayAcross(Door):
    """A door from desk to desk of one process: no socket, and so no signature around a packet."""

    desks: Mapping[str, Desk] = {}

    async def get(self, url: str, *, pace: Pace, now: float) -> bytes:
        """Return the introduction of the embassy at this address; NoAnswer if there is none."""
        introduction = await introduce(self._at(url, KEYS))
        if introduction is None:
            raise NoAnswer("no network has begun there")
        return msgspec.json.encode(introduction)

    async def fetch(self, url: str, *, body: bytes, headers: Mapping[str, str]) -> bytes:
        """Let the embassy at this address take a packet in; AnswerRefused if it does not."""
        desk = self._at(url, INBOX)
        try:
            sender = read_packet(body).sender
            return await take_in(desk, body, sender, int(desk.now().timestamp()))
        except PacketRefused as error:
            raise AnswerRefused(error.status) from error

    def _at(self, url: str, path: str) -> Desk:
        desk = self.desks.get(url.removesuffix(path))
        if desk is None:
            raise NoAnswer("nobody lives there")
        return desk


@asynccontextmanager
async def way_across(sides: Sequence[Side]) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """Lead these embassies' doors to each other; gives what carries all that waits in them.

    Afterwards each has its own door again.
    """
    across = WayAcross(desks={side.desk.address: side.desk for side in sides})
    doors = [side.desk.door for side in sides]
    for side in sides:
        side.desk.door = across
    couriers = [PeerCourier(side.desk, across) for side in sides]

    async def carry() -> None:
        for courier in couriers:
            await courier.deliver()

    try:
        await carry()  # What is there at a courier's first look goes out later.
        yield carry
    finally:
        for side, door in zip(sides, doors, strict=True):
            side.desk.door = door


async def pair_all(sides: Sequence[Side], step: Callable[[], None] = lambda: None) -> None:
    """Let every two embassies compare words and become peers; ``step`` is called for each pair.

    Their clocks show the same time.
    """
    async with way_across(sides) as carry:
        for first, second in itertools.combinations(sides, 2):
            await pairing.propose(first.desk, first.session, second.desk.address)
            await carry()
            await _confirm(first, second)
            await _confirm(second, first)
            await carry()
            step()


async def _confirm(side: Side, other: Side) -> None:
    """Type the words that the other embassy's people read aloud."""
    code = other.desk.embassy.code
    own = await read_begun(other.desk)
    words = " ".join(words_of(fingerprint(own.keyset.root, code)))
    await pairing.confirm(side.desk, side.session, code, words)
