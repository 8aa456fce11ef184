"""Two embassies side by side, and a post between them that carries one hello at a time."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec

from pe_core.desk.desk import Desk
from pe_core.desk.sealing import new_id
from pe_core.desk.sessions import Session
from pe_core.desk.trail import read_entry
from pe_core.errors import NoAnswer
from pe_core.model.peer import OutState
from pe_core.model.trail import Act
from pe_core.network import pairing
from pe_core.network.identity import begin_network, introduce
from pe_core.network.knowing import Known, read_peer
from pe_core.network.wire import KEYS, Hello
from pe_core.network.words import words_of
from pe_core.rules.pairing import Pairing
from pe_core.store import Delete, Insert, OutgoingRow, TrailRow
from pe_core.toolkit.embassy import TestEmbassy, close_embassy, example_settings, open_test_embassy
from pe_core.toolkit.invented import Clock, unlock_account
from pe_core.vault import (
    Keys,
    Seed,
    fingerprint,
    join_shares,
    keys_of,
    new_seed,
    read_keyset,
    sign_keyset,
)

Run = Callable[[Awaitable[Any]], Any]


class Side:
    """One of the two: its desk, its root key, and an unlocked coordinator."""

    def __init__(self, run: Run, embassy: TestEmbassy, code: str) -> None:
        self.run, self.embassy, self.code = run, embassy, code
        self.desk: Desk = embassy.desk
        self.root: Keys = keys_of(Seed(join_shares([embassy.opening.root_words])))
        self.session: Session = run(unlock_account(self.desk, embassy.clock, embassy.account))
        run(begin_network(self.desk, self.root))

    @property
    def address(self) -> str:
        return self.desk.address

    @property
    def words(self) -> str:
        """What its people read aloud."""
        return " ".join(words_of(fingerprint(self.root.verify_key, self.code)))

    def knows(self, other: "Side") -> Known:
        known: Known = self.run(read_peer(self.desk, other.code))
        return known

    def stands(self, other: "Side") -> tuple[str, int, int, int]:
        row = self.knows(other).row
        return (row.state, row.ours, row.theirs, row.away)

    def acts(self) -> list[tuple[Act, str]]:
        """Return what its trail tells of other embassies."""
        rows = self.run(self.desk.store.select(TrailRow, order="number"))
        found = [read_entry(self.desk, self.session, row) for row in rows]
        return [(e.act, e.what) for e in found if e is not None and e.act.startswith("peer_")]

    def propose(self, other: "Side") -> None:
        self.run(pairing.propose(self.desk, self.session, other.address))

    def confirm(self, other: "Side", typed: str | None = None) -> str:
        words = other.words if typed is None else typed
        state: str = self.run(pairing.confirm(self.desk, self.session, other.code, words))
        return state

    def waiting(self) -> list[Hello]:
        """Return the hellos that are on their way."""
        rows = self.run(self.desk.store.select(OutgoingRow, {"thread": ""}, order="day"))
        return [msgspec.json.decode(row.packet, type=Hello) for row in rows]


class Post:
    """Answers for both portals, and carries hellos from one to the other."""

    def __init__(self, run: Run, *sides: Side) -> None:
        self.run = run
        self.sides = {side.code: side for side in sides}
        self.answers: dict[str, bytes] = {}
        for side in sides:
            side.desk.door = self  # type: ignore[assignment]

    async def get(self, url: str, *, pace: Any, now: float) -> bytes:
        if url in self.answers:
            return self.answers[url]
        for side in self.sides.values():
            if url == side.address + KEYS:
                return msgspec.json.encode(await introduce(side.desk))
        raise NoAnswer("nobody lives there")

    def carry(self) -> int:
        """Deliver every hello that waits, once; return how many."""
        carried = 0
        for side in self.sides.values():
            for hello in side.waiting():
                self.hand_over(hello)
                gone = Delete(OutgoingRow, {"id": hello.id})
                self.run(side.desk.store.write([gone]))
                carried += 1
        return carried

    def hand_over(self, hello: Hello) -> str:
        """Let a hello be heard, and write what it changes."""
        to = self.sides[hello.to]
        now = int(to.desk.now().timestamp())
        changes, done = self.run(pairing.hear_hello(to.desk, hello, now))
        self.run(to.desk.store.write(changes))
        return str(done)


def pair(one: Side, other: Side, post: Post) -> None:
    """Let both type the other's words, and hear of it."""
    one.propose(other)
    post.carry()
    one.confirm(other)
    other.confirm(one)
    post.carry()


def add_stranger(run: Run, desk: Desk, code: str = "qqqqqqqq") -> str:
    """Put an embassy on the list that nobody has compared words with, and return its code."""
    root, peer, key = (keys_of(new_seed()) for _ in range(3))
    now = int(desk.now().timestamp())
    signed = sign_keyset(root, code, peer=peer.verify_key, desk=key.verify_key, now=now)
    keyset, address = read_keyset(signed), f"https://{code}.example"
    run(desk.store.write(pairing.pin(desk, keyset, signed, Pairing(), address, None)))
    return code


def add_dead_letter(run: Run, desk: Desk, code: str = "qqqqqqqq") -> str:
    """Put a letter among what could not be delivered to an embassy, and return its id."""
    name, today = new_id(), desk.now().date().toordinal()
    row = OutgoingRow(
        id=name,
        peer=code,
        thread=new_id(),
        number=1,
        state=OutState.DEAD.value,
        day=today,
        until=today + 7,
        tries=3,
        size=4000,
        packet=bytes(4000),
    )
    run(desk.store.write([Insert(row)]))
    return name


def open_side(run: Run, folder: Path, clock: Clock, code: str) -> Side:
    """Open an embassy that has begun the network, with a coordinator who has unlocked."""
    example = example_settings()
    settings = msgspec.structs.replace(
        example,
        embassy=msgspec.structs.replace(example.embassy, code=code),
        server=msgspec.structs.replace(example.server, address=f"https://{code}.example"),
    )
    return Side(run, run(open_test_embassy(folder / code, clock, settings)), code)


def close_side(side: Side) -> None:
    """Let go of its files."""
    side.run(close_embassy(side.embassy))
