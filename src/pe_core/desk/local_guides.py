"""The embassy's own guides: what was published of them, by edition, kept in memory too.

A published guide is public, so its row is in clear; who wrote and approved it stands nowhere
but in the trail. One that has a plugin's name stands in that guide's place.
"""

from collections.abc import Sequence

import msgspec

from pe_core.desk.desk import Desk, today_of
from pe_core.model import Edition, Guide
from pe_core.model.week import week_of
from pe_core.store import AtMost, Change, Delete, GuideRow, Insert

KEPT = 20
"""Editions of a guide that can be looked at and brought back."""
GUIDES_LIMIT = 200
"""Guides of its own that an embassy may have."""


async def load_local_guides(desk: Desk) -> None:
    """Read the newest editions, and keep up with what is published from now on."""
    for row in await desk.store.select(GuideRow, order="edition"):
        _note(desk, row)

    def hear(changes: Sequence[Change]) -> None:
        for change in changes:
            if isinstance(change, Insert) and isinstance(change.row, GuideRow):
                _note(desk, change.row)

    desk.hears.append(hear)


async def editions_of(desk: Desk, name: str) -> list[Edition]:
    """Return the kept editions of a guide, the newest first."""
    rows = await desk.store.select(GuideRow, {"name": name}, order="-edition")
    return [_read(row) for row in rows]


def edition_now(desk: Desk, name: str) -> int:
    """Return the number of the newest edition, 0 if the embassy never published this guide."""
    edition = desk.local_guides.get(name)
    return edition.edition if edition is not None else 0


def blank_guide(desk: Desk, name: str) -> Guide:
    """Return a guide in which nothing is said yet."""
    return Guide(
        name=name,
        topics=(),
        jurisdiction=desk.jurisdiction.code,
        authority="",
        checked_on=today_of(desk),
        sources=(),
        texts={},
    )


def publishing(desk: Desk, name: str, guide: Guide | None) -> list[Change]:
    """Return the changes that publish the next edition; its oldest ones go."""
    edition = edition_now(desk, name) + 1
    row = GuideRow(
        name=name,
        edition=edition,
        week=week_of(desk.now().date()),
        body=msgspec.msgpack.encode(guide),
    )
    old = {"name": name, "edition": AtMost(edition - KEPT)}
    return [Insert(row), Delete(GuideRow, old)]


def _note(desk: Desk, row: GuideRow) -> None:
    edition = _read(row)
    if edition.guide is not None:
        # A form that is gone has no place on the pages where its guides would stand.
        topics = tuple(topic for topic in edition.guide.topics if topic in desk.forms)
        guide = msgspec.structs.replace(edition.guide, topics=topics)
        edition = msgspec.structs.replace(edition, guide=guide)
    desk.local_guides[row.name] = edition


def _read(row: GuideRow) -> Edition:
    return Edition(
        name=row.name,
        edition=row.edition,
        week=row.week,
        guide=msgspec.msgpack.decode(row.body, type=Guide | None),
    )
