"""Put the portal together: the one place where guards, pages and desk meet."""

from collections.abc import Sequence
from functools import lru_cache

from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.routes import BaseRoute
from litestar.types import Receive, Scope, Send

from pe_core.desk.desk import Desk
from pe_core.web import errors, front, peers, public, staff, work
from pe_core.web.guards.body import FIELDS_BYTES
from pe_core.web.guards.doors import check_doors
from pe_core.web.guards.headers import set_headers
from pe_core.web.portal import PORTAL, Portal


class App:
    """The portal of one desk as an ASGI app; all portals of a process share their pages."""

    def __init__(self, portal: Portal, pages: Litestar) -> None:
        """Let what comes to ``pages`` through this app find ``portal``."""
        self.portal = portal
        self._pages = pages

    @property
    def routes(self) -> Sequence[BaseRoute]:
        """Return every route that is served."""
        return self._pages.routes

    @property
    def debug(self) -> bool:
        """Return whether errors would show what they found: never."""
        return self._pages.debug

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or follow the server's start and stop."""
        scope.setdefault("state", {})[PORTAL] = self.portal
        await self._pages(scope, receive, send)


def create_app(desk: Desk, *, secure: bool, onion: bool = False, dev: bool = False) -> App:
    """Return the portal of ``desk`` as an ASGI app.

    ``secure`` says that people reach it by https, ``onion`` by an onion address; both come
    from pe.toml, never from a header. ``dev`` reads changed templates again.
    """
    portal = Portal(desk, secure=secure, onion=onion, dev=dev)
    handlers = (*front.ROUTES, *peers.ROUTES, *public.ROUTES, *staff.ROUTES, *work.ROUTES)
    return App(portal, _pages(handlers, transport=portal.secure_cookies))


@lru_cache(maxsize=4)
def _pages(handlers: tuple[HTTPRouteHandler, ...], *, transport: bool) -> Litestar:
    """Return the pages without a portal: to put them together takes longer than most answers.

    Litestar's sessions, CSRF check, rate limit, logging, form parsing and OpenAPI pages stay
    off: ours are in web/guards.
    """
    return Litestar(
        route_handlers=handlers,
        guards=[check_doors],
        exception_handlers=peers.with_peers(errors.HANDLERS),
        before_send=[set_headers(transport=transport)],
        request_max_body_size=FIELDS_BYTES,
        openapi_config=None,
        logging_config=None,
        debug=False,
    )
