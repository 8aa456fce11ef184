"""Pages of other embassies: before the keys are made, an empty list, and each state of one."""

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from tests.two_embassies import add_stranger

from pe_core.desk.desk import nobody_away
from pe_core.model.peer import OutState
from pe_core.network.identity import begin_network
from pe_core.store import (
    Delete,
    DeskKeyRow,
    Insert,
    MetaRow,
    OutgoingRow,
    OutgoingThreadRow,
    OwnKeysetRow,
    PeerKeysetRow,
    PeerRow,
    Update,
)
from pe_core.toolkit.browser import Page
from pe_core.vault import Keys, Seed, join_shares, keys_of

if TYPE_CHECKING:
    from rare import House

STATES = {
    "new": {"state": "proposed", "ours": 0, "theirs": 0, "away": 0},
    "typed": {"state": "proposed", "ours": 0, "theirs": 1, "away": 0},
    "waits": {"state": "proposed", "ours": 1, "theirs": 0, "away": 0},
    "active": {"state": "active", "ours": 1, "theirs": 1, "away": 0},
    "away": {"state": "active", "ours": 1, "theirs": 1, "away": 1},
    "paused": {"state": "paused", "ours": 1, "theirs": 1, "away": 0},
    "blocked": {"state": "blocked", "ours": 0, "theirs": 1, "away": 0},
}


def peer_pages(house: "House", language: str) -> Iterator[tuple[str, Page]]:
    """Make the keys, add an embassy, type wrong words, and look at it in every state."""
    house.come_again()
    busel, at = house.busel, f"/{language}/staff/peers"
    yield "peers-not-begun", busel.go(at)
    yield "peer_new-not-begun", busel.go(f"{at}/new")
    house.run(begin_network(house.desk, _root(house)))
    yield "peers-none", busel.go(at)
    yield "peer_new", busel.go(f"{at}/new")
    yield "peer_new-wrong", busel.send({"address": "nowhere at all"}, form="/new")
    code = add_stranger(house.run, house.desk)
    here = f"{at}/{code}"
    yield "peer-added", busel.go(f"{here}?done=added")
    typed = {"words": "zoo " * 12, "passphrase": house.embassy.account.passphrase}
    yield "peer-wrong", busel.send({**typed, "act": "confirm"}, form=f"/{code}")
    for name, state in STATES.items():
        house.run(house.desk.store.write([Update(PeerRow, (code,), state)]))
        yield f"peer-{name}", busel.go(here)
        yield f"peers-{name}", busel.go(at)
    house.run(house.desk.store.write([Update(PeerRow, (code,), STATES["active"])]))
    yield "on_the_way-none", busel.go(f"{at}/on-the-way")
    house.run(house.desk.store.write([Insert(row) for row in _on_the_way(code)]))
    house.desk.peer_away = {code: 1400.0}.get
    yield "on_the_way", busel.go(f"{at}/on-the-way")
    house.desk.peer_away = nobody_away
    for kind in ("letter", "hello", "erase", "piece-1"):
        yield f"on_the_way_drop-{kind}", busel.go(f"{at}/on-the-way/dead-{kind}/drop")
    yield "peer_block", busel.go(f"{here}/block")
    yield "peer_block-wrong", busel.send({"passphrase": "wrong"}, form="/block")
    spoilt = Update(PeerKeysetRow, (code, 1), {"body": b"no keys of anybody"})
    house.run(house.desk.store.write([spoilt]))
    yield "peers-spoilt", busel.go(at)
    yield "peer-spoilt", busel.go(here)
    _forget(house, code)


def _on_the_way(code: str) -> Iterator[OutgoingRow | OutgoingThreadRow]:
    """Give rows of every kind and state: the letter can no longer go, the pieces of a file can."""
    pieces = {f"piece-{number}": ("file", number) for number in range(1, 4)}
    kinds = {"letter": ("t", 1), "hello": ("", 0), "erase": ("t", 0), **pieces}
    yield OutgoingThreadRow(peer=code, thread="file", number=3, keep_until=10_000)
    for state in OutState:
        for kind, (thread, number) in kinds.items():
            yield OutgoingRow(
                id=f"{state.value}-{kind}",
                peer=code,
                thread=thread,
                number=number,
                state=state.value,
                day=date(2026, 11, 20).toordinal(),
                until=date(2099, 1, 1).toordinal(),
                tries=3,
                size=4000,
                packet=bytes(4000),
            )


def _root(house: "House") -> Keys:
    return keys_of(Seed(join_shares([house.embassy.opening.root_words])))


def _forget(house: "House", code: str) -> None:
    """Leave the house as it was, for the next language."""
    keys = [row.id for row in house.run(house.desk.store.select(DeskKeyRow))]
    house.run(
        house.desk.store.write(
            [
                Delete(PeerRow, {"code": code}),
                Delete(PeerKeysetRow, {"peer": code}),
                Delete(OutgoingRow, {"peer": code}),
                Delete(OutgoingThreadRow, {"peer": code}),
                Delete(OwnKeysetRow, {"serial": 1}),
                Delete(MetaRow, {"key": "peer_key"}),
                *(Delete(DeskKeyRow, {"id": key}) for key in keys),
            ]
        )
    )
    house.desk.own = None
