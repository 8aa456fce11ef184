"""Journey 4: a volunteer takes a task, does it and ends it, without a script."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from people import Demo, Person
from walks_needs import SKILL
from walks_work import enter

from pe_core.running import utc_now
from pe_core.toolkit.invented import ASKED

pytestmark = pytest.mark.e2e

FIRST, SECOND = "Перакладаць размову ва ўстанове", "Перакласці адмову"
DETAIL = "Сустрэча каля ўвахода, з паперамі."
HELLO, THANKS = "Добры дзень! Я дапамагу з перакладам.", "Дзякуй! Буду там а дзявятай."
ASKED_FIRST = 0
TUESDAY = 1
"""A day on whose evening the first invented volunteer has time."""


def look_for(person: Person, title: str) -> None:
    """Look for somebody who interprets on the same hours, and ask the first who fits."""
    soon = [utc_now().date() + timedelta(days=days) for days in range(2, 9)]
    day = next(day for day in soon if day.weekday() == TUESDAY)
    person.open("staff")
    person.open_row(ASKED[ASKED_FIRST].typed["story"][0])
    person.follow("staff.need.seek")
    person.fill("staff.need.title", title)
    person.fill("staff.need.detail", DETAIL)
    person.page.get_by_label(person.words(SKILL)).select_option(f"{SKILL}:required:2")
    person.choose("staff.need.place_afar")
    person.choose("staff.need.time_fixed")
    for part, value in (("day", day.day), ("month", day.month), ("year", day.year)):
        person.fill(f"core.form.{part}", str(value))
    for field, clock in (("start", "19:00"), ("end", "20:00")):
        person.page.locator(f"#field-{field}").fill(clock)
    person.press("staff.need.add")
    person.page.get_by_role("checkbox").first.check(force=True)
    person.press("staff.need.offer")


def test_a_task_goes_from_the_offer_to_done_and_its_detail_is_closed_then(
    meet: Callable[..., Person], meet_colleague: Callable[..., Person], demo: Demo
) -> None:
    coordinator = meet_colleague(0)
    for title in (FIRST, SECOND):
        look_for(coordinator, title)
    helper = meet("be")
    helper.open("staff/unlock")
    enter(helper, demo.volunteers[0])

    offered = [helper.reads(words) for words in (FIRST, SECOND, DETAIL)]
    helper.page.get_by_role("link", name=FIRST).click()
    helper.sees("work.task.answer_by")
    before = helper.reads(DETAIL)
    helper.press("work.task.accept")
    helper.sees("work.task.done_accepted")
    task, after = helper.page.url.partition("?")[0], helper.reads(DETAIL)
    helper.open("work")
    helper.page.get_by_role("link", name=SECOND).click()
    helper.press("work.task.accept")
    overlap = helper.reads(helper.words("work.brief.overlap"))
    with helper.page.expect_navigation():
        helper.page.get_by_role("alert").get_by_role("link", name=FIRST).click()
    helper.fill("work.words.write", HELLO)
    helper.press("work.words.send")
    asker = meet("be")
    asker.come_back(demo.receipts[ASKED_FIRST])
    greeted = asker.reads(HELLO) and asker.reads(asker.words("core.mine.helper_title"))
    asker.fill("core.mine.helper_write", THANKS)
    asker.press("core.mine.helper_send")
    asker.sees("core.mine.done.helper")
    helper.page.goto(task)
    answered = helper.reads(THANKS)
    with helper.page.expect_download() as waiting:
        helper.page.get_by_role("link", name=helper.words("work.task.calendar")).click()
    file = waiting.value.path().read_text(encoding="utf-8")
    helper.follow("work.done.link")
    helper.fill("work.done.hours", "1")
    helper.choose("work.done.support")
    helper.press("work.done.button")
    helper.sees("work.home.done_supported")
    helper.page.goto(task)

    assert [True, True, False] == offered
    assert (False, True) == (before, after)
    assert overlap
    assert greeted and answered
    assert "SUMMARY:Portal" in file and FIRST not in file
    assert helper.is_at("work.over.title")
    assert not helper.reads(DETAIL)
