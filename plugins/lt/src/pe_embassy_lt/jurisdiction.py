"""Lithuania: its offices and numbers, as far as somebody has checked them."""

from pe_core import Authority, City, DataProtection, Emergency, Jurisdiction, Office, TravelDocument

_MIGRATION = Authority(
    name="Migration Department under the Ministry of the Interior",
    local_name="Migracijos departamentas prie Lietuvos Respublikos vidaus reikalų ministerijos",
    url="https://www.migracija.lt",
)
"""It decides on permits, travel documents and asylum alike."""

LITHUANIA = Jurisdiction(
    code="lt",
    territory="LT",
    languages=("lt",),
    zones=("Europe/Vilnius",),
    emergency=Emergency(general="112", police="112", ambulance="112", fire="112"),
    data_protection=DataProtection(
        authority="State Data Protection Inspectorate",
        authority_local="Valstybinė duomenų apsaugos inspekcija",
        url="https://vdai.lrv.lt",
        law="Regulation (EU) 2016/679 (GDPR)",
    ),
    migration=_MIGRATION,
    asylum=_MIGRATION,
    travel_document=TravelDocument(
        name="Foreigner's passport",
        local_name="užsieniečio pasas",
        issuer="Migration Department",
    ),
    cities=(
        City(name="Vilnius", latitude=54.69, longitude=25.28),
        City(name="Kaunas", latitude=54.9, longitude=23.91),
        City(name="Klaipėda", latitude=55.71, longitude=21.14),
        City(name="Šiauliai", latitude=55.93, longitude=23.32),
        City(name="Visaginas", latitude=55.6, longitude=26.44),
    ),
    offices=(
        Office(
            name="Migration Department, head office (letters)",
            local_name="Migracijos departamentas",
            street="L. Sapiegos g. 1",
            city="Vilnius",
            postal_code="10312",
            phone="+37052717112",
            url="https://www.migracija.lt",
        ),
        Office(
            name="Regional Administrative Court (appeals against decisions)",
            local_name="Regionų administracinis teismas",
            url="https://administracinis.teismas.lt",
        ),
        Office(
            name="Bank of Lithuania (disputes with banks)",
            local_name="Lietuvos bankas",
            street="Totorių g. 4",
            city="Vilnius",
            postal_code="01121",
            phone="+37052512763",
            url="https://www.lb.lt",
        ),
    ),
    holidays="LT",
    checked_on="2026-11-24",
)
"""The day is that of the oldest check; the addresses and the names were read on 2026-11-30.

No cities: which ones a form should offer is for the team to say. No imprint: nobody has checked
whether the law asks for one here.
"""
