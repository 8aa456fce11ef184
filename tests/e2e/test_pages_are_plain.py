"""Every page: no script and nothing from elsewhere; the public ones are light too."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from gallery import Gallery
from lxml import html
from people import Demo, Person
from walks import OTHER, READ_ONLY, ask

from pe_core.web import public
from pe_core.web.assets import read_assets

if TYPE_CHECKING:
    from playwright.sync_api import Route

pytestmark = pytest.mark.e2e

MOST_BYTES = 30 * 1024
TEMPLATES = Path(public.__file__).parents[1] / "templates" / "public"
SCRIPTS = "//script | //iframe | //object | //*[@onclick or @onload or @style] | //style"


def test_every_page_is_plain_and_asks_for_nothing_from_elsewhere(
    gallery: Gallery, demo: Demo
) -> None:
    styles = {a.address: len(a.data) for a in read_assets().values() if a.media_type == "text/css"}
    light = {path.stem for path in TEMPLATES.iterdir()} | {"error"}

    wrong = []
    for picture in gallery.pictures:
        tree = html.fromstring(picture.html.encode())
        linked = sum(styles[href] for href in tree.xpath("//link[@rel='stylesheet']/@href"))
        faults = {
            "holds a script": bool(tree.xpath(SCRIPTS)),
            "is heavy": picture.template in light
            and len(picture.html.encode()) + linked > MOST_BYTES,
        }
        wrong += [f"{picture.name} {fault}" for fault, holds in faults.items() if holds]
    foreign = {url for url in gallery.asked_for if not url.startswith(f"{demo.address}/")}

    assert [] == wrong
    assert set() == foreign
    assert len(gallery.asked_for) > len(READ_ONLY)


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
