"""Every page of the portal in every language, kept as it was sent and looked at once.

The walks go over the demo in a browser, `rare` brings what no walk comes to. What is kept is
shown again to a browser that reaches nothing but this gallery, and asked all that `looks` asks.
"""

import asyncio
from collections.abc import Awaitable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from looks import LONG, Faults, look_at
from meetings import Meetings, start_chromium
from people import Demo, Person
from rare import rare_pages
from walks import walk_public, walk_staff
from walks_work import walk_work

from pe_core.model import Form
from pe_core.rules.texts import Catalogue
from pe_core.web.assets import read_assets

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Response, Route

LANGUAGES = ("be", "ru", "en", "he") if LONG else ("be", "he")
LOOKED_AT = ("be", "en", "he") if LONG else LANGUAGES
"""Those in which pages are looked at; in all languages their HTML is checked.

One of each direction is enough for CI; ``PE_LONG=1`` walks and looks in all that the demo has.
"""
EVERY_STATE = LOOKED_AT if LONG else ("he",)
"""Those in which every state of a page is looked at; in the others each template once.

Of the two directions right to left is the one that is forgotten.
"""
ADDRESS = "http://127.0.0.1:9"
"""Where the pages seem to come from; every request is answered from the gallery."""


@dataclass(frozen=True)
class Picture:
    """A page as it was sent."""

    step: str
    language: str
    path: str
    html: str

    @property
    def name(self) -> str:
        """Return what a report calls it."""
        return f"{self.language} {self.step}"

    @property
    def template(self) -> str:
        """Return the name of its template, which its step begins with."""
        return self.step.partition("-")[0]


@dataclass
class Gallery:
    """All pages, and the faults of each by what was looked for."""

    pictures: list[Picture] = field(default_factory=list)
    faults: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    looked_at: set[str] = field(default_factory=set)
    asked_for: set[str] = field(default_factory=set)
    """Every address that a browser asked for on its walks, pictures and sheets too."""

    def without(self, kind: str) -> dict[str, list[str]]:
        """Return the faults of a kind by page; looking for it at no page is a failure."""
        assert self.looked_at, "no page was looked at"
        return self.faults.get(kind, {})


def fill_gallery(demo: Demo, texts: Catalogue, forms: Mapping[str, Form], folder: Path) -> Gallery:
    """Walk over everything, keep it, and look at it."""
    gallery = Gallery(list(_rare(folder)))
    with start_chromium() as browser:
        with Meetings(browser, demo, texts, forms) as meetings:
            gallery.pictures += _walked(meetings, demo, gallery.asked_for)
        _look(browser, gallery)
    return gallery


def show(page: "Page", picture: Picture) -> None:
    """Show a kept page in a browser."""
    assets = {asset.address: asset for asset in read_assets().values()}

    def answer(route: "Route") -> None:
        asset = assets.get(urlsplit(route.request.url).path)
        if asset is not None:
            route.fulfill(body=asset.data, content_type=asset.media_type)
        else:
            route.fulfill(body=picture.html, content_type="text/html; charset=utf-8")

    page.unroute_all()
    page.route("**/*", answer)
    page.goto(f"{ADDRESS}{picture.path}")


def _rare(folder: Path) -> Iterator[Picture]:
    with asyncio.Runner() as runner:

        async def wait(awaitable: Awaitable[Any]) -> Any:
            return await awaitable

        found = rare_pages(folder, lambda awaitable: runner.run(wait(awaitable)), LANGUAGES)
        for language, (step, page) in found:
            yield Picture(step, language, page.path, page.text)


def _walked(meetings: Meetings, demo: Demo, asked_for: set[str]) -> Iterator[Picture]:
    invite = meetings.invite()
    session = meetings.colleague(1).page.context.storage_state()
    passphrase = demo.colleagues[1].account.passphrase
    for language in LANGUAGES:
        person = meetings.come_again(language)
        yield from _kept(person, walk_public(person, demo), asked_for)
        person = meetings.come(language)
        yield from _kept(person, walk_staff(person, session, invite, passphrase), asked_for)
        person = meetings.come(language)
        yield from _kept(person, walk_work(person, f"wouk-{language}"), asked_for)


def _kept(person: Person, walk: Iterator[str], asked_for: set[str]) -> Iterator[Picture]:
    """Keep every step once, though the walk comes to some pages twice."""
    answers: list[Response] = []

    def hear(response: "Response") -> None:
        if response.request.is_navigation_request() and not 300 <= response.status < 400:
            answers.append(response)

    person.page.on("response", hear)
    person.page.on("request", lambda request: asked_for.add(request.url))
    seen: set[str] = set()
    for step in walk:
        if step not in seen:
            seen.add(step)
            path = urlsplit(person.page.url).path
            yield Picture(step, person.language, path, answers[-1].text())


def _look(browser: "Browser", gallery: Gallery) -> None:
    context = browser.new_context(bypass_csp=True)
    page = context.new_page()
    for picture in _chosen(gallery.pictures):
        gallery.looked_at.add(picture.name)
        show(page, picture)
        _note(gallery, picture, look_at(page, picture.language))
    context.close()


def _chosen(pictures: list[Picture]) -> Iterator[Picture]:
    """Yield the pages that are looked at."""
    seen: set[tuple[str, str]] = set()
    for picture in pictures:
        template = (picture.language, picture.template)
        if picture.language in EVERY_STATE or (
            picture.language in LOOKED_AT and template not in seen
        ):
            seen.add(template)
            yield picture


def _note(gallery: Gallery, picture: Picture, found: Faults) -> None:
    for kind, lines in found.items():
        if lines:
            gallery.faults.setdefault(kind, {})[picture.name] = lines
