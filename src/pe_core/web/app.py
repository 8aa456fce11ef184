"""Put the portal together: the one place where guards, pages and desk meet."""

from litestar import Litestar
from litestar.datastructures import State

from pe_core.desk.desk import Desk
from pe_core.web import errors, front, public, staff
from pe_core.web.guards.body import FIELDS_BYTES
from pe_core.web.guards.doors import check_doors
from pe_core.web.guards.headers import set_headers
from pe_core.web.portal import Portal


def create_app(desk: Desk, *, secure: bool, onion: bool = False, dev: bool = False) -> Litestar:
    """Return the portal of ``desk`` as an ASGI app.

    ``secure`` says that people reach it by https, ``onion`` by an onion address; both come
    from pe.toml, never from a header. ``dev`` reads changed templates again.
    Litestar's sessions, CSRF check, rate limit, logging, form parsing and OpenAPI pages stay
    off (research/stack.md, section 8).
    """
    portal = Portal(desk, secure=secure, onion=onion, dev=dev)
    return Litestar(
        route_handlers=[*front.ROUTES, *public.ROUTES, *staff.ROUTES],
        state=State({"portal": portal}, deep_copy=False),
        guards=[check_doors],
        exception_handlers=errors.HANDLERS,
        before_send=[set_headers(transport=portal.secure_cookies)],
        request_max_body_size=FIELDS_BYTES,
        openapi_config=None,
        logging_config=None,
        debug=False,
    )
