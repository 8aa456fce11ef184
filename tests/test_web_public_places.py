"""The offices of the place, and who is behind the site."""

from collections.abc import Callable

import msgspec
import pytest

from pe_core.model import Office
from pe_core.toolkit.asker import Asker
from pe_core.toolkit.browser import Browser
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.toolkit.invented import Clock

OFFICE = Office(
    name="Invented Office",
    local_name="Erfundenes Amt",
    street="Invented Street 1",
    city="Inventown",
    postal_code="1010",
    phone="+43123456",
    url="https://office.example",
)


@pytest.fixture
def asker(pe_browser: Callable[[], Browser], pe_clock: Clock) -> Asker:
    """Somebody who reads English."""
    return Asker(pe_browser(), pe_clock)


def abroad(embassy: TestEmbassy, **changes: object) -> None:
    """Move the embassy to a territory that the libraries know, AT."""
    law = msgspec.structs.replace(
        embassy.desk.jurisdiction,
        **{"territory": "AT", "holidays": "AT", "languages": ("de",), "offices": (OFFICE,)},
        **changes,
    )
    embassy.desk.jurisdiction = law


def test_the_offices_page_shows_who_decides_and_the_numbers(asker: Asker) -> None:
    page = asker.go("offices")

    assert "Office of Stays" in page.words and "Office of Shelter" in page.words
    assert "tel:112" in page.tree.xpath("//main//a/@href")
    assert "Last checked on November 24, 2026" in page.words
    assert "Days on which offices are closed" not in page.words


def test_an_office_has_its_address_as_there_and_a_phone_to_press(
    pe_embassy: TestEmbassy, asker: Asker
) -> None:
    abroad(pe_embassy)
    page = asker.go("offices")

    lines = page.tree.xpath("//main//address//text()")
    assert ["Invented Street 1", "1010 Inventown"] == [line.strip() for line in lines]
    assert ["+43 1 23456"] == page.tree.xpath("//main//a[@href='tel:+43123456']/text()")
    assert ["de"] == page.tree.xpath("//b[.='Erfundenes Amt']/@lang")
    assert ["en"] == page.tree.xpath("//span[.='Invented Office']/@lang")


def test_holidays_of_half_a_year_say_what_they_are_written_in(
    pe_embassy: TestEmbassy, asker: Asker
) -> None:
    abroad(pe_embassy)
    page = asker.go("offices")

    days = page.tree.xpath("//dl/div/dt/text()")
    assert "December 25, 2026" in days and "December 25, 2027" not in days
    assert {"en"} == set(page.tree.xpath("//dl/div/dd/@lang"))
    asker.language = "be"
    assert {"de"} == set(asker.go("offices").tree.xpath("//dl/div/dd/@lang"))


def test_the_imprint_says_who_answers_and_which_law_asks(
    pe_embassy: TestEmbassy, asker: Asker
) -> None:
    lines = ("Invented Association", "1 Invented Street")
    pe_embassy.desk.embassy = msgspec.structs.replace(pe_embassy.desk.embassy, imprint=lines)
    page = asker.go("imprint")

    assert list(lines) == page.tree.xpath("//main//address/bdi/text()")
    assert "Exampleland Site Act" in page.words
    assert "mailto:desk@zz.example" in page.tree.xpath("//main//a/@href")


def test_an_imprint_without_lines_still_names_the_embassy(asker: Asker) -> None:
    page = asker.go("imprint")

    assert [] == page.tree.xpath("//main//address")
    assert "This site is run by Example embassy" in page.words
