"""Ringing people: there is something new, at the ways and hours that each of them chose."""

from pe_core.desk.desk import Desk
from pe_core.model import Profile


def ring_volunteer(desk: Desk, profile: Profile) -> None:
    """Ring a volunteer by every way of theirs; it is tried from memory, and says nothing else."""
    for way in profile.ways:
        desk.ring(way.notifier, way.address, profile.language, way.hours, profile.zone)
