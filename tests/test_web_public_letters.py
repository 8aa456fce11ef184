"""Letters on the public pages: a form of blanks, the letter to print, and nothing kept."""

import logging
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from pe_core.desk.desk import Desk
from pe_core.rules.letters import BY_HAND
from pe_core.toolkit.browser import Browser, Page
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.toolkit.invented import Clock
from pe_core.web.guards.refusals import TROUBLES
from test_seizure import found_in

ASKED = (
    "//main//form//*[self::legend or self::label]"
    "[not(../../@class='parts') and not(ancestor::*[@class='trap'])]"
)
"""What names a field: not the parts of a day, not the one that people do not see."""
MARK = "Жураўлінка-Zhuravinka"
LETTER = "letters/zz.passport-request"
TYPED = {
    "answer-name": "Invented Bird",
    "answer-until-day": "3",
    "answer-until-month": "12",
    "answer-until-year": "2026",
    "answer-reason": "It is full.\n\nNo other one can be had.",
    "answer-phone": "",
    "answer-day-day": "24",
    "answer-day-month": "11",
    "answer-day-year": "2026",
}


@pytest.fixture
def browser(pe_browser: Callable[[], Browser]) -> Browser:
    """Somebody who needs a letter."""
    return pe_browser()


@pytest.fixture
def desk(pe_embassy: TestEmbassy) -> Desk:
    """The embassy's desk, whose letters a test may change."""
    return pe_embassy.desk


@pytest.fixture
def fill(browser: Browser, pe_clock: Clock) -> Callable[..., Page]:
    """Fill in the letter in a language and send it, after the seconds that a person takes."""

    def fill(language: str = "en", **typed: str) -> Page:
        browser.go(f"/{language}/{LETTER}")
        pe_clock.move(seconds=6)
        return browser.send({**TYPED, **{f"answer-{key}": value for key, value in typed.items()}})

    return fill


def paragraphs(page: Page) -> list[str]:
    return [p.text_content() for p in page.tree.xpath("//*[contains(@class, 'sheet')]/p")]


def change(desk: Desk, **facts: Any) -> None:
    letter = desk.letters["zz.passport-request"]
    desk.letters = {letter.name: msgspec.structs.replace(letter, **facts)}


@pytest.mark.parametrize("language", ["be", "ru", "en", "he"])
def test_a_letter_asks_for_its_blanks_in_the_readers_language(
    browser: Browser, desk: Desk, language: str
) -> None:
    page = browser.go(f"/{language}/{LETTER}")
    told = desk.letters["zz.passport-request"].texts[language]

    assert 200 == page.status
    assert told.title in page.words and told.hints["reason"] in page.words
    assert [*told.labels.values()] == [
        label.text_content().replace(desk.texts.text(language, "core.form.optional"), "").strip()
        for label in page.tree.xpath(ASKED)
    ]
    assert 1 == len(page.tree.xpath("//a[@class='out']")), "the way out is shown"


def test_what_the_letter_says_names_its_blanks(browser: Browser) -> None:
    said = paragraphs(browser.go(f"/ru/{LETTER}"))

    assert "Мои причины: [Почему вам не получить паспорта]" in said


def test_a_filled_letter_is_a_page_to_print_in_the_letters_language(
    fill: Callable[..., Page],
) -> None:
    page = fill("he", phone="+000 1")
    (sheet,) = page.tree.xpath("//*[@class='sheet']")

    assert 200 == page.status
    assert ("en", "ltr") == (sheet.get("lang"), sheet.get("dir"))
    assert (
        "My name is Invented Bird. My permit to stay is valid until December 3, 2026. I cannot "
        "get a passport of my own country, and I ask you to give me a guest's passport."
    ) == paragraphs(page)[2]
    assert "My reasons:\nIt is full.\n\nNo other one can be had." == paragraphs(page)[3]
    assert "You can reach me by phone: +000 1" == paragraphs(page)[4]
    assert "Coastville, November 24, 2026" == paragraphs(page)[5]
    assert "no-store" == page.headers["cache-control"]
    assert [f"/he/{LETTER}"] == page.tree.xpath("//main//a/@href")
    assert [] == page.tree.xpath("//form"), "nothing that was typed is in a field"


def test_days_are_written_in_the_letters_own_language(
    fill: Callable[..., Page], desk: Desk
) -> None:
    change(desk, language="be")

    page = fill("en")

    assert "3 снежня 2026" in " ".join(paragraphs(page))


def test_a_letter_written_right_to_left_says_so(fill: Callable[..., Page], desk: Desk) -> None:
    change(desk, language="he")
    (sheet,) = fill("en").tree.xpath("//*[@class='sheet']")

    assert ("he", "rtl") == (sheet.get("lang"), sheet.get("dir"))


def test_a_blank_left_out_stays_a_line_for_a_pen(fill: Callable[..., Page]) -> None:
    assert f"You can reach me by phone: {BY_HAND}" == paragraphs(fill())[4]


def test_what_is_typed_is_words_and_neither_markup_nor_a_gap(fill: Callable[..., Page]) -> None:
    page = fill(name="{reason}", reason="<b>x</b> {name} {{ 7 * 7 }}")

    assert paragraphs(page)[2].startswith("My name is {reason}.")
    assert "My reasons:\n<b>x</b> {name} {{ 7 * 7 }}" == paragraphs(page)[3]
    assert [] == page.tree.xpath("//main//b")


@pytest.mark.parametrize(
    ("typed", "field", "words"),
    [
        ({"name": ""}, "answer-name", "Write an answer"),
        ({"reason": "  "}, "answer-reason", "Write an answer"),
        ({"name": "x" * 121}, "answer-name", "Shorten it to 120 characters or fewer"),
        ({"reason": "x" * 3001}, "answer-reason", "Shorten it to 3,000 characters or fewer"),
        ({"phone": "1" * 41}, "answer-phone", "Shorten it to 40 characters or fewer"),
        ({"until-month": "13"}, "answer-until", "There is no such day."),
        ({"until-day": "", "until-month": "", "until-year": ""}, "answer-until", "Write an answer"),
        ({"name": "a\x00b"}, "answer-name", "There are characters here that we cannot keep."),
    ],
)
def test_what_does_not_fit_is_said_and_everything_typed_stays(
    fill: Callable[..., Page], typed: dict[str, str], field: str, words: str
) -> None:
    page = fill(**typed)

    (line,) = page.tree.xpath("//*[@id='error-summary']//a")
    kept = page.tree.xpath("//textarea[@name='answer-reason']")[0].text_content().strip()
    assert 422 == page.status
    assert (f"#field-{field}", True) == (line.get("href"), words in line.text_content())
    assert 1 == len(page.tree.xpath(f"//*[@id='field-{field}']"))
    assert typed.get("reason", TYPED["answer-reason"]).strip() == kept.replace("\r\n", "\n")
    assert "Error: Portal" == page.title


def test_after_a_mistake_the_letter_can_be_sent_at_once(
    fill: Callable[..., Page], browser: Browser
) -> None:
    fill(name="")

    assert "Your letter" in browser.send(TYPED).words


def test_a_letter_that_comes_too_soon_or_twice_or_from_elsewhere_is_refused(
    browser: Browser, pe_clock: Clock
) -> None:
    browser.go(f"/en/{LETTER}")
    (token,) = browser.page.tree.xpath("//input[@name='token']/@value")
    fields = [("token", token), *TYPED.items()]
    early = browser.post(f"/en/{LETTER}", fields).status
    pe_clock.move(seconds=6)
    elsewhere = browser.post(f"/en/{LETTER}", fields, Origin="https://x.example").status
    trapped = browser.post(f"/en/{LETTER}", [*fields, ("website", "x")]).status
    first, second = (browser.post(f"/en/{LETTER}", fields).status for _ in range(2))

    assert (403, 403, 200) == (elsewhere, trapped, first)
    assert TROUBLES["form_early"].status == early
    assert TROUBLES["form_used"].status == second


def test_an_old_letter_says_so(browser: Browser, desk: Desk, pe_clock: Clock) -> None:
    pe_clock.move(days=181)
    page = browser.go(f"/en/{LETTER}")

    assert "Nobody has checked this since November 24, 2026." in page.words


def test_words_of_another_language_carry_it(browser: Browser, desk: Desk) -> None:
    letter = desk.letters["zz.passport-request"]
    change(desk, texts={"en": letter.texts["en"]})
    page = browser.go(f"/he/{LETTER}")

    spans = page.tree.xpath("//main//form//span[@lang='en' and @dir='ltr']")
    assert [*letter.texts["en"].labels.values()] == [
        span.text_content() for span in spans if span.getparent().tag in ("label", "legend")
    ]
    assert ("en", "ltr") == tuple(page.tree.xpath("//h1")[0].get(key) for key in ("lang", "dir"))


def test_what_was_typed_is_nowhere_afterwards(
    fill: Callable[..., Page],
    browser: Browser,
    pe_embassy: TestEmbassy,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    marked = {key: f"{MARK} {key}" for key in ("name", "reason", "phone")}
    shown = fill(**marked)
    refused = fill(**marked, **{"day-day": "40"})
    browser.go("/en/guides")
    found = browser.send({"query": MARK})
    later = [browser.go(path) for path in (f"/en/{LETTER}", "/en/guides", "/en/", "/en/ask")]

    assert all(
        value in shown.words
        and value
        in str(refused.tree.xpath("//main//@value") + refused.tree.xpath("//textarea/text()"))
        for value in marked.values()
    )
    assert MARK in found.text
    assert [] == [page.path for page in later if MARK in page.text]
    assert [] == found_in(pe_embassy.folder, [MARK])
    assert MARK not in caplog.text
    for page in (shown, refused, found):
        assert MARK not in repr(page.headers) + page.path + page.title
        assert "set-cookie" not in page.headers
