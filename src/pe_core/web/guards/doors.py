"""The one place where those who ask, or offer help, are turned away before the embassy opens."""

from litestar.handlers import BaseRouteHandler

from pe_core.web.guards.refusals import refusal
from pe_core.web.portal import Connection, desk_of

ASKING = "/{language:str}/ask"
"""Where every page lies on which a request is made."""
HELPING = "/{language:str}/help"
"""What volunteers do, which may be read; the account is opened below it."""
SENT = (f"{ASKING}/receipt", f"{ASKING}/done")
"""Pages after sending: whoever sent a request before the doors closed still notes its receipt."""


async def check_doors(request: Connection, handler: BaseRouteHandler) -> None:
    """Refuse every way of asking and of offering while the doors are closed; others work.

    It asks the route that was found, not the address, which has more than one spelling.
    """
    if desk_of(request).is_live:
        return
    for path in handler.paths:
        is_asking = (path == ASKING or path.startswith(f"{ASKING}/")) and path not in SENT
        begins = path == HELPING and request.scope.get("method") == "POST"
        if is_asking or begins or path.startswith(f"{HELPING}/"):
            raise refusal("not_open")
