"""The ways by which a volunteer wants to be rung, and what the server may read of them."""

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType

import msgspec

from pe_core.desk.desk import Desk
from pe_core.desk.own_record import change_own
from pe_core.desk.ringing import forget_rings
from pe_core.desk.sessions import Session
from pe_core.desk.volunteers import read_own
from pe_core.hooks.troubles import Kind
from pe_core.model import Hours, Problem, Profile, Way
from pe_core.model.struct import Model
from pe_core.model.volunteer import NEVER

ADDRESS_LIMIT = 300


def _between(first: int, end: int) -> Hours:
    hours = sum(1 << hour for hour in range(first, end))
    return (hours, hours, hours, hours, hours, hours, hours)


WHEN: Mapping[str, Hours] = MappingProxyType(
    {"any": NEVER, "day": _between(8, 20), "evening": _between(17, 22)}
)
"""When somebody may be rung; without hours it is at any time."""


class TypedWay(Model):
    """What was typed for one notifier; an empty address is none."""

    notifier: str
    address: str
    when: str
    readable: bool


def read_ways(
    desk: Desk, typed: Sequence[TypedWay]
) -> tuple[tuple[Way, ...], tuple[tuple[int, Problem], ...]]:
    """Read the ways; a problem comes with the place of what was typed, counted from 1."""
    ways: list[Way] = []
    problems: list[tuple[int, Problem]] = []
    for place, one in enumerate(typed, 1):
        address = one.address.strip()
        if not address:
            continue
        wrong = _wrong(desk, one, address)
        if wrong:
            problems.append((place, Problem(field=f"address-{place}", code=wrong)))
        else:
            hours = WHEN[one.when]
            ways.append(
                Way(notifier=one.notifier, address=address, hours=hours, readable=one.readable)
            )
    return tuple(ways), tuple(problems)


def ways_gone(desk: Desk, profile: Profile) -> tuple[Way, ...]:
    """Return the ways that no enabled plugin goes any more."""
    return tuple(way for way in profile.ways if way.notifier not in desk.plugins.notifiers)


async def set_ways(
    desk: Desk, session: Session, ways: Sequence[Way], forgotten: Collection[str] = ()
) -> None:
    """Be rung by these ways; those whose plugin is gone stay, but for the ``forgotten``.

    An address lies in clear only while its owner, whom coordinators accepted, agrees that the
    server may read it.
    """
    enabled = frozenset((*desk.plugins.notifiers, *forgotten))

    def change(profile: Profile) -> Profile:
        others = (way for way in profile.ways if way.notifier not in enabled)
        return msgspec.structs.replace(profile, ways=(*others, *ways))

    before = (await read_own(desk, session)).profile.ways
    await change_own(desk, session, change)
    kept = {(way.notifier, way.address) for way in ways}
    gone = (way for way in before if way.notifier in enabled)
    forget_rings(desk, (way for way in gone if (way.notifier, way.address) not in kept))


def when_of(way: Way) -> str:
    """Return the name of the hours at which a way rings."""
    return next((name for name, hours in WHEN.items() if hours == way.hours), "any")


def _wrong(desk: Desk, typed: TypedWay, address: str) -> str:
    """Return the code of what is wrong; a notifier that raises is switched off, and says so."""
    notifier = desk.plugins.notifiers.get(typed.notifier)
    if notifier is None or typed.when not in WHEN:
        return "not_an_option"
    if len(address) > ADDRESS_LIMIT or not address.isprintable():
        return "way_characters"
    if desk.troubles.is_off(Kind.RING, notifier.name):
        return "way_off"
    try:
        return notifier.check(address) or ""
    except Exception as error:  # a plugin may fail in any way
        desk.troubles.raised(Kind.RING, notifier.name, error, notifier.check)
        return "way_off"
