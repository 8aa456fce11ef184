"""Markdown of guides as HTML: CommonMark without HTML, pictures and links to anywhere.

markdown-it-py is imported when the first guide is shown; an instance starts without it.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_INSIDE = "part-"
"""Stands before the ids of headings, so that none is an id of the page around."""
_NO_LETTER = re.compile(r"[\W_]+")


@lru_cache(maxsize=256)
def render_markdown(body: str) -> str:
    """Return a body as HTML that is safe to put into a page.

    Headings begin at h2 and leave no level out; ``[words](#the-heading)`` leads to the one
    whose words these are. Of other links only https ones are links.
    """
    reader = _reader()
    tokens = reader.parse(body)
    _settle_headings(tokens)
    for token in tokens:
        _settle_links(token.children or ())
    html: str = reader.renderer.render(tokens, reader.options, {})
    return html


@lru_cache(maxsize=1)
def _reader() -> "MarkdownIt":
    from markdown_it import MarkdownIt

    reader = MarkdownIt("commonmark", {"html": False}).disable("image")
    reader.validateLink = _is_kept  # type: ignore[method-assign, assignment]
    return reader


def _is_kept(address: str) -> bool:
    return address.startswith(("https://", "#"))


def _settle_headings(tokens: Sequence["Token"]) -> None:
    level, taken = 1, set()
    for at, token in enumerate(tokens):
        if token.type == "heading_open":
            level = min(max(2, int(token.tag[1])), level + 1)
            name = _INSIDE + _NO_LETTER.sub("-", tokens[at + 1].content.casefold()).strip("-")
            if name not in taken:
                taken.add(name)
                token.attrSet("id", name)
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{level}"


def _settle_links(tokens: Sequence["Token"]) -> None:
    """Give links inside the page their ids and those outside their manners; links do not nest."""
    nowhere = False
    for token in tokens:
        if token.type == "link_open":
            address = str(token.attrGet("href"))
            nowhere = not address
            if nowhere:
                token.tag, token.attrs = "span", {}
            elif address.startswith("#"):
                token.attrSet("href", f"#{_INSIDE}{address[1:]}")
            else:
                token.attrSet("rel", "noreferrer")
        elif token.type == "link_close" and nowhere:
            token.tag = "span"
