"""What an act gives to the courier is written with the act, numbered without a gap."""

from collections.abc import Awaitable, Callable, Iterator
from datetime import date
from typing import Any

import pytest

from pe_core.desk.desk import Desk
from pe_core.desk.sealing import new_id
from pe_core.errors import Conflict
from pe_core.model.peer import PeerCode, ThreadId
from pe_core.model.week import week_of
from pe_core.network.sending import KEPT_LONGER, STILL_TRIED, last_day, next_number, queue
from pe_core.network.wire import AnyPacket, Erase, Hello, Sealed, encode_packet
from pe_core.store import Delete, OutgoingRow, OutgoingThreadRow, PeerRow
from pe_core.store.changes import Insert

Run = Callable[[Awaitable[Any]], Any]

NOW = 1_795_514_400
"""Tuesday 24 November 2026, 10:00 UTC."""
DAY = 24 * 3600
TODAY = date(2026, 11, 24)
PEER = PeerCode("yy")


def sealed(thread: ThreadId, number: int, until: int = NOW + 14 * DAY) -> Sealed:
    return Sealed(
        id=new_id(),
        sender=PeerCode("zz"),
        to=PEER,
        created=NOW,
        thread=thread,
        number=number,
        epoch="referral/2026-W48.1",
        until=until,
        sealed=b"an envelope",
    )


def hello() -> Hello:
    return Hello(
        id=new_id(),
        sender=PeerCode("zz"),
        to=PEER,
        created=NOW,
        address="https://zz.example",
        keyset=b"a keyset",
    )


@pytest.fixture
def desk(pe_desk: Desk, pe_run: Run) -> Iterator[Desk]:
    """A desk that knows one peer, whose rows purge would else take for orphans."""
    row = PeerRow(
        code=PEER,
        state="active",
        ours=1,
        theirs=1,
        day=TODAY.toordinal(),
        serial=1,
        address="https://yy.example",
        referral=None,
    )
    pe_run(pe_desk.store.write([Insert(row)]))
    yield pe_desk


def test_numbers_of_a_thread_grow_by_one_and_outlive_the_packets(desk: Desk, pe_run: Run) -> None:
    thread, other = ThreadId(new_id()), ThreadId(new_id())
    given = []
    for _ in range(3):
        number = pe_run(next_number(desk, PEER, thread))
        given.append(number)
        packet = sealed(thread, number)
        pe_run(desk.store.write(queue(packet, TODAY)))
        pe_run(desk.store.write([Delete(OutgoingRow, {"id": packet.id})]))

    assert [1, 2, 3] == given
    assert 4 == pe_run(next_number(desk, PEER, thread))
    assert 1 == pe_run(next_number(desk, PEER, other))
    assert 1 == pe_run(next_number(desk, PeerCode("xx"), thread))


@pytest.mark.parametrize("number", [1, 2], ids=["the first", "a later one"])
def test_of_two_acts_with_one_number_only_the_first_is_written(
    desk: Desk, pe_run: Run, number: int
) -> None:
    thread = ThreadId(new_id())
    for before in range(1, number):
        pe_run(desk.store.write(queue(sealed(thread, before), TODAY)))
    pe_run(desk.store.write(queue(sealed(thread, number), TODAY)))

    with pytest.raises(Conflict):
        pe_run(desk.store.write(queue(sealed(thread, number), TODAY)))
    assert number == pe_run(desk.store.count(OutgoingRow))


def test_one_act_gives_two_packets_of_a_thread(desk: Desk, pe_run: Run) -> None:
    thread = ThreadId(new_id())
    number = pe_run(next_number(desk, PEER, thread))
    both = [sealed(thread, number), sealed(thread, number + 1)]
    pe_run(desk.store.write([change for packet in both for change in queue(packet, TODAY)]))

    rows = pe_run(desk.store.select(OutgoingRow, order="number"))
    assert [packet.id for packet in both] == [row.id for row in rows]


def test_a_row_says_where_a_packet_goes_and_holds_it_whole(desk: Desk, pe_run: Run) -> None:
    thread = ThreadId(new_id())
    letter, greeting = sealed(thread, 1), hello()
    taken_back = Erase(
        id=new_id(),
        sender=PeerCode("zz"),
        to=PEER,
        created=NOW,
        thread=thread,
        packets=(letter.id,),
    )
    expected = {
        letter.id: (thread, 1, encode_packet(letter)),
        greeting.id: ("", 0, encode_packet(greeting)),
        taken_back.id: (thread, 0, encode_packet(taken_back)),
    }
    for packet in (letter, greeting, taken_back):
        pe_run(desk.store.write(queue(packet, TODAY)))

    rows = pe_run(desk.store.select(OutgoingRow))
    assert expected == {row.id: (row.thread, row.number, row.packet) for row in rows}
    assert {("yy", "waiting", TODAY.toordinal(), 0)} == {
        (row.peer, row.state, row.day, row.tries) for row in rows
    }


@pytest.mark.parametrize(
    ("packet", "last"),
    [
        (sealed(ThreadId(new_id()), 1, until=NOW + 3 * DAY), date(2026, 11, 27)),
        (sealed(ThreadId(new_id()), 1, until=NOW + 90 * DAY), date(2026, 12, 8)),
        (hello(), date(2026, 12, 8)),
    ],
    ids=["of use for three days", "of use for longer than it is taken", "a hello"],
)
def test_a_packet_is_of_use_until_its_end_or_until_nobody_takes_it(
    packet: AnyPacket, last: date
) -> None:
    assert last == last_day(packet)
    assert 14 * DAY == STILL_TRIED


@pytest.mark.parametrize(
    ("until", "last_use"),
    [(NOW + 3 * DAY, date(2026, 12, 8)), (NOW + 90 * DAY, date(2027, 2, 22))],
    ids=["of use for three days", "of use for ninety"],
)
def test_a_threads_number_goes_after_the_receiver_has_forgotten_its_packets(
    desk: Desk, pe_run: Run, until: int, last_use: date
) -> None:
    thread = ThreadId(new_id())
    pe_run(desk.store.write(queue(sealed(thread, 1, until), TODAY)))
    last = week_of(last_use) + KEPT_LONGER

    pe_run(desk.store.purge(last))
    assert 1 == pe_run(desk.store.count(OutgoingThreadRow))
    pe_run(desk.store.purge(last + 1))
    assert 0 == pe_run(desk.store.count(OutgoingThreadRow))
