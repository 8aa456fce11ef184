"""The way from a request to somebody who is asked to help."""

from collections.abc import Iterator

from people import Person

from pe_core.toolkit.invented import ASKED

SKILL = "core.skill.interpreting"
"""What the first invented volunteer does as a profession."""


def walk_needs(person: Person) -> Iterator[str]:
    """Look for somebody, look at all needs, ask one of them, and stop looking."""
    person.open("staff")
    person.open_row(ASKED[0].typed["story"][0])
    person.follow("staff.need.seek")
    yield "need_new"
    person.choose("staff.need.place_there")
    person.choose("staff.need.time_fixed")
    person.press("staff.need.add")
    yield "need_new-wrong"
    person.choose("staff.need.place_afar")
    person.choose("staff.need.time_free")
    person.fill("staff.need.title", "Schadzić razam va ŭstanovu")
    person.page.get_by_label(person.words(SKILL)).select_option(f"{SKILL}:required:2")
    person.press("staff.need.add")
    yield "need"
    person.press("staff.need.offer")
    yield "need-wrong"
    person.fill("staff.need.why", "sinica")
    person.press("staff.need.why_button")
    yield "need-why"
    need = person.page.url.rpartition("/")[0]
    person.open("staff/matching")
    yield "matching"
    person.press("staff.matching.button")
    yield "matching-wrong"
    person.page.goto(need)
    person.page.get_by_role("checkbox").first.check(force=True)
    person.press("staff.need.offer")
    yield "need-offered"
    person.press("staff.need.stop")
    yield "need-stopped"
