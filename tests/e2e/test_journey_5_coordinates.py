"""Journey 5: a coordinator unlocks, reads, answers and moves; and the whole spine in one test."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from walks import ask
from walks_work import enter

from pe_core.running import utc_now
from pe_core.toolkit.invented import ASKED

pytestmark = pytest.mark.e2e

UNREAD_STORY = ASKED[3].typed["story"][0]
SEARCHED_IN_LATIN = "dzicia naradz"
"""Words of that story, as somebody types who has no Cyrillic keyboard."""
REPLY = " Метрыку выдае рэгіён, дзе нарадзілася дзіця. Мы дапаможам напісаць заяву."
NOTE = "Перапытаць пра рэгіён у панядзелак."
DONE = (
    "unlocked",
    "searched",
    "opened",
    "claimed",
    "changed",
    "noted",
    "replied",
    "moved",
    "printed",
)
FIVE = {"bocian", "sinica", "lastauka", "salaviej", "ziaziula"}
PAUSES, FASTER, SLOWER = "kniharka", 4, 5
"""A volunteer who pauses; of those who are asked, who presses first and who does so too late."""
TASK = "Dapamahčy z anketaj u internecie"
IS_FOCUSED = "element => element === document.activeElement"
MOST_TABS = 150
PHONE = {"width": 360, "height": 800}
LIES_OVER = """() => {
  const meet = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1
    && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1;
  const words = cell => {
    const range = document.createRange();
    range.selectNodeContents(cell);
    return [...range.getClientRects()];
  };
  return [...document.querySelectorAll("tbody tr")].filter(row => {
    const later = [...row.querySelectorAll("td")].slice(2).flatMap(words);
    const first = [...row.querySelectorAll("td.topic a, .badge")];
    return first.some(one => later.some(other => meet(one.getBoundingClientRect(), other)));
  }).map(row => row.innerText);
}"""
"""The rows in which a name or a badge lies over what stands in the later cells."""


def test_a_coordinators_whole_day_goes_by_keyboard_alone(
    meet: Callable[..., Any], demo: Any
) -> None:
    person = meet("be")
    page = person.page
    page.goto("/be/staff/")
    _unlock(person, demo.colleagues[0])

    _go(page, page.locator(".figures a.unclaimed"))
    unclaimed = page.url.endswith("?show=unclaimed")
    _type(page, page.get_by_role("searchbox"), SEARCHED_IN_LATIN)
    _enter(page)
    found = person.reads(person.plural("staff.search.found", 1))
    _go(page, page.get_by_role("row").filter(has_text=UNREAD_STORY).get_by_role("link"))
    person.sees("staff.request.answers")
    address = page.url
    _press(person, "staff.claim.claim")
    person.sees("staff.request.claimed")
    _select(person, "staff.sort.urgency", "staff.urgency.urgent")
    _press(person, "staff.sort.button")
    person.sees("staff.request.sorted")
    _type(page, person.field("staff.note.text"), NOTE)
    _press(person, "staff.note.button")
    person.sees("staff.request.noted")
    _answer_from_a_template(person)
    for state in ("active", "waiting", "active", "resolved"):
        _move(person, state)
    helped = person.reads(person.words("staff.outcome.helped"))
    noted = person.reads(NOTE)
    page.goto(f"{address}/print")
    person.sees("staff.print.title")
    _go(page, page.get_by_role("link", name=person.words("core.staff.menu_trail")))
    trail = [person.reads(person.words(f"staff.trail.act.{act}")) for act in DONE]
    _press(person, "staff.lock_now")
    person.sees("staff.locked.title")

    assert [True, True, True, True] == [unclaimed, found, helped, noted]
    assert [True] * len(DONE) == trail


def test_two_coordinators_with_one_request_learn_of_each_other(
    meet_colleague: Callable[..., Any],
) -> None:
    first, second = meet_colleague(0), meet_colleague(1)
    for person in (first, second):
        person.open("staff")
        person.open_row(ASKED[5].typed["story"][0])
    second.sees("staff.request.looking", name="busel")
    first.press("staff.claim.claim")
    second.press("staff.claim.claim")

    second.sees("staff.claim.faster", name="busel")


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


@pytest.mark.parametrize("language", ["be", "he"])
def test_on_a_phone_no_name_of_a_volunteer_is_broken_and_nothing_lies_over_the_rest(
    meet_colleague: Callable[..., Any], language: str
) -> None:
    person = meet_colleague(0, language, viewport=PHONE)
    person.open("staff/volunteers?tab=all")
    names = person.page.locator("td.topic a").all()
    over = person.page.evaluate(LIES_OVER)

    assert len(names) > 5
    assert all(name.evaluate("e => e.getClientRects().length") == 1 for name in names)
    assert [] == over


def test_of_five_who_fit_two_are_asked_and_the_first_to_accept_has_it(
    meet: Callable[..., Any], meet_colleague: Callable[..., Any], demo: Any
) -> None:
    coordinator = meet_colleague(0)
    coordinator.open("staff")
    coordinator.open_row(ASKED[4].typed["story"][0])
    coordinator.follow("staff.need.seek")
    coordinator.fill("staff.need.title", TASK)
    coordinator.choose("staff.need.place_afar")
    coordinator.choose("staff.need.time_free")
    coordinator.press("staff.need.add")
    need = coordinator.page.url.partition("?")[0]
    people = coordinator.page.locator(".choice.person")
    reasons = {one.locator("label").inner_text(): one.locator("dd").count() for one in people.all()}
    coordinator.fill("staff.need.why", PAUSES)
    coordinator.press("staff.need.why_button")
    against = coordinator.page.locator(".answer").inner_text()
    coordinator.page.goto(need)
    asked = [demo.volunteers[number] for number in (FASTER, SLOWER)]
    for wouk in asked:
        name = wouk.account.handle
        coordinator.page.get_by_role("checkbox", name=name, exact=True).check(force=True)
    coordinator.press("staff.need.offer")
    helpers = []
    for wouk in asked:
        helper = meet("be")
        helper.open("staff/unlock")
        enter(helper, wouk)
        helper.page.get_by_role("link", name=TASK).click()
        helpers.append(helper)
    for helper in helpers:
        helper.press("work.task.accept")
    helpers[0].sees("work.task.done_accepted")
    helpers[1].sees("work.brief.over")
    coordinator.page.goto(need)
    offers = coordinator.page.locator(".offers li")
    taken = offers.filter(has_text=asked[0].account.handle).inner_text()

    assert reasons.keys() == FIVE
    assert all(number > 0 for number in reasons.values())
    assert coordinator.words("staff.match.paused_bars", day="|").partition("|")[0] in against
    assert coordinator.words("staff.offer.state_accepted") in taken


def _unlock(person: Any, colleague: Any) -> None:
    for key, typed in (
        ("staff.unlock.name", colleague.account.handle),
        ("staff.unlock.passphrase", colleague.account.passphrase),
        ("staff.unlock.code", colleague.code()),
    ):
        _type(person.page, person.field(key), typed)
    _enter(person.page)


def _answer_from_a_template(person: Any) -> None:
    page = person.page
    _tab_to(page, page.locator("details.templates summary"))
    page.keyboard.press("Enter")
    _go(page, page.get_by_role("link", name=person.words("core.template.received.title")))
    _tab_to(page, person.field("staff.reply.text"))
    page.keyboard.press("Control+End")
    page.keyboard.type(REPLY)
    _press(person, "staff.reply.preview")
    person.sees("staff.preview.title")
    previewed = person.reads(REPLY)
    _press(person, "staff.preview.send")
    person.sees("staff.request.replied")
    assert previewed


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
