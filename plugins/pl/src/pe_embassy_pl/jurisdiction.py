"""Poland: its offices and numbers, as far as somebody has checked them."""

from pe_core import (
    Authority,
    City,
    DataProtection,
    Emergency,
    Jurisdiction,
    Office,
    TravelDocument,
)

POLAND = Jurisdiction(
    code="pl",
    territory="PL",
    languages=("pl",),
    zones=("Europe/Warsaw",),
    emergency=Emergency(general="112", police="997", ambulance="999", fire="998"),
    data_protection=DataProtection(
        authority="Personal Data Protection Office (UODO)",
        authority_local="Urząd Ochrony Danych Osobowych (UODO)",
        url="https://uodo.gov.pl",
        law="Regulation (EU) 2016/679 (GDPR)",
    ),
    migration=Authority(
        name="Voivode of the province (department for foreigners)",
        local_name="Wojewoda (wydział spraw cudzoziemców)",
        url="https://mos.cudzoziemcy.gov.pl",
    ),
    travel_document=TravelDocument(
        name="Polish travel document for a foreigner",
        local_name="polski dokument podróży dla cudzoziemca",
        issuer="Voivode of the place of residence",
    ),
    cities=(
        City(name="Warszawa", latitude=52.23, longitude=21.01),
        City(name="Kraków", latitude=50.06, longitude=19.94),
        City(name="Łódź", latitude=51.77, longitude=19.47),
        City(name="Wrocław", latitude=51.1, longitude=17.03),
        City(name="Poznań", latitude=52.41, longitude=16.93),
        City(name="Gdańsk", latitude=54.35, longitude=18.65),
        City(name="Lublin", latitude=51.25, longitude=22.57),
        City(name="Białystok", latitude=53.13, longitude=23.16),
    ),
    offices=(
        Office(
            name="Office for Foreigners (for letters)",
            local_name="Urząd do Spraw Cudzoziemców",
            street="Koszykowa 16",
            city="Warszawa",
            postal_code="00-654",
            phone="+48477217575",
            url="https://www.gov.pl/web/udsc",
        ),
    ),
    holidays="PL",
    checked_on="2026-11-30",
)
"""No asylum office and no cities: nobody has checked them against a source yet.

The address and the phone of the Office for Foreigners are those that eurodesk.pl names.
"""
