"""Journey 1: somebody asks for help, on a phone, without a script."""

from collections.abc import Callable

import pytest
from people import Demo, Person
from walks import OTHER, PAPER, asking

pytestmark = pytest.mark.e2e

PHONE = {"width": 360, "height": 740}
MOST_QUESTIONS = 9
CORRECTED = "Дазвол канчаецца ў студзені, не ў снежні."


def test_help_is_asked_for_and_the_receipt_opens_the_request_in_another_browser(
    meet: Callable[..., Person], demo: Demo
) -> None:
    person = meet("be", viewport=PHONE, is_mobile=True, has_touch=True)

    person.page.goto("/")  # the home page in the language of the browser
    both_doors = [person.words("core.home.ask"), person.words("core.home.help")]
    seen = [person.reads(door) for door in both_doors]
    person.follow("core.home.ask")
    person.begin("zz.paper")
    person.choose("core.ask.where.abroad")
    person.go_on()
    asked = 0
    while (question := person.question("zz.paper")) is not None:
        asked += 1
        person.sees("core.ask.who_sees")
        person.sees(f"{question.key}.why")
        person.answer(question, PAPER.get(question.field, ()))
        person.go_on()
    person.add_photo("core.ask.files.label", "core.ask.files.add")
    person.go_on()
    person.sees("core.check.title")
    one_file = person.plural("core.check.files_count", 1)
    checked = [person.reads(words) for words in (*PAPER["story"], *PAPER["refusal"], one_file)]
    person.change("core.field.story.label")
    person.fill("core.field.story.label", CORRECTED)
    person.go_on()
    corrected = person.reads(CORRECTED) and not person.reads(PAPER["story"][0])
    person.press("core.check.send")
    receipt = person.receipt()
    person.type_back(receipt)
    done_says_the_receipt = receipt[:4] in person.page.content()
    person.page.reload()  # the last page survives a bookmark
    person.sees("core.receipt.done_title")
    fresh = meet("be")
    fresh.come_back(" ".join(receipt[start : start + 4].lower() for start in range(0, 24, 4)))

    assert [True, True] == seen
    assert asked <= MOST_QUESTIONS
    assert [True] * 3 == checked
    assert corrected
    assert not done_says_the_receipt
    assert fresh.reads(fresh.words("core.state.new"))


def test_somebody_going_to_belarus_is_warned_and_asked_for_nothing_personal(
    meet_again: Callable[..., Person],
) -> None:
    person = meet_again("be", viewport=PHONE)

    steps = list(asking(person, "zz.other", OTHER, where="going"))

    assert ["topics", "where", "warning", "question-story", "check"] == steps[:5]


def test_on_a_slow_line_one_page_asks_everything_and_sends_it(
    meet_again: Callable[..., Person],
) -> None:
    person = meet_again("be", viewport=PHONE)
    typed = {"people": ["2"], "nights": ["3"], "story": ["Мы прыехалі раніцай."]}
    person.open("ask")
    person.begin("zz.bed")
    person.choose("core.ask.where.abroad")
    person.go_on()

    person.follow("core.ask.all.link")
    for question in person.questions("zz.bed"):
        person.answer(question, typed.get(question.field, ()))
    person.press("core.ask.all.send")

    assert 24 == len(person.receipt())


def test_an_error_keeps_the_answers_and_links_to_its_field(
    meet_again: Callable[..., Person],
) -> None:
    person = meet_again("be", viewport=PHONE)
    person.open("ask")
    person.begin("zz.bed")
    person.choose("core.ask.where.abroad")
    person.go_on()
    question = person.question("zz.bed")
    assert question is not None

    person.answer(question, ["двое"])
    person.go_on()
    alert = person.page.get_by_role("alert")
    target = alert.get_by_role("link").get_attribute("href")
    field = person.field(f"{question.key}.label")

    assert person.words("core.layout.title_problem") == person.page.title()
    assert f"#{field.get_attribute('id')}" == target
    assert "двое" == field.input_value()
    assert alert.evaluate("element => element === document.activeElement")


def test_leaving_ends_the_draft_and_the_way_back_does_not_bring_it_again(
    meet: Callable[..., Person],
) -> None:
    person = meet("be")
    person.open("ask")
    person.begin("zz.other")
    person.choose("core.ask.where.abroad")
    person.go_on()
    person.fill("core.field.story.label", OTHER["story"][0])
    person.go_on()

    person.follow("core.layout.exit")
    left = (person.page.title(), person.page.context.cookies())
    response = person.page.goto("/be/ask/check")

    assert (person.words("core.layout.title"), []) == left
    assert response is not None
    assert response.status >= 400
    assert not person.reads(OTHER["story"][0])
