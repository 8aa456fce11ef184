"""Guides on the public pages: by topic, by a word, with their facts, dates and sources."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import msgspec
import pytest

from pe_core.desk.desk import Desk, today_of
from pe_core.desk.reading import search, shelf_of, shelves_of
from pe_core.model import Edition, Guide, GuideText, SourceLink, Status
from pe_core.rules.texts import own_name
from pe_core.toolkit.asker import Asker
from pe_core.toolkit.browser import Browser, Page
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.toolkit.invented import Clock
from pe_core.web.guards.refusals import TROUBLES

TODAY = date(2026, 11, 24)
Told = Callable[..., None]


@pytest.fixture
def browser(pe_browser: Callable[[], Browser]) -> Browser:
    """Somebody who reads."""
    return pe_browser()


@pytest.fixture
def desk(pe_embassy: TestEmbassy) -> Desk:
    """The embassy's desk, whose guides a test may change."""
    return pe_embassy.desk


def text(title: str, body: str = "Words.", **more: Any) -> GuideText:
    return GuideText(title=title, summary="In short.", body=body, **more)


def guide(name: str, **facts: Any) -> Guide:
    given: dict[str, Any] = {
        "topics": ("zz.bed",),
        "jurisdiction": "zz",
        "authority": "Office of Shelter",
        "checked_on": TODAY,
        "sources": (SourceLink(title="The office", url="https://shelter.zz.example/a"),),
        "texts": {"en": text(name)},
    }
    return Guide(name=name, **(given | facts))


def bring(desk: Desk, *guides: Guide) -> None:
    desk.guides = {each.name: each for each in guides}


def links(page: Page, below: str = "//main") -> list[str]:
    return [str(link) for link in page.tree.xpath(f"{below}//a/@href")]


def look(browser: Browser, query: str, language: str = "en") -> Page:
    browser.go(f"/{language}/guides")
    return browser.send({"query": query})


def test_guides_and_letters_stand_by_topic_in_the_order_of_the_forms(
    browser: Browser, desk: Desk
) -> None:
    bring(
        desk, guide("zz.z", topics=()), guide("zz.b"), guide("zz.a", topics=("zz.bed", "zz.paper"))
    )
    page = browser.go("/en/guides")

    headings = [heading.text_content() for heading in page.tree.xpath("//section/h2")]
    assert ["A paper I cannot get", "A bed for the night", "For everybody"] == headings
    assert [
        "/en/guides/zz.a",
        "/en/letters/zz.passport-request",
        "/en/guides/zz.a",
        "/en/guides/zz.b",
        "/en/guides/zz.z",
    ] == links(page, "//section")
    assert ["zz.paper", "zz.bed", ""] == [shelf.topic for shelf in shelves_of(desk)]


def test_without_any_guide_the_page_says_so_and_looks_for_nothing(
    browser: Browser, desk: Desk
) -> None:
    bring(desk)
    desk.letters = {}
    page = browser.go("/en/guides")

    assert "There are no guides here yet." in page.words
    assert [] == page.forms()
    assert "/en/ask" in links(page)


def test_a_guide_shows_its_facts_its_letters_and_its_sources(browser: Browser) -> None:
    page = browser.go("/en/guides/zz.guest-passport")

    for words in (
        "Office of Stays",
        "Guest's passport",
        "It depends: each case is looked at",
        "People under Exampleland's protection",
        "20 shells",
        "30 days",
        "Last checked on",
        "November 24, 2026",
        "This is not legal advice.",
    ):
        assert words in page.words
    assert ["/en/letters/zz.passport-request"] == [u for u in links(page) if "/letters/" in u]
    outside = page.tree.xpath("//main//a[starts-with(@href, 'https:')]")
    assert 3 == len(outside)
    assert {"noreferrer"} == {link.get("rel") for link in outside}
    (proof,) = page.tree.xpath("//a[starts-with(@href, '#part')]/@href")
    assert 1 == len(page.tree.xpath(f"//h2[@id='{proof[1:]}']"))


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ({"valid_until": TODAY}, ""),
        (
            {"valid_until": TODAY - timedelta(days=1)},
            "This rule was known to hold until November 23, 2026.",
        ),
        ({"checked_on": TODAY - timedelta(days=180)}, ""),
        (
            {"checked_on": TODAY - timedelta(days=181)},
            "Nobody has checked this since May 27, 2026.",
        ),
    ],
)
def test_what_is_out_of_date_says_so_on_the_list_and_on_top_of_its_page(
    browser: Browser, desk: Desk, facts: dict[str, date], told: str
) -> None:
    bring(desk, guide("zz.a", **facts))
    listed, page = browser.go("/en/guides"), browser.go("/en/guides/zz.a")

    badges = listed.tree.xpath("//main//*[contains(@class, 'badge')]")
    notices = page.tree.xpath("//main//*[contains(@class, 'warning')]")
    assert ["Out of date"] * bool(told) == [badge.text_content().strip() for badge in badges]
    assert (
        bool(told) == len(notices) == len(page.tree.xpath("//*[contains(@class,'warning')]//svg"))
    )
    assert told in page.words
    assert "Words." in page.words


def test_the_day_is_that_of_the_embassys_place(desk: Desk, pe_clock: Clock) -> None:
    desk.embassy = msgspec.structs.replace(desk.embassy, zone="Pacific/Kiritimati")

    assert TODAY + timedelta(days=1) == today_of(desk)


@pytest.mark.parametrize(
    ("reader", "there", "shown"),
    [("be", ("en", "be"), "be"), ("be", ("en", "ru"), "ru"), ("he", ("en", "be"), "en")],
)
def test_words_of_another_language_carry_it_and_say_it(
    browser: Browser, desk: Desk, reader: str, there: tuple[str, ...], shown: str
) -> None:
    bring(desk, guide("zz.a", texts={tag: text(f"In {tag}") for tag in there}))
    page = browser.go(f"/{reader}/guides/zz.a")
    listed = browser.go(f"/{reader}/guides")

    (heading,) = page.tree.xpath("//h1")
    (body,) = page.tree.xpath("//*[@class='told']")
    (item,) = listed.tree.xpath("//li[a[contains(@href, 'zz.a')]]")
    foreign = desk.texts.text(reader, "core.guides.foreign", language=own_name(shown))
    expected = (None, None) if shown == reader else (shown, "ltr")
    assert f"In {shown}" == heading.text_content()
    for part in (heading, body, item):
        assert expected == (part.get("lang"), part.get("dir"))
    assert (shown != reader) == (foreign in page.words)


@pytest.mark.parametrize(
    ("status", "key"),
    [
        (Status.MACHINE, "core.guides.machine"),
        (Status.HUMAN, "core.guides.human"),
        (Status.REVIEWED, ""),
    ],
)
def test_who_looked_at_a_translation_is_said(
    browser: Browser, desk: Desk, status: Status, key: str
) -> None:
    bring(desk, guide("zz.a", texts={"en": text("A", status=status)}))
    page = browser.go("/en/guides/zz.a")
    said = {
        each
        for each in ("core.guides.machine", "core.guides.human")
        if desk.texts.text("en", each) in page.words
    }

    assert {key} - {""} == said


@pytest.mark.parametrize(("of", "behind"), [(1, True), (2, False)])
def test_a_translation_of_older_facts_says_so(
    browser: Browser, desk: Desk, of: int, behind: bool
) -> None:
    bring(desk, guide("zz.a", revision=2, texts={"en": text("A", of=of)}))

    page = browser.go("/en/guides/zz.a")

    assert behind == (desk.texts.text("en", "core.guides.behind") in page.words)


def test_a_body_brings_no_markup_into_the_page(browser: Browser, desk: Desk) -> None:
    nasty = (
        '<script>x</script>\n\n<img src="https://x.example">\n\n[x](javascript:x) ![x](https://y)'
    )
    bring(desk, guide("zz.<b>", texts={"en": text("<i>T</i>", nasty, fee="<b>1</b>")}))
    page = browser.go("/en/guides/zz.%3Cb%3E")

    assert 200 == page.status
    assert [] == page.tree.xpath("//script | //img | //main//i | //main//dd//b")
    assert "<script>x</script>" in page.words
    assert not any(link.startswith("javascript") for link in links(page))


def test_a_guide_of_the_embassys_own_says_so_and_stands_in_a_plugins_place(
    browser: Browser, desk: Desk
) -> None:
    plugins = browser.go("/en/guides/zz.harbour-beds")
    own = guide("zz.harbour-beds", texts={"be": text("Наш начлег")})
    desk.local_guides = {own.name: Edition(name=own.name, edition=1, week=2448, guide=own)}
    page = browser.go("/en/guides/zz.harbour-beds")

    assert "Written by this embassy" not in plugins.words
    assert "Written by this embassy" in page.words
    assert ("be", "Наш начлег") == (
        page.tree.xpath("//h1")[0].get("lang"),
        page.tree.xpath("//h1")[0].text_content(),
    )


@pytest.mark.parametrize(
    "path", ["guides/zz.none", "guides/zz.passport-request", "letters/zz.none"]
)
def test_what_is_not_there_is_not_found(browser: Browser, path: str) -> None:
    assert 404 == browser.go(f"/en/{path}").status


WORDS = [
    ("пасведчанне", "Пасведчанне аб нараджэнні"),
    ("ПАСВЕДЧ", "Пасведчанне аб нараджэнні"),
    ("pasviedčańnie", "Пасведчанне аб нараджэнні"),
    ("pasvedchanne", "Пасведчанне аб нараджэнні"),
    ("лицензия", "Ліцэнзія на працу"),
    ("licenzija", "Ліцэнзія на працу"),
    ("миграция", "Міграцыя і закон"),
    ("сямя", "Сям’я і дзеці"),
    ("сям'я", "Сям’я і дзеці"),
    ("siamja", "Сям’я і дзеці"),
    ("умова", "Ўмова найму"),
    ("термин", "Тэрмін дзеяння"),
    ("учет", "Учёт и прописка"),
    ("учётный", "Учетный талон"),
    ("тэрмін", "Термин подачи"),
    ("віза", "Виза и въезд"),
    ("wiza", "Виза и въезд"),
    ("въезд", "Виза и въезд"),
    ("cudzaziemcau", "Правы цудзаземцаў"),
    ("pašpart", "Пашпарт госця"),
    ("pashpart", "Пашпарт госця"),
    ("паспорт", "Paszport i pasport"),
    ("zycie", "Życie codzienne"),
]


@pytest.mark.parametrize(("query", "title"), WORDS)
def test_a_word_is_found_in_whichever_script_and_spelling(
    desk: Desk, query: str, title: str
) -> None:
    other = guide("zz.other", texts={"en": text("Nothing of it")})
    bring(desk, guide("zz.a", texts={"en": text("A"), "ru": text(title)}), other)
    desk.letters = {}

    assert ["zz.a"] == [told.name for told in search(desk, query)]


@pytest.mark.parametrize(
    "facts",
    [
        {"texts": {"en": text("Heron")}},
        {"texts": {"en": text("A"), "be": text("Heron")}},
        {"texts": {"en": text("A", "Words about a heron.")}},
        {"texts": {"en": text("A", permits=("Heron permit",))}},
        {"texts": {"en": GuideText(title="A", summary="Of herons.", body="Words.")}},
        {"document": "Heron paper"},
        {"authority": "Office of Herons"},
    ],
)
def test_everything_that_a_guide_says_is_looked_through(desk: Desk, facts: dict[str, Any]) -> None:
    bring(desk, guide("zz.a", **facts), guide("zz.b"))

    assert ["zz.a"] == [told.name for told in search(desk, "HERON")]


def test_what_has_the_word_in_its_title_comes_first_and_all_words_are_wanted(desk: Desk) -> None:
    bring(
        desk,
        guide("zz.a", texts={"en": text("A", "The heron and the stork.")}),
        guide("zz.b", texts={"en": text("Heron", "And the stork.")}),
        guide("zz.c", texts={"en": text("Stork")}),
    )
    desk.letters = {}

    assert ["zz.b", "zz.a"] == [told.name for told in search(desk, "heron")]
    assert ["zz.a", "zz.b"] == [told.name for told in search(desk, "stork heron")]
    assert () == search(desk, "heron owl") == search(desk, "") == search(desk, "'")


def test_letters_are_found_by_their_own_words(desk: Desk) -> None:
    assert ["zz.passport-request"] == [told.name for told in search(desk, "reach phone")]


def test_a_search_names_how_much_it_found_and_keeps_the_word_in_its_field(browser: Browser) -> None:
    page = look(browser, "pashpart hosc", "be")

    assert 200 == page.status
    assert "/be/guides" == page.path
    assert ["pashpart hosc"] == page.tree.xpath("//input[@name='query']/@value")
    assert ["/be/guides/zz.guest-passport", "/be/letters/zz.passport-request"] == links(
        page, "//ul[@class='reads']"
    )
    assert "no-store" == page.headers["cache-control"]


@pytest.mark.parametrize("query", ["", "   "])
def test_looking_for_nothing_shows_everything(browser: Browser, query: str) -> None:
    page = look(browser, query)

    assert 3 == len(links(page, "//section"))


def test_a_word_that_nothing_has_is_answered_with_a_way_on(browser: Browser) -> None:
    page = look(browser, "<b>heron</b>")

    assert "Nothing has this word." in page.words
    assert {"/en/guides", "/en/ask"} <= set(links(page))
    assert [] == page.tree.xpath("//main//b[text()='heron']")


def test_a_search_needs_its_own_token_and_none_of_a_machines_haste(browser: Browser) -> None:
    browser.go("/en/guides")
    (token,) = browser.page.tree.xpath("//input[@name='token']/@value")

    assert 200 == browser.post("/en/guides", [("token", token), ("query", "bed")]).status
    again = browser.post("/en/guides", [("token", token), ("query", "bed")])
    assert (TROUBLES["form_used"].status, False) == (again.status, "bed" in again.text)
    assert 403 == browser.post("/en/guides", [("token", "x"), ("query", "bed")]).status


def test_a_topic_shows_what_may_answer_it_and_the_draft_stays(
    pe_browser: Callable[[], Browser], pe_clock: Clock
) -> None:
    asker = Asker(pe_browser(), pe_clock)
    asker.begin("zz.paper")
    where, topics = asker.go("ask/where"), asker.go("ask")
    maybe = ["/en/guides/zz.guest-passport", "/en/letters/zz.passport-request"]
    read = [asker.browser.go(address).status for address in maybe]

    assert maybe == links(where, "//aside")
    assert [*maybe, "/en/guides"] == links(topics, "//aside")
    assert [200, 200] == read
    assert 200 == asker.go("ask/1").status


def test_before_a_topic_is_chosen_all_guides_are_offered(browser: Browser, desk: Desk) -> None:
    page = browser.go("/en/ask")
    bring(desk)
    desk.letters = {}
    without = browser.go("/en/ask")

    assert ["/en/guides"] == links(page, "//aside")
    assert [] == links(without, "//aside")


def test_a_topic_without_guides_shows_none(
    pe_browser: Callable[[], Browser], pe_clock: Clock, desk: Desk
) -> None:
    asker = Asker(pe_browser(), pe_clock)
    asker.begin("zz.other")

    assert ((), ()) == (shelf_of(desk, "zz.other").guides, shelf_of(desk, "zz.other").letters)
    assert [] == links(asker.go("ask/where"), "//aside")


def test_home_and_every_footer_lead_to_the_guides(browser: Browser) -> None:
    assert "/en/guides" in links(browser.go("/en/"))
    assert "/en/guides" in links(browser.go("/en/safety"), "//footer")
