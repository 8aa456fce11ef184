"""Once a conversation is over, nothing more of it goes out: not what waits, not what failed."""

import random
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from between import Between, House, Wire
from enclosures import ask_with, items, picture, prepare
from pe_core.errors import NoAnswer
from pe_core.model import State
from pe_core.model.peer import Kind, OutState, ThreadId
from pe_core.model.referral import Answer, Decline, Reason, ReferralState
from pe_core.network import accepting, preparing, referring
from pe_core.network.breaker import Pace
from pe_core.network.carrying import PeerCourier
from pe_core.network.delivery import deliver
from pe_core.network.wire import AnyPacket, Erase, Sealed
from pe_core.store import IncomingRow, OutgoingRow, Update
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.toolkit.invented import ASKED
from teamwork import Team

Run = Callable[[Awaitable[Any]], Any]
S = ReferralState
NO = Decline(reason=Reason.NO_CAPACITY, language="en")
PICTURE = picture()
"""Two hundred and seventy kilobytes: three letters."""


class Narrow(Wire):
    """A wire that lets so many packets through, and then nothing."""

    def __init__(self, far: House, near: House, room: int) -> None:
        super().__init__(far, near)
        self.room = room

    async def fetch(self, url: str, *, body: bytes, headers: Mapping[str, str]) -> bytes:
        if not self.room:
            raise NoAnswer("nobody is there")
        self.room -= 1
        return await super().fetch(url, body=body, headers=headers)


def begin(two: Between, kind: Kind = Kind.REFER) -> ThreadId:
    """Refer a request with a file; nothing has gone yet."""
    _, request = ask_with(two, PICTURE)
    two.agree(request, "story", *items(two, request))
    return two.near.begin(prepare(two, request, kind), request)


def waiting(house: House) -> list[int]:
    """Return the numbers of what lies in the outbox; what takes something back has none."""
    return [row.number for row in house.outgoing()]


def carry(two: Between, near: House, far: House, most: int = 100) -> None:
    """Carry what waits on one side, in its order, to the other, which looks at it."""
    for row in near.outgoing()[:most]:
        two.run(deliver(near.desk, Wire(far, near), row.id, "nonce-of-a-test"))
    far.look()


def came(two: Between) -> list[int]:
    """Return the numbers of the letters that the far embassy has taken in."""
    rows = two.run(two.far.desk.store.select(IncomingRow, order="number"))
    return [row.number for row in rows if row.number]


def say_no(two: Between, thread: ThreadId) -> None:
    two.run(referring.decline(two.far.desk, two.far.session, thread, NO))
    carry(two, two.far, two.near)


def test_after_a_no_the_rest_of_a_file_stays_here(two: Between) -> None:
    thread = begin(two)
    carry(two, two.near, two.far, most=2)
    last = two.near.outgoing()[-1]
    failed = Update(OutgoingRow, (last.id,), {"state": OutState.DEAD.value})
    two.run(two.near.desk.store.write([failed]))
    before = waiting(two.near)
    say_no(two, thread)

    assert [3, 4] == before
    assert [] == waiting(two.near)
    assert [1, 2] == came(two)
    assert S.DECLINED is two.near.view(thread).state


def test_what_the_courier_knew_of_is_not_sent_when_the_way_is_free_again(two: Between) -> None:
    near, far = two.near, two.far
    thread, wire = begin(two), Narrow(far, near, room=2)
    courier = PeerCourier(
        near.desk,
        wire,
        clock=lambda: two.clock.now().timestamp(),
        chance=random.Random(1).uniform,  # noqa: S311, chance by a seed
        pace=Pace(spread=0.0),
    )
    first = two.run(courier.deliver())
    far.look()
    say_no(two, thread)
    wire.room = 100
    two.clock.move(minutes=30)
    later = two.run(courier.deliver())

    assert (2, 0, 100) == (first, later, wire.room)
    assert [1, 2] == came(two)


def test_what_was_taken_over_without_its_file_does_not_get_it_later(two: Between) -> None:
    thread = begin(two, Kind.TRANSFER)
    carry(two, two.near, two.far, most=1)
    taken = accepting.accept(two.far.desk, two.far.session, thread, "", "en", without=True)
    two.run(taken)
    carry(two, two.far, two.near)

    assert S.TAKEN is two.near.view(thread).state
    assert [] == waiting(two.near)


def test_an_old_request_is_taken_over_though_somebody_still_helps(
    pe_embassy: TestEmbassy, pe_run: Run, tmp_path: Path
) -> None:
    team = Team(pe_embassy, pe_run, ASKED[1])
    team.offer(team.need(), "dzik")
    team.accept("dzik")
    team.clock.move(weeks=20)
    two = Between(pe_embassy, pe_run, tmp_path / "other")
    two.agree(team.request, two.near.request(team.request).original.answers[0].field)
    prepared = prepare(two, team.request, Kind.TRANSFER)
    thread = two.near.begin(prepared, team.request)
    carry(two, two.near, two.far)
    two.run(accepting.accept(two.far.desk, two.far.session, thread, "", "en"))
    carry(two, two.far, two.near)
    state = two.near.request(team.request).state
    two.close()

    assert State.TRANSFERRED is state
    assert {"dzik": "withdrawn"} == team.states()


def test_what_was_given_back_is_not_sent_on(two: Between) -> None:
    thread = begin(two)
    carry(two, two.near, two.far, most=1)
    two.run(accepting.accept(two.far.desk, two.far.session, thread, "", "en"))
    carry(two, two.far, two.near)
    accepted = waiting(two.near)
    two.run(accepting.give_back(two.far.desk, two.far.session, thread, "", "en"))
    carry(two, two.far, two.near)

    assert [2, 3, 4] == accepted, "with a yes the file goes on"
    assert [] == waiting(two.near)


def test_a_letter_in_another_conversation_goes_on(two: Between) -> None:
    thread = begin(two)
    carry(two, two.near, two.far, most=1)
    question = preparing.prepare_consult(two.near.desk, two.far.code, "Why?", "en", urgent=False)
    other = two.near.begin(question)
    say_no(two, thread)

    assert [other] == [row.thread for row in two.near.outgoing()]


def test_what_we_take_back_goes_out_as_an_erase_alone(two: Between) -> None:
    thread = begin(two)
    carry(two, two.near, two.far, most=2)
    two.run(referring.revoke(two.near.desk, two.near.session, thread))
    left = [msgspec.json.decode(row.packet, type=AnyPacket) for row in two.near.outgoing()]
    carry(two, two.near, two.far)

    assert [Erase] == [type(packet) for packet in left]
    assert [] == waiting(two.near)
    assert S.REVOKED is two.far.view(thread).state


def accept(two: Between, kind: Kind) -> ThreadId:
    """Let a case arrive whole, and the far embassy say yes; nothing of that has gone yet."""
    thread = begin(two, kind)
    carry(two, two.near, two.far)
    two.run(accepting.accept(two.far.desk, two.far.session, thread, "Gladly", "en"))
    return thread


def test_what_they_take_back_is_not_answered_any_more(two: Between) -> None:
    thread = accept(two, Kind.REFER)
    answer = Answer(words="More of it", language="en")
    two.run(referring.answer(two.far.desk, two.far.session, thread, answer))
    before = waiting(two.far)
    two.run(referring.revoke(two.near.desk, two.near.session, thread))
    carry(two, two.near, two.far)

    assert [1, 2] == before
    assert [] == waiting(two.far)


def test_a_yes_that_took_a_case_over_goes_all_the_same(two: Between) -> None:
    thread = accept(two, Kind.TRANSFER)
    two.run(referring.revoke(two.near.desk, two.near.session, thread))
    carry(two, two.near, two.far)
    left = [msgspec.json.decode(row.packet, type=AnyPacket) for row in two.far.outgoing()]

    assert [Sealed] == [type(packet) for packet in left], "it has the asker's new receipt"
    assert S.REVOKED is two.far.view(thread).state
