"""Journey 6: a request is referred to another embassy, over two real processes.

The other embassy is stopped while the letter leaves, and the asker takes the consent back.
"""

import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from embassies import Served, read_embassies, run_demo
from meetings import Meetings, start_chromium
from people import Person

from pe_core.toolkit.invented import ASKED

pytestmark = pytest.mark.e2e

PATIENCE = 90.0
"""Seconds until a letter must have arrived: the first waits are half a minute at most."""
STORY = ASKED[0].typed["story"][0]
TOLD = ("paper", "story")
"""The fields that the asker lets go; the others must not be there."""
KEPT = "region"
PLEASE = "Ці ведаеце вы, хто дапамагае з гэтым у вас?"
THANKS = "Так, мы дапаможам. Напішам праз тыдзень."


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, Served]]:
    """The embassies of a demo that was stopped, each served by a process of its own."""
    folder = tmp_path_factory.mktemp("two")
    with run_demo(folder) as ready:
        demos = read_embassies(ready)
    near, far = (Served(folder / "embassy" / demo.code, demo) for demo in demos)
    near.start()
    far.start()
    yield near, far
    near.stop()
    far.stop()


@pytest.fixture
def rooms(
    two: tuple[Served, Served], texts: Any, plugins: Any
) -> Iterator[tuple[Meetings, Meetings]]:
    """A place to meet people before each of the two."""
    with start_chromium() as browser, ExitStack() as open_:
        yield tuple(  # type: ignore[misc]
            open_.enter_context(Meetings(browser, one.demo, texts, plugins.forms)) for one in two
        )


def agree_and_preview(person: Person, name: str) -> None:
    """Note that the asker agreed by voice to some answers, and look at what would leave."""
    person.open("staff")
    person.open_row(STORY)
    person.follow("staff.refer.title")
    choose_fields(person)
    person.choose("staff.refer.spoken_yes")
    person.fill("staff.refer.asked", PLEASE)
    person.press("staff.refer.spoken_button")
    person.follow("staff.refer.title")
    choose_fields(person)
    person.fill("staff.refer.asked", PLEASE)
    person.press("staff.preview.button")
    assert person.reads(name)


def choose_fields(person: Person) -> None:
    for box in person.page.locator("[name=field]").all():
        box.set_checked(box.get_attribute("value") in TOLD, force=True)


def until(person: Person, path: str, words: str) -> bool:
    """Open a page again and again until it says something."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        person.open(path)
        if person.reads(words):
            return True
        time.sleep(1)
    return False


def beginning(person: Person, key: str) -> str:
    """Return what stands before the first thing that a text is filled with."""
    return person.words(key, date="|").partition("|")[0]


def kept(person: Person) -> str:
    """Return the answer of the request that stays here, as the asker read it."""
    (question,) = [q for q in person.questions("zz.paper") if q.field == KEPT]
    return person.words(f"{question.key}.{ASKED[0].typed[KEPT][0]}")


def test_a_request_is_referred_while_the_peer_is_away_and_consent_taken_back_erases_it_there(
    two: tuple[Served, Served], rooms: tuple[Meetings, Meetings]
) -> None:
    (near, far), (here, there) = two, rooms
    coordinator = here.colleague(0)
    far.stop(signal.SIGKILL)
    agree_and_preview(coordinator, "PL")
    previewed = [coordinator.reads(words) for words in (STORY, PLEASE, kept(coordinator))]
    coordinator.press("staff.preview.send")
    sent = coordinator.page.url.partition("?")[0]
    coordinator.open("staff/peers/on-the-way")
    waits = coordinator.page.locator("main").inner_text()
    far.start()
    colleague = there.colleague(0)
    # The demo's embassies have written to each other before: it is known by its topic.
    topic = coordinator.words("zz.paper.title")
    arrived = until(colleague, "staff/referrals", topic)
    colleague.page.get_by_role("link", name=topic).click()
    came = [colleague.reads(words) for words in (STORY, PLEASE, kept(coordinator))]
    letter = colleague.page.url.partition("?")[0]
    colleague.fill("staff.referrals.words", THANKS)
    colleague.press("staff.referrals.act_accept")
    path = sent.partition(f"/{coordinator.language}/")[2]
    accepted = until(coordinator, path, THANKS)

    asker = here.come()
    asker.come_back(near.demo.receipts[0])
    asker.press("core.mine.given_back")
    asker.sees("core.mine.done.unshared")
    at = letter.partition(f"/{colleague.language}/")[2]
    erased = until(colleague, at, colleague.words("staff.referrals.letter_gone"))
    colleague.page.goto(letter)
    left = [colleague.reads(words) for words in (STORY, PLEASE)]
    confirmed = until(coordinator, path, beginning(coordinator, "staff.referrals.erased"))

    assert [True, True, False] == previewed
    assert "1" in waits
    assert arrived
    assert [True, True, False] == came
    assert accepted
    assert erased
    assert [False, False] == left
    assert confirmed
