"""Invented volunteers for a demo: five who help, one who has just applied, one who pauses."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from pe_core.desk import screening, volunteers
from pe_core.desk.desk import Desk, today_of
from pe_core.desk.sessions import Session
from pe_core.model import Fluency, Gate, Hours, Skill, Skilled, Spoken
from pe_core.toolkit.invented import (
    Account,
    Clock,
    active_volunteer,
    offer_help,
    send_profile,
    unlock_account,
)

_EVENING = 0b111 << 18
_DAY = 0b1111_1111 << 9
EVENINGS: Hours = (_EVENING, _EVENING, _EVENING, _EVENING, 0, 0, 0)
WEEKENDS: Hours = (0, 0, 0, 0, _EVENING, _DAY, _DAY)
BE = Spoken(tag="be", fluency=Fluency.NATIVE)
RU = Spoken(tag="ru", fluency=Fluency.FLUENT)
EN = Spoken(tag="en", fluency=Fluency.WORKING)


async def invent_volunteers(
    desk: Desk, clock: Clock, coordinators: Sequence[Account]
) -> tuple[Account, ...]:
    """Invent seven volunteers, of whom five help; returns their accounts, the first two of them
    first, then who applied, who pauses, and the others who help.
    """
    team = [await unlock_account(desk, clock, account) for account in coordinators]
    helping = [
        await active_volunteer(desk, clock, team, handle, **said)
        for handle, said in _said_by(desk).items()
    ]
    gates = [Gate(code=desk.vocabulary.gates[0], until=today_of(desk) + timedelta(days=20))]
    await screening.set_gates(desk, team[0], await _known(desk, team[0], helping[0][1]), gates)
    dziacel = await _applicant(desk, clock)
    kniharka, session = await active_volunteer(desk, clock, team, "kniharka", languages=(BE,))
    until = today_of(desk) + timedelta(days=30)
    await screening.pause(desk, team[1], await _known(desk, team[1], session), until)
    desk.sessions.drop_where(lambda _: True)
    accounts = [account for account, _ in helping]
    return (*accounts[:2], dziacel, kniharka, *accounts[2:])


def _said_by(desk: Desk) -> Mapping[str, Mapping[str, object]]:
    """Return what those who help say of themselves, by handle."""
    cities = [city.name for city in desk.jurisdiction.cities]
    here = {"city": cities[0] if cities else "", "zone": desk.embassy.zone}
    afar = {"reach": 0, "zone": desk.embassy.zone}
    return {
        "bocian": {
            "languages": (BE, RU, EN),
            "skills": (
                Skill(code="core.skill.interpreting", level=Skilled.EXPERT),
                Skill(code="core.skill.accompanying", level=Skilled.GOOD),
            ),
            **here,
            "reach": 50,
            "hours": EVENINGS,
            "load": 2,
            "note": "Дванаццаць гадоў перакладаю ва ўстановах. Магу прыехаць на машыне.",
        },
        "sinica": {
            "languages": (BE, RU),
            "skills": (
                Skill(code="core.skill.papers", level=Skilled.GOOD),
                Skill(code="core.skill.computers"),
            ),
            "hours": WEEKENDS,
            **afar,
        },
        "lastauka": {
            "languages": (BE, EN),
            "skills": (Skill(code="core.skill.papers", level=Skilled.EXPERT),),
            "hours": EVENINGS,
            **afar,
        },
        "salaviej": {
            "languages": (BE, RU),
            "skills": (Skill(code="core.skill.accompanying", level=Skilled.GOOD),),
            **here,
            "reach": 20,
            "hours": WEEKENDS,
        },
        "ziaziula": {
            "languages": (BE,),
            "skills": (Skill(code="core.skill.computers", level=Skilled.GOOD),),
            "hours": WEEKENDS,
            **afar,
        },
    }


async def _applicant(desk: Desk, clock: Clock) -> Account:
    account = await offer_help(desk, clock, "dziacel", "be")
    session = await unlock_account(desk, clock, account)
    await send_profile(
        desk,
        session,
        languages=(BE,),
        skills=(Skill(code="core.skill.hosting"), Skill(code="core.skill.driving")),
        hours=WEEKENDS,
        note="Ёсць вольны пакой для тых, хто толькі прыехаў.",
    )
    return account


async def _known(desk: Desk, by: Session, volunteer: Session) -> volunteers.Known:
    return await volunteers.read_volunteer(desk, by, volunteer.box)
