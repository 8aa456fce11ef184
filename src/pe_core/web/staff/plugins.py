"""The page of plugins: what is enabled, what it adds and may see, and what is switched off."""

from collections.abc import Iterable
from typing import Any

from litestar import Response
from litestar.handlers import HTTPRouteHandler

from pe_core.desk.plugins import Enabled, read_plugins, try_again
from pe_core.hooks.troubles import Kind, Trouble
from pe_core.model import GuideText, Jurisdiction, LetterText
from pe_core.model.struct import Model
from pe_core.rules.guides import text_in
from pe_core.rules.texts import territory_name
from pe_core.web.guards.caller import fields_of, session_of
from pe_core.web.guards.routes import get_page, post_page
from pe_core.web.pages import redirect, render
from pe_core.web.portal import PageRequest, desk_of, language_of
from pe_core.web.staff.address import address, query_of
from pe_core.web.staff.words import name_language, say, show_moment

PATH = "/{language:str}/staff/plugins"
OWN_WORDS = (
    "slow",
    "printed",
    "endless",
    "no_problem",
    "no_text",
    "no_suggestions",
    "no_reason_text",
)
"""What a part was switched off for, where no exception was raised."""
SHORT = 12
"""Digits of a fingerprint that are shown before it is opened."""


class Off(Model):
    """A part that is off, in words."""

    part: str
    plugin: str
    title: str
    why: str
    means: str
    since: str


class Row(Model):
    """One kind of thing that a plugin adds; each is (its words, its language or '')."""

    name: str
    things: tuple[tuple[str, str], ...]


class Shown(Model):
    """An enabled plugin as the page shows it."""

    name: str
    version: str
    short: str
    fingerprint: str
    rows: tuple[Row, ...]


@get_page(PATH, guard="coordinator")
async def show_plugins(request: PageRequest) -> Response[str]:
    """Show the plugins of this portal."""
    desk = desk_of(request)
    known = await read_plugins(desk)
    return render(
        request,
        "staff/plugins.html",
        here="setup",
        done=query_of(request).get("done") == "again",
        off=[_off(request, trouble) for trouble in desk.troubles.all()],
        enabled=[_shown(request, plugin) for plugin in known.enabled],
        others=known.others,
    )


@post_page(PATH, guard="coordinator")
async def take_again(request: PageRequest) -> Response[Any]:
    """Switch on again what somebody wants to try."""
    await try_again(desk_of(request), session_of(request), fields_of(request).one("part"))
    return redirect(address(f"/{language_of(request)}/staff/plugins", done="again"))


def _off(request: PageRequest, trouble: Trouble) -> Off:
    if trouble.what in OWN_WORDS:
        why = say(request, f"staff.plugins.why.{trouble.what}")
    elif trouble.place:
        why = say(request, "staff.plugins.why.raised_at", what=trouble.what, place=trouble.place)
    else:
        why = say(request, "staff.plugins.why.raised", what=trouble.what)
    kind = trouble.kind.value
    name = _part_name(request, trouble.part)
    if trouble.kind is Kind.PAGE:
        name, _ = _title(request, trouble.part)
    elif trouble.kind in (Kind.RANKING, Kind.SHARING):
        name = trouble.plugin
    return Off(
        part=trouble.part,
        plugin=trouble.plugin,
        title=say(request, f"staff.plugins.{kind}.title", name=name),
        why=why,
        means=say(request, f"staff.plugins.{kind}.means"),
        since=say(request, "staff.plugins.since", when=show_moment(request, trouble.since)),
    )


def _part_name(request: PageRequest, part: str) -> str:
    """Return the title of a plugin's part, or the name that its plugin gave it."""
    key = f"{part}.title"
    return say(request, key) if desk_of(request).texts.has(language_of(request), key) else part


def _shown(request: PageRequest, plugin: Enabled) -> Shown:
    desk = desk_of(request)
    laws = [desk.plugins.jurisdictions[code] for code in plugin.jurisdictions]
    rows = (
        Row(name="law", things=_plain(_place(request, law) for law in laws)),
        Row(name="topics", things=_plain(_part_name(request, n) for n in plugin.topics)),
        Row(
            name="volunteering",
            things=_plain(_part_name(request, n) for n in plugin.volunteering),
        ),
        Row(name="ranks", things=_plain([say(request, "staff.plugins.ranks")] * plugin.ranks)),
        Row(name="shares", things=_plain([say(request, "staff.plugins.shares")] * plugin.shares)),
        Row(name="guides", things=_told(request, plugin.guides)),
        Row(name="letters", things=_told(request, plugin.letters)),
        Row(name="listeners", things=_plain(plugin.listeners)),
        Row(name="notifiers", things=_plain(say(request, f"{n}.title") for n in plugin.notifiers)),
        Row(name="languages", things=tuple((name_language(t), t) for t in plugin.languages)),
    )
    return Shown(
        name=plugin.name,
        version=plugin.version,
        short=plugin.fingerprint[:SHORT],
        fingerprint=plugin.fingerprint,
        rows=tuple(row for row in rows if row.things),
    )


def _place(request: PageRequest, law: Jurisdiction) -> str:
    """Return the name of the place that a law is of, with the law's code."""
    language = language_of(request)
    name = law.names.get(language) or territory_name(law.territory, language)
    return f"{name} ({law.code})" if name != law.code else name


def _plain(words: Iterable[str]) -> tuple[tuple[str, str], ...]:
    return tuple((word, "") for word in words)


def _told(request: PageRequest, names: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Return the titles of guides or letters, each with its language."""
    return tuple(_title(request, name) for name in names)


def _title(request: PageRequest, name: str) -> tuple[str, str]:
    """Return the title of a guide or letter and its language, '' if it is gone."""
    plugins = desk_of(request).plugins
    told = plugins.guides.get(name) or plugins.letters.get(name)
    if told is None:
        return name, ""
    found: tuple[str, GuideText | LetterText] = text_in(told.texts, language_of(request))
    language, text = found
    return text.title, language


ROUTES: tuple[HTTPRouteHandler, ...] = (show_plugins, take_again)
