"""Every public page: no script, nothing from elsewhere, light, and usable on a small screen."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from people import Demo, Person
from walks import OTHER, READ_ONLY, ask, walk_public

if TYPE_CHECKING:
    from playwright.sync_api import Route

pytestmark = pytest.mark.e2e

NARROW = {"width": 320, "height": 640}
"""400 % zoom of 1280 pixels (WCAG 2.2, 1.4.10 Reflow)."""
MOST_BYTES = 30 * 1024
WIDTH = "document.documentElement.scrollWidth"
SCRIPTS = (
    "document.scripts.length + document.querySelectorAll('[onclick], [onload], iframe').length"
)


@pytest.mark.parametrize("language", ["be", "he"])
def test_every_public_page_is_small_and_stands_alone(
    language: str, meet_again: Callable[..., Person], demo: Demo
) -> None:
    person = meet_again(language, viewport=NARROW)
    page = person.page
    asked_for: set[str] = set()
    page.on("request", lambda request: asked_for.add(request.url))
    titles = {person.words("core.layout.title"), person.words("core.layout.title_problem")}

    wrong = []
    for step in walk_public(person, demo):
        faults = {
            "scrolls sideways": page.evaluate(WIDTH) > NARROW["width"],
            "holds a script": page.evaluate(SCRIPTS) > 0,
            "has a telling title": page.title() not in titles,
            "is heavy": len(page.content().encode()) + _style_bytes(person) > MOST_BYTES,
        }
        wrong += [f"{step} {fault}" for fault, holds in faults.items() if holds]
    foreign = {url for url in asked_for if not url.startswith((f"{demo.address}/", "data:"))}

    assert [] == wrong
    assert set() == foreign
    assert len(asked_for) > len(READ_ONLY)


def test_reading_leaves_no_cookie(meet: Callable[..., Person]) -> None:
    person = meet("be")

    for path, _ in (*READ_ONLY, ("ask", "")):
        person.open(path)

    assert [] == person.page.context.cookies()


def test_asking_works_with_styles_off(meet_again: Callable[..., Person]) -> None:
    person = meet_again("be")
    refused: list[str] = []

    def refuse(route: "Route") -> None:
        refused.append(route.request.url)
        route.abort()

    person.page.route("**/*.css", refuse)
    receipt = ask(person, "zz.other", OTHER)

    assert refused, "no style sheet was asked for"
    assert 24 == len(receipt)


def _style_bytes(person: Person) -> int:
    """Return the bytes of the style sheets that the page names."""
    links = person.page.locator("link[rel=stylesheet]").evaluate_all("all => all.map(a => a.href)")
    return sum(len(person.page.request.get(link).body()) for link in links)
