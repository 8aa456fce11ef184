"""All open needs at once: one proposal, ticks, and what the day's figures say of them."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from looking_for import TITLE, Office, wrong
from pe_core.desk import briefs, needs, offering, requests
from pe_core.errors import Conflict
from pe_core.model import Outcome, State
from pe_core.toolkit.browser import Browser, Page
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.toolkit.invented import ASKED

Run = Callable[[Awaitable[Any]], Any]
Open = Callable[[], Browser]
MATCHING = "/en/staff/matching"


@pytest.fixture
def office(pe_embassy: TestEmbassy, pe_run: Run, pe_browser: Open) -> Office:
    return Office(pe_embassy, pe_run, pe_browser)


def figure(office: Office) -> str:
    """Return what the day's figure of needs says, its number first."""
    page = office.browser.go("/en/staff")
    (link,) = page.tree.xpath(f"//ul[@class='figures']//a[@href='{MATCHING}']")
    return " ".join(link.text_content().split())


def proposed(page: Page) -> list[tuple[str, list[str]]]:
    """Return each need's title, and the pseudonyms beside it."""
    return [
        (row.xpath(".//h2")[0].text_content(), [b.text_content() for b in row.xpath(".//label/b")])
        for row in page.tree.xpath("//ol[@class='matching']/li")
    ]


def ticks(page: Page) -> list[str]:
    return [str(value) for value in page.tree.xpath("//input[@name='offer']/@value")]


def test_every_open_need_is_proposed_somebody_else_and_all_are_asked_in_one_go(
    office: Office,
) -> None:
    office.volunteer("dzik")
    office.volunteer("lasica")
    office.need(title="First")
    office.need(title="Second")
    page = office.browser.go(MATCHING)
    shown, found = proposed(page), ticks(page)
    page = office.browser.send({"offer": found}, form="/matching")

    assert ["First", "Second"] == [title for title, _ in shown]
    assert [["dzik"], ["lasica"]] == sorted(people for _, people in shown)
    assert office.desk.texts.plural("en", "staff.matching.offered", 2) in page.words
    assert {"dzik": "offered", "lasica": "offered"} == office.states()


def test_nothing_is_ticked_before_somebody_decides(office: Office) -> None:
    office.volunteer("dzik")
    office.need()
    page = office.browser.go(MATCHING)
    ticked = page.tree.xpath("//input[@name='offer' and @checked]")
    page = office.browser.send({}, form="/matching")

    assert [] == ticked
    assert 422 == page.status
    assert ["#field-offer"] == wrong(page)
    assert page.tree.xpath("//input[@id='field-offer']")
    assert {} == office.states()


def test_what_cannot_be_offered_any_more_is_named_and_the_rest_is_offered(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.volunteer("dzik")
    office.volunteer("lasica")
    office.need()
    office.need(title="Second")
    page = office.browser.go(MATCHING)
    first, second = office.needs()
    office.run(offering.drop_need(office.desk, office.session, first.id))
    fields = [*ticks(page), "nothing:1", "x", f"{second.id}:none"]
    page = office.browser.send({"offer": fields}, form="/matching")

    assert TITLE in page.words
    assert office.words("staff.offers.not_open") in page.words
    assert ["offered"] == list(office.states().values())


def test_a_colleague_who_offered_in_this_moment_is_told_of(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lose(*_: object) -> None:
        raise Conflict

    office.volunteer("dzik")
    office.need()
    page = office.browser.go(MATCHING)
    monkeypatch.setattr("pe_core.web.staff.need.offer", lose)
    page = office.browser.send({"offer": ticks(page)}, form="/matching")

    assert office.words("staff.request.changed_body") in page.words
    assert {} == office.states()


def test_what_nobody_answered_is_in_the_figure_and_stands_by_itself(office: Office) -> None:
    office.volunteer("dzik")
    office.volunteer("lasica")
    office.need()
    office.need(title="Second")
    before = figure(office)
    office.go(f"/needs/{office.needs()[0].id}")
    office.offer("dzik")
    asked = figure(office)
    office.embassy.clock.move(hours=49)
    office.run(offering.expire_offers(office.desk))
    office.unlock()
    after = figure(office)
    page = office.browser.go(f"{MATCHING}?show=unanswered")
    narrowed = [title for title, _ in proposed(page)]
    office.go(f"/needs/{office.needs()[0].id}")
    office.offer("lasica")
    again = figure(office)

    assert "2 Looked for" == before == asked == again
    assert "2 Looked for, 1 without an answer" == after
    assert [TITLE] == narrowed


def test_an_offer_that_ran_out_today_is_in_the_figure_and_the_next_is_proposed(
    office: Office,
) -> None:
    office.volunteer("dzik")
    office.volunteer("lasica")
    office.need()
    office.go(f"/needs/{office.needs()[0].id}")
    office.offer("dzik")
    waiting = proposed(office.browser.go(MATCHING))
    office.embassy.clock.move(hours=25)
    office.unlock()

    assert "1 Looked for, 1 without an answer" == figure(office)
    assert [(TITLE, [])] == waiting
    assert [(TITLE, ["lasica"])] == proposed(office.browser.go(MATCHING))


def test_the_day_has_seven_figures_at_most(office: Office) -> None:
    page = office.browser.go("/en/staff")

    assert 7 == len(page.tree.xpath("//ul[@class='figures']/li"))


def test_what_is_found_stopped_or_over_is_looked_for_no_more(office: Office) -> None:
    office.volunteer("dzik")
    office.need()
    office.offer("dzik")
    office.accept("dzik")
    office.need(title="Stopped")
    office.run(offering.drop_need(office.desk, office.session, office.needs()[1].id))
    nothing = office.browser.go(MATCHING).words
    other = office.request = office.ask(ASKED[0])
    office.need(title="Of a request that is solved")
    open_now = figure(office)
    for state in (State.ACTIVE, State.RESOLVED):
        outcome = Outcome.HELPED if state is State.RESOLVED else None
        moving = requests.Moving(to=state, outcome=outcome)
        office.run(requests.move(office.desk, office.session, other, moving))

    assert office.words("staff.matching.none_title") in nothing
    assert "1 Looked for" == open_now
    assert "0 Looked for" == figure(office)
    assert [] == office.run(needs.read_open_needs(office.desk, office.session))


def test_who_declines_is_not_counted_as_silent(office: Office) -> None:
    office.volunteer("dzik")
    office.need()
    office.offer("dzik")
    office.run(briefs.decline(office.desk, office.people["dzik"], office.brief("dzik")))

    assert "1 Looked for" == figure(office)


def test_an_empty_list_of_the_unanswered_leads_to_all(office: Office) -> None:
    office.need()
    page = office.browser.go(f"{MATCHING}?show=unanswered")

    assert office.words("staff.matching.none_unanswered_title") in page.words
    assert [MATCHING] == page.tree.xpath("//ul[@class='states']//a[not(@aria-current)]/@href")
