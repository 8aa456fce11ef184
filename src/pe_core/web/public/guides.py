"""Guides: all of them by topic, those that have a word, and one with its facts and sources."""

from collections.abc import Sequence
from datetime import timedelta

from litestar import Response
from litestar.params import FromPath

from pe_core.desk.reading import guides_of, letters_of, search, shelves_of
from pe_core.rules.markdown import render_markdown
from pe_core.web.guards.caller import fields_of
from pe_core.web.guards.refusals import refusal
from pe_core.web.guards.routes import get_page, post_page
from pe_core.web.pages import render
from pe_core.web.portal import PageRequest, desk_of, form_token
from pe_core.web.public.alone import alone
from pe_core.web.public.told import Entry, about, entries_of, entry_of

LONGEST_QUERY = 200
"""Characters that are looked for; of a longer query the beginning."""


@get_page("/{language:str}/guides", guard="public")
async def show_guides(request: PageRequest) -> Response[str]:
    """Show all guides and letters by topic."""
    return _guides_page(request)


@post_page("/{language:str}/guides", guard="public", form="guides")
async def search_guides(request: PageRequest) -> Response[str]:
    """Show what has a word; the word comes in the body, so that no address holds it."""
    typed = fields_of(request).one("query")[:LONGEST_QUERY].strip()
    if not typed:
        return _guides_page(request)
    found = search(desk_of(request), typed)
    return _guides_page(request, typed, [entry_of(request, told) for told in found])


@get_page("/{language:str}/guides/{guide:str}", guard="public")
async def show_guide(request: PageRequest, guide: FromPath[str]) -> Response[str]:
    """Show a guide, with its letters and where its facts were read."""
    desk = desk_of(request)
    told = guides_of(desk).get(guide)
    if told is None:
        raise refusal("not_found")
    letters = letters_of(desk)
    with alone(request, guide):
        facts = about(request, told)
        return render(
            request,
            "public/guide.html",
            **facts,
            html=render_markdown(facts["text"].body),
            letters=[entry_of(request, letters[name]) for name in told.letters if name in letters],
        )


def _guides_page(
    request: PageRequest, typed: str = "", found: Sequence[Entry] | None = None
) -> Response[str]:
    shelves = shelves_of(desk_of(request))
    return render(
        request,
        "public/guides.html",
        token=form_token(request, "guides", timedelta(0)),
        typed=typed,
        found=found,
        shelves=[entries_of(request, shelf) for shelf in shelves] if found is None else [],
        anything=bool(shelves),
        longest=LONGEST_QUERY,
    )
