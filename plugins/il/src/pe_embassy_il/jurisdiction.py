"""Israel: its offices and numbers, as far as somebody has checked them."""

from pe_core import Authority, City, DataProtection, Emergency, Jurisdiction, Office, TravelDocument

POPULATION_AUTHORITY = "רשות האוכלוסין וההגירה"
"""As it stands on the authority's doors; the letters of this plugin are addressed to it."""

ISRAEL = Jurisdiction(
    code="il",
    territory="IL",
    languages=("he", "ar"),
    zones=("Asia/Jerusalem",),
    # 112 was confirmed for mobile phones only, so that the three sure numbers stand alone.
    emergency=Emergency(police="100", ambulance="101", fire="102"),
    data_protection=DataProtection(
        authority="Privacy Protection Authority (PPA)",
        authority_local="הרשות להגנת הפרטיות",
        url="https://www.gov.il/en/departments/the_privacy_protection_authority",
        law="Protection of Privacy Law, 5741-1981 (as amended, Amendment 13)",
    ),
    migration=Authority(
        name="Population and Immigration Authority",
        local_name=POPULATION_AUTHORITY,
        url="https://www.gov.il/en/departments/population_and_immigration_authority",
    ),
    asylum=Authority(
        name="Population and Immigration Authority, Refugee Status Determination unit (Bnei Brak)",
        local_name=POPULATION_AUTHORITY,
        url="https://www.gov.il/en/departments/population_and_immigration_authority",
    ),
    travel_document=TravelDocument(
        name="Laissez-passer for residents who are not citizens",
        local_name="תעודת מעבר",
        issuer="Population and Immigration Authority; abroad: Israeli missions",
    ),
    cities=(
        City(name="Jerusalem", latitude=31.77, longitude=35.22),
        City(name="Tel Aviv", latitude=32.08, longitude=34.78),
        City(name="Haifa", latitude=32.81, longitude=35.0),
        City(name="Rishon LeZion", latitude=31.97, longitude=34.79),
        City(name="Ashdod", latitude=31.79, longitude=34.65),
        City(name="Netanya", latitude=32.33, longitude=34.86),
        City(name="Beersheba", latitude=31.25, longitude=34.79),
        City(name="Bat Yam", latitude=32.02, longitude=34.75),
    ),
    offices=(
        Office(
            name="Hotline for Refugees and Migrants",
            local_name="המוקד לפליטים ולמהגרים",
            url="https://hotline.org.il",
        ),
    ),
    holidays="IL",
    checked_on="2026-11-24",
)
"""No cities, no streets and no phones of offices: nobody has checked them against a source yet."""
