"""What is given to the courier of peers arrives once and in order, or a person sees it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest

from neighbours import (
    Bend,
    Wire,
    arrived,
    courier_of,
    give,
    hang,
    introduce,
    make_erase,
    make_letter,
    open_neighbours,
    send,
    straight,
)
from pe_core.desk.sealing import new_id
from pe_core.errors import (
    AddressRefused,
    AnswerRefused,
    DoorError,
    NoAnswer,
    StoreError,
    UpkeepRefused,
)
from pe_core.model.peer import PeerCode
from pe_core.model.trail import Act
from pe_core.network import pairing
from pe_core.network.breaker import Breaker, Pace, wait_after
from pe_core.network.carrying import AT_ONCE, AT_ONCE_EACH, LOOK_EVERY, PeerCourier
from pe_core.network.identity import make_hello, read_begun
from pe_core.network.receipts import digest_of, sign_receipt
from pe_core.network.waiting import try_again
from pe_core.network.wire import Outcome, encode_packet
from pe_core.store import Delete, OutgoingRow, PeerRow, Update
from pe_core.toolkit.embassy import close_embassy
from pe_core.toolkit.invented import Clock, unlock_account
from pe_core.upkeep import do_upkeep
from pe_core.vault import Keys, keys_of, new_seed, sign_referral_key

Run = Callable[[Awaitable[Any]], Any]
Pass = Callable[[], Awaitable[bytes]]
replace = msgspec.structs.replace
DAY = 24 * 3600


def left(wire: Wire, code: str = "aa") -> list[tuple[str, str]]:
    """Return what still lies at an embassy, with its state."""
    rows = wire.embassies[code].store.select(OutgoingRow, order="number")
    return [(row.id, row.state) for row in _wait(rows)]


_wait: Run = asyncio.run
"""Set to the loop of the running test."""


@pytest.fixture(autouse=True)
def one_loop(pe_run: Run) -> None:
    """Let ``left`` read on the loop that the stores live on."""
    global _wait
    _wait = pe_run


def carry(run: Run, courier: PeerCourier, clock: Clock, **span: float) -> int:
    """Let time pass in steps of the courier's own rests, and return what was taken meanwhile."""
    end = clock.now() + timedelta(**span)
    taken: int = run(courier.deliver())
    while clock.now() < end:
        rest = max(courier.rest(), 0.001)
        clock.move(seconds=min(rest, (end - clock.now()).total_seconds()))
        taken += run(courier.deliver())
    return taken


def refusing(error: DoorError) -> Bend:
    async def bend(_wire: Wire, _to: str, _pass_on: Pass) -> bytes:
        raise error

    return bend


def in_turn(*bends: Bend) -> Bend:
    """Bend the first requests so, and let the others pass."""
    left_over = list(bends)

    async def bend(wire: Wire, to: str, pass_on: Pass) -> bytes:
        return await (left_over.pop(0) if left_over else straight)(wire, to, pass_on)

    return bend


async def lose_the_answer(_wire: Wire, _to: str, pass_on: Pass) -> bytes:
    await pass_on()
    raise NoAnswer("the connection broke")


async def twice(_wire: Wire, _to: str, pass_on: Pass) -> bytes:
    await pass_on()
    return await pass_on()


def test_letters_of_a_thread_arrive_in_order_and_nothing_is_left(wire: Wire, pe_run: Run) -> None:
    first = pe_run(send(wire, "aa", "bb"))
    letters = [first, *(pe_run(send(wire, "aa", "bb", first.thread)) for _ in range(6))]
    heard: list[str] = []
    wire.embassies["bb"].desk.hears.append(
        lambda changes: heard.extend(change.row.id for change in changes if hasattr(change, "row"))
    )

    assert 7 == pe_run(courier_of(wire, "aa").deliver())
    assert [letter.id for letter in letters] == heard
    assert [] == left(wire)


def test_a_thread_has_one_letter_on_its_way_a_peer_four_and_all_thirty_two(
    tmp_path: Path, pe_clock: Clock, pe_run: Run
) -> None:
    codes = ["aa", *(f"{chr(98 + n)}{chr(98 + n)}" for n in range(12))]
    wire = pe_run(open_neighbours(tmp_path, pe_clock, codes))
    for code in codes[1:]:
        for _ in range(5):
            letter = pe_run(send(wire, "aa", code))
            pe_run(send(wire, "aa", code, letter.thread))
    running: dict[str, int] = dict.fromkeys(codes, 0)
    most: list[tuple[int, int]] = []

    async def look(_wire: Wire, to: str, pass_on: Pass) -> bytes:
        running[to] += 1
        most.append((running[to], sum(running.values())))
        for _ in range(5):
            await asyncio.sleep(0)
        answer = await pass_on()
        running[to] -= 1
        return answer

    wire.bend = look
    taken = pe_run(courier_of(wire, "aa").deliver())
    counted = [len(pe_run(arrived(wire, code))) for code in codes[1:]]
    for embassy in wire.embassies.values():
        pe_run(close_embassy(embassy))

    assert 12 * 5 * 2 == taken
    assert [10] * 12 == counted
    assert (AT_ONCE_EACH, AT_ONCE) == (max(n for n, _ in most), max(n for _, n in most))
    assert (4, 32) == (AT_ONCE_EACH, AT_ONCE)


@pytest.mark.parametrize(
    "bends",
    [
        (lose_the_answer,),
        (lose_the_answer,) * 4,
        (twice,),
        (hang, lose_the_answer, hang, twice),
        (refusing(AnswerRefused(500)), refusing(AnswerRefused(502)), lose_the_answer),
        (refusing(AddressRefused("no public address")),),
        (refusing(AnswerRefused(401)), refusing(AnswerRefused(409)), refusing(AnswerRefused(429))),
    ],
    ids=[
        "a crash between effect and receipt",
        "four of them",
        "a doubled delivery",
        "all at once",
        "a peer that has faults",
        "a name that leads nowhere",
        "a peer whose clock is off, and which is busy",
    ],
)
def test_whatever_happens_on_the_way_a_letter_has_one_effect(
    wire: Wire, pe_run: Run, pe_clock: Clock, bends: tuple[Bend, ...]
) -> None:
    wire.bend = in_turn(*bends)
    first = pe_run(send(wire, "aa", "bb"))
    second = pe_run(send(wire, "aa", "bb", first.thread))
    taken = carry(pe_run, courier_of(wire, "aa"), pe_clock, hours=3)

    assert 2 == taken
    assert [first.id, second.id] == [row.id for row in pe_run(arrived(wire, "bb"))]
    assert [] == left(wire)
    assert 2 + sum(1 for bend in bends if bend is not twice) == wire.asked["bb"]


@pytest.mark.parametrize("status", [400, 403, 404, 410, 413, 415, 421, 422])
def test_a_poison_letter_is_a_dead_letter_at_once_and_the_next_one_goes_on(
    wire: Wire, pe_run: Run, status: int
) -> None:
    first = pe_run(send(wire, "aa", "bb"))
    second = pe_run(send(wire, "aa", "bb", first.thread))
    wire.bend = in_turn(refusing(AnswerRefused(status)))

    assert 1 == pe_run(courier_of(wire, "aa").deliver())
    assert [(first.id, "dead")] == left(wire)
    assert [second.id] == [row.id for row in pe_run(arrived(wire, "bb"))]


def test_every_coordinator_is_told_of_a_dead_letter(
    wire: Wire, pe_run: Run, pe_clock: Clock
) -> None:
    here = wire.embassies["aa"]
    session = pe_run(unlock_account(here.desk, pe_clock, here.account))
    pe_run(send(wire, "aa", "bb"))
    wire.bend = refusing(AnswerRefused(410))
    pe_run(courier_of(wire, "aa").deliver())

    from pe_core.desk.watching import refresh_alerts

    pe_run(refresh_alerts(here.desk, session))
    assert [(Act.PACKET_DEAD, "bb")] == [
        (alert.act, alert.what) for alert in session.alerts if alert.act is Act.PACKET_DEAD
    ]


def test_a_peer_that_hangs_holds_up_nobody_else(
    tmp_path: Path, pe_clock: Clock, pe_run: Run
) -> None:
    wire = pe_run(open_neighbours(tmp_path, pe_clock, ["aa", "bb", "cc"]))
    for code in ("bb", "cc"):
        for _ in range(9):
            pe_run(send(wire, "aa", code))
    others = asyncio.Event()

    async def one_hangs(wire: Wire, to: str, pass_on: Pass) -> bytes:
        if to == "bb":
            await others.wait()
            raise NoAnswer("it took too long")
        answer = await pass_on()
        if wire.asked["cc"] == 9:
            others.set()
        return answer

    wire.bend = one_hangs
    taken = pe_run(courier_of(wire, "aa").deliver())
    for embassy in wire.embassies.values():
        pe_run(close_embassy(embassy))

    assert 9 == taken
    assert wire.asked["bb"] <= AT_ONCE_EACH + 1


def test_a_peer_that_never_acknowledges_is_given_up_after_seven_days(
    wire: Wire, pe_run: Run, pe_clock: Clock
) -> None:
    letter = pe_run(send(wire, "aa", "bb"))
    wire.bend = hang
    courier = courier_of(wire, "aa")

    carry(pe_run, courier, pe_clock, days=7)
    assert [(letter.id, "waiting")] == left(wire)
    carry(pe_run, courier, pe_clock, days=1)
    assert [(letter.id, "dead")] == left(wire)
    assert wire.asked["bb"] < 8 * 24 * 2 * 4 / 3 + 10, "but for the first, one try in half an hour"


async def _lie(wire: Wire, told: Callable[[Outcome], Outcome], signer: Keys | None) -> Bend:
    """Return what answers every packet with a receipt that is well made and not true."""
    own = await read_begun(wire.embassies["bb"].desk)
    row = (await wire.embassies["aa"].store.select(OutgoingRow))[0]
    outcome = Outcome(
        id=row.id,
        sender=PeerCode("bb"),
        to=PeerCode("aa"),
        digest=digest_of(row.packet),
        done="kept",
    )
    receipt = sign_receipt(signer or own.peer, told(outcome))

    async def bend(_wire: Wire, _to: str, _pass_on: Pass) -> bytes:
        return receipt

    return bend


@pytest.mark.parametrize(
    ("told", "signer", "expected"),
    [
        (lambda o: o, None, 1),
        (lambda o: o, keys_of(new_seed()), 0),
        (lambda o: replace(o, digest=digest_of(b"something else")), None, 0),
        (lambda o: replace(o, id=new_id()), None, 0),
        (lambda o: replace(o, sender=PeerCode("cc")), None, 0),
        (lambda o: replace(o, to=PeerCode("cc")), None, 0),
        (lambda o: replace(o, done="known"), None, 0),
        (lambda o: replace(o, done=""), None, 0),
    ],
    ids=[
        "the truth",
        "signed by another key",
        "of other bytes",
        "of another packet",
        "by another embassy",
        "for another embassy",
        "of another kind of packet",
        "of nothing",
    ],
)
def test_only_a_true_receipt_ends_a_letter(
    wire: Wire,
    pe_run: Run,
    told: Callable[[Outcome], Outcome],
    signer: Keys | None,
    expected: int,
) -> None:
    pe_run(send(wire, "aa", "bb"))
    wire.bend = pe_run(_lie(wire, told, signer))

    assert expected == pe_run(courier_of(wire, "aa").deliver())
    assert 1 - expected == len(left(wire))


@pytest.mark.parametrize(
    "answer", [b"", b"{}", b"null", b"\xff" * 100, b"[" * 16_000, b'{"body":"","signature":""}']
)
def test_nonsense_for_a_receipt_ends_nothing(wire: Wire, pe_run: Run, answer: bytes) -> None:
    letter = pe_run(send(wire, "aa", "bb"))

    async def bend(_wire: Wire, _to: str, _pass_on: Pass) -> bytes:
        return answer

    wire.bend = bend
    assert 0 == pe_run(courier_of(wire, "aa").deliver())
    assert [(letter.id, "waiting")] == left(wire)


def test_a_letter_that_comes_out_of_time_is_a_dead_letter(
    wire: Wire, pe_run: Run, pe_clock: Clock
) -> None:
    letter = pe_run(make_letter(wire, "aa", "bb", lasting=3600))
    pe_run(give(wire, letter))
    pe_clock.move(hours=2)

    assert 0 == pe_run(courier_of(wire, "aa").deliver())
    assert [(letter.id, "dead")] == left(wire)
    assert [] == pe_run(arrived(wire, "bb"))


def test_what_waits_behind_an_open_breaker_ends_on_its_day_untried(
    wire: Wire, pe_run: Run, pe_clock: Clock
) -> None:
    wire.bend = hang
    courier = courier_of(wire, "aa")
    letters = [pe_run(make_letter(wire, "aa", "bb", lasting=DAY)) for _ in range(20)]
    pe_run(give(wire, *letters))
    carry(pe_run, courier, pe_clock, days=2)

    assert {(letter.id, "dead") for letter in letters} == set(left(wire))
    carry(pe_run, courier, pe_clock, days=28)
    pe_run(do_upkeep(wire.embassies["aa"].desk, confirmed=True))
    assert 20 == len(left(wire))
    carry(pe_run, courier, pe_clock, days=2)
    pe_run(do_upkeep(wire.embassies["aa"].desk, confirmed=True))
    assert [] == left(wire), "and after thirty days more upkeep forgets it"


def test_a_clock_that_is_far_ahead_loses_nothing_for_good(
    wire: Wire, pe_run: Run, pe_clock: Clock
) -> None:
    desk = wire.embassies["aa"].desk
    pe_run(do_upkeep(desk))
    letter = pe_run(make_letter(wire, "aa", "bb"))
    erase = make_erase(letter)
    pe_run(give(wire, erase))
    right = pe_clock.now()
    pe_clock.move(days=3650)
    pe_run(courier_of(wire, "aa").deliver())
    with pytest.raises(UpkeepRefused):
        pe_run(do_upkeep(desk))
    assert [(erase.id, "dead")] == left(wire)

    pe_clock.time = right
    account = wire.embassies["aa"].account
    session = pe_run(unlock_account(desk, pe_clock, account))
    pe_run(try_again(desk, session, erase.id, 1))
    assert 1 == pe_run(courier_of(wire, "aa").deliver())


@pytest.mark.parametrize("begins", [True, False], ids=["at its start", "at work"])
def test_what_could_not_be_read_for_a_moment_goes_out_all_the_same(
    wire: Wire, pe_run: Run, monkeypatch: pytest.MonkeyPatch, begins: bool
) -> None:
    store = wire.embassies["aa"].store
    pick, courier = store.pick, courier_of(wire, "aa")
    if not begins:
        pe_run(courier.deliver())
    pe_run(send(wire, "aa", "bb"))

    async def fail(*_given: Any, **_named: Any) -> Any:
        raise StoreError("the disk failed")

    monkeypatch.setattr(store, "pick", fail)
    with pytest.raises(StoreError):
        pe_run(courier.deliver())
    monkeypatch.setattr(store, "pick", pick)

    assert 1 == pe_run(courier.deliver())
    assert [] == left(wire)


def test_a_courier_that_cannot_read_waits_before_it_tries_again(
    wire: Wire, pe_run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, tries = wire.embassies["aa"].store, []
    pe_run(send(wire, "aa", "bb"))
    courier = courier_of(wire, "aa")

    async def fail(*_given: Any, **_named: Any) -> Any:
        tries.append(1)
        raise StoreError("the disk failed")

    async def at_work() -> None:
        running = asyncio.create_task(courier.run())
        for _ in range(200):
            await asyncio.sleep(0)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    monkeypatch.setattr(store, "pick", fail)
    pe_run(at_work())
    assert 1 == len(tries)


def test_what_was_under_way_when_a_courier_broke_goes_when_it_begins_again(
    wire: Wire, pe_run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    courier, asked = courier_of(wire, "aa"), asyncio.Event()

    async def hold(_wire: Wire, _to: str, _pass_on: Pass) -> bytes:
        asked.set()
        await asyncio.Event().wait()
        return b""

    async def until_it_hangs() -> None:
        running = asyncio.create_task(courier.run())
        await asked.wait()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    pe_run(send(wire, "aa", "bb"))
    wire.bend = hold
    pe_run(until_it_hangs())
    wire.bend = straight

    assert 1 == pe_run(courier.deliver())
    assert [] == left(wire)


def test_a_conversation_goes_on_with_an_embassy_that_was_off_the_list(
    wire: Wire, pe_run: Run
) -> None:
    desk = wire.embassies["aa"].desk
    first = pe_run(send(wire, "aa", "bb"))
    pe_run(send(wire, "aa", "bb", first.thread))
    assert 2 == pe_run(courier_of(wire, "aa").deliver())

    pe_run(pairing.block(desk, None, "bb"))
    pe_run(pairing.forget(desk, None, "bb"))
    pe_run(do_upkeep(desk))
    pe_run(introduce(wire.embassies["aa"], wire.embassies["bb"]))
    third = pe_run(send(wire, "aa", "bb", first.thread))

    assert 3 == third.number
    assert 1 == pe_run(courier_of(wire, "aa").deliver())
    assert [] == left(wire)


def test_a_newer_key_in_a_receipt_is_sealed_to_from_then_on(
    wire: Wire, pe_run: Run, pe_clock: Clock
) -> None:
    there = wire.embassies["bb"]
    old = pe_run(read_begun(there.desk)).referral
    pe_clock.move(days=8)
    pe_run(unlock_account(there.desk, pe_clock, there.account))
    new = pe_run(read_begun(there.desk)).referral
    pe_run(send(wire, "aa", "bb"))
    pe_run(courier_of(wire, "aa").deliver())
    row = pe_run(wire.embassies["aa"].store.get(PeerRow, "bb"))

    assert old != new
    assert new == row.referral


def test_a_key_in_a_receipt_that_the_desk_did_not_sign_is_not_kept(
    wire: Wire, pe_run: Run, pe_clock: Clock
) -> None:
    own, now = pe_run(read_begun(wire.embassies["bb"].desk)), int(pe_clock.now().timestamp())
    planted = keys_of(new_seed())
    forged = sign_referral_key(
        own.peer, "bb", "referral/2026-W48.9", planted.public, made=now + 9, until=now + DAY
    )
    pe_run(send(wire, "aa", "bb"))
    wire.bend = pe_run(_lie(wire, lambda o: replace(o, referral=forged), None))
    pe_run(courier_of(wire, "aa").deliver())
    row = pe_run(wire.embassies["aa"].store.get(PeerRow, "bb"))

    assert own.referral == row.referral
    assert [] == left(wire), "the letter itself was taken"


def test_what_waits_after_a_restart_is_spread_over_the_first_minutes(
    wire: Wire, pe_run: Run, pe_clock: Clock
) -> None:
    for _ in range(12):
        pe_run(send(wire, "aa", "bb"))
    courier = courier_of(wire, "aa", pace=Pace(spread=120.0))
    at_once = pe_run(courier.deliver())
    minute = carry(pe_run, courier, pe_clock, seconds=60)
    later = carry(pe_run, courier, pe_clock, seconds=60)

    assert 12 == at_once + minute + later
    assert at_once == 0
    assert minute > 1
    assert later > 1


def test_a_letter_that_is_given_at_work_goes_at_once(wire: Wire, pe_run: Run) -> None:
    courier = courier_of(wire, "aa", pace=Pace(spread=120.0))

    async def at_work() -> None:
        await courier.deliver()
        running = asyncio.create_task(courier.run())
        letter = await send(wire, "aa", "bb")
        while not [row for row in await arrived(wire, "bb") if row.id == letter.id]:
            await asyncio.sleep(0)
        while await wire.embassies["aa"].store.count(OutgoingRow):
            await asyncio.sleep(0)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    pe_run(at_work())
    assert 1 == wire.asked["bb"]


def test_a_courier_whose_hands_are_full_leaves_the_loop_to_others(
    tmp_path: Path, pe_clock: Clock, pe_run: Run
) -> None:
    codes = ["aa", *(f"{chr(98 + n)}{chr(98 + n)}" for n in range(AT_ONCE // 4 + 1))]
    wire = pe_run(open_neighbours(tmp_path, pe_clock, codes))
    for code in codes[1:]:
        for _ in range(5):
            pe_run(send(wire, "aa", code))
    courier = courier_of(wire, "aa")
    running, go_on = asyncio.Semaphore(0), asyncio.Event()

    async def hold(_wire: Wire, _to: str, pass_on: Pass) -> bytes:
        running.release()
        await go_on.wait()
        return await pass_on()

    async def at_work() -> tuple[float, int]:
        wire.bend = hold
        task = asyncio.create_task(courier.run())
        for _ in range(AT_ONCE):
            await running.acquire()
        # With all of them on their way, somebody else still has a turn, again and again.
        for _ in range(50):
            await asyncio.sleep(0)
        rest = courier.rest()
        go_on.set()
        while await wire.embassies["aa"].store.count(OutgoingRow):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return rest, wire.asked.total()

    rest, asked = pe_run(at_work())
    for embassy in wire.embassies.values():
        pe_run(close_embassy(embassy))

    assert LOOK_EVERY == rest, "it waits to be woken"
    assert 5 * len(codes[1:]) == asked


def test_a_letter_taken_back_before_it_went_is_not_sent(wire: Wire, pe_run: Run) -> None:
    letter = pe_run(send(wire, "aa", "bb"))
    courier = courier_of(wire, "aa")
    wire.bend = hang
    pe_run(courier.deliver())
    pe_run(wire.embassies["aa"].store.write([Delete(OutgoingRow, {"id": letter.id})]))
    wire.bend = straight
    wire.clock.move(hours=1)

    assert 0 == pe_run(courier.deliver())
    assert 1 == wire.asked["bb"]


@pytest.mark.parametrize(
    "values",
    [
        {"state": "proposed"},
        {"state": "paused"},
        {"state": "blocked"},
        {"ours": 0},
        {"theirs": 0},
        {"away": 1},
    ],
)
def test_a_letter_waits_while_the_peer_may_not_have_it_and_goes_when_it_may(
    wire: Wire, pe_run: Run, values: dict[str, Any]
) -> None:
    store = wire.embassies["aa"].store
    pe_run(store.write([Update(PeerRow, ("bb",), values)]))
    letter = pe_run(send(wire, "aa", "bb"))
    courier = courier_of(wire, "aa")

    assert 0 == pe_run(courier.deliver())
    assert 0 == wire.asked["bb"]
    well = {"state": "active", "ours": 1, "theirs": 1, "away": 0}
    pe_run(store.write([Update(PeerRow, ("bb",), well)]))
    assert 1 == pe_run(courier.deliver())
    assert [letter.id] == [row.id for row in pe_run(arrived(wire, "bb"))]


def test_what_is_taken_back_goes_first_and_to_a_peer_that_pauses(
    wire: Wire, pe_run: Run, pe_clock: Clock
) -> None:
    letter = pe_run(send(wire, "aa", "bb"))
    courier = courier_of(wire, "aa")
    pe_run(courier.deliver())
    there = wire.embassies["bb"].store
    pe_run(there.write([Update(PeerRow, ("aa",), {"state": "paused"})]))
    second = pe_run(send(wire, "aa", "bb", letter.thread))
    assert 0 == pe_run(courier.deliver())
    pe_run(give(wire, make_erase(letter)))

    assert 1 == pe_run(courier.deliver())
    assert [None] == [row.body for row in pe_run(arrived(wire, "bb")) if row.number]
    assert [(second.id, "waiting")] == left(wire)
    pe_run(there.write([Update(PeerRow, ("aa",), {"state": "active"})]))
    assert 1 == carry(pe_run, courier, pe_clock, minutes=20)


def test_hellos_go_in_the_order_of_their_making(wire: Wire, pe_run: Run, pe_clock: Clock) -> None:
    desk = wire.embassies["aa"].desk
    own = pe_run(read_begun(desk))
    hellos = []
    for _ in range(5):
        pe_clock.move(seconds=1)
        hellos.append(make_hello(desk, own, PeerCode("bb"), confirmed=True))
    pe_run(give(wire, *reversed(hellos)))
    heard: list[str] = []
    wire.embassies["bb"].desk.hears.append(
        lambda changes: heard.extend(change.row.id for change in changes if hasattr(change, "row"))
    )
    pe_run(courier_of(wire, "aa").deliver())

    assert [hello.id for hello in hellos] == [name for name in heard if len(name) == 26]


@pytest.mark.parametrize("status", [401, 403])
def test_a_hello_waits_for_a_peer_that_does_not_know_us_yet(
    wire: Wire, pe_run: Run, pe_clock: Clock, status: int
) -> None:
    desk = wire.embassies["aa"].desk
    hello = make_hello(desk, pe_run(read_begun(desk)), PeerCode("bb"), confirmed=True)
    pe_run(give(wire, hello))
    wire.bend = refusing(AnswerRefused(status))
    courier = courier_of(wire, "aa")
    carry(pe_run, courier, pe_clock, days=3)

    assert [(hello.id, "waiting")] == left(wire)
    assert courier.away("bb") is None, "it is there, and only does not know us"
    wire.bend = straight
    assert 1 == carry(pe_run, courier, pe_clock, hours=7)


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (AnswerRefused(429, 1800.0), 1800),
        (AnswerRefused(503, 1800.0), 1800),
        (AnswerRefused(429, 0.0), 0),
    ],
)
def test_the_wait_that_a_peer_asks_for_is_kept(
    wire: Wire, pe_run: Run, pe_clock: Clock, error: AnswerRefused, seconds: int
) -> None:
    wire.bend = in_turn(refusing(error))
    pe_run(send(wire, "aa", "bb"))
    pe_run(send(wire, "aa", "bb"))
    courier = courier_of(wire, "aa")
    pe_run(courier.deliver())
    before = wire.asked["bb"]
    if seconds:
        pe_clock.move(seconds=seconds - 1)
        assert 0 == pe_run(courier.deliver())
        assert before == wire.asked["bb"]

    carry(pe_run, courier, pe_clock, seconds=1 + seconds // 2)
    assert [] == left(wire)


def test_five_failures_leave_a_peer_alone_but_for_a_probe_in_half_an_hour(
    wire: Wire, pe_run: Run, pe_clock: Clock
) -> None:
    wire.bend = hang
    for _ in range(30):
        pe_run(send(wire, "aa", "bb"))
    courier = courier_of(wire, "aa")
    carry(pe_run, courier, pe_clock, hours=1)
    opened = wire.asked["bb"]
    carry(pe_run, courier, pe_clock, hours=10)

    assert courier.away("bb") is not None
    assert opened < 12
    assert 20 * 3 / 4 <= wire.asked["bb"] - opened <= 20 * 4 / 3


def test_after_a_return_what_waited_goes_out_at_four_in_five_seconds(
    wire: Wire, pe_run: Run, pe_clock: Clock
) -> None:
    wire.bend = hang
    for _ in range(60):
        pe_run(send(wire, "aa", "bb"))
    courier = courier_of(wire, "aa", pace=Pace(spread=0.0, drain=10.0))
    pe_run(courier.deliver())
    carry(pe_run, courier, pe_clock, hours=6)
    wire.bend = straight
    times = []
    while left(wire):
        pe_clock.move(seconds=max(courier.rest(), 0.001))
        if pe_run(courier.deliver()):
            times.append(pe_clock.now().timestamp())

    assert 60 == len(pe_run(arrived(wire, "bb")))
    assert 60 == len(times), "one at a time"
    gaps = [after - before for before, after in pairwise(times)]
    assert min(gaps) > 1.24
    assert max(gaps) < 1.3
    assert courier.away("bb") is None


ALL = Pace()


@pytest.mark.parametrize(
    ("tries", "longest"),
    [(0, 30), (1, 60), (2, 120), (5, 960), (9, 15_360), (10, 21_600), (10_000, 21_600)],
)
def test_a_wait_is_anything_up_to_twice_the_one_before_and_six_hours_at_most(
    tries: int, longest: int
) -> None:
    asked: list[tuple[float, float]] = []

    def chance(low: float, high: float) -> float:
        asked.append((low, high))
        return high

    assert longest == wait_after(tries, ALL, chance)
    assert [(0.0, longest)] == asked


def test_failures_that_lie_apart_do_not_open_the_breaker() -> None:
    breaker = Breaker(ALL, lambda low, _high: low)
    for at in (0, 200, 400, 601, 802, 1003):
        breaker.note_failure(at)
        assert not breaker.is_open

    breaker.note_failure(1004)
    assert not breaker.is_open, "the last five lie more than ten minutes apart"
    breaker.note_failure(1005)
    assert breaker.is_open


def test_a_packet_goes_out_as_it_was_given(wire: Wire, pe_run: Run) -> None:
    letter = pe_run(send(wire, "aa", "bb"))
    sent: list[bytes] = []
    real = wire.take

    async def take(to: str, url: str, body: bytes, headers: Any) -> bytes:
        sent.append(body)
        return await real(to, url, body, headers)

    wire.take = take  # type: ignore[method-assign]
    pe_run(courier_of(wire, "aa").deliver())

    assert [encode_packet(letter)] == sent
