"""A volunteer's pages of their tasks, from the offer to the end, and what they refuse."""

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import icalendar
import msgspec
import pytest

from pe_core.desk import brief_threads, offering, visits
from pe_core.desk.volunteers import read_own, write_own
from pe_core.model import Reason, Verdict
from pe_core.store import BriefRow, RequestRow, Update
from pe_core.toolkit.browser import Browser, Page
from pe_core.toolkit.embassy import TestEmbassy
from teamwork import Team

Run = Callable[[Awaitable[Any]], Any]
Open = Callable[[], Browser]
DETAIL = "It is a refusal of the office."


class House(Team):
    """The team, and a browser for each volunteer who sits down before one."""

    def __init__(self, embassy: TestEmbassy, run: Run, open_browser: Open) -> None:
        super().__init__(embassy, run)
        self.open = open_browser

    def unlock(self, handle: str) -> Browser:
        """Unlock somebody in a browser of their own."""
        browser, account = self.open(), self.accounts[handle]
        self.clock.move(minutes=1)
        browser.go("/en/staff/unlock")
        code = account.code(self.clock.now())
        browser.send({"name": handle, "passphrase": account.passphrase, "code": code})
        return browser

    def at(self, handle: str, end: str = "") -> str:
        """Return the address of the one task that somebody was offered last."""
        return f"/en/work/tasks/{self.brief(handle)}{end}"

    def timed(self, days: int = 2, hours: int = 2) -> Any:
        """Add a need for a time in some days and return it."""
        start = (self.clock.now() + timedelta(days=days)).replace(minute=0)
        return self.need(start=start, end=start + timedelta(hours=hours))


@pytest.fixture
def house(pe_embassy: TestEmbassy, pe_run: Run, pe_browser: Open) -> House:
    """The team and everybody before it."""
    return House(pe_embassy, pe_run, pe_browser)


def press(browser: Browser, act: str, form: str) -> Page:
    return browser.send({"act": act}, form=form)


def test_a_fresh_volunteer_reads_what_is_to_come(house: House) -> None:
    page = house.unlock("dzik").page

    assert "/en/work" == page.path
    assert "Nothing waits for your answer." in page.words
    assert "You have no task now." in page.words
    assert "What is over" not in page.words
    assert "Your hours" not in page.words


def test_from_the_offer_to_the_end(house: House) -> None:
    house.offer(house.need(languages=("pl", "be")), "dzik")
    dzik = house.unlock("dzik")
    offered = dzik.page
    card = dzik.go(house.at("dzik"))
    taken = press(dzik, "accept", house.at("dzik"))
    home = dzik.go("/en/work")
    dzik.go(house.at("dzik"))
    dzik.send({"words": "Hello, when does it suit you?", "language": "be"}, form="/words")
    written = dzik.page
    asked = dzik.go(house.at("dzik", "/done"))
    ended = dzik.send(
        {"hours": "1", "minutes": "30", "line": "It went well", "support": "yes"}, form="/done"
    )

    assert "Translate a page" in offered.words
    assert "Answer by" in offered.words
    assert "Polski, Беларуская" in card.words
    assert DETAIL not in card.words
    assert "It is yours. Thank you." in taken.words
    assert DETAIL in taken.words
    assert "Nothing waits for your answer." in home.words
    assert "Your message is sent." in written.words
    said = written.tree.xpath("//ol[@class='thread']//p[@lang='be']")
    assert ["Hello, when does it suit you?"] == [words.text_content() for words in said]
    assert "close to you for good" in asked.words
    assert "/en/work" == ended.path
    assert "Somebody of the team will talk with you." in ended.words
    assert ("1 h 30 min", "1 task") == tuple(
        cell.text_content() for cell in ended.tree.xpath("//table//td")
    )
    assert "24 November 2026: Done" in ended.words or "November 24, 2026: Done" in ended.words
    assert "Translate a page" not in ended.words


def test_a_second_press_on_accept_finds_it_taken_and_says_so(house: House) -> None:
    house.offer(house.need(), "dzik")
    dzik = house.unlock("dzik")
    at = house.at("dzik")
    token = dzik.go(at).forms()[0].fields["token"]
    pages = [dzik.post(at, [("token", token), ("act", "accept")]) for _ in range(2)]

    assert [200, 200] == [page.status for page in pages]
    assert "It is yours. Thank you." in pages[1].words
    assert "not open to you any more" not in pages[1].words
    assert {"dzik": "accepted"} == house.states()


def test_not_this_time_in_an_old_tab_says_that_the_task_is_theirs(house: House) -> None:
    house.offer(house.need(), "dzik")
    dzik = house.unlock("dzik")
    before = dzik.go(house.at("dzik"))
    press(dzik, "accept", house.at("dzik"))
    dzik.page = before
    page = press(dzik, "decline", house.at("dzik"))

    assert 409 == page.status
    assert "You have accepted this task already." in page.words
    assert "somebody else took it" not in page.words
    assert page.tree.xpath(f"//a[@href='{house.at('dzik', '/back')}']")


def test_not_this_time_asks_nothing(house: House) -> None:
    house.offer(house.need(), "dzik")
    dzik = house.unlock("dzik")
    page = press(dzik, "decline", house.at("dzik"))

    assert "All right, not this time." in page.words
    assert "Translate a page" not in page.words
    assert {"dzik": "declined"} == house.states()


def test_times_are_on_the_volunteers_own_clocks_and_in_their_language(house: House) -> None:
    dzik = house.people["dzik"]
    known = house.run(read_own(house.desk, dzik))
    moved = msgspec.structs.replace(known.profile, zone="Asia/Tokyo")
    house.run(write_own(house.desk, dzik, known, moved))
    start = datetime(2026, 12, 1, 20, 0, tzinfo=UTC)
    house.offer(house.need(start=start, end=start + timedelta(hours=2)), "dzik")
    browser = house.unlock("dzik")
    english = browser.go(house.at("dzik")).words
    belarusian = browser.go(house.at("dzik").replace("/en/", "/be/")).words

    assert "December 2, 2026, 5:00 AM to 7:00 AM" in english.replace("\u202f", " ")
    assert "On your own clocks (Asia/Tokyo)" in english
    assert "2 снежня 2026" in belarusian
    assert "05:00" in belarusian


def test_a_task_that_ends_on_another_day_says_both_days(house: House) -> None:
    start = datetime(2026, 12, 1, 20, 0, tzinfo=UTC)
    house.offer(house.need(start=start, end=start + timedelta(hours=8)), "dzik")
    words = house.unlock("dzik").go(house.at("dzik")).words

    assert "December 1, 2026" in words
    assert "December 2, 2026" in words


def test_why_you_tells_what_speaks_for_one_and_nothing_of_what_the_asker_wishes(
    house: House,
) -> None:
    reasons = (
        Reason(code="language", verdict=Verdict.FOR, values={"language": "pl", "fluency": 3}),
        Reason(
            code="skill",
            verdict=Verdict.FOR,
            values={"skill": "core.skill.translating", "level": 2},
        ),
        Reason(code="skill", verdict=Verdict.FOR, values={"skill": "gone.skill", "level": 2}),
        Reason(code="near", verdict=Verdict.FOR, values={"km": 12}),
        Reason(code="gender", verdict=Verdict.FOR),
        Reason(code="asked", verdict=Verdict.AGAINST, values={"days": 3}),
        Reason(code="load", verdict=Verdict.FOR),
        Reason(code="of_a_plugin", verdict=Verdict.FOR),
    )
    view = house.need()
    chosen: Any = {house.box("dzik"): reasons}
    house.run(offering.offer(house.desk, house.busel, view.id, chosen))
    page = house.unlock("dzik").go(house.at("dzik"))

    assert 3 == len(page.tree.xpath("//dl//ul/li"))
    assert "You speak it: Polski" in page.words
    assert "about 12 km" in page.words


def test_an_overlapping_task_is_refused_with_the_reason_and_the_way_to_the_other(
    house: House,
) -> None:
    house.offer(house.timed(), "dzik")
    house.accept("dzik")
    first = house.at("dzik")
    house.offer(house.timed(), "dzik")
    dzik = house.unlock("dzik")
    (second,) = {form.action for form in dzik.page.forms() if "/tasks/" in (form.action or "")}
    page = press(dzik, "accept", second)

    assert 409 == page.status
    assert "You have promised another task for the same time." in page.words
    assert first in page.tree.xpath("//div[@role='alert']//a/@href")
    assert DETAIL not in page.words


def test_a_task_that_others_took_says_so_kindly(house: House) -> None:
    house.offer(house.need(), "dzik", "lasica")
    dzik = house.unlock("dzik")
    at = house.at("dzik")
    dzik.go(at)
    house.accept("lasica")
    pressed = press(dzik, "accept", at)
    looked = dzik.go(at)

    for page in (pressed, looked):
        assert 404 == page.status
        assert "This task is not open any more" in page.words
        assert "Nothing is expected of you" in page.words


def test_an_offer_whose_time_is_over_is_gone(house: House) -> None:
    house.offer(house.need(), "dzik")
    at = house.at("dzik")
    house.clock.move(hours=24)
    dzik = house.unlock("dzik")

    assert "Nothing waits for your answer." in dzik.page.words
    assert 404 == dzik.go(at).status


@pytest.mark.parametrize("act", ["accept", "decline"])
def test_somebody_who_pauses_takes_nothing_and_may_still_say_no(house: House, act: str) -> None:
    house.offer(house.need(), "dzik")
    session = house.people["dzik"]
    known = house.run(read_own(house.desk, session))
    paused = msgspec.structs.replace(known.profile, paused_until=house.clock.now().date())
    house.run(write_own(house.desk, session, known, paused))
    dzik = house.unlock("dzik")
    at = house.at("dzik")
    dzik.go(at)
    page = press(dzik, act, at)

    assert (409 if act == "accept" else 200) == page.status
    assert {"dzik": "offered" if act == "accept" else "declined"} == house.states()


def test_giving_back_takes_two_presses_and_closes_it(house: House) -> None:
    house.offer(house.need(), "dzik")
    house.accept("dzik")
    dzik = house.unlock("dzik")
    at = house.at("dzik")
    asked = dzik.go(f"{at}/back")
    before = house.states()
    page = dzik.send(form="/back")

    assert "The coordinators look for somebody else at once." in asked.words
    assert {"dzik": "accepted"} == before
    assert "The task is given back." in page.words
    assert {"dzik": "withdrawn"} == house.states()
    assert 404 == dzik.go(at).status


def test_the_checklist_keeps_what_was_marked(house: House) -> None:
    house.offer(house.need(), "dzik")
    house.accept("dzik")
    dzik = house.unlock("dzik")
    page = dzik.go(house.at("dzik"))
    items = page.tree.xpath("//input[@name='item']/@value")
    page = dzik.send({"item": [items[0], items[2], "strange"]}, form="/list")
    again = dzik.send({"item": items[:1]}, form="/list")

    assert 6 == len(items)
    assert [items[0], items[2]] == page.tree.xpath("//input[@name='item'][@checked]/@value")
    assert items[:1] == again.tree.xpath("//input[@name='item'][@checked]/@value")
    assert "The list is kept." in again.words


def test_the_conversation_says_who_and_when_and_in_which_language(house: House) -> None:
    house.offer(house.need(), "dzik")
    house.accept("dzik")
    dzik = house.unlock("dzik")
    dzik.go(house.at("dzik"))
    none = dzik.page.words
    dzik.send({"words": "Прывітанне", "language": "be"}, form="/words")
    visit = house.visit()
    helper = house.run(visits.look(house.desk, visit)).helpers[0]
    house.clock.move(minutes=5)
    house.run(brief_threads.write_helper(house.desk, visit, helper, "Добры дзень"))
    page = dzik.go(house.at("dzik"))
    lines = page.tree.xpath("//ol[@class='thread']/li")

    assert "Nothing is written yet." in none
    assert ["ours", "asker"] == [line.get("class") for line in lines]
    assert ["You", "The person who asked"] == [line.xpath(".//b")[0].text for line in lines]
    assert [("be", "ltr"), (None, "auto")] == [
        (words.get("lang"), words.get("dir"))
        for words in page.tree.xpath("//ol[@class='thread']//p[@class='words']")
    ]
    assert "2026" in lines[1].text_content()


@pytest.mark.parametrize(
    ("typed", "says"),
    [("", "Please answer"), (" \n ", "Please answer"), ("x" * 4001, "4,000")],
)
def test_a_message_that_is_none_is_refused_and_kept(house: House, typed: str, says: str) -> None:
    house.offer(house.need(), "dzik")
    house.accept("dzik")
    dzik = house.unlock("dzik")
    dzik.go(house.at("dzik"))
    page = dzik.send({"words": typed}, form="/words")

    assert 422 == page.status
    assert page.tree.xpath("//div[@id='error-summary']//a[@href='#field-words']")
    assert typed.strip() == page.tree.xpath("//textarea")[0].text_content().strip()
    assert DETAIL in page.words


@pytest.mark.parametrize("words", ["I am at the office now.", "x" * 4001])
def test_a_message_for_a_task_that_was_taken_back_meanwhile_stays_on_the_page(
    house: House, words: str
) -> None:
    view = house.need()
    house.offer(view, "dzik")
    house.accept("dzik")
    dzik = house.unlock("dzik")
    dzik.go(house.at("dzik"))
    house.run(offering.take_back(house.desk, house.busel, view.id, house.brief("dzik")))
    page = dzik.send({"words": words, "language": "en"}, form="/words")

    assert 404 == page.status
    assert "Your message was not sent." in page.words
    assert words in page.words
    assert DETAIL not in page.words


def test_a_message_that_is_refused_keeps_the_language_that_was_chosen(house: House) -> None:
    house.offer(house.need(), "dzik")
    house.accept("dzik")
    dzik = house.unlock("dzik")
    dzik.go(house.at("dzik"))
    page = dzik.send({"words": "x" * 4001, "language": "be"}, form="/words")

    chosen = page.tree.xpath("//select[@name='language']/option[@selected]/@value")
    assert (422, ["be"]) == (page.status, chosen)


def test_a_language_that_is_none_of_ours_becomes_the_pages(house: House) -> None:
    house.offer(house.need(), "dzik")
    house.accept("dzik")
    dzik = house.unlock("dzik")
    dzik.go(house.at("dzik"))
    page = dzik.send({"words": "Hello", "language": "xx"}, form="/words")

    assert page.tree.xpath("//ol[@class='thread']//p[@lang='en']")


def test_a_request_that_is_over_ends_the_conversation_and_says_so(house: House) -> None:
    house.offer(house.timed(), "dzik")
    house.accept("dzik")
    dzik = house.unlock("dzik")
    page = dzik.go(house.at("dzik"))
    ended = Update(RequestRow, (house.request,), {"state": "closed"})
    house.run(house.desk.store.write([ended]))
    refused = dzik.send({"words": "Hello"}, form="/words")
    page = dzik.go(house.at("dzik"))
    home = dzik.go("/en/work")

    assert 422 == refused.status
    assert "Nobody would read it" in refused.words
    assert "do not go there" in page.words
    assert [] == page.tree.xpath("//textarea")
    assert "The request is over" in home.words


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({}, "Say about how much time"),
        ({"hours": "x"}, "Type whole numbers"),
        ({"hours": "-1"}, "Type whole numbers"),
        ({"hours": "1", "minutes": "60"}, "Type whole numbers"),
        ({"hours": "²"}, "Type whole numbers"),
        ({"hours": "99999999"}, "Type whole numbers"),
        ({"hours": "168", "minutes": "1"}, "more than a week"),
    ],
)
def test_a_time_that_makes_no_sense_ends_nothing(
    house: House, typed: dict[str, str], says: str
) -> None:
    house.offer(house.need(), "dzik")
    house.accept("dzik")
    dzik = house.unlock("dzik")
    dzik.go(house.at("dzik", "/done"))
    page = dzik.send({**typed, "line": "My line", "support": "yes"}, form="/done")

    assert 422 == page.status
    assert says in page.words
    assert "My line" in page.tree.xpath("//textarea")[0].text_content()
    assert page.tree.xpath("//input[@name='support'][@checked]")
    assert {"dzik": "accepted"} == house.states()


def test_a_line_that_is_too_long_ends_nothing(house: House) -> None:
    house.offer(house.need(), "dzik")
    house.accept("dzik")
    dzik = house.unlock("dzik")
    dzik.go(house.at("dzik", "/done"))
    page = dzik.send({"hours": "0", "line": "x" * 1001}, form="/done")

    assert 422 == page.status
    assert page.tree.xpath("//div[@id='error-summary']//a[@href='#field-line']")


@pytest.mark.parametrize("end", ["/back", "/done", "/calendar", "/words", "/list"])
def test_what_is_only_offered_has_no_pages_of_work(house: House, end: str) -> None:
    house.offer(house.timed(), "dzik")
    dzik = house.unlock("dzik")
    page = dzik.go(house.at("dzik", end))

    assert DETAIL not in page.text
    assert page.path == house.at("dzik") or 404 == page.status


@pytest.mark.parametrize("end", ["", "/words", "/list", "/back", "/done"])
def test_what_is_sent_for_a_task_that_is_not_accepted_or_over_is_refused(
    house: House, end: str
) -> None:
    house.offer(house.need(), "dzik")
    dzik = house.unlock("dzik")
    at, token = house.at("dzik"), dzik.page.forms()[0].fields["token"]
    fields = [("token", token), ("act", "x"), ("words", "x"), ("hours", "1")]
    offered = dzik.post(f"{at}{end}", fields)
    state = house.states()
    house.accept("dzik")
    dzik.go(f"{at}/back")
    dzik.send(form="/back")
    over = dzik.post(f"{at}{end}", [*fields[:1], ("act", "accept"), *fields[2:]])

    assert {"dzik": "offered"} == state
    assert offered.status in (200, 409, 422)
    assert 404 == over.status


def test_the_calendar_file_says_portal_and_a_time_and_rings_the_evening_before(
    house: House,
) -> None:
    session = house.people["dzik"]
    known = house.run(read_own(house.desk, session))
    moved = msgspec.structs.replace(known.profile, zone="Europe/Vilnius")
    house.run(write_own(house.desk, session, known, moved))
    start = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
    house.offer(house.need(start=start, end=start + timedelta(hours=2)), "dzik")
    house.accept("dzik")
    dzik = house.unlock("dzik")
    link = dzik.go(house.at("dzik")).tree.xpath("//a[contains(@href, '/calendar')]/@href")
    file = dzik.go(link[-1])
    (event,) = icalendar.Calendar.from_ical(file.content).walk("VEVENT")
    (alarm,) = event.walk("VALARM")

    assert 'attachment; filename="portal.ics"' == file.headers["content-disposition"]
    assert "text/calendar; charset=utf-8" == file.headers["content-type"]
    assert "Portal" == event["SUMMARY"] == alarm["DESCRIPTION"]
    assert (start, start + timedelta(hours=2)) == (event["DTSTART"].dt, event["DTEND"].dt)
    assert datetime(2026, 11, 30, 16, 0, tzinfo=UTC) == alarm["TRIGGER"].dt
    assert house.brief("dzik") not in file.text
    for word in ("Translate", "refusal", "zz", "embassy", "Example"):
        assert word not in file.text


def test_a_reminder_that_would_ring_in_the_past_is_left_out(house: House) -> None:
    start = house.clock.now() + timedelta(hours=3)
    house.offer(house.need(start=start, end=start + timedelta(hours=1)), "dzik")
    house.accept("dzik")
    file = house.unlock("dzik").go(house.at("dzik", "/calendar"))

    assert b"VEVENT" in file.content
    assert b"VALARM" not in file.content


def test_a_task_without_a_time_has_no_calendar_file(house: House) -> None:
    house.offer(house.need(), "dzik")
    house.accept("dzik")
    dzik = house.unlock("dzik")

    assert "Save the time" not in dzik.go(house.at("dzik")).words
    assert 404 == dzik.go(house.at("dzik", "/calendar")).status


def test_a_spoilt_offer_closes_the_first_page_to_nobody(house: House) -> None:
    house.offer(house.need(), "dzik")
    brief = house.brief("dzik")
    spoilt = Update(BriefRow, (brief,), {"card": b"nothing"})
    house.run(house.desk.store.write([spoilt]))
    dzik = house.unlock("dzik")

    assert 200 == dzik.page.status
    assert "Nothing waits for your answer." in dzik.page.words
    assert 404 == dzik.go(f"/en/work/tasks/{brief}").status


def test_the_copy_of_one_s_data_tells_of_tasks_and_not_what_they_are_about(house: House) -> None:
    taken, offered = house.timed(), house.need()
    house.offer(taken, "dzik", "lasica")
    house.accept("dzik")
    house.offer(offered, "dzik")
    browser = house.unlock("dzik")
    browser.go("/en/work/export")
    sent = browser.send({"passphrase": house.accounts["dzik"].passphrase}, form="/export")
    tasks = json.loads(sent.text)["tasks"]
    start = taken.body.need.start

    assert start is not None
    assert ["accepted", "offered"] == [task["state"] for task in tasks]
    assert [start, None] == [
        task["start"] and datetime.fromisoformat(task["start"]) for task in tasks
    ]
    for secret in (DETAIL, taken.body.title, taken.id, house.request):
        assert secret not in sent.text
