"""Render a page in its language, with what every page shows."""

from typing import Any
from urllib.parse import quote

from litestar import Response
from litestar.response import Redirect

from pe_core.model.struct import Model
from pe_core.web.guards.caller import caller_of
from pe_core.web.portal import LONGEST_PATH, Connection, Portal, language_of, portal_of


class LanguageLink(Model):
    """One language of the embassy by its own name, and this page's address in it."""

    tag: str
    name: str
    address: str
    current: bool


def render(
    request: Connection,
    template: str,
    *,
    status: int = 200,
    language: str = "",
    **context: Any,
) -> Response[str]:
    """Return ``template`` as a page; ``language`` is the address's one unless given.

    Every template also gets ``lang``, ``dir``, ``t(key, **values)``, ``plural(key, n)``,
    ``languages``, ``embassy_name``, ``emergency``, ``home`` (such as ``/en``), ``path``,
    ``token`` (of the caller's cookie), ``guard``, ``coordinator`` (whether one is unlocked),
    ``writer`` (whether one who writes guides is), ``volunteer`` (whether it is one), ``exit``
    (whether the way out is shown) and ``problems``, all of which ``context`` may override.
    """
    portal = portal_of(request)
    language = language or language_of(request)
    page = portal.templates.render(template, language, _surroundings(request, language) | context)
    return Response(page, media_type="text/html", status_code=status)


def redirect(address: str) -> Redirect:
    """Send the browser on with 303; ``address`` is a path of ours, such as ``/en/ask``.

    Browsers take a backslash for a slash and leave out what is no character (WHATWG URL), so
    an address with either could lead to another host.
    """
    elsewhere = address.startswith("//") or "\\" in address or not address.isprintable()
    if not address.startswith("/") or elsewhere:
        raise ValueError("the portal sends nobody elsewhere")
    return Redirect(address, status_code=303)


def embassy_name(portal: Portal, language: str) -> str:
    """Return the embassy's name in a language, or in its first one."""
    names = portal.desk.embassy.names
    return names.get(language) or names[portal.languages[0]]


def _surroundings(request: Connection, language: str) -> dict[str, Any]:
    portal = portal_of(request)
    caller = caller_of(request)
    # A page that is not found has an address of any length and look: then only the home is linked.
    path = request.scope["path"]
    path = "/" + path.lstrip("/") if len(path) <= LONGEST_PATH else f"/{language}/"
    return {
        "languages": _links(portal, path, language),
        "embassy_name": embassy_name(portal, language),
        "emergency": portal.desk.jurisdiction.emergency,
        "home": f"/{language}",
        "path": quote(path),
        "token": caller.token,
        "guard": caller.guard,
        "coordinator": caller.is_coordinator,
        "writer": caller.is_writer,
        "volunteer": caller.is_volunteer,
        "exit": caller.guard in ("asker", "visit", "applicant"),
        "problems": (),
    }


def _links(portal: Portal, path: str, language: str) -> tuple[LanguageLink, ...]:
    first, _, rest = path.lstrip("/").partition("/")
    here = quote(rest) if first in portal.languages else ""
    return tuple(
        LanguageLink(
            tag=tag,
            name=portal.templates.own_names[tag],
            address=f"/{tag}/{here}",
            current=tag == language,
        )
        for tag in portal.languages
    )
