"""What came from a peer: only what its desk signed moves anything, and each letter once."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec
import pytest

from between import Between, House, Wire
from pe_core.desk import visits
from pe_core.desk.epochs import AT_ONCE
from pe_core.desk.requests import Moving, move
from pe_core.desk.sealing import new_id
from pe_core.errors import AnswerRefused, NotAllowed
from pe_core.model import (
    Outcome,
    RequestErased,
    State,
    StateChanged,
    WithdrawalAsked,
    WithdrawalFellDue,
)
from pe_core.model.peer import Kind, PacketId, PeerCode, ThreadId
from pe_core.model.referral import Accept, Answer, ReferralState
from pe_core.network import (
    accepting,
    consenting,
    pairing,
    posting,
    preparing,
    referring,
    threads,
)
from pe_core.network.bodies import decode_body, encode_body
from pe_core.network.carrying import PeerCourier
from pe_core.network.delivery import give_up
from pe_core.network.erasing import taken_back
from pe_core.network.following import MOST
from pe_core.network.identity import desk_keys, read_begun
from pe_core.network.incoming import Looked, look_at_incoming
from pe_core.network.letters import seal_letter
from pe_core.network.listening import TakingBack
from pe_core.network.receiving import take_in
from pe_core.network.waiting import drop, read_waiting
from pe_core.network.wire import Erase, Hello, Letter, Sealed, encode_packet
from pe_core.store import (
    Change,
    Delete,
    IncomingRow,
    Insert,
    OutboxRow,
    OutgoingRow,
    PeerRow,
    ReferralRow,
    RequestRow,
    Update,
)
from pe_core.toolkit.invented import ASKED, unlock_account
from pe_core.upkeep import do_upkeep
from pe_core.vault import keys_of, new_seed, read_keyset, read_referral_key, sign_keyset
from test_network_referring import FIELDS, prepare, refer

Run = Callable[[Awaitable[Any]], Any]
S = ReferralState
NOW = 1_795_514_700
DAY = 24 * 3600
THREAD = ThreadId("t" * 26)


def consult(two: Between) -> preparing.Prepared:
    return preparing.prepare_consult(two.near.desk, two.far.code, "How?", "en", urgent=False)


def forge(two: Between, *, signed_by_desk: bool, **said: Any) -> None:
    """Put a letter of the near embassy into the far one's inbox, as its server could."""
    near, far = two.near, two.far
    row = two.run(near.desk.store.get(PeerRow, far.code))
    own = two.run(read_begun(far.desk))
    dated = read_referral_key(row.referral, read_keyset(own.signed))
    keys = two.run(desk_keys(near.desk, near.session)) if signed_by_desk else keys_of(new_seed())
    fields: dict[str, Any] = {
        "id": PacketId("p" * 26),
        "sender": near.code,
        "to": far.code,
        "thread": THREAD,
        "number": 1,
        "kind": Kind.CONSULT,
        "created": NOW,
        "until": NOW + 3600,
        "body": consult(two).raw,
    }
    letter = Letter(**{**fields, **said})
    packet = Sealed(
        id=letter.id,
        sender=near.code,
        to=far.code,
        created=NOW,
        thread=said.get("in_thread", letter.thread),
        number=letter.number,
        epoch=dated.epoch,
        until=NOW + 3600,
        sealed=seal_letter(letter, keys, dated),
    )
    assert encode_packet(packet)
    came = IncomingRow(
        peer=near.code,
        id=letter.id,
        thread=THREAD,
        number=letter.number,
        day=two.clock.now().date().toordinal(),
        keep_until=5000,
        serial=1,
        epoch=dated.epoch,
        receipt=b"r",
        body=packet.sealed,
    )
    two.run(far.desk.store.write([Insert(came)]))


def test_a_letter_is_looked_at_once(two: Between) -> None:
    two.near.begin(consult(two))
    two.carry()

    assert [1, 0, 0] == [two.far.look().came for _ in range(3)]
    assert 1 == len(two.far.threads())


class Counted:
    """Counts the letters that are opened, and the bodies of letters that are read."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, house: House) -> None:
        self.opened, self.read = 0, 0
        store, open_kept = house.desk.store, threads.open_kept
        get, select = store.get, store.select

        def opening(*given: Any) -> Letter:
            self.opened += 1
            return open_kept(*given)

        async def getting(table: Any, *key: Any) -> Any:
            self.read += table is IncomingRow
            return await get(table, *key)

        async def selecting(table: Any, *given: Any, **named: Any) -> Any:
            self.read += table is IncomingRow
            return await select(table, *given, **named)

        monkeypatch.setattr(threads, "open_kept", opening)
        monkeypatch.setattr(store, "get", getting)
        monkeypatch.setattr(store, "select", selecting)

    def since(self) -> tuple[int, int]:
        """Return (opened, read) since this was asked last."""
        found, self.opened, self.read = (self.opened, self.read), 0, 0
        return found


def fill(two: Between, number: int) -> None:
    """Let a conversation come in which the near side says more and more."""
    thread = two.near.begin(consult(two))
    words = encode_body(Answer(words="more", language="en"))
    desk, session = two.near.desk, two.near.session
    for _ in range(number - 1):
        letter = posting.post(desk, session, two.far.code, Kind.ANSWER, thread, words)
        two.run(desk.store.write(two.run(letter)))
    two.carry()


def test_a_second_look_opens_and_reads_nothing_however_many_letters_there_are(
    two: Between, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(two, 200)
    forge(two, signed_by_desk=False)
    counted = Counted(monkeypatch, two.far)
    first, cost = two.far.look(), counted.since()
    second, again = two.far.look(), counted.since()

    assert (200, (201, 201)) == (first.came, cost)
    assert (0, (0, 0)) == (second.came, again)
    assert first.unread == second.unread != ()


def test_after_a_restart_only_what_nobody_could_read_is_opened_again(
    two: Between, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(two, 20)
    forge(two, signed_by_desk=False)
    two.far.look()
    two.far.session = two.run(unlock_account(two.far.desk, two.clock, two.far.embassy.account))
    counted = Counted(monkeypatch, two.far)
    looked, cost = two.far.look(), counted.since()

    assert (0, 1, (1, 1)) == (looked.came, len(looked.unread), cost)


def test_a_list_of_conversations_reads_of_each_the_letter_that_began_it_alone(
    two: Between, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(two, 20)
    two.far.look()
    (theirs,), (ours,) = two.far.threads(), two.near.threads()
    counted = Counted(monkeypatch, two.far)
    first = two.run(threads.read_first(two.far.desk, two.far.session, theirs))
    own = two.run(threads.read_first(two.near.desk, two.near.session, ours))

    assert (1, 1) == counted.since()
    assert decode_body(Kind.CONSULT, consult(two).raw) == first == own


def test_what_could_not_be_read_is_named_until_it_is_taken_back(two: Between) -> None:
    forge(two, signed_by_desk=False)
    before = [len(two.far.look().unread) for _ in range(2)]
    gone = Update(IncomingRow, (two.near.code, "p" * 26), {"body": None})
    two.run(two.far.desk.store.write([gone]))

    assert [1, 1] == before
    assert () == two.far.look().unread


def test_a_letter_that_came_before_its_key_is_taken_in_once_the_key_is_there(
    two: Between,
) -> None:
    two.near.begin(consult(two))
    two.carry()
    (epoch,) = {row.epoch for row in two.run(two.far.desk.store.select(IncomingRow))}
    key = two.far.session.epochs.pop(epoch)
    two.far.session.refused_epochs.add(epoch)
    without = two.far.look()
    two.far.session.epochs[epoch] = key

    assert (0, ()) == (without.came, without.unread)
    assert 1 == two.far.look().came


def test_a_yes_that_was_passed_over_is_taken_in_once_its_conversation_is_there(
    two: Between,
) -> None:
    _, _, thread = refer(two)
    two.run(accepting.accept(two.far.desk, two.far.session, thread, "", "en"))
    two.carry()
    row = two.run(two.near.desk.store.get(ReferralRow, thread))
    two.run(two.near.desk.store.write([Delete(ReferralRow, {"id": thread})]))
    without = two.near.look().came
    two.run(two.near.desk.store.write([Insert(row)]))

    assert (0, 1) == (without, two.near.look().came)
    assert S.ACCEPTED is two.near.view(thread).state


def test_no_letter_moves_a_conversation_twice_however_many_follow_it(two: Between) -> None:
    far, thread = two.far, two.near.begin(consult(two))
    two.exchange()
    view = far.view(thread)
    said = Answer(words="Like this", language="en")
    many = (*view.body.taken_in, *(PacketId(f"{number:026}") for number in range(MOST - 1)))
    known = msgspec.structs.replace(view.body, taken_in=many)
    change = two.run(threads.change_referral(far.desk, view, known, S.ANSWERED))
    two.run(far.desk.store.write([change]))
    two.near.look()
    row = two.near.view(thread)
    answered = two.run(threads.change_referral(two.near.desk, row, row.body, S.ANSWERED))
    two.run(two.near.desk.store.write([answered]))
    two.run(referring.answer(two.near.desk, two.near.session, thread, said))
    two.carry()
    looked = []
    for _ in range(3):
        far.session = two.run(unlock_account(far.desk, two.clock, far.embassy.account))
        looked.append(far.look().came)

    assert [0, 0, 0] == looked
    assert S.ANSWERED is far.view(thread).state
    assert ["How?", "Like this"] == [
        getattr(one.body, "question", "") or getattr(one.body, "words", "")
        for one in far.said(thread)
    ]


def test_two_who_look_in_the_same_moment_take_each_letter_in_once_and_in_order(
    two: Between,
) -> None:
    fill(two, 12)
    other = two.run(unlock_account(two.far.desk, two.clock, two.far.embassy.account))
    two.far.session.epochs.update(other.epochs)

    async def both() -> list[Looked]:
        looks = (look_at_incoming(two.far.desk, one) for one in (two.far.session, other))
        return list(await asyncio.gather(*looks))

    looked = two.run(both())
    (view,) = two.far.threads()
    numbers = {one.id: one.number for one in two.far.said(view.id)}

    assert 12 == sum(one.came for one in looked)
    assert list(range(1, 13)) == [numbers[name] for name in view.body.taken_in]


def disturb(monkeypatch: pytest.MonkeyPatch, house: House, times: int) -> None:
    """Let somebody else change every conversation just before the next few writings."""
    store, left = house.desk.store, [times]
    write = store.write

    async def writing(changes: Sequence[Change]) -> None:
        if left[0]:
            left[0] -= 1
            for row in await store.select(ReferralRow):
                await write([Update(ReferralRow, (row.id,), {"revision": row.revision + 1})])
        await write(changes)

    monkeypatch.setattr(store, "write", writing)


@pytest.mark.parametrize(("times", "came"), [(1, 3), (2, 3), (3, 0)])
def test_a_letter_whose_conversation_changes_meanwhile_is_looked_at_anew_before_later_ones(
    two: Between, monkeypatch: pytest.MonkeyPatch, times: int, came: int
) -> None:
    thread = two.near.begin(consult(two))
    two.exchange()
    desk, session = two.near.desk, two.near.session
    for word in ("one", "two", "three"):
        words = encode_body(Answer(words=word, language="en"))
        letter = posting.post(desk, session, two.far.code, Kind.ANSWER, thread, words)
        two.run(desk.store.write(two.run(letter)))
    two.carry()
    disturb(monkeypatch, two.far, times)
    looked = two.far.look()
    two.far.look()
    names = [one.id for one in two.far.said(thread)]

    assert came == looked.came
    assert names == list(two.far.view(thread).body.taken_in)


def test_a_letter_that_the_desk_signed_begins_a_conversation(two: Between) -> None:
    forge(two, signed_by_desk=True)

    assert (1, ()) == (two.far.look().came, two.far.look().unread)
    assert [S.WAITING] == [view.state for view in two.far.threads()]


@pytest.mark.parametrize(
    ("desk", "said"),
    [
        (False, {}),
        (True, {"body": b"\xc1"}),
        (True, {"body": b""}),
        (True, {"kind": Kind.REFER}),
        (True, {"kind": Kind.FILE}),
        (True, {"kind": "a kind of later years"}),
        (True, {"kind": Kind.TRANSFER, "body": encode_body(Accept(language="en"))}),
        (True, {"thread": ThreadId("u" * 26)}),
    ],
)
def test_what_cannot_be_read_is_shown_as_that_and_begins_nothing(
    two: Between, desk: bool, said: dict[str, Any]
) -> None:
    forge(two, signed_by_desk=desk, **said)
    looked = two.far.look()

    assert (0, [PeerCode("zz")]) == (looked.came, [one.peer for one in looked.unread])
    assert [] == two.far.threads()


@pytest.mark.parametrize("created", [2**63 - 1, -(10**12), -62_135_596_800, NOW - 16 * DAY])
def test_a_letter_of_a_day_on_which_it_cannot_have_been_made_is_not_believed(
    two: Between, created: int
) -> None:
    forge(two, signed_by_desk=True, created=created)
    two.near.begin(consult(two))
    two.carry()
    looked = two.far.look()

    assert (1, [two.near.code]) == (looked.came, [one.peer for one in looked.unread])
    assert 1 == len(two.far.threads())


@pytest.mark.parametrize("created", [NOW - 14 * DAY, NOW + 300])
def test_a_letter_that_was_long_on_its_way_is_believed(two: Between, created: int) -> None:
    forge(two, signed_by_desk=True, created=created)

    assert (1, ()) == (two.far.look().came, two.far.look().unread)


async def turns_beside(act: Awaitable[Any]) -> int:
    """Return how often others are served while an act goes on."""
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    beside = asyncio.create_task(others())
    await act
    beside.cancel()
    return turns


def test_however_many_letters_came_others_are_served_while_they_are_looked_at(
    two: Between,
) -> None:
    many = 20
    for number in range(1, many + 1):
        forge(two, signed_by_desk=False, id=PacketId(f"{number:026}"), number=number)
    unread = two.run(turns_beside(look_at_incoming(two.far.desk, two.far.session)))
    for _ in range(many):
        two.near.begin(consult(two))
    two.carry()
    two.far.look()
    listed = two.run(turns_beside(threads.read_referrals(two.far.desk, two.far.session)))

    assert many <= unread
    assert many // AT_ONCE <= listed


def test_a_yes_in_a_conversation_that_there_is_not_says_nothing(two: Between) -> None:
    accept = encode_body(Accept(language="en"))
    forge(two, signed_by_desk=True, kind=Kind.ACCEPT, body=accept)

    assert 0 == two.far.look().came
    assert [] == two.far.threads()


def test_a_letter_out_of_turn_is_read_and_moves_nothing(two: Between) -> None:
    _, _, thread = refer(two)
    words = Answer(words="not yet", language="en")
    view = two.near.view(thread)
    changes = two.run(
        posting.post(
            two.near.desk, two.near.session, view.peer, Kind.ANSWER, thread, encode_body(words)
        )
    )
    two.run(two.near.desk.store.write(changes))
    two.exchange()

    assert S.WAITING is two.far.view(thread).state
    assert words == two.far.said(thread)[-1].body


def test_two_letters_that_cross_leave_both_sides_alike(two: Between) -> None:
    _, _, thread = refer(two)
    two.run(accepting.accept(two.far.desk, two.far.session, thread, "", "en"))
    two.run(referring.revoke(two.near.desk, two.near.session, thread))
    two.exchange()

    assert [S.REVOKED, S.REVOKED] == [house.view(thread).state for house in (two.near, two.far)]


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"state": "paused"}, "peer_not_active"),
        ({"state": "proposed"}, "peer_not_active"),
        ({"state": "blocked"}, "peer_not_active"),
        ({"ours": 0}, "peer_not_active"),
        ({"theirs": 0}, "peer_not_active"),
        ({"away": 1}, "peer_not_active"),
        ({"referral": None}, "peer_no_key"),
        ({"referral": b"nonsense"}, "peer_no_key"),
    ],
)
def test_nothing_is_posted_to_a_peer_that_letters_do_not_reach(
    two: Between, values: dict[str, Any], reason: str
) -> None:
    two.run(two.near.desk.store.write([Update(PeerRow, ("yy",), values)]))

    with pytest.raises(NotAllowed, match=reason):
        two.near.begin(consult(two))
    assert [] == [row for row in two.near.outgoing() if row.thread]
    assert [] == two.near.threads()


@pytest.mark.parametrize(("weeks", "goes"), [(7.9, True), (8.1, False)])
def test_a_key_at_which_nobody_has_unlocked_for_eight_weeks_is_too_old(
    two: Between, weeks: float, goes: bool
) -> None:
    two.clock.move(weeks=weeks)

    if goes:
        two.near.begin(consult(two))
    else:
        with pytest.raises(NotAllowed, match="peer_no_key"):
            two.near.begin(consult(two))
    assert goes is (1 == len(two.near.threads()))


def test_what_is_too_long_for_a_letter_is_refused(two: Between) -> None:
    prepared = msgspec.structs.replace(consult(two), raw=bytes(200_000))

    with pytest.raises(NotAllowed, match="too_long"):
        two.near.begin(prepared)


@pytest.mark.parametrize("state", [State.CLOSED, State.TRANSFERRED, State.RESOLVED])
def test_what_nobody_has_answered_is_taken_back_when_its_request_is_over(
    two: Between, state: State
) -> None:
    _, request, answered = refer(two)
    two.run(accepting.accept(two.far.desk, two.far.session, answered, "", "en"))
    two.exchange()
    waiting = two.near.begin(prepare(two, request, Kind.TRANSFER), request)
    two.exchange()
    two.near.desk.sessions.drop_where(lambda _: True)
    hearing = TakingBack(two.near.desk)
    two.run(hearing.hear(StateChanged(request=request, state=State.ACTIVE)))
    before = two.run(two.near.desk.store.get(ReferralRow, waiting))
    two.run(hearing.hear(StateChanged(request=request, state=state)))
    two.carry()
    after = [two.run(two.far.desk.store.get(ReferralRow, one)) for one in (waiting, answered)]

    assert S.WAITING.value == before.state
    assert [S.REVOKED.value, S.ACCEPTED.value] == [row.state for row in after]


def test_a_request_that_is_called_solved_is_handed_over_to_nobody(two: Between) -> None:
    _, request = two.ask(ASKED[0])
    two.agree(request, *FIELDS)
    prepared = prepare(two, request, Kind.TRANSFER)
    desk, session = two.near.desk, two.near.session
    two.run(move(desk, session, request, Moving(to=State.TRIAGE)))
    two.run(move(desk, session, request, Moving(to=State.ACTIVE)))
    solved = Moving(to=State.RESOLVED, outcome=Outcome.HELPED)
    two.run(move(desk, session, request, solved))

    with pytest.raises(NotAllowed, match="closed"):
        two.near.begin(prepared, request)


@pytest.mark.parametrize("kind", [Kind.REFER, Kind.TRANSFER])
def test_a_request_that_its_asker_withdraws_goes_to_nobody_unless_they_keep_it(
    two: Between, kind: Kind
) -> None:
    receipt, request = two.ask(ASKED[0])
    two.agree(request, *FIELDS)
    prepared = prepare(two, request, kind)
    _, visit = two.run(visits.come_back(two.near.desk, receipt))
    two.run(visits.withdraw(two.near.desk, visit))
    with pytest.raises(NotAllowed, match="withdrawing"):
        two.near.begin(prepared, request)
    waiting = two.near.threads()
    two.run(visits.keep(two.near.desk, visit))
    two.near.begin(prepared, request)

    assert ([], 1) == (waiting, len(two.near.threads()))


@pytest.mark.parametrize("event", [WithdrawalFellDue, RequestErased])
def test_what_was_sent_is_taken_back_when_its_request_ends_while_nobody_is_unlocked(
    two: Between, event: type
) -> None:
    _, request, thread = refer(two)
    two.near.desk.sessions.drop_where(lambda _: True)
    hearing = TakingBack(two.near.desk)
    for _ in range(2):
        two.run(hearing.hear(event(request=request)))
    erases = [row for row in two.near.outgoing() if row.number == 0 and row.thread]
    two.carry()

    assert 1 == len(erases), "hearing it twice has the effect of hearing it once"
    row = two.run(two.far.desk.store.get(ReferralRow, thread))
    assert S.REVOKED.value == row.state


def test_what_a_peer_has_taken_over_is_not_taken_back(two: Between) -> None:
    _, request, thread = refer(two, Kind.TRANSFER)
    own = two.run(accepting.accept(two.far.desk, two.far.session, thread, "", "en"))
    two.exchange()
    two.run(TakingBack(two.near.desk).hear(RequestErased(request=request)))

    assert [] == two.near.outgoing()
    assert State.NEW is two.far.request(own).state


def test_a_peer_takes_back_its_own_conversations_alone(two: Between) -> None:
    _, _, thread = refer(two)
    assert [] == two.run(taken_back(two.far.desk, PeerCode("xx"), thread))
    assert [] == two.run(taken_back(two.far.desk, PeerCode("zz"), ThreadId("z" * 26)))
    assert 2 == len(two.run(taken_back(two.far.desk, PeerCode("zz"), thread)))


def erase(by: House, at: House, thread: ThreadId) -> None:
    """Let an embassy's server take back in a conversation, as it can without its people."""
    now = int(by.desk.now().timestamp())
    packet = Erase(
        id=new_id(),
        sender=by.code,
        to=at.code,
        created=now,
        thread=thread,
        packets=(PacketId(new_id()),),
    )
    by.run(take_in(at.desk, encode_packet(packet), by.code, now))


def test_a_withdrawal_that_a_peer_says_again_and_again_is_told_once(two: Between) -> None:
    _, _, thread = refer(two, Kind.TRANSFER)
    own = two.run(accepting.accept(two.far.desk, two.far.session, thread, "", "en"))
    two.exchange()
    for _ in range(3):
        erase(two.near, two.far, thread)
    told = [row.event for row in two.run(two.far.desk.store.select(OutboxRow))]
    asked = msgspec.msgpack.encode(WithdrawalAsked(request=own))
    due = msgspec.msgpack.encode(WithdrawalFellDue(request=own))

    assert (1, 1) == (told.count(asked), told.count(due))
    assert two.far.request(own).withdrawal_due


def test_whom_we_wrote_to_ends_nothing_that_we_began_and_what_is_there_can_still_be_erased(
    two: Between,
) -> None:
    receipt, _, thread = refer(two)
    erase(two.far, two.near, thread)
    stood, copies = two.near.view(thread).state, two.near.said(thread)
    _, visit = two.run(visits.come_back(two.near.desk, receipt))
    ((given_id, _),) = two.run(consenting.read_asked(two.near.desk, visit)).given
    two.run(consenting.take_back_consent(two.near.desk, visit, given_id))
    two.exchange()

    assert (S.WAITING, 1) == (stood, len(copies))
    assert [] == [row for row in two.run(two.far.desk.store.select(IncomingRow)) if row.body]
    assert two.near.view(thread).row.erased


def test_whom_a_request_was_handed_to_cannot_withdraw_it_here(two: Between) -> None:
    receipt, request, thread = refer(two, Kind.TRANSFER)
    two.run(accepting.accept(two.far.desk, two.far.session, thread, "", "en"))
    two.exchange()
    erase(two.far, two.near, thread)
    _, visit = two.run(visits.come_back(two.near.desk, receipt))

    assert None is two.near.request(request).withdrawal_due
    assert two.run(consenting.read_asked(two.near.desk, visit)).moved


def stands(two: Between, thread: ThreadId, state: S) -> None:
    """Let a conversation of ours stand otherwise than its letters say."""
    change = Update(ReferralRow, (thread,), {"state": state.value})
    two.run(two.near.desk.store.write([change]))


def test_only_whoever_a_request_was_handed_to_gives_it_back(two: Between) -> None:
    receipt, request = two.ask(ASKED[0])
    two.agree(request, *FIELDS)
    prepared = prepare(two, request, Kind.TRANSFER)
    first = two.near.begin(prepared, request)
    stands(two, first, S.ANSWERED)
    second = two.near.begin(prepared, request)
    stands(two, first, S.WAITING)
    two.exchange()
    for thread in (first, second):
        two.run(accepting.accept(two.far.desk, two.far.session, thread, "", "en"))
        two.exchange()
    two.run(accepting.give_back(two.far.desk, two.far.session, second, "", "en"))
    two.exchange()
    _, visit = two.run(visits.come_back(two.near.desk, receipt))
    kept = two.near.request(request).state, two.run(consenting.read_asked(two.near.desk, visit))
    two.run(accepting.give_back(two.far.desk, two.far.session, first, "", "en"))
    two.exchange()

    assert State.TRANSFERRED is kept[0]
    assert kept[1].moved
    assert State.TRIAGE is two.near.request(request).state


def test_what_is_given_back_of_an_erased_request_waits_for_nobody(two: Between) -> None:
    _, request, thread = refer(two, Kind.TRANSFER)
    two.run(accepting.accept(two.far.desk, two.far.session, thread, "", "en"))
    two.exchange()
    two.run(two.near.desk.store.write([Delete(RequestRow, {"id": request})]))
    two.run(accepting.give_back(two.far.desk, two.far.session, thread, "", "en"))
    two.carry()
    looked = two.near.look()

    assert (1, 0) == (looked.came, looked.waiting)
    assert S.RETURNED is two.near.view(thread).state


def test_what_was_given_back_stays_so_when_it_is_erased_there(two: Between) -> None:
    _, _, thread = refer(two, Kind.TRANSFER)
    own = two.run(accepting.accept(two.far.desk, two.far.session, thread, "", "en"))
    two.run(accepting.give_back(two.far.desk, two.far.session, thread, "", "en"))
    two.exchange()
    two.run(TakingBack(two.far.desk).hear(RequestErased(request=own)))
    two.exchange()

    assert S.RETURNED is two.near.view(thread).state
    assert [True, True] == [one.is_gone for one in two.near.said(thread) if not one.ours]


def test_what_is_taken_back_reaches_an_embassy_that_was_blocked_meanwhile(two: Between) -> None:
    receipt, _, thread = refer(two)
    two.run(pairing.block(two.near.desk, two.near.session, two.far.code))
    hello = next(row for row in two.near.outgoing() if not row.thread)
    packet = msgspec.json.decode(hello.packet, type=Hello)
    changes, _ = two.run(pairing.hear_hello(two.far.desk, packet, packet.created))
    two.run(two.far.desk.store.write(changes))
    stood = two.run(two.far.desk.store.get(PeerRow, two.near.code)).state
    _, visit = two.run(visits.come_back(two.near.desk, receipt))
    ((given_id, _),) = two.run(consenting.read_asked(two.near.desk, visit)).given
    two.run(consenting.take_back_consent(two.near.desk, visit, given_id))
    two.carry()

    assert "proposed" == stood
    assert [] == [row for row in two.run(two.far.desk.store.select(IncomingRow)) if row.body]
    assert (S.REVOKED, S.REVOKED) == (two.near.view(thread).state, two.far.view(thread).state)


def test_an_embassy_is_not_forgotten_while_what_was_taken_back_waits_for_it(two: Between) -> None:
    _, _, thread = refer(two)
    near, far = two.near, two.far
    two.run(pairing.pause(near.desk, near.session, far.code))
    two.run(referring.revoke(near.desk, near.session, thread))
    with pytest.raises(NotAllowed, match="erase_waits"):
        two.run(pairing.forget(near.desk, near.session, far.code))
    two.carry()
    two.run(pairing.forget(near.desk, near.session, far.code))

    assert [] == [row for row in two.run(far.desk.store.select(IncomingRow)) if row.body]
    assert None is two.run(near.desk.store.get(PeerRow, far.code))


def test_an_embassy_is_not_forgotten_before_an_erase_that_failed_was_given_up(
    two: Between,
) -> None:
    _, _, thread = refer(two)
    near, far = two.near, two.far
    two.run(pairing.pause(near.desk, near.session, far.code))
    two.run(referring.revoke(near.desk, near.session, thread))
    (erase,) = [row for row in near.outgoing() if row.thread]
    two.run(give_up(near.desk, [erase]))
    with pytest.raises(NotAllowed, match="erase_waits"):
        two.run(pairing.forget(near.desk, near.session, far.code))
    two.run(drop(near.desk, near.session, erase.id, 1))
    two.run(pairing.forget(near.desk, near.session, far.code))

    assert None is two.run(near.desk.store.get(PeerRow, far.code))


def take_back_from_a_forgotten_one(two: Between) -> None:
    """Let an asker take consent back for an embassy that was taken off the list meanwhile."""
    receipt, _, _ = refer(two)
    near, far = two.near, two.far
    two.run(pairing.pause(near.desk, near.session, far.code))
    two.run(pairing.forget(near.desk, near.session, far.code))
    _, visit = two.run(visits.come_back(near.desk, receipt))
    ((given_id, _),) = two.run(consenting.read_asked(near.desk, visit)).given
    two.run(consenting.take_back_consent(near.desk, visit, given_id))


@pytest.mark.parametrize("days", [1, 8])
def test_what_is_taken_back_from_a_forgotten_embassy_waits_until_people_pair_or_see_it(
    two: Between, days: int
) -> None:
    near, far = two.near, two.far
    take_back_from_a_forgotten_one(two)
    two.clock.move(days=days)
    two.run(do_upkeep(near.desk))
    two.run(PeerCourier(near.desk, Wire(far, near), chance=min).deliver())
    (waits,) = two.run(read_waiting(near.desk))
    near.know(far)
    two.run(PeerCourier(near.desk, Wire(far, near), chance=min).deliver())

    assert [(far.code, 1, 0), (far.code, 0, 1)][days > 7] == (
        waits.peer,
        waits.number,
        len(waits.dead),
    )
    left = [row for row in two.run(far.desk.store.select(IncomingRow)) if row.body]
    assert (days > 7) is bool(left)


def test_a_conversation_is_not_begun_again_by_a_letter_that_outlived_it(two: Between) -> None:
    far = two.far
    west = msgspec.structs.replace(far.desk.embassy, zone="America/New_York")
    far.desk.embassy = west
    two.clock.move(days=6 - two.clock.now().weekday())
    two.clock.move(hours=16)  # Monday by UTC, and Sunday evening where the embassy is.
    assert 0 == two.clock.now().weekday()
    two.near.begin(consult(two))
    two.carry()
    came = far.look().came
    (row,) = two.run(far.desk.store.select(ReferralRow))
    two.run(far.desk.store.purge(row.keep_until + 1))
    far.session = two.run(unlock_account(far.desk, two.clock, far.embassy.account))
    far.look()

    assert 1 == came
    assert [] == far.threads()


def test_what_never_left_when_its_embassy_was_forgotten_says_so(two: Between) -> None:
    near, far = two.near, two.far
    gone = near.begin(consult(two))
    two.carry()
    thread = near.begin(consult(two))
    two.run(pairing.pause(near.desk, near.session, far.code))
    two.run(pairing.forget(near.desk, near.session, far.code))

    assert [[None], [threads.Way.DROPPED]] == [
        [one.way for one in near.said(name)] for name in (gone, thread)
    ]


def test_what_is_taken_back_from_a_forgotten_embassy_is_not_told_to_whoever_takes_its_name(
    two: Between,
) -> None:
    near, far = two.near, two.far
    take_back_from_a_forgotten_one(two)
    now = int(near.desk.now().timestamp())
    keys = {name: keys_of(new_seed()).verify_key for name in ("peer", "desk")}
    hello = Hello(
        id=new_id(),
        sender=far.code,
        to=near.code,
        created=now,
        keyset=sign_keyset(keys_of(new_seed()), far.code, now=now, **keys),
        referral=None,
        address="https://stranger.example",
        confirmed=False,
        paused=False,
    )
    changes, _ = two.run(pairing.hear_hello(near.desk, hello, now))
    two.run(near.desk.store.write(changes))
    asked: list[str] = []

    class Door:
        async def fetch(self, url: str, *, body: bytes, headers: object) -> bytes:
            asked.append(url)
            raise AnswerRefused(503)

    two.run(PeerCourier(near.desk, Door(), chance=min).deliver())
    (waits,) = two.run(read_waiting(near.desk))

    assert ([], 1) == (asked, waits.number)

    two.run(pairing.forget(near.desk, near.session, far.code))
    near.know(far)
    two.run(PeerCourier(near.desk, Wire(far, near), chance=min).deliver())
    left = [row for row in two.run(far.desk.store.select(IncomingRow)) if row.body]

    assert [] == left


def test_a_request_that_is_over_is_not_referred(two: Between) -> None:
    receipt, request = two.ask(ASKED[0])
    two.agree(request, *FIELDS)
    prepared = prepare(two, request)
    _, visit = two.run(visits.come_back(two.near.desk, receipt))
    two.run(visits.withdraw(two.near.desk, visit))
    row = two.near.request(request)
    assert row.withdrawal_due
    moving = Moving(to=State.CLOSED, outcome=Outcome.WITHDRAWN)
    two.run(move(two.near.desk, two.near.session, request, moving))

    with pytest.raises(NotAllowed, match="closed"):
        two.near.begin(prepared, request)
    assert [] == two.near.threads()


def test_a_conversation_about_nothing_known_here_leaves_the_outbox_alone(two: Between) -> None:
    two.near.begin(consult(two))
    two.run(two.near.desk.store.write([Delete(OutgoingRow, {"thread": "none"})]))

    assert 1 == two.carry()
