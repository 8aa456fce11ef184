"""A volunteer's page of a place in a shift: signing up, wishing to swap, keeping it after all."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from pe_core.desk import shift_places
from pe_core.model import Box, Reason
from pe_core.toolkit.browser import Browser, Page
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.toolkit.invented import hold_shift
from teamwork import Team

Run = Callable[[Awaitable[Any]], Any]
Open = Callable[[], Browser]
DETAIL = "Meet at the fountain."


class Fair(Team):
    """Three volunteers in browsers of their own, invited to a shift of two places."""

    def __init__(self, embassy: TestEmbassy, run: Run, open_browser: Open) -> None:
        super().__init__(embassy, run)
        self.open = open_browser
        shift = run(hold_shift(self.desk, self.busel, "A stall at the fair", DETAIL))
        chosen: dict[Box, tuple[Reason, ...]] = {self.box(handle): () for handle in self.people}
        run(shift_places.invite(self.desk, self.busel, shift, chosen))

    def unlock(self, handle: str) -> Browser:
        browser, account = self.open(), self.accounts[handle]
        self.clock.move(minutes=1)
        browser.go("/en/staff/unlock")
        code = account.code(self.clock.now())
        browser.send({"name": handle, "passphrase": account.passphrase, "code": code})
        return browser

    def at(self, handle: str) -> str:
        return f"/en/work/tasks/{self.brief(handle)}"

    def press(self, browser: Browser, handle: str, act: str) -> Page:
        """Press a button of somebody's own shift."""
        browser.go(self.at(handle))
        return browser.send({"act": act}, form=self.at(handle))

    def words(self, key: str, **values: object) -> str:
        return self.desk.texts.text("en", key, **values)


@pytest.fixture
def fair(pe_embassy: TestEmbassy, pe_run: Run, pe_browser: Open) -> Fair:
    return Fair(pe_embassy, pe_run, pe_browser)


def test_a_shift_says_how_many_places_are_taken_and_nothing_of_the_others(fair: Fair) -> None:
    fair.accept("dzik")
    lasica = fair.unlock("lasica")
    home, page = lasica.page, lasica.go(fair.at("lasica"))

    assert fair.words("work.shift.badge") in home.words
    assert fair.words("work.shift.taken", taken=1, places=2) in page.words
    assert DETAIL not in page.words
    assert "dzik" not in page.words


def test_who_comes_too_late_reads_that_it_may_change(fair: Fair) -> None:
    fair.accept("dzik")
    fair.accept("lasica")
    wouk = fair.unlock("wouk")
    page = wouk.go(fair.at("wouk"))
    refused = fair.press(wouk, "wouk", "accept")

    assert fair.words("work.shift.full") in page.words
    assert fair.words("work.brief.taken") in refused.words
    assert "offered" == fair.states()["wouk"]


def test_a_place_is_swapped_with_a_third_and_kept_until_then(fair: Fair) -> None:
    fair.accept("lasica")
    dzik, wouk = fair.unlock("dzik"), fair.unlock("wouk")
    taken = fair.press(dzik, "dzik", "accept")
    swapping = fair.press(dzik, "dzik", "swap")
    kept = fair.press(dzik, "dzik", "keep")
    fair.press(dzik, "dzik", "swap")
    place = fair.at("dzik")
    offered = wouk.go(fair.at("wouk"))
    swapped = fair.press(wouk, "wouk", "accept")
    gone = dzik.go(place)

    assert DETAIL in taken.words and fair.words("work.shift.swap_about") in taken.words
    assert fair.words("work.shift.swapping_about") in swapping.words
    assert fair.words("work.task.done_swapping") in swapping.words
    assert fair.words("work.task.done_kept") in kept.words
    assert fair.words("work.shift.swap") in kept.words
    assert fair.words("work.shift.swap_open") in offered.words
    assert DETAIL in swapped.words
    assert 404 == gone.status
    assert fair.words("work.brief.over") in gone.words
    assert {"dzik": "withdrawn", "lasica": "accepted", "wouk": "accepted"} == fair.states()


@pytest.mark.parametrize(
    ("acts", "says"),
    [
        (("swap", "swap"), "work.task.done_swapping"),
        (("swap", "keep", "keep"), "work.task.done_kept"),
    ],
)
def test_a_wish_that_is_said_twice_is_no_refusal(
    fair: Fair, acts: tuple[str, ...], says: str
) -> None:
    fair.accept("dzik")
    dzik = fair.unlock("dzik")
    token = dzik.go(fair.at("dzik")).tree.xpath("//input[@name='token']/@value")[0]
    for act in acts:
        page = dzik.post(fair.at("dzik"), [("token", token), ("act", act)])

    assert fair.words(says) in page.words
    assert fair.words("work.brief.over") not in page.words


def test_nobody_swaps_a_place_that_they_do_not_have(fair: Fair) -> None:
    wouk = fair.unlock("wouk")
    wouk.go(fair.at("wouk"))
    token = wouk.page.tree.xpath("//input[@name='token']/@value")[0]
    own = wouk.post(fair.at("wouk"), [("token", token), ("act", "swap")])
    fair.accept("dzik")
    others = wouk.post(fair.at("dzik"), [("token", token), ("act", "swap")])

    assert (409, 404) == (own.status, others.status)
    assert "accepted" == fair.states()["dzik"]
