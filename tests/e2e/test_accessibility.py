"""Every page by axe, in three languages and both directions, in light and dark."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from people import Demo, Person
from walks import walk_public, walk_staff

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).parents[2]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
TEMPLATES = ROOT / "src" / "pe_core" / "web" / "templates"
LANGUAGES = ("be", "en", "he")
PHONE = {"width": 360, "height": 800}
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
LOOK = """async (only) => {
  const found = await axe.run(document, {runOnly: only, resultTypes: ["violations"]});
  const grave = found.violations.filter(v => ["serious", "critical"].includes(v.impact));
  return grave.flatMap(v => v.nodes.map(n => `${v.id} (${v.impact}): ${n.html.slice(0, 160)}`));
}"""
NEVER_SHOWN = {"cookies", "closed"}
"""What only a browser without cookies, or an embassy without keys, is shown."""
TAKES_MORE = {"frozen", "invite_sign", "member_keys"}
"""What takes an emergency lock, a colleague's invite, or somebody who lost their keys."""


@pytest.mark.parametrize("language", LANGUAGES)
def test_axe_finds_nothing_grave_on_the_public_pages(
    language: str, meet_again: Callable[..., Person], demo: Demo
) -> None:
    person = meet_again(language, scripts=True, bypass_csp=True, viewport=PHONE)

    found = _look_at_all(person, walk_public(person, demo))

    assert {} == _grave(found)
    assert _pages("public") - NEVER_SHOWN <= _seen(found)


@pytest.mark.parametrize("language", LANGUAGES)
def test_axe_finds_nothing_grave_on_the_pages_of_the_team(
    language: str,
    meet: Callable[..., Person],
    meet_colleague: Callable[..., Person],
    invite: str,
    demo: Demo,
) -> None:
    session = meet_colleague(1).page.context.storage_state()
    words = demo.colleagues[1].account.passphrase
    person = meet(language, scripts=True, bypass_csp=True)

    found = _look_at_all(person, walk_staff(person, session, invite, words))

    assert {} == _grave(found)
    assert _pages("staff") - TAKES_MORE <= _seen(found)


def test_axe_would_find_something(meet: Callable[..., Person]) -> None:
    page = meet("en", scripts=True, bypass_csp=True).page
    page.set_content("<title>x</title><body style='color:#999'>Pale<img src='data:,'>")

    found = {line.partition(" ")[0] for line in _look(page)}

    assert {"color-contrast", "html-has-lang", "image-alt"} <= found


def _look_at_all(person: Person, walk: Iterator[str]) -> dict[str, list[str]]:
    """Look at every step once, though the walk comes to some pages twice."""
    found: dict[str, list[str]] = {}
    for step in walk:
        if step not in found:
            found[step] = _look(person.page)
    return found


def _look(page: "Page") -> list[str]:
    """Return what axe finds: everything in light, and in dark the colours again."""
    page.evaluate(AXE.read_text())
    page.emulate_media(color_scheme="light")
    found = page.evaluate(LOOK, {"type": "tag", "values": WCAG})
    page.emulate_media(color_scheme="dark")
    return found + page.evaluate(LOOK, {"type": "rule", "values": ["color-contrast"]})


def _grave(found: Mapping[str, list[str]]) -> dict[str, list[str]]:
    return {step: lines for step, lines in found.items() if lines}


def _seen(found: Mapping[str, list[str]]) -> set[str]:
    return {step.partition("-")[0] for step in found}


def _pages(room: str) -> set[str]:
    """Return the templates of a room that are pages of their own, not parts of pages."""
    whole = ("{% extends", "<!doctype")
    paths = [path for path in (TEMPLATES / room).iterdir() if path.stem != "layout"]
    return {path.stem for path in paths if path.read_text().startswith(whole)}
