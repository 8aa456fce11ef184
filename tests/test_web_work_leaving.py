"""A volunteer's agreement, messages, pause, leaving, coming back, and the copy of their data."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest

from pe_core.desk import screening
from pe_core.desk.own_record import change_own, words_of_agreement
from pe_core.desk.sessions import Session
from pe_core.desk.volunteer_notes import ALONE_LIMIT, read_notes, write_note
from pe_core.desk.volunteers import read_volunteer, state_now
from pe_core.model import Standing, VolunteerState
from pe_core.rules.agreement import agreement_body, agreement_digest
from pe_core.rules.texts import show_time
from pe_core.rules.volunteering import AGREEMENT
from pe_core.toolkit.browser import Browser
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.vault import verify
from volunteering import Wouk, judge

Run = Callable[[Awaitable[Any]], Any]
Open = Callable[[], Browser]
UNTIL = {"until-day": "24", "until-month": "12", "until-year": "2026"}


@pytest.fixture
def wouk(pe_embassy: TestEmbassy, pe_run: Run, pe_browser: Open) -> Wouk:
    return Wouk(pe_embassy, pe_run, pe_browser())


@pytest.fixture
def staff(pe_staff: Session) -> Session:
    return pe_staff


def test_the_agreement_is_signed_with_the_account_over_the_words_that_were_read(
    wouk: Wouk,
) -> None:
    page = wouk.go("agreement")
    page = wouk.browser.send({"agreed": "yes"}, form="/agreement")
    agreement = wouk.profile.agreement
    digest = agreement_digest(words_of_agreement(wouk.embassy.desk, "en"))
    again = wouk.go("agreement")

    assert ("/en/work", True) == (page.path, "You have signed" in page.words)
    assert agreement is not None
    assert (AGREEMENT, "en", digest) == (agreement.version, agreement.language, agreement.text)
    assert verify(
        wouk.profile.verify_key,
        "agreement",
        agreement_body(AGREEMENT, "en", digest),
        agreement.signature,
    )
    assert "You signed it on" in again.words
    assert ["/en/privacy#volunteers"] == again.tree.xpath("//main//a/@href")
    assert ["/en/staff/leave"] == [form.action for form in again.forms()]


def test_an_agreement_is_not_signed_by_accident_nor_over_other_words(wouk: Wouk) -> None:
    wouk.go("agreement")
    without = wouk.browser.send(form="/agreement")
    other = wouk.browser.send({"agreed": "yes", "text": "00" * 32}, form="/agreement")
    nonsense = wouk.browser.send({"agreed": "yes", "text": "xyz"}, form="/agreement")

    assert [422, 409, 409] == [page.status for page in (without, other, nonsense)]
    assert ["#field-agreed"] == without.tree.xpath("//div[@id='error-summary']//a/@href")
    assert "Please read them again" in other.words
    assert wouk.profile.agreement is None


def test_a_new_version_of_the_agreement_asks_again(
    wouk: Wouk, monkeypatch: pytest.MonkeyPatch
) -> None:
    wouk.go("agreement")
    wouk.browser.send({"agreed": "yes"}, form="/agreement")
    monkeypatch.setattr("pe_core.web.work.agreement.AGREEMENT", AGREEMENT + 1)
    page = wouk.go("agreement")

    assert "There is a new version" in page.words
    assert "/en/work/agreement" in [form.action for form in page.forms()]


def test_both_sides_write_and_read_each_other(wouk: Wouk, staff: Session) -> None:
    desk, run = wouk.embassy.desk, wouk.run
    empty = wouk.go("messages")
    wouk.browser.send({"text": "I could talk on Thursday evening."}, form="/messages")
    known = run(read_volunteer(desk, staff, wouk.session.box))
    seen = run(read_notes(desk, staff, known))
    wouk.embassy.clock.move(minutes=5)
    run(write_note(desk, staff, known, "Thursday it is.", "en"))
    page = wouk.go("messages")
    written = page.tree.xpath("//ol[@class='thread']/li/p[@class='words']/text()")

    assert "Nothing yet" in empty.words
    assert [(False, "I could talk on Thursday evening.")] == [(n.team, n.note.text) for n in seen]
    assert ["I could talk on Thursday evening.", "Thursday it is."] == written
    assert ["asker", "team"] == page.tree.xpath("//ol[@class='thread']/li/@class")
    assert "The coordinators last wrote to you" in wouk.go().words


def test_messages_tell_their_time_on_the_volunteers_own_clocks(wouk: Wouk, staff: Session) -> None:
    desk, run = wouk.embassy.desk, wouk.run
    wouk.say("zone", {"zone": "Pacific/Auckland"})
    wouk.embassy.clock.move(hours=6)
    wouk.unlock()
    known = run(read_volunteer(desk, staff, wouk.session.box))
    run(write_note(desk, staff, known, "Thursday it is.", "en"))
    there = " ".join(show_time(desk.now(), "Pacific/Auckland", "en").split())

    assert "Pacific/Auckland" != desk.embassy.zone
    for page in ("messages", ""):
        assert there in wouk.go(page).words


@pytest.mark.parametrize("text", ["", "   ", "x" * 4001])
def test_a_message_that_cannot_be_taken_stays_on_the_page(wouk: Wouk, text: str) -> None:
    wouk.go("messages")
    page = wouk.browser.send({"text": text}, form="/messages")
    (kept,) = page.tree.xpath("//textarea[@id='field-text']/text()")

    assert 422 == page.status
    assert text.strip() == kept.strip()
    assert [] == page.tree.xpath("//ol[@class='thread']")


def test_whoever_is_not_answered_cannot_write_for_ever(wouk: Wouk, staff: Session) -> None:
    desk, run = wouk.embassy.desk, wouk.run
    for number in range(ALONE_LIMIT):
        wouk.go("messages")
        assert 200 == wouk.browser.send({"text": f"Word {number}"}, form="/messages").status
    wouk.go("messages")
    page = wouk.browser.send({"text": "One more"}, form="/messages")

    assert (429, True) == (page.status, "One more" in page.text)

    known = run(read_volunteer(desk, staff, wouk.session.box))
    run(write_note(desk, staff, known, "We have read it all.", "en"))
    wouk.go("messages")

    assert 200 == wouk.browser.send({"text": "Thank you"}, form="/messages").status


def test_a_pause_begins_with_two_presses_and_ends_with_one(wouk: Wouk, staff: Session) -> None:
    wouk.send()
    judge(wouk, staff, state=VolunteerState.ACTIVE)
    home = wouk.go()
    (link,) = home.tree.xpath("//ul[@class='acts']//a[contains(@href, '/pause')]/@href")
    wouk.browser.go(link)
    page = wouk.browser.send({**UNTIL, "act": "pause"}, form="/pause")
    until = wouk.profile.paused_until

    assert "December 24, 2026" in page.words
    assert until is not None and (24, 12) == (until.day, until.month)
    assert "Paused" in page.words

    page = wouk.browser.send({"act": "go_on"}, form="/pause")

    assert wouk.profile.paused_until is None
    assert "Good to have you back" in page.words


@pytest.mark.parametrize(
    "typed",
    [
        {},
        {**UNTIL, "until-month": "13"},
        {**UNTIL, "until-month": "11", "until-day": "23"},
        {**UNTIL, "until-year": "2028"},
    ],
)
def test_a_pause_without_a_day_to_come_is_not_taken(wouk: Wouk, typed: dict[str, str]) -> None:
    wouk.go("pause")
    page = wouk.browser.send({**typed, "act": "pause"}, form="/pause")

    assert 422 == page.status
    assert ["#field-until"] == page.tree.xpath("//div[@id='error-summary']//a/@href")
    assert wouk.profile.paused_until is None


def test_leaving_takes_two_presses_ends_the_session_and_can_be_undone(wouk: Wouk) -> None:
    wouk.send()
    (link,) = wouk.go().tree.xpath("//ul[@class='acts']//a[contains(@href, '/leave')]/@href")
    wouk.browser.go(link)
    gone = wouk.browser.send(form="/work/leave")
    outside = wouk.go()
    page = wouk.unlock()

    assert "/en/staff/locked" == gone.path
    assert "You have left" in gone.words
    assert "/en/staff/unlock" == outside.path
    assert wouk.profile.left is not None
    assert "Everything about you is erased after" in page.words
    assert 403 == wouk.say("load", {"load": "5"}).status, "nothing is said any more"

    wouk.embassy.clock.move(minutes=5)
    wouk.go()
    page = wouk.browser.send(form="/again")

    assert (None, wouk.embassy.clock.now()) == (wouk.profile.left, wouk.profile.sent)
    assert "You have offered your help again" in page.words


def test_whoever_left_before_they_said_everything_goes_on_where_they_were(wouk: Wouk) -> None:
    wouk.say("languages", {"fluency-1": "4"})
    wouk.go("leave")
    wouk.browser.send(form="/work/leave")
    wouk.unlock()
    wouk.browser.send(form="/again")

    assert (None, None) == (wouk.profile.left, wouk.profile.sent)
    assert 1 == len(wouk.profile.languages)


def test_whoever_was_active_and_comes_back_with_parts_missing_is_active_no_more(
    wouk: Wouk, staff: Session
) -> None:
    wouk.send()
    judge(wouk, staff, state=VolunteerState.ACTIVE)
    less = msgspec.structs.replace(wouk.profile, skills=())
    wouk.run(change_own(wouk.embassy.desk, wouk.session, lambda _: less))
    wouk.go("leave")
    wouk.browser.send(form="/work/leave")
    wouk.unlock()
    wouk.browser.send(form="/again")
    back = wouk.go().words
    wouk.embassy.clock.move(minutes=5)
    wouk.send()

    assert "You have offered your help" in back
    assert VolunteerState.APPLIED is state_now(wouk.embassy.desk, wouk.known)


def test_whoever_was_declined_reads_why_and_can_offer_again(wouk: Wouk, staff: Session) -> None:
    wouk.send()
    judge(wouk, staff, state=VolunteerState.DECLINED, reason="We are too many now.")
    page = wouk.go()

    assert "We are too many now." in page.words
    assert "/en/work/again" in [form.action for form in page.forms()]

    wouk.embassy.clock.move(minutes=5)
    wouk.browser.send(form="/again")

    assert "You have offered your help" in wouk.go().words


def test_whoever_is_blocked_reads_why_and_changes_nothing(wouk: Wouk, staff: Session) -> None:
    wouk.send()
    token = wouk.go().tree.xpath("//input[@name='token']/@value")[0]
    judge(wouk, staff, state=VolunteerState.BLOCKED, reason="You told others.")
    page = wouk.go()
    answers = {
        path: wouk.browser.post(f"/en/work/{path}", [("token", token), *fields]).status
        for path, fields in {
            "again": [],
            "leave": [],
            "me": [],
            "me/load": [("load", "1")],
            "pause": [(name, value) for name, value in UNTIL.items()],
        }.items()
    }

    assert "You told others." in page.words
    assert ["/en/staff/leave"] == [form.action for form in page.forms()]
    assert {403} == set(answers.values())


def test_words_of_the_coordinators_stand_on_the_first_page(wouk: Wouk, staff: Session) -> None:
    known = wouk.run(read_volunteer(wouk.embassy.desk, staff, wouk.session.box))
    wouk.run(screening.set_words(wouk.embassy.desk, staff, known, "Call us on Monday."))

    assert "Call us on Monday." in wouk.go().words


def test_the_copy_of_one_s_data_holds_everything_and_needs_the_passphrase(
    wouk: Wouk, staff: Session
) -> None:
    desk, run = wouk.embassy.desk, wouk.run
    wouk.send()
    wouk.go("messages")
    wouk.browser.send({"text": "A word of mine"}, form="/messages")
    known = run(read_volunteer(desk, staff, wouk.session.box))
    run(write_note(desk, staff, known, "A word of theirs", "en"))
    wouk.go("export")
    refused = wouk.browser.send({"passphrase": "one two"}, form="/export")
    sent = wouk.browser.send({"passphrase": wouk.account.passphrase}, form="/export")
    copy = json.loads(sent.text)

    assert 422 == refused.status
    assert "application/json" == sent.headers["content-type"].partition(";")[0]
    assert "no-store" == sent.headers["cache-control"]
    assert 'attachment; filename="my-data.json"' == sent.headers["content-disposition"]
    assert "wouk" == copy["profile"]["handle"]
    assert "Ask for me at the choir." == copy["profile"]["note"]
    assert ["A word of mine", "A word of theirs"] == [note["text"] for note in copy["messages"]]
    assert "applied" == copy["state"]
    assert set(Standing.__struct_fields__) == set(copy["standing"])


def test_nothing_personal_is_in_titles_addresses_or_redirects(wouk: Wouk) -> None:
    seen: list[str] = []

    async def note(answer: Any) -> None:
        seen.extend([str(answer.url), answer.headers.get("location", "")])

    wouk.browser.client.event_hooks["response"].append(note)
    wouk.send()
    wouk.go("messages")
    titles = {wouk.browser.send({"text": "choir"}, form="/messages").title, wouk.go().title}
    outside = "\n".join(seen)

    assert {"Portal"} == titles
    for secret in ("wouk", "choir", "Hillham", "woman", "boat"):
        assert secret not in outside
