"""The law and the offices of Exampleland; all of it is invented."""

from pe_core import (
    Authority,
    City,
    DataProtection,
    Emergency,
    Jurisdiction,
    Office,
    TravelDocument,
)

EXAMPLELAND = Jurisdiction(
    code="zz",
    territory="ZZ",
    names={"en": "Exampleland", "be": "Прыкладландыя", "ru": "Примерландия"},
    languages=("en", "he"),
    zones=("Etc/UTC",),
    emergency=Emergency(general="112", police="000-1", ambulance="000-2", fire="000-3"),
    data_protection=DataProtection(
        authority="Exampleland Privacy Board",
        authority_local="Exampleland Privacy Board",
        url="https://privacy.zz.example",
        law="Exampleland Privacy Act",
    ),
    migration=Authority(
        name="Office of Stays", local_name="Office of Stays", url="https://stays.zz.example"
    ),
    asylum=Authority(name="Office of Shelter", local_name="Office of Shelter"),
    travel_document=TravelDocument(
        name="Guest's passport", local_name="Guest's passport", issuer="Office of Stays"
    ),
    cities=(
        City(name="Coastville", latitude=10.0, longitude=20.0),
        City(name="Hillham", latitude=11.0, longitude=21.0),
    ),
    offices=(
        Office(
            name="Office of Stays, Coastville",
            local_name="Office of Stays, Coastville",
            street="1 Invented Street",
            city="Coastville",
            postal_code="0001",
            url="https://stays.zz.example/coastville",
        ),
    ),
    imprint="Exampleland Site Act",
    checked_on="2026-11-24",
)
