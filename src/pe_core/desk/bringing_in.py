"""Bringing in volunteers whom an embassy knew before it had this portal.

A file becomes records that are sealed at once to the roster, all or none. Nobody has signed
them and nobody has an account yet: see ``desk.claiming``.
"""

import asyncio
from collections.abc import Sequence

import msgspec

from pe_core.desk.desk import Desk
from pe_core.desk.epochs import current_epoch
from pe_core.desk.trail import record
from pe_core.desk.volunteers import new_row
from pe_core.model import Box, Profile, Standing
from pe_core.model.struct import Model
from pe_core.model.trail import HOST, Act
from pe_core.rules.people_csv import Flaw, Person, Terms, read_people
from pe_core.rules.texts import official_languages
from pe_core.store import Change, EpochRow, Insert, VolunteerRow
from pe_core.vault import random_bytes, unsigned_body

MOST_FLAWS = 500
"""That are told: what a file of any kind has wrong must pass the control socket."""


class Brought(Model):
    """How many people a file has, or what is wrong with it; ``done`` if written.

    ``more`` is how many flaws there are beyond those that are told.
    """

    people: int = 0
    flaws: tuple[Flaw, ...] = ()
    more: int = 0
    done: bool = False


async def bring_in(desk: Desk, content: bytes, *, write: bool) -> Brought:
    """Read a CSV file of volunteers, and with ``write`` seal them to the roster.

    Raises NothingToSealTo before anybody has joined. The trail says how many came.
    """
    people, flaws = await asyncio.to_thread(read_people, content, terms_of(desk))
    if flaws or not write:
        more = max(0, len(flaws) - MOST_FLAWS)
        return Brought(people=len(people), flaws=flaws[:MOST_FLAWS], more=more)
    epoch = await current_epoch(desk, "roster")
    changes = await asyncio.to_thread(_changes, desk, epoch, people)
    await record(desk, HOST, Act.VOLUNTEER_ADDED, str(len(people)), changes)
    return Brought(people=len(people), done=True)


def terms_of(desk: Desk) -> Terms:
    """Return the codes and names that a file may use at this embassy."""
    languages = desk.embassy.languages
    return Terms(
        offered=tuple(languages),
        spoken=tuple(dict.fromkeys((*languages, *official_languages()))),
        skills=desk.vocabulary.skills,
        cities=tuple(city.name for city in desk.jurisdiction.cities),
        zone=desk.embassy.zone,
    )


def _changes(desk: Desk, epoch: EpochRow, people: Sequence[Person]) -> list[Change]:
    return [Insert(_row(desk, epoch, person)) for person in people]


def _row(desk: Desk, epoch: EpochRow, person: Person) -> VolunteerRow:
    said = {name: getattr(person, name) for name in Person.__struct_fields__ if name != "pseudonym"}
    profile = Profile(
        box=Box(int.from_bytes(random_bytes(6), "big")),
        handle=person.pseudonym,
        public=b"",
        verify_key=b"",
        began=desk.now(),
        **said,
    )
    standing = Standing(since=profile.began)
    body = unsigned_body(msgspec.msgpack.encode(profile))
    judged = unsigned_body(msgspec.msgpack.encode(standing))
    return new_row(desk, epoch, profile, body, standing, judged)
