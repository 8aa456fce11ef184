"""What a peer sends has one effect, however often and in whatever order it comes."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from neighbours import Wire, arrived, make_erase, make_letter, open_neighbours
from pe_core.desk.sealing import new_id
from pe_core.errors import PacketRefused
from pe_core.model.peer import PeerCode, ThreadId
from pe_core.model.week import week_of
from pe_core.network.identity import make_hello, read_begun
from pe_core.network.receipts import read_receipt
from pe_core.network.receiving import KEPT_LONGER, LONGEST_USE, take_in
from pe_core.network.sending import STILL_TRIED, queue
from pe_core.network.wire import WINDOW, AnyPacket, Outcome, Sealed, encode_packet
from pe_core.store import EpochRow, PeerRow, Update
from pe_core.toolkit.embassy import close_embassy
from pe_core.toolkit.invented import Clock
from storing import bytes_on_disk

Run = Callable[[Awaitable[Any]], Any]
replace = msgspec.structs.replace


def taken(wire: Wire, packet: AnyPacket, sender: str = "") -> Awaitable[bytes]:
    """Let the receiver take a packet in whose HTTP signature was ``sender``'s."""
    now = int(wire.clock.now().timestamp())
    desk = wire.embassies[packet.to].desk
    return take_in(desk, encode_packet(packet), sender or packet.sender, now)


def read(run: Run, wire: Wire, packet: AnyPacket, raw: bytes) -> Outcome:
    """Return what a receipt says, as its sender reads it."""
    own = run(read_begun(wire.embassies[packet.to].desk))
    return read_receipt(raw, own.keyset.peer)


def refusal(run: Run, wire: Wire, packet: AnyPacket, sender: str = "") -> tuple[str, int]:
    """Return why a packet is refused."""
    with pytest.raises(PacketRefused) as caught:
        run(taken(wire, packet, sender))
    return caught.value.code, caught.value.status


def test_a_letter_is_kept_with_its_receipt(wire: Wire, pe_run: Run) -> None:
    letter = pe_run(make_letter(wire, "aa", "bb"))
    receipt = pe_run(taken(wire, letter))
    outcome = read(pe_run, wire, letter, receipt)
    (row,) = pe_run(arrived(wire, "bb"))

    assert ("kept", letter.id, "bb", "aa") == (outcome.done, outcome.id, outcome.sender, outcome.to)
    assert pe_run(read_begun(wire.embassies["bb"].desk)).referral == outcome.referral
    assert letter.sealed == row.body
    assert receipt == row.receipt
    assert (letter.thread, 1, letter.epoch, 1) == (row.thread, row.number, row.epoch, row.serial)


def test_the_same_letter_again_gets_the_same_receipt_and_no_second_row(
    wire: Wire, pe_run: Run, pe_clock: Clock
) -> None:
    letter = pe_run(make_letter(wire, "aa", "bb"))
    first = pe_run(taken(wire, letter))
    pe_clock.move(hours=30)

    assert first == pe_run(taken(wire, letter))
    pe_run(taken(wire, make_erase(letter)))
    assert first == pe_run(taken(wire, letter)), "also after it was taken back"
    assert [None] == [row.body for row in pe_run(arrived(wire, "bb")) if row.number]


def test_copies_that_come_in_one_moment_have_one_effect(wire: Wire, pe_run: Run) -> None:
    letter = pe_run(make_letter(wire, "aa", "bb"))

    async def storm() -> list[bytes]:
        return await asyncio.gather(*(taken(wire, letter) for _ in range(20)))

    receipts = pe_run(storm())
    assert 1 == len(set(receipts))
    assert 1 == len(pe_run(arrived(wire, "bb")))


def test_an_erase_and_its_letter_in_one_moment_leave_no_body(wire: Wire, pe_run: Run) -> None:
    letters = [pe_run(make_letter(wire, "aa", "bb")) for _ in range(10)]

    async def race() -> None:
        both = [p for letter in letters for p in (letter, make_erase(letter))]
        await asyncio.gather(*(taken(wire, packet) for packet in both))

    pe_run(race())
    assert {None} == {row.body for row in pe_run(arrived(wire, "bb"))}


def test_another_body_under_a_known_id_is_refused(wire: Wire, pe_run: Run) -> None:
    letter = pe_run(make_letter(wire, "aa", "bb"))
    pe_run(taken(wire, letter))
    changed = replace(letter, sealed=pe_run(make_letter(wire, "aa", "bb")).sealed)

    assert ("changed", 422) == refusal(pe_run, wire, changed)
    assert [letter.sealed] == [row.body for row in pe_run(arrived(wire, "bb"))]


def test_a_lower_number_after_a_higher_one_is_refused_unless_it_is_a_copy(
    wire: Wire, pe_run: Run
) -> None:
    first = pe_run(make_letter(wire, "aa", "bb"))
    second = replace(first, id=new_id(), number=2)
    fifth = replace(first, id=new_id(), number=5)
    again = replace(first, id=new_id(), number=2)
    for packet in (first, second, fifth):
        pe_run(taken(wire, packet))

    assert ("out_of_order", 422) == refusal(pe_run, wire, again)
    assert ("out_of_order", 422) == refusal(pe_run, wire, replace(again, number=5))
    pe_run(taken(wire, second))
    other = replace(again, thread=ThreadId(new_id()), number=1)
    pe_run(taken(wire, other))
    assert {first.id, second.id, fifth.id, other.id} == {
        row.id for row in pe_run(arrived(wire, "bb"))
    }


def test_a_letter_whose_time_is_over_is_told_so_and_not_kept(
    wire: Wire, pe_run: Run, pe_clock: Clock
) -> None:
    letter = pe_run(make_letter(wire, "aa", "bb", lasting=3600))
    pe_clock.move(seconds=3601)

    assert "out_of_time" == read(pe_run, wire, letter, pe_run(taken(wire, letter))).done
    assert [] == pe_run(arrived(wire, "bb"))


def test_an_erase_takes_bodies_out_of_the_files_and_leaves_what_others_sent(
    wire: Wire, pe_run: Run, tmp_path: Path
) -> None:
    letter = pe_run(make_letter(wire, "aa", "bb"))
    second = replace(pe_run(make_letter(wire, "aa", "bb", letter.thread)), number=2)
    for packet in (letter, second):
        pe_run(taken(wire, packet))
    assert letter.sealed in bytes_on_disk(tmp_path / "bb" / "data")
    outcome = read(pe_run, wire, letter, pe_run(taken(wire, erase := make_erase(letter))))

    assert ("erased", erase.id) == (outcome.done, outcome.id)
    on_disk = bytes_on_disk(tmp_path / "bb" / "data")
    assert letter.sealed not in on_disk
    assert second.sealed in on_disk
    assert {letter.id: None, second.id: second.sealed} == {
        row.id: row.body for row in pe_run(arrived(wire, "bb")) if row.number
    }


def test_an_erase_that_overtakes_its_letter_wins(wire: Wire, pe_run: Run) -> None:
    letter = pe_run(make_letter(wire, "aa", "bb"))
    pe_run(taken(wire, make_erase(letter)))
    late = pe_run(taken(wire, letter))

    assert "erased" == read(pe_run, wire, letter, late).done
    assert late == pe_run(taken(wire, letter))
    assert {None} == {row.body for row in pe_run(arrived(wire, "bb"))}


def test_an_erase_reaches_only_what_its_own_sender_sent(
    tmp_path: Path, pe_clock: Clock, pe_run: Run
) -> None:
    wire = pe_run(open_neighbours(tmp_path, pe_clock, ["aa", "bb", "cc"]))
    letter = pe_run(make_letter(wire, "aa", "bb"))
    pe_run(taken(wire, letter))
    pe_run(taken(wire, replace(make_erase(letter), sender=PeerCode("cc"))))
    rows = pe_run(arrived(wire, "bb"))
    for embassy in wire.embassies.values():
        pe_run(close_embassy(embassy))

    assert [letter.sealed] == [row.body for row in rows if row.peer == "aa"]


def test_a_hello_is_known_once(wire: Wire, pe_run: Run) -> None:
    desk = wire.embassies["aa"].desk
    own = pe_run(read_begun(desk))
    hello = make_hello(desk, own, PeerCode("bb"), confirmed=True)
    first = pe_run(taken(wire, hello))

    assert first == pe_run(taken(wire, hello))
    assert 1 == len(pe_run(arrived(wire, "bb")))
    assert hello.id == read(pe_run, wire, hello, first).id


Bend = Callable[[Sealed], Sealed]
WEEK = 7 * 24 * 3600


@pytest.mark.parametrize(
    ("bend", "expected"),
    [
        (lambda p: replace(p, to=PeerCode("cc")), ("not_here", 421)),
        (lambda p: replace(p, created=p.created - STILL_TRIED - WINDOW - 1), ("too_old", 400)),
        (lambda p: replace(p, created=p.created + WINDOW + 1), ("from_the_future", 409)),
        (lambda p: replace(p, until=p.created), ("not_a_packet", 400)),
        (lambda p: replace(p, until=p.created + LONGEST_USE + 1), ("not_a_packet", 400)),
        (lambda p: replace(p, epoch="referral/2026-W47.1"), ("no_such_key", 422)),
        (lambda p: replace(p, epoch="referral/2026-W48.2"), ("no_such_key", 422)),
        (lambda p: replace(p, sealed=b"no envelope"), ("no_envelope", 400)),
        (lambda p: replace(p, sealed=p.sealed[:-1]), ("no_envelope", 400)),
        (lambda p: replace(p, sealed=b""), ("no_envelope", 400)),
        (lambda p: replace(p, number=0), ("not_a_packet", 400)),
        (lambda p: replace(p, id="short"), ("not_a_packet", 400)),
    ],
    ids=[
        "to somebody else",
        "too old",
        "from the future",
        "of no use from the start",
        "of use for ever",
        "to a key that never was",
        "to a key that is not yet",
        "sealed nonsense",
        "an envelope cut short",
        "nothing sealed",
        "without a number",
        "with another kind of id",
    ],
)
def test_a_letter_that_does_not_fit_is_refused_and_leaves_nothing(
    wire: Wire, pe_run: Run, bend: Bend, expected: tuple[str, int]
) -> None:
    bent = bend(pe_run(make_letter(wire, "aa", "bb")))
    with pytest.raises(PacketRefused) as caught:
        now = int(wire.clock.now().timestamp())
        pe_run(take_in(wire.embassies["bb"].desk, encode_packet(bent), "aa", now))

    assert expected == (caught.value.code, caught.value.status)
    assert [] == pe_run(arrived(wire, "bb"))


@pytest.mark.parametrize("age", [STILL_TRIED + WINDOW, -WINDOW])
def test_a_letter_of_these_days_is_taken(wire: Wire, pe_run: Run, age: int) -> None:
    letter = pe_run(make_letter(wire, "aa", "bb"))
    late = replace(letter, created=letter.created - age, until=letter.created + WINDOW + 1)

    assert "kept" == read(pe_run, wire, late, pe_run(taken(wire, late))).done


def test_a_packet_of_somebody_else_is_not_taken_from_this_peer(wire: Wire, pe_run: Run) -> None:
    letter = pe_run(make_letter(wire, "aa", "bb"))

    assert ("not_yours", 403) == refusal(pe_run, wire, letter, sender="cc")


def test_a_letter_to_a_key_that_has_died_is_refused(wire: Wire, pe_run: Run) -> None:
    letter = pe_run(make_letter(wire, "aa", "bb"))
    store = wire.embassies["bb"].store
    pe_run(store.write([Update(EpochRow, (letter.epoch,), {"ends": 1})]))

    assert ("no_such_key", 422) == refusal(pe_run, wire, letter)


LETTER, ERASE, HELLO = "letter", "erase", "hello"
TAKEN = None


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, (TAKEN, TAKEN, TAKEN)),
        ({"state": "paused"}, (("paused", 503), TAKEN, TAKEN)),
        (
            {"state": "blocked"},
            (("not_known", 403), ("not_known", 403), ("not_known", 403)),
        ),
        ({"state": "proposed"}, (("not_paired", 403), TAKEN, TAKEN)),
        ({"ours": 0}, (("not_paired", 403), ("not_paired", 403), TAKEN)),
        ({"theirs": 0}, (("not_paired", 403), TAKEN, TAKEN)),
        (
            {"state": "paused", "ours": 0},
            (("not_paired", 403), ("not_paired", 403), TAKEN),
        ),
    ],
    ids=["active", "paused", "blocked", "proposed", "not ours", "not theirs", "paused too early"],
)
def test_how_far_a_peer_is_trusted_says_what_it_may_send(
    wire: Wire,
    pe_run: Run,
    values: dict[str, Any],
    expected: tuple[tuple[str, int] | None, ...],
) -> None:
    letter = pe_run(make_letter(wire, "aa", "bb"))
    desk = wire.embassies["aa"].desk
    hello = make_hello(desk, pe_run(read_begun(desk)), PeerCode("bb"), confirmed=True)
    if values:
        pe_run(wire.embassies["bb"].store.write([Update(PeerRow, ("aa",), values)]))
    found: list[tuple[str, int] | None] = []
    for packet in (letter, make_erase(letter), hello):
        try:
            pe_run(taken(wire, packet))
            found.append(TAKEN)
        except PacketRefused as error:
            found.append((error.code, error.status))

    assert expected == tuple(found)


def test_a_stranger_is_refused(wire: Wire, pe_run: Run) -> None:
    letter = replace(pe_run(make_letter(wire, "aa", "bb")), sender=PeerCode("cc"))

    assert ("not_known", 403) == refusal(pe_run, wire, letter)


@pytest.mark.parametrize(
    ("lasting", "weeks"),
    [(3 * 24 * 3600, 5), (WEEK, 6), (26 * WEEK, 31)],
    ids=["a few days", "a week", "half a year"],
)
def test_a_row_outlives_every_copy_of_its_packet(
    wire: Wire, pe_run: Run, lasting: int, weeks: int
) -> None:
    pe_run(taken(wire, pe_run(make_letter(wire, "aa", "bb", lasting=lasting))))
    (row,) = pe_run(arrived(wire, "bb"))

    assert weeks == row.keep_until - week_of(wire.clock.now().date())
    assert 5 == KEPT_LONGER


def test_what_is_written_down_of_a_letter_is_what_the_rows_say(
    wire: Wire, pe_run: Run, tmp_path: Path
) -> None:
    letter = pe_run(make_letter(wire, "aa", "bb", text=b"a marker of words"))
    today = wire.clock.now().date()
    pe_run(wire.embassies["aa"].store.write(queue(letter, today)))
    pe_run(taken(wire, letter))

    for code in ("aa", "bb"):
        assert b"a marker of words" not in bytes_on_disk(tmp_path / code / "data")
