"""Entering a request for somebody, through the pages."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from pe_core.desk import visits
from pe_core.store import RequestRow
from pe_core.toolkit.browser import Browser, Page
from pe_core.toolkit.embassy import TestEmbassy

Run = Callable[[Awaitable[Any]], Any]
Open = Callable[[], Browser]
CALLED = {
    "channel": "phone",
    "topic": "zz.bed",
    "language": "ru",
    "where": "abroad",
    "agreed": "yes",
}
TYPED = {"answer-people": "2", "answer-nights": "3", "answer-story": "zubraniatka"}


@pytest.fixture
def browser(pe_embassy: TestEmbassy, pe_browser: Open) -> Browser:
    """A browser in which a coordinator is unlocked."""
    pe_embassy.clock.move(minutes=1)
    opened = pe_browser()
    opened.go("/en/staff/unlock")
    account = pe_embassy.account
    code = account.code(pe_embassy.clock.now())
    opened.send({"name": account.handle, "passphrase": account.passphrase, "code": code})
    return opened


def begin(browser: Browser, **changed: str) -> Page:
    browser.go("/en/staff/enter")
    return browser.send(CALLED | changed, form="/enter")


def send(browser: Browser, **changed: str) -> Page:
    return browser.send(TYPED | changed, form="/questions")


def code_on(page: Page) -> str:
    return " ".join(str(text) for text in page.tree.xpath("//ol[@class='receipt']/li/text()"))


def count(embassy: TestEmbassy, run: Run) -> int:
    number: int = run(embassy.desk.store.count(RequestRow))
    return number


def test_the_list_leads_there(browser: Browser) -> None:
    page = browser.go("/en/staff")

    assert page.tree.xpath("//a[@href='/en/staff/enter']")


def test_a_call_becomes_a_request_whose_code_the_asker_can_use(
    pe_embassy: TestEmbassy, pe_run: Run, browser: Browser
) -> None:
    questions = begin(browser)
    receipt = send(browser)
    code = code_on(receipt)
    request = browser.send(form="/receipt")
    _, visit = pe_run(visits.come_back(pe_embassy.desk, code))

    assert "By phone" in questions.words
    assert 6 == len(receipt.tree.xpath("//ol[@class='receipt']/li"))
    assert f"/en/staff/requests/{visit.request}" == request.path
    assert 200 == request.status
    assert "zubraniatka" in request.words
    assert "By phone" in request.words


def test_the_code_is_gone_once_it_was_read_out(browser: Browser) -> None:
    begin(browser)
    code = code_on(send(browser))
    again = code_on(browser.go("/en/staff/enter"))
    browser.send(form="/receipt")

    page = browser.go("/en/staff/enter/receipt")

    assert code == again
    assert "/en/staff/enter" == page.path
    assert code not in page.words


@pytest.mark.parametrize("field", ["agreed", "channel", "topic", "language", "where"])
def test_what_is_missing_at_the_beginning_is_named_with_a_way_to_it(
    browser: Browser, field: str
) -> None:
    page = begin(browser, **{field: ""})

    assert 422 == page.status
    assert [f"#field-{field}"] == page.tree.xpath("//div[@id='error-summary']//a/@href")
    assert page.tree.xpath(f"//*[@id='field-{field}']")
    assert "/en/staff/enter" == browser.go("/en/staff/enter/questions").path


def test_a_missing_answer_is_named_and_nothing_that_was_typed_is_lost(
    pe_embassy: TestEmbassy, pe_run: Run, browser: Browser
) -> None:
    begin(browser)
    page = send(browser, **{"answer-people": ""})

    assert 422 == page.status
    assert ["#field-answer-people"] == page.tree.xpath("//div[@id='error-summary']//a/@href")
    assert "zubraniatka" in page.text
    assert 0 == count(pe_embassy, pe_run)


def test_in_the_limited_mode_nothing_personal_is_asked(browser: Browser) -> None:
    full = begin(browser).text
    limited = begin(browser, where="inside")

    assert 'name="answer-name"' in full
    assert 'name="answer-name"' not in limited.text
    assert 'name="answer-contact"' not in limited.text
    assert "nothing personal is asked" in limited.words


def test_an_answer_that_ends_the_form_is_said_and_not_sent(
    pe_embassy: TestEmbassy, pe_run: Run, browser: Browser
) -> None:
    begin(browser, topic="zz.paper")
    page = browser.send(
        {
            "answer-paper": "passport",
            "answer-region": "visiting",
            "answer-offices": "stays",
            "answer-refused": "no",
            "answer-story": "zubraniatka",
        },
        form="/questions",
    )

    assert 422 == page.status
    assert "Visitors are helped at home" in page.words
    assert 0 == count(pe_embassy, pe_run)


def test_what_is_not_wanted_after_all_is_wiped(
    pe_embassy: TestEmbassy, pe_run: Run, browser: Browser
) -> None:
    begin(browser)
    send(browser, **{"answer-people": ""})
    browser.send(form="/drop")

    assert "/en/staff/enter" == browser.go("/en/staff/enter/questions").path
    assert "zubraniatka" not in browser.page.text
    assert 0 == count(pe_embassy, pe_run)


def test_one_that_is_begun_can_be_gone_on_with(browser: Browser) -> None:
    begin(browser)
    page = browser.go("/en/staff/enter")

    assert page.tree.xpath("//main//a[@href='/en/staff/enter/questions']")


def test_nothing_of_it_is_in_any_address(browser: Browser) -> None:
    paths = [begin(browser).path, send(browser).path]

    assert ["/en/staff/enter/questions", "/en/staff/enter/receipt"] == paths


@pytest.mark.parametrize("language", ["be", "ru", "en", "he"])
def test_the_pages_are_there_in_every_language(browser: Browser, language: str) -> None:
    browser.go(f"/{language}/staff/enter")
    beginning = browser.page.status
    questions = browser.send(CALLED, form="/enter")
    sent = send(browser)

    assert [200, 200, 200] == [beginning, questions.status, sent.status]
    assert f"/{language}/staff/enter/receipt" == sent.path
