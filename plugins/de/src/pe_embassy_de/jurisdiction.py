"""Germany: its offices and numbers, as far as somebody has checked them."""

from pe_core import Authority, City, DataProtection, Emergency, Jurisdiction, Office, TravelDocument

GERMANY = Jurisdiction(
    code="de",
    territory="DE",
    languages=("de",),
    zones=("Europe/Berlin",),
    emergency=Emergency(general="112", police="110", ambulance="112", fire="112"),
    data_protection=DataProtection(
        authority=(
            "Federal Commissioner for Data Protection and Freedom of Information (BfDI); "
            "associations answer to the authority of their federal state"
        ),
        authority_local=(
            "Bundesbeauftragte für den Datenschutz und die Informationsfreiheit (BfDI); "
            "Landesdatenschutzbehörde"
        ),
        url="https://www.bfdi.bund.de",
        law="Regulation (EU) 2016/679 (GDPR)",
    ),
    migration=Authority(
        name="Foreigners authority of the place where you live",
        local_name="Ausländerbehörde",
        url="https://www.bamf.de",
    ),
    asylum=Authority(
        name="Federal Office for Migration and Refugees (BAMF)",
        local_name="Bundesamt für Migration und Flüchtlinge (BAMF)",
        url="https://www.bamf.de",
    ),
    travel_document=TravelDocument(
        name="Travel document for foreigners",
        local_name="Reiseausweis für Ausländer",
        issuer="Foreigners authority (Ausländerbehörde) of the place where you live",
    ),
    cities=(
        City(name="Berlin", latitude=52.52, longitude=13.41),
        City(name="Hamburg", latitude=53.55, longitude=9.99),
        City(name="München", latitude=48.14, longitude=11.58),
        City(name="Köln", latitude=50.93, longitude=6.95),
        City(name="Frankfurt am Main", latitude=50.12, longitude=8.68),
        City(name="Düsseldorf", latitude=51.22, longitude=6.78),
        City(name="Leipzig", latitude=51.34, longitude=12.37),
        City(name="Dresden", latitude=51.05, longitude=13.74),
    ),
    offices=(
        Office(
            name="Federal Office for Migration and Refugees, head office",
            local_name="Bundesamt für Migration und Flüchtlinge, Zentrale",
            street="Frankenstraße 210",
            city="Nürnberg",
            postal_code="90461",
            phone="+499119430",
            url="https://www.bamf.de",
        ),
        Office(
            name="Immigration office of Berlin, only for people who live in Berlin",
            local_name="Landesamt für Einwanderung",
            street="Friedrich-Krause-Ufer 24",
            city="Berlin",
            postal_code="13353",
            url="https://www.berlin.de/einwanderung/",
        ),
    ),
    holidays="DE",
    imprint="§ 5 Digitale-Dienste-Gesetz (DDG)",
    checked_on="2026-11-30",
)
"""The addresses are those of the offices' own pages; Berlin's names no phone, so there is none.

No cities: which ones a form should offer is for the team to say. No holidays of a federal state
either, because the plugin does not know in which one an embassy works.
"""
