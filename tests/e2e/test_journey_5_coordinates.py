"""Journey 5: a coordinator unlocks, reads, answers and moves; and the whole spine in one test."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from walks import ask

from pe_core.running import utc_now
from pe_core.toolkit.invented import ASKED

pytestmark = pytest.mark.e2e

UNREAD = ASKED[3]
REPLY = "Вітаем! Метрыку выдае рэгіён, дзе нарадзілася дзіця. Мы дапаможам напісаць заяву."
IS_FOCUSED = "element => element === document.activeElement"
MOST_TABS = 150


def test_a_coordinator_answers_and_resolves_by_keyboard_alone(
    meet: Callable[..., Any], demo: Any
) -> None:
    colleague = demo.colleagues[0]
    person = meet("be")
    page = person.page

    page.goto("/be/staff/")
    for key, typed in (
        ("staff.unlock.name", colleague.account.handle),
        ("staff.unlock.passphrase", colleague.account.passphrase),
        ("staff.unlock.code", colleague.code()),
    ):
        _type(page, person.field(key), typed)
    _enter(page)
    row = page.get_by_role("row").filter(has_text=UNREAD.typed["story"][0])
    _go(page, row.get_by_role("link"))
    person.sees("staff.request.answers")
    _type(page, person.field("staff.reply.text"), REPLY)
    _press(person, "staff.reply.preview")
    person.sees("staff.preview.title")
    _press(person, "staff.preview.send")
    person.sees("staff.request.replied")
    _move(person, "active")
    _move(person, "waiting")
    _move(person, "active")
    _move(person, "resolved")

    assert person.reads(person.words("staff.outcome.helped"))
    _press(person, "staff.lock_now")
    person.sees("staff.locked.title")


def test_what_is_asked_without_a_script_is_answered_and_read_with_the_receipt(
    meet: Callable[..., Any], demo: Any
) -> None:
    story = "Мне няма каму пакінуць ката на час пераезду."
    answer = "Кот можа пажыць у валанцёркі. Калі вы едзеце?"

    receipt = ask(meet("be"), "zz.other", {"story": [story]})
    coordinator = meet("be")
    coordinator.unlock(demo.colleagues[0])
    coordinator.open_row(story)
    coordinator.fill("staff.reply.text", answer)
    coordinator.press("staff.reply.preview")
    read_before_sending = coordinator.reads(answer)
    coordinator.press("staff.preview.send")
    asker = meet("be")
    asker.come_back(receipt)

    assert read_before_sending
    assert asker.reads(answer)
    assert not asker.reads(story), "an open request does not show what was asked"


def _move(person: Any, state: str) -> None:
    """Fill in the form that moves a request, and what the new state asks for."""
    page = person.page
    target = page.get_by_role("radio", name=person.words(f"staff.state.{state}"), exact=True)
    _tab_to(page, page.get_by_role("radio").first)
    page.keyboard.press("Space")
    while not target.is_checked():
        page.keyboard.press("ArrowDown")
    if state == "waiting":
        _select(person, "staff.move.waiting_on", "staff.waiting_on.asker")
        wake = utc_now().date() + timedelta(days=7)
        for part in ("day", "month", "year"):
            _type(page, person.field(f"core.form.{part}"), str(getattr(wake, part)))
    if state == "resolved":
        _select(person, "staff.move.outcome", "staff.outcome.helped")
    _press(person, "staff.move.button")
    person.sees("staff.request.moved", state=person.words(f"staff.state.{state}"))


def _tab_to(page: Any, target: Any) -> None:
    for _ in range(MOST_TABS):
        if target.evaluate(IS_FOCUSED):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{target} cannot be reached by Tab at {page.url}")


def _type(page: Any, field: Any, typed: str) -> None:
    _tab_to(page, field)
    page.keyboard.type(typed)


def _select(person: Any, label: str, option: str) -> None:
    field = person.field(label)
    _tab_to(person.page, field)
    while field.evaluate("e => e.selectedOptions[0].text") != person.words(option):
        person.page.keyboard.press("ArrowDown")


def _enter(page: Any) -> None:
    with page.expect_navigation():
        page.keyboard.press("Enter")


def _go(page: Any, target: Any) -> None:
    _tab_to(page, target)
    _enter(page)


def _press(person: Any, key: str) -> None:
    _go(person.page, person.page.get_by_role("button", name=person.words(key)).first)
