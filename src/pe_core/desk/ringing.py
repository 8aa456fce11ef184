"""Ringing people: there is something new, at the ways and hours that each of them chose."""

from collections.abc import Iterable
from datetime import UTC, datetime, tzinfo

import msgspec

from pe_core.desk.desk import Desk
from pe_core.model import Box, Profile, Way
from pe_core.rules.ring_times import next_moment
from pe_core.rules.week_hours import zone_of
from pe_core.store import Change, Insert, OpenAddressRow


def ring_volunteer(desk: Desk, profile: Profile) -> None:
    """Ring a volunteer by every way of theirs; it is tried from memory, and says nothing else."""
    for way in profile.ways:
        desk.ring(way.notifier, way.address, profile.language, way.hours, profile.zone)


def rings_at(desk: Desk, profile: Profile, way: Way) -> datetime:
    """Return when a way would ring if it were rung now, at hours on its owner's own clocks."""
    return next_moment(desk.now(), way.hours, clocks_of(desk, profile.zone))


def clocks_of(desk: Desk, zone: str) -> tzinfo:
    """Return somebody's own clocks; the embassy's, where their zone is none that is known."""
    return zone_of(zone) or zone_of(desk.embassy.zone) or UTC


def forget_rings(desk: Desk, ways: Iterable[Way]) -> None:
    """Forget the rings that wait in memory for these ways, whose owner is not rung there now."""
    for way in ways:
        desk.forget_ring(way.notifier, way.address)


def open_addresses(box: Box, ways: Iterable[Way]) -> list[Change]:
    """Return the changes that put these addresses in clear."""
    return [
        Insert(
            OpenAddressRow(
                box=box,
                notifier=way.notifier,
                address=way.address,
                hours=msgspec.json.encode(way.hours).decode(),
            )
        )
        for way in ways
    ]
