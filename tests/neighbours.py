"""Embassies that know each other, in one process, and the wire between them that a test bends."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from pe_core.desk.epochs import current_epoch
from pe_core.desk.sealing import new_id
from pe_core.errors import AnswerRefused, NoAnswer, PacketRefused
from pe_core.model.peer import PeerCode, ThreadId
from pe_core.network.breaker import Pace
from pe_core.network.carrying import PeerCourier
from pe_core.network.identity import begin_network, read_begun
from pe_core.network.receiving import take_in
from pe_core.network.sending import next_number, queue
from pe_core.network.signing import verify_request
from pe_core.network.wire import INBOX, AnyPacket, Erase, Sealed
from pe_core.settings import Settings
from pe_core.store import IncomingRow, Insert, PeerKeysetRow, PeerRow
from pe_core.toolkit.embassy import TestEmbassy, example_settings, open_test_embassy
from pe_core.toolkit.invented import Clock
from pe_core.vault import Seed, join_shares, keys_of, seal

LASTING = 14 * 24 * 3600

Bend = Callable[["Wire", str, Callable[[], Awaitable[bytes]]], Awaitable[bytes]]
"""What becomes of a request on its way to a peer."""


async def straight(_wire: "Wire", _to: str, pass_on: Callable[[], Awaitable[bytes]]) -> bytes:
    """Let a request pass."""
    return await pass_on()


@dataclass
class Wire:
    """Leads to every embassy of a test; ``bend`` is what happens on the way."""

    clock: Clock
    embassies: dict[str, TestEmbassy] = field(default_factory=dict)
    bend: Bend = straight
    asked: Counter[str] = field(default_factory=Counter)

    async def fetch(self, url: str, *, body: bytes, headers: Mapping[str, str]) -> bytes:
        """POST as the door does, to the embassy whose address it is."""
        to = url.removeprefix("https://").removesuffix(f".example{INBOX}")
        self.asked[to] += 1

        async def pass_on() -> bytes:
            return await self.take(to, url, body, headers)

        return await self.bend(self, to, pass_on)

    async def take(self, to: str, url: str, body: bytes, headers: Mapping[str, str]) -> bytes:
        """Answer as the inbox does: the signature first, then the packet."""
        desk = self.embassies[to].desk
        now = int(self.clock.now().timestamp())
        lower = {name.lower(): value for name, value in headers.items()}
        try:
            proved = await verify_request(url, lower, body, key_of=self._key_of, now=now)
            return await take_in(desk, body, proved.sender, now)
        except PacketRefused as error:
            after = 600.0 if error.status == 503 else None
            raise AnswerRefused(error.status, after) from None

    async def _key_of(self, code: str, _key: str) -> bytes | None:
        return (await read_begun(self.embassies[code].desk)).keyset.peer


async def open_neighbours(folder: Path, clock: Clock, codes: Iterable[str]) -> Wire:
    """Open embassies that all have confirmed each other."""
    wire = Wire(clock)
    for code in codes:
        opened = await open_test_embassy(folder / code, clock, settings_of(code))
        root = keys_of(Seed(join_shares([opened.opening.root_words])))
        await begin_network(opened.desk, root)
        wire.embassies[code] = opened
    for one in wire.embassies.values():
        for other in wire.embassies.values():
            if one is not other:
                await introduce(one, other)
    return wire


def settings_of(code: str) -> Settings:
    """Return the settings of an embassy, in one language: catalogues are most of what it costs."""
    settings = example_settings()
    embassy = msgspec.structs.replace(settings.embassy, code=code, languages=("en",))
    return msgspec.structs.replace(settings, embassy=embassy)


async def introduce(one: TestEmbassy, other: TestEmbassy) -> None:
    """Let ``one`` know ``other``, as both know each other once the words were typed."""
    own, today = await read_begun(other.desk), one.clock.now().date().toordinal()
    code = other.embassy.code
    await one.store.write(
        [
            Insert(
                PeerRow(
                    code=code,
                    state="active",
                    ours=1,
                    theirs=1,
                    day=today,
                    serial=own.keyset.serial,
                    address=f"https://{code}.example",
                    referral=own.referral,
                )
            ),
            Insert(PeerKeysetRow(peer=code, serial=own.keyset.serial, day=today, body=own.signed)),
        ]
    )


def courier_of(wire: Wire, code: str, seed: int = 1, pace: Pace | None = None) -> PeerCourier:
    """Return the courier of an embassy, whose waits count on the test's clock."""
    return PeerCourier(
        wire.embassies[code].desk,
        wire,
        clock=lambda: wire.clock.now().timestamp(),
        chance=random.Random(seed).uniform,  # noqa: S311, chance by a seed
        pace=pace or Pace(spread=0.0),
    )


async def make_letter(
    wire: Wire,
    sender: str,
    to: str,
    thread: str = "",
    text: bytes = b"words",
    lasting: int = LASTING,
) -> Sealed:
    """Return the next letter of a thread, sealed as an act would do it."""
    desk, receiver = wire.embassies[sender].desk, wire.embassies[to].desk
    epoch = await current_epoch(receiver, "referral")
    named = ThreadId(thread or new_id())
    created, name = int(wire.clock.now().timestamp()), new_id()
    return Sealed(
        id=name,
        sender=PeerCode(sender),
        to=PeerCode(to),
        created=created,
        thread=named,
        number=await next_number(desk, PeerCode(to), named),
        epoch=epoch.id,
        until=created + lasting,
        sealed=seal(text, to=[epoch.public], context=("letter", to, name)),
    )


def make_erase(letter: Sealed, *others: Sealed) -> Erase:
    """Return what takes letters of one thread back."""
    packets = tuple(packet.id for packet in (letter, *others))
    return Erase(
        id=new_id(),
        sender=letter.sender,
        to=letter.to,
        created=letter.created,
        thread=letter.thread,
        packets=packets,
    )


async def give(wire: Wire, *packets: AnyPacket) -> None:
    """Give packets to the courier of their sender, each in an act of its own."""
    for packet in packets:
        today = wire.clock.now().date()
        await wire.embassies[packet.sender].store.write(queue(packet, today))


async def send(
    wire: Wire, sender: str, to: str, thread: str = "", text: bytes = b"words"
) -> Sealed:
    """Make a letter and give it to the courier."""
    letter = await make_letter(wire, sender, to, thread, text)
    await give(wire, letter)
    return letter


async def arrived(wire: Wire, at: str) -> list[IncomingRow]:
    """Return what an embassy has taken in, in the order of thread and number."""
    rows = await wire.embassies[at].store.select(IncomingRow)
    return sorted(rows, key=lambda row: (row.peer, row.thread, row.number))


async def hang(_wire: Wire, _to: str, _pass_on: Callable[[], Awaitable[bytes]]) -> bytes:
    """Let a request wait until somebody loses patience."""
    await asyncio.sleep(0)
    raise NoAnswer("it took too long")
