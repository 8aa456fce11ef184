"""The one place where those who ask are turned away while the embassy is not open."""

from litestar.handlers import BaseRouteHandler

from pe_core.web.guards.refusals import refusal
from pe_core.web.portal import Connection, desk_of

ASKING = "/{language:str}/ask"
"""Where every page lies on which a request is made."""
SENT = (f"{ASKING}/receipt", f"{ASKING}/done")
"""Pages after sending: whoever sent a request before the doors closed still notes its receipt."""


async def check_doors(request: Connection, handler: BaseRouteHandler) -> None:
    """Refuse every way of asking while the doors are closed; all other pages work.

    It asks the route that was found, not the address, which has more than one spelling.
    """
    if desk_of(request).is_live:
        return
    for path in handler.paths:
        if (path == ASKING or path.startswith(f"{ASKING}/")) and path not in SENT:
            raise refusal("not_open")
