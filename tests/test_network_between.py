"""A hello of the other side comes in between a person's look at an embassy and their step."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.two_embassies import Post, Run, Side, close_side, open_side

from pe_core.control import commands_of
from pe_core.errors import NotAllowed
from pe_core.model.trail import Act
from pe_core.network import pairing
from pe_core.network.identity import make_hello, read_begun
from pe_core.network.pairing import WRITES, hear_hello, pin
from pe_core.network.wire import Hello
from pe_core.rules.pairing import Pairing
from pe_core.store import Delete, PeerRow
from pe_core.toolkit.browser import Browser
from pe_core.toolkit.invented import Clock
from pe_core.vault import keys_of, new_seed, read_keyset, sign_keyset

MEANWHILE = "staff.peers.changed_meanwhile"
Event = Callable[[], Awaitable[None]]


class Between(asyncio.Lock):
    """The lock of the trail, before which each time the next of some events happens.

    Whoever waits for it has looked at the rows already, and has written nothing yet.
    """

    def __init__(self, *events: Event) -> None:
        super().__init__()
        self.events = list(events)
        self.happens = False

    async def acquire(self) -> Any:
        if self.events and not self.happens:
            self.happens = True
            await self.events.pop(0)()
            self.happens = False
        return await super().acquire()


@pytest.fixture
def sides(tmp_path: Path, pe_clock: Clock, pe_run: Run) -> Iterator[tuple[Side, Side]]:
    """Two embassies; the first has asked the other one who it is."""
    one, other = (open_side(pe_run, tmp_path, pe_clock, code) for code in ("zz", "yy"))
    Post(pe_run, one, other)
    one.propose(other)
    yield one, other
    for side in (one, other):
        close_side(side)


def hello(one: Side, other: Side, **said: bool) -> Hello:
    own = one.run(read_begun(other.desk))
    made: Hello = make_hello(other.desk, own, one.code, **said)  # type: ignore[arg-type]
    return made


def heard(one: Side, packet: Hello) -> Event:
    """Return the event that a hello comes in, as the inbox takes it."""

    async def hear() -> None:
        changes, _ = await hear_hello(one.desk, packet, int(one.desk.now().timestamp()))
        assert changes
        await one.desk.store.write(changes)

    return hear


def hellos(one: Side, other: Side, number: int) -> list[Event]:
    """Return hellos each of which changes the row: confirmed, and paused or not in turn."""
    packets = [hello(one, other, confirmed=True, paused=turn % 2 == 0) for turn in range(number)]
    return [heard(one, packet) for packet in packets]


def refused(one: Side, awaitable: Awaitable[Any]) -> str:
    with pytest.raises(NotAllowed) as error:
        one.run(awaitable)
    return error.value.key


def test_whoever_confirms_while_the_other_side_does_so_is_connected(
    sides: tuple[Side, Side],
) -> None:
    one, other = sides
    one.desk.trail_lock = Between(heard(one, hello(one, other, confirmed=True)))

    assert "active" == one.confirm(other)
    assert ("active", 1, 1, 0) == one.stands(other)
    assert [(Act.PEER_ACTIVE, "yy"), (Act.PEER_CONFIRMED, "yy")] == one.acts()[-2:]
    assert [True] == [packet.confirmed for packet in one.waiting()]


def test_words_are_taken_though_something_came_in_between_three_times(
    sides: tuple[Side, Side],
) -> None:
    one, other = sides
    one.desk.trail_lock = Between(*hellos(one, other, WRITES - 1))

    assert "active" == one.confirm(other)
    assert ("active", 1, 1, 1) == one.stands(other)


def test_whoever_is_never_let_through_is_told_so_and_nothing_is_changed(
    sides: tuple[Side, Side],
) -> None:
    one, other = sides
    one.desk.trail_lock = Between(*hellos(one, other, WRITES))
    told = refused(one, pairing.confirm(one.desk, one.session, "yy", other.words))

    assert MEANWHILE == told
    assert ("proposed", 0, 1, 0) == one.stands(other)
    assert Act.PEER_CONFIRMED not in [act for act, _ in one.acts()]
    assert [False] == [packet.confirmed for packet in one.waiting()]


def test_words_are_compared_anew_with_whoever_is_there_then(sides: tuple[Side, Side]) -> None:
    one, other = sides
    root, peer, desk = (keys_of(new_seed()) for _ in range(3))
    now = int(one.desk.now().timestamp())
    signed = sign_keyset(root, "yy", peer=peer.verify_key, desk=desk.verify_key, now=now)

    async def change_places() -> None:
        row = await one.desk.store.get(PeerRow, "yy")
        assert row is not None
        gone = Delete(PeerRow, {"code": "yy"})
        other_one = pin(
            one.desk, read_keyset(signed), signed, Pairing(theirs=True), row.address, None
        )
        await one.desk.store.write([gone, *other_one])

    one.desk.trail_lock = Between(change_places)
    told = refused(one, pairing.confirm(one.desk, one.session, "yy", other.words))

    assert "staff.peers.words.different" == told
    assert ("proposed", 0, 1, 0) == one.stands(other)


def test_the_page_goes_on_after_one_and_says_it_beside_the_field_after_many(
    sides: tuple[Side, Side], pe_run: Run, pe_clock: Clock
) -> None:
    one, other = sides
    browser = Browser(one.embassy.app(), pe_run)
    account = one.embassy.account

    def sign_in() -> None:
        pe_clock.move(minutes=1)
        browser.go("/en/staff/unlock")
        code = account.code(pe_clock.now())
        browser.send({"name": account.handle, "passphrase": account.passphrase, "code": code})

    def send() -> Any:
        browser.go("/en/staff/peers/yy")
        typed = {"words": other.words, "passphrase": account.passphrase, "act": "confirm"}
        return browser.send(typed, form="/yy")

    sign_in()
    one.desk.trail_lock = Between(*hellos(one, other, WRITES))
    stuck = send()
    one.desk.trail_lock = Between(*hellos(one, other, 1))
    done = send()
    browser.close()

    assert 422 == stuck.status
    assert "the other embassy's server sent something new at each try" in stuck.words
    assert other.words in stuck.text, "what was typed stays there"
    assert "You are connected" in done.words


def test_the_command_goes_on_after_one_and_is_refused_after_many(sides: tuple[Side, Side]) -> None:
    one, other = sides
    confirm = commands_of(one.desk)["peer-confirm"]
    typed = {"code": "yy", "words": other.words}
    one.desk.trail_lock = Between(*hellos(one, other, WRITES))
    told = refused(one, confirm(typed))
    one.desk.trail_lock = Between(*hellos(one, other, 1))

    assert MEANWHILE == told
    assert "active" == one.run(confirm(typed))


@pytest.mark.parametrize(
    ("act", "state"),
    [(pairing.pause, "paused"), (pairing.block, "blocked")],
)
def test_what_makes_less_pass_is_not_kept_from_it_by_a_hello(
    sides: tuple[Side, Side], act: Callable[..., Awaitable[None]], state: str
) -> None:
    one, other = sides
    one.confirm(other)
    one.run(heard(one, hello(one, other, confirmed=True))())
    one.desk.trail_lock = Between(heard(one, hello(one, other, confirmed=True, paused=True)))
    one.run(act(one.desk, one.session, "yy"))

    assert (state, 1) == (one.stands(other)[0], one.stands(other)[3])


def test_what_the_other_side_took_back_in_between_is_not_resumed_as_if_it_had_not(
    sides: tuple[Side, Side],
) -> None:
    one, other = sides
    one.confirm(other)
    one.run(heard(one, hello(one, other, confirmed=True))())
    one.run(pairing.pause(one.desk, one.session, "yy"))
    one.desk.trail_lock = Between(heard(one, hello(one, other, confirmed=False)))
    one.run(pairing.resume(one.desk, one.session, "yy"))

    assert ("proposed", 1, 0, 0) == one.stands(other)


def test_whoever_became_active_in_between_is_not_forgotten(sides: tuple[Side, Side]) -> None:
    one, other = sides
    one.confirm(other)
    one.desk.trail_lock = Between(heard(one, hello(one, other, confirmed=True)))

    assert "staff.peers.not_now" == refused(one, pairing.forget(one.desk, one.session, "yy"))
    assert ("active", 1, 1, 0) == one.stands(other)
