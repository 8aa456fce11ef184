"""Targets of what is typed about people: tables of volunteers, profiles, needs, the way out."""

from datetime import UTC, date, datetime

from pe_core.door import Door, is_public
from pe_core.model import Box, Profile
from pe_core.rules.people_csv import Terms, read_people
from pe_core.rules.profiles import (
    Read,
    read_away,
    read_hours,
    read_languages,
    read_load,
    read_note,
    read_place,
    read_skills,
    read_zone,
)
from pe_core.rules.week_grid import is_zone
from pe_core.web.guards.body import Fields
from pe_core.web.staff.need import read_boxes
from pe_core.web.staff.need_form import read_need_form
from pe_core.web.work.feed import read_token

from .cutting import as_text, as_typed

NEXT = "\x1f"
TODAY = date(2026, 11, 24)
SKILLS = ("core.skill.driving", "core.skill.papers")
TERMS = Terms(
    offered=("be", "en"),
    spoken=("be", "en", "ru"),
    skills=SKILLS,
    cities=("Coastville",),
    zone="Etc/UTC",
)
PROFILE = Profile(
    box=Box(7),
    handle="wouk",
    public=b"",
    verify_key=b"",
    language="en",
    began=datetime(2026, 11, 24, tzinfo=UTC),
)


def people_csv(data: bytes) -> None:
    """A table of people: all of them or none, and no mistake is told in the table's words."""
    people, flaws = read_people(data, TERMS)
    assert not (people and flaws)
    assert all(flaw.line >= 1 and len(flaw.words) < 300 for flaw in flaws)
    assert all(is_zone(person.zone) for person in people)


def typed_profile(data: bytes) -> None:
    """What a volunteer types of themselves: each page takes it, or keeps what was there."""
    typed = as_typed(data).split(NEXT)
    typed += [""] * (8 - len(typed))
    rows = list(zip(typed[::2], typed[1::2], strict=False))
    for changed, problems in (
        read_languages(PROFILE, rows, TERMS.spoken, TERMS.offered),
        read_skills(PROFILE, rows, SKILLS),
        read_place(PROFILE, typed[0], typed[1], bool(typed[2]), TERMS.cities),
        read_hours(PROFILE, typed),
        read_zone(PROFILE, typed[0]),
        read_away(PROFILE, typed[:3], typed[3:6], bool(typed[6]), TODAY),
        read_load(PROFILE, typed[0]),
        read_note(PROFILE, typed[0]),
    ):
        _kept((changed, problems))


def _kept(read: Read) -> None:
    changed, problems = read
    assert not problems or changed == PROFILE
    assert changed.box == PROFILE.box and is_zone(changed.zone)


def typed_need(data: bytes) -> None:
    """What a coordinator types of a need, and the boxes that a form names."""
    parts = as_typed(data).split(NEXT)
    pairs = tuple(zip(parts[::2], parts[1::2], strict=False))
    typed = read_need_form(Fields(pairs=pairs))
    assert typed == read_need_form(Fields(pairs=pairs))
    boxes = read_boxes(parts)
    assert all(box >= 0 for box in boxes) and len(set(boxes)) == len(boxes)


def way_out(data: bytes) -> None:
    """An address to send to, and the end of a feed's address: looked at, never looked up."""
    typed = as_text(data)
    door = Door()
    assert not door.may_fetch(typed) or typed.startswith("https://")
    assert not is_public(typed) or typed.strip() == typed
    assert len(read_token(typed)) in (0, 32)
