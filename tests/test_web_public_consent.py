"""An asker decides on their own page what may go to another embassy, and takes it back there."""

from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from between import Between
from enclosures import ask_with, items, picture
from pe_core.desk import visits
from pe_core.desk.requests import Moving, move, open_request
from pe_core.desk.working import take_up
from pe_core.model import Outcome, RequestId, State
from pe_core.model.peer import Kind, PeerCode
from pe_core.model.referral import ReferralState
from pe_core.network import accepting, consenting, preparing
from pe_core.network.preparing import CaseWords
from pe_core.store import IncomingRow, ReferralRow
from pe_core.toolkit.asker import Asker
from pe_core.toolkit.browser import Browser, Page
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.toolkit.invented import ASKED
from test_network_referring import FIELDS, prepare
from two_embassies import add_stranger

Run = Callable[[Awaitable[Any]], Any]
ASKED_OF_THEM = "Do you know a translator?"


class Visit:
    """Somebody who came back with their receipt, and the two embassies."""

    def __init__(self, two: Between, run: Run, language: str = "en") -> None:
        self.two, self.run = two, run
        self.receipt, self.request = two.ask(ASKED[1])
        self.browser = Browser(two.near.embassy.lasting_app(), run)
        self.asker = Asker(self.browser, two.clock, language)

    def wish(self, *fields: str, take_over: bool = False) -> None:
        self.run(_wish(self.two, self.request, fields or ("story", "paper", "name"), take_over))

    def back(self) -> Page:
        return self.asker.come_back(self.receipt)

    def close(self) -> None:
        self.browser.close()


async def _wish(two: Between, request: RequestId, fields: tuple[str, ...], take_over: bool) -> None:
    desk, session = two.near.desk, two.near.session
    help_request = await open_request(desk, session, request)
    words = CaseWords(asked=ASKED_OF_THEM, language="en", fields=fields)
    wish = await preparing.prepare_wish(
        desk, help_request, two.far.code, words, take_over=take_over
    )
    await consenting.ask_consent(desk, session, await take_up(desk, session, request), wish)


@pytest.fixture
def visit(pe_embassy: TestEmbassy, pe_run: Run, tmp_path: Path) -> Iterator[Visit]:
    """An asker, a request, and two embassies that know each other."""
    two = Between(pe_embassy, pe_run, tmp_path / "other")
    found = Visit(two, pe_run)
    yield found
    found.close()
    two.close()


def test_an_asker_sees_to_whom_and_which_answers_and_that_nothing_is_ticked(visit: Visit) -> None:
    visit.wish()
    page = visit.back()
    boxes = page.tree.xpath("//input[@name='field']")

    assert "YY (yy.example)" in page.words
    assert ASKED_OF_THEM in page.words
    assert {"story", "paper", "name"} == {box.get("value") for box in boxes}
    assert [] == [box for box in boxes if box.get("checked") is not None]


def test_the_answers_themselves_are_not_shown_by_a_receipt(visit: Visit) -> None:
    visit.wish()
    page = visit.back()
    answers = [one.shown for one in visit.two.near.request(visit.request).original.answers]

    assert [] == [answer for answer in answers if len(answer) > 12 and answer in page.words]


def test_an_asker_ticks_each_file_by_itself_as_they_know_it(visit: Visit) -> None:
    receipt, request = ask_with(visit.two, picture(40), picture(41))
    visit.receipt, visit.request = receipt, request
    first, second = items(visit.two, request)
    visit.wish("story", first, second)
    page = visit.back()
    labels = [
        one.text_content() for one in page.tree.xpath("//form[contains(@action,'share')]//label")
    ]
    visit.asker.act("share", field=second, act="yes")
    given = visit.back()
    consent = consenting.consent_for(visit.two.near.request(request), visit.two.far.code)

    assert ["Файл 1: Малюнак (PNG), 5 КБ", "Файл 2: Малюнак (PNG), 5 КБ"] == labels[1:]
    assert consent is not None and (second,) == consent.fields
    assert "Файл 2: Малюнак (PNG), 5 КБ" in given.words
    assert "no other file and no code" in page.words


def test_a_file_that_was_not_asked_for_cannot_be_ticked(visit: Visit) -> None:
    visit.receipt, visit.request = ask_with(visit.two, picture(40))
    (file,) = items(visit.two, visit.request)
    visit.wish("story")
    visit.back()
    visit.asker.act("share", field=file, act="yes")

    help_request = visit.two.near.request(visit.request)
    assert consenting.consent_for(help_request, visit.two.far.code) is None


@pytest.mark.parametrize("take_over", [False, True])
def test_what_an_asker_agrees_to_says_whether_their_request_may_be_taken_over(
    visit: Visit, take_over: bool
) -> None:
    visit.wish("story", take_over=take_over)
    asked = visit.back()
    visit.asker.act("share", field="story", act="yes")
    given = visit.back()
    consent = consenting.consent_for(visit.two.near.request(visit.request), visit.two.far.code)

    words = "They would take over your request"
    assert consent is not None
    assert [take_over] * 3 == [words in asked.words, words in given.words, consent.take_over]


def test_what_was_ticked_may_go_from_the_third_day_on_and_is_taken_back_in_one_press(
    visit: Visit,
) -> None:
    visit.wish()
    visit.back()
    page = visit.asker.act("share", field="story", act="yes")
    consent = consenting.consent_for(visit.two.near.request(visit.request), visit.two.far.code)
    again = visit.asker.act("unshare")
    gone = consenting.consent_for(visit.two.near.request(visit.request), visit.two.far.code)

    assert "Your consent is noted." in page.words
    assert consent is not None and ("story",) == consent.fields
    assert "Your consent is taken back." in again.words
    assert "Take my consent back" not in again.words
    assert gone is None


def test_taking_it_back_erases_what_was_sent_before_anybody_unlocks(visit: Visit) -> None:
    two = visit.two
    two.agree(visit.request, *FIELDS)
    thread = two.near.begin(prepare(two, visit.request), visit.request)
    two.exchange()
    two.near.desk.sessions.drop_where(lambda _: True)
    visit.back()
    visit.asker.act("unshare")
    two.carry()

    rows = two.run(two.far.desk.store.select(IncomingRow))
    row = two.run(two.near.desk.store.get(ReferralRow, thread))
    assert [None] == [one.body for one in rows if one.number]
    assert (ReferralState.REVOKED.value, True) == (row.state, row.erased > 0)


def test_a_no_is_taken_and_the_page_asks_no_more(visit: Visit) -> None:
    visit.wish()
    visit.back()
    page = visit.asker.act("share", act="no")

    assert "You said no." in page.words
    assert "May we ask another embassy?" not in page.words


def test_a_yes_without_a_tick_is_no_yes(visit: Visit) -> None:
    visit.wish()
    visit.back()
    page = visit.asker.act("share", act="yes")

    assert 422 == page.status
    assert "Tick at least one answer" in page.words


@pytest.mark.parametrize("field", ["region", "contact", "nothing"])
def test_nothing_that_was_not_asked_for_can_be_ticked(visit: Visit, field: str) -> None:
    visit.wish("story")
    visit.back()
    visit.asker.act("share", field=field, act="yes")

    help_request = visit.two.near.request(visit.request)
    assert consenting.consent_for(help_request, visit.two.far.code) is None


def test_pressed_twice_it_is_answered_once(visit: Visit) -> None:
    visit.wish()
    visit.back()
    form = visit.browser._form("/mine/share")
    fields = [*form.form_values(), ("field", "story"), ("act", "yes")]
    for _ in range(2):
        page = visit.browser.post("/en/mine/share", fields)

    consents = consenting.consents_of(visit.two.near.request(visit.request))
    assert 200 == page.status
    assert 1 == len(consents)


def test_who_takes_consent_back_before_it_was_used_is_not_told_that_something_was_sent(
    visit: Visit,
) -> None:
    visit.wish("story")
    visit.back()
    visit.asker.act("share", field="story", act="yes")
    page = visit.asker.act("unshare")

    assert "Nothing more goes to the other embassy, and whatever was sent" in page.words
    assert "What was sent is being erased" not in page.words


def test_a_no_in_an_old_tab_says_that_a_yes_stands(visit: Visit) -> None:
    visit.wish()
    visit.back()
    old = visit.browser.page
    visit.asker.act("share", field="story", act="yes")
    visit.browser.page = old
    page = visit.asker.act("share", act="no")

    assert 422 == page.status
    assert ["#field-share"] == page.tree.xpath("//div[@id='error-summary']//a/@href")
    assert "This was answered already." in page.words
    assert "Take my consent back" in page.words


def test_after_a_transfer_the_page_leads_on_with_the_new_code(visit: Visit) -> None:
    two = visit.two
    visit.wish("story")
    two.agree(visit.request, "story")
    thread = two.near.begin(prepare(two, visit.request, Kind.TRANSFER), visit.request)
    two.exchange()
    two.run(accepting.accept(two.far.desk, two.far.session, thread, "", "en"))
    two.exchange()
    page = visit.back()
    groups = visit.asker.groups()
    there = Browser(two.far.embassy.lasting_app(), visit.run)
    other = Asker(there, two.clock).come_back(" ".join(groups))
    there.close()

    assert "Another embassy has your request now" in page.words
    (link,) = page.tree.xpath("//a[@href='https://yy.example']")
    assert ("https://yy.example", "noreferrer") == (link.text_content(), link.get("rel"))
    assert "May we ask another embassy?" not in page.words, "that is over now"
    assert 6 == len(groups)
    assert 200 == other.status and other.path.endswith("/mine")


def hand_over(visit: Visit) -> None:
    """Let the other embassy take the request."""
    two = visit.two
    thread = two.near.begin(prepare(two, visit.request, Kind.TRANSFER), visit.request)
    two.exchange()
    two.run(accepting.accept(two.far.desk, two.far.session, thread, "", "en"))
    two.exchange()


def test_after_a_transfer_consent_for_a_third_embassy_can_still_be_taken_back(
    visit: Visit,
) -> None:
    two, near = visit.two, visit.two.near
    third = PeerCode(add_stranger(visit.run, near.desk))
    work = two.run(take_up(near.desk, near.session, visit.request))
    two.run(consenting.note_spoken(near.desk, near.session, work, third, ["paper"]))
    two.agree(visit.request, "story")
    hand_over(visit)
    page = visit.back()
    given = page.tree.xpath("//input[@name='given']")
    after = visit.asker.act("unshare")

    assert f"{third.upper()} ({third}.example)" in page.words
    assert "YY (yy.example)" not in page.words, "it has the request"
    assert 1 == len(given)
    assert "Your consent is taken back." in after.words
    assert {two.far.code} == {one.peer for one in consenting.consents_of(near.request(work.id))}


def test_who_takes_consent_back_on_a_page_from_before_the_transfer_is_led_on(
    visit: Visit,
) -> None:
    two = visit.two
    two.agree(visit.request, "story")
    visit.back()
    hand_over(visit)
    page = visit.asker.act("unshare")

    assert "Your consent is taken back." not in page.words
    assert "Another embassy has your request now" in page.words


def test_a_request_that_is_over_asks_nothing_more(visit: Visit) -> None:
    near = visit.two.near
    visit.wish()
    before = visit.back()
    closed = Moving(to=State.CLOSED, outcome=Outcome.NO_CONTACT)
    visit.run(move(near.desk, near.session, visit.request, closed))
    after = visit.back()
    _, visiting = visit.run(visits.come_back(near.desk, visit.receipt))
    visit.run(visits.reopen(near.desk, visiting))
    again = visit.back()

    assert [True, False, True] == [
        "May we ask another embassy?" in page.words for page in (before, after, again)
    ]


@pytest.mark.parametrize("language", ["be", "ru", "he"])
def test_the_page_asks_in_the_askers_language(
    pe_embassy: TestEmbassy, pe_run: Run, tmp_path: Path, language: str
) -> None:
    two = Between(pe_embassy, pe_run, tmp_path / "other")
    visit = Visit(two, pe_run, language)
    visit.wish()
    page = visit.back()
    visit.close()
    two.close()

    title = two.near.desk.texts.text(language, "core.mine.share_title")
    assert title in page.words
