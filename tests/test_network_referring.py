"""Messages between two embassies about requests: sent as shown, answered, taken back."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

import msgspec
import pytest

from acting import begin, carry, do
from between import Between
from pe_core.desk import briefs, offering, visits
from pe_core.desk.requests import move, open_request
from pe_core.desk.timers import Timers
from pe_core.desk.working import take_up
from pe_core.errors import Conflict, NotAllowed
from pe_core.model import BriefId, Need, RequestId, Skill, State, Way, WithdrawalFellDue
from pe_core.model.peer import Kind, ThreadId
from pe_core.model.referral import (
    Accept,
    Answer,
    Close,
    Consult,
    Count,
    Decline,
    Reason,
    Refer,
    ReferralState,
    Transfer,
)
from pe_core.network import accepting, consenting, following, preparing, referring
from pe_core.network.bodies import decode_body
from pe_core.network.consenting import HANDOVER
from pe_core.network.preparing import CaseWords
from pe_core.rules.referring import Act
from pe_core.store import BriefRow, IncomingRow, ReferralNoteRow, RequestRow
from pe_core.toolkit.invented import ASKED, active_volunteer, look_for, unlock_account
from pe_core.upkeep import do_upkeep
from pe_core.vault import seal

Run = Callable[[Awaitable[Any]], Any]
S = ReferralState
WORDS = CaseWords(asked="Do you know how this goes with you?", language="en")
FIELDS = ("paper", "offices", "story")


def prepare(
    two: Between, request: RequestId, kind: Kind = Kind.REFER, words: CaseWords = WORDS
) -> preparing.Prepared:
    return preparing.prepare_case(
        two.near.desk, two.near.request(request), two.far.code, kind, words
    )


def refer(two: Between, kind: Kind = Kind.REFER) -> tuple[str, RequestId, ThreadId]:
    """Refer a request whose asker agreed, and let it arrive; returns receipt, request, thread."""
    receipt, request = two.ask(ASKED[0])
    two.agree(request, *FIELDS)
    thread = two.near.begin(prepare(two, request, kind), request)
    two.exchange()
    return receipt, request, thread


def states(two: Between, thread: ThreadId) -> tuple[S, S]:
    return two.near.view(thread).state, two.far.view(thread).state


def test_a_question_without_anybodys_identity_goes_and_is_answered(two: Between) -> None:
    prepared = preparing.prepare_consult(
        two.near.desk, two.far.code, "How long does a stay take?", "en", urgent=False
    )
    thread = two.near.begin(prepared)
    two.exchange()
    came = two.far.said(thread)
    before = states(two, thread)
    words = Answer(words="Three months.", language="en")
    two.run(referring.answer(two.far.desk, two.far.session, thread, words))
    two.exchange()

    (question,) = [one.body for one in came]
    assert isinstance(question, Consult)
    assert ("How long does a stay take?", date(2026, 11, 27)) == (
        question.question,
        question.answer_by,
    )
    assert (S.WAITING, S.WAITING) == before
    assert (S.ANSWERED, S.ANSWERED) == states(two, thread)
    assert [None, "Three months."] == [
        one.body.words if isinstance(one.body, Answer) else None for one in two.near.said(thread)
    ]


def test_what_was_shown_before_sending_is_byte_for_byte_what_the_peer_opens(two: Between) -> None:
    _, request = two.ask(ASKED[0])
    two.agree(request, *FIELDS)
    prepared = prepare(two, request)
    again = prepare(two, request)
    thread = two.near.begin(prepared, request)
    two.exchange()

    (ours,), (theirs,) = two.near.said(thread), two.far.said(thread)
    assert prepared.raw == again.raw == ours.raw == theirs.raw
    assert decode_body(Kind.REFER, prepared.raw) == theirs.body
    assert prepared.digest == again.digest


def test_only_what_the_asker_agreed_to_leaves_and_never_what_the_plugin_holds_back(
    two: Between,
) -> None:
    _, request = two.ask(ASKED[1])
    two.agree(request, "paper", "region", "name")
    thread = two.near.begin(prepare(two, request), request)
    two.exchange()

    (came,) = two.far.said(thread)
    assert isinstance(came.body, Refer)
    assert ["paper", "name"] == [shared.field for shared in came.body.answers]
    assert ["Выдуманная Птица"] == [one.answer for one in came.body.answers if one.personal]


def test_nothing_leaves_without_a_consent_or_for_another_embassy(two: Between) -> None:
    _, request = two.ask(ASKED[0])

    with pytest.raises(NotAllowed, match="no_consent"):
        prepare(two, request)
    two.agree(request, "region")
    with pytest.raises(NotAllowed, match="nothing_left"):
        prepare(two, request)


def test_who_agreed_that_both_help_together_is_not_handed_over(two: Between) -> None:
    _, request = two.ask(ASKED[0])
    two.agree(request, *FIELDS, take_over=False)
    with pytest.raises(NotAllowed, match="not_to_take_over"):
        prepare(two, request, Kind.TRANSFER)
    together = prepare(two, request)
    two.agree(request, *FIELDS, take_over=True)
    both = [prepare(two, request, kind) for kind in (Kind.TRANSFER, Kind.REFER)]

    assert Kind.REFER is together.kind
    assert [Kind.TRANSFER, Kind.REFER] == [one.kind for one in both]


def test_a_consent_by_receipt_is_used_after_48_hours(two: Between) -> None:
    receipt, request = two.ask(ASKED[0])
    two.run(_wish(two, request))
    _, visit = two.run(visits.come_back(two.near.desk, receipt))
    ((wish_id, wish),) = two.run(consenting.read_asked(two.near.desk, visit)).wishes
    two.run(consenting.answer_wish(two.near.desk, visit, wish_id, ["story", "name"]))

    assert ("yy", "yy.example", list(FIELDS)) == (
        wish.peer,
        wish.host,
        [field for field, _ in wish.questions],
    )
    with pytest.raises(NotAllowed, match="consent_waits"):
        prepare(two, request)
    two.clock.move(hours=72)
    prepared = decode_body(Kind.REFER, prepare(two, request).raw)
    assert isinstance(prepared, Refer)
    assert ["story"] == [shared.field for shared in prepared.answers]


async def _wish(two: Between, request: RequestId) -> None:
    desk, session = two.near.desk, two.near.session
    help_request = await open_request(desk, session, request)
    words = CaseWords(asked="May they help?", language="en", fields=FIELDS)
    wish = await preparing.prepare_wish(desk, help_request, two.far.code, words, take_over=False)
    await consenting.ask_consent(desk, session, await take_up(desk, session, request), wish)


def test_an_asker_may_say_no(two: Between) -> None:
    receipt, request = two.ask(ASKED[0])
    two.run(_wish(two, request))
    _, visit = two.run(visits.come_back(two.near.desk, receipt))
    ((wish_id, _),) = two.run(consenting.read_asked(two.near.desk, visit)).wishes
    two.run(consenting.answer_wish(two.near.desk, visit, wish_id, []))

    asked = two.run(consenting.read_asked(two.near.desk, visit))
    (said_no,) = consenting.consents_of(two.near.request(request))
    assert ((), ()) == (asked.wishes, asked.given)
    assert ((), None) == (
        said_no.fields,
        consenting.consent_for(two.near.request(request), two.far.code),
    )


def test_consent_that_is_taken_back_is_erased_on_both_sides_though_nobody_is_unlocked(
    two: Between,
) -> None:
    receipt, request, thread = refer(two)
    for house in (two.near, two.far):
        house.desk.sessions.drop_where(lambda _: True)
    _, visit = two.run(visits.come_back(two.near.desk, receipt))
    ((given_id, _),) = two.run(consenting.read_asked(two.near.desk, visit)).given
    two.run(consenting.take_back_consent(two.near.desk, visit, given_id))
    before = two.run(two.far.desk.store.select(IncomingRow))
    two.clock.move(days=1)
    carried = two.carry()

    rows = two.run(two.far.desk.store.select(IncomingRow))
    assert [True] == [row.body is not None for row in before]
    assert 1 == carried
    assert [None, None] == [row.body for row in rows]
    for house in (two.near, two.far):
        assert 0 == two.run(house.desk.store.count(ReferralNoteRow))
    two.near.session = two.run(unlock_account(two.near.desk, two.clock, two.near.embassy.account))
    two.far.session = two.run(unlock_account(two.far.desk, two.clock, two.far.embassy.account))
    assert (S.REVOKED, S.REVOKED) == states(two, thread)
    assert date(2026, 11, 25).toordinal() == two.near.view(thread).row.erased
    assert [True] == [one.is_gone for one in two.far.said(thread)]
    with pytest.raises(NotAllowed, match="no_consent"):
        prepare(two, request)


def test_what_was_taken_back_before_it_left_never_leaves(two: Between) -> None:
    receipt, request = two.ask(ASKED[0])
    two.agree(request, *FIELDS)
    two.near.begin(prepare(two, request), request)
    _, visit = two.run(visits.come_back(two.near.desk, receipt))
    ((given_id, _),) = two.run(consenting.read_asked(two.near.desk, visit)).given
    two.run(consenting.take_back_consent(two.near.desk, visit, given_id))
    kinds = [b'"type":"erase"' in row.packet for row in two.near.outgoing()]
    two.exchange()

    assert [True] == kinds
    assert [] == two.far.threads()


async def _take_back(two: Between, receipt: str) -> None:
    _, visit = await visits.come_back(two.near.desk, receipt)
    ((given_id, _),) = (await consenting.read_asked(two.near.desk, visit)).given
    await consenting.take_back_consent(two.near.desk, visit, given_id)


def test_what_was_taken_back_while_it_was_looked_at_is_not_sent(two: Between) -> None:
    receipt, request = two.ask(ASKED[0])
    two.agree(request, *FIELDS)
    prepared = prepare(two, request)
    two.run(_take_back(two, receipt))

    with pytest.raises(Conflict):
        two.near.begin(prepared, request)
    assert ([], []) == (two.near.outgoing(), two.near.threads())


def test_what_was_agreed_to_anew_is_shown_anew_before_it_is_sent(two: Between) -> None:
    _, request = two.ask(ASKED[0])
    two.agree(request, *FIELDS)
    wide = prepare(two, request)
    two.agree(request, "paper")

    with pytest.raises(Conflict):
        two.near.begin(wide, request)
    assert two.near.begin(prepare(two, request), request)


@pytest.mark.parametrize("first", ["asker", "coordinator"])
def test_who_takes_back_and_who_sends_in_one_moment_leave_nothing_to_read_there(
    two: Between, first: str
) -> None:
    receipt, request = two.ask(ASKED[0])
    two.agree(request, *FIELDS)
    near, prepared = two.near, prepare(two, request)

    async def both() -> None:
        acts = {
            "asker": _take_back(two, receipt),
            "coordinator": referring.begin(near.desk, near.session, prepared, request=request),
        }
        started = sorted(acts, key=lambda name: name != first)
        done = await asyncio.gather(*(acts[name] for name in started), return_exceptions=True)
        assert None is done[started.index("asker")]

    two.run(both())
    two.exchange()

    assert {S.REVOKED} >= {view.state for view in near.threads()}
    assert [] == [row for row in two.run(two.far.desk.store.select(IncomingRow)) if row.body]


def test_a_coordinator_takes_back_what_they_sent(two: Between) -> None:
    _, _, thread = refer(two)
    two.run(referring.revoke(two.near.desk, two.near.session, thread))
    two.carry()

    assert (S.REVOKED, S.REVOKED) == states(two, thread)
    assert [None] == [one.body for one in two.far.said(thread)]


def test_a_transfer_that_is_accepted_leads_its_asker_on(two: Between) -> None:
    receipt, _, thread = refer(two, Kind.TRANSFER)
    own = two.run(accepting.accept(two.far.desk, two.far.session, thread, "Gladly", "en"))
    two.exchange()
    _, visit = two.run(visits.come_back(two.near.desk, receipt))
    view = two.run(visits.look(two.near.desk, visit))
    moved = two.run(consenting.read_asked(two.near.desk, visit)).moved
    _, there = two.run(visits.come_back(two.far.desk, moved.receipt))

    assert (S.TAKEN, S.TAKEN) == states(two, thread)
    assert State.TRANSFERRED is view.state
    assert ("yy", "https://yy.example") == (moved.peer, moved.address)
    assert own == there.request
    handed = two.far.request(own)
    assert ("zz.paper", "be", list(FIELDS)) == (
        handed.original.form,
        handed.original.language,
        [answer.field for answer in handed.original.answers],
    )
    assert [True, False] == [one.is_gone for one in two.far.said(thread)], (
        "it is in the request now"
    )
    assert "Gladly" in [getattr(one.body, "words", "") for one in two.near.said(thread)]


def test_nobody_at_either_embassy_sees_the_new_receipt(two: Between) -> None:
    receipt, _, thread = refer(two, Kind.TRANSFER)
    two.run(accepting.accept(two.far.desk, two.far.session, thread, "", "en"))
    two.exchange()
    _, visit = two.run(visits.come_back(two.near.desk, receipt))
    moved = two.run(consenting.read_asked(two.near.desk, visit)).moved

    for house in (two.near, two.far):
        for one in house.said(thread):
            assert moved.receipt.encode() not in one.raw


def test_in_the_place_of_a_receipt_no_words_of_another_embassy_reach_an_asker(
    two: Between,
) -> None:
    receipt, _, thread = refer(two, Kind.TRANSFER)
    far, view = two.far, two.far.view(thread)
    (transfer,) = [one.body for one in far.said(thread)]
    assert isinstance(transfer, Transfer)
    sealed = seal(
        msgspec.msgpack.encode("Call us at this number"),
        to=[transfer.reply_key],
        context=(HANDOVER, far.code, thread),
    )
    said = Accept(language="en", receipt=sealed)
    changes = two.run(
        referring.letter_changes(far.desk, far.session, view, view.body, S.TAKEN, said)
    )
    two.run(far.desk.store.write(changes))
    two.exchange()
    _, visit = two.run(visits.come_back(two.near.desk, receipt))
    moved = two.run(consenting.read_asked(two.near.desk, visit)).moved

    assert (far.code, "") == (moved.peer, moved.receipt)


def test_a_transfer_that_is_given_back_is_taken_up_again(two: Between) -> None:
    receipt, request, thread = refer(two, Kind.TRANSFER)
    own = two.run(accepting.accept(two.far.desk, two.far.session, thread, "", "en"))
    two.exchange()
    two.run(accepting.give_back(two.far.desk, two.far.session, thread, "Not with us", "en"))
    two.exchange()
    _, visit = two.run(visits.come_back(two.near.desk, receipt))

    assert (S.RETURNED, S.RETURNED) == states(two, thread)
    assert State.TRIAGE is two.near.request(request).state
    assert State.CLOSED is two.far.request(own).state
    assert two.run(consenting.read_asked(two.near.desk, visit)).moved is None


def withdrawn_there(two: Between) -> tuple[RequestId, ThreadId, visits.Visit]:
    """Let an asker withdraw where their request was taken; returns it, the thread, their visit."""
    receipt, request, thread = refer(two, Kind.TRANSFER)
    do(two.far, thread, Act.ACCEPT)
    two.exchange()
    _, visit = two.run(visits.come_back(two.near.desk, receipt))
    moved = two.run(consenting.read_asked(two.near.desk, visit)).moved
    _, there = two.run(visits.come_back(two.far.desk, moved.receipt))
    two.run(visits.withdraw(two.far.desk, there))
    return request, thread, there


def test_what_its_asker_withdraws_is_not_given_back(two: Between) -> None:
    request, thread, there = withdrawn_there(two)
    with pytest.raises(NotAllowed, match="asker_withdraws"):
        do(two.far, thread, Act.RETURN)
    two.run(visits.keep(two.far.desk, there))
    two.run(visits.withdraw(two.far.desk, there))
    two.clock.move(days=3)
    two.far.session = two.run(unlock_account(two.far.desk, two.clock, two.far.embassy.account))
    two.run(Timers(two.far.desk).hear(WithdrawalFellDue(request=there.request)))
    with pytest.raises(NotAllowed, match="asker_withdraws"):
        do(two.far, thread, Act.RETURN)
    waits = two.near.view(thread).state, two.near.request(request).state
    two.run(visits.reopen(two.far.desk, there))
    do(two.far, thread, Act.RETURN)
    two.exchange()

    assert (S.TAKEN, State.TRANSFERRED) == waits
    assert State.TRIAGE is two.near.request(request).state


def test_what_its_asker_withdrew_is_not_given_back_once_it_is_erased(two: Between) -> None:
    _, thread, there = withdrawn_there(two)
    two.clock.move(days=3)
    two.run(Timers(two.far.desk).hear(WithdrawalFellDue(request=there.request)))
    for _ in range(6):
        two.clock.move(days=7)
        two.run(do_upkeep(two.far.desk))
    two.far.session = two.run(unlock_account(two.far.desk, two.clock, two.far.embassy.account))
    with pytest.raises(NotAllowed, match="gone"):
        do(two.far, thread, Act.RETURN)

    assert two.run(two.far.desk.store.get(RequestRow, there.request)) is None
    assert S.TAKEN is two.far.view(thread).state


def test_what_is_given_back_is_closed_here_though_its_asker_writes_in_that_moment(
    two: Between, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, _, thread = refer(two, Kind.TRANSFER)
    do(two.far, thread, Act.ACCEPT)
    two.exchange()
    own, late = two.far.view(thread).request, [Conflict(), Conflict()]

    async def slowly(*given: Any) -> Any:
        if late:
            raise late.pop()
        return await move(*given)

    monkeypatch.setattr(accepting, "move", slowly)
    do(two.far, thread, Act.RETURN)

    assert (S.RETURNED, State.CLOSED) == (
        two.far.view(thread).state,
        two.far.request(own).state,
    )


def test_a_consent_that_is_taken_back_while_a_yes_is_on_its_way_ends_the_request_there(
    two: Between,
) -> None:
    receipt, request, thread = refer(two, Kind.TRANSFER)
    own = two.run(accepting.accept(two.far.desk, two.far.session, thread, "", "en"))
    _, visit = two.run(visits.come_back(two.near.desk, receipt))
    ((given_id, _),) = two.run(consenting.read_asked(two.near.desk, visit)).given
    two.run(consenting.take_back_consent(two.near.desk, visit, given_id))
    two.exchange()

    assert date(2026, 11, 27) == two.far.request(own).withdrawal_due
    assert (S.REVOKED, S.REVOKED) == states(two, thread)
    assert State.TRANSFERRED is not two.near.request(request).state


def test_a_no_says_why_and_erases_what_came(two: Between) -> None:
    _, _, thread = refer(two)
    no = Decline(reason=Reason.NO_CAPACITY, words="Sorry", language="en")
    two.run(referring.decline(two.far.desk, two.far.session, thread, no))
    two.exchange()

    assert (S.DECLINED, S.DECLINED) == states(two, thread)
    assert no == two.near.said(thread)[-1].body
    assert [None] == [
        row.body for row in two.run(two.far.desk.store.select(IncomingRow)) if row.number
    ]


def test_both_speak_about_a_case_that_both_keep_and_either_closes_it(two: Between) -> None:
    _, request, thread = refer(two)
    two.run(accepting.accept(two.far.desk, two.far.session, thread, "", "en"))
    two.exchange()
    for house in (two.near, two.far):
        words = Answer(words=f"from {house.code}", language="en")
        two.run(referring.answer(house.desk, house.session, thread, words))
        two.exchange()
    accepted = states(two, thread)
    two.run(referring.close(two.near.desk, two.near.session, thread, Close(language="en")))
    two.exchange()

    assert (S.ACCEPTED, S.ACCEPTED) == accepted
    assert (S.CLOSED, S.CLOSED) == states(two, thread)
    assert [one.raw for one in two.near.said(thread)] == [one.raw for one in two.far.said(thread)]
    assert State.TRIAGE is two.near.request(request).state


def test_what_is_not_ones_turn_is_refused_with_the_reason(two: Between) -> None:
    _, _, thread = refer(two)
    desk, session = two.near.desk, two.near.session

    with pytest.raises(NotAllowed, match="not_yours"):
        two.run(accepting.accept(desk, session, thread, "", "en"))
    with pytest.raises(NotAllowed, match="not_now"):
        two.run(referring.close(desk, session, thread, Close(language="en")))


def test_a_page_that_is_older_than_what_came_acts_on_nothing(two: Between) -> None:
    _, _, thread = refer(two)
    words = Decline(reason=Reason.OTHER, language="en")

    with pytest.raises(NotAllowed, match="changed"):
        two.run(referring.decline(two.far.desk, two.far.session, thread, words, revision=7))


def test_an_answer_that_is_late_is_seen_on_both_sides_and_the_sender_decides_again(
    two: Between,
) -> None:
    _, _, thread = refer(two)

    def pressures() -> tuple[str, str]:
        today = two.clock.now().date()
        return two.near.view(thread).pressure(today), two.far.view(thread).pressure(today)

    seen = [pressures()]
    for _ in range(4):
        two.clock.move(days=1)
        seen.append(pressures())
    two.run(referring.wait_on(two.near.desk, two.near.session, thread))

    assert ["none", "none", "half", "half", "late"] == [one for one, _ in seen]
    assert all(one == other for one, other in seen)
    assert date(2026, 12, 1) == two.near.view(thread).due


def test_twenty_asks_of_a_peer_are_answered_in_a_day(two: Between) -> None:
    asked = preparing.AskWords(languages=("ko",), language="en")
    opened = []
    for _ in range(21):
        opened.append(two.near.begin(preparing.prepare_ask(two.near.desk, two.far.code, asked)))
    two.exchange()
    count = Answer(words="Two could.", language="en", count=Count.FEW)
    for thread in opened[:20]:
        two.run(referring.answer(two.far.desk, two.far.session, thread, count))

    with pytest.raises(NotAllowed, match="enough_asks"):
        two.run(referring.answer(two.far.desk, two.far.session, opened[20], count))
    two.clock.move(days=1)
    two.run(referring.answer(two.far.desk, two.far.session, opened[20], count))


def test_a_request_is_handed_to_one_embassy_at_a_time(two: Between) -> None:
    _, request, thread = refer(two, Kind.TRANSFER)
    prepared = prepare(two, request, Kind.TRANSFER)
    with pytest.raises(NotAllowed, match=r"staff\.refer\.transfer_waits"):
        two.near.begin(prepared, request)
    two.run(referring.revoke(two.near.desk, two.near.session, thread))
    again = two.near.begin(prepared, request)

    assert (S.REVOKED, S.WAITING) == (two.near.view(thread).state, two.near.view(again).state)


def test_two_who_hand_a_request_over_in_one_moment_do_it_once(two: Between) -> None:
    _, request = two.ask(ASKED[0])
    two.agree(request, *FIELDS)
    prepared = prepare(two, request, Kind.TRANSFER)
    near = two.near

    async def both() -> list[Any]:
        acts = (
            referring.begin(near.desk, near.session, prepared, request=request) for _ in range(2)
        )
        return await asyncio.gather(*acts, return_exceptions=True)

    done = two.run(both())

    assert 1 == len([one for one in done if isinstance(one, Conflict | NotAllowed)])
    assert 1 == len(near.threads())


def test_whose_task_ends_as_another_embassy_takes_the_case_is_rung_once_that_is_written(
    two: Between, monkeypatch: pytest.MonkeyPatch
) -> None:
    near, far = two.near, two.far
    thread = begin(two, Kind.TRANSFER)
    bell = Way(notifier="zz.bell", address="dzik")
    skill = Skill(code="core.skill.papers")
    clock, team = near.embassy.clock, [near.session]
    wanted = near.view(thread).request
    assert wanted is not None
    made = active_volunteer(near.desk, clock, team, "dzik", skills=(skill,), ways=(bell,))
    _, dzik = two.run(made)
    need = two.run(look_for(near.desk, near.session, wanted, "Fill it in", Need(required=(skill,))))
    two.run(offering.offer(near.desk, near.session, need, {dzik.box: ()}))
    ((brief,),) = two.run(near.desk.store.pick(BriefRow, ("id",)))
    two.run(briefs.accept(near.desk, dzik, BriefId(brief)))
    rung: list[str] = []
    near.desk.ring = lambda notifier, address, *_: rung.append(address)
    do(far, thread, Act.ACCEPT)
    carry(far, near)

    async def late(*_: object) -> None:
        raise Conflict("a colleague was faster")

    with monkeypatch.context() as slower:
        slower.setattr(following, "_note", late)
        near.look()
    too_early = list(rung)
    near.look()

    assert ReferralState.TAKEN is near.view(thread).state
    assert ([], ["dzik"]) == (too_early, rung)
