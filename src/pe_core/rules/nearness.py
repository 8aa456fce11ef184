"""How far the cities of a jurisdiction lie from each other, as the crow flies."""

from bisect import bisect_left
from collections.abc import Iterable
from math import asin, cos, radians, sin, sqrt

from pe_core.model import City

EARTH_KM = 6371.0088
"""The mean radius of the Earth (IUGG)."""
BANDS = (10, 50, 150, 500)
"""Kilometres: a walk or a tram, an hour, a morning, a day; beyond them is one band more."""


class Nearness:
    """The distances between the cities that a form offers, each worked out once."""

    def __init__(self, cities: Iterable[City]) -> None:
        """Know these cities by their names."""
        self._cities = {city.name: city for city in cities}
        self._known: dict[tuple[str, str], int] = {}

    def km(self, one: str, other: str) -> int | None:
        """Return the whole kilometres between two cities, None where one is not known.

        Every city is 0 km from itself, known or not; '' is no city.
        """
        if one == other:
            return 0 if one else None
        pair = (one, other)
        if pair not in self._known:
            if one not in self._cities or other not in self._cities:
                return None
            self._known[pair] = _haversine(self._cities[one], self._cities[other])
        return self._known[pair]


def band_of(km: int) -> int:
    """Return which band a distance is in; 0 is the nearest."""
    return bisect_left(BANDS, km)


def _haversine(one: City, other: City) -> int:
    north, south = radians(one.latitude), radians(other.latitude)
    across = radians(other.longitude - one.longitude)
    half = sin((south - north) / 2) ** 2 + cos(north) * cos(south) * sin(across / 2) ** 2
    return round(2 * EARTH_KM * asin(sqrt(min(1.0, half))))
