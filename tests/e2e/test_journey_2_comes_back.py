"""Journey 2: the asker comes back with the code, without a script."""

from collections.abc import Callable
from io import BytesIO

import pytest
from people import PLACE, Demo, Person
from PIL import Image

from pe_core.toolkit.invented import ANSWER, ASKED

pytestmark = pytest.mark.e2e

ANSWERED, WAITING, SOLVED = range(3)
"""Requests of the demo, in the order of its receipts."""


def test_the_answer_is_read_and_a_word_with_a_photo_reaches_the_coordinators(
    meet: Callable[..., Person], meet_colleague: Callable[..., Person], demo: Demo
) -> None:
    person = meet("be")
    word = "Так, я быў там у аўторак. Вось што мне далі."

    person.open()
    person.follow("core.layout.code")
    person.fill("core.code.label", demo.receipts[ANSWERED])
    person.press("core.code.open")
    state = person.reads(person.words("core.state.active"))
    answered = person.reads(ANSWER)
    person.press("core.mine.read")
    person.sees("core.mine.done.read")
    still_there = person.reads(ANSWER)
    person.fill("core.mine.word", word)
    person.add_photo("core.mine.photo", "core.mine.send")
    person.sees("core.mine.done.word")
    coordinator = meet_colleague(0)
    coordinator.open("staff")
    coordinator.open_row(ASKED[ANSWERED].typed["story"][0])
    photo = _download(coordinator)

    assert (True, True, False) == (state, answered, still_there)
    assert coordinator.reads(word)
    assert (320, 240) == Image.open(BytesIO(photo)).size
    assert PLACE.encode() not in photo


def test_not_solved_opens_the_request_again_and_the_coordinators_see_it(
    meet: Callable[..., Person], meet_colleague: Callable[..., Person], demo: Demo
) -> None:
    person = meet("en")
    word = "The bed is taken. We are outside."

    person.come_back(demo.receipts[SOLVED])
    asked = person.reads(person.words("core.mine.solved_label"))
    person.choose("core.mine.solved_no")
    person.fill("core.mine.solved_remark", word)
    person.press("core.mine.solved_send")
    person.sees("core.mine.done.unsolved")
    coordinator = meet_colleague(0, "en")
    unread = coordinator.row(ASKED[SOLVED].typed["story"][0])
    listed = [
        coordinator.words(key) in unread for key in ("staff.state.active", "staff.requests.fresh")
    ]
    coordinator.open_row(ASKED[SOLVED].typed["story"][0])

    assert asked
    assert person.reads(person.words("core.state.active"))
    assert [True, True] == listed
    assert coordinator.reads(word)
    assert coordinator.reads(coordinator.words("staff.thread.unsolved"))


def test_a_withdrawal_can_be_taken_back(meet: Callable[..., Person], demo: Demo) -> None:
    person = meet("be")

    person.come_back(demo.receipts[WAITING])
    person.press("core.mine.withdraw")
    person.sees("core.mine.done.withdrawn")
    asked = person.reads(person.words("core.mine.withdrawing_title"))
    person.press("core.mine.keep")
    person.sees("core.mine.done.kept")

    assert asked
    assert not person.reads(person.words("core.mine.withdrawing_title"))
    assert person.reads(person.words("core.state.waiting"))


def test_a_slip_is_told_as_one_and_nothing_tells_whether_a_code_exists(
    meet: Callable[..., Person], demo: Demo
) -> None:
    person = meet("be")
    slipped = demo.receipts[ANSWERED][:-1]

    person.open("code")
    person.fill("core.code.label", slipped)
    person.press("core.code.open")

    assert person.words("core.layout.title_problem") == person.page.title()
    assert person.reads(person.words("core.code.slip"))
    assert slipped == person.field("core.code.label").input_value()
    assert [] == person.page.context.cookies()


def test_leaving_the_request_signs_out(meet: Callable[..., Person], demo: Demo) -> None:
    person = meet("be")

    person.come_back(demo.receipts[WAITING])
    person.press("core.mine.leave")
    cookies = person.page.context.cookies()
    person.page.goto("/be/mine")

    assert [] == cookies
    assert person.is_at("core.trouble.visit_over.title")


def _download(person: Person) -> bytes:
    """Save the picture that came with the thread."""
    pictures = person.words("staff.file.png", size="").split(",")[0]
    with person.page.expect_download() as waiting:
        person.page.get_by_role("link", name=pictures).last.click()
    return waiting.value.path().read_bytes()
