"""What every page needs beside its request: the desk, the way we are reached, the templates."""

from datetime import timedelta
from typing import Any, TypeAlias

from litestar import Request
from litestar.connection import ASGIConnection

from pe_core.desk.desk import Desk
from pe_core.network.admission import Admission
from pe_core.rules.texts import negotiate
from pe_core.vault.keys import random_bytes
from pe_core.web.assets import Asset, read_assets
from pe_core.web.environments import Templates
from pe_core.web.guards.quotas import Quotas
from pe_core.web.guards.tokens import SHORTEST, FormTokens

PageRequest: TypeAlias = Request[Any, Any, Any]
Connection: TypeAlias = ASGIConnection[Any, Any, Any, Any]

PORTAL = "portal"
"""Its name there."""
LONGEST_PATH = 1000
"""Characters; longer than any address of ours, and a page names its own once a language."""


class Portal:
    """One running portal; every request that comes to it carries it in its state."""

    def __init__(self, desk: Desk, *, secure: bool, onion: bool = False, dev: bool = False) -> None:
        """``secure``: people reach us by https; ``onion``: by an onion address, without it."""
        self.desk = desk
        self.secure_cookies = secure and not onion
        self.scheme = "https" if self.secure_cookies else "http"
        self.languages = desk.embassy.languages
        self.assets: dict[str, Asset] = read_assets()
        self.templates = Templates(desk.texts, self.languages, self.assets, reload=dev)
        self.form_tokens = FormTokens(desk.now, random_bytes)
        self.quotas = Quotas(desk.now)
        self.admission = Admission()


def portal_of(request: Connection) -> Portal:
    """Return the portal that this request came to."""
    portal: Portal = request.scope["state"][PORTAL]
    return portal


def desk_of(request: Connection) -> Desk:
    """Return the desk behind this request."""
    return portal_of(request).desk


def language_of(request: Connection) -> str:
    """Return the page's language: the address's first part, or what the browser prefers."""
    portal = portal_of(request)
    first = request.scope["path"].lstrip("/").partition("/")[0]
    if first in portal.languages:
        return str(first)
    return preferred_language(request)


def preferred_language(request: Connection) -> str:
    """Return the best of our languages for the browser's Accept-Language."""
    wanted = ",".join(
        value.decode("latin-1")
        for key, value in request.scope["headers"]
        if key == b"accept-language"
    )
    return negotiate(wanted[:1000], portal_of(request).languages)


def form_token(request: Connection, form: str, wait: timedelta = SHORTEST) -> str:
    """Return a one-use token for the cookie-less form ``form``, good from ``wait`` on."""
    return portal_of(request).form_tokens.issue(form, wait)
