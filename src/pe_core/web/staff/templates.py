"""Templates of answers: texts of the core and of plugins that a coordinator starts from.

``core.template.<name>.title`` is what a link says, ``.body`` the text in the asker's language;
a plugin adds ``<code>.template.<name>`` in its own domain.
"""

import re

from pe_core.model import RequestId
from pe_core.model.struct import Model
from pe_core.web.portal import PageRequest, desk_of, language_of
from pe_core.web.staff.address import address
from pe_core.web.staff.facts import request_address

CORE = "core"
_TITLE = re.compile(r"([a-z][a-z0-9_]*)\.template\.([a-z][a-z0-9_]*)\.title")
_WORD = re.compile(r"(?:([a-z][a-z0-9_]*)\.)?([a-z][a-z0-9_]*)")


class Template(Model):
    """A template: the way to the reply form that it fills, and its title."""

    address: str
    words: str


def template_links(request: PageRequest, request_id: RequestId) -> list[Template]:
    """Return links to the reply form, one a template, in the page's language.

    The core's come first, in the order of their names; then those of plugins.
    """
    texts = desk_of(request).texts.table(language_of(request))
    found = [match for match in map(_TITLE.fullmatch, texts) if match]
    found.sort(key=lambda match: (match[1] != CORE, match[1], match[2]))
    at = f"{request_address(request, request_id)}/reply"
    return [
        Template(
            address=address(
                at, template=match[2] if match[1] == CORE else f"{match[1]}.{match[2]}"
            ),
            words=texts[match[0]],
        )
        for match in found
    ]


def template_text(request: PageRequest, word: str, language: str) -> str:
    """Return the text of a template, '' for a word that names none."""
    match = _WORD.fullmatch(word)
    if match is None:
        return ""
    key = f"{match[1] or CORE}.template.{match[2]}.body"
    texts = desk_of(request).texts
    # An asker's language may have been dropped since; then the page's own has to do.
    known = language if language in texts.languages else language_of(request)
    return texts.table(known).get(key, "")
