"""Another embassy's server, as it knocks at the inbox of this one over the real portal."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import msgspec

from neighbours import Wire, introduce, open_neighbours
from pe_core.network.identity import Own, read_begun
from pe_core.network.impostors import forget_impostors
from pe_core.network.signing import sign_request
from pe_core.network.wire import INBOX, AnyPacket, Refusal, encode_packet
from pe_core.store import TABLES, Delete, IncomingRow, PeerKeysetRow, PeerRow
from pe_core.toolkit.embassy import close_embassy
from pe_core.toolkit.invented import Clock
from pe_core.vault import Keys

Run = Callable[[Awaitable[Any]], Any]
Headers = dict[str, str]
START = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)


@contextmanager
def neighbourhood(folder: Path, codes: Sequence[str]) -> Iterator[tuple[Wire, Run]]:
    """Open embassies that have confirmed each other, for all tests of a module, with their loop."""
    with asyncio.Runner() as runner:

        async def wait(awaitable: Awaitable[Any]) -> Any:
            return await awaitable

        def run(awaitable: Awaitable[Any]) -> Any:
            return runner.run(wait(awaitable))

        wire = run(open_neighbours(folder, Clock(START), codes))
        yield wire, run
        for embassy in wire.embassies.values():
            run(close_embassy(embassy))


async def begin_anew(wire: Wire) -> None:
    """Let bb know the others as at first, and have nothing of theirs; the clock is set back."""
    wire.clock.time = START
    bb = wire.embassies["bb"]
    for code in await bb.store.pick(PeerRow, ("code",)):
        await bb.store.write([Delete(PeerRow, {"code": code[0]}), forget_impostors(code[0])])
    for peer in await bb.store.pick(PeerKeysetRow, ("peer", "serial")):
        await bb.store.write([Delete(PeerKeysetRow, {"peer": peer[0], "serial": peer[1]})])
    for came in await bb.store.pick(IncomingRow, ("peer", "id")):
        await bb.store.write([Delete(IncomingRow, {"peer": came[0], "id": came[1]})])
    for code, other in wire.embassies.items():
        if code != "bb":
            await introduce(bb, other)


@dataclass
class Knocker:
    """Sends to ``bb`` what ``aa`` signed, or what a test made of it; ``app`` is bb's portal."""

    wire: Wire
    run: Run
    app: Any = None
    count: int = 0
    own: dict[str, Own] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.run(begin_anew(self.wire))
        for code, embassy in self.wire.embassies.items():
            embassy.desk.address = f"https://{code}.example"
            embassy.desk.is_live = True
            self.own[code] = self.run(read_begun(embassy.desk))
        self.restart()

    def restart(self) -> None:
        """Give bb a portal that remembers nothing."""
        self.app = self.wire.embassies["bb"].app()

    @property
    def now(self) -> int:
        """Return the time in Unix seconds."""
        return int(self.wire.clock.now().timestamp())

    def nonce(self) -> str:
        """Return one that was not there before."""
        self.count += 1
        return f"nonce-{self.count:020}"

    def sign(
        self,
        body: bytes,
        *,
        peer: Keys | None = None,
        sender: str = "aa",
        url: str = f"https://bb.example{INBOX}",
        nonce: str = "",
    ) -> Headers:
        """Return the headers of a request of now, by aa's key unless it is another."""
        keys = peer or self.own["aa"].peer
        return sign_request(keys, sender, url, body, now=self.now, nonce=nonce or self.nonce())

    def send(
        self, body: bytes, headers: Mapping[str, str] | list[tuple[str, str]]
    ) -> httpx.Response:
        """POST these very bytes with these headers."""
        return self.ask("POST", INBOX, content=body, headers=headers)

    def give(self, packet: AnyPacket, **signed: Any) -> httpx.Response:
        """Sign and send a packet."""
        body = encode_packet(packet)
        return self.send(body, self.sign(body, **signed))

    def ask(self, method: str, path: str, **sent: Any) -> httpx.Response:
        """Send a request to bb's portal."""

        async def act() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.app)
            async with httpx.AsyncClient(transport=transport, base_url="https://bb") as client:
                return await client.request(method, path, **sent)

        answer: httpx.Response = self.run(act())
        return answer

    def rows(self) -> list[int]:
        """Return how many rows bb has in each table."""

        async def act() -> list[int]:
            store = self.wire.embassies["bb"].store
            return list(await asyncio.gather(*(store.count(table.row) for table in TABLES)))

        counts: list[int] = self.run(act())
        return counts


def refused(answer: httpx.Response) -> tuple[int, str]:
    """Return status and word of a refusal, which is JSON of one word and a time."""
    said = msgspec.json.decode(answer.content, type=Refusal, strict=True)
    assert {"error", "now"} == set(answer.json())
    assert "application/json" == answer.headers["content-type"]
    return answer.status_code, said.error
